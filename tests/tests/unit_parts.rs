//! What a unit of ions needs of the index at once: parts of it find what the whole does.

#![expect(clippy::unwrap_used, reason = "tests")]

use annotator::imager::Windows;
use annotator::patterns::PatternTable;
use annotator::slide::{Needs, Step, parts, steps};
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
        let parts = parts(&index, &patterns, ppm, usize::MAX, max_peaks);
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

#[test]
fn steps_ascend_and_hold_no_more_than_they_may() {
    let index = one_spectrum();
    // The third reaches below the second, the fourth needs nothing, the fifth is too wide for any.
    let intervals = [
        Some((200.0, 210.0)),
        Some((900.0, 910.0)),
        Some((890.0, 905.0)),
        None,
        Some((1_000.0, 3_900.0)),
        Some((2_000.0, 3_950.0)),
        Some((3_960.0, 3_961.0)),
    ];
    let of = |max_peaks| {
        let steps = steps(&index, &intervals, max_peaks);
        let step = |Step { members, needs }: Step| (members, needs);
        steps.into_iter().map(step).collect::<Vec<_>>()
    };
    assert_eq!(of(u64::MAX), [(0..7, Needs::Interval(200.0, 3_961.0))]);
    assert_eq!(
        of(150_000),
        [
            (0..4, Needs::Interval(200.0, 910.0)),
            (4..6, Needs::Windows),
            (6..7, Needs::Interval(3_960.0, 3_961.0)),
        ]
    );
    assert_eq!(
        steps(&index, &intervals[1..4], 1 << 17),
        [Step {
            members: 0..3,
            needs: Needs::Interval(890.0, 910.0)
        }]
    );
}
