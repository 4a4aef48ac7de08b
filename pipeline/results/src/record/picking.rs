//! What `run.json` says of how peaks were picked from profile spectra.

use ms_core::profile::{PeakIntensityError, PeakPicking, PowerLaw, ProfileShape};
use serde::{Deserialize, Serialize};

/// How peaks were picked from profile spectra: enough to pick the same again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickingRecord {
    /// Least height of a peak over the noise around it, in standard deviations of the noise.
    pub min_snr: f64,
    /// What the intensity of a peak is: height or area.
    pub intensity: String,
    /// Distance between neighbouring points: its value in Th at m/z 200, and the power of m/z with
    /// which it grows.
    pub step: (f64, f64),
    /// Full width of a peak at half its height, in the same way.
    pub fwhm: (f64, f64),
    /// Lowest and highest m/z of the peaks whose width was seen; nothing where too few were.
    pub seen: Option<(f64, f64)>,
}

impl From<&PeakPicking> for PickingRecord {
    fn from(picking: &PeakPicking) -> Self {
        let law = |law: PowerLaw| (law.at_200, law.exponent);
        Self {
            min_snr: picking.min_snr,
            intensity: picking.intensity.to_string(),
            step: law(picking.shape.step),
            fwhm: law(picking.shape.fwhm),
            seen: picking.shape.seen,
        }
    }
}

impl PickingRecord {
    /// The same as settings.
    ///
    /// # Errors
    /// The intensity is none that is known.
    pub fn picking(&self) -> Result<PeakPicking, PeakIntensityError> {
        let law = |(at_200, exponent)| PowerLaw { at_200, exponent };
        Ok(PeakPicking {
            min_snr: self.min_snr,
            intensity: self.intensity.parse()?,
            shape: ProfileShape {
                step: law(self.step),
                fwhm: law(self.fwhm),
                seen: self.seen,
            },
        })
    }
}
