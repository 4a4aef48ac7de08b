//! Makes the plan of a run: from the imzML header, the table of its spectra and the molecule tables.

use std::path::{Path, PathBuf};

use annotator::candidates::SearchSpace;
use annotator::config::Preset;
use annotator::scoring::Scoring;
use metaspace_machine::error::OptionError;
use metaspace_results::ImzmlOrigin;
use metaspace_results::options::{AnnotateOptions, Auto};
use metaspace_results::record::{DatabaseRecord, DatasetRecord, RunRecord, oddity_texts};
use metaspace_storage::{Location, Store, read_whole};
use ms_core::imzml::Dataset;
use ms_core::isotopes::PeakWidth;
use ms_core::progress::Progress;

use crate::config::RunConfig;
use crate::dataset::{describe, note_origins, open};
use crate::error::RunError;
use crate::finish::read_tissue_mask;
use crate::molecule_tables::{entrap, read_tables};
use crate::plan::estimate::{Cutting, S3_BYTES_PER_SECOND, Sizes, stages};
use crate::plan::tables::{encode_mask, encode_mobilities, encode_raster, encode_spectra};
use crate::plan::{DatasetPlan, FORMAT, Plan, RunKey, TablePlan, WORK_FOLDER, run_id};
use crate::polarity::take_polarity;
use crate::survey::survey_dataset;

/// A run that is asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The imzML file.
    pub imzml: &'a Location,
    /// Where the results go.
    pub results: &'a Location,
    /// Settings.
    pub options: &'a AnnotateOptions,
    /// How it is cut, where the user knows better.
    pub cutting: Cutting,
}

/// A plan and what its tasks read besides the dataset.
#[derive(Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// Its id.
    pub run: String,
    /// The working folder.
    pub store: Location,
    sizes: Sizes,
    cutting: Cutting,
    /// Keys and contents of what is to be stored before the plan.
    objects: Vec<(String, Vec<u8>)>,
    encoded: Vec<u8>,
}

impl Prepared {
    /// The plan with what its tasks are expected to take where they move so many bytes a second
    /// from or to the store.
    pub fn expected(&self, bytes_per_second: f64) -> Plan {
        let sizes = Sizes {
            bytes_per_second,
            ..self.sizes
        };
        Plan {
            stages: stages(&sizes, self.cutting, !self.plan.options.no_coloc),
            ..self.plan.clone()
        }
    }

    /// Stores the plan, after all that it needs.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn publish(&self, store: &Store) -> Result<(), RunError> {
        for (key, bytes) in &self.objects {
            store.put(key, bytes.clone())?;
        }
        store.put(&RunKey::Plan.of(&self.run), self.encoded.clone())?;
        Ok(())
    }
}

/// Options of a run in one piece, which a settings file may have.
fn check_options(options: &AnnotateOptions) -> Result<(), OptionError> {
    let refused = |option, reason| Err(OptionError::new(option, reason));
    if options.keep_peaks {
        return refused(
            "--keep-peaks",
            "tasks keep no peaks; `metaspace annotate` does",
        );
    }
    if options.scratch.is_some() {
        return refused(
            "--scratch",
            "tasks need none: what they pass on lies beside the results",
        );
    }
    Ok(())
}

