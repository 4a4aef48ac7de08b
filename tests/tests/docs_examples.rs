//! The worked examples of `docs/algorithm`: each page's `text example` block is read, computed
//! anew, and compared to the last digit written.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use annotator::candidates::SearchSpace;
use annotator::config::{
    AnnotateConfig, ChaosRule, DecoyCount, FdrRule, Power, Preset, metaspace_sigma, peak_width,
};
use annotator::fdr::{DecoyScores, fdr};
use annotator::imager::{Canvas, Windows, images};
use annotator::indices::{FormulaIdx, IonIdx, ModifierIdx};
use annotator::metrics::Evaluator;
use annotator::moldb::MoleculeTable;
use annotator::off_sample::off_sample;
use annotator::patterns::PatternTable;
use annotator::scoring::catboost::{Borders, CatBoost, Forest, Split};
use annotator::scoring::features::Feature;
use annotator::scoring::{IonMetrics, Ranking, Scoring};
use annotator::survey::MassAccuracy;
use coloc::features::Features;
use coloc::images::ImageSet;
use coloc::markers::markers;
use coloc::measures::Measure;
use coloc::pairs::matrix;
use coloc::prepare::{Preparation, PreparationPreset, median_filter, quantile};
use datasets::simulate::{SimulationConfig, simulate};
use ms_core::formula::{Formula, Repeats};
use ms_core::image::{IonImage, Raster};
use ms_core::imzml::Oddity;
use ms_core::ion::{Charge, Modifier};
use ms_core::isotopes::{
    CentroidRule, Instrument, PatternConfig, PatternGenerator, PatternPeak, PeakWidth,
};
use ms_core::profile::{
    DEFAULT_MIN_SNR, PeakIntensity, PeakPicker, PeakPicking, PowerLaw, ProfileShape,
};
use ms_core::progress::Silent;
use ms_core::recalibration::{Curve, Recalibration};
use ms_core::spectra::PEAK_BYTES;
use ms_core::tolerance::Ppm;
use tests::written::{Spectrum, dataset, index};

/// Pages of `docs/algorithm`, each with a test below.
const PAGES: [&str; 13] = [
    "colocalization.md",
    "fdr.md",
    "ion-images.md",
    "isotope-patterns.md",
    "mass-accuracy.md",
    "metrics.md",
    "off-sample.md",
    "peak-picking.md",
    "reading.md",
    "scoring.md",
    "search-space.md",
    "simulation.md",
    "spectra-index.md",
];

/// Pages whose example is computed by the tests of its crate.
const ELSEWHERE: [&str; 1] = ["differences.md"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/algorithm")
}

/// The example of a page: lines of `name = value`.
struct Example {
    page: &'static str,
    values: BTreeMap<String, String>,
    /// Lines not looked at yet.
    unread: RefCell<BTreeMap<String, String>>,
    /// Lines that should be different.
    wrong: RefCell<Vec<String>>,
}

impl Example {
    fn of(page: &'static str) -> Self {
        let text = std::fs::read_to_string(folder().join(page)).unwrap();
        let lines = text
            .lines()
            .skip_while(|line| *line != "```text example")
            .skip(1);
        let lines = lines
            .take_while(|line| *line != "```")
            .filter(|line| !line.is_empty());
        let pair = |line: &str| {
            let (name, value) = line
                .split_once('=')
                .unwrap_or_else(|| panic!("{page}: no value in `{line}`"));
            (name.trim().to_owned(), value.trim().to_owned())
        };
        let values: BTreeMap<String, String> = lines.map(pair).collect();
        assert!(!values.is_empty(), "{page} has no example");
        let unread = RefCell::new(values.clone());
        Self {
            page,
            values,
            unread,
            wrong: RefCell::default(),
        }
    }

    /// What the page says, as an input.
    fn text(&self, name: &str) -> &str {
        self.unread.borrow_mut().remove(name);
        self.values
            .get(name)
            .unwrap_or_else(|| panic!("{} has no `{name}`", self.page))
    }

