//! `metaspace info`.

use std::path::{Path, PathBuf};

use clap::Args;
use metaspace_machine::error::FileError;
use metaspace_machine::files::publish;
use metaspace_render::colormap::Colormap;
use metaspace_render::png::write_indexed;
use metaspace_render::{Levels, Tone};
use metaspace_report::error::ReportError;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{AccuracyRecord, SurveyRecord, oddity_text};
use metaspace_results::text::{signed, thousands};
use metaspace_results::{RUN_JSON, ResultsError};
use metaspace_run::dataset::open_dataset;
use metaspace_run::error::RunError;
use metaspace_run::picking::pick_peaks;
use metaspace_run::survey::{mean_n_peaks, recalibrate};
use ms_core::imzml::{Dataset, OTHER_PLANE, Representation, SpectrumIdx};
use ms_core::progress::{Progress, Silent, check};
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::results_info;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// The imzML file (the ibd must be beside it, or see --ibd), or a results folder
    #[arg(value_name = "IMZML")]
    path: PathBuf,
    /// The ibd file, if it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    ibd: Option<PathBuf>,
    /// Plane (z) of a dataset with several planes [default: all, laid under each other]
    #[arg(long, value_name = "Z")]
    z: Option<u32>,
    /// Sign of the ions, where the file has spectra of both: positive or negative
    #[arg(long, value_name = "SIGN")]
    polarity: Option<String>,
    /// Read the ibd although its UUID is not that of the imzML
    #[arg(long)]
    ignore_uuid: bool,
    /// Verify the ibd against the checksum in the imzML; of a results folder, its files against run.json
    #[arg(long)]
    verify: bool,
    /// Draw the total ion current of each pixel as a PNG
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Overwrite an existing picture
    #[arg(long)]
    force: bool,
}

/// What is said of the spectra as a whole.
struct Peaks {
    n_points: u64,
    n_zero: u64,
    n_unsorted: u64,
    mz_range: Option<(f64, f64)>,
    most: usize,
    /// Sum of the intensities above 0 of each pixel.
    tic: Vec<f64>,
}

/// What the dataset is, as `--json` prints it; `null` where the file does not say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    imzml: String,
    ibd: String,
    ibd_bytes: u64,
    mode: Option<String>,
    representation: Option<String>,
    n_spectra: usize,
    n_pixels: usize,
    width: u32,
    height: u32,
    pixel_size_um: Option<(f64, f64)>,
    polarity: Option<String>,
    instrument: Option<String>,
    /// The words of the file from which the instrument was recognised.
    instrument_term: Option<String>,
    /// Lowest and highest m/z in Th.
    mz_range: Option<(f64, f64)>,
    n_points: u64,
    max_points: usize,
    checksum: Option<String>,
    is_checksum_verified: bool,
    /// Of profile spectra: m/z at which it was seen, and m/z over a peak's full width at half maximum.
    resolving_power: Option<(f64, f64)>,
    /// Of profile spectra: peaks of a spectrum, in the mean of some.
    picked_peaks: Option<f64>,
    /// How far m/z are off, if enough ions of the molecules that ship with the program stand out.
    mass_accuracy: Option<Accuracy>,
    /// Analyzer and resolving power as the data show them.
    resolution: Option<ShownResolution>,
    odd: Vec<String>,
    /// Whether it can be annotated as it is, and if not, what to do.
    verdict: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Accuracy {
    shift_ppm: f64,
    sigma_ppm: f64,
    window_ppm: f64,
    n_ions: usize,
}

