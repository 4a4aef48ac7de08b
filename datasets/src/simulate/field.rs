//! Smooth random fields over the image.

use rand_chacha::ChaCha8Rng;

use super::random::normal;

/// Value noise: normal numbers on a square lattice, interpolated smoothly between its nodes.
/// Mean 0; standard deviation 1 at the nodes and about 0.6 on average.
#[derive(Debug)]
pub(super) struct SmoothField {
    /// Distance of nodes in pixels.
    cell: f64,
    n_columns: usize,
    nodes: Vec<f64>,
}

impl SmoothField {
    /// A field over `width × height` pixels whose structures are about `cell` pixels large.
    pub(super) fn draw(rng: &mut ChaCha8Rng, (width, height): (u32, u32), cell: f64) -> Self {
        let cell = cell.max(1.0);
        let (n_columns, n_rows) = (n_nodes(width, cell), n_nodes(height, cell));
        let nodes = (0..n_columns * n_rows).map(|_| normal(rng)).collect();
        Self {
            cell,
            n_columns,
            nodes,
        }
    }

    /// Value at column `x`, row `y`, both from 0 and inside the image.
    pub(super) fn at(&self, x: u32, y: u32) -> f64 {
        let (column, u) = split(f64::from(x) / self.cell);
        let (row, v) = split(f64::from(y) / self.cell);
        let first = row * self.n_columns + column;
        let above = mix(self.nodes[first], self.nodes[first + 1], u);
        let second = first + self.n_columns;
        let below = mix(self.nodes[second], self.nodes[second + 1], u);
        mix(above, below, v)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 2³² + 2"
)]
fn n_nodes(n_pixels: u32, cell: f64) -> usize {
    (f64::from(n_pixels) / cell) as usize + 2
}

/// Number of the node before a place, and the smoothed distance from it, 0 … 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 … 2³²"
)]
fn split(place: f64) -> (usize, f64) {
    let t = place.fract();
    (place as usize, t * t * (3.0 - 2.0 * t))
}

fn mix(a: f64, b: f64, share: f64) -> f64 {
    a + (b - a) * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::random::{Purpose, generator};

    #[test]
    fn neighbours_differ_little() {
        let mut rng = generator(1, Purpose::Texture, 0);
        let field = SmoothField::draw(&mut rng, (64, 40), 16.0);
        for y in 0..40 {
            for x in 1..64 {
                assert!((field.at(x, y) - field.at(x - 1, y)).abs() < 0.6);
            }
        }
        assert!((field.at(0, 0) - field.nodes[0]).abs() < 1e-12);
    }
}
