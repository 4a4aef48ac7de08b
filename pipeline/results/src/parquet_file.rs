//! A Parquet table that is read: one opener and one contract for every table of a results folder,
//! of a part that tasks pass on, and of the truth.
//!
//! Nothing in a file is believed: the places in its footer must lie within the file, a column must
//! have its type, and a value that is absent where the format has one is an error and not a 0.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{
    Array, BooleanArray, ListArray, PrimitiveArray, RecordBatch, RecordBatchReader, StringArray,
};
use arrow_schema::SchemaRef;
use metaspace_machine::panics::caught;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};
use parquet::file::reader::Length;

use crate::error::ResultsError;
use crate::positioned::Positioned;
use crate::schema::check_version;

/// A table whose footer has been read and checked.
#[derive(Debug, Clone)]
pub struct ParquetFile {
    path: PathBuf,
    file: Positioned,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Opens a table of this machine.
    ///
    /// # Errors
    /// It cannot be read, or its footer does not fit the file.
    pub fn open(path: &Path) -> Result<Self, ResultsError> {
        Self::of(path.into(), Positioned::open(path)?)
    }

    /// The table in some bytes; `path` is its name in errors.
    pub(crate) fn of(path: PathBuf, file: Positioned) -> Result<Self, ResultsError> {
        let unreadable = |source| ResultsError::ReadTable {
            path: path.clone(),
            source,
        };
        let load = || ArrowReaderMetadata::load(&file, ArrowReaderOptions::new());
        let metadata = without_panic(load).map_err(unreadable)?;
        check_places(metadata.metadata(), file.len()).map_err(unreadable)?;
        let table = Self {
            path,
            file,
            metadata,
        };
        // Tables of other programs say nothing of our schemas: their columns are checked when they are
        // asked for.
        if let Some(version) = table.described("metaspace.schema_version") {
            check_version(&table.path, version)?;
        }
        Ok(table)
    }

    /// The same with the places of its pages, where it has them, so that single rows can be read.
    pub(crate) fn with_pages(self) -> Result<Self, ResultsError> {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = without_panic(|| ArrowReaderMetadata::load(&self.file, options))
            .map_err(|source| self.unreadable(source))?;
        check_pages(metadata.metadata(), self.file.len())
            .map_err(|source| self.unreadable(source))?;
        Ok(Self { metadata, ..self })
    }

    /// The file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bytes(&self) -> &Positioned {
        &self.file
    }

    pub(crate) fn footer(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// Whether it has a column of this name.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        let schema = self.footer().file_metadata().schema_descr();
        schema.columns().iter().any(|column| column.name() == name)
    }

    /// The value of a key of its metadata, where it has one.
    pub fn described(&self, key: &str) -> Option<&str> {
        let pairs = self.footer().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// A reader of some columns, to be restricted further.
    pub(crate) fn builder(
        &self,
        columns: &[&str],
    ) -> Result<ParquetRecordBatchReaderBuilder<Positioned>, ResultsError> {
        for &column in columns {
            if self.metadata.schema().index_of(column).is_err() {
                return Err(self.wrong(column));
            }
        }
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.file.clone(),
            self.metadata.clone(),
        );
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask))
    }

    /// The rows of some columns, some at a time.
    ///
    /// # Errors
    /// A column is not there.
    pub fn rows(&self, columns: &[&str]) -> Result<RowsIter<'_>, ResultsError> {
        self.rows_of(self.builder(columns)?)
    }

    /// All rows of all columns, some at a time, with their schema.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn batches(&self) -> Result<(SchemaRef, Vec<RecordBatch>), ResultsError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.file.clone(),
            self.metadata.clone(),
        );
        let build = without_panic(|| builder.build());
        let reader = build.map_err(|source| self.unreadable(source))?;
        let schema = reader.schema();
        let batches = without_panic(|| Ok(reader.collect::<Result<_, _>>()));
        let batches = batches.map_err(|source| self.unreadable(source))?;
        let batches = batches.map_err(|source| ResultsError::ArrowRead {
            path: self.path.clone(),
            source,
        })?;
        Ok((schema, batches))
    }

    /// The rows that a restricted reader gives.
    pub(crate) fn rows_of(
        &self,
        builder: ParquetRecordBatchReaderBuilder<Positioned>,
    ) -> Result<RowsIter<'_>, ResultsError> {
        let batches = without_panic(|| builder.build());
        let batches = batches.map_err(|source| self.unreadable(source))?;
        Ok(RowsIter {
            file: self,
            batches,
        })
    }

    /// Says that a column is missing, of another type, or has values that cannot be.
    pub fn wrong(&self, column: &str) -> ResultsError {
        ResultsError::Column {
            path: self.path.clone(),
            column: column.into(),
        }
    }

    pub(crate) fn unreadable(&self, source: ParquetError) -> ResultsError {
        ResultsError::ReadTable {
            path: self.path.clone(),
            source,
        }
    }
}

