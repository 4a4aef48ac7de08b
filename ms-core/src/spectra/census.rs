//! What the peaks of a dataset amount to, counted before they are ordered.

use super::error::IndexError;
use super::stream::for_each_spectrum;
use crate::bytes::index;
use crate::image::PixelIdx;
use crate::imzml::{SpectraPart, Spectrum};
use crate::progress::Progress;

/// What the peaks of a dataset amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct Census {
    /// Peaks of intensity > 0.
    pub n_peaks: u64,
    /// Peaks left out because their intensity is ≤ 0 or NaN.
    pub n_dropped: u64,
    /// Spectra whose m/z were not ascending.
    pub n_unsorted: u64,
    /// Lowest and highest m/z of a kept peak; infinite and −infinite if there is none.
    pub mz_range: (f64, f64),
    /// Total ion current of each pixel.
    pub tic: Vec<f64>,
    /// Root mean square of the intensities of each pixel's kept peaks; 0 where there is none.
    pub rms: Vec<f64>,
    /// Kept peaks of each pixel.
    pub n_peaks_of_pixel: Vec<u32>,
}

/// Buckets in which peaks are counted: 4,096 for each doubling of m/z, from 1 to 2^20.
pub(super) const BUCKET_SHIFT: u32 = 40;
pub(super) const FIRST_BUCKET: u64 = 1.0_f64.to_bits() >> BUCKET_SHIFT;
pub(super) const N_BUCKETS: usize = 20 << 12;

pub(super) fn bucket(mz: f64) -> usize {
    let bucket = (mz.to_bits() >> BUCKET_SHIFT).saturating_sub(FIRST_BUCKET);
    index(bucket).min(N_BUCKETS - 1)
}

/// Lowest m/z of a bucket.
pub(super) fn bucket_low(bucket: usize) -> f64 {
    if bucket == 0 {
        0.0
    } else {
        f64::from_bits((FIRST_BUCKET + bucket as u64) << BUCKET_SHIFT)
    }
}

/// What one spectrum's peaks amount to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectrumCensus {
    /// Its pixel in raster order.
    pub pixel: PixelIdx,
    /// Peaks of intensity > 0.
    pub n_peaks: u32,
    /// Their intensities added up.
    pub tic: f64,
    /// The squares of their intensities added up.
    pub sum_of_squares: f64,
}

/// What the peaks of consecutive spectra amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct CensusPart {
    /// Each spectrum on the plane.
    pub spectra: Vec<SpectrumCensus>,
    /// Peaks left out because their intensity is ≤ 0 or NaN.
    pub n_dropped: u64,
    /// Spectra whose m/z were not ascending.
    pub n_unsorted: u64,
    /// Lowest and highest m/z of a kept peak; infinite and −infinite if there is none.
    pub mz_range: (f64, f64),
}

impl Default for CensusPart {
    fn default() -> Self {
        let mz_range = (f64::INFINITY, f64::NEG_INFINITY);
        Self {
            spectra: Vec::new(),
            n_dropped: 0,
            n_unsorted: 0,
            mz_range,
        }
    }
}

impl CensusPart {
    /// Adds a spectrum; calls `each` with m/z and intensity of the peaks that are kept.
    pub(super) fn add(
        &mut self,
        pixel: PixelIdx,
        spectrum: Spectrum<'_>,
        mut each: impl FnMut(f64, f32),
    ) {
        let (n_peaks, tic, sum_of_squares) = amount(spectrum.intensities);
        for (&mz, &intensity) in spectrum.mzs.iter().zip(spectrum.intensities) {
            if intensity > 0.0 {
                each(mz, intensity);
            }
        }
        // m/z ascend, so that the first and the last of them are the lowest and the highest.
        let mut kept = spectrum
            .mzs
            .iter()
            .zip(spectrum.intensities)
            .filter(|(_, i)| **i > 0.0);
        if let Some((&first, _)) = kept.next() {
            let last = kept.next_back().map_or(first, |(&last, _)| last);
            self.mz_range = (self.mz_range.0.min(first), self.mz_range.1.max(last));
        }
        self.spectra.push(SpectrumCensus {
            pixel,
            n_peaks,
            tic,
            sum_of_squares,
        });
        self.n_dropped +=
            spectrum.mzs.len() as u64 - u64::from(n_peaks) + u64::from(spectrum.n_padding);
        self.n_unsorted += u64::from(spectrum.was_unsorted);
    }
}

/// How many intensities are > 0, their sum and that of their squares. A function of its own, so
/// that the sums stay in registers.
#[inline(never)]
fn amount(intensities: &[f32]) -> (u32, f64, f64) {
    let kept = intensities.iter().filter(|intensity| **intensity > 0.0);
    kept.fold((0, 0.0, 0.0), |(n, sum, squares), &intensity| {
        let intensity = f64::from(intensity);
        (n + 1, sum + intensity, squares + intensity * intensity)
    })
}

/// What one block's peaks amount to.
pub(super) struct BlockCensus {
    /// Peaks of each bucket.
    pub(super) buckets: Vec<u32>,
    pub(super) part: CensusPart,
}

impl BlockCensus {
    pub(super) fn take(part: SpectraPart<'_>, progress: &dyn Progress) -> Result<Self, IndexError> {
        let mut census = Self {
            buckets: vec![0; N_BUCKETS],
            part: CensusPart::default(),
        };
        for_each_spectrum(part, progress, |pixel, spectrum| {
            let buckets = &mut census.buckets;
            census
                .part
                .add(pixel, spectrum, |mz, _| buckets[bucket(mz)] += 1);
            Ok(())
        })?;
        Ok(census)
    }
}

impl Census {
    /// The census of a dataset of so many pixels from those of its parts, in the order of spectra.
    ///
    /// # Panics
    /// A part has a pixel that the dataset has not.
    pub fn merge<'a>(n_pixels: usize, parts: impl IntoIterator<Item = &'a CensusPart>) -> Self {
        let mut census = Self {
            n_peaks: 0,
            n_dropped: 0,
            n_unsorted: 0,
            mz_range: (f64::INFINITY, f64::NEG_INFINITY),
            tic: vec![0.0; n_pixels],
            rms: vec![0.0; n_pixels],
            n_peaks_of_pixel: vec![0; n_pixels],
        };
        for part in parts {
            for &SpectrumCensus {
                pixel,
                n_peaks,
                tic,
                sum_of_squares,
            } in &part.spectra
            {
                census.tic[pixel.usize()] += tic;
                census.rms[pixel.usize()] += sum_of_squares;
                census.n_peaks_of_pixel[pixel.usize()] += n_peaks;
                census.n_peaks += u64::from(n_peaks);
            }
            census.n_dropped += part.n_dropped;
            census.n_unsorted += part.n_unsorted;
            let (low, high) = part.mz_range;
            census.mz_range = (census.mz_range.0.min(low), census.mz_range.1.max(high));
        }
        for (rms, &n_peaks) in census.rms.iter_mut().zip(&census.n_peaks_of_pixel) {
            *rms = (*rms / f64::from(n_peaks.max(1))).sqrt();
        }
        census
    }
}
