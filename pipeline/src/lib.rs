//! Files, commands and results around the annotation: the metaspace program.
//!
//! Start at [`run::run`], which is the job on one page.

pub mod cache;
pub mod cli;
pub mod colocate;
pub mod config;
pub mod error;
pub mod evaluate;
pub mod machine;
pub mod plan;
pub mod provenance;
pub mod results;
pub mod run;
pub mod scoring_model;
pub mod storage;
pub mod summary;
pub mod terminal;
pub mod worker;
