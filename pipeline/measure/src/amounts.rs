//! How much of each ion is in each region.

use serde::{Deserialize, Serialize};

/// From what an ion was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeasuredFrom {
    /// From the images of the results.
    Images,
    /// From the peaks that the run kept.
    Peaks,
    /// From the dataset itself.
    Dataset,
    /// It was not: nothing is known of it.
    Missing,
}

impl MeasuredFrom {
    /// The word of tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Peaks => "peaks",
            Self::Dataset => "dataset",
            Self::Missing => "missing",
        }
    }
}

/// An ion over the pixels of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    /// Mean intensity over all pixels; pixels without a peak count as 0.
    pub mean: f64,
    /// Median over all pixels.
    pub median: f64,
    /// Share of the pixels that have a peak.
    pub share: f64,
    /// From what it was measured.
    pub origin: MeasuredFrom,
}

impl Amount {
    /// Of an ion that was not measured.
    pub const MISSING: Self = Self {
        mean: f64::NAN,
        median: f64::NAN,
        share: f64::NAN,
        origin: MeasuredFrom::Missing,
    };
}

/// What is known of a region besides its ions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RegionFacts {
    /// Its pixels that have a spectrum.
    pub n_pixels: usize,
    /// Mean over them of the total ion current.
    pub mean_tic: f64,
    /// Mean over them of the root mean square of a pixel's intensities.
    pub mean_rms: f64,
}

/// What a dataset gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DatasetAmounts {
    /// Name of the dataset.
    pub dataset: String,
    /// What is known of each region.
    pub facts: Vec<RegionFacts>,
    /// Amounts of each region, those of a region in the order of the ions.
    #[serde(with = "columns")]
    pub amounts: Vec<Vec<Amount>>,
    /// What the user should know, of ions that could not be measured.
    pub note: Option<String>,
}

/// Amounts as columns; what is missing, which JSON has no number for, is null.
mod columns {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::amounts::{Amount, MeasuredFrom};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Columns {
        mean: Vec<Option<f64>>,
        median: Vec<Option<f64>>,
        share: Vec<Option<f64>>,
        origin: Vec<MeasuredFrom>,
    }

    pub(super) fn serialize<S: Serializer>(
        amounts: &[Vec<Amount>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let number = |value: f64| (!value.is_nan()).then_some(value);
        let of_region = |amounts: &Vec<Amount>| Columns {
            mean: amounts.iter().map(|amount| number(amount.mean)).collect(),
            median: amounts.iter().map(|amount| number(amount.median)).collect(),
            share: amounts.iter().map(|amount| number(amount.share)).collect(),
            origin: amounts.iter().map(|amount| amount.origin).collect(),
        };
        let all: Vec<Columns> = amounts.iter().map(of_region).collect();
        all.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<Amount>>, D::Error> {
        let of_region = |columns: Columns| {
            let n = columns.origin.len();
            if [&columns.mean, &columns.median, &columns.share]
                .iter()
                .any(|column| column.len() != n)
            {
                return Err(D::Error::custom("columns of unequal lengths"));
            }
            let number = |column: &[Option<f64>], ion: usize| column[ion].unwrap_or(f64::NAN);
            let amount = |ion| Amount {
                mean: number(&columns.mean, ion),
                median: number(&columns.median, ion),
                share: number(&columns.share, ion),
                origin: columns.origin[ion],
            };
            Ok((0..n).map(amount).collect())
        };
        let all: Vec<Columns> = Vec::deserialize(deserializer)?;
        all.into_iter().map(of_region).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_back_to_the_bit() {
        let amount = |mean: f64| Amount {
            mean,
            median: mean / 3.0,
            share: 0.1,
            origin: MeasuredFrom::Peaks,
        };
        let given = DatasetAmounts {
            dataset: "brain".into(),
            facts: vec![RegionFacts {
                n_pixels: 7,
                mean_tic: 1e9 / 7.0,
                mean_rms: f64::MIN_POSITIVE,
            }],
            amounts: vec![vec![
                amount(1.0 / 3.0),
                Amount::MISSING,
                amount(1e300 / 7.0),
            ]],
            note: None,
        };
        let read: DatasetAmounts =
            serde_json::from_slice(&serde_json::to_vec(&given).unwrap()).unwrap();
        assert_eq!(read.facts, given.facts);
        let bits = |amounts: &DatasetAmounts| -> Vec<[u64; 3]> {
            let of = |amount: &Amount| [amount.mean, amount.median, amount.share].map(f64::to_bits);
            amounts.amounts[0].iter().map(of).collect()
        };
        assert_eq!(bits(&read), bits(&given));
        assert_eq!(read.amounts[0][1].origin, MeasuredFrom::Missing);
        let text = serde_json::to_string(&given).unwrap();
        let short = text.replace(r#""share":[0.1,null,0.1]"#, r#""share":[0.1]"#);
        assert_ne!(short, text);
        assert!(serde_json::from_str::<DatasetAmounts>(&short).is_err());
    }
}
