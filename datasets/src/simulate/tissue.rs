//! The tissue: its outline on the slide and its anatomical regions.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::config::{Anatomy, SimulationConfig};
use super::field::SmoothField;
use super::random::{Purpose, generator, normal};

/// Most regions that an anatomy may have, the slide around the tissue included.
pub(super) const MAX_REGIONS: usize = 8;

/// One number for each region; those beyond the anatomy's regions are 0.
pub(super) type ByRegion = [f32; MAX_REGIONS];

/// Region of the slide around the tissue.
pub(super) const OFF_SAMPLE: usize = 0;

/// Semi-axes of the tissue, shares of the image's width and height.
const SEMI_AXIS: f64 = 0.42;

/// What a spot collects from the places around it: shares of the centre, of an edge neighbour and
/// of a corner neighbour (binomial filter).
const SPOT: [f32; 3] = [0.25, 0.125, 0.0625];

/// Regions over the places of the image, in order of rows (`y · width + x`).
#[derive(Debug)]
pub(super) struct Tissue {
    /// Columns and rows.
    pub(super) size: (u32, u32),
    /// Region of each place.
    pub(super) regions: Vec<u8>,
    /// Share of each region in what a spot at each place collects; they sum to 1.
    pub(super) shares: Vec<ByRegion>,
    /// Names of the regions.
    pub(super) names: Vec<&'static str>,
}

/// Layers around a centre, and islands that lie over them.
#[derive(Debug)]
struct Layout {
    /// Name and inner edge of each layer, outermost first; the edge is a share of the radius.
    layers: &'static [(&'static str, f64)],
    islands: &'static [IslandKind],
}

/// Islands of one region, evenly around the centre.
#[derive(Debug)]
struct IslandKind {
    name: &'static str,
    count: u32,
    /// Distance from the centre, a share of the radius.
    distance: f64,
    /// Radius, a share of the tissue's.
    radius: f64,
}

/// An island in units of the tissue's semi-axes.
#[derive(Debug)]
struct Island {
    region: u8,
    centre: (f64, f64),
    radius: f64,
}

fn layout(anatomy: Anatomy) -> Layout {
    match anatomy {
        Anatomy::Brain => Layout {
            layers: &[
                ("meninges", 0.93),
                ("cortex", 0.68),
                ("white matter", 0.54),
                ("striatum", 0.0),
            ],
            islands: &[
                IslandKind {
                    name: "hippocampus",
                    count: 2,
                    distance: 0.55,
                    radius: 0.2,
                },
                IslandKind {
                    name: "ventricle",
                    count: 2,
                    distance: 0.25,
                    radius: 0.12,
                },
            ],
        },
        Anatomy::Spheroid => Layout {
            layers: &[
                ("rim", 0.8),
                ("quiescent layer", 0.5),
                ("necrotic core", 0.0),
            ],
            islands: &[],
        },
        Anatomy::Kidney => Layout {
            layers: &[
                ("capsule", 0.94),
                ("cortex", 0.62),
                ("outer medulla", 0.36),
                ("inner medulla", 0.0),
            ],
            islands: &[
                IslandKind {
                    name: "glomeruli",
                    count: 16,
                    distance: 0.77,
                    radius: 0.05,
                },
                IslandKind {
                    name: "vessels",
                    count: 4,
                    distance: 0.5,
                    radius: 0.07,
                },
            ],
        },
    }
}

impl Tissue {
    /// The tissue of these settings.
    pub(super) fn grow(config: &SimulationConfig) -> Self {
        let size = (config.width, config.height);
        let layout = layout(config.anatomy);
        let kinds = layout.islands.iter().map(|kind| kind.name);
        let layers = layout.layers.iter().map(|&(name, _)| name);
        let names = ["off-sample"]
            .into_iter()
            .chain(layers)
            .chain(kinds)
            .collect();
        let outline = Outline::draw(config);
        let mut rng = generator(config.seed, Purpose::Islands, 0);
        let islands = draw_islands(&mut rng, &layout);
        let mut regions = Vec::with_capacity(config.width as usize * config.height as usize);
        for y in 0..config.height {
            for x in 0..config.width {
                regions.push(region_at(&layout, &islands, &outline.locate(x, y)));
            }
        }
        let shares = collect_spots(size, &regions);
        Self {
            size,
            regions,
            shares,
            names,
        }
    }
}

/// A wobbly ellipse.
#[derive(Debug)]
struct Outline {
    size: (u32, u32),
    /// Amplitude and phase of the waves along the edge, from the second on.
    waves: [(f64, f64); 4],
    /// Moves the borders of layers.
    warp: SmoothField,
}

/// A place as the outline sees it.
#[derive(Debug)]
struct Location {
    /// Coordinates in units of the semi-axes.
    position: (f64, f64),
    /// Distance from the centre as a share of the outline's; > 1 outside.
    depth: f64,
}

