//! `metaspace serve`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use metaspace_experiments::record::{EXPERIMENT_JSON, ExperimentRecord};
use metaspace_experiments::tables::results_of_samples;
use metaspace_explore::optical::attach_file;
use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;
use metaspace_results::check_results;
use metaspace_results::text::counted;
use metaspace_server::config::{ServeConfig, ServeOptions};
use metaspace_server::serve;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;

/// Where the server is served, and what it may use.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,
    /// Bearer token that every request must carry, 16 characters or more; required if other machines can reach the address [default: the variable `METASPACE_TOKEN`]
    #[arg(long, value_name = "TOKEN", hide_default_value = true)]
    pub(crate) token: Option<String>,
    /// CORS origin that may use the API, such as <https://lab.example>; repeatable
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Additional folder to search for the imzML files of the results; repeatable
    #[arg(long, value_name = "DIR")]
    pub(crate) spectra: Vec<PathBuf>,
    /// Memory for images and comparisons, such as 2GiB [default: half of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Optical image of the section to put beside the results, as `metaspace optical` does, which also places it; for one results folder
    #[arg(long, value_name = "PICTURE", conflicts_with = "read_only")]
    pub(crate) optical: Option<PathBuf>,
    /// Write nothing into results folders: regions that are drawn are not kept
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Side of a pixel in µm, for the scale bar [default: what the imzML says]
    #[arg(long, value_name = "UM")]
    pub(crate) pixel_size: Option<f64>,
}

impl ServeArguments {
    fn options(&self) -> ServeOptions {
        let given = self.clone();
        ServeOptions {
            listen: given.listen,
            token: given.token,
            allow_origin: given.allow_origin,
            spectra: given.spectra,
            memory: given.memory,
            read_only: given.read_only,
            pixel_size_um: given.pixel_size,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Results folders of annotations, and folders of experiments, whose results are served with them
    #[arg(value_name = "RESULTS", required = true)]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    options: ServeArguments,
}

pub(super) fn run(args: &ServeArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let config = ServeConfig::new(&args.options.options())?;
    let (results, experiments) = results_and_experiments(&args.folders, terminal)?;
    if let Some(picture) = &args.options.optical {
        let [folder] = &results[..] else {
            let reason = "is of one section, and several results are served\n\
                hint: `metaspace optical RESULTS PICTURE` puts it beside its results";
            return Err(OptionError::new("--optical", reason).into());
        };
        check_results(folder)?;
        attach_file(
            folder,
            picture,
            None,
            memory(args.options.memory.as_deref())?,
        )?;
    }
    serve(&results, &experiments, &config, terminal, |address| {
        // On stdout for scripts; one that has closed it does not want to know.
        drop(writeln!(std::io::stdout().lock(), "http://{address}"));
        let mut served = counted(results.len() as u64, "results folder");
        if !experiments.is_empty() {
            served += &format!(" and {}", counted(experiments.len() as u64, "experiment"));
        }
        terminal.say(&format!(
            "serving {served}; /api describes the API; Ctrl-C stops"
        ));
    })?;
    Ok(Output {
        text: String::new(),
        json: serde_json::json!({ "nResults": results.len(), "nExperiments": experiments.len() }),
    })
}

/// Results folders, those of experiments among them, and the folders of experiments.
fn results_and_experiments(
    folders: &[PathBuf],
    terminal: &Terminal,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), CliError> {
    let is_experiment = |folder: &&PathBuf| folder.join(EXPERIMENT_JSON).is_file();
    let (experiments, results): (Vec<&PathBuf>, Vec<&PathBuf>) =
        folders.iter().partition(is_experiment);
    let mut all: Vec<PathBuf> = results.into_iter().cloned().collect();
    for experiment in &experiments {
        ExperimentRecord::read(experiment)?;
        for folder in results_of_samples(experiment)? {
            if !folder.is_dir() {
                terminal.say(&format!(
                    "`{}` of the experiment `{}` is not there, and not served",
                    folder.display(),
                    experiment.display()
                ));
            } else if !all.contains(&folder) {
                all.push(folder);
            }
        }
    }
    if all.is_empty() {
        let reason = "none of the results of the experiment is there\n\
            hint: start in the folder where the experiment was evaluated, or name the results folders";
        return Err(OptionError::new("RESULTS", reason).into());
    }
    Ok((all, experiments.into_iter().cloned().collect()))
}
