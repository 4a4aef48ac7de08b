//! Every measure against scipy, scikit-learn and scikit-image, and by its properties.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use coloc::cluster::{hierarchy, spectral};
use coloc::features::Features;
use coloc::images::ImageSet;
use coloc::measures::Measure;
use coloc::pairs::{BestPartners, PairScores, Selection, best, matrix, scores_of};
use coloc::prepare::PreparationPreset;
use coloc::rank::{PartnerLimits, id_order, partners};
use coloc::sweep::{Sweep, sweep, sweep_share};
use ms_core::image::{IonImage, Raster};
use proptest::prelude::*;

/// A set of images whose pixels are all of the raster, or those of `places`.
fn set(width: u32, height: u32, images: &[Vec<f32>]) -> ImageSet {
    let raster = Raster {
        width,
        height,
        places: (0..width * height).collect(),
    };
    let ids = (0..images.len()).map(|i| format!("ion {i:03}")).collect();
    ImageSet::new(
        raster,
        ids,
        images.iter().map(|values| sparse(values)).collect(),
    )
    .unwrap()
}

fn sparse(values: &[f32]) -> IonImage {
    let signal = || (0_u32..).zip(values).filter(|(_, value)| **value > 0.0);
    IonImage {
        pixels: signal().map(|(pixel, _)| pixel).collect(),
        intensities: signal().map(|(_, value)| *value).collect(),
    }
}

fn scores(set: &ImageSet, measure: Measure) -> ndarray::Array2<f32> {
    matrix(&Features::new(set, measure, PreparationPreset::Default))
}

#[test]
fn equal_other_packages() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/coloc-reference.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let (width, height) = (rows[0][1].parse().unwrap(), rows[0][2].parse().unwrap());
    let images: Vec<Vec<f32>> = rows
        .iter()
        .filter(|row| row[0] == "image")
        .map(|row| {
            row[2..]
                .iter()
                .map(|value| value.parse().unwrap())
                .collect()
        })
        .collect();
    let set = set(width, height, &images);
    let mut n_compared = 0;
    for measure in Measure::ALL {
        let scores = scores(&set, measure);
        for row in rows.iter().filter(|row| row[0] == measure.name()) {
            let (i, j): (usize, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
            let expected: f64 = row[3].parse().unwrap();
            let found = f64::from(scores[[i, j]]);
            assert!(
                (found - expected).abs() < 2e-6,
                "{measure} {i} {j}: {found} for {expected}"
            );
            n_compared += 1;
        }
    }
    assert_eq!(
        n_compared,
        Measure::ALL.len() * images.len() * (images.len() - 1)
    );
}

/// Images with zeros, ties, hotspots; some empty, some constant.
fn any_images() -> impl Strategy<Value = (u32, u32, Vec<Vec<f32>>)> {
    let pixel = prop_oneof![3 => Just(0.0_f32), 2 => 0.5_f32..100.0, 1 => Just(7.0)];
    (1_u32..8, 1_u32..8, 2_usize..6).prop_flat_map(move |(width, height, n)| {
        let n_pixels = (width * height) as usize;
        let image = prop_oneof![
            6 => prop::collection::vec(pixel.clone(), n_pixels),
            1 => Just(vec![0.0; n_pixels]),
            1 => Just(vec![3.0; n_pixels]),
        ];
        (Just(width), Just(height), prop::collection::vec(image, n))
    })
}

