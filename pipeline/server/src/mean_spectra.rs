//! `/datasets/{id}/spectrum` and `/unexplained`: what was measured in all pixels, or in regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use metaspace_explore::mean_spectra::{
    ChosenPixels, ColumnPeak, SpectrumColumns, mean_of_dataset, mean_of_kept,
};
use metaspace_explore::options::FDR;
use metaspace_explore::unexplained::{ExplainedWindows, UnexplainedPeak, unexplained_peaks};
use ms_core::progress::Silent;
use ms_core::spectra::MeanPeak;
use ms_core::tolerance::Ppm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::annotations::MAX_MZ;
use crate::library::{Library, Results};
use crate::pictures::{factors, normalization};
use crate::problem::{Problem, kind};
use crate::region_schema::RegionSetBody;
use crate::regions::{parsed, region_body};
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, count, within};
use crate::state::Server;

/// Columns of an answer where nothing is said, and at most.
const COLUMNS: u64 = 1_000;
const MAX_COLUMNS: u64 = 10_000;

/// Narrowest range that is drawn, in Th.
const MIN_RANGE: f64 = 1e-4;

/// Unexplained peaks where nothing is said, and at most.
const N_UNEXPLAINED: u64 = 50;
const MAX_UNEXPLAINED: u64 = 1_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeanQuery {
    /// Lowest m/z in Th; that of the dataset where nothing is said.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_min: Option<f64>,
    /// Highest m/z in Th; that of the dataset where nothing is said.
    #[param(minimum = 0, maximum = 1_000_000, nullable = false)]
    mz_max: Option<f64>,
    /// Columns into which the range is cut, 1 to 10,000; each has one peak at most.
    #[param(minimum = 1, maximum = 10_000, default = json!(COLUMNS), nullable = false)]
    columns: Option<u64>,
    /// Highest FDR of the ions that explain peaks.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// By what intensities are divided before, as those of images; it needs kept peaks, or the dataset.
    #[param(
        default = "none",
        nullable = false,
        pattern = "^(none|tic|rms|median|ion=.+|mz=[0-9.]+)$"
    )]
    normalization: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnexplainedQuery {
    /// Highest FDR of the ions that explain peaks.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Peaks at most, 1 to 1,000.
    #[param(minimum = 1, maximum = 1_000, default = json!(N_UNEXPLAINED), nullable = false)]
    limit: Option<u64>,
}

/// From what the peaks of an answer were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Resolution {
    /// From bins of the mean spectrum of 31 to 61 ppm: the highest of each column.
    Bins,
    /// From the kept peaks: the sum of those of each column.
    Peaks,
}

/// An ion that explains peaks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExplainingIon {
    /// The ion.
    ion: String,
    /// The likeliest molecule that it may be; null where none has a name.
    molecule_name: Option<String>,
}

/// A mean spectrum.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeanAnswer {
    /// Id of the dataset.
    dataset: String,
    /// Pixels whose mean it is.
    n_pixels: usize,
    /// Lowest and highest m/z of the whole spectrum, in Th; null where it has no peak.
    mz_range: Option<[f64; 2]>,
    /// From what the peaks were made.
    resolution: Resolution,
    /// m/z of the peaks in Th, ascending, weighted by intensity.
    mz: Vec<f64>,
    /// Their mean intensities over the pixels.
    intensity: Vec<f64>,
    /// Place in `ions` of the ion that explains each peak; null of the others.
    explained_by: Vec<Option<usize>>,
    /// Isotope of that ion, from 0; null of the others.
    isotope: Vec<Option<usize>>,
    /// The ions that explain peaks.
    ions: Vec<ExplainingIon>,
}

/// Peaks that no annotated ion explains.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnexplainedAnswer {
    /// Id of the dataset.
    dataset: String,
    /// FDR up to which ions explain peaks.
    fdr: f64,
    /// The peaks, the most intense first.
    peaks: Vec<UnexplainedPeak>,
}

/// The mean spectrum of all pixels, drawn in columns. A range that is narrower than the bins of the mean spectrum is drawn from the peaks that the run kept, if it did.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/spectrum",
    tag = "spectra",
    params(("id" = String, Path, description = "Id of the dataset"), MeanQuery),
    responses((status = 200, description = "The spectrum", body = MeanAnswer))
)]
pub(crate) async fn mean_spectrum(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(id): Path<String>,
    Query(query): Query<MeanQuery>,
) -> Result<Response, Problem> {
    let effort = match query.normalization.as_deref() {
        None | Some("none") => Work::Reading,
        // All peaks are read.
        Some(_) => Work::Comparing,
    };
    let work = move |server: &Server, results: &Arc<Results>| {
        if effort == Work::Reading {
            return answer(results, &query, &results.mean_spectrum()?, None);
        }
        let all = vec![true; results.raster.n_pixels()];
        spectrum_of(&server.library, results, &query, &all)
    };
    server.reply(asked, Some(id), effort, work).await
}

