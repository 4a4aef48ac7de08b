//! What a run ends with, done whole or as tasks: its tables and its record.

use annotator::candidates::SearchSpace;
use annotator::fdr::FDR_LEVELS;
use annotator::indices::IonIdx;
use annotator::metrics::UnitScores;
use annotator::moldb::MoleculeTable;
use annotator::ranking::{Annotation, Candidate};
use metaspace_machine::error::OptionError;
use metaspace_machine::usage::StageTime;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{
    AdaptiveRecord, Counts, DatabaseRecord, DatasetRecord, DecoyRecord, EntrapmentRecord,
    FileRecord, Origin, RunRecord, ScoringModelRecord, SettingsRecord, TasksRecord, warnings,
};
use metaspace_results::regions::read_mask;
use metaspace_results::text::thousands;
use metaspace_results::{
    AnnotationRow, FirstImages, ResultsError, ResultsFolder, flag_off_sample, outline,
    write_annotations, write_candidates, write_metrics,
};
use ms_core::image::Raster;
use ms_core::spectra::Census;

use crate::config::RunConfig;
use crate::error::RunError;

/// What was found, besides the tables.
pub(crate) struct Findings<'a> {
    /// The options as given.
    pub(crate) options: AnnotateOptions,
    /// Settings that were not given, and where they were taken from.
    pub(crate) taken: Vec<Origin>,
    /// What the user should know of the settings.
    pub(crate) warnings: Vec<String>,
    /// What is known of the dataset before its peaks are read.
    pub(crate) dataset: DatasetRecord,
    /// What was tolerated of the dataset, in words.
    pub(crate) oddities: Vec<String>,
    /// What its peaks amount to.
    pub(crate) census: &'a Census,
    /// The molecule tables.
    pub(crate) databases: Vec<DatabaseRecord>,
    /// The formulas that cannot be there, if any were added.
    pub(crate) entrapment: Option<EntrapmentRecord>,
    /// The model that ions were ranked by, if any.
    pub(crate) scoring_model: Option<ScoringModelRecord>,
    /// What the adaptive score learned, if it was wanted.
    pub(crate) adaptive_score: Option<AdaptiveRecord>,
    /// Decoys, and what depends on their draw.
    pub(crate) decoys: DecoyRecord,
    /// Formulas of ions too complex to have a pattern.
    pub(crate) without_pattern: Vec<String>,
    /// How many of what.
    pub(crate) counts: Counts,
    /// What the user should know of co-localization.
    pub(crate) coloc_note: Option<String>,
}

/// What it took.
pub(crate) struct Cost {
    /// Time of each stage, where it was done whole.
    pub(crate) stages: Vec<StageTime>,
    /// Most bytes of memory of a process.
    pub(crate) peak_memory_bytes: Option<u64>,
    /// The files that were written.
    pub(crate) files: Vec<FileRecord>,
    /// What it took as tasks.
    pub(crate) tasks: Option<TasksRecord>,
}

/// The record of a run.
pub(crate) fn record(config: &RunConfig, found: Findings<'_>, cost: Cost) -> RunRecord {
    let mut all_warnings = found.warnings;
    all_warnings.extend(warnings(
        &found.oddities,
        found.census,
        &found.databases,
        &found.without_pattern,
    ));
    all_warnings.extend(
        found
            .entrapment
            .as_ref()
            .and_then(EntrapmentRecord::warning),
    );
    all_warnings.extend(found.coloc_note);
    RunRecord {
        program: RunRecord::program(),
        schema_version: RunRecord::schema_version(),
        options: found.options,
        taken: found.taken,
        settings: SettingsRecord::new(&config.annotate),
        dataset: found.dataset.with(found.census),
        databases: found.databases,
        entrapment: found.entrapment,
        scoring_model: found.scoring_model,
        adaptive_score: found.adaptive_score,
        decoys: found.decoys,
        counts: found.counts,
        warnings: all_warnings,
        stages: cost.stages,
        threads: rayon::current_num_threads(),
        peak_memory_bytes: cost.peak_memory_bytes,
        files: cost.files,
        tasks: cost.tasks,
    }
}

