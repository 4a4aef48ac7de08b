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
