//! Where AWS, or what stands for it, is: region, endpoint, certificates and credentials, from the
//! environment and the user's profile.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use metaspace_machine::environment::variable;
use metaspace_machine::error::FileError;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{Certificate, ClientConfigKey, ClientOptions};

use crate::{StoreError, resolver};

/// Region where none is named.
const DEFAULT_REGION: &str = "us-east-1";

/// How to reach AWS. What it shows of itself has no secrets.
#[derive(Clone)]
pub struct AwsSettings {
    /// Knows credentials, region and endpoint, but no bucket yet.
    pub builder: AmazonS3Builder,
    /// Timeouts, certificates and how names are resolved.
    pub client: ClientOptions,
    /// The region.
    pub region: String,
    /// A server of S3 other than AWS.
    pub endpoint: Option<String>,
    /// Whether the user allows servers elsewhere to be reached without encryption.
    pub allows_http: bool,
    /// Certificates (PEM) to trust besides the system's, which `client` does.
    pub certificates: Option<Vec<u8>>,
}

/// A server of Lambda other than AWS: `AWS_ENDPOINT_URL_LAMBDA`, or `AWS_ENDPOINT_URL`.
pub fn lambda_endpoint() -> Option<String> {
    let named = variable("AWS_ENDPOINT_URL_LAMBDA").or_else(|| variable("AWS_ENDPOINT_URL"));
    named.map(|url| url.to_string_lossy().trim_end_matches('/').to_owned())
}

/// Whether this process is a Lambda function.
pub fn is_lambda_function() -> bool {
    variable("AWS_LAMBDA_RUNTIME_API").is_some()
}

impl std::fmt::Debug for AwsSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsSettings")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Settings of the environment: the variables of AWS's own tools, or the profile that
/// `AWS_PROFILE` names. Where neither holds a key, the role of the machine is asked. Those that are
/// given stand over them.
///
/// # Errors
/// A file that is named cannot be read, or has not what it should; or there is no such setting.
pub fn aws_settings(given: &[(&str, &str)]) -> Result<AwsSettings, StoreError> {
    let mut client = ClientOptions::new();
    if let Some(resolver) = resolver() {
        client = client.with_dns_resolver(Arc::new(resolver));
    }
    let mut certificates = None;
    if let Some(path) = variable("AWS_CA_BUNDLE").map(PathBuf::from) {
        let (pem, found) = bundle(&path)?;
        for certificate in found {
            client = client.with_root_certificate(certificate);
        }
        certificates = Some(pem);
    }
    let mut builder = AmazonS3Builder::from_env();
    for (name, value) in given {
        let key = AmazonS3ConfigKey::from_str(name);
        let key = key.map_err(|source| StoreError::SetUp {
            location: (*name).into(),
            source,
        })?;
        builder = builder.with_config(key, *value);
    }
    let get = |builder: &AmazonS3Builder, key| builder.get_config_value(&key);
    let has_keys = get(&builder, AmazonS3ConfigKey::AccessKeyId).is_some();
    if let Some(keys) = if has_keys { None } else { profile_keys()? } {
        builder = builder
            .with_access_key_id(keys.id)
            .with_secret_access_key(keys.secret);
        if let Some(token) = keys.token {
            builder = builder.with_token(token);
        }
    }
    let region = match get(&builder, AmazonS3ConfigKey::Region) {
        Some(region) => region,
        None => profile_region().unwrap_or_else(|| DEFAULT_REGION.into()),
    };
    let endpoint = get(&builder, AmazonS3ConfigKey::S3Endpoint)
        .or_else(|| get(&builder, AmazonS3ConfigKey::Endpoint));
    let is_allowed = get(
        &builder,
        AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp),
    );
    let allows_http = is_allowed.is_some_and(|value| is_yes(&value));
    if allows_http || endpoint.as_deref().is_some_and(is_loopback) {
        client = client.with_allow_http(true);
    }
    let builder = builder.with_region(&region);
    Ok(AwsSettings {
        builder,
        client,
        region,
        endpoint,
        allows_http,
        certificates,
    })
}

/// Whether a setting that is on or off is on, as `object_store` understands it.
fn is_yes(value: &str) -> bool {
    ["1", "true", "on", "yes", "y"].contains(&value.to_ascii_lowercase().as_str())
}

