//! The mean spectrum of a dataset.

use rayon::prelude::*;

use super::census::{BUCKET_SHIFT, FIRST_BUCKET, N_BUCKETS};
use super::{IndexError, SpectraIndex};
use crate::progress::{Progress, check};

/// Bins of a bucket of the census, whose bounds are those of segments: a bin lies in one segment.
const BINS_A_BUCKET_SHIFT: u32 = 2;
const BIN_SHIFT: u32 = BUCKET_SHIFT - BINS_A_BUCKET_SHIFT;

/// Peaks of all pixels within one bin of m/z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanPeak {
    /// Mean m/z in Th, weighted by intensity.
    pub mz: f64,
    /// Sum of the intensities over the number of pixels.
    pub intensity: f64,
    /// How many peaks there are.
    pub n_peaks: u64,
}

impl SpectraIndex {
    /// The mean of the spectra of so many pixels: a peak for each bin of m/z that is not empty, by
    /// m/z.
    ///
    /// Bins have fixed bounds: each doubling of m/z has 16,384 of one width, between 1/32,768 and
    /// 1/16,384 of their m/z (31 to 61 ppm). From m/z 100 to 1,600 there are 65,536. Sums run in the
    /// order of the index, so that threads and memory change no bit.
    ///
    /// # Errors
    /// Scratch cannot be read, or `progress` says to stop.
    pub fn mean_spectrum(
        &self,
        n_pixels: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<MeanPeak>, IndexError> {
        let ends = self.segments.iter().skip(1).map(|next| next.start).chain([self.n_peaks]);
        let ranges: Vec<(u64, u64)> =
            self.segments.iter().map(|segment| segment.start).zip(ends).collect();
        let of_segment = |&(start, end): &(u64, u64)| {
            check(progress)?;
            let mut sums: Vec<Bin> = Vec::new();
            for peak in self.slab(start, end)?.peaks(0..usize::try_from(end - start).unwrap_or(0)) {
                let (number, intensity) = (bin(peak.mz), f64::from(peak.intensity));
                if sums.last().is_none_or(|last| last.number != number) {
                    sums.push(Bin { number, moment: 0.0, intensity: 0.0, n_peaks: 0 });
                }
                if let Some(last) = sums.last_mut() {
                    last.moment += intensity * peak.mz;
                    last.intensity += intensity;
                    last.n_peaks += 1;
                }
            }
            Ok(sums)
        };
        let sums: Result<Vec<Vec<Bin>>, IndexError> = ranges.par_iter().map(of_segment).collect();
        let mean = |bin: Bin| MeanPeak {
            mz: bin.moment / bin.intensity,
            intensity: bin.intensity / n_pixels.max(1) as f64,
            n_peaks: bin.n_peaks,
        };
        Ok(sums?.into_iter().flatten().map(mean).collect())
    }
}

/// Sums over a bin.
struct Bin {
    number: u64,
    moment: f64,
    intensity: f64,
    n_peaks: u64,
}

/// The bin of an m/z; what lies outside the buckets of the census lies in the first or last bin.
fn bin(mz: f64) -> u64 {
    const FIRST: u64 = FIRST_BUCKET << BINS_A_BUCKET_SHIFT;
    const N_BINS: u64 = (N_BUCKETS as u64) << BINS_A_BUCKET_SHIFT;
    (mz.to_bits() >> BIN_SHIFT).saturating_sub(FIRST).min(N_BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::super::{Peak, Segment, Store};
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn peaks_of_a_bin_become_one() {
        // 500 lies where a bin begins, and the next begins at 500.015625.
        let peaks = [(400.0, 1.0), (500.0, 3.0), (500.01, 1.0), (500.02, 2.0)];
        let records = peaks.map(|(mz, intensity)| Peak { mz, intensity, pixel: 0 }.pack());
        let index = SpectraIndex {
            segments: vec![Segment { low: 0.0, start: 0 }, Segment { low: 500.0, start: 1 }],
            n_peaks: 4,
            store: Store::Memory(records.to_vec()),
        };
        let mean = index.mean_spectrum(2, &Silent).unwrap();
        let found: Vec<(f64, u64)> = mean.iter().map(|p| (p.intensity, p.n_peaks)).collect();
        assert_eq!(found, [(0.5, 1), (2.0, 2), (1.0, 1)]);
        assert!((mean[1].mz - 500.0025).abs() < 1e-9);
    }
}
