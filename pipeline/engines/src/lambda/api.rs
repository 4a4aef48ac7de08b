//! AWS's own client of Lambda, set up as S3 is: the same credentials, certificates and proxies.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{
    BehaviorVersion, Builder, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_sdk_lambda::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::pool::{Client as Connections, ConnectionPool};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::dns::{
    DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver,
};
use metaspace_machine::error::Explanation;
use metaspace_storage::aws::{AwsSettings, aws_settings, is_loopback, lambda_endpoint};
use metaspace_storage::{Resolver, StoreError, resolver, use_ring};
use object_store::aws::AwsCredentialProvider;

/// A request takes as long as the task that it asks for, and Lambda's longest is 15 minutes.
const TIMEOUT: Duration = Duration::from_mins(16);

/// Time to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Silence after which a connection is tested. Gateways forget those that are silent for minutes,
/// as one is while a task runs.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Bytes of an answer that are shown.
const SHOWN: usize = 500;

/// Lambda, as a user of it.
#[derive(Debug, Clone)]
pub struct LambdaApi {
    client: Client,
    region: Arc<str>,
    endpoint: Arc<str>,
}

/// Why a call of Lambda came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// No way to reach AWS.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An endpoint to which others could listen.
    #[error("`{endpoint}` is neither encrypted nor on this machine")]
    Unencrypted {
        /// Where to.
        endpoint: String,
    },
    /// Connections that cannot be set up.
    #[error("cannot set up connections to `{endpoint}`")]
    SetUp {
        /// Where to.
        endpoint: String,
        /// Why.
        source: BoxError,
    },
    /// No credentials.
    #[error("cannot sign a request to `{endpoint}`")]
    Sign {
        /// Where to.
        endpoint: String,
        /// Why.
        source: BoxError,
    },
    /// No answer.
    #[error("no answer from `{endpoint}`")]
    Connection {
        /// Where to.
        endpoint: String,
        /// Why.
        source: BoxError,
    },
    /// An answer that says no.
    #[error("{status}: {text}")]
    Refused {
        /// Status of HTTP.
        status: u16,
        /// Lambda's name of the reason, where it gives one.
        code: Option<String>,
        /// That name and what it says to it, or the beginning of the answer.
        text: String,
    },
}

impl AwsError {
    /// The error with its causes, on one line, and its hint on another.
    pub fn in_full(&self) -> String {
        Explanation::of(self).line()
    }

    /// Whether what was asked for is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl LambdaApi {
    /// Lambda as the environment names it, in a region if one is given.
    ///
    /// # Errors
    /// There is no way to reach it.
    pub fn new(region: Option<&str>) -> Result<Self, AwsError> {
        let given: Vec<(&str, &str)> = region
            .map(|region| ("aws_region", region))
            .into_iter()
            .collect();
        Self::at(lambda_endpoint(), aws_settings(&given)?)
    }

    /// Lambda at an endpoint, or at AWS's own of the region.
    pub(crate) fn at(named: Option<String>, settings: AwsSettings) -> Result<Self, AwsError> {
        use_ring();
        let AwsSettings {
            builder,
            client,
            region,
            allows_http,
            certificates,
            ..
        } = settings;
        if let Some(endpoint) = named.iter().find(|url| !(allows_http || is_private(url))) {
            return Err(AwsError::Unencrypted {
                endpoint: endpoint.clone(),
            });
        }
        let endpoint = named.clone().unwrap_or_else(|| format!("lambda.{region}"));
        // The builder of S3 knows how to find credentials; no bucket is ever asked for.
        let s3 = builder
            .with_bucket_name("none")
            .with_client_options(client)
            .build();
        let s3 = s3.map_err(|source| StoreError::SetUp {
            location: endpoint.clone(),
            source,
        })?;
        let credentials = SameAsS3(Arc::clone(s3.credentials()));
        let connections = connections(certificates).map_err(|source| AwsError::SetUp {
            endpoint: endpoint.clone(),
            source,
        })?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(TIMEOUT)
            .build();
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.clone()))
            .credentials_provider(credentials)
            // The provider keeps them as long as they are valid.
            .identity_cache(IdentityCache::no_cache())
            .http_client(connections)
            .timeout_config(timeouts)
            // Whoever calls knows when to try again, and counts.
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(named);
        let client = Client::from_conf(config.build());
        Ok(Self {
            client,
            region: region.into(),
            endpoint: endpoint.into(),
        })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What makes calls, to be sent by [`Self::ask`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for the answer to a call.
    ///
    /// # Errors
    /// There is none, or it says no.
    pub async fn ask<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, AwsError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        call.await.map_err(|error| self.error(error))
    }

    fn error<E>(&self, error: SdkError<E>) -> AwsError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        if let SdkError::ServiceError(refusal) = &error {
            let status = refusal.raw().status().as_u16();
            let code = refusal.err().code().map(String::from);
            let text = match (&code, refusal.err().message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (None, Some(message)) => message.into(),
                (_, None) => beginning(refusal.raw().body().bytes().unwrap_or_default()),
            };
            return AwsError::Refused { status, code, text };
        }
        let endpoint = self.endpoint.to_string();
        let source = error.into_source().unwrap_or_else(BoxError::from);
        if has_cause::<CredentialsError>(source.as_ref()) {
            AwsError::Sign { endpoint, source }
        } else {
            AwsError::Connection { endpoint, source }
        }
    }
}

