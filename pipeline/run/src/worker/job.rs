//! What the tasks of a run have in common, made once a process.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use annotator::annotate::Work;
use annotator::candidates::SearchSpace;
use annotator::moldb::MoleculeTable;
use annotator::patterns::PatternCache;
use annotator::scoring::Scoring;
use bytes::Bytes;
use metaspace_machine::files::FileRanges;
use metaspace_results::record::{
    DatabaseRecord, EntrapmentRecord, PickingRecord, RecalibrationRecord, ScoringModelRecord,
    SurveyRecord,
};
use metaspace_storage::{Location, ObjectRanges, Store};
use ms_core::bytes::RangeRead;
use ms_core::image::Raster;
use ms_core::imzml::{Header, Mobility, PartMobility, SpectraPart};
use ms_core::profile::PeakPicking;
use ms_core::progress::Progress;
use ms_core::recalibration::Recalibration;
use ms_core::spectra::{
    CensusPart, Directory, PEAK_BYTES, RunBuffers, RunStore, SortedRun, SortedRuns, SpectraIndex,
};
use ms_core::tolerance::Window;

use crate::config::RunConfig;
use crate::error::RunError;
use crate::molecule_tables::{entrap, read_table};
use crate::plan::{
    Plan, PlanError, RunKey, Stage, Task, decode_mask, decode_mobilities, decode_raster,
    decode_spectra, mobility_row_bytes, read_plan, row_bytes,
};
use crate::worker::kinds::SORTED_PEAKS;
use crate::worker::report::TaskError;

/// Peaks that a task looks at.
pub(crate) struct TaskPeaks {
    /// Of the intervals that were asked for, at least.
    pub(crate) index: SpectraIndex,
    /// Lowest and highest m/z of all peaks of the dataset.
    pub(crate) mz_range: (f64, f64),
}

/// Runs that a process has worked on, of which the last is remembered.
#[derive(Debug, Default)]
pub struct Jobs {
    last: Mutex<Option<Arc<Shared>>>,
}

/// What is the same for all tasks of a run.
#[derive(Debug)]
struct Shared {
    run: String,
    plan: Plan,
    config: RunConfig,
    recalibration: Recalibration,
    picking: Option<PeakPicking>,
    store: Store,
    molecules: OnceLock<Arc<Molecules>>,
    /// Room of runs of peaks that are done, for the next ones.
    buffers: Mutex<Vec<RunBuffers>>,
}

/// Molecule tables and the search space of them.
#[derive(Debug)]
pub(crate) struct Molecules {
    /// The tables.
    pub(crate) tables: Vec<MoleculeTable>,
    /// What `run.json` says of them.
    pub(crate) records: Vec<DatabaseRecord>,
    /// The formulas that cannot be there.
    pub(crate) entrapment: Option<EntrapmentRecord>,
    /// The ions.
    pub(crate) space: SearchSpace,
}

/// A run, to one task of it.
#[derive(Debug)]
pub struct Job {
    shared: Arc<Shared>,
    /// The working folder; counts what this task asks of it.
    pub store: Store,
}

impl Jobs {
    /// The run of a task. The task must be one of its plan.
    ///
    /// # Errors
    /// The plan cannot be read or is refused, or has no such task.
    pub fn open(&self, task: &Task) -> Result<Job, TaskError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |known: &&Arc<Shared>| {
            known.run == task.run && known.store.location().to_string() == task.store
        };
        let shared = match last.as_ref().filter(is_same) {
            Some(known) => Arc::clone(known),
            None => Arc::clone(last.insert(Arc::new(Shared::read(task)?))),
        };
        drop(last);
        let stage = shared.plan.stage(task.stage);
        let cuts = stage.and_then(|stage| stage.cuts.get(task.task as usize..)?.get(..2));
        if cuts != Some(&[task.from, task.to]) {
            return Err(TaskError::no_such_task(task));
        }
        let store = shared.store.counted_apart();
        Ok(Job { shared, store })
    }
}

impl Shared {
    fn read(task: &Task) -> Result<Self, TaskError> {
        let store = Store::open(&Location::parse(&task.store)?)?;
        let plan = read_plan(&store, &task.run)?;
        let nothing = SurveyRecord::default();
        let config = RunConfig::with_survey(
            &plan.options,
            &Header::default(),
            &plan.dataset.record.imzml,
            plan.dataset.record.survey.as_ref().unwrap_or(&nothing),
        )?;
        let survey = plan.dataset.record.survey.as_ref();
        let taken = survey.and_then(|survey| survey.recalibration.as_ref());
        let recalibration = taken.map(RecalibrationRecord::curves).transpose();
        let picking = plan.dataset.record.picking.as_ref();
        let picking = picking.map(PickingRecord::picking).transpose();
        Ok(Self {
            run: task.run.clone(),
            plan,
            config,
            recalibration: recalibration.map_err(RunError::from)?.unwrap_or_default(),
            picking: picking.map_err(RunError::from)?,
            store,
            molecules: OnceLock::new(),
            buffers: Mutex::default(),
        })
    }
}

impl Job {
    /// The run's id.
    pub fn run(&self) -> &str {
        &self.shared.run
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.shared.plan
    }

