//! A bar that says how long something is.

use crate::png::Picture;

/// Share of the width that a bar takes at most.
const MOST: f64 = 0.3;

/// Grey that is seen on white and on black.
const INK: [u8; 4] = [128, 128, 128, 255];

/// Rows of a letter, each as dots from left to right.
type Glyph = [&'static str; 7];

/// Dots between letters, and around the bar and its label.
const GAP: u32 = 1;
/// Thickness of the bar in dots.
const THICKNESS: u32 = 2;
/// Rows of a letter.
const HEIGHT: u32 = 7;
/// Picture columns for which letters are drawn one dot larger.
const COLUMNS_A_DOT: u32 = 240;

/// A bar of a round length.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Length as a share of the image's width.
    pub share: f64,
    /// Length in µm.
    pub micrometres: f64,
    /// Length in words: `200 µm`.
    pub label: String,
}

impl ScaleBar {
    /// The longest bar of 1, 2 or 5 times a power of ten µm that takes up to 30 % of an image of so
    /// many pixels, each so many µm wide; nothing where the width is no length.
    pub fn new(n_columns: u32, pixel_um: f64) -> Option<Self> {
        let width = f64::from(n_columns) * pixel_um;
        if !(width.is_finite() && width > 0.0) {
            return None;
        }
        let most = width * MOST;
        let decade = 10.0_f64.powf(most.log10().floor());
        let micrometres = [5.0, 2.0, 1.0]
            .into_iter()
            .map(|n| n * decade)
            .find(|length| *length <= most)?;
        let label = if micrometres >= 1000.0 {
            format!("{} mm", micrometres / 1000.0)
        } else {
            format!("{micrometres} µm")
        };
        Some(Self {
            share: micrometres / width,
            micrometres,
            label,
        })
    }

    /// The picture with a transparent strip below it that has the bar and its label, at the left.
    /// Where the label is wider than the picture, the picture is made wider.
    pub fn below(&self, picture: &Picture) -> Picture {
        let dot = picture.width.div_ceil(COLUMNS_A_DOT);
        let glyphs: Vec<Glyph> = self.label.chars().filter_map(glyph).collect();
        let columns = glyphs
            .iter()
            .map(|glyph| width_of(glyph) + GAP)
            .sum::<u32>();
        let width = picture.width.max(columns * dot);
        let strip = (3 * GAP + THICKNESS + HEIGHT) * dot;
        let mut out = widened(picture, width, strip);
        let top = picture.height + GAP * dot;
        fill(
            &mut out,
            (0, top),
            (self.columns_of(picture.width), THICKNESS * dot),
        );
        let mut left = 0;
        let top = top + (THICKNESS + GAP) * dot;
        for glyph in glyphs {
            for (y, row) in (0..).zip(glyph) {
                for (x, _) in (0..).zip(row.bytes()).filter(|(_, byte)| *byte == b'#') {
                    fill(&mut out, (left + x * dot, top + y * dot), (dot, dot));
                }
            }
            left += (width_of(&glyph) + GAP) * dot;
        }
        out
    }

    /// Columns of the bar in a picture.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of it"
    )]
    fn columns_of(&self, width: u32) -> u32 {
        (self.share * f64::from(width)).round().max(1.0) as u32
    }
}

/// Columns of a letter.
fn width_of(glyph: &Glyph) -> u32 {
    glyph[0].bytes().map(|_| 1).sum()
}

/// The picture in the upper left corner of a larger one that is transparent elsewhere.
fn widened(picture: &Picture, width: u32, strip: u32) -> Picture {
    let height = picture.height + strip;
    let mut rgba = vec![0; width as usize * height as usize * 4];
    let (from, to) = (picture.width as usize * 4, width as usize * 4);
    for (row, old) in rgba
        .chunks_exact_mut(to.max(4))
        .zip(picture.rgba.chunks_exact(from.max(4)))
    {
        row[..from].copy_from_slice(old);
    }
    Picture {
        width,
        height,
        rgba,
    }
}

/// Inks a rectangle.
fn fill(picture: &mut Picture, (left, top): (u32, u32), (width, height): (u32, u32)) {
    for y in top..(top + height).min(picture.height) {
        for x in left..(left + width).min(picture.width) {
            let at = (y as usize * picture.width as usize + x as usize) * 4;
            picture.rgba[at..at + 4].copy_from_slice(&INK);
        }
    }
}

/// The letters of a label.
fn glyph(letter: char) -> Option<Glyph> {
    Some(match letter {
        '0' => [
            " ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### ",
        ],
        '1' => ["  # ", " ## ", "# # ", "  # ", "  # ", "  # ", "####"],
        '2' => [
            " ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####",
        ],
        '5' => [
            "#####", "#    ", "#### ", "    #", "    #", "#   #", " ### ",
        ],
        '.' => [" ", " ", " ", " ", " ", " ", "#"],
        'µ' => [
            "     ", "     ", "#   #", "#   #", "#   #", "## ##", "# # #",
        ],
        'm' => [
            "     ", "     ", "## # ", "# # #", "# # #", "# # #", "# # #",
        ],
        ' ' => ["  "; 7],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_round_and_fit() {
        for (n_columns, pixel_um, label) in [
            (200, 50.0, "2 mm"),
            (100, 10.0, "200 µm"),
            (60, 50.0, "500 µm"),
            (10, 0.5, "1 µm"),
        ] {
            let bar = ScaleBar::new(n_columns, pixel_um).unwrap();
            assert_eq!(bar.label, label);
            assert!(bar.share <= MOST && bar.share > MOST / 2.6, "{bar:?}");
            assert!(label.chars().all(|letter| glyph(letter).is_some()));
        }
        assert_eq!(ScaleBar::new(0, 50.0), None);
    }

    #[test]
    fn the_picture_stays_as_it_is_above_its_bar() {
        let picture = Picture {
            width: 100,
            height: 4,
            rgba: vec![7; 100 * 4 * 4],
        };
        let out = ScaleBar::new(100, 10.0).unwrap().below(&picture);
        assert_eq!(out.width, 100);
        assert_eq!(out.rgba[..picture.rgba.len()], picture.rgba);
        let row = (4 + GAP) as usize * 100 * 4;
        let inked = out.rgba[row..row + 400]
            .chunks(4)
            .filter(|pixel| **pixel == INK)
            .count();
        assert_eq!(inked, 20, "200 µm are 20 pixels");
    }

    #[test]
    fn a_narrow_picture_is_made_as_wide_as_its_label() {
        let picture = Picture {
            width: 3,
            height: 2,
            rgba: vec![7; 24],
        };
        let out = ScaleBar::new(3, 10.0).unwrap().below(&picture);
        assert!(out.width > 3);
        let second = out.width as usize * 4;
        assert_eq!(
            out.rgba[second..second + 16],
            [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0]
        );
    }
}
