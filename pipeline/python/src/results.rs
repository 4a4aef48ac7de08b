//! A results folder: tables, images, regions, and which ions lie together.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use coloc::features::Features;
use coloc::measures::Measure;
use coloc::pairs::scores_of;
use coloc::prepare::PreparationPreset;
use coloc::rank::PartnerLimits;
use metaspace_explore::arrays::{image_stack, place_matrix, read_first_images, read_images};
use metaspace_explore::coloc::{Colocated, PartnerList, find_ion, partner_list};
use metaspace_explore::normalize::{Normalization, UnknownNormalization};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_render::colormap::{Colormap, UnknownColormap};
use metaspace_render::scale::Scale;
use metaspace_render::{Tone, dense};
use metaspace_report::figure::{FigureOptions, OPACITY, OpticalLayer, draw};
use metaspace_report::options::ReportOptions;
use metaspace_report::write_report;
use metaspace_results::record::RunRecord;
use metaspace_results::regions::RegionSet;
use metaspace_results::{
    AnnotationFilter, AnnotationTable, ImageTable, ParquetFile, ResultsError, SortOrder,
    StoredAnnotation, StoredPixels, check_results, read_pixels,
};
use metaspace_run::fetch::fetch_results;
use metaspace_storage::Location;
use ms_core::progress::{Progress, Silent};
use numpy::{PyArray2, PyArray3};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tempfile::TempDir;

use crate::arrays::{matrix, over_places, shape, stack};
use crate::error::CallError;
use crate::optical::{
    CenteredPixels, OpticalPixels, PointPair, centered_pixels, optical_pixels, optical_place_of,
    place,
};
use crate::table::Table;
use crate::watch::watched;

/// A results folder. Tables are read when they are asked for, and kept that many calls need.
#[pyclass(frozen, module = "metaspace._native")]
pub(crate) struct Results {
    folder: PathBuf,
    location: PathBuf,
    record: RunRecord,
    annotations: OnceLock<AnnotationTable>,
    images: OnceLock<ImageTable>,
    pixels: OnceLock<StoredPixels>,
    /// Where the files of results in S3 are, as long as somebody asks.
    _fetched: Option<TempDir>,
}

/// What a cell holds, or what is read into it now. Two threads may both read; one of them is kept.
fn kept<T>(
    cell: &OnceLock<T>,
    read: impl FnOnce() -> Result<T, ResultsError>,
) -> Result<&T, CallError> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = read()?;
    Ok(cell.get_or_init(|| value))
}

impl Results {
    fn open(location: PathBuf, progress: &dyn Progress) -> Result<Self, CallError> {
        let place = Location::of(&location)?;
        let fetched = if place.is_object() {
            let room = tempfile::tempdir().map_err(FileError::at("make", std::env::temp_dir()))?;
            fetch_results(&place, room.path(), progress)?;
            Some(room)
        } else {
            None
        };
        let folder = fetched
            .as_ref()
            .map_or_else(|| location.clone(), |room| room.path().to_owned());
        check_results(&folder)?;
        Ok(Self {
            record: RunRecord::read(&folder)?,
            folder,
            location,
            annotations: OnceLock::new(),
            images: OnceLock::new(),
            pixels: OnceLock::new(),
            _fetched: fetched,
        })
    }

    fn rows(&self) -> Result<&[StoredAnnotation], CallError> {
        Ok(&self.annotation_table()?.rows)
    }

    fn annotation_table(&self) -> Result<&AnnotationTable, CallError> {
        kept(&self.annotations, || AnnotationTable::read(&self.folder))
    }

    fn image_table(&self) -> Result<&ImageTable, CallError> {
        kept(&self.images, || ImageTable::open(&self.folder))
    }

    fn stored_pixels(&self) -> Result<&StoredPixels, CallError> {
        kept(&self.pixels, || read_pixels(&self.folder))
    }

    /// Formulas of the ions of some rows.
    fn formulas(&self, rows: &[usize]) -> PyResult<Vec<&str>> {
        let all = self.rows()?;
        let formula = |&row: &usize| {
            let found = all.get(row).map(|found| found.ion_formula.as_str());
            found.ok_or_else(|| {
                PyIndexError::new_err(format!("row {row} of {} annotations", all.len()))
            })
        };
        rows.iter().map(formula).collect()
    }

