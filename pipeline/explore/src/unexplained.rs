//! The most intense peaks of a dataset that no annotated ion explains.

use std::collections::BTreeSet;
use std::ops::Range;

use metaspace_results::StoredAnnotation;
use ms_core::spectra::{MeanPeak, Peak, bin_start};
use ms_core::tolerance::{Ppm, Window};
use rayon::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ExploreError;
use crate::mean_spectra::bin_width;
use crate::mz_images::MzImages;

/// Bins that are looked into for each peak that is asked for: many hold what is explained.
const BINS_A_PEAK: usize = 5;

/// Peaks that are told apart in a bin, at most.
const PEAKS_A_BIN: usize = 3;

/// How far beyond the window of an annotated isotope its flanks reach, in half-widths of the window.
const FLANK: f64 = 2.0;

/// A peak of the mean spectrum that no annotated ion explains.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnexplainedPeak {
    /// m/z in Th, weighted by intensity.
    pub mz: f64,
    /// Mean intensity over all pixels.
    pub intensity: f64,
    /// Pixels that have it; null where peaks were not kept.
    pub n_pixels: Option<usize>,
}

/// The windows of all isotopes of annotations, joined, by m/z.
#[derive(Debug, Clone)]
pub struct ExplainedWindows {
    windows: Vec<Window>,
}

impl ExplainedWindows {
    /// Those of annotations, of a half-width of `ppm`.
    pub fn new<'a>(annotations: impl Iterator<Item = &'a StoredAnnotation>, ppm: Ppm) -> Self {
        let isotopes = annotations.flat_map(|row| &row.isotope_mz);
        let windows = isotopes.filter(|mz| **mz > 0.0).map(|mz| ppm.window(*mz));
        Self {
            windows: Window::joined(windows),
        }
    }

    /// Whether an annotated isotope lies within a distance in Th of an m/z, beside its own window.
    pub fn has(&self, mz: f64, within: f64) -> bool {
        let next = self
            .windows
            .partition_point(|window| window.high < mz - within);
        self.windows
            .get(next)
            .is_some_and(|window| window.low <= mz + within)
    }
}

/// The most intense peaks that nothing explains, from the most intense.
///
/// Of kept peaks, a few of each bin of the mean spectrum are told apart, each as wide as a window of
/// ±`ppm`, so that its image shows it; flanks of what is explained are left out. Without kept peaks a
/// bin is a peak, and explained if an annotated isotope lies in it.
///
/// # Errors
/// The kept peaks cannot be read.
pub fn unexplained_peaks(
    bins: &[MeanPeak],
    explained: &ExplainedWindows,
    kept: Option<&MzImages>,
    ppm: Ppm,
    limit: usize,
) -> Result<Vec<UnexplainedPeak>, ExploreError> {
    let mut by_intensity: Vec<&MeanPeak> = bins.iter().collect();
    by_intensity.sort_by(|a, b| {
        let order = b.intensity.total_cmp(&a.intensity);
        order.then(a.mz.total_cmp(&b.mz))
    });
    let mut found: Vec<UnexplainedPeak> = Vec::new();
    if let Some(kept) = kept {
        by_intensity.truncate(limit * BINS_A_PEAK);
        let peaks: Result<Vec<Vec<UnexplainedPeak>>, ExploreError> = by_intensity
            .par_iter()
            .map(|bin| peaks_of_bin(kept, bin, ppm))
            .collect();
        found.extend(peaks?.into_iter().flatten());
        found.retain(|peak| !explained.has(peak.mz, FLANK * ppm.0 * 1e-6 * peak.mz));
    } else {
        let is_free = |bin: &&MeanPeak| !explained.has(bin.mz, bin_width(bin.mz));
        let peak = |bin: &MeanPeak| UnexplainedPeak {
            mz: bin.mz,
            intensity: bin.intensity,
            n_pixels: None,
        };
        let free = by_intensity.into_iter().filter(is_free).take(limit);
        found.extend(free.map(peak));
    }
    found.sort_by(|a, b| {
        let order = b.intensity.total_cmp(&a.intensity);
        order.then(a.mz.total_cmp(&b.mz))
    });
    found.truncate(limit);
    Ok(found)
}

