//! `metaspace info`.

use std::path::PathBuf;

use clap::Args;
use metaspace_results::RUN_JSON;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::oddity_text;
use metaspace_results::text::thousands;
use metaspace_run::dataset::open_dataset;
use metaspace_run::picking::pick_peaks;
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
    /// Plane (z) of a dataset with several planes [default: the first]
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
}

/// What is said of the spectra as a whole.
struct Peaks {
    n_points: u64,
    n_zero: u64,
    n_unsorted: u64,
    mz_range: Option<(f64, f64)>,
    most: usize,
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
    odd: Vec<String>,
    /// Whether it can be annotated as it is, and if not, what to do.
    verdict: String,
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
    let info = Info::new(&dataset, &peaks, checksum);
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
            odd: odd(dataset, peaks),
            verdict: verdict(dataset, peaks),
        }
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
        let odd = self.odd.iter().map(|odd| ("odd", odd.clone()));
        let rows: Vec<String> = lines
            .into_iter()
            .chain(resolved)
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
        verdict += "; the file does not say its polarity: it is taken from the data if they show it, \
                    else say --polarity";
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
