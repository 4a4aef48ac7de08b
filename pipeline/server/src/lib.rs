//! Results over HTTP: a viewer, and a REST API that says what the commands say.
//!
//! A handler decodes, calls the function that the command calls, and encodes. The order of a
//! request: connection (bounded in number and patience) → guard (token or host) → handler →
//! permit for its kind of work → a thread that reads or computes → compression.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use metaspace_render::npy;
use ms_core::progress::Progress;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::CorsLayer;

use crate::config::ServeConfig;
use crate::error::ServeError;

mod annotations;
mod assets;
mod candidates;
mod colocalization;
mod comparisons;
pub mod config;
mod connections;
mod datasets;
mod description;
pub mod error;
mod experiments;
mod files;
mod guard;
mod ions;
mod library;
mod limits;
mod lru_cache;
mod markers;
mod mean_spectra;
mod mz;
mod optical;
mod pictures;
mod problem;
mod region_schema;
mod regions;
mod reply;
mod request;
mod schema;
mod score;
mod shared;
mod spectra;
mod stack;
mod state;

use comparisons::Comparisons;
use description::described;
use library::Library;
use limits::RequestLimits;
use lru_cache::LruCache;
use problem::{Problem, kind};
use state::Server;

/// Answers of fewer bytes are not worth compressing.
const MIN_COMPRESSED: u64 = 1 << 10;

/// Threads that read and encode, beside those of comparisons.
const SPARE_THREADS: usize = 4;

/// Serves results folders, and the reports of experiments, until Ctrl-C.
///
/// `ready` is told the address as soon as connections are accepted.
///
/// # Errors
/// A folder cannot be opened, the address is taken, or the machine refuses connections.
pub fn serve(
    folders: &[PathBuf],
    experiments: &[PathBuf],
    config: &ServeConfig,
    progress: &dyn Progress,
    ready: impl FnOnce(std::net::SocketAddr),
) -> Result<(), ServeError> {
    let bounds = config.bounds;
    let server = Arc::new(Server {
        library: Library::open(folders, experiments, config)?,
        comparisons: Comparisons::new(&bounds),
        answers: LruCache::new(bounds.answer_bytes),
        limits: RequestLimits::new(bounds),
        token: config.token,
        is_read_only: config.is_read_only,
        described: described(config.token.is_some(), folders.len() > 1),
    });
    let n_threads = bounds.n_readers + bounds.n_comparisons + SPARE_THREADS;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(n_threads)
        .build()
        .map_err(failed("start the server"))?;
    let app = router(&server, config);
    let is_done = runtime.block_on(async {
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.map_err(failed(&format!("listen at {}", config.listen)))?;
        ready(
            listener
                .local_addr()
                .map_err(failed("find the server's own address"))?,
        );
        let answered = connections::answer(listener, app, bounds, progress).await;
        answered.map_err(failed("wait for connections"))
    })?;
    if !is_done {
        let seconds = bounds.drain.as_secs();
        progress.note(&format!(
            "requests that took more than {seconds} s were cut"
        ));
    }
    // Work whose client was cut off is not waited for.
    runtime.shutdown_background();
    Ok(())
}

fn failed(action: &str) -> impl FnOnce(std::io::Error) -> ServeError {
    let action = action.to_owned();
    move |source| ServeError::Serve { action, source }
}

fn router(server: &Arc<Server>, config: &ServeConfig) -> Router {
    let api = Router::new()
        .route("/openapi.json", get(description::openapi))
        .route("/datasets", get(datasets::datasets))
        .route("/datasets/{id}/mz/{mz}", get(mz::mz_image))
        .route("/datasets/{id}/mz/{mz}/pixels", get(mz::mz_pixels))
        .route("/datasets/{id}/mz/{mz}/errors", get(mz::mz_errors))
        .route(
            "/datasets/{id}/spectrum",
            get(mean_spectra::mean_spectrum).post(mean_spectra::region_spectrum),
        )
        .route("/datasets/{id}/unexplained", get(mean_spectra::unexplained))
        .route("/datasets/{id}/candidates", get(candidates::candidates))
        .route(
            "/datasets/{id}/regions",
            get(regions::regions).put(regions::keep_regions),
        )
        .route("/datasets/{id}/segments", get(regions::segments))
        .route("/datasets/{id}/tissue", get(regions::tissue))
        .route(
            "/datasets/{id}/optical",
            get(optical::optical)
                .put(optical::keep_placement)
                .delete(optical::remove_optical),
        )
        .route(
            "/datasets/{id}/optical/picture",
            get(optical::optical_picture).put(optical::keep_picture),
        )
        .route("/shared", get(shared::shared))
        .route("/experiments/{id}", get(experiments::report))
        .route("/annotations", get(annotations::annotations))
        .route("/ions/{ion}/images/{file}", get(ions::image))
        .route("/ions/{ion}/pixels", get(ions::pixels))
        .route("/spectra/{place}", get(spectra::spectrum))
        .route("/colocalization", get(colocalization::partners))
        .route("/colocalization/matrix", get(colocalization::pair_matrix))
        .route("/colocalization/score", post(score::score))
        .route("/markers", post(markers::drawn_markers))
        .route("/files/{name}", get(files::file));
    // What is compressed already, and what is asked for in ranges of bytes, stays as it is.
    let is_compressed = SizeAbove::new(MIN_COMPRESSED)
        .and(NotForContentType::const_new("image/png"))
        .and(NotForContentType::const_new("image/jpeg"))
        .and(NotForContentType::const_new(files::PARQUET))
        .and(NotForContentType::const_new(npy::CONTENT_TYPE));
    let mut app = Router::new()
        .route("/", get(assets::index))
        .route("/viewer/{name}", get(assets::asset))
        .route("/api", get(description::for_people))
        .nest("/api/v1", api)
        .fallback(|| async { request::nothing_here() })
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(server), guard::guard))
        .layer(CompressionLayer::new().compress_when(is_compressed));
    if !config.allow_origin.is_empty() {
        app = app.layer(cors(config));
    }
    app.with_state(Arc::clone(server))
}

fn cors(config: &ServeConfig) -> CorsLayer {
    let origins = config
        .allow_origin
        .iter()
        .filter_map(|o| HeaderValue::from_str(o).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods(guard::METHODS)
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            header::RANGE,
        ])
        .expose_headers([header::ETAG, header::CONTENT_RANGE, reply::CEILING])
}

/// A defect of the program; the panic itself has said on stderr what it is.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        kind::INTERNAL,
        "the server's own messages say what happened",
    )
    .into_response()
}
