//! The mean spectrum, made of peaks while they are held.

use ms_core::progress::Progress;
use ms_core::spectra::{IndexError, MeanPeak, SpectraIndex};

/// The mean spectrum of a stretch of m/z, which grows from its lower end.
pub(crate) struct MeanSpectrum<'a> {
    n_pixels: usize,
    progress: &'a dyn Progress,
    /// What is still to come of the stretch.
    rest: (f64, f64),
    /// What there is of it.
    pub(crate) peaks: Vec<MeanPeak>,
}

impl<'a> MeanSpectrum<'a> {
    /// Of so many pixels, within a stretch whose bounds are those of bins.
    pub(crate) fn new(stretch: (f64, f64), n_pixels: usize, progress: &'a dyn Progress) -> Self {
        Self {
            n_pixels,
            progress,
            rest: stretch,
            peaks: Vec::new(),
        }
    }

    /// Goes on to the end of what is held, which is a bound of bins.
    pub(crate) fn look(&mut self, index: &SpectraIndex) -> Result<(), IndexError> {
        self.extend(index, index.held().1)
    }

    /// Goes on to the end of the stretch.
    pub(crate) fn finish(mut self, index: &SpectraIndex) -> Result<Vec<MeanPeak>, IndexError> {
        self.extend(index, self.rest.1)?;
        Ok(self.peaks)
    }

    fn extend(&mut self, index: &SpectraIndex, bound: f64) -> Result<(), IndexError> {
        let bound = bound.clamp(self.rest.0, self.rest.1);
        let mean = index.mean_spectrum((self.rest.0, bound), self.n_pixels, self.progress)?;
        self.peaks.extend(mean);
        self.rest.0 = bound;
        Ok(())
    }
}
