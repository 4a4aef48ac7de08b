//! What the data say of themselves before ions are searched: how well m/z are measured, and how well
//! the instrument resolves.
//!
//! ```text
//! some hundred spectra ─▶ common peaks ─▶ drift over the spectra ─▶ errors from molecules' m/z ─▶ shift, spread
//!                      └▶ distances between neighbouring peaks ─▶ analyzer, resolving power
//! ```
//!
//! A *common peak* is one that many spectra have. The spread of its m/z over the spectra is that of
//! a single measurement; the distances of common peaks from the m/z of molecules show how far all
//! are off together, and how far each. Both are estimated where they stand out of chance hits.

mod accuracy;
mod common_peaks;
mod drift;
mod median;
mod resolution;
mod spectrum;

use std::ops::Range;

use ms_core::imzml::Polarity;
use ms_core::ion::{Charge, Modifier, ion_formula};
use ms_core::isotopes::Instrument;
use ms_core::profile::ProfileShape;
use ms_core::recalibration::{Curve, Recalibration};
use ms_core::tolerance::Ppm;

use crate::config::polarity_of;
use crate::indices::FormulaIdx;
use crate::matrix::{ions as matrix_ions, names, recognize};
use crate::moldb::MoleculeTable;

pub use accuracy::{MassAccuracy, WINDOW_SIGMAS};
use common_peaks::{CommonPeak, common_peaks};
pub use resolution::{Resolution, SeenIn, UNKNOWN_ANALYZER};
pub use spectrum::SampledSpectrum;

/// Groups of consecutive spectra that are looked at, and spectra of a group at the least.
const N_GROUPS: usize = 50;
const GROUP_SPECTRA: usize = 10;

/// m/z of the ions of molecules, ascending.
#[derive(Debug, Clone, Copy)]
pub struct KnownMzs<'a> {
    /// Of the ions that are searched.
    pub searched: &'a [f64],
    /// Of the same molecules as ions of the other polarity.
    pub other_polarity: &'a [f64],
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// Spectra that were looked at.
    pub n_spectra: usize,
    /// Peaks that many of them have.
    pub n_common_peaks: usize,
    /// How well m/z are measured as they are; nothing where too few ions stand out.
    pub measured: Option<MassAccuracy>,
    /// Standard deviation of a leading peak over the spectra in ppm, where there are common peaks.
    pub peak_sigma_ppm: Option<f64>,
    /// A correction that brings ions which it was not made from closer, if there is one.
    pub recalibration: Option<Recalibration>,
    /// How well m/z are measured after it.
    pub recalibrated: Option<MassAccuracy>,
    /// How well peaks are resolved; nothing where their distances do not tell.
    pub resolution: Option<Resolution>,
    /// Whether more ions stand out as those of the other polarity.
    pub is_other_polarity_likelier: bool,
    /// MALDI matrices whose ions are there.
    pub matrices: Vec<&'static str>,
}

/// m/z in Th of the ions of molecule tables with some adducts, without modifications and losses, and
/// of MALDI matrices; ascending, each once, from the lower to the upper limit.
pub fn known_mzs(
    tables: &[MoleculeTable],
    adducts: &[Modifier],
    charge: Charge,
    (from, to): (f64, f64),
) -> Vec<f64> {
    let is_of_polarity = |own: &Charge| polarity_of(*own) == polarity_of(charge);
    let ions = tables.iter().flat_map(|table| {
        let formulas = table.formulas.iter().zip((0..).map(FormulaIdx));
        formulas.flat_map(|(formula, place)| {
            let own_charge = table.charge(place);
            let charged = own_charge
                .filter(is_of_polarity)
                .map(|own| own.mz(formula.principal_mass_da()));
            let neutral = adducts.iter().filter(move |_| own_charge.is_none());
            let mz = move |adduct: &Modifier| {
                let ion = ion_formula(formula, adduct)?;
                let charge = adduct.charge().unwrap_or(charge);
                Some(charge.mz(ion.principal_mass_da()))
            };
            charged.into_iter().chain(neutral.filter_map(mz))
        })
    });
    let of_matrices = names()
        .into_iter()
        .flat_map(|name| matrix_ions(name, polarity_of(charge)));
    let all = ions.chain(of_matrices.map(|ion| ion.mz));
    let mut mzs: Vec<f64> = all.filter(|mz| (from..=to).contains(mz)).collect();
    mzs.sort_by(f64::total_cmp);
    mzs.dedup_by(|next, mz| *next <= *mz * (1.0 + SAME_MZ));
    mzs
}

