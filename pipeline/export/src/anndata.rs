//! AnnData: pixels × ions with what is known of both, as `anndata` reads it from Zarr.

use std::path::Path;

use metaspace_explore::optical::{CENTERED_ZOOM, RegisteredPicture, centered, picture_of};
use metaspace_explore::regions::{Region, regions};
use metaspace_machine::error::OptionError;
use metaspace_results::optical::OpticalImage;
use metaspace_results::record::RunRecord;
use metaspace_results::{StoredPixels, read_pixels, read_tissue};
use ms_core::progress::Progress;
use serde_json::{Value, json};

use crate::Exported;
use crate::destination::NewZarr;
use crate::error::ExportError;
use crate::intensities::Intensities;
use crate::ions::{ExportedIon, read_exported_ions};
use crate::options::{ExportOptions, has_extension};
use crate::zarr::{Element, Group};

/// Ions of a chunk of intensities, at most.
const IONS_OF_CHUNK: usize = 64;
/// Pixels of a chunk of intensities, at most.
const PIXELS_OF_CHUNK: usize = 1 << 14;
/// Bytes of the intensities that are rearranged at once, about.
const BLOCK_BYTES: usize = 256 << 20;

/// What is exported of a results folder, read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) record: RunRecord,
    pub(crate) pixels: StoredPixels,
    is_tissue: Option<Vec<bool>>,
    /// The optical image on the raster, if there is one.
    optical: Option<RegisteredPicture>,
    pub(crate) ions: Vec<ExportedIon>,
    regions: Vec<Region>,
    intensities: Intensities,
}

/// Names that depend on what the table is for.
#[derive(Debug)]
pub(crate) struct TableNames<'a> {
    /// Name of the index of pixels.
    pub(crate) obs_index: &'a str,
    /// Attributes of the table besides those of AnnData.
    pub(crate) attributes: Value,
    /// The element that rows belong to, where they belong to one.
    pub(crate) element: Option<&'a str>,
}

/// Column that names the element a row belongs to.
pub(crate) const REGION_KEY: &str = "region";
/// Column that has the number of a row in its element.
pub(crate) const INSTANCE_KEY: &str = "instance_id";

/// Writes AnnData as a Zarr group of version 3.
///
/// `X` is pixels × ions, `f32`, the first isotopic image of each ion, 0 where it has no peak; pixels are
/// those that have a spectrum, in raster order. `obs`, `var`, `obsm["spatial"]` and `uns["metaspace"]`
/// have the names that METASPACE's converter gives them; `docs/guide/export.md` lists them.
///
/// # Errors
/// The path does not end with `.zarr`, exists and is not to be overwritten, there is no ion, a region is
/// not there, a table cannot be read or written, or `progress` says to stop.
///
/// # Source
/// AnnData on-disk format, encodings of 2021 (`anndata` 0.1.0, `dataframe` 0.2.0).
pub fn write_anndata(
    results: &Path,
    path: &Path,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    check_extension("--anndata", path)?;
    let target = NewZarr::start(path, options.force)?;
    let source = Source::read(results, options)?;
    let names = TableNames {
        obs_index: "ion_image_pixel",
        attributes: json!({}),
        element: None,
    };
    source.write_table(target.folder(), &names, options, progress)?;
    source.exported(path, target)
}

/// Makes sure that a path is one of Zarr.
///
/// # Errors
/// It is not.
pub(crate) fn check_extension(option: &'static str, path: &Path) -> Result<(), ExportError> {
    if has_extension(path, "zarr") {
        return Ok(());
    }
    let reason = if has_extension(path, "h5ad") {
        format!(
            "cannot write HDF5 (`{}`); name a folder that ends with .zarr, and if a program needs \
             .h5ad, `anndata.read_zarr(\"x.zarr\").write_h5ad(\"x.h5ad\")` makes it in Python",
            path.display()
        )
    } else {
        format!("must end with .zarr, not `{}`", path.display())
    };
    Err(OptionError::new(option, reason).into())
}

impl Source {
    /// Reads a results folder but for its images.
    ///
    /// # Errors
    /// As [`write_anndata`].
    pub(crate) fn read(results: &Path, options: &ExportOptions) -> Result<Self, ExportError> {
        options.check()?;
        let record = RunRecord::read(results)?;
        let pixels = read_pixels(results)?;
        let ions = read_exported_ions(results, options.fdr)?;
        let mut found = Vec::new();
        for region in &options.regions {
            found.extend(regions(results, region, &pixels.raster)?);
        }
        let intensities = Intensities::open(results, &ions, &pixels, options)?;
        Ok(Self {
            optical: match OpticalImage::read(results)? {
                Some(optical) => {
                    let picture = picture_of(results, &optical)?;
                    Some(centered(&picture, &optical, &pixels.raster))
                }
                None => None,
            },
            is_tissue: read_tissue(results)?,
            regions: found,
            record,
            pixels,
            ions,
            intensities,
        })
    }

