//! Parity with the METASPACE engine: every reference run and every reference pattern, to the
//! tolerances that stand beside them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod coloc;
mod experts;
mod patterns;
mod runs;
mod shared;
