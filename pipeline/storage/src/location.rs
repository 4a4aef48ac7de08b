//! Where a file or folder is: a path of this machine, or a place in S3.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::StoreError;

const SCHEME: &str = "s3://";

/// A path, or `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// On this machine.
    Path(PathBuf),
    /// In S3, or a store that speaks its language.
    Object {
        /// The bucket.
        bucket: String,
        /// Key in it, without slashes at its ends; empty for the bucket as a whole.
        key: String,
    },
}

impl Location {
    /// Reads `s3://bucket/key`, or else a path.
    ///
    /// # Errors
    /// There is no bucket, or the key has empty segments, `.` or `..`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if ["http://", "https://", "ftp://"]
            .iter()
            .any(|web| start.starts_with(web))
        {
            return Err(StoreError::Web { text: text.into() });
        }
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Ok(Self::Path(text.into()));
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let key = key.strip_suffix('/').unwrap_or(key);
        if bucket.is_empty() || !(key.is_empty() || is_plain_key(key)) {
            return Err(StoreError::Location { text: text.into() });
        }
        Ok(Self::Object {
            bucket: bucket.into(),
            key: key.into(),
        })
    }

    /// A path as it was given on a command line, which may be `s3://…`.
    ///
    /// # Errors
    /// As [`Location::parse`].
    pub fn of(path: &Path) -> Result<Self, StoreError> {
        match path.to_str() {
            Some(text) => Self::parse(text),
            None => Ok(Self::Path(path.into())),
        }
    }

    /// Whether it is in S3.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object { .. })
    }

    /// Its last segment; nothing for a bucket or the root of a disk.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Path(path) => path.file_name()?.to_str(),
            Self::Object { key, .. } => key.rsplit('/').next().filter(|name| !name.is_empty()),
        }
    }

    /// Its last segment without what follows the last dot.
    pub fn stem(&self) -> Option<&str> {
        let name = self.name()?;
        Some(name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim()).filter(|s| !s.is_empty())
    }

    /// What it lies in; nothing for a bucket or the root of a disk.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Path(path) => {
                path.file_name()?;
                let parent = path
                    .parent()
                    .filter(|parent| !parent.as_os_str().is_empty());
                Some(Self::Path(parent.unwrap_or(Path::new(".")).into()))
            }
            Self::Object { key, .. } if key.is_empty() => None,
            Self::Object { bucket, key } => {
                let key = key.rsplit_once('/').map_or("", |(parent, _)| parent);
                Some(Self::Object {
                    bucket: bucket.clone(),
                    key: key.into(),
                })
            }
        }
    }

    /// What lies in it under a name.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::Path(path) => Self::Path(path.join(name)),
            Self::Object { bucket, key } => {
                let key = if key.is_empty() {
                    name.into()
                } else {
                    format!("{key}/{name}")
                };
                Self::Object {
                    bucket: bucket.clone(),
                    key,
                }
            }
        }
    }

    /// As a path of a command line.
    pub fn to_path(&self) -> PathBuf {
        match self {
            Self::Path(path) => path.clone(),
            Self::Object { .. } => self.to_string().into(),
        }
    }

    /// The same place, whatever the current folder.
    ///
    /// # Errors
    /// The current folder cannot be told.
    pub fn absolute(&self) -> Result<Self, StoreError> {
        let Self::Path(path) = self else {
            return Ok(self.clone());
        };
        let absolute = std::path::absolute(path);
        absolute
            .map(Self::Path)
            .map_err(|source| StoreError::Current { source })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Object { bucket, key } => write!(f, "{SCHEME}{bucket}/{key}"),
        }
    }
}

/// Whether a key has segments throughout, none of which leads elsewhere.
pub fn is_plain_key(key: &str) -> bool {
    let is_plain = |segment: &str| {
        !(segment.is_empty() || segment == "." || segment == ".." || segment.contains('\\'))
    };
    key.split('/').all(is_plain) && !key.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let brain = Location::parse("s3://lab/mouse/brain.imzML").unwrap();
        assert_eq!(brain.to_string(), "s3://lab/mouse/brain.imzML");
        assert_eq!(
            (brain.name(), brain.stem()),
            (Some("brain.imzML"), Some("brain"))
        );
        let folder = brain.parent().unwrap();
        assert_eq!(folder.to_string(), "s3://lab/mouse");
        assert_eq!(folder.join("x").to_string(), "s3://lab/mouse/x");
        let bucket = folder.parent().unwrap();
        assert_eq!((bucket.name(), bucket.parent()), (None, None));
        assert_eq!(bucket.join("x").to_string(), "s3://lab/x");
        let path = Location::parse("data/brain.imzML").unwrap();
        assert_eq!(path.parent().unwrap(), Location::Path("data".into()));
        assert_eq!(
            Location::parse("s3://lab/out/").unwrap().name(),
            Some("out")
        );
    }

    #[test]
    fn keys_lead_nowhere_else() {
        for bad in [
            "s3://",
            "s3:///x",
            "s3://lab//x",
            "s3://lab/a/../b",
            "s3://lab/./x",
        ] {
            assert!(Location::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "/a", "a/", "a//b", "../a", "a/..", "a\\b", "a\nb"] {
            assert!(!is_plain_key(bad), "{bad:?}");
        }
        assert!(is_plain_key("my lab/brain (2).imzML"));
    }
}
