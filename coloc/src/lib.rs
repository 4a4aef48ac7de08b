//! Which ions lie together: knows images and ids, and nothing of annotation.
//!
//! ```text
//! ImageSource ─▶ prepare ─▶ measures (encode) ─▶ Features ─▶ sweep ─┬▶ rank: partners of an ion
//!    │         clip, threshold,  rows whose        panels    GEMM    ├▶ matrix ─▶ cluster: groups
//! ImageSet     median filter     products score    of rows           └▶ evaluate: against experts
//!    ├▶ markers: ions of a region
//!    └▶ segment: regions of the tissue
//! ```
//!
//! Everything is a function of images and settings: no files, clock, environment or printing. The
//! same input gives the same bits for any number of threads: a block of pairs is one thread's work,
//! and sums are taken in the order of the pixels.

pub mod cluster;
mod eigen;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod images;
pub mod markers;
pub mod measures;
pub mod pairs;
mod panels;
pub mod prepare;
mod random;
pub mod rank;
pub mod segment;
pub mod source;
pub mod sweep;
