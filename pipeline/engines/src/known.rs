//! Runs that were submitted from this machine, so that an id is enough to find one.

use std::path::PathBuf;

use metaspace_machine::environment::cache_folder;
use metaspace_machine::error::FileError;
use metaspace_run::plan::{WORK_FOLDER, read_plan};
use metaspace_storage::{Location, Store};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::run::Run;

/// A run that was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRun {
    /// Its id.
    pub run: String,
    /// Its working folder.
    pub store: String,
    /// The engine it was given to.
    pub on: String,
    /// Jobs of a cluster that do it by themselves.
    #[serde(default)]
    pub jobs: Vec<String>,
}

impl KnownRun {
    /// Remembers the run. Where there is no place for it, the run is found by its place only.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remember(&self) -> Result<(), EngineError> {
        let Some(path) = file(&self.run) else {
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(FileError::at("make", folder))?;
        }
        let json = serde_json::to_string(self).map_err(|source| EngineError::Json {
            path: path.clone(),
            source,
        })?;
        Ok(std::fs::write(&path, json).map_err(FileError::at("write", path))?)
    }

    /// Finds a run by its id, or by its place: `…/.metaspace/runs/ID`.
    ///
    /// # Errors
    /// It is not known.
    pub fn find(text: &str) -> Result<Self, EngineError> {
        let unknown = || EngineError::UnknownRun { run: text.into() };
        let place = text.trim_end_matches('/').rsplit_once("/runs/");
        if let Some((folder, run)) = place.filter(|(folder, _)| folder.ends_with(WORK_FOLDER)) {
            let store = Location::parse(folder)?.absolute()?.to_string();
            let run = run.into();
            return Ok(Self {
                run,
                store,
                on: "threads".into(),
                jobs: Vec::new(),
            });
        }
        let is_id = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = file(text)
            .filter(|path| is_id && path.is_file())
            .ok_or_else(unknown)?;
        let json = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        serde_json::from_slice(&json).map_err(|source| EngineError::Record { path, source })
    }

    /// Opens it.
    ///
    /// # Errors
    /// It is not there, or its plan is refused.
    pub fn open(&self) -> Result<Run, EngineError> {
        let store = Store::open(&Location::parse(&self.store)?)?;
        let plan = read_plan(&store, &self.run)?;
        Ok(Run {
            id: self.run.clone(),
            stages: plan.stages,
            results: Some(plan.results),
            store,
        })
    }
}

fn file(run: &str) -> Option<PathBuf> {
    Some(cache_folder()?.join("runs").join(format!("{run}.json")))
}
