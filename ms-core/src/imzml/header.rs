//! What an imzML file says of its dataset as a whole.

use std::fmt;

use super::cv::{self, Term};
use crate::isotopes::Instrument;

/// How spectra share their m/z arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All spectra have the m/z array of the first.
    Continuous,
    /// Each spectrum has its own.
    Processed,
}

/// Sign of the ions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// Cations.
    Positive,
    /// Anions.
    Negative,
}

/// What spectra consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// Peaks.
    Centroid,
    /// The sampled signal.
    Profile,
}

/// The checksum of the ibd that an imzML file states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// Which.
    pub algorithm: ChecksumAlgorithm,
    /// Lower-case hexadecimal digits.
    pub digits: String,
}

/// Checksums that imzML knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// RFC 1321.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha256,
}

/// The mass analyzer, and the words from which it was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analyzer {
    /// How its resolving power falls.
    pub instrument: Instrument,
    /// Name of the term in the file.
    pub term: String,
}

/// Statements about a dataset; absent where the file does not say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// Continuous or processed.
    pub mode: Option<Mode>,
    /// 32 lower-case hexadecimal digits.
    pub uuid: Option<String>,
    /// Of the ibd.
    pub checksum: Option<Checksum>,
    /// Of all spectra; absent also where some are positive and some negative.
    pub polarity: Option<Polarity>,
    /// Whether the polarity was taken from the data, as the file does not say it.
    pub is_polarity_from_data: bool,
    /// Whether spectra of both polarities are stated.
    pub is_polarity_mixed: bool,
    /// As the file states; the data may say otherwise.
    pub representation: Option<Representation>,
    /// As far as the instrument is described.
    pub analyzer: Option<Analyzer>,
    /// Width and height of a pixel in µm.
    pub pixel_size_um: Option<(f64, f64)>,
    /// Unit of the size of pixels that is none of length; the size is absent then.
    pub unknown_unit: Option<String>,
    /// Columns and rows as stated.
    pub max_count: (Option<u64>, Option<u64>),
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Continuous {
            "continuous"
        } else {
            "processed"
        })
    }
}

impl fmt::Display for Polarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Positive {
            "positive"
        } else {
            "negative"
        })
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Centroid {
            "centroid"
        } else {
            "profile"
        })
    }
}

impl fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ChecksumAlgorithm {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        }
    }
}

/// Sizes in µm that a pixel can have.
const PIXEL_UM: std::ops::RangeInclusive<f64> = 0.05..=2_000.0;

/// Collects statements while a file is read.
#[derive(Debug, Default)]
pub(super) struct HeaderBuilder {
    header: Header,
    polarities: [bool; 2],
    n_centroid: u64,
    n_profile: u64,
    pixel_size: [Option<f64>; 2],
    max_dimension: [Option<f64>; 2],
}

/// The unit of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unit {
    /// Such as `UO:0000017`; empty where none is stated.
    pub(super) accession: String,
    /// Its name in the file; empty where none is stated.
    pub(super) name: String,
}

impl Unit {
    /// How many micrometres it is, by its accession, or by its name if it has none that is known; 1
    /// where there is neither, as the format has it. Nothing for a unit that is no length.
    fn micrometres(&self) -> Option<f64> {
        const UNITS: [(&str, &[&str], f64); 5] = [
            ("UO:0000008", &["meter", "metre", "m"], 1e6),
            ("UO:0000015", &["centimeter", "centimetre", "cm"], 1e4),
            ("UO:0000016", &["millimeter", "millimetre", "mm"], 1e3),
            (
                "UO:0000017",
                &["micrometer", "micrometre", "micron", "um", "µm"],
                1.0,
            ),
            ("UO:0000018", &["nanometer", "nanometre", "nm"], 1e-3),
        ];
        let name = self.name.trim().to_lowercase();
        let by_accession = UNITS.iter().find(|unit| unit.0 == self.accession.trim());
        let by_name = || UNITS.iter().find(|unit| unit.1.contains(&&*name));
        match by_accession.or_else(by_name) {
            Some((_, _, factor)) => Some(*factor),
            None if self.accession.trim().is_empty() && name.is_empty() => Some(1.0),
            None => None,
        }
    }

    /// The same, of a number of it. Where accession and name differ, the accession is believed, unless
    /// only the name gives a size that a pixel can have.
    fn micrometres_of(&self, number: f64) -> Option<f64> {
        let by_name = Self {
            accession: String::new(),
            name: self.name.clone(),
        };
        let is_pixel = |factor: &f64| PIXEL_UM.contains(&(number * factor));
        let stated = self.micrometres()?;
        let other = by_name
            .micrometres()
            .filter(|_| !self.name.trim().is_empty());
        match other.filter(is_pixel) {
            Some(factor) if !is_pixel(&stated) => Some(factor),
            _ => Some(stated),
        }
    }

    /// As the file writes it.
    fn text(&self) -> String {
        let parts = [self.name.trim(), self.accession.trim()];
        let stated: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        stated.join(", ")
    }
}

