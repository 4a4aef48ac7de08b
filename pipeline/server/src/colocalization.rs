//! `/colocalization`: which ions lie together.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use coloc::cluster::hierarchy;
use coloc::measures::Measure;
use coloc::pairs::matrix;
use coloc::prepare::PreparationPreset;
use coloc::rank::{PartnerLimits, id_order};
use metaspace_explore::coloc::{Comparison, PartnerList, partner_list};
use metaspace_explore::options::{FDR, MIN_SCORE, N_PARTNERS};
use metaspace_render::npy;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::comparisons::Wanted;
use crate::library::Results;
use crate::pictures::normalization;
use crate::problem::{Problem, kind};
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Query, count, within};
use crate::state::Server;

/// Partners of an answer at most.
pub(crate) const MAX_PARTNERS: u64 = 10_000;

/// Ions of a matrix where nothing is said, and at most.
const N_MATRIX: u64 = 200;
const MAX_MATRIX: u64 = 2_000;

/// Precision of the images that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ImagePrecision {
    /// Full precision.
    #[default]
    Default,
    /// 8 bits, as the METASPACE engine.
    Metaspace,
}

impl From<ImagePrecision> for PreparationPreset {
    fn from(precision: ImagePrecision) -> Self {
        match precision {
            ImagePrecision::Default => Self::Default,
            ImagePrecision::Metaspace => Self::Metaspace,
        }
    }
}

/// How a matrix is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MatrixFormat {
    /// Rows of numbers as JSON.
    #[default]
    Json,
    /// An array of `float32` in the format of NumPy, in the order of the rows.
    Npy,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartnerQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// The ion, with or without the sign of its charge, such as `C40H80NO8P+K`; the plus sign is written `%2B` in an address.
    ion: String,
    /// Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`.
    #[param(
        nullable = false,
        default = "median_thresholded_cosine",
        pattern = "^(median_thresholded_cosine|cosine|tfidf_cosine|pearson|smooth_pearson|spearman|ssim|jaccard|dice|manders_m1|manders_m2|nmi)$"
    )]
    measure: Option<String>,
    /// FDR up to which ions are compared.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Partners at most, 1 to 10,000.
    #[param(minimum = 1, maximum = 10_000, default = json!(N_PARTNERS), nullable = false)]
    limit: Option<u64>,
    /// Least score of a partner.
    #[param(minimum = -1, maximum = 1, default = 0.3, nullable = false)]
    min_score: Option<f32>,
    /// Precision of the images.
    #[param(nullable = false, inline)]
    preset: Option<ImagePrecision>,
    /// By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`).
    #[param(
        nullable = false,
        default = "none",
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MatrixQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`.
    #[param(
        nullable = false,
        default = "median_thresholded_cosine",
        pattern = "^(median_thresholded_cosine|cosine|tfidf_cosine|pearson|smooth_pearson|spearman|ssim|jaccard|dice|manders_m1|manders_m2|nmi)$"
    )]
    measure: Option<String>,
    /// FDR up to which ions are compared.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Ions at most, the best, 1 to 2,000.
    #[param(minimum = 1, maximum = 2_000, default = json!(N_MATRIX), nullable = false)]
    limit: Option<u64>,
    /// Precision of the images.
    #[param(nullable = false, inline)]
    preset: Option<ImagePrecision>,
    /// By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`).
    #[param(
        nullable = false,
        default = "none",
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
    /// JSON with names, or the bare numbers for NumPy.
    #[param(nullable = false, inline)]
    format: Option<MatrixFormat>,
}

/// Scores of all pairs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatrixAnswer {
    /// What was compared.
    #[serde(flatten)]
    comparison: Comparison,
    /// The ions, best first: rows and columns.
    ions: Vec<String>,
    /// Rows in the order in which a heat map shows ions that lie together side by side.
    leaves: Vec<usize>,
    /// Scores; the first of a pair is the row.
    scores: Vec<Vec<f32>>,
}

