//! Metrics of ions to scores, FDR and annotations: each molecule table and modifier apart.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::candidates::{SearchSpace, TableSpace, Target};
use crate::config::{AnnotateConfig, FdrRule};
use crate::fdr::{DecoyScores, Nulls, fdr_with_doubts, joint_fdr, posterior_errors};
use crate::indices::{FormulaIdx, IonIdx, ModifierIdx, TableIdx};
use crate::metrics::groups::GroupSizes;
use crate::metrics::{Details, Scores, UnitScores};
use crate::scoring::adaptive::{DatasetFacts, DecoysPerTarget, Entry, EntryKind, Learned, learn};
use crate::scoring::{IonMetrics, Ranking, RankingScores, Scoring};

/// An annotation: a molecule's formula and modifier found in the dataset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// Number of its molecule table.
    pub table: TableIdx,
    /// Place in the table's formulas.
    pub formula: FormulaIdx,
    /// Place in [`SearchSpace::modifiers`].
    pub modifier: ModifierIdx,
    /// Place in [`SearchSpace::ions`].
    pub ion: IonIdx,
    /// chaos · spatial · spectral.
    pub msm: f64,
    /// The score it was ranked by: MSM, or a model's.
    pub score: f64,
    /// Its false discovery rate.
    pub fdr: f64,
    /// Its posterior error probability: the chance that this one is false.
    pub pep: f64,
}

/// A target or decoy of MSM > 0, and the score it was ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Number of its molecule table.
    pub table: TableIdx,
    /// What it is there.
    pub role: Role,
    /// Place in [`SearchSpace::ions`].
    pub ion: IonIdx,
    /// chaos · spatial · spectral.
    pub msm: f64,
    /// MSM, or a model's value; 0 is not ranked.
    pub score: f64,
    /// Probability that an isobar is there in place of it; nothing of decoys, and where the score
    /// does not tell.
    pub doubt: Option<f64>,
    /// The ion whose fragment it is taken for.
    pub fragment_of: Option<IonIdx>,
}

/// What a candidate is in its molecule table; targets stand before decoys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Place in [`TableSpace::targets`](crate::candidates::TableSpace::targets).
    Target(usize),
    /// Place in [`TableSpace::decoys`](crate::candidates::TableSpace::decoys).
    Decoy(usize),
    /// Place in [`TableSpace::recombined`](crate::candidates::TableSpace::recombined).
    Recombined(usize),
}

/// What came of the rankings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranked {
    /// Targets of score > 0 and FDR < 1, and all those of targeted tables, by table, then from the
    /// best score; ties by modifier and ion.
    pub annotations: Vec<Annotation>,
    /// Targets and decoys of MSM > 0, by table, role and place.
    pub candidates: Vec<Candidate>,
    /// What the adaptive score learned; nothing of other scores.
    pub learned: Option<Learned>,
}

/// Ranks the targets of each molecule table and modifier against their decoys, in a dataset of so many
/// pixels.
pub fn rank(
    space: &SearchSpace,
    scores: &[UnitScores],
    scoring: &Scoring,
    config: &AnnotateConfig,
    n_pixels: usize,
) -> Ranked {
    let rankings = 0..space.n_rankings();
    rank_some(space, scores, scoring, config, n_pixels, rankings)
}

