//! The largest eigenvalues of a symmetric matrix and their vectors.

use faer::{Mat, MatRef, Side};

use crate::random::Random;

/// Vectors iterated besides those wanted: with more, fewer steps are needed.
const OVERSAMPLING: usize = 12;
/// Steps at most.
const MAX_STEPS: usize = 100;
/// Change of an eigenvalue, relative to the largest, below which it is taken for final.
const TOLERANCE: f64 = 1e-6;
/// Matrices so small are decomposed as a whole.
const SMALL: usize = 1_024;

/// Eigenvalues, largest first, and their vectors as columns.
#[derive(Debug)]
pub(crate) struct Leading {
    pub(crate) values: Vec<f64>,
    /// `n × k`.
    pub(crate) vectors: Mat<f64>,
}

/// The `k` largest eigenvalues of a symmetric matrix without negative ones, by subspace iteration
/// with Rayleigh–Ritz steps (Golub, Van Loan, Matrix Computations, section 8.2). Nothing where the
/// matrix has values that are not finite.
///
/// Cost: `2 n² (k + 12)` operations a step, some ten to hundred steps.
pub(crate) fn leading(matrix: MatRef<'_, f64>, k: usize) -> Option<Leading> {
    let n = matrix.nrows();
    let k = k.min(n);
    if n <= SMALL.max(k + OVERSAMPLING) {
        let (values, vectors) = decomposed(matrix)?;
        return Some(Leading {
            values: values[..k].to_vec(),
            vectors: vectors.subcols(0, k).to_owned(),
        });
    }
    let mut random = Random::new(0, n as u64);
    let mut basis = Mat::from_fn(n, k + OVERSAMPLING, |_, _| random.share() - 0.5);
    let mut last: Vec<f64> = Vec::new();
    for step in 0..MAX_STEPS {
        basis = (matrix * &basis).qr().compute_thin_Q();
        let image = matrix * &basis;
        let (values, rotation) = decomposed((basis.transpose() * &image).as_ref())?;
        basis = &basis * &rotation;
        let scale = values[0].abs().max(f64::MIN_POSITIVE) * TOLERANCE;
        let is_final = last.len() == values.len()
            && values[..k].iter().zip(&last).all(|(a, b)| (a - b).abs() <= scale);
        last = values;
        if is_final || step + 1 == MAX_STEPS {
            break;
        }
    }
    last.truncate(k);
    Some(Leading { values: last, vectors: basis.subcols(0, k).to_owned() })
}

/// All eigenvalues, largest first.
fn decomposed(matrix: MatRef<'_, f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let found = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let n = matrix.nrows();
    let values = found.S().column_vector().iter().copied().rev().collect();
    Some((values, Mat::from_fn(n, n, |i, j| found.U()[(i, n - 1 - j)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_found_even_if_equal() {
        // Three blocks of different size, two of them alike: A = Σ 1 1ᵀ + I.
        const N: usize = 1_100;
        let block = |i: usize| if i < 400 { 0 } else { 1 + (i - 400) / 350 };
        let matrix = Mat::from_fn(N, N, |i, j| {
            f64::from(u8::from(block(i) == block(j))) + f64::from(u8::from(i == j))
        });
        let found = leading(matrix.as_ref(), 3).unwrap();
        for (value, expected) in found.values.iter().zip([401.0, 351.0, 351.0]) {
            assert!((value - expected).abs() < 1e-6, "{:?}", found.values);
        }
        for j in 0..3 {
            let column = found.vectors.col(j);
            let image = &matrix * column;
            for i in 0..N {
                assert!((image[i] - found.values[j] * column[i]).abs() < 1e-3);
            }
        }
    }
}
