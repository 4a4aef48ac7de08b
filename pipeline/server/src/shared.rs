//! `/shared`: which ions the results that are served have in common.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use metaspace_explore::options::FDR;
use metaspace_explore::shared::{MAX_COMPARED, SharedIons, shared_ions};
use serde::Deserialize;

use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{Query, within};
use crate::state::Server;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SharedQuery {
    /// FDR up to which an ion counts as annotated.
    #[param(minimum = 0, maximum = 1, default = json!(FDR), nullable = false)]
    fdr: Option<f64>,
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
        let of =
            |results: &Arc<crate::library::Results>| (results.id.clone(), results.folder.clone());
        let folders: Vec<_> = all.iter().map(of).collect();
        Reply::json(&shared_ions(&folders, fdr)?)
    });
    Ok(reply.await?.into_response())
}
