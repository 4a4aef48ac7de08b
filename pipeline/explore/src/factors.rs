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
