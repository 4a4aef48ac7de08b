//! Parquet tables: how columns are built and files are written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, Float64Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::SCHEMA_VERSION;
use crate::error::RunError;

/// Rows of a row group at most, where a table does not say otherwise.
const ROW_GROUP: usize = 1 << 16;

/// A Parquet file being written, batch by batch.
#[derive(Debug)]
pub(super) struct TableWriter {
    path: PathBuf,
    writer: Option<ArrowWriter<File>>,
    /// Key-value metadata besides that of every table.
    metadata: Vec<KeyValue>,
}

/// Columns of a batch: name, values, whether values may be absent.
pub(super) type Columns = Vec<(&'static str, ArrayRef, bool)>;

impl TableWriter {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.into(), writer: None, metadata: Vec::new() }
    }

    /// Adds key-value metadata; before the first batch.
    pub(super) fn describe(&mut self, key: &str, value: String) {
        self.metadata.push(KeyValue::new(key.into(), value));
    }

    /// Appends rows; the first batch decides the schema, so that one must come even if empty.
    pub(super) fn write(&mut self, columns: Columns) -> Result<(), RunError> {
        let arrow = |source| RunError::Arrow { path: self.path.clone(), source };
        let batch = RecordBatch::try_from_iter_with_nullable(columns).map_err(arrow)?;
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open(&batch)?,
        };
        let written = writer.write(&batch);
        self.writer = Some(writer);
        written.map_err(|source| self.error(source))
    }

    /// Ends the current row group.
    pub(super) fn end_row_group(&mut self) -> Result<(), RunError> {
        let flushed = self.writer.as_mut().map_or(Ok(()), ArrowWriter::flush);
        flushed.map_err(|source| self.error(source))
    }

    pub(super) fn finish(mut self) -> Result<(), RunError> {
        let closed = self.writer.take().map_or(Ok(()), |writer| writer.close().map(drop));
        closed.map_err(|source| self.error(source))
    }

    fn open(&self, batch: &RecordBatch) -> Result<ArrowWriter<File>, RunError> {
        let file = File::create(&self.path).map_err(RunError::file("write", &self.path))?;
        let level = ZstdLevel::try_new(1).map_err(|source| self.error(source))?;
        let table = self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let mut metadata = vec![
            KeyValue::new("metaspace.table".into(), table),
            KeyValue::new("metaspace.schema_version".into(), SCHEMA_VERSION.to_string()),
        ];
        metadata.extend_from_slice(&self.metadata);
        // Pixels ascend and floats share their leading bytes; only texts repeat.
        let pixels: ColumnPath = ["pixels", "list", "item"].map(String::from).to_vec().into();
        let intensities: ColumnPath =
            ["intensities", "list", "item"].map(String::from).to_vec().into();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_dictionary_enabled(false)
            .set_column_dictionary_enabled("database".into(), true)
            .set_column_dictionary_enabled("adduct".into(), true)
            .set_column_dictionary_enabled("targetAdduct".into(), true)
            .set_column_dictionary_enabled("measure".into(), true)
            .set_column_dictionary_enabled("otherIon".into(), true)
            .set_column_dictionary_enabled("region".into(), true)
            .set_column_encoding(pixels, Encoding::DELTA_BINARY_PACKED)
            .set_column_encoding(intensities, Encoding::BYTE_STREAM_SPLIT)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_key_value_metadata(Some(metadata))
            .build();
        ArrowWriter::try_new(file, batch.schema(), Some(properties))
            .map_err(|source| self.error(source))
    }

    fn error(&self, source: parquet::errors::ParquetError) -> RunError {
        RunError::Parquet { path: self.path.clone(), source }
    }
}

/// A column of lists of texts.
pub(super) fn text_lists<'a>(lists: impl Iterator<Item = &'a [String]>) -> ArrayRef {
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
pub(super) fn f64_lists<'a>(lists: impl Iterator<Item = Option<&'a [f64]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float64Builder::new());
    for list in lists {
        builder.values().append_slice(list.unwrap_or_default());
        builder.append(list.is_some());
    }
    Arc::new(builder.finish())
}

/// A column of lists of `f32`, absent where there is none.
pub(super) fn f32_lists<'a>(lists: impl Iterator<Item = Option<&'a [f32]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for list in lists {
        builder.values().append_slice(list.unwrap_or_default());
        builder.append(list.is_some());
    }
    Arc::new(builder.finish())
}
