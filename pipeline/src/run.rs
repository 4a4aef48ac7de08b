//! The job on one page: open → index → search space → score → FDR → images → co-localize → write.

use std::io::Read;
use std::path::{Path, PathBuf};

use annotator::annotate::{Work, annotate};
use annotator::candidates::SearchSpace;
use annotator::fdr::FDR_LEVELS;
use annotator::metrics::UnitScores;
use annotator::moldb::MoleculeTable;
use annotator::patterns::{NoCache, PatternCache};
use annotator::ranking::{Annotation, Candidate, Ranked};
use ms_core::imzml::{Dataset, Names, Representation};
use ms_core::progress::{Progress, check};
use ms_core::spectra::{BuildOptions, Census, SpectraIndex};

use crate::cache::{DiskCache, MAX_BYTES};
use crate::colocate::write_colocalization;
use crate::config::coloc::coloc_preset;
use crate::config::{AnnotateOptions, RunConfig, cache_folder, memory};
use crate::error::RunError;
use crate::machine::{Stopwatch, peak_memory_bytes};
use crate::molecule_tables::{entrap, read_tables};
use crate::provenance::{
    Counts, DatabaseRecord, DatasetRecord, DecoyRecord, EntrapmentRecord, RunRecord, oddity_texts,
    settings, warnings,
};
use crate::results::{
    AnnotationRow, Destination, RUN_JSON, ResultsFolder, rows, write_annotations, write_candidates,
    write_images, write_mean_spectrum, write_metrics, write_pixels,
};
use crate::scoring_model::{read_scoring, record_learned};
use crate::storage::{Location, Stoppable, TemporaryFile, ibd_of, open_ranges, open_reader};
use crate::terminal::Terminal;

/// Bytes of images being compared at once, whatever the memory: with more, hardly any are read again.
pub(crate) const MAX_COMPARED_BYTES: u64 = 256 << 20;

/// What a run found, and where it lies.
#[derive(Debug)]
pub struct Outcome {
    /// The results folder.
    pub folder: PathBuf,
    /// The annotations, best first.
    pub rows: Vec<AnnotationRow>,
    /// The record that was written.
    pub record: RunRecord,
    /// FDR up to which annotations are to be shown.
    pub fdr: f64,
}

/// Annotates a dataset and writes its results folder.
///
/// # Errors
/// Anything that is wrong with the dataset, the options or the machine; nothing is left then.
pub fn run(
    imzml: &Path,
    options: &AnnotateOptions,
    terminal: &Terminal,
) -> Result<Outcome, RunError> {
    let mut watch = Stopwatch::default();
    let dataset = open(imzml, options, terminal)?;
    let config = RunConfig::new(options, &dataset.header, &dataset.names.imzml)?;
    tell_origins(&config, terminal);
    let (mut tables, databases) = read_tables(options, config.annotate.rules.repeats)?;
    let entrapment = entrap(&mut tables, &config);
    let (scoring, scoring_model) = read_scoring(options, config.preset)?;
    let results = Destination::start(&results_path(imzml, options)?, options.force)?;
    let folder = results.folder();
    watch.lap("open");
    let (index, census) = index(&dataset, options, folder, terminal)?;
    watch.lap("index");
    let space = SearchSpace::new(&tables, &config.annotate)?;
    watch.lap("search space");
    let cache = cache_folder().map(|folder| DiskCache::new(&folder.join("patterns")));
    let work = Work {
        index: &index,
        mz_range: census.mz_range,
        raster: &dataset.pixels.raster,
        ions: &space.ions,
        config: &config.annotate,
        cache: cache
            .as_ref()
            .map_or(&NoCache as &dyn PatternCache, |cache| cache),
    };
    let (scores, ranked) = annotate(work, &space, &scoring, terminal)?;
    watch.lap("search");
    let rows = rows(
        &ranked.annotations,
        &scores,
        &space,
        &tables,
        &config.annotate,
    )?;
    write_tables(
        folder,
        &space,
        &tables,
        (&scores, &ranked.candidates),
        &rows,
    )?;
    watch.lap("write tables");
    let imaged = imaged_ions(&ranked.annotations);
    let n_image_pixels = write_pixel_tables(folder, work, &imaged, (&dataset, &census), terminal)?;
    watch.lap("write images");
    drop(index);
    let coloc_note = if options.no_coloc {
        None
    } else {
        colocalize(folder, &config, options, terminal)?
    };
    watch.lap("co-localize");
    terminal.finish();
    let mut counts = count(&space, &scores, &rows);
    (counts.n_imaged_ions, counts.n_image_pixels) = (imaged.len(), n_image_pixels);
    (counts.pattern_cache_hits, counts.pattern_cache_misses) = settle(cache.as_ref());
    let record = RunRecord {
        program: RunRecord::program(),
        schema_version: RunRecord::schema_version(),
        options: options.clone(),
        taken: config.origins.clone(),
        settings: settings(&config.annotate),
        warnings: [
            all_warnings(&dataset, &census, &databases, (&space, &scores, &ranked)),
            entrapment
                .as_ref()
                .and_then(EntrapmentRecord::warning)
                .into_iter()
                .collect(),
            coloc_note.into_iter().collect(),
        ]
        .concat(),
        dataset: describe(&dataset, imzml, options)?.with(&census),
        decoys: DecoyRecord::new(&ranked.candidates, &space, &databases, &config.annotate),
        databases,
        entrapment,
        scoring_model,
        adaptive_score: ranked.learned.as_ref().map(record_learned),
        counts,
        stages: watch.stages().to_vec(),
        threads: rayon::current_num_threads(),
        peak_memory_bytes: peak_memory_bytes(),
        tasks: None,
    };
    record.write(&folder.file(RUN_JSON))?;
    Ok(Outcome {
        folder: results.finish()?.to_path(),
        rows,
        record,
        fdr: config.fdr,
    })
}

