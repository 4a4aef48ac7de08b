//! Ions × samples: how much of each ion is in each sample.

pub use metaspace_measure::amounts::{Amount, MeasuredFrom};
use ndarray::Array2;

use crate::error::ExperimentError;
use crate::ions::MeasuredIon;
use crate::options::SampleNorm;
use metaspace_machine::error::OptionError;

/// What is known of a sample besides its ions.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleFacts {
    /// Name of the dataset.
    pub dataset: String,
    /// Pixels of the region that have a spectrum.
    pub n_pixels: usize,
    /// Mean over them of the total ion current.
    pub mean_tic: f64,
    /// Mean over them of the root mean square of a pixel's intensities.
    pub mean_rms: f64,
    /// Ions annotated in its dataset.
    pub n_annotated: usize,
}

/// Every ion in every sample, `n_samples × n_ions`.
#[derive(Debug, Clone)]
pub struct SampleMatrix {
    /// The ions, by m/z.
    pub ions: Vec<MeasuredIon>,
    /// The samples.
    pub samples: Vec<SampleFacts>,
    /// What was measured.
    pub amounts: Array2<Amount>,
    /// Whether the ion is annotated in the sample's dataset.
    pub is_annotated: Array2<bool>,
    /// By what intensities of each sample are divided; 1 before [`SampleMatrix::normalize`].
    pub factors: Vec<f64>,
}

impl SampleMatrix {
    /// Mean intensity of an ion in a sample after normalization; NaN where it is missing.
    pub fn value(&self, sample: usize, ion: usize) -> f64 {
        self.amounts[[sample, ion]].mean / self.factors[sample]
    }

    /// Finds the factor of each sample, such that their geometric mean is 1.
    ///
    /// By `tic` and `rms` it is the sample's mean of that; by `median` the median over the ions that
    /// have signal in every sample of their ratio to the ion's geometric mean over the samples
    /// (Anders and Huber 2010); by an ion its mean.
    ///
    /// # Errors
    /// The norm of a sample is 0 or not known, or no ion has signal in every sample.
    pub fn normalize(&mut self, by: &SampleNorm) -> Result<(), ExperimentError> {
        let n_samples = self.samples.len();
        let norms: Vec<f64> = match by {
            SampleNorm::None => vec![1.0; n_samples],
            SampleNorm::Tic => self.samples.iter().map(|s| s.mean_tic).collect(),
            SampleNorm::Rms => self.samples.iter().map(|s| s.mean_rms).collect(),
            SampleNorm::Median => self.median_ratios()?,
            SampleNorm::Ion(name) => {
                let wanted: String = name.split_whitespace().collect();
                let is_it = |ion: &MeasuredIon| {
                    ion.ion == wanted || ion.ion.trim_end_matches(['+', '-']) == wanted
                };
                let ion = self.ions.iter().position(is_it).ok_or_else(|| {
                    let reason = format!("no ion of the matrix is called `{wanted}`");
                    OptionError::new("--normalize", reason)
                })?;
                (0..n_samples)
                    .map(|s| self.amounts[[s, ion]].mean)
                    .collect()
            }
        };
        if let Some(sample) = norms.iter().position(|norm| norm.is_nan() || *norm <= 0.0) {
            let dataset = &self.samples[sample].dataset;
            let reason = format!("{by} of a sample of `{dataset}` is 0 or not known");
            return Err(OptionError::new("--normalize", reason).into());
        }
        let mean = norms.iter().map(|norm| norm.ln()).sum::<f64>() / n_samples.max(1) as f64;
        self.factors = norms.iter().map(|norm| norm / mean.exp()).collect();
        Ok(())
    }

