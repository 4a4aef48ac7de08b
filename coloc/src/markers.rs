//! Markers of a region: ions that lie inside rather than outside.
//!
//! No p-values. A test would take every pixel for an independent observation, but neighbouring pixels
//! of a tissue are alike: any region of some hundred pixels then gets ions of p < 0.001, wherever it
//! is drawn. And a region that was drawn where an ion lies is no hypothesis to be tested with it.
//! The effect sizes here say how large a difference is, which does not grow with the number of
//! pixels; whether it holds is a question to several samples.

use rayon::prelude::*;

use crate::error::ColocError;
use crate::images::ImageSet;

/// How an ion differs between the inside and the outside of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Marker {
    /// Place of the ion among the images.
    pub ion: usize,
    /// Chance that a pixel inside has a higher intensity than one outside, equal ones half: 0.5 is no
    /// difference, 1 a perfect marker, 0 one of the outside.
    pub auc: f64,
    /// log2 of mean intensity inside over outside; infinite where one is 0, nothing where both are.
    pub log2_fold_change: Option<f64>,
    /// Mean intensity inside, pixels without signal as 0.
    pub mean_inside: f64,
    /// Mean intensity outside.
    pub mean_outside: f64,
    /// Share of the pixels inside that have a signal.
    pub coverage_inside: f64,
    /// Share of the pixels outside that have a signal.
    pub coverage_outside: f64,
}

/// All ions by how well they mark a region: AUC falling, then by id.
///
/// `is_inside` has a value for each pixel that has a spectrum. Cost: a sort of each image.
///
/// # Errors
/// The mask has another length than there are pixels, or holds none or all of them.
///
/// # Source
/// AUC = U / (n₁ n₀), Mann, Whitney 1947, doi:10.1214/aoms/1177730491; ranking as METASPACE's
/// differential analysis of regions does.
pub fn markers(images: &ImageSet, is_inside: &[bool]) -> Result<Vec<Marker>, ColocError> {
    let expected = images.raster().n_pixels();
    if is_inside.len() != expected {
        let found = is_inside.len();
        return Err(ColocError::Length {
            what: "the mask",
            expected,
            found,
        });
    }
    let n_inside = is_inside.iter().filter(|inside| **inside).count();
    if n_inside == 0 || n_inside == expected {
        return Err(ColocError::Region {
            n_inside,
            n_pixels: expected,
        });
    }
    let order = crate::rank::id_order(images);
    let mut markers: Vec<Marker> = (0..images.len())
        .into_par_iter()
        .map(|ion| marker(images, ion, is_inside))
        .collect();
    markers.sort_by(|a, b| {
        b.auc
            .total_cmp(&a.auc)
            .then(order[a.ion].cmp(&order[b.ion]))
    });
    Ok(markers)
}

/// What of the pixels on one side of the border a marker needs.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    n_pixels: usize,
    n_signals: usize,
    sum: f64,
}

impl Side {
    fn mean(self) -> f64 {
        self.sum / self.n_pixels as f64
    }

    fn coverage(self) -> f64 {
        self.n_signals as f64 / self.n_pixels as f64
    }
}

fn marker(images: &ImageSet, ion: usize, is_inside: &[bool]) -> Marker {
    let image = &images.images()[ion];
    let n_inside = is_inside.iter().filter(|inside| **inside).count();
    let mut sides = [
        Side {
            n_pixels: is_inside.len() - n_inside,
            ..Side::default()
        },
        Side {
            n_pixels: n_inside,
            ..Side::default()
        },
    ];
    let mut signals: Vec<(f32, bool)> = Vec::with_capacity(image.pixels.len());
    for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
        let inside = is_inside[pixel as usize];
        let side = &mut sides[usize::from(inside)];
        side.sum += f64::from(intensity);
        side.n_signals += usize::from(intensity > 0.0);
        if intensity > 0.0 {
            signals.push((intensity, inside));
        }
    }
    signals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let [outside, inside] = sides;
    // Pairs won by the inside, those with no signal first, which are equal.
    let zeros = [outside, inside].map(|side| (side.n_pixels - side.n_signals) as f64);
    let (mut won, mut n_below) = (zeros[1] * zeros[0] / 2.0, zeros[0]);
    for tied in signals.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let n_in = tied.iter().filter(|(_, inside)| *inside).count() as f64;
        let n_out = tied.len() as f64 - n_in;
        won += n_in * (n_below + n_out / 2.0);
        n_below += n_out;
    }
    let is_anywhere = inside.sum > 0.0 || outside.sum > 0.0;
    Marker {
        ion,
        auc: won / (inside.n_pixels as f64 * outside.n_pixels as f64),
        log2_fold_change: is_anywhere.then(|| inside.mean().log2() - outside.mean().log2()),
        mean_inside: inside.mean(),
        mean_outside: outside.mean(),
        coverage_inside: inside.coverage(),
        coverage_outside: outside.coverage(),
    }
}

#[cfg(test)]
mod tests {
    use ms_core::image::{IonImage, Raster};

    use super::*;

    fn set() -> ImageSet {
        let raster = Raster {
            width: 4,
            height: 1,
            places: vec![0, 1, 2, 3],
        };
        let image = |values: [f32; 4]| IonImage {
            pixels: (0..4).filter(|&i| values[i as usize] > 0.0).collect(),
            intensities: values.into_iter().filter(|v| *v > 0.0).collect(),
        };
        let images = [
            [0.0, 0.0, 0.0, 0.0],
            [4.0, 8.0, 1.0, 0.0],
            [1.0, 3.0, 2.0, 2.0],
            [0.0, 0.0, 5.0, 1.0],
        ];
        let ids = ["empty", "in", "half", "out"].map(String::from).to_vec();
        ImageSet::new(raster, ids, images.map(image).to_vec()).unwrap()
    }

    #[test]
    fn markers_are_ranked() {
        let found = markers(&set(), &[true, true, false, false]).unwrap();
        let ranked: Vec<(usize, f64)> = found.iter().map(|m| (m.ion, m.auc)).collect();
        assert_eq!(ranked, [(1, 1.0), (0, 0.5), (2, 0.5), (3, 0.0)]);
        // (4 + 8) / 2 against 1 / 2.
        assert!((found[0].log2_fold_change.unwrap() - 12_f64.log2()).abs() < 1e-12);
        assert!((found[0].coverage_outside - 0.5).abs() < 1e-12);
        assert_eq!(found[1].log2_fold_change, None);
        assert_eq!(found[3].log2_fold_change, Some(f64::NEG_INFINITY));
    }

    #[test]
    fn a_region_has_an_inside_and_an_outside() {
        for mask in [[true; 4], [false; 4]] {
            assert!(matches!(
                markers(&set(), &mask),
                Err(ColocError::Region { .. })
            ));
        }
        assert!(matches!(
            markers(&set(), &[true]),
            Err(ColocError::Length { .. })
        ));
    }
}
