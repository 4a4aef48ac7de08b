//! Groups of ions, and segments of the tissue.

use std::collections::BTreeMap;

use maud::{Markup, html};
use metaspace_results::StoredAnnotation;

use crate::data::Data;
use crate::drawings::{Pictures, segment_color};
use crate::text::{level, percent, thousands};

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
    html! {
        p { "Ions at FDR " (level(*fdr)) " grouped by how alike their images are (spectral clustering of the "
            "median-thresholded cosine). Each picture is the mean of the group's images." }
        div.grid.groups {
            @for (group, drawing) in groups.iter().zip(&pictures.groups) {
                figure.card {
                    div.picture { (drawing.img(&format!("Mean image of the group of {}", group.ion))) }
                    figcaption {
                        h3 { (group.ions.len()) @if group.ions.len() == 1 { " ion" } @else { " ions" } }
                        p { "Most typical: " (name(&group.ion)) @if group.ions.len() > 1 {
                            "; mean score with it " (format!("{:.2}", group.cohesion)) } "." }
                        @if group.ions.len() > 1 {
                            details { summary { "The ions" }
                                ul.plain {
                                    @for ion in group.ions.iter().take(N_NAMED) { li { (name(ion)) } }
                                    @if group.ions.len() > N_NAMED {
                                        li { "and " (group.ions.len() - N_NAMED) " more" }
                                    }
                                } }
                        }
                    }
                }
            }
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
