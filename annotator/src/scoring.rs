//! What targets and decoys are ranked by: MSM, the value of a trained model, or what is learned from
//! the dataset itself.

pub mod adaptive;
pub mod catboost;
pub mod features;
mod ranking;

use catboost::CatBoost;

use crate::indices::IonIdx;

pub use ranking::{IonMetrics, Ranking};

/// What targets and decoys are ranked by.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Scoring {
    /// The product of the three scores.
    #[default]
    Msm,
    /// A model that METASPACE has published, or one like it.
    CatBoost(CatBoost),
    /// What tells the dataset's own targets from its decoys.
    Adaptive,
}

/// Scores of a ranking in [0, 1], in its order; 0 is no candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct RankingScores {
    /// Of the targets.
    pub targets: Vec<f64>,
    /// Of the decoys.
    pub decoys: Vec<f64>,
    /// Of the recombined decoys; empty of a score that is not learned.
    pub recombined: Vec<f64>,
    /// Probability that of each target an isobar is what is there; empty of a score that does not
    /// tell.
    pub doubts: Vec<f64>,
    /// Ion whose fragment each target is taken for; empty of a score that does not tell.
    pub fragments_of: Vec<Option<IonIdx>>,
}

impl Scoring {
    /// Scores the targets and decoys of one ranking.
    ///
    /// MSM as it is, or the model's value clipped to [0, 1]. Every ion must have an MSM above 0. Of the
    /// adaptive score, which is learned from all rankings together, this is what it falls back to.
    pub fn scores(&self, ranking: &Ranking<'_>) -> RankingScores {
        debug_assert!(
            ranking.ions().all(|ion| ion.msm > 0.0),
            "others are not ranked"
        );
        let mut targets: Vec<f64> = match self {
            Self::Msm | Self::Adaptive => ranking.ions().map(|ion| ion.msm).collect(),
            Self::CatBoost(model) => model.scores(ranking),
        };
        let decoys = targets.split_off(ranking.targets.len());
        RankingScores {
            targets,
            decoys,
            recombined: Vec::new(),
            doubts: Vec::new(),
            fragments_of: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MzErrorFeature;

    #[test]
    fn msm_is_taken_as_it_is() {
        let ion = |msm| IonMetrics {
            msm,
            ..IonMetrics::default()
        };
        let ranking = Ranking {
            targets: &[ion(0.5), ion(0.25)],
            decoys: &[ion(0.125)],
            decoys_per_target: 20.0,
            mz_error: MzErrorFeature::Served,
        };
        let expected = RankingScores {
            targets: vec![0.5, 0.25],
            decoys: vec![0.125],
            recombined: Vec::new(),
            doubts: Vec::new(),
            fragments_of: Vec::new(),
        };
        assert_eq!(Scoring::Msm.scores(&ranking), expected);
    }
}
