//! What a report shows, gathered from the tables of a results folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use annotator::fdr::FDR_LEVELS;
use coloc::measures::Measure;
use metaspace_explore::coloc::find_ion;
use metaspace_render::outline::outline_path;
use metaspace_render::stretch::Stretch;
use metaspace_results::record::RunRecord;
use metaspace_results::{
    PixelNorm, ResultsError, StoredAnnotation, StoredCandidate, StoredGroup, StoredSegment,
    read_annotations, read_candidates, read_groups, read_mean_spectrum, read_norms, read_partners,
    read_peak_counts, read_raster, read_segments, read_tissue,
};
use ms_core::image::Raster;
use ms_core::spectra::MeanPeak;

use crate::error::ReportError;
use crate::options::ReportOptions;

/// FDR that statements without another are made at.
pub(crate) const MAIN_FDR: f64 = 0.1;

/// Co-localized ions shown of an ion.
pub(crate) const N_PARTNERS: usize = 11;

/// Everything that the page says.
pub(crate) struct Data {
    /// Name of the dataset.
    pub(crate) name: String,
    /// `run.json`.
    pub(crate) record: RunRecord,
    /// The same as text, keys in order.
    pub(crate) record_json: String,
    pub(crate) raster: Raster,
    /// Side of a pixel in µm that the options give.
    given_pixel_um: Option<f64>,
    pub(crate) tic: Vec<f64>,
    pub(crate) peaks: Vec<u32>,
    pub(crate) spectrum: Vec<MeanPeak>,
    /// All annotations, the best first.
    pub(crate) annotations: Vec<StoredAnnotation>,
    /// How many of them are listed.
    pub(crate) n_rows: usize,
    /// How many have an FDR up to that of the options.
    pub(crate) n_up_to_fdr: usize,
    /// Places of the ions that are shown in detail, each ion once.
    pub(crate) best: Vec<usize>,
    /// Scores by adduct.
    pub(crate) scores: BTreeMap<String, AdductScores>,
    /// Partners of ions, best first; nothing where they were not looked for.
    pub(crate) partners: Option<BTreeMap<String, Vec<(String, f32)>>>,
    /// Groups of ions and the FDR level that they are of; nothing where they were not looked for.
    pub(crate) groups: Option<(f64, Vec<StoredGroup>)>,
    /// Segment of each pixel, from 1, 0 where it has none; nothing where there are none.
    pub(crate) segments: Option<Vec<u32>>,
    /// Path around the tissue, in columns and rows; nothing where no slide is seen around it.
    pub(crate) outline: Option<String>,
}

/// Scores of the targets of an adduct and of their decoys, each descending.
#[derive(Default)]
pub(crate) struct AdductScores {
    pub(crate) targets: Vec<f64>,
    pub(crate) decoys: Vec<f64>,
    /// Decoys that stand against a target.
    pub(crate) decoys_per_target: u16,
}

impl Data {
    pub(crate) fn read(folder: &Path, options: &ReportOptions) -> Result<Self, ReportError> {
        let record = RunRecord::read(folder)?;
        let mut annotations = read_annotations(folder)?;
        annotations.sort_by(|a, b| {
            let by_score = b
                .score
                .total_cmp(&a.score)
                .then_with(|| a.fdr.total_cmp(&b.fdr));
            by_score.then_with(|| (&a.ion, &a.database).cmp(&(&b.ion, &b.database)))
        });
        let is_listed = |row: &StoredAnnotation| row.fdr <= options.fdr && !row.is_entrapment;
        // Those that are listed come first, in their order.
        let (mut annotations, rest): (Vec<_>, Vec<_>) =
            annotations.into_iter().partition(is_listed);
        let n_up_to_fdr = annotations.len();
        annotations.extend(rest);
        let n_rows = n_up_to_fdr.min(options.max_rows);
        let named = named(&annotations, &options.ion)?;
        let best = best(&annotations, named, n_rows, options.best);
        let raster = read_raster(folder)?;
        let segments = folder
            .join("segments.parquet")
            .is_file()
            .then(|| segments(folder, &raster));
        Ok(Self {
            name: record.dataset_name().unwrap_or_default(),
            record_json: record_text(&record)?,
            tic: read_norms(folder, PixelNorm::Tic)?,
            peaks: read_peak_counts(folder)?,
            spectrum: read_mean_spectrum(folder)?,
            n_rows,
            n_up_to_fdr,
            best,
            scores: scores(&read_candidates(folder)?),
            partners: partners(folder, options.fdr)?,
            groups: groups(folder, options.fdr)?,
            segments: segments.transpose()?,
            outline: read_tissue(folder)?.map(|tissue| outline_path(&raster, &tissue)),
            annotations,
            raster,
            given_pixel_um: options.pixel_size_um,
            record,
        })
    }

    /// The annotations that are listed.
    pub(crate) fn rows(&self) -> &[StoredAnnotation] {
        &self.annotations[..self.n_rows]
    }

    /// Those of the dataset up to an FDR, without entrapment.
    pub(crate) fn up_to(&self, fdr: f64) -> impl Iterator<Item = &StoredAnnotation> {
        self.annotations
            .iter()
            .filter(move |row| row.fdr <= fdr && !row.is_entrapment)
    }

