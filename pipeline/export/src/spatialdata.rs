//! SpatialData: a table of intensities, its pixels as points, regions as shapes, the ion current as an
//! image; coordinates in µm.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use image::RgbImage;
use metaspace_explore::optical::picture_of;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::StoredPixels;
use metaspace_results::optical::OpticalImage;
use metaspace_results::record::RunRecord;
use metaspace_results::regions::RegionSet;
use ms_core::progress::Progress;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use crate::Exported;
use crate::anndata::{INSTANCE_KEY, REGION_KEY, Source, TableNames, check_extension};
use crate::destination::NewZarr;
use crate::error::ExportError;
use crate::geoparquet::write_shapes;
use crate::options::ExportOptions;
use crate::zarr::Group;

/// Name of the pixels, as METASPACE's converter has it.
const POINTS: &str = "maldi_points";
/// Name of the image of the total ion current.
const IMAGE: &str = "tic";
/// Name of the optical image, as METASPACE's converter has it.
const OPTICAL: &str = "optical_image";
/// Name of the drawn regions.
const SHAPES: &str = "regions";
/// Coordinate system of every element.
const SYSTEM: &str = "global";
/// Its unit.
const UNIT: &str = "micrometer";
/// Column of the index of points.
const INDEX: &str = "__null_dask_index__";

/// Writes SpatialData as a Zarr group of version 3.
///
/// | element | what it is |
/// |---|---|
/// | table `table` | AnnData as of [`crate::write_anndata`], its rows those of `maldi_points` |
/// | points `maldi_points` | middle of each pixel in µm, and its number |
/// | image `tic` | total ion current, `1 × height × width`, NaN where there is no spectrum |
/// | image `optical_image` | the optical image beside the results, `3 × height × width`, where it lies, if there is one |
/// | shapes `regions` | the polygons of `regions.geojson` beside the results in µm, if there are any |
///
/// The first pixel reaches from (0, 0) to its size. `pixel_size_um` stands for the size of a pixel that
/// the results do not say.
///
/// # Errors
/// As [`crate::write_anndata`]; or the size of a pixel is not known, or is none.
///
/// # Source
/// SpatialData container 0.2 with raster 0.3, points 0.2, shapes 0.3 and tables 0.2 (spatialdata 0.5).
pub fn write_spatialdata(
    results: &Path,
    path: &Path,
    pixel_size_um: Option<f64>,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    check_extension("--spatialdata", path)?;
    if let Some(size) = pixel_size_um.filter(|size| !(size.is_finite() && *size > 0.0)) {
        let reason = format!("must be above 0, not {size}");
        return Err(OptionError::new("--pixel-size", reason).into());
    }
    let target = NewZarr::start(path, options.force)?;
    let source = Source::read(results, options)?;
    let given = pixel_size_um.map(|size| (size, size));
    let pixel = given
        .or_else(|| source.record.pixel_size_um())
        .ok_or_else(|| ExportError::NoPixelSize {
            results: results.into(),
        })?;
    let regions = RegionSet::read(results)?;
    let root = Group::create(
        target.folder(),
        &json!({
            "spatialdata_attrs": {
                "version": "0.2",
                "spatialdata_software_version": RunRecord::program(),
            },
        }),
    )?;
    let tables = root.group("tables", &json!({}))?;
    let names = TableNames {
        obs_index: "index",
        attributes: json!({
            "spatialdata-encoding-type": "ngff:regions_table",
            "region": POINTS,
            "region_key": REGION_KEY,
            "instance_key": INSTANCE_KEY,
            "version": "0.2",
        }),
        element: Some(POINTS),
    };
    source.write_table(&tables.folder().join("table"), &names, options, progress)?;
    write_points(&root, &source.pixels, pixel)?;
    let images = root.group("images", &json!({}))?;
    write_tic(&images, &source.pixels, pixel)?;
    if let Some(optical) = OpticalImage::read(results)? {
        write_optical(&images, &optical, &picture_of(results, &optical)?, pixel)?;
    }
    if !regions.features.is_empty() {
        let all = root.group("shapes", &json!({}))?;
        let attributes = element("ngff:shapes", "0.3");
        let shapes = all.group(SHAPES, &attributes)?;
        write_shapes(&regions, pixel, &shapes.folder().join("shapes.parquet"))?;
    }
    source.exported(path, target)
}

