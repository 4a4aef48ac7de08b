//! The program as Lambda functions: packaged, published, and named live.

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::aws::{Answer, LambdaApi};
use crate::backend::lambda::{ALIAS, function_name};
use crate::error::RunError;
use crate::provenance::RunRecord;
use crate::storage::runtime;
use crate::terminal::Terminal;

/// Bytes of a zip that Lambda takes in a request.
const MAX_ZIP: usize = 50 << 20;

/// Seconds that a call may take at most: Lambda's limit.
pub const MAX_TIMEOUT: u32 = 900;

/// Temporary files of a function in MB: what a task makes lies there until it is stored.
const STORAGE_MB: u32 = 2_048;

/// Looks at a function until it is ready.
const LOOKS: u32 = 240;
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What is deployed.
#[derive(Debug)]
pub struct Deployment<'a> {
    /// Region; nothing for that of the environment.
    pub region: Option<&'a str>,
    /// Name of the functions.
    pub function: &'a str,
    /// Role that they take.
    pub role: Option<&'a str>,
    /// Memory of each in MB.
    pub memory_mb: &'a [u32],
    /// Most calls of each at once.
    pub reserve: Option<u32>,
    /// Seconds that a call may take.
    pub timeout: u32,
    /// Variables of their environment.
    pub variables: Vec<(String, String)>,
}

/// A program as Lambda wants it.
#[derive(Debug)]
pub struct Package {
    /// The zip.
    pub zip: Vec<u8>,
    /// Lambda's name of the processors that it is for.
    architecture: &'static str,
}

impl Package {
    /// Packages a program, or this one.
    ///
    /// # Errors
    /// It cannot be read, is no Linux program for Lambda's processors, or is too large.
    pub fn of(program: Option<&Path>) -> Result<Self, RunError> {
        let path = match program {
            Some(path) => path.to_owned(),
            None => std::env::current_exe().map_err(RunError::file("find", "this program"))?,
        };
        let bytes = std::fs::read(&path).map_err(RunError::file("read", &path))?;
        let reason = |what: &str| RunError::Engine {
            engine: "lambda",
            reason: format!("`{}` {what}", path.display()),
        };
        let architecture = architecture(&bytes)
            .ok_or_else(|| reason("is no 64-bit Linux program for x86 or ARM"))?;
        let zip =
            zipped(&bytes).map_err(|error| reason(&format!("cannot be packaged: {error}")))?;
        if zip.len() > MAX_ZIP {
            let what = format!(
                "is {} MB when packaged, and Lambda takes {}\nhint: deploy/lambda/build builds it without what debuggers need",
                zip.len() >> 20,
                MAX_ZIP >> 20
            );
            return Err(reason(&what));
        }
        Ok(Self { zip, architecture })
    }
}

/// A zip with a program as `bootstrap`, of no date: the same program is the same zip.
fn zipped(program: &[u8]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(program)?;
    Ok(writer.finish()?.into_inner())
}

/// The processors that an ELF file is for.
fn architecture(program: &[u8]) -> Option<&'static str> {
    /// Numbers of the ELF standard.
    const X86_64: u8 = 62;
    const AARCH64: u8 = 183;
    let is_elf = program.starts_with(b"\x7fELF\x02\x01");
    match program.get(18).filter(|_| is_elf) {
        Some(&X86_64) => Some("x86_64"),
        Some(&AARCH64) => Some("arm64"),
        _ => None,
    }
}

/// Publishes a version of each function and names it live; returns names and versions.
///
/// # Errors
/// Lambda refuses or is out of reach.
pub fn deploy(
    deployment: &Deployment<'_>,
    package: &Package,
    terminal: &Terminal,
) -> Result<Vec<(String, String)>, RunError> {
    let api = LambdaApi::new(deployment.region);
    let api =
        api.map_err(|error| RunError::Engine { engine: "lambda", reason: error.to_string() })?;
    let mut versions = Vec::new();
    for &memory_mb in deployment.memory_mb {
        let name = function_name(deployment.function, memory_mb);
        terminal.say(&format!("{name}: {memory_mb} MB in {}", api.region()));
        let function = Function { api: &api, name, memory_mb };
        let version = function.publish(deployment, package)?;
        versions.push((function.name, version));
    }
    Ok(versions)
}

struct Function<'a> {
    api: &'a LambdaApi,
    name: String,
    memory_mb: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Published {
    version: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    last_update_status: Option<String>,
}

