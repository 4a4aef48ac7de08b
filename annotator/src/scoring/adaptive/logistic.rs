//! Logistic regression with a penalty on large weights, by Newton's method.

use super::features::N_FEATURES;

/// Weights and the constant after them.
const N: usize = N_FEATURES + 1;

/// Strength of the pull to [`LEARNED_ELSEWHERE`], in examples.
const PENALTY: f64 = 5.0;

/// Newton steps.
const N_STEPS: usize = 4;

/// Weights of other datasets: see `docs/algorithm/scoring.md`.
const LEARNED_ELSEWHERE: [f64; N_FEATURES] = [
    0.3, 0.1, 0.1, 1.0, -0.6, -0.5, 0.0, 0.0, 0.15, 0.2, 0.0, 0.6, -0.4, -0.3,
];

/// A linear model of the log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Logistic {
    coefficients: [f64; N],
}

/// 1 / (1 + e^−x).
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

impl Logistic {
    /// The model of other datasets.
    pub(super) fn learned_elsewhere() -> Self {
        let mut coefficients = [0.0; N];
        coefficients[..N_FEATURES].copy_from_slice(&LEARNED_ELSEWHERE);
        Self { coefficients }
    }

    /// The log-odds of features.
    pub(super) fn value(&self, features: &[f64]) -> f64 {
        let products = features.iter().zip(&self.coefficients).map(|(x, w)| x * w);
        products.fold(self.coefficients[N_FEATURES], |sum, product| sum + product)
    }

    pub(super) fn weights(&self) -> &[f64] {
        &self.coefficients[..N_FEATURES]
    }
}

/// Fits to examples of features, label (0 or 1) and weight, from where `start` is.
///
/// Minimizes Σ weight · log-loss + ½ · penalty · Σ (w − w₀)², w₀ the weights of other datasets. Examples are added up in their order.
pub(super) fn fit(start: Logistic, examples: &[(&[f64], f64, f64)]) -> Logistic {
    let mut model = start;
    for _ in 0..N_STEPS {
        let (mut gradient, mut curvature) = ([0.0; N], [[0.0; N]; N]);
        for (i, weight) in model.weights().iter().enumerate() {
            gradient[i] = PENALTY * (weight - LEARNED_ELSEWHERE[i]);
            curvature[i][i] = PENALTY;
        }
        // Keeps the constant's equation solvable where all examples are certain.
        curvature[N_FEATURES][N_FEATURES] = 1e-6;
        for &(features, label, weight) in examples {
            let p = sigmoid(model.value(features));
            let (error, spread) = (weight * (p - label), weight * p * (1.0 - p));
            let mut row = [1.0; N];
            row[..N_FEATURES].copy_from_slice(features);
            for i in 0..N {
                gradient[i] += error * row[i];
                let scaled = spread * row[i];
                for (sum, x) in curvature[i][..=i].iter_mut().zip(row) {
                    *sum += scaled * x;
                }
            }
        }
        let step = solve(&curvature, gradient);
        model
            .coefficients
            .iter_mut()
            .zip(step)
            .for_each(|(c, s)| *c -= s);
    }
    model
}

/// Solves a·x = b by Cholesky's decomposition; of a, symmetric and positive definite, only the lower
/// half is read.
fn solve(a: &[[f64; N]; N], b: [f64; N]) -> [f64; N] {
    let mut l = *a;
    for i in 0..N {
        for j in 0..=i {
            let sum = (0..j).fold(l[i][j], |sum, k| sum - l[i][k] * l[j][k]);
            l[i][j] = if i == j {
                sum.max(f64::MIN_POSITIVE).sqrt()
            } else {
                sum / l[j][j]
            };
        }
    }
    let mut x = b;
    for i in 0..N {
        x[i] = (0..i).fold(x[i], |sum, k| sum - l[i][k] * x[k]) / l[i][i];
    }
    for i in (0..N).rev() {
        x[i] = (i + 1..N).fold(x[i], |sum, k| sum - l[k][i] * x[k]) / l[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_vanishes_at_the_fit() {
        let row = |i: u32| {
            let mut row = [0.0; N_FEATURES];
            row[0] = f64::from(i % 7) - 3.0;
            row[1] = f64::from(i % 5) - 2.0;
            row
        };
        let rows: Vec<[f64; N_FEATURES]> = (0..200).map(row).collect();
        let label = |i: usize| f64::from(u8::from((i * 37) % 11 + i % 7 > 8));
        let examples: Vec<(&[f64], f64, f64)> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| (row.as_slice(), label(i), 1.0))
            .collect();
        let model = (0..3).fold(Logistic::learned_elsewhere(), |model, _| {
            fit(model, &examples)
        });
        for k in 0..2 {
            let error =
                |&(x, label, _): &(&[f64], f64, f64)| (sigmoid(model.value(x)) - label) * x[k];
            let gradient = examples.iter().map(error).sum::<f64>()
                + PENALTY * (model.weights()[k] - LEARNED_ELSEWHERE[k]);
            assert!(gradient.abs() < 1e-9, "{gradient}");
        }
        assert!(model.weights()[0] > 0.1, "{:?}", model.weights());
    }
}
