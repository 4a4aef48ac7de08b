//! Mean spectra to look at, at any magnification: of a whole dataset or of some of its pixels.
//!
//! ```text
//! mean_spectrum.parquet, or bins of a region ─▶ the highest bin of each column of the screen
//! kept peaks within a narrow range ───────────▶ the sum of the peaks in each column
//! ```

use ms_core::imzml::{Dataset, SpectrumIdx};
use ms_core::progress::{Progress, Silent, check};
use ms_core::spectra::{IndexError, MeanPeak, N_BINS, bin_number, bin_start};
use rayon::prelude::*;

use crate::error::ExploreError;
use crate::mz_images::MzImages;
use crate::normalize::Factors;
use crate::pixel_spectra::SpectraError;

/// Doublings of m/z that are read in pieces, as powers of 2, and pieces of each: most peaks lie between
/// m/z 64 and 4,096.
const FIRST_DOUBLING: i32 = 6;
const LAST_DOUBLING: i32 = 12;
const PARTS: u32 = 8;

/// A peak that is drawn in a column of the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnPeak {
    /// m/z in Th, weighted by intensity.
    pub mz: f64,
    /// Mean intensity over the pixels.
    pub intensity: f64,
}

/// A range of m/z, cut into columns of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectrumColumns {
    /// Lowest m/z in Th.
    pub low: f64,
    /// Highest m/z in Th.
    pub high: f64,
    /// How many columns.
    pub n: usize,
}

impl SpectrumColumns {
    /// Width of a column in Th.
    pub fn width(self) -> f64 {
        (self.high - self.low) / self.n.max(1) as f64
    }

    /// Width in Th of what a peak that is drawn stands for: a column, or a bin where it is wider.
    pub fn resolved_width(self) -> f64 {
        if self.are_wider_than_bins() {
            bin_width(self.high)
        } else {
            self.width()
        }
    }

    fn of(self, mz: f64) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and held below n"
        )]
        let column = ((mz - self.low) / self.width()).max(0.0) as usize;
        column.min(self.n.saturating_sub(1))
    }

    /// Whether bins of the mean spectrum are narrower than columns, so that bins say all that is seen.
    pub fn are_wider_than_bins(self) -> bool {
        self.width() >= bin_width(self.low)
    }

    /// The highest bin of each column that has one, by m/z. `bins` ascend by m/z.
    pub fn highest(self, bins: &[MeanPeak]) -> Vec<ColumnPeak> {
        let first = bins.partition_point(|bin| bin.mz < self.low);
        let end = bins.partition_point(|bin| bin.mz <= self.high).max(first);
        let of_column = |bins: &[MeanPeak]| {
            let highest = bins
                .iter()
                .max_by(|a, b| a.intensity.total_cmp(&b.intensity))?;
            Some(ColumnPeak {
                mz: highest.mz,
                intensity: highest.intensity,
            })
        };
        bins[first..end]
            .chunk_by(|a, b| self.of(a.mz) == self.of(b.mz))
            .filter_map(of_column)
            .collect()
    }

    /// The sum of the peaks in each column that has some, over the number of pixels: of all pixels, or
    /// of those that `mask` has.
    ///
    /// # Errors
    /// The peaks cannot be read.
    pub fn sums(
        self,
        peaks: &MzImages,
        chosen: Option<ChosenPixels<'_>>,
    ) -> Result<Vec<ColumnPeak>, ExploreError> {
        let mut sums = vec![(0.0, 0.0); self.n];
        let slab = peaks.index().load(self.low, self.high)?;
        let range = slab.seek(0, self.low)..slab.seek_past(0, self.high);
        for peak in slab.peaks(range) {
            let factor = chosen.map_or(Some(1.0), |chosen| chosen.factor(peak.pixel.usize()));
            if let Some(factor) = factor {
                let intensity = f64::from(peak.intensity * factor);
                let (moment, sum) = &mut sums[self.of(peak.mz)];
                *moment += peak.mz * intensity;
                *sum += intensity;
            }
        }
        let mask = chosen.map(|chosen| chosen.mask);
        let n_pixels = n_pixels(mask, peaks.raster().n_pixels());
        let peak = |&(moment, sum): &(f64, f64)| ColumnPeak {
            mz: moment / sum,
            intensity: sum / n_pixels,
        };
        let there = sums.iter().filter(|(_, sum)| *sum > 0.0);
        Ok(there.map(peak).collect())
    }
}

