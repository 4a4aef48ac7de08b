//! The two files of a dataset, wherever they are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_machine::files::{FileRanges, find_ibd};
use ms_core::bytes::RangeRead;

use crate::error::StoreError;
use crate::location::Location;
use crate::ranges::{ObjectRanges, Sequential};
use crate::store::Store;

/// Opens a file to be read from its beginning.
///
/// # Errors
/// It is not there or cannot be read.
pub fn open_reader(location: &Location) -> Result<Box<dyn Read + Send>, StoreError> {
    match location {
        Location::Path(path) if path.is_dir() => {
            Err(FileError::Directory { path: path.clone() }.into())
        }
        Location::Path(path) => Ok(Box::new(
            File::open(path).map_err(FileError::at("open", path))?,
        )),
        Location::Object { .. } => Ok(Box::new(Sequential::new(open_object(location)?))),
    }
}

/// Opens a file to be read at any place.
///
/// # Errors
/// As [`open_reader`].
pub fn open_ranges(location: &Location) -> Result<Box<dyn RangeRead>, StoreError> {
    match location {
        Location::Path(path) => Ok(Box::new(FileRanges::open(path)?)),
        Location::Object { .. } => Ok(Box::new(open_object(location)?)),
    }
}

/// Reads a whole file.
///
/// # Errors
/// As [`open_reader`].
pub fn read_whole(location: &Location) -> Result<Vec<u8>, StoreError> {
    let path = location.to_path();
    match location {
        Location::Path(path) => Ok(std::fs::read(path).map_err(FileError::at("read", path))?),
        Location::Object { .. } => {
            let mut bytes = Vec::new();
            open_reader(location)?
                .read_to_end(&mut bytes)
                .map_err(FileError::at("read", path))?;
            Ok(bytes)
        }
    }
}

fn open_object(location: &Location) -> Result<ObjectRanges, StoreError> {
    let (store, key) = Store::of_object(location)?;
    ObjectRanges::open(&store, &key)
}

/// The ibd of an imzML file: the one that is named, or the one beside it.
///
/// # Errors
/// There is none.
pub fn ibd_of(imzml: &Location, named: Option<&Path>) -> Result<Location, StoreError> {
    if let Some(path) = named {
        return Location::of(path);
    }
    let Location::Path(path) = imzml else {
        return ibd_in_store(imzml);
    };
    Ok(Location::Path(find_ibd(path)?))
}

/// In a store, three spellings are tried: a listing would be slow where there are many objects.
fn ibd_in_store(imzml: &Location) -> Result<Location, StoreError> {
    let (store, key) = Store::of_object(imzml)?;
    let stem = key.rsplit_once('.').map_or(&*key, |(stem, _)| stem);
    let names = ["ibd", "IBD", "Ibd"].map(|extension| format!("{stem}.{extension}"));
    for name in &names {
        if store.has(name)? {
            return Ok(store.location().join(name));
        }
    }
    Err(StoreError::NoIbd {
        imzml: imzml.to_string(),
        looked_for: names.join(", "),
    })
}
