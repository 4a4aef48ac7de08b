//! This machine: its files, its environment, its memory and clock, and Ctrl-C.
//!
//! [`files`] reads files in ranges and makes temporary ones, [`environment`] says what may be used,
//! [`allocator`] keeps down what is used and [`usage`] measures it, [`interrupt`] tells whether to stop,
//! [`panics`] makes errors of the panics of libraries, and [`error`] has what can go wrong and how any
//! error is told.

pub mod allocator;
pub mod environment;
pub mod error;
pub mod files;
pub mod interrupt;
pub mod panics;
pub mod usage;
