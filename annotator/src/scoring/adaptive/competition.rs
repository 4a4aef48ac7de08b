//! One peak, one ion: of ions that explain the same peak the strongest is kept, and how likely it is
//! that another one should have been.

use ms_core::tolerance::Ppm;

use super::entry::Entry;
use crate::matrix::MatrixIon;

/// The factor of [`learn_factor`] that is expected before any pair is seen, and its variance.
const EXPECTED_FACTOR: f64 = 2.0;
const FACTOR_VARIANCE: f64 = 4.0;

/// Largest factor; beyond it the better of two ions is certain.
const MAX_FACTOR: f64 = 100.0;

/// Halvings of the interval in which the factor lies, to one part in 10⁹.
const N_HALVINGS: u32 = 40;

/// Theoretical peaks of the ions of molecules, by m/z, with who they belong to.
pub(super) struct Peaks {
    by_mz: Vec<Peak>,
    ppm: Ppm,
    /// The dataset's own m/z error in ppm.
    common_ppm: f64,
}

#[derive(Clone, Copy)]
struct Peak {
    mz: f64,
    /// Place of its entry.
    entry: usize,
    /// Whether it is the first peak of its ion.
    is_first: bool,
}

impl Peaks {
    pub(super) fn of_targets(entries: &[Entry<'_>], ppm: Ppm, common_ppm: f64) -> Self {
        let mut peaks = Vec::new();
        let mut ions = Vec::new();
        for (i, entry) in entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.is_target())
        {
            ions.push((entry.ion, i));
        }
        // An ion may be the target of several formulas and modifiers.
        ions.sort_unstable();
        ions.dedup_by_key(|(ion, _)| *ion);
        for (_, entry) in ions {
            let mzs = entries[entry].details.theoretical_mz.iter().enumerate();
            let present = mzs.filter(|(_, mz)| **mz > 0.0);
            peaks.extend(present.map(|(k, &mz)| Peak {
                mz,
                entry,
                is_first: k == 0,
            }));
        }
        peaks.sort_by(|a, b| a.mz.total_cmp(&b.mz).then(a.entry.cmp(&b.entry)));
        Self {
            by_mz: peaks,
            ppm,
            common_ppm,
        }
    }

    /// Entries of other ions with a peak in the window of an entry's first peak, and whether that is
    /// their first.
    pub(super) fn rivals<'a>(
        &'a self,
        entries: &'a [Entry<'_>],
        of: usize,
    ) -> impl Iterator<Item = (usize, bool)> + 'a {
        let peaks = self.within(entries, of, self.ppm);
        peaks.map(|peak| (peak.entry, peak.is_first))
    }

    /// Entries of other ions with a peak that an entry's first image may be of: one in its window,
    /// or one whose window overlaps with it and which is nearer to the measured m/z, less the
    /// dataset's own error, than the entry's own.
    fn explaining<'a>(
        &'a self,
        entries: &'a [Entry<'_>],
        of: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let details = entries[of].details;
        let own = details.theoretical_mz[0];
        let window = self.ppm.window(own);
        let measured = (own + details.mz_err_abs) / (1.0 + self.common_ppm * 1e-6);
        let peaks = self.within(entries, of, Ppm(2.0 * self.ppm.0));
        let explains = move |peak: &&Peak| {
            let is_within = peak.mz >= window.low && peak.mz <= window.high;
            is_within || (peak.mz - measured).abs() < (own - measured).abs()
        };
        peaks.filter(explains).map(|peak| peak.entry)
    }

    /// These, each once, ascending.
    fn distinct_explaining(&self, entries: &[Entry<'_>], of: usize) -> Vec<usize> {
        let mut rivals: Vec<usize> = self.explaining(entries, of).collect();
        rivals.sort_unstable();
        rivals.dedup();
        rivals
    }

    /// Peaks of other ions at most so far from an entry's first.
    fn within<'a>(
        &'a self,
        entries: &'a [Entry<'_>],
        of: usize,
        reach: Ppm,
    ) -> impl Iterator<Item = &'a Peak> {
        let window = reach.window(entries[of].details.theoretical_mz[0]);
        let start = self.by_mz.partition_point(|peak| peak.mz < window.low);
        self.by_mz[start..]
            .iter()
            .take_while(move |peak| peak.mz <= window.high)
            .filter(move |peak| entries[peak.entry].ion != entries[of].ion)
    }
}

/// Ions that are there and are none of the search: those of the matrix.
pub(super) struct Others<'a> {
    by_mz: Vec<&'a MatrixIon>,
    ppm: Ppm,
    common_ppm: f64,
}

