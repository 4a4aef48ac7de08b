//! Where an optical image lies on the ion images.

use ms_core::image::Raster;
use serde::{Deserialize, Serialize};

/// Below this part of the product of its columns' lengths, a determinant is taken for 0: the picture
/// would be a line.
const MIN_DETERMINANT: f64 = 1e-9;

/// A point of the optical image, and the point of the ion images that shows the same: columns and rows
/// from the upper left corner, in pixels of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlPoint {
    /// In the optical image.
    pub optical: [f64; 2],
    /// In the ion images.
    pub ion: [f64; 2],
}

/// An affine map from pixels of an optical image, (u, v), to pixels of the ion images, (x, y):
///
/// x = a·u + c·v + e, y = b·u + d·v + f, given as `[a, b, c, d, e, f]`, the order of SVG. The pixel at
/// column x and row y reaches from (x, y) to (x + 1, y + 1), as in `regions.geojson`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 6]", into = "[f64; 6]")]
pub struct Placement {
    /// What a step to the right in the picture is in the ion images: a and b.
    right: [f64; 2],
    /// What a step down is: c and d.
    down: [f64; 2],
    /// Where the upper left corner of the picture is: e and f.
    origin: [f64; 2],
}

/// Six numbers that are no placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the six numbers place the picture nowhere: they must be finite, and its sides not parallel"
)]
pub struct NoPlacement;

impl TryFrom<[f64; 6]> for Placement {
    type Error = NoPlacement;

    fn try_from(numbers: [f64; 6]) -> Result<Self, NoPlacement> {
        Self::new(numbers)
    }
}

impl From<Placement> for [f64; 6] {
    fn from(placement: Placement) -> Self {
        placement.numbers()
    }
}

impl Placement {
    /// The map of six numbers.
    ///
    /// # Errors
    /// One is not finite, or the map makes a line of the picture.
    pub fn new(numbers: [f64; 6]) -> Result<Self, NoPlacement> {
        let [right, down, origin] = [[0, 1], [2, 3], [4, 5]].map(|pair| pair.map(|at| numbers[at]));
        Self::of_steps(right, down, origin)
    }

    /// The map of what a step to the right and one down are, and of the corner.
    fn of_steps(right: [f64; 2], down: [f64; 2], origin: [f64; 2]) -> Result<Self, NoPlacement> {
        // Not `hypot`, which needs a C library newer than that of many clusters.
        let length = |[x, y]: [f64; 2]| (x * x + y * y).sqrt();
        let area = cross(right, down);
        let is_flat = area.abs() <= MIN_DETERMINANT * length(right) * length(down);
        let is_finite = [right, down, origin]
            .iter()
            .flatten()
            .all(|n| n.is_finite());
        if !is_finite || !area.is_normal() || is_flat {
            return Err(NoPlacement);
        }
        Ok(Self {
            right,
            down,
            origin,
        })
    }

    /// A picture of `width` × `height` pixels as large as it can be within the ion images and in their
    /// middle; `aspect` is the height of a pixel of theirs over its width, that of the picture being square.
    pub fn fitted(width: u32, height: u32, raster: &Raster, aspect: f64) -> Self {
        let [width, height, columns, rows] =
            [width, height, raster.width, raster.height].map(|side| f64::from(side.max(1)));
        let scale = (columns / width).min(rows * aspect / height);
        let (across, down) = (scale, scale / aspect);
        Self {
            right: [across, 0.0],
            down: [0.0, down],
            origin: [
                (columns - across * width) / 2.0,
                (rows - down * height) / 2.0,
            ],
        }
    }

    /// The map that takes three points to three others.
    ///
    /// # Errors
    /// The points of either image lie on a line.
    pub fn of_points(points: &[ControlPoint; 3]) -> Result<Self, NoPlacement> {
        let optical = Self::of_corners(points.map(|point| point.optical))?;
        let ion = Self::of_corners(points.map(|point| point.ion))?;
        // From the picture to what both have in common, and from there to the ion images.
        let through = |at: [f64; 2]| ion.apply(optical.inverse(at));
        let origin = through([0.0, 0.0]);
        let step = |to: [f64; 2]| difference(through(to), origin);
        Self::of_steps(step([1.0, 0.0]), step([0.0, 1.0]), origin)
    }

