//! How well m/z are measured: distances of common peaks from the m/z of molecules.

use super::common_peaks::CommonPeak;
use super::median::{SIGMAS_PER_MAD, median, weighted_quantile};

/// Distances in ppm up to which are looked at.
const REACH_PPM: f64 = 30.0;

/// Half-widths in ppm in which distances are looked for that are more than by chance.
const HALF_WIDTHS: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 8.0];

/// They stand out by so many standard deviations of the number by chance, and by so many ions.
const MIN_SIGNIFICANCE: f64 = 6.0;
const MIN_IONS: f64 = 8.0;

/// Rounds in which shift and spread are fitted.
const N_ROUNDS: usize = 40;

/// Smallest spread in ppm: m/z are not written down better.
const MIN_SIGMA_PPM: f64 = 0.05;

/// A window reaches this many standard deviations from a theoretical m/z: 99.7 % of the peaks.
pub const WINDOW_SIGMAS: f64 = 3.0;

/// Share of the ions, by intensity, of whose peaks the spread is taken: those of others are widened by
/// ions that are not resolved from them.
const PURE: f64 = 0.25;

/// How well m/z are measured, by the ions that stand out; spreads are weighted by their intensities, as
/// faint ones are mixed with others that are not resolved from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MassAccuracy {
    /// Error of ions in ppm.
    pub shift_ppm: f64,
    /// Standard deviation between ions in ppm.
    pub ion_sigma_ppm: f64,
    /// Standard deviation of an ion's peaks over the spectra in ppm.
    pub peak_sigma_ppm: f64,
    /// Ions that stand out of chance hits.
    pub n_ions: usize,
}

impl MassAccuracy {
    /// Standard deviation of a single peak about the m/z of its ion, less the shift, in ppm.
    pub fn sigma_ppm(&self) -> f64 {
        libm::hypot(self.ion_sigma_ppm, self.peak_sigma_ppm)
    }

    /// Half-width in ppm of the window that holds nearly all peaks, about the theoretical m/z.
    pub fn window_ppm(&self) -> f64 {
        WINDOW_SIGMAS * libm::hypot(self.shift_ppm, self.sigma_ppm())
    }

    /// Of common peaks and the m/z of molecules, ascending. Nothing if too few stand out.
    pub(super) fn of(peaks: &[CommonPeak], mzs: &[f64]) -> Option<Self> {
        let found = Found::of(peaks, mzs)?;
        let weighted = |share: f64, of: &dyn Fn(usize, f64) -> f64| {
            let values = found
                .matches()
                .map(|(i, error)| (of(i, error), peaks[i].intensity));
            weighted_quantile(&mut values.collect::<Vec<_>>(), share)
        };
        let center = weighted(0.5, &|_, error| error);
        let deviation = weighted(0.5, &|_, error| (error - center).abs());
        Some(Self {
            shift_ppm: found.median(),
            ion_sigma_ppm: (SIGMAS_PER_MAD * deviation).clamp(MIN_SIGMA_PPM, found.sigma),
            peak_sigma_ppm: weighted(PURE, &|i, _| peaks[i].sigma_ppm),
            n_ions: found.n_ions,
        })
    }
}

/// A common peak and a molecule that may be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair {
    /// Place of the common peak.
    peak: usize,
    /// Place of the molecule's m/z.
    molecule: usize,
    /// Distance of the peak from the molecule.
    ppm: f64,
}

/// A normal distribution of distances on an even ground of chance hits.
pub(super) struct Found {
    pairs: Vec<Pair>,
    /// Probability of each that it is no chance hit.
    certainties: Vec<f64>,
    shift: f64,
    sigma: f64,
    n_ions: usize,
}

impl Found {
    pub(super) fn of(peaks: &[CommonPeak], mzs: &[f64]) -> Option<Self> {
        let pairs = pairs(peaks, mzs);
        let best = most_significant(&pairs)?;
        if !stands_out(best.significance) || best.surplus < MIN_IONS {
            return None;
        }
        let mut found = Self {
            certainties: vec![0.0; pairs.len()],
            shift: best.center,
            sigma: best.half_width / 1.5,
            n_ions: 0,
            pairs,
        };
        let n = found.pairs.len() as f64;
        let mut share = best.surplus / n;
        for _ in 0..N_ROUNDS {
            found.judge(share);
            let sum: f64 = found.certainties.iter().sum();
            share = (sum / n).clamp(1e-6, 1.0);
            let weighted = |of: &dyn Fn(f64) -> f64| -> f64 {
                let products = found.pairs.iter().zip(&found.certainties);
                products.map(|(pair, w)| w * of(pair.ppm)).sum::<f64>() / sum.max(1e-9)
            };
            let shift = weighted(&|d| d);
            let sigma = weighted(&|d| (d - shift) * (d - shift)).sqrt();
            (found.shift, found.sigma) = (shift, sigma.max(MIN_SIGMA_PPM));
        }
        let mut certain = Distinct::new(&found.pairs);
        found.likely().for_each(|pair| certain.add(pair));
        found.n_ions = certain.n();
        (found.n_ions as f64 >= MIN_IONS).then_some(found)
    }

    /// Common peaks that are those of a molecule rather than chance hits, with their distances.
    pub(super) fn matches(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.likely().map(|pair| (pair.peak, pair.ppm))
    }

