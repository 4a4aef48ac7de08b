//! The peaks of a profile spectrum.

use std::ops::Range;

use super::noise::{LonePoints, Noise};
use super::points::{Points, has_gap};
use super::smoothing::Smoothing;
use super::{PeakIntensity, PeakPicking};

/// Standard deviation of a Gaussian over its full width at half maximum.
const SIGMA_OF_FWHM: f64 = 0.424_660_900_144_009_5;

/// Points of a stretch that has one smoothing and one noise.
const STRETCH: usize = 4_096;

/// Points that are looked at together for a maximum.
const BLOCK: usize = 32;

/// Points beyond a stretch that its peaks may reach to.
const MARGIN: usize = 64;

/// Width of the weights of the mean that is a peak's m/z, over that of the peak. The error of the
/// mean of N ions is then 1.19 times the least, σ / √N. A wider one has less, and more of neighbours.
const WINDOW: f64 = 1.1;

/// The same in points, at the least.
const MIN_WINDOW_POINTS: f64 = 0.9;

/// Standard deviations of the weights to which the mean reaches.
const WINDOW_REACH: f64 = 2.5;

/// Steps towards the mean; what is left after them is below a thousandth of the width.
const N_STEPS: usize = 3;

/// After a step shorter than this share of the width of the weights no other is made.
const SHORT_STEP: f64 = 1e-3;

/// Parts of a unit of squared distance in which the weights are tabulated; between two entries they are
/// off by two millionths at most.
const WEIGHTS_A_UNIT: f64 = 128.0;

/// Standard deviations of a peak to which its valleys are looked for.
const VALLEY_REACH: f64 = 4.0;

/// Widths by which the maxima of two peaks are apart at the least.
pub(super) const MIN_DISTANCE: f64 = 0.9;

/// A peak lower than this share of one beside it …
const LOBE_SHARE: f64 = 0.01;

/// … and within so many widths of it is one of its side lobes …
const LOBE_WIDTHS: f64 = 6.0;

/// … where widths grow with at least this power of m/z: only a Fourier transform has them.
const LOBE_EXPONENT: f64 = 1.25;

/// What was found in profile spectra and not taken for peaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PickCounts {
    /// Peaks.
    pub n_peaks: u64,
    /// Maxima that do not stand out of the noise.
    pub n_noise: u64,
    /// Maxima that are side lobes of a peak beside them.
    pub n_side_lobes: u64,
}

/// Finds the peaks of one profile spectrum after another.
#[derive(Debug)]
pub struct PeakPicker {
    picking: PeakPicking,
    /// The points, where zeros were left out.
    points: Points,
    /// Whether the m/z of the current axis have gaps, for spectra that share them.
    axis_has_gap: Option<bool>,
    smoothed: Vec<f32>,
    tops: Vec<usize>,
    room: Vec<f64>,
    /// Weights of the mean, by the squared distance from it.
    weights: Vec<f64>,
    found: Vec<Found>,
    mzs: Vec<f64>,
    intensities: Vec<f32>,
    /// Of all spectra.
    pub counts: PickCounts,
}

/// A maximum that stands out.
#[derive(Debug, Clone, Copy)]
struct Found {
    mz: f64,
    /// Full width at half maximum of peaks around, in Th.
    width: f64,
    height: f32,
    intensity: f32,
}

/// Where a maximum lies.
struct Top {
    /// Its place in the smoothed signal.
    place: usize,
    /// Places there from the valley before it up to and with that after it.
    valleys: Range<usize>,
    /// Point of the spectrum at which the smoothed signal begins.
    first: usize,
    /// The signal between the peaks.
    level: f32,
    /// Standard deviation of peaks around, in Th.
    sigma: f64,
}

impl PeakPicker {
    /// A picker of a dataset's peaks.
    pub fn new(picking: PeakPicking) -> Self {
        Self {
            picking,
            points: Points::default(),
            axis_has_gap: None,
            smoothed: Vec::new(),
            tops: Vec::new(),
            room: Vec::new(),
            weights: tabulated_weights(),
            found: Vec::new(),
            mzs: Vec::new(),
            intensities: Vec::new(),
            counts: PickCounts::default(),
        }
    }