/// Plans a run. Nothing is written.
///
/// # Errors
/// Anything that is wrong with the dataset or the options.
pub fn make(request: &Request<'_>, progress: &dyn Progress) -> Result<Prepared, RunError> {
    check_options(request.options)?;
    let (imzml, results) = (request.imzml.absolute()?, request.results.absolute()?);
    let store = results.parent().ok_or_else(|| {
        OptionError::new(
            "--out",
            format!("`{results}` lies in nothing: name a folder in it"),
        )
    })?;
    let store = store.join(WORK_FOLDER);
    let (mut dataset, imzml_hash) = open(&imzml.to_path(), request.options, progress)?;
    take_polarity(&mut dataset, request.options, progress)?;
    let stated = RunConfig::new(request.options, &dataset.header, &dataset.names.imzml)?;
    let mut inputs = Inputs::read(request.options, &stated)?;
    let mask = read_tissue_mask(request.options, &dataset.pixels.raster)?
        .map(|is_tissue| inputs.keep_bytes("masks", encode_mask(&is_tissue)));
    let survey = survey_dataset(
        &mut dataset,
        &inputs.parsed,
        &stated,
        request.options,
        progress,
    )?;
    let config = RunConfig::with_survey(
        request.options,
        &dataset.header,
        &dataset.names.imzml,
        &survey,
    )?;
    note_origins(&config, progress);
    entrap(&mut inputs.parsed, &config);
    let space = SearchSpace::new(&inputs.parsed, &config.annotate)?;
    let (spectra, raster) = (
        encode_spectra(&dataset),
        encode_raster(&dataset.pixels.raster),
    );
    let mobilities = dataset.mobility.as_ref().map(encode_mobilities);
    let sizes = sizes(&dataset, &space, &inputs.scoring);
    let stages = stages(&sizes, request.cutting, !request.options.no_coloc);
    let plan = Plan {
        format: FORMAT,
        program: RunRecord::program(),
        dataset: DatasetPlan {
            record: DatasetRecord {
                survey: Some(survey),
                ..describe(&dataset, imzml_hash, request.options)
            },
            oddities: oddity_texts(&dataset),
            origin: ImzmlOrigin::from(&dataset.pixels),
            n_points: sizes.n_points,
            spectra: hash(&spectra),
            mobilities: mobilities.as_deref().map(hash),
            raster: hash(&raster),
        },
        results: results.to_string(),
        options: complete(request.options, &config),
        taken: config.origins,
        warnings: config.warnings,
        tables: inputs.tables,
        model: inputs.model,
        mask,
        n_ions: sizes.n_ions,
        n_rankings: sizes.n_rankings,
        stages,
    };
    let encoded = plan.encode().map_err(|source| RunError::Json {
        path: PathBuf::from("plan.json"),
        source,
    })?;
    let run = run_id(&encoded);
    let mut objects = inputs.objects;
    objects.push((RunKey::Spectra.of(&run), spectra));
    objects.push((RunKey::Raster.of(&run), raster));
    objects.extend(mobilities.map(|rows| (RunKey::Mobilities.of(&run), rows)));
    Ok(Prepared {
        plan,
        run,
        store,
        sizes,
        cutting: request.cutting,
        objects,
        encoded,
    })
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

/// Molecule tables and model: as the plan names them, and to be stored.
struct Inputs {
    tables: Vec<TablePlan>,
    parsed: Vec<annotator::moldb::MoleculeTable>,
    scoring: Scoring,
    model: Option<String>,
    objects: Vec<(String, Vec<u8>)>,
}

impl Inputs {
    fn read(options: &AnnotateOptions, config: &RunConfig) -> Result<Self, RunError> {
        let (parsed, records) = read_tables(options, config.annotate.rules.repeats)?;
        let (scoring, _) = crate::scoring_model::read_scoring(options, config.preset)?;
        let (tables, objects) = (Vec::new(), Vec::new());
        let mut inputs = Self {
            tables,
            parsed,
            scoring,
            model: None,
            objects,
        };
        let given: Vec<&PathBuf> = options.database.iter().chain(&options.targeted).collect();
        if given.is_empty() {
            let name = datasets::molecules::NAME.into();
            inputs.tables.push(TablePlan {
                name,
                blake3: None,
                is_targeted: false,
            });
        }
        for (
            path,
            DatabaseRecord {
                name, is_targeted, ..
            },
        ) in given.into_iter().zip(records)
        {
            let blake3 = Some(inputs.keep("tables", path)?);
            inputs.tables.push(TablePlan {
                name,
                blake3,
                is_targeted,
            });
        }
        if let Some(path) = &options.scoring_model {
            inputs.model = Some(inputs.keep("models", path)?);
        }
        Ok(inputs)
    }

    /// Keeps a file under its content; returns the hash of it.
    fn keep(&mut self, folder: &str, path: &Path) -> Result<String, RunError> {
        let bytes = read_whole(&Location::of(path)?)?;
        Ok(self.keep_bytes(folder, bytes))
    }

    fn keep_bytes(&mut self, folder: &str, bytes: Vec<u8>) -> String {
        let hash = hash(&bytes);
        self.objects.push((format!("{folder}/{hash}"), bytes));
        hash
    }
}

fn sizes(dataset: &Dataset, space: &SearchSpace, scoring: &Scoring) -> Sizes {
    let raster = &dataset.pixels.raster;
    Sizes {
        n_spectra: dataset.spectra.len() as u64,
        n_points: dataset
            .spectra
            .iter()
            .map(|entry| u64::from(entry.n_peaks))
            .sum(),
        n_pixels: raster.n_pixels() as u64,
        area: u64::from(raster.width) * u64::from(raster.height),
        n_ions: space.ions.len() as u64,
        n_rankings: space.n_rankings() as u64,
        is_learned: matches!(scoring, Scoring::Adaptive),
        bytes_per_second: S3_BYTES_PER_SECOND,
    }
}

/// The options, with what the header decided filled in, and without what only this machine has.
fn complete(options: &AnnotateOptions, config: &RunConfig) -> AnnotateOptions {
    let value = |setting: &str| {
        let taken = config
            .origins
            .iter()
            .find(|origin| origin.setting == setting);
        taken.map(|origin| origin.value.clone())
    };
    let power = match config.annotate.pattern.width {
        PeakWidth::Analyzer {
            resolving_power, ..
        } if options.isocalc_sigma.is_none() && config.preset == Preset::Default => {
            Some(Auto::Given(resolving_power))
        }
        _ => options.resolving_power,
    };
    AnnotateOptions {
        polarity: options.polarity.clone().or_else(|| value("polarity")),
        instrument: value("instrument").or_else(|| options.instrument.clone()),
        resolving_power: power,
        ppm: Some(Auto::Given(config.annotate.ppm.0)),
        out: None,
        threads: None,
        memory: None,
        force: false,
        ..options.clone()
    }
}
