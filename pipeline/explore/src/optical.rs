//! The optical image of a section: read from what a microscope or a scanner wrote, put beside the
//! results, and seen on the raster of the ion images.
//!
//! ```text
//! PNG, JPEG, TIFF … ─▶ upright, 8 bits, at most 4,096 pixels a side ─▶ optical-….jpg + optical.json
//!                                                       on the raster ◀─┘
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::error::DecodingError;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};
use metaspace_machine::error::FileError;
use metaspace_results::optical::{OpticalImage, PictureFormat, Placement, PreparedPicture};
use metaspace_results::record::RunRecord;
use metaspace_results::{ResultsError, read_raster};
use ms_core::image::Raster;

use crate::error::ExploreError;
use crate::optical::slide::SlidePage;

mod slide;

/// Pixels of a side of a picture that is stored, at most.
pub const MAX_SIDE: u32 = 4_096;

/// Bytes of a file that is stored as it is, at most.
const MAX_STORED: usize = 64 << 20;

/// Quality of JPEG, of 100.
const QUALITY: u8 = 92;

/// Points along each side of a place of the raster that are looked at, at most.
const MAX_POINTS: u32 = 8;

/// Reads a picture: PNG, JPEG, TIFF, BMP or WebP.
///
/// A PNG or JPEG of 8 bits that is upright and small enough is stored as it is. Others are turned
/// upright, put on white where they are transparent, scaled to 8 bits by their brightest value if they
/// have more, made smaller if a side is longer than [`MAX_SIDE`], and stored as JPEG. Of a scan that
/// has the slide at several sizes, the page is read that is just large enough. `name` is the file's,
/// for messages and to be shown.
///
/// # Errors
/// It is no picture, is damaged, or takes more than `max_bytes` of memory.
pub fn prepare(
    mut source: impl BufRead + Seek,
    name: &Path,
    max_bytes: u64,
) -> Result<PreparedPicture, ExploreError> {
    let failed = |source| ExploreError::Picture {
        path: name.into(),
        source,
    };
    let io = |error: std::io::Error| failed(ImageError::IoError(error));
    let stored = |bytes, format, width, height| PreparedPicture {
        bytes,
        format,
        name: name
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        width,
        height,
    };
    let mut reader = ImageReader::new(&mut source)
        .with_guessed_format()
        .map_err(io)?;
    let Some(found) = reader.format() else {
        return Err(ExploreError::NoPicture { path: name.into() });
    };
    if found == ImageFormat::Tiff {
        let page = slide::smaller_page(reader.into_inner(), MAX_SIDE, max_bytes);
        let page = page.map_err(|error| {
            failed(ImageError::Decoding(DecodingError::new(
                found.into(),
                error,
            )))
        })?;
        if let Some(SlidePage {
            picture,
            width,
            height,
        }) = page
        {
            let bytes = jpeg(&on_white(within(picture, MAX_SIDE))).map_err(failed)?;
            return Ok(stored(bytes, PictureFormat::Jpeg, width, height));
        }
        source.rewind().map_err(io)?;
        reader = ImageReader::with_format(&mut source, found);
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_bytes);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    // The picture as it is, and as 8 bits of three colours.
    let n_bytes = decoder
        .total_bytes()
        .saturating_add(3 * u64::from(width) * u64::from(height));
    if n_bytes > max_bytes {
        return Err(ExploreError::LargePicture {
            path: name.into(),
            width,
            height,
            n_bytes,
            allowed: max_bytes,
        });
    }
    let orientation = decoder.orientation().map_err(failed)?;
    let is_plain = matches!(decoder.color_type(), ColorType::Rgb8 | ColorType::L8);
    let stored_as = match found {
        ImageFormat::Jpeg => Some(PictureFormat::Jpeg),
        ImageFormat::Png => Some(PictureFormat::Png),
        _ => None,
    };
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    if let Some(format) = stored_as
        && is_plain
        && orientation == Orientation::NoTransforms
        && width.max(height) <= MAX_SIDE
    {
        let mut bytes = Vec::new();
        source.rewind().map_err(io)?;
        source.read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() <= MAX_STORED {
            return Ok(stored(bytes, format, width, height));
        }
    }
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let bytes = jpeg(&on_white(within(picture, MAX_SIDE))).map_err(failed)?;
    Ok(stored(bytes, PictureFormat::Jpeg, width, height))
}

/// Reads the picture of a file and puts it beside results, as [`prepare`] and [`attach`] do.
///
/// # Errors
/// As these.
pub fn attach_file(
    results: &Path,
    picture: &Path,
    placement: Option<Placement>,
    max_bytes: u64,
) -> Result<OpticalImage, ExploreError> {
    let file = File::open(picture).map_err(FileError::at("open", picture))?;
    attach(
        results,
        &prepare(BufReader::new(file), picture, max_bytes)?,
        placement,
    )
}

