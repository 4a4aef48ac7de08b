//! Everything to a results folder, as a run in one piece writes it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use metaspace_machine::error::FileError;
use metaspace_machine::usage::peak_memory_bytes;
use metaspace_results::record::{FileRecord, RunRecord, TasksRecord};
use metaspace_results::{
    BAD_ROWS_TSV, FirstImages, JoinedImages, RUN_JSON, ResultsFolder, read_ions,
    read_mean_spectrum, write_bad_rows, write_mean_spectrum, write_pixels,
};
use metaspace_storage::{Location, ObjectRanges};
use ms_core::bytes::RangeRead;
use ms_core::image::Raster;
use ms_core::progress::Progress;
use ms_core::spectra::{Census, MeanPeak};

use crate::destination::Destination;
use crate::finish::{self, Cost, Findings};
use crate::plan::Stage;
use crate::plan::prices::{Prices, Usage};
use crate::worker::job::Job;
use crate::worker::kinds::{IMAGES, MEAN_SPECTRUM, RANKED, TABLES};
use crate::worker::parts::StoredPart;
use crate::worker::rank::RankedRecord;
use crate::worker::report::{Report, TaskError, TaskOutput};
use crate::worker::spectra::censuses;
use crate::worker::{colocalize, rank};

pub(crate) fn merge(job: &Job, progress: &dyn Progress) -> Result<TaskOutput, TaskError> {
    let location = Location::parse(&job.plan().results)?;
    // Who asked for the run has agreed to write here; a merge done twice writes the same.
    let mut results = Destination::start(&location, true)?;
    let n_image_pixels = merge_images(job, &mut results)?;
    let folder = results.folder();
    let ranked = rank::ranked(job)?;
    for name in TABLES {
        let path = folder.file(name);
        let bytes = job.read(&ranked.part(name)?)?;
        std::fs::write(&path, bytes).map_err(FileError::at("write", path))?;
    }
    write_bad_rows(&job.molecules()?.tables, &folder.file(BAD_ROWS_TSV))?;
    let mut ranked_record: RankedRecord = job.read_json(&ranked.part(RANKED)?)?;
    let (raster, images) = (job.raster()?, first_images(job, folder)?);
    let (mask, counts) = (job.mask()?, &mut ranked_record.counts);
    let tissue = finish::flag_tissue(folder, &images, &raster, mask, counts)?;
    let census = write_census(job, folder, &raster, tissue.as_deref(), progress)?;
    merge_mean_spectrum(job, folder)?;
    let options = &job.plan().options;
    let note = if options.no_coloc {
        None
    } else {
        colocalize::join(job, folder)?
    };
    let files = results.files()?;
    let record = record(job, ranked_record, &census, n_image_pixels, note, files)?;
    record.write(&folder.file(RUN_JSON))?;
    results.finish()?;
    Ok(TaskOutput::new(n_image_pixels, Vec::new()))
}

/// Joins the parts of `ion_images.parquet`, in order, as they are stored; returns the number of
/// pixels.
fn merge_images(job: &Job, results: &mut Destination) -> Result<u64, TaskError> {
    let tasks = job.done(Stage::Images)?;
    let parts: Vec<StoredPart> = tasks
        .iter()
        .map(|task| task.part(IMAGES))
        .collect::<Result<_, _>>()?;
    let keys = parts.iter().map(|part| part.key.clone());
    let mut joined = JoinedImages::new(results.begin("ion_images.parquet")?)?;
    for (part, bytes) in parts.iter().zip(ObjectRanges::open_all(&job.store, keys)?) {
        let content = joined.append(job.store.name_of(&part.key).as_ref(), Arc::new(bytes))?;
        if content != part.content {
            return Err(job.changed(&part.key));
        }
    }
    results.keep(joined.finish()?);
    Ok(tasks.iter().map(|task| task.report.rows).sum())
}

/// Joins the stretches of `mean_spectrum.parquet`.
fn merge_mean_spectrum(job: &Job, folder: &ResultsFolder) -> Result<(), TaskError> {
    let mut mean: Vec<MeanPeak> = Vec::new();
    let room = tempfile::tempdir().map_err(FileError::at("make", "a folder"))?;
    for stretch in job.parts(Stage::Ions, MEAN_SPECTRUM)? {
        job.fetch(&stretch, room.path(), "mean_spectrum.parquet")?;
        let part = read_mean_spectrum(room.path())?;
        let last = mean.last().map_or(0.0, |peak| peak.mz);
        if !part.first().is_none_or(|first| last < first.mz) {
            return Err(job.damaged(&stretch.key, "its m/z lie before those of the part before"));
        }
        mean.extend(part);
    }
    Ok(write_mean_spectrum(
        &mean,
        &folder.file("mean_spectrum.parquet"),
    )?)
}

