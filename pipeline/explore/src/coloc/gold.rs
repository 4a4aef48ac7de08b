//! Rankings by experts, and predictions of them, as CSV.

use std::collections::HashMap;
use std::path::Path;

use coloc::evaluate::{ExpertRank, Judged};

use crate::error::ExploreError;

/// Names of a pair: dataset, base formula and adduct, other formula and adduct.
const PAIR: [&str; 5] = [
    "datasetId",
    "baseSf",
    "baseAdduct",
    "otherSf",
    "otherAdduct",
];

/// A pair of ions of a dataset and its mean rank.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldPair {
    /// The dataset.
    pub dataset: String,
    /// Formula and adduct of the base ion.
    pub base: String,
    /// Formula and adduct of the other ion.
    pub other: String,
    /// Mean rank of the experts.
    pub rank: f64,
}

impl GoldPair {
    /// Name of the set: pairs of one base ion are ranked among each other.
    pub fn set(&self) -> String {
        format!("{} {}", self.dataset, self.base)
    }
}

/// The gold standard.
#[derive(Debug)]
pub struct Gold {
    /// Its pairs, in the order of the file.
    pub pairs: Vec<GoldPair>,
}

impl Gold {
    /// Reads `datasetId,baseSf,baseAdduct,otherSf,otherAdduct,rank`.
    ///
    /// # Errors
    /// The file cannot be read, lacks a column, or a rank is no number.
    pub fn read(path: &Path) -> Result<Self, ExploreError> {
        let rows = Rows::read(path, &[&PAIR[..], &["rank"]].concat())?;
        let pairs: Result<_, _> = rows.each(|row| Ok(pair(row, row.number(5)?))).collect();
        Ok(Self { pairs: pairs? })
    }
}

fn pair(row: &Row<'_>, rank: f64) -> GoldPair {
    GoldPair {
        dataset: row.text(0).into(),
        base: format!("{} {}", row.text(1), row.text(2)),
        other: format!("{} {}", row.text(3), row.text(4)),
        rank,
    }
}

/// Predicted ranks.
#[derive(Debug)]
pub struct Predictions {
    /// Pairs with the experts' rank and the negated prediction.
    pub pairs: Vec<Judged>,
    /// Predictions without a rank of their own whose pair the gold standard lacks.
    pub n_unknown: usize,
}

impl Predictions {
    /// Reads predictions: the columns of a pair, `pred`, and `rank`. Where there is no `rank`, it is
    /// that of the gold standard.
    ///
    /// # Errors
    /// The file cannot be read, lacks a column, or a value is no number.
    pub fn read(path: &Path, gold: Option<&Gold>, is_rounded: bool) -> Result<Self, ExploreError> {
        let has_rank = has_column(path, "rank")?;
        let mut columns = [&PAIR[..], &["pred"]].concat();
        if has_rank || gold.is_none() {
            columns.push("rank");
        }
        let known: HashMap<(String, &str), f64> = gold
            .iter()
            .flat_map(|gold| &gold.pairs)
            .map(|pair| ((pair.set(), pair.other.as_str()), pair.rank))
            .collect();
        let rows = Rows::read(path, &columns)?;
        let (mut pairs, mut n_unknown) = (Vec::new(), 0);
        for row in rows.each(|row| {
            let predicted = row.number(5)?;
            let rank = if columns.len() > 6 {
                Some(row.number(6)?)
            } else {
                None
            };
            Ok((pair(row, 0.0), predicted, rank))
        }) {
            let (pair, predicted, rank) = row?;
            let set = pair.set();
            let rank = rank.or_else(|| known.get(&(set.clone(), pair.other.as_str())).copied());
            let Some(rank) = rank else {
                n_unknown += 1;
                continue;
            };
            let predicted = if is_rounded {
                predicted.round_ties_even()
            } else {
                predicted
            };
            pairs.push(Judged {
                set,
                rank,
                score: -predicted,
            });
        }
        Ok(Self { pairs, n_unknown })
    }
}

/// Reads the ranks of each expert: the columns of a pair, `user` and `rank`; an empty rank is none.
/// With a gold standard, only its pairs are kept.
///
/// # Errors
/// The file cannot be read, lacks a column, or a rank is no number.
pub fn read_experts(path: &Path, gold: Option<&Gold>) -> Result<Vec<ExpertRank>, ExploreError> {
    let rows = Rows::read(path, &[&PAIR[..], &["user", "rank"]].concat())?;
    let known: std::collections::HashSet<(String, &str)> = gold
        .iter()
        .flat_map(|gold| &gold.pairs)
        .map(|pair| (pair.set(), pair.other.as_str()))
        .collect();
    let mut ranks = Vec::new();
    for row in rows.each(|row| {
        let rank = if row.text(6).is_empty() {
            None
        } else {
            Some(row.number(6)?)
        };
        Ok((pair(row, 0.0), row.text(5).to_owned(), rank))
    }) {
        let (pair, expert, rank) = row?;
        let set = pair.set();
        if gold.is_none() || known.contains(&(set.clone(), pair.other.as_str())) {
            ranks.push(ExpertRank {
                set,
                expert,
                other: pair.other,
                rank,
            });
        }
    }
    Ok(ranks)
}

fn has_column(path: &Path, name: &str) -> Result<bool, ExploreError> {
    let bad = |source| ExploreError::ReadCsv {
        path: path.into(),
        source,
    };
    let mut reader = csv::Reader::from_path(path).map_err(bad)?;
    Ok(reader
        .headers()
        .map_err(bad)?
        .iter()
        .any(|header| header == name))
}

/// Rows of a CSV with some columns in a known order.
struct Rows<'a> {
    path: &'a Path,
    columns: Vec<(String, usize)>,
    records: Vec<csv::StringRecord>,
}

struct Row<'a> {
    rows: &'a Rows<'a>,
    record: &'a csv::StringRecord,
}

impl<'a> Rows<'a> {
    fn read(path: &'a Path, columns: &[&str]) -> Result<Self, ExploreError> {
        let bad = |source| ExploreError::ReadCsv {
            path: path.into(),
            source,
        };
        let mut reader = csv::Reader::from_path(path).map_err(bad)?;
        let headers = reader.headers().map_err(bad)?.clone();
        let place = |name: &&str| {
            let place = headers.iter().position(|header| header == *name);
            let missing = || ExploreError::CsvColumn {
                path: path.into(),
                column: (*name).into(),
                found: headers.iter().map(str::to_owned).collect(),
            };
            Ok(((*name).to_owned(), place.ok_or_else(missing)?))
        };
        let columns: Result<Vec<_>, ExploreError> = columns.iter().map(place).collect();
        let records: Result<Vec<_>, _> = reader.records().collect();
        Ok(Self {
            path,
            columns: columns?,
            records: records.map_err(bad)?,
        })
    }

    fn each<T>(
        &self,
        of: impl Fn(&Row<'_>) -> Result<T, ExploreError>,
    ) -> impl Iterator<Item = Result<T, ExploreError>> {
        self.records
            .iter()
            .map(move |record| of(&Row { rows: self, record }))
    }
}

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        self.record
            .get(self.rows.columns[column].1)
            .unwrap_or_default()
    }

    fn number(&self, column: usize) -> Result<f64, ExploreError> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| ExploreError::Cell {
            path: self.rows.path.into(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: self.rows.columns[column].0.clone(),
            text: text.into(),
        })
    }
}
