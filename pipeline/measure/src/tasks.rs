//! Measuring as tasks, a results folder each, for an engine that has its workers where the results
//! are.
//!
//! ```text
//! MeasureRequest ─▶ MeasurePlan ─▶ measure 0, 1, 2 … ─▶ amounts.json, or sizes.json and values.f32
//! ```
//!
//! The plan lies as `plan.json` in the folder of its run, as that of an annotation does, and a run is
//! named by its hash. It has the hashes of what is measured: the record of the results, which has
//! those of their tables, and the pixels of each region, which lie beside it as `masks/HASH`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use metaspace_results::record::RunRecord;
use metaspace_results::{PEAKS_PARQUET, PixelNorm, RUN_JSON, ResultsError};
use metaspace_run::fetch::fetch_files;
use metaspace_run::plan::held::MEMORY_CLASSES;
use metaspace_run::plan::{
    FORMAT, PlanError, PlanKind, RunKey, Stage, StagePlan, Task, check_stage, is_hash,
    read_document, run_id,
};
use metaspace_run::worker::{
    Report, TaskError, TaskLimits, TaskOutput, Watchdog, do_once, put_json_part, put_part,
    read_json_part, read_part,
};
use metaspace_storage::{Location, Store};
use ms_core::progress::Progress;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::amounts::DatasetAmounts;
use crate::dataset::{MeasuredDataset, SpectraOptions};
use crate::error::MeasureError;
use crate::images::{DatasetImages, ImageSizes};
use crate::request::{MeasureRequest, WantedIon};

/// What the parts of tasks are called: amounts, and the sizes and values of images.
const AMOUNTS: &str = "amounts.json";
const SIZES: &str = "sizes.json";
const VALUES: &str = "values.f32";

/// Files of results that a task reads besides the record.
const FILES: [&str; 3] = ["ion_images.parquet", "pixels.parquet", PEAKS_PARQUET];

/// Seconds for an ion and a pixel: 24 CPU seconds for 100 results of 30,000 pixels and 1,109 ions
/// (`bench/experiments.sh`).
const SECONDS: f64 = 24.0 / (100.0 * 30_000.0 * 1_109.0);

/// What tasks are to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MeasurePlan {
    /// [`FORMAT`].
    format: u32,
    /// Program and version: another might give other numbers.
    program: String,
    /// The folder that the numbers are for: no other experiment shares the run, and removes it.
    used_by: PathBuf,
    /// What each task gives.
    gives: Gives,
    /// By what the intensities of each pixel are divided.
    norm: Option<PixelNorm>,
    /// The results, one a task.
    results: Vec<PlannedResults>,
    /// Folders in which datasets are looked for.
    spectra: Vec<PathBuf>,
    /// The ions.
    ions: Vec<WantedIon>,
    /// The one stage.
    stages: Vec<StagePlan>,
}

/// What tasks give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gives {
    /// How much of each ion is in each region.
    Amounts,
    /// The image of each ion in each region.
    Images,
}

/// Results as a plan has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PlannedResults {
    /// Place.
    results: String,
    /// BLAKE3 of their record.
    record: String,
    /// The regions.
    regions: Vec<PlannedRegion>,
}

/// A region as a plan has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PlannedRegion {
    /// By what the intensities of its images are divided.
    factor: f64,
    /// BLAKE3 of which pixels it has, a byte a pixel.
    pixels: String,
}

/// A plan with the id of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// Id of the run.
    pub id: String,
    plan: MeasurePlan,
}

