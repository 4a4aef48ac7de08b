//! Contrasts: two conditions compared, ion by ion.

use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use crate::error::ExperimentError;
use crate::matrix::SampleMatrix;
use crate::options::{ExperimentOptions, TestKind};
use crate::statistics::adjust::benjamini_hochberg;
use crate::statistics::linear::{Design, Fit};
use crate::statistics::moderated::VariancePrior;
use crate::statistics::rank_sum::rank_sum;
use crate::statistics::welch::welch;
use crate::statistics::{GroupDifference, mean};
use crate::table::{Sample, SampleTable};

/// Two conditions, of which the first is compared with the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contrast {
    /// The first less the second: above 0 it is more in the first.
    pub conditions: [String; 2],
}

impl Contrast {
    /// `treated-control`.
    pub fn name(&self) -> String {
        self.conditions.join("-")
    }

    /// The contrasts that are asked for; if none, each condition against the first of the table.
    ///
    /// A condition may have `-` in its name: what stands for a pair of conditions is found.
    ///
    /// # Errors
    /// There is one condition only, or a text is no pair, or stands for two.
    pub fn all(texts: &[String], table: &SampleTable) -> Result<Vec<Self>, ExperimentError> {
        let conditions = table.conditions();
        let (first, others) = conditions.split_first().ok_or(ExperimentError::NoSamples {
            path: table.path.clone(),
        })?;
        if others.is_empty() {
            return Err(ExperimentError::OneCondition {
                path: table.path.clone(),
                condition: first.clone(),
            });
        }
        if texts.is_empty() {
            let against = |other: &String| Self {
                conditions: [other.clone(), first.clone()],
            };
            return Ok(others.iter().map(against).collect());
        }
        let pair = |text: &String| {
            let pairs = text
                .match_indices('-')
                .map(|(at, _)| (&text[..at], &text[at + 1..]));
            let known = |name: &str| conditions.iter().any(|condition| condition == name);
            let mut pairs = pairs.filter(|(a, b)| known(a) && known(b) && a != b);
            match (pairs.next(), pairs.next()) {
                (Some((a, b)), None) => Ok(Self {
                    conditions: [a.into(), b.into()],
                }),
                _ => Err(ExperimentError::Contrast {
                    contrast: text.clone(),
                    conditions: conditions.clone(),
                }),
            }
        };
        texts.iter().map(pair).collect()
    }
}

/// A contrast of every ion.
#[derive(Debug, Clone)]
pub struct Contrasted {
    /// The contrast.
    pub contrast: Contrast,
    /// Units of each of the two conditions, after sections of one replicate became one.
    pub n_units: [usize; 2],
    /// The ions, in the order of the matrix.
    pub ions: Vec<ContrastedIon>,
    /// What variances of ions are like; of the moderated test.
    pub prior: Option<VariancePrior>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// An ion compared between two conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContrastedIon {
    /// The test of base-2 logarithms: its difference is the log2 fold change.
    pub test: GroupDifference,
    /// Benjamini–Hochberg q over the ions of the contrast.
    pub q: Option<f64>,
    /// Mean of the logarithms in each of the two conditions.
    pub means: [f64; 2],
    /// Units of each in which the ion was measured.
    pub n: [usize; 2],
}

impl Contrasted {
    /// Numbers of the ions with q up to a level, more first and then less.
    pub fn claimed(&self, q: f64) -> [Vec<usize>; 2] {
        let of_sign = |is_more: bool| {
            let is_claimed = |ion: &ContrastedIon| {
                ion.q.is_some_and(|found| found <= q) && (ion.test.difference > 0.0) == is_more
            };
            let ions = self.ions.iter().enumerate();
            ions.filter(|(_, ion)| is_claimed(ion))
                .map(|(n, _)| n)
                .collect()
        };
        [of_sign(true), of_sign(false)]
    }

    /// Numbers of the ions that were tested, by p and then by the size of the difference.
    pub fn by_p(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.ions.len())
            .filter(|&ion| !self.ions[ion].test.difference.is_nan())
            .collect();
        let key = |ion: usize| {
            let test = &self.ions[ion].test;
            (test.p.unwrap_or(1.0), -test.difference.abs())
        };
        order.sort_by(|&a, &b| {
            let (a_key, b_key) = (key(a), key(b));
            a_key
                .0
                .total_cmp(&b_key.0)
                .then(a_key.1.total_cmp(&b_key.1))
                .then(a.cmp(&b))
        });
        order
    }
}

