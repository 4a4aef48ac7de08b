//! Profile spectra to peaks.
//!
//! ```text
//! some spectra ─▶ ProfileShape: step between points, width of a peak, by m/z
//! a spectrum   ─▶ zeros restored ─▶ smoothed as wide as a peak ─▶ maxima above the noise ─▶ m/z, intensity
//! ```
//!
//! A peak is where the smoothed signal has a maximum that stands out of the noise around. Its m/z is
//! the mean of the points around it, weighted by intensity and, so that neighbours do not pull, by
//! closeness. For peaks of Gaussian shape its error is within a tenth of the least that the number of
//! ions allows.

mod detect;
mod law;
mod noise;
mod pick;
mod points;
mod shape;
mod smoothing;

pub use detect::{profile_share, shows_anything};
pub use law::PowerLaw;
pub use pick::{PeakPicker, PickCounts};
pub use shape::{ProfileShape, ProfileSpectrum};

/// What the intensity of a peak is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeakIntensity {
    /// The signal at its top.
    #[default]
    Height,
    /// The signal added up over its width, times the step between points in Th.
    Area,
}

/// Height over noise of a peak where no other is wanted.
pub const DEFAULT_MIN_SNR: f64 = 3.0;

/// How profile spectra of a dataset are turned into peaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakPicking {
    /// Least height of a peak over the noise around it, in standard deviations of the noise.
    pub min_snr: f64,
    /// What its intensity is.
    pub intensity: PeakIntensity,
    /// How its spectra are sampled, and how wide peaks are.
    pub shape: ProfileShape,
}

/// A name that is none of [`PeakIntensity`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("intensity of peaks must be height or area, not `{0}`")]
pub struct PeakIntensityError(String);

impl std::str::FromStr for PeakIntensity {
    type Err = PeakIntensityError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "height" => Ok(Self::Height),
            "area" => Ok(Self::Area),
            _ => Err(PeakIntensityError(name.into())),
        }
    }
}

impl std::fmt::Display for PeakIntensity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Height => "height",
            Self::Area => "area",
        })
    }
}

#[cfg(test)]
mod tests;
