//! `metaspace images`.

use std::path::PathBuf;

use clap::Args;
use metaspace_report::picture_options::{FDR, ImageOptions, N_ISOTOPES};
use metaspace_report::pictures::{DrawnImages, draw};
use metaspace_results::check_results;
use metaspace_results::text::{counted, percent};

use crate::cli::drawing::{ImageFormatName, PictureArguments};
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// What is drawn, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct ImageArguments {
    /// Draw ions with FDR up to this, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub(crate) fdr: f64,
    /// Draw only this ion or molecule, such as "PI 38:4", "PI 38:4 -H" or "C40H80NO8P +K", at any FDR; repeatable
    #[arg(long, value_name = "ION", conflicts_with = "composite")]
    pub(crate) ion: Vec<String>,
    /// Draw one picture of these ions, each in its own colour: magenta, green, cyan, yellow, red, blue, white; repeatable
    #[arg(long, value_name = "ION")]
    pub(crate) composite: Vec<String>,
    /// File format
    #[arg(long, value_name = "KIND", default_value = "png")]
    pub(crate) format: ImageFormatName,
    #[command(flatten)]
    pub(crate) style: PictureArguments,
    /// Isotopes of each ion, 1 to 16
    #[arg(long, value_name = "N", default_value_t = N_ISOTOPES)]
    pub(crate) isotopes: u8,
    /// Output folder [default: RESULTS/images]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write to a folder that holds other files than earlier pictures; overwrites files of the same names
    #[arg(long)]
    pub(crate) force: bool,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

impl ImageArguments {
    fn options(&self) -> ImageOptions {
        let given = self.clone();
        ImageOptions {
            fdr: given.fdr,
            ion: given.ion,
            composite: given.composite,
            style: self.style.style(given.format.into()),
            isotopes: given.isotopes,
            out: given.out,
            force: given.force,
            threads: given.threads,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ImagesArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    #[command(flatten)]
    options: ImageArguments,
}

pub(super) fn run(args: &ImagesArgs, terminal: &Terminal) -> Result<Output, CliError> {
    check_results(&args.folder)?;
    let options = args.options.options();
    options.check()?;
    let drawn = in_threads(options.threads, || draw(&args.folder, &options, terminal))?;
    Ok(say(&drawn, options.fdr))
}

fn say(drawn: &DrawnImages, fdr: f64) -> Output {
    let files = drawn.folder.display();
    let text = match (drawn.n_ions, drawn.n_files) {
        (0, _) => format!(
            "no ion has an FDR up to {}; nothing was written\nhint: --fdr 0.5 draws more ions\n",
            percent(fdr)
        ),
        (n_ions, n_files) => format!(
            "{} in {} in {files}\n",
            counted(n_ions as u64, "ion"),
            counted(n_files as u64, "file")
        ),
    };
    let json = serde_json::json!({
        "folder": drawn.folder, "ions": drawn.n_ions, "files": drawn.n_files,
    });
    Output { text, json }
}
