//! Whether spectra are the sampled signal or peaks, judged by their values.
//!
//! The sampled signal rises and falls over several points at equal steps wherever it is strong;
//! peaks have their neighbours anywhere. Weak points tell nothing: where an analyzer counts ions,
//! most points of the sampled signal are lone counts.

/// Strong maxima that are looked at in a spectrum.
const N_STRONGEST: usize = 40;

/// Spectra of fewer points tell nothing.
const MIN_POINTS: usize = 30;

/// Widest step between points of a sampled signal, in Th.
const MAX_STEP: f64 = 0.25;

/// How much steps of a sampled signal within a peak may differ.
const MAX_STEP_RATIO: f64 = 1.3;

/// Points around a maximum, at the least, that lie at equal steps and fall away from it in a sampled
/// signal …
const MIN_FALLING: usize = 3;

/// … or, where noise lets them rise and fall, that lie at equal steps.
const MIN_REGULAR: usize = 8;

/// Whether a spectrum has enough points to tell.
pub fn shows_anything(n_points: usize) -> bool {
    n_points >= MIN_POINTS
}

/// How much of the intensity of a spectrum's strongest maxima lies in such as a sampled signal has,
/// from 0 to 1; nothing if it has no maximum.
pub fn profile_share(mzs: &[f64], intensities: &[f32]) -> Option<f64> {
    let last = mzs.len().saturating_sub(1);
    let is_top = |place: &usize| {
        let here = intensities[*place];
        here > 0.0 && here >= intensities[place - 1] && here >= intensities[place + 1]
    };
    let mut tops: Vec<usize> = (1..last.max(1)).filter(is_top).collect();
    let by_strength =
        |a: &usize, b: &usize| intensities[*b].total_cmp(&intensities[*a]).then(a.cmp(b));
    if tops.len() > N_STRONGEST {
        tops.select_nth_unstable_by(N_STRONGEST, by_strength);
        tops.truncate(N_STRONGEST);
    }
    tops.sort_unstable_by(by_strength);
    let sum = |of_sampled_only: bool| -> f64 {
        tops.iter()
            .filter(|&&top| !of_sampled_only || is_sampled(mzs, intensities, top))
            .map(|&top| f64::from(intensities[top]))
            .sum()
    };
    let all = sum(false);
    (all > 0.0).then(|| sum(true) / all)
}

/// Whether the points around a maximum lie as those of a sampled signal do.
fn is_sampled(mzs: &[f64], intensities: &[f32], top: usize) -> bool {
    let step = (mzs[top + 1] - mzs[top]).min(mzs[top] - mzs[top - 1]);
    if step <= 0.0 || step > MAX_STEP {
        return false;
    }
    let follows = |a: usize, b: usize| {
        let distance = (mzs[a] - mzs[b]).abs();
        distance <= MAX_STEP_RATIO * step && distance * MAX_STEP_RATIO >= step
    };
    let falls = |near: usize, far: usize| intensities[far] <= intensities[near];
    let rightwards = || (top + 1..mzs.len()).take_while(|&i| follows(i - 1, i));
    let leftwards = || (0..top).rev().take_while(|&i| follows(i + 1, i));
    let right = rightwards()
        .take_while(|&i| falls(i - 1, i))
        .take(MIN_FALLING)
        .count();
    let left = leftwards()
        .take_while(|&i| falls(i + 1, i))
        .take(MIN_FALLING)
        .count();
    let n_regular = rightwards().take(MIN_REGULAR).count() + leftwards().take(MIN_REGULAR).count();
    (right.min(left) >= 1 && right + left >= MIN_FALLING) || n_regular >= MIN_REGULAR
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    /// Numbers from 0 to 1 that repeat themselves.
    fn random(seed: u64) -> impl Iterator<Item = f64> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    #[test]
    fn dense_peaks_are_no_sampled_signal() {
        let mut random = random(5);
        let mut mz = 200.0;
        let (mut mzs, mut intensities) = (Vec::new(), Vec::new());
        for _ in 0..4_000 {
            mz += 0.01 + 0.2 * random.next().unwrap();
            mzs.push(mz);
            intensities.push((1.0 / (0.01 + random.next().unwrap())) as f32);
        }
        let share = profile_share(&mzs, &intensities).unwrap();
        assert!(share < 0.2, "{share}");
        assert_eq!(profile_share(&[], &[]), None);
    }

    #[test]
    fn counted_ions_with_zeros_left_out_are_a_sampled_signal() {
        let mut random = random(9);
        let step = |mz: f64| 12e-6 * mz;
        let (mut mzs, mut intensities) = (Vec::new(), Vec::new());
        let mut mz = 600.0;
        while mz < 900.0 {
            let offset = (mz % 10.0) - 5.0;
            let mean = 60.0 * libm::exp(-0.5 * (offset / (3.0 * step(mz))).powi(2));
            let count = if random.next().unwrap() < 0.04 {
                1.0
            } else {
                0.0
            } + mean.round();
            if count > 0.0 {
                mzs.push(mz);
                intensities.push(count as f32);
            }
            mz += step(mz);
        }
        let share = profile_share(&mzs, &intensities).unwrap();
        assert!(share > 0.6, "{share}");
    }
}
