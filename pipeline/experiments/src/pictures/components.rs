//! Principal components of the samples.

use maud::html;
use ndarray::{Array1, Array2};

use super::frame::Frame;
use super::{Figure, legend, round, short, symbol};
use crate::table::SampleTable;

/// Samples that are named, at most.
const MAX_NAMED: usize = 40;

/// Samples on two axes, and which share of the variance each of these has.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalComponents {
    /// Places of the samples, `n_samples × 2`.
    pub scores: Array2<f64>,
    /// Share of the variance along each axis.
    pub shares: [f64; 2],
    /// Ions that were measured in every sample.
    pub n_ions: usize,
}

/// The first two principal components of log2 intensities, `n_samples × n_ions`, each ion about its
/// mean; nothing with fewer than three samples, or without two ions known in all of them.
///
/// The sign of an axis is such that the sample that lies farthest out along it lies above 0.
pub fn components(logs: &Array2<f64>) -> Option<PrincipalComponents> {
    let n = logs.nrows();
    let known: Vec<usize> = (0..logs.ncols())
        .filter(|&ion| logs.column(ion).iter().all(|value| !value.is_nan()))
        .collect();
    if n < 3 || known.len() < 2 {
        return None;
    }
    let mut centred = logs.select(ndarray::Axis(1), &known);
    for mut column in centred.columns_mut() {
        let mean = column.sum() / n as f64;
        column -= mean;
    }
    let products = centred.dot(&centred.t());
    let (values, vectors) = eigen(products);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let all: f64 = values.iter().map(|value| value.max(0.0)).sum();
    let mut scores = Array2::zeros((n, 2));
    let mut shares = [0.0; 2];
    for axis in 0..2 {
        let number = order[axis];
        let length = values[number].max(0.0).sqrt();
        let column: Array1<f64> = vectors.column(number).mapv(|value| value * length);
        let far =
            column.iter().copied().fold(
                0.0,
                |far: f64, value| {
                    if value.abs() > far.abs() { value } else { far }
                },
            );
        let sign = if far < 0.0 { -1.0 } else { 1.0 };
        scores.column_mut(axis).assign(&(column * sign));
        shares[axis] = if all > 0.0 {
            values[number].max(0.0) / all
        } else {
            0.0
        };
    }
    Some(PrincipalComponents {
        scores,
        shares,
        n_ions: known.len(),
    })
}

/// Sweeps of rotations after which a matrix is diagonal, at most; seven or eight are usual.
const MAX_SWEEPS: usize = 60;

/// Eigenvalues and vectors, as columns, of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut matrix: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    let mut vectors = Array2::eye(n);
    let size: f64 = matrix.iter().map(|value| value * value).sum();
    for _ in 0..MAX_SWEEPS {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                let value = matrix[[p, q]];
                off += value * value;
                if value.abs() <= f64::MIN_POSITIVE {
                    continue;
                }
                let theta = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * value);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let near = (t * t + 1.0).sqrt().recip();
                let across = t * near;
                for k in 0..n {
                    let (a, b) = (matrix[[k, p]], matrix[[k, q]]);
                    matrix[[k, p]] = near * a - across * b;
                    matrix[[k, q]] = across * a + near * b;
                }
                for k in 0..n {
                    let (a, b) = (matrix[[p, k]], matrix[[q, k]]);
                    matrix[[p, k]] = near * a - across * b;
                    matrix[[q, k]] = across * a + near * b;
                    let (a, b) = (vectors[[k, p]], vectors[[k, q]]);
                    vectors[[k, p]] = near * a - across * b;
                    vectors[[k, q]] = across * a + near * b;
                }
            }
        }
        if off <= size * 1e-24 {
            break;
        }
    }
    (matrix.diag().to_vec(), vectors)
}

/// The samples by their first two components.
pub fn plot(table: &SampleTable, logs: &Array2<f64>) -> Option<Figure> {
    let found = components(logs)?;
    let conditions = table.conditions();
    let points = found.scores.rows().into_iter().map(|row| (row[0], row[1]));
    let points: Vec<(f64, f64)> = points.collect();
    let frame = Frame::around((60.0, 62.0), (560.0, 350.0), &points);
    let percent = found.shares.map(|share| (share * 100.0).round());
    let is_named = points.len() <= MAX_NAMED;
    let content = html! {
        text.title x="60" y="20" { "Principal components of the samples" }
        (legend(&conditions, (66.0, 44.0)))
        (frame.axes(&format!("component 1, {} % of the variance", percent[0]), &format!("component 2, {} %", percent[1])))
        @for (sample, &(x, y)) in table.samples.iter().zip(&points) {
            @let condition = conditions.iter().position(|name| *name == sample.condition).unwrap_or(0);
            @let at = (frame.column(x), frame.row(y));
            (symbol(condition, at, 5.5, &sample.name))
            @if is_named {
                text.small x=(round(at.0 + 8.0)) y=(round(at.1 + 3.5)) { (short(&sample.name, 22)) }
            }
        }
    };
    Some(Figure {
        name: "components".into(),
        title: "Principal components of the samples".into(),
        description: format!(
            "{} samples by {} ions; the axes have {} and {} % of the variance",
            points.len(),
            found.n_ions,
            percent[0],
            percent[1]
        ),
        size: (740.0, 460.0),
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_direction_has_all_the_variance() {
        let found = components(&ndarray::array![[1.0, 2.0], [2.0, 4.0], [4.0, 8.0]]).unwrap();
        assert!((found.shares[0] - 1.0).abs() < 1e-12);
        // Along (1, 2) / √5, about the mean 7/3: 5/3 · √5 is farthest out.
        let expected = [-4.0 / 3.0, -1.0 / 3.0, 5.0 / 3.0].map(|x| x * 5.0_f64.sqrt());
        for (found, expected) in found.scores.column(0).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        assert!(components(&ndarray::array![[1.0, 2.0], [f64::NAN, 4.0], [4.0, 8.0]]).is_none());
    }

    #[test]
    fn eigenvalues_are_those_of_the_matrix() {
        let (mut values, vectors) = eigen(ndarray::array![
            [2.0, 1.0, 0.0],
            [1.0, 3.0, 1.0],
            [0.0, 1.0, 4.0]
        ]);
        values.sort_by(f64::total_cmp);
        let root = 3.0_f64.sqrt();
        for (found, expected) in values.iter().zip([3.0 - root, 3.0, 3.0 + root]) {
            assert!((found - expected).abs() < 1e-12);
        }
        let unit = vectors.t().dot(&vectors);
        assert!((unit[[0, 0]] - 1.0).abs() < 1e-12 && unit[[0, 1]].abs() < 1e-12);
    }
}
