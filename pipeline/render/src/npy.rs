//! Arrays in the format of NumPy, version 1.0 to 3.0.
//!
//! Source: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use ms_core::bytes::index;

/// Type of the content.
pub const CONTENT_TYPE: &str = "application/x-npy";

/// First bytes of every file.
const MAGIC: &[u8] = b"\x93NUMPY";

/// The header is filled up so that the values begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// Dimensions of an array at most.
const MAX_DIMENSIONS: usize = 8;

/// An array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, the last dimension fastest.
    pub values: Vec<f32>,
}

/// Writes an array of `float32`; there must be as many values as the shape says.
pub fn write(shape: &[usize], values: impl ExactSizeIterator<Item = f32>) -> Vec<u8> {
    let sides = shape.iter().fold(String::new(), |sides, side| {
        sides + &side.to_string() + ", "
    });
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
        sides.trim_end()
    );
    let before = MAGIC.len() + 4;
    let length = (before + header.len() + 1).next_multiple_of(ALIGNMENT) - before;
    header.push_str(&" ".repeat(length - header.len() - 1));
    header.push('\n');
    let mut bytes = Vec::with_capacity(before + length + 4 * values.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    values.for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    bytes
}

/// Reads an array of numbers; nothing of the stated size is allocated before the bytes are there.
///
/// # Errors
/// It is no such file, is not in row-major order, has values of another type, or another number of
/// bytes than its shape says.
pub fn read(bytes: &[u8]) -> Result<Array, String> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("does not begin as an NPY file does")?;
    let cut = || "ends within its header".to_owned();
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
            (index(u32::from_le_bytes(*length).into()), rest)
        }
        other => {
            return Err(format!(
                "has version {other} of the format; 1 to 3 are read"
            ));
        }
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "has a header that is no text")?;
    if field(header, "fortran_order")? != "False" {
        return Err("is in column-major order; numpy.ascontiguousarray makes it row-major".into());
    }
    let shape = shape(field(header, "shape")?)?;
    let kind = field(header, "descr")?.trim_matches(['\'', '"']).to_owned();
    let n_values = shape
        .iter()
        .try_fold(1_usize, |n, side| n.checked_mul(*side));
    let width = kind
        .chars()
        .last()
        .and_then(|c| c.to_digit(10))
        .unwrap_or(0) as usize;
    let expected = n_values.and_then(|n| n.checked_mul(width));
    if expected != Some(data.len()) {
        return Err(format!(
            "has {} bytes of values, which {shape:?} of {kind} are not",
            data.len()
        ));
    }
    Ok(Array {
        values: values(data, &kind)?,
        shape,
    })
}

/// The text of a field of the header, which is a literal of Python.
fn field<'a>(header: &'a str, name: &str) -> Result<&'a str, String> {
    let missing = || format!("has no `{name}` in its header");
    let after = [format!("'{name}':"), format!("\"{name}\":")]
        .iter()
        .find_map(|key| header.split_once(key.as_str()))
        .map(|(_, after)| after.trim_start())
        .ok_or_else(missing)?;
    let end = if after.starts_with('(') {
        after.find(')').map(|at| at + 1)
    } else {
        after.find([',', '}'])
    };
    Ok(after[..end.ok_or_else(missing)?].trim())
}

fn shape(text: &str) -> Result<Vec<usize>, String> {
    let wrong = || format!("has the shape {text}, which cannot be read");
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .ok_or_else(wrong)?;
    let sides: Vec<usize> = inner
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().map_err(|_| wrong()))
        .collect::<Result<_, _>>()?;
    if sides.len() > MAX_DIMENSIONS {
        Err(wrong())
    } else {
        Ok(sides)
    }
}

fn values(data: &[u8], kind: &str) -> Result<Vec<f32>, String> {
    #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
    let narrow = |value: f64| value as f32;
    let words = data.as_chunks::<4>().0;
    let doubles = data.as_chunks::<8>().0;
    let shorts = data.as_chunks::<2>().0;
    Ok(match kind {
        "<f4" => words.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        "<f8" => doubles
            .iter()
            .map(|&b| narrow(f64::from_le_bytes(b)))
            .collect(),
        "<u2" => shorts
            .iter()
            .map(|&b| f32::from(u16::from_le_bytes(b)))
            .collect(),
        "<i2" => shorts
            .iter()
            .map(|&b| f32::from(i16::from_le_bytes(b)))
            .collect(),
        "<u4" => words
            .iter()
            .map(|&b| narrow(f64::from(u32::from_le_bytes(b))))
            .collect(),
        "<i4" => words
            .iter()
            .map(|&b| narrow(f64::from(i32::from_le_bytes(b))))
            .collect(),
        "|u1" => data.iter().map(|&b| f32::from(b)).collect(),
        other => {
            return Err(format!(
                "has values of type {other}; <f4, <f8, <u2, <i2, <u4, <i4 and |u1 are read"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let values = [0.0, 1.5, -2.0, f32::MAX, 4.0, 5.0];
        let bytes = write(&[2, 3], values.into_iter());
        assert_eq!(
            read(&bytes),
            Ok(Array {
                shape: vec![2, 3],
                values: values.to_vec()
            })
        );
        let data = bytes.len() - 24;
        assert!(data.is_multiple_of(ALIGNMENT) && bytes[data - 1] == b'\n');
        assert!(String::from_utf8_lossy(&bytes).contains("'shape': (2, 3,), }"));
    }

    #[test]
    fn wrong_files_are_refused() {
        let good = write(&[2, 3], [0.0; 6].into_iter());
        let text = String::from_utf8_lossy(&good).into_owned();
        let with = |from: &str, to: &str| {
            let at = text.find(from).map_or(0, |_| {
                good.windows(from.len())
                    .position(|window| window == from.as_bytes())
                    .unwrap()
            });
            let mut bytes = good.clone();
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            read(&bytes).unwrap_err()
        };
        assert!(with("False", "True ").contains("column-major"));
        assert!(with("<f4", "<c4").contains("type <c4"));
        assert!(with("(2, 3", "(9, 3").contains("24 bytes"));
        assert!(with("(2, 3", "(2, x").contains("shape"));
        assert!(read(&good[..20]).unwrap_err().contains("header"));
        assert!(read(&good[..good.len() - 1]).is_err());
        assert!(read(b"PK").unwrap_err().contains("begin"));
        let large = "(99999999999999999999999999,)";
        assert!(shape(large).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..100_usize) {
            drop(read(&bytes));
            let mut good = write(&[1, 2], [1.0, 2.0].into_iter());
            let at = at % good.len();
            good[at] = bytes.first().copied().unwrap_or_default();
            drop(read(&good));
        }
    }
}
