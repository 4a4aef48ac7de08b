//! The part of an image that the METASPACE engine measures: without most empty rows and columns,
//! but also without one at a far edge that it forgets.

use ms_core::image::Raster;

/// Share of rows kept from which on the engine keeps all.
const KEEP_ALL: f64 = 0.9;

/// Rows and columns of an image that are kept.
#[derive(Debug)]
pub(super) struct Crop {
    rows: Axis,
    columns: Axis,
}

/// Which rows, or columns, of the bounding box are looked at.
#[derive(Debug)]
struct Axis {
    occupied: Vec<bool>,
    /// Place of each among those kept; meaningless for the others.
    place: Vec<usize>,
    n_kept: usize,
}

impl Crop {
    pub(super) fn new(raster: &Raster) -> Self {
        Self {
            rows: Axis::new(raster.height),
            columns: Axis::new(raster.width),
        }
    }

    /// Finds what is kept of an image with a signal at some columns and rows.
    pub(super) fn find(&mut self, positions: impl Iterator<Item = (u32, u32)>) {
        self.rows.occupied.fill(false);
        self.columns.occupied.fill(false);
        for (column, row) in positions {
            self.rows.occupied[row as usize] = true;
            self.columns.occupied[column as usize] = true;
        }
        self.rows.keep();
        self.columns.keep();
    }

    /// Rows and columns kept.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.rows.n_kept, self.columns.n_kept)
    }

    /// Row and column, among those kept, of a column and row with a signal.
    pub(super) fn place(&self, (column, row): (u32, u32)) -> (usize, usize) {
        (
            self.rows.place[row as usize],
            self.columns.place[column as usize],
        )
    }
}

impl Axis {
    fn new(length: u32) -> Self {
        let length = length as usize;
        Self {
            occupied: vec![false; length],
            place: vec![0; length],
            n_kept: 0,
        }
    }

    fn keep(&mut self) {
        let (occupied, n) = (&self.occupied, self.occupied.len());
        let trailing = |i: usize| (i.saturating_sub(2)..=i).any(|j| occupied[j]);
        let is_kept = |i: usize| trailing(i) || (i + 2 < n && trailing(i + 2));
        let n_kept = (0..n).filter(|&i| is_kept(i)).count();
        let keeps_all = n_kept as f64 >= KEEP_ALL * n as f64;
        self.n_kept = 0;
        for i in 0..n {
            self.place[i] = self.n_kept;
            self.n_kept += usize::from(keeps_all || is_kept(i));
        }
    }
}
