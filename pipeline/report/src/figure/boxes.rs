//! Intensities of an ion in regions: a box plot below its image. Lengths are in points.

use coloc::prepare::quantile;
use maud::{Markup, html};
use metaspace_explore::regions::Region;
use ms_core::image::IonImage;

use super::panel::{LETTER, NOTE_SIZE, raised};
use crate::text::intensity_parts;

/// Height of a region's box with the gap below it.
const LINE: f64 = 11.0;

/// Height of a box.
const BOX: f64 = 6.0;

/// Room of the axis below the boxes.
const AXIS: f64 = 12.0;

/// Part of the width that the names of regions take.
const NAMES: f64 = 0.32;

/// Quantiles that are drawn: ends of the line, sides of the box, and the median.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Height of the plot of so many regions.
pub(super) fn height(n_regions: usize) -> f64 {
    if n_regions == 0 {
        0.0
    } else {
        n_regions as f64 * LINE + AXIS
    }
}

/// [`QUANTILES`] of an image's intensities in a region; pixels without the ion count as 0.
fn quantiles(image: &IonImage, region: &Region) -> [f32; 5] {
    let inside = image.pixels.iter().zip(&image.intensities);
    let mut values: Vec<f32> = inside
        .filter(|(pixel, _)| region.mask.get(**pixel as usize) == Some(&true))
        .map(|(_, &intensity)| intensity)
        .collect();
    values.resize(region.n_pixels(), 0.0);
    QUANTILES.map(|share| quantile(&values, share))
}

/// A box for each region, below each other, on one axis from 0.
pub(super) fn boxes(regions: &[Region], image: &IonImage, width: f64, unit: &str) -> Markup {
    let spreads: Vec<[f32; 5]> = regions.iter().map(|of| quantiles(image, of)).collect();
    let most = spreads.iter().map(|spread| spread[4]).fold(0.0, f32::max);
    let left = NAMES * width;
    let column = |value: f32| {
        let share = if most > 0.0 { value / most } else { 0.0 };
        left + f64::from(share) * (width - left)
    };
    let bottom = regions.len() as f64 * LINE;
    let (number, exponent) = intensity_parts(most.into());
    html! {
        @for (number, (region, spread)) in regions.iter().zip(&spreads).enumerate() {
            @let [low, first, median, third, high] = spread.map(column);
            @let middle = (number as f64 + 0.5) * LINE - 1.0;
            @let (top, foot) = (middle - BOX / 2.0, middle + BOX / 2.0);
            text x="0" y=(at(middle + 2.2)) font-size=(NOTE_SIZE) { (name(&region.name, left)) }
            path stroke="#000" stroke-width="0.6" fill="none"
                d=(format!("M{} {}H{}", at(low), at(middle), at(high))) {}
            rect x=(at(first)) y=(at(top)) width=(at(third - first)) height=(at(BOX))
                fill="#bcd3e6" stroke="#000" stroke-width="0.5" {}
            path stroke="#000" stroke-width="1.2" fill="none"
                d=(format!("M{} {}V{}", at(median), at(top), at(foot))) {}
        }
        path stroke="#000" stroke-width="0.5" fill="none"
            d=(format!("M{} {}H{}", at(left), at(bottom), at(width))) {}
        text x=(at(left)) y=(at(bottom + 7.5)) font-size=(NOTE_SIZE) { "0" }
        text x=(at(width)) y=(at(bottom + 7.5)) font-size=(NOTE_SIZE) text-anchor="end" {
            (number) @if let Some(exponent) = exponent { (raised(&exponent)) } (unit)
        }
    }
}

/// As much of a region's name as there is room for.
fn name(name: &str, room: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few letters"
    )]
    let most = ((room / (NOTE_SIZE * LETTER)) as usize).max(2);
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let start: String = name.chars().take(most - 1).collect();
    start + "…"
}

/// A length to a hundredth.
fn at(length: f64) -> String {
    format!("{length:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_without_the_ion_are_zeros() {
        let image = IonImage {
            pixels: vec![1, 2, 3],
            intensities: vec![8.0, 4.0, 100.0],
        };
        let region = Region {
            name: "left".into(),
            mask: vec![true, true, true, false, true, true],
        };
        // 0, 0, 0, 4 and 8: the pixel of 100 is not in it.
        let [_, first, median, third, high] = quantiles(&image, &region);
        assert_eq!((first, median, third), (0.0, 0.0, 4.0));
        assert!(high > 7.0 && high < 8.0);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(name("cortex", 30.0), "cortex");
        assert_eq!(name("outer medulla, inner stripe", 30.0), "outer m…");
    }
}
