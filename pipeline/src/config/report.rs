//! The options of `metaspace report` and their defaults.

use std::path::{Path, PathBuf};

use clap::Args;

use super::bad_option;
use crate::error::RunError;
use crate::render::Tone;
use crate::render::colormap::Colormap;
use crate::render::scale::Scale;

/// FDR up to which annotations are listed.
const FDR: f64 = 0.2;
/// Annotations listed at most.
const MAX_ROWS: usize = 1_000;
/// Ions shown in detail.
const N_BEST: usize = 30;
/// Name of the file in the results.
const FILE: &str = "report.html";

/// What a report shows, and how.
#[derive(Debug, Clone, Args)]
pub struct ReportOptions {
    /// FDR up to which annotations are listed, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub fdr: f64,
    /// Annotations listed at most, the best first
    #[arg(long, value_name = "N", default_value_t = MAX_ROWS)]
    pub max_rows: usize,
    /// Ions shown in detail: the best
    #[arg(long, value_name = "N", default_value_t = N_BEST)]
    pub best: usize,
    /// Colours: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    #[arg(long, value_name = "NAME", default_value_t = Colormap::default())]
    pub colormap: Colormap,
    /// How brightness grows with intensity
    #[arg(long, value_name = "NAME", default_value = "linear")]
    pub scale: Scale,
    /// Intensities above this quantile of an image become the quantile, between 0 and 1; 1 clips nothing
    #[arg(long, value_name = "Q", default_value_t = Tone::default().hotspot)]
    pub hotspot: f64,
    /// File to write [default: RESULTS/report.html]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl ReportOptions {
    /// Makes sure that the options can be done.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), RunError> {
        for (option, value) in [("--fdr", self.fdr), ("--hotspot", self.hotspot)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(bad_option(
                    option,
                    format!("must lie between 0 and 1, not {value}"),
                ));
            }
        }
        Ok(())
    }

    /// How intensities become levels.
    pub fn tone(&self) -> Tone {
        Tone {
            scale: self.scale,
            hotspot: self.hotspot,
        }
    }

    /// The file to write.
    pub fn file(&self, results: &Path) -> PathBuf {
        self.out.clone().unwrap_or_else(|| results.join(FILE))
    }
}
