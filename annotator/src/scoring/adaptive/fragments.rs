//! Fragments that ions become on their way into the instrument: one that has lost water, ammonia or carbon
//! dioxide has the m/z, and often the formula, of another molecule's ion.

use ms_core::formula::{Formula, Repeats};
use ms_core::tolerance::Ppm;
use rustc_hash::FxHashSet;

use super::entry::Entry;
use crate::indices::{FormulaIdx, TableIdx};
use crate::metrics::groups::GroupSizes;

/// What ions lose most often before they are selected.
const LOSSES: [&str; 3] = ["H2O", "NH3", "CO2"];

/// The image of a fragment correlates with that of its precursor better than by the first, and with
/// confidence better than by the second.
const CORRELATION: f64 = 0.5;
const LEAST_CORRELATION: f64 = 0.4;

/// m/z that differ by less are of one formula.
const SAME: Ppm = Ppm(0.05);

/// What fragments are looked for among.
pub(super) struct Fragments<'a> {
    pub(super) entries: &'a [Entry<'a>],
    /// Entries that are taken for true.
    pub(super) leads: &'a [bool],
    /// Entries whose peak something else explains better.
    pub(super) is_outdone: &'a [bool],
    pub(super) ppm: Ppm,
    /// The dataset's own m/z error in ppm.
    pub(super) common_ppm: f64,
    pub(super) sizes: &'a GroupSizes,
}

/// The precursor of an entry, and how well their images correlate.
type Found = Option<(f64, usize)>;

impl Fragments<'_> {
    /// Of each entry the one whose fragment it is; nothing of those that are none.
    ///
    /// A target is a fragment of a leading target if it lies one of the losses below it, by its measured
    /// m/z no farther from there than from its own theoretical one, is less intense, and has its image.
    /// It is none if another ion of its molecule leads that no fragment explains.
    pub(super) fn precursors(&self) -> Vec<Option<usize>> {
        let mut by_mz: Vec<(f64, usize)> = (0..self.entries.len())
            .filter(|&i| self.has_image(i))
            .map(|i| (self.measured(i), i))
            .collect();
        by_mz.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let losses = loss_masses();
        let mut found: Vec<Found> = vec![None; self.entries.len()];
        let precursors = (0..self.entries.len()).filter(|&i| self.leads[i] && self.has_image(i));
        for precursor in precursors {
            let whole = &self.entries[precursor];
            for loss in &losses {
                let below = loss / f64::from(whole.charge.number().abs());
                let mz = whole.details.theoretical_mz[0] - below;
                self.look(mz, precursor, &by_mz, &mut found);
            }
        }
        self.keep_known(&mut found);
        let precursor = |found: Found| found.map(|(_, precursor)| precursor);
        found.into_iter().map(precursor).collect()
    }

    /// Whether something is known of the image of an entry, which is that of a molecule.
    fn has_image(&self, i: usize) -> bool {
        let entry = &self.entries[i];
        entry.is_target() && !self.is_outdone[i] && !entry.details.groups.is_empty()
    }

    /// The measured m/z of an entry, less the dataset's own error.
    fn measured(&self, i: usize) -> f64 {
        let details = self.entries[i].details;
        (details.theoretical_mz[0] + details.mz_err_abs) / (1.0 + self.common_ppm * 1e-6)
    }

    /// Looks for a fragment where it would lie.
    fn look(&self, mz: f64, precursor: usize, by_mz: &[(f64, usize)], found: &mut [Found]) {
        let whole = &self.entries[precursor];
        let window = self.ppm.window(mz);
        let start = by_mz.partition_point(|(near, _)| *near < window.low);
        let near = by_mz[start..].iter();
        for &(measured, i) in near.take_while(|(near, _)| *near <= window.high) {
            let entry = &self.entries[i];
            let from_own = (entry.details.theoretical_mz[0] - measured).abs();
            let is_nearer = (mz - measured).abs() <= from_own + SAME.0 * 1e-6 * mz;
            let is_less = entry.details.total_intensity[0] < whole.details.total_intensity[0];
            let may_be = is_nearer && is_less && !entry.has_loss && entry.charge == whole.charge;
            if !may_be {
                continue;
            }
            let correlation = self
                .sizes
                .correlation(&entry.details.groups, &whole.details.groups);
            let is_alike = correlation > CORRELATION
                && self.sizes.lower_bound(correlation) > LEAST_CORRELATION;
            if is_alike && found[i].is_none_or(|(best, _)| correlation > best) {
                found[i] = Some((correlation, precursor));
            }
        }
    }

    /// Takes those for no fragments whose molecule is known by another ion.
    fn keep_known(&self, found: &mut [Found]) {
        let leads =
            |&i: &usize| self.leads[i] && self.entries[i].is_target() && !self.is_outdone[i];
        let known: FxHashSet<(TableIdx, FormulaIdx)> = (0..self.entries.len())
            .filter(leads)
            .filter(|&i| found[i].is_none())
            .map(|i| self.entries[i].formula)
            .collect();
        for (entry, found) in self.entries.iter().zip(found) {
            if known.contains(&entry.formula) {
                *found = None;
            }
        }
    }
}

/// Masses of the losses in Da.
fn loss_masses() -> Vec<f64> {
    let formulas = LOSSES
        .iter()
        .flat_map(|text| Formula::parse(text, Repeats::Add));
    formulas.map(|loss| loss.principal_mass_da()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_have_their_masses() {
        let expected = [18.010_565, 17.026_549, 43.989_829];
        let found = loss_masses();
        assert_eq!(found.len(), LOSSES.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
