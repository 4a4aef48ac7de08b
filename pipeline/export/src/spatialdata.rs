//! SpatialData: a table of intensities, its pixels as points, regions as shapes, the ion current as an
//! image; coordinates in µm.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::StoredPixels;
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
    let source = Source::read(results, options, progress)?;
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
    write_image(&root, &source.pixels, pixel)?;
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
fn write_image(
    root: &Group,
    pixels: &StoredPixels,
    (width_um, height_um): (f64, f64),
) -> Result<(), ExportError> {
    let raster = &pixels.raster;
    let (width, height) = (raster.width as usize, raster.height as usize);
    let mut values = vec![f64::NAN; width * height];
    for (place, tic) in raster.places.iter().zip(&pixels.tic) {
        values[*place as usize] = *tic;
    }
    let all = root.group("images", &json!({}))?;
    let scale = json!([1.0, height_um, width_um]);
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
    let attributes = json!({
        "ome": {
            "version": "0.5-dev-spatialdata",
            "omero": { "channels": [{ "label": "tic" }] },
            "multiscales": [{
                "name": format!("/images/{IMAGE}"),
                "axes": axes(None),
                "datasets": [{
                    "path": "s0",
                    "coordinateTransformations": [{ "type": "scale", "scale": [1.0, 1.0, 1.0] }],
                }],
                "coordinateTransformations": [{
                    "type": "scale",
                    "scale": scale,
                    "input": { "name": "cyx", "axes": axes(Some(UNIT)) },
                    "output": { "name": SYSTEM, "axes": axes(Some(UNIT)) },
                }],
            }],
        },
        "spatialdata_attrs": { "version": "0.3" },
    });
    let image = all.group(IMAGE, &attributes)?;
    image.image("s0", [1, height, width], &values, ["c", "y", "x"])
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