    /// The numbers of a line, without the unit behind them.
    fn numbers(&self, name: &str) -> Vec<f64> {
        self.text(name)
            .split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect()
    }

    fn number(&self, name: &str) -> f64 {
        self.numbers(name)[0]
    }

    /// Compares numbers to as many decimals as the page has.
    fn expect(&self, name: &str, computed: &[f64]) {
        let words: Vec<&str> = self
            .text(name)
            .split_whitespace()
            .take_while(|word| word.parse::<f64>().is_ok())
            .collect();
        let decimals = words
            .first()
            .and_then(|word| word.split_once('.'))
            .map_or(0, |w| w.1.len());
        let computed: Vec<String> = computed.iter().map(|v| format!("{v:.decimals$}")).collect();
        if words != computed {
            let line = format!("{name} = {}, not {}", computed.join(" "), words.join(" "));
            self.wrong.borrow_mut().push(line);
        }
    }

    fn expect_text(&self, name: &str, computed: &str) {
        let found = self.text(name);
        if found != computed {
            self.wrong
                .borrow_mut()
                .push(format!("{name} = {computed}, not {found}"));
        }
    }

    fn finish(self) {
        let wrong = self.wrong.into_inner();
        assert!(wrong.is_empty(), "{}:\n{}", self.page, wrong.join("\n"));
        let unread = self.unread.into_inner();
        assert!(
            unread.is_empty(),
            "{}: nothing computes {unread:?}",
            self.page
        );
    }
}

#[test]
fn every_page_is_tested() {
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut pages = [&PAGES[..], &ELSEWHERE[..]].concat();
    pages.sort_unstable();
    assert_eq!(found, pages);
}

/// Spectra written `x y : m/z intensity, m/z intensity, …`, one a line.
fn spectra(example: &Example) -> Vec<Spectrum> {
    let mut spectra = Vec::new();
    for number in 1.. {
        let name = format!("spectrum {number}");
        if !example.values.contains_key(&name) {
            break;
        }
        let (place, peaks) = example.text(&name).split_once(':').unwrap();
        let place: Vec<u32> = place
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        let (mut mzs, mut intensities) = (Vec::new(), Vec::new());
        for peak in peaks.split(',') {
            let (mz, intensity) = peak.trim().split_once(' ').unwrap();
            mzs.push(mz.parse().unwrap());
            intensities.push(intensity.trim().parse().unwrap());
        }
        spectra.push((place[0], place[1], mzs, intensities));
    }
    spectra
}

fn parse(formula: &str) -> Formula {
    Formula::parse(formula, Repeats::Add).unwrap()
}

fn config(pattern: PatternConfig) -> AnnotateConfig {
    AnnotateConfig {
        adducts: vec!["+H".parse().unwrap()],
        chem_mods: Vec::new(),
        neutral_losses: Vec::new(),
        pattern,
        ppm: Ppm(3.0),
        mz_limits: (0.0, f64::INFINITY),
        min_px: 1,
        n_levels: 30,
        decoys: DecoyCount::Sample(20),
        seed: 42,
        matrices: Vec::new(),
        rules: Preset::Default.rules(),
    }
}

fn pattern_config(n_peaks: usize) -> PatternConfig {
    let (instrument, resolving_power) = (Instrument::Orbitrap, 140_000.0);
    let width = PeakWidth::Analyzer {
        instrument,
        resolving_power,
    };
    PatternConfig {
        width,
        charge: Charge::new(1).unwrap(),
        n_peaks,
        rule: CentroidRule::Exact,
    }
}

