//! `/experiments`: the reports of experiments that are served with their datasets.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use metaspace_machine::error::FileError;

use crate::datasets::Nothing;
use crate::problem::{Problem, kind};
use crate::reply::Reply;
use crate::request::{Path, Query};
use crate::state::Server;

/// The page of an experiment's folder.
const PAGE: &str = "report.html";

/// What the page may load: what it holds, and nothing else.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The report of an experiment: one page of HTML that needs nothing else.
#[utoipa::path(
    get,
    path = "/api/v1/experiments/{id}",
    tag = "experiments",
    params(("id" = String, Path, description = "Id of the experiment: the name of its folder")),
    responses((status = 200, description = "The report", content((String = "text/html"))))
)]
pub(crate) async fn report(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let working = Arc::clone(&server);
    let reply = server.limits.read(move || {
        let mut all = working.library.experiments.iter();
        let found = all.find(|experiment| experiment.id == id).ok_or_else(|| {
            Problem::new(
                kind::DATASET,
                format!("no experiment `{id}` is served here"),
            )
        })?;
        let path = found.folder.join(PAGE);
        let bytes = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        Ok(Reply::new("text/html; charset=utf-8", bytes))
    });
    let mut response = reply.await?.into_response();
    let policy = HeaderValue::from_static(POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
