//! What gives peaks of constant ratios, and how much of it each region has.

use super::tissue::ByRegion;

/// A peak of a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SourcePeak {
    /// m/z in Th.
    pub(super) mz: f64,
    /// Intensity relative to the source's strongest peak.
    pub(super) relative: f32,
}

/// Something that gives peaks of constant ratios: an ion with its isotopic pattern.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Profile whose modulation it follows.
    pub(super) profile_idx: usize,
    /// Intensity of its strongest peak in each region.
    pub(super) levels: ByRegion,
    /// Peaks by m/z.
    pub(super) peaks: Vec<SourcePeak>,
}

impl Source {
    /// m/z in Th of its strongest peak; 0 without peaks.
    pub(super) fn strongest_mz(&self) -> f64 {
        let stronger = |a: &&SourcePeak, b: &&SourcePeak| a.relative.total_cmp(&b.relative);
        self.peaks
            .iter()
            .max_by(stronger)
            .map_or(0.0, |peak| peak.mz)
    }
}
