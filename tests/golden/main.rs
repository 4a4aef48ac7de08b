//! Parity with the METASPACE engine: every reference run and every reference pattern, to the
//! tolerances that stand beside them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

/// A test for each run of the reference, which calls a check with its name.
macro_rules! every_run {
    ($check:path) => {
        every_run! {
            $check,
            spheroid_v3 "spheroid_cm3_v3",
            spheroid_v1 "spheroid_cm3_v1",
            kidney_v3 "kidney_cm3_v3",
            kidney_v1 "kidney_cm3_v1",
            simulated_v3 "sim_db800_v3",
            simulated_with_modifications_v3 "sim_db800_mods_v3",
        }
    };
    ($check:path, $($test:ident $run:literal,)+) => {
        $(
            #[test]
            fn $test() {
                $check($run);
            }
        )+
    };
}

mod calibration;
mod coloc;
mod experts;
mod patterns;
mod profile;
mod runs;
mod shared;
mod survey;
