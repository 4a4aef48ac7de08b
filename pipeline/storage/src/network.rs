//! How stores are reached: connections, credentials, and the threads that wait.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use metaspace_machine::error::FileError;
use object_store::ObjectStore;
use object_store::aws::S3ConditionalPut;
use object_store::local::LocalFileSystem;
use tokio::runtime::{Builder, Runtime};

use crate::StoreError;
use crate::aws::{AwsSettings, aws_settings};
use crate::location::Location;

/// Threads that wait for answers; the work is done elsewhere.
const RUNTIME_THREADS: usize = 2;

pub(crate) fn folder(path: &Path) -> Result<LocalFileSystem, StoreError> {
    let shown = || path.display().to_string();
    std::fs::create_dir_all(path).map_err(FileError::at("make", path))?;
    LocalFileSystem::new_with_prefix(path).map_err(|source| StoreError::SetUp {
        location: shown(),
        source,
    })
}

pub(crate) fn bucket_of(
    bucket: &str,
    location: &Location,
    settings: &[(&str, &str)],
) -> Result<Arc<dyn ObjectStore>, StoreError> {
    use_ring();
    let AwsSettings {
        builder, client, ..
    } = aws_settings(settings)?;
    let built = builder
        .with_bucket_name(bucket)
        .with_client_options(client)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .build();
    let built = built.map_err(|source| StoreError::SetUp {
        location: location.to_string(),
        source,
    })?;
    Ok(Arc::new(built))
}

/// Chooses the cryptography of all connections, once.
pub fn use_ring() {
    // Another choice made before is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The threads that wait for answers.
///
/// # Errors
/// They cannot be started.
pub fn runtime() -> Result<&'static Runtime, StoreError> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let build = || {
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(RUNTIME_THREADS)
            .thread_name("network")
            .enable_all();
        builder.build().map_err(|error| error.to_string())
    };
    let runtime = RUNTIME.get_or_init(build).as_ref();
    runtime.map_err(|reason| StoreError::Runtime {
        reason: reason.clone(),
    })
}
