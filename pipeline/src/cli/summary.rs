//! What a run says at its end.

use metaspace_results::AnnotationRow;
use metaspace_results::record::RunRecord;
use metaspace_results::text::{counted, percent, signed, thousands};
use metaspace_run::whole::Outcome;

/// Annotations shown at most.
const N_BEST: usize = 10;

/// Characters of a molecule's name shown at most.
const NAME_WIDTH: usize = 40;

/// A short table for people: counts by FDR, the best annotations, files, time and memory.
pub(crate) fn text(outcome: &Outcome, fdr: f64) -> String {
    let mut out = String::new();
    let record = &outcome.record;
    let dataset = &record.dataset;
    out.push_str(&format!(
        "{} pixels, {} peaks; {} ions searched, {} of them of molecules\n",
        thousands(dataset.n_pixels as u64),
        thousands(dataset.n_peaks),
        thousands(record.counts.n_searched),
        thousands(record.counts.n_targets_searched),
    ));
    for warning in &record.warnings {
        out.push_str(&format!("warning: {warning}\n"));
    }
    let (all, entrapment) = (
        &record.counts.annotations_at_fdr,
        &record.counts.entrapment_at_fdr,
    );
    let own = all
        .iter()
        .zip(entrapment)
        .map(|((level, all), (_, n))| (*level, all - n));
    out.push_str(&format!("annotations at FDR: {}\n", at_levels(own)));
    if record.entrapment.is_some() {
        let counts = at_levels(entrapment.iter().copied());
        let next = "metaspace evaluate says what they mean";
        out.push_str(&format!(
            "besides, of entrapment formulas: {counts}; {next}\n"
        ));
    }
    if let Some(flagged) = flagged(record, fdr) {
        out.push_str(&format!("  {flagged}\n"));
    }
    let learned = record.adaptive_score.as_ref();
    if let Some(learned) = learned.filter(|learned| learned.n_fragments > 0) {
        out.push_str(&format!(
            "  left out as fragments of others (less H2O, NH3 or CO2): {}, named in candidates.parquet\n",
            counted(learned.n_fragments as u64, "ion")
        ));
    }
    let best: Vec<&AnnotationRow> = outcome
        .rows
        .iter()
        .filter(|row| row.annotation.fdr <= fdr && !row.is_entrapment)
        .take(N_BEST)
        .collect();
    if best.is_empty() {
        out.push_str(&format!("nothing is annotated at FDR {}\n", percent(fdr)));
        out.push_str(&what_to_try(record));
    } else {
        let has_score = record.scoring_model.is_some() || record.adaptive_score.is_some();
        let score = if has_score { "score" } else { "MSM" };
        out.push_str(&format!(
            "\n{:<28} {:>10} {score:>6} {:>7}  molecules\n",
            "ion", "m/z", "FDR"
        ));
    }
    for row in best {
        out.push_str(&format!(
            "{:<28} {:>10.4} {:>6.3} {:>5.1} %  {}\n",
            row.ion,
            row.mz(),
            row.annotation.score,
            row.annotation.fdr * 100.0,
            names(&row.molecule_names)
        ));
    }
    out.push_str(&format!("\nwritten: {}\n", outcome.folder.display()));
    out + &cost(outcome)
}

/// How many of the annotations up to an FDR, if it is one that is counted, lie off the tissue or may be
/// the matrix.
fn flagged(record: &RunRecord, fdr: f64) -> Option<String> {
    let counts = &record.counts;
    let at = |counts: &[(f64, usize)]| {
        let found = counts.iter().find(|(level, _)| (level - fdr).abs() < 1e-9);
        found.map_or(0, |(_, n)| *n)
    };
    let off = counts.off_sample_at_fdr.as_deref().map_or(0, at);
    let matrix = at(&counts.matrix_at_fdr);
    let off_text = format!("{} lie off the tissue", thousands(off as u64));
    let matrix_text = format!("{} may be the matrix", thousands(matrix as u64));
    let all = [(off, off_text), (matrix, matrix_text)];
    let told: Vec<String> = all
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(_, text)| text)
        .collect();
    let of = format!("of those at {}", percent(fdr));
    (!told.is_empty()).then(|| format!("{of}: {}", told.join(", ")))
}

/// Where nothing is annotated: what the data say, and what may be wrong.
fn what_to_try(record: &RunRecord) -> String {
    let mut out = String::new();
    if let Some(survey) = &record.dataset.survey {
        let common = thousands(survey.n_common_peaks as u64);
        let stand_out = match survey.measured {
            Some(accuracy) => format!(
                "{} of them have the mass of an ion of the tables or the matrix, off by {} ± {:.1} ppm",
                accuracy.n_ions,
                signed(accuracy.shift_ppm, 1),
                accuracy.sigma_ppm
            ),
            None => "no more of them than by chance have the mass of an ion of the tables".into(),
        };
        out.push_str(&format!(
            "  {common} peaks are common to many spectra; {stand_out}\n"
        ));
    }
    out.push_str(&format!(
        "  the window is ±{} ppm{}, the adducts are {}, the charge is {:+}\n\
         \x20 try another table (--database), other adducts (--adduct), or --polarity if the file may be wrong\n",
        record.settings.ppm,
        corrected(record),
        record.settings.adducts.join(" "),
        record.settings.charge
    ));
    out
}

/// That m/z were corrected before they were searched.
fn corrected(record: &RunRecord) -> &'static str {
    let survey = record.dataset.survey.as_ref();
    match survey.map(|survey| survey.recalibration.is_some()) {
        Some(true) => " of m/z that were corrected",
        _ => "",
    }
}

/// Counts by FDR in words.
fn at_levels(counts: impl Iterator<Item = (f64, usize)>) -> String {
    let text = |(level, n)| format!("{} at {}", thousands(n as u64), percent(level));
    counts.map(text).collect::<Vec<_>>().join(", ")
}

fn cost(outcome: &Outcome) -> String {
    let stages = &outcome.record.stages;
    let seconds: f64 = stages.iter().map(|stage| stage.seconds).sum();
    let cpu: Option<f64> = stages.iter().map(|stage| stage.cpu_seconds).sum();
    let cpu = cpu.map_or(String::new(), |cpu| format!(" ({cpu:.2} s of processors)"));
    let memory = outcome.record.peak_memory_bytes;
    let memory = memory.map_or(String::new(), |bytes| {
        format!(", peak memory {} MB", bytes / 1_000_000)
    });
    format!("{seconds:.2} s{cpu}{memory}\n")
}

fn names(names: &[String]) -> String {
    let Some(first) = names.first() else {
        return String::new();
    };
    let mut shown: String = first.chars().take(NAME_WIDTH).collect();
    if shown.len() < first.len() {
        shown.push('…');
    }
    match names.len() {
        1 => shown,
        n => format!("{shown} and {} more", n - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short() {
        assert_eq!(
            names(&["PC 34:1".into(), "PE 37:1".into()]),
            "PC 34:1 and 1 more"
        );
        assert!(names(&["x".repeat(60)]).ends_with('…'));
    }
}
