//! Pixels that are not square: how often a column and a row are drawn so that a picture has the shape
//! of the tissue.

use crate::Levels;
use crate::png::{Picture, PixelSize};

/// Pixels that differ by less are drawn as squares.
const NEARLY_SQUARE: f64 = 0.02;

/// A column or row is drawn so often at most.
const MAX_TIMES: u32 = 8;

/// How often a column and a row are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Times that a column is drawn.
    pub columns: u32,
    /// Times that a row is drawn.
    pub rows: u32,
}

impl Stretch {
    /// Each once.
    pub const NONE: Self = Self {
        columns: 1,
        rows: 1,
    };

    /// The smallest numbers whose ratio is that of the sides of a pixel within 2 %, or the nearest of
    /// up to 8; each once where the size is not known.
    pub fn of(pixel_size_um: PixelSize) -> Self {
        let Some((width, height)) = pixel_size_um else {
            return Self::NONE;
        };
        let ratio = height / width;
        let off = |stretch: Self| {
            (f64::from(stretch.rows) / f64::from(stretch.columns) / ratio)
                .ln()
                .abs()
        };
        let mut best = Self::NONE;
        for sum in 2..=2 * MAX_TIMES {
            for columns in 1..sum {
                let rows = sum - columns;
                let other = Self { columns, rows };
                if off(best) > NEARLY_SQUARE
                    && columns.max(rows) <= MAX_TIMES
                    && off(other) < off(best)
                {
                    best = other;
                }
            }
        }
        best
    }
}

impl Levels {
    /// With each column and row drawn so often.
    #[must_use]
    pub fn stretched(&self, stretch: Stretch) -> Self {
        Self {
            width: self.width * stretch.columns,
            height: self.height * stretch.rows,
            values: repeated(&self.values, self.width as usize, 1, stretch),
            ceiling: self.ceiling,
        }
    }
}

impl Picture {
    /// With each column and row drawn so often.
    #[must_use]
    pub fn stretched(&self, stretch: Stretch) -> Self {
        Self {
            width: self.width * stretch.columns,
            height: self.height * stretch.rows,
            rgba: repeated(&self.rgba, self.width as usize, 4, stretch),
        }
    }
}

/// Places of `n_values` values each, in rows of `width` places, each repeated.
fn repeated<T: Copy>(values: &[T], width: usize, n_values: usize, stretch: Stretch) -> Vec<T> {
    let mut all = Vec::new();
    for row in values.chunks_exact((width * n_values).max(1)) {
        let start = all.len();
        for place in row.chunks_exact(n_values) {
            for _ in 0..stretch.columns {
                all.extend_from_slice(place);
            }
        }
        let end = all.len();
        for _ in 1..stretch.rows {
            all.extend_from_within(start..end);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_pixel() {
        let of = |width, height| {
            let stretch = Stretch::of(Some((width, height)));
            (stretch.columns, stretch.rows)
        };
        assert_eq!(of(50.0, 50.0), (1, 1));
        assert_eq!(of(50.0, 50.5), (1, 1));
        assert_eq!(of(50.0, 150.0), (1, 3));
        assert_eq!(of(100.0, 40.0), (5, 2));
        assert_eq!(of(1.0, 1_000.0), (1, 8));
        assert_eq!(Stretch::of(None), Stretch::NONE);
    }

    #[test]
    fn columns_and_rows_are_repeated() {
        let levels = Levels {
            width: 2,
            height: 2,
            values: vec![0.1, 0.2, 0.3, 0.4],
            ceiling: 1.0,
        };
        let stretched = levels.stretched(Stretch {
            columns: 2,
            rows: 1,
        });
        assert_eq!((stretched.width, stretched.height), (4, 2));
        assert_eq!(stretched.values, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4]);
    }
}
