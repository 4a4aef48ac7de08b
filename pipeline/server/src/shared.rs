//! `/shared`: which ions the results that are served have in common.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use metaspace_explore::options::FDR;
use metaspace_explore::shared::{MAX_COMPARED, SharedIons, shared_ions};
use serde::Deserialize;

use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{Query, count, within};
use crate::state::Server;

/// Ions of an answer, unless it is said, and at most.
const LISTED: u64 = 1_000;
const MAX_LISTED: u64 = 100_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SharedQuery {
    /// FDR up to which an ion counts as annotated.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
    /// Ions that are listed at most, those of most results first; all are counted.
    #[param(minimum = 0, maximum = 100_000, default = json!(LISTED), nullable = false)]
    limit: Option<u64>,
}

/// Which ions the datasets have in common, and which only some of them have.
#[utoipa::path(
    get,
    path = "/api/v1/shared",
    tag = "annotations",
    params(SharedQuery),
    responses((status = 200, description = "The ions of all datasets", body = SharedIons))
)]
pub(crate) async fn shared(
    State(server): State<Arc<Server>>,
    Query(query): Query<SharedQuery>,
) -> Result<Response, Problem> {
    let fdr = within("fdr", query.fdr.unwrap_or(FDR), 0.0, 1.0)?;
    let limit = count("limit", query.limit.unwrap_or(LISTED), 0, MAX_LISTED)?;
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let all = working.library.all()?;
        if all.len() > MAX_COMPARED {
            let detail = format!(
                "{} datasets are served, and {MAX_COMPARED} can be compared",
                all.len()
            );
            return Err(Problem::new(kind::IMPOSSIBLE, detail));
        }
        let results: Vec<_> = all
            .iter()
            .map(|results| (results.id.clone(), results.annotations.rows.as_slice()))
            .collect();
        let mut found = shared_ions(&results, fdr);
        found.ions.truncate(limit);
        Reply::json(&found)
    });
    Ok(reply.await?.into_response())
}
