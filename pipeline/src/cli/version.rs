//! `metaspace --version --verbose`.

use std::env::consts::{ARCH, OS};

use metaspace_machine::environment::cache_folder;
use metaspace_results::record::RunRecord;
use metaspace_results::{OLDEST_SCHEMA_VERSION, SCHEMA_VERSION};

/// Instructions that the program was built to need, of those that some processors lack.
const INSTRUCTIONS: [(&str, bool); 5] = [
    ("sse3", cfg!(target_feature = "sse3")),
    ("sse4.2", cfg!(target_feature = "sse4.2")),
    ("popcnt", cfg!(target_feature = "popcnt")),
    ("avx2", cfg!(target_feature = "avx2")),
    ("neon", cfg!(target_feature = "neon")),
];

/// What is known of this program, a line each.
pub(super) fn describe() -> String {
    let library = if cfg!(target_env = "musl") {
        "musl"
    } else if cfg!(target_env = "gnu") {
        "gnu"
    } else {
        "the system's"
    };
    let needed = INSTRUCTIONS.iter().filter(|(_, is_needed)| *is_needed);
    let needed: Vec<&str> = needed.map(|(name, _)| *name).collect();
    let profile = if cfg!(debug_assertions) {
        "with debug assertions"
    } else {
        "optimized"
    };
    let schemas = if OLDEST_SCHEMA_VERSION == SCHEMA_VERSION {
        format!("{SCHEMA_VERSION}")
    } else {
        format!("{OLDEST_SCHEMA_VERSION} to {SCHEMA_VERSION}")
    };
    let cache = cache_folder().map_or_else(
        || "none (no HOME, XDG_CACHE_HOME or METASPACE_CACHE)".into(),
        |folder| folder.display().to_string(),
    );
    let features = "annotation, tasks (threads, Lambda, Slurm), S3, server and viewer, export";
    format!(
        "{program}\n\
         target       {ARCH}-{OS}, C library {library}\n\
         build        {profile}\n\
         instructions {instructions}\n\
         features     {features}\n\
         schemas      {schemas}\n\
         cache        {cache}\n",
        program = RunRecord::program(),
        instructions = if needed.is_empty() {
            "those of every processor of the target".into()
        } else {
            needed.join(" ")
        },
    )
}
