//! Co-localization of whole runs: scores of all pairs, partners at each FDR level, sample ions.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use annotator::annotate::ion_images;
use annotator::imager::Canvases;
use annotator::indices::IonIdx;
use coloc::cluster::spectral;
use coloc::features::Features;
use coloc::images::ImageSet;
use coloc::measures::Measure;
use coloc::pairs::{Selection, best, matrix};
use coloc::prepare::PreparationPreset;
use coloc::rank::{PartnerLimits, id_order};
use ms_core::progress::Silent;
use ndarray::Array2;
use serde_json::Value;

use crate::runs::normalized;
use crate::shared::{Setup, Table, open, path};

const TOLERANCE: f32 = 1e-5;
const LEVELS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];

every_run!(check);

/// The annotations of a run of the reference, best first, with our images of them.
struct Annotations {
    /// The reference's numbers of the ions.
    numbers: Vec<u64>,
    fdr: Vec<f64>,
    images: ImageSet,
}

impl Annotations {
    fn of(name: &str) -> Self {
        let (setup, index) = Setup::of(name);
        let table = Table::read(&format!("golden/{name}/coloc_index.csv.gz"));
        let mut ions = HashMap::new();
        for target in &setup.space.tables[0].targets {
            let formula = setup.molecules.formulas[target.formula.usize()].to_string();
            let modifier = setup.space.modifiers[target.modifier.usize()]
                .text()
                .to_owned();
            ions.insert((formula, modifier), target.ion);
        }
        let text = |row, column| table.text(row, column).to_owned();
        let of_row = |row| {
            ions[&(
                normalized(table.text(row, "formula")),
                text(row, "modifier"),
            )]
        };
        let wanted: Vec<IonIdx> = table.rows.iter().map(of_row).collect();
        let mut sorted = wanted.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let made =
            ion_images(&index, setup.work(), &sorted, &Canvases::default(), &Silent).unwrap();
        let first: HashMap<IonIdx, _> = sorted
            .into_iter()
            .zip(made.into_iter().map(|mut images| images.remove(0)))
            .collect();
        let name_of = |row| format!("{}{}", text(row, "formula"), text(row, "modifier"));
        let ids = table.rows.iter().map(name_of).collect();
        let images = wanted.iter().map(|ion| first[ion].clone()).collect();
        Self {
            numbers: table
                .rows
                .iter()
                .map(|row| text(row, "formula_i").parse().unwrap())
                .collect(),
            fdr: table
                .rows
                .iter()
                .map(|row| table.number(row, "fdr"))
                .collect(),
            images: ImageSet::new(setup.work().raster.clone(), ids, images).unwrap(),
        }
    }
}

fn check(name: &str) {
    let annotations = Annotations::of(name);
    for measure in [Measure::Cosine, Measure::MedianThresholdedCosine] {
        let features = Features::new(&annotations.images, measure, PreparationPreset::Metaspace);
        let found = matrix(&features);
        let expected = read_npy(&format!("golden/{name}/coloc_{measure}.npy"));
        assert_eq!(found.dim(), expected.dim());
        let mut worst = (0.0, (0, 0));
        for (at, score) in found.indexed_iter() {
            let difference = (score - expected[at]).abs();
            if difference > worst.0 {
                worst = (difference, at);
            }
        }
        assert!(worst.0 <= TOLERANCE, "{name} {measure}: {worst:?}");
        check_jobs(name, &annotations, &features, &found);
    }
}

/// A matrix of `f32` as numpy writes it.
fn read_npy(name: &str) -> Array2<f32> {
    let mut bytes = Vec::new();
    open(name).read_to_end(&mut bytes).unwrap();
    let header_length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + header_length]).into_owned();
    assert!(header.contains("'<f4'"), "{header}");
    let values: Vec<f32> = bytes[10 + header_length..]
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    // Either order of the axes: the matrix is symmetric.
    let n = values.len().isqrt();
    Array2::from_shape_vec((n, n), values).unwrap()
}

