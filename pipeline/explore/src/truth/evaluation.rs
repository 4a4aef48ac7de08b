//! A results folder held against whatever says how far its FDR holds.

use std::path::Path;

use crate::error::ExploreError;
use crate::truth::{
    EntrapmentLevel, ResultsTables, TruthReport, against_truth, by_entrapment, read_results,
    read_truth,
};

/// What is known of the false discoveries of results.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultsEvaluation {
    /// By the truth of a simulated tissue, where one is given.
    pub truth: Option<TruthReport>,
    /// By entrapment, where the results have some: formulas for each own one, and bounds by claimed
    /// FDR.
    pub entrapment: Option<(f64, Vec<EntrapmentLevel>)>,
}

/// Holds a results folder against the truth of its dataset, against its entrapment, or both.
///
/// # Errors
/// A table cannot be read, the truth is of another dataset, or there is neither truth nor entrapment.
pub fn evaluate(folder: &Path, truth: Option<&Path>) -> Result<ResultsEvaluation, ExploreError> {
    let results = read_results(folder)?;
    if truth.is_none() && results.entrapment_ratio.is_none() {
        return Err(ExploreError::NothingToEvaluate {
            path: folder.into(),
        });
    }
    let report = |path: &Path| {
        let truth = read_truth(path)?;
        check_dataset(&results, truth.uuid.as_deref(), folder)?;
        Ok::<_, ExploreError>(against_truth(&results, &truth.ions))
    };
    Ok(ResultsEvaluation {
        truth: truth.map(report).transpose()?,
        entrapment: results
            .entrapment_ratio
            .map(|ratio| (ratio, by_entrapment(&results, ratio))),
    })
}

/// Makes sure that truth and results are of one dataset, where both say of which they are.
fn check_dataset(
    results: &ResultsTables,
    of_truth: Option<&str>,
    folder: &Path,
) -> Result<(), ExploreError> {
    match (results.uuid.as_deref(), of_truth) {
        (Some(found), Some(expected)) if !found.eq_ignore_ascii_case(expected) => {
            Err(ExploreError::OtherDataset {
                results: folder.into(),
                found: found.into(),
                expected: expected.into(),
            })
        }
        _ => Ok(()),
    }
}
