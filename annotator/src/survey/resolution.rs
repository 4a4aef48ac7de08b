//! How well peaks are resolved: the least distances between neighbouring peaks of a spectrum.
//!
//! Two ions that lie closer than a peak is wide are one peak. So there is a distance below which
//! neighbours are rare, about a peak's full width at half maximum, and how it grows with m/z tells
//! the analyzer.

use ms_core::isotopes::{Instrument, REFERENCE_MZ};
use ms_core::profile::ProfileShape;

use super::median::median;
use super::spectrum::SampledSpectrum;

/// Ranges of m/z, equal in their logarithm, in which distances are looked at.
const N_RANGES: usize = 10;

/// Ranges that show the least distance, at the least.
const MIN_RANGES: usize = 4;

/// Distances in ppm from which to which the least is looked for, and the ratio of two that are tried.
const FROM_PPM: f64 = 2.0;
const TO_PPM: f64 = 80.0;
const STEP: f64 = 1.08;

/// Distances between the least and three times as much, at the least, where it can be told.
const MIN_DISTANCES: usize = 100;

/// Densities of distances relative to that: just below the least, and of all that are shorter.
const JUST_BELOW: f64 = 0.5;
const ALL_BELOW: f64 = 0.3;

/// Largest factor between the ranges, each reduced to one m/z.
const MAX_DISAGREEMENT: f64 = 1.5;

/// m/z of the highest range over that of the lowest, from which on the analyzer can be told.
const MIN_SPAN: f64 = 1.5;

/// How well peaks are resolved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// How the resolving power falls with m/z.
    pub instrument: Instrument,
    /// Whether that is known; else it is [`UNKNOWN_ANALYZER`], and only the resolving power was seen.
    pub is_analyzer_known: bool,
    /// Resolving power at m/z 200.
    pub resolving_power: f64,
    /// In what it was seen.
    pub seen_in: SeenIn,
}

/// In what a resolving power was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenIn {
    /// The distances between neighbouring peaks.
    Distances,
    /// The widths of peaks in profile spectra.
    Widths,
}

impl std::fmt::Display for SeenIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Distances => "distances between neighbouring peaks",
            Self::Widths => "widths of peaks in the profile spectra",
        })
    }
}

/// The analyzer that is taken where nothing shows it.
pub const UNKNOWN_ANALYZER: Instrument = Instrument::Orbitrap;

/// From the widths of peaks in profile spectra; nothing if too few were seen. `stated` is the
/// analyzer that is known; over too narrow a range of m/z the widths do not show it.
pub(super) fn of_profile(shape: &ProfileShape, stated: Option<Instrument>) -> Option<Resolution> {
    let (low, high) = shape.seen?;
    let seen = (high / low >= MIN_SPAN).then(|| nearest(shape.fwhm.exponent - 1.0));
    let known = stated.or(seen);
    let instrument = known.unwrap_or(UNKNOWN_ANALYZER);
    let middle = (low * high).sqrt();
    let growth = libm::pow(middle / REFERENCE_MZ, exponent(instrument));
    Some(Resolution {
        instrument,
        is_analyzer_known: known.is_some(),
        resolving_power: shape.resolving_power(middle) * growth,
        seen_in: SeenIn::Widths,
    })
}

