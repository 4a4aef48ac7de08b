//! Terms of the controlled vocabularies that imzML uses (psi-ms.obo 4.1, imagingMS.obo 1.1).

use std::fmt;

use super::numpress::Numpress;
use super::packing::{Compression, Packing};

/// An accession as a number; the vocabulary in the upper half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term(u64);

const fn ms(number: u64) -> Term {
    Term(number)
}

const fn ims(number: u64) -> Term {
    Term(1 << 32 | number)
}

/// As it is written in files.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vocabulary = if self.0 >> 32 == 0 { "MS" } else { "IMS" };
        write!(f, "{vocabulary}:{:07}", self.0 & u64::from(u32::MAX))
    }
}

/// An accession that is of neither vocabulary.
pub(super) const UNKNOWN: Term = Term(u64::MAX);

/// The term of an accession such as `IMS:1000050`.
pub(super) fn term(accession: &str) -> Term {
    let (vocabulary, number) = accession.trim().split_once(':').unwrap_or_default();
    match (vocabulary, number.parse::<u32>()) {
        ("MS", Ok(number)) => ms(u64::from(number)),
        ("IMS", Ok(number)) => ims(u64::from(number)),
        _ => UNKNOWN,
    }
}

pub(super) const CONTINUOUS: Term = ims(1_000_030);
pub(super) const PROCESSED: Term = ims(1_000_031);
pub(super) const MAX_COUNT_X: Term = ims(1_000_042);
pub(super) const MAX_COUNT_Y: Term = ims(1_000_043);
pub(super) const PIXEL_SIZE_X: Term = ims(1_000_046);
pub(super) const PIXEL_SIZE_Y: Term = ims(1_000_047);
pub(super) const POSITION_X: Term = ims(1_000_050);
pub(super) const POSITION_Y: Term = ims(1_000_051);
pub(super) const POSITION_Z: Term = ims(1_000_052);
pub(super) const UUID: Term = ims(1_000_080);
pub(super) const IBD_MD5: Term = ims(1_000_090);
pub(super) const IBD_SHA1: Term = ims(1_000_091);
pub(super) const IBD_SHA256: Term = ims(1_000_092);
pub(super) const EXTERNAL_OFFSET: Term = ims(1_000_102);
pub(super) const EXTERNAL_LENGTH: Term = ims(1_000_103);
pub(super) const EXTERNAL_ENCODED: Term = ims(1_000_104);
pub(super) const MAX_DIMENSION_X: Term = ims(1_000_044);
pub(super) const MAX_DIMENSION_Y: Term = ims(1_000_045);
pub(super) const INT8_IMS: Term = ims(1_100_000);
pub(super) const INT16_IMS: Term = ims(1_100_001);
pub(super) const ZSTD_IMS: Term = ims(1_005_003);
pub(super) const INT32_IMS: Term = ims(1_000_141);
pub(super) const INT64_IMS: Term = ims(1_000_142);

pub(super) const FTICR: Term = ms(1_000_079);
pub(super) const TOF: Term = ms(1_000_084);
pub(super) const ORBITRAP: Term = ms(1_000_484);
pub(super) const CENTROID: Term = ms(1_000_127);
pub(super) const PROFILE: Term = ms(1_000_128);
pub(super) const NEGATIVE_SCAN: Term = ms(1_000_129);
pub(super) const POSITIVE_SCAN: Term = ms(1_000_130);
pub(super) const MZ_ARRAY: Term = ms(1_000_514);
pub(super) const INTENSITY_ARRAY: Term = ms(1_000_515);
pub(super) const INT32: Term = ms(1_000_519);
pub(super) const FLOAT16: Term = ms(1_000_520);
pub(super) const FLOAT32: Term = ms(1_000_521);
pub(super) const INT64: Term = ms(1_000_522);
pub(super) const FLOAT64: Term = ms(1_000_523);
pub(super) const MS_LEVEL: Term = ms(1_000_511);
pub(super) const MSN_SPECTRUM: Term = ms(1_000_580);
pub(super) const ZSTD: Term = ms(1_003_780);
pub(super) const ZLIB: Term = ms(1_000_574);
pub(super) const NO_COMPRESSION: Term = ms(1_000_576);

/// Types of integers. Whether they have a sign is said by the name alone.
pub(super) const INTEGERS: [Term; 6] = [INT8_IMS, INT16_IMS, INT32, INT32_IMS, INT64, INT64_IMS];