impl Outline {
    fn draw(config: &SimulationConfig) -> Self {
        let mut rng = generator(config.seed, Purpose::Outline, 0);
        let amplitudes = [0.05, 0.04, 0.03, 0.02];
        let waves = amplitudes.map(|a| {
            (
                a * normal(&mut rng).clamp(-1.5, 1.5),
                rng.random_range(0.0..TAU),
            )
        });
        let size = (config.width, config.height);
        let cell = f64::from(config.width.max(config.height)) / 9.0;
        Self {
            size,
            waves,
            warp: SmoothField::draw(&mut rng, size, cell),
        }
    }

    fn locate(&self, x: u32, y: u32) -> Location {
        let scaled = |i: u32, n: u32| ((f64::from(i) + 0.5) / f64::from(n) - 0.5) / SEMI_AXIS;
        let position = (scaled(x, self.size.0), scaled(y, self.size.1));
        let angle = position.1.atan2(position.0);
        let wave =
            |(k, (amplitude, phase)): (f64, (f64, f64))| amplitude * (k * angle + phase).cos();
        let edge = 1.0
            + [2.0, 3.0, 4.0, 5.0]
                .into_iter()
                .zip(self.waves)
                .map(wave)
                .sum::<f64>();
        let depth = distance(position.0, position.1) / edge + 0.05 * self.warp.at(x, y);
        Location { position, depth }
    }
}

/// Distance from the origin. That of the standard library needs a newer C library than Lambda has.
fn distance(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

fn draw_islands(rng: &mut ChaCha8Rng, layout: &Layout) -> Vec<Island> {
    let first_region = 1 + layout.layers.len();
    let mut islands = Vec::new();
    for (kind, region) in layout.islands.iter().zip((0_u8..).skip(first_region)) {
        let start = rng.random_range(0.0..TAU);
        for i in 0..kind.count {
            let turn = (f64::from(i) + 0.15 * normal(rng)) / f64::from(kind.count);
            let angle = start + turn * TAU;
            let distance = kind.distance * (1.0 + 0.05 * normal(rng));
            let centre = (distance * angle.cos(), distance * angle.sin());
            islands.push(Island {
                region,
                centre,
                radius: kind.radius * (1.0 + 0.1 * normal(rng)),
            });
        }
    }
    islands
}

fn region_at(layout: &Layout, islands: &[Island], location: &Location) -> u8 {
    let &Location { position, depth } = location;
    if depth > 1.0 {
        return 0;
    }
    let covers = |island: &&Island| {
        distance(position.0 - island.centre.0, position.1 - island.centre.1) < island.radius
    };
    let layer = || {
        (1_u8..)
            .zip(layout.layers)
            .find(|(_, layer)| depth >= layer.1)
    };
    match islands.iter().find(covers) {
        Some(island) => island.region,
        None => layer().map_or(layout.layers.len().to_le_bytes()[0], |(region, _)| region),
    }
}

/// Shares of regions in the spot at each place; beyond the image lies its edge.
fn collect_spots((width, height): (u32, u32), regions: &[u8]) -> Vec<ByRegion> {
    let mut shares = Vec::with_capacity(regions.len());
    let clamped = |i: u32, step: u32, n: u32| (i + step).saturating_sub(1).min(n - 1) as usize;
    for y in 0..height {
        for x in 0..width {
            let mut spot = ByRegion::default();
            for (dy, dx) in (0..3).flat_map(|dy| (0..3).map(move |dx| (dy, dx))) {
                let place = clamped(y, dy, height) * width as usize + clamped(x, dx, width);
                let n_steps = usize::from(dx != 1) + usize::from(dy != 1);
                spot[usize::from(regions[place])] += SPOT[n_steps];
            }
            shares.push(spot);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anatomy_has_its_regions_and_free_slide() {
        for (anatomy, n_regions) in [
            (Anatomy::Brain, 7),
            (Anatomy::Spheroid, 4),
            (Anatomy::Kidney, 7),
        ] {
            for seed in 0..20 {
                let base = SimulationConfig {
                    width: 90,
                    height: 70,
                    ..SimulationConfig::demo()
                };
                let tissue = Tissue::grow(&SimulationConfig {
                    seed,
                    anatomy,
                    ..base
                });
                assert_eq!(tissue.names.len(), n_regions);
                let share = |region: usize| {
                    let n = tissue
                        .regions
                        .iter()
                        .filter(|&&r| usize::from(r) == region)
                        .count();
                    n as f64 / tissue.regions.len() as f64
                };
                assert!(
                    (0.25..0.7).contains(&share(OFF_SAMPLE)),
                    "{seed} {}",
                    share(OFF_SAMPLE)
                );
                for (region, name) in tissue.names.iter().enumerate().skip(1) {
                    assert!(share(region) > 0.002, "{seed} {name} {}", share(region));
                }
            }
        }
    }

    #[test]
    fn shares_of_a_spot_sum_to_one() {
        let tissue = Tissue::grow(&SimulationConfig::demo());
        for spot in &tissue.shares {
            assert!((spot.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert_eq!(
            collect_spots((1, 1), &[3])[0][3].to_bits(),
            1.0_f32.to_bits()
        );
    }
}
