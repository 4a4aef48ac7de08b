//! By what the intensities of a results folder's images are divided.

use std::collections::BTreeSet;
use std::path::Path;

use metaspace_machine::error::OptionError;
use metaspace_results::record::RunRecord;
use metaspace_results::{
    KeptPeaks, PEAKS_PARQUET, PixelNorm, for_each_images, read_ions, read_norms, read_raster,
};
use ms_core::image::IonImage;
use ms_core::tolerance::Ppm;

use crate::coloc::find_ion;
use crate::error::ExploreError;
use crate::mz_images::MzImages;
use crate::normalize::{Factors, Normalization};
use crate::options::FDR;

/// The factors of each pixel.
///
/// # Errors
/// A table cannot be read, an ion has no annotation or no image, or an m/z is named and the run kept no
/// peaks.
pub fn factors_of(results: &Path, by: &Normalization) -> Result<Factors, ExploreError> {
    let image = match by {
        Normalization::None => return Ok(Factors::default()),
        Normalization::Tic => return Ok(Factors::new(&read_norms(results, PixelNorm::Tic)?)),
        Normalization::Rms => return Ok(Factors::new(&read_norms(results, PixelNorm::Rms)?)),
        Normalization::Median => return factors_of_medians(results),
        Normalization::Ion(ion) => image_of_ion(results, ion)?,
        Normalization::Mz(mz) => image_of_mz(results, *mz)?,
    };
    factors_of_image(&image, read_raster(results)?.n_pixels(), by)
}

/// The factors of the image of an ion or a window over so many pixels.
///
/// # Errors
/// It is empty.
pub fn factors_of_image(
    image: &IonImage,
    n_pixels: usize,
    by: &Normalization,
) -> Result<Factors, ExploreError> {
    let nothing = || {
        let shown = by.label().unwrap_or_default();
        let reason = format!("{shown} has no intensity in any pixel");
        OptionError::new("--normalize", reason).into()
    };
    Factors::of_image(image, n_pixels).ok_or_else(nothing)
}

/// Intensities that are held to find medians, at most.
const MAX_HELD: usize = 16 << 20;

/// A pixel takes the room of so many intensities at least.
const MIN_IONS: usize = 8;

/// The factors of the median over the annotated ions above 0 of each pixel.
///
/// # Errors
/// A table cannot be read, or nothing is annotated.
pub fn factors_of_medians(results: &Path) -> Result<Factors, ExploreError> {
    let annotated = read_ions(results, FDR)?;
    let formulas: BTreeSet<String> = annotated.into_iter().map(|ion| ion.ion_formula).collect();
    let n_pixels = read_raster(results)?.n_pixels();
    // Pixels a pass: what all ions have in them is held.
    let n_band = (MAX_HELD / formulas.len().max(MIN_IONS)).max(1);
    let mut medians = Vec::with_capacity(n_pixels);
    for first in (0..n_pixels).step_by(n_band) {
        let n = n_band.min(n_pixels - first);
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); n];
        for_each_images::<ExploreError>(results, &formulas, 1, |stored| {
            for stored in stored.iter() {
                let image = &stored.image;
                for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
                    let place = (pixel as usize).checked_sub(first);
                    if let Some(of_pixel) = place.and_then(|place| values.get_mut(place)) {
                        of_pixel.push(intensity);
                    }
                }
            }
            Ok(())
        })?;
        medians.extend(values.iter_mut().map(median));
    }
    if !medians.iter().any(|median| *median > 0.0) {
        let reason = "median is that of annotated ions, and no pixel has any";
        return Err(OptionError::new("--normalize", reason).into());
    }
    Ok(Factors::new(&medians))
}

/// Median of the values above 0; 0 of none.
fn median(values: &mut Vec<f32>) -> f64 {
    values.retain(|value| *value > 0.0);
    values.sort_unstable_by(f32::total_cmp);
    match values.len() {
        0 => 0.0,
        n => f64::midpoint(values[(n - 1) / 2].into(), values[n / 2].into()),
    }
}

fn image_of_ion(results: &Path, ion: &str) -> Result<IonImage, ExploreError> {
    let all = read_ions(results, f64::INFINITY)?;
    let formula = find_ion(&all, ion)?.ion_formula.clone();
    let mut image = IonImage::default();
    for_each_images::<ExploreError>(results, &BTreeSet::from([formula]), 1, |stored| {
        image = stored
            .first()
            .map(|stored| stored.image.clone())
            .unwrap_or_default();
        Ok(())
    })?;
    Ok(image)
}

fn image_of_mz(results: &Path, mz: f64) -> Result<IonImage, ExploreError> {
    if !results.join(PEAKS_PARQUET).is_file() {
        let reason = "an m/z needs the peaks, which these results have not kept\nhint: metaspace annotate \
                      --keep-peaks keeps them; ion=ION names an annotated ion";
        return Err(OptionError::new("--normalize", reason).into());
    }
    let ppm = RunRecord::read(results)?.settings.ppm;
    let images = MzImages::of_kept(&KeptPeaks::open(results)?)?;
    images.image(Ppm(ppm).window(mz))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let of = |values: &[f32]| median(&mut values.to_vec());
        assert!((of(&[4.0, 1.0, 3.0]) - 3.0).abs() < 1e-12);
        assert!((of(&[4.0, 1.0, 3.0, 2.0, 0.0]) - 2.5).abs() < 1e-12);
        assert!(of(&[0.0]).abs() < 1e-12);
    }
}
