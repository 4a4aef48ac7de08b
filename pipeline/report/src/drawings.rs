//! The pictures of a report, each once, however often it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};
use metaspace_render::colormap::Colormap;
use metaspace_render::png::{Picture, write_indexed, write_rgba};
use metaspace_render::scale::Scale;
use metaspace_render::stretch::Stretch;
use metaspace_render::{Levels, Tone};
use metaspace_results::for_each_images;
use ms_core::image::Raster;
use ms_core::progress::{Progress, check};
use rayon::prelude::*;

use crate::data::Data;
use crate::error::ReportError;
use crate::options::ReportOptions;

/// Longer side of a thumbnail at most.
const THUMBNAIL: u32 = 100;
/// Longer side of a picture at most.
const LARGE: u32 = 240;
/// Isotopic images of an ion that are shown.
pub(crate) const N_ISOTOPES: u8 = 4;

/// A PNG, and what to say of it.
#[derive(Debug, Clone)]
pub(crate) struct Drawing {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Base64 of the PNG.
    png: String,
    /// Intensity of the brightest colour.
    pub(crate) ceiling: f32,
    /// Side of the square of pixels that one of the picture stands for.
    pub(crate) factor: u32,
}

/// Everything that is drawn.
pub(crate) struct Pictures {
    /// Small pictures by the formula of their ion, numbered in that order.
    thumbnails: BTreeMap<String, Drawing>,
    /// Isotopic images of the ions that are shown in detail, by formula.
    pub(crate) isotopes: BTreeMap<String, Vec<Drawing>>,
    /// Mean images of the groups.
    pub(crate) groups: Vec<Drawing>,
    pub(crate) tic: Drawing,
    pub(crate) peaks: Drawing,
    pub(crate) segments: Option<Drawing>,
    outline: Option<Outline>,
}

/// The outline of the tissue, which lies over pictures.
struct Outline {
    path: String,
    stretch: Stretch,
}

impl Outline {
    fn shape(&self) -> Markup {
        let Stretch { columns, rows } = self.stretch;
        html! {
            g id="tissue" transform=(format!("scale({columns} {rows})")) {
                // Dark edges keep the line visible on bright pixels.
                @for class in ["outline-edge", "outline-line"] {
                    path class=(class) d=(self.path) vector-effect="non-scaling-stroke" {}
                }
            }
        }
    }
}

impl Pictures {
    pub(crate) fn draw(
        folder: &Path,
        data: &Data,
        options: &ReportOptions,
        progress: &dyn Progress,
    ) -> Result<Self, ReportError> {
        let formulas = data.ion_formulas();
        progress.begin("drawing images", formulas.len() as u64);
        let mut means = GroupMeans::new(data);
        let mut thumbnails = BTreeMap::new();
        let (tone, colormap) = (options.tone(), options.colormap);
        for_each_images::<ReportError>(folder, &formulas, 1, |images| {
            check(progress)?;
            let drawn: Vec<(Levels, Drawing)> = images
                .par_iter()
                .map(|stored| {
                    let levels = Levels::new(&data.raster, &stored.image, tone);
                    let drawing = Drawing::of(&levels, THUMBNAIL, colormap, data.stretch());
                    Ok((levels, drawing?))
                })
                .collect::<Result<_, ReportError>>()?;
            for (stored, (levels, drawing)) in images.iter().zip(drawn) {
                means.add(&stored.ion_formula, &levels);
                thumbnails.insert(stored.ion_formula.clone(), drawing);
                progress.advance(1);
            }
            Ok(())
        })?;
        let of_pixels = |values: Vec<f32>| {
            Drawing::of(
                &Levels::of_pixels(&data.raster, values, tone),
                LARGE,
                colormap,
                data.stretch(),
            )
        };
        #[expect(clippy::cast_possible_truncation, reason = "a picture has 255 colours")]
        let narrow = |value: &f64| *value as f32;
        Ok(Self {
            thumbnails,
            isotopes: isotopes(folder, data, options)?,
            groups: means.draw(&data.raster, colormap, data.stretch())?,
            tic: of_pixels(data.tic.iter().map(narrow).collect())?,
            peaks: of_pixels(data.peaks.iter().map(|n| narrow(&f64::from(*n))).collect())?,
            outline: data.outline.clone().map(|path| Outline {
                path,
                stretch: data.stretch(),
            }),
            segments: data
                .segments
                .as_ref()
                .map(|of| segments(&data.raster, of, data.stretch()))
                .transpose()?,
        })
    }

