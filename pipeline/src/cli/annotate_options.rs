//! The options of an annotation on the command line. Defaults stand in `metaspace_run::config`.

use std::path::PathBuf;

use clap::Args;
use metaspace_results::options::{AnnotateOptions, Auto};

/// Options of an annotation on the command line.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct AnnotateArguments {
    /// Molecule table, TSV or CSV with id, name, formula; repeatable [default: the one that ships with the program]
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Vec<PathBuf>,
    /// Molecule table, as --database, whose every ion gets a row in the annotations, found or not; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) targeted: Vec<PathBuf>,
    /// Adduct such as +H, -H or +NH4; repeatable [default: +H +Na +K, or -H +Cl in negative mode]
    #[arg(long, value_name = "ADDUCT", allow_hyphen_values = true)]
    pub(crate) adduct: Vec<String>,
    /// Chemical modification such as +O, searched in addition to none; repeatable
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(crate) chem_mod: Vec<String>,
    /// Neutral loss such as -H2O, searched in addition to none; repeatable
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(crate) neutral_loss: Vec<String>,
    /// Rules: default, metaspace-v1 ("Original MSM") or metaspace-v3 ("METASPACE-ML", with a scoring model or MSM)
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// CatBoost model (CBM) whose value replaces MSM in the ranking; not under metaspace-v1 [default: none]
    #[arg(long, value_name = "FILE")]
    pub(crate) scoring_model: Option<PathBuf>,
    /// Score that ranks ions: msm; adaptive, which learns from the dataset's own targets and decoys, not under metaspace-v1; or auto [default: auto: adaptive, and msm under a METASPACE preset]
    #[arg(long, value_name = "NAME", conflicts_with = "scoring_model")]
    pub(crate) score: Option<String>,
    /// Mass analyzer: tof, orbitrap, fticr, or auto: what the file says, or else the data [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(crate) instrument: Option<String>,
    /// Resolving power (m/z over FWHM) at m/z 200, or auto: from the distances between neighbouring peaks [default: auto]
    #[arg(long, value_name = "R", conflicts_with = "isocalc_sigma")]
    pub(crate) resolving_power: Option<Auto>,
    /// Standard deviation of a peak in Th at m/z 200, METASPACE's `isocalc_sigma`, instead of a resolving power
    #[arg(long, value_name = "S")]
    pub(crate) isocalc_sigma: Option<f64>,
    /// Mass tolerance in ppm, to each side, or auto: from the m/z errors of ions that stand out [default: auto; 3 under a METASPACE preset]
    #[arg(long, value_name = "PPM", allow_negative_numbers = true)]
    pub(crate) ppm: Option<Auto>,
    /// Correct m/z that are off together: auto, if ions that were left out come closer by it; off; or the results folder of another run, as it did [default: auto; off under a METASPACE preset]
    #[arg(long, value_name = "MODE")]
    pub(crate) recalibrate: Option<String>,
    /// Sign of the ions: positive or negative; with `annotate` also both, each into a folder of its own [default: what the file says]
    #[arg(long, value_name = "SIGN")]
    pub(crate) polarity: Option<String>,
    /// Charge number of the ions [default: 1 with the sign of the polarity]
    #[arg(long, value_name = "Z", allow_hyphen_values = true)]
    pub(crate) charge: Option<i64>,
    /// Number of peaks of an isotopic pattern [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) n_peaks: Option<usize>,
    /// Lowest m/z in Th of ions to search, decoys included [default: 0]
    #[arg(long, value_name = "MZ")]
    pub(crate) mz_min: Option<f64>,
    /// Highest m/z in Th of ions to search, decoys included [default: none]
    #[arg(long, value_name = "MZ")]
    pub(crate) mz_max: Option<f64>,
    /// Minimum number of peaks of an isotopic image; with fewer it counts as absent [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) min_px: Option<u32>,
    /// Number of decoys for each target, or all [default: 20]
    #[arg(long, value_name = "N|all")]
    pub(crate) decoys: Option<String>,
    /// Random seed of the decoy draw [default: 42]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<u32>,
    /// Entrapment: add R impossible formulas per formula of each molecule table, to measure false discoveries [default: none; R is 1 if not given]
    #[arg(long, value_name = "R", num_args = 0..=1, default_missing_value = "1")]
    pub(crate) entrapment: Option<u32>,
    /// Print annotations with FDR up to this at the end, between 0 and 1 [default: 0.1]
    #[arg(long, value_name = "FDR")]
    pub(crate) fdr: Option<f64>,
    /// Plane (z) of a dataset with several planes [default: all, laid under each other]
    #[arg(long, value_name = "Z")]
    pub(crate) z: Option<u32>,
    /// Assume that the spectra are centroids, whatever they look like; else peaks are picked from profile spectra
    #[arg(long, conflicts_with_all = ["snr", "peak_by"])]
    pub(crate) assume_centroid: bool,
    /// Least height of a peak in a profile spectrum, in standard deviations of the noise around it [default: 3]
    #[arg(long, value_name = "RATIO")]
    pub(crate) snr: Option<f64>,
    /// Intensity of a peak in a profile spectrum: height or area [default: height]
    #[arg(long, value_name = "MEASURE")]
    pub(crate) peak_by: Option<String>,
    /// Tissue, to flag what lies off it: a PNG, a GeoJSON of regions, or a CSV of pixels [default: where most ions are]
    #[arg(long, value_name = "FILE")]
    pub(crate) mask: Option<PathBuf>,
    /// Results folder, or `s3://BUCKET/KEY` [default: NAME-results in the current folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The ibd file, if it is not beside the imzML
    #[arg(long, value_name = "FILE")]
    pub(crate) ibd: Option<PathBuf>,
    /// Several spectra at one pixel: sum adds their intensities, mean averages them, first takes the first of the file [default: sum]
    #[arg(long, value_name = "WHICH")]
    pub(crate) duplicates: Option<String>,
    /// Lowest ion mobility of the points to look at, in the unit of the file [default: all, added up]
    #[arg(long, value_name = "MOBILITY", allow_negative_numbers = true)]
    pub(crate) mobility_min: Option<f64>,
    /// Highest ion mobility of the points to look at [default: all, added up]
    #[arg(long, value_name = "MOBILITY", allow_negative_numbers = true)]
    pub(crate) mobility_max: Option<f64>,
    /// Read the ibd although its UUID is not that of the imzML
    #[arg(long)]
    pub(crate) ignore_uuid: bool,
    /// Verify the ibd against the checksum in the imzML
    #[arg(long)]
    pub(crate) verify: bool,
    /// Skip co-localization: no tables of co-localized ions and sample ions
    #[arg(long)]
    pub(crate) no_coloc: bool,
    /// Overwrite an existing results folder
    #[arg(long)]
    pub(crate) force: bool,
    /// Threads [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Memory to use, such as 256MiB or 8GB; an index that does not fit goes to a temporary file, and co-localization takes at most half of it [default: half of what the machine or its container has]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
}

