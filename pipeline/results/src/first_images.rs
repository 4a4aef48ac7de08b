//! The first isotopic images of `ion_images.parquet`, read where they are needed.
//!
//! The lists are read by the columns of their values, from the pages that have a wanted row: images
//! are large, and a batch would be put together of all of its pages first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::UInt8Type;
use metaspace_machine::files::FileRanges;
use ms_core::bytes::RangeRead;
use ms_core::image::IonImage;
use parquet::basic::Type;
use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{DataType, FloatType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use parquet::schema::types::ColumnDescPtr;

use crate::error::ResultsError;
use crate::parquet_file::{ParquetFile, without_panic};
use crate::positioned::Positioned;

/// A table of images, or a part of one: its name and its bytes.
pub type ImageFile = (PathBuf, Arc<dyn RangeRead>);

/// Where the first isotopic images of ions lie in the table, or in its parts.
pub struct FirstImages {
    parts: Vec<Part>,
    /// Of each row group its first row, its part, and its number there; by row.
    groups: Vec<(usize, usize, usize)>,
    /// Row of each formula of an ion.
    rows: BTreeMap<String, usize>,
}

/// A file, and the columns of the values of its lists.
struct Part {
    file: ParquetFile,
    reader: SerializedFileReader<Positioned>,
    pixels: usize,
    intensities: usize,
}

impl std::fmt::Debug for FirstImages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstImages")
            .field("n_images", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl FirstImages {
    /// Finds the images of ions by the formula of the ion.
    ///
    /// # Errors
    /// The table cannot be read or lacks a column.
    pub fn open(folder: &Path, formulas: &BTreeSet<&str>) -> Result<Self, ResultsError> {
        let path = folder.join("ion_images.parquet");
        let file: Arc<dyn RangeRead> = Arc::new(FileRanges::open(&path)?);
        Self::of_parts(vec![(path, file)], formulas)
    }

    /// The same, of a table in parts; rows are those of the parts together.
    ///
    /// # Errors
    /// As [`FirstImages::open`].
    pub fn of_parts(
        files: Vec<ImageFile>,
        formulas: &BTreeSet<&str>,
    ) -> Result<Self, ResultsError> {
        let mut images = Self {
            parts: Vec::new(),
            groups: Vec::new(),
            rows: BTreeMap::new(),
        };
        let mut first = 0;
        for (number, (path, file)) in files.into_iter().enumerate() {
            let file = ParquetFile::of(path, Positioned::new(file))?;
            images.rows.extend(find(&file, formulas, first)?);
            let part = Part::open(file.with_pages()?)?;
            for (group, metadata) in part.reader.metadata().row_groups().iter().enumerate() {
                images.groups.push((first, number, group));
                first += usize::try_from(metadata.num_rows()).unwrap_or_default();
            }
            images.parts.push(part);
        }
        Ok(images)
    }

    /// Row of the image of a formula, if it has one.
    pub fn row(&self, formula: &str) -> Option<usize> {
        self.rows.get(formula).copied()
    }

    /// The images of some rows, which ascend.
    ///
    /// # Errors
    /// The table cannot be read or has values that are none.
    pub fn read(&self, rows: &[usize]) -> Result<Vec<IonImage>, ResultsError> {
        let mut images = Vec::with_capacity(rows.len());
        let place = |row: usize| self.groups.partition_point(|&(first, ..)| first <= row) - 1;
        for rows in rows.chunk_by(|&a, &b| place(a) == place(b)) {
            let (mut next, part, group) = self.groups[place(rows[0])];
            let part = &self.parts[part];
            let reader = without_panic(|| part.reader.get_row_group(group))
                .map_err(|source| part.bad(source))?;
            let mut pixels = part.lists::<Int32Type>(&*reader, part.pixels, "pixels")?;
            let mut intensities =
                part.lists::<FloatType>(&*reader, part.intensities, "intensities")?;
            for &row in rows {
                let pixels = part.list(&mut pixels, row - next)?;
                let intensities = part.list(&mut intensities, row - next)?;
                if pixels.len() != intensities.len() {
                    return Err(part.wrong("intensities"));
                }
                let pixels = pixels.into_iter().map(i32::cast_unsigned).collect();
                images.push(IonImage {
                    pixels,
                    intensities,
                });
                next = row + 1;
            }
        }
        Ok(images)
    }

    /// The table, or its first part.
    pub fn path(&self) -> &Path {
        self.parts
            .first()
            .map_or(Path::new("ion_images.parquet"), |part| part.file.path())
    }
}

impl Part {
    fn open(file: ParquetFile) -> Result<Self, ResultsError> {
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let open = || SerializedFileReader::new_with_options(file.bytes().clone(), options);
        let reader = without_panic(open).map_err(|source| file.unreadable(source))?;
        let column = |name: &str, type_: Type| {
            let columns = reader.metadata().file_metadata().schema_descr().columns();
            let is_it = |column: &ColumnDescPtr| {
                // Writers call what is between the list and its values by different names.
                let parts = column.path().parts();
                parts.len() == 3
                    && parts[0] == name
                    && column.physical_type() == type_
                    && column.max_rep_level() == 1
            };
            let place = columns.iter().position(is_it);
            place.ok_or_else(|| file.wrong(name))
        };
        let (pixels, intensities) = (
            column("pixels", Type::INT32)?,
            column("intensities", Type::FLOAT)?,
        );
        Ok(Self {
            file,
            reader,
            pixels,
            intensities,
        })
    }

    fn lists<T: DataType>(
        &self,
        group: &dyn RowGroupReader,
        column: usize,
        name: &'static str,
    ) -> Result<Lists<T>, ResultsError> {
        let reader = group
            .get_column_reader(column)
            .map_err(|source| self.bad(source))?;
        let max_definition = group
            .metadata()
            .column(column)
            .column_descr()
            .max_def_level();
        let reader = get_typed_column_reader(reader);
        Ok(Lists {
            name,
            reader,
            max_definition,
            definitions: Vec::new(),
            repetitions: Vec::new(),
        })
    }

    /// The next list after some that are passed over.
    fn list<T: DataType>(
        &self,
        lists: &mut Lists<T>,
        n_skipped: usize,
    ) -> Result<Vec<T::T>, ResultsError> {
        let list = lists.next(n_skipped).map_err(|source| self.bad(source))?;
        list.ok_or_else(|| self.wrong(lists.name))
    }

    fn wrong(&self, column: &str) -> ResultsError {
        self.file.wrong(column)
    }

    fn bad(&self, source: ParquetError) -> ResultsError {
        self.file.unreadable(source)
    }
}

/// The lists of a column of a row group, one after another.
struct Lists<T: DataType> {
    name: &'static str,
    reader: ColumnReaderImpl<T>,
    /// Level of definition of a value that is there.
    max_definition: i16,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
}

impl<T: DataType> Lists<T> {
    /// The next list after some that are passed over; nothing if there is none, or a value is
    /// absent.
    fn next(&mut self, n_skipped: usize) -> Result<Option<Vec<T::T>>, ParquetError> {
        without_panic(|| self.read_next(n_skipped))
    }

    fn read_next(&mut self, n_skipped: usize) -> Result<Option<Vec<T::T>>, ParquetError> {
        let mut values = Vec::new();
        self.definitions.clear();
        self.repetitions.clear();
        if self.reader.skip_records(n_skipped)? != n_skipped {
            return Ok(None);
        }
        let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
        let (n_read, ..) =
            self.reader
                .read_records(1, Some(definitions), Some(repetitions), &mut values)?;
        let is_whole = self
            .definitions
            .iter()
            .all(|&level| level == self.max_definition);
        let is_empty = self.definitions.len() == 1 && values.is_empty();
        Ok((n_read == 1 && (is_whole || is_empty)).then_some(values))
    }
}

/// Rows of the first images of ions, by the formula of the ion; `first` is that of the file.
fn find(
    file: &ParquetFile,
    formulas: &BTreeSet<&str>,
    mut first: usize,
) -> Result<BTreeMap<String, usize>, ResultsError> {
    let mut found = BTreeMap::new();
    for rows in file.rows(&["ionFormula", "isotope"])? {
        let rows = rows?;
        let isotopes = rows.numbers::<UInt8Type>("isotope")?;
        let all = rows.texts("ionFormula")?.iter().flatten().zip(isotopes);
        for (row, (name, isotope)) in (first..).zip(all) {
            if *isotope == 0 && formulas.contains(name) {
                found.insert(name.to_owned(), row);
            }
        }
        first += rows.n_rows();
    }
    Ok(found)
}