impl Function<'_> {
    fn publish(&self, deployment: &Deployment<'_>, package: &Package) -> Result<String, RunError> {
        let zip = BASE64_STANDARD.encode(&package.zip);
        if self.ask(Method::GET, "/configuration", &Value::Null)?.status == StatusCode::NOT_FOUND {
            self.create(deployment, package, &zip)?;
        } else {
            let code = json!({ "ZipFile": zip, "Architectures": [package.architecture] });
            self.demand(Method::PUT, "/code", &code)?;
            self.wait()?;
            self.demand(Method::PUT, "/configuration", &self.configuration(deployment))?;
        }
        self.wait()?;
        if let Some(reserve) = deployment.reserve {
            let body = json!({ "ReservedConcurrentExecutions": reserve });
            let path = format!("/2017-10-31/functions/{}/concurrency", self.name);
            self.check(self.send(Method::PUT, &path, &body)?)?;
        }
        let description = json!({ "Description": RunRecord::program() });
        let answer = self.demand(Method::POST, "/versions", &description)?;
        let published: Published = serde_json::from_slice(&answer.body)
            .map_err(|source| RunError::Record { path: self.name.clone().into(), source })?;
        self.name_live(&published.version)?;
        Ok(published.version)
    }

    fn create(
        &self,
        deployment: &Deployment<'_>,
        package: &Package,
        zip: &str,
    ) -> Result<(), RunError> {
        let role = deployment.role.ok_or_else(|| RunError::Option {
            option: "--role",
            reason: format!(
                "`{}` is new and needs a role\nhint: deploy/lambda/template.yaml makes one",
                self.name
            ),
        })?;
        let mut body = self.configuration(deployment);
        body["FunctionName"] = self.name.clone().into();
        body["Role"] = role.into();
        body["PackageType"] = "Zip".into();
        body["Architectures"] = json!([package.architecture]);
        body["Code"] = json!({ "ZipFile": zip });
        self.check(self.send(Method::POST, "/2015-03-31/functions", &body)?)?;
        Ok(())
    }

    fn configuration(&self, deployment: &Deployment<'_>) -> Value {
        let pairs =
            deployment.variables.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let variables: serde_json::Map<String, Value> = pairs.collect();
        json!({
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "MemorySize": self.memory_mb,
            "Timeout": deployment.timeout,
            "EphemeralStorage": { "Size": STORAGE_MB },
            "Description": RunRecord::program(),
            "Environment": { "Variables": variables },
        })
    }

    /// Points the alias at a version.
    fn name_live(&self, version: &str) -> Result<(), RunError> {
        let update = json!({ "FunctionVersion": version });
        let answer = self.ask(Method::PUT, &format!("/aliases/{ALIAS}"), &update)?;
        if answer.status != StatusCode::NOT_FOUND {
            self.check(answer)?;
            return Ok(());
        }
        let alias = json!({ "Name": ALIAS, "FunctionVersion": version });
        self.demand(Method::POST, "/aliases", &alias)?;
        Ok(())
    }

    /// Until Lambda is done with what was asked of the function.
    fn wait(&self) -> Result<(), RunError> {
        for _ in 0..LOOKS {
            let answer = self.demand(Method::GET, "/configuration", &Value::Null)?;
            let found: Configuration = serde_json::from_slice(&answer.body)
                .map_err(|source| RunError::Record { path: self.name.clone().into(), source })?;
            let is_ready = found.state.as_deref().is_none_or(|state| state == "Active");
            let update = found.last_update_status.as_deref();
            if is_ready && update.is_none_or(|update| update == "Successful") {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Err(self.refused("it is not ready after a minute"))
    }

    fn demand(&self, method: Method, path: &str, body: &Value) -> Result<Answer, RunError> {
        self.check(self.ask(method, path, body)?)
    }

    fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Answer, RunError> {
        self.send(method, &format!("/2015-03-31/functions/{}{path}", self.name), body)
    }

    fn send(&self, method: Method, path: &str, body: &Value) -> Result<Answer, RunError> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let headers = [("content-type", "application/json")];
        let sent = runtime()?.block_on(self.api.send(method, path, &headers, body));
        sent.map_err(|error| self.refused(&error.to_string()))
    }

    fn check(&self, answer: Answer) -> Result<Answer, RunError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.refused(&format!("{}: {}", answer.status, answer.text())))
    }

    fn refused(&self, reason: &str) -> RunError {
        RunError::Engine { engine: "lambda", reason: format!("{}: {reason}", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn only_programs_are_packaged() {
        let mut elf = b"\x7fELF\x02\x01".to_vec();
        elf.resize(64, 0);
        elf[18] = 62;
        assert_eq!(architecture(&elf), Some("x86_64"));
        elf[18] = 183;
        assert_eq!(architecture(&elf), Some("arm64"));
        assert_eq!(architecture(b"#!/bin/sh"), None);
        assert_eq!(architecture(b"\x7fELF\x02\x01"), None);
    }

    #[test]
    fn a_zip_has_the_program_and_may_run_it() {
        let zip = zipped(b"a program").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut program = Vec::new();
        file.read_to_end(&mut program).unwrap();
        assert_eq!(program, b"a program");
    }
}