fn write_points(
    root: &Group,
    pixels: &StoredPixels,
    (width_um, height_um): (f64, f64),
) -> Result<(), ExportError> {
    let all = root.group("points", &json!({}))?;
    let points = all.group(POINTS, &element("ngff:points", "0.2"))?;
    let folder = points.folder().join("points.parquet");
    fs::create_dir(&folder).map_err(FileError::at("make", &folder))?;
    let path = folder.join("part.0.parquet");
    let raster = &pixels.raster;
    let middle = |of: &dyn Fn(u32) -> u32, size: f64| -> ArrayRef {
        let places = raster.places.iter();
        let values = places.map(|place| (f64::from(of(*place)) + 0.5) * size);
        Arc::new(Float64Array::from_iter_values(values))
    };
    let numbers = || Arc::new(Int64Array::from_iter_values((0..).take(raster.n_pixels())));
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("x", middle(&|place| place % raster.width, width_um), false),
        ("y", middle(&|place| place / raster.width, height_um), false),
        (INSTANCE_KEY, numbers(), false),
        (INDEX, numbers(), false),
    ];
    // Whatever reads it in parts has to know that the index goes on.
    let column = |name: &str, kind: &str| {
        json!({
            "name": name, "field_name": name, "pandas_type": kind, "numpy_type": kind,
            "metadata": null,
        })
    };
    let pandas = json!({
        "index_columns": [INDEX],
        "column_indexes": [{
            "name": null, "field_name": null, "pandas_type": "unicode", "numpy_type": "object",
            "metadata": { "encoding": "UTF-8" },
        }],
        "columns": [
            column("x", "float64"),
            column("y", "float64"),
            column(INSTANCE_KEY, "int64"),
            column(INDEX, "int64"),
        ],
        "pandas_version": "2.3.3",
    });
    let failed = ExportError::parquet(&path);
    let level = ZstdLevel::try_new(1).map_err(failed)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "pandas".into(),
            pandas.to_string(),
        )]))
        .build();
    let batch = RecordBatch::try_from_iter_with_nullable(columns);
    let batch = batch.map_err(ExportError::arrow(&path))?;
    let file = File::create(&path).map_err(FileError::at("write", &path))?;
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(())
}

/// Writes the total ion current over the bounding box.
fn write_tic(
    images: &Group,
    pixels: &StoredPixels,
    (width_um, height_um): (f64, f64),
) -> Result<(), ExportError> {
    let raster = &pixels.raster;
    let (width, height) = (raster.width as usize, raster.height as usize);
    let mut values = vec![f64::NAN; width * height];
    for (place, tic) in raster.places.iter().zip(&pixels.tic) {
        values[*place as usize] = *tic;
    }
    let scale = json!({ "type": "scale", "scale": [1.0, height_um, width_um] });
    let image = images.group(IMAGE, &image_attributes(IMAGE, &["tic"], scale))?;
    image.image("s0", [1, height, width], &values, ["c", "y", "x"])
}

/// Writes the optical image with its place.
fn write_optical(
    images: &Group,
    optical: &OpticalImage,
    picture: &RgbImage,
    (width_um, height_um): (f64, f64),
) -> Result<(), ExportError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let channel = |channel: usize| picture.pixels().map(move |pixel| pixel.0[channel]);
    let values: Vec<u8> = (0..3).flat_map(channel).collect();
    // The picture that is stored may have fewer pixels than the file whose pixels are placed.
    let across = f64::from(optical.width) / f64::from(picture.width());
    let down = f64::from(optical.height) / f64::from(picture.height());
    let [x, y] = optical.placement.of_larger_pixels(across, down).rows();
    // The axes are channel, row and column.
    let row =
        |[right, down, corner]: [f64; 3], um: f64| json!([0.0, down * um, right * um, corner * um]);
    let affine = json!({
        "type": "affine",
        "affine": [[1.0, 0.0, 0.0, 0.0], row(y, height_um), row(x, width_um)],
    });
    let attributes = image_attributes(OPTICAL, &["red", "green", "blue"], affine);
    let image = images.group(OPTICAL, &attributes)?;
    image.image("s0", [3, height, width], &values, ["c", "y", "x"])
}

/// Attributes of an image: its channels, and the map to the system.
fn image_attributes(name: &str, channels: &[&str], mut transformation: Value) -> Value {
    let axes = |unit: Option<&str>| {
        let space = |name: &str| {
            let mut axis = json!({ "name": name, "type": "space" });
            if let Some(unit) = unit {
                axis["unit"] = json!(unit);
            }
            axis
        };
        json!([{ "name": "c", "type": "channel" }, space("y"), space("x")])
    };
    transformation["input"] = json!({ "name": "cyx", "axes": axes(Some(UNIT)) });
    transformation["output"] = json!({ "name": SYSTEM, "axes": axes(Some(UNIT)) });
    let labels = channels.iter().map(|label| json!({ "label": label }));
    json!({
        "ome": {
            "version": "0.5-dev-spatialdata",
            "omero": { "channels": labels.collect::<Vec<_>>() },
            "multiscales": [{
                "name": format!("/images/{name}"),
                "axes": axes(None),
                "datasets": [{
                    "path": "s0",
                    "coordinateTransformations": [{ "type": "scale", "scale": [1.0, 1.0, 1.0] }],
                }],
                "coordinateTransformations": [transformation],
            }],
        },
        "spatialdata_attrs": { "version": "0.3" },
    })
}

/// Attributes of points and shapes, whose coordinates are those of the system.
fn element(kind: &str, version: &str) -> Value {
    let axes = json!([
        { "name": "x", "type": "space", "unit": UNIT },
        { "name": "y", "type": "space", "unit": UNIT },
    ]);
    json!({
        "encoding-type": kind,
        "axes": ["x", "y"],
        "coordinateTransformations": [{
            "type": "identity",
            "input": { "name": "xy", "axes": axes },
            "output": { "name": SYSTEM, "axes": axes },
        }],
        "spatialdata_attrs": { "version": version },
    })
}
