//! Pictures that tests write.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]

/// A PNG of 8 bits with the colour that `color` gives for each column and row.
pub fn png(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let place = |at: u32| color(at % width, at / width);
    let pixels: Vec<u8> = (0..width * height).flat_map(place).collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A BMP of one colour, which is not compressed.
pub fn bmp(width: u32, height: u32, [red, green, blue]: [u8; 3]) -> Vec<u8> {
    // A row is a multiple of four bytes.
    let padding = (4 - 3 * width % 4) % 4;
    let n_pixels = (3 * width + padding) * height;
    let mut bytes = b"BM".to_vec();
    for number in [54 + n_pixels, 0, 54, 40, width, height] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    for number in [0, n_pixels, 2_835, 2_835, 0, 0] {
        bytes.extend(u32::to_le_bytes(number));
    }
    for _ in 0..height {
        bytes.extend((0..width).flat_map(|_| [blue, green, red]));
        bytes.extend((0..padding).map(|_| 0));
    }
    bytes
}

/// Columns, rows and the red, green and blue of each place of a PNG of 8 bits.
pub fn read_png(bytes: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut out = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut out).unwrap();
    let of_pixel = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2]];
    let pixels = out.chunks_exact(info.color_type.samples());
    (info.width, info.height, pixels.map(of_pixel).collect())
}
