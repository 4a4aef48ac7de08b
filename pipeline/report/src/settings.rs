//! What was run on what, and how to cite it.

use maud::{Markup, html};
use metaspace_results::record::{
    AccuracyRecord, EntrapmentRecord, PeakWidthRecord, RunRecord, SettingsRecord,
};
use metaspace_results::text::counted;

use crate::data::{Data, MAIN_FDR};
use crate::text::{level, signed, thousands};

/// A method, and when it was used.
struct Reference {
    text: &'static str,
    doi: &'static str,
}

const METASPACE: Reference = Reference {
    text: "Palmer A. et al. FDR-controlled metabolite annotation for high-resolution imaging mass spectrometry. Nature Methods 14, 57–60 (2017).",
    doi: "10.1038/nmeth.4072",
};
const CHAOS: Reference = Reference {
    text: "Alexandrov T., Bartels A. Testing for presence of known and unknown molecules in imaging mass spectrometry. Bioinformatics 29, 2335–2342 (2013).",
    doi: "10.1093/bioinformatics/btt388",
};
const LEARNED: Reference = Reference {
    text: "Wadie B. et al. METASPACE-ML: Context-specific metabolite annotation for imaging mass spectrometry using machine learning. Nature Communications 15, 9110 (2024).",
    doi: "10.1038/s41467-024-52213-9",
};
const COLOCALIZATION: Reference = Reference {
    text: "Ovchinnikova K., Stuart L., Rakhlin A., Nikolenko S., Alexandrov T. ColocML: machine learning quantifies co-localization between mass spectrometry images. Bioinformatics 36, 3215–3224 (2020).",
    doi: "10.1093/bioinformatics/btaa085",
};

pub(crate) fn section(data: &Data) -> Markup {
    let (record, settings) = (&data.record, &data.record.settings);
    let dataset = &record.dataset;
    let bytes = |n: u64| format!("{} bytes", thousands(n));
    let absent = || "–".to_owned();
    let preset = record.options.preset.as_deref().unwrap_or("default");
    let what = [
        ("program", record.program.clone()),
        ("preset", preset.to_owned()),
        (
            "imzML",
            format!("{}, {}", dataset.imzml, bytes(dataset.imzml_bytes)),
        ),
        (
            "ibd",
            format!("{}, {}", dataset.ibd, bytes(dataset.ibd_bytes)),
        ),
        ("UUID", dataset.uuid.clone().unwrap_or_else(absent)),
        ("BLAKE3 of the imzML", dataset.imzml_blake3.clone()),
        (
            "checksum of the ibd",
            dataset.ibd_checksum.clone().unwrap_or_else(absent),
        ),
    ];
    let how = [
        ("adducts", list(&settings.adducts)),
        ("neutral losses", list(&settings.neutral_losses)),
        ("modifications", list(&settings.chem_mods)),
        ("charge", settings.charge.to_string()),
        ("m/z tolerance", tolerance(settings)),
        ("peaks of a pattern", settings.n_peaks.to_string()),
        ("mass accuracy", accuracy(record)),
        (
            "recalibration",
            recalibration(record).unwrap_or_else(|| "none".into()),
        ),
        ("peak width", peak_width(&settings.peak_width)),
        ("decoys of each target", settings.decoys.to_string()),
        ("seed", settings.seed.to_string()),
        ("ranked by", ranked_by(record)),
        (
            "entrapment",
            record.entrapment.as_ref().map_or_else(absent, entrapment),
        ),
    ];
    html! {
        div.grid {
            (pairs("What", &what))
            (pairs("With which settings", &how))
            div.stack {
                (databases(record))
                (pairs("What it took", &resources(record)))
            }
        }
        details { summary { "The whole record (run.json)" }
            pre tabindex="0" { (data.record_json) } }
    }
}

/// Texts as one line.
fn list(texts: &[String]) -> String {
    if texts.is_empty() {
        "none".into()
    } else {
        texts.join(", ")
    }
}

fn entrapment(added: &EntrapmentRecord) -> String {
    let n_formulas: Vec<String> = added.n_formulas.iter().map(u32::to_string).collect();
    format!(
        "formulas_for_each {}, n_formulas {}, ratio {}, seed {}",
        number(added.formulas_for_each),
        list(&n_formulas),
        added.ratio,
        added.seed
    )
}

/// A number as `run.json` has it: with a point in any case.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn tolerance(settings: &SettingsRecord) -> String {
    format!("± {} ppm", settings.ppm)
}

/// What the data showed of m/z, before and after a correction.
fn accuracy(record: &RunRecord) -> String {
    let survey = record.dataset.survey.as_ref();
    let Some(measured) = survey.and_then(|survey| survey.measured) else {
        return "not shown by the data".into();
    };
    let text = |accuracy: &AccuracyRecord| {
        format!(
            "{} ± {:.1} ppm",
            signed(accuracy.shift_ppm, 1),
            accuracy.sigma_ppm
        )
    };
    let after = survey.and_then(|survey| survey.recalibrated);
    let after = after.map_or(String::new(), |after| {
        format!(", corrected {}", text(&after))
    });
    format!("{}{after} ({} ions)", text(&measured), measured.n_ions)
}

