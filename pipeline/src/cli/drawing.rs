//! Options of how intensities are drawn.

use clap::{Args, ValueEnum};
use metaspace_explore::normalize::Normalization;
use metaspace_render::colormap::Colormap;
use metaspace_render::scale::Scale;
use metaspace_report::picture_options::{ImageFormat, PictureStyle};

/// With v the intensity over that of level 1, clipped to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScaleName {
    /// v.
    Linear,
    /// √v.
    Sqrt,
    /// ln(1 + 999·v) / ln 1000: three decades, and 0 stays 0.
    Log,
    /// Mean rank of the intensity among the pixels that have a signal, over their number; equal
    /// intensities have equal levels.
    Rank,
}

impl From<ScaleName> for Scale {
    fn from(value: ScaleName) -> Self {
        match value {
            ScaleName::Linear => Self::Linear,
            ScaleName::Sqrt => Self::Sqrt,
            ScaleName::Log => Self::Log,
            ScaleName::Rank => Self::Rank,
        }
    }
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageFormatName {
    /// A PNG an image, in the colours of a colormap.
    Png,
    /// A PNG an image, grey of 16 bits.
    Png16,
    /// One OME-TIFF, intensities as 32-bit floats, a channel an image.
    Tiff,
}

impl From<ImageFormatName> for ImageFormat {
    fn from(value: ImageFormatName) -> Self {
        match value {
            ImageFormatName::Png => Self::Png,
            ImageFormatName::Png16 => Self::Png16,
            ImageFormatName::Tiff => Self::Tiff,
        }
    }
}

/// How a picture is drawn.
#[derive(Debug, Clone, Args)]
pub(crate) struct PictureArguments {
    /// Colormap: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    #[arg(long, value_name = "NAME", default_value_t = Colormap::default())]
    pub(crate) colormap: Colormap,
    /// Intensity scale: how brightness depends on intensity
    #[arg(long, value_name = "NAME", default_value = "linear")]
    pub(crate) scale: ScaleName,
    /// Clip intensities at this quantile of the image, between 0 and 1; 1 clips nothing [default: 0.99, 1 in a TIFF]
    #[arg(long, value_name = "Q", hide_default_value = true)]
    pub(crate) hotspot: Option<f64>,
    /// Divide each intensity by that of its pixel: none, tic, rms, mz=MZ, or where ions are annotated median (of these) or ion=ION, such as an internal standard
    #[arg(long, value_name = "BY", default_value = "none")]
    pub(crate) normalize: Normalization,
    /// Zoom factor: columns and rows of the picture per pixel [default: as many as make its longer side 400 or more]
    #[arg(long, value_name = "N")]
    pub(crate) zoom: Option<u32>,
    /// Draw no scale bar below colour pictures
    #[arg(long)]
    pub(crate) no_scale_bar: bool,
    /// Side of a pixel in µm, for the scale bar [default: what the imzML says]
    #[arg(long, value_name = "UM")]
    pub(crate) pixel_size: Option<f64>,
}

impl PictureArguments {
    /// The same as plain options, for a kind of file.
    pub(crate) fn style(&self, format: ImageFormat) -> PictureStyle {
        PictureStyle {
            format,
            colormap: self.colormap,
            scale: self.scale.into(),
            hotspot: self.hotspot,
            normalize: self.normalize.clone(),
            zoom: self.zoom,
            no_scale_bar: self.no_scale_bar,
            pixel_size_um: self.pixel_size,
        }
    }
}
