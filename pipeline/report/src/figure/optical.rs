//! The optical image of a figure: held once, drawn over, under or beside the ion images.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use metaspace_explore::optical::{optical_of, rendition};
use metaspace_results::optical::OpticalImage;
use ms_core::image::Raster;

use crate::error::ReportError;
use crate::figure::panel::{HEAD, NAME_SIZE, NOTE_SIZE, Place};

/// Id of the picture within the figure.
const ID: &str = "optical";

/// Pixels of a side of the picture in a figure, at most: 300 dots an inch on a page's width.
const MAX_SIDE: u32 = 2_100;

/// Opacity of what lies above, where it is not given.
pub const OPACITY: f64 = 0.5;

/// Where the optical image is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpticalPlace {
    /// Over the ion images.
    Over,
    /// Under the ion images.
    Under,
    /// In a panel of its own, before those of ions.
    Beside,
}

/// How the optical image is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpticalLayer {
    /// Where.
    pub place: OpticalPlace,
    /// Opacity of what lies above: of the optical image over ion images, of these over it.
    pub opacity: f64,
}

/// The optical image of results as a figure draws it.
pub(super) struct OpticalDrawing {
    layer: OpticalLayer,
    optical: OpticalImage,
    jpeg: Vec<u8>,
    raster: (u32, u32),
}

impl OpticalDrawing {
    pub(super) fn read(
        results: &Path,
        raster: &Raster,
        layer: OpticalLayer,
    ) -> Result<Self, ReportError> {
        let optical = optical_of(results)?;
        Ok(Self {
            jpeg: rendition(results, &optical, MAX_SIDE)?,
            layer,
            optical,
            raster: (raster.width, raster.height),
        })
    }

    pub(super) fn is_beside(&self) -> bool {
        self.layer.place == OpticalPlace::Beside
    }

    /// The picture, to be drawn as often as it is used.
    pub(super) fn definition(&self) -> Markup {
        let data = format!("data:image/jpeg;base64,{}", STANDARD.encode(&self.jpeg));
        html! {
            defs {
                image id=(ID) width=(self.optical.width) height=(self.optical.height)
                    preserveAspectRatio="none" href=(data) {}
            }
        }
    }

    /// An ion image with the optical image over or under it, as it is to be.
    pub(super) fn with(&self, place: &Place, ion: Markup) -> Markup {
        match self.layer.place {
            OpticalPlace::Over => html! { (ion) (self.drawn(place, self.layer.opacity)) },
            OpticalPlace::Under => html! {
                (self.drawn(place, 1.0))
                g opacity=(self.layer.opacity) { (ion) }
            },
            OpticalPlace::Beside => ion,
        }
    }

    /// The panel of the optical image alone.
    pub(super) fn panel(&self, place: &Place) -> Markup {
        html! {
            text x="0" y="8" font-size=(NAME_SIZE) { "Optical image" }
            text x="0" y="16.5" font-size=(NOTE_SIZE) { (self.optical.name) }
            (self.drawn(place, 1.0))
        }
    }

    fn drawn(&self, place: &Place, opacity: f64) -> Markup {
        let (columns, rows) = self.raster;
        let (width, height) = place.size;
        let numbers = self.optical.placement.numbers().map(|n| n.to_string());
        // What lies beside the ion images is cut off.
        html! {
            svg x="0" y=(HEAD) width=(format!("{width:.2}")) height=(format!("{height:.2}"))
                viewBox=(format!("0 0 {columns} {rows}")) preserveAspectRatio="none"
                overflow="hidden" {
                use href=(format!("#{ID}")) opacity=(opacity)
                    transform=(format!("matrix({})", numbers.join(" "))) {}
            }
        }
    }
}
