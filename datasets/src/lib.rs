//! Data with known provenance and known truth: the molecule table that ships with the program, and
//! simulated tissues and experiments.

pub mod experiment;
pub mod lipid_name;
pub mod molecules;
pub mod simulate;