#[test]
fn reading() {
    let example = Example::of("reading.md");
    let dataset = dataset(&spectra(&example));
    let raster = &dataset.pixels.raster;
    example.expect("width", &[raster.width.into()]);
    example.expect("height", &[raster.height.into()]);
    let numbers = |list: &[u32]| list.iter().copied().map(f64::from).collect::<Vec<f64>>();
    example.expect("places with a spectrum", &numbers(&raster.places));
    example.expect(
        "pixel of each spectrum",
        &numbers(&dataset.pixels.pixel_of_spectrum),
    );
    for oddity in &dataset.oddities {
        match oddity {
            Oddity::DuplicatePixels { n_spectra, .. } => {
                example.expect("duplicate spectra", &[*n_spectra as f64]);
            }
            Oddity::MissingPixels { n_pixels } => {
                example.expect("missing pixels", &[*n_pixels as f64]);
            }
            other => panic!("{other:?}"),
        }
    }
    let (_, census) = index(&dataset);
    example.expect("peaks kept", &[census.n_peaks as f64]);
    example.expect("peaks dropped", &[census.n_dropped as f64]);
    example.expect("spectra sorted", &[census.n_unsorted as f64]);
    example.finish();
}

#[test]
fn isotope_patterns() {
    let example = Example::of("isotope-patterns.md");
    let ion = parse(example.text("ion formula"));
    let resolving_power = example.number("resolving power at m/z 200");
    let pattern = |rule, power| -> Vec<PatternPeak> {
        let width = peak_width(Instrument::Orbitrap, power, Preset::Default);
        let config = PatternConfig {
            width,
            rule,
            ..pattern_config(4)
        };
        PatternGenerator::new(config)
            .pattern(&ion)
            .unwrap()
            .to_vec()
    };
    let power = Power::Resolving(resolving_power);
    let exact = pattern(CentroidRule::Exact, power);
    let mzs: Vec<f64> = exact.iter().map(|peak| peak.mz).collect();
    let intensities: Vec<f64> = exact.iter().map(|peak| peak.intensity.into()).collect();
    example.expect("m/z, exact rule", &mzs);
    example.expect("intensity, exact rule", &intensities);
    let grid = pattern(CentroidRule::Grid { reach: 6 }, power);
    let mzs: Vec<f64> = grid.iter().map(|peak| peak.mz).collect();
    example.expect("m/z, grid rule", &mzs);
    let shift = |(grid, exact): (&PatternPeak, &PatternPeak)| (grid.mz / exact.mz - 1.0) * 1e6;
    let shifts: Vec<f64> = grid.iter().zip(&exact).map(shift).collect();
    example.expect("shift by the grid", &shifts);
    let sigma = metaspace_sigma(resolving_power);
    example.expect("METASPACE's sigma for it", &[sigma]);
    example.expect(
        "its resolving power",
        &[PeakWidth::resolving_power_of_sigma(sigma)],
    );
    let wide = pattern(CentroidRule::Exact, Power::Sigma(sigma));
    let mzs: Vec<f64> = wide.iter().map(|peak| peak.mz).collect();
    example.expect("m/z, exact rule, METASPACE's sigma", &mzs);
    example.finish();
}

#[test]
fn search_space() {
    let example = Example::of("search-space.md");
    let modifiers = |name: &str| {
        example
            .text(name)
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect()
    };
    let mut config = config(pattern_config(4));
    config.adducts = modifiers("adducts");
    config.neutral_losses = modifiers("neutral losses");
    config.chem_mods = modifiers("chemical modifications");
    config.decoys = DecoyCount::Sample(3);
    assert_eq!(example.text("decoys"), "3");
    let mut table = MoleculeTable::new("example");
    for formula in example.text("formulas").split_whitespace() {
        table.push(formula.into(), formula.into(), parse(formula), Vec::new());
    }
    let space = SearchSpace::new(&[table], &config).unwrap();
    let texts: Vec<&str> = space.modifiers.iter().map(Modifier::text).collect();
    example.expect_text("target modifiers", &texts.join(" "));
    let n_prefixes = 4;
    example.expect(
        "decoy adducts",
        &[(space.decoy_modifiers.len() / n_prefixes) as f64],
    );
    let decoys = &space.tables[0].decoys;
    let drawn = |formula| {
        let of_formula = decoys
            .iter()
            .filter(|d| d.formula == formula && d.target_modifier == ModifierIdx(0));
        let texts: Vec<&str> = of_formula
            .map(|decoy| space.decoy_modifiers[decoy.modifier.usize()].text())
            .collect();
        texts.join(" ")
    };
    example.expect_text("drawn for the first", &drawn(FormulaIdx(0)));
    example.expect_text("drawn for the second", &drawn(FormulaIdx(1)));
    example.expect("targets", &[space.tables[0].targets.len() as f64]);
    example.expect("decoys in all", &[decoys.len() as f64]);
    let n_missing = decoys.iter().filter(|decoy| decoy.ion.is_none()).count();
    example.expect("decoys whose ion cannot exist", &[n_missing as f64]);
    example.expect("ions", &[space.ions.len() as f64]);
    example.expect("ions of targets", &[space.n_targets() as f64]);
    example.finish();
}

