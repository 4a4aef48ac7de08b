//! Implausible adducts, and the draw of those that stand against a formula.
//!
//! # Source
//! Target–decoy with implausible adducts: Palmer et al. 2017, doi:10.1038/nmeth.4072. The draw is
//! that of the METASPACE engine bit by bit: the Mersenne Twister MT19937, and the shuffle of
//! numpy's legacy generator.

use ms_core::elements::Element;
use ms_core::ion::Modifier;
use rand_mt::Mt;

const TABLE: &str = include_str!("../data/decoy-adducts.tsv");

/// Which implausible adducts decoys are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecoyAdducts {
    /// All of METASPACE's table.
    All,
    /// Those of elements that are nearly one isotope. Others spoil the isotopic pattern, so that no
    /// compound that is there matches them by chance, as it does ions of molecules.
    OneIsotope,
}

/// Share of its most abundant isotope from which on an element counts as one isotope.
const ONE_ISOTOPE: f64 = 0.99;

/// The decoy adducts of a rule that are none of the target's adducts, modifications or losses, in
/// the order of the table.
pub fn decoy_adducts(targets: &[&Modifier], rule: DecoyAdducts) -> Vec<Modifier> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter(|line| rule == DecoyAdducts::All || is_one_isotope(line))
        .filter_map(|line| line.trim().parse().ok())
        .filter(|decoy: &Modifier| !targets.iter().any(|target| target.delta() == decoy.delta()))
        .collect()
}

/// Of nearly one isotope, but no implausible adduct: M + N is the ion of a molecule with NH more, or
/// with an N in place of a CH.
const PLAUSIBLE: &str = "N";

/// Whether an adduct such as `+Au` is of an element that is nearly one isotope, and implausible.
fn is_one_isotope(adduct: &str) -> bool {
    let symbol = adduct.trim().trim_start_matches('+');
    if symbol == PLAUSIBLE {
        return false;
    }
    let element = Element::from_symbol(symbol);
    element.is_some_and(|element| {
        let shares = element.isotopes().iter().map(|isotope| isotope.abundance);
        shares.fold(0.0, f64::max) >= ONE_ISOTOPE
    })
}

/// Draws decoys for one formula after another.
#[derive(Debug)]
pub struct DecoyDraws {
    generator: Mt,
    n_candidates: u16,
    n_drawn: usize,
}

impl DecoyDraws {
    /// Draws of `n_drawn` from `n_candidates`; of all where there are not so many.
    pub fn new(seed: u32, n_candidates: u16, n_drawn: usize) -> Self {
        Self {
            generator: Mt::new(seed),
            n_candidates,
            n_drawn: n_drawn.min(usize::from(n_candidates)),
        }
    }

    /// The next draw: places in the list of candidates, each at most once.
    pub fn draw(&mut self) -> Vec<u16> {
        let mut list: Vec<u16> = (0..self.n_candidates).collect();
        for last in (1..list.len()).rev() {
            list.swap(last, self.at_most(last));
        }
        list.truncate(self.n_drawn);
        list
    }

    /// A number from 0 to `limit`, by rejection of masked 32-bit draws.
    fn at_most(&mut self, limit: usize) -> usize {
        let mask = (limit + 1).next_power_of_two() - 1;
        loop {
            let number = self.generator.next_u32() as usize & mask;
            if number <= limit {
                return number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_no_decoys() {
        let targets: Vec<Modifier> = ["+H", "+Na", "+O"]
            .iter()
            .map(|t| t.parse().unwrap())
            .collect();
        let targets: Vec<&Modifier> = targets.iter().collect();
        let decoys = decoy_adducts(&targets, DecoyAdducts::All);
        assert_eq!(decoys.len(), 79);
        assert!(decoys.iter().all(|decoy| decoy.text() != "+O"));
        assert_eq!(decoy_adducts(&[], DecoyAdducts::All).len(), 80);
        let one_isotope = decoy_adducts(&targets, DecoyAdducts::OneIsotope);
        let texts: Vec<&str> = one_isotope.iter().map(Modifier::text).collect();
        assert!(texts.contains(&"+Au") && !texts.contains(&"+Sn"));
        assert_eq!(texts.len(), 26);
    }

    /// Made with numpy 2.4: `r = numpy.random.RandomState(42); a = list(range(80)); r.shuffle(a)`.
    #[test]
    fn draws_are_those_of_numpy() {
        let first = DecoyDraws::new(42, 80, 5).draw();
        assert_eq!(first, [30, 0, 22, 31, 18]);
    }

    #[test]
    fn a_draw_has_no_repeats() {
        let mut draws = DecoyDraws::new(7, 33, 20);
        for _ in 0..50 {
            let mut draw = draws.draw();
            draw.sort_unstable();
            draw.dedup();
            assert!(draw.len() == 20 && draw.iter().all(|&i| i < 33));
        }
    }
}
