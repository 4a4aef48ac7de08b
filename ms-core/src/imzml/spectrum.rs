//! One spectrum's row of the pixel table, built from its terms.

use super::cv::{self, Term};
use super::error::ImzmlError;
use super::header::Polarity;
use super::numpress::Numpress;
use super::packing::{Compression, Packing};

/// Type of the values of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// IEEE 754 single.
    F32,
    /// IEEE 754 double.
    F64,
    /// Signed.
    I32,
    /// Signed.
    I64,
    /// Signed.
    I8,
    /// Signed.
    I16,
    /// Unsigned.
    U8,
    /// Unsigned.
    U16,
    /// Unsigned.
    U32,
    /// Unsigned.
    U64,
}

impl DataType {
    /// Bytes a value.
    pub fn size(self) -> u64 {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// Of integers, the unsigned one of as many bits.
    fn unsigned(self) -> Self {
        match self {
            Self::I8 => Self::U8,
            Self::I16 => Self::U16,
            Self::I32 => Self::U32,
            Self::I64 => Self::U64,
            other => other,
        }
    }
}

/// Where an array lies in the ibd and how it is written. 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayPlace {
    /// First byte.
    pub offset: u64,
    /// Bytes in the file, compressed or not.
    pub n_bytes: u64,
    /// Type of the values.
    pub data_type: DataType,
    /// How the bytes are packed.
    pub compression: Compression,
    /// How the values were encoded before, if they were; their type is of no meaning then.
    pub numpress: Option<Numpress>,
}

/// A spectrum of a dataset, or of a part of it: its place there, in file order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpectrumIdx(pub usize);

/// A spectrum of a dataset: its place and its two arrays. 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpectrumEntry {
    /// Column as written.
    pub x: u32,
    /// Row as written.
    pub y: u32,
    /// Plane as written, 1 where the file has none.
    pub z: u32,
    /// Values in each array.
    pub n_peaks: u32,
    /// The m/z values.
    pub mz: ArrayPlace,
    /// The intensities.
    pub intensity: ArrayPlace,
}

/// What a spectrum says of itself besides its arrays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "statements of a file")]
pub(super) struct Scan {
    /// Sign of its ions, where it says it.
    pub(super) polarity: Option<Polarity>,
    /// Whether it is of fragments: MS level 2 or more.
    pub(super) is_fragments: bool,
    /// Whether it says where it lies.
    pub(super) has_position: bool,
    /// Whether it says on which plane.
    pub(super) has_plane: bool,
    /// Whether it has the ion mobility of each point.
    pub(super) has_mobility: bool,
}

/// Ion mobilities of the points that are looked at, both bounds included, in the unit of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MobilityRange {
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl MobilityRange {
    /// Whether points of an ion mobility are looked at.
    pub fn contains(self, mobility: f64) -> bool {
        self.low <= mobility && mobility <= self.high
    }
}

/// A value that its term does not allow.
pub(super) struct BadValue {
    spectrum: u64,
    term: &'static str,
    expected: &'static str,
    found: String,
}

impl BadValue {
    pub(super) fn at(self, file: &str, offset: u64) -> ImzmlError {
        let Self {
            spectrum,
            term,
            expected,
            found,
        } = self;
        ImzmlError::Value {
            file: file.into(),
            offset,
            spectrum,
            term,
            expected,
            found,
        }
    }
}

/// What an array is, as far as its terms have told.
#[derive(Debug, Default, Clone, Copy)]
struct ArrayBuilder {
    kind: Option<Kind>,
    data_type: Option<DataType>,
    is_unsigned: bool,
    packing: Packing,
    offset: Option<u64>,
    n_values: Option<u64>,
    n_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mz,
    Intensity,
    Mobility,
}

impl Kind {
    /// What the array is called in messages.
    fn name(self) -> &'static str {
        match self {
            Self::Mz => "m/z",
            Self::Intensity => "intensity",
            Self::Mobility => "ion mobility",
        }
    }
}

/// Collects the terms of one spectrum after another.
#[derive(Debug, Default)]
pub(super) struct SpectrumBuilder {
    number: u64,
    x: Option<u32>,
    y: Option<u32>,
    z: Option<u32>,
    polarity: Option<Polarity>,
    /// As `ms level` says it.
    ms_level: Option<u64>,
    /// Whether a term calls it a spectrum of fragments.
    is_msn: bool,
    has_mobility: bool,
    /// Whether it is kept where ion mobilities lie.
    keeps_mobility: bool,
    array: ArrayBuilder,
    mz: Option<(ArrayPlace, u64)>,
    intensity: Option<(ArrayPlace, u64)>,
    mobility: Option<(ArrayPlace, u64)>,
}

