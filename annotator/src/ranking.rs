//! Metrics of ions to scores, FDR and annotations: each molecule table and modifier apart.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidates::{SearchSpace, TableSpace, Target};
use crate::config::{AnnotateConfig, FdrRule};
use crate::fdr::{DecoyScores, fdr_with_doubts};
use crate::metrics::{Details, Scores, UnitScores};
use crate::scoring::adaptive::{Entry, Learned, NotLearned, learn};
use crate::scoring::{IonMetrics, Ranking, RankingScores, Scoring};

/// An annotation: a molecule's formula and modifier found in the dataset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Number of its molecule table.
    pub table: u16,
    /// Place in the table's formulas.
    pub formula: u32,
    /// Place in [`SearchSpace::modifiers`].
    pub modifier: u16,
    /// Place in [`SearchSpace::ions`].
    pub ion: u32,
    /// chaos · spatial · spectral.
    pub msm: f64,
    /// The score it was ranked by: MSM, or a model's.
    pub score: f64,
    /// Its false discovery rate.
    pub fdr: f64,
}

/// A target or decoy of MSM > 0, and the score it was ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Number of its molecule table.
    pub table: u16,
    /// What it is there.
    pub role: Role,
    /// Place in [`SearchSpace::ions`].
    pub ion: u32,
    /// chaos · spatial · spectral.
    pub msm: f64,
    /// MSM, or a model's value; 0 is not ranked.
    pub score: f64,
    /// Probability that an isobar is there in place of it; nothing of decoys, and where the score
    /// does not tell.
    pub doubt: Option<f64>,
}

/// What a candidate is in its molecule table; targets stand before decoys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Place in [`TableSpace::targets`](crate::candidates::TableSpace::targets).
    Target(usize),
    /// Place in [`TableSpace::decoys`](crate::candidates::TableSpace::decoys).
    Decoy(usize),
}

/// What came of the rankings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranked {
    /// Targets of score > 0 and FDR < 1, and all those of targeted tables, by table, then from the
    /// best score; ties by modifier and ion.
    pub annotations: Vec<Annotation>,
    /// Targets and decoys of MSM > 0, by table, role and place.
    pub candidates: Vec<Candidate>,
    /// What the adaptive score learned, or why it did not; nothing of other scores.
    pub learned: Option<Result<Learned, NotLearned>>,
}

/// Ranks the targets of each molecule table and modifier against their decoys.
pub fn rank(
    space: &SearchSpace,
    scores: &[UnitScores],
    scoring: &Scoring,
    config: &AnnotateConfig,
) -> Ranked {
    rank_some(space, scores, scoring, config, 0..space.n_rankings())
}

/// Does some of the rankings, numbered as [`SearchSpace::ranking`] has them: what [`rank`] finds is
/// what all of them find, in [`order`]. An adaptive score is learned from all in any case.
pub fn rank_some(
    space: &SearchSpace,
    scores: &[UnitScores],
    scoring: &Scoring,
    config: &AnnotateConfig,
    rankings: Range<usize>,
) -> Ranked {
    let metrics = MetricsOfIons::new(space.ions.len(), scores);
    let is_learned = matches!(scoring, Scoring::Adaptive);
    let gathered = if is_learned {
        0..space.n_rankings()
    } else {
        rankings.clone()
    };
    let first = gathered.start;
    let gather = |ranking| Field::gather(space, space.ranking(ranking), &metrics);
    let fields: Vec<Field> = gathered.map(gather).collect();
    let learned = is_learned.then(|| learn_scores(&fields, space, &metrics, config));
    let of_learned = match &learned {
        Some(Ok(learned)) => split(learned, &fields),
        _ => Vec::new(),
    };
    let mut ranked = Ranked {
        learned,
        ..Ranked::default()
    };
    let wanted = rankings.start - first..rankings.end - first;
    for (place, field) in fields
        .iter()
        .enumerate()
        .filter(|(place, _)| wanted.contains(place))
    {
        let scores = match of_learned.get(place) {
            Some(scores) => scores,
            None => &scoring.scores(&field.ranking(space, config)),
        };
        ranked
            .annotations
            .extend(field.annotations(scores, space, config));
        ranked.candidates.extend(field.candidates(scores));
    }
    order(&mut ranked.annotations, &mut ranked.candidates);
    ranked
}

/// Brings what rankings have found into the order of [`Ranked`].
pub fn order(annotations: &mut [Annotation], candidates: &mut [Candidate]) {
    annotations.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        let by_id = || (a.modifier, a.ion, a.formula).cmp(&(b.modifier, b.ion, b.formula));
        a.table.cmp(&b.table).then(by_score).then_with(by_id)
    });
    candidates.sort_by_key(|candidate| (candidate.table, candidate.role));
}

