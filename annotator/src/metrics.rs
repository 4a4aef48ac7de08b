//! Metrics of one ion: how much its images look like those of a molecule.
//!
//! # Source
//! Palmer et al. 2017, doi:10.1038/nmeth.4072, as the METASPACE engine computes them.

use std::collections::HashMap;
use std::ops::Range;

use ms_core::image::Raster;
use ms_core::spectra::Slab;
use ms_core::tolerance::Window;

use crate::candidates::Ion;
use crate::config::AnnotateConfig;
use crate::imager::{Drawing, Windows};
use crate::indices::IonIdx;
use crate::patterns::PatternTable;

pub mod chaos;
pub mod groups;
mod isotope;
pub mod mass;
pub mod spatial;
pub mod spectral;

use chaos::Chaos;
use groups::group_sums;
use isotope::{IsotopeSums, MassSums};

/// Scores of an ion that has a first isotopic image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Place in the search space's ions.
    pub ion: IonIdx,
    /// Pixels of the first image.
    pub n_pixels: u32,
    /// Spatial chaos, nothing where another score is 0 already and decides.
    pub chaos: Option<f64>,
    /// Correlation of the isotopic images with the first.
    pub spatial: f64,
    /// Likeness of the isotopic pattern.
    pub spectral: f64,
    /// chaos · spatial · spectral.
    pub msm: f64,
}

/// What is known of an ion of MSM > 0 besides its scores; lists have one value an isotope.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// Mean m/z error of the first isotope in Th.
    pub mz_err_abs: f64,
    /// Weighted mean m/z error of the others relative to the first, in Th.
    pub mz_err_rel: f64,
    /// The image of which the first one may be an isotope's, if it was looked for.
    pub parent: Parent,
    /// Sums of the first image in [`groups`] of pixels, by which it is compared with that of another ion;
    /// empty of ions that are of no molecule, and where nothing is compared.
    pub groups: Vec<f32>,
    /// Theoretical m/z in Th; 0 where the pattern has no such peak.
    pub theoretical_mz: Vec<f64>,
    /// Theoretical intensities, per cent of the largest.
    pub theoretical_intensity: Vec<f32>,
    /// Sum of each image.
    pub total_intensity: Vec<f64>,
    /// Minimum of each image.
    pub min_intensity: Vec<f32>,
    /// Maximum of each image.
    pub max_intensity: Vec<f32>,
    /// Intensity-weighted mean m/z in Th; the theoretical one where there is no image.
    pub mz_mean: Vec<f64>,
    /// Intensity-weighted standard deviation of m/z in Th.
    pub mz_stddev: Vec<f64>,
}

/// An image that lies one isotope below the first image of an ion; all 0 where there is none. If it is
/// stronger and looks like the first, that is an isotopic image of another ion.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parent {
    /// Its total intensity over that of the first image.
    pub ratio: f64,
    /// Its correlation with the first image.
    pub correlation: f64,
}

/// Scores of a unit's ions, in order of m/z: those that have a first isotopic image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitScores {
    /// Ions with a theoretical peak within the dataset's m/z range.
    pub n_searched: u64,
    /// Of them, ions of molecules.
    pub n_targets_searched: u64,
    /// Ions too complex to have a pattern.
    pub without_pattern: Vec<IonIdx>,
    /// Their scores.
    pub scores: Vec<Scores>,
    /// Details of those of MSM > 0, in the same order.
    pub details: Vec<Details>,
}

impl UnitScores {
    /// Adds those of the ions that follow.
    pub fn append(&mut self, mut next: Self) {
        self.n_searched += next.n_searched;
        self.n_targets_searched += next.n_targets_searched;
        self.without_pattern.append(&mut next.without_pattern);
        self.scores.append(&mut next.scores);
        self.details.append(&mut next.details);
    }
}

/// Evaluates ions of a unit one after another, reusing its buffers.
#[derive(Debug)]
pub struct Evaluator<'a> {
    config: &'a AnnotateConfig,
    /// Whether the ion that is evaluated next is one of a molecule.
    is_target: bool,
    n_pixels: usize,
    chaos: Chaos<'a>,
    /// Chaos of images already seen, by the places of their peaks.
    known_chaos: HashMap<(usize, usize), f64>,
    first: Drawing,
    other: Drawing,
    isotopes: Vec<IsotopeSums>,
}

impl<'a> Evaluator<'a> {
    /// For a dataset's raster. Memory: at most 19 bytes a pixel and 6 a place of the bounding box.
    pub fn new(raster: &'a Raster, config: &'a AnnotateConfig) -> Self {
        let n_pixels = raster.n_pixels();
        Self {
            config,
            is_target: false,
            n_pixels,
            chaos: Chaos::new(raster, config.n_levels, config.rules.chaos),
            known_chaos: HashMap::new(),
            first: Drawing::new(n_pixels),
            other: Drawing::new(n_pixels),
            isotopes: Vec::new(),
        }
    }

    /// Takes note of the ion that is evaluated next.
    pub fn expect(&mut self, ion: &Ion) {
        self.is_target = ion.is_target;
    }

    /// Forgets what it knows of a unit's peaks.
    pub fn start_unit(&mut self) {
        self.known_chaos.clear();
    }

