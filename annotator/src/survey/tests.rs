use rand_mt::Mt64;

use super::*;

/// Numbers that look drawn, from 0 to 1.
struct Draws(Mt64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of a normal distribution, as twelve uniform ones.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Spectra of an instrument.
struct Made {
    shift_ppm: f64,
    slope_ppm: f64,
    drift_ppm: f64,
    sigma_ppm: f64,
    n_true: usize,
    n_spectra: usize,
}

const MADE: Made = Made {
    shift_ppm: 0.0,
    slope_ppm: 0.0,
    drift_ppm: 0.0,
    sigma_ppm: 1.0,
    n_true: 120,
    n_spectra: 1_000,
};

/// m/z of so many ions, spread over 200 to 1,000.
fn mzs(n: usize, draws: &mut Draws) -> Vec<f64> {
    let mut mzs: Vec<f64> = (0..n).map(|_| 200.0 + 800.0 * draws.uniform()).collect();
    mzs.sort_by(f64::total_cmp);
    mzs
}

impl Made {
    /// Groups of spectra with ions that are searched, others, and noise; and the m/z searched.
    fn groups(&self) -> (Vec<Vec<SampledSpectrum>>, Vec<f64>) {
        let mut draws = Draws(Mt64::new(7));
        let searched = mzs(3_000, &mut draws);
        let step = searched.len() / self.n_true.max(1);
        let mut present: Vec<f64> = searched
            .iter()
            .copied()
            .step_by(step)
            .take(self.n_true)
            .collect();
        present.extend(mzs(100, &mut draws));
        let mut spectrum = |number: usize| {
            let phase = number as f64 / self.n_spectra as f64;
            let drift = self.drift_ppm * (2.0 * phase - 1.0);
            let mut peaks: Vec<(f64, f32)> = Vec::new();
            for mz in &present {
                let off = self.shift_ppm + self.slope_ppm * (mz - 600.0) / 400.0 + drift;
                let error = off + self.sigma_ppm * draws.normal();
                peaks.push((mz * (1.0 + error * 1e-6), 100.0));
            }
            peaks.extend((0..100).map(|_| (200.0 + 800.0 * draws.uniform(), 10.0)));
            peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mzs, intensities) = peaks.into_iter().unzip();
            SampledSpectrum {
                number: number as u64,
                mzs,
                intensities,
            }
        };
        let groups = sample(self.n_spectra);
        let made = groups
            .into_iter()
            .map(|group| group.map(&mut spectrum).collect());
        (made.collect(), searched)
    }

    fn survey(&self) -> Survey {
        let (groups, searched) = self.groups();
        let known = KnownMzs {
            searched: &searched,
            other_polarity: &[],
        };
        survey(&groups, known, Polarity::Positive, None, None)
    }
}

#[test]
fn samples_go_from_the_first_to_the_last() {
    for n in [0, 1, 9, 400, 500, 501, 30_000] {
        let groups = sample(n);
        let places: Vec<usize> = groups.iter().cloned().flatten().collect();
        assert!(places.is_sorted() && places.len() <= 500, "{n}");
        assert!(n > 500 || places == (0..n).collect::<Vec<_>>(), "{n}");
        assert!(
            n == 0 || (places[0], places[places.len() - 1]) == (0, n - 1),
            "{n}"
        );
    }
}

#[test]
fn shift_and_spread_are_found_and_corrected() {
    for shift_ppm in [-8.0, -2.0, 5.0, 8.0] {
        let found = Made { shift_ppm, ..MADE }.survey();
        let measured = found.measured.unwrap();
        assert!((measured.shift_ppm - shift_ppm).abs() < 0.2, "{measured:?}");
        assert!((measured.sigma_ppm() - 1.0).abs() < 0.2, "{measured:?}");
        assert!((100..=140).contains(&measured.n_ions), "{measured:?}");
        let recalibration = found.recalibration.unwrap();
        for mz in [200.0, 600.0, 1_000.0] {
            assert!((recalibration.error(500, mz).0 - shift_ppm).abs() < 0.3);
        }
        assert!(found.recalibrated.unwrap().window_ppm() < 4.0);
    }
}

#[test]
fn what_needs_no_correction_gets_none() {
    let found = MADE.survey();
    assert_eq!(found.recalibration, None);
    assert!((found.measured.unwrap().window_ppm() - 3.0).abs() < 0.6);
}

#[test]
fn a_slope_and_a_drift_are_found() {
    let found = Made {
        slope_ppm: 3.0,
        drift_ppm: 4.0,
        ..MADE
    }
    .survey();
    let recalibration = found.recalibration.unwrap();
    for (spectrum, mz, expected) in [
        (0, 600.0, -4.0),
        (999, 600.0, 4.0),
        (500, 220.0, -2.85),
        (500, 980.0, 2.85),
    ] {
        let error = recalibration.error(spectrum, mz).0;
        assert!((error - expected).abs() < 0.5, "{spectrum} {mz}: {error}");
    }
    let (before, after) = (found.measured.unwrap(), found.recalibrated.unwrap());
    assert!(
        before.sigma_ppm() > 2.0 && after.sigma_ppm() < 1.3,
        "{before:?} {after:?}"
    );
}