#[test]
fn mass_accuracy() {
    let example = Example::of("mass-accuracy.md");
    let accuracy = MassAccuracy {
        shift_ppm: example.number("shift"),
        ion_sigma_ppm: example.number("spread between ions"),
        peak_sigma_ppm: example.number("spread of an ion's peaks"),
        n_ions: 100,
    };
    example.expect("σ", &[accuracy.sigma_ppm()]);
    example.expect("window", &[accuracy.window_ppm()]);
    let curve = |name: &str| {
        let point = |word: &str| {
            let (x, y) = word.split_once(':').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        };
        Curve::new(example.text(name).split_whitespace().map(point).collect()).unwrap()
    };
    let recalibration = Recalibration {
        by_mz: curve("error by m/z"),
        by_spectrum: curve("error by spectrum"),
    };
    let mut corrected = Vec::new();
    recalibration.correct(
        5,
        &example.numbers("measured in spectrum 5"),
        &mut corrected,
    );
    example.expect("corrected", &corrected);
    example.finish();
}

#[test]
fn peak_picking() {
    let example = Example::of("peak-picking.md");
    let law = |at_200| PowerLaw {
        at_200,
        exponent: 0.0,
    };
    let step = example.number("step");
    let mut picker = PeakPicker::new(PeakPicking {
        min_snr: DEFAULT_MIN_SNR,
        intensity: PeakIntensity::Height,
        shape: ProfileShape {
            step: law(step),
            fwhm: law(example.number("width")),
            seen: None,
        },
    });
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let intensities: Vec<f32> = example
        .numbers("intensity")
        .into_iter()
        .map(|value| value as f32)
        .collect();
    let first = example.number("first m/z");
    let mzs: Vec<f64> = (0..intensities.len())
        .map(|point| first + point as f64 * step)
        .collect();
    let (tops, heights) = picker.pick(&mzs, &intensities);
    example.expect("picked", tops);
    let heights: Vec<f64> = heights.iter().map(|height| f64::from(*height)).collect();
    example.expect("height", &heights);
    example.finish();
}

#[test]
fn off_sample_ions() {
    let example = Example::of("off-sample.md");
    let tissue = example.numbers("tissue");
    let is_tissue: Vec<bool> = tissue.iter().map(|&is| is > 0.5).collect();
    for (name, result) in [("on", "off-sample of on"), ("off", "off-sample of off")] {
        let mut image = IonImage::default();
        for (pixel, value) in (0..).zip(example.numbers(name)) {
            if value > 0.0 {
                image.pixels.push(pixel);
                #[expect(clippy::cast_possible_truncation, reason = "a small number")]
                image.intensities.push(value as f32);
            }
        }
        example.expect(result, &[off_sample(&image, &is_tissue)]);
    }
    example.finish();
}

