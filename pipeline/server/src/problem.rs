//! What goes wrong, as the client is told: `application/problem+json` of RFC 9457.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coloc::error::ColocError;
use metaspace_explore::error::ExploreError;
use metaspace_machine::error::{Explanation, FileError};
use metaspace_results::ResultsError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ServeError;

/// A kind of problem: name, status and title.
pub(crate) type Kind = (&'static str, StatusCode, &'static str);

/// Every kind of problem, in the order of the description.
pub(crate) mod kind {
    use crate::problem::{Kind, StatusCode};

    pub(crate) const PARAMETER: Kind = (
        "wrong-parameter",
        StatusCode::BAD_REQUEST,
        "A parameter cannot be understood",
    );
    pub(crate) const BODY: Kind = (
        "wrong-body",
        StatusCode::BAD_REQUEST,
        "The body cannot be understood",
    );
    pub(crate) const TOKEN: Kind = (
        "wrong-token",
        StatusCode::UNAUTHORIZED,
        "The token is missing or wrong",
    );
    pub(crate) const ORIGIN: Kind = (
        "foreign-page",
        StatusCode::FORBIDDEN,
        "A page of another origin may not do this",
    );
    pub(crate) const READ_ONLY: Kind = (
        "read-only",
        StatusCode::FORBIDDEN,
        "This server writes nothing",
    );
    pub(crate) const PAGE: Kind = (
        "nothing-here",
        StatusCode::NOT_FOUND,
        "There is nothing here",
    );
    pub(crate) const DATASET: Kind = (
        "unknown-dataset",
        StatusCode::NOT_FOUND,
        "No dataset has this id",
    );
    pub(crate) const ION: Kind = (
        "unknown-ion",
        StatusCode::NOT_FOUND,
        "No annotated ion has this name",
    );
    pub(crate) const IMAGE: Kind = (
        "unknown-image",
        StatusCode::NOT_FOUND,
        "There is no such image",
    );
    pub(crate) const PIXEL: Kind = (
        "unknown-pixel",
        StatusCode::NOT_FOUND,
        "No spectrum lies here",
    );
    pub(crate) const SPECTRA: Kind = (
        "no-spectra",
        StatusCode::NOT_FOUND,
        "The spectra are not at hand",
    );
    pub(crate) const METHOD: Kind = (
        "wrong-method",
        StatusCode::METHOD_NOT_ALLOWED,
        "This cannot be done here",
    );
    pub(crate) const SLOW: Kind = (
        "too-slow",
        StatusCode::REQUEST_TIMEOUT,
        "The body took too long to arrive",
    );
    pub(crate) const LARGE: Kind = (
        "too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The request is too large",
    );
    pub(crate) const TYPE: Kind = (
        "wrong-type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body is of a type that is not read",
    );
    pub(crate) const RANGE: Kind = (
        "wrong-range",
        StatusCode::RANGE_NOT_SATISFIABLE,
        "The file has no such bytes",
    );
    pub(crate) const HOST: Kind = (
        "wrong-host",
        StatusCode::MISDIRECTED_REQUEST,
        "The server has another name",
    );
    pub(crate) const IMPOSSIBLE: Kind = (
        "impossible",
        StatusCode::UNPROCESSABLE_ENTITY,
        "This cannot be computed",
    );
    pub(crate) const INTERNAL: Kind = (
        "failed",
        StatusCode::INTERNAL_SERVER_ERROR,
        "The server failed",
    );
    pub(crate) const BUSY: Kind = (
        "busy",
        StatusCode::SERVICE_UNAVAILABLE,
        "The server is busy",
    );
    pub(crate) const LONG: Kind = (
        "too-long",
        StatusCode::GATEWAY_TIMEOUT,
        "The work takes too long",
    );