/// Reads with the Parquet library, which panics where encoded values cannot be: that is an error of the
/// file.
pub(crate) fn without_panic<T>(
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, ParquetError> {
    let read = caught(read);
    read.unwrap_or_else(|panic| Err(ParquetError::General(panic)))
}

/// Rows of a table, batch by batch.
pub struct RowsIter<'f> {
    file: &'f ParquetFile,
    batches: ParquetRecordBatchReader,
}

impl std::fmt::Debug for RowsIter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowsIter")
            .field("path", &self.file.path)
            .finish_non_exhaustive()
    }
}

impl<'f> Iterator for RowsIter<'f> {
    type Item = Result<Rows<'f>, ResultsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let file = self.file;
        let batch = match without_panic(|| Ok(self.batches.next())) {
            Ok(batch) => batch?,
            Err(source) => return Some(Err(file.unreadable(source))),
        };
        let batch = batch.map_err(|source| ResultsError::ArrowRead {
            path: file.path.clone(),
            source,
        });
        Some(batch.map(|batch| Rows { file, batch }))
    }
}

/// Some rows of a table. A column is asked for by name; that it is not there, has another type, or
/// lacks a value is [`ResultsError::Column`].
#[derive(Debug)]
pub struct Rows<'f> {
    file: &'f ParquetFile,
    batch: RecordBatch,
}

impl Rows<'_> {
    /// How many.
    pub fn n_rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Texts, none of which is absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn texts(&self, name: &str) -> Result<&StringArray, ResultsError> {
        let column = self.column(name)?.as_string_opt::<i32>();
        self.whole(column, name)
    }

    /// Texts, any of which may be absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn optional_texts(&self, name: &str) -> Result<&StringArray, ResultsError> {
        let column = self.column(name)?.as_string_opt::<i32>();
        column.ok_or_else(|| self.file.wrong(name))
    }

    /// Numbers, none of which is absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn numbers<T: ArrowPrimitiveType>(&self, name: &str) -> Result<&[T::Native], ResultsError> {
        let column = self.column(name)?.as_primitive_opt::<T>();
        Ok(self.whole(column, name)?.values())
    }

    /// Numbers, of which some may be absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn optional_numbers<T: ArrowPrimitiveType>(
        &self,
        name: &str,
    ) -> Result<&PrimitiveArray<T>, ResultsError> {
        let column = self.column(name)?.as_primitive_opt::<T>();
        column.ok_or_else(|| self.file.wrong(name))
    }

    /// Yes or no, none of which is absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn flags(&self, name: &str) -> Result<&BooleanArray, ResultsError> {
        let column = self.column(name)?.as_boolean_opt();
        self.whole(column, name)
    }

    /// Yes or no, of which some may be absent.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn optional_flags(&self, name: &str) -> Result<&BooleanArray, ResultsError> {
        let column = self.column(name)?.as_boolean_opt();
        column.ok_or_else(|| self.file.wrong(name))
    }

    /// Lists, of which some may be absent as long as nobody asks for them.
    ///
    /// # Errors
    /// See [`Rows`].
    pub fn lists(&self, name: &'static str) -> Result<Lists<'_>, ResultsError> {
        let lists = self.column(name)?.as_list_opt::<i32>();
        Ok(Lists {
            file: self.file,
            name,
            column: lists.ok_or_else(|| self.file.wrong(name))?,
        })
    }

    fn column(&self, name: &str) -> Result<&dyn Array, ResultsError> {
        let column = self.batch.column_by_name(name);
        Ok(column.ok_or_else(|| self.file.wrong(name))?.as_ref())
    }

    fn whole<'a, A: Array>(
        &self,
        column: Option<&'a A>,
        name: &str,
    ) -> Result<&'a A, ResultsError> {
        column
            .filter(|column| column.null_count() == 0)
            .ok_or_else(|| self.file.wrong(name))
    }
}

/// A column of lists.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    file: &'a ParquetFile,
    name: &'static str,
    column: &'a ListArray,
}

