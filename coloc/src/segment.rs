//! Regions of a tissue: pixels grouped by what ions they hold.
//!
//! images ─▶ [`Components`] (PCA over ions) ─▶ Gaussian mixture or k-means ─▶ smoothing ─▶ labels

use ms_core::image::Raster;

use crate::error::ColocError;
use crate::images::{ImageSet, narrow};

mod components;
mod config;
mod mixture;
mod smooth;

pub use components::Components;
pub use config::{Method, SegmentConfig};
use mixture::Mixture;

/// Segments of a tissue.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// Segment of each pixel, from 0, the largest first.
    pub labels: Vec<usize>,
    /// Chance that a pixel is of its segment, as the model has it.
    pub confidence: Vec<f32>,
    /// Pixels of each segment.
    pub sizes: Vec<usize>,
    /// Share of the variance that each component explains.
    pub explained: Vec<f64>,
    /// Numbers of segments tried, and the BIC of each: lower is better. Empty where the number was
    /// given.
    pub tried: Vec<(usize, f64)>,
}

/// Groups the pixels that have a spectrum.
///
/// A mixture is fitted to at most 6,000 pixels, evenly spaced, and tells the segments of all. Cost:
/// `n_ions² × n_pixels` for the components; 100 steps of `6,000 × n_segments × n_components²` at most
/// for each number of segments.
///
/// BIC takes pixels for independent. Neighbours are not, so that it would go on to split regions
/// where an intensity slowly changes. Here it is that of as many independent pixels as the image is
/// worth by what the model with most segments leaves unexplained, the same number for all models.
///
/// # Errors
/// A setting is out of its range, or there is no ion or no pixel.
///
/// # Source
/// PCA: Pearson 1901, doi:10.1080/14786440109462720. EM: Dempster, Laird, Rubin 1977,
/// doi:10.1111/j.2517-6161.1977.tb01600.x. BIC: Schwarz 1978, doi:10.1214/aos/1176344136.
pub fn segment(images: &ImageSet, config: &SegmentConfig) -> Result<Segmentation, ColocError> {
    config.check()?;
    let n_pixels = images.raster().n_pixels();
    for (what, found) in [("ions", images.len()), ("pixels", n_pixels)] {
        if found == 0 {
            let purpose = "segmentation";
            return Err(ColocError::TooFew {
                purpose,
                what,
                needed: 1,
                found,
            });
        }
    }
    let components = Components::new(images, config.n_components);
    if components.explained.is_empty() {
        // All pixels are alike.
        return Ok(Segmentation {
            labels: vec![0; n_pixels],
            confidence: vec![1.0; n_pixels],
            sizes: vec![n_pixels],
            explained: Vec::new(),
            tried: Vec::new(),
        });
    }
    let (mixture, tried) = match config.n_segments {
        Some(n) => (
            Mixture::fit(&components, n.min(n_pixels), config),
            Vec::new(),
        ),
        None => chosen(&components, images.raster(), config),
    };
    let mut shares = mixture.shares(&components);
    let n_groups = shares.len() / n_pixels;
    smooth::smooth(&mut shares, n_groups, images.raster(), config.smoothing);
    let (labels, confidence, sizes) = named(&shares, n_groups);
    Ok(Segmentation {
        labels,
        confidence,
        sizes,
        explained: components.explained,
        tried,
    })
}

/// The mixture of lowest BIC, and what was tried.
fn chosen(
    components: &Components,
    raster: &Raster,
    config: &SegmentConfig,
) -> (Mixture, Vec<(usize, f64)>) {
    let most = config.max_segments.min(raster.n_pixels());
    let largest = Mixture::fit(components, most, config);
    let residuals = largest.residuals(components);
    let n_independent = smooth::n_independent(&residuals, components.n_dims(), raster);
    let mut best = (largest.bic(n_independent), largest);
    let mut tried = vec![(most, best.0)];
    for n_segments in (1..most).rev() {
        let mixture = Mixture::fit(components, n_segments, config);
        let bic = mixture.bic(n_independent);
        tried.push((n_segments, bic));
        // The smaller number of equals.
        if bic <= best.0 {
            best = (bic, mixture);
        }
    }
    tried.reverse();
    (best.1, tried)
}

/// The likeliest segment of each pixel, segments numbered by size, then by their first pixel; those
/// without a pixel are dropped.
fn named(shares: &[f64], n_groups: usize) -> (Vec<usize>, Vec<f32>, Vec<usize>) {
    let likeliest = |shares: &[f64]| {
        let mut best = (0, f64::NEG_INFINITY);
        for (group, &share) in shares.iter().enumerate() {
            if share > best.1 {
                best = (group, share);
            }
        }
        best
    };
    let best: Vec<(usize, f64)> = shares
        .chunks_exact(n_groups.max(1))
        .map(likeliest)
        .collect();
    let mut sizes = vec![(0_usize, usize::MAX); n_groups];
    for (pixel_idx, &(group, _)) in best.iter().enumerate() {
        sizes[group].0 += 1;
        sizes[group].1 = sizes[group].1.min(pixel_idx);
    }
    let mut groups: Vec<usize> = (0..n_groups).filter(|&group| sizes[group].0 > 0).collect();
    groups.sort_by_key(|&group| (std::cmp::Reverse(sizes[group].0), sizes[group].1));
    let mut number = vec![0; n_groups];
    for (new, &group) in groups.iter().enumerate() {
        number[group] = new;
    }
    let labels = best.iter().map(|(group, _)| number[*group]).collect();
    let confidence = best.iter().map(|(_, share)| narrow(*share)).collect();
    (
        labels,
        confidence,
        groups.iter().map(|&group| sizes[group].0).collect(),
    )
}