    pub(crate) const ALL: [Kind; 21] = [
        PARAMETER, BODY, TOKEN, ORIGIN, READ_ONLY, PAGE, DATASET, ION, IMAGE, PIXEL, SPECTRA,
        METHOD, SLOW, LARGE, TYPE, RANGE, HOST, IMPOSSIBLE, INTERNAL, BUSY, LONG,
    ];
}

/// A problem, small enough to be handed from function to function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem(Box<ProblemText>);

/// A problem as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemText {
    /// Where the kind of problem is described, relative to the server.
    #[serde(rename = "type")]
    kind: String,
    /// What kind of problem it is.
    title: String,
    /// Status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong in this case.
    detail: String,
    /// What may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    hint: Option<String>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new((name, status, title): Kind, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        // Messages of this program have their hint on a line of its own.
        let (detail, hint) = match detail.split_once("\nhint: ") {
            Some((detail, hint)) => (detail.to_owned(), Some(hint.to_owned())),
            None => (detail, None),
        };
        let headers = Vec::new();
        let kind = format!("/api#{name}");
        let (title, status) = (title.into(), status.as_u16());
        Self(Box::new(ProblemText {
            kind,
            title,
            status,
            detail,
            hint,
            headers,
        }))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }

    pub(crate) fn parameter(name: &str, reason: &str) -> Self {
        Self::new(kind::PARAMETER, format!("{name} {reason}"))
    }

    /// The server's own failure: what it was goes to whoever runs the server and to nobody else.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let text = format!("error: {}", Explanation::of(error).lines());
        // There is nobody to tell that stderr is closed.
        drop(std::io::Write::write_all(
            &mut std::io::stderr().lock(),
            (text + "\n").as_bytes(),
        ));
        Self::new(
            kind::INTERNAL,
            "the server's own messages say what happened",
        )
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    #[cfg(test)]
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl From<ExploreError> for Problem {
    fn from(error: ExploreError) -> Self {
        match error {
            ExploreError::UnknownIon { .. } => Self::new(kind::ION, error.to_string()),
            ExploreError::Results(error) => error.into(),
            ExploreError::Coloc(error) => error.into(),
            // An option of the command line that is a parameter here.
            ExploreError::Option(error) if error.option == "--normalize" => {
                Self::new(kind::IMPOSSIBLE, error.reason)
            }
            error => Self::internal(&error),
        }
    }
}

impl From<ResultsError> for Problem {
    fn from(error: ResultsError) -> Self {
        match error {
            ResultsError::Region { reason, .. } => {
                Self::new(kind::IMPOSSIBLE, format!("the region {reason}"))
            }
            ResultsError::ReadCsv { source, .. } => {
                Self::new(kind::BODY, format!("the body is no CSV: {source}"))
            }
            ResultsError::Coloc(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        Self::internal(&error)
    }
}

impl From<ServeError> for Problem {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Explore(error) => error.into(),
            ServeError::Results(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<ColocError> for Problem {
    fn from(error: ColocError) -> Self {
        Self::new(kind::IMPOSSIBLE, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&*self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.0.headers {
            headers.insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_machine_are_not_told() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        let problem = Problem::from(FileError::at("open", "/secret/place")(missing));
        assert_eq!(problem.status(), 500);
        assert!(
            !serde_json::to_string(&*problem.0)
                .unwrap()
                .contains("secret")
        );
        let region = ResultsError::Region {
            path: "/secret/place".into(),
            reason: "is odd".into(),
        };
        assert_eq!(Problem::from(region).detail(), "the region is odd");
    }

    #[test]
    fn hints_stand_apart() {
        let error = ExploreError::UnknownIon {
            ion: "C1".into(),
            n_ions: 2,
            near: "C2, C3".into(),
        };
        let problem = serde_json::to_value(&*Problem::from(error).0).unwrap();
        assert_eq!(problem["hint"], "did you mean one of C2, C3?");
        assert_eq!(problem["type"], "/api#unknown-ion");
        assert_eq!(problem["status"], 404);
    }
}