    /// The m/z of the spectra from now on are others than before.
    pub fn change_axis(&mut self) {
        self.axis_has_gap = None;
    }

    /// The peaks of a spectrum of ascending m/z in Th, m/z ascending, each once.
    pub fn pick(&mut self, mzs: &[f64], intensities: &[f32]) -> (&[f64], &[f32]) {
        let shape = self.picking.shape;
        let axis_has_gap = *self
            .axis_has_gap
            .get_or_insert_with(|| has_gap(mzs, &shape.step));
        self.found.clear();
        // Points that are whole are looked at where they are.
        let is_whole = !axis_has_gap && !intensities.iter().fold(false, |any, v| any | v.is_nan());
        if is_whole {
            self.find(mzs, intensities);
        } else {
            let mut points = std::mem::take(&mut self.points);
            points.fill(mzs, intensities, &shape.step);
            self.find(&points.mzs, &points.intensities);
            self.points = points;
        }
        self.keep_true_ones();
        (&self.mzs, &self.intensities)
    }

    /// All maxima that stand out of the noise, in order.
    fn find(&mut self, mzs: &[f64], intensities: &[f32]) {
        let lone = LonePoints::of(intensities, &mut self.room);
        let mut smoothed = std::mem::take(&mut self.smoothed);
        smoothed.clear();
        let mut start = 0;
        while start < mzs.len() {
            let end = mzs.len().min(start + STRETCH);
            // The points of a peak at either end lie beyond it.
            let around = start.saturating_sub(MARGIN)..mzs.len().min(end + MARGIN);
            self.find_in(mzs, intensities, start..end, &around, &lone, &mut smoothed);
            start = end;
        }
        self.smoothed = smoothed;
    }