impl SpectrumBuilder {
    /// Of spectra of which it is known, or not, where their ion mobilities lie.
    pub(super) fn new(keeps_mobility: bool) -> Self {
        Self {
            keeps_mobility,
            ..Self::default()
        }
    }

    /// Starts spectrum `number`, counted from 1.
    pub(super) fn begin(&mut self, number: u64) {
        *self = Self {
            number,
            ..Self::new(self.keeps_mobility)
        };
    }

    /// Where the ion mobilities of the points of the spectrum that has ended lie, if that is kept.
    pub(super) fn mobility(&self) -> Option<ArrayPlace> {
        self.mobility.map(|(place, _)| place)
    }

    pub(super) fn term(&mut self, term: Term, value: &str) -> Result<(), BadValue> {
        match term {
            cv::POSITION_X => self.x = Some(self.coordinate("position x", value)?),
            cv::POSITION_Y => self.y = Some(self.coordinate("position y", value)?),
            cv::POSITION_Z => self.z = Some(self.coordinate("position z", value)?),
            cv::POSITIVE_SCAN => self.polarity = Some(Polarity::Positive),
            cv::NEGATIVE_SCAN => self.polarity = Some(Polarity::Negative),
            // What is no number tells nothing.
            cv::MS_LEVEL => self.ms_level = whole_number(value),
            cv::MSN_SPECTRUM => self.is_msn = true,
            _ => {}
        }
        Ok(())
    }

    /// What it says of itself besides its arrays.
    pub(super) fn scan(&self) -> Scan {
        Scan {
            polarity: self.polarity,
            // Exporters write 0 where they do not know the level.
            is_fragments: self.ms_level.map_or(self.is_msn, |level| level > 1),
            has_position: self.x.is_some() && self.y.is_some(),
            has_plane: self.z.is_some(),
            has_mobility: self.has_mobility,
        }
    }

    pub(super) fn begin_array(&mut self) {
        self.array = ArrayBuilder::default();
    }

    pub(super) fn array_term(
        &mut self,
        term: Term,
        name: &str,
        value: &str,
    ) -> Result<(), BadValue> {
        if cv::INTEGERS.contains(&term) {
            self.array.is_unsigned = name.to_ascii_lowercase().contains("unsigned");
        }
        match term {
            cv::MZ_ARRAY => self.array.kind = Some(Kind::Mz),
            cv::INTENSITY_ARRAY => self.array.kind = Some(Kind::Intensity),
            cv::FLOAT32 => self.array.data_type = Some(DataType::F32),
            cv::FLOAT64 => self.array.data_type = Some(DataType::F64),
            cv::INT32 | cv::INT32_IMS => self.array.data_type = Some(DataType::I32),
            cv::INT64 | cv::INT64_IMS => self.array.data_type = Some(DataType::I64),
            cv::INT8_IMS => self.array.data_type = Some(DataType::I8),
            cv::INT16_IMS => self.array.data_type = Some(DataType::I16),
            cv::FLOAT16 => {
                let expected = "a 32- or 64-bit float, or an integer";
                return Err(self.bad("data type", expected, "16-bit float"));
            }
            cv::EXTERNAL_OFFSET => self.array.offset = Some(self.whole("external offset", value)?),
            cv::EXTERNAL_LENGTH => {
                self.array.n_values = Some(self.whole("external array length", value)?);
            }
            cv::EXTERNAL_ENCODED => {
                self.array.n_bytes = Some(self.whole("external encoded length", value)?);
            }
            other => {
                if cv::is_mobility(other) {
                    self.has_mobility = true;
                    self.array.kind = self.keeps_mobility.then_some(Kind::Mobility);
                }
                if let Some(Packing {
                    compression,
                    numpress,
                }) = cv::packing(other)
                {
                    // One term may say both, or a term each.
                    let packing = &mut self.array.packing;
                    packing.compression = compression.or(packing.compression);
                    packing.numpress = numpress.or(packing.numpress);
                } else if let Some(packed) = cv::other_compression(other) {
                    let found = format!("{packed} ({other})");
                    let expected = "none, zlib, zstd or MS-Numpress";
                    return Err(self.bad("compression", expected, &found));
                }
            }
        }
        Ok(())
    }

