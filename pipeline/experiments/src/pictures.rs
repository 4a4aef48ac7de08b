//! Figures of an experiment: each a picture of its own (SVG, PDF, PNG), and a part of the report.
//!
//! They are drawn by hand, with colours that people who see fewer of them can tell apart, and with
//! shapes besides. On paper and on dark pages alike their ground is white.

use maud::{Markup, PreEscaped, html};
use metaspace_render::vector;

use crate::error::ExperimentError;

pub mod box_plots;
pub mod components;
pub mod dots;
pub mod frame;
pub mod heat_map;
pub mod images;
mod labels;
pub mod volcano;

/// Colours of conditions, in the order of the table (Okabe and Ito), again from the start beyond.
pub(crate) const COLORS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a67a00", "#3a8ab8", "#333333",
];

/// Colour of what is more, and of what is less.
pub(crate) const MORE_LESS: [&str; 2] = ["#b4540a", "#0b6e7f"];

/// Dots of an inch in a PNG, as journals ask for.
const DPI: f64 = 300.0;

/// Style of a figure that stands alone.
const STYLE: &str = "text{font:12px system-ui,\"Helvetica Neue\",Arial,sans-serif;fill:#26313b}\
.middle{text-anchor:middle}.end{text-anchor:end}.small{font-size:10px}.title{font-weight:600}\
.grid{stroke:#dde2e7}.axis{stroke:#5d6974;fill:none}.mark{stroke:#5d6974;stroke-dasharray:4 3;fill:none}";

/// A figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Name of its file, without the extension.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Width and height in units of its coordinates.
    pub size: (f64, f64),
    /// What is drawn.
    pub(crate) content: Markup,
}

impl Figure {
    /// The figure as an `svg` element.
    pub fn svg(&self) -> Markup {
        let (width, height) = self.size;
        html! {
            svg xmlns="http://www.w3.org/2000/svg" role="img"
                viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
                aria-label=(format!("{}. {}", self.title, self.description)) {
                style { (PreEscaped(STYLE)) }
                rect width=(width) height=(height) fill="#ffffff" {}
                (self.content)
            }
        }
    }

    /// The figure as files: SVG, PDF and PNG by their extension.
    ///
    /// # Errors
    /// It cannot be converted.
    pub fn files(&self) -> Result<[(&'static str, Vec<u8>); 3], ExperimentError> {
        let svg = self.svg().into_string();
        let failed = |source| ExperimentError::Figure {
            name: self.name.clone(),
            source,
        };
        let pdf = vector::pdf(&svg).map_err(failed)?;
        let png = vector::png(&svg, DPI).map_err(failed)?;
        let file = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{svg}\n");
        Ok([("svg", file.into_bytes()), ("pdf", pdf), ("png", png)])
    }
}

/// A mark of a condition: a colour, and a shape besides.
pub(crate) fn symbol(condition: usize, (x, y): (f64, f64), radius: f64, title: &str) -> Markup {
    let color = COLORS[condition % COLORS.len()];
    let r = round(radius);
    let (x, y) = (round(x), round(y));
    let path = match condition % 4 {
        0 => format!(
            "M{} {y}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 -{} 0z",
            round(x - r),
            2.0 * r,
            2.0 * r
        ),
        1 => format!(
            "M{x} {}l{} {}h-{}z",
            round(y - 1.2 * r),
            round(1.15 * r),
            round(2.0 * r),
            round(2.3 * r)
        ),
        2 => format!(
            "M{} {}h{}v{}h-{}z",
            round(x - r),
            round(y - r),
            2.0 * r,
            2.0 * r,
            2.0 * r
        ),
        _ => format!(
            "M{x} {}l{} {}l-{} {}l-{} -{}z",
            round(y - 1.4 * r),
            round(1.4 * r),
            round(1.4 * r),
            round(1.4 * r),
            round(1.4 * r),
            round(1.4 * r),
            round(1.4 * r)
        ),
    };
    html! {
        path d=(path) fill=(color) fill-opacity="0.8" stroke="#ffffff" stroke-width="0.6" {
            title { (title) }
        }
    }
}

/// The names of conditions beside their marks, from a place to the right.
pub(crate) fn legend(conditions: &[String], (x, y): (f64, f64)) -> Markup {
    let mut places = vec![x];
    for name in conditions {
        places.push(places[places.len() - 1] + 26.0 + 7.0 * name.chars().count() as f64);
    }
    html! {
        @for (number, (name, left)) in conditions.iter().zip(places).enumerate() {
            (symbol(number, (left, y - 4.0), 4.5, name))
            text x=(round(left + 9.0)) y=(round(y)) { (name) }
        }
    }
}

/// A coordinate to a tenth.
pub(crate) fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The first letters of a name that is too long.
pub(crate) fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.into();
    }
    let kept: String = name.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
