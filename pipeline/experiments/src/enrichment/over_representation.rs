//! Over-representation: whether more of the claimed molecules are of a term than by chance.

use rayon::prelude::*;

use super::draws::drawn_molecule;
use super::terms::Terms;
use super::{Candidates, EnrichedTerm, finish};
use crate::matrix::median;
use crate::options::EnrichmentOptions;
use crate::statistics::distributions::hypergeometric_tail;

/// What could have been claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Every molecule: what the table could have found, as METASPACE has it.
    Molecules,
    /// The molecules that are drawn for all ions: what was found.
    Found,
}

/// A term in one draw.
struct Counted {
    observed: f64,
    expected: f64,
    fold: f64,
    p: f64,
}

/// Enrichment of the claimed ions.
///
/// In each draw the claimed molecules are those drawn for the claimed ions, each once. With n of
/// them of N in the background, and K of these of the term, the p of k is that of Fisher's exact
/// test, greater.
///
/// # Source
/// The rule of METASPACE's enrichment, which is that of LION/web (Molenaar 2019,
/// doi:10.1093/gigascience/giz061) with molecules drawn.
pub fn over_representation(
    terms: &Terms,
    candidates: &Candidates,
    is_claimed: &[bool],
    background: Background,
    options: &EnrichmentOptions,
) -> Vec<EnrichedTerm> {
    let n_terms = terms.names.len();
    let draw = |draw: usize| -> Vec<Counted> {
        let mut is_found = vec![background == Background::Molecules; terms.of_molecule.len()];
        let mut is_hit = vec![false; terms.of_molecule.len()];
        for (ion, &is_claimed) in is_claimed.iter().enumerate() {
            if let Some(molecule) = drawn_molecule(candidates, options.seed, draw, ion) {
                is_found[molecule] = true;
                is_hit[molecule] |= is_claimed;
            }
        }
        let (mut hits, mut found) = (vec![0_u64; n_terms], vec![0_u64; n_terms]);
        for (molecule, numbers) in terms.of_molecule.iter().enumerate() {
            for &number in numbers {
                found[number] += u64::from(is_found[molecule]);
                hits[number] += u64::from(is_hit[molecule]);
            }
        }
        let n_hits = is_hit.iter().filter(|hit| **hit).count() as u64;
        let n_found = is_found.iter().filter(|found| **found).count() as u64;
        let counted = |(&hits, &found): (&u64, &u64)| {
            let expected = n_hits as f64 * found as f64 / n_found.max(1) as f64;
            Counted {
                observed: hits as f64,
                expected,
                fold: if hits == 0 {
                    0.0
                } else {
                    hits as f64 / expected
                },
                p: hypergeometric_tail(hits, n_hits, found, n_found),
            }
        };
        hits.iter().zip(&found).map(counted).collect()
    };
    let draws: Vec<Vec<Counted>> = (0..options.n_draws).into_par_iter().map(draw).collect();
    let of_term = |number: usize| {
        let middle = |of: &dyn Fn(&Counted) -> f64| {
            let mut values: Vec<f64> = draws.iter().map(|draw| of(&draw[number])).collect();
            median(&mut values)
        };
        EnrichedTerm {
            term: terms.names[number].clone(),
            observed: middle(&|counted| counted.observed),
            expected: middle(&|counted| counted.expected),
            effect: middle(&|counted| counted.fold),
            p: middle(&|counted| counted.p),
            q: 1.0,
        }
    };
    let all = (0..n_terms).map(of_term);
    finish(all.filter(|term| term.expected > 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> EnrichmentOptions {
        EnrichmentOptions {
            n_draws: 5,
            ..EnrichmentOptions::default()
        }
    }

    #[test]
    fn a_term_of_all_that_is_claimed_is_enriched() {
        let terms = Terms {
            names: vec!["even".into(), "odd".into()],
            of_molecule: (0..20).map(|molecule| vec![molecule % 2]).collect(),
            n_members: 20,
            n_unmatched: 0,
        };
        let candidates = Candidates {
            molecules_of: (0..20).map(|molecule| vec![molecule]).collect(),
            keys: (0..20).collect(),
        };
        let is_claimed: Vec<bool> = (0..20).map(|ion| ion % 2 == 0 && ion < 12).collect();
        let found = over_representation(
            &terms,
            &candidates,
            &is_claimed,
            Background::Found,
            &options(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].observed, found[0].expected, found[0].effect),
            (6.0, 3.0, 2.0)
        );
        // C(10,6) / C(20,6)
        assert!((found[0].p - 210.0 / 38_760.0).abs() < 1e-12);
        assert!((found[0].q - 2.0 * found[0].p).abs() < 1e-12);
    }
}
