//! Many ion images as one array: side by side as pictures, or as a matrix of pixels and ions.

use std::path::Path;

use metaspace_results::{FirstImages, ImageTable};
use ms_core::image::{IonImage, Raster};
use ms_core::progress::{Progress, check};
use ms_core::spectra::IndexError;
use rayon::prelude::*;

use crate::coloc::read_rows;
use crate::error::ExploreError;

/// Rows of the matrix that are filled at a time: few enough to stay in the cache with many ions.
const ROWS_AT_ONCE: usize = 64;

/// Reads the first isotopic image of each of some ions, by the formulas of the ions; an ion that has no
/// such image gets an empty one. The table is read once.
///
/// # Errors
/// The table cannot be read, or `progress` says to stop.
pub fn read_first_images(
    folder: &Path,
    formulas: &[&str],
    progress: &dyn Progress,
) -> Result<Vec<IonImage>, ExploreError> {
    let table = FirstImages::open(folder, &formulas.iter().copied().collect())?;
    let rows: Vec<Option<usize>> = formulas.iter().map(|formula| table.row(formula)).collect();
    read_rows(&table, &rows, progress)
}

/// Reads another isotopic image of each of some ions; else as [`read_first_images`].
///
/// # Errors
/// The table cannot be read, or `progress` says to stop.
pub fn read_images(
    table: &ImageTable,
    formulas: &[&str],
    isotope: u8,
    progress: &dyn Progress,
) -> Result<Vec<IonImage>, ExploreError> {
    let read = |formula: &&str| {
        check(progress).map_err(IndexError::from)?;
        Ok(table.image(formula, isotope)?.unwrap_or_default())
    };
    formulas.par_iter().map(read).collect()
}

/// Images one after another: `n_images × height × width`, row-major, NaN where there is no spectrum
/// and 0 where there is no signal.
pub fn image_stack(images: &[IonImage], raster: &Raster) -> Vec<f32> {
    let n_places = n_places(raster);
    let mut values = vec![f32::NAN; images.len() * n_places];
    values
        .par_chunks_mut(n_places.max(1))
        .zip(images)
        .for_each(|(values, image)| {
            for &place in &raster.places {
                values[place as usize] = 0.0;
            }
            for (place, intensity) in placed(image, raster) {
                values[place] = intensity;
            }
        });
    values
}

/// A matrix `height·width × n_images`, row-major: a row for each place of the bounding box, a column
/// for each image; 0 where there is no signal, and where there is no spectrum.
pub fn place_matrix(images: &[IonImage], raster: &Raster) -> Vec<f64> {
    let n_images = images.len();
    let mut values = vec![0.0; n_places(raster) * n_images];
    if n_images == 0 {
        return values;
    }
    values
        .par_chunks_mut(ROWS_AT_ONCE * n_images)
        .enumerate()
        .for_each(|(chunk, values)| {
            let first = chunk * ROWS_AT_ONCE;
            let end = first + values.len() / n_images;
            let pixel_of = |place: usize| raster.places.partition_point(|&p| (p as usize) < place);
            let (from, to) = (pixel_of(first), pixel_of(end));
            for (column, image) in images.iter().enumerate() {
                let start = image.pixels.partition_point(|&p| (p as usize) < from);
                let pairs = image.pixels[start..]
                    .iter()
                    .zip(&image.intensities[start..]);
                for (&pixel, &intensity) in pairs.take_while(|(p, _)| (**p as usize) < to) {
                    let row = raster.places[pixel as usize] as usize - first;
                    values[row * n_images + column] = f64::from(intensity);
                }
            }
        });
    values
}

fn n_places(raster: &Raster) -> usize {
    raster.width as usize * raster.height as usize
}

/// Places and intensities of an image; what a damaged table names beyond the raster has no place.
fn placed(image: &IonImage, raster: &Raster) -> impl Iterator<Item = (usize, f32)> {
    let pairs = image.pixels.iter().zip(&image.intensities);
    pairs.filter_map(|(&pixel, &intensity)| {
        let place = raster.places.get(pixel as usize)?;
        Some((*place as usize, intensity))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: u32, height: u32, places: Vec<u32>) -> Raster {
        Raster {
            width,
            height,
            places,
        }
    }

    fn image(pairs: &[(u32, f32)]) -> IonImage {
        IonImage {
            pixels: pairs.iter().map(|pair| pair.0).collect(),
            intensities: pairs.iter().map(|pair| pair.1).collect(),
        }
    }

    #[test]
    fn a_stack_tells_what_was_not_measured_from_what_is_0() {
        let images = [image(&[(1, 2.0)]), image(&[(0, 3.0), (2, 4.0), (9, 5.0)])];
        let stack = image_stack(&images, &raster(2, 2, vec![0, 1, 3]));
        let shown: Vec<String> = stack.iter().map(|value| format!("{value}")).collect();
        assert_eq!(shown, ["0", "2", "NaN", "0", "3", "0", "NaN", "4"]);
    }

    #[test]
    fn a_matrix_has_a_row_for_each_place_and_a_column_for_each_ion() {
        // More places than are filled at a time, every second of them measured.
        let places: Vec<u32> = (0..200).step_by(2).collect();
        let raster = raster(20, 10, places);
        let images = [
            image(&[(0, 1.0), (50, 2.0), (99, 3.0)]),
            image(&[]),
            image(&[(32, 4.0), (33, 5.0)]),
        ];
        let matrix = place_matrix(&images, &raster);
        let mut expected = vec![0.0; 600];
        for (place, column, value) in [
            (0, 0, 1.0),
            (100, 0, 2.0),
            (198, 0, 3.0),
            (64, 2, 4.0),
            (66, 2, 5.0),
        ] {
            expected[place * 3 + column] = value;
        }
        assert_eq!(matrix, expected);
        assert!(place_matrix(&[], &raster).is_empty());
    }
}
