//! `/files`: the tables of results as they are, whole or in parts.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metaspace_machine::error::FileError;
use metaspace_results::RUN_JSON;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::library::Results;
use crate::problem::{Problem, kind};
use crate::reply::{Reply, is_known};
use crate::request::{Path, Query, nothing_here};
use crate::state::Server;

/// The files that are served as they are. `run.json` names places of the machine, see [`record`].
const FILES: [&str; 9] = [
    "annotations.csv",
    "annotations.parquet",
    "candidates.parquet",
    "colocalization.parquet",
    "ion_images.parquet",
    "ion_metrics.parquet",
    "mean_spectrum.parquet",
    "pixels.parquet",
    "sample_ions.parquet",
];

/// Type of the content of Parquet files.
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Id of the dataset; may be left out where there is one.
    #[param(nullable = false)]
    dataset: Option<String>,
}

/// A file that is open, and what tells it from the one that was there before.
struct Opened {
    file: File,
    length: u64,
    tag: String,
}

/// A table of the results as it is. Ranges are answered, so that a reader of Parquet takes what it needs.
#[utoipa::path(
    get,
    path = "/api/v1/files/{name}",
    tag = "files",
    params(
        ("name" = String, Path, description = "Name of the file: annotations.csv, annotations.parquet, candidates.parquet, colocalization.parquet, ion_images.parquet, ion_metrics.parquet, mean_spectrum.parquet, pixels.parquet, run.json (whose paths are names), sample_ions.parquet"),
        FileQuery,
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "application/vnd.apache.parquet"),
            (String = "text/csv; charset=utf-8"),
            (Value = "application/json"),
        )),
        (status = 206, description = "The part of it that was asked for", content(
            (String = "application/vnd.apache.parquet"),
            (String = "text/csv; charset=utf-8"),
        )),
    )
)]
pub(crate) async fn file(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if name == RUN_JSON {
        return record(&server, query).await;
    }
    let name = FILES
        .into_iter()
        .find(|known| *known == name)
        .ok_or_else(nothing_here)?;
    let library = Arc::clone(&server);
    let opened = server.limits.read(move || {
        let results = library.library.results(query.dataset.as_deref())?;
        open(&results, name)
    });
    let opened = opened.await?;
    let header = |name: header::HeaderName| headers.get(name);
    if header(header::IF_NONE_MATCH).is_some_and(|known| is_known(known, &opened.tag)) {
        return Ok(with_headers(
            StatusCode::NOT_MODIFIED.into_response(),
            name,
            &opened.tag,
        ));
    }
    // A part of another file than the one that the client has the rest of is of no use.
    let is_same =
        header(header::IF_RANGE).is_none_or(|tag| tag.as_bytes() == opened.tag.as_bytes());
    let range = header(header::RANGE)
        .filter(|_| is_same)
        .and_then(|range| range.to_str().ok());
    let part = range.map_or(Part::Whole, |range| part(range, opened.length));
    send(opened, part, name)
}

fn open(results: &Results, name: &'static str) -> Result<Opened, Problem> {
    let path = results.folder.join(name);
    let missing = || {
        let detail = format!("these results have no {name}");
        Problem::new(kind::PAGE, detail)
    };
    // A link that leads out of the folder is none of its files.
    let real = path.canonicalize().map_err(|_| missing())?;
    if !real.starts_with(&results.folder) {
        return Err(missing());
    }
    let file = File::open(&real).map_err(FileError::at("open", &real))?;
    let found = file.metadata().map_err(FileError::at("read", &real))?;
    if !found.is_file() {
        return Err(missing());
    }
    let text = format!(
        "{name} {:?} {} {:?}",
        results.stamp,
        found.len(),
        found.modified().ok()
    );
    let tag = format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..24]);
    Ok(Opened {
        file,
        length: found.len(),
        tag,
    })
}

/// What of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    /// From a byte to a byte, both of them included.
    Bytes(u64, u64),
    /// Nothing that is there.
    Beyond,
}

/// One range of bytes; several at once, and what is no range, stand for the whole.
fn part(range: &str, length: u64) -> Part {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    match (first.trim(), last.trim()) {
        ("", last) => match last.parse::<u64>() {
            Ok(0) => Part::Beyond,
            Ok(_) if length == 0 => Part::Beyond,
            Ok(n) => Part::Bytes(length.saturating_sub(n), length - 1),
            Err(_) => Part::Whole,
        },
        (first, last) => {
            let Ok(first) = first.parse::<u64>() else {
                return Part::Whole;
            };
            let last = if last.is_empty() {
                Ok(u64::MAX)
            } else {
                last.parse::<u64>()
            };
            match last {
                Ok(last) if last < first => Part::Whole,
                Ok(_) if first >= length => Part::Beyond,
                Ok(last) => Part::Bytes(first, last.min(length - 1)),
                Err(_) => Part::Whole,
            }
        }
    }
}