    /// Ends an array; arrays of other kinds than m/z and intensity are passed over.
    pub(super) fn end_array(&mut self, file: &str, offset: u64) -> Result<(), ImzmlError> {
        let spectrum = self.number;
        let missing = |what| ImzmlError::Missing {
            file: file.into(),
            offset,
            spectrum,
            what,
        };
        let array = self.array;
        let Some(kind) = array.kind else {
            return Ok(());
        };
        let pick = |mz, intensity, mobility| {
            missing(match kind {
                Kind::Mz => mz,
                Kind::Intensity => intensity,
                Kind::Mobility => mobility,
            })
        };
        let n_values = array.n_values.ok_or_else(|| {
            pick(
                "external array length of its m/z array",
                "external array length of its intensities",
                "external array length of its ion mobilities",
            )
        })?;
        let data_type = array.data_type.ok_or_else(|| {
            pick(
                "known data type of its m/z array",
                "known data type of its intensities",
                "known data type of its ion mobilities",
            )
        })?;
        let start = array.offset.ok_or_else(|| {
            pick(
                "external offset of its m/z array",
                "external offset of its intensities",
                "external offset of its ion mobilities",
            )
        })?;
        let data_type = if array.is_unsigned {
            data_type.unsigned()
        } else {
            data_type
        };
        let plain = n_values.saturating_mul(data_type.size());
        let compression = array.packing.compression.unwrap_or_default();
        let numpress = array.packing.numpress;
        let is_plain = compression == Compression::None && numpress.is_none();
        let n_bytes = match array.n_bytes {
            // Some exporters write nothing there, or the number of values.
            Some(n_bytes) if is_plain && (n_bytes == 0 || n_bytes == n_values) => plain,
            Some(n_bytes) => n_bytes,
            None if is_plain => plain,
            None => return Err(missing("external encoded length of a compressed array")),
        };
        if is_plain && n_bytes != plain {
            return Err(ImzmlError::EncodedLength {
                file: file.into(),
                spectrum,
                array: kind.name(),
                n_values,
                value_size: data_type.size(),
                encoded: n_bytes,
            });
        }
        let place = ArrayPlace {
            offset: start,
            n_bytes,
            data_type,
            compression,
            numpress,
        };
        match kind {
            Kind::Mz => self.mz = Some((place, n_values)),
            Kind::Intensity => self.intensity = Some((place, n_values)),
            Kind::Mobility => self.mobility = Some((place, n_values)),
        }
        Ok(())
    }

    /// Ends the spectrum.
    pub(super) fn end(&mut self, file: &str, offset: u64) -> Result<SpectrumEntry, ImzmlError> {
        let spectrum = self.number;
        let missing = |what| ImzmlError::Missing {
            file: file.into(),
            offset,
            spectrum,
            what,
        };
        let (mz, n_mzs) = self.mz.ok_or_else(|| missing("m/z array"))?;
        let (intensity, n_intensities) =
            self.intensity.ok_or_else(|| missing("intensity array"))?;
        if n_mzs != n_intensities {
            return Err(ImzmlError::Lengths {
                file: file.into(),
                spectrum,
                n_mzs,
                n_intensities,
            });
        }
        if let Some((_, n_mobilities)) = self.mobility
            && n_mzs != n_mobilities
        {
            return Err(ImzmlError::MobilityLength {
                file: file.into(),
                spectrum,
                n_mzs,
                n_mobilities,
            });
        }
        let n_peaks = u32::try_from(n_mzs).map_err(|_| ImzmlError::TooMany {
            file: file.into(),
            what: "peaks of a spectrum",
            limit: u64::from(u32::MAX),
        })?;
        Ok(SpectrumEntry {
            x: self.x.unwrap_or_default(),
            y: self.y.unwrap_or_default(),
            z: self.z.unwrap_or(1),
            n_peaks,
            mz,
            intensity,
        })
    }

    fn coordinate(&self, term: &'static str, value: &str) -> Result<u32, BadValue> {
        let number = whole_number(value).and_then(|number| u32::try_from(number).ok());
        // The last million is left free so that ranges never overflow.
        let number = number.filter(|&number| number < u32::MAX - 1_000_000);
        number.ok_or_else(|| self.bad(term, "a whole number from 0 to 4,293,967,294", value))
    }

    fn whole(&self, term: &'static str, value: &str) -> Result<u64, BadValue> {
        whole_number(value).ok_or_else(|| self.bad(term, "a whole number, not negative", value))
    }

    fn bad(&self, term: &'static str, expected: &'static str, found: &str) -> BadValue {
        BadValue {
            spectrum: self.number,
            term,
            expected,
            found: found.into(),
        }
    }
}

/// Largest whole number that a number written as `1.156e+09` may mean exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number written in any of the ways in which writers do: `12`, `12.0`, `1.2e+01`.
fn whole_number(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked here"
    )]
    let whole = || number as u64;
    (number.fract() == 0.0 && (0.0..=MAX_EXACT).contains(&number)).then(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_any_dress() {
        assert_eq!(whole_number("1.156e+09"), Some(1_156_000_000));
        assert_eq!(whole_number(" 12.0 "), Some(12));
        assert_eq!(whole_number("18446744073709551615"), Some(u64::MAX));
        for bad in ["-1", "1.5", "", "NaN", "inf", "1e300", "-0.5", "0x10"] {
            assert_eq!(whole_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_row_is_small() {
        assert_eq!(size_of::<SpectrumEntry>(), 64);
    }
}
