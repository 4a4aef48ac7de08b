//! Who may ask, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{Problem, kind};
use crate::state::Server;

/// What begins the addresses that hold data.
const DATA: &str = "/api/v1/";

/// The description of the API says nothing of the data.
const OPEN: &str = "/api/v1/openapi.json";

/// What pages of this server may load: what the server itself sends, and pictures that they made.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Lets a request through if it may ask; gives every answer its headers.
pub(crate) async fn guard(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let path = request.uri().path();
    let is_data = path.starts_with(DATA) && path != OPEN;
    let checked = match &server.token {
        Some(token) if is_data => check_token(request.headers(), token),
        Some(_) => Ok(()),
        None => check_host(&request),
    };
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = wrong_method(&method);
    }
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Compares hashes, which takes the same time wherever they differ.
fn check_token(headers: &HeaderMap, token: &blake3::Hash) -> Result<(), Problem> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let given = given.and_then(|given| given.split_once(' '));
    let is_right = given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case("bearer") && blake3::hash(given.trim().as_bytes()) == *token
    });
    if is_right {
        return Ok(());
    }
    let detail = "send the token of the server as `Authorization: Bearer TOKEN`";
    Err(Problem::new(kind::TOKEN, detail)
        .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"metaspace\""))
}

/// Without a token only this machine asks, by a name of its own: a page from elsewhere whose name
/// was made to lead here is turned away.
fn check_host(request: &Request) -> Result<(), Problem> {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(Authority::as_str).or(host);
    if host.is_some_and(is_here) {
        return Ok(());
    }
    let detail = "this server answers to localhost, 127.0.0.1 and [::1]";
    Err(Problem::new(kind::HOST, detail))
}

fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
}

/// The header with the methods that there are is added later, by the router.
fn wrong_method(method: &Method) -> Response {
    let detail = format!("{method} is not answered here; the header Allow has what is");
    Problem::new(kind::METHOD, detail).into_response()
}

/// Methods that pages of other origins may use where `--allow-origin` names them.
pub(crate) const METHODS: [Method; 5] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "127.0.0.1:1",
            "127.0.0.2",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_here(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "10.0.0.1",
            ":80",
        ] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn tokens_are_compared_as_a_whole() {
        let token = blake3::hash(b"0123456789abcdef");
        let check = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(text).unwrap());
            check_token(&headers, &token).is_ok()
        };
        assert!(check("Bearer 0123456789abcdef") && check("bearer 0123456789abcdef"));
        assert!(!check("Bearer 0123456789abcde") && !check("Bearer 0123456789abcdef0"));
        assert!(!check("Basic 0123456789abcdef") && !check("0123456789abcdef"));
        assert!(check_token(&HeaderMap::new(), &token).is_err());
    }
}
