//! Levels to colours.

use std::fmt;
use std::str::FromStr;

/// Colours of a table; with the transparent one they are 256.
pub const N_COLORS: usize = 255;

/// How light and dark follow the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// Dark violet over green to yellow.
    #[default]
    Viridis,
    /// Black over magenta to light yellow.
    Magma,
    /// Black over orange to light yellow.
    Inferno,
    /// Blue over grey to yellow: for people who see fewer colours.
    Cividis,
    /// Black to white.
    Grey,
}

/// A palette, from its dark end or from its light one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colormap {
    /// The colours.
    pub palette: Palette,
    /// Whether level 0 has the last colour.
    pub is_reversed: bool,
}

/// What ends the name of a reversed colormap.
const REVERSED: &str = "-reversed";

/// Cividis from dark to light, as it was published. The library has a polynomial in its place, which
/// is up to 19 of 255 off.
const CIVIDIS: [[u8; 3]; 256] = table(include_bytes!("../data/cividis.tsv"));

/// Reads a line of comment and 256 lines of red, green and blue; one that has others does not compile.
const fn table(text: &[u8]) -> [[u8; 3]; 256] {
    let mut colors = [[0; 3]; 256];
    let mut place = 0;
    while text[place] != b'\n' {
        place += 1;
    }
    let mut n = 0;
    while n < 3 * colors.len() {
        place += 1;
        assert!(text[place].is_ascii_digit(), "a number is missing");
        while text[place].is_ascii_digit() {
            colors[n / 3][n % 3] = 10 * colors[n / 3][n % 3] + (text[place] - b'0');
            place += 1;
        }
        n += 1;
    }
    assert!(place + 1 == text.len(), "there are more than 256 lines");
    colors
}

impl Palette {
    /// Every palette there is.
    pub const ALL: [Self; 5] = [
        Self::Viridis,
        Self::Magma,
        Self::Inferno,
        Self::Cividis,
        Self::Grey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Viridis => "viridis",
            Self::Magma => "magma",
            Self::Inferno => "inferno",
            Self::Cividis => "cividis",
            Self::Grey => "grey",
        }
    }

    /// Red, green and blue of a level between 0 and 1.
    fn color(self, level: f64) -> [u8; 3] {
        let level = level.clamp(0.0, 1.0);
        let gradient = match self {
            Self::Viridis => colorous::VIRIDIS,
            Self::Magma => colorous::MAGMA,
            Self::Inferno => colorous::INFERNO,
            Self::Cividis => return CIVIDIS[usize::from(rounded(level))],
            Self::Grey => return [rounded(level); 3],
        };
        gradient.eval_continuous(level).as_array()
    }
}

/// `255 · level` to the nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 1"
)]
fn rounded(level: f64) -> u8 {
    (level * 255.0 + 0.5) as u8
}

impl Colormap {
    /// Every colormap there is.
    pub fn all() -> Vec<Self> {
        let of = |palette: &Palette| {
            [false, true].map(|is_reversed| Self {
                palette: *palette,
                is_reversed,
            })
        };
        Palette::ALL.iter().flat_map(of).collect()
    }

    /// Red, green and blue of a level between 0 and 1.
    pub fn color(self, level: f64) -> [u8; 3] {
        self.palette
            .color(if self.is_reversed { 1.0 - level } else { level })
    }

    /// The table that [`super::Levels::indices`] points into: 256 colours, the first of them for
    /// places without a spectrum, which is transparent.
    pub fn table(self) -> [[u8; 3]; 256] {
        let mut table = [[0; 3]; 256];
        for (number, color) in table[1..].iter_mut().enumerate() {
            *color = self.color(number as f64 / (N_COLORS - 1) as f64);
        }
        table
    }
}

impl fmt::Display for Colormap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.palette.name())?;
        f.write_str(if self.is_reversed { REVERSED } else { "" })
    }
}

/// A name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}, not `{name}`", names())]
pub struct UnknownColormap {
    /// What was given.
    pub name: String,
}

fn names() -> String {
    Colormap::all()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

impl FromStr for Colormap {
    type Err = UnknownColormap;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownColormap { name: name.into() };
        Self::all()
            .into_iter()
            .find(|colormap| colormap.to_string() == name)
            .ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours of matplotlib 3.11.2 at places 0, 64, 128, 191 and 255 of its tables of 256; all of
    /// them are compared in `tests/python/check_images.py`.
    const MATPLOTLIB: [(Palette, [[u8; 3]; 5]); 4] = [
        (
            Palette::Viridis,
            [
                [68, 1, 84],
                [59, 82, 139],
                [33, 145, 140],
                [92, 200, 99],
                [253, 231, 37],
            ],
        ),
        (
            Palette::Magma,
            [
                [0, 0, 4],
                [81, 18, 124],
                [183, 55, 121],
                [251, 135, 97],
                [252, 253, 191],
            ],
        ),
        (
            Palette::Inferno,
            [
                [0, 0, 4],
                [87, 16, 110],
                [188, 55, 84],
                [249, 140, 10],
                [252, 255, 164],
            ],
        ),
        (
            Palette::Cividis,
            [
                [0, 34, 78],
                [67, 78, 108],
                [125, 124, 120],
                [187, 173, 109],
                [254, 232, 56],
            ],
        ),
    ];

    #[test]
    fn colours_are_those_of_matplotlib() {
        for (palette, colors) in MATPLOTLIB {
            for (place, expected) in [0_u8, 64, 128, 191, 255].into_iter().zip(colors) {
                let found = palette.color(f64::from(place) / 255.0);
                for (a, b) in found.into_iter().zip(expected) {
                    assert!(
                        a.abs_diff(b) <= 1,
                        "{palette:?} {place}: {found:?} {expected:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for colormap in Colormap::all() {
            assert_eq!(colormap.to_string().parse::<Colormap>(), Ok(colormap));
        }
        assert!(
            "jet"
                .parse::<Colormap>()
                .unwrap_err()
                .to_string()
                .contains("viridis-reversed")
        );
    }

    #[test]
    fn a_reversed_table_ends_where_the_other_begins() {
        let grey = Colormap {
            palette: Palette::Grey,
            is_reversed: false,
        }
        .table();
        let back = Colormap {
            palette: Palette::Grey,
            is_reversed: true,
        }
        .table();
        assert_eq!((grey[1], grey[255]), ([0; 3], [255; 3]));
        assert!((1..256).all(|i| grey[i] == back[256 - i]));
    }
}
