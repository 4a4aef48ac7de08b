//! What a run writes of co-localization: partners at each FDR level, and sample ions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use annotator::fdr::FDR_LEVELS;
use coloc::cluster::{Cluster, spectral};
use coloc::measures::Measure;
use coloc::pairs::{BestPartners, PairScores, Selection};
use coloc::prepare::PreparationPreset;
use coloc::rank::PartnerLimits;
use coloc::sweep::{Sweep, sweep_share};
use metaspace_results::{
    LevelPartners, LevelSamples, PartnerTable, StoredImages, WatchedImages, write_samples,
};
use ms_core::progress::{Progress, check};
use ndarray::{Array2, s};
use rayon::prelude::*;

use crate::error::RunError;

/// Bytes of images being compared at once, whatever the memory: with more, hardly any are read again.
pub(crate) const MAX_COMPARED_BYTES: u64 = 256 << 20;

/// What METASPACE allows an FDR to be above its level.
pub const FDR_SLACK: f64 = 1e-3;

/// Ions that sample ions are chosen among, at most: the best, as many as the METASPACE engine takes.
const MAX_SAMPLED: usize = 5_000;

/// Measures whose partners a run writes: METASPACE's two.
const MEASURES: [Measure; 2] = [Measure::MedianThresholdedCosine, Measure::Cosine];

/// Highest FDR of ions that are compared.
pub fn highest_fdr() -> f64 {
    FDR_LEVELS[FDR_LEVELS.len() - 1] + FDR_SLACK
}

/// Writes `colocalization.parquet` and `sample_ions.parquet` of results being written, with at most
/// `max_bytes` of prepared images at once; returns what the user should know.
///
/// # Errors
/// A table cannot be read or written.
pub fn write_colocalization(
    folder: &Path,
    preset: PreparationPreset,
    max_bytes: u64,
    progress: &dyn Progress,
) -> Result<Option<String>, RunError> {
    let source = StoredImages::open(folder, highest_fdr())?;
    progress.begin("co-localizing", (MEASURES.len() * source.ids.len()) as u64);
    let partners = Partners::new(&source);
    let compared = partners.compare(preset, max_bytes, (0..1, 1), progress)?;
    check(progress)?;
    partners.write(&compared, folder)
}

/// Partners of the ions of images, and groups of ions, to be found.
#[derive(Debug)]
pub struct Partners<'a> {
    source: &'a StoredImages,
    /// Smallest FDR level of each ion.
    tiers: Vec<usize>,
    order: Vec<usize>,
    sampled: Sampled,
}

/// What comparing the ions of a share with all gives.
#[derive(Debug)]
pub struct Compared {
    /// Partners of the ions by each measure at each level; empty for those of other shares.
    pub levels: Vec<LevelPartners>,
    /// Scores of the sampled ions with each other; 0 where the row is of another share.
    pub scores: Array2<f32>,
}

impl<'a> Partners<'a> {
    /// Of some images.
    pub fn new(source: &'a StoredImages) -> Self {
        let tier = |fdr: f64| {
            FDR_LEVELS
                .iter()
                .take_while(|level| fdr > **level + FDR_SLACK)
                .count()
        };
        let tiers: Vec<usize> = source.ions.iter().map(|ion| tier(ion.fdr)).collect();
        let order = source.id_order();
        let sampled = Sampled::new(source, &tiers, &order);
        Self {
            source,
            tiers,
            order,
            sampled,
        }
    }

    /// Compares the ions of some of so many shares with all.
    ///
    /// # Errors
    /// Images cannot be read, or `progress` says to stop.
    pub fn compare(
        &self,
        preset: PreparationPreset,
        max_bytes: u64,
        (shares, n_shares): (Range<usize>, usize),
        progress: &dyn Progress,
    ) -> Result<Compared, RunError> {
        let watched = WatchedImages {
            images: self.source,
            progress,
        };
        let n_groups = FDR_LEVELS.len();
        let (tiers, order) = (&*self.tiers, &*self.order);
        let selection = Selection {
            tiers,
            n_groups,
            order,
            limits: PartnerLimits::METASPACE,
        };
        let (mut levels, scores) = (Vec::new(), self.sampled.scores());
        for measure in MEASURES {
            let kept = BestPartners::new(selection, self.source.ids.len())?;
            let comparison = Sweep {
                measure,
                preset,
                max_bytes,
            };
            sweep_share(&watched, comparison, shares.clone(), n_shares, |tile| {
                kept.take(tile);
                if measure == Measure::default() {
                    scores.take(tile);
                }
            })?;
            let groups = FDR_LEVELS.into_iter().zip(kept.into_groups());
            levels.extend(groups.map(|(fdr, partners)| LevelPartners {
                measure,
                fdr,
                partners,
            }));
        }
        Ok(Compared {
            levels,
            scores: scores.into_matrix(),
        })
    }