    /// The scores of the ion in a row, and its details where its MSM is positive. Nothing if it
    /// has no first image.
    pub fn evaluate(
        &mut self,
        windows: &Windows<'_>,
        patterns: &PatternTable,
        row: usize,
        ion: IonIdx,
    ) -> Option<(Scores, Option<Details>)> {
        let ranges: Vec<Range<usize>> = windows.of(row).collect();
        let first_range = ranges.first().filter(|range| self.is_image(range))?.clone();
        self.first.draw(windows.slab.peaks(first_range.clone()));
        let n_pixels = self.first.n_pixels();
        let mut scores = Scores {
            ion,
            n_pixels,
            chaos: None,
            spatial: 0.0,
            spectral: 0.0,
            msm: 0.0,
        };
        // Images that share no pixel with the first correlate with it negatively at best.
        let overlaps = |range: &Range<usize>| {
            let mut peaks = windows.slab.peaks(range.clone());
            self.is_image(range) && peaks.any(|peak| self.first.has(peak.pixel.0))
        };
        if !ranges[1..].iter().any(overlaps) {
            return Some((scores, None));
        }
        self.draw_others(windows, &ranges[1..]);
        let theoretical = patterns.intensities_of(row);
        scores.spatial = spatial::spatial(&self.isotopes, theoretical, self.n_pixels);
        scores.spectral = spectral::spectral(&self.isotopes, theoretical);
        if scores.spatial > 0.0 && scores.spectral > 0.0 {
            let key = (first_range.start, first_range.end);
            let (chaos, first) = (&mut self.chaos, &self.first);
            let value = *self
                .known_chaos
                .entry(key)
                .or_insert_with(|| chaos.measure(first));
            scores.chaos = Some(value);
            scores.msm = value * scores.spatial * scores.spectral;
        }
        if scores.msm <= 0.0 {
            return Some((scores, None));
        }
        let mut details = self.details(windows, &ranges, patterns, row);
        if self.config.rules.looks_for_parents && self.is_target {
            details.groups = group_sums(&self.first);
        }
        Some((scores, Some(details)))
    }

    /// Draws the first image of the ion in a row again, to look for its parent.
    pub(crate) fn draw_again(&mut self, windows: &Windows<'_>, row: usize) {
        let range = windows.of(row).next().unwrap_or_default();
        self.first.draw(windows.slab.peaks(range));
        self.draw_others(windows, &[]);
    }

    /// Of the images in the windows one isotope below the first image that was drawn last, the one that
    /// looks most like it.
    pub(crate) fn parent(&mut self, near: &Slab<'_>, windows: &[Window]) -> Parent {
        let mut best = Parent::default();
        for window in windows {
            let start = near.seek(0, window.low);
            let range = start..near.seek_past(start, window.high);
            if !self.is_image(&range) {
                continue;
            }
            let mut sums = IsotopeSums::default();
            self.other.draw(near.peaks(range));
            sums.finish_other(&self.other, &self.first);
            let first = &self.isotopes[0];
            let found = Parent {
                ratio: sums.total / first.total,
                correlation: spatial::correlation(first, &sums, self.n_pixels as f64),
            };
            if found.correlation > best.correlation && found.ratio > 1.0 {
                best = found;
            }
        }
        best
    }

    fn is_image(&self, range: &Range<usize>) -> bool {
        !range.is_empty() && range.len() >= self.config.min_px as usize
    }

    /// Gathers the sums of the first image and of the others.
    fn draw_others(&mut self, windows: &Windows<'_>, ranges: &[Range<usize>]) {
        self.first.lay_out();
        self.isotopes.clear();
        let mut sums = IsotopeSums::default();
        sums.finish_first(&self.first);
        self.isotopes.push(sums);
        for range in ranges {
            let mut sums = IsotopeSums::default();
            if self.is_image(range) {
                self.other.draw(windows.slab.peaks(range.clone()));
                sums.finish_other(&self.other, &self.first);
            }
            self.isotopes.push(sums);
        }
    }

    fn details(
        &self,
        windows: &Windows<'_>,
        ranges: &[Range<usize>],
        patterns: &PatternTable,
        row: usize,
    ) -> Details {
        let isotopes = &self.isotopes;
        let theoretical_mz = patterns.mzs_of(row);
        let theoretical_intensity = patterns.intensities_of(row);
        let mass_sums = |(range, &mz): (&Range<usize>, &f64)| {
            let mut sums = MassSums::default();
            if self.is_image(range) {
                let rounds = self.config.rules.rounds_mz;
                windows
                    .slab
                    .peaks(range.clone())
                    .for_each(|peak| sums.add(peak, mz, rounds));
            }
            sums
        };
        let masses: Vec<MassSums> = ranges.iter().zip(theoretical_mz).map(mass_sums).collect();
        let mz_mean: Vec<f64> = masses
            .iter()
            .zip(theoretical_mz)
            .map(|(sums, &mz)| mz + sums.mean())
            .collect();
        let (mz_err_abs, mz_err_rel) =
            mass::errors(&mz_mean, theoretical_mz, theoretical_intensity);
        let minimum = |sums: &IsotopeSums| {
            if self.config.rules.minimum_of_image {
                sums.min
            } else {
                0.0
            }
        };
        Details {
            mz_err_abs,
            mz_err_rel,
            parent: Parent::default(),
            groups: Vec::new(),
            theoretical_mz: theoretical_mz.to_vec(),
            theoretical_intensity: theoretical_intensity.to_vec(),
            total_intensity: isotopes.iter().map(|sums| sums.total).collect(),
            min_intensity: isotopes.iter().map(minimum).collect(),
            max_intensity: isotopes.iter().map(|sums| sums.max).collect(),
            mz_mean,
            mz_stddev: masses.iter().map(MassSums::stddev).collect(),
        }
    }
}
