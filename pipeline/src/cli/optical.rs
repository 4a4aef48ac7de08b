//! `metaspace optical`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use metaspace_explore::optical::{attach_file, fitted, optical_of};
use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;
use metaspace_report::registered::{ZOOM, draw};
use metaspace_results::check_results;
use metaspace_results::optical::{ControlPoint, OpticalImage, Placement};

use crate::cli::error::CliError;
use crate::cli::output::Output;

/// Points that say where a picture lies.
const N_POINTS: usize = 3;

#[derive(Debug, Args)]
pub(super) struct OpticalArgs {
    /// Results folder of an annotation
    #[arg(value_name = "RESULTS")]
    folder: PathBuf,
    /// Optical image of the section to put beside the results: PNG, JPEG, TIFF, BMP or WebP [default: the one that is there]
    #[arg(value_name = "PICTURE")]
    picture: Option<PathBuf>,
    /// A point of the optical image and the same point of the ion images, U,V=X,Y: columns and rows from the upper left corner, in pixels of each; three of them place the optical image
    #[arg(long, value_name = "U,V=X,Y", conflicts_with_all = ["place", "fit"])]
    point: Vec<PointPair>,
    /// Place it by six numbers, x = A·u + C·v + E, y = B·u + D·v + F, from its pixels (u, v) to those of the ion images (x, y)
    #[arg(
        long,
        value_name = "A,B,C,D,E,F",
        allow_hyphen_values = true,
        conflicts_with = "fit"
    )]
    place: Option<SixNumbers>,
    /// Place it as large as fits into the ion images, as a new one is
    #[arg(long)]
    fit: bool,
    /// Remove the optical image
    #[arg(long, conflicts_with_all = ["picture", "point", "place", "fit", "out"])]
    remove: bool,
    /// Draw it on the raster of the ion images: .png, .tif or .tiff (OME-TIFF)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Columns and rows of that for each pixel of the ion images
    #[arg(long, value_name = "N", default_value_t = ZOOM, requires = "out")]
    zoom: u32,
    /// Overwrite an existing file
    #[arg(long, requires = "out")]
    force: bool,
    /// Memory for reading the picture, such as 2GiB [default: half of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
}

/// A point of the optical image, and the same of the ion images.
#[derive(Debug, Clone, Copy)]
struct PointPair(ControlPoint);

impl FromStr for PointPair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not like 1200,840=31.5,22");
        let (optical, ion) = text.split_once('=').ok_or_else(wrong)?;
        let point = |text: &str| <[f64; 2]>::try_from(numbers(text)?).ok();
        match (point(optical), point(ion)) {
            (Some(optical), Some(ion)) => Ok(Self(ControlPoint { optical, ion })),
            _ => Err(wrong()),
        }
    }
}

/// A map of six numbers.
#[derive(Debug, Clone, Copy)]
struct SixNumbers(Placement);

impl FromStr for SixNumbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let six = numbers(text).and_then(|numbers| <[f64; 6]>::try_from(numbers).ok());
        let six = six.ok_or_else(|| format!("`{text}` is not like 0.05,0,0,0.05,3,2"))?;
        let placement = Placement::new(six).map_err(|error| error.to_string())?;
        Ok(Self(placement))
    }
}

/// Numbers with commas between them; nothing where one is none.
fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split(',')
        .map(|number| number.trim().parse().ok())
        .collect()
}

pub(super) fn run(args: &OpticalArgs) -> Result<Output, CliError> {
    check_results(&args.folder)?;
    if args.remove {
        OpticalImage::remove(&args.folder)?;
        let text = format!(
            "no optical image beside {} any more\n",
            args.folder.display()
        );
        let json = serde_json::json!({ "results": args.folder, "optical": null });
        return Ok(Output { text, json });
    }
    let placement = placement(args)?;
    let mut optical = match &args.picture {
        Some(picture) => attach_file(
            &args.folder,
            picture,
            placement,
            memory(args.memory.as_deref())?,
        )?,
        None => optical_of(&args.folder)?,
    };
    if args.picture.is_none() {
        let moved = match placement {
            None if args.fit => Some(fitted(&args.folder, optical.width, optical.height)?),
            placement => placement,
        };
        if let Some(placement) = moved {
            optical.placement = placement;
            optical.keep(&args.folder)?;
        }
    }
    let mut text = told(&optical);
    let mut json = serde_json::json!({
        "results": args.folder,
        "optical": {
            "name": optical.name,
            "width": optical.width,
            "height": optical.height,
            "placement": optical.placement,
        },
    });
    if let Some(out) = &args.out {
        let (width, height) = draw(&args.folder, out, args.zoom, args.force)?;
        text += &format!("drawn on {width} × {height} points in {}\n", out.display());
        json["file"] = serde_json::json!(out);
    }
    Ok(Output { text, json })
}

/// Where the options place the picture, if they do.
fn placement(args: &OpticalArgs) -> Result<Option<Placement>, CliError> {
    if let Some(SixNumbers(placement)) = args.place {
        return Ok(Some(placement));
    }
    if args.point.is_empty() {
        return Ok(None);
    }
    let points: Vec<ControlPoint> = args.point.iter().map(|PointPair(point)| *point).collect();
    let wrong = |reason: String| OptionError::new("--point", reason);
    let Ok(points) = <[ControlPoint; N_POINTS]>::try_from(points) else {
        let reason = format!("must be given {N_POINTS} times, not {}", args.point.len());
        return Err(wrong(reason).into());
    };
    let placement = Placement::of_points(&points)
        .map_err(|_| wrong("must be three points that lie on no line, in either image".into()))?;
    Ok(Some(placement))
}

/// What there is, and where it lies.
fn told(optical: &OpticalImage) -> String {
    let (width, height) = (f64::from(optical.width), f64::from(optical.height));
    let corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let corners = corners.map(|corner| {
        let [x, y] = optical.placement.apply(corner);
        format!("({x:.1}, {y:.1})")
    });
    format!(
        "{}, {} × {} pixels; its corners in pixels of the ion images: {}\n",
        optical.name,
        optical.width,
        optical.height,
        corners.join(", ")
    )
}