/// m/z that differ by no more than this share are one: the same ion, summed in another order.
const SAME_MZ: f64 = 1e-9;

/// The spectra to look at of so many: all, or groups of consecutive ones from the first to the last.
pub fn sample(n_spectra: usize) -> Vec<Range<usize>> {
    let n_wanted = N_GROUPS * GROUP_SPECTRA;
    if n_spectra <= n_wanted {
        let size = n_spectra.div_ceil(N_GROUPS).max(GROUP_SPECTRA);
        let end = |start: usize| n_spectra.min(start + size);
        let starts = (0..n_spectra).step_by(size);
        return starts.map(|start| start..end(start)).collect();
    }
    let start = |group: usize| group * (n_spectra - GROUP_SPECTRA) / (N_GROUPS - 1);
    let groups = (0..N_GROUPS).map(start);
    groups.map(|start| start..start + GROUP_SPECTRA).collect()
}

/// Looks at the spectra of [`sample`], group by group.
///
/// `instrument` is what the user or the file says of the analyzer, `profile` how wide peaks are where they were
/// picked from profile spectra: that shows the resolving power better than distances do. Cost: some 0.1 s; one thread.
pub fn survey(
    groups: &[Vec<SampledSpectrum>],
    known: KnownMzs<'_>,
    polarity: Polarity,
    instrument: Option<Instrument>,
    profile: Option<&ProfileShape>,
) -> Survey {
    let spectra: Vec<&SampledSpectrum> = groups.iter().flatten().collect();
    let mut peaks = common_peaks(&spectra);
    let mut survey = Survey {
        n_spectra: spectra.len(),
        n_common_peaks: peaks.len(),
        resolution: profile
            .and_then(|shape| resolution::of_profile(shape, instrument))
            .or_else(|| resolution::observe(&spectra, instrument)),
        ..Survey::default()
    };
    survey.measured = MassAccuracy::of(&peaks, known.searched);
    survey.peak_sigma_ppm = accuracy::peak_sigma_ppm(&peaks);
    let z = |mzs: &[f64]| accuracy::significance(&peaks, mzs);
    survey.is_other_polarity_likelier = accuracy::stands_out(z(known.other_polarity))
        && z(known.other_polarity) > POLARITY_RATIO * z(known.searched);
    survey.matrices = matrices(&peaks, survey.measured, polarity);
    if survey.measured.is_none() {
        return survey;
    }
    let by_spectrum = drift::by_spectrum(groups, &peaks);
    if let Some(curve) = &by_spectrum {
        let common = |place: u32| curve.at(spectra[place as usize].number as f64);
        for peak in &mut peaks {
            peak.subtract(common);
        }
    }
    let by_mz = drift::by_mz(&peaks, known.searched);
    if by_spectrum.is_some() || by_mz.is_some() {
        let nothing = Curve::default;
        let recalibration = Recalibration {
            by_mz: by_mz.unwrap_or_else(nothing),
            by_spectrum: by_spectrum.unwrap_or_else(nothing),
        };
        for peak in &mut peaks {
            peak.mz /= 1.0 + recalibration.by_mz.at(peak.mz) * 1e-6;
        }
        survey.recalibrated = MassAccuracy::of(&peaks, known.searched);
        // Without ions that stand out afterwards there is no proof.
        survey.recalibration = survey.recalibrated.is_some().then_some(recalibration);
        survey.matrices = matrices(&peaks, survey.recalibrated, polarity);
    }
    survey
}

/// Matrices whose ions are among the common peaks, within the window of the mass accuracy.
fn matrices(
    peaks: &[CommonPeak],
    accuracy: Option<MassAccuracy>,
    polarity: Polarity,
) -> Vec<&'static str> {
    let Some(accuracy) = accuracy else {
        return Vec::new();
    };
    let mut mzs: Vec<f64> = peaks.iter().map(|peak| peak.mz).collect();
    mzs.sort_by(f64::total_cmp);
    recognize(&mzs, polarity, Ppm(accuracy.window_ppm()))
}

/// How much clearer ions of the other polarity must stand out: molecules with one double bond more
/// are ions of nearly the same m/z there.
const POLARITY_RATIO: f64 = 1.25;

#[cfg(test)]
mod tests;
