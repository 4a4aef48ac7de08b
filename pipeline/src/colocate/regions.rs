//! Regions of a tissue that a user drew: a PNG, or a CSV of pixels.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ms_core::image::Raster;

use crate::error::RunError;

/// Brightness and opacity from which a pixel of a PNG is inside.
const INSIDE: u8 = 128;

/// Regions of a file, each with a value for each pixel that has a spectrum.
///
/// A PNG has the size of the bounding box; what is bright and opaque is inside. A CSV has columns
/// `x` and `y`, from 0 as in `pixels.parquet`, and may have `region`, the name of the pixel's.
///
/// # Errors
/// The file cannot be read, has another size, lacks a column, or names a place beyond the raster.
pub fn read_regions(path: &Path, raster: &Raster) -> Result<Vec<(String, Vec<bool>)>, RunError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let inside = match extension.as_deref() {
        Some("png") => read_png(path, raster)?,
        Some("csv") => read_csv(path, raster)?,
        _ => return Err(wrong(path, "is neither a .png nor a .csv".into())),
    };
    let mask = |places: &Vec<u32>| -> Vec<bool> {
        raster.places.iter().map(|place| places.binary_search(place).is_ok()).collect()
    };
    Ok(inside.iter().map(|(name, places)| (name.clone(), mask(places))).collect())
}

fn wrong(path: &Path, reason: String) -> RunError {
    RunError::Region { path: path.into(), reason }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Places inside, ascending, of each region.
type Regions = BTreeMap<String, Vec<u32>>;

fn read_png(path: &Path, raster: &Raster) -> Result<Regions, RunError> {
    let file = File::open(path).map_err(RunError::file("open", path))?;
    let bad = |error: png::DecodingError| wrong(path, error.to_string());
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(bad)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if (width, height) != (raster.width, raster.height) {
        let reason = format!(
            "has {width} × {height} pixels where the dataset has {} × {}",
            raster.width, raster.height
        );
        return Err(wrong(path, reason));
    }
    let n_bytes = reader.output_buffer_size().ok_or_else(|| wrong(path, "is too large".into()))?;
    let mut bytes = vec![0; n_bytes];
    let info = reader.next_frame(&mut bytes).map_err(bad)?;
    let (n_channels, has_alpha) = (info.color_type.samples(), info.color_type.samples() % 2 == 0);
    let is_inside = |pixel: &&[u8]| {
        let (colours, alpha) = pixel.split_at(n_channels - usize::from(has_alpha));
        colours.iter().any(|c| *c >= INSIDE) && alpha.iter().all(|a| *a >= INSIDE)
    };
    let pixels = (0..).zip(bytes.chunks_exact(n_channels));
    let places = pixels.filter(|(_, pixel)| is_inside(pixel)).map(|(place, _)| place).collect();
    Ok(BTreeMap::from([(stem(path), places)]))
}

fn read_csv(path: &Path, raster: &Raster) -> Result<Regions, RunError> {
    let bad = |source| RunError::ReadCsv { path: path.into(), source };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(bad)?;
    let headers = reader.headers().map_err(bad)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (Some(x), Some(y)) = (column("x"), column("y")) else {
        return Err(wrong(path, "has no columns `x` and `y`".into()));
    };
    let region = column("region");
    let mut regions = Regions::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = |column: usize, below: u32| -> Result<u32, RunError> {
            let text = record.get(column).unwrap_or_default();
            text.parse().ok().filter(|number| *number < below).ok_or_else(|| {
                let name = &headers[column];
                wrong(path, format!("line {line}: {name} must be below {below}, not `{text}`"))
            })
        };
        let place = number(y, raster.height)? * raster.width + number(x, raster.width)?;
        let name = region.and_then(|column| record.get(column)).map(str::to_owned);
        regions.entry(name.unwrap_or_else(|| stem(path))).or_default().push(place);
    }
    if regions.is_empty() {
        return Err(wrong(path, "has no rows".into()));
    }
    for places in regions.values_mut() {
        places.sort_unstable();
    }
    Ok(regions)
}
