//! What a user should know of a run, in words.

use ms_core::imzml::{Dataset, Oddity};
use ms_core::spectra::Census;

use crate::record::DatabaseRecord;

/// What a user should know of a dataset, in words.
pub fn oddity_text(oddity: &Oddity) -> String {
    match oddity {
        Oddity::NoUuid => {
            "the imzML states no UUID: nothing tells whether the ibd is its own".into()
        }
        Oddity::MixedPolarity => "there are spectra of both polarities".into(),
        Oddity::DuplicatePixels { n_spectra: 1 } => {
            "1 spectrum shares a pixel with another; their intensities are added".into()
        }
        Oddity::DuplicatePixels { n_spectra } => {
            format!("{n_spectra} spectra share a pixel with another; their intensities are added")
        }
        Oddity::MissingPixels { n_pixels: 1 } => {
            "1 place of the bounding box has no spectrum".into()
        }
        Oddity::MissingPixels { n_pixels } => {
            format!("{n_pixels} places of the bounding box have no spectrum")
        }
        Oddity::OtherPlanes {
            z,
            others,
            n_spectra,
        } => format!(
            "plane z = {z} is annotated; {n_spectra} spectra lie on planes {others:?}, which --z chooses"
        ),
        Oddity::SpectrumCount { stated, found } => {
            format!("the spectrum list says {stated} spectra but has {found}")
        }
        Oddity::EmptySpectra { n_spectra: 1 } => "1 spectrum has no peak".into(),
        Oddity::EmptySpectra { n_spectra } => format!("{n_spectra} spectra have no peak"),
        other => format!("{other:?}"),
    }
}

/// What a user should know of a dataset as a whole, in words.
pub fn oddity_texts(dataset: &Dataset) -> Vec<String> {
    dataset.oddities.iter().map(oddity_text).collect()
}

/// Everything tolerated, in words.
pub fn warnings(
    oddities: &[String],
    census: &Census,
    databases: &[DatabaseRecord],
    without_pattern: &[String],
) -> Vec<String> {
    let mut warnings = oddities.to_vec();
    warnings.extend(peak_warnings(census.n_unsorted, census.n_dropped));
    warnings.extend(pattern_warning(without_pattern));
    for database in databases {
        if let Some(first) = database.bad_rows.first() {
            warnings.push(format!(
                "{} rows of molecule table `{}` were refused, the first in line {}: {}",
                database.bad_rows.len(),
                database.name,
                first.line,
                first.reason
            ));
        }
    }
    warnings
}

/// What was tolerated of peaks: spectra that were not sorted, and peaks that were left out.
pub fn peak_warnings(n_unsorted: u64, n_dropped: u64) -> Vec<String> {
    let unsorted = format!("{n_unsorted} spectra were not sorted by m/z; they are now");
    let dropped = format!("{n_dropped} peaks of intensity 0 or less were left out");
    let all = [(n_unsorted, unsorted), (n_dropped, dropped)];
    all.into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(_, text)| text)
        .collect()
}

/// That ions, given by their formulas, have no pattern; nothing if all have.
pub fn pattern_warning(without_pattern: &[String]) -> Option<String> {
    let first = without_pattern.first()?;
    let n = without_pattern.len();
    Some(format!(
        "{n} ions are too complex to have an isotopic pattern and were not searched, {first} among them"
    ))
}