#[test]
fn spectra_index() {
    let example = Example::of("spectra-index.md");
    let dataset = dataset(&spectra(&example));
    let (index, census) = index(&dataset);
    example.expect("peaks", &[index.n_peaks() as f64]);
    example.expect("bytes", &[(index.n_peaks() * PEAK_BYTES) as f64]);
    example.expect("m/z range", &[census.mz_range.0, census.mz_range.1]);
    example.expect("total ion current", &census.tic);
    let slab = index.load(0.0, f64::MAX).unwrap();
    let peaks: Vec<_> = slab.peaks(0..slab.len()).collect();
    let values = |value: &dyn Fn(usize) -> f64| (0..peaks.len()).map(value).collect::<Vec<f64>>();
    example.expect("m/z in order", &values(&|i| peaks[i].mz));
    example.expect("pixel in order", &values(&|i| peaks[i].pixel.0.into()));
    example.expect(
        "intensity in order",
        &values(&|i| peaks[i].intensity.into()),
    );
    example.finish();
}

/// Patterns of one ion as a page gives them.
fn pattern_table(mzs: Vec<f64>, intensities: &[f64]) -> PatternTable {
    #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
    let intensities = intensities
        .iter()
        .map(|&intensity| intensity as f32)
        .collect();
    PatternTable {
        n_peaks: mzs.len(),
        mzs,
        intensities,
    }
}

#[test]
fn ion_images() {
    let example = Example::of("ion-images.md");
    let dataset = dataset(&spectra(&example));
    let (index, _) = index(&dataset);
    let mzs = example.numbers("theoretical m/z");
    let ppm = Ppm(example.number("ppm"));
    let window = ppm.window(mzs[0]);
    example.expect("window of the first", &[window.low, window.high]);
    let patterns = pattern_table(mzs, &[100.0, 20.0]);
    let windows = Windows::find(&index, &patterns, ppm).unwrap();
    let n_found: Vec<f64> = windows.of(0).map(|range| range.len() as f64).collect();
    example.expect("peaks within", &n_found);
    let mut canvas = Canvas::new(dataset.pixels.raster.n_pixels());
    for (name, image) in
        ["first image", "second image"]
            .into_iter()
            .zip(images(&windows, 0, 1, &mut canvas))
    {
        let pixels: Vec<f64> = image.pixels.iter().copied().map(f64::from).collect();
        let intensities: Vec<f64> = image.intensities.iter().copied().map(f64::from).collect();
        example.expect(&format!("{name}, pixels"), &pixels);
        example.expect(&format!("{name}, intensities"), &intensities);
    }
    example.finish();
}

/// Spectra with one peak for each positive value of each image.
fn spectra_of_images(example: &Example, mzs: &[f64]) -> Vec<Spectrum> {
    let mut spectra = Vec::new();
    for y in 0_u32.. {
        let row = |image: usize| example.numbers(&format!("image {image}, row {y}"));
        if !example.values.contains_key(&format!("image 0, row {y}")) {
            break;
        }
        let rows: Vec<Vec<f64>> = (0..mzs.len()).map(row).collect();
        for x in 0..u32::try_from(rows[0].len()).unwrap() {
            let values = rows.iter().map(|row| row[x as usize]).zip(mzs);
            #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
            let (mzs, intensities) = values
                .filter(|(value, _)| *value > 0.0)
                .map(|(value, &mz)| (mz, value as f32))
                .unzip();
            spectra.push((x + 1, y + 1, mzs, intensities));
        }
    }
    spectra
}

#[test]
fn metrics() {
    let example = Example::of("metrics.md");
    let measured = example.numbers("measured m/z");
    let dataset = dataset(&spectra_of_images(&example, &measured));
    let (index, _) = index(&dataset);
    let patterns = pattern_table(
        example.numbers("theoretical m/z"),
        &example.numbers("theoretical intensity"),
    );
    let mut config = config(pattern_config(patterns.n_peaks));
    assert_eq!(config.rules.chaos, ChaosRule::Exact);
    config.n_levels = 3;
    assert_eq!(example.text("levels"), "3");
    let windows = Windows::find(&index, &patterns, config.ppm).unwrap();
    let mut evaluator = Evaluator::new(&dataset.pixels.raster, &config);
    let (scores, details) = evaluator
        .evaluate(&windows, &patterns, 0, IonIdx(0))
        .unwrap();
    let details = details.unwrap();
    example.expect("spectral", &[scores.spectral]);
    example.expect("spatial", &[scores.spatial]);
    example.expect("chaos", &[scores.chaos.unwrap()]);
    example.expect("MSM", &[scores.msm]);
    example.expect("absolute m/z error", &[details.mz_err_abs]);
    example.expect("relative m/z error", &[details.mz_err_rel]);
    example.finish();
}

