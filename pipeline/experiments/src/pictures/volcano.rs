//! A volcano plot: how large differences are, and how sure.

use maud::html;

use super::frame::Frame;
use super::{Figure, MORE_LESS, labels, round, short};
use crate::contrasts::Contrasted;
use crate::ions::MeasuredIon;

/// Ions that are named.
const N_NAMED: usize = 12;

/// Log2 fold change across, −log10 p upwards; nothing if no ion has a p.
pub fn volcano(found: &Contrasted, ions: &[MeasuredIon], q: f64) -> Option<Figure> {
    let tested: Vec<(usize, f64, f64)> = found
        .ions
        .iter()
        .enumerate()
        .filter_map(|(number, ion)| {
            let p = ion.test.p?.max(f64::MIN_POSITIVE);
            Some((number, ion.test.difference, -p.log10()))
        })
        .collect();
    if tested.is_empty() {
        return None;
    }
    let zero = (0.0, 0.0);
    let points = tested.iter().map(|&(_, x, y)| (x, y)).chain([zero]);
    let points: Vec<(f64, f64)> = points.collect();
    let frame = Frame::around((60.0, 40.0), (620.0, 370.0), &points);
    let [more, less] = found.claimed(q);
    let color = |ion: usize| {
        if more.contains(&ion) {
            MORE_LESS[0]
        } else if less.contains(&ion) {
            MORE_LESS[1]
        } else {
            "#98a3ae"
        }
    };
    // The largest p that is claimed: everything above the line is.
    let claimed = more
        .iter()
        .chain(&less)
        .filter_map(|&ion| found.ions[ion].test.p);
    let line = claimed.fold(None, |most: Option<f64>, p| {
        Some(most.map_or(p, |most| most.max(p)))
    });
    let named: Vec<usize> = found
        .by_p()
        .into_iter()
        .filter(|ion| more.contains(ion) || less.contains(ion))
        .take(N_NAMED)
        .collect();
    let labels: Vec<String> = named.iter().map(|&ion| label(&ions[ion])).collect();
    let place_of = |&ion: &usize| {
        let test = &found.ions[ion].test;
        let y = -test.p.unwrap_or(1.0).max(f64::MIN_POSITIVE).log10();
        (frame.column(test.difference), frame.row(y))
    };
    let points: Vec<(f64, f64)> = named.iter().map(place_of).collect();
    let places = labels::place(&frame, &points, &labels);
    let [first, second] = &found.contrast.conditions;
    let content = html! {
        text.title x="60" y="22" { (first) " against " (second) }
        (frame.axes(&format!("log2 fold change, {first} less {second}"), "−log10 p"))
        line.mark x1=(round(frame.column(0.0))) x2=(round(frame.column(0.0))) y1=(frame.origin.1) y2=(frame.origin.1 + frame.size.1) {}
        @if let Some(p) = line {
            @let y = round(frame.row(-p.max(f64::MIN_POSITIVE).log10()));
            line.mark x1=(frame.origin.0) x2=(frame.origin.0 + frame.size.0) y1=(y) y2=(y) {}
            text.small x=(frame.origin.0 + 4.0) y=(round(y - 4.0)) { "q " (q * 100.0) " %" }
        }
        @for &(ion, x, y) in &tested {
            circle cx=(round(frame.column(x))) cy=(round(frame.row(y))) r="3.6" fill=(color(ion)) fill-opacity="0.75" {
                title { (ions[ion].ion) }
            }
        }
        @for (name, place) in labels.iter().zip(places) {
            @if let Some(place) = place {
                text class=(if place.is_end { "small end" } else { "small" })
                    x=(round(place.x)) y=(round(place.y)) { (name) }
            }
        }
    };
    Some(Figure {
        name: format!("volcano-{}", super::images::plain(&found.contrast.name())),
        title: format!("Volcano plot of {first} against {second}"),
        description: format!(
            "{} ions tested; {} more and {} less at q {} %",
            tested.len(),
            more.len(),
            less.len(),
            q * 100.0
        ),
        size: (700.0, 460.0),
        content,
    })
}

/// The first molecule that an ion may be, and its adduct; the ion where none is known.
pub(crate) fn label(ion: &MeasuredIon) -> String {
    match ion.molecules.first() {
        Some(molecule) => format!("{} {}", short(&molecule.name, 24), ion.adduct),
        None => ion.ion.clone(),
    }
}
