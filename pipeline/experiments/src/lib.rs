//! Questions to many results: what differs between conditions, and of which kinds of molecules.
//!
//! ```text
//! experiment.tsv ─▶ samples ─▶ matrix (ions × samples) ─▶ tests ─▶ enrichment ─▶ tables, pictures, report
//! ```
//!
//! [`run`] is this line. A sample is a region of a results folder; an ion that is annotated in one
//! of them is measured in all. Tests compare samples, never pixels: the pixels of one animal tell
//! nothing of how animals differ.

use std::path::{Path, PathBuf};

use metaspace_measure::Measurer;
use metaspace_measure::request::MeasureRequest;
use metaspace_results::ResultsFolder;
use ms_core::progress::{Progress, check};
use ndarray::Array2;

pub mod contrasts;
pub mod enrich;
pub mod enrichment;
pub mod error;
mod experiment;
pub mod ions;
pub mod matrix;
pub mod options;
pub mod pictures;
pub mod record;
pub mod report;
pub mod statistics;
pub mod table;
pub mod tables;

pub use crate::experiment::Experiment;

use crate::contrasts::{Contrast, Units};
use crate::enrich::enrich_contrast;
use crate::error::ExperimentError;
use crate::ions::{IonList, MeasuredIon, read_record};
use crate::matrix::{Amount, SampleFacts, SampleMatrix};
use crate::options::ExperimentOptions;
use crate::record::{EXPERIMENT_JSON, ExperimentRecord};
use crate::table::{SampleTable, folders_of};

/// Evaluates an experiment, its ions measured by `measurer`, and writes its folder, which appears when
/// it is complete.
///
/// # Errors
/// Results cannot be read, a sample or contrast makes no sense, the folder cannot be
/// written, or `progress` says to stop.
pub fn run(
    table: SampleTable,
    out: &Path,
    force: bool,
    options: &ExperimentOptions,
    measurer: &dyn Measurer,
    progress: &dyn Progress,
) -> Result<(Experiment, PathBuf), ExperimentError> {
    options.check()?;
    let folder = ResultsFolder::start_with(out, force, EXPERIMENT_JSON)?;
    let contrasts = Contrast::all(&options.contrasts, &table)?;
    let (mut matrix, mut notes) = measure_all(&table, options, measurer, progress)?;
    if !options.is_per_pixel {
        matrix.normalize(&options.normalization)?;
    }
    let units = Units::new(&table, &matrix, options.block.as_deref())?;
    let (mut tested, mut enriched) = (Vec::new(), Vec::new());
    for contrast in &contrasts {
        check(progress)?;
        let found = units.compare(contrast, options)?;
        notes.extend(
            found
                .notes
                .iter()
                .filter(|note| !notes.contains(note))
                .cloned()
                .collect::<Vec<_>>(),
        );
        enriched.extend(enrich_contrast(&matrix.ions, &found, options, &mut notes)?);
        tested.push(found);
    }
    let experiment = Experiment {
        table,
        matrix,
        contrasts: tested,
        enriched,
        notes,
    };
    write_tables(&folder, &experiment)?;
    report::write(&folder, &experiment, options, measurer, progress)?;
    ExperimentRecord::new(&experiment, options).write(&folder.file(EXPERIMENT_JSON))?;
    let path = folder.finish()?;
    Ok((experiment, path))
}

/// Measures every ion in every sample.
///
/// # Errors
/// Results cannot be read, a region is not there, no ion is annotated, or `progress` says to stop.
pub fn measure_all(
    table: &SampleTable,
    options: &ExperimentOptions,
    measurer: &dyn Measurer,
    progress: &dyn Progress,
) -> Result<(SampleMatrix, Vec<String>), ExperimentError> {
    let folders = folders_of(&table.samples);
    progress.begin("reading annotations", folders.len() as u64);
    let mut list = IonList::default();
    let mut annotated = Vec::new();
    for of_folder in &folders {
        check(progress)?;
        read_record(&of_folder.local)?;
        annotated.push(list.add(&of_folder.local, options.annotation_fdr)?);
        progress.advance(1);
    }
    let ions = list.finish(options.annotation_fdr)?;
    let request = MeasureRequest {
        ions: ions.iter().map(MeasuredIon::wanted).collect(),
        results: folders.iter().map(|of| of.wanted(table, |_| 1.0)).collect(),
        norm: options.norm_of_pixels(),
    };
    let shape = (table.samples.len(), ions.len());
    let mut amounts = Array2::from_elem(shape, Amount::MISSING);
    let mut is_annotated = Array2::from_elem(shape, false);
    let mut facts: Vec<Option<SampleFacts>> = vec![None; table.samples.len()];
    let mut notes = Vec::new();
    let all = measurer.amounts(&request, progress)?;
    for ((of_folder, names), measured) in folders.iter().zip(&annotated).zip(all) {
        notes.extend(measured.note);
        let of_samples = measured.facts.into_iter().zip(measured.amounts);
        for (&sample, (of_region, of_ions)) in of_folder.samples.iter().zip(of_samples) {
            facts[sample] = Some(SampleFacts {
                dataset: measured.dataset.clone(),
                n_pixels: of_region.n_pixels,
                mean_tic: of_region.mean_tic,
                mean_rms: of_region.mean_rms,
                n_annotated: names.len(),
            });
            for (ion, amount) in of_ions.into_iter().enumerate() {
                amounts[[sample, ion]] = amount;
                let is_there = names.binary_search(&ions[ion].ion).is_ok();
                is_annotated[[sample, ion]] = is_there;
            }
        }
    }
    let n_samples = table.samples.len();
    let matrix = SampleMatrix {
        ions,
        samples: facts.into_iter().flatten().collect(),
        amounts,
        is_annotated,
        factors: vec![1.0; n_samples],
    };
    Ok((matrix, notes))
}

fn write_tables(folder: &ResultsFolder, experiment: &Experiment) -> Result<(), ExperimentError> {
    let Experiment {
        table,
        matrix,
        contrasts,
        enriched,
        ..
    } = experiment;
    tables::write_matrix(&folder.file(tables::MATRIX), table, matrix)?;
    tables::write_samples(&folder.file(tables::SAMPLES), table, matrix)?;
    tables::write_ions(&folder.file(tables::IONS), &matrix.ions)?;
    tables::write_contrasts(&folder.file(tables::CONTRASTS), &matrix.ions, contrasts)?;
    tables::write_enrichment(&folder.file(tables::ENRICHMENT), enriched)?;
    tables::write_csv(
        &folder.file("matrix.csv"),
        &tables::matrix_rows(table, matrix),
    )?;
    let rows = tables::contrast_rows(&matrix.ions, contrasts);
    tables::write_csv(&folder.file("contrasts.csv"), &rows)?;
    tables::write_csv(
        &folder.file("enrichment.csv"),
        &tables::enrichment_rows(enriched),
    )
}
