//! Images as Arrow IPC: a row an image.

use std::io::Cursor;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType};

use crate::problem::{Problem, kind};
use crate::stack::Stack;

/// First bytes of a file, which a stream does not have.
const FILE: &[u8] = b"ARROW1";

/// Column of the images: a list of numbers each.
const IMAGE: &str = "image";

/// Column of the names, which may be missing.
const NAME: &str = "name";

/// Reads a stream or file with a column `image` of lists of `float32` or `float64`, and perhaps one
/// `name` of texts.
///
/// # Errors
/// It is no such thing, or the images differ in length.
pub(crate) fn read(bytes: &[u8]) -> Result<Stack, Problem> {
    let wrong =
        |error: ArrowError| Problem::new(kind::BODY, format!("the body is no Arrow IPC: {error}"));
    let mut stack = Stack {
        names: Vec::new(),
        n_images: 0,
        sides: None,
        values: Vec::new(),
    };
    let mut length = None;
    let batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>> =
        if bytes.starts_with(FILE) {
            Box::new(FileReader::try_new(Cursor::new(bytes), None).map_err(wrong)?)
        } else {
            Box::new(StreamReader::try_new(Cursor::new(bytes), None).map_err(wrong)?)
        };
    for batch in batches {
        add(&mut stack, &mut length, &batch.map_err(wrong)?)?;
    }
    Ok(stack)
}

fn add(stack: &mut Stack, length: &mut Option<usize>, batch: &RecordBatch) -> Result<(), Problem> {
    let wrong = |reason: &str| Problem::new(kind::IMPOSSIBLE, reason.to_owned());
    let lists = batch
        .column_by_name(IMAGE)
        .ok_or_else(|| wrong("there is no column `image`"))?;
    let not_lists = || wrong("the column `image` must have lists of float32 or float64");
    for row in 0..batch.num_rows() {
        let values = row_of(lists, row).ok_or_else(not_lists)?;
        let expected = *length.get_or_insert(values.len());
        if values.len() != expected {
            let found = values.len();
            let number = stack.n_images;
            let detail =
                format!("image {number} has {found} values where the first has {expected}");
            return Err(Problem::new(kind::IMPOSSIBLE, detail));
        }
        append(&mut stack.values, &values).ok_or_else(not_lists)?;
        stack.n_images += 1;
    }
    if let Some(names) = batch.column_by_name(NAME) {
        stack
            .names
            .extend(texts(names).ok_or_else(|| wrong("the column `name` must have texts"))?);
    }
    Ok(())
}

/// The values of a row of lists, whatever kind of list it is; nothing where it is no list.
fn row_of(lists: &ArrayRef, row: usize) -> Option<ArrayRef> {
    if lists.is_null(row) {
        return None;
    }
    match lists.data_type() {
        DataType::List(_) => lists.as_list_opt::<i32>().map(|lists| lists.value(row)),
        DataType::LargeList(_) => lists.as_list_opt::<i64>().map(|lists| lists.value(row)),
        DataType::FixedSizeList(..) => lists.as_fixed_size_list_opt().map(|lists| lists.value(row)),
        _ => None,
    }
}

/// The texts of a column, whatever kind of text it is; nothing where it has others or one is absent.
fn texts(names: &ArrayRef) -> Option<Vec<String>> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match names.data_type() {
        DataType::Utf8 => names.as_string_opt::<i32>()?.iter().map(owned).collect(),
        DataType::LargeUtf8 => names.as_string_opt::<i64>()?.iter().map(owned).collect(),
        DataType::Utf8View => names.as_string_view_opt()?.iter().map(owned).collect(),
        _ => None,
    }
}

/// Appends numbers, absent ones as NaN; nothing where they are no numbers.
fn append(out: &mut Vec<f32>, values: &ArrayRef) -> Option<()> {
    if let Some(values) = values.as_primitive_opt::<Float32Type>() {
        if values.null_count() == 0 {
            out.extend_from_slice(values.values());
        } else {
            out.extend(values.iter().map(|value| value.unwrap_or(f32::NAN)));
        }
        return Some(());
    }
    let values = values.as_primitive_opt::<Float64Type>()?;
    #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
    out.extend(
        values
            .iter()
            .map(|value| value.map_or(f32::NAN, |value| value as f32)),
    );
    Some(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{Float32Builder, ListBuilder};
    use arrow_array::{LargeStringArray, StringArray, StringViewArray, UInt8Array};
    use arrow_ipc::writer::{FileWriter, StreamWriter};

    use super::*;

    fn batch(rows: &[&[Option<f32>]]) -> RecordBatch {
        let mut lists = ListBuilder::new(Float32Builder::new());
        for row in rows {
            lists.append_value(row.iter().copied());
        }
        let names = StringArray::from_iter_values((0..rows.len()).map(|row| format!("ion {row}")));
        let columns: [(_, ArrayRef); 2] =
            [(IMAGE, Arc::new(lists.finish())), (NAME, Arc::new(names))];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn stream(batch: &RecordBatch) -> Vec<u8> {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn streams_and_files_are_read() {
        let batch = batch(&[&[Some(1.0), None], &[Some(2.0), Some(0.0)]]);
        let of_stream = read(&stream(&batch)).unwrap();
        assert_eq!(
            (of_stream.n_images, &of_stream.names[..]),
            (2, &["ion 0".into(), "ion 1".into()][..])
        );
        assert!(of_stream.values[1].is_nan());
        let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        let of_file = read(&writer.into_inner().unwrap()).unwrap();
        assert_eq!(of_file.values[2..], of_stream.values[2..]);
    }

    #[test]
    fn names_are_texts_of_any_kind_and_all_there() {
        let kinds: [ArrayRef; 3] = [
            Arc::new(StringArray::from(vec!["a", "b"])),
            Arc::new(LargeStringArray::from(vec!["a", "b"])),
            Arc::new(StringViewArray::from(vec!["a", "b"])),
        ];
        for names in &kinds {
            assert_eq!(texts(names), Some(vec!["a".into(), "b".into()]));
        }
        let others: [ArrayRef; 2] = [
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(UInt8Array::from(vec![1])),
        ];
        assert!(others.iter().all(|names| texts(names).is_none()));
    }

    #[test]
    fn other_tables_are_refused() {
        let detail = |bytes: &[u8]| read(bytes).unwrap_err().detail().to_owned();
        let short = batch(&[&[Some(1.0)], &[Some(2.0), Some(0.0)]]);
        assert!(detail(&stream(&short)).contains("image 1 has 2 values"));
        let other: [(_, ArrayRef); 1] = [(IMAGE, Arc::new(UInt8Array::from(vec![1])))];
        let other = RecordBatch::try_from_iter(other).unwrap();
        assert!(detail(&stream(&other)).contains("lists of float32"));
        let renamed: [(_, ArrayRef); 1] = [("picture", Arc::new(UInt8Array::from(vec![1])))];
        assert!(
            detail(&stream(&RecordBatch::try_from_iter(renamed).unwrap())).contains("no column")
        );
        let good = stream(&short);
        assert!(detail(&good[..good.len() / 2]).contains("no Arrow IPC"));
        assert!(detail(b"").contains("no Arrow IPC") && detail(b"ARROW1").contains("no Arrow IPC"));
    }
}
