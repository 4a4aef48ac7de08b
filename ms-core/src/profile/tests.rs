#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

use super::*;

/// Numbers from 0 to 1 that repeat themselves (Knuth's linear congruential generator).
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

    /// Poisson, by products of uniform numbers; normal where the mean is large.
    fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round();
        }
        let least = libm::exp(-mean);
        let (mut product, mut n) = (self.next(), 0.0);
        while product > least {
            product *= self.next();
            n += 1.0;
        }
        n
    }
}

const RESOLVING_POWER: f64 = 40_000.0;

fn fwhm(mz: f64) -> f64 {
    mz / RESOLVING_POWER
}

/// Peaks of m/z and number of ions as the signal of an analyzer that counts them, with noise.
fn rendered(
    peaks: &[(f64, f64)],
    points_a_width: f64,
    noise: f64,
    level: f64,
    random: &mut Random,
) -> (Vec<f64>, Vec<f32>) {
    let (low, high) = (peaks[0].0 - 1.0, peaks[peaks.len() - 1].0 + 1.0);
    let (mut mzs, mut signal) = (Vec::new(), Vec::new());
    let mut mz = low;
    while mz < high {
        mzs.push(mz);
        mz += fwhm(mz) / points_a_width;
    }
    for &mz in &mzs {
        let mean: f64 = peaks
            .iter()
            .filter(|(top, _)| (top - mz).abs() < 8.0 * fwhm(*top))
            .map(|(top, n_ions)| {
                let sigma = fwhm(*top) / 2.354_82;
                let density = libm::exp(-0.5 * ((mz - top) / sigma).powi(2)) / (sigma * 2.506_63);
                n_ions * density * fwhm(mz) / points_a_width
            })
            .sum();
        signal.push((random.poisson(mean) + level + noise * random.normal()) as f32);
    }
    (mzs, signal)
}

fn picked(spectra: &[(Vec<f64>, Vec<f32>)]) -> (Vec<Vec<(f64, f32)>>, PickCounts) {
    picked_as(spectra, |shape| shape)
}

/// As if another shape were seen.
fn picked_as(
    spectra: &[(Vec<f64>, Vec<f32>)],
    seen: impl Fn(ProfileShape) -> ProfileShape,
) -> (Vec<Vec<(f64, f32)>>, PickCounts) {
    let of = |(mzs, intensities): &'_ (Vec<f64>, Vec<f32>)| (mzs.clone(), intensities.clone());
    let all: Vec<(Vec<f64>, Vec<f32>)> = spectra.iter().map(of).collect();
    let spectrum = |(mzs, intensities): &(Vec<f64>, Vec<f32>)| ProfileSpectrum {
        mzs: mzs.clone(),
        intensities: intensities.clone(),
    };
    let groups: Vec<Vec<ProfileSpectrum>> = all.iter().map(|one| vec![spectrum(one)]).collect();
    let shape = ProfileShape::observe(&groups);
    let mut picker = PeakPicker::new(PeakPicking {
        min_snr: DEFAULT_MIN_SNR,
        intensity: PeakIntensity::Height,
        shape: seen(shape.unwrap()),
    });
    let peaks = all
        .iter()
        .map(|(mzs, intensities)| {
            picker.change_axis();
            let (mzs, intensities) = picker.pick(mzs, intensities);
            mzs.iter()
                .copied()
                .zip(intensities.iter().copied())
                .collect()
        })
        .collect();
    (peaks, picker.counts)
}

/// The peak nearest to an m/z.
fn nearest(peaks: &[(f64, f32)], mz: f64) -> (f64, f32) {
    let off = |peak: &&(f64, f32)| (peak.0 - mz).abs();
    *peaks
        .iter()
        .min_by(|a, b| off(a).total_cmp(&off(b)))
        .unwrap()
}

fn tops(n: u32, random: &mut Random) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| (300.0 + 5.0 * f64::from(i) + random.next(), 0.0))
        .collect()
}

