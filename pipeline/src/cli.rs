//! The command line: one command, one file.

#![expect(
    clippy::result_large_err,
    reason = "a command fails once, and its error is told at once"
)]

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use metaspace_machine::error::{Explanation, OptionError};
use metaspace_machine::interrupt::stop_on_interrupt;

use crate::cli::error::CliError;
use crate::cli::output::Finished;
use crate::cli::terminal::{Terminal, Verbosity};

mod annotate;
mod annotate_options;
mod coloc;
mod compare;
mod completions;
mod convert;
mod demo;
mod deploy;
mod drawing;
mod enrich;
mod error;
mod evaluate;
mod experiment;
mod export;
mod extract;
mod figure;
mod images;
mod info;
mod isotopes;
mod man;
mod measuring;
mod optical;
mod output;
mod plan;
mod report;
mod results_info;
mod runs;
mod serve;
mod simulate;
mod simulate_experiment;
mod submit;
mod summary;
mod tasks;
mod terminal;
mod threads;
mod version;
mod worker;

/// Exit code of a command that did what it should.
const SUCCEEDED: u8 = 0;

/// Exit code of a command that failed.
const FAILED: u8 = 1;

/// Exit code of a command stopped by Ctrl-C, as shells expect it.
const INTERRUPTED: u8 = 130;

/// Find which metabolites are where in an imaging mass spectrometry dataset.
///
/// Start with `metaspace demo`, or with `metaspace annotate DATASET.imzML`.
#[derive(Debug, Parser)]
#[command(name = "metaspace", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// With --version: also what it was built for, its schemas, and the folder of its cache
    #[arg(long)]
    verbose: bool,
    /// Print only errors
    #[arg(long, global = true, help_heading = "Options of every command")]
    quiet: bool,
    /// Print the outcome as JSON on stdout
    #[arg(long, global = true, help_heading = "Options of every command")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Annotate a dataset: find the ions of molecules in it, with a false discovery rate
    Annotate(Box<annotate::AnnotateArgs>),
    /// Find co-localized ions in a results folder: partners, groups, markers, segments
    Coloc(Box<coloc::ColocArgs>),
    /// Compare results: which ions they share, and which only one of them has
    Compare(compare::CompareArgs),
    /// Serve results folders with a viewer and a REST API; by default only to this machine
    Serve(serve::ServeArgs),
    /// Simulate a small tissue, annotate it, and show what was found and where
    Demo(demo::DemoArgs),
    /// Draw ion images of a results folder as PNG or OME-TIFF
    Images(Box<images::ImagesArgs>),
    /// Draw a figure for a paper: ion images with names, colour bars and scale bar as SVG, PDF or PNG
    Figure(Box<figure::FigureArgs>),
    /// Put an optical image of the section beside results, place it on the ion images, or draw it on their raster
    Optical(optical::OpticalArgs),
    /// Export ions × pixels for other programs: a CSV or Parquet table, AnnData, SpatialData
    Export(Box<export::ExportArgs>),
    /// Extract images of any m/z, annotated or not, as PNG, OME-TIFF, NPY or Parquet
    Extract(Box<extract::ExtractArgs>),
    /// Write a report of a results folder: one HTML file that opens from disk
    Report(report::ReportArgs),
    /// Compare conditions over many datasets: matrix, tests, enrichment, report
    Experiment(Box<experiment::ExperimentArgs>),
    /// Find kinds of molecules of which there are more than by chance
    Enrich(enrich::EnrichArgs),
    /// Simulate a tissue with known truth and write it as imzML
    Simulate(simulate::SimulateArgs),
    /// Simulate tissues of donors, batches and conditions with known effects
    SimulateExperiment(Box<simulate_experiment::SimulateExperimentArgs>),
    /// Check the claimed FDR of results against the truth of a simulated tissue or by entrapment
    Evaluate(evaluate::EvaluateArgs),
    /// Describe a dataset: pixels, mode, polarity, m/z range, peaks, and anything odd
    Info(info::InfoArgs),
    /// Write a dataset anew: peaks picked, cut to a region or m/z range, recalibrated, compressed
    Convert(Box<convert::ConvertArgs>),
    /// Print the isotopic pattern of a formula
    Isotopes(isotopes::IsotopesArgs),
    /// Estimate an annotation as tasks: their number, memory, time and cost
    Plan(Box<plan::PlanArgs>),
    /// Annotate datasets as tasks on an engine: threads, Lambda or Slurm
    Submit(Box<submit::SubmitArgs>),
    /// Show the progress of a run
    Status(runs::RunArgs),
    /// Wait until a run has ended
    Wait(runs::WaitArgs),
    /// Cancel a run; finished tasks stay
    Cancel(runs::RunArgs),
    /// Resume a run: do its missing tasks
    Resume(runs::ResumeArgs),
    /// Package and publish the program to an engine
    Deploy(deploy::DeployArgs),
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(man::ManArgs),
    /// Do tasks; engines call this command
    Worker(crate::worker::WorkerArgs),
}

