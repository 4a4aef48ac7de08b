//! What ions are to be ranked by, and what is recorded of it.

use std::path::Path;

use annotator::config::Preset;
use annotator::scoring::Scoring;
use annotator::scoring::adaptive::{FEATURE_NAMES, Learned};
use annotator::scoring::catboost::CatBoost;
use metaspace_machine::error::OptionError;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{AdaptiveRecord, ScoringModelRecord};
use metaspace_storage::{Location, read_whole};

use crate::error::RunError;

/// What to rank by, and the record of the model if there is one: MSM without.
///
/// # Errors
/// The model cannot be read or is not one that is evaluated, there is no such score, or the preset
/// ranks by MSM alone.
pub fn read_scoring(
    options: &AnnotateOptions,
    preset: Preset,
) -> Result<(Scoring, Option<ScoringModelRecord>), RunError> {
    let refused = |option, reason| Err(OptionError::new(option, reason).into());
    let only_msm = || {
        format!(
            "preset {} ranks by MSM alone; use metaspace-v3",
            preset.name()
        )
    };
    match (options.score.as_deref(), options.scoring_model.as_deref()) {
        (Some(_), Some(_)) => refused("--score", "a scoring model is given too".into()),
        (None | Some("auto"), None) if preset == Preset::Default => Ok((Scoring::Adaptive, None)),
        (None | Some("msm" | "auto"), None) => Ok((Scoring::Msm, None)),
        (Some("adaptive"), None) if preset == Preset::MetaspaceV1 => refused("--score", only_msm()),
        (Some("adaptive"), None) => Ok((Scoring::Adaptive, None)),
        (Some(other), None) => refused(
            "--score",
            format!("must be auto, msm or adaptive, not `{other}`"),
        ),
        (None, Some(_)) if preset == Preset::MetaspaceV1 => refused("--scoring-model", only_msm()),
        (None, Some(path)) => read_model(path),
    }
}

fn read_model(path: &Path) -> Result<(Scoring, Option<ScoringModelRecord>), RunError> {
    model(path, &read_whole(&Location::of(path)?)?)
}

/// A model of its file's bytes, and its record.
///
/// # Errors
/// It is not one that is evaluated.
pub fn model(path: &Path, bytes: &[u8]) -> Result<(Scoring, Option<ScoringModelRecord>), RunError> {
    let model = CatBoost::read(bytes).map_err(|source| RunError::ScoringModel {
        path: path.into(),
        source,
    })?;
    let record = ScoringModelRecord {
        file: path.display().to_string(),
        blake3: blake3::hash(bytes).to_string(),
        n_trees: model.n_trees(),
        features: model
            .features()
            .iter()
            .map(|feature| feature.name())
            .collect(),
    };
    Ok((Scoring::CatBoost(model), Some(record)))
}

/// What is recorded of the adaptive score.
pub fn record_learned(learned: &Learned) -> AdaptiveRecord {
    AdaptiveRecord {
        n_leading_targets: learned.n_leading,
        n_decoys: learned.n_decoys,
        rivalry_factor: learned.rivalry_factor,
        n_outdone: learned.n_outdone,
        n_isotopic: learned.n_isotopic,
        n_fragments: learned.fragments_of.iter().flatten().count(),
        weights: FEATURE_NAMES
            .map(String::from)
            .into_iter()
            .zip(learned.weights.iter().copied())
            .collect(),
    }
}