#[test]
fn masses_are_nearly_as_good_as_ions_allow() {
    let mut random = Random(3);
    for (points_a_width, n_ions) in [(2.0, 400.0), (5.0, 400.0), (12.0, 400.0), (6.0, 100.0)] {
        let spectra: Vec<_> = (0..10)
            .map(|_| {
                let peaks: Vec<(f64, f64)> = tops(100, &mut random)
                    .iter()
                    .map(|(mz, _)| (*mz, n_ions))
                    .collect();
                let rendered = rendered(&peaks, points_a_width, 0.2, 0.0, &mut random);
                (peaks, rendered)
            })
            .collect();
        let (found, _) = picked(&spectra.iter().map(|s| s.1.clone()).collect::<Vec<_>>());
        let limit = 1.0 / (2.354_82 * f64::sqrt(n_ions));
        let mut squares = Vec::new();
        for ((truth, _), found) in spectra.iter().zip(&found) {
            for &(mz, _) in truth {
                let off = (nearest(found, mz).0 - mz) / fwhm(mz);
                squares.push(off * off);
            }
        }
        let error = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        assert!(
            error < 1.3 * limit,
            "{points_a_width}: {:.3} limits",
            error / limit
        );
    }
}

#[test]
fn peaks_that_stand_out_are_found_and_little_else() {
    let mut random = Random(11);
    let peaks: Vec<(f64, f64)> = tops(120, &mut random)
        .iter()
        .enumerate()
        .map(|(i, (mz, _))| (*mz, 300.0 + 40.0 * (i % 10) as f64))
        .collect();
    let spectrum = rendered(&peaks, 6.0, 5.0, 50.0, &mut random);
    let n_points = spectrum.0.len();
    let (found, counts) = picked(&[spectrum]);
    let found = &found[0];
    for &(mz, _) in &peaks {
        assert!((nearest(found, mz).0 - mz).abs() < fwhm(mz) / 2.0, "{mz}");
    }
    // Noise exceeds three standard deviations about once in 700 of its independent places.
    let n_false = found.len() - peaks.len();
    assert!(n_false < n_points / 1_000, "{n_false} of {n_points}");
    assert!(counts.n_noise > 10 * n_false as u64);
    // Heights are proportional to the ions.
    let ratios: Vec<f64> = peaks
        .iter()
        .map(|&(mz, n_ions)| f64::from(nearest(found, mz).1) / n_ions)
        .collect();
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let spread = ratios.iter().map(|r| (r / mean - 1.0).abs()).sum::<f64>() / ratios.len() as f64;
    assert!(spread < 0.1, "{spread}");
}

#[test]
fn two_maxima_are_two_peaks() {
    let mut random = Random(23);
    let gap = 1.8 * fwhm(500.0);
    let mut peaks = tops(20, &mut random);
    for peak in &mut peaks {
        peak.1 = 5_000.0;
    }
    peaks.push((500.0, 5_000.0));
    peaks.push((500.0 + gap, 3_000.0));
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (found, _) = picked(&[rendered(&peaks, 8.0, 0.5, 0.0, &mut random)]);
    for mz in [500.0, 500.0 + gap] {
        let off = (nearest(&found[0], mz).0 - mz) / fwhm(mz);
        assert!(off.abs() < 0.06, "{off}");
    }
}

#[test]
fn zeros_left_out_change_little() {
    let mut random = Random(31);
    let mut peaks = tops(60, &mut random);
    for peak in &mut peaks {
        peak.1 = 800.0;
    }
    let (mzs, mut intensities) = rendered(&peaks, 6.0, 0.0, 0.0, &mut random);
    for value in &mut intensities {
        *value = value.round();
    }
    let kept = mzs.iter().zip(&intensities).filter(|(_, i)| **i > 0.0);
    let left_out: (Vec<f64>, Vec<f32>) = kept.map(|(m, i)| (*m, *i)).unzip();
    assert!(left_out.0.len() < mzs.len() / 20);
    let (whole, _) = picked(&[(mzs, intensities)]);
    let (found, _) = picked(&[left_out]);
    for &(mz, _) in &peaks {
        let (a, b) = (nearest(&whole[0], mz), nearest(&found[0], mz));
        assert!((a.0 - mz).abs() < 0.1 * fwhm(mz), "{mz}");
        assert!((a.0 - b.0).abs() < 0.01 * fwhm(mz), "{a:?} {b:?}");
    }
    assert!(found[0].len() < 70);
}

