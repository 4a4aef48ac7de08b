//! `metaspace experiment`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use metaspace_experiments::contrasts::Contrasted;
use metaspace_experiments::error::ExperimentError;
use metaspace_experiments::options::{
    ANNOTATION_FDR, EnrichmentOptions, ExperimentOptions, N_DRAWS, Q, SEED, SampleNorm, TermSource,
    TestKind,
};
use metaspace_experiments::record::ExperimentRecord;
use metaspace_experiments::table::{NewResults, SampleTable, write_new};
use metaspace_experiments::tables::Enriched;
use metaspace_experiments::{Experiment, run as run_experiment};
use metaspace_machine::environment::memory;
use metaspace_machine::error::FileError;
use metaspace_measure::Here;
use metaspace_results::regions::REGIONS_GEOJSON;
use metaspace_results::text::counted;
use metaspace_results::text::{percent, probability};
use metaspace_results::{RUN_JSON, ResultsError};
use metaspace_run::fetch::fetch_files;
use metaspace_storage::{Location, Store};
use tempfile::TempDir;

use crate::cli::error::CliError;
use crate::cli::measuring::MeasuringArgs;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// Ions of a contrast that are printed, at most.
const N_SHOWN: usize = 10;

/// Terms of a contrast that are printed, at most.
const N_TERMS: usize = 3;

#[derive(Debug, Args)]
pub(super) struct ExperimentArgs {
    #[command(subcommand)]
    command: ExperimentCommand,
}

#[derive(Debug, Subcommand)]
enum ExperimentCommand {
    /// Write a table of samples to fill in: condition, replicate and batch of each results folder
    New(NewArgs),
    /// Evaluate a table of samples: matrix of ions and samples, tests, enrichment, pictures, report
    Run(Box<RunArgs>),
}

#[derive(Debug, Args)]
struct NewArgs {
    /// Results folders, or `s3://BUCKET/KEY`; a line each, or a line for each region of their regions.geojson
    #[arg(long, value_name = "RESULTS", num_args = 1.., required = true)]
    results: Vec<PathBuf>,
    /// File to write
    #[arg(long, value_name = "FILE", default_value = "experiment.tsv")]
    out: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Table of samples: results and condition, and region, replicate, batch or any other column
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// Output folder
    #[arg(long, value_name = "DIR", default_value = "experiment")]
    out: PathBuf,
    /// Write an existing folder of an experiment anew
    #[arg(long)]
    force: bool,
    /// Two conditions to compare, A-B for A against B; repeatable [default: each condition against the first of the table]
    #[arg(long, value_name = "A-B")]
    contrast: Vec<String>,
    /// Column whose values are blocks, such as batch or donor: differences between them are taken out
    #[arg(long, value_name = "COLUMN")]
    block: Option<String>,
    /// Test: moderated (t of a linear model, as limma), welch or wilcoxon
    #[arg(long, value_name = "NAME", default_value = "moderated")]
    test: TestKind,
    /// Divide intensities of a sample by: none, tic, rms, median (of the ratios of ions), or ion=ION
    #[arg(long, value_name = "NAME", default_value_t = SampleNorm::default())]
    normalize: SampleNorm,
    /// Divide by the TIC or RMS of each pixel, not of the sample
    #[arg(long)]
    per_pixel: bool,
    /// Share of false ones allowed among the ions and terms that are claimed to differ, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = Q)]
    fdr: f64,
    /// Measure ions that are annotated with FDR up to this in any of the results
    #[arg(long, value_name = "FDR", default_value_t = ANNOTATION_FDR)]
    annotation_fdr: f64,
    #[command(flatten)]
    enrichment: EnrichmentArguments,
    /// Folder in which to look for datasets that are not where they were annotated; repeatable
    #[arg(long, value_name = "DIR")]
    spectra: Vec<PathBuf>,
    #[command(flatten)]
    measuring: MeasuringArgs,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Memory to use, such as 256MiB or 8GB [default: half of what the machine or its container has]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
}

