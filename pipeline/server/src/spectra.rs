//! `/spectra`: what was measured at a pixel.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_explore::options::FDR;
use metaspace_explore::pixel_spectra::{ExplainedPeak, SpectraError, read_spectrum};
use ms_core::tolerance::Ppm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::annotations::{MAX_MZ, TableFormat};
use crate::library::Results;
use crate::pictures::{factors, normalization};
use crate::problem::{Problem, kind};
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, count, nothing_here, within};
use crate::state::Server;

/// Peaks of an answer where nothing is said.
const LIMIT: u64 = 10_000;

/// Peaks of an answer at most.
const MAX_LIMIT: u64 = 100_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpectrumQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
    /// Highest FDR of the ions that explain peaks.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Lowest m/z in Th.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_min: Option<f64>,
    /// Highest m/z in Th.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_max: Option<f64>,
    /// By what intensities are divided before, as those of images.
    #[param(
        default = "none",
        nullable = false,
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
    /// Peaks at most, 1 to 100,000: the most intense ones.
    #[param(minimum = 1, maximum = 100_000, default = json!(LIMIT), nullable = false)]
    limit: Option<u64>,
    /// JSON, or the peaks as CSV.
    #[param(nullable = false, inline)]
    format: Option<TableFormat>,
}

/// The spectrum of a pixel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SpectrumAnswer {
    /// Id of the dataset.
    dataset: String,
    /// Column, from 0.
    x: u32,
    /// Row, from 0.
    y: u32,
    /// Peaks of the whole spectrum.
    n_peaks: usize,
    /// Sum of their intensities.
    tic: f64,
    /// m/z of the peaks that were asked for, in Th, ascending.
    mz: Vec<f64>,
    /// Their intensities.
    intensity: Vec<f32>,
    /// Those of them that annotated ions explain.
    explained: Vec<ExplainedPeak>,
}

impl From<SpectraError> for Problem {
    fn from(error: SpectraError) -> Self {
        match error {
            SpectraError::Missing { .. } => Self::new(kind::SPECTRA, error.to_string()),
            SpectraError::NoPixel { .. } => Self::new(kind::PIXEL, error.to_string()),
            SpectraError::Explore(error) => error.into(),
        }
    }
}

/// The spectrum of a pixel, and which of its peaks annotated ions explain. It is read from the imzML and ibd files that the results were made of, if they are still there.
#[utoipa::path(
    get,
    path = "/api/v1/spectra/{x},{y}",
    tag = "spectra",
    params(
        ("x" = u32, Path, description = "Column, from 0"),
        ("y" = u32, Path, description = "Row, from 0"),
        SpectrumQuery,
    ),
    responses((status = 200, description = "The spectrum", content(
        (SpectrumAnswer = "application/json"),
        (String = "text/csv; charset=utf-8"),
    )))
)]
pub(crate) async fn spectrum(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(place): Path<String>,
    Query(query): Query<SpectrumQuery>,
) -> Result<Response, Problem> {
    let (x, y) = place.split_once(',').ok_or_else(nothing_here)?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| nothing_here());
    let (x, y) = (number(x)?, number(y)?);
    let dataset = query.dataset.clone();
    let work =
        move |server: &Server, results: &Arc<Results>| answer(server, results, (x, y), &query);
    server.reply(asked, dataset, Work::Reading, work).await
}

fn answer(
    server: &Server,
    results: &Results,
    (x, y): (u32, u32),
    query: &SpectrumQuery,
) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let mz_min = within("mzMin", query.mz_min.unwrap_or(0.0), 0.0, MAX_MZ)?;
    let mz_max = within("mzMax", query.mz_max.unwrap_or(MAX_MZ), 0.0, MAX_MZ)?;
    let limit = count("limit", query.limit.unwrap_or(LIMIT), 1, MAX_LIMIT)?;
    let dataset = server.library.spectra(results)?;
    let mut whole = read_spectrum(&dataset, x, y)?;
    let by = normalization(query.normalization.as_deref())?;
    let factors = factors(&server.library, results, &by)?;
    let place = y * results.raster.width + x;
    let pixel = results
        .raster
        .places
        .partition_point(|other| *other < place);
    let factor = u32::try_from(pixel).map_or(1.0, |pixel| factors.of_pixel(pixel));
    for intensity in &mut whole.intensities {
        *intensity *= factor;
    }
    let part = whole.part(mz_min, mz_max, limit);
    let ions = results.ions().filter(|row| row.fdr <= fdr);
    let explained = part.explained(ions, Ppm(results.ppm()));
    if query.format == Some(TableFormat::Csv) {
        let name = format!("{}-{x}-{y}-spectrum.csv", results.id);
        return Reply::csv(name, |writer| {
            writer.write_record(["mz", "intensity", "ions"])?;
            for (mz, intensity) in part.mzs.iter().zip(&part.intensities) {
                let ions: Vec<&str> = explained
                    .iter()
                    .filter(|peak| peak.mz.total_cmp(mz).is_eq())
                    .map(|peak| peak.ion.as_str())
                    .collect();
                writer.write_record([mz.to_string(), intensity.to_string(), ions.join("; ")])?;
            }
            Ok(())
        });
    }
    Reply::json(&SpectrumAnswer {
        dataset: results.id.clone(),
        x,
        y,
        n_peaks: whole.mzs.len(),
        tic: whole
            .intensities
            .iter()
            .map(|value| f64::from(*value))
            .sum(),
        mz: part.mzs,
        intensity: part.intensities,
        explained,
    })
}