#[test]
fn side_lobes_are_left_out_and_counted() {
    // Only where widths grow as those of a Fourier transform.
    let mut random = Random(41);
    let mut peaks = tops(30, &mut random);
    for peak in &mut peaks {
        peak.1 = 1e6;
    }
    let mut with_lobes = peaks.clone();
    with_lobes.extend(
        peaks
            .iter()
            .map(|(mz, n)| (mz + 3.0 * fwhm(*mz), 0.005 * n)),
    );
    with_lobes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spectra = [rendered(&with_lobes, 6.0, 1.0, 0.0, &mut random)];
    let (_, counts) = picked(&spectra);
    assert_eq!(counts.n_side_lobes, 0);
    let (found, counts) = picked_as(&spectra, |shape| {
        let middle = 375.0;
        let fwhm = PowerLaw {
            at_200: shape.fwhm.at(middle) * libm::pow(200.0 / middle, 1.5),
            exponent: 1.5,
        };
        ProfileShape { fwhm, ..shape }
    });
    assert!(counts.n_side_lobes >= 28, "{counts:?}");
    assert!(found[0].iter().filter(|peak| peak.1 > 2_000.0).count() == 30);
}

#[test]
fn odd_spectra_have_no_peaks_and_make_no_fuss() {
    let shape = ProfileShape {
        step: PowerLaw {
            at_200: 0.01,
            exponent: 1.0,
        },
        fwhm: PowerLaw {
            at_200: 0.04,
            exponent: 1.0,
        },
        seen: None,
    };
    let picking = PeakPicking {
        min_snr: 3.0,
        intensity: PeakIntensity::Area,
        shape,
    };
    let mut picker = PeakPicker::new(picking);
    let odd: [(&[f64], &[f32]); 5] = [
        (&[], &[]),
        (&[100.0], &[f32::NAN]),
        (&[100.0, 100.0, 100.0], &[1.0, 2.0, 1.0]),
        (&[100.0, 1e9], &[-1.0, -2.0]),
        (&[1e-300, 5.0, 1e300], &[0.0, 1.0, 0.0]),
    ];
    for (mzs, intensities) in odd {
        picker.change_axis();
        let (found, heights) = picker.pick(mzs, intensities);
        assert!(found.is_sorted_by(|a, b| a < b));
        assert!(heights.iter().all(|v| *v > 0.0 && v.is_finite()));
    }
}

proptest::proptest! {
    #[test]
    fn any_spectrum_has_ascending_peaks(
        steps in proptest::collection::vec(0.0_f64..0.1, 0..200),
        values in proptest::collection::vec(-10.0_f32..1_000.0, 200),
    ) {
        let mut mz = 150.0;
        let mzs: Vec<f64> = steps.iter().map(|step| { mz += step; mz }).collect();
        let intensities = &values[..mzs.len()];
        let Some(shape) = ProfileShape::observe(&[vec![ProfileSpectrum { mzs: mzs.clone(), intensities: intensities.to_vec() }]]) else {
            return Ok(());
        };
        let picking = PeakPicking { min_snr: 3.0, intensity: PeakIntensity::Height, shape };
        let mut picker = PeakPicker::new(picking);
        let (found, heights) = picker.pick(&mzs, intensities);
        proptest::prop_assert!(found.is_sorted_by(|a, b| a < b));
        proptest::prop_assert!(found.iter().all(|mz| mz.is_finite() && *mz > 0.0));
        proptest::prop_assert!(heights.iter().all(|v| *v > 0.0 && v.is_finite()));
    }
}
