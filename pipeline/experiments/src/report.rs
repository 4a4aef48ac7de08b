//! `report.html`: an experiment on one page that needs nothing else, and its figures as files.

use std::fs;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use metaspace_machine::error::FileError;
use metaspace_measure::Measurer;
use metaspace_results::ResultsFolder;
use metaspace_results::record::RunRecord;
use metaspace_results::text::probability;
use ms_core::progress::{Progress, check};
use rayon::prelude::*;

use crate::contrasts::Contrasted;
use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::options::{ExperimentOptions, SampleNorm, TestKind};
use crate::pictures::box_plots::box_plots;
use crate::pictures::dots::dot_plot;
use crate::pictures::heat_map::heat_map;
use crate::pictures::images::ion_images;
use crate::pictures::volcano::volcano;
use crate::pictures::{Figure, components};
use crate::statistics::CONFIDENCE;
use crate::tables::Enriched;

/// Ions of a heat map, of box plots and with images, at most.
const N_SHOWN: [usize; 3] = [40, 9, 4];

/// Rows of the table of a contrast, at most.
const N_ROWS: usize = 50;

/// Terms of a table of enrichment, at most.
const N_TERMS: usize = 12;

/// What the browser may load: what the page holds, and nothing else.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Folder of the figures.
const FIGURES: &str = "figures";

/// Everything that is drawn.
struct Figures {
    /// Volcano and dot plot of each contrast.
    of_contrasts: Vec<[Option<Figure>; 2]>,
    components: Option<Figure>,
    heat_map: Option<Figure>,
    box_plots: Option<Figure>,
    images: Vec<Figure>,
}

/// Draws the figures of an experiment and writes them and the page.
///
/// # Errors
/// Images cannot be read, a file cannot be written, or `progress` says to stop.
pub fn write(
    folder: &ResultsFolder,
    experiment: &Experiment,
    options: &ExperimentOptions,
    measurer: &dyn Measurer,
    progress: &dyn Progress,
) -> Result<(), ExperimentError> {
    let figures = Figures::draw(experiment, options, measurer, progress)?;
    let path = folder.file(FIGURES);
    fs::create_dir(&path).map_err(FileError::at("make", &path))?;
    let all: Vec<&Figure> = figures.all().collect();
    progress.begin("drawing figures", all.len() as u64);
    all.par_iter().try_for_each(|figure| {
        check(progress)?;
        for (extension, bytes) in figure.files()? {
            let file = path.join(format!("{}.{extension}", figure.name));
            fs::write(&file, bytes).map_err(FileError::at("write", &file))?;
        }
        progress.advance(1);
        Ok::<_, ExperimentError>(())
    })?;
    let page = page(experiment, &figures, options).into_string();
    let file = folder.file("report.html");
    Ok(fs::write(&file, page).map_err(FileError::at("write", &file))?)
}

impl Figures {
    fn draw(
        experiment: &Experiment,
        options: &ExperimentOptions,
        measurer: &dyn Measurer,
        progress: &dyn Progress,
    ) -> Result<Self, ExperimentError> {
        let Experiment {
            table,
            matrix,
            contrasts,
            enriched,
            ..
        } = experiment;
        let logs = matrix.log2();
        let leading = leading(contrasts, N_SHOWN[0]);
        let some = |n: usize| &leading[..n.min(leading.len())];
        let of_contrast = |found: &Contrasted| {
            let name = found.contrast.name();
            let kinds: Vec<&Enriched> = enriched.iter().filter(|of| of.of == name).collect();
            [
                volcano(found, &matrix.ions, options.q),
                dot_plot(&name, &kinds, options.q),
            ]
        };
        Ok(Self {
            of_contrasts: contrasts.iter().map(of_contrast).collect(),
            components: components::plot(table, &logs),
            heat_map: heat_map(table, &matrix.ions, &logs, some(N_SHOWN[0]))?,
            box_plots: box_plots(table, &matrix.ions, &logs, some(N_SHOWN[1])),
            images: ion_images(table, matrix, some(N_SHOWN[2]), options, measurer, progress)?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Figure> {
        let of_contrasts = self.of_contrasts.iter().flatten().flatten();
        let of_all = [&self.components, &self.heat_map, &self.box_plots];
        of_contrasts
            .chain(of_all.into_iter().flatten())
            .chain(&self.images)
    }
}

/// The ions that differ most, those of each contrast in turn.
fn leading(contrasts: &[Contrasted], most: usize) -> Vec<usize> {
    let orders: Vec<Vec<usize>> = contrasts.iter().map(Contrasted::by_p).collect();
    let longest = orders.iter().map(Vec::len).max().unwrap_or(0);
    let mut found = Vec::new();
    for place in 0..longest {
        for order in &orders {
            if let Some(ion) = order.get(place)
                && !found.contains(ion)
                && found.len() < most
            {
                found.push(*ion);
            }
        }
    }
    found
}

fn page(experiment: &Experiment, figures: &Figures, options: &ExperimentOptions) -> Markup {
    let name = experiment
        .table
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy());
    let name = name.unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="generator" content=(RunRecord::program());
                title { (name) " – experiment" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    p.kind { "Experiment" }
                    h1 { (name) }
                    (tiles(experiment, options))
                    (notes(&experiment.notes))
                }
                nav aria-label="Sections" { ul {
                    @for (number, found) in experiment.contrasts.iter().enumerate() {
                        li { a href=(format!("#contrast-{number}")) { (found.contrast.name()) } }
                    }
                    @for (anchor, title) in [("samples", "Samples"), ("ions", "Ions"), ("how", "How it was computed")] {
                        li { a href=(format!("#{anchor}")) { (title) } }
                    }
                } }
                main id="main" {
                    @for (number, found) in experiment.contrasts.iter().enumerate() {
                        (contrast(number, experiment, found, &figures.of_contrasts[number], options))
                    }
                    section id="samples" {
                        h2 { "Samples" }
                        (shown(figures.components.as_ref()))
                        (samples(experiment))
                    }
                    section id="ions" {
                        h2 { "The ions that differ most" }
                        (shown(figures.heat_map.as_ref()))
                        (shown(figures.box_plots.as_ref()))
                        @for figure in &figures.images { (shown(Some(figure))) }
                    }
                    section id="how" { h2 { "How it was computed" } (methods(experiment, options)) }
                }
                footer { p { "Written by " (RunRecord::program()) ". This file holds everything that it shows and asks no server for anything. The figures are also in the folder " code { (FIGURES) } " as SVG, PDF and PNG." } }
            }
        }
    }
}