/// Learns the adaptive scores of all targets and decoys, field by field.
fn learn_scores(
    fields: &[Field],
    space: &SearchSpace,
    metrics: &MetricsOfIons<'_>,
    config: &AnnotateConfig,
) -> Result<Learned, NotLearned> {
    let decoys_per_target: Vec<f64> = fields
        .iter()
        .map(|field| field.decoys_per_target(space, config))
        .collect();
    let mut entries = Vec::new();
    for (ranking, field) in (0..).zip(fields) {
        let table = &space.tables[field.table];
        let targets = field
            .targets
            .iter()
            .map(|&(i, ion)| (table.targets[i].formula, ion, true));
        let decoys = field
            .decoys
            .iter()
            .map(|&(i, ion)| (table.decoys[i].formula, ion, false));
        for (formula, ion, is_target) in targets.chain(decoys) {
            let Some((scores, details)) = metrics.source(ion) else {
                continue;
            };
            let ion_formula = &space.ions[ion as usize].formula;
            let formula = (number(field.table), formula);
            entries.push(Entry {
                ion,
                ion_formula,
                ranking,
                formula,
                is_target,
                scores,
                details,
            });
        }
    }
    learn(&entries, &decoys_per_target, config.ppm)
}

/// Scores of all fields one after another, as those of each.
fn split(learned: &Learned, fields: &[Field]) -> Vec<RankingScores> {
    let mut start = 0;
    let mut of_field = |field: &Field| {
        let targets = start..start + field.targets.len();
        let decoys = targets.end..targets.end + field.decoys.len();
        start = decoys.end;
        RankingScores {
            targets: learned.scores[targets.clone()].to_vec(),
            decoys: learned.scores[decoys].to_vec(),
            doubts: learned.doubts[targets].to_vec(),
        }
    };
    fields.iter().map(&mut of_field).collect()
}

/// Metrics of the ions of MSM > 0, by ion.
struct MetricsOfIons<'a> {
    /// Place in `metrics` of each ion, [`Self::NONE`] without.
    places: Vec<u32>,
    metrics: Vec<IonMetrics>,
    /// From where each was taken.
    sources: Vec<(&'a Scores, &'a Details)>,
}

impl<'a> MetricsOfIons<'a> {
    const NONE: u32 = u32::MAX;

    fn new(n_ions: usize, scores: &'a [UnitScores]) -> Self {
        let (metrics, sources) = (Vec::new(), Vec::new());
        let mut found = Self {
            places: vec![Self::NONE; n_ions],
            metrics,
            sources,
        };
        let mut place = 0;
        for unit in scores {
            let positive = unit.scores.iter().filter(|scores| scores.msm > 0.0);
            for (scores, details) in positive.zip(&unit.details) {
                found.places[scores.ion as usize] = place;
                found.metrics.push(IonMetrics::new(scores, details));
                found.sources.push((scores, details));
                place += 1;
            }
        }
        found
    }

    fn of(&self, ion: u32) -> Option<IonMetrics> {
        self.metrics
            .get(self.places[ion as usize] as usize)
            .copied()
    }

    fn source(&self, ion: u32) -> Option<(&'a Scores, &'a Details)> {
        self.sources
            .get(self.places[ion as usize] as usize)
            .copied()
    }
}

/// Who competes in one ranking, and their metrics in the same order.
#[derive(Default)]
struct Field {
    table: usize,
    modifier: usize,
    /// Targets: places in their table, and ions.
    targets: Vec<(usize, u32)>,
    target_metrics: Vec<IonMetrics>,
    /// Decoys: the same.
    decoys: Vec<(usize, u32)>,
    decoy_metrics: Vec<IonMetrics>,
    /// Existing decoys for each existing target, whatever their MSM.
    n_existing: f64,
}

impl Field {
    /// Those of MSM > 0 of a molecule table and modifier.
    fn gather(
        space: &SearchSpace,
        (table_idx, modifier): (usize, usize),
        metrics: &MetricsOfIons<'_>,
    ) -> Self {
        let mut field = Self {
            table: table_idx,
            modifier,
            ..Self::default()
        };
        let table = &space.tables[table_idx];
        let targets = table.targets.iter().enumerate();
        for (place, target) in targets.filter(|(_, t)| usize::from(t.modifier) == modifier) {
            if let Some(metrics) = metrics.of(target.ion) {
                field.targets.push((place, target.ion));
                field.target_metrics.push(metrics);
            }
        }
        let decoys = table.decoys.iter().enumerate();
        for (place, decoy) in decoys.filter(|(_, d)| usize::from(d.target_modifier) == modifier) {
            let Some(ion) = decoy.ion else { continue };
            if let Some(metrics) = metrics.of(ion) {
                field.decoys.push((place, ion));
                field.decoy_metrics.push(metrics);
            }
        }
        field.n_existing = space.existing_decoys_per_target(table_idx, modifier);
        field
    }

