//! What is different in one of several tissues of the same molecules.

use std::collections::BTreeMap;

use super::chemistry::MoleculeIon;

/// How a tissue differs from the one that its configuration describes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Variation {
    /// Seed of its outline, its defects and its counting noise; nothing for that of the
    /// configuration. Molecules, their levels and their anatomy are by that in any case.
    pub seed: Option<u64>,
    /// By what the levels of a molecule are multiplied, by its index in the table; > 0.
    pub factors: BTreeMap<usize, f32>,
}

impl Variation {
    pub(super) fn apply(&self, ions: &mut [MoleculeIon]) {
        for ion in ions {
            if let Some(factor) = self.factors.get(&ion.molecule) {
                for level in &mut ion.source.levels {
                    *level *= factor;
                }
            }
        }
    }
}
