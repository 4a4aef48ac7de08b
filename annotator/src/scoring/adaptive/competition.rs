//! One peak, one ion: of ions that explain the same peak the strongest is kept.

use ms_core::tolerance::Ppm;

use super::Entry;

/// Theoretical peaks of the ions of molecules, by m/z, with who they belong to.
pub(super) struct Peaks {
    /// m/z, place of the entry, and whether it is the first peak of its ion.
    peaks: Vec<(f64, usize, bool)>,
}

impl Peaks {
    pub(super) fn of_targets(entries: &[Entry<'_>]) -> Self {
        let mut peaks = Vec::new();
        let mut ions = Vec::new();
        for (i, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.is_target) {
            ions.push((entry.ion, i));
        }
        // An ion may be the target of several formulas and modifiers.
        ions.sort_unstable();
        ions.dedup_by_key(|(ion, _)| *ion);
        for (_, i) in ions {
            let mzs = entries[i].details.theoretical_mz.iter().enumerate();
            peaks.extend(mzs.filter(|(_, mz)| **mz > 0.0).map(|(k, &mz)| (mz, i, k == 0)));
        }
        peaks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self { peaks }
    }

    /// Entries of other ions with a peak in the window of an entry's first peak, and whether that is
    /// their first.
    pub(super) fn rivals<'a>(
        &'a self,
        entries: &'a [Entry<'_>],
        of: usize,
        ppm: Ppm,
    ) -> impl Iterator<Item = (usize, bool)> + 'a {
        let window = ppm.window(entries[of].details.theoretical_mz[0]);
        let start = self.peaks.partition_point(|peak| peak.0 < window.low);
        self.peaks[start..]
            .iter()
            .take_while(move |peak| peak.0 <= window.high)
            .filter(move |peak| entries[peak.1].ion != entries[of].ion)
            .map(|&(_, i, is_first)| (i, is_first))
    }
}

/// Sets to 0 the scores of ions whose first peak a better target explains; returns how many.
pub(super) fn keep_strongest(entries: &[Entry<'_>], scores: &mut [f64], ppm: Ppm) -> usize {
    let peaks = Peaks::of_targets(entries);
    let is_outdone = |i: usize| peaks.rivals(entries, i, ppm).any(|(j, _)| scores[j] > scores[i]);
    let outdone: Vec<usize> = (0..entries.len()).filter(|&i| is_outdone(i)).collect();
    for &i in &outdone {
        scores[i] = 0.0;
    }
    outdone.len()
}
