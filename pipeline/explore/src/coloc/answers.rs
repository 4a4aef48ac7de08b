//! What is said of co-localization, by the command line and over HTTP alike.

use coloc::features::Features;
use coloc::markers::{Marker, markers};
use coloc::measures::Measure;
use coloc::rank::{Partner, PartnerLimits, id_order, partners};
use serde::Serialize;
use utoipa::ToSchema;

use crate::coloc::Colocated;
use crate::error::ExploreError;

/// What was compared, and how.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Name of the measure.
    pub measure: &'static str,
    /// FDR up to which ions were compared.
    pub fdr: f64,
    /// By what intensities were divided: `none`, `tic`, `rms`, `median`, `ion=ION` or `mz=MZ`.
    pub normalization: String,
    /// Number of ions.
    pub n_ions: usize,
    /// Width and height of the images before they were scaled down; nothing if they were not.
    pub scaled_from: Option<[u32; 2]>,
    /// Width and height after.
    pub scaled_to: Option<[u32; 2]>,
}

impl Comparison {
    /// What was compared of a results folder.
    pub fn new(found: &Colocated, measure: Measure, fdr: f64) -> Self {
        let sides = |(width, height): (u32, u32)| [width, height];
        Self {
            measure: measure.name(),
            fdr,
            normalization: found.by.to_string(),
            n_ions: found.ions.len(),
            scaled_from: found.shrinkage.map(|shrinkage| sides(shrinkage.from)),
            scaled_to: found.shrinkage.map(|shrinkage| sides(shrinkage.to)),
        }
    }
}

/// An ion that lies with another.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerRow {
    /// The ion.
    pub ion: String,
    /// Its score with the other.
    pub score: f64,
    /// Its lowest FDR.
    pub fdr: f64,
    /// Molecules it may be.
    pub molecule_names: Vec<String>,
}

/// The partners of an ion.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerList {
    /// What was compared.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// The ion.
    pub ion: String,
    /// Whether its image has signal above the background.
    pub has_signal: bool,
    /// Its partners, best first.
    pub partners: Vec<PartnerRow>,
}

/// The partners of one of the ions, by its place, of its scores with all.
pub fn partner_list(
    found: &Colocated,
    features: &Features,
    (ion, scores): (usize, &[f32]),
    fdr: f64,
    limits: PartnerLimits,
) -> PartnerList {
    let list = partners(ion, scores, &id_order(&found.images), limits);
    let row = |partner: &Partner| {
        let other = &found.ions[partner.ion];
        PartnerRow {
            ion: other.ion.clone(),
            score: partner.score.into(),
            fdr: other.fdr,
            molecule_names: other.molecule_names.clone(),
        }
    };
    PartnerList {
        comparison: Comparison::new(found, features.measure(), fdr),
        ion: found.ions[ion].ion.clone(),
        has_signal: !features.is_empty(ion),
        partners: list.iter().map(row).collect(),
    }
}

/// How well an ion marks a region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkerRow {
    /// The ion.
    pub ion: String,
    /// Molecules it may be.
    pub molecule_names: Vec<String>,
    /// Chance that a pixel inside has a higher intensity than one outside.
    pub auc: f64,
    /// log2 of mean intensity inside over outside; nothing where a mean is 0.
    pub log2_fold_change: Option<f64>,
    /// Mean intensity inside.
    pub mean_inside: f64,
    /// Mean intensity outside.
    pub mean_outside: f64,
    /// Share of the pixels inside that have a signal.
    pub coverage_inside: f64,
    /// Share of the pixels outside that have a signal.
    pub coverage_outside: f64,
}

impl MarkerRow {
    /// A marker with the name of its ion.
    pub fn new(found: &Colocated, marker: &Marker) -> Self {
        Self {
            ion: found.ions[marker.ion].ion.clone(),
            molecule_names: found.ions[marker.ion].molecule_names.clone(),
            auc: marker.auc,
            // JSON has no infinity: nothing where a mean is 0, which the means themselves tell.
            log2_fold_change: marker.log2_fold_change.filter(|fold| fold.is_finite()),
            mean_inside: marker.mean_inside,
            mean_outside: marker.mean_outside,
            coverage_inside: marker.coverage_inside,
            coverage_outside: marker.coverage_outside,
        }
    }
}

/// The markers of a region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegionRow {
    /// Name of the region.
    pub region: String,
    /// Ions by falling AUC.
    pub markers: Vec<MarkerRow>,
}

impl RegionRow {
    /// The markers of a region with the names of their ions.
    pub fn new(found: &Colocated, region: &str, markers: &[Marker]) -> Self {
        let markers = markers
            .iter()
            .map(|marker| MarkerRow::new(found, marker))
            .collect();
        Self {
            region: region.into(),
            markers,
        }
    }
}

/// Markers of regions, each with a value for each pixel that has a spectrum.
///
/// # Errors
/// The images were scaled down, so that they have other pixels; a region holds no pixel or all.
pub fn region_markers(
    found: &Colocated,
    regions: &[(String, Vec<bool>)],
) -> Result<Vec<(String, Vec<Marker>)>, ExploreError> {
    if let Some(shrinkage) = found.shrinkage {
        return Err(ExploreError::Shrunk {
            from: shrinkage.from,
            to: shrinkage.to,
        });
    }
    let of_region =
        |(name, mask): &(String, Vec<bool>)| Ok((name.clone(), markers(&found.images, mask)?));
    regions.iter().map(of_region).collect()
}
