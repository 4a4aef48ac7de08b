//! Correction of measured m/z: how far they are off, by m/z and by order of acquisition.

use crate::tolerance::Ppm;

/// A piecewise linear function, constant beyond its first and its last point; 0 without points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Ascending places and the values there.
    points: Vec<(f64, f64)>,
}

/// Points that are no curve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("points of a curve must be numbers, and their places ascend")]
pub struct CurveError;

impl Curve {
    /// The curve through some points.
    ///
    /// # Errors
    /// The places do not ascend, or something is no finite number.
    pub fn new(points: Vec<(f64, f64)>) -> Result<Self, CurveError> {
        let is_ascending = points.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let is_finite = points.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        if is_ascending && is_finite {
            Ok(Self { points })
        } else {
            Err(CurveError)
        }
    }

    /// Its points.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The value at a place.
    ///
    /// # Examples
    /// ```
    /// use ms_core::recalibration::Curve;
    /// let curve = Curve::new(vec![(100.0, 1.0), (200.0, 3.0)])?;
    /// assert_eq!([50.0, 150.0, 900.0].map(|x| curve.at(x)), [1.0, 2.0, 3.0]);
    /// # Ok::<(), ms_core::recalibration::CurveError>(())
    /// ```
    pub fn at(&self, x: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 < x);
        self.between(next, x)
    }

    /// The value at `x`, which lies before the point `next` and not before the one before it.
    fn between(&self, next: usize, x: f64) -> f64 {
        let before = next.checked_sub(1).and_then(|i| self.points.get(i));
        match (before, self.points.get(next)) {
            (Some(&(x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * ((x - x0) / (x1 - x0)),
            (Some(&(_, y)), None) | (None, Some(&(_, y))) => y,
            (None, None) => 0.0,
        }
    }
}

/// By how many ppm measured m/z are too high.
///
/// The error of a peak is the sum of both curves: m/z = measured / (1 + error · 10⁻⁶). A curve of a
/// few points stays far below a slope of 10⁶ ppm in each of m/z, so that the order of peaks stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recalibration {
    /// Error in ppm by measured m/z in Th.
    pub by_mz: Curve,
    /// Error in ppm by the spectrum's place in the file, from 0.
    pub by_spectrum: Curve,
}

impl Recalibration {
    /// Error of a peak of a spectrum.
    pub fn error(&self, spectrum: u64, mz: f64) -> Ppm {
        Ppm(self.by_mz.at(mz) + self.by_spectrum.at(spectrum as f64))
    }

    /// Whether it leaves everything as it is.
    pub fn is_nothing(&self) -> bool {
        let curves = [&self.by_mz, &self.by_spectrum];
        curves.iter().all(|curve| curve.points.is_empty())
    }

    /// Appends the corrected values of a spectrum's ascending m/z.
    pub fn correct(&self, spectrum: u64, measured: &[f64], out: &mut Vec<f64>) {
        let common = self.by_spectrum.at(spectrum as f64);
        let points = &self.by_mz.points;
        let mut next = 0;
        out.extend(measured.iter().map(|&mz| {
            while points.get(next).is_some_and(|point| point.0 < mz) {
                next += 1;
            }
            let error = common + self.by_mz.between(next, mz);
            mz / (1.0 + error * 1e-6)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_shift_is_taken_away() {
        let recalibration = Recalibration {
            by_mz: Curve::new(vec![(200.0, 4.0), (1_000.0, 8.0)]).unwrap(),
            by_spectrum: Curve::new(vec![(0.0, -1.0), (10.0, 1.0)]).unwrap(),
        };
        let mut corrected = Vec::new();
        let true_mzs = [100.0, 600.0, 2_000.0];
        for (spectrum, errors) in [(0, [3.0, 5.0, 7.0]), (5, [4.0, 6.0, 8.0])] {
            let measured: Vec<f64> = true_mzs
                .iter()
                .zip(errors)
                .map(|(mz, error)| mz * (1.0 + error * 1e-6))
                .collect();
            corrected.clear();
            recalibration.correct(spectrum, &measured, &mut corrected);
            for (found, expected) in corrected.iter().zip(true_mzs) {
                assert!((found / expected - 1.0).abs() < 1e-10, "{found} {expected}");
            }
        }
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        for points in [
            vec![(1.0, 0.0), (1.0, 2.0)],
            vec![(2.0, 0.0), (1.0, 0.0)],
            vec![(f64::NAN, 0.0)],
            vec![(0.0, f64::INFINITY)],
        ] {
            assert_eq!(Curve::new(points), Err(CurveError));
        }
        assert!(Recalibration::default().is_nothing());
    }

    proptest! {
        #[test]
        fn the_order_of_peaks_stays(
            errors in prop::collection::vec(-50.0_f64..50.0, 2..6),
            mut mzs in prop::collection::vec(50.0_f64..2_000.0, 1..50),
            spectrum in 0_u64..100,
        ) {
            let points = |step: f64| {
                let place = |(i, &error): (usize, &f64)| (i as f64 * step + 60.0, error);
                Curve::new(errors.iter().enumerate().map(place).collect()).unwrap()
            };
            let recalibration = Recalibration { by_mz: points(100.0), by_spectrum: points(3.0) };
            mzs.sort_by(f64::total_cmp);
            let mut corrected = Vec::new();
            recalibration.correct(spectrum, &mzs, &mut corrected);
            prop_assert!(corrected.is_sorted());
            for (&mz, &found) in mzs.iter().zip(&corrected) {
                let error = recalibration.error(spectrum, mz).0;
                prop_assert!((found * (1.0 + error * 1e-6) - mz).abs() < 1e-9);
            }
        }
    }
}
