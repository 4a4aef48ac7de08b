//! `metaspace info`.

use std::path::PathBuf;

use clap::Args;
use metaspace_results::record::oddity_text;
use metaspace_results::text::thousands;
use metaspace_run::dataset::open_dataset;
use ms_core::imzml::{Dataset, Representation, SpectrumIdx};
use ms_core::progress::{Progress, check};
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// The imzML file; the ibd must be beside it, or see --ibd
    #[arg(value_name = "IMZML")]
    path: PathBuf,
    /// The ibd file, if it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    ibd: Option<PathBuf>,
    /// Plane (z) of a dataset with several planes [default: the first]
    #[arg(long, value_name = "Z")]
    z: Option<u32>,
    /// Verify the ibd against the checksum in the imzML
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
    odd: Vec<String>,
}

pub(super) fn run(args: &InfoArgs, terminal: &Terminal) -> Result<Output, CliError> {
    let dataset = open_dataset(&args.path, args.ibd.as_deref(), args.z, terminal)?;
    let peaks = look_at_peaks(&dataset, terminal)?;
    let is_verified = args
        .verify
        .then(|| dataset.verify_checksum())
        .transpose()?
        .is_some();
    let observed = dataset.observed_representation()?;
    let info = Info::new(&dataset, &peaks, observed, is_verified);
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
    fn new(
        dataset: &Dataset,
        peaks: &Peaks,
        observed: Option<Representation>,
        is_checksum_verified: bool,
    ) -> Self {
        let (header, raster) = (&dataset.header, &dataset.pixels.raster);
        Self {
            imzml: dataset.names.imzml.clone(),
            ibd: dataset.names.ibd.clone(),
            ibd_bytes: dataset.ibd().len(),
            mode: header.mode.map(|mode| mode.to_string()),
            representation: observed
                .or(header.representation)
                .map(|found| found.to_string()),
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
            is_checksum_verified,
            odd: odd(dataset, peaks, observed),
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
                stated(
                    self.checksum
                        .as_ref()
                        .map(|name| format!("{name}, {verified}")),
                ),
            ),
        ];
        let odd = self.odd.iter().map(|odd| ("odd", odd.clone()));
        let rows: Vec<String> = lines
            .into_iter()
            .chain(odd)
            .map(|(name, value)| format!("{name:<12} {value}"))
            .collect();
        rows.join("\n") + "\n"
    }
}

/// A value as text, or that it is not stated.
fn stated(value: Option<impl ToString>) -> String {
    value.map_or("not stated".into(), |value| value.to_string())
}

/// What is odd about the dataset, in words.
fn odd(dataset: &Dataset, peaks: &Peaks, observed: Option<Representation>) -> Vec<String> {
    let mut odd: Vec<String> = dataset.oddities.iter().map(oddity_text).collect();
    if let (Some(stated), Some(observed)) = (dataset.header.representation, observed)
        && stated != observed
    {
        odd.push(format!(
            "the file says {stated} but its values look like {observed}"
        ));
    }
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
    terminal.begin("reading spectra", dataset.spectra.len() as u64);
    let mut reader = dataset.reader();
    for spectrum_idx in 0..dataset.spectra.len() {
        check(terminal)?;
        let spectrum = reader.read(SpectrumIdx(spectrum_idx))?;
        peaks.n_points += spectrum.mzs.len() as u64;
        peaks.n_zero += spectrum
            .intensities
            .iter()
            .filter(|v| **v <= 0.0 || v.is_nan())
            .count() as u64;
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
