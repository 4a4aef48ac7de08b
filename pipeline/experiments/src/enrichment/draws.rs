//! Which molecule an ion is taken for in a draw.

use super::Candidates;

/// Odd number by which states lie apart: 2⁶⁴ by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The molecule that an ion is taken for in a draw; nothing if it has none.
pub fn drawn_molecule(
    candidates: &Candidates,
    seed: u64,
    draw: usize,
    ion: usize,
) -> Option<usize> {
    let molecules = &candidates.molecules_of[ion];
    let place = drawn(seed, draw, candidates.keys[ion], molecules.len());
    molecules.get(place).copied()
}

/// A number below `n` ≥ 1 for a key of a draw, evenly; a function of its arguments alone. 0 if `n` is 0.
///
/// # Source
/// The output function of `SplitMix64` (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195), once
/// for each argument, so that it is written again in any language in five lines.
pub fn drawn(seed: u64, draw: usize, key: usize, n: usize) -> usize {
    let mixed = mix(mix(mix(seed).wrapping_add(draw as u64)).wrapping_add(key as u64));
    // The upper half of a product of 128 bits is below n.
    let place = (u128::from(mixed) * n as u128) >> 64;
    usize::try_from(place).unwrap_or_default()
}

fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_of_all() {
        // The first output of SplitMix64 with seed 0, as published.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        let mut counts = [0_u32; 3];
        for draw in 0..100 {
            for ion in 0..100 {
                counts[drawn(42, draw, ion, 3)] += 1;
            }
        }
        assert!(
            counts.iter().all(|n| (3_200..3_470).contains(n)),
            "{counts:?}"
        );
    }
}
