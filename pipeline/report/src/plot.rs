//! Small plots as SVG, drawn by hand: they take their colours from the page.

use maud::{Markup, html};

/// Pixels of a plot's coordinate system around its field.
const LEFT: f64 = 52.0;
/// Half of the number below the last column, of seven digits.
const RIGHT: f64 = 24.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// A field with two axes.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    width: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
    x_label: String,
    y_label: String,
}

impl Field {
    /// A field of this size that shows these ranges; an empty range is widened.
    pub(crate) fn new(
        (width, height): (f64, f64),
        x: (f64, f64),
        y: (f64, f64),
        (x_label, y_label): (&str, &str),
    ) -> Self {
        let widened = |(low, high): (f64, f64)| {
            if high > low {
                (low, high)
            } else {
                (low, low + 1.0)
            }
        };
        let (x, y) = (widened(x), widened(y));
        Self {
            width,
            height,
            x,
            y,
            x_label: x_label.into(),
            y_label: y_label.into(),
        }
    }

    /// Column of a value.
    pub(crate) fn column(&self, x: f64) -> f64 {
        LEFT + (x - self.x.0) / (self.x.1 - self.x.0) * (self.width - LEFT - RIGHT)
    }

    /// Row of a value.
    pub(crate) fn row(&self, y: f64) -> f64 {
        let height = self.height - TOP - BOTTOM;
        self.height - BOTTOM - (y - self.y.0) / (self.y.1 - self.y.0) * height
    }

    /// First column of the field.
    pub(crate) fn left(&self) -> f64 {
        self.column(self.x.0)
    }

    /// Last column of the field.
    pub(crate) fn right(&self) -> f64 {
        self.column(self.x.1)
    }

    /// The plot: what is drawn within the axes, and what it shows in words.
    pub(crate) fn svg(&self, description: &str, inside: &Markup) -> Markup {
        let (x_ticks, y_ticks) = (ticks(self.x, 6), ticks(self.y, 5));
        let (bottom, right) = (self.height - BOTTOM, self.width - RIGHT);
        html! {
            svg.plot viewBox=(format!("0 0 {} {}", self.width, self.height))
                role="img" aria-label=(description) {
                g.grid {
                    @for tick in &y_ticks {
                        @let y = round(self.row(*tick));
                        line x1=(LEFT) x2=(right) y1=(y) y2=(y) {}
                        text.y x=(LEFT - 6.0) y=(round(self.row(*tick) + 4.0)) { (tick_text(*tick)) }
                    }
                    @for tick in &x_ticks {
                        @let x = round(self.column(*tick));
                        text.x x=(x) y=(bottom + 15.0) { (tick_text(*tick)) }
                    }
                    text.label x=(round(f64::midpoint(LEFT, right))) y=(self.height - 6.0) { (self.x_label) }
                    text.label.vertical
                        transform=(format!("translate(13 {}) rotate(-90)", round(f64::midpoint(TOP, bottom)))) {
                        (self.y_label)
                    }
                }
                (inside)
                line.axis x1=(LEFT) x2=(right) y1=(bottom) y2=(bottom) {}
            }
        }
    }

    /// A line through points.
    pub(crate) fn line(&self, points: impl Iterator<Item = (f64, f64)>, class: &str) -> Markup {
        let at = |(x, y): (f64, f64)| format!("{} {}", round(self.column(x)), round(self.row(y)));
        let path: Vec<String> = points.map(at).collect();
        html! { path class=(class) d=(format!("M{}", path.join("L"))) {} }
    }

    /// Upright lines from the axis to points.
    pub(crate) fn sticks(&self, points: impl Iterator<Item = (f64, f64)>, class: &str) -> Markup {
        let foot = round(self.row(self.y.0.max(0.0)));
        let stick = |(x, y): (f64, f64)| {
            format!("M{} {foot}V{}", round(self.column(x)), round(self.row(y)))
        };
        html! { path class=(class) d=(points.map(stick).collect::<String>()) {} }
    }