impl Lists<'_> {
    /// The numbers of a row's list.
    ///
    /// # Errors
    /// The list, or a number of it, is absent or of another type.
    pub fn numbers<T: ArrowPrimitiveType>(
        &self,
        row: usize,
    ) -> Result<Vec<T::Native>, ResultsError> {
        let values = self.list(row)?;
        let numbers = values
            .as_primitive_opt::<T>()
            .filter(|numbers| numbers.null_count() == 0);
        Ok(numbers
            .ok_or_else(|| self.file.wrong(self.name))?
            .values()
            .to_vec())
    }

    /// The texts of a row's list.
    ///
    /// # Errors
    /// The list, or a text of it, is absent or of another type.
    pub fn texts(&self, row: usize) -> Result<Vec<String>, ResultsError> {
        let values = self.list(row)?;
        let texts = values
            .as_string_opt::<i32>()
            .filter(|texts| texts.null_count() == 0)
            .ok_or_else(|| self.file.wrong(self.name))?;
        Ok(texts.iter().flatten().map(str::to_owned).collect())
    }

    fn list(&self, row: usize) -> Result<Arc<dyn Array>, ResultsError> {
        if self.column.is_null(row) {
            return Err(self.file.wrong(self.name));
        }
        Ok(self.column.value(row))
    }
}

/// Makes sure that all that a footer speaks of lies within its file. The parquet crate believes it,
/// and panics where a place is below 0.
pub(crate) fn check_places(
    metadata: &ParquetMetaData,
    file_bytes: u64,
) -> Result<(), ParquetError> {
    let mut n_rows = 0_i64;
    for group in metadata.row_groups() {
        let of_group = group.num_rows();
        n_rows = n_rows
            .checked_add(of_group)
            .filter(|_| of_group >= 0)
            .ok_or_else(|| damaged("the number of rows of a row group"))?;
        for column in group.columns() {
            check_column(column, file_bytes)?;
        }
    }
    if n_rows != metadata.file_metadata().num_rows() {
        return Err(damaged("the number of rows"));
    }
    Ok(())
}

fn check_column(column: &ColumnChunkMetaData, file_bytes: u64) -> Result<(), ParquetError> {
    let start = column
        .dictionary_page_offset()
        .unwrap_or_else(|| column.data_page_offset());
    let is_within = |start: i64, length: i64| {
        let ends = u64::try_from(start).ok().zip(u64::try_from(length).ok());
        ends.and_then(|(start, length)| start.checked_add(length))
            .is_some_and(|end| end <= file_bytes)
    };
    if !is_within(start, column.compressed_size())
        || !is_within(column.data_page_offset(), 0)
        || column.num_values() < 0
        || column.uncompressed_size() < 0
    {
        return Err(damaged("the place of a column"));
    }
    let indexes = [
        (column.offset_index_offset(), column.offset_index_length()),
        (column.column_index_offset(), column.column_index_length()),
    ];
    for (start, length) in indexes {
        if let Some(start) = start
            && !is_within(start, length.unwrap_or(0).into())
        {
            return Err(damaged("the place of a page index"));
        }
    }
    Ok(())
}

/// The same of the pages that a page index speaks of.
pub(crate) fn check_pages(metadata: &ParquetMetaData, file_bytes: u64) -> Result<(), ParquetError> {
    let Some(index) = metadata.page_index() else {
        return Ok(());
    };
    for (group_idx, group) in metadata.row_groups().iter().enumerate() {
        for column_idx in 0..group.num_columns() {
            let Some(pages) = index.offset_index(group_idx, column_idx) else {
                continue;
            };
            let mut first = -1;
            let (start, _) = group.column(column_idx).byte_range();
            for page in pages.page_locations() {
                let end = page.offset.checked_add(page.compressed_page_size.into());
                let end = end.and_then(|end| u64::try_from(end).ok());
                let is_within = u64::try_from(page.offset).is_ok_and(|offset| offset >= start)
                    && page.compressed_page_size >= 0
                    && end.is_some_and(|end| end <= file_bytes);
                if !is_within || page.first_row_index <= first {
                    return Err(damaged("the place of a page"));
                }
                first = page.first_row_index;
            }
            if first >= group.num_rows().max(1) {
                return Err(damaged("the first row of a page"));
            }
        }
    }
    Ok(())
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(format!("the footer is damaged: {what} cannot be"))
}

#[cfg(test)]
mod tests;
