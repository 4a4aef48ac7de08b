//! Ranked enrichment: whether the statistics of a term's ions lie apart from those of the others.

use std::collections::HashMap;

use rayon::prelude::*;

use super::draws::drawn;
use super::terms::Terms;
use super::{EnrichedTerm, finish};
use crate::matrix::median;
use crate::options::EnrichmentOptions;

/// A term in one draw: ions, signed distance times the product of both numbers, p.
struct Ranked {
    n: usize,
    distance: f64,
    p: f64,
}

/// Enrichment by a statistic of each ion; those that have none are left out.
///
/// In each draw the ions of the molecules of a term are compared with all others by the two-sample
/// test of Kolmogorov and Smirnov, of both signs, exact.
///
/// # Source
/// As S2IsoMEr (Alexandrov group) ranks, without its weights.
pub fn ranked(
    terms: &Terms,
    molecules_of: &[Vec<usize>],
    statistics: &[Option<f64>],
    options: &EnrichmentOptions,
) -> Vec<EnrichedTerm> {
    let mut ions: Vec<(f64, usize)> = statistics
        .iter()
        .enumerate()
        .filter_map(|(ion, value)| {
            value
                .filter(|value| !value.is_nan())
                .map(|value| (value, ion))
        })
        .filter(|(_, ion)| !molecules_of[*ion].is_empty())
        .collect();
    ions.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // Where each place begins that has ions of one statistic.
    let mut steps: Vec<usize> = (0..ions.len())
        .filter(|&place| place == 0 || ions[place - 1].0.total_cmp(&ions[place].0).is_lt())
        .collect();
    steps.push(ions.len());
    let n_terms = terms.names.len();
    let members = |draw: usize| -> Vec<Vec<usize>> {
        let mut places = vec![Vec::new(); n_terms];
        for (place, &(_, ion)) in ions.iter().enumerate() {
            let molecules = &molecules_of[ion];
            let molecule = molecules[drawn(options.seed, draw, ion, molecules.len())];
            for &term in &terms.of_molecule[molecule] {
                places[term].push(place);
            }
        }
        places
    };
    let draws: Vec<Vec<Vec<usize>>> = (0..options.n_draws).into_par_iter().map(members).collect();
    let of_term = |number: usize| {
        let mut known: HashMap<(usize, u64), f64> = HashMap::new();
        let of_draw = |draw: &Vec<Vec<usize>>| {
            let places = &draw[number];
            let (n, others) = (places.len(), ions.len() - places.len());
            if n == 0 || others == 0 {
                return Ranked {
                    n,
                    distance: 0.0,
                    p: 1.0,
                };
            }
            let product = distance(places, others, &steps);
            let p = *known
                .entry((n, product.unsigned_abs()))
                .or_insert_with(|| p_of(product.unsigned_abs(), n, others));
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
    let found: Vec<EnrichedTerm> = (0..n_terms).into_par_iter().map(of_term).collect();
    finish(
        found
            .into_iter()
            .filter(|term| term.observed > 0.0)
            .collect(),
    )
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
