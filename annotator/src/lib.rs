//! Which ions are in a dataset, and how sure one can be.
//!
//! ```text
//! molecule tables × modifiers × decoys ─▶ SearchSpace ─▶ units of ions ─▶ metrics ─▶ scores ─▶ FDR ─▶ annotations
//! ```
//!
//! Start at [`annotate`](annotate::annotate), which is the method on one page.

pub mod ambiguity;
pub mod annotate;
mod beyond_memory;
mod bits;
pub mod candidates;
pub mod config;
pub mod decoys;
pub mod entrapment;
pub mod error;
pub mod evaluation;
pub mod fdr;
pub mod imager;
pub mod indices;
pub mod matrix;
pub mod metrics;
pub mod moldb;
pub mod off_sample;
mod parents;
pub mod patterns;
pub mod plan;
pub mod plausibility;
pub mod ranking;
mod recombined;
pub mod scoring;
pub mod slide;
pub mod spread;
pub mod survey;