    /// Formulas of all ions that are listed or stand in a group.
    pub(crate) fn ion_formulas(&self) -> BTreeSet<String> {
        let mut ions: BTreeSet<&str> = self.rows().iter().map(|row| row.ion.as_str()).collect();
        let detailed = self.best.iter().map(|&place| &self.annotations[place]);
        ions.extend(detailed.map(|row| row.ion.as_str()));
        if let Some((_, groups)) = &self.groups {
            ions.extend(
                groups
                    .iter()
                    .flat_map(|group| &group.ions)
                    .map(String::as_str),
            );
        }
        let is_wanted = |row: &&StoredAnnotation| ions.contains(row.ion.as_str());
        self.annotations
            .iter()
            .filter(is_wanted)
            .map(|row| row.ion_formula.clone())
            .collect()
    }

    /// How often columns and rows are drawn, so that pictures have the shape of the tissue.
    pub(crate) fn stretch(&self) -> Stretch {
        Stretch::of(self.record.pixel_size_um())
    }

    /// Width and height of a pixel in µm.
    pub(crate) fn pixel_um(&self) -> Option<f64> {
        let stated = self.record.pixel_size_um().map(|(width, _)| width);
        self.given_pixel_um.or(stated)
    }

    /// Whether ranking was by something else than MSM.
    pub(crate) fn has_score(&self) -> bool {
        self.record.scoring_model.is_some() || self.record.adaptive_score.is_some()
    }
}

/// A record as indented text, keys in the order of their names.
fn record_text(record: &RunRecord) -> Result<String, ReportError> {
    let value = serde_json::to_value(record);
    let value = value.map_err(|source| ReportError::Record { source })?;
    Ok(format!("{value:#}"))
}

/// Places of the ions that texts name.
fn named(rows: &[StoredAnnotation], texts: &[String]) -> Result<Vec<usize>, ReportError> {
    let place = |text: &String| {
        let found = find_ion(rows, text)?;
        let place = rows.iter().position(|row| row.ion == found.ion);
        Ok(place.unwrap_or_default())
    };
    texts.iter().map(place).collect()
}

/// Places of ions that are named, then of the best of those that are listed; each ion once though
/// several tables have it.
fn best(rows: &[StoredAnnotation], named: Vec<usize>, n_rows: usize, n_best: usize) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let n_named = named.len();
    let all = named.into_iter().chain(0..n_rows);
    all.filter(|&place| seen.insert(&rows[place].ion))
        .take(n_named + n_best)
        .collect()
}

fn scores(candidates: &[StoredCandidate]) -> BTreeMap<String, AdductScores> {
    let mut all: BTreeMap<String, AdductScores> = BTreeMap::new();
    for candidate in candidates {
        let scores = all.entry(candidate.target_adduct.clone()).or_default();
        if candidate.is_target {
            scores.targets.push(candidate.score);
        } else {
            scores.decoys.push(candidate.score);
        }
        let n_draws = candidate.draw.map_or(0, |draw| draw.saturating_add(1));
        scores.decoys_per_target = scores.decoys_per_target.max(n_draws);
    }
    for scores in all.values_mut() {
        scores.targets.sort_by(|a, b| b.total_cmp(a));
        scores.decoys.sort_by(|a, b| b.total_cmp(a));
    }
    all
}

/// The level that partners and groups are taken from: that of [`MAIN_FDR`] where annotations are
/// listed up to it, else the first of all.
fn level(fdr: f64) -> f64 {
    FDR_LEVELS
        .into_iter()
        .rfind(|level| *level <= fdr.min(MAIN_FDR))
        .unwrap_or(FDR_LEVELS[0])
}

type Partners = BTreeMap<String, Vec<(String, f32)>>;

/// Partners at the main level; for ions above it, at the level that they are within.
fn partners(folder: &Path, fdr: f64) -> Result<Option<Partners>, ReportError> {
    if !folder.join("colocalization.parquet").is_file() {
        return Ok(None);
    }
    let mut all = Partners::new();
    let first = level(fdr);
    for level in FDR_LEVELS.into_iter().filter(|level| *level >= first) {
        let most = u32::try_from(N_PARTNERS).unwrap_or(u32::MAX);
        let mut here = Partners::new();
        for row in read_partners(folder, Measure::default().name(), level, most)? {
            here.entry(row.ion)
                .or_default()
                .push((row.other_ion, row.score));
        }
        for (ion, list) in here {
            all.entry(ion).or_insert(list);
        }
    }
    Ok(Some(all))
}

fn groups(folder: &Path, fdr: f64) -> Result<Option<(f64, Vec<StoredGroup>)>, ReportError> {
    if !folder.join("sample_ions.parquet").is_file() {
        return Ok(None);
    }
    let level = level(fdr);
    let mut groups = read_groups(folder)?;
    groups.retain(|group| (group.fdr_level - level).abs() < 1e-9);
    Ok(Some((level, groups)))
}

/// The segment of each pixel; the table must be of these pixels, and is not where images had to be
/// scaled down for it.
fn segments(folder: &Path, raster: &Raster) -> Result<Vec<u32>, ReportError> {
    let place = |x: u32, y: u32| y.checked_mul(raster.width)?.checked_add(x);
    let rows = read_segments(folder)?;
    let is_ours = |(place_of, row): (&u32, &StoredSegment)| {
        row.x < raster.width && place(row.x, row.y) == Some(*place_of)
    };
    if rows.len() != raster.n_pixels() || !raster.places.iter().zip(&rows).all(is_ours) {
        return Err(ResultsError::OtherPixels {
            path: folder.join("segments.parquet"),
            n_found: rows.len(),
            n_pixels: raster.n_pixels(),
        }
        .into());
    }
    Ok(rows.into_iter().map(|row| row.segment).collect())
}
