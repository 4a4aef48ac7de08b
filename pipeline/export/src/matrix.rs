//! A plain table of ions × pixels, or of ions × regions: CSV or Parquet.

use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use metaspace_explore::regions::{Region, regions};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_results::record::RunRecord;
use metaspace_results::text::csv_text;
use metaspace_results::{SCHEMA_VERSION, StoredPixels, read_pixels};
use ms_core::progress::Progress;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::Exported;
use crate::destination::NewFile;
use crate::error::ExportError;
use crate::intensities::Intensities;
use crate::ions::read_exported_ions;
use crate::options::{ExportOptions, has_extension};

/// Bytes of intensities in a row group of a Parquet matrix, about.
const ROW_GROUP_BYTES: u64 = 64 << 20;

/// Writes the first isotopic images of ions as a table: `.csv`, or `.parquet`.
///
/// Without regions a row is a pixel that has a spectrum, in raster order: `x`, `y` from 0, `z` where
/// the run was of one of several planes, then the intensity of each ion as `f32`, 0 where it has no
/// peak. With regions a row is a region: `region`, `nPixels`, then the mean of each ion over the
/// region's pixels as `f64`; pixels without a peak count as 0. Ions are in the order of the
/// annotations.
///
/// # Errors
/// The extension is another, the file exists and is not to be overwritten, there is no ion, a region is
/// not there, a table cannot be read or written, or `progress` says to stop.
pub fn write_matrix(
    results: &Path,
    path: &Path,
    options: &ExportOptions,
    progress: &dyn Progress,
) -> Result<Exported, ExportError> {
    options.check()?;
    let is_csv = has_extension(path, "csv");
    if !is_csv && !has_extension(path, "parquet") {
        let reason = format!("must end with .csv or .parquet, not `{}`", path.display());
        return Err(OptionError::new("--matrix", reason).into());
    }
    let target = NewFile::start(path, options.force)?;
    let plane = RunRecord::read(results)?.options.z;
    let pixels = read_pixels(results)?;
    let ions = read_exported_ions(results, options.fdr)?;
    let names: Vec<String> = ions.iter().map(|ion| ion.header(options.header)).collect();
    let mut found = Vec::new();
    for region in &options.regions {
        found.extend(regions(results, region, &pixels.raster)?);
    }
    let intensities = Intensities::open(results, &ions, &pixels, options)?;
    let n_rows = if options.regions.is_empty() {
        let rows = PixelRows::new(&pixels, plane, &names);
        progress.begin("writing the matrix", pixels.raster.n_pixels() as u64);
        if is_csv {
            rows.write_csv(&intensities, options, &target, path, progress)?;
        } else {
            rows.write_parquet(&intensities, options, &target, path, progress)?;
        }
        pixels.raster.n_pixels()
    } else {
        progress.begin("writing the matrix", ions.len() as u64);
        let means = region_means(&intensities, &found, progress)?;
        if is_csv {
            write_region_csv(&found, &names, &means, &target, path)?;
        } else {
            write_region_parquet(&found, &names, &means, &target, path)?;
        }
        found.len()
    };
    Ok(Exported {
        path: path.into(),
        n_ions: ions.len(),
        n_rows,
        n_bytes: target.finish()?,
    })
}

/// A row for each pixel.
struct PixelRows<'a> {
    pixels: &'a StoredPixels,
    plane: Option<u32>,
    names: &'a [String],
}

impl<'a> PixelRows<'a> {
    fn new(pixels: &'a StoredPixels, plane: Option<u32>, names: &'a [String]) -> Self {
        Self {
            pixels,
            plane,
            names,
        }
    }