    fn colocated(
        &self,
        fdr: f64,
        ion: Option<&str>,
        by: &Normalization,
    ) -> Result<Colocated, CallError> {
        if !(0.0..=1.0).contains(&fdr) {
            let reason = format!("must lie between 0 and 1, not {fdr}");
            return Err(OptionError::new("--fdr", reason).into());
        }
        Ok(Colocated::read(&self.folder, fdr, ion, by)?)
    }
}

/// The measure of a name, or the default.
fn measure_of(name: Option<&str>) -> Result<Measure, CallError> {
    Ok(name.map(str::parse).transpose()?.unwrap_or_default())
}

/// What intensities are divided by before they are compared.
fn normalization_of(text: &str) -> Result<Normalization, CallError> {
    let wrong = |error: UnknownNormalization| OptionError::new("normalize", error.to_string());
    Ok(text.parse().map_err(wrong)?)
}

/// The colours of a name, or the usual ones.
fn colormap_of(name: Option<&str>) -> Result<Colormap, CallError> {
    let wrong = |error: UnknownColormap| OptionError::new("colormap", error.to_string());
    Ok(name
        .map_or(Ok(Colormap::default()), str::parse)
        .map_err(wrong)?)
}

/// The scale of a name, or the usual one.
fn scale_of(name: Option<&str>) -> Result<Scale, CallError> {
    match name {
        None | Some("linear") => Ok(Scale::Linear),
        Some("sqrt") => Ok(Scale::Sqrt),
        Some("log") => Ok(Scale::Log),
        Some("rank") => Ok(Scale::Rank),
        Some(other) => {
            let reason = format!("`{other}` is none of linear, sqrt, log and rank");
            Err(OptionError::new("scale", reason).into())
        }
    }
}

/// How images are made ready that are compared.
fn preparation(is_metaspace: bool) -> PreparationPreset {
    if is_metaspace {
        PreparationPreset::Metaspace
    } else {
        PreparationPreset::Default
    }
}

#[pymethods]
impl Results {
    #[new]
    fn new(py: Python<'_>, location: PathBuf) -> PyResult<Self> {
        if Location::of(&location).is_ok_and(|place| place.is_object()) {
            return watched(py, None, None, Some(1), |progress| {
                Self::open(location, progress)
            });
        }
        Ok(py.detach(|| Self::open(location, &Silent))?)
    }

    /// Where the results are, as it was given.
    #[getter]
    fn location(&self) -> OsString {
        self.location.clone().into_os_string()
    }

    /// The folder of this machine that is read.
    #[getter]
    fn folder(&self) -> OsString {
        self.folder.clone().into_os_string()
    }

    /// `run.json`.
    #[getter]
    fn record(&self) -> PyResult<String> {
        Ok(serde_json::to_string(&self.record).map_err(CallError::Json)?)
    }

    /// Height and width of an image in pixels.
    #[getter]
    fn shape(&self) -> PyResult<(usize, usize)> {
        Ok(shape(&self.stored_pixels()?.raster))
    }

