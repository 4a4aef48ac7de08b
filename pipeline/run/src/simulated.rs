//! A simulated tissue as files: imzML, ibd, and the truth beside them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use annotator::indices::FormulaIdx;
use annotator::moldb::MoleculeTable;
use datasets::molecules::builtin;
use datasets::simulate::{PRESETS, SimulationConfig, Truth, Variation, preset, simulate_sample};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_machine::files::publish;
use metaspace_results::{ResultsError, write_truth};
use ms_core::formula::{Formula, Repeats};
use ms_core::imzml::{DataType, ImzmlWriter, Mode, Representation, WriteOptions};
use ms_core::progress::Progress;

use crate::error::RunError;

/// Name of the truth beside the dataset.
pub const TRUTH_PARQUET: &str = "truth.parquet";

/// The preset of a name.
///
/// # Errors
/// There is none of this name.
pub fn preset_of(name: &str) -> Result<SimulationConfig, OptionError> {
    preset(name).ok_or_else(|| {
        let reason = format!("must be one of {}, not `{name}`", PRESETS.join(", "));
        OptionError::new("--preset", reason)
    })
}

/// Names and formulas of a table, or of the one that ships with the program.
///
/// # Errors
/// The table cannot be read.
pub fn molecules(database: Option<&Path>) -> Result<Vec<(String, Formula)>, RunError> {
    let Some(path) = database else {
        return Ok(builtin()
            .into_iter()
            .map(|molecule| (molecule.name, molecule.formula))
            .collect());
    };
    let file = File::open(path).map_err(FileError::at("open", path))?;
    let name = path.display().to_string();
    let table = MoleculeTable::read(&name, file, Repeats::Add)?;
    let formula = |i: FormulaIdx| table.formulas[i.usize()].clone();
    Ok(table
        .molecules
        .iter()
        // The adducts of the simulation are those of neutral molecules.
        .filter(|m| table.charge(m.formula).is_none())
        .map(|m| (m.name.clone(), formula(m.formula)))
        .collect())
}

/// A tissue on disk.
#[derive(Debug)]
pub struct Tissue {
    /// Its imzML; the ibd and the truth lie beside it.
    pub imzml: PathBuf,
    /// What is in it.
    pub truth: Truth,
    /// Spectra that were written.
    pub n_spectra: u64,
    /// Their peaks.
    pub n_peaks: u64,
}

/// Simulates a tissue and writes it. The imzML, without which the ibd is nothing, comes last and
/// under its final name only when it is complete.
///
/// # Errors
/// A file is there already and `force` is not given, a setting makes no sense, a file cannot be
/// written, or `progress` says to stop.
pub fn write_tissue(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    variation: &Variation,
    folder: &Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<Tissue, RunError> {
    std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let path = |extension: &str| folder.join(format!("{}.{extension}", config.name));
    let (imzml, ibd) = (path("imzML"), path("ibd"));
    let truth_path = folder.join(TRUTH_PARQUET);
    let existing = [&imzml, &ibd, &truth_path]
        .into_iter()
        .find(|path| path.exists());
    if let Some(path) = existing.filter(|_| !force) {
        return Err(ResultsError::Exists { path: path.clone() }.into());
    }
    let partial = tempfile::NamedTempFile::new_in(folder).map_err(FileError::at("write", &ibd))?;
    let file = partial.reopen().map_err(FileError::at("write", &ibd))?;
    let uuid = uuid(config, variation);
    let writer = ImzmlWriter::new(BufWriter::new(file), write_options(config, uuid));
    let mut writer = writer.map_err(FileError::at("write", &ibd))?;
    let (mut n_spectra, mut n_peaks) = (0, 0);
    let truth = simulate_sample(config, molecules, variation, progress, &mut |spectrum| {
        n_spectra += 1;
        n_peaks += spectrum.mzs.len() as u64;
        writer.spectrum(
            (spectrum.x, spectrum.y, 1),
            spectrum.mzs,
            spectrum.intensities,
        )
    })?;
    let xml = tempfile::NamedTempFile::new_in(folder).map_err(FileError::at("write", &imzml))?;
    let mut buffer = BufWriter::new(&xml);
    writer
        .finish(&mut buffer)
        .map_err(FileError::at("write", &imzml))?;
    buffer.flush().map_err(FileError::at("write", &imzml))?;
    drop(buffer);
    write_truth(&truth, molecules, uuid, &truth_path)?;
    publish(partial, &ibd)?;
    publish(xml, &imzml)?;
    Ok(Tissue {
        imzml,
        truth,
        n_spectra,
        n_peaks,
    })
}

/// UUID of a dataset: the same settings have the same.
fn uuid(config: &SimulationConfig, variation: &Variation) -> [u8; 16] {
    let mut text = format!("{config:?}");
    if *variation != Variation::default() {
        text.push_str(&format!("{variation:?}"));
    }
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    uuid
}

fn write_options(config: &SimulationConfig, uuid: [u8; 16]) -> WriteOptions {
    WriteOptions {
        uuid,
        mode: Mode::Processed,
        mz_type: DataType::F64,
        intensity_type: DataType::F32,
        is_zlib: false,
        polarity: Some(config.polarity),
        representation: Some(Representation::Centroid),
        instrument: Some(config.instrument),
        pixel_size_um: Some((config.pixel_size_um, config.pixel_size_um)),
        processing: Vec::new(),
    }
}
