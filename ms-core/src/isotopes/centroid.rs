//! Peaks merged by the instrument's peak shape: the most intense local maxima of the envelope.
//!
//! Fine-structure peaks fall into clusters that do not see one another. A maximum of a cluster is
//! at most as high as the sum of its peaks, so that clusters which cannot have one of the most
//! intense centroids are passed over.

use super::cluster::Cluster;
use super::grid::GridEnvelope;
use super::modes::Modes;
use super::pattern::{CentroidRule, MIN_RELATIVE_INTENSITY, PatternPeak};
use super::width::SigmaAt;

/// Standard deviations at which the exact rule cuts a Gaussian (1e-14 of its height).
const EXACT_REACH: f64 = 8.0;

/// Finds centroids, reusing its buffers.
#[derive(Debug, Default)]
pub(super) struct Centroider {
    clusters: Vec<Cluster>,
    bounds: Vec<f64>,
    grid: GridEnvelope,
    modes: Modes,
    /// m/z and height of each centroid.
    found: Vec<(f64, f64)>,
}

impl Centroider {
    /// Appends the `n_peaks` most intense centroids of `peaks` (m/z, relative intensity, sorted by
    /// m/z, more than one) in order of m/z.
    pub(super) fn run(
        &mut self,
        peaks: &[(f64, f64)],
        sigma: SigmaAt,
        rule: CentroidRule,
        n_peaks: usize,
        out: &mut Vec<PatternPeak>,
    ) {
        self.found.clear();
        let reach = match rule {
            CentroidRule::Exact => EXACT_REACH,
            CentroidRule::Grid { reach } => f64::from(reach),
        };
        self.find_clusters(peaks, 2.0 * reach * sigma.at(peaks[peaks.len() - 1].0));
        let needed = self.bound_of_the_last_kept(n_peaks);
        if let CentroidRule::Grid { .. } = rule {
            self.grid.start(peaks, sigma, reach);
        }
        for cluster in &self.clusters {
            if cluster.upper < needed {
                continue;
            }
            match rule {
                CentroidRule::Grid { .. } => {
                    self.grid.centroids(peaks, cluster, needed, &mut self.found);
                }
                CentroidRule::Exact => {
                    let members = &peaks[cluster.peaks.clone()];
                    self.modes.find(members, sigma, needed, &mut self.found);
                }
            }
        }
        self.keep_most_intense(n_peaks, out);
    }

    /// Splits the ion's peaks where neighbours are more than `gap` apart.
    fn find_clusters(&mut self, peaks: &[(f64, f64)], gap: f64) {
        self.clusters.clear();
        let mut start = 0;
        for i in 0..peaks.len() {
            if peaks
                .get(i + 1)
                .is_none_or(|&(next, _)| next - peaks[i].0 > gap)
            {
                let members = &peaks[start..=i];
                let upper = members.iter().map(|&(_, p)| p).sum();
                let lower = members.iter().map(|&(_, p)| p).fold(0.0, f64::max);
                self.clusters.push(Cluster {
                    peaks: start..i + 1,
                    upper,
                    lower,
                });
                start = i + 1;
            }
        }
    }

    /// A height that at least `n_peaks` maxima reach, or 0: lower ones need not be looked for.
    fn bound_of_the_last_kept(&mut self, n_peaks: usize) -> f64 {
        self.bounds.clear();
        self.bounds
            .extend(self.clusters.iter().map(|cluster| cluster.lower));
        self.bounds.sort_unstable_by(|a, b| b.total_cmp(a));
        // A sample within half a step of a component has 0.999 of its height.
        n_peaks
            .checked_sub(1)
            .and_then(|last| self.bounds.get(last))
            .map_or(0.0, |b| 0.99 * b)
    }

    fn keep_most_intense(&mut self, n_peaks: usize, out: &mut Vec<PatternPeak>) {
        let top = self
            .found
            .iter()
            .map(|&(_, height)| height)
            .fold(0.0, f64::max);
        self.found
            .retain(|&(_, height)| height / top >= MIN_RELATIVE_INTENSITY);
        if self.found.len() > n_peaks {
            self.found
                .sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.total_cmp(&b.0)));
            self.found.truncate(n_peaks);
        }
        self.found.sort_by(|a, b| a.0.total_cmp(&b.0));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "intensities are kept as f32"
        )]
        let percent = |height: f64| (height / top * 100.0) as f32;
        out.extend(self.found.iter().map(|&(mz, height)| PatternPeak {
            mz,
            intensity: percent(height),
        }));
    }
}
