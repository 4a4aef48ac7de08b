//! `metaspace worker`.

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::worker::{WorkerArgs, do_tasks, reports_as_json};

pub(super) fn run(args: &WorkerArgs) -> Result<Output, CliError> {
    let reports = reports_as_json(&do_tasks(args)?)?;
    let lines = reports.iter().map(|report| format!("{report}\n"));
    Ok(Output {
        text: lines.collect(),
        json: reports.into(),
    })
}