    fn likely(&self) -> impl Iterator<Item = &Pair> + '_ {
        let pairs = self.pairs.iter().zip(&self.certainties);
        pairs.filter(|(_, w)| **w > 0.5).map(|(pair, _)| pair)
    }

    /// Median of their distances.
    pub(super) fn median(&self) -> f64 {
        median(
            &mut self
                .matches()
                .map(|(_, distance)| distance)
                .collect::<Vec<_>>(),
        )
    }

    fn judge(&mut self, share: f64) {
        const ROOT_OF_TWO_PI: f64 = 2.506_628_274_631_000_2;
        let chance = (1.0 - share) / (2.0 * REACH_PPM);
        for (pair, certainty) in self.pairs.iter().zip(&mut self.certainties) {
            let z = (pair.ppm - self.shift) / self.sigma;
            let density = share * libm::exp(-0.5 * z * z) / (self.sigma * ROOT_OF_TWO_PI);
            *certainty = density / (density + chance).max(f64::MIN_POSITIVE);
        }
    }
}

/// Standard deviation in ppm of the leading peaks over the spectra, whatever they are peaks of.
pub(super) fn peak_sigma_ppm(peaks: &[CommonPeak]) -> Option<f64> {
    let mut sigmas: Vec<(f64, f64)> = peaks.iter().map(|p| (p.sigma_ppm, p.intensity)).collect();
    (!sigmas.is_empty()).then(|| weighted_quantile(&mut sigmas, PURE))
}

/// By how many standard deviations of chance hits ions stand out.
pub(super) fn significance(peaks: &[CommonPeak], mzs: &[f64]) -> f64 {
    most_significant(&pairs(peaks, mzs)).map_or(0.0, |best| best.significance)
}

/// Whether that is enough.
pub(super) fn stands_out(significance: f64) -> bool {
    significance >= MIN_SIGNIFICANCE
}

/// Common peaks and molecules that may be the same, by common peak. A molecule has the m/z of its
/// monoisotopic ion, so that isotopic peaks are left out: beside those of a saturated lipid they lie
/// some ppm from the m/z of the unsaturated one, all of them as far.
fn pairs(peaks: &[CommonPeak], mzs: &[f64]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, peak) in peaks.iter().enumerate() {
        if peak.is_isotopic {
            continue;
        }
        let half_width = peak.mz * REACH_PPM * 1e-6;
        let start = mzs.partition_point(|&mz| mz < peak.mz - half_width);
        let near = (start..).zip(&mzs[start..]);
        let near = near.take_while(|(_, mz)| **mz <= peak.mz + half_width);
        pairs.extend(near.map(|(molecule, mz)| Pair {
            peak: i,
            molecule,
            ppm: (peak.mz / mz - 1.0) * 1e6,
        }));
    }
    pairs
}

/// Peaks and molecules of some pairs, each counted once: a peak near many isobars is one
/// observation, and so are many peaks near one molecule.
struct Distinct {
    /// How many of the pairs have each peak and each molecule, counted from the first.
    by_peak: Vec<u32>,
    by_molecule: Vec<u32>,
    first_molecule: usize,
    n_peaks: usize,
    n_molecules: usize,
}

impl Distinct {
    /// None yet, of these pairs.
    fn new(pairs: &[Pair]) -> Self {
        let molecules = pairs.iter().map(|pair| pair.molecule);
        let first_molecule = molecules.clone().min().unwrap_or_default();
        let end = molecules.max().map_or(first_molecule, |last| last + 1);
        let n_peaks = pairs.last().map_or(0, |pair| pair.peak + 1);
        Self {
            by_peak: vec![0; n_peaks],
            by_molecule: vec![0; end - first_molecule],
            first_molecule,
            n_peaks: 0,
            n_molecules: 0,
        }
    }

    fn add(&mut self, pair: &Pair) {
        let count = |counts: &mut [u32], place: usize| {
            counts[place] += 1;
            usize::from(counts[place] == 1)
        };
        self.n_peaks += count(&mut self.by_peak, pair.peak);
        self.n_molecules += count(&mut self.by_molecule, pair.molecule - self.first_molecule);
    }

    fn remove(&mut self, pair: &Pair) {
        let count = |counts: &mut [u32], place: usize| {
            counts[place] -= 1;
            usize::from(counts[place] == 0)
        };
        self.n_peaks -= count(&mut self.by_peak, pair.peak);
        self.n_molecules -= count(&mut self.by_molecule, pair.molecule - self.first_molecule);
    }

    /// Ions at most that are both.
    fn n(&self) -> usize {
        self.n_peaks.min(self.n_molecules)
    }
}

/// An interval of distances with more ions than by chance.
#[derive(Debug, Clone, Copy)]
struct Interval {
    center: f64,
    half_width: f64,
    /// Ions beyond those by chance.
    surplus: f64,
    /// That in standard deviations.
    significance: f64,
}

fn most_significant(pairs: &[Pair]) -> Option<Interval> {
    let mut by_distance: Vec<&Pair> = pairs.iter().collect();
    by_distance.sort_by(|a, b| a.ppm.total_cmp(&b.ppm));
    let per_ppm = pairs.len() as f64 / (2.0 * REACH_PPM);
    let mut best: Option<Interval> = None;
    for half_width in HALF_WIDTHS {
        let by_chance = 2.0 * half_width * per_ppm;
        let mut within = Distinct::new(pairs);
        let (mut start, mut end) = (0, 0);
        for &&Pair { ppm: center, .. } in &by_distance {
            while let Some(pair) = by_distance.get(end)
                && pair.ppm < center + half_width
            {
                within.add(pair);
                end += 1;
            }
            while by_distance[start].ppm < center - half_width {
                within.remove(by_distance[start]);
                start += 1;
            }
            let surplus = within.n() as f64 - by_chance;
            let significance = surplus / (by_chance + 1.0).sqrt();
            if best.is_none_or(|best| significance >= best.significance) {
                best = Some(Interval {
                    center,
                    half_width,
                    surplus,
                    significance,
                });
            }
        }
    }
    best
}