impl From<AccuracyRecord> for Accuracy {
    fn from(record: AccuracyRecord) -> Self {
        Self {
            shift_ppm: record.shift_ppm,
            sigma_ppm: record.sigma_ppm,
            window_ppm: record.window_ppm,
            n_ions: record.n_ions,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownResolution {
    /// Nothing where the data do not show it.
    instrument: Option<String>,
    /// At m/z 200.
    resolving_power: f64,
    seen_in: String,
}

/// What is known of the ibd's checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checksum {
    NotStated,
    NotVerified,
    Verified,
}

pub(super) fn run(args: &InfoArgs, terminal: &Terminal) -> Result<Output, CliError> {
    if args.path.join(RUN_JSON).is_file() {
        return results_info::describe(&args.path, args.verify);
    }
    let options = AnnotateOptions {
        z: args.z,
        polarity: args.polarity.clone(),
        ignore_uuid: args.ignore_uuid,
        ..AnnotateOptions::default()
    };
    let mut dataset = open_dataset(&args.path, args.ibd.as_deref(), options.choice()?, terminal)?;
    let peaks = look_at_peaks(&dataset, terminal)?;
    let checksum = match (&dataset.header.checksum, args.verify) {
        (None, _) => Checksum::NotStated,
        (Some(_), false) => Checksum::NotVerified,
        (Some(_), true) => {
            dataset.verify_checksum()?;
            Checksum::Verified
        }
    };
    pick_peaks(&mut dataset, &options, &Silent)?;
    let n_picked = match dataset.picking {
        Some(_) => mean_n_peaks(&dataset, terminal)?,
        None => None,
    };
    // What annotate would find of m/z; without a polarity it does not start.
    let survey = match recalibrate(&mut dataset, &options, terminal) {
        Ok(survey) => Some(survey),
        Err(RunError::NoPolarity { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut info = Info::new(&dataset, &peaks, checksum);
    info.picked_peaks = n_picked;
    if let Some(survey) = survey {
        info.add(&survey);
    }
    if let Some(path) = &args.image {
        draw(&dataset, &peaks, path, args.force)?;
    }
    let json = serde_json::to_value(&info).map_err(|source| CliError::Json {
        path: args.path.clone(),
        source,
    })?;
    Ok(Output {
        text: info.text(),
        json,
    })
}

impl Info {
    fn new(dataset: &Dataset, peaks: &Peaks, checksum: Checksum) -> Self {
        let (header, raster) = (&dataset.header, &dataset.pixels.raster);
        Self {
            imzml: dataset.names.imzml.clone(),
            ibd: dataset.names.ibd.clone(),
            ibd_bytes: dataset.ibd().len(),
            mode: header.mode.map(|mode| mode.to_string()),
            representation: Some(representation(dataset).to_string()),
            n_spectra: dataset.spectra.len(),
            n_pixels: raster.n_pixels(),
            width: raster.width,
            height: raster.height,
            pixel_size_um: header.pixel_size_um,
            polarity: header.polarity.map(|polarity| polarity.to_string()),
            instrument: header
                .analyzer
                .as_ref()
                .map(|analyzer| analyzer.instrument.to_string()),
            instrument_term: header
                .analyzer
                .as_ref()
                .map(|analyzer| analyzer.term.clone()),
            mz_range: peaks.mz_range,
            n_points: peaks.n_points,
            max_points: peaks.most,
            checksum: header
                .checksum
                .as_ref()
                .map(|checksum| checksum.algorithm.to_string()),
            is_checksum_verified: checksum == Checksum::Verified,
            resolving_power: dataset.picking.and_then(|picking| {
                let (low, high) = picking.shape.seen?;
                let middle = (low * high).sqrt();
                Some((middle, picking.shape.resolving_power(middle)))
            }),
            picked_peaks: None,
            mass_accuracy: None,
            resolution: None,
            odd: odd(dataset, peaks),
            verdict: verdict(dataset, peaks),
        }
    }

    fn add(&mut self, survey: &SurveyRecord) {
        self.mass_accuracy = survey.measured.map(Accuracy::from);
        self.resolution = survey.resolution.as_ref().map(|shown| ShownResolution {
            instrument: shown.is_analyzer_known.then(|| shown.instrument.clone()),
            resolving_power: shown.resolving_power,
            seen_in: shown.seen_in.clone(),
        });
    }

    /// A line for each thing that a user would ask.
    fn text(&self) -> String {
        let n = |number: usize| thousands(number as u64);
        let representation = stated(self.representation.as_ref());
        let analyzer = self.instrument.as_ref().zip(self.instrument_term.as_ref());
        let verified = if self.is_checksum_verified {
            "verified"
        } else {
            "not verified (--verify)"
        };
        let lines = [
            ("imzML", self.imzml.clone()),
            (
                "ibd",
                format!("{}, {} bytes", self.ibd, thousands(self.ibd_bytes)),
            ),
            ("mode", stated(self.mode.as_ref())),
            (
                "spectra",
                format!("{}, {representation}", n(self.n_spectra)),
            ),
            (
                "pixels",
                format!("{} on {} × {}", n(self.n_pixels), self.width, self.height),
            ),
            (
                "pixel size",
                stated(self.pixel_size_um.map(|(x, y)| format!("{x} × {y} µm"))),
            ),
            ("polarity", stated(self.polarity.as_ref())),
            (
                "instrument",
                stated(analyzer.map(|(name, term)| format!("{name} (\"{term}\")"))),
            ),
            (
                "m/z",
                self.mz_range.map_or("no peak".into(), |(low, high)| {
                    format!("{low:.4} to {high:.4}")
                }),
            ),
            (
                "points",
                format!(
                    "{}, at most {} a spectrum",
                    thousands(self.n_points),
                    n(self.max_points)
                ),
            ),
            (
                "checksum",
                match &self.checksum {
                    Some(name) => format!("{name}, {verified}"),
                    None => "none stated, nothing to verify".into(),
                },
            ),
        ];
        let resolved = self.resolving_power.map(|(mz, power)| {
            let unit = 10_f64.powf(power.log10().floor() - 1.0);
            let text = format!(
                "resolving power {} at m/z {mz:.0}",
                (power / unit).round() * unit
            );
            ("peaks", text)
        });
        let picked = self.picked_peaks.map(|n| {
            let text = format!("about {} a spectrum, picked from the profiles", n.round());
            ("peaks", text)
        });
        let resolution = self.resolution.as_ref().map(|shown| {
            let instrument = shown.instrument.as_ref();
            let of = instrument.map_or(String::new(), |name| format!(" of a {name}"));
            let text = format!(
                "{} at m/z 200{of}, from {}",
                shown.resolving_power, shown.seen_in
            );
            ("resolution", text)
        });
        let accuracy = self.mass_accuracy.as_ref().map(|accuracy| {
            let text = format!(
                "{} ± {:.1} ppm, by {} ions of the molecules that ship with the program",
                signed(accuracy.shift_ppm, 1),
                accuracy.sigma_ppm,
                accuracy.n_ions
            );
            ("m/z error", text)
        });
        let odd = self.odd.iter().map(|odd| ("odd", odd.clone()));
        let rows: Vec<String> = lines
            .into_iter()
            .chain(resolved)
            .chain(picked)
            .chain(resolution)
            .chain(accuracy)
            .chain(odd)
            .chain([("verdict", self.verdict.clone())])
            .map(|(name, value)| format!("{name:<12} {value}"))
            .collect();
        rows.join("\n") + "\n"
    }
}

/// A value as text, or that it is not stated.
fn stated(value: Option<impl ToString>) -> String {
    value.map_or("not stated".into(), |value| value.to_string())
}

/// What the spectra are taken for.
fn representation(dataset: &Dataset) -> Representation {
    if dataset.picking.is_some() {
        Representation::Profile
    } else {
        Representation::Centroid
    }
}

/// Whether a dataset can be annotated as it is, and if not, what to do.
fn verdict(dataset: &Dataset, peaks: &Peaks) -> String {
    let header = &dataset.header;
    if peaks.n_points == peaks.n_zero {
        return "nothing to annotate: no point has an intensity above 0".into();
    }
    if header.is_polarity_mixed {
        return "it has spectra of both polarities: say --polarity positive or --polarity negative"
            .into();
    }
    let mut verdict = String::from("ready to annotate");
    if dataset.picking.is_some() {
        verdict += "; peaks are picked from its profile spectra";
    }
    if header.polarity.is_none() {
        return "neither the file nor the data say the polarity: annotate with --polarity positive or \
                --polarity negative"
            .into();
    }
    verdict
}

/// What is odd about the dataset, in words.
fn odd(dataset: &Dataset, peaks: &Peaks) -> Vec<String> {
    let mut odd: Vec<String> = dataset.oddities.iter().map(oddity_text).collect();
    if peaks.n_unsorted > 0 {
        odd.push(format!(
            "{} spectra are not sorted by m/z",
            thousands(peaks.n_unsorted)
        ));
    }
    if peaks.n_zero > 0 {
        odd.push(format!(
            "{} points have intensity 0 or less",
            thousands(peaks.n_zero)
        ));
    }
    odd
}

fn look_at_peaks(dataset: &Dataset, terminal: &Terminal) -> Result<Peaks, CliError> {
    let mut peaks = Peaks {
        n_points: 0,
        n_zero: 0,
        n_unsorted: 0,
        mz_range: None,
        most: 0,
        tic: vec![0.0; dataset.pixels.raster.n_pixels()],
    };
    let of_plane = |place: &usize| dataset.pixels.pixel_of_spectrum[*place] != OTHER_PLANE;
    terminal.begin("reading spectra", dataset.spectra.len() as u64);
    let mut reader = dataset.reader();
    for spectrum_idx in (0..dataset.spectra.len()).filter(of_plane) {
        check(terminal)?;
        let spectrum = reader.read(SpectrumIdx(spectrum_idx))?;
        peaks.n_points += spectrum.mzs.len() as u64;
        peaks.n_zero += spectrum
            .intensities
            .iter()
            .filter(|v| **v <= 0.0 || v.is_nan())
            .count() as u64
            + u64::from(spectrum.n_padding);
        peaks.n_points += u64::from(spectrum.n_padding);
        let pixel = dataset.pixels.pixel_of_spectrum[spectrum_idx] as usize;
        let above = spectrum.intensities.iter().filter(|v| **v > 0.0);
        peaks.tic[pixel] += above.map(|v| f64::from(*v)).sum::<f64>();
        peaks.n_unsorted += u64::from(spectrum.was_unsorted);
        peaks.most = peaks.most.max(spectrum.mzs.len());
        if let [first, .., last] | [first @ last] = spectrum.mzs {
            let (low, high) = peaks.mz_range.unwrap_or((*first, *last));
            peaks.mz_range = Some((low.min(*first), high.max(*last)));
        }
        terminal.advance(1);
    }
    terminal.finish();
    Ok(peaks)
}

/// Draws the total ion current of each pixel.
fn draw(dataset: &Dataset, peaks: &Peaks, path: &Path, force: bool) -> Result<(), CliError> {
    if path.exists() && !force {
        return Err(ResultsError::Exists { path: path.into() }.into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "to be drawn")]
    let tic = peaks.tic.iter().map(|v| *v as f32).collect();
    let levels = Levels::of_pixels(&dataset.pixels.raster, tic, Tone::default());
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    let mut file = file.map_err(FileError::at("write", path))?;
    let size = dataset.header.pixel_size_um;
    write_indexed(&mut file, &levels, Colormap::default(), size).map_err(|source| {
        ReportError::Png {
            path: path.into(),
            source,
        }
    })?;
    publish(file, path)?;
    Ok(())
}
