//! `metaspace simulate`.

use std::path::PathBuf;

use clap::Args;
use datasets::simulate::Variation;
use metaspace_results::text::thousands;
use metaspace_run::simulated::{molecules, preset_of, write_tissue};

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
    terminal.finish();
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