/// From the distances between neighbours; nothing if they show no least one, or none that follows
/// the law of an analyzer, or over too narrow a range of m/z: the ions of a few nominal masses lie
/// apart by what their formulas differ, not by what is resolved. `stated` is the analyzer that is
/// known already.
pub(super) fn observe(
    spectra: &[&SampledSpectrum],
    stated: Option<Instrument>,
) -> Option<Resolution> {
    let mut distances: Vec<(f64, f64)> = Vec::new();
    for spectrum in spectra {
        let pairs = spectrum.mzs.windows(2);
        distances.extend(
            pairs
                .map(|pair| (pair[1], (pair[1] / pair[0] - 1.0) * 1e6))
                .filter(|(_, ppm)| *ppm <= 3.0 * TO_PPM),
        );
    }
    distances.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (lowest, highest) = (distances.first()?.0, distances.last()?.0);
    if highest / lowest < MIN_SPAN {
        return None;
    }
    let ratio = libm::pow(highest / lowest, 1.0 / N_RANGES as f64);
    let mut least: Vec<(f64, f64)> = Vec::new();
    let mut low = lowest;
    for _ in 0..N_RANGES {
        let high = low * ratio;
        let start = distances.partition_point(|(mz, _)| *mz < low);
        let end = distances.partition_point(|(mz, _)| *mz < high);
        let ppm = distances[start..end].iter().map(|(_, ppm)| *ppm);
        least.extend(least_distance(ppm.collect()).map(|ppm| ((low * high).sqrt(), ppm)));
        low = high;
    }
    if least.len() < MIN_RANGES {
        return None;
    }
    let instrument = match stated {
        Some(instrument) => instrument,
        None => analyzer(&least)?,
    };
    // The width in ppm grows with this power of m/z.
    let growth = exponent(instrument);
    let mut reduced: Vec<f64> = least
        .iter()
        .map(|(mz, ppm)| 1e6 / ppm * libm::pow(mz / REFERENCE_MZ, growth))
        .collect();
    let middle = median(&mut reduced);
    let n_apart = reduced
        .iter()
        .filter(|power| !(1.0 / MAX_DISAGREEMENT..=MAX_DISAGREEMENT).contains(&(*power / middle)))
        .count();
    (4 * n_apart <= reduced.len()).then_some(Resolution {
        instrument,
        is_analyzer_known: true,
        resolving_power: middle,
        seen_in: SeenIn::Distances,
    })
}

/// How the width in ppm grows with m/z.
fn exponent(instrument: Instrument) -> f64 {
    match instrument {
        Instrument::Tof => 0.0,
        Instrument::Orbitrap => 0.5,
        Instrument::Fticr => 1.0,
    }
}

/// The analyzer whose law is nearest to how the least distance in ppm grows with m/z.
fn analyzer(shown: &[(f64, f64)]) -> Option<Instrument> {
    let (first, last) = (shown.first()?.0, shown.last()?.0);
    if last / first < MIN_SPAN {
        return None;
    }
    let logs: Vec<(f64, f64)> = shown
        .iter()
        .map(|(mz, ppm)| (libm::log(*mz), libm::log(*ppm)))
        .collect();
    let n = logs.len() as f64;
    let (x, y) = logs
        .iter()
        .fold((0.0, 0.0), |sum, l| (sum.0 + l.0 / n, sum.1 + l.1 / n));
    let products: f64 = logs.iter().map(|l| (l.0 - x) * (l.1 - y)).sum();
    let squares: f64 = logs.iter().map(|l| (l.0 - x) * (l.0 - x)).sum();
    Some(nearest(products / squares))
}

/// The analyzer whose width in ppm grows with the power of m/z nearest to this.
fn nearest(growth: f64) -> Instrument {
    let analyzers = [Instrument::Orbitrap, Instrument::Fticr];
    let off = |instrument: Instrument| (exponent(instrument) - growth).abs();
    analyzers.into_iter().fold(Instrument::Tof, |best, other| {
        if off(other) < off(best) { other } else { best }
    })
}

/// The largest distance in ppm below which neighbours are rare.
fn least_distance(mut distances: Vec<f64>) -> Option<f64> {
    distances.sort_by(f64::total_cmp);
    let between = |from: f64, to: f64| {
        let below = |end: f64| distances.partition_point(|&ppm| ppm < end);
        below(to) - below(from)
    };
    let density = |from: f64, to: f64| between(from, to) as f64 / (to - from);
    let is_edge = |ppm: &f64| {
        let ppm = *ppm;
        let beyond = density(1.2 * ppm, 3.0 * ppm);
        between(1.2 * ppm, 3.0 * ppm) >= MIN_DISTANCES
            && density(0.9 * ppm, ppm) < JUST_BELOW * beyond
            && density(0.0, 0.8 * ppm) < ALL_BELOW * beyond
    };
    let tried = std::iter::successors(Some(TO_PPM), |ppm| Some(ppm / STEP));
    tried.take_while(|ppm| *ppm >= FROM_PPM).find(is_edge)
}
