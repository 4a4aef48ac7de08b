//! `POST /colocalization/score`: images that the client sends are compared.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use coloc::features::Features;
use coloc::pairs::{matrix, scores_of};
use coloc::rank::{PartnerLimits, id_order, partners};
use metaspace_explore::options::{MIN_SCORE, N_PARTNERS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::colocalization::{
    ImagePrecision, MAX_PARTNERS, MatrixFormat, measure, rows, scores_as_npy,
};
use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{Query, count, within};
use crate::stack::{JsonStack, Stack, StackFormat, TYPES};
use crate::state::Server;

/// Images that are compared with each other at most.
const MAX_IMAGES: usize = 5_000;

/// Longest side of an image.
const MAX_SIDE: u64 = 1_000_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScoreQuery {
    /// Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`.
    #[param(
        nullable = false,
        default = "median_thresholded_cosine",
        pattern = "^(median_thresholded_cosine|cosine|tfidf_cosine|pearson|smooth_pearson|spearman|ssim|jaccard|dice|manders_m1|manders_m2|nmi)$"
    )]
    measure: Option<String>,
    /// Precision of the images.
    #[param(nullable = false, inline)]
    preset: Option<ImagePrecision>,
    /// Columns of an image, where the body does not say it.
    #[param(nullable = false, minimum = 1, maximum = 1_000_000)]
    width: Option<u64>,
    /// Rows of an image, where the body does not say it.
    #[param(nullable = false, minimum = 1, maximum = 1_000_000)]
    height: Option<u64>,
    /// Name or number, from 0, of the image whose partners are wanted instead of the matrix.
    #[param(nullable = false)]
    image: Option<String>,
    /// Partners at most, 1 to 10,000.
    #[param(minimum = 1, maximum = 10_000, default = json!(N_PARTNERS), nullable = false)]
    limit: Option<u64>,
    /// Least score of a partner.
    #[param(minimum = -1, maximum = 1, default = 0.3, nullable = false)]
    min_score: Option<f32>,
    /// JSON with names, or the bare matrix for NumPy.
    #[param(nullable = false, inline)]
    format: Option<MatrixFormat>,
}

/// What came of images that were sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScoreAnswer {
    /// Name of the measure.
    measure: &'static str,
    /// The images: rows and columns.
    names: Vec<String>,
    /// Scores of all pairs, the first of a pair is the row; nothing if partners were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scores: Option<Vec<Vec<f32>>>,
    /// Partners of the image that was asked for, best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    partners: Option<Vec<ScoredImage>>,
}

/// An image that lies with another.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ScoredImage {
    /// Its name.
    name: String,
    /// Its score.
    score: f32,
}

/// Compares images that the body holds: scores of all pairs, or the partners of one. Bodies are JSON, an array for NumPy (images × pixels, or images × rows × columns), or an Arrow table with a column `image` of lists and perhaps one `name`. NaN or null is no pixel, in all images alike.
#[utoipa::path(
    post,
    path = "/api/v1/colocalization/score",
    tag = "colocalization",
    params(ScoreQuery),
    request_body(description = "The images", content(
        (JsonStack = "application/json"),
        (String = "application/x-npy"),
        (String = "application/vnd.apache.arrow.stream"),
        (String = "application/vnd.apache.arrow.file"),
    )),
    responses((status = 200, description = "Scores or partners", content(
        (ScoreAnswer = "application/json"),
        (String = "application/x-npy"),
    )))
)]
pub(crate) async fn score(
    State(server): State<Arc<Server>>,
    Query(query): Query<ScoreQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let format = format_of(&headers)?;
    let received = server.limits.receive(&headers, body, u64::MAX).await?;
    let reply = server.limits.compare(move || {
        let reply = answer(&query, format, &received.bytes);
        drop(received.permit);
        reply
    });
    Ok(reply.await?.into_response())
}

/// The type of the content without its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let stated = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let plain = stated
        .and_then(|stated| stated.split(';').next())
        .unwrap_or_default();
    plain.trim().to_ascii_lowercase()
}

fn format_of(headers: &HeaderMap) -> Result<StackFormat, Problem> {
    let found = content_type(headers);
    let known = TYPES.iter().find(|(name, _)| *name == found);
    known.map(|(_, format)| *format).ok_or_else(|| {
        let names = TYPES.map(|(name, _)| name).join(", ");
        Problem::new(kind::TYPE, format!("images are read from {names}"))
    })
}

fn answer(query: &ScoreQuery, format: StackFormat, bytes: &[u8]) -> Result<Reply, Problem> {
    let measure = measure(query.measure.as_deref())?;
    let limits = limits(query)?;
    let mut stack = Stack::read(format, bytes)?;
    if let Some(sides) = sides(query)? {
        stack.sides.get_or_insert(sides);
    }
    if stack.n_images > MAX_IMAGES {
        let detail = format!(
            "{} images are too many; {MAX_IMAGES} are compared",
            stack.n_images
        );
        return Err(Problem::new(kind::LARGE, detail));
    }
    let images = stack.images(measure)?;
    let features = Features::new(&images, measure, query.preset.unwrap_or_default().into());
    let mut answer = ScoreAnswer {
        measure: measure.name(),
        names: images.ids().to_vec(),
        scores: None,
        partners: None,
    };
    if let Some(image) = &query.image {
        let place = images.ids().iter().position(|id| id == image);
        let number = || {
            image
                .parse()
                .ok()
                .filter(|number: &usize| *number < images.len())
        };
        let place = place.or_else(number).ok_or_else(|| {
            Problem::new(
                kind::IMAGE,
                format!("none of the {} images has this name", images.len()),
            )
        })?;
        let found = partners(
            place,
            &scores_of(&features, place),
            &id_order(&images),
            limits,
        );
        let row = |partner: coloc::rank::Partner| ScoredImage {
            name: images.ids()[partner.ion].clone(),
            score: partner.score,
        };
        answer.partners = Some(found.into_iter().map(row).collect());
        return Reply::json(&answer);
    }
    let scores = matrix(&features);
    if query.format == Some(MatrixFormat::Npy) {
        return Ok(scores_as_npy(&scores, &format!("{measure}.npy")));
    }
    answer.scores = Some(rows(&scores));
    Reply::json(&answer)
}

fn limits(query: &ScoreQuery) -> Result<PartnerLimits, Problem> {
    let n_best = count(
        "limit",
        query.limit.unwrap_or(N_PARTNERS as u64),
        1,
        MAX_PARTNERS,
    )?;
    let min_score = query.min_score.unwrap_or(MIN_SCORE);
    within("minScore", min_score.into(), -1.0, 1.0)?;
    Ok(PartnerLimits { n_best, min_score })
}

fn sides(query: &ScoreQuery) -> Result<Option<(usize, usize)>, Problem> {
    match (query.width, query.height) {
        (Some(width), Some(height)) => {
            let width = count("width", width, 1, MAX_SIDE)?;
            Ok(Some((width, count("height", height, 1, MAX_SIDE)?)))
        }
        (None, None) => Ok(None),
        // 422, as each of them is right for itself.
        _ => Err(Problem::new(
            kind::IMPOSSIBLE,
            "width and height belong together",
        )),
    }
}
