//! Units of work: ranges of ions in order of m/z, by the data and never by who works.

use std::ops::Range;

use ms_core::ion::Charge;

use crate::candidates::Ion;

/// Ions of a unit at most: patterns of so many are cached as one.
pub const UNIT_IONS: usize = 2_048;

/// How far in Th the most intense peaks of a pattern may lie from its mean and from the ion's most
/// abundant isotopes: several standard deviations of any pattern with fewer than
/// [`ms_core::isotopes::MAX_FINE_PEAKS`] peaks, and two isotopes below.
const PATTERN_SPAN: f64 = 18.0;

/// A range of ions. What it needs of the dataset is the peaks of [`Unit::mz_range`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Places in the search space's ions.
    pub ions: Range<usize>,
}

impl Unit {
    /// The m/z interval in which the patterns of its ions lie; `charge` is that of ions without their own.
    pub fn mz_range(&self, ions: &[Ion], charge: Charge) -> (f64, f64) {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for ion in &ions[self.ions.clone()] {
            let mean = ion.charge(charge).mz(ion.formula.average_mass_da());
            range = (range.0.min(ion.mz).min(mean), range.1.max(ion.mz).max(mean));
        }
        (range.0 - PATTERN_SPAN, range.1 + PATTERN_SPAN)
    }
}

/// Cuts a range of the ions whose patterns can lie in the dataset into units, in order of m/z. The
/// range begins where a unit does: at a multiple of [`UNIT_IONS`].
///
/// Units are cut at fixed numbers of ions, so that the same table gives the same units. What is held
/// of an index beyond memory is bounded when patterns are known: [`steps`].
///
/// [`steps`]: crate::slide::steps
pub fn plan(
    ions: &[Ion],
    range: Range<usize>,
    charge: Charge,
    (lowest, highest): (f64, f64),
) -> Vec<Unit> {
    let mut units = Vec::new();
    for start in range.clone().step_by(UNIT_IONS) {
        let unit = Unit {
            ions: start..range.end.min(start + UNIT_IONS),
        };
        let (low, high) = unit.mz_range(ions, charge);
        if high >= lowest && low <= highest {
            units.push(unit);
        }
    }
    units
}
