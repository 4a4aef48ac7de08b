//! The sample: everything that gives ions, over the places of the image.

use super::chemistry::MoleculeIon;
use super::matrix::MatrixCluster;
use super::profile::Profiles;
use super::source::Source;
use super::tissue::Tissue;

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
        others: Vec<Source>,
    ) -> Self {
        let of_ions = ions.iter().map(|ion| ion.source.clone());
        let of_matrix = clusters.iter().map(|cluster| cluster.source.clone());
        let sources = of_ions.chain(of_matrix).chain(others).collect();
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