fn tiles(experiment: &Experiment, options: &ExperimentOptions) -> Markup {
    let conditions = experiment.table.conditions();
    html! {
        dl.tiles {
            div { dt { "samples" } dd { (experiment.table.samples.len()) } }
            div { dt { "conditions: " (conditions.join(", ")) } dd { (conditions.len()) } }
            div { dt { "ions measured" } dd { (experiment.matrix.ions.len()) } }
            @for found in &experiment.contrasts {
                @let [more, less] = found.claimed(options.q).map(|ions| ions.len());
                div { dt { (found.contrast.name()) ": ions that differ at q " (percent(options.q)) } dd { (more + less) } }
            }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() {
            div.notes { h2 { "What to know" } ul { @for note in notes { li { (note) } } } }
        }
    }
}

fn shown(figure: Option<&Figure>) -> Markup {
    html! {
        @if let Some(figure) = figure {
            figure { (figure.svg()) figcaption { (figure.description) "." } }
        }
    }
}

fn contrast(
    number: usize,
    experiment: &Experiment,
    found: &Contrasted,
    figures: &[Option<Figure>; 2],
    options: &ExperimentOptions,
) -> Markup {
    let [first, second] = &found.contrast.conditions;
    let [more, less] = found.claimed(options.q).map(|ions| ions.len());
    let n_tested = found.ions.iter().filter(|ion| ion.test.p.is_some()).count();
    let rows: Vec<usize> = found.by_p().into_iter().take(N_ROWS).collect();
    let name = found.contrast.name();
    let enriched = experiment
        .enriched
        .iter()
        .filter(|of| of.of == name && !of.terms.is_empty());
    html! {
        section id=(format!("contrast-{number}")) {
            h2 { (first) " against " (second) }
            p {
                (found.n_units[0]) " against " (found.n_units[1]) " replicates. Of " (n_tested) " ions tested, "
                (more) " are more in " (first) " and " (less) " are less at q " (percent(options.q))
                ": of these " (more + less) " about " (percent(options.q)) " at most are expected to be false."
            }
            (shown(figures[0].as_ref()))
            div.scroll tabindex="0" role="group" aria-label="The ions of this contrast, scrolls sideways" { table {
                caption { "The " (rows.len()) " ions of lowest p; all are in contrasts.csv" }
                thead { tr {
                    th scope="col" { "ion" } th scope="col" { "molecules" } th.number scope="col" { "m/z" }
                    th.number scope="col" { "log2 fold change" } th.number scope="col" { ((CONFIDENCE * 100.0).round()) " % interval" }
                    th.number scope="col" { "p" } th.number scope="col" { "q" }
                } }
                tbody { @for &ion in &rows {
                    @let (named, found) = (&experiment.matrix.ions[ion], &found.ions[ion]);
                    @let is_claimed = found.q.is_some_and(|q| q <= options.q);
                    @let class = if found.test.difference > 0.0 { "number more" } else { "number less" };
                    tr {
                        th scope="row" { (named.ion) }
                        td { (molecules(named)) }
                        td.number { (format!("{:.4}", named.mz)) }
                        td class=(if is_claimed { class } else { "number" }) { (signed(found.test.difference)) }
                        td.number { @if let Some((low, high)) = found.test.interval { (signed(low)) " to " (signed(high)) } }
                        td.number { (small(found.test.p)) }
                        td.number { (small(found.q)) }
                    }
                } }
            } }
            h3 { "Enriched terms" }
            (shown(figures[1].as_ref()))
            @for of in enriched { (terms(of)) }
            @if figures[1].is_none() { p { "No term has two molecules or more among the ions that differ." } }
        }
    }
}

fn molecules(ion: &crate::ions::MeasuredIon) -> Markup {
    let n_others = ion.molecules.len().saturating_sub(2);
    html! {
        @for (number, molecule) in ion.molecules.iter().take(2).enumerate() {
            @if number > 0 { ", " } (molecule.name)
        }
        @if n_others > 0 { " or " (n_others) " more" }
    }
}

fn terms(of: &Enriched) -> Markup {
    let is_ranked = of.kind == "ranked";
    let caption = match of.kind {
        "ranked" => "By the statistic of all ions".to_owned(),
        kind => format!("Among the ions that are {kind}"),
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label="Enriched terms, scrolls sideways" { table {
            caption { (caption) }
            thead { tr {
                th scope="col" { "term" }
                th.number scope="col" { @if is_ranked { "molecules" } @else { "observed" } }
                @if !is_ranked { th.number scope="col" { "expected" } }
                th.number scope="col" { @if is_ranked { "distance" } @else { "fold" } }
                th.number scope="col" { "p" } th.number scope="col" { "q" }
            } }
            tbody { @for term in of.terms.iter().take(N_TERMS) { tr {
                th scope="row" { (term.term) }
                td.number { (term.observed) }
                @if !is_ranked { td.number { (format!("{:.1}", term.expected)) } }
                td.number { @if is_ranked { (signed(term.effect)) } @else { (format!("{:.1}", term.effect)) } }
                td.number { (small(Some(term.p))) } td.number { (small(Some(term.q))) }
            } } }
        } }
    }
}

fn samples(experiment: &Experiment) -> Markup {
    let table = &experiment.table;
    html! {
        div.scroll tabindex="0" role="group" aria-label="The samples, scrolls sideways" { table {
            caption { "The samples; intensities of a sample are divided by its factor" }
            thead { tr {
                th scope="col" { "sample" }
                @for column in &table.columns { th scope="col" { (column) } }
                th.number scope="col" { "pixels" } th.number scope="col" { "annotated ions" } th.number scope="col" { "factor" }
            } }
            tbody { @for (number, sample) in table.samples.iter().enumerate() {
                @let facts = &experiment.matrix.samples[number];
                tr {
                    th scope="row" { (sample.name) }
                    @for column in &table.columns { td { (sample.columns.get(column).map_or("", String::as_str)) } }
                    td.number { (facts.n_pixels) } td.number { (facts.n_annotated) }
                    td.number { (format!("{:.3}", experiment.matrix.factors[number])) }
                }
            } }
        } }
    }
}

fn methods(experiment: &Experiment, options: &ExperimentOptions) -> Markup {
    let test = match options.test {
        TestKind::Moderated => "moderated t of a linear model (Smyth 2004)",
        TestKind::Welch => "Welch's t test",
        TestKind::Wilcoxon => "Wilcoxon's rank sum test",
    };
    let by = match &options.normalization {
        SampleNorm::None => "nothing".to_owned(),
        SampleNorm::Tic => "the total ion current".into(),
        SampleNorm::Rms => "the root mean square".into(),
        SampleNorm::Median => "the median ratio of ions to their mean over samples".into(),
        SampleNorm::Ion(ion) => format!("the ion {ion}"),
    };
    let of = if options.is_per_pixel {
        "each pixel"
    } else {
        "the sample"
    };
    let block = options.block.as_deref().unwrap_or("none");
    let pairs = [
        ("table of samples", experiment.table.path.display().to_string()),
        ("ions", format!("annotated in one dataset at least, FDR up to {}, and measured in all", percent(options.annotation_fdr))),
        ("amount", "mean intensity over the pixels of the region; a pixel without a peak is 0, an ion that was not measured is missing".into()),
        ("intensities divided by", format!("{by} of {of}")),
        ("test", format!("{test}, of base-2 logarithms; a mean of 0 counts as half of the ion's smallest above 0")),
        ("block", block.into()),
        ("q", "Benjamini and Hochberg 1995, over the ions of a contrast".into()),
        ("enrichment", format!("terms: {}; medians over {} draws of one molecule for each ion, seed {}", options.enrichment.terms, options.enrichment.n_draws, options.enrichment.seed)),
    ];
    html! {
        p { "Samples are compared, never pixels: thousands of pixels of one animal say how well that animal was measured, and nothing of how animals differ. Samples of one replicate are averaged for the same reason." }
        dl.pairs { @for (name, text) in &pairs { dt { (name) } dd { (text) } } }
    }
}

fn percent(share: f64) -> String {
    format!("{}\u{a0}%", (share * 1e4).round() / 100.0)
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// A probability: plain if it is not small, with a power of ten if it is.
fn small(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| probability(value).replace('-', "−"))
}
