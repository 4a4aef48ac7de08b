//! imzML datasets: the XML tells where in the ibd each spectrum's arrays lie.
//!
//! Format: Schramm et al. 2012, doi:10.1016/j.jprot.2012.07.026; imzML 1.1.

use std::io::Read;
use std::ops::Range;

use crate::bytes::RangeRead;
use crate::profile::PeakPicking;
use crate::recalibration::Recalibration;

mod choose;
mod cv;
mod error;
mod header;
mod ibd;
mod numpress;
mod observe;
mod oddity;
mod packing;
mod parse;
mod pixels;
mod spectrum;
mod write;

pub use error::ImzmlError;
pub use header::{Analyzer, Checksum, ChecksumAlgorithm, Header, Mode, Polarity, Representation};
pub use ibd::{Spectrum, SpectrumReader};
pub use numpress::Numpress;
pub use oddity::Oddity;
pub use packing::Compression;
pub use pixels::{OTHER_PLANE, PLANE_GAP, PixelTable};
pub use spectrum::{ArrayPlace, DataType, MobilityRange, SpectrumEntry, SpectrumIdx};
pub use write::{ImzmlWriter, Processing, WriteOptions};

/// What the two files of a dataset are called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The imzML file.
    pub imzml: String,
    /// The ibd file.
    pub ibd: String,
}

/// Which spectra of a file are looked at, and what is tolerated of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Choice {
    /// The plane; the first where none is said.
    pub z: Option<u32>,
    /// Sign of the ions, where the file has spectra of both.
    pub polarity: Option<Polarity>,
    /// What becomes of several spectra at one pixel.
    pub duplicates: Duplicates,
    /// Points of which ion mobilities are looked at; of all where none is said.
    pub mobility: Option<MobilityRange>,
    /// Whether the ibd is read although its UUID is not that of the imzML.
    pub ignores_uuid: bool,
}

/// What becomes of several spectra at one pixel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// Their intensities are added.
    #[default]
    Sum,
    /// Their intensities are added and divided by their number.
    Mean,
    /// The first in the file is looked at.
    First,
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
    /// How peaks are picked from the spectra where they are profiles; nothing where they are peaks.
    pub picking: Option<PeakPicking>,
    /// Of which points the ion mobility decides whether they are looked at; nothing to look at all.
    pub mobility: Option<Mobility>,
    ibd: Box<dyn RangeRead>,
}

/// Ion mobilities of points, where only those of a range are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Mobility {
    /// The range.
    pub range: MobilityRange,
    /// Where the ion mobilities of each spectrum lie, in file order; nothing where it has none.
    pub arrays: Vec<Option<ArrayPlace>>,
}

/// The same of some consecutive spectra.
#[derive(Debug, Clone, Copy)]
pub struct PartMobility<'a> {
    /// The range.
    pub range: MobilityRange,
    /// Where the ion mobilities of each spectrum lie; nothing where it has none.
    pub arrays: &'a [Option<ArrayPlace>],
}

impl Dataset {
    /// Reads the XML and checks it against the ibd: UUID, and the place of each array. Of several
    /// planes the one at `z` is looked at, or all of them, laid under each other; see
    /// [`Dataset::open_chosen`] for more.
    ///
    /// # Errors
    /// [`ImzmlError`], with the file, the place, what was expected and what was found.
    pub fn open(
        xml: &mut dyn Read,
        ibd: Box<dyn RangeRead>,
        names: Names,
        z: Option<u32>,
    ) -> Result<Self, ImzmlError> {
        let choice = Choice {
            z,
            ..Choice::default()
        };
        Self::open_chosen(xml, ibd, names, choice)
    }

