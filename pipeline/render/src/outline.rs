//! The outline of some pixels, as a path of SVG.

use ms_core::image::Raster;

/// A path along the edges between pixels of a mask and all others, in units of columns and rows.
///
/// Takes one flag for each pixel of the raster. The path has no area: it is to be stroked.
pub fn outline_path(raster: &Raster, mask: &[bool]) -> String {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let is_inside = places_inside(raster, mask);
    let at = |x: usize, y: usize| x < width && y < height && is_inside[y * width + x];
    let before =
        |x: usize, y: usize, (dx, dy): (usize, usize)| x >= dx && y >= dy && at(x - dx, y - dy);
    let mut path = String::new();
    for y in 0..=height {
        let is_edge = |x: usize| at(x, y) != before(x, y, (0, 1));
        for (x, length) in runs(width, is_edge) {
            path += &format!("M{x} {y}h{length}");
        }
    }
    for x in 0..=width {
        let is_edge = |y: usize| at(x, y) != before(x, y, (1, 0));
        for (y, length) in runs(height, is_edge) {
            path += &format!("M{x} {y}v{length}");
        }
    }
    path
}

/// Which places of the raster a mask holds, row by row. A place without a spectrum is held where those
/// on both sides of it are, so that one that was missed is no hole.
pub fn places_inside(raster: &Raster, mask: &[bool]) -> Vec<bool> {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let mut flags: Vec<Option<bool>> = vec![None; width * height];
    for (&place, &inside) in raster.places.iter().zip(mask) {
        flags[place as usize] = Some(inside);
    }
    let is_between = |place: usize, step: usize, at: usize, side: usize| {
        let is_middle = at > 0 && at + 1 < side;
        is_middle
            && [place - step, place + step]
                .iter()
                .all(|&near| flags[near] == Some(true))
    };
    let is_inside = |(place, flag): (usize, &Option<bool>)| {
        flag.unwrap_or_else(|| {
            is_between(place, 1, place % width, width)
                || is_between(place, width, place / width, height)
        })
    };
    flags.iter().enumerate().map(is_inside).collect()
}

/// First place and length of each stretch that is all edges.
fn runs(n: usize, is_edge: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for place in (0..n).filter(|&place| is_edge(place)) {
        match found.last_mut() {
            Some((first, length)) if *first + *length == place => *length += 1,
            _ => found.push((place, 1)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(rows: &[&str]) -> String {
        let cells = || rows.iter().flat_map(|row| row.bytes());
        let places = (0..).zip(cells()).filter(|(_, cell)| *cell != b' ');
        let raster = Raster {
            width: rows[0].len().try_into().unwrap(),
            height: rows.len().try_into().unwrap(),
            places: places.map(|(place, _)| place).collect(),
        };
        let mask: Vec<bool> = cells()
            .filter(|cell| *cell != b' ')
            .map(|cell| cell == b'#')
            .collect();
        outline_path(&raster, &mask)
    }

    #[test]
    fn a_path_follows_the_edges_of_pixels() {
        assert_eq!(path(&["....", ".##.", "...."]), "M1 1h2M1 2h2M1 1v1M3 1v1");
        // The edge of the image counts, and so does a pixel without a spectrum.
        assert_eq!(path(&["# "]), "M0 0h1M0 1h1M0 0v1M1 0v1");
        assert_eq!(path(&["###", "#.#", "###"]).matches('M').count(), 8);
        assert_eq!(path(&["..", ".."]), "");
        // One that was missed in the middle is no hole.
        assert_eq!(path(&["###", "# #", "###"]).matches('M').count(), 4);
        assert_eq!(path(&["###", "# .", "#.."]).matches('M').count(), 6);
    }
}
