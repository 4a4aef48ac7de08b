//! The mean spectrum of a dataset.

use rayon::prelude::*;

use super::bins::bin;
use super::error::IndexError;
use super::record::{Peak, Record};
use super::{SpectraIndex, Store, seek};
use crate::progress::{Progress, check};

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
    /// The mean of the spectra of so many pixels between two bounds, the lower included: a peak for
    /// each bin of m/z that is not empty, by m/z. The bounds are those of bins, see [`bin_start`](super::bin_start);
    /// 0 and infinity for all peaks.
    ///
    /// Bins have fixed bounds: each doubling of m/z has 16,384 of one width, between 1/32,768 and
    /// 1/16,384 of their m/z (31 to 61 ppm). From m/z 100 to 1,600 there are 65,536. Sums run in the
    /// order of the index, so that threads, memory and the cutting into stretches change no bit.
    ///
    /// # Errors
    /// Runs cannot be read, or `progress` says to stop.
    pub fn mean_spectrum(
        &self,
        between: (f64, f64),
        n_pixels: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<MeanPeak>, IndexError> {
        let of_stretch = |&(low, high): &(f64, f64)| {
            check(progress)?;
            let slab = self.load(low, high.next_down())?;
            Ok(sums(&slab.records[slab.seek(0, low)..slab.seek(0, high)]))
        };
        let stretches = self.stretches(between);
        // Of runs, a stretch is read and merged by all threads, and memory has room for one.
        let sums: Result<Vec<Vec<Bin>>, IndexError> = if self.is_spilled() {
            stretches.iter().map(of_stretch).collect()
        } else {
            stretches.par_iter().map(of_stretch).collect()
        };
        let mean = |bin: Bin| MeanPeak {
            mz: bin.moment / bin.intensity,
            intensity: bin.intensity / n_pixels.max(1) as f64,
            n_peaks: bin.n_peaks,
        };
        Ok(sums?.into_iter().flatten().map(mean).collect())
    }

    /// What lies between two bounds, in pieces that are loaded one at a time: bounds of each, the lower
    /// included. They are bounds of bins, as those of segments and cells are.
    pub(super) fn stretches(&self, (low, high): (f64, f64)) -> Vec<(f64, f64)> {
        let mut bounds = match &self.store {
            Store::Runs(runs) => runs.bounds_of_stretches(low, high),
            Store::Memory { segments, .. } => segments.iter().map(|segment| segment.low).collect(),
        };
        bounds.retain(|&bound| low < bound && bound < high);
        bounds.insert(0, low);
        bounds.push(high);
        bounds
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(low, high)| low < high)
            .collect()
    }
}

/// Peaks whose bins are summed by one thread at a time, roughly.
const PEAKS_AT_ONCE: usize = 1 << 18;

