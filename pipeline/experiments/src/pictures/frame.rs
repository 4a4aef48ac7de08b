//! A field with two axes.

use maud::{Markup, html};

use super::round;

/// A field at a place of a figure, and the values that it shows.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Left and top edge.
    pub origin: (f64, f64),
    /// Width and height.
    pub size: (f64, f64),
    /// Least and largest value across.
    pub x: (f64, f64),
    /// Least and largest value upwards.
    pub y: (f64, f64),
}

impl Frame {
    /// A field whose ranges are widened by a twentieth to both sides; an empty one becomes one of 1.
    pub fn around(origin: (f64, f64), size: (f64, f64), points: &[(f64, f64)]) -> Self {
        let range = |of: fn((f64, f64)) -> f64| {
            let values = points
                .iter()
                .copied()
                .map(of)
                .filter(|value| value.is_finite());
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            if low > high {
                return (0.0, 1.0);
            }
            let margin = if high > low { (high - low) / 20.0 } else { 0.5 };
            (low - margin, high + margin)
        };
        Self {
            origin,
            size,
            x: range(|point| point.0),
            y: range(|point| point.1),
        }
    }

    /// Where a value lies across.
    pub fn column(&self, x: f64) -> f64 {
        self.origin.0 + (x - self.x.0) / (self.x.1 - self.x.0) * self.size.0
    }

    /// Where a value lies upwards.
    pub fn row(&self, y: f64) -> f64 {
        self.origin.1 + self.size.1 - (y - self.y.0) / (self.y.1 - self.y.0) * self.size.1
    }

    /// The axes: lines and numbers, and what they are.
    pub fn axes(&self, x_label: &str, y_label: &str) -> Markup {
        let (left, top) = self.origin;
        let (right, bottom) = (left + self.size.0, top + self.size.1);
        html! {
            (self.rows(y_label))
            @for tick in ticks(self.x, 6) {
                line.axis x1=(round(self.column(tick))) x2=(round(self.column(tick))) y1=(bottom) y2=(bottom + 4.0) {}
                text.middle x=(round(self.column(tick))) y=(bottom + 17.0) { (tick_text(tick)) }
            }
            text.middle x=(round(f64::midpoint(left, right))) y=(bottom + 35.0) { (x_label) }
        }
    }

    /// The upright axis alone, with lines across.
    pub fn rows(&self, y_label: &str) -> Markup {
        let (left, top) = self.origin;
        let (right, bottom) = (left + self.size.0, top + self.size.1);
        html! {
            @for tick in ticks(self.y, 5) {
                line.grid x1=(left) x2=(right) y1=(round(self.row(tick))) y2=(round(self.row(tick))) {}
                text.end x=(left - 6.0) y=(round(self.row(tick) + 4.0)) { (tick_text(tick)) }
            }
            line.axis x1=(left) x2=(right) y1=(bottom) y2=(bottom) {}
            line.axis x1=(left) x2=(left) y1=(top) y2=(bottom) {}
            text.middle transform=(format!("translate({} {}) rotate(-90)", round(left - 40.0), round(f64::midpoint(top, bottom)))) { (y_label) }
        }
    }
}

/// Round numbers within a range, about `n` of them.
pub(crate) fn ticks((low, high): (f64, f64), n: usize) -> Vec<f64> {
    let raw = (high - low) / n as f64;
    let decade = 10.0_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|multiple| multiple * decade);
    let Some(step) = steps.into_iter().find(|step| *step >= raw) else {
        return Vec::new();
    };
    let first = (low / step).ceil();
    (0..=n + 1)
        .map(|i| (first + i as f64) * step)
        .filter(|tick| *tick <= high + step * 1e-9)
        .collect()
}

/// A tick in few letters.
pub(crate) fn tick_text(value: f64) -> String {
    if value.abs() < 1e-9 {
        return "0".into();
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let texts: Vec<String> = ticks((-1.05, 1.05), 4).into_iter().map(tick_text).collect();
        assert_eq!(texts, ["−1", "0", "1"]);
        let frame = Frame::around((0.0, 0.0), (100.0, 50.0), &[(1.0, 2.0)]);
        assert!((frame.column(1.0) - 50.0).abs() < 1e-9 && (frame.row(2.0) - 25.0).abs() < 1e-9);
    }
}