/// The mean spectrum of the pixels of regions, drawn in columns. It is made of the peaks that the run kept, or else of the imzML and ibd files that the results were made of, if they are still there.
#[utoipa::path(
    post,
    path = "/api/v1/datasets/{id}/spectrum",
    tag = "spectra",
    params(("id" = String, Path, description = "Id of the dataset"), MeanQuery),
    request_body(description = "The regions, in pixels", content((RegionSetBody = "application/geo+json"))),
    responses((status = 200, description = "The spectrum", body = MeanAnswer))
)]
pub(crate) async fn region_spectrum(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(query): Query<MeanQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let received = region_body(&server, &headers, body).await?;
    let working = Arc::clone(&server);
    let reply = server.limits.compare(move || {
        let results = working.library.results(Some(&id))?;
        let mask = union(&results, &received.bytes)?;
        let reply = spectrum_of(&working.library, &results, &query, &mask);
        drop(received.permit);
        reply
    });
    Ok(reply.await?.into_response())
}

/// The mean spectrum of some pixels, divided as it is asked for.
fn spectrum_of(
    library: &Library,
    results: &Results,
    query: &MeanQuery,
    mask: &[bool],
) -> Result<Reply, Problem> {
    let by = normalization(query.normalization.as_deref())?;
    let factors = &factors(library, results, &by)?;
    let chosen = ChosenPixels { mask, factors };
    let bins = library.region_spectrum(results, mask, &by, || {
        mean_of_pixels(library, results, chosen)
    })?;
    answer(results, query, &bins, Some(chosen))
}

/// Regions of less than one in so many pixels are read from the dataset where it is at hand and has
/// peaks: of kept peaks, all are read.
const FEW_PIXELS: usize = 2;

/// The mean spectrum of some pixels, from the dataset or from kept peaks, whichever is less to read.
fn mean_of_pixels(
    library: &Library,
    results: &Results,
    chosen: ChosenPixels<'_>,
) -> Result<Vec<MeanPeak>, Problem> {
    let mask = chosen.mask;
    let Some(kept) = results.kept()? else {
        return Ok(mean_of_dataset(
            &*library.spectra(results)?,
            chosen,
            &Silent,
        )?);
    };
    let n_inside = mask.iter().filter(|inside| **inside).count();
    // Whatever is wrong with the dataset is of no concern where there are kept peaks.
    if n_inside * FEW_PIXELS < mask.len()
        && let Ok(dataset) = library.spectra(results)
        && dataset.picking.is_none()
        && let Ok(mean) = mean_of_dataset(&dataset, chosen, &Silent)
    {
        return Ok(mean);
    }
    Ok(mean_of_kept(&kept, chosen)?)
}

/// The most intense peaks of the mean spectrum that no isotope of an annotated ion explains.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/unexplained",
    tag = "spectra",
    params(("id" = String, Path, description = "Id of the dataset"), UnexplainedQuery),
    responses((status = 200, description = "The peaks", body = UnexplainedAnswer))
)]
pub(crate) async fn unexplained(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(id): Path<String>,
    Query(query): Query<UnexplainedQuery>,
) -> Result<Response, Problem> {
    let work = move |_: &Server, results: &Arc<Results>| {
        let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
        let limit = count(
            "limit",
            query.limit.unwrap_or(N_UNEXPLAINED),
            1,
            MAX_UNEXPLAINED,
        )?;
        let ppm = Ppm(results.ppm());
        let annotated = results.ions().filter(|row| row.fdr <= fdr);
        let explained = ExplainedWindows::new(annotated, ppm);
        let (bins, kept) = (results.mean_spectrum()?, results.kept()?);
        let peaks = unexplained_peaks(&bins, &explained, kept.as_deref(), ppm, limit)?;
        Reply::json(&UnexplainedAnswer {
            dataset: results.id.clone(),
            fdr,
            peaks,
        })
    };
    server.reply(asked, Some(id), Work::Comparing, work).await
}

/// The pixels of all regions of a body together.
fn union(results: &Results, bytes: &[u8]) -> Result<Vec<bool>, Problem> {
    let mut all = vec![false; results.raster.n_pixels()];
    for (_, mask) in parsed(bytes)?.masks(&results.raster) {
        for (is_in, of_region) in all.iter_mut().zip(mask) {
            *is_in |= of_region;
        }
    }
    if !all.contains(&true) {
        return Err(Problem::new(kind::IMPOSSIBLE, "the regions hold no pixel"));
    }
    Ok(all)
}