    fn median_ratios(&self) -> Result<Vec<f64>, ExperimentError> {
        let n_samples = self.samples.len();
        let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); n_samples];
        for column in self.amounts.columns() {
            if column.iter().all(|amount| amount.mean > 0.0) {
                let logs = column.iter().map(|amount| amount.mean.ln());
                let mean = logs.sum::<f64>() / n_samples as f64;
                for (ratios, amount) in ratios.iter_mut().zip(column) {
                    ratios.push(amount.mean.ln() - mean);
                }
            }
        }
        if ratios.iter().any(Vec::is_empty) {
            let reason = "no ion has signal in every sample, which the median needs";
            return Err(OptionError::new("--normalize", reason).into());
        }
        Ok(ratios.iter_mut().map(|logs| median(logs).exp()).collect())
    }

    /// Base-2 logarithms of the normalized means, `n_samples × n_ions`.
    ///
    /// A mean of 0 has no logarithm: half of the ion's smallest mean above 0 stands for it. Missing
    /// values, and ions without signal in any sample, are NaN.
    pub fn log2(&self) -> Array2<f64> {
        let mut logs = Array2::from_shape_fn(self.amounts.dim(), |(s, i)| self.value(s, i));
        for mut column in logs.columns_mut() {
            let least = column
                .iter()
                .copied()
                .filter(|value| *value > 0.0)
                .fold(f64::INFINITY, f64::min);
            for value in &mut column {
                *value = if least.is_infinite() || value.is_nan() {
                    f64::NAN
                } else if *value > 0.0 {
                    value.log2()
                } else {
                    (least / 2.0).log2()
                };
            }
        }
        logs
    }
}

/// The median of numbers, which are put in order; NaN of none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => values[n / 2],
        _ => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "exact values")]

    use super::*;

    fn ion(name: &str) -> MeasuredIon {
        MeasuredIon {
            ion: name.into(),
            ion_formula: String::new(),
            formula: String::new(),
            adduct: String::new(),
            mz: 1.0,
            n_annotated: 1,
            fdr: 0.0,
            molecules: Vec::new(),
        }
    }

    fn matrix(means: &[[f64; 3]]) -> SampleMatrix {
        let facts = |sample: &[f64; 3]| SampleFacts {
            dataset: "x".into(),
            n_pixels: 1,
            mean_tic: sample[0],
            mean_rms: 0.0,
            n_annotated: 0,
        };
        let amount = |(s, i): (usize, usize)| {
            let mean = means[s][i];
            let origin = if mean.is_nan() {
                MeasuredFrom::Missing
            } else {
                MeasuredFrom::Images
            };
            Amount {
                mean,
                median: mean,
                share: 1.0,
                origin,
            }
        };
        SampleMatrix {
            ions: ["C+", "D+", "E+"].map(ion).into(),
            samples: means.iter().map(facts).collect(),
            amounts: Array2::from_shape_fn((means.len(), 3), amount),
            is_annotated: Array2::from_elem((means.len(), 3), true),
            factors: vec![1.0; means.len()],
        }
    }

    #[test]
    fn factors_have_a_geometric_mean_of_1() {
        let mut found = matrix(&[[1.0, 2.0, 8.0], [4.0, 8.0, 0.0]]);
        for by in [
            SampleNorm::Tic,
            SampleNorm::Median,
            SampleNorm::Ion("D".into()),
        ] {
            found.normalize(&by).unwrap();
            assert!((found.factors[0] - 0.5).abs() < 1e-12, "{by}");
            assert!((found.factors[1] - 2.0).abs() < 1e-12, "{by}");
        }
        for by in [
            SampleNorm::Rms,
            SampleNorm::Ion("E+".into()),
            SampleNorm::Ion("X".into()),
        ] {
            assert!(found.normalize(&by).is_err(), "{by}");
        }
    }

    #[test]
    fn zero_is_half_of_the_least_and_missing_stays_missing() {
        let logs = matrix(&[[2.0, 0.0, 0.0], [0.0, f64::NAN, 0.0], [8.0, 4.0, 0.0]]).log2();
        assert_eq!(logs.column(0).to_vec(), [1.0, 0.0, 3.0]);
        assert_eq!(logs[[0, 1]], 1.0);
        assert!(logs[[1, 1]].is_nan());
        assert!(logs.column(2).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn a_median_of_an_even_number_lies_between() {
        assert_eq!(median(&mut [4.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }
}