    /// What is drawn once and shown often: the small pictures, and the outline of the tissue.
    pub(crate) fn symbols(&self) -> Markup {
        html! {
            svg.symbols width="0" height="0" aria-hidden="true" focusable="false" {
                @if let Some(outline) = &self.outline { defs { (outline.shape()) } }
                @for (number, drawing) in self.thumbnails.values().enumerate() {
                    symbol id=(format!("t{number}"))
                        viewBox=(format!("0 0 {} {}", drawing.width, drawing.height)) {
                        image width=(drawing.width) height=(drawing.height)
                            href=(PreEscaped(drawing.data_url())) {}
                    }
                }
            }
        }
    }

    /// A picture with the outline of the tissue over it, where there is one.
    pub(crate) fn outlined(&self, drawing: &Drawing, label: &str) -> Markup {
        let (width, height) = (
            drawing.width * drawing.factor,
            drawing.height * drawing.factor,
        );
        let view = format!("0 0 {width} {height}");
        html! {
            div.outlined {
                (drawing.img(label))
                @if self.outline.is_some() {
                    svg viewBox=(view) preserveAspectRatio="xMinYMid meet" aria-hidden="true"
                        focusable="false" { use href="#tissue" {} }
                }
            }
        }
    }

    /// The small picture of an ion, or nothing where it has none.
    pub(crate) fn thumbnail(&self, ion_formula: &str, label: &str) -> Markup {
        let number = self.thumbnails.range(..ion_formula.to_owned()).count();
        let Some(drawing) = self.thumbnails.get(ion_formula) else {
            return html! {};
        };
        html! {
            svg.thumb viewBox=(format!("0 0 {} {}", drawing.width, drawing.height))
                role="img" aria-label=(label) {
                use href=(format!("#t{number}")) {}
            }
        }
    }
}

impl Drawing {
    fn of(
        levels: &Levels,
        longest: u32,
        colormap: Colormap,
        stretch: Stretch,
    ) -> Result<Self, ReportError> {
        let factor = levels.factor_within(longest);
        let shrunk;
        let levels = if factor == 1 {
            levels
        } else {
            shrunk = levels.shrunk(factor);
            &shrunk
        };
        let levels = &levels.stretched(stretch);
        let mut png = Vec::new();
        write_indexed(&mut png, levels, colormap, None).map_err(|source| ReportError::Png {
            path: "report.html".into(),
            source,
        })?;
        let (width, height, ceiling) = (levels.width, levels.height, levels.ceiling);
        Ok(Self {
            width,
            height,
            png: STANDARD.encode(png),
            ceiling,
            factor,
        })
    }

    fn data_url(&self) -> String {
        format!("data:image/png;base64,{}", self.png)
    }

    /// The picture where it is shown once.
    pub(crate) fn img(&self, label: &str) -> Markup {
        html! {
            img width=(self.width) height=(self.height) alt=(label)
                src=(PreEscaped(self.data_url()));
        }
    }
}

/// Isotopic images at full size of the ions that are shown in detail.
fn isotopes(
    folder: &Path,
    data: &Data,
    options: &ReportOptions,
) -> Result<BTreeMap<String, Vec<Drawing>>, ReportError> {
    let best = data
        .best
        .iter()
        .map(|&place| data.annotations[place].ion_formula.clone());
    let formulas: BTreeSet<String> = best.collect();
    let mut drawings: BTreeMap<String, Vec<Drawing>> = BTreeMap::new();
    for_each_images::<ReportError>(folder, &formulas, N_ISOTOPES, |images| {
        let drawn: Result<Vec<Drawing>, ReportError> = images
            .par_iter()
            .map(|stored| {
                let levels = Levels::new(&data.raster, &stored.image, options.tone());
                Drawing::of(&levels, LARGE, options.colormap, data.stretch())
            })
            .collect();
        for (stored, drawing) in images.iter().zip(drawn?) {
            drawings
                .entry(stored.ion_formula.clone())
                .or_default()
                .push(drawing);
        }
        Ok(())
    })?;
    Ok(drawings)
}

