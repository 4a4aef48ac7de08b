//! Plans and tasks read back: data from outside, believed in nothing.

use metaspace_results::record::RunRecord;
use metaspace_storage::{Location, Store, StoreError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::plan::{FORMAT, Plan, RunKey, Stage, StagePlan, Task, run_id};

/// Most tasks of a stage, ten times what any dataset has needed.
const MAX_TASKS: usize = 100_000;

/// Largest memory of a task in MB: that of Lambda's largest function.
const MAX_MEMORY_MB: u32 = 10_240;

/// Digits of a run's id.
const ID_DIGITS: usize = 16;

/// Why a plan or task is not followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It cannot be understood.
    #[error("cannot understand {what}")]
    Json {
        /// What.
        what: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Written by another version.
    #[error("{what} has format {found}, and this program understands {FORMAT}")]
    Format {
        /// What.
        what: String,
        /// Its format.
        found: u32,
    },
    /// Made by another program, which may give other bytes.
    #[error(
        "the plan is of {found}, and this is {ours}\nhint: use the same program throughout a run"
    )]
    Program {
        /// That of the plan.
        found: String,
        /// This one.
        ours: String,
    },
    /// Not what it says it is, or not what it may say.
    #[error("{what} is refused: {reason}")]
    Refused {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PlanError {
    /// Whether the plan could not be read, rather than followed: a store may be late in showing it.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

/// Reads a task.
///
/// # Errors
/// It is none.
pub fn read_task(bytes: &[u8]) -> Result<Task, PlanError> {
    let json = |source| PlanError::Json {
        what: "the task".into(),
        source,
    };
    check_task(serde_json::from_slice(bytes).map_err(json)?)
}

/// Reads a task, or a list of tasks.
///
/// # Errors
/// One of them is none.
pub fn read_tasks(bytes: &[u8]) -> Result<Vec<Task>, PlanError> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return Ok(vec![read_task(bytes)?]);
    }
    let json = |source| PlanError::Json {
        what: "the tasks".into(),
        source,
    };
    let tasks: Vec<Task> = serde_json::from_slice(bytes).map_err(json)?;
    tasks.into_iter().map(check_task).collect()
}

/// A task that may be one: what it names is checked against the plan later.
///
/// # Errors
/// It is none.
pub fn check_task(task: Task) -> Result<Task, PlanError> {
    let refused = |reason: &str| PlanError::Refused {
        what: task.name(),
        reason: reason.into(),
    };
    if task.format != FORMAT {
        return Err(PlanError::Format {
            what: "the task".into(),
            found: task.format,
        });
    }
    if !is_id(&task.run) {
        return Err(refused("its run is no id"));
    }
    if task.from > task.to {
        return Err(refused("its bounds do not ascend"));
    }
    Ok(task)
}

/// What a plan is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanKind {
    /// An annotation.
    Annotation,
    /// Ions measured for an experiment.
    Measurement,
}

impl PlanKind {
    /// What is said of a plan of this kind where one of the other is wanted.
    fn instead(self) -> &'static str {
        match self {
            Self::Annotation => "it is that of an annotation",
            Self::Measurement => {
                "it measures ions for an experiment; the same `metaspace experiment run` goes on with it"
            }
        }
    }
}

/// What plans of all kinds have.
#[derive(Debug, Deserialize)]
struct PlanHead {
    format: u32,
    program: String,
    #[serde(default)]
    stages: Vec<StageHead>,
}

#[derive(Debug, Deserialize)]
struct StageHead {
    stage: String,
}

impl PlanHead {
    fn kind(&self) -> PlanKind {
        let is_measurement = |head: &StageHead| head.stage == Stage::Measure.name();
        if self.stages.iter().any(is_measurement) {
            PlanKind::Measurement
        } else {
            PlanKind::Annotation
        }
    }
}

/// Reads a plan of a kind from the working folder of its run: it is the one that the run is named by, of
/// this format and written by this program.
///
/// # Errors
/// It is not there, or is something else.
pub fn read_document<T: DeserializeOwned>(
    store: &Store,
    run: &str,
    kind: PlanKind,
) -> Result<T, PlanError> {
    let what = || format!("the plan of run {run}");
    let refused = |reason: String| PlanError::Refused {
        what: what(),
        reason,
    };
    if !is_id(run) {
        return Err(refused("that is no id of a run".into()));
    }
    let bytes = store.get(&RunKey::Plan.of(run))?;
    if run_id(&bytes) != run {
        return Err(refused(
            "its content is not what the run is named by".into(),
        ));
    }
    let json = |source| PlanError::Json {
        what: what(),
        source,
    };
    let head: PlanHead = serde_json::from_slice(&bytes).map_err(json)?;
    if head.format != FORMAT {
        return Err(PlanError::Format {
            what: what(),
            found: head.format,
        });
    }
    if head.program != RunRecord::program() {
        return Err(PlanError::Program {
            found: head.program,
            ours: RunRecord::program(),
        });
    }
    if head.kind() != kind {
        return Err(refused(head.kind().instead().into()));
    }
    serde_json::from_slice(&bytes).map_err(json)
}

