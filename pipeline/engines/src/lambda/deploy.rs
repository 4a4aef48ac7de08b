//! The program as Lambda functions: packaged, published, and named live.

use std::error::Error;
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, EphemeralStorage, FunctionCode, LastUpdateStatus, PackageType,
    Runtime, State,
};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::record::RunRecord;
use metaspace_storage::runtime;
use ms_core::progress::Progress;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::engine::worker_program;
use crate::error::EngineError;
use crate::lambda::api::LambdaApi;
use crate::lambda::engine::function_name;
use crate::lambda::invoke::ALIAS;
use crate::lambda::program::{architecture, glibc};

/// Bytes of a zip that Lambda takes in a request.
const MAX_ZIP: usize = 50 << 20;

/// Seconds that a call may take at most: Lambda's limit.
pub const MAX_TIMEOUT: u32 = 900;

/// Temporary files of a function in MB: what a task makes lies there until it is stored.
const STORAGE_MB: i32 = 2_048;

/// What Lambda runs the program on, which is to be called so.
const RUNTIME: Runtime = Runtime::Providedal2023;
const HANDLER: &str = "bootstrap";

/// Version 2.X of the GNU C library of Amazon Linux 2023, on which functions run.
const GLIBC: u32 = 34;

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
    /// The processors that it is for.
    architecture: Architecture,
}

