//! The results folder: Parquet tables, a CSV and `run.json`.
//!
//! Everything is written to a folder of a temporary name that is renamed at the end, so that a
//! folder of the final name is complete. Schemas are in `docs/formats`.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::RunError;

mod annotation_table;
mod annotations;
mod candidates;
mod colocalization;
mod destination;
mod first_images;
mod image_table;
mod images;
mod joined_images;
mod metrics;
mod parts;
mod pixels;
mod positioned;
mod ranked_parts;
mod reading;
mod spectrum;
mod stored;
mod table;
mod truth;

pub use annotation_table::{AnnotationFilter, AnnotationTable, SortKey, SortOrder};
pub use annotations::{AnnotationRow, rows, write_annotations};
pub use candidates::write_candidates;
pub use colocalization::{
    LevelPartners, LevelSamples, PartnerTable, write_clusters, write_markers, write_matrix,
    write_samples, write_segments,
};
pub use destination::{Destination, ResultFile};
pub use first_images::{FirstImages, ImageFile};
pub use image_table::ImageTable;
pub use images::{ImagesWriter, ROW_GROUP_IONS, write_images};
pub use joined_images::{JoinedImages, content_of_images};
pub use metrics::write_metrics;
pub use parts::{
    read_metrics_part, read_partners_part, read_scores_part, write_metrics_part,
    write_partners_part, write_scores_part,
};
pub use pixels::write_pixels;
pub use ranked_parts::{
    read_annotations_part, read_candidates_part, write_annotations_part, write_candidates_part,
};
pub use reading::{
    FoundIon, PixelNorm, StoredImage, check_results, for_each_images, list_images, read_ions,
    read_norms, read_raster,
};
pub use spectrum::{read_mean_spectrum, write_mean_spectrum};
pub use stored::{
    StoredAnnotation, StoredCandidate, StoredGroup, StoredPartner, read_annotations,
    read_candidates, read_groups, read_partners, read_peak_counts, read_segments,
};
pub use truth::write_truth;

/// Version of the schemas; raised when a column changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// Name of the record that every results folder has.
pub const RUN_JSON: &str = "run.json";

/// Metadata of a truth: UUID of its dataset, 32 hexadecimal digits.
pub const DATASET_UUID: &str = "metaspace.dataset_uuid";

/// A results folder being written.
#[derive(Debug)]
pub struct ResultsFolder {
    final_path: PathBuf,
    partial: PathBuf,
    /// Held while the run lives, so that no other writes to the same place.
    lock: File,
    lock_path: PathBuf,
    is_done: bool,
}

impl ResultsFolder {
    /// Starts a folder. What a run that died left of it is removed.
    ///
    /// # Errors
    /// It exists and is not to be overwritten, is no results folder, is being written by another
    /// run, or cannot be made.
    pub fn start(final_path: &Path, force: bool) -> Result<Self, RunError> {
        check_overwrite(final_path, force)?;
        let name = final_path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| RunError::Option {
            option: "--out",
            reason: format!("`{}` is no name of a folder", final_path.display()),
        })?;
        let parent = final_path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(RunError::file("make", parent))?;
        let partial = parent.join(format!(".{name}.partial"));
        let lock_path = parent.join(format!(".{name}.lock"));
        let lock = lock(&lock_path, final_path)?;
        // From here on, dropping it removes what it made.
        let folder = Self {
            final_path: final_path.into(),
            partial,
            lock,
            lock_path,
            is_done: false,
        };
        if folder.partial.exists() {
            fs::remove_dir_all(&folder.partial)
                .map_err(RunError::file("remove", &folder.partial))?;
        }
        fs::create_dir(&folder.partial).map_err(RunError::file("make", &folder.partial))?;
        Ok(folder)
    }

    /// Path of a file while it is written.
    pub fn file(&self, name: &str) -> PathBuf {
        self.partial.join(name)
    }

    /// Where temporary files may be made: beside the results, where there is room for them.
    pub fn scratch(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its final name. The one that was there, if any, goes last.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub fn finish(mut self) -> Result<PathBuf, RunError> {
        for entry in fs::read_dir(&self.partial).map_err(RunError::file("read", &self.partial))? {
            let path = entry.map_err(RunError::file("read", &self.partial))?.path();
            let file = File::open(&path).map_err(RunError::file("open", &path))?;
            file.sync_all().map_err(RunError::file("write", &path))?;
        }
        let old = self.partial.with_extension("old");
        if self.final_path.exists() {
            // Left by a run that was killed when it had all but finished.
            if old.exists() {
                fs::remove_dir_all(&old).map_err(RunError::file("remove", &old))?;
            }
            fs::rename(&self.final_path, &old)
                .map_err(RunError::file("rename", &self.final_path))?;
        }
        fs::rename(&self.partial, &self.final_path)
            .map_err(RunError::file("rename", &self.partial))?;
        self.is_done = true;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(RunError::file("remove", &old))?;
        }
        Ok(self.final_path.clone())
    }
}

impl Drop for ResultsFolder {
    fn drop(&mut self) {
        // Nothing can be done where even removing fails; the next run tries again.
        if !self.is_done {
            drop(fs::remove_dir_all(&self.partial));
        }
        drop(fs::remove_file(&self.lock_path));
        drop(self.lock.unlock());
    }
}

/// Locks a place for this run. The file that is locked must be the one that still has the name:
/// another run may have removed it in between.
fn lock(path: &Path, results: &Path) -> Result<File, RunError> {
    loop {
        let file = File::create(path).map_err(RunError::file("write", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunError::Busy {
                    path: results.into(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(RunError::file("lock", path)(error)),
        }
        let locked = file.metadata().map_err(RunError::file("read", path))?;
        if fs::metadata(path).is_ok_and(|named| named.ino() == locked.ino()) {
            return Ok(file);
        }
    }
}

fn check_overwrite(path: &Path, force: bool) -> Result<(), RunError> {
    if !path.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(path).map_err(RunError::file("read", path))?;
    if entries.next().is_none() {
        return Ok(());
    }
    if !force {
        return Err(RunError::Exists { path: path.into() });
    }
    if !path.join(RUN_JSON).exists() {
        return Err(RunError::NotOurs { path: path.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        let folder = ResultsFolder::start(&path, false).unwrap();
        fs::write(folder.file(RUN_JSON), "{}").unwrap();
        assert!(!path.exists());
        assert!(matches!(
            ResultsFolder::start(&path, false),
            Err(RunError::Busy { .. })
        ));
        folder.finish().unwrap();
        assert!(path.join(RUN_JSON).exists());
        assert!(matches!(
            ResultsFolder::start(&path, false),
            Err(RunError::Exists { .. })
        ));
        drop(ResultsFolder::start(&path, true).unwrap());
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn what_is_not_ours_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.tex"), "…").unwrap();
        assert!(matches!(
            ResultsFolder::start(root.path(), true),
            Err(RunError::NotOurs { .. })
        ));
    }

    #[test]
    fn what_a_dead_run_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".out.partial")).unwrap();
        fs::write(root.path().join(".out.partial/stale"), "").unwrap();
        let folder = ResultsFolder::start(&root.path().join("out"), false).unwrap();
        assert!(!folder.file("stale").exists());
    }
}
