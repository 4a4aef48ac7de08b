//! What a run will ask of engine and store, before anything is run: requests and bytes follow from
//! how it is cut.

use metaspace_storage::Traffic;
use ms_core::spectra::stretch_peaks;

use crate::plan::estimate::{BYTES_PER_IMAGE_VALUE, compared_bytes, n_image_values, n_passes};
use crate::plan::prices::Usage;
use crate::plan::{Plan, Stage, StagePlan};

/// Requests of every task: plan, report, cancellation, raster, tables.
const COMMON_READS: u64 = 5;

/// Requests for what another task has written: its report, the length, the bytes.
const FETCHED: u64 = 3;

/// Bytes read at once from an ibd, or of images.
const BLOCK_BYTES: u64 = 4 << 20;

/// Bytes that every task reads of plan and tables, for each ion of the search space.
const TABLE_BYTES_PER_ION: u64 = 4;

/// Bytes that a task passes on for an ion.
const METRICS_BYTES_PER_ION: u64 = 30;

/// Sizes that requests and bytes follow from.
#[derive(Debug, Clone, Copy)]
pub struct Amounts {
    /// Bytes of the ibd.
    pub ibd_bytes: u64,
    /// Values of all spectra.
    pub n_points: u64,
    /// Ions of the search space.
    pub n_ions: u64,
    /// Pixels.
    pub n_pixels: u64,
}

impl Plan {
    /// What the run will use.
    pub fn usage(&self) -> Usage {
        usage(&self.stages, self.amounts())
    }

    /// What one of its stages will use.
    pub fn usage_of(&self, stage: &StagePlan) -> Usage {
        usage_of(stage, &self.stages, self.amounts())
    }

    fn amounts(&self) -> Amounts {
        let record = &self.dataset.record;
        Amounts {
            ibd_bytes: record.ibd_bytes,
            n_points: self.dataset.n_points,
            n_ions: self.n_ions,
            n_pixels: record.n_pixels as u64,
        }
    }
}

/// What all stages will use.
pub fn usage(stages: &[StagePlan], amounts: Amounts) -> Usage {
    let mut all = Usage::default();
    for stage in stages {
        let usage = usage_of(stage, stages, amounts);
        all.seconds += usage.seconds;
        all.gb_seconds += usage.gb_seconds;
        all.invocations += usage.invocations;
        all.traffic.add(usage.traffic);
    }
    all
}

/// What one of some stages will use.
pub fn usage_of(stage: &StagePlan, stages: &[StagePlan], amounts: Amounts) -> Usage {
    let Amounts {
        ibd_bytes,
        n_points,
        n_ions,
        n_pixels,
    } = amounts;
    let n_image_values = n_image_values(n_ions, n_pixels);
    let n_tasks_of = |wanted: Stage| {
        let found = stages.iter().find(|stage| stage.stage == wanted);
        found.map_or(0, |stage| stage.n_tasks() as u64)
    };
    let (n_runs, n_ions_tasks) = (n_tasks_of(Stage::Spectra), n_tasks_of(Stage::Ions));
    let n_image_tasks = n_tasks_of(Stage::Images);
    let n_tasks = (stage.n_tasks() as u64).max(1);
    let blocks = ibd_bytes.div_ceil(BLOCK_BYTES) + 1;
    let units = n_ions.div_ceil(annotator::plan::UNIT_IONS as u64);
    // Without runs each task reads the whole ibd.
    let (direct, direct_bytes) = if n_runs == 0 {
        (blocks, ibd_bytes)
    } else {
        (0, 0)
    };
    let run_bytes = if n_runs == 0 {
        0
    } else {
        ms_core::spectra::PEAK_BYTES * n_points
    };
    let (metrics, images) = (
        METRICS_BYTES_PER_ION * n_ions,
        BYTES_PER_IMAGE_VALUE * n_image_values,
    );
    let of_task = |all: u64| all / n_tasks;
    // Of each run: the report that names it, its directory, what is read of its peaks.
    let of_runs = n_runs * (2 + n_points / stretch_peaks(n_runs) / n_tasks + 1);
    // Requests that read and write, and bytes.
    let (reads, writes, bytes_read, bytes_written) = match stage.stage {
        Stage::Spectra => (
            1 + of_task(blocks),
            2,
            of_task(ibd_bytes),
            of_task(run_bytes),
        ),
        Stage::Ions => (
            direct + of_runs,
            2 + units / n_tasks,
            direct_bytes + of_task(run_bytes),
            of_task(metrics),
        ),
        Stage::Fdr => (FETCHED * n_ions_tasks, 3, metrics, of_task(metrics)),
        Stage::Rank => {
            let n_parts = n_ions_tasks + 2 * n_tasks_of(Stage::Fdr);
            (FETCHED * n_parts, 6, metrics, metrics)
        }
        Stage::Images => {
            let reads = direct + of_runs + 2 * FETCHED;
            (reads, 1, direct_bytes + of_task(run_bytes), of_task(images))
        }
        Stage::Colocalize => {
            let n_passes = n_passes(n_ions, n_pixels, n_tasks);
            let read = n_passes * compared_bytes(n_ions, n_pixels);
            let reads = FETCHED + FETCHED * n_image_tasks + read.div_ceil(BLOCK_BYTES);
            (reads, 2, read, METRICS_BYTES_PER_ION)
        }
        Stage::Merge => {
            let n_parts = stages.iter().map(StagePlan::n_tasks).sum::<usize>() as u64;
            let n_fetched = n_ions_tasks + n_image_tasks + 2 * n_tasks_of(Stage::Colocalize);
            let n_reads = direct + 2 * n_runs + n_parts + FETCHED * n_fetched;
            (
                n_reads + images.div_ceil(BLOCK_BYTES) + 8,
                14,
                direct_bytes + metrics + images,
                metrics + images,
            )
        }
        // No stage of an annotation: what its tasks read is not known from its plan.
        Stage::Measure => (0, 0, 0, 0),
    };
    let traffic = Traffic {
        reads: reads + COMMON_READS,
        writes: writes + 1,
        bytes_read: bytes_read + TABLE_BYTES_PER_ION * n_ions,
        bytes_written,
    };
    let mut usage = Usage::default();
    for _ in 0..n_tasks {
        usage.add(stage.seconds, stage.memory_mb, traffic);
    }
    usage
}
