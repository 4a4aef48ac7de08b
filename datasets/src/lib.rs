//! x
pub mod molecules;
pub mod simulate;
