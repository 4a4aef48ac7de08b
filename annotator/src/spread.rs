//! How far the number of annotations depends on which decoys were drawn.

use crate::bits::mix;
use crate::candidates::SearchSpace;
use crate::config::{AnnotateConfig, FdrRule};
use crate::indices::{ModifierIdx, TableIdx};
use crate::ranking::{Candidate, Role};

/// Draws of decoys that are imitated.
pub const N_RESAMPLES: u32 = 200;

/// Numbers of annotations up to one FDR over imitated draws of decoys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelSpread {
    /// The FDR.
    pub fdr: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub stddev: f64,
    /// The number that one draw in twenty falls short of.
    pub low: usize,
    /// The number that one in twenty exceeds.
    pub high: usize,
}

/// How the numbers of annotations up to each FDR would vary with the seed of the decoys.
///
/// Decoys that were not drawn have no score, so the draw is imitated from those that were: in each
/// of [`N_RESAMPLES`] a decoy counts 1 + √(1 − n/N)·(k − 1) times, k from a Poisson distribution of
/// mean 1 that depends on (seed, resample, table, formula, draw), n decoys drawn of N adducts. The
/// factor takes into account that n of N are drawn without putting back; with all of them there is
/// no spread. Scores stay what they are, also those learned from decoys. `is_joint` says that all
/// modifiers of a table are ranked together, as adaptive scores are.
///
/// Nothing under [`FdrRule::MedianBinned`], whose FDR is no count of all decoys. Cost: some 5 ns a
/// candidate and resample.
///
/// # Source
/// Bootstrap with Poisson weights: Hanley & `MacGibbon` 2006, doi:10.1016/j.cmpb.2006.04.006.
pub fn spread(
    candidates: &[Candidate],
    space: &SearchSpace,
    config: &AnnotateConfig,
    is_joint: bool,
    levels: &[f64],
) -> Option<Vec<LevelSpread>> {
    if config.rules.fdr == FdrRule::MedianBinned {
        return None;
    }
    let share = f64::from(space.n_decoys) / f64::from(space.n_decoy_adducts.max(1));
    let scale = (1.0 - share).max(0.0).sqrt();
    let rankings = if is_joint {
        joined(&rankings(candidates, space, config), space)
    } else {
        rankings(candidates, space, config)
    };
    let mut counts = vec![Vec::new(); levels.len()];
    for resample in 0..N_RESAMPLES {
        let key = mix(u64::from(config.seed) << 32 | u64::from(resample));
        let weight = |item: u64| 1.0 + scale * (poisson(mix(key ^ item)) - 1.0);
        let mut found = vec![0; levels.len()];
        for ranking in &rankings {
            ranking.add_annotations(levels, &weight, &mut found);
        }
        counts
            .iter_mut()
            .zip(found)
            .for_each(|(counts, found)| counts.push(found));
    }
    Some(
        levels
            .iter()
            .zip(counts)
            .map(|(&fdr, counts)| LevelSpread::of(fdr, counts))
            .collect(),
    )
}

impl LevelSpread {
    fn of(fdr: f64, mut counts: Vec<usize>) -> Self {
        counts.sort_unstable();
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<usize>() as f64 / n;
        let square = |&count: &usize| (count as f64 - mean) * (count as f64 - mean);
        let stddev = (counts.iter().map(square).sum::<f64>() / n).sqrt();
        let last = counts.len() - 1;
        let twentieth = counts.len() / 20;
        Self {
            fdr,
            mean,
            stddev,
            low: counts[twentieth],
            high: counts[last - twentieth],
        }
    }
}

/// The targets of one table and modifier and their decoys, from the best, score 0 left out.
struct Ranking {
    /// Score and doubt.
    targets: Vec<(f64, f64)>,
    /// Score, and what identifies the formula and the draw.
    decoys: Vec<(f64, u64)>,
    decoys_per_target: f64,
    /// Scores of recombined decoys.
    recombined: Vec<f64>,
    recombined_per_target: f64,
    /// What is added to the number of targets.
    added: f64,
}

/// The rankings of each table as one.
fn joined(rankings: &[Ranking], space: &SearchSpace) -> Vec<Ranking> {
    let of_table = rankings.chunks(space.modifiers.len().max(1));
    let mut joined = Vec::new();
    for (table, of_table) in of_table.enumerate() {
        let mut ranking = Ranking {
            targets: of_table
                .iter()
                .flat_map(|ranking| ranking.targets.clone())
                .collect(),
            decoys: of_table
                .iter()
                .flat_map(|ranking| ranking.decoys.clone())
                .collect(),
            decoys_per_target: space.existing_decoys_for_each(TableIdx::at(table)),
            recombined: of_table
                .iter()
                .flat_map(|ranking| ranking.recombined.clone())
                .collect(),
            recombined_per_target: space
                .recombined_for_each(TableIdx::at(table))
                .unwrap_or(f64::INFINITY),
            added: 0.0,
        };
        ranking.sort();
        joined.push(ranking);
    }
    joined
}

