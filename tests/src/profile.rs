//! Centroid datasets rendered as profiles, as an analyzer that counts ions would sample them.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs::File;
use std::path::Path;

use ms_core::imzml::{
    Dataset, ImzmlWriter, Mode, Names, Representation, SpectrumIdx, WriteOptions,
};

/// How a dataset is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Rendering {
    /// m/z over the width of a peak at m/z 200; falls with the square root of m/z, as an orbitrap's.
    pub resolving_power: f64,
    /// Points within the width of a peak.
    pub points_a_width: f64,
    /// Ions of an intensity of 1.
    pub ions: f64,
    /// Standard deviation of the noise of each point, in ions.
    pub noise: f64,
    /// Whether points of intensity 0 are left out.
    pub leaves_out_zeros: bool,
}

/// Numbers that repeat themselves (Knuth's linear congruential generator).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, by the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

impl Rendering {
    /// Full width at half maximum in Th.
    fn fwhm(&self, mz: f64) -> f64 {
        mz / (self.resolving_power * (200.0 / mz).sqrt())
    }

    /// The m/z of all points from `low` to `high`.
    fn axis(&self, low: f64, high: f64) -> Vec<f64> {
        let mut mzs = vec![low];
        while mzs[mzs.len() - 1] < high {
            let last = mzs[mzs.len() - 1];
            mzs.push(last + self.fwhm(last) / self.points_a_width);
        }
        mzs
    }

    fn render(
        &self,
        axis: &[f64],
        peaks: impl Iterator<Item = (f64, f32)>,
        random: &mut Random,
    ) -> (Vec<f64>, Vec<f32>) {
        let mut signal = vec![0.0_f64; axis.len()];
        for (mz, intensity) in peaks {
            let sigma = self.fwhm(mz) / 2.354_82;
            let start = axis.partition_point(|x| *x < mz - 5.0 * sigma);
            let end = axis.partition_point(|x| *x <= mz + 5.0 * sigma);
            for place in start..end {
                let distance = (axis[place] - mz) / sigma;
                signal[place] +=
                    self.ions * f64::from(intensity) * (-0.5 * distance * distance).exp();
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "as spectra are stored")]
        let points = axis.iter().zip(&signal).map(|(mz, mean)| {
            let noise = (mean + self.noise * self.noise).sqrt() * random.normal();
            (*mz, ((mean + noise).max(0.0)) as f32)
        });
        points
            .filter(|(_, value)| !self.leaves_out_zeros || *value > 0.0)
            .unzip()
    }
}

/// Renders a dataset on disk to another.
///
/// # Panics
/// One cannot be read or the other not written.
pub fn render(imzml: &Path, target: &Path, mode: Mode, rendering: Rendering) {
    let ibd = std::fs::read(imzml.with_extension("ibd")).expect("an ibd");
    let mut xml = File::open(imzml).expect("an imzML");
    let names = Names {
        imzml: imzml.display().to_string(),
        ibd: "ibd".into(),
    };
    let dataset = Dataset::open(&mut xml, Box::new(ibd), names, None).expect("a dataset");
    let options = WriteOptions {
        polarity: dataset.header.polarity,
        representation: Some(Representation::Profile),
        instrument: dataset
            .header
            .analyzer
            .as_ref()
            .map(|found| found.instrument),
        ..WriteOptions::new(*b"rendered peaks !", mode)
    };
    let ibd = File::create(target.with_extension("ibd")).expect("a new ibd");
    let mut writer = ImzmlWriter::new(std::io::BufWriter::new(ibd), options).expect("a writer");
    let mut reader = dataset.reader();
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for place in 0..dataset.spectra.len() {
        let spectrum = reader.read(SpectrumIdx(place)).expect("a spectrum");
        low = spectrum.mzs.first().map_or(low, |mz| low.min(*mz));
        high = spectrum.mzs.last().map_or(high, |mz| high.max(*mz));
    }
    let axis = rendering.axis(low - 0.5, high + 0.5);
    let mut random = Random(17);
    for (place, entry) in dataset.spectra.iter().enumerate() {
        let spectrum = reader.read(SpectrumIdx(place)).expect("a spectrum");
        let peaks = spectrum
            .mzs
            .iter()
            .copied()
            .zip(spectrum.intensities.iter().copied());
        let (mzs, intensities) = rendering.render(&axis, peaks, &mut random);
        writer
            .spectrum((entry.x, entry.y, entry.z), &mzs, &intensities)
            .expect("a spectrum that can be written");
    }
    let mut xml = File::create(target).expect("a new imzML");
    writer.finish(&mut xml).expect("an XML that can be written");
}
