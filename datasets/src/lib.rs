//! Data with known provenance and known truth: the molecule table that ships with the program, and
//! simulated tissues.

pub mod molecules;
pub mod simulate;
