//! Ions measured in the regions of results: how much of each is there, and its image.
//!
//! ```text
//! MeasureRequest ─▶ a Measurer ─▶ amounts (ions × regions), or images, of each results folder
//! ```
//!
//! An ion is measured from the images of the results, from their kept peaks, or from the dataset
//! itself, whichever comes first: [`MeasuredDataset`]. Who measures is a [`Measurer`]: [`Here`] is the
//! threads of this process; [`tasks`] are for an engine, wherever it has its workers. Both give the
//! same numbers.

pub mod amounts;
pub mod dataset;
pub mod error;
pub mod here;
pub mod images;
mod measurer;
pub mod request;
pub mod tasks;

pub use crate::dataset::MeasuredDataset;
pub use crate::here::Here;
pub use crate::measurer::Measurer;
