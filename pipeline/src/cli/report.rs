//! `metaspace report`.

use std::path::PathBuf;

use clap::Args;
use metaspace_render::Tone;
use metaspace_render::colormap::Colormap;
use metaspace_report::options::{FDR, MAX_ROWS, N_BEST, ReportOptions};
use metaspace_report::write_report;
use metaspace_results::check_results;
use metaspace_results::text::counted;

use crate::cli::drawing::ScaleName;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// What a report shows, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArguments {
    /// List annotations with FDR up to this, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub(crate) fdr: f64,
    /// Maximum number of annotations to list, best first
    #[arg(long, value_name = "N", default_value_t = MAX_ROWS)]
    pub(crate) max_rows: usize,
    /// Number of best ions to show in detail
    #[arg(long, value_name = "N", default_value_t = N_BEST)]
    pub(crate) best: usize,
    /// Show this ion or molecule in detail too, before the best, such as "PI 38:4" or "C40H80NO8P +K", at any FDR; repeatable
    #[arg(long, value_name = "ION")]
    pub(crate) ion: Vec<String>,
    /// Side of a pixel in µm, for the scale bars [default: what the imzML says]
    #[arg(long, value_name = "UM")]
    pub(crate) pixel_size: Option<f64>,
    /// Colormap: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    #[arg(long, value_name = "NAME", default_value_t = Colormap::default())]
    pub(crate) colormap: Colormap,
    /// Intensity scale: how brightness depends on intensity
    #[arg(long, value_name = "NAME", default_value = "linear")]
    pub(crate) scale: ScaleName,
    /// Clip intensities at this quantile of an image, between 0 and 1; 1 clips nothing
    #[arg(long, value_name = "Q", default_value_t = Tone::default().hotspot)]
    pub(crate) hotspot: f64,
    /// File to write [default: RESULTS/report.html]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

impl ReportArguments {
    pub(super) fn options(&self) -> ReportOptions {
        let given = self.clone();
        ReportOptions {
            fdr: given.fdr,
            max_rows: given.max_rows,
            best: given.best,
            colormap: given.colormap,
            scale: given.scale.into(),
            hotspot: given.hotspot,
            ion: given.ion,
            pixel_size_um: given.pixel_size,
            out: given.out,
            threads: given.threads,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    #[command(flatten)]
    options: ReportArguments,
}

pub(super) fn run(args: &ReportArgs, terminal: &Terminal) -> Result<Output, CliError> {
    check_results(&args.folder)?;
    let options = args.options.options();
    options.check()?;
    let written = in_threads(options.threads, || {
        write_report(&args.folder, &options, terminal)
    })?;
    let megabytes = written.n_bytes as f64 / 1e6;
    let text = format!(
        "{}: {}, {} in detail, {megabytes:.1} MB\n",
        written.path.display(),
        counted(written.n_rows as u64, "annotation"),
        counted(written.n_best as u64, "ion"),
    );
    let json = serde_json::json!({
        "file": written.path,
        "annotations": written.n_rows,
        "detailed": written.n_best,
        "bytes": written.n_bytes,
    });
    Ok(Output { text, json })
}
