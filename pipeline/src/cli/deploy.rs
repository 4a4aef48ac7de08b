//! `metaspace deploy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use metaspace_engines::lambda::deploy::{Deployment, MAX_TIMEOUT, Package, deploy};
use metaspace_engines::lambda::engine::FUNCTION;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_run::plan::held::MEMORY_CLASSES;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct DeployArgs {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    /// Publish the worker as a Lambda function, a new version of it where there is one
    Lambda(LambdaArgs),
}

#[derive(Debug, Args)]
struct LambdaArgs {
    /// Region [default: `AWS_REGION`, or the profile's]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Name of the function; functions with more memory append it to the name [default: metaspace-worker]
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// IAM role of the function; required for a new function
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// Program to package, built for Amazon Linux 2023 [default: the `metaspace-worker` beside this program]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Memory in MB, one function for each: 1769, 3538, 5307, 7076 or 10240; repeatable [default: 1769 and 10240]
    #[arg(long, value_name = "MB")]
    memory: Vec<u32>,
    /// Maximum concurrency of each function [default: what the account allows]
    #[arg(long, value_name = "N")]
    reserve: Option<u32>,
    /// Timeout of a call in seconds [default: 900, the most that Lambda allows]
    #[arg(long, value_name = "S")]
    timeout: Option<u32>,
    /// Variable NAME=VALUE of the function's environment; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Write the zip to a file instead of deploying it
    #[arg(long, value_name = "FILE")]
    zip: Option<PathBuf>,
}

pub(super) fn run(args: &DeployArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let To::Lambda(args) = &args.to;
    let package = Package::of(args.program.as_deref())?;
    if let Some(path) = &args.zip {
        std::fs::write(path, &package.zip).map_err(FileError::at("write", path))?;
        let text = format!("written: {}, {} bytes\n", path.display(), package.zip.len());
        return Ok(Output {
            text,
            json: serde_json::json!({ "zip": path }),
        });
    }
    let mut memory_mb = args.memory.clone();
    if memory_mb.is_empty() {
        memory_mb = vec![MEMORY_CLASSES[0], MEMORY_CLASSES[MEMORY_CLASSES.len() - 1]];
    }
    if let Some(wrong) = memory_mb
        .iter()
        .find(|class| !MEMORY_CLASSES.contains(class))
    {
        let reason = format!("must be one of {MEMORY_CLASSES:?}, not {wrong}");
        return Err(OptionError::new("--memory", reason).into());
    }
    let variables = args.env.iter().map(|pair| {
        let parts = pair
            .split_once('=')
            .map(|(name, value)| (name.into(), value.into()));
        let reason = || format!("must be NAME=VALUE, not `{pair}`");
        parts.ok_or_else(|| OptionError::new("--env", reason()))
    });
    let deployment = Deployment {
        region: args.region.as_deref(),
        function: args.function.as_deref().unwrap_or(FUNCTION),
        role: args.role.as_deref(),
        memory_mb: &memory_mb,
        reserve: args.reserve,
        timeout: timeout(args)?,
        variables: variables.collect::<Result<_, _>>()?,
    };
    let versions = deploy(&deployment, &package, terminal)?;
    let line = |(name, version): &(String, String)| format!("{name}: version {version} is live\n");
    let text = versions.iter().map(line).collect();
    Ok(Output {
        text,
        json: serde_json::json!({ "functions": versions }),
    })
}

fn timeout(args: &LambdaArgs) -> Result<u32, CliError> {
    let timeout = args.timeout.unwrap_or(MAX_TIMEOUT);
    if !(1..=MAX_TIMEOUT).contains(&timeout) {
        let reason = format!("must be 1 to {MAX_TIMEOUT}, not {timeout}");
        return Err(OptionError::new("--timeout", reason).into());
    }
    Ok(timeout)
}
