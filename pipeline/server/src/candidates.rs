//! `/datasets/{id}/candidates`: what was searched for near an m/z, and what came of it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use metaspace_results::{CandidateIon, RankedTarget, read_candidate_ions};
use ms_core::tolerance::Ppm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::annotations::MAX_MZ;
use crate::library::Results;
use crate::problem::Problem;
use crate::reply::{ConditionalRequest, Reply, Work};
use crate::request::{Path, Query, within};
use crate::state::Server;

/// Widest window in ppm, to each side.
const MAX_PPM: f64 = 1_000.0;

/// Ions of an answer, at most: the nearest.
const MAX_IONS: usize = 200;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CandidateQuery {
    /// m/z in Th.
    #[param(minimum = 0, maximum = 1_000_000)]
    mz: f64,
    /// Distance in ppm, to each side; that of the annotation where nothing is said.
    #[param(minimum = 0, maximum = 1_000, nullable = false)]
    ppm: Option<f64>,
}

/// What was searched for near an m/z.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CandidateAnswer {
    /// Id of the dataset.
    dataset: String,
    /// m/z in Th.
    mz: f64,
    /// Distance in ppm, to each side.
    ppm: f64,
    /// Ions that were measured there, the nearest first; at most 200.
    ions: Vec<CandidateRow>,
}

/// An ion of a molecule that was measured.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CandidateRow {
    /// Formula of the ion.
    ion_formula: String,
    /// m/z of the ion made of the most abundant isotopes, in Th.
    mz: f64,
    /// Pixels of the first image with signal.
    n_pixels: u32,
    /// Metabolite-signal match.
    msm: f64,
    /// What came of it.
    outcome: Outcome,
    /// Lowest FDR at which it is annotated; null where it is not.
    fdr: Option<f64>,
    /// The annotated ion; null where it is not.
    ion: Option<String>,
    /// As what it was ranked; empty where it was not.
    targets: Vec<TargetRow>,
}

/// A molecule and adduct that an ion was ranked as.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TargetRow {
    /// Molecule table.
    database: String,
    /// Formula of the molecule.
    formula: String,
    /// The adduct.
    adduct: String,
    /// By what it was ranked; 0 is not ranked.
    score: f64,
    /// Formula of the ion whose fragment it is taken for; null where it is none.
    fragment_of: Option<String>,
}

/// What came of an ion that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    /// It is annotated, at some FDR.
    Annotated,
    /// Its other isotopes are nowhere together with the first, or its pattern is not that of the formula.
    NoPattern,
    /// Its image is no more than noise.
    NoStructure,
    /// It was not ranked: another ion, or one of the matrix, explains its peak.
    Explained,
    /// It was not ranked: it is taken for a fragment of another ion.
    Fragment,
    /// It was ranked, and decoys score as high.
    LikeDecoys,
}

impl Outcome {
    fn of(ion: &CandidateIon, is_annotated: bool) -> Self {
        if is_annotated {
            Self::Annotated
        } else if ion.rho_spatial <= 0.0 || ion.rho_spectral <= 0.0 {
            Self::NoPattern
        } else if ion.msm <= 0.0 {
            Self::NoStructure
        } else if ion.targets.iter().all(|target| target.score <= 0.0) {
            let is_fragment = |target: &RankedTarget| target.fragment_of.is_some();
            if ion.targets.iter().any(is_fragment) {
                Self::Fragment
            } else {
                Self::Explained
            }
        } else {
            Self::LikeDecoys
        }
    }
}

/// Ions of molecules that were measured near an m/z, annotated or not, and why not.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/candidates",
    tag = "annotations",
    params(("id" = String, Path, description = "Id of the dataset"), CandidateQuery),
    responses((status = 200, description = "The ions", body = CandidateAnswer))
)]
pub(crate) async fn candidates(
    State(server): State<Arc<Server>>,
    asked: ConditionalRequest,
    Path(id): Path<String>,
    Query(query): Query<CandidateQuery>,
) -> Result<Response, Problem> {
    let work = move |_: &Server, results: &Arc<Results>| answer(results, &query);
    // All rows of two tables are looked at.
    server.reply(asked, Some(id), Work::Comparing, work).await
}

fn answer(results: &Results, query: &CandidateQuery) -> Result<Reply, Problem> {
    let mz = within("mz", query.mz, 0.0, MAX_MZ)?;
    let ppm = within("ppm", query.ppm.unwrap_or(results.ppm()), 0.0, MAX_PPM)?;
    let window = Ppm(ppm).window(mz);
    let mut ions = read_candidate_ions(&results.folder, window)?;
    ions.sort_by(|a, b| (a.mz - mz).abs().total_cmp(&(b.mz - mz).abs()));
    ions.truncate(MAX_IONS);
    let rows = ions.into_iter().map(|ion| row(results, ion)).collect();
    Reply::json(&CandidateAnswer {
        dataset: results.id.clone(),
        mz,
        ppm,
        ions: rows,
    })
}

fn row(results: &Results, ion: CandidateIon) -> CandidateRow {
    let of_ion = results
        .ions()
        .filter(|row| row.ion_formula == ion.ion_formula);
    let annotated = of_ion.min_by(|a, b| a.fdr.total_cmp(&b.fdr));
    let target = |target: RankedTarget| TargetRow {
        database: target.database,
        formula: target.formula,
        adduct: target.adduct,
        score: target.score,
        fragment_of: target.fragment_of,
    };
    CandidateRow {
        outcome: Outcome::of(&ion, annotated.is_some()),
        ion_formula: ion.ion_formula,
        mz: ion.mz,
        n_pixels: ion.n_pixels,
        msm: ion.msm,
        fdr: annotated.map(|row| row.fdr),
        ion: annotated.map(|row| row.ion.clone()),
        targets: ion.targets.into_iter().map(target).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decided_is_said() {
        let ion = |rho_spatial, rho_spectral, msm, targets: &[(f64, Option<&str>)]| CandidateIon {
            ion_formula: "C6H13O6".into(),
            mz: 181.0,
            n_pixels: 5,
            rho_spatial,
            rho_spectral,
            rho_chaos: None,
            msm,
            targets: targets
                .iter()
                .map(|&(score, fragment_of)| RankedTarget {
                    database: "t".into(),
                    formula: "C6H12O6".into(),
                    adduct: "+H".into(),
                    score,
                    fragment_of: fragment_of.map(String::from),
                })
                .collect(),
        };
        let of = |ion: &CandidateIon| Outcome::of(ion, false);
        let water = Some("C6H15O7");
        assert_eq!(of(&ion(0.0, 0.9, 0.0, &[])), Outcome::NoPattern);
        assert_eq!(of(&ion(0.5, 0.9, 0.0, &[])), Outcome::NoStructure);
        assert_eq!(of(&ion(0.5, 0.9, 0.4, &[(0.0, None)])), Outcome::Explained);
        assert_eq!(of(&ion(0.5, 0.9, 0.4, &[(0.0, water)])), Outcome::Fragment);
        let known = ion(0.5, 0.9, 0.4, &[(0.0, water), (0.1, None)]);
        assert_eq!(of(&known), Outcome::LikeDecoys);
        assert_eq!(Outcome::of(&known, true), Outcome::Annotated);
    }
}
