//! What needs no results: patterns, simulated tissues, and what is known of false discoveries.

use std::ffi::OsString;
use std::path::PathBuf;

use coloc::features::Features;
use coloc::images::ImageSet;
use coloc::measures::Measure;
use coloc::pairs::matrix as pair_scores;
use coloc::prepare::PreparationPreset;
use datasets::simulate::Variation;
use metaspace_explore::truth::evaluate as evaluate_results;
use metaspace_machine::error::OptionError;
use metaspace_run::isotopes::{IonPattern, IsotopeOptions, ion_pattern};
use metaspace_run::simulated::{
    TRUTH_PARQUET, molecules as read_molecules, preset_of, write_tissue,
};
use ms_core::image::{IonImage, Raster};
use numpy::{PyArray1, PyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::arrays::matrix;
use crate::error::CallError;
use crate::watch::watched;

/// The version of the crates.
#[pyfunction]
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Formula and charge of an ion, and m/z and intensities of its peaks.
type Pattern<'py> = (
    String,
    i32,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
);

/// The isotopic pattern of an ion.
#[pyfunction]
#[pyo3(signature = (
    formula, adduct=None, instrument=None, resolving_power=None, isocalc_sigma=None, polarity=None,
    charge=None, n_peaks=None, preset=None
))]
pub(crate) fn isotopes<'py>(
    py: Python<'py>,
    formula: &str,
    adduct: Option<String>,
    instrument: Option<String>,
    resolving_power: Option<f64>,
    isocalc_sigma: Option<f64>,
    polarity: Option<String>,
    charge: Option<i64>,
    n_peaks: Option<usize>,
    preset: Option<String>,
) -> PyResult<Pattern<'py>> {
    let otherwise = IsotopeOptions::new(formula);
    let options = IsotopeOptions {
        adduct,
        instrument: instrument.unwrap_or(otherwise.instrument),
        resolving_power: resolving_power.unwrap_or(otherwise.resolving_power),
        isocalc_sigma,
        polarity,
        charge,
        n_peaks: n_peaks.unwrap_or(otherwise.n_peaks),
        preset,
        formula: otherwise.formula,
    };
    let IonPattern { ion, charge, peaks } = ion_pattern(&options).map_err(CallError::from)?;
    let mzs = peaks.iter().map(|peak| peak.mz);
    let intensities = peaks.iter().map(|peak| f64::from(peak.intensity));
    Ok((
        ion.to_string(),
        charge.number(),
        PyArray1::from_iter(py, mzs),
        PyArray1::from_iter(py, intensities),
    ))
}

/// Writes a simulated tissue; returns its imzML and its truth.
#[pyfunction]
#[pyo3(signature = (
    out, preset, seed=None, width=None, height=None, molecules=None, unknown=None, shift=None,
    database=None, force=false, threads=None, progress=None
))]
pub(crate) fn simulate<'py>(
    py: Python<'py>,
    out: PathBuf,
    preset: &str,
    seed: Option<u64>,
    width: Option<u32>,
    height: Option<u32>,
    molecules: Option<usize>,
    unknown: Option<usize>,
    shift: Option<f64>,
    database: Option<PathBuf>,
    force: bool,
    threads: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<(OsString, OsString)> {
    let mut config = preset_of(preset).map_err(CallError::from)?;
    config.seed = seed.unwrap_or(config.seed);
    config.width = width.unwrap_or(config.width);
    config.height = height.unwrap_or(config.height);
    config.n_molecules = molecules.unwrap_or(config.n_molecules);
    config.n_unknown = unknown.unwrap_or(config.n_unknown);
    config.ppm_shift = shift.unwrap_or(config.ppm_shift);
    let table = read_molecules(database.as_deref()).map_err(CallError::from)?;
    let tissue = watched(py, progress, None, threads, |progress| {
        let same = Variation::default();
        write_tissue(&config, &table, &same, &out, force, progress)
    })?;
    let truth = out.join(TRUTH_PARQUET);
    Ok((tissue.imzml.into_os_string(), truth.into_os_string()))
}

/// What is known of the false discoveries of results, as JSON.
#[pyfunction]
#[pyo3(signature = (results, truth=None))]
pub(crate) fn evaluate(
    py: Python<'_>,
    results: PathBuf,
    truth: Option<PathBuf>,
) -> PyResult<String> {
    let found = py
        .detach(|| evaluate_results(&results, truth.as_deref()))
        .map_err(CallError::from)?;
    let mut json = serde_json::json!({});
    if let Some(report) = &found.truth {
        json["truth"] = serde_json::json!(report);
    }
    if let Some((ratio, levels)) = &found.entrapment {
        json["entrapment"] = serde_json::json!({ "ratio": ratio, "levels": levels });
    }
    Ok(json.to_string())
}

/// Scores of all pairs of images, n × height × width, by METASPACE's measure of co-localization: n × n.
#[pyfunction]
pub(crate) fn colocalization_matrix<'py>(
    py: Python<'py>,
    images: PyReadonlyArray3<'py, f32>,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let images = images.as_array();
    let (n, height, width) = images.dim();
    let side = |side: usize| {
        let reason = |_| OptionError::new("images", format!("{side} pixels are too many"));
        u32::try_from(side).map_err(reason).map_err(CallError::from)
    };
    let (height, width) = (side(height)?, side(width)?);
    let n_places = height
        .checked_mul(width)
        .ok_or_else(|| OptionError::new("images", format!("{height} × {width} are too many")))
        .map_err(CallError::from)?;
    let raster = Raster {
        width,
        height,
        places: (0..n_places).collect(),
    };
    let sparse = images.outer_iter().map(|image| {
        let signal = (0..)
            .zip(image.iter().copied())
            .filter(|(_, v)| v.abs() > 0.0 || v.is_nan());
        let (pixels, intensities) = signal.unzip();
        IonImage {
            pixels,
            intensities,
        }
    });
    let sparse: Vec<IonImage> = sparse.collect();
    let scores = watched(py, None, None, None, |_| {
        let ids = (0..n).map(|id| id.to_string()).collect();
        let set = ImageSet::new(raster, ids, sparse)?;
        let preset = PreparationPreset::Default;
        let features = Features::new(&set, Measure::MedianThresholdedCosine, preset);
        Ok::<_, CallError>(pair_scores(&features))
    })?;
    matrix(py, scores.iter().copied().collect(), (n, n))
}
