//! A Zarr group of version 3, written: JSON beside chunks compressed with zstd.
//!
//! Names, codecs and the order of bytes are those of the specification (zarr-specs, core protocol 3.1),
//! texts those of the codec `vlen-utf8`. A chunk that holds nothing but the fill value is left out, as
//! the specification allows.

use std::fs;
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use serde_json::{Value, json};

use crate::destination::ZARR_GROUP;
use crate::error::ExportError;

/// Level of zstd.
const LEVEL: i32 = 3;

/// Values of a chunk along the first axis of an array that is written at once.
const ROWS_OF_CHUNK: usize = 1 << 18;

/// A number that an array can hold.
pub(crate) trait Element: Copy {
    /// Its type in the specification.
    const DATA_TYPE: &'static str;

    /// Appends its bytes, the least first.
    fn write(self, bytes: &mut Vec<u8>);

    /// The value of places that are not stored, as JSON.
    fn fill() -> Value;
}

impl Element for f32 {
    const DATA_TYPE: &'static str = "float32";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn fill() -> Value {
        json!(0.0)
    }
}

impl Element for f64 {
    const DATA_TYPE: &'static str = "float64";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn fill() -> Value {
        json!(0.0)
    }
}

impl Element for i64 {
    const DATA_TYPE: &'static str = "int64";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn fill() -> Value {
        json!(0)
    }
}

impl Element for i8 {
    const DATA_TYPE: &'static str = "int8";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn fill() -> Value {
        json!(0)
    }
}

impl Element for u8 {
    const DATA_TYPE: &'static str = "uint8";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.push(self);
    }

    fn fill() -> Value {
        json!(0)
    }
}

impl Element for bool {
    const DATA_TYPE: &'static str = "bool";

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.push(self.into());
    }

    fn fill() -> Value {
        json!(false)
    }
}

/// A group of arrays and of groups: a folder.
#[derive(Debug)]
pub(crate) struct Group {
    folder: PathBuf,
}

impl Group {
    /// Makes a group of a folder, which is made if it is not there.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn create(folder: &Path, attributes: &Value) -> Result<Self, ExportError> {
        fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
        let about = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": attributes,
        });
        write_json(folder, &about)?;
        Ok(Self {
            folder: folder.into(),
        })
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a group in it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn group(&self, name: &str, attributes: &Value) -> Result<Self, ExportError> {
        Self::create(&self.folder.join(name), attributes)
    }

    /// Writes an array at once: `shape` has the lengths of its axes, `values` its numbers, row-major.
    /// No axis is a scalar.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn array<T: Element>(
        &self,
        name: &str,
        shape: &[usize],
        values: &[T],
        attributes: &Value,
    ) -> Result<(), ExportError> {
        let mut chunk_shape = shape.to_vec();
        if let Some(rows) = chunk_shape.first_mut() {
            *rows = (*rows).clamp(1, ROWS_OF_CHUNK);
        }
        let of_row: usize = shape.iter().skip(1).product();
        let of_chunk = chunk_shape.iter().product::<usize>().max(1);
        let array = Array::create::<T>(self, name, shape, &chunk_shape, attributes)?;
        for (number, chunk) in values.chunks(of_chunk).enumerate() {
            let mut bytes = Vec::with_capacity(of_chunk * size_of::<T>());
            for value in chunk {
                value.write(&mut bytes);
            }
            // The last chunk is as long as the others.
            bytes.resize(of_chunk * size_of::<T>(), 0);
            debug_assert!(of_row == 0 || chunk.len().is_multiple_of(of_row));
            let mut at = vec![0; shape.len()];
            if let Some(first) = at.first_mut() {
                *first = number;
            }
            array.write_chunk(&at, &bytes)?;
        }
        Ok(())
    }

    /// Writes texts: an array of one axis, or a scalar if it is said to be one.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn texts<'t>(
        &self,
        name: &str,
        texts: impl ExactSizeIterator<Item = &'t str>,
        is_scalar: bool,
        attributes: &Value,
    ) -> Result<(), ExportError> {
        let n = texts.len();
        let (shape, chunk_shape) = if is_scalar {
            (Vec::new(), Vec::new())
        } else {
            (vec![n], vec![n.max(1)])
        };
        let codecs = json!([{ "name": "vlen-utf8" }, zstd_codec()]);
        let about = about_array(
            "string",
            &shape,
            &chunk_shape,
            &json!(""),
            &codecs,
            attributes,
        );
        let array = Array::begin(self, name, &about)?;
        if n == 0 {
            return Ok(());
        }
        // A number of texts, then of each its length and its bytes.
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&length(n).to_le_bytes());
        for text in texts {
            bytes.extend_from_slice(&length(text.len()).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        array.write_bytes(&vec![0; shape.len()], &bytes)
    }

    /// Writes an image at once; `names` are those of its axes.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn image<T: Element>(
        &self,
        name: &str,
        shape: [usize; 3],
        values: &[T],
        names: [&str; 3],
    ) -> Result<(), ExportError> {
        let fill = T::fill();
        let mut about = about_array(
            T::DATA_TYPE,
            &shape,
            &shape,
            &fill,
            &number_codecs(),
            &json!({}),
        );
        about["dimension_names"] = json!(names);
        let array = Array::begin(self, name, &about)?;
        let mut bytes = Vec::with_capacity(size_of_val(values));
        for value in values {
            value.write(&mut bytes);
        }
        array.write_chunk(&[0, 0, 0], &bytes)
    }

    /// Starts an array of two axes whose chunks come one after another.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn matrix(
        &self,
        name: &str,
        shape: [usize; 2],
        chunk_shape: [usize; 2],
        attributes: &Value,
    ) -> Result<Array, ExportError> {
        Array::create::<f32>(self, name, &shape, &chunk_shape, attributes)
    }
}