impl PlannedRun {
    /// Plans a request of the experiment in a folder, and stores the plan where its tasks find it.
    ///
    /// # Errors
    /// The record of results cannot be read, a region is not there, or the store is out of reach.
    pub fn publish(
        request: &MeasureRequest,
        gives: Gives,
        used_by: &Path,
        spectra: &[PathBuf],
        store: &Store,
    ) -> Result<Self, MeasureError> {
        let (mut results, mut masks, mut most_pixels) = (Vec::new(), BTreeMap::new(), 0);
        for wanted in &request.results {
            let mut regions = Vec::new();
            for (region, mask) in wanted.regions.iter().zip(wanted.masks()?) {
                most_pixels = most_pixels.max(mask.len());
                let bytes: Vec<u8> = mask.into_iter().map(u8::from).collect();
                let pixels = blake3::hash(&bytes).to_string();
                masks.insert(pixels.clone(), bytes);
                regions.push(PlannedRegion {
                    factor: region.factor,
                    pixels,
                });
            }
            let record = wanted.local.join(RUN_JSON);
            let record = std::fs::read(&record).map_err(FileError::at("read", record))?;
            results.push(PlannedResults {
                results: Location::of(&wanted.results)?.absolute()?.to_string(),
                record: blake3::hash(&record).to_string(),
                regions,
            });
        }
        let absolute =
            |folder: &Path| std::path::absolute(folder).map_err(FileError::at("find", folder));
        let plan = MeasurePlan {
            format: FORMAT,
            program: RunRecord::program(),
            used_by: absolute(used_by)?,
            gives,
            norm: request.norm,
            spectra: spectra
                .iter()
                .map(|folder| absolute(folder))
                .collect::<Result<_, _>>()?,
            ions: request.ions.clone(),
            stages: vec![StagePlan {
                stage: Stage::Measure,
                cuts: (0..=results.len() as u64).collect(),
                memory_mb: MEMORY_CLASSES[0],
                seconds: SECONDS * (request.ions.len() * most_pixels) as f64,
            }],
            results,
        };
        let bytes = serde_json::to_vec(&plan).map_err(|source| MeasureError::Json {
            what: "plan.json".into(),
            source,
        })?;
        let id = run_id(&bytes);
        store.delete(&RunKey::Cancelled.of(&id))?;
        for (hash, mask) in masks {
            store.put(&mask_key(&id, &hash), mask)?;
        }
        store.put(&RunKey::Plan.of(&id), bytes)?;
        Ok(Self { id, plan })
    }

    /// What is done.
    pub fn stages(&self) -> &[StagePlan] {
        &self.plan.stages
    }

    /// What the tasks gave, of a plan that [`Gives::Amounts`].
    ///
    /// # Errors
    /// A task is not done, or what it left is damaged.
    pub fn amounts(&self, store: &Store) -> Result<Vec<DatasetAmounts>, MeasureError> {
        let read = |(task, planned): (Task, &PlannedResults)| {
            let found: DatasetAmounts = read_json_part(store, &task, AMOUNTS).map_err(Box::new)?;
            let is_whole = found.facts.len() == planned.regions.len()
                && found.amounts.len() == planned.regions.len()
                && found
                    .amounts
                    .iter()
                    .all(|of| of.len() == self.plan.ions.len());
            if is_whole {
                Ok(found)
            } else {
                Err(damaged(
                    &task,
                    "it has other numbers of regions or ions than the plan",
                ))
            }
        };
        self.tasks(store).map(read).collect()
    }

    /// What the tasks gave, of a plan that [`Gives::Images`].
    ///
    /// # Errors
    /// A task is not done, or what it left is damaged.
    pub fn images(&self, store: &Store) -> Result<Vec<DatasetImages>, MeasureError> {
        let read = |(task, planned): (Task, &PlannedResults)| {
            let sizes: ImageSizes = read_json_part(store, &task, SIZES).map_err(Box::new)?;
            let values = read_part(store, &task, VALUES).map_err(Box::new)?;
            DatasetImages::decode(sizes, &values)
                .filter(|images| images.are_of(self.plan.ions.len(), planned.regions.len()))
                .ok_or_else(|| damaged(&task, "it has not the images of the plan"))
        };
        self.tasks(store).map(read).collect()
    }

    /// The tasks, with the results of each.
    fn tasks(&self, store: &Store) -> impl Iterator<Item = (Task, &PlannedResults)> {
        let tasks: Vec<Task> = self.plan.stages[0]
            .tasks(store.location(), &self.id)
            .collect();
        tasks.into_iter().zip(&self.plan.results)
    }
}

/// Measures the results of a task, unless that is done already; returns the report.
///
/// # Errors
/// The task is refused, was cancelled, does not fit, or fails.
pub fn measure_task(task: &Task, limits: TaskLimits) -> Result<Report, TaskError> {
    let watch = Watchdog::new(limits);
    let store = Store::open(&Location::parse(&task.store)?)?;
    let plan = MeasurePlan::read(&store, &task.run)?;
    let cuts = plan.stages[0].cuts.get(task.task as usize..);
    let results = plan.results.get(task.task as usize);
    let (Some([from, to, ..]), Some(results)) = (cuts, results) else {
        return Err(TaskError::no_such_task(task));
    };
    if (*from, *to) != (task.from, task.to) {
        return Err(TaskError::no_such_task(task));
    }
    do_once(&store, task, &watch, |watch| {
        let memory_bytes = u64::from(limits.memory_mb) * (1 << 20) / SHARE_OF_MEMORY;
        let spectra = SpectraOptions {
            folders: plan.spectra.clone(),
            memory_bytes,
        };
        plan.measure(results, &spectra, (&store, task), watch)
    })
}

/// Of the memory of a worker, one part in so many is for reading a dataset.
const SHARE_OF_MEMORY: u64 = 2;

