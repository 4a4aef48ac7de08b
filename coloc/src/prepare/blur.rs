//! Images under a Gaussian window: σ = 1.5, cut at 3.5 σ, 11 × 11.

use pulp::Arch;

use crate::images::narrow;

const SIGMA: f64 = 1.5;
const RADIUS: usize = 5;

/// A Gaussian window, one direction after the other; beyond the border the image is reflected.
#[derive(Debug)]
pub(crate) struct Blur {
    kernel: [f32; 2 * RADIUS + 1],
    padded: Vec<f32>,
    column: Vec<f32>,
}

impl Default for Blur {
    fn default() -> Self {
        let weight = |i: usize| {
            let x = (i as f64 - RADIUS as f64) / SIGMA;
            (-0.5 * x * x).exp()
        };
        let sum: f64 = (0..=2 * RADIUS).map(weight).sum();
        let kernel = std::array::from_fn(|i| narrow(weight(i) / sum));
        Self {
            kernel,
            padded: Vec::new(),
            column: Vec::new(),
        }
    }
}

impl Blur {
    pub(crate) fn apply(&mut self, image: &mut [f32], width: usize) {
        if !image.is_empty() {
            Arch::new().dispatch(|| self.convolve(image, width));
        }
    }

    #[inline]
    fn convolve(&mut self, image: &mut [f32], width: usize) {
        let height = image.len() / width;
        self.column.clear();
        self.column.resize(image.len(), 0.0);
        for y in 0..height {
            let out = &mut self.column[y * width..][..width];
            for (k, &weight) in self.kernel.iter().enumerate() {
                let from = reflected(y + k, height);
                let row = &image[from * width..][..width];
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, value)| *out += weight * value);
            }
        }
        self.padded.resize(width + 2 * RADIUS, 0.0);
        for (row, out) in self
            .column
            .chunks_exact(width)
            .zip(image.chunks_exact_mut(width))
        {
            for (x, value) in self.padded.iter_mut().enumerate() {
                *value = row[reflected(x, width)];
            }
            out.fill(0.0);
            for (k, &weight) in self.kernel.iter().enumerate() {
                let shifted = &self.padded[k..];
                out.iter_mut()
                    .zip(shifted)
                    .for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}

/// Where `at − RADIUS` is after reflections at both borders: d c b a | a b c d | d c b a.
fn reflected(at: usize, n: usize) -> usize {
    let at = (at + 2 * n * RADIUS - RADIUS) % (2 * n);
    if at < n { at } else { 2 * n - 1 - at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_reflect() {
        let at = |i: i32, n| reflected(usize::try_from(i + 5).unwrap(), n);
        assert_eq!([-2, -1, 0, 2, 3, 4].map(|i| at(i, 3)), [1, 0, 0, 2, 2, 1]);
        assert_eq!([-5, 0, 5].map(|i| at(i, 1)), [0, 0, 0]);
    }

    #[test]
    fn a_blur_keeps_a_constant() {
        let mut image = vec![2.0; 6];
        Blur::default().apply(&mut image, 3);
        assert!(
            image.iter().all(|value| (value - 2.0).abs() < 1e-6),
            "{image:?}"
        );
    }
}
