//! `metaspace extract`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use metaspace_explore::factors::factors_of;
use metaspace_explore::mz_images::MzImages;
use metaspace_explore::mz_list::{read_mz_list, windows_of, with_own_names};
use metaspace_explore::normalize::Normalization;
use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;
use metaspace_machine::files::TemporaryFile;
use metaspace_render::png::PixelSize;
use metaspace_report::mz_pictures::{MzFormat, MzNorm, MzPictures};
use metaspace_report::picture_options::ImageFormat;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::RunRecord;
use metaspace_results::text::counted;
use metaspace_results::{KeptPeaks, RUN_JSON};
use metaspace_run::dataset::open;
use ms_core::bytes::Scratch;
use ms_core::imzml::Dataset;
use ms_core::progress::Progress;
use ms_core::spectra::BuildOptions;
use ms_core::tolerance::{Ppm, Window};

use crate::cli::drawing::PictureArguments;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;
use crate::cli::threads::in_threads;

/// Mass tolerance in ppm where neither the user nor a run says one.
const DEFAULT_PPM: f64 = 3.0;

/// Share of the memory that is used while spectra are read: the rest is for images.
const SHARE_OF_BUFFERS: u64 = 4;

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// A PNG an image, in the colours of a colormap.
    Png,
    /// A PNG an image, grey of 16 bits.
    Png16,
    /// One OME-TIFF, intensities as 32-bit floats, a channel an image.
    Tiff,
    /// A NumPy array an image, height × width, NaN where there is no spectrum.
    Npy,
    /// One table of sparse images, and one of the pixels.
    Parquet,
}

#[derive(Debug, Args)]
pub(super) struct ExtractArgs {
    /// The imzML file, or `s3://BUCKET/KEY`; or peaks that `annotate --keep-peaks` has kept: peaks.parquet or its results folder
    #[arg(value_name = "DATASET")]
    source: PathBuf,
    /// m/z in Th; repeatable
    #[arg(
        long,
        value_name = "MZ",
        required_unless_present = "list",
        help = "m/z in Th; repeatable; or a --list of them"
    )]
    mz: Vec<f64>,
    /// List of m/z: a number a line, or a CSV or TSV with a column mz and, if there is one, name or ion
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Mass tolerance in ppm, to each side [default: that of the results folder, or 3]
    #[arg(long, value_name = "PPM", allow_negative_numbers = true)]
    ppm: Option<f64>,
    /// File format
    #[arg(long, value_name = "KIND", default_value = "png")]
    format: FormatName,
    #[command(flatten)]
    style: PictureArguments,
    /// Output folder [default: NAME-mz-images in the current folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write to a folder that holds other files than earlier pictures; overwrites files of the same names
    #[arg(long)]
    force: bool,
    /// The ibd file, if it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    ibd: Option<PathBuf>,
    /// Plane (z) of a dataset with several planes [default: all, laid under each other]
    #[arg(long, value_name = "Z")]
    z: Option<u32>,
    /// Sign of the ions, where the file has spectra of both: positive or negative
    #[arg(long, value_name = "SIGN")]
    polarity: Option<String>,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Memory to use, such as 256MiB or 8GB [default: half of what the machine or its container has]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
}

/// What images are made of.
enum Source {
    Kept(Box<KeptPeaks>),
    Dataset(Box<Dataset>),
}

impl Source {
    fn open(args: &ExtractArgs, progress: &dyn Progress) -> Result<Self, CliError> {
        let is_kept = args.source.is_dir()
            || args
                .source
                .extension()
                .is_some_and(|extension| extension == "parquet");
        if !is_kept {
            let options = AnnotateOptions {
                ibd: args.ibd.clone(),
                z: args.z,
                polarity: args.polarity.clone(),
                ..AnnotateOptions::default()
            };
            let (dataset, _) = open(&args.source, &options, progress)?;
            return Ok(Self::Dataset(Box::new(dataset)));
        }
        let given = [
            ("--ibd", args.ibd.is_some()),
            ("--z", args.z.is_some()),
            ("--polarity", args.polarity.is_some()),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            let reason = "is about an imzML, and kept peaks are read";
            return Err(OptionError::new(option, reason).into());
        }
        Ok(Self::Kept(Box::new(KeptPeaks::open(&args.source)?)))
    }

    /// The results folder beside kept peaks, if they are in one.
    fn results(&self) -> Option<&Path> {
        match self {
            Self::Kept(kept) => {
                Some(kept.folder()).filter(|folder| folder.join(RUN_JSON).is_file())
            }
            Self::Dataset(_) => None,
        }
    }

