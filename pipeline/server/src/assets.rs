//! The viewer: pages and scripts as they were built, in the program.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::reply::is_known;
use crate::request::{Path, nothing_here};

/// A file of the viewer.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "index.html",
        content_type: "text/html; charset=utf-8",
        bytes: include_bytes!("../viewer/dist/index.html"),
    },
    Asset {
        name: "viewer.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../viewer/dist/viewer.js"),
    },
    Asset {
        name: "viewer.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../viewer/dist/viewer.css"),
    },
    Asset {
        name: "icon.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("../viewer/dist/icon.svg"),
    },
];

/// `/`.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    send(&ASSETS[0], &headers)
}

/// `/viewer/{name}`.
pub(crate) async fn asset(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .ok_or_else(nothing_here)?;
    Ok(send(asset, &headers))
}

fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let tag = format!("W/\"{}\"", &blake3::hash(asset.bytes).to_hex()[..24]);
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| is_known(known, &tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(asset.content_type),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
