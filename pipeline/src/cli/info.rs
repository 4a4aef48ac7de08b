//! `metaspace info`.

use std::path::PathBuf;

use clap::Args;
use ms_core::imzml::{Dataset, Representation};
use ms_core::progress::{Progress, check};

use super::Output;
use crate::error::RunError;
use crate::provenance::oddity_text;
use crate::run::open_dataset;
use crate::summary::thousands;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// The imzML file; its ibd is looked for beside it
    #[arg(value_name = "IMZML")]
    path: PathBuf,
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
    n_points: u64,
    n_zero: u64,
    n_unsorted: u64,
    mz_range: (f64, f64),
    most: usize,
}

pub(super) fn run(args: &InfoArgs, terminal: &Terminal) -> Result<Output, RunError> {
    let dataset = open_dataset(&args.path, args.ibd.as_deref(), args.z, terminal)?;
    let peaks = look_at_peaks(&dataset, terminal)?;
    let is_verified = args.verify.then(|| dataset.verify_checksum()).transpose()?.is_some();
    let observed = dataset.observed_representation()?;
    let fields = fields(&dataset, &peaks, observed, is_verified);
    let odd = odd(&dataset, &peaks, observed);
    let mut text = String::new();
    for (name, value) in &fields {
        text.push_str(&format!("{name:<12} {value}\n"));
    }
    for odd in &odd {
        text.push_str(&format!("{:<12} {odd}\n", "odd"));
    }
    let mut json: serde_json::Map<String, serde_json::Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json.insert("odd".into(), odd.into());
    Ok(Output { text, json: json.into() })
}

/// A value as text, or that it is not stated.
fn stated(value: Option<impl ToString>) -> String {
    value.map_or("not stated".into(), |value| value.to_string())
}

fn fields(
    dataset: &Dataset,
    peaks: &Peaks,
    observed: Option<Representation>,
    is_verified: bool,
) -> [(&'static str, String); 11] {
    let (header, raster) = (&dataset.header, &dataset.pixels.raster);
    let representation = stated(observed.or(header.representation));
    let pixel_size = header.pixel_size_um.map(|(x, y)| format!("{x} × {y} µm"));
    let analyzer = header.analyzer.as_ref().map(|a| format!("{} (\"{}\")", a.instrument, a.term));
    let verified = if is_verified { "verified" } else { "not verified (--verify)" };
    let checksum = header.checksum.as_ref().map(|c| format!("{}, {verified}", c.algorithm));
    let n = |number: usize| thousands(number as u64);
    [
        ("imzML", dataset.names.imzml.clone()),
        ("ibd", format!("{}, {} bytes", dataset.names.ibd, thousands(dataset.ibd().len()))),
        ("mode", stated(header.mode)),
        ("spectra", format!("{}, {representation}", n(dataset.spectra.len()))),
        ("pixels", format!("{} on {} × {}", n(raster.n_pixels()), raster.width, raster.height)),
        ("pixel size", stated(pixel_size)),
        ("polarity", stated(header.polarity)),
        ("instrument", stated(analyzer)),
        ("m/z", format!("{:.4} to {:.4}", peaks.mz_range.0, peaks.mz_range.1)),
        ("points", format!("{}, at most {} a spectrum", thousands(peaks.n_points), n(peaks.most))),
        ("checksum", stated(checksum)),
    ]
}

/// What is odd about the dataset, in words.
fn odd(dataset: &Dataset, peaks: &Peaks, observed: Option<Representation>) -> Vec<String> {
    let mut odd: Vec<String> = dataset.oddities.iter().map(oddity_text).collect();
    if let (Some(stated), Some(observed)) = (dataset.header.representation, observed)
        && stated != observed
    {
        odd.push(format!("the file says {stated} but its values look like {observed}"));
    }
    if peaks.n_unsorted > 0 {
        odd.push(format!("{} spectra are not sorted by m/z", thousands(peaks.n_unsorted)));
    }
    if peaks.n_zero > 0 {
        odd.push(format!("{} points have intensity 0 or less", thousands(peaks.n_zero)));
    }
    odd
}

fn look_at_peaks(dataset: &Dataset, terminal: &Terminal) -> Result<Peaks, RunError> {
    let mut peaks = Peaks {
        n_points: 0,
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
        peaks.n_points += spectrum.mzs.len() as u64;
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