fn send(opened: Opened, part: Part, name: &'static str) -> Result<Response, Problem> {
    let Opened {
        mut file,
        length,
        tag,
    } = opened;
    let (first, n_bytes, status) = match part {
        Part::Whole => (0, length, StatusCode::OK),
        Part::Bytes(first, last) => (first, last - first + 1, StatusCode::PARTIAL_CONTENT),
        Part::Beyond => {
            let detail = format!("the file has {length} bytes");
            return Err(Problem::new(kind::RANGE, detail)
                .with_header(header::CONTENT_RANGE, &format!("bytes */{length}")));
        }
    };
    file.seek(SeekFrom::Start(first))
        .map_err(|error| Problem::internal(&error))?;
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file).take(n_bytes), CHUNK);
    let mut response = with_headers(
        (status, Body::from_stream(stream)).into_response(),
        name,
        &tag,
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, n_bytes.into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let range = format!("bytes {first}-{}/{length}", first + n_bytes.max(1) - 1);
    if let (Part::Bytes(..), Ok(range)) = (part, HeaderValue::from_str(&range)) {
        headers.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

fn with_headers(mut response: Response, name: &'static str, tag: &str) -> Response {
    let is_csv = name == FILES[0];
    let content_type = if is_csv {
        "text/csv; charset=utf-8"
    } else {
        PARQUET
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache, no-transform"),
    );
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The record of the run, in which a path of the machine is the name that it ends with.
async fn record(server: &Arc<Server>, query: FileQuery) -> Result<Response, Problem> {
    let working = Arc::clone(server);
    let reply = server.limits.read(move || {
        let results = working.library.results(query.dataset.as_deref())?;
        let path = results.folder.join(RUN_JSON);
        let bytes = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        let record = serde_json::from_slice(&bytes).map_err(|error| Problem::internal(&error))?;
        Reply::json(&without_paths(record))
    });
    Ok(reply.await?.into_response())
}

/// A value in whose texts each absolute path is the name that it ends with.
fn without_paths(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('/') => Value::String(name_of(&text).to_owned()),
        // Within a message they stand in quotes.
        Value::String(text) => {
            let parts = text.split_inclusive(['`', '"', '\'', ' ']);
            Value::String(parts.map(name_of).collect())
        }
        Value::Array(values) => values.into_iter().map(without_paths).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, without_paths(value)))
            .collect(),
        other => other,
    }
}

/// What an absolute path ends with; any other text as it is.
fn name_of(text: &str) -> &str {
    match text.rsplit_once('/') {
        Some((folder, name)) if folder.starts_with('/') => name,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_machine_become_names() {
        let record = serde_json::json!({
            "dataset": { "imzml": "/data/brain.imzML", "n": 3 },
            "options": ["--out", "/data/x/results", "a/b", "1/2"],
            "warnings": ["row 3 of `/data/my/table.tsv` has no formula; m/z of +0.4 /-0.2"],
        });
        let expected = serde_json::json!({
            "dataset": { "imzml": "brain.imzML", "n": 3 },
            "options": ["--out", "results", "a/b", "1/2"],
            "warnings": ["row 3 of `table.tsv` has no formula; m/z of +0.4 /-0.2"],
        });
        assert_eq!(without_paths(record), expected);
    }

    #[test]
    fn ranges() {
        assert_eq!(part("bytes=0-9", 100), Part::Bytes(0, 9));
        assert_eq!(part("bytes=90-", 100), Part::Bytes(90, 99));
        assert_eq!(part("bytes=90-1000", 100), Part::Bytes(90, 99));
        assert_eq!(part("bytes=-8", 100), Part::Bytes(92, 99));
        assert_eq!(part("bytes=-800", 100), Part::Bytes(0, 99));
        for beyond in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(part(beyond, 100), Part::Beyond, "{beyond}");
        }
        for whole in [
            "bytes=9-1",
            "bytes=0-1,4-5",
            "lines=1-2",
            "bytes=x-",
            "bytes=-",
            "bytes",
        ] {
            assert_eq!(part(whole, 100), Part::Whole, "{whole}");
        }
        assert_eq!(
            (part("bytes=0-", 0), part("bytes=-1", 0)),
            (Part::Beyond, Part::Beyond)
        );
    }
}