/// Puts a picture beside results. Where nothing says how it lies, it is as large as fits into the ion
/// images.
///
/// # Errors
/// The folder holds no results, or cannot be written.
pub fn attach(
    results: &Path,
    picture: &PreparedPicture,
    placement: Option<Placement>,
) -> Result<OpticalImage, ExploreError> {
    let placement = match placement {
        Some(placement) => placement,
        None => fitted(results, picture.width, picture.height)?,
    };
    Ok(OpticalImage::write(results, picture, placement)?)
}

/// A picture of so many pixels as large as fits into the ion images of results.
///
/// # Errors
/// The results cannot be read.
pub fn fitted(results: &Path, width: u32, height: u32) -> Result<Placement, ExploreError> {
    let raster = read_raster(results)?;
    let pixel = RunRecord::read(results)?.pixel_size_um();
    let aspect = pixel.map_or(1.0, |(width, height)| height / width);
    Ok(Placement::fitted(width, height, &raster, aspect))
}

/// The optical image of results.
///
/// # Errors
/// There is none, or its record is damaged.
pub fn optical_of(results: &Path) -> Result<OpticalImage, ExploreError> {
    let none = || ExploreError::NoOptical {
        results: results.into(),
    };
    OpticalImage::read(results)?.ok_or_else(none)
}

/// The picture of an optical image as it is stored.
///
/// # Errors
/// It cannot be read.
pub fn picture_of(results: &Path, optical: &OpticalImage) -> Result<RgbImage, ExploreError> {
    let path = optical.path(results);
    let bytes = optical.bytes(results)?;
    let damaged = |source| ExploreError::Picture {
        path: path.clone(),
        source,
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|error| damaged(ImageError::IoError(error)))?;
    let picture = reader.decode().map_err(damaged)?;
    if picture.width().max(picture.height()) > MAX_SIDE {
        let reason = format!("is larger than {MAX_SIDE} pixels");
        return Err(ResultsError::Optical { path, reason }.into());
    }
    Ok(picture.into_rgb8())
}

/// The same with at most so many pixels a side, as JPEG.
///
/// # Errors
/// It cannot be read.
pub fn rendition(
    results: &Path,
    optical: &OpticalImage,
    longest: u32,
) -> Result<Vec<u8>, ExploreError> {
    let picture = within(picture_of(results, optical)?.into(), longest);
    jpeg(&picture.into_rgb8()).map_err(|source| ExploreError::Picture {
        path: optical.path(results),
        source,
    })
}

/// An optical image on the raster of the ion images: red, green and blue of each place, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredPicture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// White beside the picture.
    pub rgb: Vec<u8>,
}

/// Draws an optical image on a raster of so many columns and rows for each pixel of the ion images: the
/// mean of the picture over a place, from a grid of points in it.
pub fn registered(
    picture: &RgbImage,
    optical: &OpticalImage,
    raster: &Raster,
    zoom: u32,
) -> RegisteredPicture {
    let (width, height) = (raster.width * zoom, raster.height * zoom);
    // From pixels of the file to those of the picture that is stored.
    let shrunk = [
        f64::from(picture.width()) / f64::from(optical.width),
        f64::from(picture.height()) / f64::from(optical.height),
    ];
    let point = |x: f64, y: f64| {
        let [u, v] = optical.placement.inverse([x, y]);
        [u * shrunk[0], v * shrunk[1]]
    };
    let side = 1.0 / f64::from(zoom);
    let [origin, right, down] = [point(0.0, 0.0), point(side, 0.0), point(0.0, side)];
    let length = |to: [f64; 2]| {
        let (across, down) = (to[0] - origin[0], to[1] - origin[1]);
        (across * across + down * down).sqrt()
    };
    let n = length(right).max(length(down)).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and MAX_POINTS"
    )]
    let n = n.clamp(1.0, f64::from(MAX_POINTS)) as u32;
    let step = side / f64::from(n);
    let mut rgb = Vec::with_capacity(3 * width as usize * height as usize);
    for row in 0..height {
        for column in 0..width {
            let mut sums = [0_u32; 3];
            for i in 0..n * n {
                let x = f64::from(column) * side + (f64::from(i % n) + 0.5) * step;
                let y = f64::from(row) * side + (f64::from(i / n) + 0.5) * step;
                for (sum, value) in sums.iter_mut().zip(color_at(picture, point(x, y))) {
                    *sum += u32::from(value);
                }
            }
            let n_points = n * n;
            rgb.extend(sums.map(|sum| rounded_mean(sum, n_points)));
        }
    }
    RegisteredPicture { width, height, rgb }
}

