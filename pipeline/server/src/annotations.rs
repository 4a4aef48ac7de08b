//! `/annotations`: the table, filtered, sorted and paged.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_results::text::{csv_adduct, csv_text};
use metaspace_results::{AnnotationFilter, SortOrder, StoredAnnotation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::library::Results;
use crate::problem::Problem;
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Query, count, within};
use crate::schema::Annotation;
use crate::state::Server;

/// Rows of a page where nothing is said.
const LIMIT: u64 = 50;

/// Rows of a page at most.
const MAX_LIMIT: u64 = 1_000;

/// Rows before a page at most: more than there can be.
const MAX_OFFSET: u64 = 1_000_000_000;

/// Letters of a text that is searched for, at most.
const MAX_TEXT: usize = 200;

/// Highest m/z that can be asked for.
pub(crate) const MAX_MZ: f64 = 1e6;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TableFormat {
    /// A page of rows as JSON.
    #[default]
    Json,
    /// All rows as CSV.
    Csv,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnnotationQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// Highest FDR.
    #[param(minimum = 0, maximum = 1, nullable = false)]
    fdr: Option<f64>,
    /// Text that the ion, a molecule's name or its identifier contains, in letters of any size.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// The adduct, such as `+Na`; the plus sign is written `%2B` in an address.
    #[param(nullable = false)]
    adduct: Option<String>,
    /// The molecule table.
    #[param(nullable = false)]
    database: Option<String>,
    /// Class of one of the molecules, such as `PC`.
    #[param(nullable = false)]
    class: Option<String>,
    /// Lowest m/z in Th.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_min: Option<f64>,
    /// Highest m/z in Th.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_max: Option<f64>,
    /// m/z in Th from which rows are sorted, the nearest first, in place of `sort`.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_near: Option<f64>,
    /// Lowest metabolite-signal match.
    #[param(minimum = 0, maximum = 1, nullable = false)]
    msm_min: Option<f64>,
    /// Only what lies on the tissue rather than off it, and is no ion of the matrix.
    #[param(nullable = false)]
    on_sample: Option<bool>,
    /// Column to sort by, with `-` before it from the largest: rank, ion, adduct, database, mz, msm, score, fdr, mzErrPpm, nPixels, maxIntensity, totalIntensity.
    #[param(
        nullable = false,
        pattern = "^-?(rank|ion|adduct|database|mz|msm|score|fdr|mzErrPpm|nPixels|maxIntensity|totalIntensity)$",
        default = "rank"
    )]
    sort: Option<String>,
    /// Rows before the page.
    #[param(nullable = false, minimum = 0, maximum = 1_000_000_000, default = 0)]
    offset: Option<u64>,
    /// Rows of the page, 1 to 1,000.
    #[param(nullable = false, minimum = 1, maximum = 1_000, default = json!(LIMIT))]
    limit: Option<u64>,
    /// JSON, or all rows that match as CSV.
    #[param(nullable = false, inline)]
    format: Option<TableFormat>,
}

/// A page of annotations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnnotationPage {
    /// Id of the dataset.
    dataset: String,
    /// Annotations of the dataset.
    n_all: usize,
    /// Annotations that match.
    n_matching: usize,
    /// Rows before the page.
    offset: usize,
    /// The page.
    rows: Vec<Annotation>,
}

/// Annotations that match all that is asked for, a page at a time.
#[utoipa::path(
    get,
    path = "/api/v1/annotations",
    tag = "annotations",
    params(AnnotationQuery),
    responses((status = 200, description = "A page, or all rows as CSV", content(
        (AnnotationPage = "application/json"),
        (String = "text/csv; charset=utf-8"),
    )))
)]
pub(crate) async fn annotations(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Query(query): Query<AnnotationQuery>,
) -> Result<Response, Problem> {
    let dataset = query.dataset.clone();
    server
        .reply(asked, dataset, Work::Reading, move |_, results| {
            page(results, &query)
        })
        .await
}

