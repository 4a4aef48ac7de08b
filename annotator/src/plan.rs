//! Units of work: ranges of ions in order of m/z, by the data and never by who works.

use std::ops::Range;

use ms_core::ion::Charge;
use ms_core::spectra::SpectraIndex;

use crate::candidates::Ion;

/// Ions of a unit at most: patterns of so many are cached as one.
pub const UNIT_IONS: usize = 2_048;

/// Peaks that a unit may need, so that its memory is bounded whatever the dataset: at 16 bytes a
/// peak, 128 MiB.
pub const UNIT_PEAKS: u64 = 1 << 23;

/// How far in Th the most intense peaks of a pattern may lie from its mean and from the ion's most
/// abundant isotopes: several standard deviations of any pattern with fewer than
/// [`ms_core::isotopes::MAX_FINE_PEAKS`] peaks.
const PATTERN_SPAN: f64 = 16.0;

/// A range of ions. What it needs of the dataset is the peaks of [`Unit::mz_range`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Places in the search space's ions.
    pub ions: Range<usize>,
}

impl Unit {
    /// The m/z interval in which the patterns of its ions lie.
    pub fn mz_range(&self, ions: &[Ion], charge: Charge) -> (f64, f64) {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for ion in &ions[self.ions.clone()] {
            let mean = charge.mz(ion.formula.average_mass_da());
            range = (range.0.min(ion.mz).min(mean), range.1.max(ion.mz).max(mean));
        }
        (range.0 - PATTERN_SPAN, range.1 + PATTERN_SPAN)
    }
}

/// Cuts the ions whose patterns can lie in the dataset into units, in order of m/z.
///
/// Units are cut at fixed numbers of ions, so that the same table gives the same units, and again
/// where a unit would need more than [`UNIT_PEAKS`].
pub fn plan(ions: &[Ion], charge: Charge, index: &SpectraIndex, mz_range: (f64, f64)) -> Vec<Unit> {
    plan_range(ions, 0..ions.len(), charge, (index, mz_range))
}

/// The same for a range of the ions, which begins where a unit does: at a multiple of [`UNIT_IONS`].
pub fn plan_range(
    ions: &[Ion],
    range: Range<usize>,
    charge: Charge,
    (index, mz_range): (&SpectraIndex, (f64, f64)),
) -> Vec<Unit> {
    let needed = |range: &Range<usize>| Unit { ions: range.clone() }.mz_range(ions, charge);
    let mut units = Vec::new();
    for start in range.clone().step_by(UNIT_IONS) {
        split(start..range.end.min(start + UNIT_IONS), &needed, index, mz_range, &mut units);
    }
    units
}

/// Halves a range until it needs few enough peaks or is a single ion; leaves out what needs none.
fn split(
    range: Range<usize>,
    needed: &dyn Fn(&Range<usize>) -> (f64, f64),
    index: &SpectraIndex,
    mz_range: (f64, f64),
    units: &mut Vec<Unit>,
) {
    let (low, high) = needed(&range);
    if range.len() > 1 && index.count_at_most(low, high) > UNIT_PEAKS {
        let middle = range.start + range.len() / 2;
        split(range.start..middle, needed, index, mz_range, units);
        split(middle..range.end, needed, index, mz_range, units);
    } else if high >= mz_range.0 && low <= mz_range.1 {
        units.push(Unit { ions: range });
    }
}
