//! The metaspace program.

use std::process::ExitCode;

use metaspace_machine::allocator::give_back_large_buffers;
use metaspace_storage::resolve_names_without_c_library;

fn main() -> ExitCode {
    give_back_large_buffers();
    // The flag of a static program reaches this crate alone; such a program may not ask the C library
    // for the addresses of hosts.
    if cfg!(target_feature = "crt-static") {
        resolve_names_without_c_library();
    }
    pipeline::cli::main(std::env::args_os())
}
