//! What a user should know of a run, in words.

use ms_core::imzml::{Dataset, MobilityRange, Oddity, PLANE_GAP};
use ms_core::spectra::Census;

use crate::BAD_ROWS_TSV;
use crate::record::DatabaseRecord;

/// What a user should know of a dataset, in words.
pub fn oddity_text(oddity: &Oddity) -> String {
    match oddity {
        Oddity::NoUuid => {
            "the imzML states no UUID: nothing tells whether the ibd is its own".into()
        }
        Oddity::MixedPolarity => "there are spectra of both polarities".into(),
        Oddity::DuplicatePixels {
            n_spectra,
            is_averaged,
        } => {
            let spectra = match n_spectra {
                1 => "1 spectrum shares".to_owned(),
                n => format!("{n} spectra share"),
            };
            let what = if *is_averaged { "averaged" } else { "added" };
            format!("{spectra} a pixel with another; their intensities are {what}")
        }
        Oddity::MissingPixels { n_pixels: 1 } => {
            "1 place of the bounding box has no spectrum".into()
        }
        Oddity::MissingPixels { n_pixels } => {
            format!("{n_pixels} places of the bounding box have no spectrum")
        }
        Oddity::OtherPlanes { z, others } => format!(
            "plane z = {z} is looked at; there are other planes, {others:?}, which --z chooses"
        ),
        Oddity::Stack { planes, rows } => format!(
            "{} planes are looked at together, z = {} from top to bottom, {rows} rows each with \
             {PLANE_GAP} empty ones between; --z takes one of them",
            planes.len(),
            planes
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Oddity::LaterDuplicates { n_spectra } => {
            format!("{n_spectra} spectra share a pixel with an earlier one and were left out")
        }
        Oddity::Steps { x, y } => format!(
            "coordinates go in steps of {x} and {y}: each step is taken for one column or row"
        ),
        Oddity::FarApart { columns, rows } => format!(
            "tissues lie far apart: {columns} columns and {rows} rows without a spectrum between them \
             were left out"
        ),
        Oddity::Fragments { n_spectra } => {
            format!("{n_spectra} spectra of fragments (MS level 2 or more) were left out")
        }
        Oddity::OtherPolarity {
            polarity,
            n_spectra,
        } => format!("{n_spectra} spectra are not {polarity} and were left out"),
        Oddity::PolarityFromData { polarity, n_ions } => format!(
            "the file does not say its polarity: it is taken for {polarity}, of which {n_ions} ions stand \
             out and clearly fewer of the other; --polarity says otherwise"
        ),
        Oddity::IonMobility { n_spectra } => format!(
            "{n_spectra} spectra have ion mobilities, which are passed over: points of one m/z are added up \
             whatever their mobility; --mobility-min and --mobility-max take those of a range"
        ),
        Oddity::MobilityRange {
            n_spectra,
            range: MobilityRange { low, high },
        } => {
            let of = match (low.is_finite(), high.is_finite()) {
                (true, true) => format!("from {low} to {high}"),
                (true, false) => format!("of {low} or more"),
                (false, _) => format!("of {high} or less"),
            };
            format!(
                "of {n_spectra} spectra only points of ion mobilities {of} are looked at, in the unit of the \
                 file"
            )
        }
        Oddity::NoPosition { n_spectra } => {
            format!("{n_spectra} spectra do not say where they lie and were left out")
        }
        Oddity::UnknownGroups { names } => format!(
            "the imzML refers to parameter groups that it does not define: {}",
            names.join(", ")
        ),
        Oddity::UnknownUnit { unit } => {
            format!("the size of pixels is stated in a unit that is no length: {unit}")
        }
        Oddity::OtherUuid { imzml, ibd } => format!(
            "the UUID of the imzML is {imzml} and that of the ibd {ibd}; they were read as one dataset, \
             as --ignore-uuid says"
        ),
        Oddity::SpectrumCount { stated, found } => {
            format!("the spectrum list says {stated} spectra but has {found}")
        }
        Oddity::Representation { stated, observed } => format!(
            "the file says that its spectra are {stated} spectra, and their values look like {observed} \
             spectra; they are taken for {observed} spectra"
        ),
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
        let notes = database.notes.iter();
        warnings.extend(notes.map(|note| format!("molecule table `{}`: {note}", database.name)));
        warnings.extend(bad_rows_warning(database));
    }
    warnings
}

/// Refused rows that are told at most.
const MAX_TOLD_ROWS: usize = 10;

/// How many rows of a molecule table were refused, and which came first; nothing if none was.
fn bad_rows_warning(database: &DatabaseRecord) -> Option<String> {
    let told: Vec<String> = database
        .bad_rows
        .iter()
        .take(MAX_TOLD_ROWS)
        .map(|row| format!("line {}: {}", row.line, row.reason))
        .collect();
    let n_bad = database.n_bad_rows.max(database.bad_rows.len());
    let which = if n_bad > told.len() {
        ", the first of them"
    } else {
        ""
    };
    (n_bad > 0).then(|| {
        format!(
            "{n_bad} rows of molecule table `{}` were refused and are listed in {BAD_ROWS_TSV}{which}\n  {}",
            database.name,
            told.join("\n  ")
        )
    })
}

/// What was tolerated of peaks: spectra that were not sorted, and peaks that were left out.
pub fn peak_warnings(n_unsorted: u64, n_dropped: u64) -> Vec<String> {
    let unsorted = format!("{n_unsorted} spectra were not sorted by m/z; they are now");
    let dropped = match n_dropped {
        1 => "1 point of intensity 0 or less was left out".into(),
        n => format!("{n} points of intensity 0 or less were left out"),
    };
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