/// The beginning of an answer as text.
pub fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(SHOWN)]).into_owned()
}

/// Whether nobody can listen in to what is sent to an endpoint.
fn is_private(endpoint: &str) -> bool {
    endpoint.starts_with("https://") || is_loopback(endpoint)
}

fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source()).any(<dyn Error>::is::<E>)
}

/// Connections that trust the certificates of the system, and some more.
fn connections(certificates: Option<Vec<u8>>) -> Result<Connections, BoxError> {
    let trusted = TrustStore::default();
    let trusted = match certificates {
        Some(pem) => trusted.with_pem_certificate(pem),
        None => trusted,
    };
    let mut builder = ConnectionPool::builder();
    builder.set_dns_resolver(resolver().map(|resolver| SharedDnsResolver::new(NamesOf(resolver))));
    let pool = builder
        .tcp_keepalive(KEEP_ALIVE)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(TlsContext::builder().with_trust_store(trusted).build()?)
        .build_https()?;
    Ok(Connections::new(&pool)?)
}

/// The resolver of the stores, for the SDK.
#[derive(Debug, Clone, Copy)]
struct NamesOf(Resolver);

impl ResolveDns for NamesOf {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move { self.0.addresses(name).await.map_err(ResolveDnsError::new) })
    }
}

/// The credentials that S3 gets.
struct SameAsS3(AwsCredentialProvider);

impl std::fmt::Debug for SameAsS3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SameAsS3").finish_non_exhaustive()
    }
}

impl SameAsS3 {
    async fn credentials(&self) -> provider::Result {
        let found = self
            .0
            .get_credential()
            .await
            .map_err(CredentialsError::provider_error)?;
        let mut credentials = Credentials::builder()
            .provider_name("object_store")
            .access_key_id(&found.key_id)
            .secret_access_key(&found.secret_key);
        credentials.set_session_token(found.token.clone());
        Ok(credentials.build())
    }
}

impl ProvideCredentials for SameAsS3 {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// A server on this machine that gives one answer, to see what is made of it.
#[cfg(test)]
pub(crate) mod stand_in {
    use crate::lambda::api::LambdaApi;
    use metaspace_storage::aws::aws_settings;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::JoinHandle;

    /// The head of a request, in lower case, and its body.
    pub(crate) type Request = (String, Vec<u8>);

    pub(crate) const KEYS: [(&str, &str); 4] = [
        ("aws_access_key_id", "AKIAEXAMPLE"),
        ("aws_secret_access_key", "a-secret-key"),
        ("aws_session_token", "a-session-token"),
        ("aws_region", "eu-west-1"),
    ];

    /// Lambda at an endpoint, with keys.
    pub(crate) fn lambda_at(endpoint: &str) -> LambdaApi {
        LambdaApi::at(Some(endpoint.into()), aws_settings(&KEYS).unwrap()).unwrap()
    }

