//! Parts: what tasks pass on to those of later stages, under keys of run, stage, task and content.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use metaspace_machine::error::FileError;
use metaspace_results::ResultsError;
use metaspace_storage::Store;
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::plan::{Stage, Task, is_hash};
use crate::worker::job::Job;
use crate::worker::report::{Part, Report, TaskError};

/// A task that is done, and what it tells of itself.
pub(crate) struct Done {
    task: Task,
    pub(crate) report: Report,
}

/// A part where it lies.
pub(crate) struct StoredPart {
    pub(crate) key: String,
    /// See [`Part::content`].
    pub(crate) content: String,
}

impl Done {
    /// The part of a kind.
    pub(crate) fn part(&self, kind: &str) -> Result<StoredPart, TaskError> {
        let found = self.report.parts.iter().find(|part| part.kind == kind);
        let part = found
            .filter(|part| is_hash(&part.content))
            .ok_or_else(|| TaskError::Part {
                part: self.task.report_key(),
                reason: "it names no part of that kind",
            })?;
        let key = self.task.part_key(kind, &part.content);
        Ok(StoredPart {
            key,
            content: part.content.clone(),
        })
    }
}

impl Job {
    /// The tasks of a stage, which all must be done.
    pub(crate) fn done(&self, stage: Stage) -> Result<Vec<Done>, TaskError> {
        let tasks = self.tasks(stage);
        let keys: Vec<String> = tasks.iter().map(Task::report_key).collect();
        let reports = self.store.get_all(&keys)?;
        let done = |(task, bytes): (Task, Bytes)| {
            let report = parsed(&task, &bytes)?;
            Ok(Done { task, report })
        };
        tasks.into_iter().zip(reports).map(done).collect()
    }

    /// The parts of a kind of all tasks of a stage, in order.
    pub(crate) fn parts(&self, stage: Stage, kind: &str) -> Result<Vec<StoredPart>, TaskError> {
        self.done(stage)?
            .iter()
            .map(|done| done.part(kind))
            .collect()
    }

    /// Stores bytes as a part.
    pub(crate) fn put(&self, task: &Task, kind: &str, bytes: Vec<u8>) -> Result<Part, TaskError> {
        put_part(&self.store, task, kind, bytes)
    }

    /// Stores a value as a part of JSON.
    pub(crate) fn put_json(
        &self,
        task: &Task,
        kind: &str,
        value: &impl Serialize,
    ) -> Result<Part, TaskError> {
        put_json_part(&self.store, task, kind, value)
    }

    /// Stores a file as a part.
    pub(crate) fn keep(&self, task: &Task, kind: &str, file: &Path) -> Result<Part, TaskError> {
        let unreadable = FileError::at("read", file);
        let mut hasher = blake3::Hasher::new();
        File::open(file)
            .and_then(|bytes| hasher.update_reader(bytes).map(drop))
            .map_err(unreadable)?;
        self.keep_as(task, kind, file, hasher.finalize().to_string())
    }

    /// Stores a file as a part whose content is known by a hash.
    pub(crate) fn keep_as(
        &self,
        task: &Task,
        kind: &str,
        file: &Path,
        content: String,
    ) -> Result<Part, TaskError> {
        self.store.put_file(&task.part_key(kind, &content), file)?;
        Ok(Part {
            kind: kind.into(),
            content,
        })
    }

