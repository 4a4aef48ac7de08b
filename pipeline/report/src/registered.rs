//! The optical image of results on the raster of their ion images: PNG or OME-TIFF.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use metaspace_explore::optical::{RegisteredPicture, optical_of, picture_of, registered};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_machine::files::publish;
use metaspace_render::png::{Picture, PixelSize, write_rgba};
use metaspace_render::tiff::{OmeDescription, write_rgb};
use metaspace_results::record::RunRecord;
use metaspace_results::{ResultsError, read_raster};

use crate::error::ReportError;

/// Points for each pixel of the ion images where their number is not given.
pub const ZOOM: u32 = 4;

/// Columns or rows of what is written, at most.
const MAX_SIDE: u32 = 30_000;

/// Draws the optical image of a results folder to a file, `zoom` columns and rows for each pixel of the
/// ion images. Returns its columns and rows.
///
/// # Errors
/// There is no optical image, a file cannot be read or written, the file exists, or an option makes no
/// sense.
pub fn draw(results: &Path, out: &Path, zoom: u32, force: bool) -> Result<(u32, u32), ReportError> {
    let is_png = match extension(out).as_deref() {
        Some("png") => true,
        Some("tif" | "tiff") => false,
        _ => {
            let reason = format!("`{}` must end in .png, .tif or .tiff", out.display());
            return Err(OptionError::new("--out", reason).into());
        }
    };
    if out.exists() && !force {
        return Err(ResultsError::Exists { path: out.into() }.into());
    }
    let optical = optical_of(results)?;
    let raster = read_raster(results)?;
    let longest = raster.width.max(raster.height).max(1);
    if zoom == 0 || zoom > MAX_SIDE / longest {
        let reason = format!(
            "must lie between 1 and {} for ion images of {} × {} pixels, not {zoom}",
            MAX_SIDE / longest,
            raster.width,
            raster.height
        );
        return Err(OptionError::new("--zoom", reason).into());
    }
    let picture = picture_of(results, &optical)?;
    let drawn = registered(&picture, &optical, &raster, zoom);
    let record = RunRecord::read(results)?;
    let size = record.pixel_size_um().map(|(width, height)| {
        let zoom = f64::from(zoom);
        (width / zoom, height / zoom)
    });
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let file = tempfile::NamedTempFile::new_in(folder).map_err(FileError::at("write", out))?;
    let mut writer = BufWriter::new(file);
    if is_png {
        write_png(&mut writer, &drawn, size, out)?;
    } else {
        let description = OmeDescription {
            name: record.dataset.imzml,
            width: drawn.width,
            height: drawn.height,
            pixel_size_um: size,
            channels: vec![optical.name],
        };
        write_rgb(&mut writer, &description, &drawn.rgb).map_err(|source| ReportError::Tiff {
            path: out.into(),
            source,
        })?;
    }
    let file = writer
        .into_inner()
        .map_err(|error| FileError::at("write", out)(error.into_error()))?;
    publish(file, out)?;
    Ok((drawn.width, drawn.height))
}

fn write_png(
    writer: &mut dyn Write,
    drawn: &RegisteredPicture,
    size: PixelSize,
    out: &Path,
) -> Result<(), ReportError> {
    let opaque = |colors: &[u8]| [colors[0], colors[1], colors[2], u8::MAX];
    let picture = Picture {
        width: drawn.width,
        height: drawn.height,
        rgba: drawn.rgb.chunks_exact(3).flat_map(opaque).collect(),
    };
    write_rgba(writer, &picture, size).map_err(|source| ReportError::Png {
        path: out.into(),
        source,
    })
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_lowercase())
}
