//! The most intense peaks of a dataset that no annotated ion explains.

use std::collections::BTreeSet;

use metaspace_results::StoredAnnotation;
use ms_core::spectra::{MeanPeak, bin_start};
use ms_core::tolerance::{Ppm, Window};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ExploreError;
use crate::mean_spectra::bin_width;
use crate::mz_images::MzImages;

/// Bins that are looked into for each peak that is asked for: many hold what is explained.
const BINS_A_PEAK: usize = 8;

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
/// Of kept peaks, those of a bin of the mean spectrum are told apart where a gap of more than `ppm`
/// lies between them; without, a bin is a peak, and explained if an annotated isotope lies in it.
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
        for bin in by_intensity.into_iter().take(limit * BINS_A_PEAK) {
            let mut peaks = peaks_of_bin(kept, bin, ppm)?;
            peaks.retain(|peak| !explained.has(peak.mz, 0.0));
            found.append(&mut peaks);
        }
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

/// The peaks of all pixels whose mean lies in a bin, told apart by gaps.
fn peaks_of_bin(
    kept: &MzImages,
    bin: &MeanPeak,
    ppm: Ppm,
) -> Result<Vec<UnexplainedPeak>, ExploreError> {
    let (start, width) = (bin_start(bin.mz), bin_width(bin.mz));
    // A peak on the edge of a bin lies in both of them, and is that of the bin of its mean.
    let (low, high) = (start - width / 2.0, start + 1.5 * width);
    let slab = kept.index().load(low, high)?;
    let peaks: Vec<_> = slab
        .peaks(slab.seek(0, low)..slab.seek_past(0, high))
        .collect();
    let gap = ppm.0 * 1e-6 * bin.mz;
    let n_all = kept.raster().n_pixels().max(1) as f64;
    let mean = |peaks: &[ms_core::spectra::Peak]| {
        let sum: f64 = peaks.iter().map(|peak| f64::from(peak.intensity)).sum();
        let moment: f64 = peaks
            .iter()
            .map(|peak| f64::from(peak.intensity) * peak.mz)
            .sum();
        let pixels: BTreeSet<u32> = peaks.iter().map(|peak| peak.pixel.0).collect();
        UnexplainedPeak {
            mz: moment / sum,
            intensity: sum / n_all,
            n_pixels: Some(pixels.len()),
        }
    };
    let is_of_bin = |peak: &UnexplainedPeak| (start..start + width).contains(&peak.mz);
    Ok(peaks
        .chunk_by(|a, b| b.mz - a.mz <= gap)
        .map(mean)
        .filter(is_of_bin)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

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