    /// Gives what was written its name.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(crate) fn exported(&self, path: &Path, target: NewZarr) -> Result<Exported, ExportError> {
        Ok(Exported {
            path: path.into(),
            n_ions: self.ions.len(),
            n_rows: self.pixels.raster.n_pixels(),
            n_bytes: target.finish()?,
        })
    }

    /// Writes the table to a folder.
    ///
    /// # Errors
    /// A table cannot be read or written, or `progress` says to stop.
    pub(crate) fn write_table(
        &self,
        folder: &Path,
        names: &TableNames<'_>,
        options: &ExportOptions,
        progress: &dyn Progress,
    ) -> Result<(), ExportError> {
        let mut attributes = encoding("anndata", "0.1.0");
        add(&mut attributes, &names.attributes);
        let table = Group::create(folder, &attributes)?;
        for name in ["layers", "obsp", "varm", "varp"] {
            table.group(name, &dict())?;
        }
        self.write_x(&table, progress)?;
        self.write_obs(&table, names)?;
        self.write_var(&table)?;
        self.write_positions(&table)?;
        let uns = table.group("uns", &dict())?;
        write_value(&uns, "metaspace", &self.about(options))?;
        // SpatialData has the picture as an image of its own.
        if let Some(optical) = self.optical.as_ref().filter(|_| names.element.is_none()) {
            let spatial = uns.group("spatial", &dict())?.group("metaspace", &dict())?;
            // A pixel is as wide as its picture has points.
            let scales = json!({
                "tissue_hires_scalef": f64::from(CENTERED_ZOOM), "spot_diameter_fullres": 1.0,
            });
            write_value(&spatial, "scalefactors", &scales)?;
            let images = spatial.group("images", &dict())?;
            let shape = [optical.height as usize, optical.width as usize, 3];
            images.array("hires", &shape, &optical.rgb, &encoding("array", "0.2.0"))?;
        }
        if let Some(element) = names.element {
            let keys = json!({
                "region": element, "region_key": REGION_KEY, "instance_key": INSTANCE_KEY,
            });
            write_value(&uns, "spatialdata_attrs", &keys)?;
        }
        Ok(())
    }

    fn write_x(&self, table: &Group, progress: &dyn Progress) -> Result<(), ExportError> {
        let (n_pixels, n_ions) = (self.intensities.n_pixels(), self.intensities.n_ions());
        let of_block = BLOCK_BYTES / (n_pixels.max(1) * size_of::<f32>());
        let width = of_block.clamp(1, IONS_OF_CHUNK).min(n_ions);
        let height = PIXELS_OF_CHUNK.min(n_pixels.max(1));
        let shape = [n_pixels, n_ions];
        let array = table.matrix("X", shape, [height, width], &encoding("array", "0.2.0"))?;
        progress.begin("writing ions", n_ions as u64);
        self.intensities
            .for_each_block(width, progress, |ions, values| {
                let column = ions.start / width;
                for (row, of_chunk) in values.chunks(height * ions.len()).enumerate() {
                    let mut bytes = Vec::with_capacity(height * width * size_of::<f32>());
                    for of_pixel in of_chunk.chunks_exact(ions.len()) {
                        for value in of_pixel {
                            value.write(&mut bytes);
                        }
                        // The last chunks are as wide and high as the others.
                        bytes.resize(bytes.len() + (width - ions.len()) * size_of::<f32>(), 0);
                    }
                    bytes.resize(height * width * size_of::<f32>(), 0);
                    array.write_chunk(&[row, column], &bytes)?;
                }
                Ok(())
            })
    }

    fn write_obs(&self, table: &Group, names: &TableNames<'_>) -> Result<(), ExportError> {
        let raster = &self.pixels.raster;
        let n_pixels = raster.n_pixels();
        let numbers: Vec<String> = (0..n_pixels).map(|pixel| pixel.to_string()).collect();
        let mut frame = Frame::default();
        let of_places = |of: &dyn Fn(u32) -> u32| -> Vec<i64> {
            let places = raster.places.iter();
            places.map(|place| i64::from(of(*place))).collect()
        };
        let (width, height) = (raster.width, raster.height);
        frame.integers("ion_image_shape_y", vec![height.into(); n_pixels]);
        frame.integers("ion_image_shape_x", vec![width.into(); n_pixels]);
        frame.integers("ion_image_pixel_y", of_places(&|place| place / width));
        frame.integers("ion_image_pixel_x", of_places(&|place| place % width));
        frame.numbers("tic", self.pixels.tic.clone());
        frame.numbers("rms", self.pixels.rms.clone());
        let n_peaks = self.pixels.n_peaks.iter();
        frame.integers("nPeaks", n_peaks.map(|n| i64::from(*n)).collect());
        if let Some(is_tissue) = &self.is_tissue {
            frame.flags("isTissue", is_tissue.clone());
        }
        for region in &self.regions {
            // A name is a path in the group.
            let name = format!("in_{}", region.name.replace('/', "_"));
            frame.flags(&name, region.mask.clone());
        }
        if let Some(element) = names.element {
            frame.integers(INSTANCE_KEY, (0..).take(n_pixels).collect());
            frame.category(REGION_KEY, element);
        }
        frame.write(table, "obs", names.obs_index, &numbers)
    }

    fn write_var(&self, table: &Group) -> Result<(), ExportError> {
        let index: Vec<String> = self.ions.iter().map(ExportedIon::formula_adduct).collect();
        let rows = || self.ions.iter().map(|ion| &ion.annotation);
        let mut frame = Frame::default();
        frame.texts("formula", rows().map(|row| row.formula.clone()).collect());
        frame.texts("adduct", rows().map(|row| row.adduct.clone()).collect());
        frame.texts("ion", rows().map(|row| row.ion.clone()).collect());
        frame.texts(
            "ionFormula",
            rows().map(|row| row.ion_formula.clone()).collect(),
        );
        frame.texts("database", rows().map(|row| row.database.clone()).collect());
        frame.numbers("mz", rows().map(|row| row.mz).collect());
        frame.numbers("msm", rows().map(|row| row.msm).collect());
        frame.numbers("rhoSpatial", rows().map(|row| row.rho_spatial).collect());
        frame.numbers("rhoSpectral", rows().map(|row| row.rho_spectral).collect());
        frame.numbers("moc", rows().map(|row| row.rho_chaos).collect());
        frame.numbers("score", rows().map(|row| row.score).collect());
        frame.numbers("fdr", rows().map(|row| row.fdr).collect());
        frame.numbers("pep", rows().map(|row| row.pep).collect());
        let off_sample = rows().map(|row| row.off_sample.unwrap_or(f64::NAN));
        frame.numbers("offSample", off_sample.collect());
        let matrix_ion = rows().map(|row| row.matrix_ion.clone().unwrap_or_default());
        frame.texts("matrixIon", matrix_ion.collect());
        frame.numbers("mzErrPpm", rows().map(|row| row.mz_err_ppm).collect());
        frame.integers("nPixels", rows().map(|row| row.n_pixels.into()).collect());
        frame.numbers("intensity", rows().map(|row| row.max_intensity).collect());
        let totals = rows().map(|row| row.total_intensity);
        frame.numbers("totalIntensity", totals.collect());
        let lists: [(&str, ListOf); 5] = [
            ("moleculeNames", |ion| &ion.annotation.molecule_names),
            ("moleculeIds", |ion| &ion.annotation.molecule_ids),
            ("moleculeClasses", |ion| &ion.annotation.molecule_classes),
            ("isomers", |ion| &ion.annotation.isomers),
            ("isobars", |ion| &ion.annotation.isobars),
        ];
        for (name, of) in lists {
            let texts = self.ions.iter().map(|ion| json!(of(ion)).to_string());
            frame.texts(name, texts.collect());
        }
        frame.write(table, "var", "formula_adduct", &index)
    }

    /// Column and row of each pixel, in pixels.
    fn write_positions(&self, table: &Group) -> Result<(), ExportError> {
        let raster = &self.pixels.raster;
        let position = |place: &u32| {
            [
                f64::from(place % raster.width),
                f64::from(place / raster.width),
            ]
        };
        let values: Vec<f64> = raster.places.iter().flat_map(position).collect();
        let obsm = table.group("obsm", &dict())?;
        let shape = [raster.n_pixels(), 2];
        obsm.array("spatial", &shape, &values, &encoding("array", "0.2.0"))
    }

    /// What the results are of, and how they were exported.
    fn about(&self, options: &ExportOptions) -> Value {
        let record = &self.record;
        let dataset = &record.dataset;
        let databases = record.databases.iter().map(|table| table.name.clone());
        json!({
            "id": dataset.uuid,
            "name": record.dataset_name(),
            "program": record.program,
            "schema_version": record.schema_version,
            "polarity": if record.settings.charge > 0 { "positive" } else { "negative" },
            "adducts": record.settings.adducts,
            "databases": databases.collect::<Vec<_>>(),
            "image_size": { "x": dataset.width, "y": dataset.height },
            "pixel_size_um": record.pixel_size_um(),
            "metadata": {
                "imzml": dataset.imzml,
                "imzml_blake3": dataset.imzml_blake3,
                "n_spectra": dataset.n_spectra,
                "n_peaks": dataset.n_peaks,
            },
            "config": record.settings,
            "export_parameters": {
                "fdr": options.fdr,
                "normalization": options.normalization.to_string(),
            },
        })
    }
}