/// Partners of every ion at every level, where the reference has them.
fn check_jobs(name: &str, annotations: &Annotations, features: &Features, scores: &Array2<f32>) {
    if !name.starts_with("spheroid") {
        return;
    }
    let file = format!("golden/{name}/coloc_jobs.json.gz");
    assert!(path(&file).exists());
    let jobs: Value = serde_json::from_reader(open(&file)).unwrap();
    let tier = |fdr: &f64| {
        LEVELS
            .iter()
            .position(|level| *fdr <= level + 1e-3)
            .unwrap()
    };
    let tiers: Vec<usize> = annotations.fdr.iter().map(tier).collect();
    let order = id_order(&annotations.images);
    let selection = Selection {
        tiers: &tiers,
        n_groups: LEVELS.len(),
        order: &order,
        limits: PartnerLimits::METASPACE,
    };
    let found = best(features, selection).unwrap();
    let measure = features.measure().name();
    for job in jobs
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["algorithm"] == measure)
    {
        let level = LEVELS
            .iter()
            .position(|level| job["fdr"] == *level)
            .unwrap();
        for row in job["coloc_annotations"].as_array().unwrap() {
            check_partners(annotations, &found[level], row);
        }
        if measure == Measure::default().name() {
            check_sample_ions(annotations, scores, &tiers, level, job);
        }
    }
}

/// The same partners with the same scores; those at the limit may be in or out.
fn check_partners(annotations: &Annotations, found: &[Vec<coloc::rank::Partner>], row: &Value) {
    let number = row[0].as_u64().unwrap();
    let ion = annotations
        .numbers
        .iter()
        .position(|n| *n == number)
        .unwrap();
    let numbers: Vec<u64> = row[1]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    let scores: Vec<f64> = row[2]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_f64().unwrap())
        .collect();
    let ours: Vec<(u64, f64)> = found[ion]
        .iter()
        .map(|partner| (annotations.numbers[partner.ion], f64::from(partner.score)))
        .collect();
    for (place, ((_, found), expected)) in ours.iter().zip(&scores).enumerate() {
        assert!(
            (found - expected).abs() < 1e-5,
            "{number} {place}: {found} for {expected}"
        );
    }
    // Equal scores in any order; among those equal to the last, any.
    let last = if scores.len() == 100 {
        scores[99] + 2e-5
    } else {
        0.3 + 2e-5
    };
    let clear = |pairs: &[(u64, f64)]| -> BTreeSet<u64> {
        pairs
            .iter()
            .filter(|(_, score)| *score > last)
            .map(|(number, _)| *number)
            .collect()
    };
    let expected: Vec<(u64, f64)> = numbers.into_iter().zip(scores).collect();
    assert_eq!(clear(&ours), clear(&expected), "{number}");
}

/// Sample ions stand for all ions as well as the reference's, and with as many groups many are the
/// same: about as many as scikit-learn itself finds with other random numbers. Which number of groups
/// the reference takes depends on how its random numbers number them.
fn check_sample_ions(
    annotations: &Annotations,
    scores: &Array2<f32>,
    tiers: &[usize],
    level: usize,
    job: &Value,
) {
    let ions: Vec<usize> = (0..tiers.len())
        .filter(|&ion| tiers[ion] <= level)
        .collect();
    let sub = Array2::from_shape_fn((ions.len(), ions.len()), |(i, j)| {
        scores[[ions[i], ions[j]]]
    });
    let all = id_order(&annotations.images);
    let order: Vec<usize> = ions.iter().map(|&ion| all[ion]).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let order: Vec<usize> = order
        .iter()
        .map(|place| sorted.binary_search(place).unwrap())
        .collect();
    let samples = |n_clusters: Option<usize>| -> Vec<usize> {
        let clusters = spectral(&sub.view(), &order, n_clusters).unwrap().clusters;
        clusters
            .iter()
            .map(|cluster| ions[cluster.representative()])
            .collect()
    };
    let theirs: Vec<usize> = job["sample_ion_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| {
            annotations
                .numbers
                .iter()
                .position(|m| Some(*m) == n.as_u64())
                .unwrap()
        })
        .collect();
    // What sample ions are for: every ion is like one of them.
    let likeness = |samples: &[usize]| {
        let near = |ion: usize| {
            samples
                .iter()
                .map(|&s| scores[[ion, s]])
                .fold(0.0, f32::max)
        };
        ions.iter().map(|&ion| near(ion)).sum::<f32>() / ions.len() as f32
    };
    let (found, expected) = (likeness(&samples(None)), likeness(&theirs));
    assert!(
        found > expected - 0.02,
        "level {level}: {found}, not {expected}"
    );
    let ours = samples(Some(theirs.len()));
    let n_same = ours.iter().filter(|ion| theirs.contains(ion)).count();
    assert!(
        n_same * 5 >= theirs.len() * 2,
        "level {level}: {n_same} of {}",
        theirs.len()
    );
}
