//! Enrichment: of which kinds of molecules there are more than by chance.
//!
//! ```text
//! terms ─▶ members among the molecules ─┐
//! ions ─▶ one molecule each, drawn ─────┴▶ p of each term ─▶ median over the draws ─▶ q
//! ```
//!
//! An ion may be several isomers and isobars; which one is not known. So each draw takes one of its
//! molecules for each ion, and what is reported of a term is the median over the draws.

pub mod draws;
pub mod over_representation;
pub mod ranked;
pub mod terms;

/// The molecules that each ion may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidates {
    /// Numbers of the molecules of each ion.
    pub molecules_of: Vec<Vec<usize>>,
    /// What draws of each ion depend on: ions of one key and equal molecules are taken for the same
    /// one.
    pub keys: Vec<usize>,
}

/// Molecules that a term needs, median over the draws, so as to be reported.
pub const MIN_MOLECULES: f64 = 2.0;

/// What is found of a term; numbers are medians over the draws.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichedTerm {
    /// The term.
    pub term: String,
    /// Molecules of the term: among the claimed ones, or with a statistic.
    pub observed: f64,
    /// How many there would be by chance; of ranked enrichment those with a statistic.
    pub expected: f64,
    /// Observed by expected; or the largest distance between the two distributions, −1 to 1, above 0
    /// where the term's statistics are larger.
    pub effect: f64,
    /// Probability of as much by chance.
    pub p: f64,
    /// Benjamini–Hochberg q over the terms that have a molecule in the background.
    pub q: f64,
}

/// Puts q to terms, leaves out those of too few molecules, and orders the others by p, then by
/// name.
fn finish(mut terms: Vec<EnrichedTerm>) -> Vec<EnrichedTerm> {
    let p: Vec<Option<f64>> = terms.iter().map(|term| Some(term.p)).collect();
    let q = crate::statistics::adjust::benjamini_hochberg(&p);
    for (term, q) in terms.iter_mut().zip(q) {
        term.q = q.unwrap_or(1.0);
    }
    terms.retain(|term| term.observed >= MIN_MOLECULES);
    terms.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.term.cmp(&b.term)));
    terms
}
