//! Why a whole molecule table is refused.

use std::io;

use crate::moldb::content::OtherKind;
use crate::moldb::table::MAX_MOLECULES;

/// Why a whole table was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoldbError {
    /// It cannot be read as a table.
    #[error("cannot read molecule table `{table}`")]
    Read {
        /// Its name.
        table: String,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("molecule table `{table}` is {kind}\nhint: {}", kind.hint())]
    Kind {
        /// Its name.
        table: String,
        /// What it is.
        kind: OtherKind,
    },
    /// XML that is broken.
    #[error("molecule table `{table}` is broken XML near line {line}")]
    Xml {
        /// Its name.
        table: String,
        /// Where.
        line: u64,
        /// Why.
        source: quick_xml::Error,
    },
    /// A line that no table has.
    #[error("line {line} of molecule table `{table}` is longer than {limit} bytes")]
    Line {
        /// Its name.
        table: String,
        /// Which.
        line: u64,
        /// Most bytes of a line.
        limit: u64,
    },
    /// A column that must be there is not.
    #[error(
        "molecule table `{table}` has no column `{column}`; its columns are {found}\nhint: name the column of formulas `formula` in the first line"
    )]
    Column {
        /// Its name.
        table: String,
        /// The column.
        column: &'static str,
        /// Those that are there.
        found: String,
    },
    /// More molecules than can be numbered.
    #[error("molecule table `{table}` has more than {MAX_MOLECULES} usable rows")]
    TooLong {
        /// Its name.
        table: String,
    },
    /// Nothing in it can be used.
    #[error(
        "molecule table `{table}` has no usable row; the first of {n_bad} wrong ones is line {line}: {reason}"
    )]
    Empty {
        /// Its name.
        table: String,
        /// Wrong rows.
        n_bad: usize,
        /// Line of the first.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}
