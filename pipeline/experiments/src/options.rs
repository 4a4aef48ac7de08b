//! What a user can set of an experiment.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use metaspace_machine::error::OptionError;
use metaspace_results::PixelNorm;

/// FDR up to which an annotation makes its ion one of the experiment.
pub const ANNOTATION_FDR: f64 = 0.1;
/// Share of false ones allowed among the ions and terms that are claimed to differ.
pub const Q: f64 = 0.1;
/// Draws of molecules by which enrichment is computed, as METASPACE has it.
pub const N_DRAWS: usize = 100;
/// Seed of these draws.
pub const SEED: u64 = 42;

/// By what intensities of a sample are divided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SampleNorm {
    /// By nothing.
    None,
    /// By the total ion current.
    #[default]
    Tic,
    /// By the root mean square of the intensities.
    Rms,
    /// By the median ratio of ions to their mean over the samples.
    Median,
    /// By an ion.
    Ion(String),
}

impl fmt::Display for SampleNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Tic => f.write_str("tic"),
            Self::Rms => f.write_str("rms"),
            Self::Median => f.write_str("median"),
            Self::Ion(ion) => write!(f, "ion={ion}"),
        }
    }
}

impl FromStr for SampleNorm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "tic" => Ok(Self::Tic),
            "rms" => Ok(Self::Rms),
            "median" => Ok(Self::Median),
            _ => match text.strip_prefix("ion=") {
                Some(ion) if !ion.is_empty() => Ok(Self::Ion(ion.into())),
                _ => Err("must be none, tic, rms, median, or ion=ION".into()),
            },
        }
    }
}

/// How two groups of samples are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestKind {
    /// t of a linear model with variances moderated over the ions.
    #[default]
    Moderated,
    /// Welch's t test.
    Welch,
    /// Wilcoxon's rank sum test.
    Wilcoxon,
}

impl TestKind {
    /// The word of options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moderated => "moderated",
            Self::Welch => "welch",
            Self::Wilcoxon => "wilcoxon",
        }
    }
}

impl FromStr for TestKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Moderated, Self::Welch, Self::Wilcoxon]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| "must be moderated, welch or wilcoxon".into())
    }
}

/// Terms of which molecules may have more than by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermSource {
    /// Classes of the molecule table, and what the names of lipids say.
    Classes,
    /// A GMT or CSV file.
    File(PathBuf),
}

impl From<&str> for TermSource {
    fn from(text: &str) -> Self {
        if text == "classes" {
            Self::Classes
        } else {
            Self::File(text.into())
        }
    }
}

impl fmt::Display for TermSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classes => f.write_str("classes"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// How enrichment is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrichmentOptions {
    /// The terms.
    pub terms: TermSource,
    /// Draws.
    pub n_draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for EnrichmentOptions {
    fn default() -> Self {
        Self {
            terms: TermSource::Classes,
            n_draws: N_DRAWS,
            seed: SEED,
        }
    }
}

impl EnrichmentOptions {
    /// Refuses a number of draws of which no median can be taken.
    ///
    /// # Errors
    /// It is 0.
    pub fn check(&self) -> Result<(), OptionError> {
        if self.n_draws == 0 {
            return Err(OptionError::new("--draws", "must be at least 1"));
        }
        Ok(())
    }
}

/// How an experiment is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentOptions {
    /// FDR up to which an annotation in one dataset makes its ion one of the experiment.
    pub annotation_fdr: f64,
    /// Share of false ones allowed among the ions and terms that are claimed.
    pub q: f64,
    /// By what intensities are divided.
    pub normalization: SampleNorm,
    /// Whether by that of each pixel, and not of the sample; of `tic` and `rms`.
    pub is_per_pixel: bool,
    /// How groups are compared.
    pub test: TestKind,
    /// Pairs of conditions as `A-B`; nothing for each condition against the first of the table.
    pub contrasts: Vec<String>,
    /// Column whose values are blocks of a linear model.
    pub block: Option<String>,
    /// Enrichment of each contrast.
    pub enrichment: EnrichmentOptions,
}

impl Default for ExperimentOptions {
    fn default() -> Self {
        Self {
            annotation_fdr: ANNOTATION_FDR,
            q: Q,
            normalization: SampleNorm::default(),
            is_per_pixel: false,
            test: TestKind::default(),
            contrasts: Vec::new(),
            block: None,
            enrichment: EnrichmentOptions::default(),
        }
    }
}

impl ExperimentOptions {
    /// By what the intensities of each pixel are divided.
    pub(crate) fn norm_of_pixels(&self) -> Option<PixelNorm> {
        match self.normalization {
            SampleNorm::Tic if self.is_per_pixel => Some(PixelNorm::Tic),
            SampleNorm::Rms if self.is_per_pixel => Some(PixelNorm::Rms),
            _ => None,
        }
    }

    /// Refuses values that make no sense, alone or together.
    ///
    /// # Errors
    /// One does not.
    pub fn check(&self) -> Result<(), OptionError> {
        for (option, share) in [("--annotation-fdr", self.annotation_fdr), ("--fdr", self.q)] {
            if !(share > 0.0 && share <= 1.0) {
                let reason = format!("must be above 0 and at most 1, not {share}");
                return Err(OptionError::new(option, reason));
            }
        }
        let by_pixel = matches!(self.normalization, SampleNorm::Tic | SampleNorm::Rms);
        if self.is_per_pixel && !by_pixel {
            let reason = format!("is for tic and rms, not for {}", self.normalization);
            return Err(OptionError::new("--per-pixel", reason));
        }
        if self.block.is_some() && self.test != TestKind::Moderated {
            let reason = format!(
                "needs the linear model of --test moderated; {} has none",
                self.test.name()
            );
            return Err(OptionError::new("--block", reason));
        }
        self.enrichment.check()
    }
}
