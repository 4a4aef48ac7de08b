//! Images of ions in regions.

use ms_core::image::Raster;
use serde::{Deserialize, Serialize};

/// An image of a region, cut to its bounding box.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionImage {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Intensities row by row, NaN outside of the region.
    pub values: Vec<f32>,
}

/// Images of a dataset: of each ion, one for each region, and nothing where it was not measured.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetImages {
    /// The images.
    pub of_ions: Vec<Vec<Option<RegionImage>>>,
}

/// Sizes of the images of a dataset, whose values are elsewhere.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageSizes {
    of_ions: Vec<Vec<Option<(u32, u32)>>>,
}

impl RegionImage {
    /// Pixels cut to the bounding box of those that are not NaN.
    pub(crate) fn within(raster: &Raster, pixels: &[f32]) -> Self {
        let inside = || {
            let all = raster.pixels().zip(pixels);
            all.filter(|(_, value)| !value.is_nan())
                .map(|(pixel, value)| (raster.position(pixel), *value))
        };
        let side = |of: fn((u32, u32)) -> u32| {
            let low = inside().map(|(at, _)| of(at)).min().unwrap_or(0);
            let high = inside().map(|(at, _)| of(at)).max().unwrap_or(0);
            (low, high + 1 - low)
        };
        let ((left, width), (top, height)) = (side(|at| at.0), side(|at| at.1));
        let mut values = vec![f32::NAN; width as usize * height as usize];
        for ((x, y), value) in inside() {
            values[(y - top) as usize * width as usize + (x - left) as usize] = value;
        }
        Self {
            width,
            height,
            values,
        }
    }
}

impl DatasetImages {
    /// None of so many ions in so many regions.
    pub(crate) fn none(n_ions: usize, n_regions: usize) -> Self {
        Self {
            of_ions: vec![vec![None; n_regions]; n_ions],
        }
    }

    /// Whether there are so many ions, and so many regions of each.
    pub(crate) fn are_of(&self, n_ions: usize, n_regions: usize) -> bool {
        let is_whole = |images: &Vec<_>| images.len() == n_regions;
        self.of_ions.len() == n_ions && self.of_ions.iter().all(is_whole)
    }

    /// Sizes, and the values of all images one after another, in little-endian bytes.
    pub(crate) fn encode(&self) -> (ImageSizes, Vec<u8>) {
        let mut bytes = Vec::new();
        let mut of_ion = |images: &Vec<Option<RegionImage>>| {
            let sizes = images.iter().map(|image| {
                image.as_ref().map(|image| {
                    bytes.extend(image.values.iter().flat_map(|value| value.to_le_bytes()));
                    (image.width, image.height)
                })
            });
            sizes.collect()
        };
        let of_ions = self.of_ions.iter().map(&mut of_ion).collect();
        (ImageSizes { of_ions }, bytes)
    }

    /// The reverse of [`DatasetImages::encode`]; nothing if there are not as many values as the sizes
    /// say.
    pub(crate) fn decode(sizes: ImageSizes, bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut of_size = |size: Option<(u32, u32)>| {
            let Some((width, height)) = size else {
                return Some(None);
            };
            let n_bytes = (width as usize)
                .checked_mul(height as usize)?
                .checked_mul(size_of::<f32>())?;
            let (here, after) = rest.split_at_checked(n_bytes)?;
            rest = after;
            let (values, _) = here.as_chunks();
            let values = values.iter().map(|value| f32::from_le_bytes(*value));
            Some(Some(RegionImage {
                width,
                height,
                values: values.collect(),
            }))
        };
        let of_ions: Option<Vec<Vec<_>>> = sizes
            .of_ions
            .into_iter()
            .map(|sizes| sizes.into_iter().map(&mut of_size).collect())
            .collect();
        rest.is_empty().then_some(Self { of_ions: of_ions? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_read_back_to_the_bit_and_only_whole() {
        let image = RegionImage {
            width: 2,
            height: 1,
            values: vec![f32::NAN, 1.0 / 3.0],
        };
        let given = DatasetImages {
            of_ions: vec![vec![Some(image), None], vec![None, None]],
        };
        let (sizes, bytes) = given.encode();
        let json = serde_json::to_vec(&sizes).unwrap();
        let decode =
            |bytes: &[u8]| DatasetImages::decode(serde_json::from_slice(&json).unwrap(), bytes);
        let read = decode(&bytes).unwrap();
        let first = read.of_ions[0][0].as_ref().unwrap();
        assert_eq!((first.width, first.height), (2, 1));
        assert!(first.values[0].is_nan());
        assert_eq!(first.values[1].to_bits(), (1.0_f32 / 3.0).to_bits());
        assert_eq!(read.of_ions[1], [None, None]);
        assert!(decode(&bytes[1..]).is_none());
        assert!(decode(&[&*bytes, &[0]].concat()).is_none());
        let huge = ImageSizes {
            of_ions: vec![vec![Some((u32::MAX, u32::MAX))]],
        };
        assert!(DatasetImages::decode(huge, &bytes).is_none());
    }
}
