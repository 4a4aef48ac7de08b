//! Rows of numbers in panels, and products of panels.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{BlockStructure, matmul as triangular};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows of a panel of few rows, so that there are panels for several threads.
const LOW: usize = 256;
/// Rows of a panel of many rows: a product rearranges its factors first, which with twice the rows is
/// half the work a score.
const HIGH: usize = 512;
/// Rows that are many.
const MANY: usize = 4_096;

/// A matrix of `f32`, `n_rows × n_columns`, row-major, cut into panels of rows.
#[derive(Debug, Clone)]
pub(crate) struct Panels {
    n_rows: usize,
    n_columns: usize,
    /// Rows of each panel but the last.
    height: usize,
    /// Values of each panel.
    values: Vec<Vec<f32>>,
}

impl Panels {
    /// Makes each row with `write(room, row number, row)`, side by side.
    pub(crate) fn build<R: Default>(
        n_rows: usize,
        n_columns: usize,
        write: impl Fn(&mut R, usize, &mut [f32]) + Sync,
    ) -> Self {
        let height = if n_rows < MANY { LOW } else { HIGH };
        let values = (0..n_rows.div_ceil(height))
            .map(|panel| {
                let n = height.min(n_rows - panel * height);
                let mut rows = vec![0.0; n * n_columns];
                rows.par_chunks_mut(n_columns.max(1)).enumerate().for_each_init(
                    R::default,
                    |room, (row, values)| {
                        write(room, panel * height + row, values);
                    },
                );
                rows
            })
            .collect();
        Self { n_rows, n_columns, height, values }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub(crate) fn n_panels(&self) -> usize {
        self.values.len()
    }

    /// Numbers of the rows of a panel.
    pub(crate) fn rows(&self, panel: usize) -> std::ops::Range<usize> {
        panel * self.height..((panel + 1) * self.height).min(self.n_rows)
    }

    /// The panel of a row, and its place there.
    pub(crate) fn place(&self, row: usize) -> (usize, usize) {
        (row / self.height, row % self.height)
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let (panel, place) = self.place(row);
        &self.values[panel][place * self.n_columns..][..self.n_columns]
    }

    /// Changes each row, side by side.
    pub(crate) fn for_each_row(&mut self, change: impl Fn(&mut [f32]) + Sync) {
        let n_columns = self.n_columns.max(1);
        for panel in &mut self.values {
            panel.par_chunks_mut(n_columns).for_each(&change);
        }
    }

    /// Changes each row by the same row of another matrix.
    pub(crate) fn for_each_row_with(
        &mut self,
        other: &Self,
        change: impl Fn(&mut [f32], &[f32]) + Sync,
    ) {
        let n_columns = self.n_columns.max(1);
        for (panel, other) in self.values.iter_mut().zip(&other.values) {
            let rows = panel.par_chunks_mut(n_columns).zip(other.par_chunks(n_columns));
            rows.for_each(|(row, other)| change(row, other));
        }
    }

    /// Products of the rows of a panel with those of another matrix's, `rows of i × rows of j`.
    ///
    /// One thread computes it, so that its bits depend on the rows and the machine alone.
    pub(crate) fn product(&self, i: usize, other: &Self, j: usize, out: &mut [f32]) {
        let (a, b) = (self.matrix(i), other.matrix(j));
        let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.nrows());
        matmul(out, Accum::Replace, a, b.transpose(), 1.0, Par::Seq);
    }

    /// Products of the rows of a panel with each other.
    pub(crate) fn square(&self, i: usize, out: &mut [f32]) {
        let a = self.matrix(i);
        let n = a.nrows();
        let lower = BlockStructure::TriangularLower;
        let full = BlockStructure::Rectangular;
        let target = MatMut::from_row_major_slice_mut(&mut *out, n, n);
        triangular(target, lower, Accum::Replace, a, full, a.transpose(), full, 1.0, Par::Seq);
        for row in 0..n {
            for column in 0..row {
                out[column * n + row] = out[row * n + column];
            }
        }
    }

    fn matrix(&self, panel: usize) -> MatRef<'_, f32> {
        MatRef::from_row_major_slice(&self.values[panel], self.rows(panel).len(), self.n_columns)
    }
}