/// The ions that lie together with one, best first: what `metaspace coloc --ion` says.
#[utoipa::path(
    get,
    path = "/api/v1/colocalization",
    tag = "colocalization",
    params(PartnerQuery),
    responses((status = 200, description = "The partners", body = PartnerList))
)]
pub(crate) async fn partners(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Query(query): Query<PartnerQuery>,
) -> Result<Response, Problem> {
    let dataset = query.dataset.clone();
    let work = move |server: &Server, results: &Arc<Results>| list(server, results, &query);
    server.reply(asked, dataset, Work::Comparing, work).await
}

fn list(server: &Server, results: &Results, query: &PartnerQuery) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let n_best = count(
        "limit",
        query.limit.unwrap_or(N_PARTNERS as u64),
        1,
        MAX_PARTNERS,
    )?;
    let min_score = query.min_score.unwrap_or(MIN_SCORE);
    within("minScore", min_score.into(), -1.0, 1.0)?;
    let measure = measure(query.measure.as_deref())?;
    let ion = results.find_ion(&query.ion)?.ion.clone();
    let preset = query.preset.unwrap_or_default().into();
    let wanted = Wanted {
        fdr,
        also: Some(&ion),
        by: normalization(query.normalization.as_deref())?,
    };
    let encoded = server
        .comparisons
        .encoded(results, &wanted, measure, preset)?;
    let (found, features) = (&encoded.found, &encoded.features);
    let place = found.ions.iter().position(|found| found.ion == ion);
    // The folder was written anew in between, without this ion.
    let place = place.ok_or_else(|| Problem::new(kind::ION, "the ion is not there any more"))?;
    let scores = server.comparisons.scores(&encoded, place)?;
    let limits = PartnerLimits { n_best, min_score };
    Reply::json(&partner_list(
        found,
        features,
        (place, &scores),
        fdr,
        limits,
    ))
}

/// Scores of all pairs of ions: what `metaspace coloc --matrix` writes.
#[utoipa::path(
    get,
    path = "/api/v1/colocalization/matrix",
    tag = "colocalization",
    params(MatrixQuery),
    responses((status = 200, description = "The matrix", content(
        (MatrixAnswer = "application/json"),
        (String = "application/x-npy"),
    )))
)]
pub(crate) async fn pair_matrix(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Query(query): Query<MatrixQuery>,
) -> Result<Response, Problem> {
    let dataset = query.dataset.clone();
    let work = move |server: &Server, results: &Arc<Results>| all_pairs(server, results, &query);
    server.reply(asked, dataset, Work::Comparing, work).await
}

fn all_pairs(server: &Server, results: &Results, query: &MatrixQuery) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let limit = count("limit", query.limit.unwrap_or(N_MATRIX), 1, MAX_MATRIX)?;
    let measure = measure(query.measure.as_deref())?;
    let preset = query.preset.unwrap_or_default().into();
    let wanted = Wanted {
        fdr,
        also: None,
        by: normalization(query.normalization.as_deref())?,
    };
    let found = server.comparisons.found(results, &wanted)?;
    let images = found.images.subset(0..found.images.len().min(limit));
    let scores = matrix(&coloc::features::Features::new(&images, measure, preset));
    if query.format == Some(MatrixFormat::Npy) {
        return Ok(scores_as_npy(
            &scores,
            &format!("{}-{measure}.npy", results.id),
        ));
    }
    Reply::json(&MatrixAnswer {
        comparison: Comparison::new(&found, measure, fdr),
        ions: images.ids().to_vec(),
        leaves: hierarchy(&scores, &id_order(&images))?.leaves,
        scores: rows(&scores),
    })
}

pub(crate) fn scores_as_npy(scores: &Array2<f32>, file_name: &str) -> Reply {
    let values = scores.iter().copied();
    let bytes = npy::write(&[scores.nrows(), scores.ncols()], values);
    Reply::new(npy::CONTENT_TYPE, bytes).named(file_name.into())
}

pub(crate) fn rows(scores: &Array2<f32>) -> Vec<Vec<f32>> {
    scores.rows().into_iter().map(|row| row.to_vec()).collect()
}

pub(crate) fn measure(name: Option<&str>) -> Result<Measure, Problem> {
    let name = name.unwrap_or(Measure::default().name());
    name.parse().map_err(|error: coloc::error::ColocError| {
        Problem::parameter("measure", &format!("is wrong: {error}"))
    })
}
