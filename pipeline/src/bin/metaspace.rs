//! The metaspace program.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::cli::main(std::env::args_os())
}