/// Does some of the rankings, numbered as [`SearchSpace::ranking`] has them: what [`rank`] finds is
/// what all of them find, in [`order`]. An adaptive score is learned from all in any case.
pub fn rank_some(
    space: &SearchSpace,
    scores: &[UnitScores],
    scoring: &Scoring,
    config: &AnnotateConfig,
    n_pixels: usize,
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
    let competitions: Vec<Competitors> = gathered
        .map(|ranking| Competitors::gather(space, ranking, &metrics))
        .collect();
    let learned =
        is_learned.then(|| learn_scores(&competitions, space, &metrics, config, n_pixels));
    let of_learned = match &learned {
        Some(learned) => split(learned, &competitions),
        None => Vec::new(),
    };
    let of_tables = if is_learned {
        judge_tables(&competitions, &of_learned, space)
    } else {
        Vec::new()
    };
    let mut ranked = Ranked {
        learned,
        ..Ranked::default()
    };
    let wanted = rankings.start - first..rankings.end - first;
    for (place, competitors) in competitions
        .iter()
        .enumerate()
        .filter(|(place, _)| wanted.contains(place))
    {
        let scores = match of_learned.get(place) {
            Some(scores) => scores,
            None => &scoring.scores(&competitors.ranking(space, config)),
        };
        let judged = match of_tables.get(place) {
            Some(judged) => judged,
            None => &competitors.judge(scores, space, config),
        };
        ranked
            .annotations
            .extend(competitors.annotations(scores, judged, space));
        ranked.candidates.extend(competitors.candidates(scores));
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

/// FDR and posterior error of the targets of a ranking.
#[derive(Debug, Clone, PartialEq, Default)]
struct Judged {
    fdrs: Vec<f64>,
    peps: Vec<f64>,
}

impl Judged {
    /// Judges the targets of score > 0; the others are no candidates, with 1 for both.
    fn of(targets: &[f64], doubts: &[f64], judge: impl FnOnce(&[f64], &[f64]) -> Self) -> Self {
        let places: Vec<usize> = (0..targets.len()).filter(|&i| targets[i] > 0.0).collect();
        let chosen = |values: &[f64]| -> Vec<f64> { places.iter().map(|&i| values[i]).collect() };
        let of_chosen = judge(&chosen(targets), &chosen(doubts));
        let mut all = Self {
            fdrs: vec![1.0; targets.len()],
            peps: vec![1.0; targets.len()],
        };
        for (place, (fdr, pep)) in places
            .into_iter()
            .zip(of_chosen.fdrs.into_iter().zip(of_chosen.peps))
        {
            (all.fdrs[place], all.peps[place]) = (fdr, pep);
        }
        all
    }
}

/// Judges the targets of all rankings, those of each table together: adaptive scores are on one scale.
fn judge_tables(
    competitions: &[Competitors],
    scores: &[RankingScores],
    space: &SearchSpace,
) -> Vec<Judged> {
    let mut judged = Vec::new();
    let all: Vec<(&Competitors, &RankingScores)> = competitions.iter().zip(scores).collect();
    for of_table in all.chunk_by(|a, b| a.0.table == b.0.table) {
        let per_target = decoys_per_target(space, of_table[0].0.table);
        let join = |of: fn(&RankingScores) -> &Vec<f64>| -> Vec<f64> {
            of_table
                .iter()
                .flat_map(|(_, scores)| of(scores))
                .copied()
                .collect()
        };
        let (targets, doubts) = (
            join(|scores| &scores.targets),
            join(|scores| &scores.doubts),
        );
        let decoys = above_0(&join(|scores| &scores.decoys));
        let recombined = above_0(&join(|scores| &scores.recombined));
        let nulls = Nulls {
            decoys: &decoys,
            decoys_per_target: per_target.decoys,
            recombined: &recombined,
            recombined_per_target: per_target.recombined,
        };
        let Judged { fdrs, peps } = Judged::of(&targets, &doubts, |targets, doubts| Judged {
            fdrs: joint_fdr(targets, doubts, nulls),
            peps: posterior_errors(targets, doubts, nulls),
        });
        let mut start = 0;
        for (_, scores) in of_table {
            let places = start..start + scores.targets.len();
            start = places.end;
            judged.push(Judged {
                fdrs: fdrs[places.clone()].to_vec(),
                peps: peps[places].to_vec(),
            });
        }
    }
    judged
}

fn decoys_per_target(space: &SearchSpace, table: TableIdx) -> DecoysPerTarget {
    DecoysPerTarget {
        decoys: space.existing_decoys_for_each(table),
        recombined: space.recombined_for_each(table).unwrap_or(f64::INFINITY),
    }
}

/// The scores that are ranked.
fn above_0(scores: &[f64]) -> Vec<f64> {
    scores
        .iter()
        .copied()
        .filter(|&score| score > 0.0)
        .collect()
}

/// Learns the adaptive scores of all targets and decoys, ranking by ranking.
fn learn_scores(
    competitions: &[Competitors],
    space: &SearchSpace,
    metrics: &MetricsOfIons<'_>,
    config: &AnnotateConfig,
    n_pixels: usize,
) -> Learned {
    let tables = 0..space.tables.len();
    let per_target: Vec<DecoysPerTarget> = tables
        .map(|table| decoys_per_target(space, TableIdx::at(table)))
        .collect();
    let mut entries = Vec::new();
    for (ranking, competitors) in (0..).zip(competitions) {
        let table = &space.tables[competitors.table.usize()];
        let target = |target: &Competitor| {
            let formula = table.targets[target.place].formula;
            (formula, target.ion, EntryKind::Target)
        };
        let decoy = |decoy: &Competitor| {
            let formula = table.decoys[decoy.place].formula;
            (formula, decoy.ion, EntryKind::Decoy)
        };
        let recombined = |recombined: &Competitor| {
            let target = table.recombined[recombined.place].target as usize;
            let formula = table.targets[target].formula;
            (formula, recombined.ion, EntryKind::Recombined)
        };
        let targets = competitors.targets.iter().map(target);
        let decoys = competitors.decoys.iter().map(decoy);
        let all = targets.chain(decoys);
        for (formula, ion, kind) in all.chain(competitors.recombined.iter().map(recombined)) {
            let Some((scores, details)) = metrics.source(ion) else {
                continue;
            };
            let of_ion = &space.ions[ion.usize()];
            let formula = (competitors.table, formula);
            entries.push(Entry {
                ion,
                ion_formula: &of_ion.formula,
                charge: of_ion.charge(config.pattern.charge),
                has_loss: config.has_loss(competitors.modifier, space.modifiers.len()),
                ranking,
                formula,
                kind,
                scores,
                details,
            });
        }
    }
    let facts = DatasetFacts {
        per_target: &per_target,
        matrix_ions: &config.matrix_ions(),
        ppm: config.ppm,
        sizes: &GroupSizes::new(n_pixels),
    };
    learn(&entries, facts)
}

/// Scores of all rankings one after another, as those of each.
fn split(learned: &Learned, competitions: &[Competitors]) -> Vec<RankingScores> {
    let mut start = 0;
    let mut of_ranking = |competitors: &Competitors| {
        let targets = start..start + competitors.targets.len();
        let decoys = targets.end..targets.end + competitors.decoys.len();
        let recombined = decoys.end..decoys.end + competitors.recombined.len();
        start = recombined.end;
        RankingScores {
            targets: learned.scores[targets.clone()].to_vec(),
            decoys: learned.scores[decoys].to_vec(),
            recombined: learned.scores[recombined].to_vec(),
            doubts: learned.doubts[targets.clone()].to_vec(),
            fragments_of: learned.fragments_of[targets].to_vec(),
        }
    };
    competitions.iter().map(&mut of_ranking).collect()
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
                found.places[scores.ion.usize()] = place;
                found.metrics.push(IonMetrics::new(scores, details));
                found.sources.push((scores, details));
                place += 1;
            }
        }
        found
    }

    fn of(&self, ion: IonIdx) -> Option<IonMetrics> {
        self.metrics.get(self.places[ion.usize()] as usize).copied()
    }

    fn source(&self, ion: IonIdx) -> Option<(&'a Scores, &'a Details)> {
        self.sources.get(self.places[ion.usize()] as usize).copied()
    }
}