impl AnnotateArguments {
    /// The same as plain options.
    pub(crate) fn options(&self) -> AnnotateOptions {
        let given = self.clone();
        AnnotateOptions {
            database: given.database,
            targeted: given.targeted,
            adduct: given.adduct,
            chem_mod: given.chem_mod,
            neutral_loss: given.neutral_loss,
            preset: given.preset,
            scoring_model: given.scoring_model,
            score: given.score,
            instrument: given.instrument,
            resolving_power: given.resolving_power,
            isocalc_sigma: given.isocalc_sigma,
            ppm: given.ppm,
            recalibrate: given.recalibrate,
            polarity: given.polarity,
            charge: given.charge,
            n_peaks: given.n_peaks,
            mz_min: given.mz_min,
            mz_max: given.mz_max,
            min_px: given.min_px,
            decoys: given.decoys,
            seed: given.seed,
            entrapment: given.entrapment,
            fdr: given.fdr,
            z: given.z,
            assume_centroid: given.assume_centroid,
            snr: given.snr,
            peak_by: given.peak_by,
            mask: given.mask,
            out: given.out,
            ibd: given.ibd,
            duplicates: given.duplicates,
            mobility_min: given.mobility_min,
            mobility_max: given.mobility_max,
            ignore_uuid: given.ignore_uuid,
            verify: given.verify,
            no_coloc: given.no_coloc,
            force: given.force,
            threads: given.threads,
            memory: given.memory,
            keep_peaks: false,
            scratch: None,
        }
    }
}
