//! A heat map: ions by samples, each ion by its standard deviations from its mean.

use coloc::cluster::hierarchy;
use maud::html;
use ndarray::{Array2, ArrayView2};

use super::volcano::label;
use super::{COLORS, Figure, legend, round, short};
use crate::error::ExperimentError;
use crate::ions::MeasuredIon;
use crate::table::SampleTable;

/// Standard deviations at which colours end.
const REACH: f64 = 2.0;

/// Some ions by samples, both in an order in which neighbours are alike; `logs` is
/// `n_samples × n_ions`.
///
/// # Errors
/// The order cannot be found.
pub fn heat_map(
    table: &SampleTable,
    ions: &[MeasuredIon],
    logs: &Array2<f64>,
    shown: &[usize],
) -> Result<Option<Figure>, ExperimentError> {
    if shown.len() < 2 || table.samples.len() < 2 {
        return Ok(None);
    }
    let scores = standardized(&logs.select(ndarray::Axis(1), shown).view());
    let sample_order = order(&scores)?;
    let ion_order = order(&scores.t().to_owned())?;
    let conditions = table.conditions();
    let n = sample_order.len() as f64;
    let cell = ((620.0 / n).clamp(3.0, 26.0), 15.0);
    let (left, top) = (20.0, 64.0);
    let right = left + n * cell.0;
    let bottom = top + ion_order.len() as f64 * cell.1;
    let longest = table
        .samples
        .iter()
        .map(|sample| sample.name.chars().count())
        .max();
    let names_height = (longest.unwrap_or(0).min(24) as f64) * 6.0 + 16.0;
    let condition_of = |sample: usize| {
        let name = &table.samples[sample].condition;
        conditions
            .iter()
            .position(|condition| condition == name)
            .unwrap_or(0)
    };
    let content = html! {
        text.title x="20" y="20" { "Ions by samples" }
        (legend(&conditions, (28.0, 42.0)))
        @for (place, &sample) in sample_order.iter().enumerate() {
            @let x = left + place as f64 * cell.0;
            rect x=(round(x)) y=(top - 10.0) width=(round(cell.0 - 0.5)) height="7" fill=(COLORS[condition_of(sample) % COLORS.len()]) {}
            @if cell.0 >= 9.0 {
                text.small.end transform=(format!("translate({} {}) rotate(-90)", round(x + cell.0 / 2.0 + 3.5), bottom + 6.0)) {
                    (short(&table.samples[sample].name, 24))
                }
            }
        }
        @for (line, &ion) in ion_order.iter().enumerate() {
            @let y = top + line as f64 * cell.1;
            @for (place, &sample) in sample_order.iter().enumerate() {
                @let score = scores[[sample, ion]];
                rect x=(round(left + place as f64 * cell.0)) y=(round(y)) width=(round(cell.0 - 0.4)) height=(cell.1 - 0.4) fill=(color(score)) {
                    title { (ions[shown[ion]].ion) ", " (table.samples[sample].name) ": " (format!("{score:+.2}")) }
                }
            }
            text.small x=(round(right + 6.0)) y=(round(y + 11.0)) { (label(&ions[shown[ion]])) }
        }
        @for step in 0..=20_u8 {
            @let score = (f64::from(step) / 10.0 - 1.0) * REACH;
            rect x=(round(right + 6.0 + f64::from(step) * 6.0)) y="26" width="6" height="10" fill=(color(score)) {}
        }
        text.small x=(round(right + 6.0)) y="20" { "−2" }
        text.small.end x=(round(right + 132.0)) y="20" { "+2 deviations" }
    };
    Ok(Some(Figure {
        name: "heat-map".into(),
        title: "Heat map of ions by samples".into(),
        description: format!(
            "{} ions in {} samples, each by its standard deviations from its mean; neighbours are alike",
            shown.len(),
            table.samples.len()
        ),
        size: (round(right + 210.0), round(bottom + names_height)),
        content,
    }))
}

/// Each ion less its mean over the samples, by its standard deviation; NaN where missing.
fn standardized(logs: &ArrayView2<'_, f64>) -> Array2<f64> {
    let mut scores = logs.to_owned();
    for mut column in scores.columns_mut() {
        let known: Vec<f64> = column
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        let mean = crate::statistics::mean(&known);
        let deviation = crate::statistics::variance(&known).sqrt();
        column.mapv_inplace(|value| {
            if deviation > 0.0 {
                (value - mean) / deviation
            } else {
                value - mean
            }
        });
    }
    scores
}

/// Rows in an order in which neighbours correlate.
fn order(scores: &Array2<f64>) -> Result<Vec<usize>, ExperimentError> {
    let n = scores.nrows();
    let centred: Vec<Vec<f64>> = scores
        .rows()
        .into_iter()
        .map(|row| {
            let known: Vec<f64> = row
                .iter()
                .map(|v| if v.is_nan() { 0.0 } else { *v })
                .collect();
            let mean = crate::statistics::mean(&known);
            let values: Vec<f64> = known.iter().map(|value| value - mean).collect();
            let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
            let by = if length > 0.0 { length } else { 1.0 };
            values.iter().map(|value| value / by).collect()
        })
        .collect();
    #[expect(clippy::cast_possible_truncation, reason = "scores are f32")]
    let likeness = Array2::from_shape_fn((n, n), |(i, j)| {
        centred[i]
            .iter()
            .zip(&centred[j])
            .map(|(a, b)| a * b)
            .sum::<f64>() as f32
    });
    let places: Vec<usize> = (0..n).collect();
    Ok(hierarchy(&likeness, &places)?.leaves)
}

/// Blue for less, white, orange for more; grey where missing.
fn color(score: f64) -> String {
    if score.is_nan() {
        return "#c9cfd5".into();
    }
    let share = (score / REACH).clamp(-1.0, 1.0);
    let end = if share < 0.0 {
        [33.0, 102.0, 172.0]
    } else {
        [200.0, 82.0, 10.0]
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 255"
    )]
    let [red, green, blue] =
        end.map(|end: f64| (255.0 + (end - 255.0) * share.abs()).round() as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_alike_become_neighbours() {
        let scores = ndarray::array![
            [1.0, -1.0, 1.0, -1.0],
            [-1.0, 1.0, -1.0, 1.0],
            [1.0, -1.0, 0.9, -1.1],
            [-1.0, 1.1, -1.0, 1.0],
        ];
        let order = order(&scores).unwrap();
        let place = |row: usize| order.iter().position(|&at| at == row).unwrap();
        assert_eq!(place(0).abs_diff(place(2)), 1);
        assert_eq!(place(1).abs_diff(place(3)), 1);
        assert_eq!(color(2.0), "#c8520a");
        assert_eq!(color(0.0), "#ffffff");
    }
}
