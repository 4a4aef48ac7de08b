//! What a user can set of an export.

use std::path::Path;

use metaspace_explore::normalize::Normalization;
use metaspace_machine::error::OptionError;

use crate::error::ExportError;

/// FDR up to which ions are exported.
pub const FDR: f64 = 0.1;

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
    pub normalization: Normalization,
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
            normalization: Normalization::None,
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
