//! Ion images of all samples, those of an ion on one scale.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::html;
use metaspace_measure::Measurer;
use metaspace_measure::images::RegionImage;
use metaspace_measure::request::MeasureRequest;
use metaspace_render::Levels;
use metaspace_render::colormap::Colormap;
use metaspace_render::png::write_indexed;
use ms_core::progress::Progress;

use super::volcano::label;
use super::{Figure, round, short};
use crate::error::ExperimentError;
use crate::ions::MeasuredIon;
use crate::matrix::SampleMatrix;
use crate::options::ExperimentOptions;
use crate::table::{SampleFolder, SampleTable, folders_of};

/// Quantile of all samples' pixels together that has the brightest colour, as METASPACE clips.
const BRIGHTEST: f64 = 0.99;

/// Longer side of an image in pixels; larger ones are scaled down.
const LONGEST: u32 = 120;

/// Width and height of a cell.
const CELL: (f64, f64) = (132.0, 128.0);

/// Cells beside each other.
const COLUMNS: usize = 6;

/// Figures of some ions, one each, with a cell for each sample by condition.
///
/// # Errors
/// Results cannot be read, an image cannot be encoded, or `progress` says to stop.
pub fn ion_images(
    table: &SampleTable,
    matrix: &SampleMatrix,
    shown: &[usize],
    options: &ExperimentOptions,
    measurer: &dyn Measurer,
    progress: &dyn Progress,
) -> Result<Vec<Figure>, ExperimentError> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let folders = folders_of(&table.samples);
    let of_folder = |of: &SampleFolder| of.wanted(table, |sample| matrix.factors[sample]);
    let request = MeasureRequest {
        ions: shown.iter().map(|&ion| matrix.ions[ion].wanted()).collect(),
        results: folders.iter().map(of_folder).collect(),
        norm: options.norm_of_pixels(),
    };
    let empty = || table.samples.iter().map(|_| None).collect();
    let mut images: Vec<Vec<Option<RegionImage>>> = shown.iter().map(|_| empty()).collect();
    let found = measurer.images(&request, progress)?;
    for (of_folder, found) in folders.iter().zip(found) {
        for (images, of_ion) in images.iter_mut().zip(found.of_ions) {
            for (&sample, image) in of_folder.samples.iter().zip(of_ion) {
                images[sample] = image;
            }
        }
    }
    let all = shown.iter().zip(images);
    all.map(|(&ion, images)| figure(table, &matrix.ions[ion], images))
        .collect()
}

fn figure(
    table: &SampleTable,
    ion: &MeasuredIon,
    images: Vec<Option<RegionImage>>,
) -> Result<Figure, ExperimentError> {
    let known = images.iter().flatten().flat_map(|image| &image.values);
    let mut all: Vec<f32> = known.copied().filter(|value| !value.is_nan()).collect();
    let mut ceiling = coloc::prepare::quantile(&all, BRIGHTEST);
    if ceiling <= 0.0 {
        ceiling = all.iter().copied().fold(0.0, f32::max);
    }
    all.clear();
    let conditions = table.conditions();
    let mut order: Vec<usize> = (0..images.len()).collect();
    let condition_of = |sample: usize| {
        let name = &table.samples[sample].condition;
        conditions
            .iter()
            .position(|condition| condition == name)
            .unwrap_or(0)
    };
    order.sort_by_key(|&sample| (condition_of(sample), sample));
    let encode = |image: RegionImage| {
        let levels = Levels {
            width: image.width,
            height: image.height,
            values: image
                .values
                .iter()
                .map(|value| {
                    if ceiling > 0.0 {
                        (value / ceiling).min(1.0)
                    } else {
                        *value
                    }
                })
                .collect(),
            ceiling,
        };
        let levels = levels.shrunk(levels.factor_within(LONGEST));
        let mut bytes = Vec::new();
        let written = write_indexed(&mut bytes, &levels, Colormap::default(), None);
        let size = (f64::from(levels.width), f64::from(levels.height));
        written.map(|()| (size, STANDARD.encode(bytes)))
    };
    let mut cells: Vec<Option<((f64, f64), String)>> = Vec::new();
    for image in images {
        let encoded = image.map(encode).transpose();
        cells.push(encoded.map_err(|source| ExperimentError::Png {
            ion: ion.ion.clone(),
            source,
        })?);
    }
    let n_lines = order.len().div_ceil(COLUMNS);
    let content = html! {
        text.title x="12" y="20" { (label(ion)) ", m/z " (format!("{:.4}", ion.mz)) }
        @for step in 0..64_u8 {
            @let [red, green, blue] = Colormap::default().color(f64::from(step) / 63.0);
            rect x=(12.0 + f64::from(step) * 3.0) y="30" width="3.2" height="9" fill=(format!("#{red:02x}{green:02x}{blue:02x}")) {}
        }
        text.small x="210" y="39" { "0 to " (format!("{ceiling:.3e}")) " in every sample" }
        @for (place, &sample) in order.iter().enumerate() {
            @let x = 12.0 + (place % COLUMNS) as f64 * CELL.0;
            @let y = 52.0 + (place / COLUMNS) as f64 * CELL.1;
            text.small x=(x) y=(y + 10.0) { (short(&table.samples[sample].name, 20)) }
            @match &cells[sample] {
                Some(((width, height), png)) => {
                    @let zoom = ((CELL.0 - 14.0) / width).min((CELL.1 - 34.0) / height);
                    image x=(round(x)) y=(y + 26.0) width=(round(width * zoom)) height=(round(height * zoom))
                        style="image-rendering:pixelated" href=(format!("data:image/png;base64,{png}")) {}
                    text.small x=(x) y=(y + 21.0) { (short(&table.samples[sample].condition, 20)) }
                }
                None => { text.small x=(x) y=(y + 24.0) { (short(&table.samples[sample].condition, 14)) ": missing" } }
            }
        }
    };
    Ok(Figure {
        name: format!("images-{}", plain(&ion.ion)),
        title: format!("Images of {}", label(ion)),
        description: format!(
            "One image a sample, {} samples, all on one scale of intensity",
            order.len()
        ),
        size: (
            24.0 + CELL.0 * COLUMNS.min(order.len()) as f64,
            56.0 + n_lines as f64 * CELL.1,
        ),
        content,
    })
}

/// A name for a file. What file systems do not like becomes `_`.
pub(crate) fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    name.chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect()
}
