//! Terms of the controlled vocabularies that imzML uses (psi-ms.obo 4.1, imagingMS.obo 1.1).

use std::fmt;

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

/// What a compression is called that is not read; nothing for other terms. Those of the imaging
/// vocabulary are jimzMLParser's.
pub(super) fn other_compression(term: Term) -> Option<&'static str> {
    const OTHERS: [(Term, &str); 10] = [
        (ms(1_002_312), "MS-Numpress linear"),
        (ms(1_002_313), "MS-Numpress positive integer"),
        (ms(1_002_314), "MS-Numpress short logged float"),
        (ms(1_002_746), "MS-Numpress linear and zlib"),
        (ms(1_002_747), "MS-Numpress positive integer and zlib"),
        (ms(1_002_748), "MS-Numpress short logged float and zlib"),
        (ms(1_003_088), "truncation and zlib"),
        (ms(1_003_089), "truncation, delta and zlib"),
        (ims(1_005_001), "xz"),
        (ims(1_005_002), "lz4"),
    ];
    let numpress = ims(1_005_004).0..=ims(1_005_015).0;
    if numpress.contains(&term.0) {
        return Some("MS-Numpress");
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
}