impl MeasurePlan {
    /// Reads the plan of a run.
    fn read(store: &Store, run: &str) -> Result<Self, PlanError> {
        let refused = |reason: &str| PlanError::Refused {
            what: format!("the plan of run {run}"),
            reason: reason.into(),
        };
        let plan: Self = read_document(store, run, PlanKind::Measurement)?;
        let [stage] = &*plan.stages else {
            return Err(refused("it has other stages than the one of measuring"));
        };
        check_stage(stage, plan.results.len() as u64).map_err(refused)?;
        if stage.stage != Stage::Measure || stage.n_tasks() != plan.results.len() {
            return Err(refused("its tasks are not of one results folder each"));
        }
        let mut regions = plan.results.iter().flat_map(|results| &results.regions);
        if !regions.all(|region| is_hash(&region.pixels)) {
            return Err(refused("a hash of pixels is none"));
        }
        for results in &plan.results {
            let place = Location::parse(&results.results)?;
            if store.location().is_object() && !place.is_object() {
                return Err(refused("it names a folder of this machine"));
            }
        }
        Ok(plan)
    }

    fn measure(
        &self,
        planned: &PlannedResults,
        spectra: &SpectraOptions,
        (store, task): (&Store, &Task),
        watch: &Watchdog,
    ) -> Result<TaskOutput, TaskError> {
        let (dataset, _room) = planned.open(self.norm, (store, task), watch)?;
        let parts = match self.gives {
            Gives::Amounts => {
                let amounts = dataset.amounts(&self.ions, spectra, watch)?;
                vec![put_json_part(store, task, AMOUNTS, &amounts)?]
            }
            Gives::Images => {
                let factors: Vec<f64> = planned.regions.iter().map(|r| r.factor).collect();
                let images = dataset.images(&self.ions, &factors, spectra, watch)?;
                let (sizes, values) = images.encode();
                vec![
                    put_json_part(store, task, SIZES, &sizes)?,
                    put_part(store, task, VALUES, values)?,
                ]
            }
        };
        Ok(TaskOutput {
            rows: self.ions.len() as u64,
            parts,
            warnings: Vec::new(),
        })
    }
}

impl PlannedResults {
    /// Opens the results, as they were planned; those of a store are brought to a folder that lives as
    /// long as what is given beside.
    fn open(
        &self,
        norm: Option<PixelNorm>,
        (store, task): (&Store, &Task),
        progress: &dyn Progress,
    ) -> Result<(MeasuredDataset, Option<TempDir>), MeasureError> {
        let place = Location::parse(&self.results)?;
        let (folder, room) = match &place {
            Location::Path(path) => (path.clone(), None),
            Location::Object { .. } => {
                let room = tempfile::tempdir();
                let room = room.map_err(FileError::at("make", std::env::temp_dir()))?;
                let results = Store::open(&place)?.counted_with(store);
                let is_wanted = |name: &str| FILES.contains(&name);
                fetch_files(&results, room.path(), is_wanted, progress)?;
                (room.path().to_owned(), Some(room))
            }
        };
        let path = folder.join(RUN_JSON);
        let record = std::fs::read(&path).map_err(FileError::at("read", &path))?;
        if blake3::hash(&record).to_hex().as_str() != self.record {
            let why = "they are not what they were when the tasks were planned".into();
            let path = place.to_path();
            return Err(ResultsError::Changed { path, why }.into());
        }
        let masks = self
            .regions
            .iter()
            .map(|region| region.mask(store, &task.run));
        let masks = masks.collect::<Result<_, _>>()?;
        let dataset = MeasuredDataset::open(&folder, RunRecord::read(&folder)?, masks, norm)?;
        Ok((dataset, room))
    }
}

impl PlannedRegion {
    /// Which pixels it has.
    fn mask(&self, store: &Store, run: &str) -> Result<Vec<bool>, MeasureError> {
        let key = mask_key(run, &self.pixels);
        let bytes = store.get(&key)?;
        if blake3::hash(&bytes).to_hex().as_str() != self.pixels {
            let reason = "its content is not what it was";
            let part = store.name_of(&key);
            return Err(Box::new(TaskError::Part { part, reason }).into());
        }
        Ok(bytes.iter().map(|byte| *byte != 0).collect())
    }
}

/// Key of which pixels a region has, by their hash.
fn mask_key(run: &str, hash: &str) -> String {
    format!("runs/{run}/masks/{hash}")
}

fn damaged(task: &Task, reason: &'static str) -> MeasureError {
    let part = task.name();
    Box::new(TaskError::Part { part, reason }).into()
}
