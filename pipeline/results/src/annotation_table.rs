//! `annotations.parquet`, held to be filtered, sorted and paged.

use std::cmp::Ordering;
use std::path::Path;
use std::str::FromStr;

use datasets::lipid_name::LipidName;

use crate::error::ResultsError;
use crate::stored::{StoredAnnotation, read_annotations};

/// What annotations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The order of the file: by table, then from the best.
    Rank,
    /// Name of the ion.
    Ion,
    /// Adduct.
    Adduct,
    /// Molecule table.
    Database,
    /// m/z.
    Mz,
    /// Metabolite-signal match.
    Msm,
    /// Score.
    Score,
    /// False discovery rate.
    Fdr,
    /// m/z error in ppm.
    MzErrPpm,
    /// Pixels with signal.
    NPixels,
    /// Largest intensity.
    MaxIntensity,
    /// Sum of intensities.
    TotalIntensity,
}

impl SortKey {
    /// All of them, by name.
    pub const ALL: [(&str, Self); 12] = [
        ("rank", Self::Rank),
        ("ion", Self::Ion),
        ("adduct", Self::Adduct),
        ("database", Self::Database),
        ("mz", Self::Mz),
        ("msm", Self::Msm),
        ("score", Self::Score),
        ("fdr", Self::Fdr),
        ("mzErrPpm", Self::MzErrPpm),
        ("nPixels", Self::NPixels),
        ("maxIntensity", Self::MaxIntensity),
        ("totalIntensity", Self::TotalIntensity),
    ];

    fn compare(self, a: &StoredAnnotation, b: &StoredAnnotation) -> Ordering {
        match self {
            Self::Rank => Ordering::Equal,
            Self::Ion => a.ion.cmp(&b.ion),
            Self::Adduct => a.adduct.cmp(&b.adduct),
            Self::Database => a.database.cmp(&b.database),
            Self::Mz => a.mz.total_cmp(&b.mz),
            Self::Msm => a.msm.total_cmp(&b.msm),
            Self::Score => a.score.total_cmp(&b.score),
            Self::Fdr => a.fdr.total_cmp(&b.fdr),
            Self::MzErrPpm => a.mz_err_ppm.total_cmp(&b.mz_err_ppm),
            Self::NPixels => a.n_pixels.cmp(&b.n_pixels),
            Self::MaxIntensity => a.max_intensity.total_cmp(&b.max_intensity),
            Self::TotalIntensity => a.total_intensity.total_cmp(&b.total_intensity),
        }
    }
}

/// A column, and whether the largest comes first: `mz`, `-msm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortOrder {
    /// The column.
    pub key: SortKey,
    /// Whether the largest comes first.
    pub is_descending: bool,
}

impl FromStr for SortOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, is_descending) = text
            .strip_prefix('-')
            .map_or((text, false), |name| (name, true));
        let key = SortKey::ALL.iter().find(|(known, _)| *known == name);
        let key = key.map(|(_, key)| *key).ok_or_else(|| {
            let known = SortKey::ALL.map(|(name, _)| name).join(", ");
            format!("annotations are sorted by one of {known}, with `-` before it from the largest")
        })?;
        Ok(Self { key, is_descending })
    }
}

/// Which annotations are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnnotationFilter {
    /// Highest FDR.
    pub fdr: Option<f64>,
    /// Text that the ion, its adduct, or the name or identifier of a molecule contains; or a lipid in
    /// any usual spelling.
    pub text: Option<String>,
    /// The adduct.
    pub adduct: Option<String>,
    /// The molecule table.
    pub database: Option<String>,
    /// Class of one of its molecules.
    pub class: Option<String>,
    /// Lowest m/z.
    pub mz_min: Option<f64>,
    /// Highest m/z.
    pub mz_max: Option<f64>,
    /// Lowest metabolite-signal match.
    pub msm_min: Option<f64>,
    /// Only what lies on the tissue rather than off it, and is no ion of the matrix.
    pub is_on_sample: bool,
}

impl AnnotationFilter {
    /// Whether an annotation is wanted; `text` is that of the filter in small letters, and `lipid` what
    /// it names.
    fn takes(&self, row: &StoredAnnotation, text: Option<&str>, lipid: Option<&LipidName>) -> bool {
        let is_lipid = |name: &String| lipid.is_some() && LipidName::parse(name).as_ref() == lipid;
        let has = |value: &str| text.is_none_or(|text| value.to_lowercase().contains(text));
        self.fdr.is_none_or(|fdr| row.fdr <= fdr)
            && self.mz_min.is_none_or(|mz| row.mz >= mz)
            && self.mz_max.is_none_or(|mz| row.mz <= mz)
            && self.msm_min.is_none_or(|msm| row.msm >= msm)
            && (!self.is_on_sample || row.is_on_sample())
            && self
                .adduct
                .as_ref()
                .is_none_or(|adduct| row.adduct == *adduct)
            && self
                .database
                .as_ref()
                .is_none_or(|database| row.database == *database)
            && self
                .class
                .as_ref()
                .is_none_or(|class| row.molecule_classes.contains(class))
            && (has(&row.ion)
                || has(&row.ion_formula)
                || row.molecule_names.iter().any(|name| has(name))
                || row.molecule_ids.iter().any(|id| has(id))
                || row.molecule_names.iter().any(is_lipid))
    }
}

