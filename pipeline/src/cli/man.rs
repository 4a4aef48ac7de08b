//! `metaspace man`.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use metaspace_machine::error::FileError;
use metaspace_results::text::counted;

use crate::cli::error::CliError;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Folder for the pages of all commands, a file each, such as metaspace-annotate.1 [default: print that of the program]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Manual pages of the program.
///
/// # Errors
/// They cannot be written.
pub(super) fn run(args: &ManArgs, program: Command) -> Result<Output, CliError> {
    let Some(folder) = &args.out else {
        let text = page(program).map_err(FileError::at("write", "the manual page"))?;
        let json = serde_json::json!({ "page": text });
        return Ok(Output { text, json });
    };
    std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    write_pages(&program, "", folder, &mut pages)?;
    let n_pages = counted(pages.len() as u64, "page");
    let text = format!("{n_pages} in {}\n", folder.display());
    let json = serde_json::json!({ "folder": folder, "pages": pages });
    Ok(Output { text, json })
}

/// Writes the page of a command and of those below it; their names are of all the words that call
/// them.
fn write_pages(
    command: &Command,
    before: &str,
    folder: &Path,
    pages: &mut Vec<String>,
) -> Result<(), CliError> {
    let name = format!("{before}{}", command.get_name());
    let file = format!("{name}.1");
    let path = folder.join(&file);
    let text = page(command.clone().display_name(name.clone()));
    text.and_then(|text| std::fs::write(&path, text))
        .map_err(FileError::at("write", &path))?;
    pages.push(file);
    for below in command.get_subcommands() {
        write_pages(below, &format!("{name}-"), folder, pages)?;
    }
    Ok(())
}

fn page(command: Command) -> io::Result<String> {
    let mut bytes = Vec::new();
    Man::new(command).render(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
