//! The images that are compared: one an ion, sparse, on one raster.

use std::collections::{HashMap, HashSet};

use ms_core::image::{IonImage, Raster};

use crate::error::ColocError;

/// Images of ions on one raster, each with the id of its ion.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSet {
    raster: Raster,
    ids: Vec<String>,
    images: Vec<IonImage>,
}

/// Images that were scaled down, and by how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrinkage {
    /// Width and height before.
    pub from: (u32, u32),
    /// Width and height now.
    pub to: (u32, u32),
}

impl ImageSet {
    /// Takes images and their ids, in the order in which results name them.
    ///
    /// # Errors
    /// Ids are missing or occur twice; pixels are out of order or beyond the raster; intensities
    /// are negative or not finite; the raster's places are out of order.
    pub fn new(
        raster: Raster,
        ids: Vec<String>,
        images: Vec<IonImage>,
    ) -> Result<Self, ColocError> {
        if ids.len() != images.len() {
            return Err(ColocError::Ids {
                n_ids: ids.len(),
                n_images: images.len(),
            });
        }
        check_places(&raster)?;
        let mut seen = HashSet::new();
        for (id, image) in ids.iter().zip(&images) {
            if !seen.insert(id) {
                return Err(ColocError::DuplicateId { id: id.clone() });
            }
            check_image(id, image, raster.n_pixels())?;
        }
        Ok(Self {
            raster,
            ids,
            images,
        })
    }

    /// Number of ions.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no ion.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The pixels of all images.
    pub fn raster(&self) -> &Raster {
        &self.raster
    }

    /// Number of places of the bounding box, with a spectrum or without.
    pub fn n_places(&self) -> usize {
        self.raster.width as usize * self.raster.height as usize
    }

    /// Ids of the ions.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Images of the ions.
    pub fn images(&self) -> &[IonImage] {
        &self.images
    }

    /// The ions by id: what breaks a tie.
    pub fn by_id(&self) -> Vec<usize> {
        let mut ions: Vec<usize> = (0..self.len()).collect();
        ions.sort_by(|&a, &b| self.ids[a].cmp(&self.ids[b]));
        ions
    }

    /// Some of the ions, by their places.
    #[must_use]
    pub fn subset(&self, ions: impl IntoIterator<Item = usize>) -> Self {
        let (ids, images) = ions
            .into_iter()
            .map(|ion| (self.ids[ion].clone(), self.images[ion].clone()))
            .unzip();
        Self {
            raster: self.raster.clone(),
            ids,
            images,
        }
    }

    /// Intensities of an ion at all pixels that have a spectrum, 0 where it has no signal.
    pub fn dense(&self, ion: usize) -> Vec<f32> {
        let mut values = vec![0.0; self.raster.n_pixels()];
        for (&pixel, &intensity) in self.images[ion]
            .pixels
            .iter()
            .zip(&self.images[ion].intensities)
        {
            values[pixel as usize] = intensity;
        }
        values
    }

    /// Mean of the images of some ions at all pixels, each image divided by its largest value
    /// first, so that no ion outweighs the others. An empty image counts as zeros.
    pub fn mean(&self, ions: &[usize]) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.raster.n_pixels()];
        for &ion in ions {
            let image = &self.images[ion];
            let max = image.intensities.iter().copied().fold(0.0_f32, f32::max);
            if max > 0.0 {
                for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
                    sums[pixel as usize] += f64::from(intensity) / f64::from(max);
                }
            }
        }
        let n = ions.len().max(1) as f64;
        sums.into_iter().map(|sum| narrow(sum / n)).collect()
    }

    /// The images scaled down as [`Shrinker::new`] says; nothing changes where they are few enough.
    pub fn shrunk(self, max_bytes: u64) -> (Self, Option<Shrinkage>) {
        let Some(shrinker) = Shrinker::new(&self.raster, self.len(), max_bytes) else {
            return (self, None);
        };
        let images = self
            .images
            .iter()
            .map(|image| shrinker.shrink(image))
            .collect();
        (
            Self {
                raster: shrinker.raster,
                ids: self.ids,
                images,
            },
            Some(shrinker.shrinkage),
        )
    }
}

