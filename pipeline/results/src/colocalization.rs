//! Tables of co-localization: partners, sample ions, the matrix, clusters, markers, segments.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, StringArray, UInt32Array};
use coloc::cluster::Cluster;
use coloc::images::ImageSet;
use coloc::markers::Marker;
use coloc::measures::Measure;
use coloc::rank::Partner;
use coloc::segment::Segmentation;
use ndarray::Array2;

use crate::error::ResultsError;
use crate::table::{Columns, TableWriter, f32_lists, text_lists};

/// Partners of ions by one measure within one FDR level.
#[derive(Debug)]
pub struct LevelPartners {
    /// The measure.
    pub measure: Measure,
    /// The level.
    pub fdr: f64,
    /// Partners of each ion of the images, best first.
    pub partners: Vec<Vec<Partner>>,
}

/// Ions that stand for the groups of one FDR level.
#[derive(Debug)]
pub struct LevelSamples {
    /// The level.
    pub fdr: f64,
    /// The groups, by places of ions among the images.
    pub clusters: Vec<Cluster>,
}

/// `colocalization.parquet` being written: one row a pair, by measure, level, ion and rank.
#[derive(Debug)]
pub struct PartnerTable<'a> {
    writer: TableWriter,
    ids: &'a [String],
    /// Ions in the order in which they are written.
    ions: &'a [usize],
}

impl<'a> PartnerTable<'a> {
    /// Starts the table of ions with some ids, to be written in the order of `ions`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(path: &Path, ids: &'a [String], ions: &'a [usize]) -> Result<Self, ResultsError> {
        let mut table = Self {
            writer: TableWriter::new(path),
            ids,
            ions,
        };
        let partners = Vec::new();
        table.add(&LevelPartners {
            measure: Measure::default(),
            fdr: 0.0,
            partners,
        })?;
        Ok(table)
    }

    /// Writes partners of ions by a measure at a level.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, level: &LevelPartners) -> Result<(), ResultsError> {
        let of_ion = |&ion: &usize| {
            let partners = level
                .partners
                .get(ion)
                .map(Vec::as_slice)
                .unwrap_or_default();
            (1_u32..)
                .zip(partners)
                .map(move |(rank, partner)| (ion, rank, partner))
        };
        let rows = || self.ions.iter().flat_map(of_ion);
        let n = rows().count();
        let ranks = UInt32Array::from_iter_values(rows().map(|(_, rank, _)| rank));
        let scores = Float32Array::from_iter_values(rows().map(|(.., partner)| partner.score));
        let columns: Columns = vec![
            (
                "measure",
                texts(std::iter::repeat_n(level.measure.name(), n)),
                false,
            ),
            (
                "fdrLevel",
                Arc::new(Float64Array::from(vec![level.fdr; n])),
                false,
            ),
            ("ion", texts(rows().map(|(ion, ..)| &self.ids[ion])), false),
            ("rank", Arc::new(ranks), false),
            (
                "otherIon",
                texts(rows().map(|(.., partner)| &self.ids[partner.ion])),
                false,
            ),
            ("score", Arc::new(scores), false),
        ];
        self.writer.write(columns)
    }

    /// Ends the table.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), ResultsError> {
        self.writer.finish()
    }
}

/// Writes `sample_ions.parquet`: one row a group of ions, by level and falling size.
///
/// # Errors
/// The file cannot be written.
pub fn write_samples(
    levels: &[LevelSamples],
    ids: &[String],
    path: &Path,
) -> Result<(), ResultsError> {
    let rows = || {
        levels
            .iter()
            .flat_map(|level| level.clusters.iter().map(|c| (level.fdr, c)))
    };
    let members: Vec<Vec<String>> = rows().map(|(_, cluster)| named(cluster, ids)).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        (
            "fdrLevel",
            Arc::new(Float64Array::from_iter_values(rows().map(|row| row.0))),
            false,
        ),
        (
            "ion",
            texts(rows().map(|(_, cluster)| &ids[cluster.representative()])),
            false,
        ),
        (
            "cohesion",
            floats(rows().map(|(_, cluster)| cluster.cohesion)),
            false,
        ),
        ("ions", text_lists(members.iter().map(Vec::as_slice)), false),
    ])?;
    writer.finish()
}