/// An array being written: a folder of chunks.
#[derive(Debug)]
pub(crate) struct Array {
    folder: PathBuf,
}

impl Array {
    fn create<T: Element>(
        group: &Group,
        name: &str,
        shape: &[usize],
        chunk_shape: &[usize],
        attributes: &Value,
    ) -> Result<Self, ExportError> {
        let codecs = number_codecs();
        let fill = T::fill();
        let about = about_array(T::DATA_TYPE, shape, chunk_shape, &fill, &codecs, attributes);
        Self::begin(group, name, &about)
    }

    fn begin(group: &Group, name: &str, about: &Value) -> Result<Self, ExportError> {
        let folder = group.folder.join(name);
        fs::create_dir_all(&folder).map_err(FileError::at("make", &folder))?;
        write_json(&folder, about)?;
        Ok(Self { folder })
    }

    /// Writes a chunk, given its place along each axis and its bytes; one of the fill value is left
    /// out.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write_chunk(&self, at: &[usize], bytes: &[u8]) -> Result<(), ExportError> {
        // The fill value of numbers has no bit set.
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        self.write_bytes(at, bytes)
    }

    fn write_bytes(&self, at: &[usize], bytes: &[u8]) -> Result<(), ExportError> {
        let mut path = self.folder.join("c");
        path.extend(at.iter().map(usize::to_string));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(FileError::at("make", parent))?;
        }
        let compressed =
            zstd::bulk::compress(bytes, LEVEL).map_err(FileError::at("write", &path))?;
        Ok(fs::write(&path, compressed).map_err(FileError::at("write", &path))?)
    }
}

fn number_codecs() -> Value {
    let bytes = json!({ "name": "bytes", "configuration": { "endian": "little" } });
    json!([bytes, zstd_codec()])
}

fn zstd_codec() -> Value {
    json!({ "name": "zstd", "configuration": { "level": LEVEL, "checksum": false } })
}

fn about_array(
    data_type: &str,
    shape: &[usize],
    chunk_shape: &[usize],
    fill: &Value,
    codecs: &Value,
    attributes: &Value,
) -> Value {
    json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": data_type,
        "chunk_grid": { "name": "regular", "configuration": { "chunk_shape": chunk_shape } },
        "chunk_key_encoding": { "name": "default", "configuration": { "separator": "/" } },
        "fill_value": fill,
        "codecs": codecs,
        "attributes": attributes,
    })
}

/// A length as the codec of texts has it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "texts of a table of annotations, and their numbers, are below 4 GiB"
)]
fn length(n: usize) -> u32 {
    debug_assert!(u32::try_from(n).is_ok());
    n as u32
}

fn write_json(folder: &Path, value: &Value) -> Result<(), ExportError> {
    let path = folder.join(ZARR_GROUP);
    Ok(fs::write(&path, format!("{value:#}\n")).map_err(FileError::at("write", &path))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<u8> {
        zstd::bulk::decompress(&fs::read(path).unwrap(), 1 << 20).unwrap()
    }

    #[test]
    fn arrays_and_texts_have_the_bytes_of_the_specification() {
        let root = tempfile::tempdir().unwrap();
        let group = Group::create(root.path(), &json!({})).unwrap();
        group
            .array("numbers", &[2, 2], &[1_i64, 2, 3, 4], &json!({}))
            .unwrap();
        let bytes: Vec<u8> = [1_i64, 2, 3, 4]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect();
        assert_eq!(read(&root.path().join("numbers/c/0/0")), bytes);
        group.array("scalar", &[], &[7_i8], &json!({})).unwrap();
        assert_eq!(read(&root.path().join("scalar/c")), [7]);
        let texts = ["a", "ü"];
        group
            .texts("texts", texts.into_iter(), false, &json!({}))
            .unwrap();
        assert_eq!(
            read(&root.path().join("texts/c/0")),
            [2, 0, 0, 0, 1, 0, 0, 0, b'a', 2, 0, 0, 0, 0xc3, 0xbc]
        );
        let about: Value =
            serde_json::from_slice(&fs::read(root.path().join("texts/zarr.json")).unwrap())
                .unwrap();
        assert_eq!(about["data_type"], "string");
        assert_eq!(about["shape"], json!([2]));
    }

    #[test]
    fn a_chunk_of_zeros_is_left_out() {
        let root = tempfile::tempdir().unwrap();
        let group = Group::create(root.path(), &json!({})).unwrap();
        group
            .array("zeros", &[3], &[0.0_f64; 3], &json!({}))
            .unwrap();
        assert!(root.path().join("zeros/zarr.json").is_file());
        assert!(!root.path().join("zeros/c").exists());
    }
}
