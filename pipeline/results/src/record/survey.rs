//! What `run.json` says of how well m/z are measured and peaks resolved.

use annotator::survey::{MassAccuracy, Resolution, SeenIn, Survey};
use ms_core::isotopes::{Instrument, InstrumentError};
use ms_core::recalibration::{Curve, CurveError, Recalibration};
use serde::{Deserialize, Serialize};

/// What some hundred spectra showed before ions were searched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyRecord {
    /// Spectra that were looked at.
    pub n_spectra: usize,
    /// Peaks that many of them have.
    pub n_common_peaks: usize,
    /// How well m/z are measured; nothing where too few ions of the tables stand out.
    pub measured: Option<AccuracyRecord>,
    /// Standard deviation of a leading peak over the spectra in ppm.
    #[serde(default)]
    pub peak_sigma_ppm: Option<f64>,
    /// What was taken from all m/z, if anything.
    pub recalibration: Option<RecalibrationRecord>,
    /// How well m/z are measured after that.
    pub recalibrated: Option<AccuracyRecord>,
    /// How well peaks are resolved; nothing where their distances do not show it.
    pub resolution: Option<ResolutionRecord>,
    /// Whether more ions stand out as those of the other polarity.
    pub is_other_polarity_likelier: bool,
    /// MALDI matrices whose ions are there.
    pub matrices: Vec<String>,
}

/// How well m/z are measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccuracyRecord {
    /// Mean error of ions in ppm.
    pub shift_ppm: f64,
    /// Standard deviation of a single peak about the m/z of its ion, less the shift, in ppm.
    pub sigma_ppm: f64,
    /// Half-width in ppm of the window that holds nearly all peaks.
    pub window_ppm: f64,
    /// Ions that stand out of chance hits.
    pub n_ions: usize,
}

/// How well peaks are resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionRecord {
    /// Analyzer.
    pub instrument: String,
    /// Whether that is known; else it is the default.
    #[serde(default = "known")]
    pub is_analyzer_known: bool,
    /// Resolving power at m/z 200.
    pub resolving_power: f64,
    /// In what it was seen.
    #[serde(default = "distances")]
    pub seen_in: String,
}

/// Versions that do not say told a resolving power of known analyzers only.
fn known() -> bool {
    true
}

/// In what a resolving power was seen by versions that do not say.
fn distances() -> String {
    SeenIn::Distances.to_string()
}

/// By how many ppm measured m/z are too high: the sum of two piecewise linear curves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecalibrationRecord {
    /// m/z and error in ppm.
    pub by_mz: Vec<(f64, f64)>,
    /// Place of the spectrum in the file, from 0, and error in ppm.
    pub by_spectrum: Vec<(f64, f64)>,
}

/// Rounds to so many decimals: more are not known.
fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

impl From<&MassAccuracy> for AccuracyRecord {
    fn from(accuracy: &MassAccuracy) -> Self {
        Self {
            shift_ppm: rounded(accuracy.shift_ppm, 3),
            sigma_ppm: rounded(accuracy.sigma_ppm(), 3),
            window_ppm: rounded(accuracy.window_ppm(), 1),
            n_ions: accuracy.n_ions,
        }
    }
}

impl From<&Resolution> for ResolutionRecord {
    fn from(resolution: &Resolution) -> Self {
        Self {
            instrument: resolution.instrument.to_string(),
            is_analyzer_known: resolution.is_analyzer_known,
            resolving_power: rounded(resolution.resolving_power, -3),
            seen_in: resolution.seen_in.to_string(),
        }
    }
}

impl ResolutionRecord {
    /// The analyzer.
    ///
    /// # Errors
    /// It is none that is known.
    pub fn instrument(&self) -> Result<Instrument, InstrumentError> {
        self.instrument.parse()
    }
}

impl From<&Recalibration> for RecalibrationRecord {
    fn from(recalibration: &Recalibration) -> Self {
        let points = |curve: &Curve| {
            let point = |&(x, ppm): &(f64, f64)| (rounded(x, 3), rounded(ppm, 4));
            curve.points().iter().map(point).collect()
        };
        Self {
            by_mz: points(&recalibration.by_mz),
            by_spectrum: points(&recalibration.by_spectrum),
        }
    }
}

impl RecalibrationRecord {
    /// The curves.
    ///
    /// # Errors
    /// The points of one are none of a curve.
    pub fn curves(&self) -> Result<Recalibration, CurveError> {
        Ok(Recalibration {
            by_mz: Curve::new(self.by_mz.clone())?,
            by_spectrum: Curve::new(self.by_spectrum.clone())?,
        })
    }
}

impl From<&Survey> for SurveyRecord {
    fn from(survey: &Survey) -> Self {
        Self {
            n_spectra: survey.n_spectra,
            n_common_peaks: survey.n_common_peaks,
            measured: survey.measured.as_ref().map(AccuracyRecord::from),
            peak_sigma_ppm: survey.peak_sigma_ppm.map(|ppm| rounded(ppm, 3)),
            recalibration: survey.recalibration.as_ref().map(RecalibrationRecord::from),
            recalibrated: survey.recalibrated.as_ref().map(AccuracyRecord::from),
            resolution: survey.resolution.as_ref().map(ResolutionRecord::from),
            is_other_polarity_likelier: survey.is_other_polarity_likelier,
            matrices: survey.matrices.iter().map(|&name| name.into()).collect(),
        }
    }
}

impl SurveyRecord {
    /// How well m/z are measured as they are searched.
    pub fn accuracy(&self) -> Option<AccuracyRecord> {
        if self.recalibration.is_some() {
            self.recalibrated
        } else {
            self.measured
        }
    }
}