/// Points of each pixel of the ion images in [`centered`].
pub const CENTERED_ZOOM: u32 = 5;

/// The same with [`CENTERED_ZOOM`] points a pixel, cut at the left and above so that the middle of the pixel
/// at column x is at `x * CENTERED_ZOOM`: where programs that know pixels by numbers draw them.
pub fn centered(picture: &RgbImage, optical: &OpticalImage, raster: &Raster) -> RegisteredPicture {
    let whole = registered(picture, optical, raster, CENTERED_ZOOM);
    let cut = (CENTERED_ZOOM - 1) / 2;
    let row_bytes = 3 * whole.width as usize;
    let rows = whole.rgb.chunks_exact(row_bytes.max(1)).skip(cut as usize);
    RegisteredPicture {
        width: whole.width - cut,
        height: whole.height - cut,
        rgb: rows
            .flat_map(|row| &row[3 * cut as usize..])
            .copied()
            .collect(),
    }
}

fn rounded_mean(sum: u32, n: u32) -> u8 {
    u8::try_from((sum + n / 2) / n).unwrap_or(u8::MAX)
}

/// The colour at a point of a picture; white beside it.
fn color_at(picture: &RgbImage, [u, v]: [f64; 2]) -> [u8; 3] {
    let is_inside =
        u >= 0.0 && v >= 0.0 && u < f64::from(picture.width()) && v < f64::from(picture.height());
    if !is_inside {
        return [u8::MAX; 3];
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the picture"
    )]
    let (column, row) = (u as u32, v as u32);
    picture.get_pixel(column, row).0
}

/// The picture with no side longer than this.
fn within(picture: DynamicImage, longest: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= longest {
        return picture;
    }
    picture.thumbnail(longest, longest)
}

/// The picture in 8 bits on white.
fn on_white(picture: DynamicImage) -> RgbImage {
    let has_alpha = picture.color().has_alpha();
    let is_deep = picture.color().bytes_per_pixel() > picture.color().channel_count();
    if is_deep {
        return brightest_as_white(&picture);
    }
    if !has_alpha {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let white = u32::from(u8::MAX);
        to.0 = [red, green, blue].map(|c| rounded_mean(c * alpha + white * (white - alpha), white));
    }
    rgb
}

/// A picture of more than 8 bits, whose brightest value becomes the brightest of 8 bits: cameras of
/// microscopes use 12 or 14 of 16 bits.
fn brightest_as_white(picture: &DynamicImage) -> RgbImage {
    let deep = picture.to_rgb16();
    let brightest = deep.iter().copied().max().unwrap_or(0).max(1);
    let mut rgb = RgbImage::new(deep.width(), deep.height());
    for (to, from) in rgb.iter_mut().zip(deep.iter()) {
        *to = rounded_mean(u32::from(*from) * u32::from(u8::MAX), u32::from(brightest));
    }
    rgb
}

fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageBuffer, Luma, Rgb, Rgba};

    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn prepared(bytes: Vec<u8>) -> Result<PreparedPicture, ExploreError> {
        prepare(Cursor::new(bytes), Path::new("he.tif"), 1 << 30)
    }

    fn decoded(picture: &PreparedPicture) -> RgbImage {
        image::load_from_memory(&picture.bytes).unwrap().into_rgb8()
    }

    #[test]
    fn what_browsers_show_is_stored_as_it_is() {
        let grey: DynamicImage = GrayImage::from_pixel(5, 3, Luma([90])).into();
        let png = encoded(&grey, ImageFormat::Png);
        let picture = prepared(png.clone()).unwrap();
        assert_eq!((picture.width, picture.height), (5, 3));
        assert_eq!((picture.bytes, &*picture.name), (png, "he.tif"));
        assert_eq!(picture.format, PictureFormat::Png);
    }

    #[test]
    fn transparent_and_deep_pictures_become_8_bits_on_white() {
        let mut clear = ImageBuffer::from_pixel(16, 16, Rgba([200_u8, 0, 0, 0]));
        clear.put_pixel(0, 0, Rgba([0, 0, 0, 255]));
        let picture = prepared(encoded(&clear.into(), ImageFormat::Png)).unwrap();
        assert_eq!(picture.format, PictureFormat::Jpeg);
        assert!(
            decoded(&picture)
                .get_pixel(12, 12)
                .0
                .iter()
                .all(|c| *c > 250)
        );
        // 12 of 16 bits.
        let deep = ImageBuffer::from_fn(16, 16, |x, _| Luma([if x < 8 { 0_u16 } else { 4_095 }]));
        let picture = prepared(encoded(&deep.into(), ImageFormat::Tiff)).unwrap();
        let shown = decoded(&picture);
        assert!(shown.get_pixel(2, 8).0[0] < 10 && shown.get_pixel(13, 8).0[0] > 245);
    }

    #[test]
    fn large_pictures_are_made_smaller_and_keep_their_size_in_words() {
        let wide: DynamicImage = RgbImage::from_pixel(MAX_SIDE + 904, 50, Rgb([9, 99, 200])).into();
        let picture = prepared(encoded(&wide, ImageFormat::Tiff)).unwrap();
        assert_eq!((picture.width, picture.height), (MAX_SIDE + 904, 50));
        assert_eq!(decoded(&picture).dimensions(), (MAX_SIDE, 41));
        let refused = prepare(
            Cursor::new(encoded(&wide, ImageFormat::Tiff)),
            Path::new("he.tif"),
            1 << 20,
        );
        let text = refused.unwrap_err().to_string();
        assert!(
            text.contains("5000 × 50") && text.contains("--memory"),
            "{text}"
        );
    }

    #[test]
    fn of_a_scan_the_page_is_read_that_is_just_large_enough() {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
        // The whole slide, the label, and the slide at smaller sizes: each with a grey of its own.
        let pages = [
            (20_000, 40, 10),
            (5_000, 5_000, 20),
            (10_000, 20, 30),
            (5_000, 10, 40),
            (2_500, 5, 50),
        ];
        for (width, height, grey) in pages {
            let values = vec![grey; width as usize * height as usize];
            encoder
                .write_image::<tiff::encoder::colortype::Gray8>(width, height, &values)
                .unwrap();
        }
        let bytes = bytes.into_inner();
        let picture = prepared(bytes.clone()).unwrap();
        assert_eq!((picture.width, picture.height), (20_000, 40));
        let shown = decoded(&picture);
        assert_eq!(shown.dimensions(), (MAX_SIDE, 8));
        assert!(shown.pixels().all(|pixel| pixel.0[0].abs_diff(40) < 3));
        // A scan that is cut off is an error.
        assert!(prepared(bytes[..bytes.len() / 2].to_vec()).is_err());
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let text = prepared(b"<imzML>".to_vec()).unwrap_err().to_string();
        assert!(text.starts_with("`he.tif` is no picture"), "{text}");
        let grey: DynamicImage = GrayImage::from_pixel(50, 30, Luma([90])).into();
        let mut png = encoded(&grey, ImageFormat::Png);
        png.truncate(60);
        let text = prepared(png).unwrap_err().to_string();
        assert!(
            text.starts_with("cannot read the picture `he.tif`"),
            "{text}"
        );
    }

    #[test]
    fn a_picture_is_seen_where_it_was_placed() {
        // Left half black, right half grey, over columns 1 to 3 and row 0 to 1 of a raster of 4 × 2.
        let picture = RgbImage::from_fn(200, 100, |x, _| Rgb([if x < 100 { 0 } else { 100 }; 3]));
        let folder = tempfile::tempdir().unwrap();
        let placement = Placement::new([0.01, 0.0, 0.0, 0.01, 1.0, 0.0]).unwrap();
        let stored = PreparedPicture {
            bytes: Vec::new(),
            format: PictureFormat::Png,
            name: "a.png".into(),
            width: 200,
            height: 100,
        };
        let optical = OpticalImage::write(folder.path(), &stored, placement).unwrap();
        let raster = Raster {
            width: 4,
            height: 2,
            places: Vec::new(),
        };
        let seen = registered(&picture, &optical, &raster, 1);
        let reds: Vec<u8> = seen.rgb.iter().step_by(3).copied().collect();
        assert_eq!(reds, [255, 0, 100, 255, 255, 255, 255, 255]);
        // Stored with fewer pixels than the file had.
        let half = image::imageops::thumbnail(&picture, 100, 50);
        assert_eq!(registered(&half, &optical, &raster, 1), seen);
        let zoomed = registered(&picture, &optical, &raster, 2);
        assert_eq!((zoomed.width, zoomed.height), (8, 4));
        let reds: Vec<u8> = zoomed.rgb.iter().step_by(3).copied().take(8).collect();
        assert_eq!(reds, [255, 255, 0, 0, 100, 100, 255, 255]);
        let centered = centered(&picture, &optical, &raster);
        assert_eq!((centered.width, centered.height), (18, 8));
        // The middle of the second column, and both sides of its right edge.
        let red = |x: usize| centered.rgb[3 * x];
        assert_eq!(
            [red(2), red(3), red(5), red(7), red(8)],
            [255, 0, 0, 0, 100]
        );
    }
}