/// Pixels whose spectra are taken, and by what their intensities are multiplied.
#[derive(Debug, Clone, Copy)]
pub struct ChosenPixels<'a> {
    /// Which pixels.
    pub mask: &'a [bool],
    /// Of each pixel.
    pub factors: &'a Factors,
}

impl ChosenPixels<'_> {
    /// The factor of a pixel; nothing of one that is not chosen, or of whose norm nothing is known.
    fn factor(self, pixel: usize) -> Option<f32> {
        let is_chosen = self.mask.get(pixel).copied().unwrap_or(false);
        let factor = u32::try_from(pixel).map_or(0.0, |pixel| self.factors.of_pixel(pixel));
        (is_chosen && factor > 0.0).then_some(factor)
    }
}

/// Width in Th of the bin of the mean spectrum that an m/z lies in.
pub fn bin_width(mz: f64) -> f64 {
    // Bins double their width with m/z: there are 16,384 to each doubling.
    2.0_f64.powf(mz.max(1.0).log2().floor()) / 16_384.0
}

fn n_pixels(mask: Option<&[bool]>, n_all: usize) -> f64 {
    let n = mask.map_or(n_all, |mask| mask.iter().filter(|is_in| **is_in).count());
    n.max(1) as f64
}

/// Sums over a bin of the mean spectrum.
#[derive(Debug, Default, Clone, Copy)]
struct Bin {
    moment: f64,
    intensity: f64,
    n_peaks: u64,
}

impl Bin {
    fn add(&mut self, mz: f64, intensity: f32) {
        self.moment += mz * f64::from(intensity);
        self.intensity += f64::from(intensity);
        self.n_peaks += 1;
    }

    fn mean(self, n_pixels: f64) -> MeanPeak {
        MeanPeak {
            mz: self.moment / self.intensity,
            intensity: self.intensity / n_pixels,
            n_peaks: self.n_peaks,
        }
    }
}

/// The mean spectrum of some pixels in the bins of `mean_spectrum.parquet`, from kept peaks: all of
/// them are read, pieces of the range side by side.
///
/// # Errors
/// The peaks cannot be read.
pub fn mean_of_kept(
    peaks: &MzImages,
    chosen: ChosenPixels<'_>,
) -> Result<Vec<MeanPeak>, ExploreError> {
    let n_pixels = n_pixels(Some(chosen.mask), peaks.raster().n_pixels());
    let pieces: Result<Vec<Vec<Bin>>, ExploreError> = pieces()
        .into_par_iter()
        .map(|between| bins_of(peaks, chosen, between))
        .collect();
    let bins = pieces?.into_iter().flatten();
    Ok(bins.map(|bin| bin.mean(n_pixels)).collect())
}

/// Pieces of the range of m/z whose bounds are those of bins: parts of one width of each doubling.
fn pieces() -> Vec<(f64, f64)> {
    let doublings = (FIRST_DOUBLING..LAST_DOUBLING).map(|power| 2.0_f64.powi(power));
    let parts = doublings.flat_map(|start| {
        (0..PARTS).map(move |part| start * (1.0 + f64::from(part) / f64::from(PARTS)))
    });
    let inner: Vec<f64> = parts.collect();
    let lows = std::iter::once(0.0).chain(inner.iter().copied());
    let highs = inner.iter().copied().chain([f64::INFINITY]);
    lows.zip(highs).collect()
}

