//! Mass tolerance: how far a measured m/z may be from a theoretical one.

/// Parts per million.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ppm(pub f64);

/// An m/z interval in Th, both ends within.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Lowest m/z within.
    pub low: f64,
    /// Highest m/z within.
    pub high: f64,
}

impl Window {
    /// All m/z.
    pub const EVERYTHING: Self = Self {
        low: 0.0,
        high: f64::INFINITY,
    };

    /// Windows in any order as few that ascend and do not touch.
    pub fn joined(windows: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut windows: Vec<Self> = windows.into_iter().collect();
        windows.sort_by(|a, b| a.low.total_cmp(&b.low));
        let mut joined: Vec<Self> = Vec::new();
        for window in windows {
            match joined.last_mut().filter(|last| last.high >= window.low) {
                Some(last) => last.high = last.high.max(window.high),
                None => joined.push(window),
            }
        }
        joined
    }
}

impl Ppm {
    /// The window around a theoretical m/z.
    pub fn window(self, mz: f64) -> Window {
        let half_width = mz * self.0 * 1e-6;
        Window {
            low: mz - half_width,
            high: mz + half_width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_touch_are_joined() {
        let window = |(low, high)| Window { low, high };
        let windows = [(5.0, 6.0), (1.0, 2.5), (2.0, 2.2), (2.5, 3.0), (8.0, 9.0)];
        let expected = [(1.0, 3.0), (5.0, 6.0), (8.0, 9.0)];
        assert_eq!(Window::joined(windows.map(window)), expected.map(window));
        assert_eq!(Window::joined([]), []);
    }

    #[test]
    fn half_width_is_relative() {
        let window = Ppm(3.0).window(500.0);
        assert!((window.high - window.low - 0.003).abs() < 1e-12);
    }
}
