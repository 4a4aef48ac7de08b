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
    fn half_width_is_relative() {
        let window = Ppm(3.0).window(500.0);
        assert!((window.high - window.low - 0.003).abs() < 1e-12);
    }
}
