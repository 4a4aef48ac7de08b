//! What a model sees of an ion: features, found by the names that METASPACE gives them.

use crate::config::MzErrorFeature;
use crate::fdr::fdr_of_metric;
use crate::scoring::ranking::{IonMetrics, Ranking};

/// A metric of an ion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metric {
    Chaos,
    Spatial,
    Spectral,
    Msm,
    MzErrAbs,
    MzErrRel,
}

/// Every metric with its name.
const METRICS: [(&str, Metric); 6] = [
    ("chaos", Metric::Chaos),
    ("spatial", Metric::Spatial),
    ("spectral", Metric::Spectral),
    ("msm", Metric::Msm),
    ("mz_err_abs", Metric::MzErrAbs),
    ("mz_err_rel", Metric::MzErrRel),
];

impl Metric {
    fn of(self, ion: &IonMetrics) -> f64 {
        match self {
            Self::Chaos => ion.chaos,
            Self::Spatial => ion.spatial,
            Self::Spectral => ion.spectral,
            Self::Msm => ion.msm,
            Self::MzErrAbs => ion.mz_err_abs,
            Self::MzErrRel => ion.mz_err_rel,
        }
    }

    /// The metric so that more is better.
    fn merit(self, ion: &IonMetrics) -> f64 {
        match self {
            Self::MzErrAbs | Self::MzErrRel => -self.of(ion).abs(),
            _ => self.of(ion),
        }
    }
}

/// What is made of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Itself.
    Plain,
    /// Minus its size, or 1 − its size: [`MzErrorFeature`].
    AbsErr,
    /// FDR of the ion if the ranking were by the metric alone.
    Fdr,
}

/// Suffixes of names, and what they make of a metric.
const FORMS: [(&str, Form); 3] = [
    ("_abserr", Form::AbsErr),
    ("_fdr", Form::Fdr),
    ("", Form::Plain),
];

/// A feature: a metric, or something made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    metric: Metric,
    form: Form,
}

impl Feature {
    /// The feature of a name such as `chaos`, `mz_err_abs_abserr` or `msm_fdr`; nothing if there is
    /// none of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (suffix, form) = FORMS
            .into_iter()
            .find(|(suffix, _)| name.ends_with(suffix))?;
        let base = name.strip_suffix(suffix)?;
        let &(_, metric) = METRICS.iter().find(|(name, _)| *name == base)?;
        Some(Self { metric, form })
    }

    /// Its name.
    pub fn name(self) -> String {
        let metric = METRICS.iter().find(|(_, metric)| *metric == self.metric);
        let form = FORMS.iter().find(|(_, form)| *form == self.form);
        [
            metric.map_or("", |found| found.0),
            form.map_or("", |found| found.0),
        ]
        .concat()
    }

    /// Names of all features, for a message.
    pub fn all_names() -> String {
        let names = METRICS.map(|(name, _)| name).join(", ");
        format!("{names}, and each of them with _abserr or _fdr")
    }

    /// Its value for the targets, then the decoys of a ranking, in `f32` as models compare it.
    ///
    /// Metrics as they are; `_abserr` −|x|, or 1 − |x| as models were trained; `_fdr`
    /// D(x) / n / T(x) with T and D the targets and decoys that are as good, made monotone.
    ///
    /// # Source
    /// METASPACE-ML, Wadie et al. 2024, doi:10.1038/s41467-024-52213-9.
    pub fn values(self, ranking: &Ranking<'_>) -> Vec<f32> {
        let metric = self.metric;
        match self.form {
            Form::Plain => ranking.ions().map(|ion| single(metric.of(ion))).collect(),
            Form::AbsErr => {
                let best = match ranking.mz_error {
                    MzErrorFeature::Served => 0.0,
                    MzErrorFeature::Trained => 1.0,
                };
                ranking
                    .ions()
                    .map(|ion| single(best - metric.of(ion).abs()))
                    .collect()
            }
            Form::Fdr => {
                let merits = |ions: &[IonMetrics]| -> Vec<f64> {
                    ions.iter().map(|ion| metric.merit(ion)).collect()
                };
                let (targets, decoys) = (merits(ranking.targets), merits(ranking.decoys));
                let fdrs = fdr_of_metric(&targets, &decoys, ranking.decoys_per_target);
                fdrs.into_iter().map(single).collect()
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "models compare in f32")]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ion(chaos: f64, mz_err_abs: f64) -> IonMetrics {
        IonMetrics {
            chaos,
            mz_err_abs,
            msm: 1.0,
            ..IonMetrics::default()
        }
    }

    fn values(name: &str, mz_error: MzErrorFeature) -> Vec<f32> {
        let targets = [ion(0.75, 0.25), ion(0.5, -0.5)];
        let decoys = [ion(0.5, 0.5), ion(0.875, -0.125)];
        let ranking = Ranking {
            targets: &targets,
            decoys: &decoys,
            decoys_per_target: 2.0,
            mz_error,
        };
        Feature::named(name).unwrap().values(&ranking)
    }

    #[test]
    fn names_are_those_of_metaspace() {
        for name in [
            "chaos",
            "msm_fdr",
            "mz_err_abs",
            "mz_err_abs_abserr",
            "mz_err_rel_fdr",
        ] {
            assert_eq!(Feature::named(name).unwrap().name(), name);
        }
        for name in [
            "",
            "Chaos",
            "chaos_",
            "_fdr",
            "mz_err_abs_abs",
            "chaos_fdr_fdr",
        ] {
            assert_eq!(Feature::named(name), None, "{name}");
        }
    }

    #[test]
    fn errors_are_served_negative_and_trained_from_1() {
        assert_eq!(
            values("mz_err_abs_abserr", MzErrorFeature::Served),
            [-0.25, -0.5, -0.5, -0.125]
        );
        assert_eq!(
            values("mz_err_abs_abserr", MzErrorFeature::Trained),
            [0.75, 0.5, 0.5, 0.875]
        );
        assert_eq!(
            values("mz_err_abs", MzErrorFeature::Trained),
            [0.25, -0.5, 0.5, -0.125]
        );
    }

    #[test]
    fn fdr_of_a_metric_ranks_by_it_alone() {
        // From the best: a decoy alone, 1; then 1/2/1 and 2/2/2, where equal ones share.
        let expected = [0.5, 0.5, 0.5, 0.5];
        assert_eq!(values("chaos_fdr", MzErrorFeature::Served), expected);
        assert_eq!(values("mz_err_abs_fdr", MzErrorFeature::Trained), expected);
    }
}
