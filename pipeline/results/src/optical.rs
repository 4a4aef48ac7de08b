//! An optical image of the section beside the results: the picture, and `optical.json` with its place
//! on the ion images.

use std::fs;
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use serde::{Deserialize, Serialize};

use crate::error::ResultsError;
use crate::files::write_whole;

mod placement;

pub use placement::{ControlPoint, NoPlacement, Placement};

/// Name of the record in a results folder.
pub const OPTICAL_JSON: &str = "optical.json";

/// What the names of pictures in a results folder begin with.
const PICTURE: &str = "optical-";

/// How a picture is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl PictureFormat {
    /// Its media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A picture to be put beside results: upright, and small enough to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPicture {
    /// The file that is stored.
    pub bytes: Vec<u8>,
    /// How it is stored.
    pub format: PictureFormat,
    /// Name of the file that it came from.
    pub name: String,
    /// Columns of that file, upright.
    pub width: u32,
    /// Rows of that file, upright.
    pub height: u32,
}

/// The optical image of a results folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpticalImage {
    /// Name of the file that it came from.
    pub name: String,
    /// Columns of that file, upright.
    pub width: u32,
    /// Rows of that file, upright.
    pub height: u32,
    /// Name of the picture in the results folder, which may have fewer pixels than that file.
    picture: String,
    /// Where it lies: from its pixels to those of the ion images.
    pub placement: Placement,
}

impl OpticalImage {
    /// The optical image of a results folder, if it has one.
    ///
    /// # Errors
    /// The record cannot be read, or holds something else.
    pub fn read(folder: &Path) -> Result<Option<Self>, ResultsError> {
        let path = folder.join(OPTICAL_JSON);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = fs::read(&path).map_err(FileError::at("read", &path))?;
        let found: Self =
            serde_json::from_slice(&bytes).map_err(|source| ResultsError::Record {
                path: path.clone(),
                source,
            })?;
        let is_named = Path::new(&found.picture).file_name() == Some(found.picture.as_ref())
            && found.picture.starts_with(PICTURE);
        if !is_named || found.format().is_none() || found.width == 0 || found.height == 0 {
            let reason = "names no picture of this program".to_owned();
            return Err(ResultsError::Optical { path, reason });
        }
        Ok(Some(found))
    }

    /// Puts a picture beside the results in place of the one that there was. Who reads the folder sees
    /// the one or the other, never half of one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(
        folder: &Path,
        picture: &PreparedPicture,
        placement: Placement,
    ) -> Result<Self, ResultsError> {
        let hash = blake3::hash(&picture.bytes).to_hex();
        let extension = picture.format.extension();
        let found = Self {
            name: picture.name.clone(),
            width: picture.width,
            height: picture.height,
            picture: format!("{PICTURE}{}.{extension}", &hash[..16]),
            placement,
        };
        write_whole(&folder.join(&found.picture), &picture.bytes)?;
        found.keep(folder)?;
        remove_pictures(folder, Some(&found.picture))?;
        Ok(found)
    }

    /// Writes the record, with where the picture lies now.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, folder: &Path) -> Result<(), ResultsError> {
        let path = folder.join(OPTICAL_JSON);
        let text = serde_json::to_vec_pretty(self).map_err(|source| ResultsError::Json {
            path: path.clone(),
            source,
        })?;
        write_whole(&path, &text)
    }

    /// Takes the optical image of a results folder away, if it has one.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(folder: &Path) -> Result<(), ResultsError> {
        let path = folder.join(OPTICAL_JSON);
        if path.exists() {
            fs::remove_file(&path).map_err(FileError::at("remove", &path))?;
        }
        remove_pictures(folder, None)
    }

    /// The file of the picture.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.picture)
    }

    /// How the picture is stored; nothing for a name that this program does not give.
    pub fn format(&self) -> Option<PictureFormat> {
        let extension = Path::new(&self.picture).extension()?.to_str()?;
        [PictureFormat::Jpeg, PictureFormat::Png]
            .into_iter()
            .find(|format| format.extension() == extension)
    }

    /// The bytes of the picture.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn bytes(&self, folder: &Path) -> Result<Vec<u8>, ResultsError> {
        let path = self.path(folder);
        Ok(fs::read(&path).map_err(FileError::at("read", &path))?)
    }
}

/// Removes the pictures of a folder but one.
fn remove_pictures(folder: &Path, but: Option<&str>) -> Result<(), ResultsError> {
    let entries = fs::read_dir(folder).map_err(FileError::at("read", folder))?;
    for entry in entries {
        let entry = entry.map_err(FileError::at("read", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PICTURE) && Some(&*name) != but {
            fs::remove_file(entry.path()).map_err(FileError::at("remove", &entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_lies_beside_the_results() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(OpticalImage::read(folder).unwrap(), None);
        let placement = Placement::new([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
        let mut picture = PreparedPicture {
            bytes: b"one".into(),
            format: PictureFormat::Jpeg,
            name: "a.tif".into(),
            width: 4,
            height: 2,
        };
        OpticalImage::write(folder, &picture, placement).unwrap();
        (picture.bytes, picture.format) = (b"two".into(), PictureFormat::Png);
        let mut written = OpticalImage::write(folder, &picture, placement).unwrap();
        let n_pictures = || {
            let names = fs::read_dir(folder)
                .unwrap()
                .map(|e| e.unwrap().file_name());
            names
                .filter(|n| n.to_string_lossy().starts_with(PICTURE))
                .count()
        };
        assert_eq!(n_pictures(), 1);
        written.placement = Placement::new([2.0, 0.0, 0.0, 2.0, 1.0, 1.0]).unwrap();
        written.keep(folder).unwrap();
        let read = OpticalImage::read(folder).unwrap().unwrap();
        assert_eq!(read, written);
        assert_eq!(read.bytes(folder).unwrap(), b"two");
        OpticalImage::remove(folder).unwrap();
        assert_eq!(
            (OpticalImage::read(folder).unwrap(), n_pictures()),
            (None, 0)
        );
    }

    #[test]
    fn a_record_that_leads_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (picture, placement) in [
            ("../optical-1.png", "[1,0,0,1,0,0]"),
            ("run.json", "[1,0,0,1,0,0]"),
            ("optical-1.svg", "[1,0,0,1,0,0]"),
            ("optical-1.png", "[1,2,2,4,0,0]"),
            ("optical-1.png", "[1,0,0,1,0]"),
        ] {
            let text = format!(
                r#"{{"name":"a","width":1,"height":1,"picture":"{picture}","placement":{placement}}}"#
            );
            fs::write(folder.join(OPTICAL_JSON), text).unwrap();
            assert!(OpticalImage::read(folder).is_err(), "{picture} {placement}");
        }
    }
}
