//! `experiment.json`: what was evaluated, how, and what came of it.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_results::SCHEMA_VERSION;
use metaspace_results::record::RunRecord;
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::options::ExperimentOptions;

/// Name of the record that every experiment's folder has.
pub const EXPERIMENT_JSON: &str = "experiment.json";

/// The whole record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentRecord {
    /// Program and version.
    pub program: String,
    /// Version of the tables' schemas.
    pub schema_version: u32,
    /// The table of samples as it was given.
    pub table: String,
    /// Every setting that the numbers depend on.
    pub settings: ExperimentSettings,
    /// Samples of the table.
    pub n_samples: usize,
    /// Results folders.
    pub n_results: usize,
    /// Ions that were measured.
    pub n_ions: usize,
    /// Pairs of an ion and a sample of which nothing is known.
    pub n_missing: usize,
    /// The contrasts.
    pub contrasts: Vec<ContrastRecord>,
    /// What was tolerated or should be known.
    pub notes: Vec<String>,
}

/// Every setting that the numbers depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentSettings {
    /// FDR up to which an annotation makes its ion one of the experiment.
    pub annotation_fdr: f64,
    /// Share of false ones allowed among what is claimed.
    pub fdr: f64,
    /// `none`, `tic`, `rms`, `median` or `ion=ION`.
    pub normalization: String,
    /// Whether by that of each pixel.
    pub is_per_pixel: bool,
    /// `moderated`, `welch` or `wilcoxon`.
    pub test: String,
    /// Column whose values are blocks.
    pub block: Option<String>,
    /// `classes`, or the file.
    pub terms: String,
    /// Draws of molecules.
    pub n_draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// What came of a contrast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContrastRecord {
    /// `treated-control`.
    pub contrast: String,
    /// Replicates of each condition.
    pub n_replicates: [usize; 2],
    /// Ions that have a p.
    pub n_tested: usize,
    /// Claimed ions, more and less.
    pub n_claimed: [usize; 2],
    /// Degrees of freedom of what variances are like; nothing where there are infinitely many, or of
    /// another test.
    pub prior_df: Option<f64>,
    /// That variance.
    pub prior_variance: Option<f64>,
}

impl ExperimentRecord {
    /// Of what an experiment found.
    pub fn new(experiment: &Experiment, options: &ExperimentOptions) -> Self {
        let amounts = experiment.matrix.amounts.iter();
        let contrasts = experiment.contrasts.iter().map(|found| ContrastRecord {
            contrast: found.contrast.name(),
            n_replicates: found.n_units,
            n_tested: found.ions.iter().filter(|ion| ion.test.p.is_some()).count(),
            n_claimed: found.claimed(options.q).map(|ions| ions.len()),
            prior_df: found
                .prior
                .map(|prior| prior.df)
                .filter(|df| df.is_finite()),
            prior_variance: found.prior.map(|prior| prior.variance),
        });
        Self {
            program: RunRecord::program(),
            schema_version: SCHEMA_VERSION,
            table: experiment.table.path.display().to_string(),
            settings: ExperimentSettings::new(options),
            n_samples: experiment.table.samples.len(),
            n_results: crate::table::folders_of(&experiment.table.samples).len(),
            n_ions: experiment.matrix.ions.len(),
            n_missing: amounts.filter(|amount| amount.mean.is_nan()).count(),
            contrasts: contrasts.collect(),
            notes: experiment.notes.clone(),
        }
    }

    /// Writes the record.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ExperimentError> {
        let json = |source| ExperimentError::Json {
            path: path.into(),
            source,
        };
        let text = serde_json::to_string_pretty(self).map_err(json)? + "\n";
        Ok(std::fs::write(path, text).map_err(FileError::at("write", path))?)
    }

    /// Reads the record of an experiment's folder, of this version.
    ///
    /// # Errors
    /// It cannot be read or understood, or is of another version.
    pub fn read(folder: &Path) -> Result<Self, ExperimentError> {
        let path = folder.join(EXPERIMENT_JSON);
        let text = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        let json = |source| ExperimentError::Json {
            path: path.clone(),
            source,
        };
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(json)?;
        if value["schemaVersion"] != SCHEMA_VERSION {
            return Err(ExperimentError::SchemaVersion {
                path: folder.into(),
                found: value["schemaVersion"].to_string(),
                expected: SCHEMA_VERSION,
            });
        }
        serde_json::from_value(value).map_err(json)
    }
}

impl ExperimentSettings {
    fn new(options: &ExperimentOptions) -> Self {
        Self {
            annotation_fdr: options.annotation_fdr,
            fdr: options.q,
            normalization: options.normalization.to_string(),
            is_per_pixel: options.is_per_pixel,
            test: options.test.name().into(),
            block: options.block.clone(),
            terms: options.enrichment.terms.to_string(),
            n_draws: options.enrichment.n_draws,
            seed: options.enrichment.seed,
        }
    }
}
