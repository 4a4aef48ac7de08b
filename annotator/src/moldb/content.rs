//! What a file of molecules is: unpacked, its encoding known, and told from what is no such file.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;

/// Bytes that are looked at to tell what a file is.
const LOOKED_AT: u64 = 1 << 16;

/// Gzip within gzip at most: an accident of saving, and no more.
const MAX_LAYERS: usize = 3;

/// Something else than text with molecules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKind {
    /// A workbook of a spreadsheet program.
    Workbook(&'static str),
    /// An archive or a compressed file other than gzip.
    Packed(&'static str),
    /// Anything else that is known by name.
    Known(&'static str),
    /// No text.
    Binary,
}

impl OtherKind {
    /// What to do.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Workbook(_) => {
                "open it in the spreadsheet program, choose Save As (or Download), and save it as CSV UTF-8 or as tab-separated text"
            }
            Self::Packed(_) => {
                "unpack it, and give the table that is in it; of packed files, .gz is read as it is"
            }
            Self::Known(_) | Self::Binary => {
                "give a CSV or TSV with a column `formula`, an SDF, or the XML of HMDB"
            }
        }
    }
}

impl fmt::Display for OtherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workbook(name) | Self::Packed(name) | Self::Known(name) => f.write_str(name),
            Self::Binary => f.write_str("no text"),
        }
    }
}

/// A file's text by its kind.
pub(super) enum Content<'a> {
    /// Lines with fields.
    Delimited(Box<dyn BufRead + 'a>),
    /// Records of molecules with their structures.
    Sdf(Box<dyn BufRead + 'a>),
    /// XML.
    Xml(Box<dyn BufRead + 'a>),
    /// Nothing that is read.
    Other(OtherKind),
}

impl<'a> Content<'a> {
    /// Tells what bytes are by how they begin.
    pub(super) fn of(bytes: Box<dyn Read + 'a>) -> io::Result<Self> {
        let (mut start, mut bytes) = look(bytes)?;
        for _ in 0..MAX_LAYERS {
            if !start.starts_with(b"\x1f\x8b") {
                break;
            }
            (start, bytes) = look(Box::new(MultiGzDecoder::new(bytes)))?;
        }
        if let Some(kind) = by_magic(&start) {
            return Ok(Self::Other(kind));
        }
        if let Some(encoding) = utf16(&start) {
            let decoded = DecodeReaderBytesBuilder::new()
                .encoding(Some(encoding))
                .build(bytes);
            (start, bytes) = look(Box::new(decoded))?;
        }
        if start.starts_with(b"\xef\xbb\xbf") {
            start.drain(..3);
            bytes.read_exact(&mut [0; 3])?;
        }
        if is_binary(&start) {
            return Ok(Self::Other(OtherKind::Binary));
        }
        let text = BufReader::with_capacity(1 << 16, bytes);
        let shown = start.trim_ascii_start();
        let lower = shown[..shown.len().min(64)].to_ascii_lowercase();
        if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
            return Ok(Self::Other(OtherKind::Known("a web page")));
        }
        if shown.starts_with(b"{\\rtf") {
            return Ok(Self::Other(OtherKind::Known("a text document (RTF)")));
        }
        if has(shown, b"urn:schemas-microsoft-com:office:spreadsheet") {
            return Ok(Self::Other(OtherKind::Workbook("an Excel workbook (XML)")));
        }
        Ok(if shown.starts_with(b"<") {
            Self::Xml(Box::new(text))
        } else if is_sdf(&start) {
            Self::Sdf(Box::new(text))
        } else {
            Self::Delimited(Box::new(text))
        })
    }
}

/// The bytes that a reader begins with, and the reader with them.
fn look<'a>(mut bytes: Box<dyn Read + 'a>) -> io::Result<(Vec<u8>, Box<dyn Read + 'a>)> {
    let mut start = Vec::new();
    bytes.by_ref().take(LOOKED_AT).read_to_end(&mut start)?;
    let all = Box::new(Cursor::new(start.clone()).chain(bytes));
    Ok((start, all))
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What files of known formats begin with.
fn by_magic(start: &[u8]) -> Option<OtherKind> {
    if start.starts_with(b"PK\x03\x04") {
        let is_excel = has(start, b"xl/") || has(start, b"[Content_Types].xml");
        return Some(if is_excel {
            OtherKind::Workbook("an Excel workbook (.xlsx)")
        } else if has(start, b"opendocument.spreadsheet") {
            OtherKind::Workbook("an OpenDocument spreadsheet (.ods)")
        } else {
            OtherKind::Packed("a zip archive")
        });
    }
    let known: [(&[u8], OtherKind); 9] = [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            OtherKind::Workbook("an Excel workbook (.xls)"),
        ),
        (b"BZh", OtherKind::Packed("compressed by bzip2")),
        (b"\xfd7zXZ\0", OtherKind::Packed("compressed by xz")),
        (b"\x28\xb5\x2f\xfd", OtherKind::Packed("compressed by zstd")),
        (b"7z\xbc\xaf\x27\x1c", OtherKind::Packed("a 7z archive")),
        (b"Rar!", OtherKind::Packed("a RAR archive")),
        (b"PAR1", OtherKind::Known("a Parquet file")),
        (b"%PDF", OtherKind::Known("a PDF")),
        (b"SQLite format 3\0", OtherKind::Known("an SQLite database")),
    ];
    let found = known
        .into_iter()
        .find(|(magic, _)| start.starts_with(magic));
    found.map(|(_, kind)| kind)
}

/// The byte order of UTF-16, by its mark or by where the zeros of ASCII are.
fn utf16(start: &[u8]) -> Option<&'static Encoding> {
    if start.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if start.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    let (pairs, _) = start[..start.len().min(64)].as_chunks::<2>();
    let are_mostly = |is: fn(&&[u8; 2]) -> bool| {
        let n = pairs.iter().filter(is).count();
        n > 4 && n * 10 >= pairs.len() * 9
    };
    if are_mostly(|pair| pair[0] != 0 && pair[1] == 0) {
        Some(UTF_16LE)
    } else if are_mostly(|pair| pair[0] == 0 && pair[1] != 0) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether bytes have what no text has: a zero, or more than a few other controls.
fn is_binary(start: &[u8]) -> bool {
    let is_control = |byte: &&u8| byte.is_ascii_control() && !b"\t\n\r\x0c".contains(byte);
    let n_controls = start.iter().filter(is_control).count();
    start.contains(&0) || n_controls > 4 + start.len() / 50
}

/// Whether the first record has the lines that an SDF has.
fn is_sdf(start: &[u8]) -> bool {
    let mut lines = start
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let is_version = |line: &[u8]| line.ends_with(b"V2000") || line.ends_with(b"V3000");
    lines.clone().nth(3).is_some_and(is_version)
        || lines.any(|line| line == b"$$$$" || line == b"M  END")
}
