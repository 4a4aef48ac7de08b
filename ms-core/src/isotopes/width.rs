//! How wide a peak is: analyzers, resolving powers, and standard deviations of Gaussians.

use std::fmt;
use std::str::FromStr;

/// Full width at half maximum of a Gaussian, in standard deviations, as METASPACE rounds it.
pub const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;

/// m/z at which a resolving power is stated.
pub const REFERENCE_MZ: f64 = 200.0;

/// Mass analyzers, by how their resolving power falls with m/z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instrument {
    /// Constant resolving power.
    Tof,
    /// Resolving power falls with the square root of m/z.
    Orbitrap,
    /// Resolving power falls with m/z.
    Fticr,
}

/// A name that is no known analyzer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "instrument must be tof, orbitrap, fticr, or the name of a model such as timstof, exploris or solarix, not `{0}`"
)]
pub struct InstrumentError(String);

impl FromStr for Instrument {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, InstrumentError> {
        match text.to_ascii_lowercase().as_str() {
            "tof" => Ok(Self::Tof),
            "orbitrap" => Ok(Self::Orbitrap),
            "fticr" | "ft-icr" => Ok(Self::Fticr),
            name => Self::of_model(name).ok_or_else(|| InstrumentError(text.into())),
        }
    }
}

impl Instrument {
    /// The analyzer of an instrument by words of its model's name; nothing where none is known.
    pub fn of_model(name: &str) -> Option<Self> {
        const WORDS: [(&str, Instrument); 23] = [
            ("orbitrap", Instrument::Orbitrap),
            ("exactive", Instrument::Orbitrap),
            ("exploris", Instrument::Orbitrap),
            ("astral", Instrument::Orbitrap),
            ("lumos", Instrument::Orbitrap),
            ("tribrid", Instrument::Orbitrap),
            ("hf-x", Instrument::Orbitrap),
            ("fticr", Instrument::Fticr),
            ("ft-icr", Instrument::Fticr),
            ("ft_icr", Instrument::Fticr),
            ("ltq ft", Instrument::Fticr),
            ("solarix", Instrument::Fticr),
            ("scimax", Instrument::Fticr),
            ("apex ", Instrument::Fticr),
            ("tof", Instrument::Tof),
            ("synapt", Instrument::Tof),
            ("xevo", Instrument::Tof),
            ("vion", Instrument::Tof),
            ("select series", Instrument::Tof),
            ("flex", Instrument::Tof),
            ("impact ii", Instrument::Tof),
            ("maxis", Instrument::Tof),
            ("zeno", Instrument::Tof),
        ];
        let name = name.to_lowercase();
        let known = WORDS.iter().find(|(word, _)| name.contains(word));
        known.map(|(_, instrument)| *instrument)
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tof => "tof",
            Self::Orbitrap => "orbitrap",
            Self::Fticr => "fticr",
        })
    }
}

/// Width of a peak as a function of m/z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PeakWidth {
    /// An analyzer with its resolving power (m/z over FWHM) at m/z 200.
    Analyzer {
        /// How the resolving power falls.
        instrument: Instrument,
        /// Resolving power at m/z 200.
        resolving_power: f64,
    },
    /// One resolving power for the whole ion, such that its most intense peak has this standard
    /// deviation in Th: the first METASPACE engine.
    AtIon {
        /// Standard deviation in Th.
        sigma: f64,
    },
}

impl PeakWidth {
    /// Resolving power at m/z 200 of METASPACE's `isocalc_sigma`, in Th.
    pub fn resolving_power_of_sigma(sigma: f64) -> f64 {
        REFERENCE_MZ / (FWHM_PER_SIGMA * sigma)
    }
}

/// Standard deviation of a peak at a given m/z, for one ion.
#[derive(Debug, Clone, Copy)]
pub(super) struct SigmaAt {
    /// σ(m) = scale · m^power; the powers are 1, 1.5 and 2.
    pub(super) scale: f64,
    pub(super) analyzer: Instrument,
}

impl SigmaAt {
    pub(super) fn new(width: PeakWidth, fine: &[(f64, f64)]) -> Self {
        match width {
            PeakWidth::Analyzer {
                instrument,
                resolving_power,
            } => {
                let at_reference = 1.0 / (resolving_power * FWHM_PER_SIGMA);
                Self {
                    scale: at_reference,
                    analyzer: instrument,
                }
            }
            PeakWidth::AtIon { sigma } => {
                let strongest =
                    fine.iter().fold(
                        (1.0, 0.0),
                        |best, &peak| if peak.1 > best.1 { peak } else { best },
                    );
                Self {
                    scale: sigma / strongest.0,
                    analyzer: Instrument::Tof,
                }
            }
        }
    }

    pub(super) fn at(self, mz: f64) -> f64 {
        let growth = match self.analyzer {
            Instrument::Tof => 1.0,
            Instrument::Orbitrap => (mz / REFERENCE_MZ).sqrt(),
            Instrument::Fticr => mz / REFERENCE_MZ,
        };
        mz * self.scale * growth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_tell_their_analyzer() {
        assert_eq!(
            Instrument::of_model("Q Exactive Plus"),
            Some(Instrument::Orbitrap)
        );
        assert_eq!(Instrument::of_model("timsTOF fleX"), Some(Instrument::Tof));
        assert_eq!(Instrument::of_model("solariX"), Some(Instrument::Fticr));
        assert_eq!(Instrument::of_model("instrument model"), None);
    }
}