impl AnnotationQuery {
    fn filter(&self) -> Result<AnnotationFilter, Problem> {
        let share =
            |name, value: Option<f64>| value.map(|value| within(name, value, 0.0, 1.0)).transpose();
        let mz = |name, value: Option<f64>| {
            value
                .map(|value| within(name, value, 0.0, MAX_MZ))
                .transpose()
        };
        if self
            .q
            .as_ref()
            .is_some_and(|q| q.chars().count() > MAX_TEXT)
        {
            return Err(Problem::parameter(
                "q",
                &format!("may have {MAX_TEXT} letters"),
            ));
        }
        Ok(AnnotationFilter {
            fdr: share("fdr", self.fdr)?,
            text: self.q.clone(),
            adduct: self.adduct.clone(),
            database: self.database.clone(),
            class: self.class.clone(),
            mz_min: mz("mzMin", self.mz_min)?,
            mz_max: mz("mzMax", self.mz_max)?,
            msm_min: share("msmMin", self.msm_min)?,
            is_on_sample: self.on_sample.unwrap_or(false),
        })
    }

    fn order(&self) -> Result<SortOrder, Problem> {
        let sort = self.sort.as_deref().unwrap_or("rank");
        sort.parse()
            .map_err(|reason: String| Problem::parameter("sort", &format!("is wrong: {reason}")))
    }
}

fn page(results: &Results, query: &AnnotationQuery) -> Result<Reply, Problem> {
    let offset = count("offset", query.offset.unwrap_or(0), 0, MAX_OFFSET)?;
    let limit = count("limit", query.limit.unwrap_or(LIMIT), 1, MAX_LIMIT)?;
    let chosen = results.annotations.select(&query.filter()?, query.order()?);
    let rows = &results.annotations.rows;
    let chosen = match query.mz_near {
        Some(mz) => nearest_first(rows, chosen, within("mzNear", mz, 0.0, MAX_MZ)?),
        None => chosen,
    };
    if query.format == Some(TableFormat::Csv) {
        return table(results, chosen.iter().map(|&place| &rows[place]));
    }
    Reply::json(&AnnotationPage {
        dataset: results.id.clone(),
        n_all: rows.len(),
        n_matching: chosen.len(),
        offset,
        rows: chosen
            .iter()
            .skip(offset)
            .take(limit)
            .map(|&place| Annotation::from(&rows[place]))
            .collect(),
    })
}

/// Places by the distance of their rows from an m/z; equal ones stay in order.
fn nearest_first(rows: &[StoredAnnotation], mut places: Vec<usize>, mz: f64) -> Vec<usize> {
    let distance = |place: &usize| (rows[*place].mz - mz).abs();
    places.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    places
}

fn table<'a>(
    results: &Results,
    rows: impl Iterator<Item = &'a StoredAnnotation>,
) -> Result<Reply, Problem> {
    Reply::csv(format!("{}-annotations.csv", results.id), |writer| {
        writer.write_record([
            "database",
            "ion",
            "formula",
            "adduct",
            "mz",
            "msm",
            "score",
            "fdr",
            "mzErrPpm",
            "nPixels",
            "maxIntensity",
            "totalIntensity",
            "moleculeNames",
            "moleculeIds",
        ])?;
        for row in rows {
            let numbers = [row.mz, row.msm, row.score, row.fdr, row.mz_err_ppm];
            let intensities = [row.max_intensity, row.total_intensity];
            let adduct = csv_adduct(&row.adduct);
            let record = [&row.database, &row.ion, &row.formula, &adduct]
                .into_iter()
                .map(|text| csv_text(text))
                .chain(numbers.iter().map(ToString::to_string))
                .chain([row.n_pixels.to_string()])
                .chain(intensities.iter().map(ToString::to_string))
                .chain([
                    csv_text(&row.molecule_names.join("; ")),
                    csv_text(&row.molecule_ids.join("; ")),
                ]);
            writer.write_record(record)?;
        }
        Ok(())
    })
}
