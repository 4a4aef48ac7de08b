//! How far m/z are off, by spectrum and by m/z: curves that are kept only if they bring what they
//! were not made from closer.

use ms_core::recalibration::Curve;

use super::accuracy::Found;
use super::common_peaks::CommonPeak;
use super::median::{center_and_sigma, median};
use super::spectrum::SampledSpectrum;

/// Deviations that a point of a curve is made from, at the least.
const MIN_DEVIATIONS: usize = 30;

/// A curve is kept if it takes away this share of what is left out of its making, at the least…
const MIN_GAIN: f64 = 0.05;

/// … and more than so many standard errors of that.
const MIN_SIGNIFICANCE: f64 = 2.0;

/// A shift is more than so many standard errors.
const MIN_ERRORS_OF_SHIFT: f64 = 3.0;

/// Parts of the ions, each of which is left out once.
const N_FOLDS: usize = 5;

/// Ions that a slope is fitted to, at the least.
const MIN_IONS_OF_SLOPE: usize = 20;

/// Error in ppm by the spectrum's place in the file; nothing if there is no drift.
pub(super) fn by_spectrum(groups: &[Vec<SampledSpectrum>], peaks: &[CommonPeak]) -> Option<Curve> {
    let n_spectra = groups.iter().map(Vec::len).sum();
    let mut deviations: Vec<Vec<f64>> = vec![Vec::new(); n_spectra];
    for (place, ppm) in peaks.iter().flat_map(|peak| &peak.deviations) {
        deviations[*place as usize].push(*ppm);
    }
    let curve = |is_used: &dyn Fn(usize) -> bool| {
        let mut points = Vec::new();
        let mut start = 0;
        for group in groups {
            let places = start..start + group.len();
            start = places.end;
            let used = places.filter(|&place| is_used(place));
            let mut here: Vec<f64> = used.flat_map(|place| deviations[place].clone()).collect();
            let middle = group
                .iter()
                .map(|spectrum| spectrum.number as f64)
                .sum::<f64>();
            if here.len() >= MIN_DEVIATIONS {
                points.push((middle / group.len() as f64, median(&mut here)));
            }
        }
        Curve::new(points).ok()
    };
    // The one half is the proof of what is made from the other.
    let of_half = curve(&|place| place % 2 == 0)?;
    let numbers: Vec<f64> = groups
        .iter()
        .flatten()
        .map(|spectrum| spectrum.number as f64)
        .collect();
    let proof = (1..n_spectra)
        .step_by(2)
        .filter(|&place| !deviations[place].is_empty());
    let losses: Vec<(f64, f64)> = proof
        .map(|place| {
            let common = of_half.at(numbers[place]);
            let mean = |common: f64| {
                let off: f64 = deviations[place]
                    .iter()
                    .map(|ppm| (ppm - common).abs())
                    .sum();
                off / deviations[place].len() as f64
            };
            (mean(0.0), mean(common))
        })
        .collect();
    let whole = curve(&|_| true)?;
    (whole.points().len() > 1 && is_better(&losses)).then_some(whole)
}

/// Error in ppm by m/z; nothing if ions are off by no more than they differ.
pub(super) fn by_mz(peaks: &[CommonPeak], mzs: &[f64]) -> Option<Curve> {
    let errors = errors(peaks, mzs, &Curve::default())?;
    let mut best: Option<Fit> = None;
    let is_closer = |(before, after): &(f64, f64)| before - after;
    let gain: f64 = left_out(&errors, None, shift).iter().map(is_closer).sum();
    if gain > 0.0 && is_off(&errors) {
        best = Some(shift);
    }
    if is_better(&left_out(&errors, best, slope)) {
        best = Some(slope);
    }
    let fit = best?;
    // With what is known now, fewer chance hits are taken for ions.
    let first = fit(&errors)?;
    fit(&self::errors(peaks, mzs, &first)?)
}

/// Whether all ions together are off, beyond doubt.
fn is_off(errors: &[IonError]) -> bool {
    let ppm: Vec<f64> = errors.iter().map(|error| error.ppm).collect();
    let (center, sigma) = center_and_sigma(&ppm);
    center.abs() > MIN_ERRORS_OF_SHIFT * sigma / (errors.len() as f64).sqrt()
}

