//! The metaspace program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The flag of a static program reaches this crate alone.
    if cfg!(target_feature = "crt-static") {
        pipeline::storage::resolve_names_without_c_library();
    }
    pipeline::cli::main(std::env::args_os())
}