    fn ranking(&self, space: &SearchSpace, config: &AnnotateConfig) -> Ranking<'_> {
        Ranking {
            targets: &self.target_metrics,
            decoys: &self.decoy_metrics,
            decoys_per_target: self.decoys_per_target(space, config),
            mz_error: config.rules.mz_error_feature,
        }
    }

    /// Decoys for each target as the FDR counts them.
    fn decoys_per_target(&self, space: &SearchSpace, config: &AnnotateConfig) -> f64 {
        match config.rules.fdr {
            FdrRule::Existing => self.n_existing,
            FdrRule::Drawn | FdrRule::MedianBinned => f64::from(space.n_decoys),
        }
    }

    /// Targets of score > 0 and FDR < 1; of a targeted table the others too, at FDR 1.
    fn annotations(
        &self,
        scores: &RankingScores,
        space: &SearchSpace,
        config: &AnnotateConfig,
    ) -> Vec<Annotation> {
        let table = &space.tables[self.table];
        let drawn =
            |(&score, &(place, _)): (&f64, &(usize, u32))| (score, table.decoys[place].draw);
        let decoys = scores.decoys.iter().zip(&self.decoys).map(drawn);
        let decoys: Vec<(f64, u16)> = decoys.filter(|&(score, _)| score > 0.0).collect();
        let ranked: Vec<usize> = (0..self.targets.len())
            .filter(|&i| scores.targets[i] > 0.0)
            .collect();
        let targets: Vec<f64> = ranked.iter().map(|&i| scores.targets[i]).collect();
        let (n_drawn, n_existing) = (space.n_decoys, self.n_existing);
        let decoys = DecoyScores {
            scores: &decoys,
            n_drawn,
            n_existing,
        };
        let doubt = |&i: &usize| scores.doubts.get(i).copied().unwrap_or(0.0);
        let doubts: Vec<f64> = ranked.iter().map(doubt).collect();
        let fdrs = fdr_with_doubts(&targets, &doubts, decoys, config.rules.fdr);
        let found = ranked.into_iter().zip(fdrs).filter(|&(_, fdr)| fdr < 1.0);
        let mut annotations: Vec<Annotation> = found
            .map(|(i, fdr)| {
                let (msm, score) = (self.target_metrics[i].msm, scores.targets[i]);
                self.annotation(&table.targets[self.targets[i].0], (msm, score, fdr))
            })
            .collect();
        if table.is_targeted {
            annotations.extend(self.others(table, scores, &annotations));
        }
        annotations
    }

    /// The targets that are no annotations, at FDR 1.
    fn others(
        &self,
        table: &TableSpace,
        scores: &RankingScores,
        annotations: &[Annotation],
    ) -> Vec<Annotation> {
        let found: FxHashSet<u32> = annotations.iter().map(|found| found.formula).collect();
        let places: FxHashMap<usize, usize> =
            (0..).zip(&self.targets).map(|(i, t)| (t.0, i)).collect();
        let targets = table.targets.iter().enumerate();
        let of_modifier = targets.filter(|(_, t)| usize::from(t.modifier) == self.modifier);
        let others = of_modifier.filter(|(_, target)| !found.contains(&target.formula));
        let annotation = |(place, target): (usize, &Target)| {
            let i = places.get(&place);
            let of = |i: &usize| (self.target_metrics[*i].msm, scores.targets[*i]);
            let (msm, score) = i.map_or((0.0, 0.0), of);
            self.annotation(target, (msm, score, 1.0))
        };
        others.map(annotation).collect()
    }

    fn annotation(&self, target: &Target, (msm, score, fdr): (f64, f64, f64)) -> Annotation {
        Annotation {
            table: number(self.table),
            formula: target.formula,
            modifier: target.modifier,
            ion: target.ion,
            msm,
            score,
            fdr,
        }
    }

    /// All of them.
    fn candidates(&self, scores: &RankingScores) -> Vec<Candidate> {
        let roles = |list: &[(usize, u32)], role: fn(usize) -> Role| -> Vec<(Role, u32)> {
            list.iter()
                .map(|&(place, ion)| (role(place), ion))
                .collect()
        };
        let targets = roles(&self.targets, Role::Target);
        let decoys = roles(&self.decoys, Role::Decoy);
        let metrics = self.target_metrics.iter().chain(&self.decoy_metrics);
        let values = scores.targets.iter().chain(&scores.decoys);
        let table = number(self.table);
        // Decoys come after all targets, and have no doubt.
        let candidates = targets
            .into_iter()
            .chain(decoys)
            .zip(metrics)
            .zip(values)
            .enumerate()
            .map(move |(i, (((role, ion), metrics), &score))| Candidate {
                table,
                role,
                ion,
                msm: metrics.msm,
                score,
                doubt: scores.doubts.get(i).copied(),
            });
        candidates.collect()
    }
}

fn number(table: usize) -> u16 {
    u16::try_from(table).unwrap_or(u16::MAX)
}