proptest! {
    #[test]
    fn symmetric_within_range_and_one_on_the_diagonal((width, height, images) in any_images()) {
        let set = set(width, height, &images);
        for measure in Measure::ALL {
            let features = Features::new(&set, measure, PreparationPreset::Default);
            let scores = matrix(&features);
            let (low, high) = measure.range();
            for i in 0..set.len() {
                let own = if features.is_empty(i) { 0.0 } else { 1.0 };
                prop_assert!((scores[[i, i]] - own).abs() < 1e-6, "{} {}", measure, scores[[i, i]]);
                for j in 0..set.len() {
                    let score = scores[[i, j]];
                    prop_assert!((low..=high).contains(&score), "{} {}", measure, score);
                    if measure.is_symmetric() {
                        prop_assert_eq!(score.to_bits(), scores[[j, i]].to_bits());
                    }
                    if features.is_empty(i) || features.is_empty(j) {
                        prop_assert!(score.abs() < f32::EPSILON);
                    }
                }
                let row = scores_of(&features, i);
                prop_assert_eq!(row, scores.row(i).to_vec());
            }
        }
        let m1 = scores(&set, Measure::MandersM1);
        prop_assert_eq!(m1.t().to_owned(), scores(&set, Measure::MandersM2));
    }

    #[test]
    fn a_factor_changes_nothing((width, height, images) in any_images(), factor in 1_u32..20) {
        // A power of two, so that nothing is rounded.
        let factor = 2_f32.powi(i32::try_from(factor).unwrap() - 10);
        let mut scaled = images.clone();
        scaled[0].iter_mut().for_each(|value| *value *= factor);
        let (plain, scaled) = (set(width, height, &images), set(width, height, &scaled));
        for measure in Measure::ALL {
            let (a, b) = (scores(&plain, measure), scores(&scaled, measure));
            let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            prop_assert!(worst < 1e-6, "{} {}", measure, worst);
        }
    }
}

/// So many images that there are several panels of them.
fn many(n: usize) -> ImageSet {
    let value = |ion: usize, place: usize| {
        let phase = (ion % 17) as f32 + (ion as f32 * 0.37).sin();
        ((place as f32 * 0.11 + phase).sin() + (place as f32 * 0.013 * phase).cos()).max(0.0)
    };
    let images: Vec<Vec<f32>> = (0..n)
        .map(|ion| (0..30 * 20).map(|place| value(ion, place)).collect())
        .collect();
    set(30, 20, &images)
}

fn in_threads<T: Send>(n: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(n)
        .build()
        .unwrap()
        .install(work)
}

#[test]
fn threads_change_no_bit() {
    let set = many(600);
    let order = id_order(&set);
    let tiers: Vec<usize> = (0..600).map(|ion| ion % 3).collect();
    let limits = PartnerLimits {
        n_best: 20,
        min_score: 0.3,
    };
    let selection = Selection {
        tiers: &tiers,
        n_groups: 3,
        order: &order,
        limits,
    };
    for measure in [
        Measure::MedianThresholdedCosine,
        Measure::MandersM1,
        Measure::Nmi,
    ] {
        let [one, two, seven] = [1, 2, 7].map(|n| {
            in_threads(n, || {
                let features = Features::new(&set, measure, PreparationPreset::Default);
                (matrix(&features), best(&features, selection).unwrap())
            })
        });
        assert!(one == two && one == seven, "{measure}");
    }
}

#[test]
fn the_best_are_those_of_the_matrix() {
    let set = many(520);
    let order = id_order(&set);
    let tiers: Vec<usize> = (0..520).map(|ion| ion % 2).collect();
    let limits = PartnerLimits {
        n_best: 7,
        min_score: 0.3,
    };
    for measure in [Measure::MedianThresholdedCosine, Measure::MandersM2] {
        let features = Features::new(&set, measure, PreparationPreset::Default);
        let scores = matrix(&features);
        let selection = Selection {
            tiers: &tiers,
            n_groups: 2,
            order: &order,
            limits,
        };
        let found = best(&features, selection).unwrap();
        for ion in 0..520 {
            let row = scores.row(ion).to_vec();
            assert_eq!(found[1][ion], partners(ion, &row, &order, limits));
            let within = |other: usize| tiers[ion] == 0 && tiers[other] == 0;
            let masked: Vec<f32> = row
                .iter()
                .enumerate()
                .map(|(j, s)| if within(j) { *s } else { -1.0 })
                .collect();
            assert_eq!(found[0][ion], partners(ion, &masked, &order, limits));
        }
    }
}