    fn find_in(
        &mut self,
        mzs: &[f64],
        intensities: &[f32],
        stretch: Range<usize>,
        around: &Range<usize>,
        lone: &LonePoints,
        smoothed: &mut Vec<f32>,
    ) {
        let shape = self.picking.shape;
        let middle = mzs[stretch.start.midpoint(stretch.end)];
        let points_a_sigma = SIGMA_OF_FWHM * shape.fwhm.at(middle) / shape.step.at(middle);
        let smoothing = Smoothing::new(points_a_sigma);
        smoothing.apply(intensities, around, smoothed);
        let signal = smoothed.as_slice();
        let noise = Noise::of(
            &intensities[around.clone()],
            signal,
            lone,
            f64::from(smoothing.response()),
            &mut self.room,
        );
        #[expect(clippy::cast_possible_truncation, reason = "as the signal is")]
        let threshold = noise.level + self.picking.min_snr as f32 * noise.sigma;
        let mut tops = std::mem::take(&mut self.tops);
        self.find_tops(signal, threshold, noise.level, &stretch, around, &mut tops);
        merge_split(
            &mut tops,
            signal,
            MIN_DISTANCE * points_a_sigma / SIGMA_OF_FWHM,
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most MARGIN"
        )]
        let reach = (VALLEY_REACH * points_a_sigma).min(MARGIN as f64) as usize + 1;
        let sigma = SIGMA_OF_FWHM * shape.fwhm.at(middle);
        for (i, &place) in tops.iter().enumerate() {
            if stretch.contains(&(around.start + place)) {
                let before = i.checked_sub(1).map_or(0, |before| tops[before]);
                let before = before.max(place.saturating_sub(reach));
                let after = tops.get(i + 1).map_or(signal.len() - 1, |after| *after);
                let after = after.min(place + reach);
                let valleys =
                    lowest(signal, before..place)..lowest(signal, place + 1..after + 1) + 1;
                let top = Top {
                    place,
                    valleys,
                    first: around.start,
                    level: noise.level,
                    sigma,
                };
                let found = self.measure(mzs, intensities, signal, top);
                self.found.push(found);
            }
        }
        self.tops = tops;
    }

    /// Places of the maxima above a threshold; those below it are counted.
    fn find_tops(
        &mut self,
        signal: &[f32],
        threshold: f32,
        level: f32,
        stretch: &Range<usize>,
        around: &Range<usize>,
        tops: &mut Vec<usize>,
    ) {
        tops.clear();
        if signal.len() < 3 {
            return;
        }
        let own = stretch.start - around.start..stretch.end - around.start;
        let (left, middle, right) = (signal, &signal[1..], &signal[2..]);
        let mut n_maxima = 0_u32;
        // Most blocks have no maximum above the threshold, and none of their points is looked at alone.
        for start in (0..right.len()).step_by(BLOCK) {
            let end = right.len().min(start + BLOCK);
            let points = left[start..end]
                .iter()
                .zip(&middle[start..end])
                .zip(&right[start..end]);
            let (mut n_above, mut n_here) = (0_u32, 0_u32);
            for ((&before, &here), &after) in points {
                // As numbers, so that many points are compared at once.
                let is_maximum = u32::from(here > before) & u32::from(here >= after);
                n_above += is_maximum & u32::from(here > threshold);
                n_here += is_maximum & u32::from(here > level);
            }
            if n_above > 0 {
                let is_top = |place: &usize| {
                    let here = signal[*place];
                    here > threshold && here > signal[place - 1] && here >= signal[place + 1]
                };
                tops.extend((start + 1..=end).filter(is_top));
            }
            if own.contains(&start) {
                n_maxima += n_here - n_above;
            }
        }
        self.counts.n_noise += u64::from(n_maxima);
    }

    /// m/z and intensity of the peak at a maximum of the smoothed signal.
    fn measure(&self, mzs: &[f64], intensities: &[f32], signal: &[f32], top: Top) -> Found {
        let Top {
            place,
            valleys,
            first,
            level,
            sigma,
        } = top;
        let top = first + place;
        let valleys = first + valleys.start..first + valleys.end;
        let [before, here, after] =
            [signal[place - 1], signal[place], signal[place + 1]].map(|v| f64::from(v - level));
        let (offset, height) = vertex(before, here, after);
        let step = if offset < 0.0 {
            mzs[top] - mzs[top - 1]
        } else {
            mzs[top + 1] - mzs[top]
        };
        let vertex_mz = mzs[top] + offset * step;
        let window = (WINDOW * sigma).max(MIN_WINDOW_POINTS * step);
        let mz = self
            .mean(mzs, intensities, &valleys, vertex_mz, window, sigma, level)
            .filter(|mz| mzs[valleys.start] < *mz && *mz < mzs[valleys.end - 1])
            .unwrap_or(vertex_mz);
        let intensity = match self.picking.intensity {
            PeakIntensity::Height => height,
            PeakIntensity::Area => {
                let reach = 3.0 * sigma.max(step);
                let is_near = |place: &usize| (mzs[*place] - mz).abs() <= reach;
                let sum: f64 = valleys
                    .filter(is_near)
                    .map(|place| f64::from(intensities[place] - level))
                    .sum();
                sum.max(0.0) * step
            }
        };
        #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
        Found {
            mz,
            width: sigma / SIGMA_OF_FWHM,
            height: height as f32,
            intensity: intensity as f32,
        }
    }

    /// Leaves out side lobes, and of maxima that are one peak the lower one.
    fn keep_true_ones(&mut self) {
        self.mzs.clear();
        self.intensities.clear();
        let found = &self.found;
        let has_lobes = self.picking.shape.fwhm.exponent >= LOBE_EXPONENT;
        for (i, peak) in found.iter().enumerate() {
            if has_lobes && is_lobe(found, i, LOBE_WIDTHS * peak.width) {
                self.counts.n_side_lobes += 1;
                continue;
            }
            let is_after = self.mzs.last().is_none_or(|last| *last < peak.mz);
            if is_after && peak.intensity > 0.0 && peak.intensity.is_finite() {
                self.mzs.push(peak.mz);
                self.intensities.push(peak.intensity);
            }
        }
        self.counts.n_peaks += self.mzs.len() as u64;
    }

    /// The mean m/z of the points between two valleys, weighted by intensity above the level and by
    /// closeness to itself; found in a few steps from an m/z nearby. Nothing where nothing is above it.
    fn mean(
        &self,
        mzs: &[f64],
        intensities: &[f32],
        valleys: &Range<usize>,
        from: f64,
        window: f64,
        sigma: f64,
        level: f32,
    ) -> Option<f64> {
        // The weights hold the mean back; by this much more it would move without them.
        let gain = 1.0 + (sigma / window) * (sigma / window);
        let mut mz = from;
        for _ in 0..N_STEPS {
            let (mut weights, mut moments) = (0.0, 0.0);
            for place in valleys.clone() {
                let distance = (mzs[place] - mz) / window;
                if distance.abs() <= WINDOW_REACH {
                    let weight = self.weight(distance) * f64::from(intensities[place] - level);
                    weights += weight;
                    moments += weight * distance;
                }
            }
            if weights <= 0.0 {
                return None;
            }
            let shift = gain * window * moments / weights;
            mz += shift;
            if shift.abs() < SHORT_STEP * window {
                break;
            }
        }
        mz.is_finite().then_some(mz)
    }

    /// exp(−distance² / 2), in a straight line between entries of the table.
    fn weight(&self, distance: f64) -> f64 {
        let place = distance * distance * WEIGHTS_A_UNIT;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place of the table"
        )]
        let entry = place as usize;
        let share = place - entry as f64;
        match self.weights.get(entry..entry + 2) {
            Some(&[low, high]) => low + share * (high - low),
            _ => 0.0,
        }
    }
}

