//! Least squares of a few columns, of which some may say the same.

use ndarray::{Array1, Array2, ArrayView1};

/// Share of a column's length that must remain, once what others say is taken from it.
const INDEPENDENT: f64 = 1e-7;

/// A design `n_samples × n_columns`, decomposed. A column that others before it say is left out.
#[derive(Debug, Clone)]
pub struct Design {
    /// Orthonormal columns, `n_samples × rank`.
    basis: Array2<f64>,
    /// Upper triangle, `rank × rank`.
    triangle: Array2<f64>,
    /// Which columns are kept.
    kept: Vec<usize>,
    /// Columns that are left out, each with the shares of kept ones that make it up.
    dropped: Vec<(usize, Array1<f64>)>,
}

/// A linear model fitted to values.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Coefficient of each column; 0 of one that is left out.
    pub coefficients: Vec<f64>,
    /// Variance of what is left.
    pub variance: f64,
    /// Degrees of freedom of that.
    pub df: usize,
}

impl Design {
    /// Decomposes a design by modified Gram–Schmidt, twice.
    pub fn new(columns: &Array2<f64>) -> Self {
        let n = columns.nrows();
        let mut basis: Vec<Array1<f64>> = Vec::new();
        let mut rows: Vec<Vec<f64>> = Vec::new();
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (number, column) in columns.columns().into_iter().enumerate() {
            let (left, shares) = orthogonal(&column, &basis);
            let length = left.dot(&left).sqrt();
            if length > INDEPENDENT * column.dot(&column).sqrt() {
                let mut row = shares;
                row.push(length);
                rows.push(row);
                kept.push(number);
                basis.push(left / length);
            } else {
                dropped.push((number, shares));
            }
        }
        let rank = basis.len();
        let at = |(i, j): (usize, usize)| rows[j].get(i).copied().unwrap_or(0.0);
        let triangle = Array2::from_shape_fn((rank, rank), at);
        let dropped = dropped.into_iter().map(|(number, mut shares)| {
            shares.resize(rank, 0.0);
            (number, solve(&triangle, &Array1::from(shares)))
        });
        Self {
            dropped: dropped.collect(),
            basis: Array2::from_shape_fn((n, rank), |(i, j)| basis[j][i]),
            triangle,
            kept,
        }
    }

    /// Samples less columns that count.
    pub fn df(&self) -> usize {
        self.basis.nrows() - self.kept.len()
    }

    /// Whether a sum of coefficients, one weight a column, has one value whatever is left out.
    pub fn is_estimable(&self, weights: &[f64]) -> bool {
        self.dropped.iter().all(|(number, shares)| {
            let of_kept: f64 = self
                .kept
                .iter()
                .zip(shares)
                .map(|(&k, s)| weights[k] * s)
                .sum();
            (weights[*number] - of_kept).abs() < 1e-6
        })
    }

    /// Square root of a weighted sum's variance, in units of that of a value.
    pub fn unscaled_error(&self, weights: &[f64]) -> f64 {
        let kept: Vec<f64> = self.kept.iter().map(|&column| weights[column]).collect();
        // Rᵀ z = c, from the first row down.
        let mut z = vec![0.0; kept.len()];
        for i in 0..kept.len() {
            let sum: f64 = (0..i).map(|j| self.triangle[[j, i]] * z[j]).sum();
            z[i] = (kept[i] - sum) / self.triangle[[i, i]];
        }
        z.iter().map(|value| value * value).sum::<f64>().sqrt()
    }

    /// Fits values, one a sample; the variance is NaN without degrees of freedom.
    pub fn fit(&self, values: &ArrayView1<'_, f64>) -> Fit {
        let shares = self.basis.t().dot(values);
        let left = values - &self.basis.dot(&shares);
        let found = solve(&self.triangle, &shares);
        let n_columns = self.kept.len() + self.dropped.len();
        let mut coefficients = vec![0.0; n_columns];
        for (&column, &value) in self.kept.iter().zip(&found) {
            coefficients[column] = value;
        }
        Fit {
            coefficients,
            variance: left.dot(&left) / self.df() as f64,
            df: self.df(),
        }
    }
}

/// What of a column lies along none of a basis, and how much along each.
fn orthogonal(column: &ArrayView1<'_, f64>, basis: &[Array1<f64>]) -> (Array1<f64>, Vec<f64>) {
    let mut left = column.to_owned();
    let mut shares = vec![0.0; basis.len()];
    // The second time takes what rounding left of the first.
    for _ in 0..2 {
        for (share, direction) in shares.iter_mut().zip(basis) {
            let along = left.dot(direction);
            left.scaled_add(-along, direction);
            *share += along;
        }
    }
    (left, shares)
}

/// Solves an upper triangle.
fn solve(triangle: &Array2<f64>, right: &Array1<f64>) -> Array1<f64> {
    let mut found = right.clone();
    for i in (0..right.len()).rev() {
        let known: f64 = (i + 1..right.len())
            .map(|j| triangle[[i, j]] * found[j])
            .sum();
        found[i] = (right[i] - known) / triangle[[i, i]];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_column_that_others_say_is_left_out() {
        // Two groups, and two blocks of which one lies within a group.
        let design = Design::new(&array![
            [1.0, 0.0, 0.0],
            [1.0, 0.0, 1.0],
            [0.0, 1.0, 0.0],
            [0.0, 1.0, 1.0],
        ]);
        assert_eq!(design.df(), 1);
        assert!(design.is_estimable(&[1.0, -1.0, 0.0]));
        let fit = design.fit(&array![1.0, 3.0, 2.0, 4.0].view());
        assert!((fit.coefficients[1] - fit.coefficients[0] - 1.0).abs() < 1e-12);
        assert!(fit.variance < 1e-20);
        // var(mean of two − mean of two) = 1/2 + 1/2.
        assert!((design.unscaled_error(&[1.0, -1.0, 0.0]) - 1.0).abs() < 1e-12);
        let confounded = Design::new(&array![
            [1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 1.0],
            [0.0, 1.0, 1.0],
        ]);
        assert_eq!(confounded.df(), 2);
        assert!(!confounded.is_estimable(&[1.0, -1.0, 0.0]));
        assert!(confounded.is_estimable(&[1.0, 0.0, 0.0]));
    }
}