/// A list that an ion has.
type ListOf = fn(&ExportedIon) -> &[String];

/// Columns of a table of AnnData, in their order.
#[derive(Debug, Default)]
struct Frame {
    columns: Vec<(String, Column)>,
}

#[derive(Debug)]
enum Column {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Flags(Vec<bool>),
    Texts(Vec<String>),
    /// The same text in every row.
    Category(String),
}

impl Frame {
    fn integers(&mut self, name: &str, values: Vec<i64>) {
        self.columns.push((name.into(), Column::Integers(values)));
    }

    fn numbers(&mut self, name: &str, values: Vec<f64>) {
        self.columns.push((name.into(), Column::Numbers(values)));
    }

    fn flags(&mut self, name: &str, values: Vec<bool>) {
        self.columns.push((name.into(), Column::Flags(values)));
    }

    fn texts(&mut self, name: &str, values: Vec<String>) {
        self.columns.push((name.into(), Column::Texts(values)));
    }

    fn category(&mut self, name: &str, value: &str) {
        self.columns
            .push((name.into(), Column::Category(value.into())));
    }

    fn write(
        &self,
        table: &Group,
        name: &str,
        index_name: &str,
        index: &[String],
    ) -> Result<(), ExportError> {
        let order: Vec<&String> = self.columns.iter().map(|(name, _)| name).collect();
        let mut attributes = encoding("dataframe", "0.2.0");
        add(
            &mut attributes,
            &json!({ "_index": index_name, "column-order": order }),
        );
        let frame = table.group(name, &attributes)?;
        write_texts(&frame, index_name, index)?;
        let n = index.len();
        let array = encoding("array", "0.2.0");
        for (name, column) in &self.columns {
            match column {
                Column::Integers(values) => frame.array(name, &[n], values, &array)?,
                Column::Numbers(values) => frame.array(name, &[n], values, &array)?,
                Column::Flags(values) => frame.array(name, &[n], values, &array)?,
                Column::Texts(values) => write_texts(&frame, name, values)?,
                Column::Category(value) => {
                    let mut attributes = encoding("categorical", "0.2.0");
                    add(&mut attributes, &json!({ "ordered": false }));
                    let column = frame.group(name, &attributes)?;
                    column.array("codes", &[n], &vec![0_i8; n], &array)?;
                    write_texts(&column, "categories", std::slice::from_ref(value))?;
                }
            }
        }
        Ok(())
    }
}

