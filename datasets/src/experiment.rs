//! Simulated experiments: samples of donors and batches under conditions, of which some molecules
//! have more and some less.
//!
//! The base-2 logarithm of a molecule's level in a sample is
//!
//! ```text
//! level + effect(condition) + N(0, donor) + N(0, batch) + N(0, residual)
//! ```
//!
//! with one draw a molecule for each donor, batch and sample. Every draw is a function of the seed
//! and of what it is for.

use crate::simulate::random::{Purpose, generator, normal};

/// Molecules that random numbers of donors, batches and samples are told apart by, at most.
const MAX_MOLECULES: u64 = 1 << 28;

/// Samples that have more or less of some molecules.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentConfig {
    /// Conditions; the effects are those of all but the first.
    pub conditions: Vec<String>,
    /// Samples of each condition.
    pub n_replicates: usize,
    /// Whether a donor gives a sample for each condition; else each sample has a donor of its own.
    pub is_paired: bool,
    /// Batches in which samples are measured.
    pub n_batches: usize,
    /// Whether all samples of a condition but one are in one batch, so that batches differ by
    /// condition; else each batch has as many of each.
    pub is_skewed: bool,
    /// Standard deviation between donors, in base-2 logarithms.
    pub donor_sigma: f64,
    /// Standard deviation between batches, in base-2 logarithms.
    pub batch_sigma: f64,
    /// Standard deviation between samples of a donor and batch, in base-2 logarithms.
    pub residual_sigma: f64,
    /// Log2 fold change of molecules of a name or class, against the first condition.
    pub effects: Vec<(String, f64)>,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl Default for ExperimentConfig {
    /// Four against four in two batches, each with as many of both.
    fn default() -> Self {
        Self {
            conditions: vec!["control".into(), "treated".into()],
            n_replicates: 4,
            is_paired: false,
            n_batches: 2,
            is_skewed: false,
            donor_sigma: 0.3,
            batch_sigma: 0.3,
            residual_sigma: 0.2,
            effects: vec![
                ("Phosphatidylcholine".into(), 1.0),
                ("Phosphatidylethanolamine".into(), -1.0),
            ],
            seed: 1,
        }
    }
}

/// A sample that is to be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSample {
    /// Condition and number: `treated-2`.
    pub name: String,
    /// Number of its condition.
    pub condition: usize,
    /// Number of its donor.
    pub donor: usize,
    /// Number of its batch.
    pub batch: usize,
}

/// Why an experiment cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExperimentConfigError {
    /// Fewer than two conditions, or one twice.
    #[error("an experiment needs two or more conditions, each once, not {}", .0.join(", "))]
    Conditions(Vec<String>),
    /// A number that must be above 0.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// A standard deviation or effect that is none.
    #[error("{0} must be a finite number, and a standard deviation at least 0")]
    NotFinite(String),
}