    /// Nothing compared yet, to which shares are added.
    pub fn nothing(&self) -> Compared {
        let (n_ions, n_sampled) = (self.source.ids.len(), self.sampled.ions.len());
        let of = |measure| move |fdr| (measure, fdr);
        let all = MEASURES
            .into_iter()
            .flat_map(|measure| FDR_LEVELS.map(of(measure)));
        let level = |(measure, fdr)| LevelPartners {
            measure,
            fdr,
            partners: vec![Vec::new(); n_ions],
        };
        Compared {
            levels: all.map(level).collect(),
            scores: Array2::zeros((n_sampled, n_sampled)),
        }
    }

    /// Writes `colocalization.parquet` and `sample_ions.parquet`; returns what the user should know.
    ///
    /// # Errors
    /// A table cannot be written.
    pub fn write(&self, compared: &Compared, folder: &Path) -> Result<Option<String>, RunError> {
        let Self {
            source,
            tiers,
            order,
            sampled,
        } = self;
        let path = folder.join("colocalization.parquet");
        let mut table = PartnerTable::new(&path, &source.ids, &source.best_first)?;
        for level in &compared.levels {
            table.add(level)?;
        }
        table.finish()?;
        let groups = sampled.groups(&compared.scores, tiers, order)?;
        write_samples(&groups, &source.ids, &folder.join("sample_ions.parquet"))?;
        Ok(source.shrinkage_note())
    }
}

/// The ions that sample ions are chosen among, by tier and then by name: the ions of a level are the
/// first ones.
#[derive(Debug)]
struct Sampled {
    n_ions: usize,
    ions: Vec<usize>,
}

impl Sampled {
    fn new(source: &StoredImages, tiers: &[usize], order: &[usize]) -> Self {
        let mut ions = source.best_first.clone();
        ions.truncate(MAX_SAMPLED);
        ions.sort_by_key(|&ion| (tiers[ion], order[ion]));
        Self {
            n_ions: order.len(),
            ions,
        }
    }

    /// Room for their scores.
    fn scores(&self) -> PairScores {
        let mut places = vec![None; self.n_ions];
        for (place, &ion) in self.ions.iter().enumerate() {
            places[ion] = Some(place);
        }
        PairScores::new(places, self.ions.len())
    }

    /// Groups of the ions of each level that has two or more.
    fn groups(
        &self,
        scores: &Array2<f32>,
        tiers: &[usize],
        order: &[usize],
    ) -> Result<Vec<LevelSamples>, RunError> {
        let n_of_level = |level: usize| self.ions.partition_point(|&ion| tiers[ion] <= level);
        let sizes: Vec<usize> = (0..FDR_LEVELS.len()).map(n_of_level).collect();
        let mut distinct: Vec<usize> = sizes.iter().copied().filter(|n| *n > 1).collect();
        distinct.dedup();
        let group = |n: usize| -> Result<(usize, Vec<Cluster>), RunError> {
            let order: Vec<usize> = self.ions[..n].iter().map(|&ion| order[ion]).collect();
            let mut clusters = spectral(&scores.slice(s![..n, ..n]), &order, None)?.clusters;
            for ion in clusters.iter_mut().flat_map(|cluster| &mut cluster.ions) {
                *ion = self.ions[*ion];
            }
            Ok((n, clusters))
        };
        let found: Result<BTreeMap<usize, Vec<Cluster>>, RunError> =
            distinct.into_par_iter().map(group).collect();
        let found = found?;
        let levels = FDR_LEVELS.into_iter().zip(&sizes);
        Ok(levels
            .filter_map(|(fdr, n)| {
                Some(LevelSamples {
                    fdr,
                    clusters: found.get(n)?.clone(),
                })
            })
            .collect())
    }
}
