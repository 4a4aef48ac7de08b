//! Values of options that name how intensities are drawn.

use clap::ValueEnum;
use metaspace_render::normalize::Normalization;
use metaspace_render::scale::Scale;
use metaspace_report::picture_options::ImageFormat;

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

/// By what intensities are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NormalizationName {
    /// By nothing.
    None,
    /// By the total ion current of their pixel.
    Tic,
    /// By the root mean square of the intensities of their pixel's peaks.
    Rms,
}

impl From<NormalizationName> for Normalization {
    fn from(value: NormalizationName) -> Self {
        match value {
            NormalizationName::None => Self::None,
            NormalizationName::Tic => Self::Tic,
            NormalizationName::Rms => Self::Rms,
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