/// The model that a page describes.
fn model(example: &Example, names: &[&str]) -> CatBoost {
    let single = |text: &str| text.parse::<f32>().unwrap();
    let borders = |name: &&str| {
        let text = example.text(&format!("borders, {name}"));
        Borders {
            values: text.split_whitespace().map(single).collect(),
            nan_is_above: false,
        }
    };
    let features: Vec<Borders> = names.iter().map(borders).collect();
    let mut forest = Forest {
        features: features.clone(),
        scale: example.number("scale"),
        bias: example.number("bias"),
        ..Forest::default()
    };
    for tree in 0..2 {
        let text = example.text(&format!("tree {tree}, splits"));
        let split = |word: &str| {
            let (name, border) = word.split_once('>').unwrap();
            let feature = names.iter().position(|known| *known == name).unwrap();
            let is_border = |known: &f32| known.total_cmp(&single(border)).is_eq();
            let border = features[feature].values.iter().position(is_border).unwrap();
            let place = |number: usize| u16::try_from(number).unwrap();
            Split {
                feature: place(feature),
                border: place(border),
            }
        };
        let n_before = forest.splits.len();
        forest.splits.extend(text.split_whitespace().map(split));
        forest
            .depths
            .push(u8::try_from(forest.splits.len() - n_before).unwrap());
        forest
            .leaves
            .extend(example.numbers(&format!("tree {tree}, leaves")));
    }
    let features = names
        .iter()
        .map(|name| Feature::named(name).unwrap())
        .collect();
    CatBoost::new(features, forest).unwrap()
}

#[test]
fn scoring() {
    let example = Example::of("scoring.md");
    let model = model(&example, &["chaos", "spectral", "mz_err_abs_abserr"]);
    let (chaos, spectral) = (example.numbers("chaos"), example.numbers("spectral"));
    let errors = example.numbers("absolute m/z error");
    let ion = |i: usize| IonMetrics {
        chaos: chaos[i],
        spectral: spectral[i],
        mz_err_abs: errors[i],
        msm: 0.5,
        ..IonMetrics::default()
    };
    let ions: Vec<IonMetrics> = (0..chaos.len()).map(ion).collect();
    assert_eq!(example.text("targets"), "3");
    let (targets, decoys) = ions.split_at(3);
    let decoys_per_target = example.number("decoys for each target");
    let mz_error = Preset::Default.rules().mz_error_feature;
    let ranking = Ranking {
        targets,
        decoys,
        decoys_per_target,
        mz_error,
    };
    let scores = Scoring::CatBoost(model).scores(&ranking);
    example.expect("score", &[scores.targets, scores.decoys].concat());
    for name in ["spectral_fdr", "chaos_fdr"] {
        let values = Feature::named(name).unwrap().values(&ranking);
        example.expect(
            name,
            &values.into_iter().map(f64::from).collect::<Vec<f64>>(),
        );
    }
    example.finish();
}

#[test]
fn false_discovery_rate() {
    let example = Example::of("fdr.md");
    let targets = example.numbers("target scores");
    let of_draw = |word: &str| -> (f64, u16) {
        let (score, draw) = word.split_once('@').unwrap();
        (score.parse().unwrap(), draw.parse().unwrap())
    };
    let scores: Vec<(f64, u16)> = example
        .text("decoy scores @ draw")
        .split_whitespace()
        .map(of_draw)
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small count"
    )]
    let n_drawn = example.number("decoys drawn") as u32;
    let n_existing = example.number("decoys existing for each target");
    let decoys = DecoyScores {
        scores: &scores,
        n_drawn,
        n_existing,
    };
    example.expect("Existing", &fdr(&targets, decoys, FdrRule::Existing));
    example.expect("Drawn", &fdr(&targets, decoys, FdrRule::Drawn));
    example.expect(
        "MedianBinned",
        &fdr(&targets, decoys, FdrRule::MedianBinned),
    );
    example.finish();
}

