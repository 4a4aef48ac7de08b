//! A figure for a paper: ion images beside each other, or in one picture, each with its name.
//!
//! ```text
//! results ─▶ chosen ions ─▶ panels (image, name, colour bar, box plot of regions) ─┐
//!                           mean spectrum, in which the ions are marked ───────────┴▶ SVG, PDF or PNG
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use maud::{Markup, PreEscaped, html};
use metaspace_explore::coloc::find_ion;
use metaspace_explore::factors::factors_of;
use metaspace_explore::normalize::Normalization;
use metaspace_explore::regions::{Region, regions};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_machine::files::publish;
use metaspace_render::colormap::Colormap;
use metaspace_render::composite::{CHANNEL_COLORS, MAX_CHANNELS, composite};
use metaspace_render::png::{Picture, PixelSize};
use metaspace_render::scalebar::ScaleBar;
use metaspace_render::stretch::Stretch;
use metaspace_render::{Levels, Tone, vector};
use metaspace_results::record::RunRecord;
use metaspace_results::{
    ResultsError, StoredAnnotation, for_each_images, read_annotations, read_mean_spectrum,
    read_raster,
};
use ms_core::image::{IonImage, Raster};
use ms_core::spectra::MeanPeak;

use crate::error::ReportError;
use crate::figure::boxes::boxes;
use crate::figure::optical::OpticalDrawing;
use crate::figure::panel::{FOOT, HEAD, NAME_SIZE, NOTE_SIZE, Place, ion_and_mz, name_of, names};
use crate::mean_spectrum;
use crate::picture_options::FDR;

mod boxes;
mod optical;
mod panel;

pub use optical::{OPACITY, OpticalLayer, OpticalPlace};

/// Points of a millimetre: lengths in the figure are in points, 1/72 of an inch.
const POINTS_OF_MM: f64 = 72.0 / 25.4;

/// Columns beside each other where their number is not given.
const MAX_COLUMNS: usize = 4;

/// Between panels, in points.
const GAP: f64 = 10.0;

/// Room of the figure's title, and of a line of the key of channels.
const TITLE: f64 = 18.0;
const KEY_LINE: f64 = 11.0;

/// An image is at most so many times as high as its column is wide.
const MAX_ASPECT: f64 = 1.5;

/// Height of the mean spectrum over its width, and units of its coordinates in a point.
const SPECTRUM_ASPECT: f64 = 0.3;
const SPECTRUM_UNITS: f64 = 1.6;

/// How it looks on paper.
const SPECTRUM_STYLE: &str = ".plot text { font-size: 11px; fill: #333 } \
    .plot text.x, .plot text.label, .plot .names text { text-anchor: middle } \
    .plot text.y { text-anchor: end } .plot .grid line { stroke: #ddd } .plot .axis { stroke: #000 } \
    .plot .stick { stroke: #999; stroke-width: 1; fill: none } \
    .plot .stick.annotated { stroke: #b4540a; stroke-width: 1.6 } \
    .plot .names text { font-size: 11px; fill: #000 }";

/// What is drawn, and how.
#[derive(Debug, Clone)]
pub struct FigureOptions {
    /// Ions by name; of none, the best.
    pub ions: Vec<String>,
    /// Highest FDR of the best.
    pub fdr: f64,
    /// How many of the best.
    pub n_best: usize,
    /// All ions in one picture, each in a colour.
    pub is_composite: bool,
    /// The same colours for the same intensity in all images.
    pub is_one_scale: bool,
    /// Images beside each other; nothing for up to 4.
    pub columns: Option<usize>,
    /// Width of the figure in mm.
    pub width_mm: f64,
    /// Dots of an inch in a PNG.
    pub dpi: f64,
    /// Above everything.
    pub title: Option<String>,
    /// Colours.
    pub colormap: Colormap,
    /// How brightness grows with intensity.
    pub tone: Tone,
    /// By what of its pixel an intensity is divided.
    pub normalize: Normalization,
    /// Side of a pixel in µm, in place of what the imzML says.
    pub pixel_size_um: Option<f64>,
    /// Regions whose intensities are drawn below each image, see [`regions`].
    pub regions: Vec<String>,
    /// The mean spectrum below all, with the ions marked in it.
    pub has_spectrum: bool,
    /// The optical image beside the results, where it is drawn.
    pub optical: Option<OpticalLayer>,
}