/// Mean images of the groups, gathered image by image.
struct GroupMeans {
    /// Groups of an ion's formula.
    groups_of: BTreeMap<String, Vec<usize>>,
    /// Sum of the levels of each place, and the number of images.
    sums: Vec<(Vec<f32>, u32)>,
}

impl GroupMeans {
    fn new(data: &Data) -> Self {
        let formula_of: BTreeMap<&str, &str> = data
            .annotations
            .iter()
            .map(|row| (row.ion.as_str(), row.ion_formula.as_str()))
            .collect();
        let mut groups_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let groups = data.groups.as_ref().map_or(&[][..], |(_, groups)| groups);
        for (number, group) in groups.iter().enumerate() {
            for formula in group
                .ions
                .iter()
                .filter_map(|ion| formula_of.get(ion.as_str()))
            {
                groups_of
                    .entry((*formula).to_owned())
                    .or_default()
                    .push(number);
            }
        }
        Self {
            groups_of,
            sums: vec![(Vec::new(), 0); groups.len()],
        }
    }

    fn add(&mut self, ion_formula: &str, levels: &Levels) {
        for &group in self.groups_of.get(ion_formula).into_iter().flatten() {
            let (sum, n_images) = &mut self.sums[group];
            sum.resize(levels.values.len(), 0.0);
            for (sum, level) in sum.iter_mut().zip(&levels.values) {
                *sum += level;
            }
            *n_images += 1;
        }
    }

    fn draw(
        &self,
        raster: &Raster,
        colormap: Colormap,
        stretch: Stretch,
    ) -> Result<Vec<Drawing>, ReportError> {
        let tone = Tone {
            scale: Scale::Linear,
            hotspot: 1.0,
        };
        let mean = |(sum, n_images): &(Vec<f32>, u32)| {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^24 ions")]
            let mean = |place: &u32| {
                let sum = sum.get(*place as usize).copied().unwrap_or_default();
                sum / (*n_images).max(1) as f32
            };
            let pixels = raster.places.iter().map(mean).collect();
            Drawing::of(
                &Levels::of_pixels(raster, pixels, tone),
                LARGE,
                colormap,
                stretch,
            )
        };
        self.sums.iter().map(mean).collect()
    }
}

/// Colours of segments: of Okabe and Ito (2008), then again lighter and darker.
const SEGMENT_COLORS: [[u8; 3]; 8] = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [204, 121, 167],
    [86, 180, 233],
    [213, 94, 0],
    [240, 228, 66],
    [120, 120, 120],
];

/// The colour of a segment, from 1.
pub(crate) fn segment_color(segment: u32) -> [u8; 3] {
    let turn = segment.saturating_sub(1) as usize;
    let shade = u8::try_from(turn / SEGMENT_COLORS.len()).unwrap_or(u8::MAX);
    SEGMENT_COLORS[turn % SEGMENT_COLORS.len()].map(|part| part - part / 4 * shade.min(3))
}

fn segments(raster: &Raster, of_pixel: &[u32], stretch: Stretch) -> Result<Drawing, ReportError> {
    let mut rgba = vec![0; raster.width as usize * raster.height as usize * 4];
    for (&place, &segment) in raster.places.iter().zip(of_pixel) {
        if segment > 0 {
            let [red, green, blue] = segment_color(segment);
            let at = place as usize * 4;
            rgba[at..at + 4].copy_from_slice(&[red, green, blue, 255]);
        }
    }
    let picture = Picture {
        width: raster.width,
        height: raster.height,
        rgba,
    }
    .stretched(stretch);
    let mut png = Vec::new();
    write_rgba(&mut png, &picture, None).map_err(|source| ReportError::Png {
        path: "report.html".into(),
        source,
    })?;
    let (width, height) = (picture.width, picture.height);
    Ok(Drawing {
        width,
        height,
        png: STANDARD.encode(png),
        ceiling: 1.0,
        factor: 1,
    })
}