/// What is compared: an animal, patient or culture under a condition. Its sections, regions and
/// repeated measurements tell nothing of how animals differ, so their logarithms are averaged.
#[derive(Debug, Clone)]
pub struct Units {
    condition: Vec<String>,
    block: Vec<String>,
    /// `n_units × n_ions`, NaN where no sample of the unit has a value.
    logs: Array2<f64>,
    n_samples: usize,
}

impl Units {
    /// Averages samples of the same condition, replicate and block.
    ///
    /// # Errors
    /// The table has no column of blocks of that name, or a sample has no value in it.
    pub fn new(
        table: &SampleTable,
        matrix: &SampleMatrix,
        block: Option<&str>,
    ) -> Result<Self, ExperimentError> {
        let logs = matrix.log2();
        let mut keys: Vec<(String, String, String)> = Vec::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (number, sample) in table.samples.iter().enumerate() {
            let of_block = block
                .map(|name| block_of(table, sample, name))
                .transpose()?;
            let key = (
                sample.condition.clone(),
                sample.replicate.clone(),
                of_block.unwrap_or_default(),
            );
            if let Some(unit) = keys.iter().position(|known| *known == key) {
                members[unit].push(number);
            } else {
                keys.push(key);
                members.push(vec![number]);
            }
        }
        let average = |(unit, ion): (usize, usize)| {
            let values = members[unit].iter().map(|&sample| logs[[sample, ion]]);
            let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
            mean(&values)
        };
        Ok(Self {
            logs: Array2::from_shape_fn((keys.len(), logs.ncols()), average),
            condition: keys.iter().map(|key| key.0.clone()).collect(),
            block: keys.into_iter().map(|key| key.2).collect(),
            n_samples: table.samples.len(),
        })
    }

    /// Units that are there.
    pub fn n_units(&self) -> usize {
        self.condition.len()
    }

    fn of(&self, condition: &str) -> Vec<usize> {
        let all = 0..self.n_units();
        all.filter(|&unit| self.condition[unit] == condition)
            .collect()
    }

    /// Tests a contrast.
    ///
    /// # Errors
    /// A block cannot be told from the conditions.
    pub fn compare(
        &self,
        contrast: &Contrast,
        options: &ExperimentOptions,
    ) -> Result<Contrasted, ExperimentError> {
        let groups = [0, 1].map(|side| self.of(&contrast.conditions[side]));
        let n_units = [groups[0].len(), groups[1].len()];
        let mut notes = Vec::new();
        if self.n_units() < self.n_samples {
            notes.push(format!(
                "{} samples are of {} replicates: those of one replicate are averaged, since they do \
                 not tell how replicates differ",
                self.n_samples,
                self.n_units()
            ));
        }
        let values = |ion: usize, side: usize| -> Vec<f64> {
            let all = groups[side].iter().map(|&unit| self.logs[[unit, ion]]);
            all.filter(|value| !value.is_nan()).collect()
        };
        let n_ions = self.logs.ncols();
        let single = [0, 1].into_iter().find(|&side| n_units[side] < 2);
        let (tests, prior) = match (options.test, single) {
            (_, Some(side)) => {
                notes.push(format!(
                    "{}: `{}` has one replicate, from which no variation can be told: fold changes \
                     have no p",
                    contrast.name(),
                    contrast.conditions[side]
                ));
                let untested = |ion: usize| {
                    GroupDifference::untested(mean(&values(ion, 0)) - mean(&values(ion, 1)))
                };
                ((0..n_ions).map(untested).collect(), None)
            }
            (TestKind::Moderated, None) => {
                let block = options.block.as_deref();
                self.moderated(contrast, block, &mut notes)?
            }
            (TestKind::Welch, None) => {
                let test = |ion| welch(&values(ion, 0), &values(ion, 1));
                ((0..n_ions).map(test).collect(), None)
            }
            (TestKind::Wilcoxon, None) => {
                let test = |ion| rank_sum(&values(ion, 0), &values(ion, 1));
                ((0..n_ions).map(test).collect(), None)
            }
        };
        let p: Vec<Option<f64>> = tests.iter().map(|test: &GroupDifference| test.p).collect();
        let q = benjamini_hochberg(&p);
        let ions = tests
            .into_iter()
            .zip(q)
            .enumerate()
            .map(|(ion, (test, q))| {
                let values = [values(ion, 0), values(ion, 1)];
                ContrastedIon {
                    test,
                    q,
                    means: [mean(&values[0]), mean(&values[1])],
                    n: [values[0].len(), values[1].len()],
                }
            });
        Ok(Contrasted {
            contrast: contrast.clone(),
            n_units,
            ions: ions.collect(),
            prior,
            notes,
        })
    }