fn write_texts(group: &Group, name: &str, texts: &[String]) -> Result<(), ExportError> {
    let texts = texts.iter().map(String::as_str);
    group.texts(name, texts, false, &encoding("string-array", "0.2.0"))
}

/// Writes JSON as AnnData has dictionaries: objects as groups, a list of objects as an object of its
/// places, other lists as arrays. What is null is left out.
fn write_value(group: &Group, name: &str, value: &Value) -> Result<(), ExportError> {
    let scalar = encoding("numeric-scalar", "0.2.0");
    match value {
        Value::Null => Ok(()),
        Value::Bool(flag) => group.array(name, &[], &[*flag], &scalar),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => group.array(name, &[], &[integer], &scalar),
            None => group.array(name, &[], &[number.as_f64().unwrap_or(f64::NAN)], &scalar),
        },
        Value::String(text) => {
            let one = std::iter::once(text.as_str());
            group.texts(name, one, true, &encoding("string", "0.2.0"))
        }
        Value::Array(values) => {
            let numbers: Option<Vec<f64>> = values.iter().map(Value::as_f64).collect();
            let texts: Option<Vec<String>> = values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect();
            match (texts, numbers) {
                (Some(texts), _) => write_texts(group, name, &texts),
                (None, Some(numbers)) => {
                    let array = encoding("array", "0.2.0");
                    group.array(name, &[numbers.len()], &numbers, &array)
                }
                (None, None) => {
                    let inner = group.group(name, &dict())?;
                    for (place, value) in values.iter().enumerate() {
                        write_value(&inner, &place.to_string(), value)?;
                    }
                    Ok(())
                }
            }
        }
        Value::Object(members) => {
            let inner = group.group(name, &dict())?;
            for (name, value) in members {
                write_value(&inner, name, value)?;
            }
            Ok(())
        }
    }
}

fn encoding(kind: &str, version: &str) -> Value {
    json!({ "encoding-type": kind, "encoding-version": version })
}

fn dict() -> Value {
    encoding("dict", "0.1.0")
}

/// Adds the members of an object to another.
fn add(object: &mut Value, more: &Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more.clone());
    }
}