#[test]
fn colocalization() {
    let example = Example::of("colocalization.md");
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let image = |name: &str| -> Vec<f32> {
        example
            .numbers(name)
            .into_iter()
            .map(|value| value as f32)
            .collect()
    };
    let (a, b) = (image("image a"), image("image b"));
    assert_eq!(example.text("width"), "3");
    let show = |name: &str, values: &[f32]| {
        example.expect(
            name,
            &values.iter().copied().map(f64::from).collect::<Vec<f64>>(),
        );
    };
    let (median_a, median_b) = (quantile(&a, 0.5), quantile(&b, 0.5));
    show("median a", &[median_a]);
    show("median b", &[median_b]);
    let thresholded: Vec<f32> = a
        .iter()
        .map(|&value| if value < median_a { 0.0 } else { value })
        .collect();
    show("thresholded a", &thresholded);
    show("filtered a", &median_filter(&thresholded, 3));
    let sparse = |values: &[f32]| {
        let signal = (0..).zip(values).filter(|(_, value)| **value > 0.0);
        let (pixels, intensities) = signal.map(|(pixel, value)| (pixel, *value)).unzip();
        IonImage {
            pixels,
            intensities,
        }
    };
    let raster = Raster {
        width: 3,
        height: 3,
        places: (0..9).collect(),
    };
    let ids = vec!["a".to_owned(), "b".to_owned()];
    let images = ImageSet::new(raster, ids, vec![sparse(&a), sparse(&b)]).unwrap();
    for measure in Measure::ALL {
        let is_shown = !matches!(
            measure,
            Measure::TfidfCosine | Measure::Ssim | Measure::MandersM2
        );
        if is_shown {
            let preparation = Preparation {
                clip: None,
                ..measure.preparation(PreparationPreset::Default)
            };
            let features = Features::with_preparation(&images, measure, preparation).unwrap();
            show(measure.name(), &[matrix(&features)[[0, 1]]]);
        }
    }
    let row: Vec<bool> = (0..9).map(|pixel| pixel >= 6).collect();
    let marker = markers(&images, &row)
        .unwrap()
        .into_iter()
        .find(|marker| marker.ion == 0);
    let marker = marker.unwrap();
    example.expect("AUC of the lower row of a", &[marker.auc]);
    let fold = marker.log2_fold_change.unwrap();
    example.expect("log2 fold change of the lower row of a", &[fold]);
    example.finish();
}

#[test]
fn simulation() {
    let example = Example::of("simulation.md");
    let molecules = [("example".to_owned(), parse(example.text("formula")))];
    let config = SimulationConfig {
        n_molecules: 1,
        ..SimulationConfig::demo()
    };
    example.expect_text("preset", &config.name);
    let (mut n_spectra, mut n_peaks) = (0, 0);
    let truth = simulate(&config, &molecules, &Silent, &mut |spectrum| {
        n_spectra += 1;
        n_peaks += spectrum.mzs.len();
        Ok(())
    })
    .unwrap();
    example.expect("spectra", &[f64::from(n_spectra)]);
    example.expect("pixels with a spectrum", &[truth.raster.n_pixels() as f64]);
    example.expect(
        "mean peaks of a spectrum",
        &[n_peaks as f64 / f64::from(n_spectra)],
    );
    let ions: Vec<&str> = truth
        .ions
        .iter()
        .map(|ion| ion.ion_formula.as_str())
        .collect();
    example.expect_text("true ions", &ions.join(" "));
    let mzs: Vec<f64> = truth.ions.iter().map(|ion| ion.mz).collect();
    example.expect("their m/z", &mzs);
    example.expect("matrix ions", &[truth.matrix_ions.len() as f64]);
    example.finish();
}
