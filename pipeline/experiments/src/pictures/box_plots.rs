//! Box plots: some ions by condition, with each sample shown.

use maud::{Markup, html};
use ndarray::Array2;

use super::frame::Frame;
use super::volcano::label;
use super::{COLORS, Figure, legend, round, short, symbol};
use crate::ions::MeasuredIon;
use crate::table::SampleTable;

/// Plots beside each other.
const COLUMNS: usize = 3;

/// Width and height of a plot with its margins.
const CELL: (f64, f64) = (250.0, 200.0);

/// Log2 intensities of some ions; a box has the quartiles, its line the median, and each sample is a
/// mark.
pub fn box_plots(
    table: &SampleTable,
    ions: &[MeasuredIon],
    logs: &Array2<f64>,
    shown: &[usize],
) -> Option<Figure> {
    if shown.is_empty() {
        return None;
    }
    let conditions = table.conditions();
    let place = |number: usize| {
        let (column, line) = (number % COLUMNS, number / COLUMNS);
        (column as f64 * CELL.0, 52.0 + line as f64 * CELL.1)
    };
    let n_lines = shown.len().div_ceil(COLUMNS);
    let content = html! {
        text.title x="12" y="20" { "Log2 intensity by condition" }
        (legend(&conditions, (18.0, 42.0)))
        @for (number, &ion) in shown.iter().enumerate() {
            (plot(table, &conditions, &ions[ion], &logs.column(ion).to_vec(), place(number)))
        }
    };
    Some(Figure {
        name: "box-plots".into(),
        title: "Box plots of the ions that differ most".into(),
        description: format!("{} ions by condition, with each sample shown", shown.len()),
        size: (
            CELL.0 * COLUMNS.min(shown.len()).max(2) as f64,
            60.0 + n_lines as f64 * CELL.1,
        ),
        content,
    })
}

fn plot(
    table: &SampleTable,
    conditions: &[String],
    ion: &MeasuredIon,
    logs: &[f64],
    (left, top): (f64, f64),
) -> Markup {
    let points: Vec<(f64, f64)> = logs.iter().map(|&log| (0.0, log)).collect();
    let mut frame = Frame::around(
        (left + 55.0, top + 24.0),
        (CELL.0 - 65.0, CELL.1 - 60.0),
        &points,
    );
    frame.x = (0.0, conditions.len() as f64);
    let values = |condition: &String| -> Vec<(usize, f64)> {
        let samples = table.samples.iter().enumerate();
        let of = samples.filter(|(_, sample)| sample.condition == *condition);
        of.map(|(number, _)| (number, logs[number]))
            .filter(|(_, log)| !log.is_nan())
            .collect()
    };
    html! {
        text.small.title x=(left + 55.0) y=(top + 14.0) { (short(&label(ion), 34)) }
        (frame.rows(""))
        @for (number, condition) in conditions.iter().enumerate() {
            @let all = values(condition);
            @let middle = frame.column(number as f64 + 0.5);
            @let half = (frame.size.0 / conditions.len() as f64 * 0.3).min(24.0);
            @if all.len() > 1 {
                @let sorted = sorted(&all);
                @let [low, median, high] = [0.25, 0.5, 0.75].map(|share| frame.row(quantile(&sorted, share)));
                rect x=(round(middle - half)) y=(round(high)) width=(round(2.0 * half)) height=(round(low - high))
                    fill=(COLORS[number % COLORS.len()]) fill-opacity="0.14" stroke=(COLORS[number % COLORS.len()]) {}
                line x1=(round(middle - half)) x2=(round(middle + half)) y1=(round(median)) y2=(round(median))
                    stroke=(COLORS[number % COLORS.len()]) stroke-width="2" {}
            }
            @for (place, (sample, log)) in all.iter().enumerate() {
                // Beside each other, so that each is seen.
                @let shift = ((place as f64 + 0.5) / all.len() as f64 - 0.5) * half * 1.4;
                (symbol(number, (middle + shift, frame.row(*log)), 3.4, &table.samples[*sample].name))
            }
            text.small.middle x=(round(middle)) y=(frame.origin.1 + frame.size.1 + 14.0) { (short(condition, 16)) }
        }
    }
}

/// The values of samples, ascending.
fn sorted(samples: &[(usize, f64)]) -> Vec<f64> {
    let mut values: Vec<f64> = samples.iter().map(|(_, log)| *log).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Quantile of sorted values, straight between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among the values"
    )]
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}