/// The bins of the peaks of some pixels between two bounds of bins.
fn bins_of(
    peaks: &MzImages,
    chosen: ChosenPixels<'_>,
    between: (f64, f64),
) -> Result<Vec<Bin>, ExploreError> {
    let mut bins = Vec::new();
    let (mut start, mut bin) = (-1.0, Bin::default());
    peaks
        .index()
        .for_each_stretch::<ExploreError>(between, &Silent, |slab, range| {
            for peak in slab.peaks(range) {
                let Some(factor) = chosen.factor(peak.pixel.usize()) else {
                    continue;
                };
                // Peaks ascend, so that a bin is left for good.
                let next = bin_start(peak.mz);
                if next > start {
                    if bin.n_peaks > 0 {
                        bins.push(bin);
                    }
                    (start, bin) = (next, Bin::default());
                }
                bin.add(peak.mz, peak.intensity * factor);
            }
            Ok(())
        })?;
    if bin.n_peaks > 0 {
        bins.push(bin);
    }
    Ok(bins)
}

/// Spectra between two looks at progress.
const STRIDE: usize = 256;

/// The same from the dataset: the spectra of those pixels are read, and no others.
///
/// # Errors
/// A spectrum cannot be read, or `progress` says to stop.
pub fn mean_of_dataset(
    dataset: &Dataset,
    chosen: ChosenPixels<'_>,
    progress: &dyn Progress,
) -> Result<Vec<MeanPeak>, SpectraError> {
    let n_pixels = n_pixels(Some(chosen.mask), dataset.pixels.raster.n_pixels());
    let with_factors = dataset.pixels.pixel_of_spectrum.iter().enumerate();
    let spectra: Vec<(SpectrumIdx, f32)> = with_factors
        .filter_map(|(spectrum, pixel)| {
            Some((SpectrumIdx(spectrum), chosen.factor(*pixel as usize)?))
        })
        .collect();
    let mut bins = vec![Bin::default(); N_BINS];
    let mut reader = dataset.reader();
    for some in spectra.chunks(STRIDE) {
        check(progress)
            .map_err(IndexError::from)
            .map_err(ExploreError::from)?;
        for &(spectrum, factor) in some {
            let read = reader.read(spectrum)?;
            for (&mz, &intensity) in read.mzs.iter().zip(read.intensities) {
                if intensity > 0.0 {
                    bins[bin_number(mz)].add(mz, intensity * factor);
                }
            }
        }
    }
    let with_peaks = bins.into_iter().filter(|bin| bin.n_peaks > 0);
    Ok(with_peaks.map(|bin| bin.mean(n_pixels)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(mz: f64, intensity: f64) -> MeanPeak {
        MeanPeak {
            mz,
            intensity,
            n_peaks: 1,
        }
    }

    #[test]
    fn each_column_shows_its_highest() {
        let bins = [
            bin(100.0, 1.0),
            bin(100.4, 3.0),
            bin(101.2, 2.0),
            bin(103.0, 9.0),
        ];
        let columns = SpectrumColumns {
            low: 100.0,
            high: 102.0,
            n: 2,
        };
        let found = columns.highest(&bins);
        let mzs: Vec<f64> = found.iter().map(|peak| peak.mz).collect();
        assert_eq!(mzs, [100.4, 101.2]);
        assert!(columns.are_wider_than_bins());
        assert!(
            !SpectrumColumns {
                n: 1_000,
                ..columns
            }
            .are_wider_than_bins()
        );
    }

    #[test]
    fn pieces_are_bounded_by_bins_and_leave_nothing_out() {
        let pieces = pieces();
        assert!(pieces[0].0.abs() < 1e-12 && pieces[pieces.len() - 1].1.is_infinite());
        for pair in pieces.windows(2) {
            let (end, start) = (pair[0].1, pair[1].0);
            assert!((end - start).abs() < 1e-12);
            assert!((bin_start(start) - start).abs() < 1e-12, "{start}");
        }
    }

    #[test]
    fn bins_are_as_wide_as_their_starts_say() {
        for mz in [100.0, 511.9, 512.0, 900.0] {
            let start = bin_start(mz);
            let next = bin_start(start + bin_width(mz) * 1.001);
            assert!((next - start - bin_width(mz)).abs() < 1e-9, "{mz}");
        }
    }
}
