//! What stands in a panel of a figure: the image, its names above it, its bars below it. Lengths are
//! in points.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use metaspace_render::colormap::Colormap;
use metaspace_render::png::{Picture, write_rgba};
use metaspace_render::scale::Scale;
use metaspace_render::scalebar::ScaleBar;
use metaspace_render::stretch::Stretch;
use metaspace_results::StoredAnnotation;

use crate::error::ReportError;
use crate::text::{adduct, formula_parts, intensity_parts};

/// Sizes of letters: names, and what stands beside them.
pub(super) const NAME_SIZE: f64 = 8.0;
pub(super) const NOTE_SIZE: f64 = 6.5;

/// Size of letters below and above the line.
const SMALL_SIZE: f64 = 5.0;

/// Rooms above an image for its names, and below it for its bars.
pub(super) const HEAD: f64 = 21.0;
pub(super) const FOOT: f64 = 18.0;

/// Width of a letter over its size, on the average.
pub(super) const LETTER: f64 = 0.52;

/// Columns of an image for a point of paper, so that readers of PDF do not smooth pixels.
const COLUMNS_OF_POINT: f64 = 300.0 / 72.0;

/// Colours of a colour bar.
const N_COLORS: u8 = 32;

/// Where an image stands.
pub(super) struct Place {
    /// Width of a column.
    pub(super) room: f64,
    /// Width and height of the image.
    pub(super) size: (f64, f64),
    /// How often columns and rows are drawn.
    pub(super) stretch: Stretch,
}

impl Place {
    pub(super) fn image(&self, picture: &Picture) -> Result<Markup, ReportError> {
        let wanted = self.size.0 * COLUMNS_OF_POINT / f64::from(picture.width.max(1));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred columns"
        )]
        let zoom = wanted.ceil().clamp(1.0, 64.0) as u32;
        let mut png = Vec::new();
        write_rgba(&mut png, &picture.zoomed(zoom), None).map_err(|source| ReportError::Png {
            path: "figure".into(),
            source,
        })?;
        let data = format!("data:image/png;base64,{}", STANDARD.encode(png));
        let (width, height) = self.size;
        Ok(html! {
            rect x="0" y=(HEAD) width=(format!("{width:.2}")) height=(format!("{height:.2}"))
                fill="#f2f2f2" {}
            image x="0" y=(HEAD) width=(format!("{width:.2}")) height=(format!("{height:.2}"))
                image-rendering="optimizeSpeed" preserveAspectRatio="none" href=(data) {}
        })
    }

    /// How long something is, below the image at its left.
    pub(super) fn scale_bar(&self, bar: Option<&ScaleBar>) -> Markup {
        let y = HEAD + self.size.1 + 4.0;
        html! {
            @if let Some(bar) = bar {
                rect x="0" y=(format!("{y:.2}")) height="2"
                    width=(format!("{:.2}", bar.share * self.size.0)) {}
                text x="0" y=(format!("{:.2}", y + 10.0)) font-size=(NOTE_SIZE) { (bar.label) }
            }
        }
    }

    /// The colours from 0 to the brightest intensity, below the image at its right.
    pub(super) fn color_bar(
        &self,
        ceiling: f32,
        colormap: Colormap,
        scale: Scale,
        unit: &str,
    ) -> Markup {
        let width = 0.45 * self.size.0;
        let (x, y) = (self.size.0 - width, HEAD + self.size.1 + 4.0);
        let step = width / f64::from(N_COLORS);
        // A rank has no intensity.
        let (most, exponent) = match scale {
            Scale::Rank => ("highest rank".to_owned(), None),
            _ => intensity_parts(ceiling.into()),
        };
        html! {
            @for number in 0..N_COLORS {
                @let level = (f64::from(number) + 0.5) / f64::from(N_COLORS);
                @let [red, green, blue] = colormap.color(level);
                // Wider than its part, so that no line shows between two.
                @let shown = if number + 1 < N_COLORS { 1.3 * step } else { step };
                rect x=(format!("{:.2}", x + f64::from(number) * step)) y=(format!("{y:.2}"))
                    width=(format!("{shown:.2}")) height="4"
                    fill=(format!("#{red:02x}{green:02x}{blue:02x}")) {}
            }
            text x=(format!("{x:.2}")) y=(format!("{:.2}", y + 11.0)) font-size=(NOTE_SIZE) { "0" }
            text x=(format!("{:.2}", self.size.0)) y=(format!("{:.2}", y + 11.0))
                font-size=(NOTE_SIZE) text-anchor="end" {
                (most) @if let Some(exponent) = exponent { (raised(&exponent)) } (unit)
            }
        }
    }
}

/// What an ion is called: its likeliest molecule, or its formula.
pub(super) fn name_of(row: &StoredAnnotation) -> &str {
    row.molecule_names.first().map_or(&row.ion, |name| name)
}

/// Name, and below it formula, adduct and m/z. A name that is too long for the room is cut.
pub(super) fn names(row: &StoredAnnotation, room: f64) -> Markup {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few dozen letters"
    )]
    let most = (room / (NAME_SIZE * LETTER)) as usize;
    let name = name_of(row);
    let mut shown: String = name.chars().take(most).collect();
    if shown.len() < name.len() {
        shown.pop();
        shown.push('…');
    }
    html! {
        text x="0" y="8" font-size=(NAME_SIZE) { (shown) }
        text x="0" y="16.5" font-size=(NOTE_SIZE) { (ion_and_mz(row)) }
    }
}

/// `C43H78NO8P [M−H]⁻, m/z 766.5392`, numbers of atoms set low and the charge set high.
pub(super) fn ion_and_mz(row: &StoredAnnotation) -> Markup {
    let adduct = adduct(&row.adduct, &row.ion);
    let (inner, charge) = adduct.rsplit_once(']').unwrap_or((&adduct, ""));
    // Few fonts have raised signs.
    let charge: String = charge
        .chars()
        .map(|c| match c {
            '⁺' => '+',
            '⁻' => '−',
            other => "⁰¹²³⁴⁵⁶⁷⁸⁹"
                .chars()
                .zip('0'..='9')
                .find_map(|(high, digit)| (high == other).then_some(digit))
                .unwrap_or(other),
        })
        .collect();
    html! {
        @for (is_low, part) in formula_parts(&row.formula) {
            @if is_low { tspan baseline-shift="sub" font-size=(SMALL_SIZE) { (part) } }
            @else { (part) }
        }
        " " (inner) "]" (raised(&charge)) (format!(", m/z {:.4}", row.mz))
    }
}

pub(super) fn raised(text: &str) -> Markup {
    html! { tspan baseline-shift="super" font-size=(SMALL_SIZE) { (text) } }
}
