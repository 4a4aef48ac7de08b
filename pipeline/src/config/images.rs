//! The options of `metaspace images` and their defaults.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::bad_option;
use crate::error::RunError;
use crate::render::Tone;
use crate::render::colormap::Colormap;
use crate::render::composite::MAX_CHANNELS;
use crate::render::normalize::Normalization;
use crate::render::scale::Scale;

/// FDR up to which ions are drawn.
const FDR: f64 = 0.1;
/// Isotopes of an ion that are drawn.
const N_ISOTOPES: u8 = 1;
/// The longer side of a picture has at least so many columns or rows where no zoom is given.
const LONGER_SIDE: u32 = 400;
/// Largest zoom.
const MAX_ZOOM: u32 = 64;
/// Folder in the results where none is given.
const FOLDER: &str = "images";

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ImageFormat {
    /// A PNG an image, in the colours of a colormap.
    #[default]
    Png,
    /// A PNG an image, grey of 16 bits.
    Png16,
    /// One OME-TIFF, intensities as 32-bit floats, a channel an image.
    Tiff,
}

/// What is drawn, and how.
#[derive(Debug, Clone, Args)]
pub struct ImageOptions {
    /// FDR up to which ions are drawn, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub fdr: f64,
    /// Draws this ion, such as "C40H80NO8P +K", whatever its FDR, and no other; repeatable
    #[arg(long, value_name = "ION", conflicts_with = "composite")]
    pub ion: Vec<String>,
    /// Draws one picture of these ions, each in a colour: magenta, green, cyan, yellow, red, blue, white; repeatable
    #[arg(long, value_name = "ION")]
    pub composite: Vec<String>,
    /// Kind of files
    #[arg(long, value_name = "KIND", default_value = "png")]
    pub format: ImageFormat,
    /// Colours: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    #[arg(long, value_name = "NAME", default_value_t = Colormap::default())]
    pub colormap: Colormap,
    /// How brightness grows with intensity
    #[arg(long, value_name = "NAME", default_value = "linear")]
    pub scale: Scale,
    /// Intensities above this quantile of the image become the quantile, between 0 and 1; 1 clips nothing [default: 0.99, 1 in a TIFF]
    #[arg(long, value_name = "Q", hide_default_value = true)]
    pub hotspot: Option<f64>,
    /// By what of its pixel an intensity is divided
    #[arg(long, value_name = "NAME", default_value = "none")]
    pub normalize: Normalization,
    /// Isotopes of each ion, 1 to 16
    #[arg(long, value_name = "N", default_value_t = N_ISOTOPES)]
    pub isotopes: u8,
    /// Columns and rows of the picture for each pixel [default: as many as make its longer side 400 or more]
    #[arg(long, value_name = "N")]
    pub zoom: Option<u32>,
    /// Draws no scale bar below a picture in colours
    #[arg(long)]
    pub no_scale_bar: bool,
    /// Folder to write to [default: RESULTS/images]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Writes to a folder that has files in it; those of the same names are overwritten
    #[arg(long)]
    pub force: bool,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl ImageOptions {
    /// Makes sure that the options can be done.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), RunError> {
        let share = |option, value: f64| {
            if (0.0..=1.0).contains(&value) {
                return Ok(());
            }
            Err(bad_option(
                option,
                format!("must lie between 0 and 1, not {value}"),
            ))
        };
        share("--fdr", self.fdr)?;
        share("--hotspot", self.tone().hotspot)?;
        if !(1..=16).contains(&self.isotopes) {
            let reason = format!("must lie between 1 and 16, not {}", self.isotopes);
            return Err(bad_option("--isotopes", reason));
        }
        if let Some(zoom) = self.zoom.filter(|zoom| !(1..=MAX_ZOOM).contains(zoom)) {
            return Err(bad_option(
                "--zoom",
                format!("must lie between 1 and {MAX_ZOOM}, not {zoom}"),
            ));
        }
        if self.composite.len() > MAX_CHANNELS {
            let reason = format!(
                "a picture has {MAX_CHANNELS} ions at most, not {}",
                self.composite.len()
            );
            return Err(bad_option("--composite", reason));
        }
        if !self.composite.is_empty() && self.format != ImageFormat::Png {
            let reason = "is a picture in colours: --format png".into();
            return Err(bad_option("--composite", reason));
        }
        if self.format == ImageFormat::Tiff && self.scale != Scale::Linear {
            let reason = "a TIFF holds intensities, and only --normalize and --hotspot change them";
            return Err(bad_option("--scale", reason.into()));
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

    /// The folder to write to.
    pub fn folder(&self, results: &Path) -> PathBuf {
        self.out.clone().unwrap_or_else(|| results.join(FOLDER))
    }
}
