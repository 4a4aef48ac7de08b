//! Bytes under names, wherever they are: in a folder of this machine or in S3.
//!
//! A [`Location`] names a place; a [`Store`] holds objects under keys below it and writes each whole
//! or not at all; [`ObjectRanges`] reads one at any place.

pub mod aws;
mod conditions;
mod error;
mod location;
mod names;
mod network;
mod patience;
mod ranges;
mod source;
mod store;
mod traffic;
mod upload;
pub use error::StoreError;
pub use location::{Location, is_plain_key};
pub use names::{Resolver, resolve_names_without_c_library, resolver};
pub use network::{runtime, use_ring};
pub use ranges::{ObjectRanges, Sequential};
pub use source::{ibd_of, open_ranges, open_reader, read_whole};
pub use store::Store;
pub use traffic::Traffic;
pub use upload::ObjectWriter;
