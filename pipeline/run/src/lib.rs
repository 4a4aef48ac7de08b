//! One dataset annotated, whole or as tasks, with the same bytes.
//!
//! [`whole::run`] is the job on one page. [`plan`] cuts it into stages and tasks, [`worker`] does one
//! task wherever it is; both end in [`finish`].

pub mod cache;
pub mod config;
pub mod convert;
pub mod dataset;
pub mod destination;
pub mod error;
pub mod fetch;
pub mod finish;
pub mod isotopes;
mod mean;
mod memory;
mod molecule_tables;
pub mod partners;
pub mod picking;
pub mod plan;
mod polarity;
pub mod rows;
pub mod scoring_model;
pub mod simulated;
pub mod source;
pub mod survey;
pub mod tissues;
pub mod whole;
pub mod worker;
