//! The options of `metaspace report` and their defaults.

use std::path::{Path, PathBuf};

use metaspace_machine::error::OptionError;
use metaspace_render::Tone;
use metaspace_render::colormap::Colormap;
use metaspace_render::scale::Scale;

use crate::picture_options::check_pixel_size;

/// FDR up to which annotations are listed.
pub const FDR: f64 = 0.2;
/// Annotations listed at most.
pub const MAX_ROWS: usize = 1_000;
/// Ions shown in detail.
pub const N_BEST: usize = 30;
/// Name of the file in the results.
const FILE: &str = "report.html";

/// What a report shows, and how.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// FDR up to which annotations are listed, between 0 and 1
    pub fdr: f64,
    /// Annotations listed at most, the best first
    pub max_rows: usize,
    /// Ions shown in detail: the best
    pub best: usize,
    /// Colours: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    pub colormap: Colormap,
    /// How brightness grows with intensity
    pub scale: Scale,
    /// Intensities above this quantile of an image become the quantile, between 0 and 1; 1 clips nothing
    pub hotspot: f64,
    /// Ions or molecules that are shown in detail before the best, whatever their FDR
    pub ion: Vec<String>,
    /// Side of a pixel in µm, in place of what the imzML says
    pub pixel_size_um: Option<f64>,
    /// File to write [default: RESULTS/report.html]
    pub out: Option<PathBuf>,
    /// Threads [default: one a processor]
    pub threads: Option<usize>,
}

impl Default for ReportOptions {
    /// What is shown where nothing is said.
    fn default() -> Self {
        let Tone { scale, hotspot } = Tone::default();
        Self {
            fdr: FDR,
            max_rows: MAX_ROWS,
            best: N_BEST,
            colormap: Colormap::default(),
            scale,
            hotspot,
            ion: Vec::new(),
            pixel_size_um: None,
            out: None,
            threads: None,
        }
    }
}

impl ReportOptions {
    /// Makes sure that the options can be done.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), OptionError> {
        for (option, value) in [("--fdr", self.fdr), ("--hotspot", self.hotspot)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(OptionError::new(
                    option,
                    format!("must lie between 0 and 1, not {value}"),
                ));
            }
        }
        check_pixel_size(self.pixel_size_um)
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
