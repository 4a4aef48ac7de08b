//! `metaspace simulate-experiment`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use datasets::experiment::{ExperimentConfig, PlannedSample};
use datasets::molecules::builtin;
use datasets::simulate::{SimulationConfig, Variation};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_run::simulated::{molecules, preset_of, write_tissue};

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// Spreads the seed of an experiment over its samples.
const SEEDS_APART: u64 = 1_000_003;

/// A molecule or class, and how much more there is of it.
#[derive(Debug, Clone, PartialEq)]
struct Effect(String, f64);

impl FromStr for Effect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = text.rsplit_once('=');
        let fold = pair.and_then(|(name, fold)| Some((name, fold.parse::<f64>().ok()?)));
        match fold {
            Some((name, fold)) if fold > 0.0 && fold.is_finite() && !name.is_empty() => {
                Ok(Self(name.trim().into(), fold.log2()))
            }
            _ => Err("must be NAME=FOLD with a fold above 0, such as \"PC 34:1=2\"".into()),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct SimulateExperimentArgs {
    /// Output folder: NAME/NAME.imzML of each sample, experiment.tsv and truth.tsv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Conditions, with commas; effects are those of all but the first
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = ExperimentConfig::default().conditions)]
    conditions: Vec<String>,
    /// Samples of each condition
    #[arg(long, value_name = "N", default_value_t = ExperimentConfig::default().n_replicates)]
    replicates: usize,
    /// Let each donor give a sample of every condition
    #[arg(long)]
    paired: bool,
    /// Batches in which samples are measured
    #[arg(long, value_name = "N", default_value_t = ExperimentConfig::default().n_batches)]
    batches: usize,
    /// Measure all samples of a condition but one in one batch, so that batches differ by condition
    #[arg(long)]
    skewed: bool,
    /// Standard deviation between donors, in base-2 logarithms of intensity
    #[arg(long, value_name = "S", default_value_t = ExperimentConfig::default().donor_sigma)]
    donor_sigma: f64,
    /// Standard deviation between batches, in base-2 logarithms of intensity
    #[arg(long, value_name = "S", default_value_t = ExperimentConfig::default().batch_sigma)]
    batch_sigma: f64,
    /// Standard deviation between samples of a donor and batch, in base-2 logarithms of intensity
    #[arg(long, value_name = "S", default_value_t = ExperimentConfig::default().residual_sigma)]
    sample_sigma: f64,
    /// Molecule or class, and how many times as much of it there is; repeatable [default: "Phosphatidylcholine=2" and "Phosphatidylethanolamine=0.5"]
    #[arg(long, value_name = "NAME=FOLD")]
    effect: Vec<Effect>,
    /// Kind of tissue: demo, orbitrap-brain, fticr-spheroid, tof-kidney or bench
    #[arg(long, value_name = "NAME", default_value = "demo")]
    preset: String,
    /// Seed: the same seed gives the same experiment
    #[arg(long, value_name = "SEED", default_value_t = ExperimentConfig::default().seed)]
    seed: u64,
    /// Width in pixels [default: that of the preset]
    #[arg(long, value_name = "N")]
    width: Option<u32>,
    /// Height in pixels [default: that of the preset]
    #[arg(long, value_name = "N")]
    height: Option<u32>,
    /// Molecules in the tissue [default: that of the preset]
    #[arg(long, value_name = "N")]
    molecules: Option<usize>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl SimulateExperimentArgs {
    fn config(&self) -> ExperimentConfig {
        let given = self
            .effect
            .iter()
            .map(|effect| (effect.0.clone(), effect.1));
        let effects: Vec<(String, f64)> = given.collect();
        ExperimentConfig {
            conditions: self.conditions.clone(),
            n_replicates: self.replicates,
            is_paired: self.paired,
            n_batches: self.batches,
            is_skewed: self.skewed,
            donor_sigma: self.donor_sigma,
            batch_sigma: self.batch_sigma,
            residual_sigma: self.sample_sigma,
            effects: if effects.is_empty() {
                ExperimentConfig::default().effects
            } else {
                effects
            },
            seed: self.seed,
        }
    }
}

