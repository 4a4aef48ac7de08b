//! The command line: one command, one file.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::aws::is_lambda_function;
use crate::error::RunError;
use crate::lambda::serve as serve_lambda;
use crate::terminal::{Terminal, Verbosity, stop_on_interrupt};

mod annotate;
mod coloc;
mod demo;
mod deploy;
mod evaluate;
mod images;
mod info;
mod isotopes;
mod plan;
mod report;
mod runs;
mod serve;
mod simulate;
mod submit;
mod tasks;
mod worker;

/// Exit code of a command that failed.
const FAILED: u8 = 1;

/// Exit code of a command that did not do all that it should.
const INCOMPLETE: u8 = 3;

/// Exit code of a command stopped by Ctrl-C, as shells expect it.
const INTERRUPTED: u8 = 130;

/// Finds which metabolites are where in an imaging mass spectrometry dataset.
///
/// Start with `metaspace demo`, or with `metaspace annotate DATASET.imzML`.
#[derive(Debug, Parser)]
#[command(name = "metaspace", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Says nothing but errors
    #[arg(long, global = true)]
    quiet: bool,
    /// Prints the outcome as JSON on stdout
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Annotates a dataset: which ions of which molecules are in it, at which false discovery rate
    Annotate(Box<annotate::AnnotateArgs>),
    /// Says which ions lie together in a results folder: partners, groups, markers, segments
    Coloc(Box<coloc::ColocArgs>),
    /// Serves results folders as a viewer and a REST API, on this machine if not told otherwise
    Serve(serve::ServeArgs),
    /// Simulates a small tissue, annotates it, and says what was found and where it lies
    Demo(demo::DemoArgs),
    /// Draws the ions of a results folder as PNG or OME-TIFF
    Images(Box<images::ImagesArgs>),
    /// Writes a report of a results folder: one HTML file that opens from disk
    Report(report::ReportArgs),
    /// Writes a simulated tissue with known truth as imzML
    Simulate(simulate::SimulateArgs),
    /// Says how far the claimed FDR of results holds, by the truth of a simulated tissue or by entrapment
    Evaluate(evaluate::EvaluateArgs),
    /// Says what a dataset is: pixels, mode, polarity, m/z range, peaks, and what is odd about it
    Info(info::InfoArgs),
    /// Prints the isotopic pattern of a formula
    Isotopes(isotopes::IsotopesArgs),
    /// Says what an annotation would be as tasks: how many, their memory and time, and what they cost
    Plan(Box<plan::PlanArgs>),
    /// Annotates datasets as tasks on an engine
    Submit(Box<submit::SubmitArgs>),
    /// Says how far a run is
    Status(runs::RunArgs),
    /// Waits until a run has ended
    Wait(runs::WaitArgs),
    /// Stops a run; what is done stays
    Cancel(runs::RunArgs),
    /// Does what is missing of a run
    Resume(runs::ResumeArgs),
    /// Packages and publishes the program where tasks are done
    Deploy(deploy::DeployArgs),
    /// Does tasks, as an engine calls it
    Worker(worker::WorkerArgs),
}

/// What a command has to say on stdout.
struct Output {
    text: String,
    json: serde_json::Value,
}

/// What a command has to say, and its exit code.
struct Finished {
    output: Output,
    code: u8,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self { output, code: 0 }
    }
}

/// Runs the command of a command line, or the function of Lambda; returns the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    if is_lambda_function() {
        return serve_lambda().map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS);
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout, mistakes to stderr; there is nobody else to tell.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    stop_on_interrupt();
    let verbosity = if cli.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Normal
    };
    let terminal = Terminal::new(verbosity);
    let result = run(&cli.command, &terminal);
    terminal.finish();
    match result {
        Ok(finished) => print(&finished, &cli),
        Err(error) => fail(&error),
    }
}

fn run(command: &Command, terminal: &Terminal) -> Result<Finished, RunError> {
    let output = match command {
        Command::Annotate(args) => annotate::run(args, terminal),
        Command::Coloc(args) => coloc::run(args, terminal),
        Command::Serve(args) => serve::run(args, terminal),
        Command::Demo(args) => demo::run(args, terminal),
        Command::Images(args) => images::run(args, terminal),
        Command::Report(args) => report::run(args, terminal),
        Command::Simulate(args) => simulate::run(args, terminal),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Info(args) => info::run(args, terminal),
        Command::Isotopes(args) => isotopes::run(args),
        Command::Plan(args) => plan::run(args, terminal),
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

fn print(finished: &Finished, cli: &Cli) -> ExitCode {
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
    ExitCode::from(finished.code)
}

/// What went wrong, each cause on its own line.
fn in_full(error: &RunError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!("\n  because: {source}"));
        cause = source.source();
    }
    text
}

/// Says what went wrong.
fn fail(error: &RunError) -> ExitCode {
    let mut text = String::new();
    if error.is_cancelled() {
        text.push_str("stopped; nothing was left half-written\n");
    } else {
        text.push_str(&format!("error: {}\n", in_full(error)));
    }
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
    ExitCode::from(if error.is_cancelled() {
        INTERRUPTED
    } else {
        FAILED
    })
}
