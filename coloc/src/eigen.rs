//! The largest eigenvalues of a symmetric matrix and their vectors.

use faer::{Mat, MatRef, Side};

use crate::random::Random;

/// Vectors iterated besides those wanted: with more, fewer steps are needed.
const OVERSAMPLING: usize = 8;
/// Times the matrix is applied to the vectors before the best ones of all are taken.
const DEPTH: usize = 3;
/// Steps at most.
const MAX_STEPS: usize = 40;
/// Length of what is left of `A v − λ v`, relative to the largest λ, of vectors that are final.
const TOLERANCE: f64 = 1e-5;
/// Matrices so small are decomposed as a whole, as are those with not many more rows than vectors.
const SMALL: usize = 256;

/// Eigenvalues, largest first, and their vectors as columns.
#[derive(Debug)]
pub(crate) struct Leading {
    pub(crate) values: Vec<f64>,
    /// `n × k`.
    pub(crate) vectors: Mat<f64>,
}

/// The `k` largest eigenvalues of a symmetric matrix `n × n`, given by its products with columns.
/// Nothing where the matrix has values that are not finite.
///
/// Blocks of a Krylov space, begun anew with their Rayleigh–Ritz vectors; equal eigenvalues are all
/// found. Cost: `14 n² (k + 8)` operations a step, some five to twenty steps.
///
/// # Source
/// Golub, Van Loan, Matrix Computations, 4th edition, sections 8.2 and 10.3.
pub(crate) fn leading(
    n: usize,
    k: usize,
    apply: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
) -> Option<Leading> {
    let k = k.min(n);
    let width = k + OVERSAMPLING;
    if n <= SMALL.max(2 * width * (DEPTH + 1)) {
        let matrix = apply(Mat::<f64>::identity(n, n).as_ref());
        let (values, vectors) = decomposed(matrix.as_ref())?;
        return Some(Leading {
            values: values[..k].to_vec(),
            vectors: vectors.subcols(0, k).to_owned(),
        });
    }
    let mut random = Random::new(0, n as u64);
    let mut block = Mat::from_fn(n, width, |_, _| random.share() - 0.5);
    for step in 1.. {
        let basis = krylov(&block, &apply).qr().compute_thin_Q();
        let image = apply(basis.as_ref());
        let (values, rotation) = decomposed((basis.transpose() * &image).as_ref())?;
        let rotation = rotation.subcols(0, width);
        block = &basis * rotation;
        let left = &image * rotation.subcols(0, k);
        let residual = |j: usize| -> f64 {
            let square = |i: usize| (left[(i, j)] - values[j] * block[(i, j)]).powi(2);
            (0..n).map(square).sum::<f64>().sqrt()
        };
        let scale = values[0].abs().max(f64::MIN_POSITIVE) * TOLERANCE;
        if step == MAX_STEPS || (0..k).all(|j| residual(j) <= scale) {
            let vectors = block.subcols(0, k).to_owned();
            return Some(Leading {
                values: values[..k].to_vec(),
                vectors,
            });
        }
    }
    None
}

/// A block, and the matrix applied to it once, twice and so on, each column of length 1.
fn krylov(block: &Mat<f64>, apply: impl Fn(MatRef<'_, f64>) -> Mat<f64>) -> Mat<f64> {
    let (n, width) = (block.nrows(), block.ncols());
    let mut all = Mat::zeros(n, width * (DEPTH + 1));
    let mut last = block.to_owned();
    for depth in 0..=DEPTH {
        if depth > 0 {
            last = apply(last.as_ref());
        }
        for j in 0..width {
            let norm = (0..n)
                .map(|i| last[(i, j)] * last[(i, j)])
                .sum::<f64>()
                .sqrt();
            let inverse = if norm > 0.0 { norm.recip() } else { 0.0 };
            for i in 0..n {
                last[(i, j)] *= inverse;
                all[(i, depth * width + j)] = last[(i, j)];
            }
        }
    }
    all
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
        let found = leading(N, 3, |columns| &matrix * columns).unwrap();
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

    #[test]
    fn iterating_and_decomposing_agree() {
        const N: usize = 300;
        let mut random = Random::new(5, 0);
        let mut matrix = Mat::zeros(N, N);
        for i in 0..N {
            for j in 0..=i {
                let value = random.share() - 0.4;
                (matrix[(i, j)], matrix[(j, i)]) = (value, value);
            }
        }
        let found = leading(N, 6, |columns| &matrix * columns).unwrap();
        let (expected, _) = decomposed(matrix.as_ref()).unwrap();
        for (value, expected) in found.values.iter().zip(expected) {
            assert!(
                (value - expected).abs() < 1e-6 * expected,
                "{value} for {expected}"
            );
        }
        let broken = Mat::from_fn(N, N, |_, _| f64::NAN);
        assert!(leading(N, 6, |columns| &broken * columns).is_none());
    }
}