/// Writes the tables of annotations, metrics and candidates.
pub(crate) fn write_tables(
    folder: &ResultsFolder,
    space: &SearchSpace,
    tables: &[MoleculeTable],
    scores: &[UnitScores],
    candidates: &[Candidate],
    rows: &[AnnotationRow],
) -> Result<(), RunError> {
    let csv = folder.file("annotations.csv");
    write_annotations(rows, &folder.file("annotations.parquet"), &csv)?;
    write_metrics(scores, &space.ions, &folder.file("ion_metrics.parquet"))?;
    let path = folder.file("candidates.parquet");
    Ok(write_candidates(candidates, space, tables, &path)?)
}

/// Which pixels are tissue, where the options name a file that says so.
///
/// # Errors
/// The file cannot be read, or holds no pixel.
pub(crate) fn read_tissue_mask(
    options: &AnnotateOptions,
    raster: &Raster,
) -> Result<Option<Vec<bool>>, RunError> {
    let Some(path) = &options.mask else {
        return Ok(None);
    };
    let wrong = |reason: &str| {
        let reason = format!("`{}` {reason}", path.display());
        OptionError::new("--mask", reason).into()
    };
    let is_tissue = match read_mask(path, raster) {
        Err(ResultsError::Region { reason, .. }) => return Err(wrong(&reason)),
        found => found?,
    };
    if !is_tissue.contains(&true) {
        let n_pixels = thousands(raster.n_pixels() as u64);
        return Err(wrong(&format!("holds none of the {n_pixels} pixels")));
    }
    Ok(Some(is_tissue))
}

/// Tells tissue from the slide around it by a mask or else by the images of a folder, flags the
/// annotations that lie off it, and counts them. Returns which pixels are tissue, where a slide is seen.
pub(crate) fn flag_tissue(
    folder: &ResultsFolder,
    images: &FirstImages,
    raster: &Raster,
    mask: Option<Vec<bool>>,
    counts: &mut Counts,
) -> Result<Option<Vec<bool>>, RunError> {
    let tissue = match mask {
        Some(mask) => Some(mask),
        None => outline(folder.scratch(), images, raster)?,
    };
    let flagged = flag_off_sample(folder.scratch(), images, tissue.as_deref(), &FDR_LEVELS)?;
    counts.off_sample_at_fdr = tissue.is_some().then_some(flagged);
    Ok(tissue)
}

/// The ions of annotations of FDR < 1, each once, by m/z.
pub(crate) fn imaged_ions(annotations: &[Annotation]) -> Vec<IonIdx> {
    let found = annotations.iter().filter(|annotation| annotation.fdr < 1.0);
    let mut ions: Vec<IonIdx> = found.map(|annotation| annotation.ion).collect();
    ions.sort_unstable();
    ions.dedup();
    ions
}

/// Counts what `run.json` has of ions and annotations, but for images and the cache.
pub(crate) fn count(space: &SearchSpace, scores: &[UnitScores], rows: &[AnnotationRow]) -> Counts {
    let upto = |level: f64| rows.iter().filter(move |row| row.annotation.fdr <= level);
    let n_entrapment = |level: f64| upto(level).filter(|row| row.is_entrapment).count();
    let n_matrix = |level: f64| upto(level).filter(|row| row.matrix_ion.is_some()).count();
    Counts {
        n_ions: space.ions.len(),
        n_target_ions: space.n_targets(),
        n_searched: scores.iter().map(|unit| unit.n_searched).sum(),
        n_targets_searched: scores.iter().map(|unit| unit.n_targets_searched).sum(),
        n_without_pattern: scores
            .iter()
            .map(|unit| unit.without_pattern.len() as u64)
            .sum(),
        n_evaluated: scores.iter().map(|unit| unit.scores.len() as u64).sum(),
        n_annotations: rows.len(),
        annotations_at_fdr: FDR_LEVELS
            .map(|level| (level, upto(level).count()))
            .to_vec(),
        entrapment_at_fdr: FDR_LEVELS
            .map(|level| (level, n_entrapment(level)))
            .to_vec(),
        matrix_at_fdr: FDR_LEVELS.map(|level| (level, n_matrix(level))).to_vec(),
        ..Counts::default()
    }
}

/// Formulas of ions too complex to have a pattern.
pub(crate) fn without_pattern(space: &SearchSpace, scores: &[UnitScores]) -> Vec<String> {
    let ions = scores.iter().flat_map(|unit| &unit.without_pattern);
    ions.map(|ion| space.ions[ion.usize()].text()).collect()
}