/// Runs the command of a command line; returns the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_code(args))
}

/// The same, for a caller that ends its process by itself.
///
/// Ctrl-C, SIGTERM and SIGHUP ask the command to stop from here on, as long as the process lives.
pub fn exit_code(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayVersion && is_verbose(&args) => {
            // There is nobody else to tell.
            drop(
                std::io::stdout()
                    .lock()
                    .write_all(version::describe().as_bytes()),
            );
            return SUCCEEDED;
        }
        Err(error) => {
            // Help and version go to stdout, mistakes to stderr; there is nobody else to tell.
            drop(error.print());
            return u8::try_from(error.exit_code()).unwrap_or(FAILED);
        }
    };
    stop_on_interrupt();
    let verbosity = if cli.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Normal
    };
    let terminal = Terminal::new(verbosity);
    let result = if cli.verbose {
        Err(OptionError::new("--verbose", "is for --version alone").into())
    } else {
        run(&cli.command, &terminal)
    };
    terminal.finish();
    match result {
        Ok(finished) => print(&finished, &cli),
        Err(error) => fail(&error),
    }
}

/// Whether the version is asked for with all that is known of it.
fn is_verbose(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "--verbose")
}

fn run(command: &Command, terminal: &Terminal) -> Result<Finished, CliError> {
    let output = match command {
        Command::Annotate(args) => return annotate::run(args, terminal),
        Command::Coloc(args) => coloc::run(args, terminal),
        Command::Serve(args) => serve::run(args, terminal),
        Command::Demo(args) => demo::run(args, terminal),
        Command::Images(args) => images::run(args, terminal),
        Command::Figure(args) => figure::run(args),
        Command::Optical(args) => optical::run(args),
        Command::Export(args) => export::run(args, terminal),
        Command::Extract(args) => extract::run(args, terminal),
        Command::Report(args) => report::run(args, terminal),
        Command::Experiment(args) => experiment::run(args, terminal),
        Command::Enrich(args) => enrich::run(args),
        Command::SimulateExperiment(args) => simulate_experiment::run(args, terminal),
        Command::Simulate(args) => simulate::run(args, terminal),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Info(args) => info::run(args, terminal),
        Command::Convert(args) => convert::run(args, terminal),
        Command::Isotopes(args) => isotopes::run(args),
        Command::Plan(args) => plan::run(args, terminal),
        Command::Completions(args) => Ok(completions::run(args, Cli::command())),
        Command::Man(args) => man::run(args, Cli::command()),
        Command::Compare(args) => compare::run(args),
        Command::Worker(args) => worker::run(args),
        Command::Deploy(args) => deploy::run(args, terminal),
        Command::Submit(args) => return submit::run(args, terminal),
        Command::Status(args) => return runs::status(args),
        Command::Wait(args) => return runs::wait(args, terminal),
        Command::Cancel(args) => return runs::cancel(args),
        Command::Resume(args) => return runs::resume(args, terminal),
    };
    Ok(output?.into())
}

fn print(finished: &Finished, cli: &Cli) -> u8 {
    let output = &finished.output;
    let text = if cli.json {
        format!("{:#}\n", output.json)
    } else if cli.quiet {
        // What did not succeed is an error, which is said in any case.
        if finished.code != 0 {
            drop(std::io::stderr().lock().write_all(output.text.as_bytes()));
        }
        String::new()
    } else {
        output.text.clone()
    };
    // A reader that has seen enough, such as `head`, closes the pipe; that is no failure.
    drop(std::io::stdout().lock().write_all(text.as_bytes()));
    finished.code
}

/// Says what went wrong.
fn fail(error: &CliError) -> u8 {
    let mut text = String::new();
    if error.is_cancelled() {
        text.push_str("stopped; nothing was left half-written\n");
    } else {
        text.push_str(&format!("error: {}\n", Explanation::of(error).lines()));
    }
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
    if error.is_cancelled() {
        INTERRUPTED
    } else {
        FAILED
    }
}
