//! What can go wrong with an experiment.

use std::path::PathBuf;

use metaspace_explore::error::ExploreError;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_measure::error::MeasureError;
use metaspace_render::vector::VectorError;
use metaspace_results::ResultsError;
use ms_core::progress::Cancelled;

/// Why an experiment was not evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A file could not be opened, read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An option whose value makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Results could not be written or read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// Regions or a table of text could not be read.
    #[error(transparent)]
    Explore(#[from] ExploreError),
    /// Ions could not be measured.
    #[error(transparent)]
    Measure(Box<MeasureError>),
    /// A record that cannot be written or understood.
    #[error("cannot understand or write `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A table of text that cannot be read or written.
    #[error("cannot read or write the rows of `{}`", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A table of samples or terms without a column.
    #[error("`{}` has no column `{column}`\nhint: its columns are {}", path.display(), found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A row of a table of samples or terms that makes no sense.
    #[error("line {line} of `{}`: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A table of samples without rows.
    #[error("`{}` has no samples", path.display())]
    NoSamples {
        /// The file.
        path: PathBuf,
    },
    /// A sample that is there twice.
    #[error("lines {first} and {second} of `{}` are the same sample: {sample}\nhint: a sample counts once; delete one of the lines", path.display())]
    SampleTwice {
        /// The file.
        path: PathBuf,
        /// A line.
        first: u64,
        /// The other.
        second: u64,
        /// Results and region.
        sample: String,
    },
    /// Results of another version of this program.
    #[error("`{}` has schema version {found}, and this program reads {expected}\nhint: annotate the dataset again with this version", path.display())]
    SchemaVersion {
        /// The results folder.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The version that is read.
        expected: u32,
    },
    /// Samples without any ion.
    #[error(
        "no ion is annotated with FDR up to {fdr} in any of the {n_results} results\nhint: a larger --annotation-fdr takes more"
    )]
    NoIons {
        /// Results folders.
        n_results: usize,
        /// The FDR.
        fdr: f64,
    },
    /// Samples of one condition.
    #[error("all samples of `{}` have the condition `{condition}`, so that nothing can be compared", path.display())]
    OneCondition {
        /// The table.
        path: PathBuf,
        /// The condition.
        condition: String,
    },
    /// A contrast of something else than two conditions.
    #[error("--contrast: `{contrast}` is no pair of conditions\nhint: write it as A-B; the conditions are {}", conditions.join(", "))]
    Contrast {
        /// What was given.
        contrast: String,
        /// The conditions.
        conditions: Vec<String>,
    },
    /// A block that cannot be told from the conditions.
    #[error(
        "--block {block}: each {block} has samples of one condition, so that {contrast} cannot be told from differences between them\nhint: leave --block out; what differs may then be the {block}"
    )]
    BlockIsCondition {
        /// The column.
        block: String,
        /// The contrast.
        contrast: String,
    },
    /// An experiment's folder without what is asked for.
    #[error("`{}` has no contrast `{contrast}`\nhint: it has {}", path.display(), known.join(", "))]
    NoContrast {
        /// The experiment's folder.
        path: PathBuf,
        /// The contrast.
        contrast: String,
        /// The contrasts that there are.
        known: Vec<String>,
    },
    /// Terms of which none is of a molecule at hand.
    #[error(
        "none of the {n_members} members of the {n_terms} terms of {terms} is a molecule of the background\nhint: members match by identifier, by name (lipids in any usual spelling) or by formula"
    )]
    NothingMatched {
        /// What the terms are.
        terms: String,
        /// Terms.
        n_terms: usize,
        /// Their members.
        n_members: usize,
    },
    /// Results of a molecule table that is not at hand.
    #[error(
        "the background is what the table `{database}` could have found, and it is not at hand\nhint: --database FILE names it, or --background found takes the molecules of all annotations"
    )]
    NoDatabase {
        /// The table's name.
        database: String,
    },
    /// A molecule table is wrong.
    #[error(transparent)]
    Molecules(#[from] annotator::moldb::MoldbError),
    /// Ions cannot be put in order by likeness.
    #[error(transparent)]
    Coloc(#[from] coloc::error::ColocError),
    /// A figure could not be drawn as PDF or PNG.
    #[error("the figure `{name}` cannot be drawn")]
    Figure {
        /// Its name.
        name: String,
        /// Why.
        source: VectorError,
    },
    /// A picture could not be encoded.
    #[error("the images of `{ion}` cannot be drawn")]
    Png {
        /// The ion.
        ion: String,
        /// Why.
        source: png::EncodingError,
    },
}

impl ExperimentError {
    /// Whether it is a stop from outside and no failure.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Results(error) => error.is_cancelled(),
            Self::Explore(error) => error.is_cancelled(),
            Self::Measure(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

impl From<Cancelled> for ExperimentError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Results(cancelled.into())
    }
}

impl From<MeasureError> for ExperimentError {
    fn from(error: MeasureError) -> Self {
        Self::Measure(Box::new(error))
    }
}
