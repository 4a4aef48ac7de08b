//! Reference tables and the datasets they were made from.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;

use annotator::annotate::{Peaks, Work, annotate};
use annotator::candidates::SearchSpace;
use annotator::config::{AnnotateConfig, DecoyCount, Power, Preset, peak_width};
use annotator::metrics::UnitScores;
use annotator::moldb::MoleculeTable;
use annotator::patterns::NoCache;
use annotator::ranking::Ranked;
use annotator::scoring::Scoring;
use annotator::scoring::catboost::CatBoost;
use flate2::read::GzDecoder;
use ms_core::imzml::{Dataset, Names};
use ms_core::ion::{Charge, Modifier};
use ms_core::isotopes::PatternConfig;
use ms_core::progress::Silent;
use ms_core::spectra::{Census, SpectraIndex};
use ms_core::tolerance::Ppm;
use serde_json::Value;

/// A file of the shared folder.
pub(crate) fn path(name: &str) -> PathBuf {
    let root =
        std::env::var_os("METASPACE_SHARED").expect("METASPACE_SHARED names the shared folder");
    let path = PathBuf::from(root).join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

pub(crate) fn open(name: &str) -> Box<dyn Read> {
    let file = BufReader::new(File::open(path(name)).unwrap());
    if std::path::Path::new(name)
        .extension()
        .is_some_and(|e| e == "gz")
    {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    }
}

/// Rows of a table, by column name.
pub(crate) struct Table {
    columns: HashMap<String, usize>,
    pub(crate) rows: Vec<csv::StringRecord>,
}

impl Table {
    pub(crate) fn read(name: &str) -> Self {
        let delimiter = if name.contains(".tsv") { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .from_reader(open(name));
        let columns = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .zip(0..)
            .collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "{name} has no rows");
        Self { columns, rows }
    }

    pub(crate) fn text<'a>(&self, row: &'a csv::StringRecord, column: &str) -> &'a str {
        &row[self.columns[column]]
    }

    pub(crate) fn number(&self, row: &csv::StringRecord, column: &str) -> f64 {
        self.text(row, column).parse().unwrap()
    }
}

/// A run of the reference, and the same run of ours.
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) is_v1: bool,
    pub(crate) scoring: Scoring,
    pub(crate) facts: Value,
    pub(crate) counts: Value,
    pub(crate) molecules: MoleculeTable,
    pub(crate) space: SearchSpace,
    pub(crate) n_peaks_in_file: u64,
    pub(crate) n_peaks: u64,
    pub(crate) mz_range: (f64, f64),
    pub(crate) size: (u32, u32),
    pub(crate) scores: Vec<UnitScores>,
    pub(crate) ranked: Ranked,
    pub(crate) config: AnnotateConfig,
}

impl Run {
    pub(crate) fn table(&self, file: &str) -> Table {
        Table::read(&format!("golden/{}/{file}", self.name))
    }

    /// Runs a golden run with ours.
    pub(crate) fn of(name: &str) -> Self {
        let (setup, mut index) = Setup::of(name);
        let scoring = scoring(&setup.settings["scoring_model"]);
        let peaks = Peaks {
            index: &mut index,
            max_held: u64::MAX,
            look: &mut |_| Ok(()),
        };
        let (scores, ranked) =
            annotate(peaks, setup.work(), &setup.space, &scoring, &Silent).unwrap();
        let Setup {
            settings,
            config,
            molecules,
            dataset,
            census,
            space,
            ..
        } = setup;
        Self {
            name: name.into(),
            is_v1: settings["config"]["analysis_version"] == 1,
            scoring,
            facts: settings["dataset_facts"].clone(),
            counts: settings["counts"].clone(),
            n_peaks_in_file: census.n_peaks + census.n_dropped,
            n_peaks: census.n_peaks,
            mz_range: census.mz_range,
            size: (dataset.pixels.raster.width, dataset.pixels.raster.height),
            molecules,
            space,
            scores,
            ranked,
            config,
        }
    }
}

/// The model of a run, MSM without.
fn scoring(file: &Value) -> Scoring {
    let Some(file) = file.as_str() else {
        return Scoring::Msm;
    };
    let bytes = std::fs::read(path(file)).unwrap();
    Scoring::CatBoost(CatBoost::read(&bytes).unwrap())
}

/// Everything that a golden run is made from.
pub(crate) struct Setup {
    settings: Value,
    config: AnnotateConfig,
    pub(crate) molecules: MoleculeTable,
    dataset: Dataset,
    census: Census,
    pub(crate) space: SearchSpace,
}

impl Setup {
    pub(crate) fn of(name: &str) -> (Self, SpectraIndex) {
        let settings: Value =
            serde_json::from_reader(open(&format!("golden/{name}/run.json"))).unwrap();
        let config = config(&settings);
        let molecules_file = settings["molecules"].as_str().unwrap();
        let molecules =
            MoleculeTable::read("golden", open(molecules_file), config.rules.repeats).unwrap();
        let dataset = dataset(settings["dataset"].as_str().unwrap());
        let (index, census) = SpectraIndex::build_in_memory(&dataset, &Silent).unwrap();
        let space = SearchSpace::new(std::slice::from_ref(&molecules), &config).unwrap();
        let setup = Self {
            settings,
            config,
            molecules,
            dataset,
            census,
            space,
        };
        (setup, index)
    }

    pub(crate) fn work(&self) -> Work<'_> {
        Work {
            mz_range: self.census.mz_range,
            raster: &self.dataset.pixels.raster,
            ions: &self.space.ions,
            config: &self.config,
            cache: &NoCache,
        }
    }
}

pub(crate) fn dataset(file: &str) -> Dataset {
    let ibd = std::fs::read(path(&file.replace(".imzML", ".ibd"))).unwrap();
    let names = Names {
        imzml: file.into(),
        ibd: file.replace(".imzML", ".ibd"),
    };
    let dataset = Dataset::open(&mut *open(file), Box::new(ibd), names, None).unwrap();
    dataset.verify_checksum().unwrap();
    dataset
}

fn config(settings: &Value) -> AnnotateConfig {
    let config = &settings["config"];
    let isotopes = &config["isotope_generation"];
    let preset = match config["analysis_version"].as_u64().unwrap() {
        1 => Preset::MetaspaceV1,
        3 => Preset::MetaspaceV3,
        other => panic!("version {other}"),
    };
    let rules = preset.rules();
    let modifiers = |name: &str| -> Vec<Modifier> {
        let list = isotopes[name].as_array().unwrap();
        list.iter()
            .map(|text| text.as_str().unwrap().parse().unwrap())
            .collect()
    };
    let instrument = isotopes["instrument"].as_str().unwrap().parse().unwrap();
    let sigma = isotopes["isocalc_sigma"].as_f64().unwrap();
    AnnotateConfig {
        adducts: modifiers("adducts"),
        chem_mods: modifiers("chem_mods"),
        neutral_losses: modifiers("neutral_losses"),
        pattern: PatternConfig {
            width: peak_width(instrument, Power::Sigma(sigma), preset),
            charge: Charge::new(isotopes["charge"].as_i64().unwrap()).unwrap(),
            n_peaks: 4,
            rule: preset.centroids(),
        },
        ppm: Ppm(config["image_generation"]["ppm"].as_f64().unwrap()),
        mz_limits: (0.0, f64::INFINITY),
        min_px: 1,
        n_levels: 30,
        decoys: DecoyCount::Sample(20),
        seed: 42,
        matrices: Vec::new(),
        rules,
    }
}