#[cfg(test)]
mod tests {
    use ms_core::image::IonImage;

    use super::*;
    use crate::random::Random;

    const CONFIG: SegmentConfig = SegmentConfig {
        method: Method::GaussianMixture,
        n_segments: None,
        max_segments: 6,
        n_components: 5,
        smoothing: 0.0,
        seed: 1,
    };

    /// Three stripes with ions of their own, 30 × 20 pixels, and the stripe of each pixel.
    fn stripes(noise: f64) -> (ImageSet, Vec<usize>) {
        let raster = Raster {
            width: 30,
            height: 20,
            places: (0..600).collect(),
        };
        let stripe = |pixel: u32| usize::from(pixel % 30 >= 8) + usize::from(pixel % 30 >= 18);
        let image = |ion: u64| {
            let mut random = Random::new(3, ion);
            let mut image = IonImage::default();
            for pixel in 0..600 {
                let is_on = stripe(pixel) == usize::try_from(ion).unwrap() % 3;
                let level = if is_on { 10.0 } else { 1.0 };
                let value = level * (1.0 + noise * (random.share() - 0.5));
                image.pixels.push(pixel);
                image.intensities.push(narrow(value.max(0.0)));
            }
            image
        };
        let ids = (0..12).map(|ion| format!("ion {ion:02}")).collect();
        let set = ImageSet::new(raster, ids, (0..12).map(image).collect()).unwrap();
        (set, (0..600).map(stripe).collect())
    }

    /// Share of pixels whose segment is the one most pixels of their stripe have.
    fn agreement(found: &Segmentation, truth: &[usize]) -> f64 {
        let mut counts = vec![[0_usize; 3]; found.sizes.len()];
        for (&label, &stripe) in found.labels.iter().zip(truth) {
            counts[label][stripe] += 1;
        }
        let right: usize = counts.iter().filter_map(|counts| counts.iter().max()).sum();
        right as f64 / truth.len() as f64
    }

    #[test]
    fn stripes_are_found_and_counted() {
        let (set, truth) = stripes(0.8);
        for method in [Method::GaussianMixture, Method::KMeans] {
            let found = segment(&set, &SegmentConfig { method, ..CONFIG }).unwrap();
            assert!(
                agreement(&found, &truth) > 0.99,
                "{method:?}: {:?}",
                found.sizes
            );
            assert!(found.sizes.len() >= 3 && found.sizes.is_sorted_by(|a, b| a >= b));
            assert_eq!(found.sizes.iter().sum::<usize>(), 600);
            assert!(found.confidence.iter().all(|c| (0.0..=1.0).contains(c)));
        }
        let three = SegmentConfig {
            n_segments: Some(3),
            ..CONFIG
        };
        let found = segment(&set, &three).unwrap();
        assert_eq!(found.sizes, [240, 200, 160]);
        assert_eq!(found, segment(&set, &three).unwrap());
    }

    #[test]
    fn neighbours_repair_noise() {
        let (set, truth) = stripes(4.0);
        let config = SegmentConfig {
            n_segments: Some(3),
            method: Method::KMeans,
            ..CONFIG
        };
        let rough = agreement(&segment(&set, &config).unwrap(), &truth);
        let smooth = SegmentConfig {
            smoothing: 1.0,
            ..config
        };
        let smooth = agreement(&segment(&set, &smooth).unwrap(), &truth);
        assert!(smooth >= rough, "{rough} {smooth}");
    }

    #[test]
    fn odd_images_have_segments_too() {
        let raster = |n| Raster {
            width: n,
            height: 1,
            places: (0..n).collect(),
        };
        let one = IonImage {
            pixels: vec![0],
            intensities: vec![1.0],
        };
        let set = ImageSet::new(raster(1), vec!["a".into()], vec![one.clone()]).unwrap();
        assert_eq!(segment(&set, &CONFIG).unwrap().sizes, [1]);
        let set = ImageSet::new(raster(2), vec!["a".into()], vec![one]).unwrap();
        assert_eq!(segment(&set, &CONFIG).unwrap().labels.len(), 2);
        let empty = ImageSet::new(raster(2), vec!["a".into()], vec![IonImage::default()]).unwrap();
        assert_eq!(segment(&empty, &CONFIG).unwrap().sizes, [2]);
        let none = ImageSet::new(raster(2), vec![], vec![]).unwrap();
        assert!(matches!(
            segment(&none, &CONFIG),
            Err(ColocError::TooFew { .. })
        ));
        let wrong = SegmentConfig {
            n_components: 0,
            ..CONFIG
        };
        assert!(matches!(
            segment(&set, &wrong),
            Err(ColocError::Setting { .. })
        ));
    }
}
