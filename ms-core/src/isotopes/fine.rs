//! Fine structure: the isotopic configurations of a formula above a relative probability.

use super::pattern::{MAX_FINE_PEAKS, MIN_RELATIVE_INTENSITY, PatternError};
use crate::elements::{Element, Isotope, n_elements};
use crate::formula::Formula;

/// Natural logarithm of the probability under which a configuration of one element is dropped.
const MIN_ELEMENT_LN_P: f64 = -20.0;

/// A configuration of the isotopes of one element or formula.
#[derive(Debug, Clone, Copy)]
struct Configuration {
    mass_da: f64,
    /// Probability over that of the most probable configuration.
    relative: f64,
}

/// Enumerates fine structures, keeping the configurations of each (element, count) it has met.
#[derive(Debug)]
pub(super) struct FineStructure {
    /// By element, then by count; each list has the most probable configuration first.
    known: Vec<Vec<Option<Box<[Configuration]>>>>,
    product: Vec<Configuration>,
    spare: Vec<Configuration>,
}

impl Default for FineStructure {
    fn default() -> Self {
        Self {
            known: vec![Vec::new(); n_elements()],
            product: Vec::new(),
            spare: Vec::new(),
        }
    }
}

impl FineStructure {
    /// Writes (mass in Da, probability relative to the largest) of every configuration of
    /// relative probability ≥ 1e-4, by mass.
    pub(super) fn compute(
        &mut self,
        ion: &Formula,
        out: &mut Vec<(f64, f64)>,
    ) -> Result<(), PatternError> {
        let too_complex = || PatternError::TooComplex {
            formula: ion.to_string(),
        };
        self.product.clear();
        self.product.push(Configuration {
            mass_da: 0.0,
            relative: 1.0,
        });
        let mut labels_da = 0.0;
        let mut only_labels = true;
        for (element, count) in ion.iter() {
            if element.is_label() {
                labels_da += f64::from(count) * element.principal_mass_da();
                continue;
            }
            only_labels = false;
            let known = &mut self.known[element.index()];
            let configurations = configurations(known, element, count).ok_or_else(too_complex)?;
            multiply(&mut self.product, configurations, &mut self.spare);
            if self.product.len() > MAX_FINE_PEAKS {
                return Err(too_complex());
            }
        }
        if only_labels {
            return Err(PatternError::LabelsOnly(ion.to_string()));
        }
        out.clear();
        out.extend(
            self.product
                .iter()
                .map(|c| (c.mass_da + labels_da, c.relative)),
        );
        out.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Ok(())
    }
}

/// `product` × `factor`, without what falls below the threshold; `spare` is room to work in.
fn multiply(
    product: &mut Vec<Configuration>,
    factor: &[Configuration],
    spare: &mut Vec<Configuration>,
) {
    if let [only] = factor {
        for configuration in product {
            configuration.mass_da += only.mass_da;
        }
        return;
    }
    spare.clear();
    for left in &*product {
        for right in factor {
            let relative = left.relative * right.relative;
            if relative < MIN_RELATIVE_INTENSITY {
                break;
            }
            spare.push(Configuration {
                mass_da: left.mass_da + right.mass_da,
                relative,
            });
        }
    }
    std::mem::swap(product, spare);
}

/// The configurations of `count` atoms of an element, enumerated at the first call.
fn configurations(
    known: &mut Vec<Option<Box<[Configuration]>>>,
    element: Element,
    count: i32,
) -> Option<&[Configuration]> {
    let place = usize::try_from(count).ok()?;
    if known.len() <= place {
        known.resize(place + 1, None);
    }
    let slot = &mut known[place];
    if slot.is_none() {
        *slot = Some(enumerate(element.isotopes(), count)?.into_boxed_slice());
    }
    slot.as_deref()
}

/// Configurations of `count` atoms whose probability is ≥ e^-20 and ≥ 1e-4 of the largest, the most
/// probable first; nothing if there are more than [`MAX_FINE_PEAKS`].
fn enumerate(isotopes: &[Isotope], count: i32) -> Option<Vec<Configuration>> {
    let mut abundant_first: Vec<Isotope> = isotopes
        .iter()
        .copied()
        .filter(|isotope| isotope.abundance > 0.0)
        .collect();
    abundant_first.sort_by(|a, b| b.abundance.total_cmp(&a.abundance));
    let mut search = Search {
        isotopes: abundant_first,
        ln_factorials: ln_factorials(count),
        found: Vec::new(),
        best_ln_p: f64::NEG_INFINITY,
        n_visited: 0,
    };
    search.extend(0, count, 0.0, 0.0)?;
    let floor = MIN_ELEMENT_LN_P.max(search.best_ln_p + libm::log(MIN_RELATIVE_INTENSITY));
    let best = search.best_ln_p;
    let mut kept: Vec<Configuration> = search
        .found
        .iter()
        .filter(|(_, ln_p)| *ln_p >= floor)
        .map(|&(mass_da, ln_p)| Configuration {
            mass_da,
            relative: libm::exp(ln_p - best),
        })
        .collect();
    kept.sort_by(|a, b| {
        b.relative
            .total_cmp(&a.relative)
            .then(a.mass_da.total_cmp(&b.mass_da))
    });
    Some(kept)
}

