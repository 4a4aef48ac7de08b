//! `/datasets`: what is served.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use coloc::measures::Measure;
use metaspace_render::colormap::Colormap;
use metaspace_render::composite::CHANNEL_COLORS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::Results;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Query;
use crate::state::Server;

/// Parameters of an operation that has none: others are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// What is served, and what can be asked of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatasetList {
    /// Program and version.
    program: String,
    /// Measures of co-localization.
    measures: Vec<&'static str>,
    /// Colormaps, and the colours of each at steps of a sixteenth, from the lowest level.
    colormaps: BTreeMap<String, Vec<String>>,
    /// Colours of the channels of a composite.
    channel_colors: Vec<String>,
    /// Whether the server writes nothing: regions that are drawn are not kept.
    is_read_only: bool,
    /// Ids of the experiments whose reports are served.
    experiments: Vec<String>,
    /// The datasets, in the order of the command line.
    datasets: Vec<DatasetRow>,
}

/// A dataset and its results.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatasetRow {
    /// Id in the parameter `dataset`: the name of the results folder.
    id: String,
    /// Name of the imzML file without extension.
    name: String,
    /// UUID of the dataset.
    uuid: Option<String>,
    /// Columns of the bounding box.
    width: u32,
    /// Rows of the bounding box.
    height: u32,
    /// Its planes, from top to bottom of the image.
    planes: Vec<PlaneRow>,
    /// Pixels that have a spectrum.
    n_pixels: usize,
    /// Annotations.
    n_annotations: usize,
    /// Annotations up to each FDR.
    annotations_at_fdr: Vec<FdrCount>,
    /// Adducts of the annotations.
    adducts: Vec<String>,
    /// Molecule tables of the annotations.
    databases: Vec<String>,
    /// Classes of their molecules, where the molecule tables have some.
    classes: Vec<String>,
    /// Isotopic images of an ion.
    n_isotopes: u8,
    /// Half-width of the m/z windows in ppm.
    ppm: f64,
    /// Lowest and highest m/z of the spectra.
    mz_range: Option<[f64; 2]>,
    /// Width and height of a pixel in µm.
    pixel_size_um: Option<[f64; 2]>,
    /// By what annotations are ranked.
    ranked_by: RankedBy,
    /// Whether the run kept its peaks, so that images of any m/z take milliseconds.
    has_peaks: bool,
    /// What the run tolerated.
    warnings: Vec<String>,
}

/// A plane of a dataset, which is some rows of its image.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlaneRow {
    /// Its z in the imzML.
    z: u32,
    /// Its first row in the image.
    top: u32,
    /// Its rows.
    height: u32,
}

/// By what annotations are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RankedBy {
    /// By the metabolite-signal match.
    Msm,
    /// By the adaptive score.
    Adaptive,
    /// By a scoring model.
    Model,
}

impl RankedBy {
    fn of(results: &Results) -> Self {
        if results.record.scoring_model.is_some() {
            Self::Model
        } else if results.record.adaptive_score.is_some() {
            Self::Adaptive
        } else {
            Self::Msm
        }
    }
}

/// Annotations up to an FDR.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FdrCount {
    /// The FDR.
    fdr: f64,
    /// How many.
    n: usize,
}

impl DatasetRow {
    fn new(results: &Results) -> Self {
        let rows = &results.annotations.rows;
        let distinct = |mut all: Vec<String>| {
            all.sort_unstable();
            all.dedup();
            all
        };
        let classes = rows.iter().flat_map(|row| &row.molecule_classes);
        let up_to = |fdr: f64| rows.iter().filter(|row| row.fdr <= fdr).count();
        Self {
            id: results.id.clone(),
            name: results.name(),
            uuid: results.record.dataset.uuid.clone(),
            width: results.raster.width,
            height: results.raster.height,
            planes: results
                .origin
                .tops_of_planes()
                .map(|(z, top)| PlaneRow {
                    z,
                    top,
                    height: results.origin.rows_of_plane,
                })
                .collect(),
            n_pixels: results.raster.n_pixels(),
            n_annotations: rows.len(),
            annotations_at_fdr: annotator::fdr::FDR_LEVELS
                .into_iter()
                .map(|fdr| FdrCount { fdr, n: up_to(fdr) })
                .collect(),
            adducts: distinct(rows.iter().map(|row| row.adduct.clone()).collect()),
            databases: distinct(rows.iter().map(|row| row.database.clone()).collect()),
            classes: distinct(classes.filter(|class| !class.is_empty()).cloned().collect()),
            n_isotopes: results.n_isotopes(),
            ppm: results.ppm(),
            mz_range: results
                .record
                .dataset
                .mz_range
                .map(|(low, high)| [low, high]),
            pixel_size_um: results.pixel_size_um().map(|(x, y)| [x, y]),
            ranked_by: RankedBy::of(results),
            has_peaks: results.has_peaks(),
            warnings: results.record.warnings.clone(),
        }
    }
}

/// Steps at which a colormap is told.
const N_STEPS: u32 = 16;

fn colormaps() -> BTreeMap<String, Vec<String>> {
    let stops = |map: Colormap| {
        (0..=N_STEPS)
            .map(|step| hex(map.color(f64::from(step) / f64::from(N_STEPS))))
            .collect()
    };
    Colormap::all()
        .into_iter()
        .map(|map| (map.to_string(), stops(map)))
        .collect()
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The datasets, and what can be asked of them.
#[utoipa::path(
    get,
    path = "/api/v1/datasets",
    tag = "datasets",
    responses((status = 200, description = "All datasets", body = DatasetList))
)]
pub(crate) async fn datasets(
    State(server): State<Arc<Server>>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let library = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let all = library.library.all()?;
        let experiments = library.library.experiments.iter();
        Reply::json(&DatasetList {
            program: metaspace_results::record::RunRecord::program(),
            measures: Measure::ALL.map(Measure::name).to_vec(),
            colormaps: colormaps(),
            channel_colors: CHANNEL_COLORS.map(hex).to_vec(),
            is_read_only: library.is_read_only,
            experiments: experiments.map(|served| served.id.clone()).collect(),
            datasets: all.iter().map(|results| DatasetRow::new(results)).collect(),
        })
    });
    Ok(reply.await?.into_response())
}