    /// Names of the columns before those of the ions.
    fn places(&self) -> Vec<&'static str> {
        let mut names = vec!["x", "y"];
        names.extend(self.plane.map(|_| "z"));
        names
    }

    fn write_csv(
        &self,
        intensities: &Intensities,
        options: &ExportOptions,
        target: &NewFile,
        path: &Path,
        progress: &dyn Progress,
    ) -> Result<(), ExportError> {
        let mut out = BufWriter::new(target.file());
        write_header(&mut out, &self.places(), self.names, path)?;
        let failed = |source| ExportError::from(FileError::at("write", path)(source));
        intensities.for_each_band(options.memory_bytes, 1, progress, |pixels, values| {
            let rows = values.chunks_exact(intensities.n_ions());
            for (pixel, of_pixel) in pixels.zip(rows) {
                let (x, y) = self.position(pixel);
                write!(out, "{x},{y}").map_err(failed)?;
                if let Some(z) = self.plane {
                    write!(out, ",{z}").map_err(failed)?;
                }
                for &value in of_pixel {
                    // With a point, so that readers who look at the first rows see no integers.
                    if value > 0.0 {
                        write!(out, ",{value:?}").map_err(failed)?;
                    } else {
                        out.write_all(b",0.0").map_err(failed)?;
                    }
                }
                out.write_all(b"\n").map_err(failed)?;
            }
            Ok(())
        })?;
        out.flush().map_err(failed)
    }

    fn write_parquet(
        &self,
        intensities: &Intensities,
        options: &ExportOptions,
        target: &NewFile,
        path: &Path,
        progress: &dyn Progress,
    ) -> Result<(), ExportError> {
        let places = self.places();
        let integers = places
            .iter()
            .map(|name| Field::new(*name, DataType::UInt32, false));
        let schema = schema(integers, self.names, &DataType::Float32);
        let mut writer = begin(target, &schema, path)?;
        // Row groups are the same whatever the memory.
        let n_of_group = intensities.pixels_within(ROW_GROUP_BYTES);
        intensities.for_each_band(
            options.memory_bytes,
            n_of_group,
            progress,
            |band, values| {
                let n_ions = intensities.n_ions();
                let groups = values.chunks(n_of_group * n_ions);
                for (first, values) in band.step_by(n_of_group).zip(groups) {
                    let pixels = first..first + values.len() / n_ions;
                    let batch = self.batch(pixels, values, n_ions, &schema);
                    writer
                        .write(&batch.map_err(ExportError::arrow(path))?)
                        .map_err(ExportError::parquet(path))?;
                    writer.flush().map_err(ExportError::parquet(path))?;
                }
                Ok(())
            },
        )?;
        writer.close().map_err(ExportError::parquet(path))?;
        Ok(())
    }

    /// Some pixels as rows of a schema.
    fn batch(
        &self,
        pixels: Range<usize>,
        values: &[f32],
        n_ions: usize,
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError> {
        let positions: Vec<(u32, u32)> = pixels.map(|pixel| self.position(pixel)).collect();
        let integers = |of: &dyn Fn(&(u32, u32)) -> u32| -> ArrayRef {
            Arc::new(UInt32Array::from_iter_values(positions.iter().map(of)))
        };
        let mut columns = vec![integers(&|(x, _)| *x), integers(&|(_, y)| *y)];
        columns.extend(self.plane.map(|z| integers(&|_| z)));
        for ion in 0..n_ions {
            let of_ion = values[ion..].iter().step_by(n_ions).copied();
            columns.push(Arc::new(Float32Array::from_iter_values(of_ion)));
        }
        RecordBatch::try_new(Arc::clone(schema), columns)
    }

    fn position(&self, pixel: usize) -> (u32, u32) {
        let place = self.pixels.raster.places[pixel];
        (
            place % self.pixels.raster.width,
            place / self.pixels.raster.width,
        )
    }
}

/// Mean of each ion over each region, `n_regions × n_ions`.
fn region_means(
    intensities: &Intensities,
    regions: &[Region],
    progress: &dyn Progress,
) -> Result<Vec<Vec<f64>>, ExportError> {
    let mut means = vec![vec![0.0; intensities.n_ions()]; regions.len()];
    intensities.for_each_image(0..intensities.n_ions(), progress, |ion, image| {
        for (region, means) in regions.iter().zip(&mut means) {
            let values = image.pixels.iter().zip(&image.intensities);
            let inside = values.filter(|(pixel, _)| region.mask[**pixel as usize]);
            let sum: f64 = inside.map(|(_, value)| f64::from(*value)).sum();
            means[ion] = sum / region.n_pixels() as f64;
        }
        progress.advance(1);
        Ok(())
    })?;
    Ok(means)
}

