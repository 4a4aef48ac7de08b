//! The options of `metaspace images` and their defaults.

use std::path::{Path, PathBuf};

use metaspace_explore::normalize::Normalization;
use metaspace_machine::error::OptionError;
use metaspace_render::Tone;
use metaspace_render::colormap::Colormap;
use metaspace_render::composite::MAX_CHANNELS;
use metaspace_render::scale::Scale;

/// FDR up to which ions are drawn.
pub const FDR: f64 = 0.1;
/// Isotopes of an ion that are drawn.
pub const N_ISOTOPES: u8 = 1;
/// The longer side of a picture has at least so many columns or rows where no zoom is given.
const LONGER_SIDE: u32 = 400;
/// Largest zoom.
const MAX_ZOOM: u32 = 64;
/// Folder in the results where none is given.
const FOLDER: &str = "images";

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImageFormat {
    /// A PNG an image, in the colours of a colormap.
    #[default]
    Png,
    /// A PNG an image, grey of 16 bits.
    Png16,
    /// One OME-TIFF, intensities as 32-bit floats, a channel an image.
    Tiff,
}

/// How a picture is drawn.
#[derive(Debug, Clone)]
pub struct PictureStyle {
    /// Kind of files
    pub format: ImageFormat,
    /// Colours: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    pub colormap: Colormap,
    /// How brightness grows with intensity
    pub scale: Scale,
    /// Intensities above this quantile of the image become the quantile, between 0 and 1; 1 clips nothing [default: 0.99, 1 in a TIFF]
    pub hotspot: Option<f64>,
    /// By what of its pixel an intensity is divided
    pub normalize: Normalization,
    /// Columns and rows of the picture for each pixel [default: as many as make its longer side 400 or more]
    pub zoom: Option<u32>,
    /// Draws no scale bar below a picture in colours
    pub no_scale_bar: bool,
    /// Side of a pixel in µm, in place of what the imzML says
    pub pixel_size_um: Option<f64>,
}

/// Makes sure that the side of a pixel is a length.
///
/// # Errors
/// It is not positive, or infinite.
pub fn check_pixel_size(um: Option<f64>) -> Result<(), OptionError> {
    match um {
        Some(um) if !(um.is_finite() && um > 0.0) => {
            let reason = format!("must be a length in µm above 0, not {um}");
            Err(OptionError::new("--pixel-size", reason))
        }
        _ => Ok(()),
    }
}

/// What is drawn of a results folder, and how.
#[derive(Debug, Clone)]
pub struct ImageOptions {
    /// FDR up to which ions are drawn, between 0 and 1
    pub fdr: f64,
    /// Draws this ion, such as "C40H80NO8P +K", whatever its FDR, and no other; repeatable
    pub ion: Vec<String>,
    /// Draws one picture of these ions, each in a colour: magenta, green, cyan, yellow, red, blue, white; repeatable
    pub composite: Vec<String>,
    /// How
    pub style: PictureStyle,
    /// Isotopes of each ion, 1 to 16
    pub isotopes: u8,
    /// Folder to write to [default: RESULTS/images]
    pub out: Option<PathBuf>,
    /// Writes to a folder that has files in it; those of the same names are overwritten
    pub force: bool,
    /// Threads [default: one a processor]
    pub threads: Option<usize>,
}

fn check_share(option: &'static str, value: f64) -> Result<(), OptionError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(OptionError::new(
        option,
        format!("must lie between 0 and 1, not {value}"),
    ))
}

impl PictureStyle {
    /// Makes sure that the options can be done.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), OptionError> {
        check_share("--hotspot", self.tone().hotspot)?;
        check_pixel_size(self.pixel_size_um)?;
        if let Some(zoom) = self.zoom.filter(|zoom| !(1..=MAX_ZOOM).contains(zoom)) {
            return Err(OptionError::new(
                "--zoom",
                format!("must lie between 1 and {MAX_ZOOM}, not {zoom}"),
            ));
        }
        if self.format == ImageFormat::Tiff && self.scale != Scale::Linear {
            let reason = "a TIFF holds intensities, and only --normalize and --hotspot change them";
            return Err(OptionError::new("--scale", reason));
        }
        Ok(())
    }

    /// How intensities become levels.
    pub fn tone(&self) -> Tone {
        let default = if self.format == ImageFormat::Tiff {
            1.0
        } else {
            Tone::default().hotspot
        };
        Tone {
            scale: self.scale,
            hotspot: self.hotspot.unwrap_or(default),
        }
    }

    /// Columns and rows of a picture for each pixel of an image of this size.
    pub fn zoom(&self, width: u32, height: u32) -> u32 {
        let fitting = LONGER_SIDE.div_ceil(width.max(height).max(1));
        self.zoom.unwrap_or(fitting.clamp(1, MAX_ZOOM))
    }
}

impl ImageOptions {
    /// Makes sure that the options can be done.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), OptionError> {
        check_share("--fdr", self.fdr)?;
        self.style.check()?;
        if !(1..=16).contains(&self.isotopes) {
            let reason = format!("must lie between 1 and 16, not {}", self.isotopes);
            return Err(OptionError::new("--isotopes", reason));
        }
        if self.composite.len() > MAX_CHANNELS {
            let reason = format!(
                "a picture has {MAX_CHANNELS} ions at most, not {}",
                self.composite.len()
            );
            return Err(OptionError::new("--composite", reason));
        }
        if !self.composite.is_empty() && self.style.format != ImageFormat::Png {
            let reason = "is a picture in colours: --format png";
            return Err(OptionError::new("--composite", reason));
        }
        Ok(())
    }

    /// The folder to write to.
    pub fn folder(&self, results: &Path) -> PathBuf {
        self.out.clone().unwrap_or_else(|| results.join(FOLDER))
    }
}