    /// Reads the XML and checks it against the ibd: UUID, and the place of each array.
    ///
    /// Spectra of fragments, those of another polarity than the one that is wanted, and those without
    /// a position are left out, as those of other planes are. Memory: 64 bytes a spectrum for
    /// its arrays, 8 for its pixel.
    ///
    /// # Errors
    /// [`ImzmlError`], with the file, the place, what was expected and what was found.
    pub fn open_chosen(
        xml: &mut dyn Read,
        ibd: Box<dyn RangeRead>,
        names: Names,
        choice: Choice,
    ) -> Result<Self, ImzmlError> {
        let parse::Document {
            mut header,
            mut spectra,
            scans,
            mobilities,
            unknown_groups,
            stated_count,
        } = parse::parse(xml, &names.imzml, choice.mobility.is_some())?;
        let mut oddities = Vec::new();
        match ibd::check_uuid(&header, &*ibd, &names) {
            Ok(true) => {}
            Ok(false) => oddities.push(Oddity::NoUuid),
            Err(ImzmlError::Uuid {
                expected, found, ..
            }) if choice.ignores_uuid => oddities.push(Oddity::OtherUuid {
                imzml: expected,
                ibd: found,
            }),
            Err(error) => return Err(error),
        }
        ibd::check_places(&spectra, ibd.len(), &names.ibd)?;
        choose::complete_planes(&mut spectra, &scans);
        let is_chosen = choose::choose(
            &scans,
            &mut header,
            choice.polarity,
            &names.imzml,
            &mut oddities,
        )?;
        let mobility = choice.mobility.map(|range| Mobility {
            range,
            arrays: mobilities,
        });
        if let Some(mobility) = &mobility {
            ibd::check_mobilities(&spectra, &mobility.arrays, ibd.len(), &names.ibd)?;
            mobility.check_there(&spectra, &is_chosen, &names.imzml)?;
        }
        oddities.extend(choose::mobility(&scans, choice.mobility));
        let mut pixels = PixelTable::new(&spectra, &is_chosen, choice.z, &names.imzml)?;
        match choice.duplicates {
            Duplicates::Sum => {}
            Duplicates::Mean => pixels.average(),
            Duplicates::First => {
                let n_spectra = pixels.keep_first();
                if n_spectra > 0 {
                    oddities.push(Oddity::LaterDuplicates { n_spectra });
                }
            }
        }
        if !unknown_groups.is_empty() {
            oddities.push(Oddity::UnknownGroups {
                names: unknown_groups.into_iter().map(|(name, _)| name).collect(),
            });
        }
        add_oddities(&header, &spectra, &pixels, stated_count, &mut oddities);
        Ok(Self {
            header,
            spectra,
            pixels,
            oddities,
            names,
            recalibration: Recalibration::default(),
            picking: None,
            mobility,
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
            n_at_pixel: self
                .pixels
                .n_at_pixel
                .get(range.clone())
                .unwrap_or_default(),
            n_before: range.start as u64,
            ibd: &*self.ibd,
            file: &self.names.ibd,
            recalibration: &self.recalibration,
            picking: self.picking.as_ref(),
            mobility: self.mobility.as_ref().map(|mobility| PartMobility {
                range: mobility.range,
                arrays: &mobility.arrays[range],
            }),
        }
    }

    /// Compares the ibd with the checksum that the imzML states.
    ///
    /// # Errors
    /// It differs, there is none, or the ibd cannot be read.
    pub fn verify_checksum(&self) -> Result<&Checksum, ImzmlError> {
        ibd::verify_checksum(&self.header, self.ibd(), &self.names)
    }

    /// Peaks that its spectra have at most: points, or fewer where the peaks are picked.
    pub fn max_peaks(&self) -> u64 {
        let points = self
            .spectra
            .iter()
            .map(|entry| u64::from(entry.n_peaks))
            .sum();
        self.picking
            .map_or(points, |picking| picking.shape.max_peaks(points))
    }
}

/// Consecutive spectra of a dataset: what is needed to read them, and no more.
#[derive(Clone, Copy)]
pub struct SpectraPart<'a> {
    /// Where their arrays lie.
    pub entries: &'a [SpectrumEntry],
    /// Pixel of each, [`OTHER_PLANE`] for those of another plane.
    pub pixels: &'a [u32],
    /// By what intensities of each are divided: the spectra at its pixel. Empty: by nothing.
    pub n_at_pixel: &'a [u16],
    /// Spectra of the dataset before them.
    pub n_before: u64,
    /// The bytes of the ibd.
    pub ibd: &'a dyn RangeRead,
    /// Name of the ibd.
    pub file: &'a str,
    /// Taken from the m/z that are read.
    pub recalibration: &'a Recalibration,
    /// How peaks are picked from the spectra, before that; nothing where they are peaks.
    pub picking: Option<&'a PeakPicking>,
    /// Of which points the ion mobility decides whether they are looked at; nothing to look at all.
    pub mobility: Option<PartMobility<'a>>,
}

impl Mobility {
    /// Makes sure that each spectrum that is looked at has ion mobilities.
    fn check_there(
        &self,
        spectra: &[SpectrumEntry],
        is_chosen: &[bool],
        file: &str,
    ) -> Result<(), ImzmlError> {
        let looked_at = (1..).zip(spectra).zip(is_chosen).zip(&self.arrays);
        for (((spectrum, entry), is_chosen), array) in looked_at {
            if *is_chosen && entry.n_peaks > 0 && array.is_none() {
                let file = file.into();
                return Err(ImzmlError::NoMobility { file, spectrum });
            }
        }
        Ok(())
    }
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
        if let Some(mobility) = self.mobility {
            ibd::check_mobilities(self.entries, mobility.arrays, self.ibd.len(), self.file)?;
        }
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

fn add_oddities(
    header: &Header,
    spectra: &[SpectrumEntry],
    pixels: &PixelTable,
    stated_count: Option<u64>,
    odd: &mut Vec<Oddity>,
) {
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
    if let Some(unit) = header.unknown_unit.clone() {
        odd.push(Oddity::UnknownUnit { unit });
    }
}
