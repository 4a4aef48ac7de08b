//! What the spectra are like, before and besides any annotation.

use maud::{Markup, html};
use metaspace_render::colormap::Colormap;
use metaspace_render::scalebar::ScaleBar;
use metaspace_results::StoredAnnotation;

use crate::data::{Data, MAIN_FDR};
use crate::drawings::{Drawing, Pictures};
use crate::mean_spectrum;
use crate::options::ReportOptions;
use crate::plot::{Field, counts, histogram, round};
use crate::text::{counted, intensity, level, median, signed, thousands};

/// Parts of a histogram.
const N_BINS: usize = 40;
/// Size of the mean spectrum in its coordinate system.
const SPECTRUM: (f64, f64) = (1080.0, 300.0);

pub(crate) fn section(data: &Data, pictures: &Pictures, options: &ReportOptions) -> Markup {
    let tic_median = median(&data.tic);
    let peaks: Vec<f64> = data.peaks.iter().map(|n| f64::from(*n)).collect();
    let most = peaks.iter().copied().fold(0.0, f64::max);
    let peak_median = format!("{:.0}", median(&peaks));
    let description = format!("Histogram of the peaks in each pixel, median {peak_median}");
    html! {
        div.grid {
            figure.card {
                figcaption { h3 { "Total ion current" } p { "Median " (intensity(tic_median)) " in a pixel."
                    @if data.outline.is_some() { " The line is the outline of the tissue." } } }
                (legend(pictures, &pictures.tic, data, options.colormap, "Image of the total ion current"))
            }
            figure.card {
                figcaption { h3 { "Peaks in each pixel" }
                    p { (thousands(data.record.dataset.n_peaks))
                        " in all, median " (peak_median) " in a pixel." } }
                (legend(pictures, &pictures.peaks, data, options.colormap, "Image of the number of peaks"))
            }
            figure.card {
                figcaption { h3 { "Pixels by number of peaks" } }
                (histogram(&counts(peaks.into_iter(), (0.0, most), N_BINS), (0.0, most),
                    (420.0, 300.0), ("peaks in a pixel", "pixels"), &description))
            }
        }
        div.grid.two { (mz_errors(data)) }
        (mean_spectrum(data))
    }
}

/// A picture with its colours, their range, and a scale bar.
fn legend(
    pictures: &Pictures,
    drawing: &Drawing,
    data: &Data,
    colormap: Colormap,
    label: &str,
) -> Markup {
    let stop = |i: u32| {
        let [red, green, blue] = colormap.color(f64::from(i) / 10.0);
        format!("rgb({red},{green},{blue})")
    };
    let stops: Vec<String> = (0..=10).map(stop).collect();
    let bar = data
        .pixel_um()
        .and_then(|um| ScaleBar::new(data.raster.width, um));
    html! {
        div.picture {
            (pictures.outlined(drawing, label))
            @if let Some(bar) = bar {
                div.scalebar { span style=(format!("width:{:.2}%", bar.share * 100.0)) {} (bar.label) }
            }
            div.colorbar {
                span { "0" }
                span.ramp style=(format!("background:linear-gradient(90deg,{})", stops.join(","))) {}
                span { (intensity(f64::from(drawing.ceiling))) }
            }
            @if drawing.factor > 1 {
                p.hint { "Means over " (drawing.factor) " × " (drawing.factor) " pixels." }
            }
        }
    }
}

/// In what state m/z were searched.
fn as_searched(data: &Data) -> &'static str {
    let survey = data.record.dataset.survey.as_ref();
    match survey.map(|survey| survey.recalibration.is_some()) {
        Some(true) => "after recalibration",
        _ => "as measured, without recalibration",
    }
}

fn mz_errors(data: &Data) -> Markup {
    let rows: Vec<&StoredAnnotation> = data.up_to(MAIN_FDR).collect();
    let errors: Vec<f64> = rows.iter().map(|row| row.mz_err_ppm).collect();
    let ppm = data.record.settings.ppm;
    let centre = median(&errors);
    let spread = median(
        &errors
            .iter()
            .map(|error| (error - centre).abs())
            .collect::<Vec<_>>(),
    );
    let bins = counts(errors.iter().copied(), (-ppm, ppm), N_BINS);
    let description = format!(
        "Histogram of m/z errors, median {} ppm, half of them within {spread:.2} ppm of it",
        signed(centre, 2)
    );
    let most = bins.iter().copied().max().unwrap_or(0);
    let range = (-ppm, ppm);
    let mz = |end: &dyn Fn(f64, f64) -> f64, start| rows.iter().map(|row| row.mz).fold(start, end);
    let (low, high) = (mz(&f64::min, f64::INFINITY), mz(&f64::max, 0.0));
    html! {
        figure.card {
            figcaption { h3 { "m/z errors" }
                @if most > 0 {
                    p { "Measured less theoretical m/z of the " (counted(rows.len(), "annotation")) " at FDR "
                        (level(MAIN_FDR)) ", " (as_searched(data)) ": median "
                        (signed(centre, 2)) " ppm, half of them within " (format!("{spread:.2}"))
                        " ppm of it." }
                } }
            @if most > 0 {
                (histogram(&bins, range, (560.0, 260.0), ("m/z error in ppm", "annotations"), &description))
            } @else { p.empty { "No annotation at this FDR." } }
        }
        figure.card {
            figcaption { h3 { "m/z errors along m/z" }
                p { "A slope or a bend means that the spectra are not calibrated." } }
            @if most > 0 {
                @let field = Field::new((560.0, 260.0), (low, high.max(low)), range, ("m/z", "m/z error in ppm"));
                (field.svg("m/z errors against m/z", &html! {
                    (field.line([(low, 0.0), (high, 0.0)].into_iter(), "zero"))
                    g.dots { @for row in &rows {
                        circle cx=(round(field.column(row.mz)))
                            cy=(round(field.row(row.mz_err_ppm))) r="2.4" {}
                    } }
                }))
            } @else { p.empty { "No annotation at this FDR." } }
        }
    }
}

fn mean_spectrum(data: &Data) -> Markup {
    let plot = mean_spectrum::plot(&data.spectrum, data.up_to(MAIN_FDR), SPECTRUM);
    let Some(plot) = plot else {
        return html! { p.empty { "The dataset has no peaks." } };
    };
    html! {
        figure.card.wide {
            figcaption { h3 { "Mean spectrum" }
                p { "Mean of all pixels, the highest peak of each column. "
                    span.key.annotated {} "first isotopes of annotations at FDR " (level(MAIN_FDR)) ". "
                    span.key.other {} "everything else. Intensities are drawn as square roots." } }
            div.scroll tabindex="0" role="group" aria-label="Mean spectrum, scrolls sideways" {
                (plot)
            }
        }
    }
}