/// The spectrum whose bins are given, in the range that is asked for.
fn answer(
    results: &Results,
    query: &MeanQuery,
    bins: &[MeanPeak],
    chosen: Option<ChosenPixels<'_>>,
) -> Result<Reply, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let n = count("columns", query.columns.unwrap_or(COLUMNS), 1, MAX_COLUMNS)?;
    let whole = bins.first().zip(bins.last());
    let whole = whole.map(|(first, last)| [first.mz, last.mz]);
    let [first, last] = whole.unwrap_or([0.0, 1.0]);
    let low = within("mzMin", query.mz_min.unwrap_or(first), 0.0, MAX_MZ)?;
    let high = within("mzMax", query.mz_max.unwrap_or(last), 0.0, MAX_MZ)?;
    // 422, as each of them is right for itself.
    if high - low < MIN_RANGE && (query.mz_min.is_some() || query.mz_max.is_some()) {
        let detail = format!("the range from {low} to {high} is narrower than {MIN_RANGE}");
        return Err(Problem::new(kind::IMPOSSIBLE, detail));
    }
    let columns = SpectrumColumns { low, high, n };
    let kept = if columns.are_wider_than_bins() {
        None
    } else {
        results.kept()?
    };
    let (peaks, resolution) = match kept {
        Some(kept) => (columns.sums(&kept, chosen)?, Resolution::Peaks),
        None => (columns.highest(bins), Resolution::Bins),
    };
    let mut explained = Explained::new(results, fdr, columns);
    let by: Vec<Option<(usize, usize)>> = peaks.iter().map(|peak| explained.by(peak)).collect();
    let n_pixels = chosen.map_or(results.raster.n_pixels(), |chosen| {
        chosen.mask.iter().filter(|is_in| **is_in).count()
    });
    Reply::json(&MeanAnswer {
        dataset: results.id.clone(),
        n_pixels,
        mz_range: whole,
        resolution,
        mz: peaks.iter().map(|peak| peak.mz).collect(),
        intensity: peaks.iter().map(|peak| peak.intensity).collect(),
        explained_by: by.iter().map(|by| by.map(|(ion, _)| ion)).collect(),
        isotope: by.iter().map(|by| by.map(|(_, isotope)| isotope)).collect(),
        ions: explained.ions,
    })
}

/// An isotope of an annotated ion.
struct Isotope<'a> {
    mz: f64,
    number: usize,
    fdr: f64,
    ion: &'a str,
    molecule_name: Option<&'a String>,
}

/// Which annotated ions explain peaks, and those that did.
struct Explained<'a> {
    /// By m/z.
    isotopes: Vec<Isotope<'a>>,
    ppm: f64,
    /// Half-width in Th of what one peak of the answer stands for.
    half_width: f64,
    ions: Vec<ExplainingIon>,
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Explained<'a> {
    fn new(results: &'a Results, fdr: f64, columns: SpectrumColumns) -> Self {
        let rows = results.ions().filter(|row| row.fdr <= fdr);
        let mut isotopes: Vec<Isotope<'a>> = rows
            .flat_map(|row| {
                let isotopes = row.isotope_mz.iter().enumerate();
                let there = isotopes.filter(|(_, mz)| **mz > 0.0);
                there.map(|(number, &mz)| Isotope {
                    mz,
                    number,
                    fdr: row.fdr,
                    ion: &row.ion,
                    molecule_name: row.molecule_names.first(),
                })
            })
            .collect();
        isotopes.sort_by(|a, b| a.mz.total_cmp(&b.mz).then(a.ion.cmp(b.ion)));
        Self {
            isotopes,
            ppm: results.ppm(),
            half_width: columns.resolved_width() / 2.0,
            ions: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Place of the ion that explains a peak, and which of its isotopes: first isotopes before others,
    /// then of the lowest FDR.
    fn by(&mut self, peak: &ColumnPeak) -> Option<(usize, usize)> {
        let within = (peak.mz * self.ppm * 1e-6).max(self.half_width);
        let first = self.isotopes.partition_point(|of| of.mz < peak.mz - within);
        let end = self
            .isotopes
            .partition_point(|of| of.mz <= peak.mz + within);
        let best = self.isotopes.get(first..end)?.iter().min_by(|a, b| {
            let order = (a.number > 0).cmp(&(b.number > 0));
            order.then(a.fdr.total_cmp(&b.fdr)).then(a.ion.cmp(b.ion))
        })?;
        let ions = &mut self.ions;
        let place = *self.places.entry(best.ion).or_insert_with(|| {
            ions.push(ExplainingIon {
                ion: best.ion.to_owned(),
                molecule_name: best.molecule_name.cloned(),
            });
            ions.len() - 1
        });
        Some((place, best.number))
    }
}