/// The annotations of a results folder in memory.
#[derive(Debug)]
pub struct AnnotationTable {
    /// The rows, in the order of the file.
    pub rows: Vec<StoredAnnotation>,
}

impl AnnotationTable {
    /// Reads the table of a results folder.
    ///
    /// # Errors
    /// It cannot be read or lacks a column.
    pub fn read(folder: &Path) -> Result<Self, ResultsError> {
        Ok(Self {
            rows: read_annotations(folder)?,
        })
    }

    /// Places of the wanted rows in the wanted order; equal ones stay in the order of the file.
    pub fn select(&self, filter: &AnnotationFilter, order: SortOrder) -> Vec<usize> {
        let text = filter.text.as_ref().map(|text| text.trim().to_lowercase());
        let lipid = text.as_deref().and_then(LipidName::parse);
        let takes =
            |place: &usize| filter.takes(&self.rows[*place], text.as_deref(), lipid.as_ref());
        let mut places: Vec<usize> = (0..self.rows.len()).filter(takes).collect();
        places.sort_by(|&a, &b| {
            let ordering = match order.key {
                SortKey::Rank => a.cmp(&b),
                key => key.compare(&self.rows[a], &self.rows[b]),
            };
            let ordering = if order.is_descending {
                ordering.reverse()
            } else {
                ordering
            };
            ordering.then(a.cmp(&b))
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(ion: &str, mz: f64, fdr: f64) -> StoredAnnotation {
        StoredAnnotation {
            database: "core".into(),
            formula: ion.into(),
            adduct: "+H".into(),
            ion: format!("{ion}+H+"),
            ion_formula: ion.into(),
            mz,
            msm: 1.0 - fdr,
            score: 1.0 - fdr,
            fdr,
            rho_spatial: 1.0,
            rho_spectral: 1.0,
            rho_chaos: 1.0,
            mz_err_ppm: 0.0,
            n_pixels: 1,
            max_intensity: 1.0,
            total_intensity: 1.0,
            molecule_names: vec![format!("Name of {ion}")],
            molecule_ids: vec![],
            molecule_classes: vec![ion.into()],
            isomers: vec![],
            isobars: vec![],
            is_entrapment: false,
            pep: 0.0,
            off_sample: None,
            matrix_ion: None,
            isotope_mz: vec![mz],
            isotope_intensity: vec![100.0],
            isotope_total_intensity: vec![1.0],
            isotope_mz_mean: vec![mz],
        }
    }

    fn chosen(filter: &AnnotationFilter, order: &str) -> Vec<usize> {
        let rows = vec![
            record("B", 300.0, 0.05),
            record("A", 100.0, 0.05),
            record("C", 200.0, 0.2),
        ];
        AnnotationTable { rows }.select(filter, order.parse().unwrap())
    }

    #[test]
    fn rows_are_filtered_and_sorted() {
        let all = AnnotationFilter::default();
        assert_eq!(chosen(&all, "rank"), [0, 1, 2]);
        assert_eq!(chosen(&all, "-rank"), [2, 1, 0]);
        assert_eq!(chosen(&all, "mz"), [1, 2, 0]);
        assert_eq!(chosen(&all, "-ion"), [2, 0, 1]);
        // Equal ones stay in the order of the file, whichever way.
        assert_eq!(chosen(&all, "fdr"), [0, 1, 2]);
        assert_eq!(chosen(&all, "-fdr"), [2, 0, 1]);
        let few = AnnotationFilter {
            fdr: Some(0.1),
            ..AnnotationFilter::default()
        };
        assert_eq!(chosen(&few, "mz"), [1, 0]);
        let named = AnnotationFilter {
            text: Some(" name OF c".into()),
            ..all.clone()
        };
        assert_eq!(chosen(&named, "rank"), [2]);
        let class = AnnotationFilter {
            class: Some("B".into()),
            ..all.clone()
        };
        assert_eq!(chosen(&class, "rank"), [0]);
        let range = AnnotationFilter {
            mz_min: Some(150.0),
            mz_max: Some(250.0),
            ..all
        };
        assert_eq!(chosen(&range, "rank"), [2]);
    }

    #[test]
    fn what_is_off_the_sample_can_be_left_out() {
        let mut rows: Vec<StoredAnnotation> = (0..4).map(|_| record("A", 100.0, 0.05)).collect();
        rows[1].off_sample = Some(0.6);
        rows[2].off_sample = Some(0.4);
        rows[3].matrix_ion = Some("[M+H]+".into());
        let filter = AnnotationFilter {
            is_on_sample: true,
            ..AnnotationFilter::default()
        };
        let order = "rank".parse().unwrap();
        assert_eq!(AnnotationTable { rows }.select(&filter, order), [0, 2]);
    }

    #[test]
    fn an_unknown_column_is_refused() {
        assert!(
            "-size"
                .parse::<SortOrder>()
                .unwrap_err()
                .contains("maxIntensity")
        );
    }
}