    /// A table of the folder, by the name of its file without `.parquet`.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        let path = self.folder.join(format!("{name}.parquet"));
        let read = || Ok::<_, CallError>(ParquetFile::open(&path)?.batches()?);
        Ok(Table::new(py.detach(read)?))
    }

    /// Rows of the annotations that a filter takes, in an order such as `-msm`.
    #[pyo3(signature = (
        fdr=None, database=None, text=None, adduct=None, molecule_class=None, mz_min=None, mz_max=None,
        msm_min=None, on_sample=false, order=None
    ))]
    fn select(
        &self,
        fdr: Option<f64>,
        database: Option<String>,
        text: Option<String>,
        adduct: Option<String>,
        molecule_class: Option<String>,
        mz_min: Option<f64>,
        mz_max: Option<f64>,
        msm_min: Option<f64>,
        on_sample: bool,
        order: Option<&str>,
    ) -> PyResult<Vec<usize>> {
        let filter = AnnotationFilter {
            fdr,
            text,
            adduct,
            database,
            class: molecule_class,
            mz_min,
            mz_max,
            msm_min,
            is_on_sample: on_sample,
        };
        let order: SortOrder = order
            .unwrap_or("rank")
            .parse()
            .map_err(|reason| CallError::from(OptionError::new("order", reason)))?;
        Ok(self.annotation_table()?.select(&filter, order))
    }

    /// Some rows of a table, in the order that is given.
    fn rows_of(&self, py: Python<'_>, name: &str, rows: Vec<usize>) -> PyResult<Table> {
        let table = self.table(py, name)?;
        let n_rows = table.n_rows();
        if let Some(row) = rows.iter().find(|row| **row >= n_rows) {
            return Err(PyIndexError::new_err(format!("row {row} of {n_rows}")));
        }
        Ok(table.take(&rows)?)
    }

    /// Row of the annotation that a text names.
    fn find(&self, text: &str) -> PyResult<usize> {
        let rows = self.rows()?;
        let found = find_ion(rows, text).map_err(CallError::from)?;
        let is_it = |row: &StoredAnnotation| std::ptr::eq(row, found);
        Ok(rows.iter().position(is_it).unwrap_or_default())
    }

    /// Isotopes that ions have images of.
    #[getter]
    fn n_isotopes(&self) -> PyResult<u8> {
        Ok(self.image_table()?.n_isotopes())
    }

    /// An isotopic image of the annotation of a row: height × width, NaN where there is no spectrum;
    /// nothing if the pattern has no such isotope.
    fn image<'py>(
        &self,
        py: Python<'py>,
        row: usize,
        isotope: u8,
    ) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        let formula = self.formulas(&[row])?[0];
        let raster = &self.stored_pixels()?.raster;
        let table = self.image_table()?;
        let image = py
            .detach(|| table.image(formula, isotope))
            .map_err(CallError::from)?;
        let array = image.map(|image| matrix(py, dense(raster, &image), shape(raster)));
        array.transpose()
    }

    /// An isotopic image of each of some rows: n × height × width, NaN where there is no spectrum.
    fn images<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<usize>,
        isotope: u8,
    ) -> PyResult<Bound<'py, PyArray3<f32>>> {
        let formulas = self.formulas(&rows)?;
        let raster = &self.stored_pixels()?.raster;
        let values = watched(py, None, None, None, |progress| {
            let images = if isotope == 0 {
                read_first_images(&self.folder, &formulas, progress)?
            } else {
                read_images(self.image_table()?, &formulas, isotope, progress)?
            };
            Ok::<_, CallError>(image_stack(&images, raster))
        })?;
        stack(py, values, rows.len(), raster)
    }

    /// First images of some rows as a matrix: a row for each place of the bounding box, a column for
    /// each ion, 0 where there is no signal or no spectrum.
    fn matrix<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let formulas = self.formulas(&rows)?;
        let raster = &self.stored_pixels()?.raster;
        let values = watched(py, None, None, None, |progress| {
            let images = read_first_images(&self.folder, &formulas, progress)?;
            Ok::<_, CallError>(place_matrix(&images, raster))
        })?;
        let (height, width) = shape(raster);
        matrix(py, values, (height * width, rows.len()))
    }

    /// Total ion current of each pixel: height × width, NaN where there is no spectrum.
    fn tic<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let pixels = self.stored_pixels()?;
        let values = over_places(&pixels.raster, &pixels.tic, f64::NAN);
        matrix(py, values, shape(&pixels.raster))
    }

    /// Where there is a spectrum: height × width.
    fn measured<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<bool>>> {
        let raster = &self.stored_pixels()?.raster;
        let values = over_places(raster, &vec![true; raster.n_pixels()], false);
        matrix(py, values, shape(raster))
    }

    /// Regions that were drawn, by name: height × width each.
    fn regions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let raster = &self.stored_pixels()?.raster;
        let set = RegionSet::read(&self.folder).map_err(CallError::from)?;
        let regions = PyDict::new(py);
        for (name, mask) in set.masks(raster) {
            let values = over_places(raster, &mask, false);
            regions.set_item(name, matrix(py, values, shape(raster))?)?;
        }
        Ok(regions)
    }

    /// The ions that lie where one lies: `ion`, `score`, `fdr` and `moleculeNames`, best first.
    #[pyo3(signature = (
        ion, fdr, measure=None, is_metaspace=false, n_best=None, min_score=None, normalize="none"
    ))]
    fn partners(
        &self,
        py: Python<'_>,
        ion: &str,
        fdr: f64,
        measure: Option<&str>,
        is_metaspace: bool,
        n_best: Option<usize>,
        min_score: Option<f32>,
        normalize: &str,
    ) -> PyResult<Table> {
        let (measure, by) = (measure_of(measure)?, normalization_of(normalize)?);
        let preset = preparation(is_metaspace);
        let limits = PartnerLimits {
            n_best: n_best.unwrap_or(metaspace_explore::options::N_PARTNERS),
            min_score: min_score.unwrap_or(metaspace_explore::options::MIN_SCORE),
        };
        let name = find_ion(self.rows()?, ion)
            .map_err(CallError::from)?
            .ion
            .clone();
        let list = watched(py, None, None, None, |_| {
            let found = self.colocated(fdr, Some(&name), &by)?;
            let place = found.ions.iter().position(|ion| ion.ion == name);
            let place = place.unwrap_or_default();
            let features = Features::new(&found.images, measure, preset);
            let scores = scores_of(&features, place);
            Ok::<_, CallError>(partner_list(
                &found,
                &features,
                (place, &scores),
                fdr,
                limits,
            ))
        })?;
        Ok(Table::of(partner_table(&list).map_err(CallError::from)?))
    }

    /// Names of the ions up to an FDR, and the scores of all pairs: n × n.
    #[pyo3(signature = (fdr, measure=None, is_metaspace=false, normalize="none"))]
    fn pair_scores<'py>(
        &self,
        py: Python<'py>,
        fdr: f64,
        measure: Option<&str>,
        is_metaspace: bool,
        normalize: &str,
    ) -> PyResult<(Vec<String>, Bound<'py, PyArray2<f32>>)> {
        let (measure, by) = (measure_of(measure)?, normalization_of(normalize)?);
        let preset = preparation(is_metaspace);
        let (names, scores) = watched(py, None, None, None, |_| {
            let found = self.colocated(fdr, None, &by)?;
            let names: Vec<String> = found.ions.iter().map(|ion| ion.ion.clone()).collect();
            Ok::<_, CallError>((names, found.scores(measure, preset)))
        })?;
        let n = names.len();
        let values: Vec<f32> = scores.iter().copied().collect();
        Ok((names, matrix(py, values, (n, n))?))
    }

    /// The optical image beside the results: its name, its pixels and two rows of three numbers that
    /// place these; or nothing.
    fn optical<'py>(&self, py: Python<'py>) -> PyResult<Option<OpticalPixels<'py>>> {
        optical_pixels(py, &self.folder)
    }

    /// The optical image on the raster of the ion images, as squidpy draws it: its pixels, and how many of
    /// them a pixel is wide; or nothing.
    fn centered_optical<'py>(&self, py: Python<'py>) -> PyResult<Option<CenteredPixels<'py>>> {
        centered_pixels(py, &self.folder, &self.stored_pixels()?.raster)
    }

    /// Puts a picture beside the results, or places the one that is there.
    #[pyo3(signature = (picture=None, placement=None, points=None))]
    fn place_optical(
        &self,
        py: Python<'_>,
        picture: Option<PathBuf>,
        placement: Option<[f64; 6]>,
        points: Option<Vec<PointPair>>,
    ) -> PyResult<()> {
        place(py, &self.folder, picture.as_deref(), placement, points)
    }

    /// Draws a figure; returns the ions in it, and its width and height in mm.
    #[pyo3(signature = (
        out, ions=Vec::new(), fdr=None, n_best=None, composite=false, one_scale=false, columns=None,
        width_mm=None, dpi=None, title=None, colormap=None, scale=None, hotspot=None, normalize="none",
        pixel_size=None, regions=Vec::new(), spectrum=false, optical=None, opacity=None, force=false
    ))]
    #[expect(clippy::fn_params_excessive_bools, reason = "keywords of Python")]
    fn figure(
        &self,
        py: Python<'_>,
        out: PathBuf,
        ions: Vec<String>,
        fdr: Option<f64>,
        n_best: Option<usize>,
        composite: bool,
        one_scale: bool,
        columns: Option<usize>,
        width_mm: Option<f64>,
        dpi: Option<f64>,
        title: Option<String>,
        colormap: Option<&str>,
        scale: Option<&str>,
        hotspot: Option<f64>,
        normalize: &str,
        pixel_size: Option<f64>,
        regions: Vec<String>,
        spectrum: bool,
        optical: Option<&str>,
        opacity: Option<f64>,
        force: bool,
    ) -> PyResult<(Vec<String>, (f64, f64))> {
        let otherwise = FigureOptions::default();
        let options = FigureOptions {
            ions,
            fdr: fdr.unwrap_or(otherwise.fdr),
            n_best: n_best.unwrap_or(otherwise.n_best),
            is_composite: composite,
            is_one_scale: one_scale,
            columns,
            width_mm: width_mm.unwrap_or(otherwise.width_mm),
            dpi: dpi.unwrap_or(otherwise.dpi),
            title,
            colormap: colormap_of(colormap)?,
            tone: Tone {
                scale: scale_of(scale)?,
                hotspot: hotspot.unwrap_or(otherwise.tone.hotspot),
            },
            normalize: normalization_of(normalize)?,
            pixel_size_um: pixel_size,
            regions,
            has_spectrum: spectrum,
            optical: match optical {
                Some(name) => Some(OpticalLayer {
                    place: optical_place_of(name)?,
                    opacity: opacity.unwrap_or(OPACITY),
                }),
                None => None,
            },
        };
        let drawn = watched(py, None, None, None, |_| {
            draw(&self.folder, &out, &options, force).map_err(CallError::from)
        })?;
        Ok((drawn.ions, drawn.size_mm))
    }

    /// Writes the report; returns where it is.
    #[pyo3(signature = (
        out=None, fdr=None, max_rows=None, best=None, ion=Vec::new(), pixel_size=None, progress=None
    ))]
    fn report<'py>(
        &self,
        py: Python<'py>,
        out: Option<PathBuf>,
        fdr: Option<f64>,
        max_rows: Option<usize>,
        best: Option<usize>,
        ion: Vec<String>,
        pixel_size: Option<f64>,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<OsString> {
        let otherwise = ReportOptions::default();
        let options = ReportOptions {
            fdr: fdr.unwrap_or(otherwise.fdr),
            max_rows: max_rows.unwrap_or(otherwise.max_rows),
            best: best.unwrap_or(otherwise.best),
            ion,
            pixel_size_um: pixel_size,
            out,
            ..otherwise
        };
        options.check().map_err(CallError::from)?;
        let written = watched(py, progress, None, None, |progress| {
            write_report(&self.folder, &options, progress)
        })?;
        Ok(written.path.into_os_string())
    }
}

/// Partners as a table.
fn partner_table(list: &PartnerList) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let mut names = ListBuilder::new(StringBuilder::new());
    for partner in &list.partners {
        names.append_value(partner.molecule_names.iter().map(Some));
    }
    let partners = || list.partners.iter();
    let ions = StringArray::from_iter_values(partners().map(|partner| &partner.ion));
    let scores = Float64Array::from_iter_values(partners().map(|partner| partner.score));
    let fdrs = Float64Array::from_iter_values(partners().map(|partner| partner.fdr));
    let columns: [(&str, ArrayRef); 4] = [
        ("ion", Arc::new(ions)),
        ("score", Arc::new(scores)),
        ("fdr", Arc::new(fdrs)),
        ("moleculeNames", Arc::new(names.finish())),
    ];
    RecordBatch::try_from_iter(columns)
}
