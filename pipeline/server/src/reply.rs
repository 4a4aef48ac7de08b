//! Answers: their bytes, what they are, and whether the client has them already.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::library::Results;
use crate::problem::Problem;

/// What is asked for, and what the client has of it.
pub(crate) struct ConditionalRequest {
    uri: Uri,
    known: Option<HeaderValue>,
}

impl ConditionalRequest {
    /// The answer to who has the answer already; to others its tag.
    pub(crate) fn unchanged(&self, results: &Results) -> Result<Response, String> {
        let tag = tag(results, &self.uri);
        if self
            .known
            .as_ref()
            .is_some_and(|known| is_known(known, &tag))
        {
            return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), &tag));
        }
        Err(tag)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ConditionalRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.headers.get(header::IF_NONE_MATCH).cloned();
        Ok(Self {
            uri: parts.uri.clone(),
            known,
        })
    }
}

/// How much an answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Reading and encoding.
    Reading,
    /// Comparing images.
    Comparing,
}

/// The bytes of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    content_type: &'static str,
    bytes: Bytes,
    /// Name under which a browser saves it.
    file_name: Option<String>,
    /// Intensity of the brightest colour of a picture.
    ceiling: Option<f32>,
}

/// Header with the intensity of the brightest colour of a picture.
pub(crate) const CEILING: HeaderName = HeaderName::from_static("metaspace-ceiling");

impl Reply {
    pub(crate) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            content_type,
            bytes: bytes.into(),
            file_name: None,
            ceiling: None,
        }
    }

    /// Itself, and what keeping it takes.
    pub(crate) fn with_size(self) -> (Self, u64) {
        let n_bytes = self.bytes.len() as u64 + 256;
        (self, n_bytes)
    }

    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let bytes = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
        Ok(Self::new("application/json", bytes))
    }

    /// A table of rows, written by `write`, with a name to be saved under.
    pub(crate) fn csv(
        file_name: String,
        write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>,
    ) -> Result<Self, Problem> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        write(&mut writer).map_err(|error| Problem::internal(&error))?;
        let bytes = writer
            .into_inner()
            .map_err(|error| Problem::internal(error.error()))?;
        Ok(Self {
            file_name: Some(file_name),
            ..Self::new("text/csv; charset=utf-8", bytes)
        })
    }

    #[must_use]
    pub(crate) fn with_ceiling(mut self, ceiling: f32) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    #[must_use]
    pub(crate) fn named(mut self, file_name: String) -> Self {
        self.file_name = Some(file_name);
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = self.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(Ok(value)) = self.ceiling.map(|c| HeaderValue::from_str(&c.to_string())) {
            headers.insert(CEILING, value);
        }
        if let Some(name) = self.file_name {
            let name: String = name.chars().map(plain).collect();
            let disposition = format!("attachment; filename=\"{name}\"");
            if let Ok(value) = HeaderValue::from_str(&disposition) {
                headers.insert(header::CONTENT_DISPOSITION, value);
            }
        }
        response
    }
}

/// A character that a file name may have everywhere.
fn plain(c: char) -> char {
    if c.is_ascii_alphanumeric() || "+-_.()".contains(c) {
        c
    } else {
        '_'
    }
}

/// What tells an answer from every other; weak, as compressing it changes its bytes.
fn tag(results: &Results, uri: &Uri) -> String {
    let address = uri.path_and_query().map_or("", |address| address.as_str());
    let text = format!(
        "{} {:?} {address}",
        env!("CARGO_PKG_VERSION"),
        results.stamp
    );
    format!("W/\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..24])
}

/// Whether a list of tags has this one; weak and strong ones are alike.
pub(crate) fn is_known(known: &HeaderValue, tag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known
        .to_str()
        .is_ok_and(|known| known.split(',').any(|known| plain(known) == plain(tag)))
}

pub(crate) fn tagged(mut response: Response, tag: &str) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_a_list() {
        let known = |list: &str| is_known(&HeaderValue::from_str(list).unwrap(), "W/\"ab\"");
        assert!(known("W/\"ab\"") && known("\"ab\"") && known("\"x\", W/\"ab\""));
        assert!(!known("W/\"a\"") && !known("*") && !known(""));
    }
}
