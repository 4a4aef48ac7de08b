//! The best ions, each on a card.

use std::collections::BTreeMap;

use maud::{Markup, html};
use metaspace_results::StoredAnnotation;

use crate::data::{Data, N_PARTNERS};
use crate::drawings::Pictures;
use crate::plot::Field;
use crate::text::{adduct, counted, formula, intensity, name, percent, signed, some};

/// Cards that are open at first.
const N_OPEN: usize = 3;

/// Names listed on a card.
const N_NAMES: usize = 12;

/// Who has an ion's name, to show what is said of it.
struct Cards<'a> {
    data: &'a Data,
    pictures: &'a Pictures,
    /// The first annotation of each ion.
    by_ion: BTreeMap<&'a str, &'a StoredAnnotation>,
    /// Number of the card of an ion.
    numbers: BTreeMap<&'a str, usize>,
}

pub(crate) fn section(data: &Data, pictures: &Pictures) -> Markup {
    let mut by_ion = BTreeMap::new();
    for row in data.annotations.iter().rev() {
        by_ion.insert(row.ion.as_str(), row);
    }
    let numbers = data.best.iter().enumerate();
    let numbers = numbers
        .map(|(number, &place)| (data.annotations[place].ion.as_str(), number + 1))
        .collect();
    let cards = Cards {
        data,
        pictures,
        by_ion,
        numbers,
    };
    html! {
        @if data.best.is_empty() {
            p.empty { "No ion is listed above, so that none is shown in detail." }
        } @else {
            p { (counted(data.best.len(), "ion")) ": those that were asked for, then the best; a click opens one. Images are clipped "
                "at their hotspot quantile; the brightest colour stands for the intensity below each." }
        }
        @for &place in &data.best { (cards.card(&data.annotations[place])) }
    }
}

