//! Signed requests to AWS's interfaces other than S3, with the same credentials and connections.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector, HttpRequest, ReqwestConnector};

use crate::config::aws::{AwsSettings, aws_settings, is_loopback, lambda_endpoint};
use crate::storage::{StoreError, use_ring};

/// A request takes as long as the task that it asks for, and Lambda's longest is 15 minutes.
const TIMEOUT: Duration = Duration::from_mins(16);

/// Lambda, as a user of it.
#[derive(Debug, Clone)]
pub struct LambdaApi {
    client: HttpClient,
    credentials: AwsCredentialProvider,
    region: Arc<str>,
    endpoint: Arc<str>,
}

/// An answer of AWS.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text, cut short.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(500)]).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// No way to reach AWS.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No credentials, or a request that cannot be signed.
    #[error("cannot sign a request to `{endpoint}`")]
    Sign {
        /// Where to.
        endpoint: String,
        /// Why.
        source: object_store::Error,
    },
    /// A request that is none.
    #[error("cannot make a request to `{endpoint}`")]
    Request {
        /// Where to.
        endpoint: String,
        /// Why.
        source: http::Error,
    },
    /// No answer.
    #[error("no answer from `{endpoint}`")]
    Connection {
        /// Where to.
        endpoint: String,
        /// Why.
        source: object_store::client::HttpError,
    },
}

impl LambdaApi {
    /// Lambda as the environment names it, in a region if one is given.
    ///
    /// # Errors
    /// There is no way to reach it.
    pub fn new(region: Option<&str>) -> Result<Self, AwsError> {
        use_ring();
        let given: Vec<(&str, &str)> =
            region.map(|region| ("aws_region", region)).into_iter().collect();
        let AwsSettings { builder, client, region, .. } = aws_settings(&given)?;
        let endpoint = lambda_endpoint(&region);
        let set_up = |source| StoreError::SetUp { location: endpoint.clone(), source };
        // The builder of S3 knows how to find credentials; no bucket is ever asked for.
        let s3 = builder.with_bucket_name("none").with_client_options(client.clone());
        let credentials = Arc::clone(s3.build().map_err(set_up)?.credentials());
        let options = client.with_timeout(TIMEOUT).with_allow_http(is_loopback(&endpoint));
        let client = ReqwestConnector::default().connect(&options).map_err(set_up)?;
        Ok(Self { client, credentials, region: region.into(), endpoint: endpoint.into() })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Sends a request and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<Answer, AwsError> {
        let endpoint = || self.endpoint.to_string();
        let sign = |source| AwsError::Sign { endpoint: endpoint(), source };
        let mut builder =
            http::Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let mut request: HttpRequest = builder
            .body(body.into())
            .map_err(|source| AwsError::Request { endpoint: endpoint(), source })?;
        let credential = self.credentials.get_credential().await.map_err(sign)?;
        AwsAuthorizer::new(&credential, "lambda", &self.region)
            .try_authorize(&mut request, None)
            .map_err(sign)?;
        execute(&self.client, request)
            .await
            .map_err(|source| AwsError::Connection { endpoint: endpoint(), source })
    }
}

/// Sends a request and reads the whole answer.
async fn execute(
    client: &HttpClient,
    request: HttpRequest,
) -> Result<Answer, object_store::client::HttpError> {
    let (parts, body) = client.execute(request).await?.into_parts();
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.bytes().await? })
}