/// How enrichment is computed.
#[derive(Debug, Clone, Args)]
pub(super) struct EnrichmentArguments {
    /// Terms: classes (those of the molecule table, and chain carbons, double bonds and ethers of lipids), or a GMT or CSV file
    #[arg(long, value_name = "FILE", default_value = "classes")]
    terms: String,
    /// Draws of one molecule for each ion
    #[arg(long, value_name = "N", default_value_t = N_DRAWS)]
    draws: usize,
    /// Seed of the draws
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    seed: u64,
}

impl EnrichmentArguments {
    pub(super) fn options(&self) -> EnrichmentOptions {
        EnrichmentOptions {
            terms: TermSource::from(&*self.terms),
            n_draws: self.draws,
            seed: self.seed,
        }
    }
}

pub(super) fn run(args: &ExperimentArgs, terminal: &Terminal) -> Result<Output, CliError> {
    match &args.command {
        ExperimentCommand::New(args) => new(args),
        ExperimentCommand::Run(args) => evaluate(args, terminal),
    }
}

fn new(args: &NewArgs) -> Result<Output, CliError> {
    let place = |path: &PathBuf| -> Result<NewResults, CliError> {
        let location = Location::of(path)?;
        if !location.is_object() {
            return Ok(NewResults::Folder(path.clone()));
        }
        if Store::open(&location)?.has(RUN_JSON)? {
            Ok(NewResults::Elsewhere(path.clone()))
        } else {
            Err(ResultsError::NotResults { path: path.clone() }.into())
        }
    };
    let results: Vec<NewResults> = args.results.iter().map(place).collect::<Result<_, _>>()?;
    let n_samples = write_new(&results, &args.out, args.force)?;
    let out = args.out.display();
    let text = format!(
        "{out}: {}; fill in condition, replicate and batch, then\n    metaspace experiment run {out}\n",
        counted(n_samples as u64, "sample")
    );
    let json = serde_json::json!({ "file": args.out, "samples": n_samples });
    Ok(Output { text, json })
}

fn evaluate(args: &RunArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let options = ExperimentOptions {
        annotation_fdr: args.annotation_fdr,
        q: args.fdr,
        normalization: args.normalize.clone(),
        is_per_pixel: args.per_pixel,
        test: args.test,
        contrasts: args.contrast.clone(),
        block: args.block.clone(),
        enrichment: args.enrichment.options(),
    };
    let here = Here {
        spectra: args.spectra.clone(),
        memory_bytes: memory(args.memory.as_deref())?,
    };
    let mut table = SampleTable::read(&args.table)?;
    let measuring = args
        .measuring
        .measuring(&table, &args.out, here, args.threads, terminal)?;
    let fetched = fetch(&mut table, args.measuring.is_elsewhere(), terminal)?;
    let (experiment, folder) = in_threads(args.threads, || {
        let measurer = measuring.measurer();
        run_experiment(table, &args.out, args.force, &options, measurer, terminal)
    })?;
    drop(fetched);
    measuring.finish()?;
    terminal.finish();
    let record = ExperimentRecord::new(&experiment, &options);
    let mut text = format!(
        "{} of {} results, {}",
        counted(record.n_samples as u64, "sample"),
        record.n_results,
        counted(record.n_ions as u64, "ion")
    );
    if record.n_missing > 0 {
        text.push_str(&format!(
            ", {} of {} amounts missing",
            record.n_missing,
            record.n_samples * record.n_ions
        ));
    }
    text.push('\n');
    for note in &experiment.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    for (found, contrast) in experiment.contrasts.iter().zip(&record.contrasts) {
        text.push('\n');
        text.push_str(&contrast_text(&experiment, found, options.q));
        let enriched = experiment
            .enriched
            .iter()
            .filter(|of| of.of == contrast.contrast);
        for of in enriched {
            text.push_str(&terms_text(of, options.q));
        }
    }
    text.push_str(&format!(
        "\nwritten: {}\n",
        folder.join("report.html").display()
    ));
    let json = serde_json::to_value(&record).map_err(|source| ExperimentError::Json {
        path: folder,
        source,
    })?;
    Ok(Output { text, json })
}

