//! Units of work: ranges of ions in order of m/z, by the data and never by who works.

use std::ops::Range;

use ms_core::spectra::SpectraIndex;

use crate::candidates::Ion;

/// Ions of a unit at most: patterns of so many are cached as one.
pub const UNIT_IONS: usize = 2_048;

/// Peaks that a unit may need, so that its memory is bounded whatever the dataset: at 16 bytes a
/// peak, 128 MiB.
pub const UNIT_PEAKS: u64 = 1 << 23;

/// How far in Th the peaks of a pattern may be from the ion's most abundant isotopes. Isotopes of
/// one element differ by up to 12 Da, and the most intense peaks lie around their mean.
const PATTERN_SPAN: f64 = 16.0;

/// A range of ions. What it needs of the dataset is the peaks of [`Unit::mz_range`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Places in the search space's ions.
    pub ions: Range<usize>,
}

impl Unit {
    /// The m/z interval in which the patterns of its ions lie.
    pub fn mz_range(&self, ions: &[Ion]) -> (f64, f64) {
        match &ions[self.ions.clone()] {
            [first, .., last] => (first.mz - PATTERN_SPAN, last.mz + PATTERN_SPAN),
            [only] => (only.mz - PATTERN_SPAN, only.mz + PATTERN_SPAN),
            [] => (0.0, 0.0),
        }
    }
}

/// Cuts the ions whose patterns can lie in the dataset into units, in order of m/z.
///
/// Units are cut at fixed numbers of ions, so that the same table gives the same units, and again
/// where a unit would need more than [`UNIT_PEAKS`].
pub fn plan(ions: &[Ion], index: &SpectraIndex, mz_range: (f64, f64)) -> Vec<Unit> {
    let mut units = Vec::new();
    for start in (0..ions.len()).step_by(UNIT_IONS) {
        split(ions, index, start..ions.len().min(start + UNIT_IONS), &mut units);
    }
    units.retain(|unit| {
        let (low, high) = unit.mz_range(ions);
        high >= mz_range.0 && low <= mz_range.1
    });
    units
}

/// Halves a range until it needs few enough peaks or is a single ion.
fn split(ions: &[Ion], index: &SpectraIndex, range: Range<usize>, units: &mut Vec<Unit>) {
    let unit = Unit { ions: range.clone() };
    let (low, high) = unit.mz_range(ions);
    if range.len() > 1 && index.count_at_most(low, high) > UNIT_PEAKS {
        let middle = range.start + range.len() / 2;
        split(ions, index, range.start..middle, units);
        split(ions, index, middle..range.end, units);
    } else {
        units.push(unit);
    }
}
