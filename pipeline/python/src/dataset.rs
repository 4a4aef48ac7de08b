//! A dataset: pixels, spectra, and images of any m/z.

use std::path::PathBuf;

use metaspace_explore::arrays::image_stack;
use metaspace_explore::mean_spectra::{ChosenPixels, mean_of_dataset};
use metaspace_explore::mz_images::MzImages;
use metaspace_explore::mz_list::windows_of;
use metaspace_explore::normalize::Factors;
use metaspace_explore::pixel_spectra::read_spectrum;
use metaspace_machine::environment::memory;
use metaspace_machine::files::TemporaryFile;
use metaspace_run::dataset::open;
use ms_core::bytes::Scratch;
use ms_core::imzml::Dataset as OpenDataset;
use ms_core::spectra::BuildOptions;
use ms_core::tolerance::{Ppm, Window};
use numpy::{PyArray1, PyArray2, PyArray3};
use pyo3::prelude::*;

use crate::arrays::{matrix, numbers, over_places, shape, stack};
use crate::error::CallError;
use crate::options::read_options;
use crate::watch::watched;

/// Share of the memory that is used while spectra are read: the rest is for images.
const SHARE_OF_BUFFERS: u64 = 4;

/// m/z and intensities of a spectrum.
type Spectrum<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f32>>);

/// m/z, mean intensities and numbers of peaks of the bins of a mean spectrum.
type MeanSpectrum<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u64>>,
);

/// An imzML with its ibd. Profile spectra are read as peaks.
#[pyclass(frozen, module = "metaspace._native")]
pub(crate) struct Dataset {
    dataset: OpenDataset,
}

#[pymethods]
impl Dataset {
    /// Opens a dataset, with options of an annotation as JSON.
    #[new]
    fn new(py: Python<'_>, imzml: PathBuf, options: &str) -> PyResult<Self> {
        let options = read_options(options)?;
        let (dataset, _) = watched(py, None, None, options.threads, |progress| {
            open(&imzml, &options, progress)
        })?;
        Ok(Self { dataset })
    }

    /// Name of the imzML.
    #[getter]
    fn imzml(&self) -> &str {
        &self.dataset.names.imzml
    }

    /// Name of the ibd.
    #[getter]
    fn ibd(&self) -> &str {
        &self.dataset.names.ibd
    }

    /// Height and width of an image in pixels.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        shape(&self.dataset.pixels.raster)
    }

    /// Pixels that have a spectrum.
    #[getter]
    fn n_pixels(&self) -> usize {
        self.dataset.pixels.raster.n_pixels()
    }

    /// Spectra of the file.
    #[getter]
    fn n_spectra(&self) -> usize {
        self.dataset.spectra.len()
    }

    /// `positive`, `negative`, or nothing where the file does not say.
    #[getter]
    fn polarity(&self) -> Option<String> {
        let polarity = self.dataset.header.polarity;
        polarity.map(|polarity| polarity.to_string())
    }

    /// Width and height of a pixel in µm, where the file says.
    #[getter]
    fn pixel_size(&self) -> Option<(f64, f64)> {
        self.dataset.header.pixel_size_um
    }

    /// Whether peaks are picked from profile spectra.
    #[getter]
    fn is_profile(&self) -> bool {
        self.dataset.picking.is_some()
    }

    /// Column and row of each pixel that has a spectrum, from 0, in raster order: n × 2.
    fn pixels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let raster = &self.dataset.pixels.raster;
        let positions = raster.pixels().map(|pixel| raster.position(pixel));
        let values: Vec<u32> = positions.flat_map(|(x, y)| [x, y]).collect();
        matrix(py, values, (raster.n_pixels(), 2))
    }

    /// Where there is a spectrum: height × width.
    fn measured<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<bool>>> {
        let raster = &self.dataset.pixels.raster;
        let values = over_places(raster, &vec![true; raster.n_pixels()], false);
        matrix(py, values, shape(raster))
    }

    /// The spectrum at a column and row, from 0.
    fn spectrum<'py>(&self, py: Python<'py>, x: u32, y: u32) -> PyResult<Spectrum<'py>> {
        let read = || read_spectrum(&self.dataset, x, y);
        let spectrum = py.detach(read).map_err(CallError::from)?;
        Ok((
            PyArray1::from_vec(py, spectrum.mzs),
            PyArray1::from_vec(py, spectrum.intensities),
        ))
    }

    /// The mean of all spectra, in bins of m/z.
    fn mean_spectrum<'py>(&self, py: Python<'py>) -> PyResult<MeanSpectrum<'py>> {
        let all = vec![true; self.n_pixels()];
        let chosen = ChosenPixels {
            mask: &all,
            factors: &Factors::default(),
        };
        let peaks = watched(py, None, None, Some(1), |progress| {
            mean_of_dataset(&self.dataset, chosen, progress).map_err(CallError::from)
        })?;
        Ok((
            numbers(py, peaks.iter().map(|peak| peak.mz)),
            numbers(py, peaks.iter().map(|peak| peak.intensity)),
            PyArray1::from_vec(py, peaks.iter().map(|peak| peak.n_peaks).collect()),
        ))
    }

    /// Images of m/z within a tolerance: n × height × width, NaN where there is no spectrum. The spectra
    /// are read once for all of them.
    #[pyo3(signature = (mzs, ppm, threads=None, progress=None))]
    fn images<'py>(
        &self,
        py: Python<'py>,
        mzs: Vec<f64>,
        ppm: f64,
        threads: Option<usize>,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray3<f32>>> {
        let named = windows_of(&mzs, Ppm(ppm)).map_err(CallError::from)?;
        let windows: Vec<Window> = named.iter().map(|named| named.window).collect();
        let allowed = memory(None).map_err(CallError::from)?;
        let scratch = |needed: u64| -> std::io::Result<Box<dyn Scratch>> {
            let folder = std::env::temp_dir();
            Ok(Box::new(TemporaryFile::with_room(&folder, needed)?))
        };
        let options = BuildOptions {
            memory_bytes: allowed,
            buffer_bytes: allowed / SHARE_OF_BUFFERS,
            scratch: &scratch,
        };
        let raster = &self.dataset.pixels.raster;
        let values = watched(py, progress, None, threads, |progress| {
            let found = MzImages::of_dataset(&self.dataset, &windows, &options, progress)?;
            let mut images = Vec::with_capacity(windows.len());
            found.for_each(&windows, progress, |_, image| {
                images.push(image);
                Ok::<_, CallError>(())
            })?;
            Ok::<_, CallError>(image_stack(&images, raster))
        })?;
        stack(py, values, mzs.len(), raster)
    }
}