#[test]
fn without_known_ions_nothing_is_claimed() {
    let found = Made { n_true: 0, ..MADE }.survey();
    assert!(found.n_common_peaks >= 80, "{found:?}");
    assert_eq!((found.measured, found.recalibration), (None, None));
    assert_eq!(
        survey(
            &[],
            KnownMzs {
                searched: &[],
                other_polarity: &[]
            },
            Polarity::Positive,
            None,
            None
        ),
        Survey::default()
    );
}

/// Lipids of which the table has those with one double bond less only: 8.94 mDa above the second
/// isotopic peak of what is there.
#[test]
fn isotopic_peaks_show_no_shift() {
    let lipids: Vec<f64> = (0..15).map(|i| 800.5 + 6.3 * f64::from(i)).collect();
    let searched: Vec<f64> = lipids.iter().map(|mz| mz + 2.015_65).collect();
    let peaks: Vec<(f64, f32)> = lipids
        .iter()
        .flat_map(|mz| {
            let isotopic = [(0.0, 100.0), (1.003_36, 50.0), (2.006_71, 15.0)];
            isotopic.map(|(step, intensity)| (mz + step, intensity))
        })
        .collect();
    let (mzs, intensities): (Vec<f64>, Vec<f32>) = peaks.into_iter().unzip();
    let spectra = (0..40).map(|number| SampledSpectrum {
        number,
        mzs: mzs.clone(),
        intensities: intensities.clone(),
    });
    let known = KnownMzs {
        searched: &searched,
        other_polarity: &searched,
    };
    let found = survey(&[spectra.collect()], known, Polarity::Positive, None, None);
    assert_eq!(found.n_common_peaks, 45, "{found:?}");
    assert_eq!((found.measured, found.recalibration), (None, None));
    assert!(!found.is_other_polarity_likelier);
    assert_eq!(found.resolution, None);
}

/// A hundred molecules of nearly one m/z beside one peak are one ion that is there, or none.
#[test]
fn a_peak_counts_once_however_many_isobars_it_has() {
    let searched: Vec<f64> = (0..100).map(|i| 700.4 + 1e-6 * f64::from(i)).collect();
    let spectra = (0..40).map(|number| SampledSpectrum {
        number,
        mzs: vec![300.1, 700.405],
        intensities: vec![1.0, 1.0],
    });
    let known = KnownMzs {
        searched: &searched,
        other_polarity: &[],
    };
    let found = survey(&[spectra.collect()], known, Polarity::Positive, None, None);
    assert_eq!((found.n_common_peaks, found.measured), (2, None));
}

#[test]
fn ions_of_the_other_polarity_are_seen() {
    let (groups, present) = MADE.groups();
    let mut draws = Draws(Mt64::new(8));
    let known = KnownMzs {
        searched: &mzs(3_000, &mut draws),
        other_polarity: &present,
    };
    assert!(survey(&groups, known, Polarity::Positive, None, None).is_other_polarity_likelier);
}

/// Spectra of peaks that are no nearer to each other than an instrument resolves.
fn resolved(instrument: Instrument, power: f64) -> Vec<Vec<SampledSpectrum>> {
    let mut draws = Draws(Mt64::new(9));
    let exponent = match instrument {
        Instrument::Tof => 1.0,
        Instrument::Orbitrap => 1.5,
        Instrument::Fticr => 2.0,
    };
    let mut spectrum = |number| {
        let (mut mz, mut mzs) = (200.0_f64, Vec::new());
        while mz < 1_000.0 {
            mzs.push(mz);
            let width = 200.0 / power * (mz / 200.0).powf(exponent);
            mz += width * (1.0 - 2.0 * draws.uniform().ln());
        }
        let intensities = vec![1.0; mzs.len()];
        SampledSpectrum {
            number,
            mzs,
            intensities,
        }
    };
    vec![(0..40).map(&mut spectrum).collect()]
}

#[test]
fn the_analyzer_shows_in_the_least_distance() {
    for (instrument, power) in [
        (Instrument::Tof, 40_000.0),
        (Instrument::Orbitrap, 140_000.0),
        (Instrument::Fticr, 280_000.0),
    ] {
        let groups = resolved(instrument, power);
        let spectra: Vec<&SampledSpectrum> = groups.iter().flatten().collect();
        let found = resolution::observe(&spectra, None).unwrap();
        assert_eq!(found.instrument, instrument);
        assert!(
            (found.resolving_power / power - 1.0).abs() < 0.2,
            "{found:?}"
        );
    }
    let (groups, _) = MADE.groups();
    let spectra: Vec<&SampledSpectrum> = groups.iter().flatten().collect();
    assert_eq!(resolution::observe(&spectra, None), None);
}
