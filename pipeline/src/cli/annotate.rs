//! `metaspace annotate`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use metaspace_engines::state::RunStatus;
use metaspace_machine::allocator::keep_small_buffers;
use metaspace_machine::environment::memory;
use metaspace_machine::error::{Explanation, OptionError};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::text::{percent, thousands};
use metaspace_run::config::{DEFAULT_FDR, read_settings};
use metaspace_run::dataset::open;
use metaspace_run::destination::results_path;
use metaspace_run::source::Input;
use metaspace_run::whole::{Outcome, run as run_job};
use metaspace_storage::Location;
use ms_core::ion::{Charge, Modifier};

use crate::cli::annotate_options::AnnotateArguments;
use crate::cli::error::CliError;
use crate::cli::output::{Finished, INCOMPLETE, Output, camel_case};
use crate::cli::summary;
use crate::cli::tasks::check_apart;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

#[derive(Debug, Args)]
#[command(
    override_usage = "metaspace annotate [OPTIONS] <IMZML>...\n       metaspace annotate [OPTIONS] --peaks <FILE>"
)]
pub(super) struct AnnotateArgs {
    /// The imzML file, or `s3://BUCKET/KEY`; the ibd must be beside it, or see --ibd. Several are annotated one after another
    #[arg(required_unless_present = "peaks")]
    imzml: Vec<PathBuf>,
    /// Read the peaks that a run kept in place of an imzML: its peaks.parquet, or its results folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["imzml", "ibd", "verify", "z"])]
    peaks: Option<PathBuf>,
    /// Keep all peaks, ordered by m/z, in peaks.parquet: 16 bytes a peak, for --peaks, `metaspace extract` and the REST API
    #[arg(long)]
    keep_peaks: bool,
    /// Settings file (TOML) with the names of the options; the command line takes precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: AnnotateArguments,
    /// Folder for temporary files, on a disk with room for 16 bytes a peak [default: that of the results]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

pub(super) fn run(args: &AnnotateArgs, terminal: &Terminal) -> Result<Finished, CliError> {
    let file = args
        .config
        .as_deref()
        .map(read_settings)
        .transpose()?
        .unwrap_or_default();
    let given = AnnotateOptions {
        keep_peaks: args.keep_peaks,
        scratch: args.scratch.clone(),
        ..args.options.options()
    };
    let options = given.over(file);
    keep_small_buffers(memory(options.memory.as_deref())?);
    let input = match (&args.peaks, args.imzml.as_slice()) {
        (Some(peaks), _) => Input::Peaks(peaks.clone()),
        (None, [imzml]) if !is_both(&options) => Input::Imzml(imzml.clone()),
        (None, several) => return annotate_several(several, &options, terminal),
    };
    let outcome = in_threads(options.threads, || run_job(&input, &options, terminal))?;
    Ok(output(&outcome, outcome.fdr).into())
}

/// Annotates one dataset after another, each into a folder of its own. What is wrong with one keeps
/// none of the others.
fn annotate_several(
    datasets: &[PathBuf],
    options: &AnnotateOptions,
    terminal: &Terminal,
) -> Result<Finished, CliError> {
    for (option, is_given) in [
        ("--out", options.out.is_some()),
        ("--ibd", options.ibd.is_some()),
    ] {
        if is_given && datasets.len() > 1 {
            let reason = "is for one dataset, and several are given; each has its own folder";
            return Err(OptionError::new(option, reason).into());
        }
    }
    let jobs: Vec<(PathBuf, AnnotateOptions)> = if is_both(options) {
        let of_polarities = datasets
            .iter()
            .map(|path| by_polarity(path, options, terminal));
        of_polarities.collect::<Result<Vec<_>, _>>()?.concat()
    } else {
        let with_options = |path: &PathBuf| (path.clone(), options.clone());
        datasets.iter().map(with_options).collect()
    };
    let places = jobs.iter().map(|(path, options)| {
        let dataset = Location::of(path)?;
        let results = results_path(&dataset, false, options)?;
        Ok((path.display().to_string(), results.to_string()))
    });
    check_apart(places.collect::<Result<_, CliError>>()?, "annotate")?;
    let (mut texts, mut values, mut states, mut n_failed) =
        (Vec::new(), Vec::new(), String::new(), 0);
    for (path, options) in &jobs {
        terminal.say(&format!("\n{}", path.display()));
        let input = Input::Imzml(path.clone());
        let start = Instant::now();
        let outcome = in_threads(options.threads, || run_job(&input, options, terminal));
        terminal.finish();
        let seconds = format!("{:.1}", start.elapsed().as_secs_f64());
        let name = path.display();
        match outcome {
            Ok(outcome) => {
                let Output { text, mut json } = output(&outcome, outcome.fdr);
                texts.push(format!("{name}\n{text}"));
                json["dataset"] = serde_json::json!(path);
                json["state"] = serde_json::json!(RunStatus::Complete);
                values.push(json);
                let found = outcome.rows.iter();
                let found = found.filter(|row| row.annotation.fdr <= outcome.fdr);
                states.push_str(&state_line(
                    RunStatus::Complete.name(),
                    &thousands(found.count() as u64),
                    &seconds,
                    &format!("{name}  {}", outcome.folder.display()),
                ));
            }
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                n_failed += 1;
                let why = Explanation::of(&error).lines();
                values.push(serde_json::json!({
                    "dataset": path,
                    "state": RunStatus::Failed,
                    "error": why,
                }));
                texts.push(format!("{name}\nerror: {why}\n"));
                let first = why.lines().next().unwrap_or_default();
                states.push_str(&state_line(
                    RunStatus::Failed.name(),
                    "-",
                    &seconds,
                    &format!("{name}  {first}"),
                ));
            }
        }
    }
    let fdr = percent(options.fdr.unwrap_or(DEFAULT_FDR));
    let head = state_line(
        "state",
        &format!("annotations at FDR {fdr}"),
        "seconds",
        "dataset  results",
    );
    texts.push(head + &states);
    if n_failed > 0 {
        texts.push(format!(
            "{n_failed} of {} datasets were not annotated\n",
            jobs.len()
        ));
    }
    Ok(Finished {
        output: Output {
            text: texts.join("\n"),
            json: serde_json::Value::Array(values),
        },
        code: if n_failed == 0 { 0 } else { INCOMPLETE },
    })
}