/// Reads the plan of an annotation from its working folder.
///
/// # Errors
/// It is not there, is not the run's, or says what no plan may.
pub fn read_plan(store: &Store, run: &str) -> Result<Plan, PlanError> {
    let refused = |reason: String| PlanError::Refused {
        what: format!("the plan of run {run}"),
        reason,
    };
    let plan: Plan = read_document(store, run, PlanKind::Annotation)?;
    check_places(&plan, store.location()).map_err(refused)?;
    check_hashes(&plan).map_err(refused)?;
    check_stages(&plan).map_err(refused)?;
    Ok(plan)
}

fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && is_hex(text)
}

/// Whether a text is a BLAKE3 hash.
pub fn is_hash(text: &str) -> bool {
    text.len() == 2 * blake3::OUT_LEN && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Results go beside the working folder; a store in S3 names no file of the machine that works.
fn check_places(plan: &Plan, store: &Location) -> Result<(), String> {
    let parse = |text: &str| Location::parse(text).map_err(|error| error.to_string());
    let results = parse(&plan.results)?;
    if results.parent() != store.parent() || results == *store {
        return Err(format!(
            "the results would not lie beside {store}: `{results}`"
        ));
    }
    for text in [&plan.dataset.record.imzml, &plan.dataset.record.ibd] {
        if store.is_object() && !parse(text)?.is_object() {
            return Err(format!("it names a file of this machine: `{text}`"));
        }
    }
    Ok(())
}

fn check_hashes(plan: &Plan) -> Result<(), String> {
    let tables = plan.tables.iter().filter_map(|table| table.blake3.as_ref());
    let all = tables
        .chain(&plan.model)
        .chain(&plan.mask)
        .chain([&plan.dataset.spectra, &plan.dataset.raster]);
    let mut wrong = all.filter(|hash| !is_hash(hash));
    wrong
        .next()
        .map_or(Ok(()), |hash| Err(format!("`{hash}` is no hash")))
}

fn check_stages(plan: &Plan) -> Result<(), String> {
    let stages: Vec<Stage> = plan.stages.iter().map(|stage| stage.stage).collect();
    let is_expected = |stage: &Stage| match stage {
        Stage::Spectra | Stage::Fdr => stages.contains(stage),
        Stage::Colocalize => !plan.options.no_coloc,
        _ => true,
    };
    let expected: Vec<Stage> = Stage::ALL.into_iter().filter(is_expected).collect();
    if stages != expected {
        return Err("its stages are not those of a run".into());
    }
    let (n_spectra, n_ions) = (plan.dataset.record.n_spectra as u64, plan.n_ions);
    for stage in &plan.stages {
        let end = match stage.stage {
            Stage::Spectra => n_spectra,
            Stage::Ions => n_ions,
            Stage::Fdr => plan.n_rankings,
            Stage::Rank | Stage::Merge => 1,
            Stage::Images | Stage::Colocalize | Stage::Measure => stage.n_tasks() as u64,
        };
        check_stage(stage, end)
            .map_err(|reason| format!("stage {}: {reason}", stage.stage.name()))?;
    }
    Ok(())
}

/// Whether a stage is cut from 0 to an end, and asks for what a worker can give.
///
/// # Errors
/// It is not.
pub fn check_stage(stage: &StagePlan, end: u64) -> Result<(), &'static str> {
    let ascends = stage.cuts.windows(2).all(|cut| cut[0] < cut[1]);
    if stage.cuts.first() != Some(&0) || stage.cuts.last() != Some(&end) || !ascends {
        return Err("its cuts do not lead from the first to the last");
    }
    if stage.n_tasks() > MAX_TASKS {
        return Err("it has too many tasks");
    }
    if stage.memory_mb == 0 || stage.memory_mb > MAX_MEMORY_MB {
        return Err("no worker has so much memory");
    }
    if !(stage.seconds >= 0.0 && stage.seconds.is_finite()) {
        return Err("its seconds are none");
    }
    let is_unit = |cut: &u64| cut.is_multiple_of(annotator::plan::UNIT_IONS as u64) || *cut == end;
    if stage.stage == Stage::Ions && !stage.cuts.iter().all(is_unit) {
        return Err("it cuts through units of ions");
    }
    Ok(())
}