#[test]
fn memory_changes_no_bit() {
    // Three panels: with room for two, some are read again.
    let set = many(600);
    let order = id_order(&set);
    let tiers: Vec<usize> = (0..600).map(|ion| ion % 3).collect();
    let limits = PartnerLimits {
        n_best: 20,
        min_score: 0.3,
    };
    let selection = Selection {
        tiers: &tiers,
        n_groups: 3,
        order: &order,
        limits,
    };
    let by = |measure: Measure, max_bytes: u64| {
        let kept = BestPartners::new(selection, 600).unwrap();
        let scores = PairScores::new(
            (0..600).map(|ion| (ion > 0).then(|| ion - 1)).collect(),
            599,
        );
        let comparison = Sweep {
            measure,
            preset: PreparationPreset::Default,
            max_bytes,
        };
        let swept = sweep(&set, comparison, |tile| {
            kept.take(tile);
            scores.take(tile);
        });
        swept.unwrap_or_else(|never| match never {});
        (kept.into_groups(), scores.into_matrix())
    };
    for measure in [
        Measure::MedianThresholdedCosine,
        Measure::MandersM2,
        Measure::TfidfCosine,
    ] {
        let features = Features::new(&set, measure, PreparationPreset::Default);
        let expected = (best(&features, selection).unwrap(), matrix(&features));
        for max_bytes in [0, 3 * 256 * 600 * 4, u64::MAX] {
            let (kept, scores) = by(measure, max_bytes);
            assert!(kept == expected.0, "{measure} {max_bytes}");
            assert_eq!(
                scores,
                expected.1.slice(ndarray::s![1.., 1..]),
                "{measure} {max_bytes}"
            );
        }
    }
}

#[test]
fn shares_are_the_rows_of_the_whole() {
    let set = many(600);
    let order = id_order(&set);
    let tiers: Vec<usize> = (0..600).map(|ion| ion % 3).collect();
    let limits = PartnerLimits {
        n_best: 20,
        min_score: 0.3,
    };
    let selection = Selection {
        tiers: &tiers,
        n_groups: 3,
        order: &order,
        limits,
    };
    for measure in [Measure::MedianThresholdedCosine, Measure::MandersM2] {
        let features = Features::new(&set, measure, PreparationPreset::Default);
        let (expected, all) = (best(&features, selection).unwrap(), matrix(&features));
        // Three panels, so that of seven shares some have none.
        for (n_shares, max_bytes) in [(2, 0), (2, u64::MAX), (3, 0), (7, 3 * 256 * 600 * 4)] {
            let mut n_found = 0;
            for share in 0..n_shares {
                let kept = BestPartners::new(selection, 600).unwrap();
                let scores = PairScores::new((0..600).map(Some).collect(), 600);
                let comparison = Sweep {
                    measure,
                    preset: PreparationPreset::Default,
                    max_bytes,
                };
                let swept = sweep_share(&set, comparison, share..share + 1, n_shares, |tile| {
                    kept.take(tile);
                    scores.take(tile);
                });
                swept.unwrap_or_else(|never| match never {});
                let (kept, scores) = (kept.into_groups(), scores.into_matrix());
                for ion in (0..600).filter(|&ion| scores[[ion, ion]] > 0.0) {
                    assert_eq!(
                        scores.row(ion),
                        all.row(ion),
                        "{measure} {share} of {n_shares}"
                    );
                    for group in 0..3 {
                        assert_eq!(kept[group][ion], expected[group][ion]);
                    }
                    n_found += 1;
                }
                let is_other = |ion: &usize| scores[[*ion, *ion]] <= 0.0;
                assert!((0..600).filter(is_other).all(|ion| kept[2][ion].is_empty()));
            }
            assert_eq!(
                n_found,
                (0..600).filter(|&ion| all[[ion, ion]] > 0.0).count()
            );
        }
    }
}

#[test]
fn the_order_of_ions_changes_no_group() {
    let forth = many(90);
    let back: Vec<usize> = (0..90).rev().collect();
    let turned = ImageSet::new(
        forth.raster().clone(),
        back.iter().map(|&ion| forth.ids()[ion].clone()).collect(),
        back.iter()
            .map(|&ion| forth.images()[ion].clone())
            .collect(),
    )
    .unwrap();
    let groups = |set: &ImageSet| {
        let scores = scores(set, Measure::default());
        let order = id_order(set);
        let names = |ions: &[usize]| -> Vec<String> {
            ions.iter().map(|&ion| set.ids()[ion].clone()).collect()
        };
        let tree = hierarchy(&scores, &order).unwrap();
        let of_tree = tree.cut(0.5, &scores, &order);
        let of_graph = spectral(&scores.view(), &order, None).unwrap().clusters;
        let all = of_tree
            .iter()
            .chain(&of_graph)
            .map(|cluster| names(&cluster.ions));
        (names(&tree.leaves), all.collect::<Vec<_>>())
    };
    let (a, b) = (groups(&forth), groups(&turned));
    assert_eq!(a.0, b.0);
    assert_eq!(a.1, b.1);
}
