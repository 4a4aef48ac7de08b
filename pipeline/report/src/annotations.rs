//! The table of annotations.

use std::collections::{BTreeMap, BTreeSet};

use annotator::fdr::FDR_LEVELS;
use maud::{Markup, html};
use metaspace_results::StoredAnnotation;

use crate::data::{Data, MAIN_FDR};
use crate::drawings::Pictures;
use crate::options::ReportOptions;
use crate::text::{self, adduct, formula, level, percent, signed};

/// Molecules of an annotation that are listed at most.
const N_LISTED: usize = 40;

/// A column: its title, and how it is sorted.
struct Column {
    title: &'static str,
    /// What it is, in words.
    meaning: &'static str,
    /// `text` or `number`; nothing where it is not sorted.
    sort: Option<&'static str>,
}

const fn column(title: &'static str, meaning: &'static str, sort: Option<&'static str>) -> Column {
    Column {
        title,
        meaning,
        sort,
    }
}

pub(crate) fn section(data: &Data, pictures: &Pictures, options: &ReportOptions) -> Markup {
    let n_missing = data.n_up_to_fdr - data.n_rows;
    if data.rows().is_empty() {
        let next = FDR_LEVELS
            .into_iter()
            .find(|fdr| data.up_to(*fdr).count() > 0);
        return html! {
            p.empty { "No annotation has an FDR up to " (level(options.fdr)) "."
                @if let Some(next) = next {
                    " Up to " (level(next)) " there are " (data.up_to(next).count()) ": "
                    code { "metaspace report --fdr " (next) } " lists them."
                } @else {
                    " Nothing of the molecule tables was found in this dataset."
                }
            }
        };
    }
    html! {
        p { (data.n_rows) " annotations of FDR up to " (level(options.fdr)) ", the best first. "
            @if n_missing > 0 {
                "Another " (n_missing) " are in " code { "annotations.csv" } ". "
            }
            "An ion that may be several molecules is one line." }
        (controls(data, options))
        div.table-box tabindex="0" role="region" aria-label="Table of annotations" {
            table.annotations id="table" {
                caption.visually-hidden { "Annotations" }
                thead { tr { @for column in columns(data) { (head(&column)) } } }
                tbody { @for (place, row) in data.rows().iter().enumerate() {
                    (line(data, pictures, place, row))
                } }
            }
        }
        p.empty id="none" hidden { "No annotation fits." }
    }
}

fn columns(data: &Data) -> Vec<Column> {
    let mut columns = vec![
        column("Image", "first isotopic image", None),
        column("Molecule and formula", "names and formula", Some("text")),
        column("Adduct", "modification, loss and adduct", Some("text")),
        column(
            "m/z",
            "theoretical m/z of the first isotope",
            Some("number"),
        ),
        column(
            "Δ ppm",
            "measured less theoretical m/z in ppm",
            Some("number"),
        ),
        column("MSM", "metabolite-signal match, 0 to 1", Some("number")),
    ];
    if data.has_score() {
        columns.push(column(
            "Score",
            "what annotations are ranked by, 0 to 1",
            Some("number"),
        ));
    }
    columns.push(column("FDR", "false discovery rate", Some("number")));
    columns.push(column(
        "Pixels",
        "share of the pixels with signal",
        Some("number"),
    ));
    if has_classes(data) {
        columns.push(column("Class", "kind of molecule", Some("text")));
    }
    columns
}

fn has_classes(data: &Data) -> bool {
    data.rows()
        .iter()
        .any(|row| row.molecule_classes.iter().any(|class| !class.is_empty()))
}

fn head(column: &Column) -> Markup {
    html! {
        th scope="col" data-sort=[column.sort] title=(column.meaning) {
            span.title { (column.title) }
        }
    }
}