/// Whether a term is that of an array of ion mobilities, one for each point.
pub(super) fn is_mobility(term: Term) -> bool {
    const ARRAYS: [Term; 9] = [
        ms(1_002_477),
        ms(1_002_816),
        ms(1_003_006),
        ms(1_003_007),
        ms(1_003_008),
        ms(1_003_153),
        ms(1_003_154),
        ms(1_003_155),
        ms(1_003_156),
    ];
    ARRAYS.contains(&term)
}

/// How an array is packed that is read; nothing for other terms. Those of the imaging vocabulary are
/// jimzMLParser's.
pub(super) fn packing(term: Term) -> Option<Packing> {
    /// First of three terms, of linear, positive integer and short logged float.
    const NUMPRESS: [(Term, Option<Compression>); 5] = [
        (ms(1_002_312), None),
        (ms(1_002_746), Some(Compression::Zlib)),
        (ms(1_003_783), Some(Compression::Zstd)),
        (ims(1_005_010), Some(Compression::Zstd)),
        (ims(1_005_013), Some(Compression::Zlib)),
    ];
    const KINDS: [Numpress; 3] = [
        Numpress::Linear,
        Numpress::PositiveInteger,
        Numpress::ShortLoggedFloat,
    ];
    let compression = match term {
        NO_COMPRESSION => Some(Compression::None),
        ZLIB => Some(Compression::Zlib),
        ZSTD | ZSTD_IMS => Some(Compression::Zstd),
        _ => None,
    };
    if compression.is_some() {
        return Some(Packing {
            compression,
            numpress: None,
        });
    }
    NUMPRESS.iter().find_map(|&(first, compression)| {
        let kind = term.0.checked_sub(first.0)?;
        let kind = KINDS.get(usize::try_from(kind).ok()?);
        kind.map(|&kind| Packing {
            compression,
            numpress: Some(kind),
        })
    })
}

/// What a compression is called that is not read; nothing for other terms. Those of the imaging
/// vocabulary are jimzMLParser's.
pub(super) fn other_compression(term: Term) -> Option<&'static str> {
    const OTHERS: [(Term, &str); 7] = [
        (ms(1_003_088), "truncation and zlib"),
        (ms(1_003_089), "truncation, delta and zlib"),
        (ms(1_003_090), "truncation, linear prediction and zlib"),
        (ms(1_003_781), "byte-shuffled zstd"),
        (ms(1_003_782), "dictionary-encoded zstd"),
        (ims(1_005_001), "xz"),
        (ims(1_005_002), "lz4"),
    ];
    let within = |first: Term, last: Term| (first.0..=last.0).contains(&term.0);
    if within(ims(1_005_004), ims(1_005_006)) {
        return Some("MS-Numpress and xz");
    }
    if within(ims(1_005_007), ims(1_005_009)) {
        return Some("MS-Numpress and lz4");
    }
    let found = OTHERS.iter().find(|(other, _)| *other == term);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vocabularies_are_told_apart() {
        assert_eq!(term("IMS:1000031"), PROCESSED);
        assert_ne!(term("MS:1000031"), PROCESSED);
        assert_eq!(term("nonsense"), UNKNOWN);
        assert_eq!(term("MS:x"), UNKNOWN);
    }

    #[test]
    fn terms_of_numpress_are_in_threes() {
        let both =
            |text: &str| packing(term(text)).map(|packing| (packing.numpress, packing.compression));
        let zlib = Some(Compression::Zlib);
        assert_eq!(both("MS:1002312"), Some((Some(Numpress::Linear), None)));
        assert_eq!(
            both("MS:1002314"),
            Some((Some(Numpress::ShortLoggedFloat), None))
        );
        assert_eq!(
            both("MS:1002747"),
            Some((Some(Numpress::PositiveInteger), zlib))
        );
        assert_eq!(
            both("MS:1003785"),
            Some((Some(Numpress::ShortLoggedFloat), Some(Compression::Zstd)))
        );
        assert_eq!(both("IMS:1005013"), Some((Some(Numpress::Linear), zlib)));
        assert_eq!(both("MS:1000574"), Some((None, zlib)));
        assert_eq!(both("MS:1002311"), None);
        assert_eq!(both("MS:1002315"), None);
    }
}
