//! Groups of ions, and segments of the tissue.

use std::collections::BTreeMap;

use maud::{Markup, html};
use metaspace_results::{StoredAnnotation, StoredGroup};

use crate::data::Data;
use crate::drawings::{Pictures, segment_color};
use crate::text::{counted, level, percent, thousands};

/// Ions of a group that are named.
const N_NAMED: usize = 60;

pub(crate) fn groups(data: &Data, pictures: &Pictures) -> Markup {
    let Some((fdr, groups)) = &data.groups else {
        return html! { p.empty { "Co-localization was not computed (" code { "--no-coloc" } ")." } };
    };
    if groups.is_empty() {
        return html! { p.empty { "Fewer than two ions have an FDR up to " (level(*fdr)) "." } };
    }
    let by_ion: BTreeMap<&str, &StoredAnnotation> = data
        .annotations
        .iter()
        .map(|row| (row.ion.as_str(), row))
        .collect();
    let name = |ion: &String| {
        let row = by_ion.get(ion.as_str());
        let molecule = row.and_then(|row| row.molecule_names.first());
        molecule.map_or_else(|| ion.clone(), |molecule| format!("{molecule} ({ion})"))
    };
    let is_group = |group: &&StoredGroup| group.ions.len() > 1;
    let alone: Vec<&String> = groups
        .iter()
        .filter(|group| !is_group(group))
        .map(|group| &group.ion)
        .collect();
    let drawn = groups.iter().zip(&pictures.groups);
    html! {
        p { "Ions at FDR " (level(*fdr)) " grouped by how alike their images are (spectral clustering of the "
            "median-thresholded cosine). Each picture is the mean of the group's images." }
        @if alone.len() == groups.len() {
            p.empty { "No two ions lie together." }
        }
        div.grid.groups {
            @for (group, drawing) in drawn.filter(|(group, _)| is_group(group)) {
                figure.card {
                    div.picture { (drawing.img(&format!("Mean image of the group of {}", group.ion))) }
                    figcaption {
                        h3 { (counted(group.ions.len(), "ion")) }
                        p { "Most typical: " (name(&group.ion)) "; mean score with it "
                            (format!("{:.2}", group.cohesion)) "." }
                        details { summary { "The ions" } (list(group.ions.iter().map(name))) }
                    }
                }
            }
        }
        @if !alone.is_empty() {
            details.alone {
                summary { (counted(alone.len(), "ion")) " of no group" }
                (list(alone.into_iter().map(name)))
            }
        }
    }
}

/// Names of ions, the first of them where there are many.
fn list(names: impl ExactSizeIterator<Item = String>) -> Markup {
    let n_more = names.len().saturating_sub(N_NAMED);
    html! {
        ul.plain {
            @for name in names.take(N_NAMED) { li { (name) } }
            @if n_more > 0 { li { "and " (n_more) " more" } }
        }
    }
}

/// The segments, if the tissue was segmented.
pub(crate) fn segments(data: &Data, pictures: &Pictures) -> Option<Markup> {
    let (of_pixel, drawing) = (data.segments.as_ref()?, pictures.segments.as_ref()?);
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    for &segment in of_pixel.iter().filter(|segment| **segment > 0) {
        *sizes.entry(segment).or_default() += 1;
    }
    let n_pixels = of_pixel.len().max(1) as f64;
    let label = format!("Segments of the tissue, {} of them", sizes.len());
    Some(html! {
        p { "Pixels grouped by their ions, as " code { "metaspace coloc --segment" } " wrote them to "
            code { "segments.parquet" } "." }
        div.grid {
            figure.card { div.picture { (drawing.img(&label)) } }
            div.card { table.plain {
                caption { "Segments" }
                thead { tr { th scope="col" { "segment" } th scope="col" { "pixels" } th scope="col" { "share" } } }
                tbody { @for (segment, n) in sizes {
                    @let [red, green, blue] = segment_color(segment);
                    tr {
                        th scope="row" {
                            span.swatch style=(format!("background:rgb({red},{green},{blue})")) {} (segment)
                        }
                        td.number { (thousands(n)) }
                        td.number { (percent(n as f64 / n_pixels)) }
                    }
                } }
            } }
        }
    })
}
