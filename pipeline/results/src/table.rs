//! Parquet tables: how columns are built and files are written.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, Float64Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use metaspace_machine::error::FileError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::error::ResultsError;
use crate::schema::SCHEMA_VERSION;

/// Rows of a row group at most, where a table does not say otherwise.
const ROW_GROUP: usize = 1 << 16;

/// A Parquet file being written, batch by batch.
///
/// Every table has the metadata `metaspace.table`, the name of its file, and
/// `metaspace.schema_version`.
#[derive(Debug)]
pub struct TableWriter {
    path: PathBuf,
    writer: Option<ArrowWriter<File>>,
    /// Key-value metadata besides that of every table.
    metadata: Vec<KeyValue>,
}

/// Columns of a batch: name, values, whether values may be absent.
pub type Columns = Vec<(&'static str, ArrayRef, bool)>;

impl TableWriter {
    /// A table to be written to a path; the file appears with its first rows.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            writer: None,
            metadata: Vec::new(),
        }
    }

    /// Adds key-value metadata; before the first batch.
    pub(crate) fn describe(&mut self, key: &str, value: String) {
        self.metadata.push(KeyValue::new(key.into(), value));
    }

    /// Appends rows; the first batch decides the schema, so that one must come even if empty.
    ///
    /// # Errors
    /// The columns do not fit together, or the file cannot be written.
    pub fn write(&mut self, columns: Columns) -> Result<(), ResultsError> {
        let batch = record_batch(columns, &self.path)?;
        let mut writer = if let Some(writer) = self.writer.take() {
            writer
        } else {
            let file = File::create(&self.path).map_err(FileError::at("write", &self.path))?;
            begin(&self.path, file, &batch.schema(), &self.metadata)?
        };
        let written = writer.write(&batch);
        self.writer = Some(writer);
        written.map_err(failed(&self.path))
    }

    /// Ends the row group, so that what follows lies in the next one.
    pub(crate) fn end_row_group(&mut self) -> Result<(), ResultsError> {
        let flushed = self.writer.as_mut().map_or(Ok(()), ArrowWriter::flush);
        flushed.map_err(failed(&self.path))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<(), ResultsError> {
        let closed = self
            .writer
            .take()
            .map_or(Ok(()), |writer| writer.close().map(drop));
        closed.map_err(failed(&self.path))
    }
}

/// Columns as rows of a table.
pub(crate) fn record_batch(columns: Columns, path: &Path) -> Result<RecordBatch, ResultsError> {
    let arrow = |source| ResultsError::Arrow {
        path: path.into(),
        source,
    };
    RecordBatch::try_from_iter_with_nullable(columns).map_err(arrow)
}

/// What is said of a file that cannot be written.
pub(crate) fn failed(path: &Path) -> impl Fn(ParquetError) -> ResultsError + Copy + '_ {
    move |source| ResultsError::Parquet {
        path: path.into(),
        source,
    }
}

/// Begins a table of a schema, with key-value metadata besides that of every table.
pub(crate) fn begin<W: Write + Send>(
    path: &Path,
    file: W,
    schema: &SchemaRef,
    metadata: &[KeyValue],
) -> Result<ArrowWriter<W>, ResultsError> {
    let level = ZstdLevel::try_new(1).map_err(failed(path))?;
    let table = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let mut described = vec![
        KeyValue::new("metaspace.table".into(), table),
        KeyValue::new(
            "metaspace.schema_version".into(),
            SCHEMA_VERSION.to_string(),
        ),
    ];
    described.extend_from_slice(metadata);
    // Pixels ascend and floats share their leading bytes; only texts repeat.
    let pixels: ColumnPath = ["pixels", "list", "item"].map(String::from).to_vec().into();
    let intensities: ColumnPath = ["intensities", "list", "item"]
        .map(String::from)
        .to_vec()
        .into();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled("database".into(), true)
        .set_column_dictionary_enabled("adduct".into(), true)
        .set_column_dictionary_enabled("targetAdduct".into(), true)
        .set_column_dictionary_enabled("measure".into(), true)
        .set_column_dictionary_enabled("otherIon".into(), true)
        .set_column_dictionary_enabled("region".into(), true)
        .set_column_encoding(pixels.clone(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding(intensities.clone(), Encoding::BYTE_STREAM_SPLIT)
        // Nobody looks for images by a value of a pixel.
        .set_column_statistics_enabled(pixels, EnabledStatistics::None)
        .set_column_statistics_enabled(intensities, EnabledStatistics::None)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_key_value_metadata(Some(described))
        .build();
    ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(failed(path))
}

/// A column of lists of texts.
pub fn text_lists<'a>(lists: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in lists {
        for text in list {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// A column of lists of `f64`, absent where there is none.
pub(crate) fn f64_lists<'a>(lists: impl Iterator<Item = Option<&'a [f64]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float64Builder::new());
    for list in lists {
        builder.values().append_slice(list.unwrap_or_default());
        builder.append(list.is_some());
    }
    Arc::new(builder.finish())
}

/// A column of lists of `f32`, absent where there is none.
pub(crate) fn f32_lists<'a>(lists: impl Iterator<Item = Option<&'a [f32]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for list in lists {
        builder.values().append_slice(list.unwrap_or_default());
        builder.append(list.is_some());
    }
    Arc::new(builder.finish())
}
