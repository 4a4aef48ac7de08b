//! `metaspace convert`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use metaspace_machine::error::OptionError;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::oddity_text;
use metaspace_results::regions::read_mask;
use metaspace_results::text::{counted, thousands};
use metaspace_run::convert::{ConvertOptions, Converted, Divisor, convert};
use metaspace_run::dataset::open;
use metaspace_run::survey::{accuracy_lines, recalibrate};
use metaspace_run::tissues::Tissues;
use ms_core::imzml::Dataset;
use serde_json::json;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ConvertArgs {
    /// The imzML file to read; the ibd must be beside it, or see --ibd
    #[arg(value_name = "IMZML")]
    source: PathBuf,
    /// The imzML file to write; the ibd goes beside it
    #[arg(value_name = "NEW")]
    target: PathBuf,
    /// Keep only the pixels of a region: a PNG as large as the image, or a CSV of x and y
    #[arg(long, value_name = "FILE")]
    region: Option<PathBuf>,
    /// Write a dataset for each tissue and each plane: NEW-1.imzML, NEW-2.imzML … Tissues are apart if more than two empty pixels lie between them
    #[arg(long)]
    split: bool,
    /// Lowest m/z in Th to keep
    #[arg(long, value_name = "MZ")]
    mz_min: Option<f64>,
    /// Highest m/z in Th to keep
    #[arg(long, value_name = "MZ")]
    mz_max: Option<f64>,
    /// Correct m/z that are off together, as annotate does: with the molecules that ship with the program or of --database
    #[arg(long)]
    recalibrate: bool,
    /// Molecule table for --recalibrate; repeatable
    #[arg(long, value_name = "FILE", requires = "recalibrate")]
    database: Vec<PathBuf>,
    /// Divide intensities by the total ion current (tic) or root mean square (rms) of their spectrum
    #[arg(long, value_name = "BY")]
    normalize: Option<DivisorName>,
    /// Compress the arrays with zlib
    #[arg(long)]
    compress: bool,
    /// Plane (z) of a dataset with several planes [default: all, laid under each other]
    #[arg(long, value_name = "Z")]
    z: Option<u32>,
    /// Sign of the ions, where the file does not say it or has both: positive or negative
    #[arg(long, value_name = "SIGN")]
    polarity: Option<String>,
    /// Several spectra at one pixel: sum keeps all, first keeps the first [default: sum]
    #[arg(long, value_name = "WHICH")]
    duplicates: Option<String>,
    /// Lowest ion mobility of the points to look at, in the unit of the file [default: all, added up]
    #[arg(long, value_name = "MOBILITY", allow_negative_numbers = true)]
    mobility_min: Option<f64>,
    /// Highest ion mobility of the points to look at [default: all, added up]
    #[arg(long, value_name = "MOBILITY", allow_negative_numbers = true)]
    mobility_max: Option<f64>,
    /// Least height of a peak in a profile spectrum, in standard deviations of the noise around it [default: 3]
    #[arg(long, value_name = "RATIO")]
    snr: Option<f64>,
    /// Intensity of a peak in a profile spectrum: height or area [default: height]
    #[arg(long, value_name = "MEASURE")]
    peak_by: Option<String>,
    /// The ibd file, if it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    ibd: Option<PathBuf>,
    /// Read the ibd although its UUID is not that of the imzML
    #[arg(long)]
    ignore_uuid: bool,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

/// By what intensities are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DivisorName {
    /// The total ion current.
    Tic,
    /// The root mean square.
    Rms,
}

