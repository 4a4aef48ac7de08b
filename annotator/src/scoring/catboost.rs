//! CatBoost models as METASPACE publishes them: read, checked and evaluated.

mod container;
mod error;
mod flatbuffer;
mod trees;

pub use container::UNSUPPORTED;
pub use error::ModelError;
pub use trees::{Borders, CheckedForest, Forest, MAX_BORDERS, MAX_DEPTH, Split};

use super::features::Feature;
use super::ranking::Ranking;

/// A model whose value is the score.
#[derive(Debug, Clone, PartialEq)]
pub struct CatBoost {
    features: Vec<Feature>,
    forest: CheckedForest,
}

impl CatBoost {
    /// A model of these features, each with the borders in its place in the forest.
    ///
    /// # Errors
    /// [`ModelError`] names what does not fit.
    pub fn new(features: Vec<Feature>, forest: Forest) -> Result<Self, ModelError> {
        if features.is_empty() {
            return Err(ModelError::Missing { what: "feature" });
        }
        let repeated = (1..features.len()).find(|&i| features[..i].contains(&features[i]));
        if let Some(place) = repeated {
            return Err(ModelError::RepeatedFeature {
                name: features[place].name(),
            });
        }
        if features.len() != forest.features.len() {
            return Err(ModelError::Value {
                what: "number of features",
                expected: features.len().to_string(),
                found: forest.features.len().to_string(),
                at: None,
            });
        }
        Ok(Self {
            features,
            forest: forest.check()?,
        })
    }

    /// Reads the bytes of a `.cbm` file. Memory: at most some three times their number.
    ///
    /// # Errors
    /// [`ModelError`] names what is wrong, and its place in the file where it has one: another
    /// format, a file that is cut off, an unknown feature, a kind of model that is not evaluated.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let (features, forest) = container::read(bytes)?;
        Self::new(features, forest)
    }

    /// Its features, in its order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Number of its trees.
    pub fn n_trees(&self) -> usize {
        self.forest.n_trees()
    }

    /// Its value for the targets, then the decoys of a ranking, clipped to [0, 1].
    ///
    /// # Source
    /// METASPACE-ML, Wadie et al. 2024, doi:10.1038/s41467-024-52213-9, as the METASPACE engine
    /// serves it.
    pub fn scores(&self, ranking: &Ranking<'_>) -> Vec<f64> {
        let columns: Vec<Vec<f32>> = self
            .features
            .iter()
            .map(|feature| feature.values(ranking))
            .collect();
        let mut scores = self.forest.values(&columns);
        for score in &mut scores {
            *score = score.clamp(0.0, 1.0);
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MzErrorFeature;
    use crate::scoring::IonMetrics;

    /// 0.25 a tree for chaos above 0.5, less 0.25, over four trees: −1, 0 or 4 of 0.5.
    fn model(names: &[&str], leaf: f64, bias: f64) -> Result<CatBoost, ModelError> {
        let features = names
            .iter()
            .map(|name| Feature::named(name).unwrap())
            .collect();
        let borders = Borders {
            values: vec![0.5],
            nan_is_above: false,
        };
        let forest = Forest {
            features: vec![borders; names.len()],
            depths: vec![1; 4],
            splits: vec![
                Split {
                    feature: 0,
                    border: 0
                };
                4
            ],
            leaves: [0.0, leaf].repeat(4),
            scale: 1.0,
            bias,
        };
        CatBoost::new(features, forest)
    }

    #[test]
    fn values_are_clipped() {
        let ion = |chaos| IonMetrics {
            chaos,
            msm: 0.1,
            ..IonMetrics::default()
        };
        let ranking = Ranking {
            targets: &[ion(0.25), ion(0.75)],
            decoys: &[ion(0.5)],
            decoys_per_target: 20.0,
            mz_error: MzErrorFeature::Served,
        };
        assert_eq!(
            model(&["chaos"], 0.125, 0.25).unwrap().scores(&ranking),
            [0.25, 0.75, 0.25]
        );
        assert_eq!(
            model(&["chaos"], 0.5, -0.5).unwrap().scores(&ranking),
            [0.0, 1.0, 0.0]
        );
    }

    #[test]
    fn features_are_each_there_once() {
        assert!(matches!(
            model(&[], 1.0, 0.0),
            Err(ModelError::Missing { .. })
        ));
        let repeated = model(&["msm", "chaos", "msm"], 1.0, 0.0);
        assert_eq!(
            repeated,
            Err(ModelError::RepeatedFeature { name: "msm".into() })
        );
    }
}
