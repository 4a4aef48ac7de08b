//! How levels grow with intensity.

/// The value range that the logarithmic scale shows: three decades.
const LOG_RANGE: f32 = 1000.0;

/// With v the intensity over that of level 1, clipped to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// v.
    #[default]
    Linear,
    /// √v.
    Sqrt,
    /// ln(1 + 999·v) / ln 1000: three decades, and 0 stays 0.
    Log,
    /// Mean rank of the intensity among the pixels that have a signal, over their number; equal
    /// intensities have equal levels.
    Rank,
}

impl Scale {
    /// Turns intensities ≥ 0 into levels from 0 to 1; those above the ceiling have level 1 (their
    /// common rank with [`Self::Rank`]). All are 0 where the ceiling is.
    pub fn apply(self, values: &mut [f32], ceiling: f32) {
        if ceiling <= 0.0 {
            values.fill(0.0);
            return;
        }
        for value in &mut *values {
            *value = (*value / ceiling).clamp(0.0, 1.0);
        }
        match self {
            Self::Linear => {}
            Self::Sqrt => {
                for value in values {
                    *value = value.sqrt();
                }
            }
            Self::Log => {
                for value in values {
                    *value = ((LOG_RANGE - 1.0) * *value).ln_1p() / LOG_RANGE.ln();
                }
            }
            Self::Rank => rank(values),
        }
    }
}

/// Replaces values > 0 by their mean ranks over their number.
fn rank(values: &mut [f32]) {
    let mut order: Vec<usize> = (0..values.len()).filter(|&i| values[i] > 0.0).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    let n = order.len() as f64;
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]].to_bits();
        let n_equal = order[start..]
            .iter()
            .take_while(|&&i| values[i].to_bits() == value)
            .count();
        // Ranks from 1.
        let mean = f64::midpoint((start + 1) as f64, (start + n_equal) as f64);
        #[expect(clippy::cast_possible_truncation, reason = "a level")]
        let level = (mean / n) as f32;
        for &i in &order[start..start + n_equal] {
            values[i] = level;
        }
        start += n_equal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(scale: Scale, values: &[f32], ceiling: f32) -> Vec<f32> {
        let mut values = values.to_vec();
        scale.apply(&mut values, ceiling);
        values
    }

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn scales_are_what_they_are_called() {
        let values = [0.0, 1.0, 4.0, 8.0];
        assert!(close(
            &scaled(Scale::Linear, &values, 4.0),
            &[0.0, 0.25, 1.0, 1.0]
        ));
        assert!(close(
            &scaled(Scale::Sqrt, &values, 4.0),
            &[0.0, 0.5, 1.0, 1.0]
        ));
        let expected = (1.0_f32 + 999.0 / 8.0).log10() / 3.0;
        assert!(close(&scaled(Scale::Log, &values, 8.0)[1..2], &[expected]));
        assert!(close(&scaled(Scale::Log, &values, 8.0)[3..], &[1.0]));
    }

    #[test]
    fn equal_values_share_a_rank_and_zeros_have_none() {
        let levels = scaled(Scale::Rank, &[5.0, 0.0, 1.0, 5.0, 3.0], 5.0);
        assert!(close(&levels, &[0.875, 0.0, 0.25, 0.875, 0.5]));
        assert!(close(&scaled(Scale::Rank, &[0.0, 0.0], 0.0), &[0.0, 0.0]));
    }
}
