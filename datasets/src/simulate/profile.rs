//! Spatial profiles: how the intensity of what belongs together varies over the image.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::config::SimulationConfig;
use super::field::SmoothField;
use super::random::{Purpose, factor, generator};
use super::tissue::{ByRegion, MAX_REGIONS, OFF_SAMPLE, Tissue};

/// Pixels over which the tissue's texture changes.
const TEXTURE_CELL: f64 = 2.5;

/// Pixels over which the matrix layer changes.
const CRYSTAL_CELL: f64 = 3.0;

/// Intensity in the regions, times a modulation of its own.
#[derive(Debug)]
pub(super) struct Profile {
    /// Relative intensity in each region, the largest about 1.
    pub(super) levels: ByRegion,
    /// Factor at each place, about 1.
    pub(super) modulation: Vec<f32>,
}

/// The co-localization groups, and last the profile of the matrix.
#[derive(Debug)]
pub(super) struct Profiles {
    all: Vec<Profile>,
}

impl Profiles {
    /// Draws the profiles of a tissue.
    pub(super) fn draw(config: &SimulationConfig, tissue: &Tissue) -> Self {
        let mut rng = generator(config.seed, Purpose::Texture, 0);
        let texture = SmoothField::draw(&mut rng, tissue.size, TEXTURE_CELL);
        let mut all: Vec<Profile> = (0..config.n_groups)
            .map(|group| {
                let mut rng = generator(config.seed, Purpose::Profile, group as u64);
                let levels = draw_levels(&mut rng, group, tissue.names.len());
                Profile {
                    levels,
                    modulation: draw_modulation(&mut rng, tissue, &texture),
                }
            })
            .collect();
        all.push(draw_matrix(config, tissue));
        Self { all }
    }

    /// Number of co-localization groups.
    pub(super) fn n_groups(&self) -> usize {
        self.matrix_idx()
    }

    /// Index of the matrix profile, the one after the groups.
    pub(super) fn matrix_idx(&self) -> usize {
        self.all.len() - 1
    }

    /// A profile: a group's, or that at [`Profiles::matrix_idx`].
    pub(super) fn get(&self, profile_idx: usize) -> &Profile {
        &self.all[profile_idx]
    }

    /// All profiles.
    pub(super) fn all(&self) -> &[Profile] {
        &self.all
    }
}

/// Group 0 is everywhere in the tissue; each further one has a home region, in turn, and sometimes
/// a second one.
fn draw_levels(rng: &mut ChaCha8Rng, group: usize, n_regions: usize) -> ByRegion {
    let n_anatomical = n_regions - 1;
    let home = 1 + (group + n_anatomical - 1) % n_anatomical;
    let second = if rng.random_bool(0.4) {
        rng.random_range(1..n_regions)
    } else {
        home
    };
    let mut levels = ByRegion::default();
    for (region, level) in levels.iter_mut().enumerate().take(n_regions).skip(1) {
        *level = match region {
            _ if group == 0 => rng.random_range(0.6..1.0),
            _ if region == home => 1.0,
            _ if region == second => rng.random_range(0.4..0.8),
            _ => rng.random_range(0.01..0.15),
        };
    }
    levels
}

/// A gradient across the tissue, slow variation, and the texture that all groups share.
#[expect(clippy::cast_possible_truncation, reason = "factors near 1")]
fn draw_modulation(rng: &mut ChaCha8Rng, tissue: &Tissue, texture: &SmoothField) -> Vec<f32> {
    let (width, height) = tissue.size;
    let slow = SmoothField::draw(rng, tissue.size, f64::from(width.max(height)) / 5.0);
    let direction = rng.random_range(0.0..TAU);
    let slope = rng.random_range(0.0..0.6);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places
        .map(|(x, y)| {
            let across = (f64::from(x) / f64::from(width) - 0.5) * direction.cos()
                + (f64::from(y) / f64::from(height) - 0.5) * direction.sin();
            (slope * across + 0.25 * slow.at(x, y) + 0.15 * texture.at(x, y)).exp() as f32
        })
        .collect()
}

/// Strongest on the free slide, suppressed by tissue, uneven as crystals are.
#[expect(clippy::cast_possible_truncation, reason = "factors near 1")]
fn draw_matrix(config: &SimulationConfig, tissue: &Tissue) -> Profile {
    let mut rng = generator(config.seed, Purpose::Matrix, 0);
    let crystals = SmoothField::draw(&mut rng, tissue.size, CRYSTAL_CELL);
    let (width, height) = tissue.size;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let modulation = places
        .map(|(x, y)| (0.35 * crystals.at(x, y)).exp() as f32)
        .collect();
    let mut levels = ByRegion::default();
    for (region, level) in levels.iter_mut().enumerate().take(tissue.names.len()) {
        *level = if region == OFF_SAMPLE {
            1.0
        } else {
            rng.random_range(0.4..0.7)
        };
    }
    Profile { levels, modulation }
}

/// A profile's levels at this abundance, each region varied by a log-normal factor.
pub(super) fn vary(
    rng: &mut ChaCha8Rng,
    levels: &ByRegion,
    abundance: f32,
    sigma: f64,
) -> ByRegion {
    let mut varied = ByRegion::default();
    for region in 0..MAX_REGIONS {
        varied[region] = abundance * levels[region] * factor(rng, sigma);
    }
    varied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_live_in_the_tissue_and_matrix_around_it() {
        let config = SimulationConfig::demo();
        let tissue = Tissue::grow(&config);
        let profiles = Profiles::draw(&config, &tissue);
        assert_eq!(profiles.n_groups(), config.n_groups);
        for group in 0..profiles.n_groups() {
            let levels = profiles.get(group).levels;
            assert!(levels[OFF_SAMPLE].abs() < f32::EPSILON);
            assert!(levels.iter().any(|&level| level >= 0.6));
        }
        let matrix = profiles.get(profiles.matrix_idx()).levels;
        assert!(matrix[1..].iter().all(|&level| level < matrix[OFF_SAMPLE]));
    }
}
