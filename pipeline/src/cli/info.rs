//! `metaspace info`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use ms_core::imzml::Dataset;

use super::Output;
use crate::error::RunError;
use crate::provenance::oddity_text;
use crate::run::open_dataset;
use crate::summary::thousands;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// The imzML file; its ibd is looked for beside it
    imzml: PathBuf,
    /// The ibd, where it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    ibd: Option<PathBuf>,
    /// Plane to look at of a dataset that has several [default: the first]
    #[arg(long, value_name = "Z")]
    z: Option<u32>,
    /// Compares the ibd with the checksum that the imzML states
    #[arg(long)]
    verify: bool,
}

/// What is said of the spectra as a whole.
struct Peaks {
    n_peaks: u64,
    n_zero: u64,
    n_unsorted: u64,
    mz_range: (f64, f64),
    most: usize,
}

pub(super) fn run(args: &InfoArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let dataset = open_dataset(&args.imzml, args.ibd.as_deref(), args.z)?;
    let peaks = look_at_peaks(&dataset, terminal)?;
    let verified = args.verify.then(|| dataset.verify_checksum()).transpose()?.is_some();
    let (header, raster) = (&dataset.header, &dataset.pixels.raster);
    let observed = dataset.observed_representation()?;
    let unknown = || "not stated".to_owned();
    let text_of = |value: Option<String>| value.unwrap_or_else(unknown);
    let mut odd: Vec<String> = dataset.oddities.iter().map(oddity_text).collect();
    if header.representation.is_some() && observed.is_some() && header.representation != observed {
        odd.push(format!(
            "the file says {} but its values look like {}",
            text_of(header.representation.map(|r| r.to_string())),
            text_of(observed.map(|r| r.to_string())),
        ));
    }
    if peaks.n_unsorted > 0 {
        odd.push(format!("{} spectra are not sorted by m/z", thousands(peaks.n_unsorted)));
    }
    if peaks.n_zero > 0 {
        odd.push(format!("{} points have intensity 0 or less", thousands(peaks.n_zero)));
    }
    let fields = [
        ("imzML", dataset.names.imzml.clone()),
        ("ibd", format!("{}, {} bytes", dataset.names.ibd, thousands(dataset.ibd().len()))),
        ("mode", text_of(header.mode.map(|mode| mode.to_string()))),
        (
            "spectra",
            format!(
                "{}, {}",
                thousands(dataset.spectra.len() as u64),
                text_of(observed.or(header.representation).map(|r| r.to_string()))
            ),
        ),
        (
            "pixels",
            format!(
                "{} on {} × {}",
                thousands(raster.n_pixels() as u64),
                raster.width,
                raster.height
            ),
        ),
        ("pixel size", text_of(header.pixel_size_um.map(|(x, y)| format!("{x} × {y} µm")))),
        ("polarity", text_of(header.polarity.map(|polarity| polarity.to_string()))),
        (
            "instrument",
            text_of(header.analyzer.as_ref().map(|a| format!("{} (\"{}\")", a.instrument, a.term))),
        ),
        ("m/z", format!("{:.4} to {:.4}", peaks.mz_range.0, peaks.mz_range.1)),
        (
            "points",
            format!(
                "{}, at most {} a spectrum",
                thousands(peaks.n_peaks),
                thousands(peaks.most as u64)
            ),
        ),
        (
            "checksum",
            text_of(header.checksum.as_ref().map(|checksum| {
                format!(
                    "{}, {}",
                    checksum.algorithm,
                    if verified { "verified" } else { "not verified (--verify)" }
                )
            })),
        ),
    ];
    let mut text = String::new();
    for (name, value) in &fields {
        drop(writeln!(text, "{name:<12} {value}"));
    }
    for odd in &odd {
        drop(writeln!(text, "{:<12} {odd}", "odd"));
    }
    let mut json: serde_json::Map<String, serde_json::Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json.insert("odd".into(), odd.into());
    Ok(Output { text, json: json.into() })
}

fn look_at_peaks(dataset: &Dataset, terminal: &Terminal) -> Result<Peaks, RunError> {
    use ms_core::progress::{Progress, check};
    let mut peaks = Peaks {
        n_peaks: 0,
        n_zero: 0,
        n_unsorted: 0,
        mz_range: (f64::INFINITY, f64::NEG_INFINITY),
        most: 0,
    };
    terminal.begin("reading spectra", dataset.spectra.len() as u64);
    let mut reader = dataset.reader();
    for spectrum_idx in 0..dataset.spectra.len() {
        check(terminal)?;
        let spectrum = reader.read(spectrum_idx)?;
        peaks.n_peaks += spectrum.mzs.len() as u64;
        peaks.n_zero +=
            spectrum.intensities.iter().filter(|v| **v <= 0.0 || v.is_nan()).count() as u64;
        peaks.n_unsorted += u64::from(spectrum.was_unsorted);
        peaks.most = peaks.most.max(spectrum.mzs.len());
        if let [first, .., last] | [first @ last] = spectrum.mzs {
            peaks.mz_range = (peaks.mz_range.0.min(*first), peaks.mz_range.1.max(*last));
        }
        terminal.advance(1);
    }
    terminal.finish();
    Ok(peaks)
}
