//! Rows of numbers in panels, and products of panels.

use std::ops::Range;

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
/// Rows of a panel at least; the others are multiples of it.
pub(crate) const LEAST: usize = 16;
/// Values of a panel at most, 48 MiB, unless [`LEAST`] rows have more.
const MAX_VALUES: usize = 12 << 20;
/// Rows made by one thread at a time.
const CHUNK: usize = 16;

/// Rows of a panel where there are so many rows in all: whatever the memory, so that products have the
/// same bits.
pub(crate) fn height(n_rows: usize, n_columns: usize) -> usize {
    let height = if n_rows < MANY { LOW } else { HIGH };
    let fitting = MAX_VALUES / n_columns.max(1) / LEAST * LEAST;
    height.min(fitting).max(LEAST)
}

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
    /// Makes some rows at a time with `write(buffers, row numbers, rows)`, side by side; returns also
    /// what it returned, in the order of the rows.
    pub(crate) fn build<R: Default, T: Send, E: Send>(
        (n_rows, n_columns): (usize, usize),
        height: usize,
        write: impl Fn(&mut R, Range<usize>, &mut [f32]) -> Result<T, E> + Sync,
    ) -> Result<(Self, Vec<T>), E> {
        let (mut values, mut returned) = (Vec::new(), Vec::new());
        for first in (0..n_rows).step_by(height) {
            let n = height.min(n_rows - first);
            let mut rows = vec![0.0; n * n_columns];
            let chunks = rows.par_chunks_mut((CHUNK * n_columns).max(1)).enumerate();
            let made: Result<Vec<T>, E> = chunks
                .map_init(R::default, |buffers, (chunk, values)| {
                    let start = chunk * CHUNK;
                    write(
                        buffers,
                        first + start..first + (start + CHUNK).min(n),
                        values,
                    )
                })
                .collect();
            returned.extend(made?);
            values.push(rows);
        }
        Ok((
            Self {
                n_rows,
                n_columns,
                height,
                values,
            },
            returned,
        ))
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub(crate) fn n_panels(&self) -> usize {
        self.values.len()
    }

    /// Numbers of the rows of a panel.
    pub(crate) fn rows(&self, panel: usize) -> Range<usize> {
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
            let rows = panel
                .par_chunks_mut(n_columns)
                .zip(other.par_chunks(n_columns));
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
        triangular(
            target,
            lower,
            Accum::Replace,
            a,
            full,
            a.transpose(),
            full,
            1.0,
            Par::Seq,
        );
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
