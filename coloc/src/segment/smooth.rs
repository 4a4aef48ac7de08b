//! Neighbours: how alike they are, and how they pull a pixel to their segment.

use ms_core::image::Raster;

/// Passes over the image.
const N_PASSES: usize = 5;

/// Multiplies the share of each pixel in a segment by exp(`strength` × the sum of its four
/// neighbours' shares), again and again: the mean field of a Potts model. `shares` is
/// `n_pixels × n_groups`; a neighbour without a spectrum counts nothing.
pub(super) fn smooth(shares: &mut [f64], n_groups: usize, raster: &Raster, strength: f64) {
    if strength <= 0.0 || n_groups < 2 {
        return;
    }
    let neighbours = neighbours(raster);
    let alone = shares.to_vec();
    let mut before = shares.to_vec();
    for _ in 0..N_PASSES {
        for (pixel_idx, shares) in shares.chunks_exact_mut(n_groups).enumerate() {
            for (group, share) in shares.iter_mut().enumerate() {
                let around: f64 = neighbours[pixel_idx]
                    .iter()
                    .flatten()
                    .map(|&neighbour| before[neighbour * n_groups + group])
                    .sum();
                *share = alone[pixel_idx * n_groups + group] * (strength * around).exp();
            }
            let sum: f64 = shares.iter().sum();
            for share in &mut *shares {
                *share /= sum;
            }
        }
        before.copy_from_slice(shares);
    }
}

/// Number of pixels that are as good as independent, given what a model leaves of each pixel,
/// `n_pixels × n_dims`: n ((1 − ρ) / (1 + ρ))², with ρ the correlation of pixels next to each other,
/// between 0 and 0.99. At least 2.
///
/// # Source
/// Bayley, Hammersley 1946, doi:10.2307/2983560, for a correlation that falls as ρ^distance, in either
/// direction of the image.
pub(super) fn n_independent(residuals: &[f64], n_dims: usize, raster: &Raster) -> f64 {
    let n = raster.n_pixels() as f64;
    let product = |a: usize, b: usize| -> f64 {
        let (a, b) = (
            &residuals[a * n_dims..][..n_dims],
            &residuals[b * n_dims..][..n_dims],
        );
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    };
    let variance = residuals.iter().map(|x| x * x).sum::<f64>() / n;
    let (mut sum, mut n_pairs) = (0.0, 0.0_f64);
    for (pixel_idx, [_, right, _, below]) in neighbours(raster).into_iter().enumerate() {
        for neighbour in [right, below].into_iter().flatten() {
            sum += product(pixel_idx, neighbour);
            n_pairs += 1.0;
        }
    }
    let correlation = if variance > 0.0 && n_pairs > 0.0 {
        sum / n_pairs / variance
    } else {
        0.0
    };
    let correlation = correlation.clamp(0.0, 0.99);
    (n * ((1.0 - correlation) / (1.0 + correlation)).powi(2)).max(2.0)
}

/// The pixels left, right, above and below of each.
fn neighbours(raster: &Raster) -> Vec<[Option<usize>; 4]> {
    let (width, height) = (i64::from(raster.width), i64::from(raster.height));
    let at = |x: i64, y: i64| -> Option<usize> {
        let is_inside = (0..width).contains(&x) && (0..height).contains(&y);
        let place = u32::try_from(y * width + x).ok().filter(|_| is_inside)?;
        raster.places.binary_search(&place).ok()
    };
    raster
        .pixels()
        .map(|pixel| {
            let (x, y) = raster.position(pixel);
            let (x, y) = (i64::from(x), i64::from(y));
            [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_pixels_with_a_spectrum() {
        let raster = Raster {
            width: 2,
            height: 2,
            places: vec![0, 1, 3],
        };
        let found = neighbours(&raster);
        assert_eq!(found[0], [None, Some(1), None, None]);
        assert_eq!(found[1], [Some(0), None, None, Some(2)]);
    }

    #[test]
    fn smooth_images_have_few_independent_pixels() {
        let raster = Raster {
            width: 40,
            height: 30,
            places: (0..1200).collect(),
        };
        let wave: Vec<f64> = (0..1200).map(|i| (f64::from(i % 40) * 0.3).sin()).collect();
        assert!(n_independent(&wave, 1, &raster) < 20.0);
        let mut random = crate::random::Random::new(1, 0);
        let noise: Vec<f64> = (0..1200).map(|_| random.share() - 0.5).collect();
        assert!(n_independent(&noise, 1, &raster) > 900.0);
        assert!((n_independent(&[0.0; 1200], 1, &raster) - 1200.0).abs() < 1e-9);
    }

    #[test]
    fn one_doubtful_pixel_joins_its_neighbours() {
        let raster = Raster {
            width: 3,
            height: 1,
            places: vec![0, 1, 2],
        };
        let mut shares = vec![1.0, 0.0, 0.4, 0.6, 1.0, 0.0];
        smooth(&mut shares, 2, &raster, 1.0);
        // 0.4 e² against 0.6.
        let expected = 0.4 * 2_f64.exp() / (0.4 * 2_f64.exp() + 0.6);
        assert!((shares[2] - expected).abs() < 1e-12);
    }
}
