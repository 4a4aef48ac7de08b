//! Ranked enrichment: whether the statistics of a term's molecules lie apart from those of the others.

use std::collections::HashMap;

use rayon::prelude::*;

use super::draws::drawn_molecule;
use super::terms::Terms;
use super::{Candidates, EnrichedTerm, finish};
use crate::matrix::median;
use crate::options::EnrichmentOptions;

/// A term in one draw: molecules, signed distance, p.
struct Ranked {
    n: usize,
    distance: f64,
    p: f64,
}

/// Molecules of a draw in the order of their statistics.
struct Order {
    /// Molecules that have a statistic.
    n: usize,
    /// Where each stretch of molecules of one statistic begins, and the end.
    steps: Vec<usize>,
    /// Places of the molecules of each term, ascending.
    places: Vec<Vec<usize>>,
}

/// Enrichment by a statistic of each ion; those that have none are left out.
///
/// In each draw the statistic of a molecule is the mean of those of the ions that are taken for it:
/// its adducts are one observation and not several. The molecules of a term are compared with all
/// others by the two-sample test of Kolmogorov and Smirnov, of both signs, exact.
///
/// # Source
/// As `S2IsoMEr` (Alexandrov group) ranks, without its weights.
pub fn ranked(
    terms: &Terms,
    candidates: &Candidates,
    statistics: &[Option<f64>],
    options: &EnrichmentOptions,
) -> Vec<EnrichedTerm> {
    let draws: Vec<Order> = (0..options.n_draws)
        .into_par_iter()
        .map(|draw| Order::of_draw(terms, candidates, statistics, options.seed, draw))
        .collect();
    let of_term = |number: usize| {
        let mut known: HashMap<(usize, usize, u64), f64> = HashMap::new();
        let of_draw = |draw: &Order| {
            let places = &draw.places[number];
            let (n, others) = (places.len(), draw.n - places.len());
            if n == 0 || others == 0 {
                return Ranked {
                    n,
                    distance: 0.0,
                    p: 1.0,
                };
            }
            let product = distance(places, others, &draw.steps);
            let size = product.unsigned_abs();
            let p = *known
                .entry((n, others, size))
                .or_insert_with(|| p_of(size, n, others));
            let distance = product as f64 / (n as f64 * others as f64);
            Ranked { n, distance, p }
        };
        let all: Vec<Ranked> = draws.iter().map(of_draw).collect();
        let middle = |of: &dyn Fn(&Ranked) -> f64| {
            let mut values: Vec<f64> = all.iter().map(of).collect();
            median(&mut values)
        };
        let n = middle(&|ranked| ranked.n as f64);
        EnrichedTerm {
            term: terms.names[number].clone(),
            observed: n,
            expected: n,
            effect: middle(&|ranked| ranked.distance),
            p: middle(&|ranked| ranked.p),
            q: 1.0,
        }
    };
    let found: Vec<EnrichedTerm> = (0..terms.names.len())
        .into_par_iter()
        .map(of_term)
        .collect();
    finish(
        found
            .into_iter()
            .filter(|term| term.observed > 0.0)
            .collect(),
    )
}

impl Order {
    fn of_draw(
        terms: &Terms,
        candidates: &Candidates,
        statistics: &[Option<f64>],
        seed: u64,
        draw: usize,
    ) -> Self {
        let mut sums = vec![(0.0, 0_u32); terms.of_molecule.len()];
        for (ion, statistic) in statistics.iter().enumerate() {
            let statistic = statistic.filter(|value| !value.is_nan());
            if let (Some(value), Some(molecule)) =
                (statistic, drawn_molecule(candidates, seed, draw, ion))
            {
                sums[molecule] = (sums[molecule].0 + value, sums[molecule].1 + 1);
            }
        }
        let with_sum = sums.iter().enumerate().filter(|(_, (_, n))| *n > 0);
        let mut molecules: Vec<(f64, usize)> = with_sum
            .map(|(molecule, (sum, n))| (sum / f64::from(*n), molecule))
            .collect();
        molecules.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut steps: Vec<usize> = (0..molecules.len())
            .filter(|&at| at == 0 || molecules[at - 1].0.total_cmp(&molecules[at].0).is_lt())
            .collect();
        steps.push(molecules.len());
        let mut places = vec![Vec::new(); terms.names.len()];
        for (place, &(_, molecule)) in molecules.iter().enumerate() {
            for &term in &terms.of_molecule[molecule] {
                places[term].push(place);
            }
        }
        Self {
            n: molecules.len(),
            steps,
            places,
        }
    }
}

/// The largest distance between the two distributions, times the product of both numbers; above 0
/// where the term's statistics are larger.
fn distance(places: &[usize], n_others: usize, steps: &[usize]) -> i64 {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (n, others) = (whole(places.len()), whole(n_others));
    let (mut seen, mut largest) = (0, 0_i64);
    for &end in &steps[1..] {
        while places.get(seen).is_some_and(|place| *place < end) {
            seen += 1;
        }
        let before = whole(end - seen) * n - whole(seen) * others;
        if before.abs() > largest.abs() {
            largest = before;
        }
    }
    largest
}

/// Probability that the distance of m and n values of one distribution is at least this, times m·n:
/// by the share of paths from (0, 0) to (m, n) that stay nearer to the diagonal.
fn p_of(product: u64, m: usize, n: usize) -> f64 {
    let (width, height) = (m as f64, n as f64);
    // Half a step less, so that rounding does not count.
    let reach = (product as f64 - 0.5) / (width * height);
    let is_far = |i: usize, j: usize| (i as f64 / width - j as f64 / height).abs() > reach;
    let mut row: Vec<f64> = vec![0.0; n + 1];
    for (j, value) in row.iter_mut().enumerate() {
        if is_far(0, j) {
            break;
        }
        *value = 1.0;
    }
    for i in 1..=m {
        // Keeps the numbers of paths from growing out of range.
        let weight = i as f64 / (i + n) as f64;
        row[0] = if is_far(i, 0) { 0.0 } else { weight * row[0] };
        for j in 1..=n {
            row[j] = if is_far(i, j) {
                0.0
            } else {
                weight * row[j] + row[j - 1]
            };
        }
    }
    (1.0 - row[n]).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted() {
        // Of C(4, 2) = 6 orders of two and two, two have distance 1; five have 1/2 or more.
        assert!((p_of(4, 2, 2) - 2.0 / 6.0).abs() < 1e-12);
        assert!((p_of(2, 2, 2) - 1.0).abs() < 1e-12);
        // scipy: ks_2samp of 3 above 5 others, exact.
        assert!((p_of(15, 3, 5) - 2.0 / 56.0).abs() < 1e-12);
    }

    #[test]
    fn the_sign_says_where_the_term_lies() {
        let steps = [0, 1, 2, 3, 4, 5];
        assert_eq!(distance(&[3, 4], 3, &steps), 6);
        assert_eq!(distance(&[0, 1], 3, &steps), -6);
        // All of one statistic.
        assert_eq!(distance(&[0, 1], 3, &[0, 5]), 0);
    }
}