/// Whether an endpoint is this machine, where nothing can listen in.
pub fn is_loopback(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else {
        return false;
    };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Before an @ stands a user, and not where to.
    if place.contains('@') {
        return false;
    }
    let host = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// A file of certificates: what it says, and those in it.
fn bundle(path: &Path) -> Result<(Vec<u8>, Vec<Certificate>), StoreError> {
    let shown = || path.display().to_string();
    let pem = std::fs::read(path).map_err(FileError::at("read", path))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|source| StoreError::Certificate {
        path: shown(),
        source: Some(source),
    })?;
    if found.is_empty() {
        return Err(StoreError::Certificate {
            path: shown(),
            source: None,
        });
    }
    Ok((pem, found))
}

/// An access key of a credentials file.
struct Keys {
    id: String,
    secret: String,
    token: Option<String>,
}

/// The keys of the profile that is named, or of `default` where it is there.
fn profile_keys() -> Result<Option<Keys>, StoreError> {
    let named = variable("AWS_PROFILE").map(|name| name.to_string_lossy().into_owned());
    let path = variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let Some(path) = path.or_else(|| Some(aws_folder()?.join("credentials"))) else {
        return Ok(None);
    };
    let profile = named.clone().unwrap_or_else(|| "default".into());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(_) if named.is_none() => return Ok(None),
        Err(source) => {
            let path = path.display().to_string();
            return Err(FileError::at("read", path)(source).into());
        }
    };
    let value = |name: &str| section_value(&text, &profile, name).map(String::from);
    match (value("aws_access_key_id"), value("aws_secret_access_key")) {
        (Some(id), Some(secret)) => Ok(Some(Keys {
            id,
            secret,
            token: value("aws_session_token"),
        })),
        _ if named.is_none() => Ok(None),
        _ => Err(StoreError::Profile {
            path: path.display().to_string(),
            profile,
        }),
    }
}

/// The region of the profile, where the user's config file has one.
fn profile_region() -> Option<String> {
    let profile = variable("AWS_PROFILE").map(|name| name.to_string_lossy().into_owned());
    let path = variable("AWS_CONFIG_FILE").map(PathBuf::from);
    let text =
        std::fs::read_to_string(path.or_else(|| Some(aws_folder()?.join("config")))?).ok()?;
    // The config file, unlike the other, says `profile` before every name but the default one.
    let section = profile.map_or("default".into(), |name| format!("profile {name}"));
    section_value(&text, &section, "region").map(String::from)
}

fn aws_folder() -> Option<PathBuf> {
    variable("HOME").map(|home| PathBuf::from(home).join(".aws"))
}

/// The value of a name in a section of a text such as AWS's tools write: `[section]`, then
/// `name = value`.
fn section_value<'a>(text: &'a str, section: &str, name: &str) -> Option<&'a str> {
    let mut is_here = false;
    for line in text.lines().map(str::trim) {
        if let Some(title) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            is_here = title.trim() == section;
            continue;
        }
        let pair = line
            .split_once('=')
            .filter(|_| is_here && !line.starts_with('#'));
        if let Some((_, value)) = pair.filter(|(key, _)| key.trim() == name) {
            return Some(value.trim());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_their_section() {
        let text = "[default]\naws_access_key_id = A\n\n[lab]\n# aws_access_key_id=no\naws_access_key_id=B\nregion = eu-west-1\n";
        assert_eq!(
            section_value(text, "default", "aws_access_key_id"),
            Some("A")
        );
        assert_eq!(section_value(text, "lab", "aws_access_key_id"), Some("B"));
        assert_eq!(section_value(text, "default", "region"), None);
        assert_eq!(section_value(text, "other", "region"), None);
    }

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        for near in [
            "http://127.0.0.1:8333",
            "http://localhost:9000/",
            "http://[::1]:80",
            "http://[::1]",
        ] {
            assert!(is_loopback(near), "{near}");
        }
        for far in [
            "http://10.0.0.1",
            "https://127.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1:80@example.com",
            "http://[::2]:80",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
        let allows = |given: &[(&str, &str)]| {
            let settings = aws_settings(given).unwrap();
            let allowed = settings
                .client
                .get_config_value(&ClientConfigKey::AllowHttp);
            assert_eq!(settings.allows_http, allowed.as_deref() == Some("true"));
            settings.allows_http
        };
        assert!(allows(&[("aws_allow_http", "true")]) && allows(&[("aws_allow_http", "ON")]));
        assert!(!allows(&[("aws_allow_http", "false")]));
    }
}