impl Default for FigureOptions {
    fn default() -> Self {
        Self {
            ions: Vec::new(),
            fdr: FDR,
            n_best: 12,
            is_composite: false,
            is_one_scale: false,
            columns: None,
            width_mm: 180.0,
            dpi: 300.0,
            title: None,
            colormap: Colormap::default(),
            tone: Tone::default(),
            normalize: Normalization::None,
            pixel_size_um: None,
            regions: Vec::new(),
            has_spectrum: false,
            optical: None,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnFigure {
    /// The ions, in the order of the panels.
    pub ions: Vec<String>,
    /// Width and height in mm.
    pub size_mm: (f64, f64),
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Pdf,
    Png,
}

impl FigureOptions {
    /// Makes sure that numbers make sense.
    ///
    /// # Errors
    /// One does not.
    pub fn check(&self) -> Result<(), OptionError> {
        let within = |option, value: f64, (low, high): (f64, f64)| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            let reason = format!("must lie between {low} and {high}, not {value}");
            Err(OptionError::new(option, reason))
        };
        within("--width", self.width_mm, (20.0, 1_000.0))?;
        within("--dpi", self.dpi, (36.0, 2_400.0))?;
        within("--fdr", self.fdr, (0.0, 1.0))?;
        within("--hotspot", self.tone.hotspot, (0.0, 1.0))?;
        crate::picture_options::check_pixel_size(self.pixel_size_um)?;
        if self.columns == Some(0) || self.n_best == 0 {
            let option = if self.n_best == 0 { "--n" } else { "--columns" };
            return Err(OptionError::new(option, "must be at least 1"));
        }
        if self.is_composite && self.ions.len() > MAX_CHANNELS {
            let reason = format!("has {MAX_CHANNELS} colours, not {}", self.ions.len());
            return Err(OptionError::new("--composite", reason));
        }
        if self.is_composite && !self.regions.is_empty() {
            let reason = "stands below the image of one ion: leave out --composite";
            return Err(OptionError::new("--region", reason));
        }
        if let Some(layer) = self.optical {
            within("--opacity", layer.opacity, (0.0, 1.0))?;
            if self.is_composite && layer.place == OpticalPlace::Beside {
                let reason = "has no panel of its own beside --composite: over or under it";
                return Err(OptionError::new("--optical", reason));
            }
        }
        Ok(())
    }
}

/// Draws a figure of a results folder's ions to a file: SVG, PDF or PNG by its extension.
///
/// # Errors
/// An option makes no sense, an ion is unknown or none is there, a table cannot be read, the file
/// exists, or it cannot be written.
pub fn draw(
    results: &Path,
    out: &Path,
    options: &FigureOptions,
    force: bool,
) -> Result<DrawnFigure, ReportError> {
    options.check()?;
    let kind = kind_of(out)?;
    if out.exists() && !force {
        return Err(ResultsError::Exists { path: out.into() }.into());
    }
    let figure = Figure::read(results, options)?;
    let (svg, size_mm) = figure.svg(options)?;
    let drawn = |source| ReportError::Figure {
        path: out.into(),
        source,
    };
    let bytes = match kind {
        Kind::Svg => svg.into_bytes(),
        Kind::Pdf => vector::pdf(&svg).map_err(drawn)?,
        Kind::Png => vector::png(&svg, options.dpi).map_err(drawn)?,
    };
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(FileError::at("write", out))?;
    std::io::Write::write_all(&mut file, &bytes).map_err(FileError::at("write", out))?;
    publish(file, out)?;
    Ok(DrawnFigure {
        ions: figure
            .panels
            .into_iter()
            .map(|panel| panel.row.ion)
            .collect(),
        size_mm,
    })
}

fn kind_of(out: &Path) -> Result<Kind, OptionError> {
    let extension = out.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("svg") => Ok(Kind::Svg),
        Some("pdf") => Ok(Kind::Pdf),
        Some("png") => Ok(Kind::Png),
        _ => {
            let reason = format!("`{}` must end in .svg, .pdf or .png", out.display());
            Err(OptionError::new("--out", reason))
        }
    }
}

/// An ion and its image.
struct Panel {
    row: StoredAnnotation,
    image: IonImage,
}

/// What a figure shows.
struct Figure {
    panels: Vec<Panel>,
    raster: Raster,
    pixel_size_um: PixelSize,
    regions: Vec<Region>,
    /// Nothing where it is not asked for.
    spectrum: Vec<MeanPeak>,
    optical: Option<OpticalDrawing>,
}

impl Figure {
    fn read(results: &Path, options: &FigureOptions) -> Result<Self, ReportError> {
        let rows = chosen(results, options)?;
        let factors = factors_of(results, &options.normalize)?;
        let formulas = rows.iter().map(|row| row.ion_formula.clone()).collect();
        let mut images: BTreeMap<String, IonImage> = BTreeMap::new();
        for_each_images::<ReportError>(results, &formulas, 1, |stored| {
            for stored in stored {
                factors.apply(&mut stored.image);
                images.insert(stored.ion_formula.clone(), stored.image.clone());
            }
            Ok(())
        })?;
        let panel = |row: StoredAnnotation| Panel {
            // An ion without a peak has no image in the table.
            image: images.get(&row.ion_formula).cloned().unwrap_or_default(),
            row,
        };
        let given = options.pixel_size_um.map(|um| (um, um));
        let raster = read_raster(results)?;
        let mut of_texts = Vec::new();
        for text in &options.regions {
            of_texts.extend(regions(results, text, &raster)?);
        }
        let optical = options
            .optical
            .map(|layer| OpticalDrawing::read(results, &raster, layer));
        Ok(Self {
            panels: rows.into_iter().map(panel).collect(),
            optical: optical.transpose()?,
            raster,
            pixel_size_um: given.or(RunRecord::read(results)?.pixel_size_um()),
            regions: of_texts,
            spectrum: if options.has_spectrum {
                read_mean_spectrum(results)?
            } else {
                Vec::new()
            },
        })
    }