/// A target or decoy that is ranked.
#[derive(Clone, Copy)]
struct Competitor {
    /// Its place among the targets, or the decoys, of its table.
    place: usize,
    ion: IonIdx,
}

/// Who competes in one ranking, and their metrics in the same order.
#[derive(Default)]
struct Competitors {
    table: TableIdx,
    modifier: ModifierIdx,
    targets: Vec<Competitor>,
    target_metrics: Vec<IonMetrics>,
    decoys: Vec<Competitor>,
    decoy_metrics: Vec<IonMetrics>,
    recombined: Vec<Competitor>,
    recombined_metrics: Vec<IonMetrics>,
    /// Existing decoys for each existing target, whatever their MSM.
    n_existing: f64,
}

impl Competitors {
    /// Those of MSM > 0 of a molecule table and modifier.
    fn gather(space: &SearchSpace, ranking: usize, metrics: &MetricsOfIons<'_>) -> Self {
        let (table_idx, modifier) = space.ranking(ranking);
        let mut found = Self {
            table: table_idx,
            modifier,
            n_existing: space.existing_decoys_per_target(table_idx, modifier),
            ..Self::default()
        };
        let table = &space.tables[table_idx.usize()];
        let targets = table.targets.iter().enumerate();
        for (place, target) in targets.filter(|(_, target)| target.modifier == modifier) {
            if let Some(metrics) = metrics.of(target.ion) {
                found.targets.push(Competitor {
                    place,
                    ion: target.ion,
                });
                found.target_metrics.push(metrics);
            }
        }
        let decoys = table.decoys.iter().enumerate();
        for (place, decoy) in decoys.filter(|(_, decoy)| decoy.target_modifier == modifier) {
            let Some(ion) = decoy.ion else { continue };
            if let Some(metrics) = metrics.of(ion) {
                found.decoys.push(Competitor { place, ion });
                found.decoy_metrics.push(metrics);
            }
        }
        for (place, recombined) in table.recombined.iter().enumerate() {
            let ion = recombined.ion;
            if table.targets[recombined.target as usize].modifier != modifier {
                continue;
            }
            if let Some(metrics) = metrics.of(ion) {
                found.recombined.push(Competitor { place, ion });
                found.recombined_metrics.push(metrics);
            }
        }
        found
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

    /// Judges its targets against its own decoys.
    fn judge(
        &self,
        scores: &RankingScores,
        space: &SearchSpace,
        config: &AnnotateConfig,
    ) -> Judged {
        let table = &space.tables[self.table.usize()];
        let draws = self
            .decoys
            .iter()
            .map(|decoy| table.decoys[decoy.place].draw);
        let with_draws: Vec<(f64, u16)> = scores
            .decoys
            .iter()
            .copied()
            .zip(draws)
            .filter(|&(score, _)| score > 0.0)
            .collect();
        // Scores without doubts have none at all.
        let mut doubts = scores.doubts.clone();
        doubts.resize(scores.targets.len(), 0.0);
        let of_draws = DecoyScores {
            scores: &with_draws,
            n_drawn: space.n_decoys,
            n_existing: self.n_existing,
        };
        let decoys = above_0(&scores.decoys);
        let nulls = Nulls {
            decoys: &decoys,
            decoys_per_target: self.decoys_per_target(space, config),
            recombined: &[],
            recombined_per_target: f64::INFINITY,
        };
        Judged::of(&scores.targets, &doubts, |targets, doubts| Judged {
            fdrs: fdr_with_doubts(targets, doubts, of_draws, config.rules.fdr),
            peps: posterior_errors(targets, doubts, nulls),
        })
    }

    /// Targets of score > 0 and FDR < 1; of a targeted table the others too, at FDR 1.
    fn annotations(
        &self,
        scores: &RankingScores,
        judged: &Judged,
        space: &SearchSpace,
    ) -> Vec<Annotation> {
        let table = &space.tables[self.table.usize()];
        let mut annotations: Vec<Annotation> = (0..self.targets.len())
            .filter(|&i| scores.targets[i] > 0.0 && judged.fdrs[i] < 1.0)
            .map(|i| {
                let target = &table.targets[self.targets[i].place];
                Annotation {
                    score: scores.targets[i],
                    fdr: judged.fdrs[i],
                    pep: judged.peps[i],
                    ..self.annotation(target, self.target_metrics[i].msm)
                }
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
        let found: FxHashSet<FormulaIdx> = annotations.iter().map(|found| found.formula).collect();
        let ranked: FxHashMap<usize, usize> = self
            .targets
            .iter()
            .enumerate()
            .map(|(i, target)| (target.place, i))
            .collect();
        table
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| target.modifier == self.modifier)
            .filter(|(_, target)| !found.contains(&target.formula))
            .map(|(place, target)| {
                let (msm, score) = match ranked.get(&place) {
                    Some(&i) => (self.target_metrics[i].msm, scores.targets[i]),
                    None => (0.0, 0.0),
                };
                Annotation {
                    score,
                    ..self.annotation(target, msm)
                }
            })
            .collect()
    }

    /// A target that is not known to be anything yet.
    fn annotation(&self, target: &Target, msm: f64) -> Annotation {
        Annotation {
            table: self.table,
            formula: target.formula,
            modifier: target.modifier,
            ion: target.ion,
            msm,
            score: 0.0,
            fdr: 1.0,
            pep: 1.0,
        }
    }

    /// All of them, targets before decoys.
    fn candidates(&self, scores: &RankingScores) -> Vec<Candidate> {
        let candidate = |role, ion, metrics: &IonMetrics, score| Candidate {
            table: self.table,
            role,
            ion,
            msm: metrics.msm,
            score,
            doubt: None,
            fragment_of: None,
        };
        let mut candidates = Vec::with_capacity(self.targets.len() + self.decoys.len());
        for (i, target) in self.targets.iter().enumerate() {
            let (metrics, score) = (&self.target_metrics[i], scores.targets[i]);
            let role = Role::Target(target.place);
            candidates.push(Candidate {
                doubt: scores.doubts.get(i).copied(),
                fragment_of: scores.fragments_of.get(i).copied().flatten(),
                ..candidate(role, target.ion, metrics, score)
            });
        }
        for (i, decoy) in self.decoys.iter().enumerate() {
            let (metrics, score) = (&self.decoy_metrics[i], scores.decoys[i]);
            let role = Role::Decoy(decoy.place);
            candidates.push(candidate(role, decoy.ion, metrics, score));
        }
        for (i, recombined) in self.recombined.iter().enumerate() {
            // Scores that are not learned do not know them.
            let score = scores.recombined.get(i).copied().unwrap_or(0.0);
            let role = Role::Recombined(recombined.place);
            let metrics = &self.recombined_metrics[i];
            candidates.push(candidate(role, recombined.ion, metrics, score));
        }
        candidates
    }
}
