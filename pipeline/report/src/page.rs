//! The page as a whole: head, summary, contents, sections.

use annotator::fdr::FDR_LEVELS;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use metaspace_results::record::PeakWidthRecord;

use crate::data::{Data, MAIN_FDR};
use crate::drawings::Pictures;
use crate::options::ReportOptions;
use crate::text::{level, thousands};
use crate::{annotations, fdr, ion, quality, regions, settings};

/// What the browser may load: what the page holds, and nothing else.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Sections: anchor, title, content.
type Section = (&'static str, &'static str, Markup);

/// The whole document.
pub(crate) fn page(data: &Data, pictures: &Pictures, options: &ReportOptions) -> Markup {
    let mut sections: Vec<Section> = vec![
        (
            "quality",
            "Data quality",
            quality::section(data, pictures, options),
        ),
        ("fdr", "False discovery rate", fdr::section(data)),
        (
            "annotations",
            "Annotations",
            annotations::section(data, pictures, options),
        ),
        ("ions", "Best ions", ion::section(data, pictures)),
        (
            "groups",
            "Ions that lie together",
            regions::groups(data, pictures),
        ),
    ];
    if let Some(segments) = regions::segments(data, pictures) {
        sections.push(("segments", "Segments of the tissue", segments));
    }
    sections.push(("run", "How it was run", settings::section(data)));
    sections.push(("cite", "How to cite", settings::cite(data)));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="generator" content=(data.record.program);
                meta name="color-scheme" content="light dark";
                title { (data.name) " – annotations" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (pictures.symbols())
                (header(data))
                nav aria-label="Sections" {
                    ul { @for (anchor, title, _) in &sections {
                        li { a href=(format!("#{anchor}")) { (title) } }
                    } }
                }
                main id="main" {
                    @for (anchor, title, content) in &sections {
                        section id=(anchor) aria-labelledby=(format!("{anchor}-title")) {
                            details.section open[*anchor != "run"] {
                                summary { h2 id=(format!("{anchor}-title")) { (title) } }
                                (content)
                            }
                        }
                    }
                }
                footer { p { "Written by " (data.record.program) ". This file holds everything that it shows and asks no server for anything." } }
                script { (PreEscaped(include_str!("script.js"))) }
            }
        }
    }
}

fn header(data: &Data) -> Markup {
    let dataset = &data.record.dataset;
    let taken = |setting: &str| {
        let mut all = data.record.taken.iter();
        all.find(|origin| origin.setting == setting)
            .map(|origin| origin.value.clone())
    };
    let instrument = match &data.record.settings.peak_width {
        PeakWidthRecord::Analyzer { instrument, .. } => Some(instrument.clone()),
        PeakWidthRecord::AtIon { .. } => taken("instrument"),
    };
    let polarity = if data.record.settings.charge < 0 {
        "negative mode"
    } else {
        "positive mode"
    };
    let size = data.pixel_um().map(|um| format!("pixels of {um} µm"));
    let range = dataset
        .mz_range
        .map(|(low, high)| format!("m/z {low:.0}–{high:.0}"));
    let facts = [
        Some(format!(
            "{} × {} pixels",
            thousands(dataset.width.into()),
            thousands(dataset.height.into())
        )),
        size,
        Some(format!("{} spectra", thousands(dataset.n_spectra as u64))),
        range,
        Some(polarity.to_owned()),
        instrument,
    ];
    html! {
        header.top {
            p.kind { "Annotation report" }
            h1 { (data.name) }
            ul.facts { @for fact in facts.into_iter().flatten() { li { (fact) } } }
            (tiles(data))
            (warnings(data))
        }
    }
}

/// The counts that people look for first.
fn tiles(data: &Data) -> Markup {
    let n_at = |fdr: f64| data.up_to(fdr).count() as u64;
    let mut formulas: Vec<&str> = data
        .up_to(MAIN_FDR)
        .map(|row| row.formula.as_str())
        .collect();
    formulas.sort_unstable();
    formulas.dedup();
    html! {
        dl.tiles {
            @for fdr in FDR_LEVELS {
                @let is_main = (fdr - MAIN_FDR).abs() < 1e-9;
                div.tile.main[is_main] {
                    dt { "annotations at FDR " (level(fdr)) }
                    dd { (thousands(n_at(fdr))) }
                }
            }
            div.tile {
                dt { "different formulas at FDR " (level(MAIN_FDR)) }
                dd { (thousands(formulas.len() as u64)) }
            }
            div.tile {
                dt { "ions searched, with decoys" }
                dd { (thousands(data.record.counts.n_searched)) }
            }
        }
    }
}

fn warnings(data: &Data) -> Markup {
    let warnings = &data.record.warnings;
    html! {
        @if !warnings.is_empty() {
            div.notes {
                h2.small { "What to know" }
                ul { @for warning in warnings { li { (warning) } } }
            }
        }
    }
}
