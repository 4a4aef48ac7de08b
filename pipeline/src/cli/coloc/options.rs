//! The options of `metaspace coloc`; their defaults, but for those that the server has too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use coloc::evaluate::Bootstrap;
use coloc::measures::Measure;
use coloc::prepare::PreparationPreset;
use coloc::segment::{Method, SegmentConfig};
use metaspace_explore::normalize::Normalization;
use metaspace_explore::options::{
    FDR, MAX_SEGMENTS, MIN_SCORE, N_COMPONENTS, N_PARTNERS, SEED, SMOOTHING,
};

/// Least mean score across two groups that become one.
const MIN_LINK: f64 = 0.5;
/// Draws of a bootstrap.
const N_DRAWS: usize = 1000;

/// What is compared, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct CompareOptions {
    /// Measure
    #[arg(long, value_name = "NAME", help = measures(), default_value_t = Measure::default())]
    pub(crate) measure: Measure,
    /// Image preparation: default (full precision), or metaspace (8 bits, as in the METASPACE engine)
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) preset: ImagePreset,
    /// Divide each intensity by that of its pixel: none, tic, rms, median (of the annotated ions), ion=ION (such as an internal standard), or mz=MZ
    #[arg(long, value_name = "BY", default_value = "none")]
    pub(crate) normalize: Normalization,
}

/// The measures for the help, from where they are named.
fn measures() -> String {
    format!("Measure: {}", Measure::ALL.map(Measure::name).join(", "))
}

/// Precision of the images that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImagePreset {
    /// Full precision.
    Default,
    /// 8 bits, as the METASPACE engine.
    Metaspace,
}

impl ImagePreset {
    /// How images are made ready.
    pub(crate) fn preset(self) -> PreparationPreset {
        match self {
            Self::Default => PreparationPreset::Default,
            Self::Metaspace => PreparationPreset::Metaspace,
        }
    }
}

/// How ions are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Grouping {
    /// Average linkage, and an order of the leaves for a heat map.
    Hierarchical,
    /// METASPACE's spectral clustering.
    Spectral,
}

/// How pixels are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PixelGrouping {
    /// A Gaussian mixture.
    Gmm,
    /// k-means.
    Kmeans,
}

/// Which ions are listed.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListOptions {
    /// Compare ions with FDR up to this, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FDR)]
    pub(crate) fdr: f64,
    /// Maximum number of partners, pairs or markers to list
    #[arg(long, value_name = "N", default_value_t = N_PARTNERS)]
    pub(crate) n_best: usize,
    /// Minimum score of a partner
    #[arg(long, value_name = "SCORE", default_value_t = MIN_SCORE, allow_hyphen_values = true)]
    pub(crate) min_score: f32,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// What is asked of the images; one at a time.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(crate) struct Question {
    /// List partners of this ion or molecule, such as "PI 38:4", "PI 38:4 -H" or "C40H80NO8P +K"; of several ions of a molecule the best
    #[arg(long, value_name = "ION")]
    pub(crate) ion: Option<String>,
    /// Write the scores of all pairs to this Parquet file
    #[arg(long, value_name = "FILE")]
    pub(crate) matrix: Option<PathBuf>,
    /// Find groups of co-localized ions
    #[arg(long)]
    pub(crate) clusters: bool,
    /// Find markers of regions: a PNG of the size of the dataset, a CSV with x, y and, for several regions, region, or a GeoJSON in pixels, such as regions.geojson of the viewer
    #[arg(long, value_name = "FILE")]
    pub(crate) markers: Option<PathBuf>,
    /// Segment the tissue, and find markers of each segment
    #[arg(long)]
    pub(crate) segment: bool,
}

/// How ions and pixels are grouped.
#[derive(Debug, Clone, Args)]
pub(crate) struct GroupOptions {
    /// Method of --clusters
    #[arg(long, value_name = "NAME", default_value = "hierarchical")]
    pub(crate) grouping: Grouping,
    /// Minimum mean score between two groups to merge them (hierarchical)
    #[arg(long, value_name = "SCORE", default_value_t = MIN_LINK)]
    pub(crate) min_link: f64,
    /// Number of groups, instead of --min-link (hierarchical) or the best-fitting number (spectral)
    #[arg(long, value_name = "N", conflicts_with = "min_link")]
    pub(crate) n_clusters: Option<usize>,
    /// Method of --segment
    #[arg(long, value_name = "NAME", default_value = "gmm")]
    pub(crate) pixel_grouping: PixelGrouping,
    /// Number of segments [default: the number up to --max-segments with the lowest BIC]
    #[arg(long, value_name = "N")]
    pub(crate) n_segments: Option<usize>,
    /// Maximum number of segments to try, 1 to 64
    #[arg(long, value_name = "N", default_value_t = MAX_SEGMENTS)]
    pub(crate) max_segments: usize,
    /// Number of principal components for segments, 1 to 32
    #[arg(long, value_name = "N", default_value_t = N_COMPONENTS)]
    pub(crate) n_components: usize,
    /// Weight of neighbouring pixels for a pixel's segment; 0 ignores them
    #[arg(long, value_name = "S", default_value_t = SMOOTHING)]
    pub(crate) smoothing: f64,
    /// Random seed of the segmentation
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// Write clusters, markers or segments to this Parquet file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

impl GroupOptions {
    /// Settings of a segmentation.
    pub(crate) fn segments(&self) -> SegmentConfig {
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
pub(crate) struct BootstrapOptions {
    /// Number of bootstrap samples for the intervals
    #[arg(long, value_name = "N", default_value_t = N_DRAWS)]
    pub(crate) draws: usize,
    /// Random seed of the bootstrap
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    pub(crate) seed: u64,
}

impl From<BootstrapOptions> for Bootstrap {
    fn from(options: BootstrapOptions) -> Self {
        Self {
            n_draws: options.draws,
            seed: options.seed,
        }
    }
}
