//! `metaspace completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// The script that completes this program's command line.
pub(super) fn run(args: &CompletionsArgs, mut program: Command) -> Output {
    let mut script = Vec::new();
    generate(args.shell, &mut program, "metaspace", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    let json = serde_json::json!({ "shell": args.shell.to_string(), "script": text });
    Output { text, json }
}
