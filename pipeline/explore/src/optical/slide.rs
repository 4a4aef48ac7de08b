//! Scans of whole slides: TIFF with the picture at several sizes, a page each, of which one is read that
//! is just large enough.

use std::io::{BufRead, Seek};

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

/// Pages whose sides have another ratio show something else, such as the label.
const MAX_OFF: f64 = 0.02;

/// A page of a scan.
pub(super) struct SlidePage {
    pub(super) picture: DynamicImage,
    /// Columns of the scan at its full size.
    pub(super) width: u32,
    /// Rows of the scan at its full size.
    pub(super) height: u32,
}

/// The smallest page of a TIFF that shows the first and has a side of `longest` pixels or more; nothing
/// where that is the first itself.
///
/// # Errors
/// The page is damaged, or takes more than `max_bytes`.
pub(super) fn smaller_page(
    source: impl BufRead + Seek,
    longest: u32,
    max_bytes: u64,
) -> Result<Option<SlidePage>, tiff::TiffError> {
    let mut limits = Limits::default();
    let most = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    (limits.decoding_buffer_size, limits.intermediate_buffer_size) = (most, most);
    let mut decoder = Decoder::new(source)?.with_limits(limits);
    let size = decoder.dimensions()?;
    if decoder.find_tag(Tag::Orientation)?.is_some() {
        // Scanners write none; cameras do, and have one page.
        return Ok(None);
    }
    let ratio = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    let longer = |(width, height): (u32, u32)| width.max(height);
    let mut chosen = (0, size);
    let mut number = 0;
    while decoder.more_images() {
        decoder.next_image()?;
        number += 1;
        // What is of another kind is no smaller picture.
        let (Ok(found), Ok(color)) = (decoder.dimensions(), decoder.colortype()) else {
            continue;
        };
        let is_read = matches!(
            color,
            ColorType::Gray(8) | ColorType::RGB(8) | ColorType::RGBA(8)
        );
        let shows_the_same = (ratio(found) / ratio(size) - 1.0).abs() <= MAX_OFF;
        if is_read && shows_the_same && longer(found) >= longest && longer(found) < longer(chosen.1)
        {
            chosen = (number, found);
        }
    }
    let (chosen_page, (width, height)) = chosen;
    if chosen_page == 0 {
        return Ok(None);
    }
    decoder.seek_to_image(chosen_page)?;
    let color = decoder.colortype()?;
    let DecodingResult::U8(values) = decoder.read_image()? else {
        return Ok(None);
    };
    let picture: Option<DynamicImage> = match color {
        ColorType::Gray(_) => GrayImage::from_raw(width, height, values).map(Into::into),
        ColorType::RGBA(_) => RgbaImage::from_raw(width, height, values).map(Into::into),
        _ => RgbImage::from_raw(width, height, values).map(Into::into),
    };
    Ok(picture.map(|picture| SlidePage {
        picture,
        width: size.0,
        height: size.1,
    }))
}