fn line(data: &Data, pictures: &Pictures, place: usize, row: &StoredAnnotation) -> Markup {
    let classes: BTreeSet<&str> = row
        .molecule_classes
        .iter()
        .map(String::as_str)
        .filter(|class| !class.is_empty())
        .collect();
    let classes: Vec<&str> = classes.into_iter().collect();
    let share = f64::from(row.n_pixels) / data.raster.n_pixels().max(1) as f64;
    let card = data
        .best
        .iter()
        .position(|best| data.annotations[*best].ion == row.ion);
    let name = adduct(&row.adduct, &row.ion);
    html! {
        tr data-fdr=(row.fdr) data-adduct=(name) data-class=(classes.join("|")) data-place=(place) {
            td.image { (pictures.thumbnail(&row.ion_formula, &format!("Image of {}", row.ion))) }
            td.ion data-v=(row.molecule_names.first().unwrap_or(&row.ion)) data-ion=(row.ion) {
                @if let Some(card) = card {
                    a.name-link href=(format!("#ion-{}", card + 1)) { (text::name(row)) }
                } @else { (text::name(row)) }
                (flags(row))
                (molecules(row))
            }
            td data-label="Adduct" data-v=(name) { (name) }
            td.number data-label="m/z" data-v=(row.mz) { (format!("{:.4}", row.mz)) }
            td.number data-label="Δ ppm" data-v=(row.mz_err_ppm) {
                (signed(row.mz_err_ppm, 2))
            }
            td.number data-label="MSM" data-v=(row.msm) { (format!("{:.3}", row.msm)) }
            @if data.has_score() {
                td.number data-label="Score" data-v=(row.score) { (format!("{:.3}", row.score)) }
            }
            td.number data-label="FDR" data-v=(row.fdr) {
                span class=(format!("fdr {}", grade(row.fdr))) { (percent(row.fdr)) }
            }
            td.number data-label="Pixels" data-v=(share) { (percent(share)) }
            @if has_classes(data) {
                td.class data-label="Class" data-v=(classes.join(", ")) { (classes.join(", ")) }
            }
        }
    }
}

/// Whether it may not be of the tissue.
fn flags(row: &StoredAnnotation) -> Markup {
    let off = row.off_sample.filter(|off| *off > 0.5);
    html! {
        @if let Some(off) = off {
            " " span.flag title=(format!("lies off the tissue with a probability of {}", percent(off))) {
                "off-sample"
            }
        }
        @if let Some(ion) = &row.matrix_ion {
            " " span.flag title=(format!("may be the matrix ion {ion}")) { "matrix" }
        }
    }
}

/// How an FDR is marked.
fn grade(fdr: f64) -> &'static str {
    match FDR_LEVELS.iter().position(|level| fdr <= *level) {
        Some(0) => "best",
        Some(1) => "good",
        _ => "weak",
    }
}

fn molecules(row: &StoredAnnotation) -> Markup {
    let names = &row.molecule_names;
    let n_more = names.len().saturating_sub(1);
    html! {
        div.molecules {
            @if !names.is_empty() { (formula(&row.formula)) }
            @if n_more > 0 {
                details { summary { "or " (n_more) " more" }
                    (text::some(&names[1..], N_LISTED)) }
            }
        }
    }
}

/// What needs a script, and is not shown without.
fn controls(data: &Data, options: &ReportOptions) -> Markup {
    let adducts: BTreeSet<String> = data
        .rows()
        .iter()
        .map(|row| adduct(&row.adduct, &row.ion))
        .collect();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for row in data.rows() {
        let own: BTreeSet<&str> = row.molecule_classes.iter().map(String::as_str).collect();
        for class in own.into_iter().filter(|class| !class.is_empty()) {
            *classes.entry(class).or_default() += 1;
        }
    }
    let levels = FDR_LEVELS.into_iter().filter(|level| *level < options.fdr);
    html! {
        form.controls id="controls" hidden {
            label { "Search" input id="search" type="search" autocomplete="off"
                placeholder="formula, molecule, class"; }
            label { "FDR" select id="fdr-filter" {
                @for fdr in levels {
                    option value=(fdr) selected[(fdr - MAIN_FDR).abs() < 1e-9] { "≤ " (level(fdr)) }
                }
                option value="1" { "all listed" }
            } }
            label { "Adduct" select id="adduct-filter" {
                option value="" { "all" }
                @for name in adducts { option value=(name) { (name) } }
            } }
            @if !classes.is_empty() {
                label { "Class" select id="class-filter" {
                    option value="" { "all" }
                    @for (class, n) in classes { option value=(class) { (class) " (" (n) ")" } }
                } }
            }
            button type="button" id="clear" { "Reset" }
            output id="shown" for="search fdr-filter adduct-filter class-filter" {}
        }
    }
}
