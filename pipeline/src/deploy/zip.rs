//! A zip of one program: a local header, the program, and the directory.
//!
//! Format: PKWARE's APPNOTE 6.3. The time is that of 1980, so that the same program is the same zip.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Version needed: 2.0, for deflate.
const VERSION: u16 = 20;

/// Made by a Unix, which has permissions.
const MADE_BY_UNIX: u16 = 3 << 8 | VERSION;

/// Deflate.
const METHOD: u16 = 8;

/// 1 January 1980.
const DATE: u16 = 1 << 5 | 1;

/// A regular file that all may read and run.
const PERMISSIONS: u32 = 0o100_755;

/// A zip that holds a program under a name.
pub(super) fn of_program(name: &str, program: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(program);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail; a zip cut short would be told by its length.
    let packed = encoder.write_all(program).and_then(|()| encoder.finish()).unwrap_or_default();
    let mut common = Vec::new();
    for word in [VERSION, 0, METHOD, 0, DATE] {
        common.extend(word.to_le_bytes());
    }
    for word in [crc.sum(), length(packed.len()), length(program.len())] {
        common.extend(word.to_le_bytes());
    }
    common.extend(short(name.len()).to_le_bytes());
    common.extend(0_u16.to_le_bytes());

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&common);
    zip.extend(name.as_bytes());
    zip.extend(&packed);

    let start = zip.len();
    zip.extend(b"PK\x01\x02");
    zip.extend(MADE_BY_UNIX.to_le_bytes());
    zip.extend(&common);
    for word in [0_u16, 0, 0] {
        zip.extend(word.to_le_bytes());
    }
    zip.extend((PERMISSIONS << 16).to_le_bytes());
    zip.extend(0_u32.to_le_bytes());
    zip.extend(name.as_bytes());

    let end = zip.len();
    zip.extend(b"PK\x05\x06");
    for word in [0_u16, 0, 1, 1] {
        zip.extend(word.to_le_bytes());
    }
    zip.extend(length(end - start).to_le_bytes());
    zip.extend(length(start).to_le_bytes());
    zip.extend(0_u16.to_le_bytes());
    zip
}

/// A length of a program, which is far below 4 GB.
fn length(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn short(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
