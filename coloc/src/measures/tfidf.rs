//! tf-idf cosine: an image is a document, a pixel a term and its intensity the count. Each intensity
//! is multiplied by log2(`n_ions` / number of images with signal at the pixel) before the cosine;
//! between 0 and 1. Unchanged when an image is multiplied by a number, but a pair's score depends
//! on the other images.
//!
//! A pixel with signal in every image weighs nothing: an image of such pixels alone scores 0 with
//! any other, and so does an empty one.
//!
//! Source: Ovchinnikova et al. 2020, doi:10.1093/bioinformatics/btaa085, section 2.4. Their figure
//! compares weighted queries with unweighted documents, which gives (i, j) and (j, i) different
//! scores; here both are weighted.

use std::ops::Range;

use crate::images::narrow;
use crate::prepare::{Domain, Preparation, normalize};
use crate::source::ImageSource;

/// Images read at a time.
const CHUNK: usize = 64;

/// Weight of each column of the rows of images.
pub(crate) fn weights<S: ImageSource>(
    source: &S,
    preparation: &Preparation,
) -> Result<Vec<f32>, S::Error> {
    let raster = source.raster();
    let mut n_images = vec![0_u32; preparation.n_columns(raster)];
    let chunk = |start: usize| -> Range<usize> { start..(start + CHUNK).min(source.n_ions()) };
    for ions in (0..source.n_ions()).step_by(CHUNK).map(chunk) {
        for image in source.read(ions)?.iter() {
            let signal = image
                .pixels
                .iter()
                .zip(&image.intensities)
                .filter(|(_, v)| **v > 0.0);
            for (&pixel, _) in signal {
                let column = match preparation.domain {
                    Domain::Sampled => pixel,
                    Domain::BoundingBox => raster.places[pixel as usize],
                };
                n_images[column as usize] += 1;
            }
        }
    }
    let n = source.n_ions() as f64;
    let weight = |&n_with: &u32| {
        if n_with == 0 {
            0.0
        } else {
            narrow((n / f64::from(n_with)).log2())
        }
    };
    Ok(n_images.iter().map(weight).collect())
}

/// Makes the product of two rows their weighted cosine.
pub(crate) fn encode(row: &mut [f32], weights: &[f32]) {
    row.iter_mut()
        .zip(weights)
        .for_each(|(value, weight)| *value *= weight);
    normalize(row);
}
