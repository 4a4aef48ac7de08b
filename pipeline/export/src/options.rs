//! What a user can set of an export.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use metaspace_explore::normalize::Normalization;
use metaspace_machine::error::OptionError;

use crate::error::ExportError;

/// FDR up to which ions are exported.
pub const FDR: f64 = 0.1;

/// By what the intensities of a pixel are divided; they are multiplied by its mean over the pixels, so
/// that they keep their order of magnitude.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportNorm {
    /// As pictures are.
    Of(Normalization),
    /// By the median of the intensities above 0 that the exported ions have in the pixel.
    MedianOfIons,
}

/// The text of options and records.
impl fmt::Display for ExportNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(by) => by.fmt(f),
            Self::MedianOfIons => f.write_str("median"),
        }
    }
}

/// A text that is none of `none`, `tic`, `rms`, `median`, `ion=ION` and `mz=MZ`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of none, tic, rms, median, ion=ION and mz=MZ")]
pub struct UnknownNorm(String);

impl FromStr for ExportNorm {
    type Err = UnknownNorm;

    fn from_str(text: &str) -> Result<Self, UnknownNorm> {
        match text {
            "median" => Ok(Self::MedianOfIons),
            other => match other.parse() {
                Ok(by) => Ok(Self::Of(by)),
                Err(_) => Err(UnknownNorm(text.into())),
            },
        }
    }
}

/// What the column of an ion is called in a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnNames {
    /// Formula, adduct and sign: the column `ion` of the annotations.
    #[default]
    Ion,
    /// The likeliest molecule's name, and the ion in brackets.
    Name,
}

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportOptions {
    /// FDR up to which ions are exported, 0 to 1.
    pub fdr: f64,
    /// Regions of which a matrix has the means; none for a row a pixel.
    pub regions: Vec<String>,
    /// By what intensities are divided.
    pub normalization: ExportNorm,
    /// Names of the columns of a matrix.
    pub header: ColumnNames,
    /// Overwrite what an earlier export wrote.
    pub force: bool,
    /// Bytes that intensities may take while they are rearranged.
    pub memory_bytes: u64,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            fdr: FDR,
            regions: Vec::new(),
            normalization: ExportNorm::Of(Normalization::None),
            header: ColumnNames::Ion,
            force: false,
            memory_bytes: 256 << 20,
        }
    }
}

impl ExportOptions {
    /// Makes sure that the numbers make sense.
    ///
    /// # Errors
    /// One does not.
    pub fn check(&self) -> Result<(), ExportError> {
        if (0.0..=1.0).contains(&self.fdr) {
            return Ok(());
        }
        let reason = format!("must lie between 0 and 1, not {}", self.fdr);
        Err(OptionError::new("--fdr", reason).into())
    }
}

/// Whether a path has an extension, in any case.
pub(crate) fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}