pub(super) fn run(args: &ConvertArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let options = AnnotateOptions {
        database: args.database.clone(),
        recalibrate: Some("auto".into()),
        z: args.z,
        polarity: args.polarity.clone(),
        duplicates: args.duplicates.clone(),
        mobility_min: args.mobility_min,
        mobility_max: args.mobility_max,
        snr: args.snr,
        peak_by: args.peak_by.clone(),
        ibd: args.ibd.clone(),
        ignore_uuid: args.ignore_uuid,
        ..AnnotateOptions::default()
    };
    if let (Some(low), Some(high)) = (args.mz_min, args.mz_max)
        && low > high
    {
        let reason = format!("{low} is above --mz-max {high}");
        return Err(OptionError::new("--mz-min", reason).into());
    }
    if !args
        .target
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("imzML"))
    {
        let name = args.target.display();
        let reason = format!("`{name}` must end in .imzML; the ibd gets the same name");
        return Err(OptionError::new("NEW", reason).into());
    }
    let (mut dataset, _) = open(&args.source, &options, terminal)?;
    for oddity in &dataset.oddities {
        terminal.say(&format!("warning: {}", oddity_text(oddity)));
    }
    // The file may not say it, and the new one should.
    let choice = options.choice()?;
    dataset.header.polarity = dataset.header.polarity.or(choice.polarity);
    if args.recalibrate {
        let survey = recalibrate(&mut dataset, &options, terminal)?;
        for line in accuracy_lines(&survey) {
            terminal.say(&line);
        }
        terminal.say(match (&survey.recalibration, survey.measured) {
            (Some(_), _) => "m/z are corrected",
            (None, Some(_)) => "m/z are left as they are: they need no correction",
            (None, None) => {
                "m/z are left as they are: too few ions of the molecule tables stand out to show how \
                 far they are off; --database names other tables"
            }
        });
    }
    let region: Option<Vec<bool>> = match &args.region {
        Some(path) => Some(read_mask(path, &dataset.pixels.raster)?),
        None => None,
    };
    let write = |target: &Path, pixels: Option<Vec<bool>>| {
        let options = ConvertOptions {
            mz_limits: (args.mz_min, args.mz_max),
            pixels,
            normalize: args.normalize.map(|name| match name {
                DivisorName::Tic => Divisor::Tic,
                DivisorName::Rms => Divisor::Rms,
            }),
            is_compressed: args.compress,
            force: args.force,
        };
        let converted = convert(&dataset, target, &options, terminal)?;
        Ok::<_, CliError>(output(&converted, dataset.ibd().len()))
    };
    let output = if args.split {
        let mut all = Vec::new();
        for (target, pixels) in parts(args, &dataset, region.as_deref(), terminal)? {
            all.push(write(&target, Some(pixels))?);
        }
        let texts = all.iter().map(|output| &*output.text);
        Output {
            text: texts.collect(),
            json: all.into_iter().map(|output| output.json).collect(),
        }
    } else {
        write(&args.target, region)?
    };
    terminal.finish();
    Ok(output)
}

/// The files of the tissues, and the pixels of each.
fn parts(
    args: &ConvertArgs,
    dataset: &Dataset,
    region: Option<&[bool]>,
    terminal: &Terminal,
) -> Result<Vec<(PathBuf, Vec<bool>)>, CliError> {
    let Tissues {
        mut tissues,
        n_stray,
    } = Tissues::of(&dataset.pixels);
    if let Some(region) = region {
        for tissue in &mut tissues {
            let both = tissue.iter_mut().zip(region);
            both.for_each(|(is_in, inside)| *is_in &= inside);
        }
        tissues.retain(|tissue| tissue.contains(&true));
    }
    if tissues.len() < 2 {
        let reason = "there is one tissue on one plane: leave it out";
        return Err(OptionError::new("--split", reason).into());
    }
    if n_stray > 0 {
        terminal.say(&format!(
            "warning: {} in small groups apart from the tissues are left out",
            counted(n_stray as u64, "pixel")
        ));
    }
    let stem = args
        .target
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let named = |number: usize| args.target.with_file_name(format!("{stem}-{number}.imzML"));
    Ok((1..).map(named).zip(tissues).collect())
}

fn output(converted: &Converted, bytes_before: u64) -> Output {
    let Converted {
        imzml,
        ibd,
        n_spectra,
        n_peaks,
        n_left_out,
        ibd_bytes,
    } = converted;
    let text = format!(
        "{} spectra, {} peaks; {} points left out\n{} bytes, {} before\nwritten: {}, {}\n",
        thousands(*n_spectra),
        thousands(*n_peaks),
        thousands(*n_left_out),
        thousands(*ibd_bytes),
        thousands(bytes_before),
        imzml.display(),
        ibd.display(),
    );
    let json = json!({
        "imzml": imzml,
        "ibd": ibd,
        "nSpectra": n_spectra,
        "nPeaks": n_peaks,
        "nLeftOut": n_left_out,
        "ibdBytes": ibd_bytes,
    });
    Output { text, json }
}
