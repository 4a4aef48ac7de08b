//! A figure drawn as SVG, as PDF or PNG: with a font of the program, so that it is the same everywhere.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use svg2pdf::usvg::{self, Options, Tree, fontdb::Database};
use svg2pdf::{ConversionOptions, PageOptions};

use crate::png::{Picture, write_rgba};

/// Pixels of an inch where SVG gives lengths without a unit.
const CSS_DPI: f32 = 96.0;

/// Length of an inch in µm.
const INCH_UM: f64 = 25_400.0;

/// Larger pictures are refused, in pixels of a side.
const MAX_SIDE: f32 = 30_000.0;

/// Why a figure could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    /// The text is no SVG.
    #[error("the figure is no SVG")]
    Svg(#[from] usvg::Error),
    /// It cannot be a PDF.
    #[error("the figure cannot be a PDF: {0}")]
    Pdf(String),
    /// It would have too many pixels.
    #[error(
        "a figure of {width} × {height} pixels is too large\nhint: a lower --dpi or a smaller --width makes fewer"
    )]
    Size {
        /// Columns.
        width: f32,
        /// Rows.
        height: f32,
    },
    /// It cannot be a PNG.
    #[error("the figure cannot be a PNG")]
    Png(#[from] png::EncodingError),
}

/// The only font: all text is set in it, whatever is installed.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    Arc::new(fonts)
});

/// The root of a sum of squares, for the crates that draw.
///
/// The C library has a `hypotf` of its own. Where the program is built on a system with version 2.35
/// or newer, it would need that version, and Lambda and many clusters have an older one. Defined
/// here, it comes with the program.
#[expect(unsafe_code, reason = "a name of the C library is taken")]
#[unsafe(no_mangle)]
extern "C" fn hypotf(x: f32, y: f32) -> f32 {
    libm::hypotf(x, y)
}

fn tree(svg: &str) -> Result<Tree, VectorError> {
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    Ok(Tree::from_str(svg, &options)?)
}

/// A PDF of one page as large as the figure, whose text is text.
///
/// # Errors
/// It is no SVG, or has something that a PDF cannot have.
pub fn pdf(svg: &str) -> Result<Vec<u8>, VectorError> {
    let page = PageOptions { dpi: CSS_DPI };
    let bytes = svg2pdf::to_pdf(&tree(svg)?, ConversionOptions::default(), page)
        .map_err(|error| VectorError::Pdf(error.to_string()))?;
    Ok(with_sorted_resources(&bytes))
}

/// Sorts lines that follow each other and name a resource each, `/xo3 10 0 R`: the converter writes
/// them in the order of a hash map, which is another one in each run. No object changes its place.
fn with_sorted_resources(bytes: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for run in lines.chunk_by_mut(|a, b| is_resource(a) && is_resource(b)) {
        if run.len() > 1 {
            run.sort_unstable();
        }
    }
    lines.concat()
}

fn is_resource(line: &[u8]) -> bool {
    let name = line.trim_ascii().strip_prefix(b"/");
    let rest = name.and_then(|name| name.strip_suffix(b" 0 R"));
    rest.is_some_and(|rest| {
        rest.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
    })
}

/// A PNG of so many dots an inch, on white; it says how large it is meant to be printed.
///
/// # Errors
/// It is no SVG, or has too many pixels.
pub fn png(svg: &str, dpi: f64) -> Result<Vec<u8>, VectorError> {
    let tree = tree(svg)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the precision of a drawing"
    )]
    let scale = dpi as f32 / CSS_DPI;
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    let too_large = || VectorError::Size { width, height };
    if width.max(height) > MAX_SIDE {
        return Err(too_large());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below MAX_SIDE, and a size is positive"
    )]
    let (columns, rows) = (width.ceil() as u32, height.ceil() as u32);
    let mut pixmap = Pixmap::new(columns, rows).ok_or_else(too_large)?;
    pixmap.fill(Color::WHITE);
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    let picture = Picture {
        width: columns,
        height: rows,
        rgba: pixmap.take(),
    };
    let dot = INCH_UM / dpi;
    let mut bytes = Vec::new();
    write_rgba(&mut bytes, &picture, Some((dot, dot)))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="25.4mm" height="12.7mm" viewBox="0 0 72 36"><rect width="36" height="36" fill="#f00"/><text x="40" y="20" font-family="Helvetica, sans-serif" font-size="8">µ ± ρ</text></svg>"##;

    #[test]
    fn a_figure_is_as_large_as_it_says() {
        let bytes = png(SVG, 300.0).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .unwrap();
        let dims = reader.info().pixel_dims.unwrap();
        assert_eq!((reader.info().width, reader.info().height), (300, 150));
        assert_eq!((dims.xppu, dims.yppu), (11_811, 11_811));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels[..4], [255, 0, 0, 255]);
        // Text is drawn: something right of the square is neither red nor white.
        let is_ink = |pixel: &&[u8]| pixel[0] < 128;
        assert!(pixels.chunks_exact(4).filter(is_ink).count() > 100);
    }

    #[test]
    fn a_pdf_has_the_same_bytes_each_time() {
        let bytes = pdf(SVG).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
        assert_eq!(bytes, pdf(SVG).unwrap());
        let mixed = b"<<\n  /xo3 10 0 R\n  /xo10 8 0 R\n  /xo2 9 0 R\n>>\n/xo1 7 0 R";
        let sorted = b"<<\n  /xo10 8 0 R\n  /xo2 9 0 R\n  /xo3 10 0 R\n>>\n/xo1 7 0 R";
        assert_eq!(with_sorted_resources(mixed), sorted);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert!(matches!(pdf("<p/>"), Err(VectorError::Svg(_))));
        assert!(matches!(png(SVG, 1e6), Err(VectorError::Size { .. })));
    }
}