    /// The settings.
    pub fn config(&self) -> &RunConfig {
        &self.shared.config
    }

    /// The tasks of a stage.
    pub(crate) fn tasks(&self, stage: Stage) -> Vec<Task> {
        let stage = self.plan().stage(stage);
        let tasks = stage.map(|stage| stage.tasks(self.store.location(), self.run()).collect());
        tasks.unwrap_or_default()
    }

    /// Molecule tables and ions.
    pub(crate) fn molecules(&self) -> Result<Arc<Molecules>, TaskError> {
        if let Some(known) = self.shared.molecules.get() {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(self.read_molecules()?);
        // Another thread may have been faster; its are the same.
        Ok(Arc::clone(self.shared.molecules.get_or_init(|| made)))
    }

    fn read_molecules(&self) -> Result<Molecules, TaskError> {
        let repeats = self.config().annotate.rules.repeats;
        let (mut tables, mut records) = (Vec::new(), Vec::new());
        for table in &self.plan().tables {
            let bytes = match &table.blake3 {
                Some(hash) => self.content("tables", hash)?,
                None => datasets::molecules::builtin_tsv().into(),
            };
            let (mut read, mut record) = read_table(&table.name, &*bytes, repeats)?;
            (read.is_targeted, record.is_targeted) = (table.is_targeted, table.is_targeted);
            tables.push(read);
            records.push(record);
        }
        let entrapment = entrap(&mut tables, self.config());
        let space = SearchSpace::new(&tables, &self.config().annotate).map_err(RunError::from)?;
        let found = (space.ions.len() as u64, space.n_rankings() as u64);
        if found != (self.plan().n_ions, self.plan().n_rankings) {
            let what = format!("the plan of run {}", self.run());
            let reason = "it has other numbers of ions and rankings than the tables give".into();
            return Err(PlanError::Refused { what, reason }.into());
        }
        Ok(Molecules {
            tables,
            records,
            entrapment,
            space,
        })
    }

    /// What ions are ranked by.
    pub(crate) fn scoring(&self) -> Result<(Scoring, Option<ScoringModelRecord>), TaskError> {
        let options = &self.plan().options;
        match (&self.plan().model, &options.scoring_model) {
            (Some(hash), Some(path)) => Ok(crate::scoring_model::model(
                path,
                &self.content("models", hash)?,
            )?),
            _ => Ok(crate::scoring_model::read_scoring(
                options,
                self.config().preset,
            )?),
        }
    }

    /// Something that is kept under the hash of its content.
    fn content(&self, folder: &str, hash: &str) -> Result<Bytes, TaskError> {
        self.checked(&format!("{folder}/{hash}"), hash)
    }

    /// The pixels.
    pub(crate) fn raster(&self) -> Result<Raster, TaskError> {
        let key = RunKey::Raster.of(self.run());
        let bytes = self.checked(&key, &self.plan().dataset.raster)?;
        let raster = decode_raster(&bytes, self.plan().dataset.record.n_pixels);
        raster.ok_or_else(|| self.damaged(&key, "it is no raster"))
    }

    /// Which pixels are tissue, where the user says so.
    pub(crate) fn mask(&self) -> Result<Option<Vec<bool>>, TaskError> {
        let Some(hash) = &self.plan().mask else {
            return Ok(None);
        };
        let bytes = self.content("masks", hash)?;
        match decode_mask(&bytes, self.plan().dataset.record.n_pixels) {
            Some(mask) => Ok(Some(mask)),
            None => Err(self.damaged(&format!("masks/{hash}"), "it is no mask of the pixels")),
        }
    }

    /// The peaks of some spectra whose m/z lie in some intervals, and the census of all of theirs.
    pub(crate) fn peaks(
        &self,
        spectra: Range<u64>,
        intervals: &[Window],
        progress: &dyn Progress,
    ) -> Result<(SortedRun, CensusPart), TaskError> {
        let record = &self.plan().dataset.record;
        let (start, key) = (spectra.start, RunKey::Spectra.of(self.run()));
        let rows = if spectra == (0..record.n_spectra as u64) {
            self.checked(&key, &self.plan().dataset.spectra)?
        } else {
            self.store.read(&key, row_bytes(spectra.clone()))?
        };
        let found = decode_spectra(&rows, record.n_pixels)
            .ok_or_else(|| self.damaged(&key, "it is no table of spectra"))?;
        let mobility = self.mobilities(spectra, found.entries.len())?;
        let ibd = self.ibd()?;
        let part = SpectraPart {
            entries: &found.entries,
            pixels: &found.pixels,
            n_at_pixel: &found.n_at_pixel,
            n_before: start,
            ibd: &*ibd,
            file: &record.ibd,
            recalibration: &self.shared.recalibration,
            picking: self.shared.picking.as_ref(),
            mobility: mobility.as_ref().map(|mobility| PartMobility {
                range: mobility.range,
                arrays: &mobility.arrays,
            }),
        };
        part.check().map_err(RunError::from)?;
        let mut buffers = self.buffers().pop().unwrap_or_default();
        let built = SortedRun::build(part, intervals, &mut buffers, progress);
        self.buffers().push(buffers);
        Ok(built.map_err(RunError::from)?)
    }

    /// The ion mobilities of so many spectra, where only points of some are looked at.
    fn mobilities(
        &self,
        spectra: Range<u64>,
        n_spectra: usize,
    ) -> Result<Option<Mobility>, TaskError> {
        let choice = self.plan().options.choice().map_err(RunError::from)?;
        let Some(range) = choice.mobility else {
            return Ok(None);
        };
        let key = RunKey::Mobilities.of(self.run());
        let rows = match &self.plan().dataset.mobilities {
            Some(hash) if spectra == (0..self.plan().dataset.record.n_spectra as u64) => {
                self.checked(&key, hash)?
            }
            _ => self.store.read(&key, mobility_row_bytes(spectra))?,
        };
        let arrays = decode_mobilities(&rows).filter(|arrays| arrays.len() == n_spectra);
        let arrays =
            arrays.ok_or_else(|| self.damaged(&key, "it is no table of ion mobilities"))?;
        Ok(Some(Mobility { range, arrays }))
    }

    /// Leaves the buffers of sorted peaks to the next one.
    pub(crate) fn leave(&self, run: SortedRun) {
        let mut buffers = self.buffers().pop().unwrap_or_default();
        run.leave(&mut buffers);
        self.buffers().push(buffers);
    }

    fn buffers(&self) -> MutexGuard<'_, Vec<RunBuffers>> {
        self.shared
            .buffers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The ibd, if it is still as long as it was.
    fn ibd(&self) -> Result<Box<dyn RangeRead>, TaskError> {
        let record = &self.plan().dataset.record;
        let location = Location::parse(&record.ibd)?;
        let ibd: Box<dyn RangeRead> = match &location {
            Location::Path(path) => Box::new(FileRanges::open(path)?),
            Location::Object { .. } => {
                let (store, key) = Store::of_object(&location)?;
                Box::new(ObjectRanges::open(&store.counted_with(&self.store), &key)?)
            }
        };
        if ibd.len() != record.ibd_bytes {
            let reason = "it has another length than when the run was planned";
            return Err(TaskError::Part {
                part: record.ibd.clone(),
                reason,
            });
        }
        Ok(ibd)
    }

    /// The peaks in some intervals: of the ordered spectra where there are any, or of the dataset
    /// itself.
    pub(crate) fn index(
        &self,
        intervals: &[Window],
        progress: &dyn Progress,
    ) -> Result<TaskPeaks, TaskError> {
        let parts = self.parts(Stage::Spectra, SORTED_PEAKS)?;
        if parts.is_empty() {
            let n_spectra = self.plan().dataset.record.n_spectra as u64;
            let (run, census) = self.peaks(0..n_spectra, intervals, progress)?;
            self.buffers().clear();
            return Ok(TaskPeaks {
                index: SpectraIndex::of_run(run),
                mz_range: census.mz_range,
            });
        }
        self.buffers().clear();
        let keys: Vec<String> = parts.into_iter().map(|part| part.key).collect();
        let beginnings: Vec<_> = keys
            .iter()
            .map(|key| (key.clone(), 0..Directory::BYTES))
            .collect();
        let beginnings = self.store.read_all(&beginnings)?;
        let directory = |(bytes, key): (&Bytes, &String)| {
            Directory::decode(bytes).map_err(|_| self.damaged(key, "it does not begin as a run"))
        };
        let directories = beginnings
            .iter()
            .zip(&keys)
            .map(directory)
            .collect::<Result<_, _>>()?;
        let record = &self.plan().dataset.record;
        let n_pixels = u32::try_from(record.n_pixels).unwrap_or(u32::MAX);
        let store = StoredRuns {
            store: self.store.clone(),
            keys,
        };
        let mut runs = SortedRuns::new(directories, n_pixels, Box::new(store));
        // Every pixel has at least one spectrum, so that none has two.
        if record.n_spectra == record.n_pixels {
            runs = runs.with_each_pixel_once();
        }
        let mz_range = runs.mz_range();
        Ok(TaskPeaks {
            index: SpectraIndex::of_runs(runs),
            mz_range,
        })
    }

    /// What annotating needs.
    pub(crate) fn work<'a>(
        &'a self,
        mz_range: (f64, f64),
        raster: &'a Raster,
        molecules: &'a Molecules,
        cache: &'a dyn PatternCache,
    ) -> Work<'a> {
        let (ions, config) = (&molecules.space.ions, &self.config().annotate);
        Work {
            mz_range,
            raster,
            ions,
            config,
            cache,
        }
    }
}

/// Runs in the working folder.
struct StoredRuns {
    store: Store,
    keys: Vec<String>,
}

impl RunStore for StoredRuns {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> std::io::Result<()> {
        let byte = |place: u64| Directory::BYTES + place * PEAK_BYTES;
        let wanted: Vec<_> = places
            .iter()
            .map(|(run, places)| {
                let bytes = byte(places.start)..byte(places.end);
                (self.keys[*run].clone(), bytes)
            })
            .collect();
        Ok(self.store.read_into(&wanted, out)?)
    }
}
