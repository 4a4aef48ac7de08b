//! How many annotations there are at which FDR, and what targets and decoys score.

use std::collections::BTreeMap;

use annotator::fdr::FDR_LEVELS;
use maud::{Markup, html};

use crate::data::{AdductScores, Data, MAIN_FDR};
use crate::plot::Field;
use crate::text::{adduct, level, thousands};

/// Points of a curve.
const N_POINTS: u32 = 120;

pub(crate) fn section(data: &Data) -> Markup {
    html! {
        p { "Each target ion competes with decoys: the same molecule with an implausible adduct, scored alike. "
            "How many decoys score as high as targets says how many of the targets must be expected to be false." }
        (counts(data))
        div.grid {
            @for (modifier, scores) in &data.scores { (curves(data, modifier, scores)) }
        }
    }
}

fn counts(data: &Data) -> Markup {
    let mut by_adduct: BTreeMap<&str, [u64; FDR_LEVELS.len()]> = BTreeMap::new();
    for modifier in data.scores.keys() {
        by_adduct.insert(modifier, [0; FDR_LEVELS.len()]);
    }
    for row in data.up_to(1.0) {
        let counts = by_adduct.entry(&row.adduct).or_default();
        for (count, fdr) in counts.iter_mut().zip(FDR_LEVELS) {
            *count += u64::from(row.fdr <= fdr);
        }
    }
    let total = by_adduct
        .values()
        .fold([0; FDR_LEVELS.len()], |mut sum, counts| {
            for (sum, n) in sum.iter_mut().zip(counts) {
                *sum += n;
            }
            sum
        });
    let most = by_adduct
        .values()
        .flatten()
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    html! {
        table.counts {
            caption { "Annotations by adduct and FDR" }
            thead { tr {
                th scope="col" { "adduct" }
                @for fdr in FDR_LEVELS { th scope="col" { "FDR ≤ " (level(fdr)) } }
            } }
            tbody { @for (modifier, counts) in &by_adduct {
                tr {
                    th scope="row" { (adduct(modifier, sign(data))) }
                    @for count in counts {
                        @let share = *count as f64 / most as f64 * 100.0;
                        td { span.level style=(format!("width:{share:.1}%")) {} span.n { (thousands(*count)) } }
                    }
                }
            } }
            tfoot { tr {
                th scope="row" { "all" }
                @for count in total { td { span.n { (thousands(count)) } } }
            } }
        }
    }
}

fn sign(data: &Data) -> &'static str {
    if data.record.settings.charge < 0 {
        "-"
    } else {
        "+"
    }
}

/// How many targets, and how many false ones by the decoys, score at least so much.
fn curves(data: &Data, modifier: &str, scores: &AdductScores) -> Markup {
    let name = adduct(modifier, sign(data));
    let n_targets = scores.targets.len();
    let per_target = f64::from(scores.decoys_per_target.max(1));
    let at = |sorted: &[f64], score: f64| sorted.partition_point(|other| *other >= score) as f64;
    let most = (n_targets as f64).max(scores.decoys.len() as f64 / per_target);
    let label = if data.has_score() { "score" } else { "MSM" };
    let field = Field::new(
        (420.0, 260.0),
        (0.0, 1.0),
        (0.0, most * 1.04),
        (label, "ions with at least this"),
    );
    let thresholds = || (0..=N_POINTS).map(|i| f64::from(i) / f64::from(N_POINTS));
    let lowest = data
        .up_to(MAIN_FDR)
        .filter(|row| row.adduct == modifier)
        .map(|row| row.score)
        .min_by(f64::total_cmp);
    let description = format!(
        "Targets and decoys of {name} by score: {n_targets} targets, {} decoys, {} of them for each target",
        scores.decoys.len(),
        scores.decoys_per_target
    );
    html! {
        figure.card {
            figcaption { h3 { (name) }
                p { span.key.target {} (thousands(n_targets as u64)) " targets. "
                    span.key.decoy {} (thousands(scores.decoys.len() as u64)) " decoys, divided by "
                    (scores.decoys_per_target) ": the false targets to expect." } }
            (field.svg(&description, &html! {
                (field.line(thresholds().map(|score| (score, at(&scores.decoys, score) / per_target)), "curve decoy"))
                (field.line(thresholds().map(|score| (score, at(&scores.targets, score))), "curve target"))
                @if let Some(score) = lowest {
                    (field.mark(score, &format!("FDR {}", level(MAIN_FDR))))
                }
            }))
        }
    }
}
