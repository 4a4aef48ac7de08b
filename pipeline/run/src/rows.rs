//! Annotations joined with their scores, molecules and neighbours.

use std::collections::{HashMap, HashSet};

use annotator::ambiguity::{Ambiguity, ambiguities};
use annotator::candidates::{Ion, SearchSpace};
use annotator::config::AnnotateConfig;
use annotator::indices::IonIdx;
use annotator::matrix::MatrixIon;
use annotator::metrics::{Details, Parent, Scores, UnitScores};
use annotator::moldb::MoleculeTable;
use annotator::patterns::{NoCache, PatternTable};
use annotator::plausibility::doubt;
use annotator::ranking::Annotation;
use metaspace_results::AnnotationRow;
use ms_core::tolerance::Ppm;

use crate::error::RunError;

/// Column of a molecule table that says what kind of molecule it is.
const CLASS: &str = "class";

/// Joins annotations with their scores, molecules and neighbours, in the order given. Those without
/// a score, of targeted tables, have their theoretical pattern and nothing measured.
///
/// # Errors
/// An ion without a score has no pattern.
pub fn rows(
    annotations: &[Annotation],
    scores: &[UnitScores],
    space: &SearchSpace,
    tables: &[MoleculeTable],
    config: &AnnotateConfig,
) -> Result<Vec<AnnotationRow>, RunError> {
    let mut found = scores_of_ions(annotations, scores);
    let without = without_score(annotations, &found, scores, space, config)?;
    found.extend(
        without
            .iter()
            .map(|(scores, details)| (scores.ion, (scores, details))),
    );
    let molecules: Vec<Vec<Vec<u32>>> = tables
        .iter()
        .map(MoleculeTable::molecules_by_formula)
        .collect();
    let ion_text = |annotation: &Annotation| {
        let (table, formula) = (&tables[annotation.table.usize()], annotation.formula);
        let modifier = &space.modifiers[annotation.modifier.usize()];
        // The spelling of a charged molecule has its charge, which the ion's text has by itself.
        let formula = match table.charge(formula) {
            None => table.spelling(formula),
            Some(_) => table.formulas[formula.usize()].to_string(),
        };
        modifier.ion_text(&formula, config.pattern.charge)
    };
    let first_mz: Vec<f64> = annotations
        .iter()
        .map(|annotation| {
            found[&annotation.ion]
                .1
                .theoretical_mz
                .first()
                .copied()
                .unwrap_or(0.0)
        })
        .collect();
    let beside = ambiguities(annotations, &first_mz, config.ppm);
    let matrix = config.matrix_ions();
    let row = |(annotation, beside): (&Annotation, &Ambiguity)| {
        let table = &tables[annotation.table.usize()];
        let molecule = |&i: &u32| &table.molecules[i as usize];
        let adduct = space.modifiers[annotation.modifier.usize()].text();
        // The likeliest first; of equal ones in the order of the table.
        let mut of_formula =
            molecules[annotation.table.usize()][annotation.formula.usize()].clone();
        of_formula.sort_by_key(|i| doubt(&molecule(i).name, adduct));
        let class = |i: &u32| {
            let column = table.extra_column(CLASS);
            column
                .and_then(|column| molecule(i).extra.get(column).cloned())
                .unwrap_or_default()
        };
        let (scores, details) = found[&annotation.ion];
        let ions = |places: &[usize]| places.iter().map(|&i| ion_text(&annotations[i])).collect();
        AnnotationRow {
            table: table.name.clone(),
            formula: table.spelling(annotation.formula),
            modifier: adduct.to_owned(),
            ion: ion_text(annotation),
            ion_formula: space.ions[annotation.ion.usize()].text(),
            ion_idx: annotation.ion,
            annotation: *annotation,
            scores: *scores,
            details: details.clone(),
            molecule_names: of_formula
                .iter()
                .map(|i| molecule(i).name.clone())
                .collect(),
            molecule_ids: of_formula.iter().map(|i| molecule(i).id.clone()).collect(),
            molecule_classes: of_formula.iter().map(class).collect(),
            isomers: ions(&beside.isomers),
            isobars: ions(&beside.isobars),
            isobar_scores: beside
                .isobars
                .iter()
                .map(|&i| annotations[i].score)
                .collect(),
            stronger_isobar: beside.stronger.map(|i| ion_text(&annotations[i])),
            is_entrapment: table.is_entrapment(annotation.formula),
            matrix_ion: matrix_ion(&matrix, &space.ions[annotation.ion.usize()], config.ppm),
        }
    };
    Ok(annotations.iter().zip(&beside).map(row).collect())
}