/// A line of the table of how each dataset went.
fn state_line(state: &str, n_annotations: &str, seconds: &str, rest: &str) -> String {
    format!("{state:<9}  {n_annotations:>24}  {seconds:>7}  {rest}\n")
}

/// Whether the spectra of either polarity are annotated, each into a folder of its own.
fn is_both(options: &AnnotateOptions) -> bool {
    let polarity = options.polarity.as_deref();
    polarity.is_some_and(|polarity| polarity.eq_ignore_ascii_case("both"))
}

/// The options of each polarity of a dataset: the adducts that make such ions, and a results folder
/// with the polarity in its name.
fn by_polarity(
    path: &Path,
    options: &AnnotateOptions,
    terminal: &Terminal,
) -> Result<Vec<(PathBuf, AnnotateOptions)>, CliError> {
    if options.charge.is_some() {
        let reason = "has a sign: annotate one polarity at a time";
        return Err(OptionError::new("--charge", reason).into());
    }
    let any = AnnotateOptions {
        polarity: None,
        ..options.clone()
    };
    let (dataset, _) = open(path, &any, terminal)?;
    if !dataset.header.is_polarity_mixed {
        let reason = format!(
            "`{}` does not have spectra of both\nhint: leave it out, and what the file says is taken",
            path.display()
        );
        return Err(OptionError::new("--polarity", reason).into());
    }
    drop(dataset);
    let name = Location::of(path)?.stem().unwrap_or("dataset").to_owned();
    let of = |(polarity, sign): (&str, i32)| {
        let makes_such = |text: &&String| {
            // What cannot be read is refused when it is used.
            let adduct: Option<Modifier> = text.parse().ok();
            let charge = adduct.and_then(|adduct| {
                let stated = adduct.charge().map(Charge::number);
                stated.or(adduct.usual_charge())
            });
            charge.is_none_or(|charge| charge.signum() == sign)
        };
        let adduct: Vec<String> = options.adduct.iter().filter(makes_such).cloned().collect();
        if adduct.is_empty() && !options.adduct.is_empty() {
            let reason = format!("none makes {polarity} ions, and --polarity is both");
            return Err(OptionError::new("--adduct", reason));
        }
        let out = match &options.out {
            Some(out) => format!("{}-{polarity}", out.display()),
            None => format!("{name}-{polarity}-results"),
        };
        let options = AnnotateOptions {
            adduct,
            polarity: Some(polarity.into()),
            out: Some(out.into()),
            ..options.clone()
        };
        Ok((path.to_owned(), options))
    };
    let both = [("positive", 1), ("negative", -1)].map(of);
    Ok(both.into_iter().collect::<Result<_, _>>()?)
}

/// The outcome for people and for scripts.
pub(super) fn output(outcome: &Outcome, fdr: f64) -> Output {
    let json = serde_json::json!({
        "folder": outcome.folder,
        "counts": camel_case(serde_json::json!(outcome.record.counts)),
        "warnings": outcome.record.warnings,
        "stages": camel_case(serde_json::json!(outcome.record.stages)),
        "peakMemoryBytes": outcome.record.peak_memory_bytes,
    });
    Output {
        text: summary::text(outcome, fdr),
        json,
    }
}