/// Scales images down.
#[derive(Debug, Clone)]
pub struct Shrinker {
    /// Sizes before and now.
    pub shrinkage: Shrinkage,
    /// The pixels of images scaled down.
    pub raster: Raster,
    /// The new pixel of each pixel.
    target: Vec<u32>,
    /// Pixels that became each new one.
    n_of_target: Vec<u32>,
}

impl Shrinker {
    /// What scales images down until all of them, dense on the bounding box as `f32`, take at most
    /// `max_bytes`; nothing where they do already.
    ///
    /// Both sides shrink by the square root of the excess. A pixel goes to the cell that holds its
    /// corner, and a cell has the mean of its pixels that have a spectrum; a cell without any is
    /// no pixel.
    ///
    /// # Source
    /// The METASPACE engine shrinks beyond 2 GiB by cubic splines; a mean makes no new values and
    /// no negative ones.
    pub fn new(raster: &Raster, n_ions: usize, max_bytes: u64) -> Option<Self> {
        let (width, height) = (raster.width, raster.height);
        let bytes = n_ions as u64 * u64::from(width) * u64::from(height) * 4;
        if bytes <= max_bytes {
            return None;
        }
        let factor = (max_bytes as f64 / bytes as f64).sqrt();
        let to = (scaled(width, factor), scaled(height, factor));
        let cells: Vec<u32> = raster
            .pixels()
            .map(|pixel| {
                let (x, y) = raster.position(pixel);
                cell(y, height, to.1) * to.0 + cell(x, width, to.0)
            })
            .collect();
        let mut places = cells.clone();
        places.sort_unstable();
        places.dedup();
        let pixel_of_cell: HashMap<u32, u32> = places.iter().copied().zip(0..).collect();
        let target: Vec<u32> = cells.iter().map(|cell| pixel_of_cell[cell]).collect();
        let mut n_of_target = vec![0_u32; places.len()];
        for &pixel in &target {
            n_of_target[pixel as usize] += 1;
        }
        let raster = Raster {
            width: to.0,
            height: to.1,
            places,
        };
        let shrinkage = Shrinkage {
            from: (width, height),
            to,
        };
        Some(Self {
            shrinkage,
            raster,
            target,
            n_of_target,
        })
    }

    /// An image scaled down.
    pub fn shrink(&self, image: &IonImage) -> IonImage {
        gather(image, &self.target, &self.n_of_target)
    }
}

/// Makes sure that the places of a raster ascend and lie within it.
///
/// # Errors
/// They do not.
pub fn check_places(raster: &Raster) -> Result<(), ColocError> {
    let n_places = u64::from(raster.width) * u64::from(raster.height);
    let mut last = None;
    for &place in &raster.places {
        if u64::from(place) >= n_places || last.is_some_and(|last| last >= place) {
            return Err(ColocError::Place {
                width: raster.width,
                height: raster.height,
                place,
            });
        }
        last = Some(place);
    }
    Ok(())
}

/// Makes sure that an image's pixels ascend below `n_pixels`, and that its intensities are finite and
/// not negative.
///
/// # Errors
/// They are not; `id` names the image.
pub fn check_image(id: &str, image: &IonImage, n_pixels: usize) -> Result<(), ColocError> {
    if image.pixels.len() != image.intensities.len() {
        return Err(ColocError::Intensities {
            id: id.into(),
            n_pixels: image.pixels.len(),
            n_intensities: image.intensities.len(),
        });
    }
    let mut last = None;
    for (&pixel, &value) in image.pixels.iter().zip(&image.intensities) {
        if pixel as usize >= n_pixels || last.is_some_and(|last| last >= pixel) {
            return Err(ColocError::Pixel {
                id: id.into(),
                n_pixels,
                pixel,
            });
        }
        if !(value.is_finite() && value >= 0.0) {
            return Err(ColocError::Intensity {
                id: id.into(),
                pixel,
                value,
            });
        }
        last = Some(pixel);
    }
    Ok(())
}