    /// A dashed upright line at a value, with a word beside it.
    pub(crate) fn mark(&self, x: f64, word: &str) -> Markup {
        let column = self.column(x);
        let is_left = column > self.width * 0.7;
        html! {
            g.mark {
                line x1=(round(column)) x2=(round(column)) y1=(TOP) y2=(self.height - BOTTOM) {}
                text class=[is_left.then_some("end")]
                    x=(round(if is_left { column - 5.0 } else { column + 5.0 })) y=(TOP + 11.0) { (word) }
            }
        }
    }
}

/// How many values lie in each of so many parts of a range; what lies beyond is in the first or last.
pub(crate) fn counts(
    values: impl Iterator<Item = f64>,
    (low, high): (f64, f64),
    n_bins: usize,
) -> Vec<u32> {
    let mut bins = vec![0; n_bins];
    let width = (high - low).max(f64::MIN_POSITIVE);
    for value in values.filter(|value| value.is_finite()) {
        let at = (value - low) / width * n_bins as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let at = (at as usize).min(n_bins.saturating_sub(1));
        if let Some(bin) = bins.get_mut(at) {
            *bin += 1;
        }
    }
    bins
}

/// A histogram.
pub(crate) fn histogram(
    bins: &[u32],
    range: (f64, f64),
    size: (f64, f64),
    labels: (&str, &str),
    description: &str,
) -> Markup {
    let most = bins.iter().copied().max().unwrap_or(0);
    let field = Field::new(size, range, (0.0, f64::from(most) * 1.05), labels);
    let width = (range.1 - range.0) / bins.len().max(1) as f64;
    let foot = field.row(0.0);
    let inside = html! {
        @for (number, &count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let left = field.column(range.0 + width * number as f64);
            @let right = field.column(range.0 + width * (number + 1) as f64);
            @let top = field.row(f64::from(count));
            rect.bar x=(round(left)) y=(round(top)) width=(round((right - left - 1.0).max(0.6)))
                height=(round(foot - top)) {}
        }
    };
    field.svg(description, &inside)
}

/// Round numbers within a range, about `n` of them.
fn ticks((low, high): (f64, f64), n: usize) -> Vec<f64> {
    let raw = (high - low) / n as f64;
    let decade = 10.0_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * decade)
        .find(|step| *step >= raw);
    let Some(step) = step else { return Vec::new() };
    let first = (low / step).ceil();
    (0..=n + 1)
        .map(|i| (first + i as f64) * step)
        .filter(|tick| *tick <= high + step * 1e-9)
        .collect()
}

/// A tick in few letters: 0.05, 20, 3k, 2M.
fn tick_text(value: f64) -> String {
    let size = value.abs();
    let short = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match size {
        _ if size >= 1e9 => format!("{value:.0e}"),
        _ if size >= 1e6 => format!("{}M", short(value / 1e6)),
        _ if size >= 1e4 => format!("{}k", short(value / 1e3)),
        _ if size < 1e-9 => "0".into(),
        _ => short(value).replace('-', "−"),
    }
}

/// A coordinate to a tenth.
pub(crate) fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let texts: Vec<String> = ticks((0.0, 1.0), 5).into_iter().map(tick_text).collect();
        assert_eq!(texts, ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(
            ticks((80.0, 1000.0), 6),
            [200.0, 400.0, 600.0, 800.0, 1000.0]
        );
        assert_eq!(
            (tick_text(20_000.0), tick_text(-2.0)),
            ("20k".into(), "−2".into())
        );
    }

    #[test]
    fn values_beyond_the_range_lie_in_the_last_bins() {
        let values = [-9.0, 0.0, 0.4, 0.5, 1.0, f64::NAN];
        assert_eq!(counts(values.into_iter(), (0.0, 1.0), 2), [3, 2]);
    }
}
