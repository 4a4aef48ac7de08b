//! `metaspace figure`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use metaspace_explore::normalize::Normalization;
use metaspace_render::Tone;
use metaspace_render::colormap::Colormap;
use metaspace_report::figure::{FigureOptions, OPACITY, OpticalLayer, OpticalPlace, draw};
use metaspace_results::check_results;
use metaspace_results::text::counted;

use crate::cli::drawing::ScaleName;
use crate::cli::error::CliError;
use crate::cli::output::Output;

/// Where the optical image is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OpticalName {
    /// Over the ion images.
    Over,
    /// Under the ion images.
    Under,
    /// In a panel of its own, before those of ions.
    Beside,
}

impl From<OpticalName> for OpticalPlace {
    fn from(name: OpticalName) -> Self {
        match name {
            OpticalName::Over => Self::Over,
            OpticalName::Under => Self::Under,
            OpticalName::Beside => Self::Beside,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct FigureArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    /// File to write: .svg, .pdf or .png
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Draw this ion or molecule, such as "PI 38:4", "PI 38:4 -H" or "C40H80NO8P +K", at any FDR; repeatable [default: the best]
    #[arg(long, value_name = "ION", conflicts_with = "composite")]
    ion: Vec<String>,
    /// Draw one picture of these ions, each in its own colour: magenta, green, cyan, yellow, red, blue, white; repeatable
    #[arg(long, value_name = "ION")]
    composite: Vec<String>,
    /// How many of the best ions to draw
    #[arg(long, value_name = "N", default_value_t = FigureOptions::default().n_best)]
    n: usize,
    /// Of the best, draw those with FDR up to this, between 0 and 1
    #[arg(long, value_name = "FDR", default_value_t = FigureOptions::default().fdr)]
    fdr: f64,
    /// The same colours for the same intensity in all images
    #[arg(long)]
    one_scale: bool,
    /// Images beside each other [default: up to 4]
    #[arg(long, value_name = "N")]
    columns: Option<usize>,
    /// Width of the figure in mm
    #[arg(long, value_name = "MM", default_value_t = FigureOptions::default().width_mm)]
    width: f64,
    /// Dots of an inch, in a PNG
    #[arg(long, value_name = "N", default_value_t = FigureOptions::default().dpi)]
    dpi: f64,
    /// Title above the images
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Colormap: viridis, magma, inferno, cividis or grey, or one of them with -reversed
    #[arg(long, value_name = "NAME", default_value_t = Colormap::default())]
    colormap: Colormap,
    /// Intensity scale: how brightness depends on intensity
    #[arg(long, value_name = "NAME", default_value = "linear")]
    scale: ScaleName,
    /// Clip intensities at this quantile of the image, between 0 and 1; 1 clips nothing
    #[arg(long, value_name = "Q", default_value_t = Tone::default().hotspot)]
    hotspot: f64,
    /// Divide each intensity by that of its pixel: none, tic, rms, median (of the annotated ions), ion=ION (such as an internal standard), or mz=MZ
    #[arg(long, value_name = "BY", default_value = "none")]
    normalize: Normalization,
    /// Side of a pixel in µm, for the scale bar [default: what the imzML says]
    #[arg(long, value_name = "UM")]
    pixel_size: Option<f64>,
    /// Below each image, draw its intensities in this region as a box plot: a GeoJSON, PNG or CSV (all its regions), a name of regions.geojson, tissue, whole or segment:N; repeatable
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// Below all, draw the mean spectrum with the ions marked
    #[arg(long)]
    spectrum: bool,
    /// Draw the optical image beside the results, see `metaspace optical`
    #[arg(long, value_name = "WHERE")]
    optical: Option<OpticalName>,
    /// Opacity of what lies above, between 0 and 1: of the optical image over ion images, or of these over it
    #[arg(long, value_name = "N", default_value_t = OPACITY, requires = "optical")]
    opacity: f64,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &FigureArgs) -> Result<Output, CliError> {
    check_results(&args.folder)?;
    let is_composite = !args.composite.is_empty();
    let ions = if is_composite {
        &args.composite
    } else {
        &args.ion
    };
    let options = FigureOptions {
        ions: ions.clone(),
        fdr: args.fdr,
        n_best: args.n,
        is_composite,
        is_one_scale: args.one_scale,
        columns: args.columns,
        width_mm: args.width,
        dpi: args.dpi,
        title: args.title.clone(),
        colormap: args.colormap,
        tone: Tone {
            scale: args.scale.into(),
            hotspot: args.hotspot,
        },
        normalize: args.normalize.clone(),
        pixel_size_um: args.pixel_size,
        regions: args.region.clone(),
        has_spectrum: args.spectrum,
        optical: args.optical.map(|name| OpticalLayer {
            place: name.into(),
            opacity: args.opacity,
        }),
    };
    let drawn = draw(&args.folder, &args.out, &options, args.force)?;
    let (width, height) = drawn.size_mm;
    let text = format!(
        "{} on {width} × {height:.0} mm in {}\n",
        counted(drawn.ions.len() as u64, "ion"),
        args.out.display()
    );
    let json = serde_json::json!({
        "file": args.out, "ions": drawn.ions, "widthMm": width, "heightMm": height,
    });
    Ok(Output { text, json })
}