/// Sums over each bin of peaks that ascend.
fn sums(records: &[Record]) -> Vec<Bin> {
    let number = |record: &Record| bin(f64::from_bits(record[0]));
    // Cut where bins are.
    let mut pieces = Vec::new();
    let mut rest = records;
    while rest.len() > PEAKS_AT_ONCE {
        let last = number(&rest[PEAKS_AT_ONCE - 1]);
        let more = rest[PEAKS_AT_ONCE..].partition_point(|record| number(record) <= last);
        let (piece, after) = rest.split_at(PEAKS_AT_ONCE + more);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let of_piece = |piece: &&[Record]| -> Vec<Bin> {
        let (mut bins, mut rest) = (Vec::new(), *piece);
        while let Some(first) = rest.first() {
            let here = number(first);
            let end = seek(rest, |record| number(record) == here);
            let (of_bin, after) = rest.split_at(end);
            bins.push(Bin::of(of_bin));
            rest = after;
        }
        bins
    };
    let sums: Vec<Vec<Bin>> = pieces.par_iter().map(of_piece).collect();
    sums.into_iter().flatten().collect()
}

/// Sums over a bin.
struct Bin {
    moment: f64,
    intensity: f64,
    n_peaks: u64,
}

impl Bin {
    /// Of peaks of one bin. A function of its own, so that the sums stay in registers.
    #[inline(never)]
    fn of(records: &[Record]) -> Self {
        let (mut moment, mut sum) = (0.0, 0.0);
        for &record in records {
            let Peak { mz, intensity, .. } = Peak::unpack(record);
            let intensity = f64::from(intensity);
            moment += intensity * mz;
            sum += intensity;
        }
        Self {
            moment,
            intensity: sum,
            n_peaks: records.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Segment;
    use super::super::bins::bin_start;
    use super::*;
    use crate::image::PixelIdx;
    use crate::progress::Silent;

    #[test]
    fn peaks_of_a_bin_become_one() {
        // 500 lies where a bin begins, and the next begins at 500.015625.
        let peaks = [(400.0, 1.0), (500.0, 3.0), (500.01, 1.0), (500.02, 2.0)];
        let records = peaks.map(|(mz, intensity)| {
            Peak {
                mz,
                intensity,
                pixel: PixelIdx(0),
            }
            .pack()
        });
        let segments = vec![
            Segment { low: 0.0, start: 0 },
            Segment {
                low: 500.0,
                start: 1,
            },
        ];
        let index = SpectraIndex {
            n_peaks: 4,
            store: Store::Memory {
                records: records.to_vec(),
                segments,
            },
        };
        let mean = index
            .mean_spectrum((0.0, f64::INFINITY), 2, &Silent)
            .unwrap();
        let found: Vec<(f64, u64)> = mean.iter().map(|p| (p.intensity, p.n_peaks)).collect();
        assert_eq!(found, [(0.5, 1), (2.0, 2), (1.0, 1)]);
        assert!((mean[1].mz - 500.0025).abs() < 1e-9);
    }

    #[test]
    fn threads_sum_whole_bins() {
        let record = |i: u32| {
            Peak {
                mz: 100.0 + f64::from(i) * 1e-5,
                intensity: 1.0 / (1.0 + i as f32),
                pixel: PixelIdx(0),
            }
            .pack()
        };
        let records: Vec<Record> = (0..600_000).map(record).collect();
        let number = |record: &Record| bin(f64::from_bits(record[0]));
        let one_by_one = records.chunk_by(|a, b| number(a) == number(b)).map(Bin::of);
        let bits = |bin: &Bin| (bin.moment.to_bits(), bin.intensity.to_bits(), bin.n_peaks);
        let expected: Vec<_> = one_by_one.map(|bin| bits(&bin)).collect();
        assert!(expected.len() > 100);
        let found: Vec<_> = sums(&records).iter().map(bits).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn stretches_have_the_bins_of_the_whole() {
        let record = |i: u32| {
            let mz = 100.0 + f64::from(i) * 0.003;
            Peak {
                mz,
                intensity: 1.0 / (1.0 + i as f32),
                pixel: PixelIdx(0),
            }
            .pack()
        };
        let index = SpectraIndex {
            n_peaks: 5_000,
            store: Store::Memory {
                records: (0..5_000).map(record).collect(),
                segments: vec![Segment { low: 0.0, start: 0 }],
            },
        };
        let between = |low, high| index.mean_spectrum((low, high), 1, &Silent).unwrap();
        let cut = bin_start(107.77);
        assert!(cut <= 107.77 && bin_start(cut.next_down()) < cut);
        assert_eq!(bin_start(cut).to_bits(), cut.to_bits());
        let whole = between(0.0, f64::INFINITY);
        assert_eq!(
            [between(0.0, cut), between(cut, f64::INFINITY)].concat(),
            whole
        );
        assert_eq!(whole.iter().map(|peak| peak.n_peaks).sum::<u64>(), 5_000);
        assert_eq!([bin_start(0.0), bin_start(1.0)].map(f64::to_bits), [0, 0]);
    }
}
