//! Simulated imaging mass spectrometry of tissue whose every ion is known.
//!
//! ```text
//! Tissue ─▶ Profiles ─▶ ions of molecules, matrix clusters, chemical noise = Sample
//! Sample + Acquisition ─▶ Detector ─▶ spectra in acquisition order
//!                     └─▶ Truth: each ion with its noiseless image
//! ```
//!
//! What makes it hard to annotate is what makes real data hard: chemical noise at plausible mass
//! defects with isotopic companions and anatomy of its own, matrix clusters, peaks that the
//! instrument cannot resolve, counting noise near a detection limit, m/z errors that drift, hot,
//! missing and duplicate pixels. Spectra are a function of the configuration, the molecules and
//! the seed: not of the number of threads.

use std::io;

use ms_core::formula::Formula;
use ms_core::progress::{Progress, check};
use rayon::prelude::*;

mod acquisition;
mod chemistry;
mod config;
mod error;
mod field;
mod matrix;
mod noise;
mod profile;
pub(crate) mod random;
mod sample;
mod source;
mod spectrum;
mod tissue;
mod truth;
mod unknown;
mod variation;

use acquisition::{Acquisition, Scan};
use profile::Profiles;
use sample::Sample;
use source::Source;
use spectrum::{Centroids, Detector, Scratch};
use tissue::Tissue;

pub use config::{Anatomy, Matrix, PRESETS, SimulationConfig, preset};
pub use error::SimulateError;
pub use truth::{OtherIon, TrueIon, Truth};
pub use variation::Variation;

/// Scans measured in parallel before they are handed on in order; bounds the memory of spectra
/// to 12 bytes × this × peaks per spectrum.
const SCANS_PER_BLOCK: usize = 1_024;

/// A centroided spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedSpectrum<'a> {
    /// Column, from 1.
    pub x: u32,
    /// Row, from 1.
    pub y: u32,
    /// m/z in Th, ascending.
    pub mzs: &'a [f64],
    /// Intensity of each m/z, > 0 and finite.
    pub intensities: &'a [f32],
}

/// Simulates a tissue: hands its spectra to `sink` row by row and returns what is in it.
///
/// `molecules` are names with neutral formulas; `config.n_molecules` of them with distinct
/// formulas are in the tissue. Of molecules with equal formula only the first can be chosen. A
/// duplicate pixel gives two spectra one after the other, a missing one none.
///
/// Time grows with the number of peaks written, about 0.12 µs each on one core. Memory is that of the truth,
/// 8 bytes for each pixel of each ion's image, and of one block of 1,024 spectra.
///
/// # Errors
/// [`SimulateError`]: settings out of range, too few molecules, a molecule whose pattern cannot
/// be computed, a sink that fails, or cancellation.
///
/// # Examples
/// ```
/// use datasets::simulate::{SimulationConfig, simulate};
/// use ms_core::formula::{Formula, Repeats};
/// use ms_core::progress::Silent;
/// let molecules = [("glucose".to_owned(), Formula::parse("C6H12O6", Repeats::Add)?)];
/// let config = SimulationConfig { n_molecules: 1, ..SimulationConfig::demo() };
/// let mut n_peaks = 0;
/// let truth = simulate(&config, &molecules, &Silent, &mut |spectrum| {
///     n_peaks += spectrum.mzs.len();
///     Ok(())
/// })?;
/// assert_eq!(truth.ions[0].ion_formula, "C6H13O6");
/// assert!(n_peaks > 100_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn simulate(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    progress: &dyn Progress,
    sink: &mut dyn FnMut(SimulatedSpectrum<'_>) -> io::Result<()>,
) -> Result<Truth, SimulateError> {
    simulate_sample(config, molecules, &Variation::default(), progress, sink)
}

/// Simulates one of several tissues that have the same molecules: as [`simulate`], but outline and
/// noise are by the seed of the variation, and levels of molecules are multiplied.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_sample(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    variation: &Variation,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(SimulatedSpectrum<'_>) -> io::Result<()>,
) -> Result<Truth, SimulateError> {
    config.validate()?;
    let acquired = SimulationConfig {
        seed: variation.seed.unwrap_or(config.seed),
        ..config.clone()
    };
    let tissue = Tissue::grow(&acquired);
    let profiles = Profiles::draw(config, &tissue);
    let mut ions = chemistry::draw_ions(config, molecules, &profiles)?;
    variation.apply(&mut ions);
    let clusters = matrix::draw_clusters(config, &profiles)?;
    let unknown = unknown::draw_ions(config, molecules, &profiles)?;
    let mut others: Vec<Source> = unknown.iter().map(|ion| ion.source.clone()).collect();
    others.extend(unknown::draw_companions(config, &ions)?);
    others.extend(noise::draw_ions(config, &profiles));
    let sample = Sample::new(tissue, profiles, &ions, &clusters, others);
    let acquisition = Acquisition::plan(&acquired);
    let detector = Detector::calibrated(&acquired, &sample, &acquisition);
    acquire(&detector, &acquisition, progress, sink)?;
    Ok(truth::of_sample(
        config,
        &sample,
        acquisition.raster,
        &ions,
        &clusters,
        &unknown,
    ))
}

/// Measures the scans block by block and hands them on in order.
fn acquire(
    detector: &Detector<'_>,
    acquisition: &Acquisition,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(SimulatedSpectrum<'_>) -> io::Result<()>,
) -> Result<(), SimulateError> {
    progress.begin("simulate", acquisition.scans.len() as u64);
    for block in acquisition.scans.chunks(SCANS_PER_BLOCK) {
        check(progress)?;
        let measure = |scratch: &mut Scratch, scan: &Scan| detector.measure(scan, scratch);
        let spectra: Vec<Centroids> = block
            .par_iter()
            .map_init(Scratch::default, measure)
            .collect();
        for (scan, spectrum) in block.iter().zip(&spectra) {
            let width = acquisition.raster.width;
            let (x, y) = (scan.place % width + 1, scan.place / width + 1);
            let (mzs, intensities) = (&spectrum.mzs[..], &spectrum.intensities[..]);
            sink(SimulatedSpectrum {
                x,
                y,
                mzs,
                intensities,
            })
            .map_err(|source| SimulateError::Sink { x, y, source })?;
        }
        progress.advance(block.len() as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