fn write_region_csv(
    regions: &[Region],
    names: &[String],
    means: &[Vec<f64>],
    target: &NewFile,
    path: &Path,
) -> Result<(), ExportError> {
    let mut out = BufWriter::new(target.file());
    write_header(&mut out, &["region", "nPixels"], names, path)?;
    let mut writer = csv::Writer::from_writer(out);
    let failed = |source| ExportError::Csv {
        path: path.into(),
        source,
    };
    for (region, means) in regions.iter().zip(means) {
        let first = [csv_text(&region.name), region.n_pixels().to_string()];
        let values = means.iter().map(|mean| format!("{mean:?}"));
        writer
            .write_record(first.into_iter().chain(values))
            .map_err(failed)?;
    }
    Ok(writer.flush().map_err(FileError::at("write", path))?)
}

fn write_region_parquet(
    regions: &[Region],
    names: &[String],
    means: &[Vec<f64>],
    target: &NewFile,
    path: &Path,
) -> Result<(), ExportError> {
    let first = [
        Field::new("region", DataType::Utf8, false),
        Field::new("nPixels", DataType::UInt32, false),
    ];
    let schema = schema(first.into_iter(), names, &DataType::Float64);
    let texts = regions.iter().map(|region| region.name.as_str());
    let mut numbers = Vec::new();
    for region in regions {
        numbers.push(u32::try_from(region.n_pixels()).map_err(|_| {
            let reason = format!("`{}` has too many pixels for a table", region.name);
            OptionError::new("--region", reason)
        })?);
    }
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(texts)),
        Arc::new(UInt32Array::from(numbers)),
    ];
    for ion in 0..names.len() {
        let of_ion = means.iter().map(|means| means[ion]);
        columns.push(Arc::new(Float64Array::from_iter_values(of_ion)));
    }
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns);
    let mut writer = begin(target, &schema, path)?;
    writer
        .write(&batch.map_err(ExportError::arrow(path))?)
        .map_err(ExportError::parquet(path))?;
    writer.close().map_err(ExportError::parquet(path))?;
    Ok(())
}

fn write_header(
    out: &mut impl Write,
    first: &[&str],
    names: &[String],
    path: &Path,
) -> Result<(), ExportError> {
    let mut writer = csv::Writer::from_writer(out);
    let names = names.iter().map(|name| csv_text(name));
    let first = first.iter().map(|&name| name.to_owned());
    writer
        .write_record(first.chain(names))
        .map_err(|source| ExportError::Csv {
            path: path.into(),
            source,
        })?;
    Ok(writer.flush().map_err(FileError::at("write", path))?)
}

fn schema(first: impl Iterator<Item = Field>, names: &[String], of_ions: &DataType) -> SchemaRef {
    let ions = names
        .iter()
        .map(|name| Field::new(name, of_ions.clone(), false));
    Arc::new(Schema::new(first.chain(ions).collect::<Vec<_>>()))
}

fn begin<'a>(
    target: &'a NewFile,
    schema: &SchemaRef,
    path: &Path,
) -> Result<ArrowWriter<&'a std::fs::File>, ExportError> {
    let failed = ExportError::parquet(path);
    let described = |key: &str, value: String| KeyValue::new(key.into(), value);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(failed)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_key_value_metadata(Some(vec![
            described("metaspace.table", "matrix".into()),
            described("metaspace.schema_version", SCHEMA_VERSION.to_string()),
        ]))
        .build();
    ArrowWriter::try_new(target.file(), Arc::clone(schema), Some(properties)).map_err(failed)
}