pub(super) fn run(args: &SimulateExperimentArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let config = args.config();
    let samples = config.plan()?;
    let mut tissue = preset_of(&args.preset)?;
    tissue.seed = config.seed;
    tissue.width = args.width.unwrap_or(tissue.width);
    tissue.height = args.height.unwrap_or(tissue.height);
    tissue.n_molecules = args.molecules.unwrap_or(tissue.n_molecules);
    let molecules = molecules(None)?;
    let classes: Vec<String> = builtin()
        .into_iter()
        .map(|molecule| molecule.class)
        .collect();
    let of_molecule = |number: usize| (&*molecules[number].0, &*classes[number]);
    let names: Vec<&str> = molecules.iter().map(|(name, _)| &**name).collect();
    check_effects(&config, &names, &classes)?;
    let mut present: BTreeSet<usize> = BTreeSet::new();
    for (number, sample) in samples.iter().enumerate() {
        let factor = |molecule: usize| {
            let (name, class) = of_molecule(molecule);
            let log2 = config.effect(name, class, sample.condition)
                + config.scatter(sample, number, molecule);
            #[expect(clippy::cast_possible_truncation, reason = "levels are f32")]
            let factor = log2.exp2() as f32;
            (molecule, factor)
        };
        let variation = Variation {
            seed: Some(
                config
                    .seed
                    .wrapping_mul(SEEDS_APART)
                    .wrapping_add(number as u64),
            ),
            factors: (0..molecules.len()).map(factor).collect(),
        };
        let of_sample = SimulationConfig {
            name: sample.name.clone(),
            ..tissue.clone()
        };
        let folder = args.out.join(&sample.name);
        let written = in_threads(args.threads, || {
            write_tissue(
                &of_sample, &molecules, &variation, &folder, args.force, terminal,
            )
        })?;
        terminal.finish();
        present.extend(written.truth.ions.iter().map(|ion| ion.molecule));
    }
    write_table(&args.out, &config, &samples)?;
    let n_changed = write_truth(&args.out, &config, &present, &of_molecule)?;
    let n_molecules = present.len();
    let text = format!(
        "{} samples of {} conditions, {n_molecules} molecules, {n_changed} of them changed\n\
         written: {} and truth.tsv; annotate each sample to {}/results/NAME\n",
        samples.len(),
        config.conditions.len(),
        args.out.join("experiment.tsv").display(),
        args.out.display()
    );
    let json = serde_json::json!({
        "folder": args.out, "samples": samples.iter().map(|s| &s.name).collect::<Vec<_>>(),
        "molecules": n_molecules, "changedMolecules": n_changed,
    });
    Ok(Output { text, json })
}

/// Refuses an effect on what is no molecule and no class of the table.
fn check_effects(
    config: &ExperimentConfig,
    names: &[&str],
    classes: &[String],
) -> Result<(), OptionError> {
    let is_known = |of: &String| names.contains(&of.as_str()) || classes.contains(of);
    match config.effects.iter().find(|(of, _)| !is_known(of)) {
        Some((of, _)) => {
            let reason = format!("no molecule or class of the built-in table is called `{of}`");
            Err(OptionError::new("--effect", reason))
        }
        None => Ok(()),
    }
}

/// `experiment.tsv`, of results that are yet to be made beside it.
fn write_table(
    folder: &Path,
    config: &ExperimentConfig,
    samples: &[PlannedSample],
) -> Result<(), CliError> {
    let mut text = String::from("results\tregion\tcondition\treplicate\tbatch\tdonor\n");
    for sample in samples {
        text.push_str(&format!(
            "results/{}\twhole\t{}\t{}\tbatch-{}\tdonor-{}\n",
            sample.name,
            config.conditions[sample.condition],
            sample.donor + 1,
            sample.batch + 1,
            sample.donor + 1,
        ));
    }
    let path = folder.join("experiment.tsv");
    Ok(std::fs::write(&path, text).map_err(FileError::at("write", &path))?)
}

/// `truth.tsv`: what was changed, of each molecule of the tissue under each condition but the first;
/// gives the number of molecules with an effect.
fn write_truth<'a>(
    folder: &Path,
    config: &ExperimentConfig,
    present: &BTreeSet<usize>,
    of_molecule: &dyn Fn(usize) -> (&'a str, &'a str),
) -> Result<usize, CliError> {
    let mut text = String::from("molecule\tclass\tcondition\tlog2FoldChange\n");
    let mut n_changed = 0;
    for &molecule in present {
        let (name, class) = of_molecule(molecule);
        let mut is_changed = false;
        for (number, condition) in config.conditions.iter().enumerate().skip(1) {
            let fold = config.effect(name, class, number);
            is_changed |= fold.abs() > 0.0;
            text.push_str(&format!("{name}\t{class}\t{condition}\t{fold}\n"));
        }
        n_changed += usize::from(is_changed);
    }
    let path = folder.join("truth.tsv");
    std::fs::write(&path, text).map_err(FileError::at("write", &path))?;
    Ok(n_changed)
}
