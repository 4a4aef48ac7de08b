//! One image as a picture, in the style that was asked for.

use std::fs;
use std::path::Path;

use metaspace_explore::normalize::Factors;
use metaspace_machine::error::FileError;
use metaspace_render::png::{Picture, PixelSize, write_grey16, write_indexed, write_rgba};
use metaspace_render::scalebar::ScaleBar;
use metaspace_render::stretch::Stretch;
use metaspace_render::{Levels, clipped};
use ms_core::image::{IonImage, Raster};

use crate::error::ReportError;
use crate::picture_options::{ImageFormat, PictureStyle};

/// Everything that a picture depends on besides its image.
pub(crate) struct Canvas<'a> {
    pub(crate) style: &'a PictureStyle,
    pub(crate) raster: &'a Raster,
    pub(crate) factors: Factors,
    pub(crate) pixel_size_um: PixelSize,
}

impl Canvas<'_> {
    /// Levels of brightness of an image.
    pub(crate) fn levels(&self, image: &mut IonImage) -> Levels {
        self.factors.apply(image);
        Levels::new(self.raster, image, self.style.tone())
    }

    /// Intensities of an image over its bounding box, and the highest of them.
    pub(crate) fn values(&self, image: &mut IonImage) -> (Vec<f32>, f32) {
        self.factors.apply(image);
        clipped(self.raster, image, self.style.tone().hotspot)
    }

    /// Writes an image as a PNG; returns the intensity of the brightest colour.
    pub(crate) fn write_png(&self, path: &Path, image: &mut IonImage) -> Result<f32, ReportError> {
        let levels = self.levels(image);
        let mut bytes = Vec::new();
        let drawn = if self.style.format == ImageFormat::Png16 {
            write_grey16(&mut bytes, &levels, self.pixel_size_um)
        } else {
            self.draw_colored(&mut bytes, &levels)
        };
        write(path, &bytes, drawn)?;
        Ok(levels.ceiling)
    }

    /// Writes a picture in colours as a PNG.
    pub(crate) fn write_picture(&self, path: &Path, picture: &Picture) -> Result<(), ReportError> {
        let mut bytes = Vec::new();
        let drawn = self.draw_zoomed(&mut bytes, picture);
        write(path, &bytes, drawn)
    }

    fn draw_colored(&self, out: &mut Vec<u8>, levels: &Levels) -> Result<(), png::EncodingError> {
        let zoom = self.style.zoom(levels.width, levels.height);
        let bar = self.scale_bar();
        let is_square = Stretch::of(self.pixel_size_um) == Stretch::NONE;
        if zoom == 1 && bar.is_none() && is_square {
            return write_indexed(out, levels, self.style.colormap, self.pixel_size_um);
        }
        self.draw_zoomed(out, &Picture::colored(levels, self.style.colormap))
    }

    fn draw_zoomed(&self, out: &mut Vec<u8>, picture: &Picture) -> Result<(), png::EncodingError> {
        let stretch = Stretch::of(self.pixel_size_um);
        let picture = picture.stretched(stretch);
        let zoom = self.style.zoom(picture.width, picture.height);
        let picture = picture.zoomed(zoom);
        let size = self.pixel_size_um.map(|(x, y)| {
            let times = |repeated: u32| f64::from(zoom * repeated);
            (x / times(stretch.columns), y / times(stretch.rows))
        });
        match self.scale_bar() {
            Some(bar) => write_rgba(out, &bar.below(&picture), size),
            None => write_rgba(out, &picture, size),
        }
    }

    fn scale_bar(&self) -> Option<ScaleBar> {
        let (width, _) = self.pixel_size_um.filter(|_| !self.style.no_scale_bar)?;
        ScaleBar::new(self.raster.width, width)
    }
}

fn write(
    path: &Path,
    bytes: &[u8],
    drawn: Result<(), png::EncodingError>,
) -> Result<(), ReportError> {
    drawn.map_err(|source| ReportError::Png {
        path: path.into(),
        source,
    })?;
    Ok(fs::write(path, bytes).map_err(FileError::at("write", path))?)
}

/// A name for a file. What file systems do not like becomes `_`.
pub(crate) fn plain_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-[].".contains(c);
    name.chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect()
}