/// Writes the scores of all pairs: one row an ion, with its place in a heat map and its scores in the
/// order of the rows.
///
/// # Errors
/// The file cannot be written.
pub fn write_matrix(
    ids: &[String],
    leaves: &[usize],
    scores: &Array2<f32>,
    path: &Path,
) -> Result<(), ResultsError> {
    let mut place = vec![0_u32; ids.len()];
    for (number, &ion) in (0..).zip(leaves) {
        place[ion] = number;
    }
    let rows: Vec<Vec<f32>> = scores.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("ion", texts(ids), false),
        ("leaf", Arc::new(UInt32Array::from(place)), false),
        (
            "scores",
            f32_lists(rows.iter().map(|row| Some(row.as_slice()))),
            false,
        ),
    ])?;
    writer.finish()
}

/// Writes groups of ions: one row a group, largest first, with its mean image.
///
/// # Errors
/// The file cannot be written.
pub fn write_clusters(
    clusters: &[Cluster],
    images: &ImageSet,
    path: &Path,
) -> Result<(), ResultsError> {
    let members: Vec<Vec<String>> = clusters
        .iter()
        .map(|cluster| named(cluster, images.ids()))
        .collect();
    let means: Vec<Vec<f32>> = clusters
        .iter()
        .map(|cluster| images.mean(&cluster.ions))
        .collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("cluster", numbers(1..=clusters.len()), false),
        (
            "ion",
            texts(clusters.iter().map(|c| &images.ids()[c.representative()])),
            false,
        ),
        (
            "cohesion",
            floats(clusters.iter().map(|cluster| cluster.cohesion)),
            false,
        ),
        ("ions", text_lists(members.iter().map(Vec::as_slice)), false),
        (
            "meanImage",
            f32_lists(means.iter().map(|mean| Some(mean.as_slice()))),
            false,
        ),
    ])?;
    writer.finish()
}

/// Writes markers of regions: one row an ion and region, by region and falling AUC.
///
/// # Errors
/// The file cannot be written.
pub fn write_markers(
    regions: &[(String, Vec<Marker>)],
    ids: &[String],
    path: &Path,
) -> Result<(), ResultsError> {
    let rows = || {
        regions
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |m| (name, m)))
    };
    let column = |of: &dyn Fn(&Marker) -> f64| floats(rows().map(|(_, marker)| of(marker)));
    let fold: Float64Array = rows().map(|(_, marker)| marker.log2_fold_change).collect();
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("region", texts(rows().map(|(name, _)| name)), false),
        (
            "ion",
            texts(rows().map(|(_, marker)| &ids[marker.ion])),
            false,
        ),
        ("auc", column(&|marker| marker.auc), false),
        ("log2FoldChange", Arc::new(fold), true),
        ("meanInside", column(&|marker| marker.mean_inside), false),
        ("meanOutside", column(&|marker| marker.mean_outside), false),
        (
            "coverageInside",
            column(&|marker| marker.coverage_inside),
            false,
        ),
        (
            "coverageOutside",
            column(&|marker| marker.coverage_outside),
            false,
        ),
    ])?;
    writer.finish()
}

/// Writes segments of a tissue: one row a pixel.
///
/// # Errors
/// The file cannot be written.
pub fn write_segments(
    segmentation: &Segmentation,
    images: &ImageSet,
    path: &Path,
) -> Result<(), ResultsError> {
    let raster = images.raster();
    let positions = || raster.pixels().map(|pixel| raster.position(pixel));
    let whole = |values: &mut dyn Iterator<Item = u32>| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(values))
    };
    let mut writer = TableWriter::new(path);
    writer.write(vec![
        ("pixel", numbers(0..raster.n_pixels()), false),
        ("x", whole(&mut positions().map(|(x, _)| x)), false),
        ("y", whole(&mut positions().map(|(_, y)| y)), false),
        (
            "segment",
            numbers(segmentation.labels.iter().map(|label| label + 1)),
            false,
        ),
        (
            "confidence",
            Arc::new(Float32Array::from(segmentation.confidence.clone())),
            false,
        ),
    ])?;
    writer.finish()
}

fn named(cluster: &Cluster, ids: &[String]) -> Vec<String> {
    cluster.ions.iter().map(|&ion| ids[ion].clone()).collect()
}

fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn numbers(values: impl Iterator<Item = usize>) -> ArrayRef {
    let values = values.map(|value| u32::try_from(value).unwrap_or(u32::MAX));
    Arc::new(UInt32Array::from_iter_values(values))
}