    /// Conditions, then blocks but the first: `n_units × n_columns`; and the number of conditions.
    fn design(&self) -> (Array2<f64>, Vec<String>) {
        let distinct = |names: &[String]| {
            let mut seen: Vec<String> = Vec::new();
            for name in names {
                if !seen.contains(name) {
                    seen.push(name.clone());
                }
            }
            seen
        };
        let conditions = distinct(&self.condition);
        let blocks = distinct(&self.block);
        let n_columns = conditions.len() + blocks.len().saturating_sub(1);
        let at = |(unit, column): (usize, usize)| {
            let is_in = match column.checked_sub(conditions.len()) {
                None => self.condition[unit] == conditions[column],
                Some(block) => self.block[unit] == blocks[block + 1],
            };
            f64::from(u8::from(is_in))
        };
        let design = Array2::from_shape_fn((self.n_units(), n_columns), at);
        (design, conditions)
    }

    fn moderated(
        &self,
        contrast: &Contrast,
        block: Option<&str>,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<GroupDifference>, Option<VariancePrior>), ExperimentError> {
        let (columns, conditions) = self.design();
        let weight = |column: usize| match conditions.get(column) {
            Some(name) if *name == contrast.conditions[0] => 1.0,
            Some(name) if *name == contrast.conditions[1] => -1.0,
            _ => 0.0,
        };
        let weights: Vec<f64> = (0..columns.ncols()).map(weight).collect();
        let whole = Design::new(&columns);
        if !whole.is_estimable(&weights) {
            return Err(ExperimentError::BlockIsCondition {
                block: block.unwrap_or_default().into(),
                contrast: contrast.name(),
            });
        }
        if whole.df() == 0 {
            notes.push(format!(
                "{}: conditions and blocks explain every sample, so that no variation is left: fold \
                 changes have no p",
                contrast.name()
            ));
        }
        // An ion that is missing in some samples has a model of the others.
        let of_ion = |ion: usize| -> (Fit, Option<f64>) {
            let logs = self.logs.column(ion);
            let known: Vec<usize> = (0..logs.len())
                .filter(|&unit| !logs[unit].is_nan())
                .collect();
            if known.len() == logs.len() {
                return (whole.fit(&logs), Some(whole.unscaled_error(&weights)));
            }
            let design = Design::new(&columns.select(Axis(0), &known));
            let values: Array1<f64> = known.iter().map(|&unit| logs[unit]).collect();
            let has = |side: usize| {
                known
                    .iter()
                    .any(|&unit| self.condition[unit] == contrast.conditions[side])
            };
            let can = has(0) && has(1) && design.is_estimable(&weights);
            let error = can.then(|| design.unscaled_error(&weights));
            (design.fit(&values.view()), error)
        };
        let fits: Vec<(Fit, Option<f64>)> =
            (0..self.logs.ncols()).into_par_iter().map(of_ion).collect();
        let prior = VariancePrior::learn(fits.iter().map(|(fit, _)| (fit.variance, fit.df)));
        let pooled: f64 = fits.iter().map(|(fit, _)| fit.df as f64).sum();
        let test = |(fit, error): &(Fit, Option<f64>)| match (error, prior) {
            (Some(error), Some(prior)) => prior.compare(fit, &weights, *error, pooled),
            (Some(_), None) => {
                let products = fit.coefficients.iter().zip(&weights).map(|(c, w)| c * w);
                GroupDifference::untested(products.sum())
            }
            (None, _) => GroupDifference::untested(f64::NAN),
        };
        Ok((fits.iter().map(test).collect(), prior))
    }
}

fn block_of(table: &SampleTable, sample: &Sample, name: &str) -> Result<String, ExperimentError> {
    let text = if name == "replicate" {
        &sample.replicate
    } else {
        sample
            .columns
            .get(name)
            .ok_or_else(|| ExperimentError::Column {
                path: table.path.clone(),
                column: name.into(),
                found: table.columns.clone(),
            })?
    };
    if text.is_empty() {
        return Err(ExperimentError::Line {
            path: table.path.clone(),
            line: sample.line,
            reason: format!("{name} is empty, and --block {name} needs it"),
        });
    }
    Ok(text.clone())
}