    /// Lambda that gives one answer, of a head and a body, and what it is asked.
    pub(crate) fn answering(head: &str, body: &str) -> (LambdaApi, JoinHandle<Request>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read(&stream);
            stream.write_all(answer.as_bytes()).unwrap();
            request
        });
        (lambda_at(&endpoint), served)
    }

    fn read(stream: &TcpStream) -> Request {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        head.make_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        (head, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::api::stand_in::{KEYS, answering, lambda_at};
    use metaspace_storage::runtime;

    fn look(api: &LambdaApi) -> Result<Option<i32>, AwsError> {
        let call = api
            .client()
            .get_function_configuration()
            .function_name("worker")
            .send();
        Ok(runtime()?.block_on(api.ask(call))?.memory_size)
    }

    #[test]
    fn requests_are_signed_with_the_keys_of_s3_and_no_secret_is_shown() {
        let (api, served) = answering("200 OK", r#"{"MemorySize":1769}"#);
        assert_eq!(look(&api).unwrap(), Some(1_769));
        let (head, _) = served.join().unwrap();
        assert!(
            head.starts_with("get /2015-03-31/functions/worker/configuration "),
            "{head}"
        );
        assert!(
            head.contains("authorization: aws4-hmac-sha256 credential=akiaexample/"),
            "{head}"
        );
        assert!(head.contains("/eu-west-1/lambda/aws4_request"), "{head}");
        assert!(
            head.contains("x-amz-security-token: a-session-token\r\n"),
            "{head}"
        );
        let shown = format!("{api:?}");
        for (_, secret) in &KEYS[1..3] {
            assert!(
                !head.contains("a-secret-key") && !shown.contains(secret),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_lambda_says_is_told() {
        let (api, _) = answering(
            "403 Forbidden\r\nx-amzn-errortype: AccessDeniedException:http://a/",
            r#"{"Message":"you may not"}"#,
        );
        assert_eq!(
            look(&api).unwrap_err().in_full(),
            "403: AccessDeniedException: you may not"
        );
        let (api, _) = answering("502 Bad Gateway", "<html>a proxy</html>");
        assert_eq!(
            look(&api).unwrap_err().in_full(),
            "502: <html>a proxy</html>"
        );
        let (api, _) = answering("404 Not Found", "{}");
        assert!(look(&api).unwrap_err().is_missing());
    }

    #[test]
    fn a_wrong_endpoint_is_told_with_its_cause() {
        let error = look(&lambda_at("http://127.0.0.1:1")).unwrap_err();
        let text = error.in_full();
        assert!(matches!(error, AwsError::Connection { .. }), "{text}");
        assert!(
            text.starts_with("no answer from `http://127.0.0.1:1`: "),
            "{text}"
        );
        assert!(text.contains("onnection refused"), "{text}");
        let endpoint = "http://10.0.0.1:9000".to_owned();
        let error = LambdaApi::at(Some(endpoint), aws_settings(&KEYS).unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`http://10.0.0.1:9000` is neither encrypted nor on this machine"
        );
    }

    #[test]
    fn half_of_a_key_is_told_before_what_to_do_about_it() {
        let settings = aws_settings(&[("aws_access_key_id", "A"), ("aws_region", "eu-west-1")]);
        let text = LambdaApi::at(None, settings.unwrap())
            .unwrap_err()
            .in_full();
        let (said, hint) = text.split_once("\nhint: ").unwrap();
        assert!(
            said.contains("lambda.eu-west-1") && said.contains("SecretAccessKey"),
            "{text}"
        );
        assert!(
            hint.contains("AWS_REGION") && !hint.contains("Generic"),
            "{text}"
        );
    }

    #[test]
    fn missing_credentials_are_told() {
        // Where a container is told to get its credentials, nothing listens.
        let settings = aws_settings(&[
            ("aws_region", "eu-west-1"),
            ("aws_container_credentials_full_uri", "http://127.0.0.1:1/"),
            ("aws_container_authorization_token_file", "/nonexistent"),
        ]);
        let api = LambdaApi::at(Some("http://127.0.0.1:1".into()), settings.unwrap()).unwrap();
        let error = look(&api).unwrap_err();
        assert!(
            matches!(error, AwsError::Sign { .. }),
            "{}",
            error.in_full()
        );
    }
}
