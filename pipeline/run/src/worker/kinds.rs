//! What tasks pass on: every kind of part, who writes it, who reads it, and how.
//!
//! | kind | written by | read by | how |
//! |---|---|---|---|
//! | [`SORTED_PEAKS`] | `spectra` | `ions`, `images` | in ranges, order and bounds checked |
//! | [`CENSUS`] | `spectra` | `merge` | whole, against its hash |
//! | [`METRICS`] | `ions` | `fdr`, `rank` | whole, against its hash |
//! | [`MEAN_SPECTRUM`] | `ions` | `merge` | whole, against its hash |
//! | [`RANKED_ANNOTATIONS`], [`RANKED_CANDIDATES`], [`LEARNED`] | `fdr` | `rank` | whole, against its hash |
//! | [`TABLES`] | `rank` | `merge`; [`ANNOTATIONS`] also `images`, `colocalize` | whole, against its hash |
//! | [`IMAGED`] | `rank` | `images` | whole, against its hash |
//! | [`RANKED`] | `rank` | `merge` | whole, against its hash |
//! | [`IMAGES`] | `images` | `merge`, against the hash of its columns; `colocalize` | joined as stored; in ranges |
//! | [`SHRUNK_IMAGES`] | `images` | `colocalize` | in ranges |
//! | [`PARTNERS`], [`SCORES`] | `colocalize` | `merge` | whole, against its hash |
//!
//! A kind is the end of its key: `runs/ID/STAGE/TASK-CONTENT.KIND`.

/// Peaks of some spectra by m/z.
pub(crate) const SORTED_PEAKS: &str = "run";

/// What some spectra amount to.
pub(crate) const CENSUS: &str = "census";

/// Scores of a unit of ions.
pub(crate) const METRICS: &str = "metrics.parquet";

/// A stretch of the mean spectrum.
pub(crate) const MEAN_SPECTRUM: &str = "mean.parquet";

/// Annotations of some rankings, by numbers.
pub(crate) const RANKED_ANNOTATIONS: &str = "found.parquet";

/// Candidates of some rankings, by numbers.
pub(crate) const RANKED_CANDIDATES: &str = "candidates.parquet";

/// What the adaptive score learned.
pub(crate) const LEARNED: &str = "learned.json";

/// The ions that have images.
pub(crate) const IMAGED: &str = "imaged.json";

/// What is recorded of the rankings.
pub(crate) const RANKED: &str = "ranked.json";

/// The table that says which ions are compared.
pub(crate) const ANNOTATIONS: &str = "annotations.parquet";

/// Tables that are finished by ranking, under their final names.
pub(crate) const TABLES: [&str; 4] = [
    "annotations.csv",
    ANNOTATIONS,
    "candidates.parquet",
    "ion_metrics.parquet",
];

/// Images of some ions.
pub(crate) const IMAGES: &str = "images.parquet";

/// First images of some ions, scaled down to be compared.
pub(crate) const SHRUNK_IMAGES: &str = "shrunk.parquet";

/// Partners that a share of the comparisons has found.
pub(crate) const PARTNERS: &str = "partners.parquet";

/// Scores that sample ions are chosen by.
pub(crate) const SCORES: &str = "scores.parquet";