/// Compares the images of the annotations, as the preset has it.
fn colocalize(
    folder: &ResultsFolder,
    config: &RunConfig,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<Option<String>, RunError> {
    let max_bytes = (memory(options.memory.as_deref())? / 2).min(MAX_COMPARED_BYTES);
    write_colocalization(
        folder.scratch(),
        coloc_preset(config.preset),
        max_bytes,
        progress,
    )
}

/// Opens a dataset and makes sure that it can be annotated.
///
/// # Errors
/// It is wrong, its checksum differs, or its spectra are profiles.
pub fn open(
    imzml: &Path,
    options: &AnnotateOptions,
    terminal: &Terminal,
) -> Result<Dataset, RunError> {
    let dataset = open_dataset(imzml, options.ibd.as_deref(), options.z, terminal)?;
    if options.verify {
        let checksum = dataset.verify_checksum()?;
        terminal.say(&format!(
            "the ibd has the stated {} checksum",
            checksum.algorithm
        ));
    }
    let observed = dataset.observed_representation()?;
    let (representation, why) = match (observed, dataset.header.representation) {
        (Some(observed), Some(stated)) if observed == stated => (observed, "as the file says"),
        (Some(observed), _) => (observed, "as its values show"),
        (None, stated) => (
            stated.unwrap_or(Representation::Centroid),
            "as the file says",
        ),
    };
    if representation == Representation::Profile && !options.assume_centroid {
        return Err(RunError::Profile {
            file: dataset.names.imzml,
            why,
        });
    }
    Ok(dataset)
}

/// Opens the two files of a dataset.
///
/// # Errors
/// One is missing or wrong.
pub fn open_dataset(
    imzml: &Path,
    ibd: Option<&Path>,
    z: Option<u32>,
    progress: &dyn Progress,
) -> Result<Dataset, RunError> {
    let imzml = Location::of(imzml)?;
    let mut xml = Stoppable {
        reader: open_reader(&imzml)?,
        progress,
    };
    let ibd = ibd_of(&imzml, ibd)?;
    let names = Names {
        imzml: imzml.to_string(),
        ibd: ibd.to_string(),
    };
    let opened = Dataset::open(&mut xml, open_ranges(&ibd)?, names, z);
    // A reader that was stopped looks like one that failed.
    check(progress)?;
    Ok(opened?)
}

pub(crate) fn tell_origins(config: &RunConfig, terminal: &Terminal) {
    for origin in &config.origins {
        terminal.say(&format!(
            "{}: {} ({})",
            origin.setting, origin.value, origin.from
        ));
    }
}

/// Where results go: where the user says, or beside the current work.
pub(crate) fn results_path(imzml: &Path, options: &AnnotateOptions) -> Result<Location, RunError> {
    if let Some(out) = &options.out {
        return Ok(Location::of(out)?);
    }
    let imzml = Location::of(imzml)?;
    let stem = imzml.stem().unwrap_or("metaspace");
    Ok(Location::Path(format!("{stem}-results").into()))
}

fn index(
    dataset: &Dataset,
    options: &AnnotateOptions,
    folder: &ResultsFolder,
    progress: &dyn Progress,
) -> Result<(SpectraIndex, Census), RunError> {
    // Half for the index; the rest for what works on it.
    let memory_bytes = memory(options.memory.as_deref())? / 2;
    let scratch = || -> std::io::Result<Box<dyn ms_core::bytes::Scratch>> {
        Ok(Box::new(TemporaryFile::new(folder.scratch())?))
    };
    let build = BuildOptions {
        memory_bytes,
        scratch: &scratch,
    };
    Ok(SpectraIndex::build(dataset, &build, progress)?)
}

pub(crate) fn write_tables(
    folder: &ResultsFolder,
    space: &SearchSpace,
    tables: &[MoleculeTable],
    (scores, candidates): (&[UnitScores], &[Candidate]),
    rows: &[AnnotationRow],
) -> Result<(), RunError> {
    let csv = folder.file("annotations.csv");
    write_annotations(rows, &folder.file("annotations.parquet"), &csv)?;
    write_metrics(scores, &space.ions, &folder.file("ion_metrics.parquet"))?;
    let path = folder.file("candidates.parquet");
    write_candidates(candidates, space, tables, &path)
}

/// Writes what is made of the index: images, what pixels amount to, the mean spectrum. Returns the
/// number of pixels of images.
fn write_pixel_tables(
    folder: &ResultsFolder,
    work: Work<'_>,
    imaged: &[u32],
    (dataset, census): (&Dataset, &Census),
    progress: &dyn Progress,
) -> Result<u64, RunError> {
    let n_image_pixels = write_images(work, imaged, &folder.file("ion_images.parquet"), progress)?;
    write_pixels(&dataset.pixels, census, &folder.file("pixels.parquet"))?;
    let everything = (0.0, f64::INFINITY);
    let mean = work
        .index
        .mean_spectrum(everything, work.raster.n_pixels(), progress)?;
    write_mean_spectrum(&mean, &folder.file("mean_spectrum.parquet"))?;
    Ok(n_image_pixels)
}

/// What was tolerated of the dataset, the tables and the ions, in words.
fn all_warnings(
    dataset: &Dataset,
    census: &Census,
    databases: &[DatabaseRecord],
    (space, scores, ranked): (&SearchSpace, &[UnitScores], &Ranked),
) -> Vec<String> {
    let without_pattern = without_pattern(space, scores);
    let not_learned = not_learned(ranked);
    let oddities = oddity_texts(dataset);
    warnings(
        &oddities,
        census,
        databases,
        &without_pattern,
        not_learned.as_deref(),
    )
}

/// The ions of annotations of FDR < 1, each once, by m/z.
pub(crate) fn imaged_ions(annotations: &[Annotation]) -> Vec<u32> {
    let found = annotations.iter().filter(|annotation| annotation.fdr < 1.0);
    let mut ions: Vec<u32> = found.map(|annotation| annotation.ion).collect();
    ions.sort_unstable();
    ions.dedup();
    ions
}

pub(crate) fn count(space: &SearchSpace, scores: &[UnitScores], rows: &[AnnotationRow]) -> Counts {
    let upto = |level: f64| rows.iter().filter(move |row| row.annotation.fdr <= level);
    let n_entrapment = |level: f64| upto(level).filter(|row| row.is_entrapment).count();
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
        ..Counts::default()
    }
}

