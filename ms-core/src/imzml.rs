//! imzML datasets: the XML tells where in the ibd each spectrum's arrays lie.
//!
//! Format: Schramm et al. 2012, doi:10.1016/j.jprot.2012.07.026; imzML 1.1.

use std::io::Read;
use std::ops::Range;

use crate::bytes::RangeRead;
use crate::recalibration::Recalibration;

mod cv;
mod error;
mod header;
mod ibd;
mod parse;
mod pixels;
mod spectrum;
mod write;

pub use error::ImzmlError;
pub use header::{Analyzer, Checksum, ChecksumAlgorithm, Header, Mode, Polarity, Representation};
pub use ibd::{Spectrum, SpectrumReader};
pub use pixels::{OTHER_PLANE, PixelTable};
pub use spectrum::{ArrayPlace, DataType, SpectrumEntry, SpectrumIdx};
pub use write::{ImzmlWriter, WriteOptions};

/// What the two files of a dataset are called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The imzML file.
    pub imzml: String,
    /// The ibd file.
    pub ibd: String,
}

/// Something about a dataset that is tolerated, and told once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// The imzML states no UUID, so that nothing tells whether the ibd is its own.
    NoUuid,
    /// Spectra of both polarities.
    MixedPolarity,
    /// Several spectra at one pixel; their intensities are added.
    DuplicatePixels {
        /// Spectra beyond the first of their pixel.
        n_spectra: u64,
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
        /// Spectra on the others.
        n_spectra: u64,
    },
    /// The spectrum list is longer or shorter than it says.
    SpectrumCount {
        /// As stated.
        stated: u64,
        /// As found.
        found: u64,
    },
    /// Spectra without a peak.
    EmptySpectra {
        /// How many.
        n_spectra: u64,
    },
}

/// A dataset whose spectra all lie within its ibd.
pub struct Dataset {
    /// What the file says of the dataset as a whole.
    pub header: Header,
    /// One row a spectrum, in file order.
    pub spectra: Vec<SpectrumEntry>,
    /// Where the spectra lie on the tissue.
    pub pixels: PixelTable,
    /// What is tolerated.
    pub oddities: Vec<Oddity>,
    /// For messages.
    pub names: Names,
    /// Taken from the m/z of all spectra that are read; nothing at first.
    pub recalibration: Recalibration,
    ibd: Box<dyn RangeRead>,
}

impl Dataset {
    /// Reads the XML and checks it against the ibd: UUID, and the place of each array.
    ///
    /// Of several planes the one at `z` is looked at, or the first. Memory: 64 bytes a spectrum for
    /// its arrays, 8 for its pixel.
    ///
    /// # Errors
    /// [`ImzmlError`], with the file, the place, what was expected and what was found.
    pub fn open(
        xml: &mut dyn Read,
        ibd: Box<dyn RangeRead>,
        names: Names,
        z: Option<u32>,
    ) -> Result<Self, ImzmlError> {
        let parse::Document {
            header,
            spectra,
            stated_count,
        } = parse::parse(xml, &names.imzml)?;
        let has_uuid = ibd::check_uuid(&header, &*ibd, &names)?;
        ibd::check_places(&spectra, ibd.len(), &names.ibd)?;
        let pixels = PixelTable::new(&spectra, z, &names.imzml)?;
        let oddities = oddities(&header, &spectra, &pixels, stated_count, has_uuid);
        Ok(Self {
            header,
            spectra,
            pixels,
            oddities,
            names,
            recalibration: Recalibration::default(),
            ibd,
        })
    }

    /// The bytes of the ibd.
    pub fn ibd(&self) -> &dyn RangeRead {
        &*self.ibd
    }

    /// A reader of spectra, one after another.
    pub fn reader(&self) -> SpectrumReader<'_> {
        self.part(0..self.spectra.len()).reader()
    }

    /// Some of its spectra, consecutive ones.
    ///
    /// # Panics
    /// There are not so many.
    pub fn part(&self, range: Range<usize>) -> SpectraPart<'_> {
        SpectraPart {
            entries: &self.spectra[range.clone()],
            pixels: &self.pixels.pixel_of_spectrum[range.clone()],
            n_before: range.start as u64,
            ibd: &*self.ibd,
            file: &self.names.ibd,
            recalibration: &self.recalibration,
        }
    }

    /// Compares the ibd with the checksum that the imzML states.
    ///
    /// # Errors
    /// It differs, there is none, or the ibd cannot be read.
    pub fn verify_checksum(&self) -> Result<&Checksum, ImzmlError> {
        ibd::verify_checksum(&self.header, self.ibd(), &self.names)
    }

    /// What its spectra consist of, judged by their values: the sampled signal has runs of points
    /// at nearly equal steps, peaks have not. Nothing if there are too few points to tell.
    ///
    /// # Errors
    /// A spectrum cannot be read.
    pub fn observed_representation(&self) -> Result<Option<Representation>, ImzmlError> {
        ibd::observed_representation(self)
    }
}

/// Consecutive spectra of a dataset: what is needed to read them, and no more.
#[derive(Clone, Copy)]
pub struct SpectraPart<'a> {
    /// Where their arrays lie.
    pub entries: &'a [SpectrumEntry],
    /// Pixel of each, [`OTHER_PLANE`] for those of another plane.
    pub pixels: &'a [u32],
    /// Spectra of the dataset before them.
    pub n_before: u64,
    /// The bytes of the ibd.
    pub ibd: &'a dyn RangeRead,
    /// Name of the ibd.
    pub file: &'a str,
    /// Taken from the m/z that are read.
    pub recalibration: &'a Recalibration,
}

impl<'a> SpectraPart<'a> {
    /// A reader of these spectra.
    pub fn reader(self) -> SpectrumReader<'a> {
        SpectrumReader::new(self)
    }

    /// Makes sure that all arrays lie within the ibd.
    ///
    /// # Errors
    /// One does not.
    pub fn check(self) -> Result<(), ImzmlError> {
        ibd::check_places(self.entries, self.ibd.len(), self.file)
    }
}

impl std::fmt::Debug for SpectraPart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpectraPart")
            .field("file", &self.file)
            .field("n_before", &self.n_before)
            .field("n_spectra", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset")
            .field("names", &self.names)
            .field("header", &self.header)
            .field("n_spectra", &self.spectra.len())
            .finish_non_exhaustive()
    }
}

fn oddities(
    header: &Header,
    spectra: &[SpectrumEntry],
    pixels: &PixelTable,
    stated_count: Option<u64>,
    has_uuid: bool,
) -> Vec<Oddity> {
    let mut odd = Vec::new();
    if !has_uuid {
        odd.push(Oddity::NoUuid);
    }
    if header.is_polarity_mixed {
        odd.push(Oddity::MixedPolarity);
    }
    odd.extend(pixels.oddities());
    let found = spectra.len() as u64;
    odd.extend(
        stated_count
            .filter(|&stated| stated != found)
            .map(|stated| Oddity::SpectrumCount { stated, found }),
    );
    let n_spectra = spectra.iter().filter(|entry| entry.n_peaks == 0).count() as u64;
    if n_spectra > 0 {
        odd.push(Oddity::EmptySpectra { n_spectra });
    }
    odd
}