/// The first images of the annotations, where the tasks left them.
fn first_images(job: &Job, folder: &ResultsFolder) -> Result<FirstImages, TaskError> {
    let ions = read_ions(folder.scratch(), 1.0)?;
    let formulas: BTreeSet<&str> = ions.iter().map(|ion| &*ion.ion_formula).collect();
    let keys: Vec<String> = job
        .parts(Stage::Images, IMAGES)?
        .into_iter()
        .map(|part| part.key)
        .collect();
    let names = keys.iter().map(|key| PathBuf::from(job.store.name_of(key)));
    let parts = ObjectRanges::open_all(&job.store, keys.clone())?;
    let parts = parts
        .into_iter()
        .map(|part| Arc::new(part) as Arc<dyn RangeRead>);
    Ok(FirstImages::of_parts(
        names.zip(parts).collect(),
        &formulas,
    )?)
}

fn write_census(
    job: &Job,
    folder: &ResultsFolder,
    raster: &Raster,
    is_tissue: Option<&[bool]>,
    progress: &dyn Progress,
) -> Result<Census, TaskError> {
    let dataset = &job.plan().dataset;
    let census = Census::merge(raster.n_pixels(), &censuses(job, progress)?);
    let path = folder.file("pixels.parquet");
    write_pixels(raster, &dataset.origin, &census, is_tissue, &path)?;
    Ok(census)
}

fn record(
    job: &Job,
    ranked: RankedRecord,
    census: &Census,
    n_image_pixels: u64,
    note: Option<String>,
    files: Vec<FileRecord>,
) -> Result<RunRecord, TaskError> {
    let (plan, molecules) = (job.plan(), job.molecules()?);
    let mut counts = ranked.counts;
    counts.n_image_pixels = n_image_pixels;
    let reports = reports(job)?;
    let peak = reports
        .iter()
        .filter_map(|report| report.peak_memory_bytes)
        .max();
    let findings = Findings {
        options: plan.options.clone(),
        taken: plan.taken.clone(),
        warnings: plan.warnings.clone(),
        dataset: plan.dataset.record.clone(),
        oddities: plan.dataset.oddities.clone(),
        census,
        databases: molecules.records.clone(),
        entrapment: molecules.entrapment.clone(),
        scoring_model: job.scoring()?.1,
        adaptive_score: ranked.adaptive,
        decoys: ranked.decoys,
        without_pattern: ranked.without_pattern,
        counts,
        coloc_note: note,
    };
    let cost = Cost {
        stages: Vec::new(),
        peak_memory_bytes: peak.max(peak_memory_bytes()),
        files,
        tasks: Some(tasks_record(job, &reports)?),
    };
    Ok(finish::record(job.config(), findings, cost))
}

/// Reports of all tasks before this one.
fn reports(job: &Job) -> Result<Vec<Report>, TaskError> {
    let mut reports = Vec::new();
    for stage in job
        .plan()
        .stages
        .iter()
        .filter(|stage| stage.stage != Stage::Merge)
    {
        reports.extend(job.done(stage.stage)?.into_iter().map(|done| done.report));
    }
    Ok(reports)
}

fn tasks_record(job: &Job, reports: &[Report]) -> Result<TasksRecord, TaskError> {
    let (prices, mut usage) = (Prices::read(None)?, Usage::default());
    for report in reports {
        usage.add(report.seconds, report.memory_mb, report.traffic);
    }
    let n_tasks =
        |stage: &crate::plan::StagePlan| (stage.stage.name().to_owned(), stage.n_tasks() as u64);
    Ok(TasksRecord {
        run: job.run().into(),
        n_tasks: job.plan().stages.iter().map(n_tasks).collect(),
        task_seconds: usage.seconds,
        gb_seconds: usage.gb_seconds,
        reads: usage.traffic.reads,
        writes: usage.traffic.writes,
        bytes_read: usage.traffic.bytes_read,
        bytes_written: usage.traffic.bytes_written,
        dollars: prices.dollars(&usage),
        prices: prices.date,
    })
}