    /// The tolerance that the run had whose peaks were kept.
    fn ppm(&self) -> Result<Option<f64>, CliError> {
        match self.results() {
            Some(folder) => Ok(Some(RunRecord::read(folder)?.settings.ppm)),
            None => Ok(None),
        }
    }

    /// The imzML without its extension.
    fn name(&self) -> String {
        let imzml = match self {
            Self::Kept(kept) => &kept.about.dataset.imzml,
            Self::Dataset(dataset) => &dataset.names.imzml,
        };
        let stem = Path::new(imzml).file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    fn pixel_size_um(&self) -> PixelSize {
        match self {
            Self::Kept(kept) => kept.about.dataset.pixel_size_um,
            Self::Dataset(dataset) => dataset.header.pixel_size_um,
        }
    }
}

pub(super) fn run(args: &ExtractArgs, terminal: &Terminal) -> Result<Output, CliError> {
    in_threads(args.threads, || extract(args, terminal))
}

fn extract(args: &ExtractArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let source = Source::open(args, terminal)?;
    let ppm = Ppm(match args.ppm {
        Some(ppm) => ppm,
        None => source.ppm()?.unwrap_or(DEFAULT_PPM),
    });
    let mut named = windows_of(&args.mz, ppm)?;
    if let Some(list) = &args.list {
        named.extend(read_mz_list(list, ppm)?);
    }
    let named = with_own_names(named);
    if named.is_empty() {
        return Err(OptionError::new("--list", "has no m/z").into());
    }
    let (format, image_format) = match args.format {
        FormatName::Png => (MzFormat::Picture, ImageFormat::Png),
        FormatName::Png16 => (MzFormat::Picture, ImageFormat::Png16),
        FormatName::Tiff => (MzFormat::Picture, ImageFormat::Tiff),
        FormatName::Npy => (MzFormat::Npy, ImageFormat::Png),
        FormatName::Parquet => (MzFormat::Parquet, ImageFormat::Png),
    };
    let style = args.style.style(image_format);
    let folder = args.out.clone();
    let folder = folder.unwrap_or_else(|| format!("{}-mz-images", source.name()).into());
    let norm = match &style.normalize {
        Normalization::Mz(mz) => MzNorm::Window(ppm.window(*mz)),
        by @ (Normalization::Ion(_) | Normalization::Median) => {
            let reason = "needs annotated ions: extract from a results folder whose peaks are kept, or \
                          give none, tic, rms or mz=MZ";
            let results = source.results();
            let results = results.ok_or_else(|| OptionError::new("--normalize", reason))?;
            MzNorm::Factors(factors_of(results, by)?)
        }
        _ => MzNorm::Pixel,
    };
    let of_norm = match norm {
        MzNorm::Window(window) => Some(window),
        _ => None,
    };
    let pictures = MzPictures::start(&folder, args.force, format, &style, &named, norm)?;
    let windows = named.iter().map(|named| named.window);
    let windows: Vec<Window> = windows.chain(of_norm).collect();
    let images = images(args, &source, &windows, &folder, terminal)?;
    let name = source.name();
    let drawn = pictures.draw(&images, &name, source.pixel_size_um(), terminal)?;
    let text = format!(
        "{} of ±{} ppm{}; {} and images.csv in {}\n",
        counted(named.len() as u64, "window"),
        ppm.0,
        match drawn.n_empty {
            0 => String::new(),
            n if n == named.len() => ", without a peak in any spectrum".into(),
            n => format!(", {n} of them without a peak in any spectrum"),
        },
        counted(drawn.n_files as u64, "file"),
        folder.display()
    );
    let json = serde_json::json!({
        "folder": folder, "ppm": ppm.0, "images": named.len(), "empty": drawn.n_empty, "files": drawn.n_files,
    });
    Ok(Output { text, json })
}

fn images(
    args: &ExtractArgs,
    source: &Source,
    windows: &[Window],
    folder: &Path,
    terminal: &Terminal,
) -> Result<MzImages, CliError> {
    let dataset = match source {
        Source::Kept(kept) => return Ok(MzImages::of_kept(kept)?),
        Source::Dataset(dataset) => dataset,
    };
    let allowed = memory(args.memory.as_deref())?;
    let scratch = |needed: u64| -> std::io::Result<Box<dyn Scratch>> {
        Ok(Box::new(TemporaryFile::with_room(folder, needed)?))
    };
    let options = BuildOptions {
        memory_bytes: allowed,
        buffer_bytes: allowed / SHARE_OF_BUFFERS,
        scratch: &scratch,
    };
    Ok(MzImages::of_dataset(dataset, windows, &options, terminal)?)
}
