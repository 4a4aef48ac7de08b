//! The list of the pictures in a folder: `images.csv`, a row an image, the file in its first column.
//!
//! Pictures may be drawn into the folder of earlier ones. Those of the same names are written over,
//! and the list keeps the rows of the others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use metaspace_machine::error::FileError;

use crate::error::ReportError;

/// Name of the list.
const NAME: &str = "images.csv";

/// What may lie beside a table of images and is not in the list.
const PIXELS: &str = "pixels.parquet";

/// The list of a folder, and what earlier drawings left in it.
#[derive(Debug)]
pub(crate) struct PictureList {
    path: PathBuf,
    columns: &'static [&'static str],
    /// Rows of earlier pictures.
    earlier: Vec<StringRecord>,
}

impl PictureList {
    /// Makes the folder, which must hold nothing but pictures of a list with these columns, unless it
    /// is forced.
    ///
    /// # Errors
    /// It holds other files, or cannot be made or read.
    pub(crate) fn start(
        folder: &Path,
        columns: &'static [&'static str],
        is_forced: bool,
    ) -> Result<Self, ReportError> {
        fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
        let path = folder.join(NAME);
        let earlier = read(&path, columns)?;
        let list = Self {
            path,
            columns,
            earlier: earlier.unwrap_or_default(),
        };
        let own = list.files();
        let mut others = BTreeSet::new();
        for entry in fs::read_dir(folder).map_err(FileError::at("read", folder))? {
            let entry = entry.map_err(FileError::at("read", folder))?;
            others.insert(entry.file_name().to_string_lossy().into_owned());
        }
        others.retain(|name| !own.contains(name.as_str()));
        if let Some(file) = others.pop_first().filter(|_| !is_forced) {
            let path = folder.into();
            return Err(ReportError::OtherFile { path, file });
        }
        Ok(list)
    }

    /// Files that earlier drawings wrote.
    fn files(&self) -> BTreeSet<&str> {
        let listed: BTreeSet<&str> = self.earlier.iter().filter_map(|row| row.get(0)).collect();
        if listed.is_empty() {
            return listed;
        }
        listed.into_iter().chain([NAME, PIXELS]).collect()
    }

    /// Writes the list: rows of earlier pictures that are still there, then these.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, rows: &[Vec<String>]) -> Result<(), ReportError> {
        let path = &self.path;
        let error = |source| ReportError::Csv {
            path: path.clone(),
            source,
        };
        let drawn: BTreeSet<&str> = rows
            .iter()
            .filter_map(|row| row.first())
            .map(String::as_str)
            .collect();
        let is_kept = |row: &&StringRecord| !drawn.contains(row.get(0).unwrap_or_default());
        let mut writer = csv::Writer::from_path(path).map_err(error)?;
        writer.write_record(self.columns).map_err(error)?;
        for row in self.earlier.iter().filter(is_kept) {
            writer.write_record(row).map_err(error)?;
        }
        for row in rows {
            writer.write_record(row).map_err(error)?;
        }
        Ok(writer.flush().map_err(FileError::at("write", path))?)
    }
}

/// The rows of a list; nothing where there is none, or a table of other columns.
fn read(path: &Path, columns: &[&str]) -> Result<Option<Vec<StringRecord>>, ReportError> {
    if !path.is_file() {
        return Ok(None);
    }
    let error = |source| ReportError::ReadCsv {
        path: path.into(),
        source,
    };
    let mut reader = csv::Reader::from_path(path).map_err(error)?;
    if reader.headers().map_err(error)? != columns {
        return Ok(None);
    }
    let rows: Result<_, _> = reader.records().collect();
    Ok(Some(rows.map_err(error)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["file", "ion"];

    fn row(file: &str, ion: &str) -> Vec<String> {
        vec![file.into(), ion.into()]
    }

    #[test]
    fn later_pictures_join_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let draw = |rows: &[Vec<String>]| {
            let list = PictureList::start(folder.path(), COLUMNS, false).unwrap();
            for row in rows {
                fs::write(folder.path().join(&row[0]), "").unwrap();
            }
            list.write(rows).unwrap();
            fs::read_to_string(folder.path().join(NAME)).unwrap()
        };
        draw(&[row("a.png", "A"), row("b.png", "B")]);
        let list = draw(&[row("b.png", "B anew"), row("c.png", "C")]);
        assert_eq!(list, "file,ion\na.png,A\nb.png,B anew\nc.png,C\n");
    }

    #[test]
    fn other_files_are_not_joined_unasked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.doc"), "").unwrap();
        assert!(PictureList::start(folder.path(), COLUMNS, false).is_err());
        assert!(PictureList::start(folder.path(), COLUMNS, true).is_ok());
        fs::remove_file(folder.path().join("thesis.doc")).unwrap();
        fs::write(folder.path().join(NAME), "other,columns\n1,2\n").unwrap();
        assert!(PictureList::start(folder.path(), COLUMNS, false).is_err());
    }
}
