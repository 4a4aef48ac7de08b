//! The program that does tasks, on Lambda and on Slurm: without server, report and viewer.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The flag of a static program reaches this crate alone.
    let is_static = cfg!(target_feature = "crt-static");
    pipeline::worker::main(std::env::args_os(), is_static)
}