impl HeaderBuilder {
    /// A term of the file description.
    pub(super) fn file_term(&mut self, term: Term, value: &str) {
        let checksum = |algorithm| {
            Some(Checksum {
                algorithm,
                digits: value.trim().to_ascii_lowercase(),
            })
        };
        match term {
            cv::CONTINUOUS => self.header.mode = Some(Mode::Continuous),
            cv::PROCESSED => self.header.mode = Some(Mode::Processed),
            cv::UUID => self.header.uuid = Some(normalized_uuid(value)),
            cv::IBD_MD5 => self.header.checksum = checksum(ChecksumAlgorithm::Md5),
            cv::IBD_SHA1 => self.header.checksum = checksum(ChecksumAlgorithm::Sha1),
            cv::IBD_SHA256 => self.header.checksum = checksum(ChecksumAlgorithm::Sha256),
            _ => self.spectrum_term(term),
        }
    }

    /// A term of a spectrum or a scan.
    pub(super) fn spectrum_term(&mut self, term: Term) {
        match term {
            cv::CENTROID => self.n_centroid += 1,
            cv::PROFILE => self.n_profile += 1,
            cv::POSITIVE_SCAN => self.polarities[0] = true,
            cv::NEGATIVE_SCAN => self.polarities[1] = true,
            _ => {}
        }
    }

    /// A term of the scan settings.
    pub(super) fn settings_term(&mut self, term: Term, value: &str, unit: &Unit) {
        let micrometres = || {
            let number: f64 = value.trim().parse().ok()?;
            let number = number * unit.micrometres_of(number)?;
            (number.is_finite() && number > 0.0).then_some(number)
        };
        match term {
            cv::MAX_COUNT_X => self.header.max_count.0 = value.trim().parse().ok(),
            cv::MAX_COUNT_Y => self.header.max_count.1 = value.trim().parse().ok(),
            cv::PIXEL_SIZE_X => self.pixel_size[0] = micrometres(),
            cv::PIXEL_SIZE_Y => self.pixel_size[1] = micrometres(),
            cv::MAX_DIMENSION_X => self.max_dimension[0] = micrometres(),
            cv::MAX_DIMENSION_Y => self.max_dimension[1] = micrometres(),
            _ => return,
        }
        if unit.micrometres().is_none() {
            self.header.unknown_unit = Some(unit.text());
        }
    }

    /// A term of the instrument's description, with its name in the file.
    pub(super) fn instrument_term(&mut self, term: Term, name: &str, value: &str) {
        let by_accession = match term {
            cv::FTICR => Some(Instrument::Fticr),
            cv::ORBITRAP => Some(Instrument::Orbitrap),
            cv::TOF => Some(Instrument::Tof),
            _ => None,
        };
        let by_name = || Instrument::of_model(name).or_else(|| Instrument::of_model(value));
        let is_better = by_accession.is_some() || self.header.analyzer.is_none();
        if let Some(instrument) = by_accession.or_else(by_name).filter(|_| is_better) {
            let term = if name.is_empty() {
                instrument.to_string()
            } else {
                name.to_owned()
            };
            self.header.analyzer = Some(Analyzer { instrument, term });
        }
    }

    pub(super) fn finish(mut self) -> Header {
        self.header.polarity = match self.polarities {
            [true, false] => Some(Polarity::Positive),
            [false, true] => Some(Polarity::Negative),
            _ => None,
        };
        self.header.is_polarity_mixed = self.polarities == [true, true];
        self.header.representation = match (self.n_centroid, self.n_profile) {
            (0, 0) => None,
            (_, 0) => Some(Representation::Centroid),
            _ => Some(Representation::Profile),
        };
        // What all pixels measure together, and how many they are, give the size of one.
        let counts = [self.header.max_count.0, self.header.max_count.1];
        for ((size, dimension), count) in self
            .pixel_size
            .iter_mut()
            .zip(self.max_dimension)
            .zip(counts)
        {
            let of_all = dimension
                .zip(count.filter(|count| *count > 0))
                .map(|(dimension, count)| dimension / count as f64);
            // Under the old name of the term, some exporters state the area.
            let is_area = |size: &f64| {
                of_all.is_some_and(|side| (size / (side * side) - 1.0).abs() < 0.05 && side > 2.0)
            };
            *size = size.filter(|size| !is_area(size)).or(of_all);
        }
        // One number stands for both sides where the other is not given.
        self.header.pixel_size_um = match self.pixel_size {
            [Some(x), y] => Some((x, y.unwrap_or(x))),
            [None, y] => y.map(|y| (y, y)),
        };
        self.header
    }
}

/// The 32 hexadecimal digits of a UUID written in any of the usual ways.
fn normalized_uuid(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_hexdigit)
        .collect::<String>()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_compared_without_their_dress() {
        let plain = normalized_uuid("b40bb1b3cff34ab088b3e9685ef1edd7");
        assert_eq!(
            normalized_uuid("{B40BB1B3-CFF3-4AB0-88B3-E9685EF1EDD7}"),
            plain
        );
    }
}