fn rankings(
    candidates: &[Candidate],
    space: &SearchSpace,
    config: &AnnotateConfig,
) -> Vec<Ranking> {
    let mut rankings = Vec::new();
    for ranking in 0..space.n_rankings() {
        let (table, modifier) = space.ranking(ranking);
        let decoys_per_target = match config.rules.fdr {
            FdrRule::Existing => space.existing_decoys_per_target(table, modifier),
            FdrRule::Drawn | FdrRule::MedianBinned => f64::from(space.n_decoys),
        };
        rankings.push(Ranking {
            targets: Vec::new(),
            decoys: Vec::new(),
            decoys_per_target,
            recombined: Vec::new(),
            recombined_per_target: f64::INFINITY,
            added: 1.0,
        });
    }
    for candidate in candidates.iter().filter(|candidate| candidate.score > 0.0) {
        let table = &space.tables[candidate.table.usize()];
        let of = |modifier: ModifierIdx| {
            candidate.table.usize() * space.modifiers.len() + modifier.usize()
        };
        match candidate.role {
            Role::Target(place) => {
                let target = (candidate.score, candidate.doubt.unwrap_or(0.0));
                rankings[of(table.targets[place].modifier)]
                    .targets
                    .push(target);
            }
            // Recombined decoys are not drawn.
            Role::Recombined(place) => {
                let target = table.recombined[place].target as usize;
                rankings[of(table.targets[target].modifier)]
                    .recombined
                    .push(candidate.score);
            }
            Role::Decoy(place) => {
                let decoy = &table.decoys[place];
                // A draw stands against all target modifiers of its formula.
                let item = (u64::from(candidate.table.0) << 48)
                    | (u64::from(decoy.formula.0) << 16)
                    | u64::from(decoy.draw);
                rankings[of(decoy.target_modifier)]
                    .decoys
                    .push((candidate.score, item));
            }
        }
    }
    rankings.iter_mut().for_each(Ranking::sort);
    rankings
}

impl Ranking {
    /// Puts both in order, from the best.
    fn sort(&mut self) {
        self.targets
            .sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
        self.decoys
            .sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.recombined.sort_by(|a, b| b.total_cmp(a));
    }

    /// Adds to `found` the targets of FDR up to each level, each decoy counted as often as its weight
    /// says.
    fn add_annotations(&self, levels: &[f64], weight: &impl Fn(u64) -> f64, found: &mut [usize]) {
        let mut decoys = self.decoys.iter().peekable();
        let (mut n_decoys, mut doubt) = (0.0, 0.0);
        let mut of_level = vec![0; levels.len()];
        for (i, target) in self.targets.iter().enumerate() {
            doubt += target.1;
            let is_last_of_equals = self
                .targets
                .get(i + 1)
                .is_none_or(|next| next.0.total_cmp(&target.0).is_ne());
            if !is_last_of_equals {
                continue;
            }
            while let Some((_, item)) = decoys.next_if(|decoy| decoy.0 >= target.0) {
                n_decoys += weight(*item);
            }
            let n_targets = (i + 1) as f64;
            let n_recombined =
                self.recombined.partition_point(|&score| score >= target.0) as f64 + 1.0;
            let by_chance = (n_decoys + 1.0) / self.decoys_per_target;
            let by_chance = by_chance.max(n_recombined / self.recombined_per_target);
            let fdr = (by_chance + doubt) / (n_targets + self.added);
            for (of_level, &level) in of_level.iter_mut().zip(levels) {
                if fdr <= level {
                    *of_level = i + 1;
                }
            }
        }
        found
            .iter_mut()
            .zip(of_level)
            .for_each(|(found, of_level)| *found += of_level);
    }
}

/// A number of a Poisson distribution of mean 1, from 64 random bits.
fn poisson(bits: u64) -> f64 {
    let mut rest = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    let (mut k, mut probability) = (0.0, (-1.0_f64).exp());
    while rest >= probability && k < 20.0 {
        rest -= probability;
        k += 1.0;
        probability /= k;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking() -> Ranking {
        let targets = (0..50).map(|i| (1.0 - 0.01 * f64::from(i), 0.0)).collect();
        let decoys = (0..200_u32)
            .map(|i| (0.8 - 0.004 * f64::from(i), u64::from(i)))
            .collect();
        Ranking {
            targets,
            decoys,
            decoys_per_target: 20.0,
            recombined: Vec::new(),
            recombined_per_target: f64::INFINITY,
            added: 1.0,
        }
    }

    #[test]
    fn weights_of_one_are_the_fdr_itself() {
        use crate::fdr::{DecoyScores, fdr};
        let ranking = ranking();
        let targets: Vec<f64> = ranking.targets.iter().map(|target| target.0).collect();
        let scores: Vec<(f64, u16)> = ranking.decoys.iter().map(|decoy| (decoy.0, 0)).collect();
        let decoys = DecoyScores {
            scores: &scores,
            n_drawn: 20,
            n_existing: 20.0,
        };
        let fdrs = fdr(&targets, decoys, FdrRule::Existing);
        let levels = [0.002, 0.01, 0.05, 0.1];
        let expected = levels.map(|level| fdrs.iter().filter(|&&fdr| fdr <= level).count());
        let mut found = [0; 4];
        ranking.add_annotations(&levels, &|_| 1.0, &mut found);
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_are_poisson_of_mean_1() {
        let n = 100_000_u32;
        let numbers: Vec<f64> = (0..n).map(|i| poisson(mix(u64::from(i)))).collect();
        let mean = numbers.iter().sum::<f64>() / f64::from(n);
        let variance = numbers.iter().map(|k| (k - mean) * (k - mean)).sum::<f64>() / f64::from(n);
        assert!(
            (mean - 1.0).abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn low_and_high_leave_a_twentieth_outside() {
        let spread = LevelSpread::of(0.1, (0..200).collect());
        assert_eq!((spread.low, spread.high), (10, 189));
        assert!((spread.mean - 99.5).abs() < 1e-9 && (spread.stddev - 57.73).abs() < 0.01);
    }
}
