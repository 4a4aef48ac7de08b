//! The acquisition: which places are scanned, in which order, with which defects and which drift.

use ms_core::image::Raster;
use rand::seq::SliceRandom;

use super::config::SimulationConfig;
use super::random::{Purpose, generator, normal};

/// One spectrum's acquisition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan {
    /// `y · width + x`.
    pub(super) place: u32,
    /// 0, or 1 for the second spectrum of a place.
    pub(super) copy: u8,
    /// Whether some ions are far too intense.
    pub(super) is_hot: bool,
    /// m/z error in ppm that all its peaks share.
    pub(super) drift_ppm: f64,
}

/// All scans in order, row by row.
#[derive(Debug)]
pub(super) struct Acquisition {
    pub(super) scans: Vec<Scan>,
    /// Places that have a spectrum.
    pub(super) raster: Raster,
}

/// What is wrong with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    Missing,
    Duplicate,
    Hot,
}

impl Acquisition {
    /// Plans the acquisition.
    pub(super) fn plan(config: &SimulationConfig) -> Self {
        let mut scans = Vec::new();
        let mut places = Vec::new();
        for (place, defect) in (0..).zip(draw_defects(config)) {
            if defect == Defect::Missing {
                continue;
            }
            places.push(place);
            let n_copies = 1 + u8::from(defect == Defect::Duplicate);
            let is_hot = defect == Defect::Hot;
            scans.extend((0..n_copies).map(|copy| Scan {
                place,
                copy,
                is_hot,
                drift_ppm: 0.0,
            }));
        }
        let drift = draw_drift(config, scans.len());
        for (scan, drift_ppm) in scans.iter_mut().zip(drift) {
            scan.drift_ppm = drift_ppm;
        }
        let raster = Raster {
            width: config.width,
            height: config.height,
            places,
        };
        Self { scans, raster }
    }
}

/// The defect of each place: exact numbers of each kind, at most one defect a place.
fn draw_defects(config: &SimulationConfig) -> Vec<Defect> {
    let n_places = config.width as usize * config.height as usize;
    let mut defects = Vec::with_capacity(n_places);
    for (defect, share) in [
        (Defect::Missing, config.share_missing),
        (Defect::Duplicate, config.share_duplicate),
        (Defect::Hot, config.share_hot_pixels),
    ] {
        let n = n_of_share(share, n_places).min(n_places - defects.len());
        defects.resize(defects.len() + n, defect);
    }
    defects.resize(n_places, Defect::None);
    defects.shuffle(&mut generator(config.seed, Purpose::PixelDefects, 0));
    defects
}

/// Number of places that a share is, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 … n_places"
)]
fn n_of_share(share: f64, n_places: usize) -> usize {
    (share * n_places as f64).round() as usize
}

/// A random walk around 0 whose largest excursion is `ppm_drift`.
fn draw_drift(config: &SimulationConfig, n_scans: usize) -> Vec<f64> {
    let mut rng = generator(config.seed, Purpose::Drift, 0);
    let mut at = 0.0;
    let mut walk: Vec<f64> = Vec::with_capacity(n_scans);
    for _ in 0..n_scans {
        at += normal(&mut rng);
        walk.push(at);
    }
    let mean = walk.iter().sum::<f64>() / n_scans.max(1) as f64;
    let largest = walk
        .iter()
        .map(|value| (value - mean).abs())
        .fold(0.0, f64::max);
    let scale = if largest > 0.0 {
        config.ppm_drift / largest
    } else {
        0.0
    };
    walk.iter().map(|value| (value - mean) * scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_slow_and_stays_within_its_bound() {
        let drift = draw_drift(
            &SimulationConfig {
                ppm_drift: 2.0,
                ..SimulationConfig::demo()
            },
            5_000,
        );
        let largest = drift.iter().map(|ppm| ppm.abs()).fold(0.0, f64::max);
        assert!((largest - 2.0).abs() < 1e-9);
        assert!(drift.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.3));
    }

    #[test]
    fn a_small_image_has_no_defects_and_a_scan_for_every_place() {
        let config = SimulationConfig {
            width: 10,
            height: 10,
            ..SimulationConfig::demo()
        };
        let acquisition = Acquisition::plan(&config);
        assert_eq!(acquisition.scans.len(), 100);
        assert!(acquisition.raster.is_full());
    }
}