/// Depth-first search over the counts of one isotope after another.
struct Search {
    /// The most abundant first.
    isotopes: Vec<Isotope>,
    ln_factorials: Vec<f64>,
    /// Mass and ln p of what was found.
    found: Vec<(f64, f64)>,
    best_ln_p: f64,
    n_visited: usize,
}

impl Search {
    /// Distributes `left` atoms over the isotopes from `place` on. `ln_p` is the multinomial
    /// log-probability of the counts chosen so far, without the factor for the atoms left.
    fn extend(&mut self, place: usize, left: i32, mass_da: f64, ln_p: f64) -> Option<()> {
        self.n_visited += 1;
        if self.n_visited > 4 * MAX_FINE_PEAKS {
            return None;
        }
        let isotope = self.isotopes[place];
        if place + 1 == self.isotopes.len() {
            let ln_p = ln_p + f64::from(left) * libm::log(isotope.abundance);
            if ln_p >= self.floor() {
                self.best_ln_p = self.best_ln_p.max(ln_p);
                self.found
                    .push((mass_da + f64::from(left) * isotope.mass_da, ln_p));
            }
            return Some(());
        }
        let rest: f64 = self.isotopes[place + 1..]
            .iter()
            .map(|isotope| isotope.abundance)
            .sum();
        for here in (0..=left).rev() {
            let remaining = left - here;
            let chosen = ln_p
                + self.ln_binomial(left, here)
                + f64::from(here) * libm::log(isotope.abundance);
            // No distribution of the remaining atoms has more than their whole probability.
            if chosen + f64::from(remaining) * libm::log(rest) < self.floor() {
                continue;
            }
            let mass_da = mass_da + f64::from(here) * isotope.mass_da;
            self.extend(place + 1, remaining, mass_da, chosen)?;
        }
        Some(())
    }

    fn floor(&self) -> f64 {
        MIN_ELEMENT_LN_P.max(self.best_ln_p + libm::log(MIN_RELATIVE_INTENSITY))
    }

    fn ln_binomial(&self, n: i32, k: i32) -> f64 {
        debug_assert!(0 <= k && k <= n, "{n} over {k}");
        let ln_factorial = |i: i32| self.ln_factorials[i.unsigned_abs() as usize];
        ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
    }
}

/// ln 0!, ln 1!, … ln n!
fn ln_factorials(n: i32) -> Vec<f64> {
    let mut table = vec![0.0];
    let mut sum = 0.0;
    for i in 1..=n {
        sum += libm::log(f64::from(i));
        table.push(sum);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Repeats;
    use proptest::prelude::*;

    fn fine(text: &str) -> Vec<(f64, f64)> {
        let mut out = Vec::new();
        let formula = Formula::parse(text, Repeats::Add).unwrap();
        FineStructure::default()
            .compute(&formula, &mut out)
            .unwrap();
        out
    }

    #[test]
    fn two_chlorines_are_a_binomial() {
        let peaks = fine("Cl2");
        let (p35, p37) = (0.7576, 0.2424);
        assert_eq!(peaks.len(), 3);
        assert!((peaks[1].1 - 2.0 * p37 / p35).abs() < 1e-9);
        assert!((peaks[2].1 - (p37 / p35).powi(2)).abs() < 1e-9);
        assert!((peaks[1].0 - (34.968_852_68 + 36.965_902_59)).abs() < 1e-6);
    }

    proptest! {
        /// Against every configuration, enumerated without pruning.
        #[test]
        fn equals_the_naive_product(c in 1..12, o in 0..4, s in 0..3, cl in 0..3) {
            let carbon = Element::from_symbol("C").unwrap();
            let mut naive = vec![(0.0, 1.0)];
            let mut text = String::new();
            for (symbol, n) in [("C", c), ("O", o), ("S", s), ("Cl", cl)] {
                if n > 0 { text += &format!("{symbol}{n}"); }
                for _ in 0..n {
                    let isotopes = Element::from_symbol(symbol).unwrap().isotopes();
                    let mut next: Vec<(f64, f64)> = Vec::new();
                    for &(mass, p) in &naive {
                        for isotope in isotopes {
                            let (mass, p) = (mass + isotope.mass_da, p * isotope.abundance);
                            match next.iter_mut().find(|(m, _)| (*m - mass).abs() < 1e-7) {
                                Some(same) => same.1 += p,
                                None => next.push((mass, p)),
                            }
                        }
                    }
                    naive = next;
                }
            }
            let top = naive.iter().map(|&(_, p)| p).fold(0.0, f64::max);
            naive.retain(|&(_, p)| p / top >= 1e-4);
            naive.sort_by(|a, b| a.0.total_cmp(&b.0));
            let found = fine(&text);
            prop_assert!(carbon.isotopes().len() == 2);
            prop_assert_eq!(found.len(), naive.len());
            for (a, b) in found.iter().zip(&naive) {
                prop_assert!((a.0 - b.0).abs() < 1e-6 && (a.1 - b.1 / top).abs() < 1e-9);
            }
        }
    }
}
