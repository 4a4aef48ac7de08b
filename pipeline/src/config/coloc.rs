//! The options of `metaspace coloc` and their defaults.

use std::path::PathBuf;

use annotator::config::Preset as AnnotatePreset;
use clap::{Args, ValueEnum};
use coloc::evaluate::Bootstrap;
use coloc::measures::Measure;
use coloc::prepare::Preset;
use coloc::segment::{Method, SegmentConfig};

/// Partners shown of an ion.
pub(crate) const N_PARTNERS: usize = 20;
/// Least score of a partner, as METASPACE has it.
pub(crate) const MIN_SCORE: f32 = 0.3;
/// FDR up to which ions are compared.
pub(crate) const FDR: f64 = 0.1;
/// Least mean score across two groups that become one.
const MIN_LINK: f64 = 0.5;
/// Segments tried.
const MAX_SEGMENTS: usize = 10;
/// Principal components.
const N_COMPONENTS: usize = 8;
/// How much neighbours count.
const SMOOTHING: f64 = 0.0;
/// Seed of segments and draws.
const SEED: u64 = 42;
/// Draws of a bootstrap.
const N_DRAWS: usize = 1000;

/// What is compared, and how.
#[derive(Debug, Clone, Args)]
pub struct CompareOptions {
    /// Measure
    #[arg(long, value_name = "NAME", help = measures(), default_value_t = Measure::default())]
    pub measure: Measure,
    /// Images: default (full precision), or metaspace (8 bits, as the METASPACE engine has them)
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub preset: ImagePreset,
}

/// The measures for the help, from where they are named.
fn measures() -> String {
    format!("Measure: {}", Measure::ALL.map(Measure::name).join(", "))
}

/// Precision of the images that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImagePreset {
    /// Full precision.
    Default,
    /// 8 bits, as the METASPACE engine.
    Metaspace,
}

impl ImagePreset {
    /// How images are made ready.
    pub fn preset(self) -> Preset {
        match self {
            Self::Default => Preset::Default,
            Self::Metaspace => Preset::Metaspace,
        }
    }
}

/// The images that an annotation of a preset compares.
pub fn coloc_preset(preset: AnnotatePreset) -> Preset {
    match preset {
        AnnotatePreset::Default => Preset::Default,
        AnnotatePreset::MetaspaceV1 | AnnotatePreset::MetaspaceV3 => Preset::Metaspace,
    }
}

/// How ions are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Grouping {
    /// Average linkage, and an order of the leaves for a heat map.
    Hierarchical,
    /// METASPACE's spectral clustering.
    Spectral,
}

/// How pixels are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PixelGrouping {
    /// A Gaussian mixture.
    Gmm,
    /// k-means.
    Kmeans,
}

/// Which ions are listed.
#[derive(Debug, Clone, Args)]
pub struct ListOptions {
    /// FDR up to which ions are compared, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub fdr: f64,
    /// Partners, pairs or markers listed at most
    #[arg(long, value_name = "N", default_value_t = N_PARTNERS)]
    pub n_best: usize,
    /// Least score of a partner
    #[arg(long, value_name = "SCORE", default_value_t = MIN_SCORE, allow_hyphen_values = true)]
    pub min_score: f32,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// What is asked of the images; one at a time.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Question {
    /// Partners of this ion, such as "C40H80NO8P +K"
    #[arg(long, value_name = "ION")]
    pub ion: Option<String>,
    /// Writes the scores of all pairs to this Parquet file
    #[arg(long, value_name = "FILE")]
    pub matrix: Option<PathBuf>,
    /// Groups of ions that lie together
    #[arg(long)]
    pub clusters: bool,
    /// Markers of a region: a PNG of the size of the dataset, or a CSV with x, y and, if there are several, region
    #[arg(long, value_name = "FILE")]
    pub markers: Option<PathBuf>,
    /// Segments of the tissue, and the markers of each
    #[arg(long)]
    pub segment: bool,
}

/// How ions and pixels are grouped.
#[derive(Debug, Clone, Args)]
pub struct GroupOptions {
    /// How --clusters groups ions
    #[arg(long, value_name = "NAME", default_value = "hierarchical")]
    pub grouping: Grouping,
    /// Least mean score across two groups of ions that become one (hierarchical)
    #[arg(long, value_name = "SCORE", default_value_t = MIN_LINK)]
    pub min_link: f64,
    /// Groups of ions, instead of a least score (hierarchical) or the number that fits best (spectral)
    #[arg(long, value_name = "N", conflicts_with = "min_link")]
    pub n_clusters: Option<usize>,
    /// How --segment groups pixels
    #[arg(long, value_name = "NAME", default_value = "gmm")]
    pub pixel_grouping: PixelGrouping,
    /// Segments of the tissue [default: the number up to --max-segments of lowest BIC]
    #[arg(long, value_name = "N")]
    pub n_segments: Option<usize>,
    /// Segments tried at most, 1 to 64
    #[arg(long, value_name = "N", default_value_t = MAX_SEGMENTS)]
    pub max_segments: usize,
    /// Principal components that segments are found in, 1 to 32
    #[arg(long, value_name = "N", default_value_t = N_COMPONENTS)]
    pub n_components: usize,
    /// How much the neighbours of a pixel count for its segment; 0 is not at all
    #[arg(long, value_name = "S", default_value_t = SMOOTHING)]
    pub smoothing: f64,
    /// Seed of the segments
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    pub seed: u64,
    /// Parquet file to which clusters, markers or segments are written
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl GroupOptions {
    /// Settings of a segmentation.
    pub fn segments(&self) -> SegmentConfig {
        SegmentConfig {
            method: match self.pixel_grouping {
                PixelGrouping::Gmm => Method::GaussianMixture,
                PixelGrouping::Kmeans => Method::KMeans,
            },
            n_segments: self.n_segments,
            max_segments: self.max_segments,
            n_components: self.n_components,
            smoothing: self.smoothing,
            seed: self.seed,
        }
    }
}

/// How intervals are found.
#[derive(Debug, Clone, Copy, Args)]
pub struct BootstrapOptions {
    /// Draws of the bootstrap that intervals come from
    #[arg(long, value_name = "N", default_value_t = N_DRAWS)]
    pub draws: usize,
    /// Seed of the draws
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    pub seed: u64,
}

impl From<BootstrapOptions> for Bootstrap {
    fn from(options: BootstrapOptions) -> Self {
        Self {
            n_draws: options.draws,
            seed: options.seed,
        }
    }
}
