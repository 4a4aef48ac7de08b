//! GeoParquet: polygons with names, as GeoPandas reads them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use metaspace_machine::error::FileError;
use metaspace_results::regions::{RegionFeature, RegionGeometry, RegionSet};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use crate::error::ExportError;

/// Byte order of what follows: the least first.
const LITTLE_ENDIAN: u8 = 1;
/// Kind of geometry.
const POLYGON: u32 = 3;
/// Kind of geometry.
const MULTI_POLYGON: u32 = 6;

/// Writes regions as `name` and `geometry`, a row a region; corners, in pixels, are multiplied by the
/// width and the height of a pixel.
///
/// # Errors
/// The file cannot be written.
///
/// # Source
/// GeoParquet 1.1.0; well-known binary of OGC Simple Features 1.2.1.
pub(crate) fn write_shapes(
    regions: &RegionSet,
    pixel: (f64, f64),
    path: &Path,
) -> Result<(), ExportError> {
    let names = regions.features.iter().map(RegionFeature::name);
    let shapes: Vec<Vec<u8>> = regions
        .features
        .iter()
        .map(|feature| well_known_binary(&feature.geometry, pixel))
        .collect();
    let shapes = shapes.iter().map(Vec::as_slice);
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        (
            "name",
            Arc::new(StringArray::from_iter_values(names)),
            false,
        ),
        (
            "geometry",
            Arc::new(BinaryArray::from_iter_values(shapes)),
            false,
        ),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns).map_err(ExportError::arrow(path))?;
    let about = json!({
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "crs": null,
                "geometry_types": ["Polygon", "MultiPolygon"],
            },
        },
    });
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".into(), about.to_string())]))
        .build();
    let file = File::create(path).map_err(FileError::at("write", path))?;
    let failed = ExportError::parquet(path);
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(())
}

/// Names and well-known binary of a region.
fn well_known_binary(geometry: &RegionGeometry, pixel: (f64, f64)) -> Vec<u8> {
    let mut bytes = Vec::new();
    match geometry {
        RegionGeometry::Polygon(rings) => write_polygon(rings, pixel, &mut bytes),
        RegionGeometry::MultiPolygon(polygons) => {
            bytes.push(LITTLE_ENDIAN);
            bytes.extend_from_slice(&MULTI_POLYGON.to_le_bytes());
            bytes.extend_from_slice(&number(polygons.len()));
            for rings in polygons {
                write_polygon(rings, pixel, &mut bytes);
            }
        }
    }
    bytes
}

fn write_polygon(rings: &[Vec<Vec<f64>>], pixel: (f64, f64), bytes: &mut Vec<u8>) {
    bytes.push(LITTLE_ENDIAN);
    bytes.extend_from_slice(&POLYGON.to_le_bytes());
    bytes.extend_from_slice(&number(rings.len()));
    for ring in rings {
        let corner = |corner: &Vec<f64>| match corner[..] {
            [x, y, ..] => Some([x * pixel.0, y * pixel.1]),
            _ => None,
        };
        let mut corners: Vec<[f64; 2]> = ring.iter().filter_map(corner).collect();
        // Rings close themselves in our files, and have to be closed in these.
        if let (Some(&first), Some(&last)) = (corners.first(), corners.last())
            && first.map(f64::to_bits) != last.map(f64::to_bits)
        {
            corners.push(first);
        }
        bytes.extend_from_slice(&number(corners.len()));
        for [x, y] in corners {
            bytes.extend_from_slice(&x.to_le_bytes());
            bytes.extend_from_slice(&y.to_le_bytes());
        }
    }
}

/// A number of parts; regions have at most a million corners, which is checked where they are read.
#[expect(clippy::cast_possible_truncation, reason = "at most a million")]
fn number(n: usize) -> [u8; 4] {
    (n as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_closed_and_scaled() {
        let triangle = vec![vec![vec![0.0, 0.0], vec![2.0, 0.0], vec![2.0, 1.0]]];
        let bytes = well_known_binary(&RegionGeometry::Polygon(triangle), (10.0, 20.0));
        assert_eq!(bytes[..13], [1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]);
        let numbers: Vec<f64> = bytes[13..]
            .chunks_exact(8)
            .map(|chunk| f64::from_le_bytes(chunk.try_into().unwrap()))
            .collect();
        assert_eq!(
            format!("{numbers:?}"),
            "[0.0, 0.0, 20.0, 0.0, 20.0, 20.0, 0.0, 0.0]"
        );
    }
}
