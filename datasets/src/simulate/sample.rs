//! The sample: everything that gives ions, over the places of the image.

use super::chemistry::MoleculeIon;
use super::matrix::MatrixCluster;
use super::profile::Profiles;
use super::tissue::{ByRegion, Tissue};

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

/// Tissue, profiles and sources; the ions of molecules come first, in their order.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) tissue: Tissue,
    pub(super) profiles: Profiles,
    pub(super) sources: Vec<Source>,
}

impl Sample {
    /// Gathers the sources of a sample.
    pub(super) fn new(
        tissue: Tissue,
        profiles: Profiles,
        ions: &[MoleculeIon],
        clusters: &[MatrixCluster],
        noise: Vec<Source>,
    ) -> Self {
        let of_ions = ions.iter().map(|ion| ion.source.clone());
        let of_matrix = clusters.iter().map(|cluster| cluster.source.clone());
        let sources = of_ions.chain(of_matrix).chain(noise).collect();
        Self {
            tissue,
            profiles,
            sources,
        }
    }

    /// Noiseless intensity of a source's strongest peak at a place.
    pub(super) fn intensity(&self, source: &Source, place: usize) -> f32 {
        let shares = &self.tissue.shares[place];
        let mixed: f32 = source
            .levels
            .iter()
            .zip(shares)
            .map(|(level, share)| level * share)
            .sum();
        mixed * self.profiles.all()[source.profile_idx].modulation[place]
    }
}