/// Name of the matrix ion of an ion's formula, or else of the nearest in its window.
fn matrix_ion(matrix: &[MatrixIon], ion: &Ion, ppm: Ppm) -> Option<String> {
    let window = ppm.window(ion.mz);
    let distance = |known: &&MatrixIon| {
        let is_other = known.formula != ion.formula;
        (is_other, (known.mz - ion.mz).abs())
    };
    let near = matrix
        .iter()
        .filter(|known| (window.low..=window.high).contains(&known.mz));
    let nearest = near.min_by(|a, b| {
        let ((a_other, a), (b_other, b)) = (distance(a), distance(b));
        a_other.cmp(&b_other).then(a.total_cmp(&b))
    });
    nearest.map(|known| known.name.clone())
}

/// Scores and details of annotated ions of MSM 0.
fn without_score(
    annotations: &[Annotation],
    found: &HashMap<IonIdx, (&Scores, &Details)>,
    scores: &[UnitScores],
    space: &SearchSpace,
    config: &AnnotateConfig,
) -> Result<Vec<(Scores, Details)>, RunError> {
    let mut ions: Vec<IonIdx> = annotations
        .iter()
        .map(|annotation| annotation.ion)
        .collect();
    ions.retain(|ion| !found.contains_key(ion));
    ions.sort_unstable();
    ions.dedup();
    // Of hardly any ion, if any: not all that were evaluated are to be held once more.
    let evaluated: HashMap<IonIdx, Scores> = scores
        .iter()
        .flat_map(|unit| &unit.scores)
        .filter(|scores| ions.binary_search(&scores.ion).is_ok())
        .map(|scores| (scores.ion, *scores))
        .collect();
    let chosen: Vec<Ion> = ions
        .iter()
        .map(|ion| space.ions[ion.usize()].clone())
        .collect();
    let patterns = PatternTable::of(&chosen, config.pattern, &NoCache)?;
    let of_ion = |(row, &ion): (usize, &IonIdx)| {
        let nothing = Scores {
            ion,
            n_pixels: 0,
            chaos: None,
            spatial: 0.0,
            spectral: 0.0,
            msm: 0.0,
        };
        let (mzs, intensities) = (patterns.mzs_of(row), patterns.intensities_of(row));
        let details = Details {
            mz_err_abs: 0.0,
            mz_err_rel: 0.0,
            parent: Parent::default(),
            groups: Vec::new(),
            theoretical_mz: mzs.to_vec(),
            theoretical_intensity: intensities.to_vec(),
            total_intensity: vec![0.0; mzs.len()],
            min_intensity: vec![0.0; mzs.len()],
            max_intensity: vec![0.0; mzs.len()],
            mz_mean: mzs.to_vec(),
            mz_stddev: vec![0.0; mzs.len()],
        };
        (evaluated.get(&ion).copied().unwrap_or(nothing), details)
    };
    Ok(ions.iter().enumerate().map(of_ion).collect())
}

/// Scores and details of the annotated ions.
fn scores_of_ions<'a>(
    annotations: &[Annotation],
    scores: &'a [UnitScores],
) -> HashMap<IonIdx, (&'a Scores, &'a Details)> {
    let wanted: HashSet<IonIdx> = annotations
        .iter()
        .map(|annotation| annotation.ion)
        .collect();
    let positive = |unit: &'a UnitScores| {
        unit.scores
            .iter()
            .filter(|scores| scores.msm > 0.0)
            .zip(&unit.details)
    };
    scores
        .iter()
        .flat_map(positive)
        .filter(|(scores, _)| wanted.contains(&scores.ion))
        .map(|(scores, details)| (scores.ion, (scores, details)))
        .collect()
}
