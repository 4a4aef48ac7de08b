//! The job on one page: open → index → search space → score → FDR → images → co-localize → write.

use std::collections::BTreeSet;
use std::path::PathBuf;

use annotator::annotate::{Peaks, Work, annotate};
use annotator::candidates::SearchSpace;
use annotator::patterns::{NoCache, PatternCache};
use metaspace_machine::environment::{cache_folder, memory};
use metaspace_machine::usage::{Stopwatch, peak_memory_bytes};
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{DecoyRecord, RunRecord};
use metaspace_results::{
    AnnotationRow, BAD_ROWS_TSV, FirstImages, PEAKS_PARQUET, PeaksWriter, RUN_JSON, ResultsFolder,
    write_bad_rows, write_images, write_mean_spectrum, write_pixels,
};
use ms_core::progress::Progress;

use crate::cache::{DiskCache, MAX_BYTES};
use crate::config::{RunConfig, coloc_preset};
use crate::dataset::note_origins;
use crate::destination::Destination;
use crate::error::RunError;
use crate::finish::{
    Cost, Findings, count, flag_tissue, imaged_ions, read_tissue_mask, record, without_pattern,
    write_tables,
};
use crate::mean::MeanSpectrum;
use crate::memory::MemoryShares;
use crate::molecule_tables::{entrap, read_tables};
use crate::partners::{MAX_COMPARED_BYTES, write_colocalization};
use crate::rows::rows;
use crate::scoring_model::{read_scoring, record_learned};
use crate::source::{Input, Source};

/// All m/z.
const EVERYTHING: (f64, f64) = (0.0, f64::INFINITY);

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
    input: &Input,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<Outcome, RunError> {
    let mut watch = Stopwatch::default();
    let (mut source, mut source_peaks) = Source::open(input, options, progress)?;
    let stated = RunConfig::new(options, &source.header, &source.about.dataset.imzml)?;
    let (mut tables, databases) = read_tables(options, stated.annotate.rules.repeats)?;
    let (scoring, scoring_model) = read_scoring(options, stated.preset)?;
    let mask = read_tissue_mask(options, &source.raster)?;
    let results = Destination::start(&source.results_path(input, options)?, options.force)?;
    let folder = results.folder();
    watch.lap("open");
    let shares = MemoryShares::of(
        memory(options.memory.as_deref())?,
        source.raster.n_pixels() as u64,
        rayon::current_num_threads() as u64,
    );
    source_peaks.keep_what_is_read(shares);
    let config = source.settle(&mut source_peaks, &stated, options, &tables, progress)?;
    note_origins(&config, progress);
    let entrapment = entrap(&mut tables, &config);
    watch.lap("survey");
    let (mut index, census) = source_peaks.index(options, shares, folder, progress)?;
    watch.lap("index");
    let space = SearchSpace::new(&tables, &config.annotate)?;
    watch.lap("search space");
    let cache = cache_folder().map(|folder| DiskCache::new(&folder.join("patterns")));
    let work = Work {
        mz_range: census.mz_range,
        raster: &source.raster,
        ions: &space.ions,
        config: &config.annotate,
        cache: cache
            .as_ref()
            .map_or(&NoCache as &dyn PatternCache, |cache| cache),
    };
    let mut mean = MeanSpectrum::new(EVERYTHING, work.raster.n_pixels(), progress);
    let mut kept = if options.keep_peaks {
        Some(PeaksWriter::new(&folder.file(PEAKS_PARQUET), progress)?)
    } else {
        None
    };
    let peaks = Peaks {
        index: &mut index,
        max_held: shares.held_peaks,
        look: &mut |index| {
            mean.look(index)?;
            kept.as_mut().map_or(Ok(()), |kept| kept.look(index))
        },
    };
    let (scores, ranked) = annotate(peaks, work, &space, &scoring, progress)?;
    let mean = mean.finish(&index)?;
    if let Some(kept) = kept {
        kept.finish(&index, &source.about.with(&census))?;
    }
    watch.lap("search");
    let rows = rows(
        &ranked.annotations,
        &scores,
        &space,
        &tables,
        &config.annotate,
    )?;
    write_tables(folder, &space, &tables, &scores, &ranked.candidates, &rows)?;
    write_bad_rows(&tables, &folder.file(BAD_ROWS_TSV))?;
    watch.lap("write tables");
    let imaged = imaged_ions(&ranked.annotations);
    index.let_go();
    let path = folder.file("ion_images.parquet");
    let n_image_pixels = write_images(&index, work, &imaged, &path, progress)?;
    let mut counts = count(&space, &scores, &rows);
    let formulas: BTreeSet<&str> = rows.iter().map(|row| &*row.ion_formula).collect();
    let drawn = FirstImages::open(folder.scratch(), &formulas)?;
    let tissue = flag_tissue(folder, &drawn, &source.raster, mask, &mut counts)?;
    let path = folder.file("pixels.parquet");
    write_pixels(
        &source.raster,
        &source.origin,
        &census,
        tissue.as_deref(),
        &path,
    )?;
    write_mean_spectrum(&mean, &folder.file("mean_spectrum.parquet"))?;
    watch.lap("write images");
    drop(index);
    let coloc_note = if options.no_coloc {
        None
    } else {
        colocalize(folder, &config, options, progress)?
    };
    watch.lap("co-localize");
    counts.n_imaged_ions = imaged.len();
    counts.n_image_pixels = n_image_pixels;
    (counts.pattern_cache_hits, counts.pattern_cache_misses) = shrink_cache(cache.as_ref());
    let findings = Findings {
        options: options.clone(),
        taken: config.origins.clone(),
        warnings: config.warnings.clone(),
        dataset: source.about.dataset,
        oddities: source.about.oddities,
        census: &census,
        decoys: DecoyRecord::new(
            &ranked.candidates,
            &space,
            &databases,
            &config.annotate,
            ranked.learned.is_some(),
        ),
        databases,
        entrapment,
        scoring_model,
        adaptive_score: ranked.learned.as_ref().map(record_learned),
        without_pattern: without_pattern(&space, &scores),
        counts,
        coloc_note,
    };
    let cost = Cost {
        stages: watch.stages().to_vec(),
        peak_memory_bytes: peak_memory_bytes(),
        files: results.files()?,
        tasks: None,
    };
    let record = record(&config, findings, cost);
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

/// Leaves the cache within its bounds; returns its hits and misses.
fn shrink_cache(cache: Option<&DiskCache>) -> (u64, u64) {
    let Some(cache) = cache else { return (0, 0) };
    cache.shrink(MAX_BYTES);
    let (n_hits, n_misses, _) = cache.counts();
    (n_hits, n_misses)
}
