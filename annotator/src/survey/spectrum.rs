//! A spectrum as a survey takes it.

/// A spectrum that is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampledSpectrum {
    /// Its place in the file, from 0.
    pub number: u64,
    /// m/z in Th, ascending.
    pub mzs: Vec<f64>,
    /// Intensity of each.
    pub intensities: Vec<f32>,
}