/// The highest peaks of all pixels whose mean lies in a bin: the windows of ±`ppm` that hold most and
/// are no flank of a higher one.
fn peaks_of_bin(
    kept: &MzImages,
    bin: &MeanPeak,
    ppm: Ppm,
) -> Result<Vec<UnexplainedPeak>, ExploreError> {
    let (start, width) = (bin_start(bin.mz), bin_width(bin.mz));
    let window = 2.0 * ppm.0 * 1e-6 * bin.mz;
    // A peak on the edge of a bin lies in both of them, and is that of the bin of its mean.
    let (low, high) = (start - 2.0 * window, start + width + 2.0 * window);
    let slab = kept.index().load(low, high)?;
    let range = slab.seek(0, low)..slab.seek_past(0, high);
    let mut peaks: Vec<Peak> = slab.peaks(range).collect();
    let n_all = kept.raster().n_pixels().max(1) as f64;
    let mut found = Vec::new();
    while found.len() < PEAKS_A_BIN && !peaks.is_empty() {
        let best = fullest(&peaks, window);
        let mz = mean_mz(&peaks[best.clone()]);
        let pixels: BTreeSet<u32> = peaks[best.clone()]
            .iter()
            .map(|peak| peak.pixel.0)
            .collect();
        if (start..start + width).contains(&mz) {
            found.push(UnexplainedPeak {
                mz,
                intensity: sum(&peaks[best]) / n_all,
                n_pixels: Some(pixels.len()),
            });
        }
        // What is near is its flank.
        peaks.retain(|peak| (peak.mz - mz).abs() > 1.5 * window);
    }
    Ok(found)
}

/// Places of the peaks of the window of this width that holds the highest sum. Peaks ascend by m/z.
fn fullest(peaks: &[Peak], window: f64) -> Range<usize> {
    let (mut best, mut most) = (0..peaks.len().min(1), 0.0);
    let (mut end, mut held) = (0, 0.0);
    for (first, peak) in peaks.iter().enumerate() {
        while let Some(next) = peaks.get(end).filter(|next| next.mz - peak.mz <= window) {
            held += f64::from(next.intensity);
            end += 1;
        }
        if held > most {
            (best, most) = (first..end, held);
        }
        held -= f64::from(peak.intensity);
    }
    best
}

fn sum(peaks: &[Peak]) -> f64 {
    peaks.iter().map(|peak| f64::from(peak.intensity)).sum()
}

fn mean_mz(peaks: &[Peak]) -> f64 {
    let moment = peaks.iter().map(|peak| f64::from(peak.intensity) * peak.mz);
    moment.sum::<f64>() / sum(peaks)
}

#[cfg(test)]
mod tests {
    use ms_core::image::PixelIdx;

    use super::*;

    #[test]
    fn the_window_that_holds_most_is_found() {
        let peak = |mz: f64, intensity: f32| Peak {
            mz,
            intensity,
            pixel: PixelIdx(0),
        };
        let peaks = [(500.0, 3.0), (500.01, 2.0), (500.011, 2.0), (500.02, 3.0)];
        let peaks = peaks.map(|(mz, intensity)| peak(mz, intensity));
        assert_eq!(fullest(&peaks, 0.005), 1..3);
        assert_eq!(fullest(&peaks, 0.0105), 1..4);
        assert_eq!(fullest(&peaks[..1], 0.005), 0..1);
    }

    #[test]
    fn bins_without_an_annotated_isotope_are_listed() {
        let bin = |mz, intensity| MeanPeak {
            mz,
            intensity,
            n_peaks: 1,
        };
        let bins = [bin(500.0, 1.0), bin(600.0, 9.0), bin(700.0, 4.0)];
        let explained = ExplainedWindows {
            windows: vec![Ppm(3.0).window(600.001)],
        };
        let found = unexplained_peaks(&bins, &explained, None, Ppm(3.0), 5).unwrap();
        let mzs: Vec<f64> = found.iter().map(|peak| peak.mz).collect();
        assert_eq!(mzs, [700.0, 500.0]);
        assert!(explained.has(600.0, 0.0) && !explained.has(600.01, 0.0));
    }
}