impl Cards<'_> {
    fn card(&self, row: &StoredAnnotation) -> Markup {
        let number = self
            .numbers
            .get(row.ion.as_str())
            .copied()
            .unwrap_or_default();
        let (pixels, n_pixels) = (f64::from(row.n_pixels), self.data.raster.n_pixels().max(1));
        html! {
            details.card.ion-card id=(format!("ion-{number}")) open[number <= N_OPEN] {
                summary {
                    (self.pictures.thumbnail(&row.ion_formula, &format!("Image of {}", row.ion)))
                    h3 {
                        span.rank { (number) } (name(row)) " "
                        @if !row.molecule_names.is_empty() { (formula(&row.formula)) " " }
                        span.adduct { (adduct(&row.adduct, &row.ion)) }
                    }
                    span.brief { "m/z " (format!("{:.4}", row.mz)) ", FDR " (percent(row.fdr)) }
                }
                @if row.molecule_names.len() > 1 {
                    p.molecules { (some(&row.molecule_names, N_NAMES)) }
                }
                (self.isotopes(row))
                div.facts-and-pattern {
                    (pattern(row))
                    dl.numbers {
                        div { dt { "m/z" } dd { (format!("{:.5}", row.mz)) } }
                        div { dt { "m/z error" } dd { (signed(row.mz_err_ppm, 2)) " ppm" } }
                        div { dt { "FDR" } dd { (percent(row.fdr)) } }
                        div { dt { "MSM" } dd { (format!("{:.3}", row.msm)) } }
                        @if self.data.has_score() {
                            div { dt { "score" } dd { (format!("{:.3}", row.score)) } }
                        }
                        @for (name, rho) in [("spatial", row.rho_spatial), ("spectral", row.rho_spectral), ("chaos", row.rho_chaos)] {
                            div { dt { "ρ " (name) } dd { (format!("{rho:.3}")) } }
                        }
                        div { dt { "pixels" } dd { (row.n_pixels) " (" (percent(pixels / n_pixels as f64)) ")" } }
                        div { dt { "highest" } dd { (intensity(row.max_intensity)) } }
                    }
                }
                (self.ambiguous(row))
                (self.partners(row))
            }
        }
    }

    fn isotopes(&self, row: &StoredAnnotation) -> Markup {
        let drawings = self
            .pictures
            .isotopes
            .get(&row.ion_formula)
            .map_or(&[][..], Vec::as_slice);
        let mz = |n: usize| row.isotope_mz.get(n).copied().filter(|mz| *mz > 0.0);
        html! {
            ul.isotopes {
                @for (n, drawing) in drawings.iter().enumerate() {
                    @if let Some(mz) = mz(n) {
                        li { figure {
                            (self.pictures.outlined(drawing, &format!("Isotope {n} of {}", row.ion)))
                            figcaption { "m/z " (format!("{mz:.4}")) br; (intensity(f64::from(drawing.ceiling))) }
                        } }
                    }
                }
            }
        }
    }

    fn ambiguous(&self, row: &StoredAnnotation) -> Markup {
        html! {
            @for (title, ions) in [("Isomers: the same ion", &row.isomers), ("Isobars: too near to tell apart", &row.isobars)] {
                @if !ions.is_empty() {
                    p.ambiguous { strong { (title) } ": "
                        @for (n, ion) in ions.iter().enumerate() {
                            @if n > 0 { ", " }
                            (self.reference(ion))
                        } "." }
                }
            }
        }
    }

    /// An ion's name and what it may be, linked to its card if it has one.
    fn reference(&self, ion: &str) -> Markup {
        let row = self.by_ion.get(ion);
        let text = row.map_or_else(
            || html! { (ion) },
            |row| html! { (name(row)) " (" (formula(&row.formula)) " " (adduct(&row.adduct, ion)) ")" },
        );
        html! {
            @if let Some(number) = self.numbers.get(ion) {
                a href=(format!("#ion-{number}")) { (text) }
            } @else { (text) }
        }
    }

    fn partners(&self, row: &StoredAnnotation) -> Markup {
        let Some(all) = &self.data.partners else {
            return html! {};
        };
        let partners = all.get(&row.ion).map_or(&[][..], Vec::as_slice);
        html! {
            h4 { "Co-localized ions" }
            @if partners.is_empty() {
                p.empty { "No other ion reaches a score of 0.3." }
            } @else {
                ol.partners {
                    @for (ion, score) in partners.iter().take(N_PARTNERS) { (self.partner(ion, *score)) }
                }
            }
        }
    }

    fn partner(&self, ion: &str, score: f32) -> Markup {
        let Some(row) = self.by_ion.get(ion) else {
            return html! { li { (ion) } };
        };
        let content = html! {
            (self.pictures.thumbnail(&row.ion_formula, &format!("Image of {ion}")))
            span.score { (format!("{score:.2}")) }
            span.name { (row.molecule_names.first().unwrap_or(&row.formula)) }
            span.adduct { (adduct(&row.adduct, ion)) }
        };
        html! {
            li {
                @if let Some(number) = self.numbers.get(ion) {
                    a href=(format!("#ion-{number}")) { (content) }
                } @else { div { (content) } }
            }
        }
    }
}

/// The theoretical pattern upward, the observed one downward.
fn pattern(row: &StoredAnnotation) -> Markup {
    let observed_most = row
        .isotope_total_intensity
        .iter()
        .copied()
        .fold(0.0, f64::max)
        .max(f64::MIN_POSITIVE);
    let theoretical: Vec<(f64, f64)> = row
        .isotope_mz
        .iter()
        .zip(&row.isotope_intensity)
        .filter(|(mz, _)| **mz > 0.0)
        .map(|(mz, share)| (*mz, f64::from(*share)))
        .collect();
    let observed: Vec<(f64, f64)> = row
        .isotope_mz_mean
        .iter()
        .zip(&row.isotope_total_intensity)
        .filter(|(mz, total)| **mz > 0.0 && **total > 0.0)
        .map(|(mz, total)| (*mz, -total / observed_most * 100.0))
        .collect();
    let (low, high) = (
        row.mz - 0.6,
        theoretical.last().map_or(row.mz, |last| last.0) + 0.6,
    );
    let field = Field::new(
        (640.0, 240.0),
        (low, high),
        (-115.0, 115.0),
        ("m/z", "% of the highest"),
    );
    let description = format!(
        "Isotopic pattern of {}: theoretical above, observed below",
        row.ion
    );
    html! {
        figure.pattern {
            (field.svg(&description, &html! {
                (field.line([(low, 0.0), (high, 0.0)].into_iter(), "zero"))
                (field.sticks(theoretical.into_iter(), "thick theoretical"))
                (field.sticks(observed.into_iter(), "thick observed"))
            }))
            figcaption { span.key.theoretical {} "theoretical " span.key.observed {} "observed" }
        }
    }
}
