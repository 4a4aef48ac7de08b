//! `metaspace deploy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Output;
use crate::backend::lambda::FUNCTION;
use crate::deploy::{Deployment, MAX_TIMEOUT, Package, deploy};
use crate::error::RunError;
use crate::plan::estimate::MEMORY_CLASSES;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct DeployArgs {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    /// Publishes this program as a Lambda function, a new version of it where there is one
    Lambda(LambdaArgs),
}

#[derive(Debug, Args)]
struct LambdaArgs {
    /// Region [default: `AWS_REGION`, or the profile's]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Name of the function; those of more memory have it at their end [default: metaspace-worker]
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Role that the function takes; needed where the function is new
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// Program to package, built for Amazon Linux 2023 [default: this one]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Memory in MB, one function for each: 1769, 3538, 5307, 7076 or 10240; repeatable [default: 1769 and 10240]
    #[arg(long, value_name = "MB")]
    memory: Vec<u32>,
    /// Most calls of each function at once [default: what the account allows]
    #[arg(long, value_name = "N")]
    reserve: Option<u32>,
    /// Seconds that a call may take at most [default: 900, the most that Lambda allows]
    #[arg(long, value_name = "S")]
    timeout: Option<u32>,
    /// Variable NAME=VALUE of the function's environment; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Writes the zip to a file and deploys nothing
    #[arg(long, value_name = "FILE")]
    zip: Option<PathBuf>,
}

pub(super) fn run(args: &DeployArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let To::Lambda(args) = &args.to;
    let package = Package::of(args.program.as_deref())?;
    if let Some(path) = &args.zip {
        std::fs::write(path, &package.zip).map_err(RunError::file("write", path))?;
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
        return Err(RunError::Option {
            option: "--memory",
            reason,
        });
    }
    let variables = args.env.iter().map(|pair| {
        let parts = pair
            .split_once('=')
            .map(|(name, value)| (name.into(), value.into()));
        let reason = || format!("must be NAME=VALUE, not `{pair}`");
        parts.ok_or_else(|| RunError::Option {
            option: "--env",
            reason: reason(),
        })
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

fn timeout(args: &LambdaArgs) -> Result<u32, RunError> {
    let timeout = args.timeout.unwrap_or(MAX_TIMEOUT);
    if !(1..=MAX_TIMEOUT).contains(&timeout) {
        let reason = format!("must be 1 to {MAX_TIMEOUT}, not {timeout}");
        return Err(RunError::Option {
            option: "--timeout",
            reason,
        });
    }
    Ok(timeout)
}