    /// The figure, and its width and height in mm.
    fn svg(&self, options: &FigureOptions) -> Result<(String, (f64, f64)), ReportError> {
        let n_pictures = if options.is_composite {
            1
        } else {
            self.panels.len() + self.n_before()
        };
        let columns = options
            .columns
            .unwrap_or(n_pictures.min(MAX_COLUMNS))
            .max(1);
        let width = options.width_mm * POINTS_OF_MM;
        let room = (width - GAP * (columns - 1) as f64) / columns as f64;
        let stretch = Stretch::of(self.pixel_size_um);
        let shape = (
            f64::from(self.raster.width * stretch.columns),
            f64::from(self.raster.height * stretch.rows),
        );
        let image_width = room.min(room * MAX_ASPECT * shape.0 / shape.1);
        let place = Place {
            room,
            size: (image_width, image_width * shape.1 / shape.0),
            stretch,
        };
        let top = if options.title.is_some() { TITLE } else { 0.0 };
        let (body, images_end) = if options.is_composite {
            self.channels(&place, top, options)?
        } else {
            self.grid(&place, columns, top, options)?
        };
        let spectrum = self.spectrum(width);
        let height = match &spectrum {
            Some(_) => images_end + GAP + width * SPECTRUM_ASPECT,
            None => images_end,
        };
        let height_mm = height / POINTS_OF_MM;
        let svg = html! {
            svg xmlns="http://www.w3.org/2000/svg"
                width=(format!("{}mm", options.width_mm)) height=(format!("{height_mm:.2}mm"))
                viewBox=(format!("0 0 {width:.2} {height:.2}"))
                font-family="Helvetica, Arial, sans-serif" fill="#000" {
                @if let Some(title) = &options.title {
                    text x="0" y="11" font-size="10" { (title) }
                }
                @if let Some(optical) = &self.optical { (optical.definition()) }
                (body)
                @if let Some(spectrum) = spectrum {
                    style { (PreEscaped(SPECTRUM_STYLE)) }
                    svg x="0" y=(format!("{:.2}", images_end + GAP)) width=(format!("{width:.2}"))
                        height=(format!("{:.2}", width * SPECTRUM_ASPECT)) { (spectrum) }
                }
            }
        };
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let text = format!("{head}{}\n", svg.into_string());
        Ok((text, (options.width_mm, height_mm)))
    }

    /// The mean spectrum with the ions of the panels, where it is asked for. Its letters have one size
    /// however wide the figure is.
    fn spectrum(&self, width: f64) -> Option<Markup> {
        let size = (
            width * SPECTRUM_UNITS,
            width * SPECTRUM_ASPECT * SPECTRUM_UNITS,
        );
        let rows = self.panels.iter().map(|panel| &panel.row);
        mean_spectrum::plot(&self.spectrum, rows, size)
    }

    /// Panels before those of ions.
    fn n_before(&self) -> usize {
        usize::from(self.optical.as_ref().is_some_and(OpticalDrawing::is_beside))
    }

    /// The image of a picture at its place, with the optical image over or under it.
    fn image(&self, place: &Place, picture: &Picture) -> Result<Markup, ReportError> {
        let image = place.image(picture)?;
        Ok(match &self.optical {
            Some(optical) => optical.with(place, image),
            None => image,
        })
    }

    fn bar(&self) -> Option<ScaleBar> {
        let (width, _) = self.pixel_size_um?;
        ScaleBar::new(self.raster.width, width)
    }