    /// Stores a part that is written from its beginning to its end, twice: to know its content, and
    /// to the store.
    pub(crate) fn write(
        &self,
        task: &Task,
        kind: &str,
        write: impl Fn(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<Part, TaskError> {
        let mut hasher = blake3::Hasher::new();
        write(&mut hasher).map_err(FileError::at("hash", kind))?;
        let content = hasher.finalize().to_string();
        let key = task.part_key(kind, &content);
        let mut out = self.store.writer(&key)?;
        write(&mut out).map_err(FileError::at("write", self.store.name_of(&key)))?;
        out.finish()?;
        Ok(Part {
            kind: kind.into(),
            content,
        })
    }

    /// The bytes of a part.
    pub(crate) fn read(&self, part: &StoredPart) -> Result<Bytes, TaskError> {
        self.checked(&part.key, &part.content)
    }

    /// The value of a part of JSON.
    pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(
        &self,
        part: &StoredPart,
    ) -> Result<T, TaskError> {
        understood(&self.store, &part.key, &self.read(part)?)
    }

    /// Brings a part into a folder of this machine, a piece at a time.
    pub(crate) fn fetch(
        &self,
        part: &StoredPart,
        folder: &Path,
        name: &str,
    ) -> Result<PathBuf, TaskError> {
        /// Bytes of a piece.
        const PIECE: u64 = 16 << 20;
        let path = folder.join(name);
        let mut file = File::create(&path).map_err(FileError::at("make", &path))?;
        let length = self.store.length_of_written(&part.key)?;
        let (mut start, mut hasher) = (0, blake3::Hasher::new());
        while start < length {
            let end = length.min(start + PIECE);
            let piece = self.store.read(&part.key, start..end)?;
            hasher.update(&piece);
            file.write_all(&piece)
                .map_err(FileError::at("write", &path))?;
            start = end;
        }
        if hasher.finalize().to_hex().as_str() != part.content {
            return Err(self.changed(&part.key));
        }
        Ok(path)
    }

    /// An object that has a hash, which its bytes must have.
    pub(crate) fn checked(&self, key: &str, hash: &str) -> Result<Bytes, TaskError> {
        checked(&self.store, key, hash)
    }

    /// What is said of a part that is not as it was written.
    pub(crate) fn changed(&self, key: &str) -> TaskError {
        changed(&self.store, key)
    }

    /// What is said of a part that is not what it should be.
    pub(crate) fn damaged(&self, key: &str, reason: &'static str) -> TaskError {
        TaskError::Part {
            part: self.store.name_of(key),
            reason,
        }
    }
}

/// The report of a task, if it is done.
pub(crate) fn stored_report(store: &Store, task: &Task) -> Result<Option<Report>, TaskError> {
    let found = store.find(&task.report_key())?;
    found.map(|bytes| parsed(task, &bytes)).transpose()
}

/// Stores bytes as a part of a task.
///
/// # Errors
/// The store is out of reach.
pub fn put_part(store: &Store, task: &Task, kind: &str, bytes: Vec<u8>) -> Result<Part, TaskError> {
    let content = blake3::hash(&bytes).to_string();
    store.put(&task.part_key(kind, &content), bytes)?;
    Ok(Part {
        kind: kind.into(),
        content,
    })
}

/// Stores a value as a part of JSON.
///
/// # Errors
/// The value is none of JSON, or the store is out of reach.
pub fn put_json_part(
    store: &Store,
    task: &Task,
    kind: &str,
    value: &impl Serialize,
) -> Result<Part, TaskError> {
    let json = serde_json::to_vec(value).map_err(|source| RunError::Json {
        path: kind.into(),
        source,
    })?;
    put_part(store, task, kind, json)
}

/// The bytes of a part of a task that is done.
///
/// # Errors
/// The task is not done or has no such part, its bytes are not what they were, or the store is out of
/// reach.
pub fn read_part(store: &Store, task: &Task, kind: &str) -> Result<Bytes, TaskError> {
    let part = part_of(store, task, kind)?;
    checked(store, &part.key, &part.content)
}

/// The value of a part of JSON of a task that is done.
///
/// # Errors
/// As [`read_part`], or it cannot be understood.
pub fn read_json_part<T: for<'de> Deserialize<'de>>(
    store: &Store,
    task: &Task,
    kind: &str,
) -> Result<T, TaskError> {
    let part = part_of(store, task, kind)?;
    understood(store, &part.key, &checked(store, &part.key, &part.content)?)
}

fn part_of(store: &Store, task: &Task, kind: &str) -> Result<StoredPart, TaskError> {
    let report = parsed(task, &store.get(&task.report_key())?)?;
    let task = task.clone();
    Done { task, report }.part(kind)
}

fn understood<T: for<'de> Deserialize<'de>>(
    store: &Store,
    key: &str,
    bytes: &[u8],
) -> Result<T, TaskError> {
    let value = serde_json::from_slice(bytes);
    Ok(value.map_err(|source| ResultsError::Record {
        path: store.name_of(key).into(),
        source,
    })?)
}

fn checked(store: &Store, key: &str, hash: &str) -> Result<Bytes, TaskError> {
    let bytes = store.get(key)?;
    if blake3::hash(&bytes).to_hex().as_str() != hash {
        return Err(changed(store, key));
    }
    Ok(bytes)
}

fn changed(store: &Store, key: &str) -> TaskError {
    TaskError::Part {
        part: store.name_of(key),
        reason: "its content is not what it was",
    }
}

fn parsed(task: &Task, bytes: &[u8]) -> Result<Report, TaskError> {
    let report = serde_json::from_slice(bytes);
    Ok(report.map_err(|source| ResultsError::Record {
        path: task.report_key().into(),
        source,
    })?)
}