/// The error of an ion.
#[derive(Debug, Clone, Copy)]
struct IonError {
    mz: f64,
    ppm: f64,
    /// Standard deviation of its peaks over the spectra.
    sigma_ppm: f64,
}

/// Makes a curve from errors, if they suffice.
type Fit = fn(&[IonError]) -> Option<Curve>;

/// Errors of the ions that stand out when a curve is taken from them.
fn errors(peaks: &[CommonPeak], mzs: &[f64], curve: &Curve) -> Option<Vec<IonError>> {
    let common = |peak: &CommonPeak| curve.at(peak.mz);
    let corrected: Vec<CommonPeak> = peaks
        .iter()
        .map(|peak| CommonPeak {
            mz: peak.mz / (1.0 + common(peak) * 1e-6),
            deviations: Vec::new(),
            ..*peak
        })
        .collect();
    let found = Found::of(&corrected, mzs)?;
    let error = |(i, ppm): (usize, f64)| IonError {
        mz: peaks[i].mz,
        ppm: ppm + common(&peaks[i]),
        sigma_ppm: peaks[i].sigma_ppm,
    };
    Some(found.matches().map(error).collect())
}

/// How far ions are off that a fit has not seen: by the one, and by the other.
fn left_out(errors: &[IonError], before: Option<Fit>, after: Fit) -> Vec<(f64, f64)> {
    // A peak of a spectrum is off by its own error besides.
    let off = |error: &IonError, curve: &Curve| {
        libm::hypot(error.ppm - curve.at(error.mz), error.sigma_ppm)
    };
    let mut losses = Vec::new();
    for fold in 0..N_FOLDS {
        let places = errors.iter().enumerate();
        let (out, seen): (Vec<_>, Vec<_>) = places.partition(|(i, _)| i % N_FOLDS == fold);
        let seen: Vec<IonError> = seen.into_iter().map(|(_, error)| *error).collect();
        let before = before.and_then(|before| before(&seen)).unwrap_or_default();
        let Some(after) = after(&seen) else { continue };
        losses.extend(
            out.iter()
                .map(|(_, error)| (off(error, &before), off(error, &after))),
        );
    }
    losses
}

/// The median error.
fn shift(errors: &[IonError]) -> Option<Curve> {
    let mut values: Vec<f64> = errors.iter().map(|error| error.ppm).collect();
    let middle = errors.get(errors.len() / 2)?.mz;
    Curve::new(vec![(middle, median(&mut values))]).ok()
}

/// A line, from the lowest to the highest m/z at which errors are known.
fn slope(errors: &[IonError]) -> Option<Curve> {
    if errors.len() < MIN_IONS_OF_SLOPE {
        return None;
    }
    let n = errors.len() as f64;
    let mean = |of: &dyn Fn(&IonError) -> f64| errors.iter().map(of).sum::<f64>() / n;
    let (mean_mz, mean_ppm) = (mean(&|e| e.mz), mean(&|e| e.ppm));
    let spread = mean(&|e| (e.mz - mean_mz) * (e.mz - mean_mz));
    let slope = mean(&|e| (e.mz - mean_mz) * (e.ppm - mean_ppm)) / spread.max(1e-9);
    let bound = |start: f64, of: fn(f64, f64) -> f64| errors.iter().map(|e| e.mz).fold(start, of);
    let ends = [bound(f64::INFINITY, f64::min), bound(0.0, f64::max)];
    Curve::new(
        ends.map(|mz| (mz, mean_ppm + slope * (mz - mean_mz)))
            .to_vec(),
    )
    .ok()
}

/// Whether losses are less after than before, by enough and more than by chance.
fn is_better(losses: &[(f64, f64)]) -> bool {
    let n = losses.len() as f64;
    if losses.len() < 2 {
        return false;
    }
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| losses.iter().map(of).sum::<f64>() / n;
    let gain = mean(&|(before, after)| before - after);
    let variance = mean(&|(before, after)| (before - after - gain) * (before - after - gain));
    let standard_error = (variance / (n - 1.0)).sqrt();
    gain >= MIN_GAIN * mean(&|(before, _)| *before) && gain > MIN_SIGNIFICANCE * standard_error
}