impl<'a> Others<'a> {
    pub(super) fn new(ions: &'a [MatrixIon], ppm: Ppm, common_ppm: f64) -> Self {
        let mut by_mz: Vec<&MatrixIon> = ions.iter().collect();
        by_mz.sort_by(|a, b| a.mz.total_cmp(&b.mz));
        Self {
            by_mz,
            ppm,
            common_ppm,
        }
    }

    /// Whether one of them is nearer to the measured m/z, less the dataset's own error, than the entry's
    /// own, and no other ion of the same formula.
    pub(super) fn explain(&self, entry: &Entry<'_>) -> bool {
        let own = entry.details.theoretical_mz[0];
        let measured = (own + entry.details.mz_err_abs) / (1.0 + self.common_ppm * 1e-6);
        let window = self.ppm.window(measured);
        let start = self.by_mz.partition_point(|ion| ion.mz < window.low);
        let near = self.by_mz[start..]
            .iter()
            .take_while(|ion| ion.mz <= window.high);
        let mut nearer = near.filter(|ion| (ion.mz - measured).abs() <= (own - measured).abs());
        nearer.any(|ion| ion.formula != *entry.ion_formula)
    }
}

/// What competition makes of values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contest {
    /// Whether a better target explains the first peak of each entry.
    pub(super) is_outdone: Vec<bool>,
    /// Probability that of each target another one is what is there; 0 of decoys and the outdone.
    pub(super) doubts: Vec<f64>,
    /// Log-odds between two ions of one peak for each unit of value between them.
    pub(super) factor: f64,
}

impl Contest {
    /// Lets targets and decoys compete with the targets that explain the same peak. Those that
    /// are something else, isotopic images of a stronger one or ions of the matrix, are outdone by it.
    ///
    /// With the values v of an entry and vⱼ of its rivals,
    /// x = Σ e^(factor · (vⱼ − v)) and the doubt is x / (1 + x).
    pub(super) fn new(
        entries: &[Entry<'_>],
        values: &[f64],
        leads: &[bool],
        is_other: &[bool],
        peaks: &Peaks,
    ) -> Self {
        let rivals: Vec<Vec<usize>> = (0..entries.len())
            .map(|i| peaks.distinct_explaining(entries, i))
            .collect();
        let is_outdone: Vec<bool> = (0..entries.len())
            .map(|i| {
                is_other[i]
                    || rivals[i]
                        .iter()
                        .any(|&j| !is_other[j] && values[j] > values[i])
            })
            .collect();
        let is_decoy = |&i: &usize| !entries[i].is_target();
        let leads = |&j: &usize| leads[j] && !is_outdone[j];
        let advantages: Vec<f64> = (0..entries.len())
            .filter(is_decoy)
            .flat_map(|i| rivals[i].iter().copied().filter(leads).map(move |j| (i, j)))
            .map(|(i, j)| values[j] - values[i])
            .collect();
        let factor = learn_factor(&advantages);
        let doubt = |i: usize| {
            let odds = |&j: &usize| libm::exp(factor * (values[j] - values[i]));
            let odds: f64 = rivals[i].iter().map(odds).sum();
            odds / (1.0 + odds)
        };
        let is_judged = |i: usize| entries[i].is_target() && !is_outdone[i];
        let doubts = (0..entries.len())
            .map(|i| if is_judged(i) { doubt(i) } else { 0.0 })
            .collect();
        Self {
            is_outdone,
            doubts,
            factor,
        }
    }
}

/// How the odds between two ions of one peak grow with the distance of their values, from pairs of
/// a leading target, taken for true, and a decoy that its peak explains: `advantages` has the value
/// of the target less that of the decoy.
///
/// If the true one of two is d better with the density f(d), then of two that lie |d| apart the
/// better one is true with the odds f(|d|) : f(−|d|), which are taken for e^(factor · |d|). The
/// factor maximizes Σ ln 1/(1 + e^(−factor · d)) − (factor − 2)² / 8.
fn learn_factor(advantages: &[f64]) -> f64 {
    let slope = |factor: f64| {
        let of_pair = |&d: &f64| d / (1.0 + libm::exp(factor * d));
        let pairs: f64 = advantages.iter().map(of_pair).sum();
        pairs - (factor - EXPECTED_FACTOR) / FACTOR_VARIANCE
    };
    // The slope falls with the factor.
    let (mut low, mut high) = (0.0, MAX_FACTOR);
    for _ in 0..N_HALVINGS {
        let middle = f64::midpoint(low, high);
        *if slope(middle) > 0.0 {
            &mut low
        } else {
            &mut high
        } = middle;
    }
    f64::midpoint(low, high)
}
