//! Intensities relative to what was measured in their pixel.

use ms_core::image::IonImage;

/// By what intensities are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normalization {
    /// By nothing.
    #[default]
    None,
    /// By the total ion current of their pixel.
    Tic,
    /// By the root mean square of the intensities of their pixel's peaks.
    Rms,
}

/// A factor for each pixel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// Nothing leaves intensities as they are.
    by_pixel: Option<Vec<f32>>,
}

impl Factors {
    /// Factors that divide by a norm of each pixel and multiply by its mean over the pixels where it
    /// is above 0, so that intensities keep their order of magnitude. Where it is 0, so is the
    /// factor.
    pub fn new(norms: &[f64]) -> Self {
        let (sum, n) = norms
            .iter()
            .filter(|norm| **norm > 0.0)
            .fold((0.0, 0_u64), |(sum, n), norm| (sum + norm, n + 1));
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
        let factor = |norm: &f64| {
            if *norm > 0.0 {
                (mean / norm) as f32
            } else {
                0.0
            }
        };
        Self {
            by_pixel: Some(norms.iter().map(factor).collect()),
        }
    }

    /// Multiplies the intensities of an image, whose pixels are those of the factors.
    pub fn apply(&self, image: &mut IonImage) {
        let Some(factors) = &self.by_pixel else {
            return;
        };
        for (&pixel, intensity) in image.pixels.iter().zip(&mut image.intensities) {
            *intensity *= factors.get(pixel as usize).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_keep_their_order_of_magnitude() {
        let mut image = IonImage {
            pixels: vec![0, 2, 3],
            intensities: vec![10.0, 10.0, 10.0],
        };
        Factors::new(&[100.0, 300.0, 200.0, 0.0]).apply(&mut image);
        assert_eq!(image.intensities, [20.0, 10.0, 0.0]);
        Factors::default().apply(&mut image);
        assert_eq!(image.intensities, [20.0, 10.0, 0.0]);
    }
}
