//! The version of the schemas of a results folder, and which versions are read.

use std::path::Path;

use crate::error::ResultsError;

/// Version of the schemas; raised when a column changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// The oldest version that is read. Versions from it to [`SCHEMA_VERSION`] have the same tables but for
/// columns that a newer one added.
pub const OLDEST_SCHEMA_VERSION: u32 = 1;

/// Makes sure that a file has schemas that this program reads; `version` is what the file says.
///
/// # Errors
/// It is no number, or one of versions that are not read.
pub(crate) fn check_version(path: &Path, version: &str) -> Result<(), ResultsError> {
    let is_read = |number: u32| (OLDEST_SCHEMA_VERSION..=SCHEMA_VERSION).contains(&number);
    if version.parse().is_ok_and(is_read) {
        return Ok(());
    }
    let is_newer = version
        .parse()
        .is_ok_and(|number: u64| number > SCHEMA_VERSION.into());
    Err(ResultsError::SchemaVersion {
        path: path.into(),
        found: if version == "null" {
            "no schema version".into()
        } else {
            format!("schema version {version}")
        },
        advice: if is_newer {
            "read it with the newer version of the program that wrote it"
        } else {
            "annotate the dataset again with this version"
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_are_not_read_are_refused_with_what_to_do() {
        let said = |version: &str| {
            let checked = check_version(Path::new("r/run.json"), version);
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(said("1"), Ok(()));
        for (version, parts) in [
            ("0", ["schema version 0", "annotate the dataset again"]),
            ("null", ["no schema version", "annotate the dataset again"]),
            ("2", ["schema version 2", "newer version of the program"]),
            ("\"1\"", ["schema version \"1\"", "annotate"]),
        ] {
            let error = said(version).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
            assert!(error.contains("reads 1"), "{error}");
        }
    }
}
