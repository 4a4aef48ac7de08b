//! What is odd about a dataset, and tolerated.

use super::header::{Polarity, Representation};
use super::spectrum::MobilityRange;

/// Something about a dataset that is tolerated, and told once.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Oddity {
    /// The imzML states no UUID, so that nothing tells whether the ibd is its own.
    NoUuid,
    /// Spectra of both polarities.
    MixedPolarity,
    /// Several spectra at one pixel; their intensities are added, or averaged.
    DuplicatePixels {
        /// Spectra beyond the first of their pixel.
        n_spectra: u64,
        /// Whether they are averaged.
        is_averaged: bool,
    },
    /// Places of the bounding box without a spectrum.
    MissingPixels {
        /// How many.
        n_pixels: u64,
    },
    /// Several planes, of which one is looked at.
    OtherPlanes {
        /// The plane looked at.
        z: u32,
        /// The others.
        others: Vec<u32>,
    },
    /// Several planes, which are looked at together, laid under each other.
    Stack {
        /// Their z, from top to bottom.
        planes: Vec<u32>,
        /// Rows of each.
        rows: u32,
    },
    /// Several spectra at one pixel, of which the first is looked at.
    LaterDuplicates {
        /// Spectra that are left out.
        n_spectra: u64,
    },
    /// Coordinates go in steps, which are taken for neighbouring columns and rows.
    Steps {
        /// Between columns.
        x: u32,
        /// Between rows.
        y: u32,
    },
    /// Tissues lie so far apart that columns and rows between them are left out.
    FarApart {
        /// Columns left out.
        columns: u32,
        /// Rows left out.
        rows: u32,
    },
    /// Spectra of fragments (MS level 2 or more), which are left out.
    Fragments {
        /// How many.
        n_spectra: u64,
    },
    /// Spectra of the other polarity, which are left out.
    OtherPolarity {
        /// The one that is looked at.
        polarity: Polarity,
        /// Spectra of the other.
        n_spectra: u64,
    },
    /// The file does not say its polarity, and it was taken from the data.
    PolarityFromData {
        /// The polarity.
        polarity: Polarity,
        /// Ions of that polarity that stand out of chance.
        n_ions: u64,
    },
    /// Spectra with the ion mobility of each point, of which those of a range are looked at.
    MobilityRange {
        /// How many.
        n_spectra: u64,
        /// The range.
        range: MobilityRange,
    },
    /// Spectra with the ion mobility of each point, which is passed over.
    IonMobility {
        /// How many.
        n_spectra: u64,
    },
    /// Spectra that do not say where they lie, which are left out.
    NoPosition {
        /// How many.
        n_spectra: u64,
    },
    /// Parameter groups that are referred to and not defined.
    UnknownGroups {
        /// Their names.
        names: Vec<String>,
    },
    /// The size of pixels has a unit that is none of length.
    UnknownUnit {
        /// As the file writes it.
        unit: String,
    },
    /// The UUIDs differ, and are not looked at as the caller wants it.
    OtherUuid {
        /// That of the imzML.
        imzml: String,
        /// That of the ibd.
        ibd: String,
    },
    /// The spectrum list is longer or shorter than it says.
    SpectrumCount {
        /// As stated.
        stated: u64,
        /// As found.
        found: u64,
    },
    /// The file says that its spectra are of one kind, and their values look like the other.
    Representation {
        /// As stated.
        stated: Representation,
        /// As the values show.
        observed: Representation,
    },
    /// Spectra without a peak.
    EmptySpectra {
        /// How many.
        n_spectra: u64,
    },
}
