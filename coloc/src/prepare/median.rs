//! The median of each 3 × 3 neighbourhood.

use pulp::Arch;

/// An image with a border of one, and the buffers that filtering it takes.
#[derive(Debug, Default)]
pub struct Filter {
    width: usize,
    height: usize,
    /// `(width + 2) × (height + 2)` values.
    padded: Vec<f32>,
    low: Vec<f32>,
    middle: Vec<f32>,
    high: Vec<f32>,
}

impl Filter {
    /// Starts an image of zeros but for some places, which ascend, and their values.
    pub(super) fn fill(
        &mut self,
        width: usize,
        height: usize,
        values: impl Iterator<Item = (usize, f32)>,
    ) {
        (self.width, self.height) = (width, height);
        self.padded.clear();
        self.padded.resize((width + 2) * (height + 2), 0.0);
        for columns in [&mut self.low, &mut self.middle, &mut self.high] {
            columns.resize(width + 2, 0.0);
        }
        // A row is as long as the image is wide, and two more; the first is the border's.
        let (mut row_end, mut shift) = (width, width + 3);
        for (place, value) in values {
            while place >= row_end {
                row_end += width;
                shift += 2;
            }
            self.padded[place + shift] = value;
        }
    }

    /// Writes the filtered image, row by row.
    pub(super) fn write(&mut self, out: &mut [f32]) {
        if self.width == 0 || self.height == 0 {
            return;
        }
        self.reflect();
        Arch::new().dispatch(|| {
            let stride = self.width + 2;
            for (y, out) in out.chunks_exact_mut(self.width).enumerate() {
                let (above, rest) = self.padded[y * stride..].split_at(stride);
                let (here, below) = rest.split_at(stride);
                sort_columns(
                    [above, here, below],
                    &mut self.low,
                    &mut self.middle,
                    &mut self.high,
                );
                medians(&self.low, &self.middle, &self.high, out);
            }
        });
    }

    /// Fills the border with what lies next to it: d c b a | a b c d | d c b a.
    fn reflect(&mut self) {
        let stride = self.width + 2;
        for row in self.padded.chunks_exact_mut(stride) {
            row[0] = row[1];
            row[stride - 1] = row[stride - 2];
        }
        self.padded.copy_within(stride..2 * stride, 0);
        let last = self.height * stride;
        self.padded.copy_within(last..last + stride, last + stride);
    }
}

/// Sorts each column of three rows.
#[inline]
fn sort_columns(rows: [&[f32]; 3], low: &mut [f32], middle: &mut [f32], high: &mut [f32]) {
    let n = low.len();
    let [above, here, below] = rows.map(|row| &row[..n]);
    let (middle, high) = (&mut middle[..n], &mut high[..n]);
    for x in 0..n {
        (low[x], middle[x], high[x]) = sorted(above[x], here[x], below[x]);
    }
}

/// The median of nine, of three sorted columns: the middle one of the largest low, the median middle
/// and the smallest high.
#[inline]
fn medians(low: &[f32], middle: &[f32], high: &[f32], out: &mut [f32]) {
    let n = out.len();
    let [low, middle, high] =
        [low, middle, high].map(|columns| [0, 1, 2].map(|shift| &columns[shift..][..n]));
    for x in 0..n {
        let low = larger(larger(low[0][x], low[1][x]), low[2][x]);
        let middle = sorted(middle[0][x], middle[1][x], middle[2][x]).1;
        let high = smaller(smaller(high[0][x], high[1][x]), high[2][x]);
        out[x] = sorted(low, middle, high).1;
    }
}

#[inline]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

#[inline]
fn sorted(a: f32, b: f32, c: f32) -> (f32, f32, f32) {
    let (a, b) = (smaller(a, b), larger(a, b));
    let (b, c) = (smaller(b, c), larger(b, c));
    (smaller(a, b), larger(a, b), c)
}

/// The median of the 3 × 3 neighbourhood of each value of an image, `width × height`, row-major;
/// beyond the border the image is reflected (d c b a | a b c d | d c b a).
///
/// Source: `scipy.ndimage.median_filter(image, 3)` gives the same. Cost: some 20 minima and
/// maxima a value.
pub fn median_filter(image: &[f32], width: usize) -> Vec<f32> {
    if width == 0 {
        return Vec::new();
    }
    let mut filter = Filter::default();
    filter.fill(
        width,
        image.len() / width,
        image.iter().copied().enumerate(),
    );
    let mut out = vec![0.0; image.len()];
    filter.write(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By sorting nine values for each pixel.
    fn naive(image: &[f32], width: usize) -> Vec<f32> {
        let height = image.len() / width;
        let near = |at: usize, n: usize| {
            [
                at.saturating_sub(1),
                at,
                if at + 1 < n { at + 1 } else { at },
            ]
        };
        let median = |place: usize| {
            let (x, y) = (place % width, place / width);
            let mut values: Vec<f32> = near(y, height)
                .iter()
                .flat_map(|y| near(x, width).map(|x| image[y * width + x]))
                .collect();
            values.sort_by(f32::total_cmp);
            values[4]
        };
        (0..image.len()).map(median).collect()
    }

    proptest! {
        #[test]
        fn equals_sorting(width in 1_usize..9, height in 1_usize..9, seed in 0_u64..1000) {
            let mut random = crate::random::Random::new(seed, 0);
            let image: Vec<f32> =
                (0..width * height).map(|_| [0.0, 1.0, 2.0, 3.0][random.below(4)]).collect();
            prop_assert_eq!(median_filter(&image, width), naive(&image, width));
        }
    }
}