/// Tables that are read of results which are measured elsewhere.
const TABLES: [&str; 4] = [
    "annotations.parquet",
    "pixels.parquet",
    "segments.parquet",
    REGIONS_GEOJSON,
];

/// Brings results that lie in a store to folders of this machine, which are there as long as what is
/// given back; only tables where they are measured elsewhere.
fn fetch(
    table: &mut SampleTable,
    is_elsewhere: bool,
    terminal: &Terminal,
) -> Result<Option<TempDir>, CliError> {
    let mut addresses: BTreeMap<PathBuf, Location> = BTreeMap::new();
    for sample in &table.samples {
        let place = Location::of(&sample.results)?;
        if place.is_object() {
            addresses.insert(sample.results.clone(), place);
        }
    }
    if addresses.is_empty() {
        return Ok(None);
    }
    let room = tempfile::tempdir().map_err(FileError::at("make", std::env::temp_dir()))?;
    for (number, (results, place)) in addresses.iter().enumerate() {
        let folder = room.path().join(number.to_string());
        std::fs::create_dir(&folder).map_err(FileError::at("make", &folder))?;
        let is_wanted = |name: &str| !is_elsewhere || TABLES.contains(&name);
        fetch_files(&Store::open(place)?, &folder, is_wanted, terminal)?;
        let of_place = table.samples.iter_mut().filter(|s| s.results == *results);
        of_place.for_each(|sample| sample.local.clone_from(&folder));
    }
    Ok(Some(room))
}

/// Counts of a contrast, and the ions of lowest p.
fn contrast_text(experiment: &Experiment, found: &Contrasted, q: f64) -> String {
    let [more, less] = found.claimed(q).map(|ions| ions.len());
    let n_tested = found.ions.iter().filter(|ion| ion.test.p.is_some()).count();
    let [first, second] = &found.contrast.conditions;
    let mut text = format!(
        "{first} against {second}, {} against {} replicates: of {n_tested} ions tested {more} are more \
         and {less} less at q {}\n",
        found.n_units[0],
        found.n_units[1],
        percent(q)
    );
    let shown: Vec<usize> = found.by_p().into_iter().take(N_SHOWN).collect();
    if !shown.is_empty() {
        text.push_str(&format!(
            "{:<24} {:>8} {:>9} {:>9}  molecules\n",
            "ion", "log2 FC", "p", "q"
        ));
    }
    for ion in shown {
        let (named, found) = (&experiment.matrix.ions[ion], &found.ions[ion]);
        let number = |value: Option<f64>| match value {
            Some(value) => probability(value),
            None => "–".into(),
        };
        let molecule = named
            .molecules
            .first()
            .map_or("", |molecule| &molecule.name);
        let others = named.molecules.len().saturating_sub(1);
        let others = if others == 0 {
            String::new()
        } else {
            format!(" or {others} more")
        };
        text.push_str(&format!(
            "{:<24} {:>+8.2} {:>9} {:>9}  {molecule}{others}\n",
            named.ion,
            found.test.difference,
            number(found.test.p),
            number(found.q),
        ));
    }
    text
}

/// The terms of lowest p that are claimed.
fn terms_text(of: &Enriched, q: f64) -> String {
    let claimed = of.terms.iter().filter(|term| term.q <= q);
    let named: Vec<String> = claimed
        .take(N_TERMS)
        .map(|term| format!("{} (q {:.1e})", term.term, term.q))
        .collect();
    if named.is_empty() {
        return String::new();
    }
    let kind = match of.kind {
        "ranked" => "enriched by rank".to_owned(),
        kind => format!("enriched among those that are {kind}"),
    };
    format!("{kind}: {}\n", named.join(", "))
}