/// What was taken from m/z, if anything.
fn recalibration(record: &RunRecord) -> Option<String> {
    let taken = record.dataset.survey.as_ref()?.recalibration.as_ref()?;
    let by_mz = match taken.by_mz[..] {
        [] => None,
        [(_, ppm)] => Some(format!("by {} ppm", signed(-ppm, 1))),
        _ => Some("by m/z".to_owned()),
    };
    let by_spectrum = (!taken.by_spectrum.is_empty()).then(|| "by order of acquisition".to_owned());
    let all: Vec<String> = by_mz.into_iter().chain(by_spectrum).collect();
    Some(all.join(" and "))
}

fn peak_width(width: &PeakWidthRecord) -> String {
    match width {
        PeakWidthRecord::Analyzer {
            instrument,
            resolving_power_at_mz200,
        } => format!("{instrument}, resolving power {resolving_power_at_mz200} at m/z 200"),
        PeakWidthRecord::AtIon { sigma_at_ion } => {
            format!("σ {} at the ion", number(*sigma_at_ion))
        }
    }
}

fn ranked_by(record: &RunRecord) -> String {
    if let Some(model) = &record.scoring_model {
        return format!("the model {}", model.file);
    }
    match &record.adaptive_score {
        Some(learned) if learned.n_leading_targets > 0 => {
            "a score learned from this dataset".into()
        }
        Some(_) => "a score learned from other datasets".into(),
        None => "MSM".into(),
    }
}

/// What was left out as fragments, if any was.
fn fragments(record: &RunRecord) -> Option<String> {
    let n = record.adaptive_score.as_ref()?.n_fragments;
    let left_out = counted(n as u64, "ion");
    (n > 0).then(|| {
        format!("; {left_out} with the image of a stronger one that has H₂O, NH₃ or CO₂ more were left out as fragments made in the ion source")
    })
}

fn resources(record: &RunRecord) -> [(&'static str, String); 3] {
    let seconds: f64 = record.stages.iter().map(|stage| stage.seconds).sum();
    let memory = record.peak_memory_bytes;
    [
        ("time", format!("{seconds:.1} s")),
        ("threads", record.threads.to_string()),
        (
            "most memory",
            memory.map_or("–".into(), |bytes| {
                format!("{:.0} MB", bytes as f64 / 1e6)
            }),
        ),
    ]
}

fn pairs(title: &str, pairs: &[(&str, String)]) -> Markup {
    html! {
        div.card {
            h3 { (title) }
            dl.pairs { @for (name, value) in pairs { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn databases(record: &RunRecord) -> Markup {
    html! {
        div.card {
            h3 { "Molecule tables" }
            dl.pairs { @for database in &record.databases {
                div { dt { (database.name) }
                    dd { (thousands(database.n_molecules as u64)) " molecules, "
                        (thousands(database.n_formulas as u64)) " formulas" br;
                        span.hash { "BLAKE3 " (database.blake3) } } }
            } }
        }
    }
}

/// A sentence for a methods section, and the works to cite.
pub(crate) fn cite(data: &Data) -> Markup {
    let (record, settings) = (&data.record, &data.record.settings);
    let tables: Vec<String> = record
        .databases
        .iter()
        .map(|table| {
            let n = thousands(table.n_formulas as u64);
            format!("{} ({n} formulas)", table.name)
        })
        .collect();
    let sentence = format!(
        "Ions were annotated with {} against {}, adducts {}, within {} ({}; {}), ranked by {} and with {} decoys for each target{}; annotations are reported at a false discovery rate of {}.",
        record.program,
        tables.join(" and "),
        list(&settings.adducts),
        tolerance(settings),
        peak_width(&settings.peak_width),
        recalibration(record).map_or("m/z as measured".into(), |by| format!("m/z corrected {by}")),
        ranked_by(record),
        settings.decoys,
        fragments(record).unwrap_or_default(),
        level(MAIN_FDR),
    );
    let mut references = vec![METASPACE, CHAOS];
    if data.has_score() {
        references.push(LEARNED);
    }
    if data.partners.is_some() {
        references.push(COLOCALIZATION);
    }
    html! {
        p { "For a methods section:" }
        blockquote { p { (sentence) } }
        p { "Cite the program by its name and version, the table of molecules as its makers ask, and the methods:" }
        ol.references { @for reference in references {
            li { (reference.text) " " a href=(format!("https://doi.org/{}", reference.doi)) rel="noreferrer" {
                "doi:" (reference.doi) } }
        } }
    }
}