/// Formulas of ions too complex to have a pattern.
pub(crate) fn without_pattern(space: &SearchSpace, scores: &[UnitScores]) -> Vec<String> {
    let ions = scores.iter().flat_map(|unit| &unit.without_pattern);
    ions.map(|&ion| space.ions[ion as usize].formula.to_string())
        .collect()
}

/// Why the adaptive score that was wanted was not learned.
fn not_learned(ranked: &Ranked) -> Option<String> {
    let Some(Err(reason)) = &ranked.learned else {
        return None;
    };
    Some(reason.to_string())
}

/// Leaves the cache within its bounds; returns its hits and misses.
fn settle(cache: Option<&DiskCache>) -> (u64, u64) {
    let Some(cache) = cache else { return (0, 0) };
    cache.shrink(MAX_BYTES);
    let (n_hits, n_misses, _) = cache.counts();
    (n_hits, n_misses)
}

/// What is known of a dataset before its peaks are read.
pub(crate) fn describe(
    dataset: &Dataset,
    imzml: &Path,
    options: &AnnotateOptions,
) -> Result<DatasetRecord, RunError> {
    let (length, hash) = hash_file(&Location::of(imzml)?)?;
    let raster = &dataset.pixels.raster;
    let checksum = dataset.header.checksum.as_ref();
    Ok(DatasetRecord {
        imzml: dataset.names.imzml.clone(),
        ibd: dataset.names.ibd.clone(),
        imzml_bytes: length,
        ibd_bytes: dataset.ibd().len(),
        uuid: dataset.header.uuid.clone(),
        imzml_blake3: hash,
        ibd_checksum: checksum.map(|c| format!("{} {}", c.algorithm, c.digits)),
        is_checksum_verified: options.verify,
        width: raster.width,
        height: raster.height,
        pixel_size_um: dataset.header.pixel_size_um,
        n_pixels: raster.n_pixels(),
        n_spectra: dataset.spectra.len(),
        n_peaks: 0,
        mz_range: None,
    })
}

pub(crate) fn hash_file(location: &Location) -> Result<(u64, String), RunError> {
    let (mut reader, mut hasher, mut length) = (open_reader(location)?, blake3::Hasher::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut buffer);
        let n = read.map_err(RunError::file("read", location.to_path()))?;
        if n == 0 {
            return Ok((length, hasher.finalize().to_string()));
        }
        hasher.update(&buffer[..n]);
        length += n as u64;
    }
}