impl Package {
    /// Packages a program, or the worker that lies beside this one.
    ///
    /// # Errors
    /// It cannot be read, is no Linux program for Lambda's processors, needs a newer C library than
    /// Lambda has, or is too large.
    pub fn of(program: Option<&Path>) -> Result<Self, EngineError> {
        let path = match program {
            Some(path) => path.to_owned(),
            None => worker_program()?,
        };
        let bytes = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        let reason = |what: &str| EngineError::Engine {
            engine: "lambda",
            reason: format!("`{}` {what}", path.display()),
        };
        let architecture = architecture(&bytes)
            .ok_or_else(|| reason("is no 64-bit Linux program for x86 or ARM"))?;
        let needed = glibc(&bytes);
        let needed = needed.map_err(|error| reason(&format!("is no whole program: {error}")))?;
        if let Some(needed) = needed.filter(|needed| *needed > GLIBC) {
            let what = format!(
                "needs glibc 2.{needed}, and Lambda has 2.{GLIBC}\nhint: deploy/lambda/build makes a program that needs no library"
            );
            return Err(reason(&what));
        }
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
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(HANDLER, options)?;
    writer.write_all(program)?;
    Ok(writer.finish()?.into_inner())
}

/// Publishes a version of each function and names it live; returns names and versions.
///
/// # Errors
/// Lambda refuses or is out of reach.
pub fn deploy(
    deployment: &Deployment<'_>,
    package: &Package,
    progress: &dyn Progress,
) -> Result<Vec<(String, String)>, EngineError> {
    let api = LambdaApi::new(deployment.region);
    let api = api.map_err(|error| EngineError::Engine {
        engine: "lambda",
        reason: error.in_full(),
    })?;
    let mut versions = Vec::new();
    for &memory_mb in deployment.memory_mb {
        let name = function_name(deployment.function, memory_mb);
        progress.note(&format!("{name}: {memory_mb} MB in {}", api.region()));
        let function = Function {
            api: &api,
            name,
            memory_mb,
        };
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

impl Function<'_> {
    fn publish(
        &self,
        deployment: &Deployment<'_>,
        package: &Package,
    ) -> Result<String, EngineError> {
        let client = self.api.client();
        let look = client
            .get_function_configuration()
            .function_name(&self.name);
        if self.ask_for(look.send())?.is_none() {
            self.create(deployment, package)?;
        } else {
            self.update(deployment, package)?;
        }
        self.wait()?;
        if let Some(reserve) = deployment.reserve {
            let call = client.put_function_concurrency().function_name(&self.name);
            self.ask(call.reserved_concurrent_executions(number(reserve)).send())?;
        }
        let call = client.publish_version().function_name(&self.name);
        let published = self.ask(call.description(RunRecord::program()).send())?;
        let version = published
            .version
            .ok_or_else(|| self.refused("the version has no number"))?;
        self.name_live(&version)?;
        Ok(version)
    }

    fn create(&self, deployment: &Deployment<'_>, package: &Package) -> Result<(), EngineError> {
        let role = deployment.role.ok_or_else(|| {
            OptionError::new(
                "--role",
                format!(
                    "`{}` is new and needs a role\nhint: deploy/lambda/template.yaml makes one",
                    self.name
                ),
            )
        })?;
        let code = FunctionCode::builder()
            .zip_file(Blob::new(package.zip.as_slice()))
            .build();
        let call = self
            .api
            .client()
            .create_function()
            .function_name(&self.name)
            .role(role);
        let call = call
            .package_type(PackageType::Zip)
            .architectures(package.architecture.clone())
            .code(code)
            .runtime(RUNTIME)
            .handler(HANDLER)
            .memory_size(number(self.memory_mb))
            .timeout(number(deployment.timeout))
            .ephemeral_storage(self.storage()?)
            .description(RunRecord::program())
            .environment(environment(deployment));
        self.ask(call.send())?;
        Ok(())
    }

    fn update(&self, deployment: &Deployment<'_>, package: &Package) -> Result<(), EngineError> {
        let call = self
            .api
            .client()
            .update_function_code()
            .function_name(&self.name);
        let call = call
            .zip_file(Blob::new(package.zip.as_slice()))
            .architectures(package.architecture.clone());
        self.ask(call.send())?;
        self.wait()?;
        let call = self
            .api
            .client()
            .update_function_configuration()
            .function_name(&self.name);
        let call = call
            .runtime(RUNTIME)
            .handler(HANDLER)
            .memory_size(number(self.memory_mb))
            .timeout(number(deployment.timeout))
            .ephemeral_storage(self.storage()?)
            .description(RunRecord::program())
            .environment(environment(deployment));
        self.ask(call.send())?;
        Ok(())
    }

    fn storage(&self) -> Result<EphemeralStorage, EngineError> {
        let storage = EphemeralStorage::builder().size(STORAGE_MB).build();
        storage.map_err(|error| self.refused(&error.to_string()))
    }

    /// Points the alias at a version.
    fn name_live(&self, version: &str) -> Result<(), EngineError> {
        let client = self.api.client();
        let call = client.update_alias().function_name(&self.name).name(ALIAS);
        if self
            .ask_for(call.function_version(version).send())?
            .is_none()
        {
            let call = client.create_alias().function_name(&self.name).name(ALIAS);
            self.ask(call.function_version(version).send())?;
        }
        Ok(())
    }

    /// Until Lambda is done with what was asked of the function.
    fn wait(&self) -> Result<(), EngineError> {
        for _ in 0..LOOKS {
            let call = self
                .api
                .client()
                .get_function_configuration()
                .function_name(&self.name);
            let found = self.ask(call.send())?;
            let is_ready = found.state.is_none_or(|state| state == State::Active);
            let update = found.last_update_status;
            if is_ready && update.is_none_or(|update| update == LastUpdateStatus::Successful) {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Err(self.refused("it is not ready after a minute"))
    }

    /// The answer to a call, or nothing where what it is about is not there.
    fn ask_for<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<Option<T>, EngineError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match runtime()?.block_on(self.api.ask(call)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(self.refused(&error.in_full())),
        }
    }

    fn ask<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, EngineError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let answer = runtime()?.block_on(self.api.ask(call));
        answer.map_err(|error| self.refused(&error.in_full()))
    }

    fn refused(&self, reason: &str) -> EngineError {
        EngineError::Engine {
            engine: "lambda",
            reason: format!("{}: {reason}", self.name),
        }
    }
}

fn environment(deployment: &Deployment<'_>) -> Environment {
    let variables = deployment.variables.iter().cloned().collect();
    Environment::builder()
        .set_variables(Some(variables))
        .build()
}

/// A number as the interface of Lambda has it; one that is too large for that, Lambda refuses.
fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn only_programs_are_packaged() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |bytes: &[u8]| {
            let path = folder.path().join("program");
            std::fs::write(&path, bytes).unwrap();
            Package::of(Some(&path)).unwrap_err().to_string()
        };
        assert!(refused(b"#!/bin/sh").contains("is no 64-bit Linux program for x86 or ARM"));
        let header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0";
        assert!(refused(header).contains("is no 64-bit Linux program for x86 or ARM"));
    }

    /// The tests themselves are a program that needs a C library.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_program_for_a_newer_system_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        std::fs::write(&path, crate::lambda::program::for_glibc(99, own)).unwrap();
        let error = Package::of(Some(&path)).unwrap_err().to_string();
        assert!(
            error.contains("needs glibc 2.99, and Lambda has 2.34\nhint: "),
            "{error}"
        );
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
