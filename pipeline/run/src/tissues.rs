//! Tissues of a dataset that lie apart: on other planes, or with empty pixels between them.

use ms_core::imzml::{PLANE_GAP, PixelTable};

/// Empty pixels between two that are of one tissue, at most.
const MAX_GAP: u32 = 2;

/// A tissue has at least one pixel for so many of the largest.
const LARGEST_TO_LEAST: usize = 50;

/// The tissues of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tissues {
    /// Of each, whether each pixel of the raster is in it; by their first pixels.
    pub tissues: Vec<Vec<bool>>,
    /// Pixels of groups that are far smaller than the largest, which are in none.
    pub n_stray: usize,
}

impl Tissues {
    /// Those of a raster: groups of pixels of which each is near another of the group. Cost: some
    /// binary searches a pixel.
    pub fn of(pixels: &PixelTable) -> Self {
        let (places, width) = (&pixels.raster.places, pixels.raster.width);
        let pitch = pixels.rows_of_plane + PLANE_GAP;
        let mut groups = Groups::new(places.len());
        for (pixel, &place) in places.iter().enumerate() {
            let (x, y) = (place % width, place / width);
            // Those before it in raster order; a pixel after it finds it itself.
            for row in y.saturating_sub(MAX_GAP + 1)..=y {
                if row / pitch != y / pitch {
                    continue;
                }
                let from = row * width + x.saturating_sub(MAX_GAP + 1);
                let to = row * width + (x + MAX_GAP + 1).min(width - 1);
                let start = places.partition_point(|&other| other < from);
                let near = places[start..].iter().take_while(|other| **other <= to);
                for (other, _) in (start..pixel).zip(near) {
                    groups.join(pixel, other);
                }
            }
        }
        let heads: Vec<usize> = (0..places.len()).map(|pixel| groups.head(pixel)).collect();
        let mut sizes = vec![0_usize; places.len()];
        for &head in &heads {
            sizes[head] += 1;
        }
        // The head of a group is its first pixel.
        let largest = sizes.iter().copied().max().unwrap_or_default();
        let is_tissue = |size: usize| size > 0 && size * LARGEST_TO_LEAST >= largest;
        let large = (0..places.len()).filter(|&head| is_tissue(sizes[head]));
        let tissues: Vec<Vec<bool>> = large
            .map(|head| heads.iter().map(|&other| other == head).collect())
            .collect();
        let stray = sizes.iter().filter(|size| !is_tissue(**size));
        Self {
            n_stray: stray.sum(),
            tissues,
        }
    }
}

/// Disjoint sets of pixels, each known by its first.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn new(n: usize) -> Self {
        Self {
            parents: (0..n).collect(),
        }
    }

    fn head(&mut self, pixel: usize) -> usize {
        let mut head = pixel;
        while self.parents[head] != head {
            self.parents[head] = self.parents[self.parents[head]];
            head = self.parents[head];
        }
        head
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.head(a), self.head(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use ms_core::image::Raster;

    use super::*;

    /// Rows of `#` and blanks, a plane after another.
    fn tissues(stack: &[&[&str]]) -> Tissues {
        let number = |n: usize| u32::try_from(n).unwrap();
        let rows_of_plane = number(stack[0].len());
        let pitch = rows_of_plane + PLANE_GAP;
        let width = number(stack[0][0].len());
        let mut places = Vec::new();
        for (above, plane) in (0..).zip(stack) {
            for (y, row) in (0..).zip(*plane) {
                let here = (0..).zip(row.chars()).filter(|(_, c)| *c == '#');
                places.extend(here.map(|(x, _): (u32, _)| (above * pitch + y) * width + x));
            }
        }
        let n_planes = number(stack.len());
        let raster = Raster {
            width,
            height: n_planes * pitch - PLANE_GAP,
            places,
        };
        Tissues::of(&PixelTable {
            pixel_of_spectrum: (0..number(raster.n_pixels())).collect(),
            n_at_pixel: Vec::new(),
            raster,
            origin: (0, 0),
            step: (1, 1),
            n_left_out: (0, 0),
            z: (1..=n_planes).collect(),
            planes: (1..=n_planes).collect(),
            rows_of_plane,
        })
    }

    #[test]
    fn groups_of_pixels_are_tissues() {
        let found = tissues(&[
            &["##   ##", "#     #", "#  #  #"],
            &["#######", "       ", "       "],
        ]);
        let sizes = |found: &Tissues| -> Vec<usize> {
            let counts = found.tissues.iter();
            counts
                .map(|t| t.iter().filter(|is_in| **is_in).count())
                .collect()
        };
        // Two empty pixels join, three do not; planes never do.
        assert_eq!(sizes(&found), [9, 7]);
        let apart = tissues(&[&["##   ##", "#     #", "#     #"]]);
        assert_eq!((sizes(&apart), apart.n_stray), (vec![4, 4], 0));
        let row = "#".repeat(100) + "    #";
        let stray = tissues(&[&[&row]]);
        assert_eq!((sizes(&stray), stray.n_stray), (vec![100], 1));
    }
}
