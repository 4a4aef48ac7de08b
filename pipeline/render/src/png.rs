//! Pictures as PNG.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, PixelDimensions, Unit};

use crate::Levels;
use crate::colormap::Colormap;

/// Width and height of a pixel in µm, where known.
pub type PixelSize = Option<(f64, f64)>;

/// A picture that is kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and alpha, row-major.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// Levels in the colours of a map.
    pub fn colored(levels: &Levels, colormap: Colormap) -> Self {
        let table = colormap.table();
        let pixel = |index: u8| {
            let [red, green, blue] = table[usize::from(index)];
            if index == 0 {
                [0; 4]
            } else {
                [red, green, blue, 255]
            }
        };
        let rgba = levels.indices().into_iter().flat_map(pixel).collect();
        Self {
            width: levels.width,
            height: levels.height,
            rgba,
        }
    }

    /// Each pixel as a square of `zoom × zoom`.
    #[must_use]
    pub fn zoomed(&self, zoom: u32) -> Self {
        let (zoom, row_bytes) = (zoom.max(1), self.width as usize * 4);
        let mut rgba = Vec::with_capacity(self.rgba.len() * (zoom * zoom) as usize);
        for row in self.rgba.chunks_exact(row_bytes.max(1)) {
            let wide: Vec<u8> = row
                .chunks_exact(4)
                .flat_map(|pixel| std::iter::repeat_n(pixel, zoom as usize).flatten())
                .copied()
                .collect();
            for _ in 0..zoom {
                rgba.extend_from_slice(&wide);
            }
        }
        Self {
            width: self.width * zoom,
            height: self.height * zoom,
            rgba,
        }
    }
}

/// Writes a picture of 8 bits a channel.
///
/// # Errors
/// It cannot be written.
pub fn write_rgba(
    out: &mut dyn Write,
    picture: &Picture,
    size: PixelSize,
) -> Result<(), EncodingError> {
    let mut encoder = encoder(out, (picture.width, picture.height), size);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    finish(encoder, &picture.rgba)
}

/// Writes levels as places in the table of a colormap: a byte a pixel.
///
/// # Errors
/// It cannot be written.
pub fn write_indexed(
    out: &mut dyn Write,
    levels: &Levels,
    colormap: Colormap,
    size: PixelSize,
) -> Result<(), EncodingError> {
    let mut encoder = encoder(out, (levels.width, levels.height), size);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(colormap.table().concat());
    // Only the first colour, that of places without a spectrum, is transparent.
    encoder.set_trns(vec![0]);
    finish(encoder, &levels.indices())
}

/// Writes levels as grey of 16 bits, with an alpha of 16 bits.
///
/// # Errors
/// It cannot be written.
pub fn write_grey16(
    out: &mut dyn Write,
    levels: &Levels,
    size: PixelSize,
) -> Result<(), EncodingError> {
    let mut encoder = encoder(out, (levels.width, levels.height), size);
    encoder.set_color(ColorType::GrayscaleAlpha);
    encoder.set_depth(BitDepth::Sixteen);
    let bytes: Vec<u8> = levels
        .grey16()
        .into_iter()
        .flat_map(u16::to_be_bytes)
        .collect();
    finish(encoder, &bytes)
}

fn encoder(
    out: &mut dyn Write,
    (width, height): (u32, u32),
    size: PixelSize,
) -> Encoder<'static, &mut dyn Write> {
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_compression(Compression::Balanced);
    if let Some((x, y)) = size {
        let (xppu, yppu) = (per_metre(x), per_metre(y));
        encoder.set_pixel_dims(Some(PixelDimensions {
            xppu,
            yppu,
            unit: Unit::Meter,
        }));
    }
    encoder
}

/// Pixels a metre of a pixel's side in µm.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn per_metre(micrometres: f64) -> u32 {
    (1e6 / micrometres).round() as u32
}

fn finish(encoder: Encoder<'_, &mut dyn Write>, bytes: &[u8]) -> Result<(), EncodingError> {
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use png::{Decoder, Transformations};

    use super::*;

    fn levels() -> Levels {
        Levels {
            width: 2,
            height: 2,
            values: vec![0.0, 1.0, f32::NAN, 0.5],
            ceiling: 1.0,
        }
    }

    fn decoded(bytes: &[u8], transformations: Transformations) -> (png::OutputInfo, Vec<u8>) {
        let mut decoder = Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(transformations);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info, pixels)
    }

    #[test]
    fn an_indexed_picture_has_the_colours_of_its_levels() {
        let (colormap, mut bytes) = (Colormap::default(), Vec::new());
        write_indexed(&mut bytes, &levels(), colormap, Some((50.0, 25.0))).unwrap();
        let (_, pixels) = decoded(&bytes, Transformations::EXPAND);
        let picture = Picture::colored(&levels(), colormap);
        for (found, expected) in pixels.chunks(4).zip(picture.rgba.chunks(4)) {
            assert!(found == expected || (found[3] == 0 && expected[3] == 0));
        }
        let info = Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .unwrap()
            .info()
            .clone();
        let size = info.pixel_dims.unwrap();
        assert_eq!((size.xppu, size.yppu), (20_000, 40_000));
    }

    #[test]
    fn grey_has_16_bits_and_alpha() {
        let mut bytes = Vec::new();
        write_grey16(&mut bytes, &levels(), None).unwrap();
        let (info, pixels) = decoded(&bytes, Transformations::IDENTITY);
        assert_eq!(
            (info.bit_depth, info.color_type),
            (BitDepth::Sixteen, ColorType::GrayscaleAlpha)
        );
        let values: Vec<u16> = pixels
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(values, [0, 65_535, 65_535, 65_535, 0, 0, 32_768, 65_535]);
    }

    #[test]
    fn a_zoomed_pixel_is_a_square() {
        let picture = Picture {
            width: 2,
            height: 1,
            rgba: vec![1, 1, 1, 1, 2, 2, 2, 2],
        };
        let wide = picture.zoomed(2);
        assert_eq!((wide.width, wide.height), (4, 2));
        let reds: Vec<u8> = wide.rgba.chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(reds, [1, 1, 2, 2, 1, 1, 2, 2]);
    }
}
