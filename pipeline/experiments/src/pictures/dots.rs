//! An enrichment dot plot: terms by how sure they are, dots by how many molecules they have.

use maud::html;

use super::frame::{Frame, tick_text, ticks};
use super::{Figure, MORE_LESS, round, short};
use crate::tables::Enriched;

/// Terms of each kind that are shown, at most.
const N_TERMS: usize = 12;

/// Terms of a contrast, those of each kind below each other; nothing if there are none.
pub fn dot_plot(contrast: &str, kinds: &[&Enriched], q: f64) -> Option<Figure> {
    let rows: Vec<(&'static str, &crate::enrichment::EnrichedTerm)> = kinds
        .iter()
        .flat_map(|of| {
            of.terms
                .iter()
                .take(N_TERMS)
                .map(move |term| (of.kind, term))
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let log = |value: f64| -value.max(1e-300).log10();
    let (left, top, line) = (300.0, 44.0, 20.0);
    let height = rows.len() as f64 * line;
    let most = rows
        .iter()
        .map(|(_, term)| log(term.q))
        .fold(log(q) * 1.2, f64::max);
    let frame = Frame {
        origin: (left, top),
        size: (340.0, height),
        x: (0.0, most * 1.05),
        y: (0.0, 1.0),
    };
    let largest = rows
        .iter()
        .map(|(_, term)| term.observed)
        .fold(1.0, f64::max);
    let color = |kind: &str, effect: f64| match kind {
        "more" => MORE_LESS[0],
        "less" => MORE_LESS[1],
        _ if effect > 0.0 => MORE_LESS[0],
        _ => MORE_LESS[1],
    };
    let bottom = top + height;
    let content = html! {
        text.title x="12" y="20" { "Enriched terms: " (contrast) }
        @for tick in ticks(frame.x, 5) {
            @let x = round(frame.column(tick));
            line.grid x1=(x) x2=(x) y1=(top) y2=(bottom) {}
            text.middle x=(x) y=(bottom + 16.0) { (tick_text(tick)) }
        }
        text.middle x=(left + 170.0) y=(bottom + 34.0) { "−log10 q" }
        line.mark x1=(round(frame.column(log(q)))) x2=(round(frame.column(log(q)))) y1=(top) y2=(bottom) {}
        @for (number, (kind, term)) in rows.iter().enumerate() {
            @let y = top + (number as f64 + 0.5) * line;
            text.end x=(left - 62.0) y=(round(y + 4.0)) { (short(&term.term, 38)) }
            text.small.end x=(left - 10.0) y=(round(y + 4.0)) { (kind) }
            circle cx=(round(frame.column(log(term.q)))) cy=(round(y))
                r=(round(2.5 + 6.5 * (term.observed / largest).sqrt()))
                fill=(color(kind, term.effect)) fill-opacity="0.8" {
                title { (term.term) ": " (term.observed) " molecules, q " (format!("{:.1e}", term.q)) }
            }
        }
        line.axis x1=(left) x2=(left) y1=(top) y2=(bottom) {}
        text.small x="12" y=(bottom + 34.0) { "dot: molecules; orange more, blue less" }
    };
    Some(Figure {
        name: format!("enrichment-{}", super::images::plain(contrast)),
        title: format!("Enriched terms of {contrast}"),
        description: format!(
            "{} terms by −log10 q, dots by the number of molecules",
            rows.len()
        ),
        size: (660.0, bottom + 46.0),
        content,
    })
}
