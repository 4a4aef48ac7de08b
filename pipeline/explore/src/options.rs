//! What is asked where nothing else is said, by the command line and over HTTP alike.

/// Partners shown of an ion.
pub const N_PARTNERS: usize = 20;
/// Least score of a partner, as METASPACE has it.
pub const MIN_SCORE: f32 = 0.3;
/// FDR up to which ions are compared.
pub const FDR: f64 = 0.1;
/// Segments of the tissue tried.
pub const MAX_SEGMENTS: usize = 10;
/// Principal components that segments are made in.
pub const N_COMPONENTS: usize = 8;
/// How much neighbours count for the segment of a pixel.
pub const SMOOTHING: f64 = 0.0;
/// Seed of segments and draws.
pub const SEED: u64 = 42;
