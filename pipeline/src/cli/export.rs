//! `metaspace export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use metaspace_explore::normalize::Normalization;
use metaspace_export::{
    ColumnNames, ExportOptions, Exported, FDR, write_anndata, write_matrix, write_spatialdata,
};
use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;
use metaspace_results::check_results;
use metaspace_results::text::counted;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// What columns of a matrix are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HeaderName {
    /// Formula, adduct and sign: `C42H82NO8P+Na+`, the column `ion` of annotations.csv.
    Ion,
    /// The likeliest molecule's name, and the ion in brackets.
    Name,
}

impl From<HeaderName> for ColumnNames {
    fn from(value: HeaderName) -> Self {
        match value {
            HeaderName::Ion => Self::Ion,
            HeaderName::Name => Self::Name,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    #[command(flatten)]
    targets: Targets,
    /// Export ions with FDR up to this, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    fdr: f64,
    /// Divide each intensity by that of its pixel: none, tic, rms, median (of the annotated ions), ion=ION (such as an internal standard), or mz=MZ
    #[arg(long, value_name = "BY", default_value = "none")]
    normalize: Normalization,
    /// Region: a GeoJSON, PNG or CSV (all its regions), a name of regions.geojson, tissue, whole or segment:N; repeatable. A matrix has a row of means for each; AnnData has a column that says which pixels are in it
    #[arg(long, value_name = "FILE|NAME")]
    region: Vec<String>,
    /// Names of the columns of a matrix
    #[arg(long, value_name = "KIND", default_value = "ion")]
    header: HeaderName,
    /// Side of a pixel in µm, for SpatialData [default: what the imzML says]
    #[arg(long, value_name = "UM")]
    pixel_size: Option<f64>,
    /// Overwrite an existing file, or an existing Zarr group
    #[arg(long)]
    force: bool,
    /// Memory for intensities, such as 256MiB or 8GB [default: half of what the machine or its container has]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// What is written; one or more.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Targets {
    /// Table of pixels × ions: a file that ends with .csv or .parquet
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// AnnData for scanpy and squidpy: a folder that ends with .zarr (Zarr version 3)
    #[arg(long, value_name = "DIR")]
    anndata: Option<PathBuf>,
    /// SpatialData in µm: a folder that ends with .zarr (Zarr version 3)
    #[arg(long, value_name = "DIR")]
    spatialdata: Option<PathBuf>,
}

pub(super) fn run(args: &ExportArgs, terminal: &Terminal) -> Result<Output, CliError> {
    check_results(&args.folder)?;
    if args.pixel_size.is_some() && args.targets.spatialdata.is_none() {
        let reason = "is for --spatialdata, which is not asked for";
        return Err(OptionError::new("--pixel-size", reason).into());
    }
    let options = ExportOptions {
        fdr: args.fdr,
        regions: args.region.clone(),
        normalization: args.normalize.clone(),
        header: args.header.into(),
        force: args.force,
        memory_bytes: memory(args.memory.as_deref())?,
    };
    let written = in_threads(args.threads, || write(args, &options, terminal))?;
    Ok(say(&written, &options))
}

fn write(
    args: &ExportArgs,
    options: &ExportOptions,
    terminal: &Terminal,
) -> Result<Vec<Exported>, CliError> {
    let (results, targets) = (&args.folder, &args.targets);
    let mut written = Vec::new();
    if let Some(path) = &targets.matrix {
        written.push(write_matrix(results, path, options, terminal)?);
    }
    if let Some(path) = &targets.anndata {
        written.push(write_anndata(results, path, options, terminal)?);
    }
    if let Some(path) = &targets.spatialdata {
        let size = args.pixel_size;
        written.push(write_spatialdata(results, path, size, options, terminal)?);
    }
    Ok(written)
}

fn say(written: &[Exported], options: &ExportOptions) -> Output {
    let of_matrix = if options.regions.is_empty() {
        "pixel"
    } else {
        "region"
    };
    let mut text = String::new();
    for exported in written {
        let is_matrix = exported.path.extension().is_none_or(|kind| kind != "zarr");
        let what = if is_matrix { of_matrix } else { "pixel" };
        text.push_str(&format!(
            "{}: {} × {}, {:.1} MB\n",
            exported.path.display(),
            counted(exported.n_rows as u64, what),
            counted(exported.n_ions as u64, "ion"),
            exported.n_bytes as f64 / 1e6,
        ));
    }
    let files: Vec<_> = written
        .iter()
        .map(|exported| {
            serde_json::json!({
                "path": exported.path,
                "rows": exported.n_rows,
                "ions": exported.n_ions,
                "bytes": exported.n_bytes,
            })
        })
        .collect();
    let json = serde_json::json!({ "files": files });
    Output { text, json }
}
