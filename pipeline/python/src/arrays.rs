//! What Rust owns, as NumPy arrays that own it then: nothing is copied.

use ms_core::image::Raster;
use numpy::{Element, PyArray1, PyArray2, PyArray3, PyArrayMethods};
use pyo3::prelude::*;

/// Numbers as an array.
pub(crate) fn numbers(
    py: Python<'_>,
    values: impl IntoIterator<Item = f64>,
) -> Bound<'_, PyArray1<f64>> {
    PyArray1::from_vec(py, values.into_iter().collect())
}

/// An array of rows and columns.
pub(crate) fn matrix<T: Element>(
    py: Python<'_>,
    values: Vec<T>,
    (n_rows, n_columns): (usize, usize),
) -> PyResult<Bound<'_, PyArray2<T>>> {
    PyArray1::from_vec(py, values).reshape([n_rows, n_columns])
}

/// An array of images.
pub(crate) fn stack<'py, T: Element>(
    py: Python<'py>,
    values: Vec<T>,
    n_images: usize,
    raster: &Raster,
) -> PyResult<Bound<'py, PyArray3<T>>> {
    let (height, width) = shape(raster);
    PyArray1::from_vec(py, values).reshape([n_images, height, width])
}

/// Height and width of an image.
pub(crate) fn shape(raster: &Raster) -> (usize, usize) {
    (raster.height as usize, raster.width as usize)
}

/// A value of each pixel over the bounding box, `otherwise` where there is no spectrum; row-major.
pub(crate) fn over_places<T: Copy>(raster: &Raster, pixels: &[T], otherwise: T) -> Vec<T> {
    let (height, width) = shape(raster);
    let mut values = vec![otherwise; height * width];
    for (&place, &value) in raster.places.iter().zip(pixels) {
        values[place as usize] = value;
    }
    values
}
