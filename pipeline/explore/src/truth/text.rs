//! Evaluations as tables for people.

use metaspace_results::text::thousands;

use crate::truth::{EntrapmentLevel, Share, TruthReport};

/// A table of what was found beside what is there.
pub fn truth_text(report: &TruthReport) -> String {
    let mut text = format!(
        "{:>7} {:>6} {:>6} {:>5} {:>8} {:>6}  {:<21} {:<21} {}\n",
        "claimed",
        "ions",
        "true",
        "weak",
        "isobars",
        "wrong",
        "FDP strict",
        "FDP lenient",
        "sensitivity"
    );
    for level in &report.levels {
        text.push_str(&format!(
            "{:>7} {:>6} {:>6} {:>5} {:>8} {:>6}  {:<21} {:<21} {}\n",
            format!("{} %", level.claimed_fdr * 100.0),
            level.n_ions,
            level.n_true,
            level.n_weak,
            level.n_isobars,
            level.n_wrong,
            bounded(level.fdp_strict),
            bounded(level.fdp_lenient),
            bounded(level.sensitivity),
        ));
    }
    text.push_str(&format!(
        "\ndetectable ions of molecules: {}, of which the search looked at {}\n",
        thousands(report.n_detectable as u64),
        thousands(report.n_detectable_targets as u64),
    ));
    if let Some(auc) = report.roc_auc {
        text.push_str(&format!(
            "ROC AUC of the score: {auc:.3}, of {} target ions with a score, {} of them true\n",
            thousands(report.n_scored as u64),
            thousands(report.n_scored_true as u64),
        ));
    }
    text.push_str(&format!(
        "best ions by score of which at most {} % are false: {}, {} of them true\n",
        report.longest_list.fdp * 100.0,
        thousands(report.longest_list.n_ions as u64),
        thousands(report.longest_list.n_true as u64),
    ));
    text
}

/// A table of what entrapment says.
pub fn entrapment_text(levels: &[EntrapmentLevel], ratio: f64) -> String {
    let mut text = format!(
        "entrapment: {ratio:.2} formulas that cannot be there for each of the tables\n\n\
         {:>7} {:>6} {:>10}  {:<21} {}\n",
        "claimed", "ions", "entrapment", "FDP at least", "FDP at most (95 %)"
    );
    for level in levels {
        text.push_str(&format!(
            "{:>7} {:>6} {:>10}  {:<21} {:.1} % ({:.1})\n",
            format!("{} %", level.claimed_fdr * 100.0),
            level.n_ions,
            level.n_entrapment,
            bounded(level.lower_bound),
            level.combined * 100.0,
            level.combined_upper * 100.0,
        ));
    }
    text
}

fn bounded(share: Share) -> String {
    let [value, lower, upper] = [share.value, share.lower, share.upper].map(|x| x * 100.0);
    format!("{value:.1} % ({lower:.1} to {upper:.1})")
}
