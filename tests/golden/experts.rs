//! The evaluation on the gold standard of `ColocML`: published models, and the experts themselves.

use std::collections::BTreeSet;

use coloc::evaluate::{Bootstrap, ExpertRank, Judged, each_against_the_others, evaluate};

use crate::shared::Table;

const BOOTSTRAP: Bootstrap = Bootstrap {
    n_draws: 1000,
    seed: 1,
};

fn text(table: &Table, row: &csv::StringRecord, columns: [&str; 3]) -> String {
    columns.map(|column| table.text(row, column)).join(" ")
}

fn set(table: &Table, row: &csv::StringRecord) -> String {
    text(table, row, ["datasetId", "baseSf", "baseAdduct"])
}

/// Means of Spearman's and Kendall's correlation, to as many digits as were published.
#[track_caller]
fn check(model: &str, is_rounded: bool, published: (f64, f64)) {
    let table = Table::read(&format!("data/coloc-gold/{model}.csv"));
    let judged = |row: &csv::StringRecord| {
        let predicted = table.number(row, "pred");
        let predicted = if is_rounded {
            predicted.round_ties_even()
        } else {
            predicted
        };
        Judged {
            set: set(&table, row),
            rank: table.number(row, "rank"),
            score: -predicted,
        }
    };
    let pairs: Vec<Judged> = table.rows.iter().map(judged).collect();
    let found = evaluate(&pairs, BOOTSTRAP).unwrap();
    assert_eq!((found.n_pairs, found.n_sets), (2_210, 234));
    let digits = |value: f64| format!("{value:.3}");
    assert_eq!(digits(found.spearman.mean), digits(published.0));
    assert_eq!(digits(found.kendall.mean), digits(published.1));
    for estimate in [found.spearman, found.kendall] {
        assert!(estimate.low < estimate.mean && estimate.mean < estimate.high);
        let width = estimate.high - estimate.low;
        assert!((0.03..0.12).contains(&width), "{estimate:?}");
    }
}

#[test]
fn published_models_score_as_published() {
    check("preds_pi", false, (0.769, 0.652));
    check("preds_pi", true, (0.797, 0.712));
    check("preds_base", false, (0.753, 0.626));
    check("preds_base", true, (0.777, 0.682));
}

#[test]
fn experts_agree_as_published() {
    let gold = Table::read("data/coloc-gold/coloc_gs.csv");
    let other = ["datasetId", "otherSf", "otherAdduct"];
    let pairs: BTreeSet<(String, String)> = gold
        .rows
        .iter()
        .map(|row| (set(&gold, row), text(&gold, row, other)))
        .collect();
    let table = Table::read("data/coloc-gold/rankings.csv");
    let rank = |row: &csv::StringRecord| ExpertRank {
        set: set(&table, row),
        expert: table.text(row, "user").into(),
        other: text(&table, row, other),
        rank: table.text(row, "rank").parse().ok(),
    };
    let ranks: Vec<ExpertRank> = table
        .rows
        .iter()
        .map(rank)
        .filter(|rank| pairs.contains(&(rank.set.clone(), rank.other.clone())))
        .collect();
    let found = evaluate(&each_against_the_others(&ranks), BOOTSTRAP).unwrap();
    assert!((found.spearman.mean - 0.80).abs() < 0.01, "{found:?}");
    assert!((found.kendall.mean - 0.71).abs() < 0.015, "{found:?}");
}