/// A mean over each target's pixels, absent ones as 0.
fn gather(image: &IonImage, target: &[u32], n_of_target: &[u32]) -> IonImage {
    let mut sums = vec![0.0_f64; n_of_target.len()];
    for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
        sums[target[pixel as usize] as usize] += f64::from(intensity);
    }
    let mut small = IonImage::default();
    for ((pixel, sum), &n) in (0..).zip(sums).zip(n_of_target) {
        if sum > 0.0 {
            small.pixels.push(pixel);
            small.intensities.push(narrow(sum / f64::from(n)));
        }
    }
    small
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most the side"
)]
fn scaled(side: u32, factor: f64) -> u32 {
    ((f64::from(side) * factor).floor() as u32).max(1)
}

/// Cell of a coordinate when `n` coordinates become `n_cells`.
#[expect(clippy::cast_possible_truncation, reason = "below n_cells")]
fn cell(at: u32, n: u32, n_cells: u32) -> u32 {
    (u64::from(at) * u64::from(n_cells) / u64::from(n)) as u32
}

/// A value that was a mean of `f32`s, as one.
#[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn full(width: u32, height: u32) -> Raster {
        Raster {
            width,
            height,
            places: (0..width * height).collect(),
        }
    }

    fn image(pixels: &[u32], intensities: &[f32]) -> IonImage {
        IonImage {
            pixels: pixels.to_vec(),
            intensities: intensities.to_vec(),
        }
    }

    fn set(images: Vec<IonImage>) -> Result<ImageSet, ColocError> {
        let ids = (0..images.len()).map(|i| format!("ion {i}")).collect();
        ImageSet::new(full(2, 2), ids, images)
    }

    #[test]
    fn wrong_images_are_refused() {
        assert!(matches!(
            set(vec![image(&[4], &[1.0])]),
            Err(ColocError::Pixel { pixel: 4, .. })
        ));
        assert!(matches!(
            set(vec![image(&[1, 1], &[1.0, 1.0])]),
            Err(ColocError::Pixel { .. })
        ));
        assert!(matches!(
            set(vec![image(&[1], &[])]),
            Err(ColocError::Intensities { .. })
        ));
        for value in [f32::NAN, f32::INFINITY, -1.0] {
            assert!(matches!(
                set(vec![image(&[1], &[value])]),
                Err(ColocError::Intensity { .. })
            ));
        }
        let twice = ImageSet::new(
            full(1, 1),
            vec!["a".into(); 2],
            vec![IonImage::default(); 2],
        );
        assert!(matches!(twice, Err(ColocError::DuplicateId { .. })));
        let places = Raster {
            width: 2,
            height: 1,
            places: vec![1, 0],
        };
        assert!(matches!(
            ImageSet::new(places, vec![], vec![]),
            Err(ColocError::Place { .. })
        ));
    }

    #[test]
    fn shrinking_averages_what_was_measured() {
        let raster = Raster {
            width: 4,
            height: 4,
            places: (1..16).collect(),
        };
        // Places 1, 4 and 5 share the first cell with place 0, which has no spectrum.
        let images = vec![image(&[0, 3], &[3.0, 6.0])];
        let set = ImageSet::new(raster, vec!["a".into()], images).unwrap();
        let (small, shrinkage) = set.clone().shrunk(16);
        assert_eq!(
            shrinkage,
            Some(Shrinkage {
                from: (4, 4),
                to: (2, 2)
            })
        );
        assert_eq!(small.images()[0], image(&[0], &[3.0]));
        assert_eq!(small.raster().places, [0, 1, 2, 3]);
        assert_eq!(set.clone().shrunk(64), (set, None));
    }

    #[test]
    fn a_mean_image_weighs_ions_alike() {
        let set = set(vec![
            image(&[0, 1], &[10.0, 5.0]),
            image(&[1], &[0.1]),
            image(&[], &[]),
        ]);
        assert_eq!(set.unwrap().mean(&[0, 1]), [0.5, 0.75, 0.0, 0.0]);
    }
}
