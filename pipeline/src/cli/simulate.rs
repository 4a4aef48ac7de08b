//! `metaspace simulate`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use annotator::indices::FormulaIdx;
use clap::Args;
use datasets::molecules::builtin;
use datasets::simulate::{PRESETS, SimulationConfig, Truth, Variation, preset, simulate_sample};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_machine::files::publish;
use metaspace_results::text::thousands;
use metaspace_results::{ResultsError, write_truth};
use ms_core::formula::Formula;
use ms_core::imzml::{DataType, ImzmlWriter, Mode, Representation, WriteOptions};

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// Output folder for NAME.imzML, NAME.ibd and truth.parquet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Kind of tissue: demo, orbitrap-brain, fticr-spheroid, tof-kidney or bench
    #[arg(long, value_name = "NAME", default_value = "demo")]
    preset: String,
    /// Seed: the same seed gives the same tissue [default: that of the preset]
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Width in pixels [default: that of the preset]
    #[arg(long, value_name = "N")]
    width: Option<u32>,
    /// Height in pixels [default: that of the preset]
    #[arg(long, value_name = "N")]
    height: Option<u32>,
    /// Molecules in the tissue [default: that of the preset]
    #[arg(long, value_name = "N")]
    molecules: Option<usize>,
    /// Compounds of no table in the tissue; with any, molecules have fragments and dimers too [default: 0]
    #[arg(long, value_name = "N")]
    unknown: Option<usize>,
    /// m/z error in ppm that all peaks share [default: 0]
    #[arg(long, value_name = "PPM", allow_hyphen_values = true)]
    shift: Option<f64>,
    /// Molecule table (TSV or CSV with id, name, formula) [default: the one that ships with the program]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

pub(super) fn run(args: &SimulateArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let mut config = preset_of(&args.preset)?;
    config.seed = args.seed.unwrap_or(config.seed);
    config.width = args.width.unwrap_or(config.width);
    config.height = args.height.unwrap_or(config.height);
    config.n_molecules = args.molecules.unwrap_or(config.n_molecules);
    config.n_unknown = args.unknown.unwrap_or(config.n_unknown);
    config.ppm_shift = args.shift.unwrap_or(config.ppm_shift);
    let molecules = molecules(args.database.as_deref())?;
    let written = in_threads(args.threads, || {
        let same = Variation::default();
        write_tissue(&config, &molecules, &same, &args.out, args.force, terminal)
    })?;
    let (imzml, truth) = (written.imzml, written.truth);
    let n_detected = truth
        .ions
        .iter()
        .filter(|ion| ion.n_pixels_detected > 0)
        .count();
    let text = format!(
        "{} spectra on {} × {} pixels, {} peaks, {} ions of which {} can be detected\nwritten: {}\n",
        thousands(written.n_spectra),
        truth.raster.width,
        truth.raster.height,
        thousands(written.n_peaks),
        truth.ions.len(),
        n_detected,
        imzml.display()
    );
    let json = serde_json::json!({
        "imzml": imzml, "spectra": written.n_spectra, "peaks": written.n_peaks,
        "ions": truth.ions.len(), "detectableIons": n_detected,
    });
    Ok(Output { text, json })
}

/// The preset of a name.
pub(super) fn preset_of(name: &str) -> Result<SimulationConfig, OptionError> {
    preset(name).ok_or_else(|| {
        let reason = format!("must be one of {}, not `{name}`", PRESETS.join(", "));
        OptionError::new("--preset", reason)
    })
}

/// Names and formulas of a table, or of the one that ships with the program.
pub(super) fn molecules(database: Option<&Path>) -> Result<Vec<(String, Formula)>, CliError> {
    let Some(path) = database else {
        return Ok(builtin()
            .into_iter()
            .map(|molecule| (molecule.name, molecule.formula))
            .collect());
    };
    let file = File::open(path).map_err(FileError::at("open", path))?;
    let name = path.display().to_string();
    let table = annotator::moldb::MoleculeTable::read(&name, file, ms_core::formula::Repeats::Add)?;
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
pub(super) struct Tissue {
    pub(super) imzml: PathBuf,
    pub(super) truth: Truth,
    pub(super) n_spectra: u64,
    pub(super) n_peaks: u64,
}

/// Simulates a tissue and writes it. The imzML, without which the ibd is nothing, comes last and
/// under its final name only when it is complete.
pub(super) fn write_tissue(
    config: &SimulationConfig,
    molecules: &[(String, Formula)],
    variation: &Variation,
    folder: &Path,
    force: bool,
    terminal: &Terminal,
) -> Result<Tissue, CliError> {
    std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let path = |extension: &str| folder.join(format!("{}.{extension}", config.name));
    let (imzml, ibd) = (path("imzML"), path("ibd"));
    let truth_path = folder.join("truth.parquet");
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
    let truth = simulate_sample(config, molecules, variation, terminal, &mut |spectrum| {
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
    terminal.finish();
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