    /// A panel for each ion, in rows.
    fn grid(
        &self,
        place: &Place,
        columns: usize,
        top: f64,
        options: &FigureOptions,
    ) -> Result<(Markup, f64), ReportError> {
        let mut levels: Vec<Levels> = self
            .panels
            .iter()
            .map(|panel| Levels::new(&self.raster, &panel.image, options.tone))
            .collect();
        if options.is_one_scale {
            let ceiling = levels.iter().map(|of| of.ceiling).fold(0.0, f32::max);
            levels = self
                .panels
                .iter()
                .map(|panel| Levels::up_to(&self.raster, &panel.image, options.tone.scale, ceiling))
                .collect();
        }
        let boxes_top = HEAD + place.size.1 + FOOT;
        let pitch = boxes_top + boxes::height(self.regions.len()) + GAP;
        let by = options.normalize.label();
        let unit = by.map_or(String::new(), |by| format!(" ({by})"));
        let n_before = self.n_before();
        let corner = |number: usize| {
            let x = (number % columns) as f64 * (place.room + GAP);
            (x, top + (number / columns) as f64 * pitch)
        };
        let mut panels = Vec::new();
        if n_before > 0
            && let Some(optical) = &self.optical
        {
            let (x, y) = corner(0);
            panels.push(html! {
                g transform=(format!("translate({x:.2} {y:.2})")) { (optical.panel(place)) }
            });
        }
        for (number, (panel, levels)) in self.panels.iter().zip(&levels).enumerate() {
            let (x, y) = corner(n_before + number);
            let picture = Picture::colored(&levels.stretched(place.stretch), options.colormap);
            let is_first = number == 0;
            panels.push(html! {
                g transform=(format!("translate({x:.2} {y:.2})")) {
                    (names(&panel.row, place.room))
                    (self.image(place, &picture)?)
                    @if is_first { (place.scale_bar(self.bar().as_ref())) }
                    (place.color_bar(levels.ceiling, options.colormap, options.tone.scale, &unit))
                    @if !self.regions.is_empty() {
                        g transform=(format!("translate(0 {boxes_top:.2})")) {
                            (boxes(&self.regions, &panel.image, place.size.0, &unit))
                        }
                    }
                }
            });
        }
        let n_rows = (n_before + self.panels.len()).div_ceil(columns) as f64;
        Ok((
            html! { @for panel in panels { (panel) } },
            top + n_rows * pitch - GAP,
        ))
    }

    /// One picture of all ions, and which is in which colour.
    fn channels(
        &self,
        place: &Place,
        top: f64,
        options: &FigureOptions,
    ) -> Result<(Markup, f64), ReportError> {
        let levels: Vec<Levels> = self
            .panels
            .iter()
            .map(|panel| Levels::new(&self.raster, &panel.image, options.tone))
            .map(|levels| levels.stretched(place.stretch))
            .collect();
        let picture = Picture {
            width: self.raster.width * place.stretch.columns,
            height: self.raster.height * place.stretch.rows,
            rgba: composite(&levels),
        };
        let key_top = top + place.size.1 + FOOT;
        let key = html! {
            @for (number, (panel, color)) in self.panels.iter().zip(CHANNEL_COLORS).enumerate() {
                @let y = key_top + number as f64 * KEY_LINE;
                rect x="0" y=(format!("{y:.2}")) width="8" height="8" stroke="#000" stroke-width="0.4"
                    fill=(format!("#{:02x}{:02x}{:02x}", color[0], color[1], color[2])) {}
                text x="12" y=(format!("{:.2}", y + 7.0)) font-size=(NAME_SIZE) {
                    (name_of(&panel.row)) " "
                    tspan font-size=(NOTE_SIZE) { (ion_and_mz(&panel.row)) }
                }
            }
        };
        let body = html! {
            // Names are below, in the key.
            g transform=(format!("translate(0 {:.2})", top - HEAD)) {
                (self.image(place, &picture)?)
                (place.scale_bar(self.bar().as_ref()))
            }
            (key)
        };
        Ok((body, key_top + self.panels.len() as f64 * KEY_LINE))
    }
}

/// The ions that are named, or the best.
fn chosen(results: &Path, options: &FigureOptions) -> Result<Vec<StoredAnnotation>, ReportError> {
    let all = read_annotations(results)?;
    let mut rows: Vec<StoredAnnotation> = Vec::new();
    if options.ions.is_empty() {
        let up_to = all.into_iter().filter(|row| row.fdr <= options.fdr);
        for row in up_to {
            // Of one ion in two tables the first is shown.
            if rows.len() < options.n_best && !rows.iter().any(|known| known.ion == row.ion) {
                rows.push(row);
            }
        }
        if rows.is_empty() {
            return Err(ReportError::NoIon {
                path: PathBuf::from(results),
                fdr: options.fdr,
            });
        }
        return Ok(rows);
    }
    for text in &options.ions {
        let row = find_ion(&all, text)?;
        if !rows.iter().any(|known| known.ion == row.ion) {
            rows.push(row.clone());
        }
    }
    Ok(rows)
}
