//! `metaspace info` of a results folder.

use std::path::Path;

use metaspace_results::record::{DatabaseRecord, RunRecord};
use metaspace_results::text::{percent, thousands};
use metaspace_results::verify_files;

use crate::cli::error::CliError;
use crate::cli::output::{Output, camel_case};

/// Digits of a hash that are shown.
const SHOWN_DIGITS: usize = 16;

/// What a results folder is of and what is in it; its files are compared with the record if asked for.
pub(super) fn describe(folder: &Path, verify: bool) -> Result<Output, CliError> {
    let record = RunRecord::read(folder)?;
    if verify {
        verify_files(folder, &record)?;
    }
    let n_bytes: u64 = record.files.iter().map(|file| file.bytes).sum();
    let verified = if verify {
        "as they were written"
    } else {
        "not verified (--verify)"
    };
    let files = if record.files.is_empty() {
        "not stated".into()
    } else {
        let n = record.files.len();
        format!("{n}, {} bytes, {verified}", thousands(n_bytes))
    };
    let polarity = if record.settings.charge > 0 {
        "positive"
    } else {
        "negative"
    };
    let at_fdr = record.counts.annotations_at_fdr.iter();
    let at_fdr: Vec<String> = at_fdr
        .map(|(level, n)| format!("{} at {}", thousands(*n as u64), percent(*level)))
        .collect();
    let mut lines = vec![
        ("results", folder.display().to_string()),
        ("program", record.program.clone()),
        ("dataset", record.dataset.imzml.clone()),
        ("polarity", polarity.into()),
        ("adducts", record.settings.adducts.join(" ")),
    ];
    lines.extend(
        record
            .databases
            .iter()
            .map(|table| ("table", of_table(table))),
    );
    lines.push(("annotations", at_fdr.join(", ")));
    lines.push(("files", files));
    lines.extend(
        record
            .warnings
            .iter()
            .map(|warning| ("warning", warning.clone())),
    );
    let rows: Vec<String> = lines
        .into_iter()
        .map(|(name, value)| format!("{name:<12} {value}\n"))
        .collect();
    let json = serde_json::json!({
        "results": folder.display().to_string(),
        "program": record.program,
        "dataset": record.dataset.imzml,
        "polarity": polarity,
        "adducts": record.settings.adducts,
        "databases": camel_case(serde_json::json!(record.databases)),
        "annotationsAtFdr": record.counts.annotations_at_fdr,
        "files": camel_case(serde_json::json!(record.files)),
        "areFilesVerified": verify,
        "warnings": record.warnings,
    });
    Ok(Output {
        text: rows.concat(),
        json,
    })
}

fn of_table(table: &DatabaseRecord) -> String {
    let DatabaseRecord {
        name,
        n_molecules,
        n_formulas,
        ..
    } = table;
    let digits: String = table.blake3.chars().take(SHOWN_DIGITS).collect();
    let n = |number: &usize| thousands(*number as u64);
    format!(
        "{name}: {} molecules of {} formulas, BLAKE3 {digits}…",
        n(n_molecules),
        n(n_formulas)
    )
}