    /// The map that takes (0, 0), (1, 0) and (0, 1) to three points.
    fn of_corners([origin, right, down]: [[f64; 2]; 3]) -> Result<Self, NoPlacement> {
        Self::of_steps(difference(right, origin), difference(down, origin), origin)
    }

    /// The map from pixels of a picture that shows the same, each `across` columns wide and `down` rows
    /// high.
    #[must_use]
    pub fn of_larger_pixels(self, across: f64, down: f64) -> Self {
        Self {
            right: self.right.map(|step| step * across),
            down: self.down.map(|step| step * down),
            ..self
        }
    }

    /// The point of the ion images over a point of the picture.
    pub fn apply(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|at| self.right[at] * u + self.down[at] * v + self.origin[at])
    }

    /// The point of the picture under a point of the ion images.
    pub fn inverse(&self, at: [f64; 2]) -> [f64; 2] {
        let from_corner = difference(at, self.origin);
        let area = cross(self.right, self.down);
        [
            cross(from_corner, self.down) / area,
            cross(self.right, from_corner) / area,
        ]
    }

    /// The six numbers.
    pub fn numbers(&self) -> [f64; 6] {
        let pairs = [self.right, self.down, self.origin];
        std::array::from_fn(|at| pairs[at / 2][at % 2])
    }

    /// The rows of x and y: what a step to the right, a step down, and the corner are.
    pub fn rows(&self) -> [[f64; 3]; 2] {
        [0, 1].map(|at| [self.right[at], self.down[at], self.origin[at]])
    }
}

/// The area that two steps span, negative where the second is to the left of the first.
fn cross(first: [f64; 2], second: [f64; 2]) -> f64 {
    first[0] * second[1] - first[1] * second[0]
}

fn difference(to: [f64; 2], from: [f64; 2]) -> [f64; 2] {
    [to[0] - from[0], to[1] - from[1]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_near(a: [f64; 2], b: [f64; 2]) -> bool {
        (a[0] - b[0]).abs() < 1e-6 && (a[1] - b[1]).abs() < 1e-6
    }

    #[test]
    fn a_picture_fits_in_the_middle() {
        let raster = Raster {
            width: 100,
            height: 100,
            places: Vec::new(),
        };
        let placement = Placement::fitted(400, 200, &raster, 1.0);
        assert!(is_near(placement.apply([0.0, 0.0]), [0.0, 25.0]));
        assert!(is_near(placement.apply([400.0, 200.0]), [100.0, 75.0]));
        // Pixels twice as high as wide: half as many rows for the same length.
        let placement = Placement::fitted(400, 200, &raster, 2.0);
        assert!(is_near(placement.apply([0.0, 0.0]), [0.0, 37.5]));
        assert!(is_near(placement.apply([400.0, 200.0]), [100.0, 62.5]));
    }

    #[test]
    fn what_places_nothing_is_refused() {
        for numbers in [
            [0.0; 6],
            [1.0, 2.0, 2.0, 4.0, 0.0, 0.0],
            [f64::NAN, 0.0, 0.0, 1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0, 1.0, f64::INFINITY, 0.0],
        ] {
            assert!(Placement::new(numbers).is_err(), "{numbers:?}");
        }
        let on_a_line = [0.0, 1.0, 2.0].map(|at| ControlPoint {
            optical: [at, at],
            ion: [at, 1.0 - at * at],
        });
        assert!(Placement::of_points(&on_a_line).is_err());
    }

    proptest! {
        #[test]
        fn three_points_say_where_it_lies(
            numbers in prop::array::uniform6(-5.0..5.0_f64),
            at in prop::array::uniform3(prop::array::uniform2(0.0..1000.0_f64)),
        ) {
            let [[u0, v0], [u1, v1], [u2, v2]] = at;
            let area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0);
            prop_assume!(area.abs() > 100.0);
            let Ok(placement) = Placement::new(numbers) else {
                return Ok(());
            };
            prop_assume!(cross(placement.right, placement.down).abs() > 0.01);
            let points = at.map(|optical| ControlPoint { optical, ion: placement.apply(optical) });
            let found = Placement::of_points(&points).unwrap();
            for (found, wanted) in found.numbers().iter().zip(numbers) {
                prop_assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
            }
            for optical in at {
                prop_assert!(is_near(placement.inverse(placement.apply(optical)), optical));
            }
        }
    }
}
