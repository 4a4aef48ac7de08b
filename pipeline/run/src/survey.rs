//! What is taken from the data where no option says it: the window, the analyzer, a correction of
//! m/z; and what the user should know of what was given.
//!
//! ```text
//! sampled spectra + molecule tables ─▶ SurveyRecord ─▶ RunConfig: ppm, peak width; warnings
//! ```

use std::ops::Range;
use std::path::Path;

use annotator::config::{AnnotateConfig, Preset, polarity_of, unit_charge};
use annotator::moldb::MoleculeTable;
use annotator::survey::{KnownMzs, SampledSpectrum, known_mzs, sample, survey};
use metaspace_machine::error::OptionError;
use metaspace_results::RUN_JSON;
use metaspace_results::options::AnnotateOptions;
use metaspace_results::record::{Origin, RunRecord, SurveyRecord};
use ms_core::imzml::{Dataset, OTHER_PLANE, Polarity, SpectrumIdx, SpectrumReader};
use ms_core::progress::{Progress, check};
use ms_core::recalibration::Recalibration;
use rayon::prelude::*;

use crate::config::{RunConfig, note_accuracy, usual_adducts};
use crate::error::RunError;
use crate::molecule_tables::read_tables;
use crate::polarity::take_polarity;

/// What is to be taken from all m/z.
#[derive(Debug, Clone, PartialEq)]
enum Correction {
    /// What the survey finds, if anything.
    Found,
    /// Nothing.
    Nothing,
    /// What another run took.
    Known(Recalibration),
}

/// Corrects the m/z of a dataset as an annotation with these options would; what was found.
///
/// # Errors
/// A spectrum, a molecule table or an option is wrong.
pub fn recalibrate(
    dataset: &mut Dataset,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<SurveyRecord, RunError> {
    take_polarity(dataset, options, progress)?;
    let config = RunConfig::new(options, &dataset.header, &dataset.names.imzml)?;
    let (tables, _) = read_tables(options, config.annotate.rules.repeats)?;
    survey_dataset(dataset, &tables, &config, options, progress)
}

/// What was found of m/z, in words: how far they are off, and what was taken from them.
pub fn accuracy_lines(survey: &SurveyRecord) -> Vec<String> {
    let mut origins = Vec::new();
    note_accuracy(survey, &mut origins);
    origins.iter().map(Origin::line).collect()
}

/// Looks at some spectra of a dataset, and corrects its m/z from now on if that was found good.
pub(crate) fn survey_dataset(
    dataset: &mut Dataset,
    tables: &[MoleculeTable],
    config: &RunConfig,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<SurveyRecord, RunError> {
    let correction = correction(options, config.preset)?;
    if let Correction::Known(recalibration) = &correction {
        dataset.recalibration = recalibration.clone();
    }
    let groups = read_sample(dataset, progress)?;
    let instrument = match &options.instrument {
        Some(name) if name != "auto" => Some(name.parse()?),
        _ => dataset
            .header
            .analyzer
            .as_ref()
            .map(|known| known.instrument),
    };
    let profile = dataset.picking.map(|picking| picking.shape);
    let polarity = polarity_of(config.annotate.pattern.charge);
    let AnnotateConfig {
        adducts,
        pattern,
        mz_limits,
        ..
    } = &config.annotate;
    let other = match polarity {
        Polarity::Positive => Polarity::Negative,
        Polarity::Negative => Polarity::Positive,
    };
    let other_adducts = usual_adducts(other)?;
    let searched = known_mzs(tables, adducts, pattern.charge, *mz_limits);
    let other_polarity = known_mzs(tables, &other_adducts, unit_charge(other)?, *mz_limits);
    let known = KnownMzs {
        searched: &searched,
        other_polarity: &other_polarity,
    };
    let mut record = SurveyRecord::from(&survey(
        &groups,
        known,
        polarity,
        instrument,
        profile.as_ref(),
    ));
    match correction {
        Correction::Found => {
            // As the record has it, so that whoever reads it corrects by the same numbers.
            if let Some(found) = &record.recalibration {
                dataset.recalibration = found.curves()?;
            }
        }
        Correction::Nothing => {
            record.recalibration = None;
            record.recalibrated = None;
        }
        Correction::Known(recalibration) => {
            record.recalibrated = record.measured.take();
            record.recalibration = Some((&recalibration).into());
        }
    }
    Ok(record)
}

fn correction(options: &AnnotateOptions, preset: Preset) -> Result<Correction, RunError> {
    match options.recalibrate.as_deref() {
        None if preset == Preset::Default => Ok(Correction::Found),
        Some("auto") => Ok(Correction::Found),
        None | Some("off") => Ok(Correction::Nothing),
        Some(folder) => Ok(Correction::Known(of_other_run(Path::new(folder))?)),
    }
}

/// The correction by m/z of another run, given by its results folder or its `run.json`: the order in
/// which its spectra were acquired is its own.
fn of_other_run(path: &Path) -> Result<Recalibration, RunError> {
    let folder = if path.file_name().is_some_and(|name| name == RUN_JSON) {
        path.parent().unwrap_or(path)
    } else {
        path
    };
    if !folder.is_dir() {
        let reason = format!(
            "`{}` is neither auto, off, nor a results folder",
            path.display()
        );
        return Err(OptionError::new("--recalibrate", reason).into());
    }
    let record = RunRecord::read(folder)?;
    let taken = record
        .dataset
        .survey
        .and_then(|survey| survey.recalibration);
    let Some(taken) = taken.filter(|taken| !taken.by_mz.is_empty()) else {
        let reason = format!("`{}` has no correction by m/z", path.display());
        return Err(OptionError::new("--recalibrate", reason).into());
    };
    Ok(Recalibration {
        by_mz: taken.curves()?.by_mz,
        ..Recalibration::default()
    })
}

/// Peaks of a spectrum, in the mean of those that are looked at; nothing of none.
///
/// # Errors
/// A spectrum is wrong, or `progress` says to stop.
pub fn mean_n_peaks(dataset: &Dataset, progress: &dyn Progress) -> Result<Option<f64>, RunError> {
    let groups = read_sample(dataset, progress)?;
    let n_peaks = groups.iter().flatten().map(|spectrum| spectrum.mzs.len());
    let n_spectra = n_peaks.clone().count();
    Ok((n_spectra > 0).then(|| n_peaks.sum::<usize>() as f64 / n_spectra as f64))
}

/// The spectra that are looked at, in groups.
pub(crate) fn read_sample(
    dataset: &Dataset,
    progress: &dyn Progress,
) -> Result<Vec<Vec<SampledSpectrum>>, RunError> {
    let pixels = dataset.pixels.pixel_of_spectrum.iter().enumerate();
    let of_plane: Vec<usize> = pixels
        .filter(|(_, pixel)| **pixel != OTHER_PLANE)
        .map(|(number, _)| number)
        .collect();
    let read = |reader: &mut SpectrumReader<'_>, group: Range<usize>| {
        check(progress)?;
        let spectra = of_plane[group].iter().map(|&number| {
            let spectrum = reader.read(SpectrumIdx(number))?;
            Ok(SampledSpectrum {
                number: number as u64,
                mzs: spectrum.mzs.to_vec(),
                intensities: spectrum.intensities.to_vec(),
            })
        });
        spectra.collect::<Result<Vec<_>, RunError>>()
    };
    // The first that cannot be read is told, whichever thread was faster.
    let groups: Vec<Result<_, RunError>> = sample(of_plane.len())
        .into_par_iter()
        .map_init(|| dataset.reader(), read)
        .collect();
    groups.into_iter().collect()
}
