//! The optical image beside results, as arrays, and where it lies.

use std::path::Path;

use image::RgbImage;
use metaspace_explore::optical::{CENTERED_ZOOM, attach_file, centered, optical_of, picture_of};
use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;
use metaspace_report::figure::OpticalPlace;
use metaspace_results::optical::{ControlPoint, NoPlacement, OpticalImage, Placement};
use ms_core::image::Raster;
use numpy::{PyArray1, PyArray3, PyArrayMethods};
use pyo3::prelude::*;

use crate::error::CallError;
use crate::watch::watched;

/// Name, pixels (height × width × 3), and the rows of x and y of the map that places them.
pub(crate) type OpticalPixels<'py> = (String, Bound<'py, PyArray3<u8>>, [[f64; 3]; 2]);

/// Pixels, and how many of them a pixel of the ion images is wide.
pub(crate) type CenteredPixels<'py> = (Bound<'py, PyArray3<u8>>, u32);

/// A point of the optical image, and the same of the ion images.
pub(crate) type PointPair = ([f64; 2], [f64; 2]);

/// The picture as it is stored; nothing where there is none.
pub(crate) fn optical_pixels<'py>(
    py: Python<'py>,
    folder: &Path,
) -> PyResult<Option<OpticalPixels<'py>>> {
    let Some((optical, picture)) = watched(py, None, None, None, |_| read(folder))? else {
        return Ok(None);
    };
    let (width, height) = picture.dimensions();
    // The file may have had more pixels than the picture that is stored.
    let across = f64::from(optical.width) / f64::from(width);
    let down = f64::from(optical.height) / f64::from(height);
    let placement = optical.placement.of_larger_pixels(across, down).rows();
    let pixels = array(py, picture.into_raw(), (height, width))?;
    Ok(Some((optical.name, pixels, placement)))
}

/// The picture on the raster of the ion images; nothing where there is none.
pub(crate) fn centered_pixels<'py>(
    py: Python<'py>,
    folder: &Path,
    raster: &Raster,
) -> PyResult<Option<CenteredPixels<'py>>> {
    let found = watched(py, None, None, None, |_| {
        let read = read(folder)?;
        Ok::<_, CallError>(read.map(|(optical, picture)| centered(&picture, &optical, raster)))
    })?;
    let Some(found) = found else {
        return Ok(None);
    };
    let pixels = array(py, found.rgb, (found.height, found.width))?;
    Ok(Some((pixels, CENTERED_ZOOM)))
}

/// The optical image of a folder and its picture.
fn read(folder: &Path) -> Result<Option<(OpticalImage, RgbImage)>, CallError> {
    let Some(optical) = OpticalImage::read(folder)? else {
        return Ok(None);
    };
    let picture = picture_of(folder, &optical)?;
    Ok(Some((optical, picture)))
}

fn array(
    py: Python<'_>,
    values: Vec<u8>,
    (height, width): (u32, u32),
) -> PyResult<Bound<'_, PyArray3<u8>>> {
    PyArray1::from_vec(py, values).reshape([height as usize, width as usize, 3])
}

/// Puts a picture beside results, or places the one that is there.
pub(crate) fn place(
    py: Python<'_>,
    folder: &Path,
    picture: Option<&Path>,
    placement: Option<[f64; 6]>,
    points: Option<Vec<PointPair>>,
) -> PyResult<()> {
    let placement = match (placement, points) {
        (Some(numbers), _) => Some(placed(Placement::new(numbers))?),
        (None, Some(points)) => Some(of_points(points)?),
        (None, None) => None,
    };
    watched(py, None, None, None, |_| {
        if let Some(picture) = picture {
            attach_file(folder, picture, placement, memory(None)?)?;
        } else if let Some(placement) = placement {
            let mut optical = optical_of(folder)?;
            optical.placement = placement;
            optical.keep(folder)?;
        }
        Ok::<_, CallError>(())
    })
}

fn of_points(points: Vec<PointPair>) -> Result<Placement, CallError> {
    let point = |(optical, ion)| ControlPoint { optical, ion };
    let points: Vec<ControlPoint> = points.into_iter().map(point).collect();
    let three = <[ControlPoint; 3]>::try_from(points).map_err(|points| {
        let reason = format!("must be three pairs of points, not {}", points.len());
        OptionError::new("points", reason)
    })?;
    placed(Placement::of_points(&three))
}

fn placed(found: Result<Placement, NoPlacement>) -> Result<Placement, CallError> {
    found.map_err(|error| OptionError::new("placement", error.to_string()).into())
}

/// Where a figure has it, by name.
pub(crate) fn optical_place_of(name: &str) -> Result<OpticalPlace, CallError> {
    match name {
        "over" => Ok(OpticalPlace::Over),
        "under" => Ok(OpticalPlace::Under),
        "beside" => Ok(OpticalPlace::Beside),
        other => {
            let reason = format!("`{other}` is none of over, under and beside");
            Err(OptionError::new("optical", reason).into())
        }
    }
}
