//! Files, commands and results around the annotation: the metaspace program.
//!
//! Start at [`run::run`], which is the job on one page.

pub mod aws;
pub mod backend;
pub mod cache;
pub mod cli;
pub mod colocate;
pub mod config;
pub mod deploy;
pub mod error;
pub mod evaluate;
pub mod lambda;
pub mod machine;
mod molecule_tables;
pub mod orchestrate;
pub mod pictures;
pub mod pixel_spectra;
pub mod plan;
pub mod provenance;
pub mod render;
pub mod report;
pub mod results;
pub mod run;
pub mod runs;
pub mod scoring_model;
pub mod server;
pub mod storage;
pub mod summary;
pub mod terminal;
pub mod worker;