/// Whether a maximum is far lower than another within so many Th.
fn is_lobe(found: &[Found], place: usize, reach: f64) -> bool {
    let peak = found[place];
    let hides = |other: &Found| f64::from(other.height) * LOBE_SHARE > peak.height.into();
    let is_near = |other: &&Found| (other.mz - peak.mz).abs() <= reach;
    let mut below = found[..place].iter().rev().take_while(is_near);
    let mut above = found[place + 1..].iter().take_while(is_near);
    below.any(hides) || above.any(hides)
}

/// Place from −½ to ½ and height of the vertex of the parabola through the logarithms of three
/// points, of which the middle one is the highest; through the points themselves where one is not
/// above 0.
fn vertex(before: f64, here: f64, after: f64) -> (f64, f64) {
    let is_positive = before > 0.0 && after > 0.0;
    let (a, b, c) = if is_positive {
        (libm::log(before), libm::log(here), libm::log(after))
    } else {
        (before, here, after)
    };
    let bend = a - 2.0 * b + c;
    if bend >= 0.0 {
        return (0.0, here);
    }
    let offset = (0.5 * (a - c) / bend).clamp(-0.5, 0.5);
    let top = b - 0.25 * (a - c) * offset;
    (offset, if is_positive { libm::exp(top) } else { top })
}

/// Of maxima that are closer than so many points, leaves the highest: they are one peak that noise
/// splits, as two peaks have no two maxima so close.
fn merge_split(tops: &mut Vec<usize>, signal: &[f32], min_distance: f64) {
    tops.dedup_by(|after, before| {
        let is_split = ((*after - *before) as f64) < min_distance;
        if is_split && signal[*after] > signal[*before] {
            *before = *after;
        }
        is_split
    });
}

/// The lowest of some places, the last of several.
fn lowest(signal: &[f32], places: Range<usize>) -> usize {
    let first = places.start;
    places.fold(first, |low, place| {
        if signal[place] <= signal[low] {
            place
        } else {
            low
        }
    })
}

/// Weights of the mean to the square of [`WINDOW_REACH`], and one more to draw a line to.
fn tabulated_weights() -> Vec<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some hundreds"
    )]
    let last = (WINDOW_REACH * WINDOW_REACH * WEIGHTS_A_UNIT) as usize + 1;
    let weight = |entry: usize| libm::exp(-0.5 * entry as f64 / WEIGHTS_A_UNIT);
    (0..=last).map(weight).collect()
}
