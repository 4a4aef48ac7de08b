//! What a unit of ions needs of the index at once: parts of it find what the whole does.

#![expect(clippy::unwrap_used, reason = "tests")]

use annotator::imager::{Windows, parts};
use annotator::patterns::PatternTable;
use ms_core::spectra::{Peak, SpectraIndex};
use ms_core::tolerance::Ppm;
use tests::written::{dataset, index};

/// The index of one spectrum with a peak at every 0.01 Th, of which 65,536 make a segment.
fn one_spectrum() -> SpectraIndex {
    let mzs: Vec<f64> = (0..400_000).map(|i| 100.0 + f64::from(i) * 0.01).collect();
    let intensities = vec![1.0; mzs.len()];
    index(&dataset(&[(1, 1, mzs, intensities)])).0
}

/// The peaks in each window of a table.
fn found(index: &SpectraIndex, patterns: &PatternTable, ppm: Ppm) -> Vec<Vec<Peak>> {
    let windows = Windows::find(index, patterns, ppm).unwrap();
    let of = |row| {
        windows
            .of(row)
            .map(|range| windows.slab.peaks(range).collect())
    };
    (0..patterns.n_ions())
        .flat_map(|row| of(row).collect::<Vec<Vec<Peak>>>())
        .collect()
}

#[test]
fn parts_of_a_unit_find_what_the_whole_does() {
    let (index, ppm) = (one_spectrum(), Ppm(20.0));
    // The sixth has no pattern, the last no second peak.
    let mzs = [
        150.0, 151.0, 900.0, 901.0, 1_700.0, 1_701.0, 2_500.0, 2_501.0, 3_900.0, 3_901.0,
    ];
    let mzs = [&mzs[..], &[0.0, 0.0, 4_000.0, 0.0]].concat();
    let patterns = PatternTable {
        n_peaks: 2,
        intensities: vec![1.0; mzs.len()],
        mzs,
    };
    let whole = found(&index, &patterns, ppm);
    assert!(whole.iter().filter(|peaks| !peaks.is_empty()).count() > 9);
    let mut n_parts = Vec::new();
    for max_peaks in [u64::MAX, 200_000, 1] {
        let parts = parts(&index, &patterns, ppm, max_peaks);
        let rows: Vec<usize> = parts.iter().cloned().flatten().collect();
        assert_eq!(rows, (0..patterns.n_ions()).collect::<Vec<_>>());
        let of_parts = parts
            .iter()
            .flat_map(|rows| found(&index, &patterns.rows(rows.clone()), ppm));
        assert_eq!(of_parts.collect::<Vec<_>>(), whole);
        n_parts.push(parts.len());
    }
    assert_eq!((n_parts[0], n_parts[2]), (1, patterns.n_ions()));
    assert!(n_parts[1] > 1 && n_parts[1] < n_parts[2], "{n_parts:?}");
}
