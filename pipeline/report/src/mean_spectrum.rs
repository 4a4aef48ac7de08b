//! The mean spectrum with its annotations, for the report and for figures.

use maud::{Markup, html};
use metaspace_results::StoredAnnotation;
use ms_core::spectra::MeanPeak;

use crate::plot::{Field, round};

/// Annotated peaks that are named, and the room that a name takes.
const N_NAMED: usize = 14;
const NAME_COLUMNS: f64 = 104.0;
const NAME_ROWS: f64 = 14.0;

/// m/z between an annotation and its peak of the mean spectrum, as a share: the width of a bin.
const BIN_SHARE: f64 = 1.0 / 16_384.0;

/// An annotation's peak.
struct NamedPeak<'a> {
    row: &'a StoredAnnotation,
    intensity: f64,
}

/// A spectrum with the first isotopes of annotations marked, and the strongest named; intensities are
/// drawn as square roots. Nothing where there are no peaks.
pub(crate) fn plot<'a>(
    spectrum: &[MeanPeak],
    annotations: impl Iterator<Item = &'a StoredAnnotation>,
    size: (f64, f64),
) -> Option<Markup> {
    let (first, last) = spectrum.first().zip(spectrum.last())?;
    let most = spectrum.iter().map(|peak| peak.intensity);
    let field = Field::new(
        size,
        (first.mz, last.mz),
        (0.0, most.fold(0.0, f64::max).sqrt() * 1.18),
        ("m/z", "√ mean intensity"),
    );
    let mut named: Vec<NamedPeak<'_>> = annotations
        .filter_map(|row| {
            Some(NamedPeak {
                row,
                intensity: intensity_at(spectrum, row.mz)?,
            })
        })
        .collect();
    named.sort_by(|a, b| {
        b.intensity
            .total_cmp(&a.intensity)
            .then_with(|| a.row.ion.cmp(&b.row.ion))
    });
    let all = highest(
        &field,
        spectrum.iter().map(|peak| (peak.mz, peak.intensity.sqrt())),
    );
    let annotated = named
        .iter()
        .map(|peak| (peak.row.mz, peak.intensity.sqrt()));
    let description = format!(
        "Mean spectrum of all pixels; {} annotated peaks are marked and the strongest named",
        named.len()
    );
    Some(field.svg(
        &description,
        &html! {
            (field.sticks(all.into_iter(), "stick"))
            (field.sticks(annotated, "stick annotated"))
            (names(&field, &named))
        },
    ))
}

/// The highest point of each half column.
fn highest(field: &Field, points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        match out.last_mut() {
            Some(last) if field.column(x) - field.column(last.0) < 0.5 => {
                if y > last.1 {
                    last.1 = y;
                }
            }
            _ => out.push((x, y)),
        }
    }
    out
}

/// Names of the strongest peaks that do not run into each other.
fn names(field: &Field, named: &[NamedPeak<'_>]) -> Markup {
    let mut shown: Vec<(f64, f64, &StoredAnnotation)> = Vec::new();
    let half = NAME_COLUMNS / 2.0;
    for peak in named {
        let column = field
            .column(peak.row.mz)
            .clamp(field.left() + half, field.right() - half);
        let row = (field.row(peak.intensity.sqrt()) - 5.0).max(12.0);
        let is_free = |(other_column, other_row, _): &(f64, f64, &StoredAnnotation)| {
            (other_column - column).abs() > NAME_COLUMNS || (other_row - row).abs() > NAME_ROWS
        };
        if shown.len() < N_NAMED && shown.iter().all(is_free) {
            shown.push((column, row, peak.row));
        }
    }
    html! {
        g.names {
            @for (column, row, annotation) in shown {
                @let name = annotation.molecule_names.first().unwrap_or(&annotation.formula);
                @let short: String = name.chars().take(16).collect();
                text x=(round(column)) y=(round(row)) { (short) @if short.len() < name.len() { "…" } }
            }
        }
    }
}

/// Intensity of the peak of the mean spectrum nearest to an m/z, if one is within a bin.
fn intensity_at(spectrum: &[MeanPeak], mz: f64) -> Option<f64> {
    let after = spectrum.partition_point(|peak| peak.mz < mz);
    let near = spectrum.get(after.saturating_sub(1)..spectrum.len().min(after + 1))?;
    let distance = |peak: &&MeanPeak| (peak.mz - mz).abs();
    let nearest = near
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&nearest) <= mz * BIN_SHARE).then_some(nearest.intensity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_peak_is_taken_if_it_is_near() {
        let peak = |mz, intensity| MeanPeak {
            mz,
            intensity,
            n_peaks: 1,
        };
        let spectrum = [peak(500.0, 1.0), peak(500.02, 2.0), peak(600.0, 3.0)];
        assert_eq!(intensity_at(&spectrum, 500.015), Some(2.0));
        assert_eq!(intensity_at(&spectrum, 600.001), Some(3.0));
        assert_eq!(intensity_at(&spectrum, 550.0), None);
        assert_eq!(intensity_at(&[], 550.0), None);
    }
}