impl ExperimentConfig {
    /// The samples, by condition.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn plan(&self) -> Result<Vec<PlannedSample>, ExperimentConfigError> {
        self.check()?;
        let mut samples = Vec::new();
        for (condition, name) in self.conditions.iter().enumerate() {
            for number in 0..self.n_replicates {
                let own = condition * self.n_replicates + number;
                let is_other = self.is_skewed && number + 1 == self.n_replicates;
                let batch = if self.is_skewed {
                    condition + usize::from(is_other)
                } else {
                    number
                };
                samples.push(PlannedSample {
                    name: format!("{name}-{}", number + 1),
                    condition,
                    donor: if self.is_paired { number } else { own },
                    batch: batch % self.n_batches,
                });
            }
        }
        Ok(samples)
    }

    fn check(&self) -> Result<(), ExperimentConfigError> {
        let mut distinct = self.conditions.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 2 || distinct.len() < self.conditions.len() {
            return Err(ExperimentConfigError::Conditions(self.conditions.clone()));
        }
        for (name, n) in [
            ("replicates", self.n_replicates),
            ("batches", self.n_batches),
        ] {
            if n == 0 {
                return Err(ExperimentConfigError::Zero(name));
            }
        }
        let deviations = [
            ("donor", self.donor_sigma),
            ("batch", self.batch_sigma),
            ("residual", self.residual_sigma),
        ];
        let is_wrong = |(_, sigma): &&(&str, f64)| !sigma.is_finite() || *sigma < 0.0;
        if let Some((name, _)) = deviations.iter().find(is_wrong) {
            return Err(ExperimentConfigError::NotFinite((*name).into()));
        }
        match self.effects.iter().find(|(_, fold)| !fold.is_finite()) {
            Some((name, _)) => Err(ExperimentConfigError::NotFinite(name.clone())),
            None => Ok(()),
        }
    }

    /// Log2 fold change of a molecule under a condition, against the first: the sum of the effects
    /// on its name and on its class.
    pub fn effect(&self, name: &str, class: &str, condition: usize) -> f64 {
        if condition == 0 {
            return 0.0;
        }
        let of = self
            .effects
            .iter()
            .filter(|(of, _)| of == name || of == class);
        of.fold(0.0, |sum, (_, fold)| sum + fold)
    }

    /// What is added to the base-2 logarithm of a molecule's level by donor, batch and sample.
    pub fn scatter(&self, sample: &PlannedSample, number: usize, molecule: usize) -> f64 {
        let draw = |purpose: Purpose, of: usize| {
            let id = of as u64 * MAX_MOLECULES + molecule as u64;
            normal(&mut generator(self.seed, purpose, id))
        };
        self.donor_sigma * draw(Purpose::Donor, sample.donor)
            + self.batch_sigma * draw(Purpose::Batch, sample.batch)
            + self.residual_sigma * draw(Purpose::Residual, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_balanced_or_skewed() {
        let batches = |config: &ExperimentConfig| -> Vec<usize> {
            let plan = config.plan().unwrap();
            plan.iter().map(|sample| sample.batch).collect()
        };
        let balanced = ExperimentConfig::default();
        assert_eq!(batches(&balanced), [0, 1, 0, 1, 0, 1, 0, 1]);
        let skewed = ExperimentConfig {
            is_skewed: true,
            ..balanced.clone()
        };
        assert_eq!(batches(&skewed), [0, 0, 0, 1, 1, 1, 1, 0]);
        let paired = ExperimentConfig {
            is_paired: true,
            ..balanced.clone()
        };
        let donors: Vec<usize> = paired.plan().unwrap().iter().map(|s| s.donor).collect();
        assert_eq!(donors, [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(paired.plan().unwrap()[5].name, "treated-2");
        let alone = ExperimentConfig {
            conditions: vec!["x".into(), "x".into()],
            ..balanced
        };
        assert!(alone.plan().is_err());
    }

    #[test]
    fn effects_are_of_names_and_of_classes() {
        let config = ExperimentConfig {
            effects: vec![("Sugar".into(), 1.0), ("Glucose".into(), 0.5)],
            ..ExperimentConfig::default()
        };
        assert!((config.effect("Glucose", "Sugar", 1) - 1.5).abs() < 1e-12);
        assert!(config.effect("Glucose", "Sugar", 0).abs() < 1e-12);
        assert!(config.effect("Alanine", "Amino acid", 1).abs() < 1e-12);
    }

    #[test]
    fn samples_of_a_donor_share_what_is_the_donors() {
        let config = ExperimentConfig {
            is_paired: true,
            batch_sigma: 0.0,
            residual_sigma: 0.0,
            ..ExperimentConfig::default()
        };
        let plan = config.plan().unwrap();
        let of = |sample: usize| config.scatter(&plan[sample], sample, 7);
        assert!((of(0) - of(4)).abs() < 1e-12);
        assert!((of(0) - of(1)).abs() > 1e-3);
    }
}
