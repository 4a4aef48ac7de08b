//! What was run on what, and how to cite it.

use maud::{Markup, html};
use serde_json::Value;

use super::data::{Data, MAIN_FDR};
use super::text::{level, thousands, value};

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

pub(super) fn section(data: &Data) -> Markup {
    let (record, settings) = (&data.record, &data.record["settings"]);
    let dataset = &record["dataset"];
    let bytes = |key: &str| {
        format!(
            "{} bytes",
            thousands(dataset[key].as_u64().unwrap_or_default())
        )
    };
    let preset = record["options"]["preset"]
        .as_str()
        .unwrap_or("default")
        .to_owned();
    let what = [
        ("program", value(&record["program"])),
        ("preset", preset),
        (
            "imzML",
            format!("{}, {}", value(&dataset["imzml"]), bytes("imzml_bytes")),
        ),
        (
            "ibd",
            format!("{}, {}", value(&dataset["ibd"]), bytes("ibd_bytes")),
        ),
        ("UUID", value(&dataset["uuid"])),
        ("BLAKE3 of the imzML", value(&dataset["imzml_blake3"])),
        ("checksum of the ibd", value(&dataset["ibd_checksum"])),
    ];
    let how = [
        ("adducts", value(&settings["adducts"])),
        ("neutral losses", value(&settings["neutralLosses"])),
        ("modifications", value(&settings["chemMods"])),
        ("charge", value(&settings["charge"])),
        ("m/z tolerance", tolerance(settings)),
        ("peaks of a pattern", value(&settings["nPeaks"])),
        ("peak width", peak_width(&settings["peakWidth"])),
        ("decoys of each target", value(&settings["decoys"])),
        ("seed", value(&settings["seed"])),
        ("ranked by", ranked_by(record)),
        ("entrapment", value(&record["entrapment"])),
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
            pre tabindex="0" { (format!("{record:#}")) } }
    }
}

fn tolerance(settings: &Value) -> String {
    format!("± {} ppm", settings["ppm"].as_f64().unwrap_or_default())
}

fn peak_width(width: &Value) -> String {
    match (
        width["instrument"].as_str(),
        width["resolvingPowerAtMz200"].as_f64(),
    ) {
        (Some(instrument), Some(power)) => {
            format!("{instrument}, resolving power {power} at m/z 200")
        }
        _ => format!("σ {} at the ion", value(&width["sigmaAtIon"])),
    }
}

fn ranked_by(record: &Value) -> String {
    if !record["scoring_model"].is_null() {
        return format!("the model {}", value(&record["scoring_model"]["file"]));
    }
    let learned = &record["adaptive_score"];
    if !learned.is_null() && learned["refused"].is_null() {
        return "a score learned from this dataset".into();
    }
    "MSM".into()
}

fn resources(record: &Value) -> [(&'static str, String); 3] {
    let stages = record["stages"].as_array().into_iter().flatten();
    let seconds: f64 = stages.filter_map(|stage| stage["seconds"].as_f64()).sum();
    let memory = record["peak_memory_bytes"].as_f64();
    [
        ("time", format!("{seconds:.1} s")),
        ("threads", value(&record["threads"])),
        (
            "most memory",
            memory.map_or("–".into(), |bytes| format!("{:.0} MB", bytes / 1e6)),
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

fn databases(record: &Value) -> Markup {
    let databases = record["databases"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let whole = |database: &Value, key: &str| thousands(database[key].as_u64().unwrap_or_default());
    html! {
        div.card {
            h3 { "Molecule tables" }
            dl.pairs { @for database in databases {
                div { dt { (value(&database["name"])) }
                    dd { (whole(database, "n_molecules")) " molecules, " (whole(database, "n_formulas"))
                        " formulas" br; span.hash { "BLAKE3 " (value(&database["blake3"])) } } }
            } }
        }
    }
}

/// A sentence for a methods section, and the works to cite.
pub(super) fn cite(data: &Data) -> Markup {
    let (record, settings) = (&data.record, &data.record["settings"]);
    let tables = record["databases"].as_array().into_iter().flatten();
    let tables: Vec<String> = tables
        .map(|table| {
            let n = thousands(table["n_formulas"].as_u64().unwrap_or_default());
            format!("{} ({n} formulas)", value(&table["name"]))
        })
        .collect();
    let sentence = format!(
        "Ions were annotated with {} against {}, adducts {}, within {} and with {} decoys for each target; annotations are reported at a false discovery rate of {}.",
        value(&record["program"]),
        tables.join(" and "),
        value(&settings["adducts"]),
        tolerance(settings),
        value(&settings["decoys"]),
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
