//! Images of windows of m/z as files: pictures, arrays or a table, and a list of them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use metaspace_explore::factors::factors_of_image;
use metaspace_explore::mz_images::MzImages;
use metaspace_explore::normalize::{Factors, Normalization};
use metaspace_machine::error::{FileError, OptionError};
use metaspace_render::png::PixelSize;
use metaspace_render::scale::Scale;
use metaspace_render::tiff::{OmeDescription, OmeTiff};
use metaspace_render::{dense, npy};
use metaspace_results::{MZ_IMAGES_PARQUET, MzImagesWriter, NamedWindow, write_pixels};
use ms_core::image::IonImage;
use ms_core::progress::Progress;
use ms_core::spectra::Census;
use ms_core::tolerance::Window;

use crate::canvas::{Canvas, plain_name};
use crate::error::ReportError;
use crate::picture_list::PictureList;
use crate::picture_options::{ImageFormat, PictureStyle};

/// Columns of the list of what was written.
const COLUMNS: &[&str] = &[
    "file",
    "name",
    "mz",
    "mzLow",
    "mzHigh",
    "nPixels",
    "totalIntensity",
    "brightest",
];
/// The file of all images.
const OME_TIFF: &str = "mz-images.ome.tiff";

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MzFormat {
    /// A picture an image, or one OME-TIFF, as the style has it.
    Picture,
    /// An array for NumPy an image, `height × width` `float32`, NaN where there is no spectrum.
    Npy,
    /// One table, and one of the pixels.
    Parquet,
}

/// By what images of any m/z are divided.
#[derive(Debug, Clone, PartialEq)]
pub enum MzNorm {
    /// By nothing, or by what is known of each pixel, as the style says.
    Pixel,
    /// By the intensity of a window.
    Window(Window),
    /// By what was found otherwise, such as the image of an annotated ion.
    Factors(Factors),
}

/// Files of images being written to a folder.
#[derive(Debug)]
pub struct MzPictures<'a> {
    list: PictureList,
    folder: PathBuf,
    format: MzFormat,
    style: &'a PictureStyle,
    windows: &'a [NamedWindow],
    norm: MzNorm,
    /// Name of each window as that of a file, without extension.
    file_names: Vec<String>,
}

/// A line of the list.
struct Entry {
    file: String,
    n_pixels: usize,
    total: f64,
    highest: f32,
}

/// Where the images of a kind go.
enum Sink {
    Png,
    Npy,
    Tiff(Box<OmeTiff<BufWriter<File>>>, PathBuf),
    Parquet(Box<MzImagesWriter>),
}

/// What was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnWindows {
    /// Files beside the list.
    pub n_files: usize,
    /// Images without any intensity.
    pub n_empty: usize,
}

impl<'a> MzPictures<'a> {
    /// Makes the folder, which must hold nothing but earlier pictures, or may be written over. `norm` is
    /// by what the style divides.
    ///
    /// # Errors
    /// The style cannot be drawn, or the folder not be made or has files in it.
    pub fn start(
        folder: &Path,
        is_forced: bool,
        format: MzFormat,
        style: &'a PictureStyle,
        windows: &'a [NamedWindow],
        norm: MzNorm,
    ) -> Result<Self, ReportError> {
        style.check()?;
        if format != MzFormat::Picture {
            check_plain(style)?;
        }
        Ok(Self {
            list: PictureList::start(folder, COLUMNS, is_forced)?,
            folder: folder.into(),
            format,
            style,
            windows,
            norm,
            file_names: file_names(windows),
        })
    }

    /// Draws the images and writes the list.
    ///
    /// # Errors
    /// The peaks cannot be read, a file not be written, or `progress` says to stop.
    pub fn draw(
        &self,
        images: &MzImages,
        dataset: &str,
        pixel_size_um: PixelSize,
        progress: &dyn Progress,
    ) -> Result<DrawnWindows, ReportError> {
        let by = &self.style.normalize;
        let factors = match (&self.norm, by) {
            (MzNorm::Factors(factors), _) => factors.clone(),
            (MzNorm::Window(window), _) => {
                factors_of_image(&images.image(*window)?, images.raster().n_pixels(), by)?
            }
            (MzNorm::Pixel, Normalization::None) => Factors::default(),
            (MzNorm::Pixel, Normalization::Tic) => Factors::new(&images.pixels.tic),
            (MzNorm::Pixel, Normalization::Rms) => Factors::new(&images.pixels.rms),
            (MzNorm::Pixel, _) => {
                let reason = format!("images of any m/z are not divided by {by}");
                return Err(OptionError::new("--normalize", reason).into());
            }
        };
        let canvas = Canvas {
            style: self.style,
            raster: images.raster(),
            factors,
            pixel_size_um: self
                .style
                .pixel_size_um
                .map(|um| (um, um))
                .or(pixel_size_um),
        };
        progress.begin("drawing images", self.windows.len() as u64);
        let mut sink = self.sink(&canvas, dataset)?;
        let windows: Vec<Window> = self.windows.iter().map(|window| window.window).collect();
        let mut entries = Vec::new();
        images.for_each::<ReportError>(&windows, progress, |place, image| {
            entries.push(self.write(&mut sink, &canvas, place, image)?);
            Ok(())
        })?;
        let n_files = match sink {
            Sink::Png | Sink::Npy => entries.len(),
            Sink::Tiff(..) => 1,
            Sink::Parquet(writer) => {
                writer.finish()?;
                let pixels = &images.pixels;
                let census = Census {
                    tic: pixels.tic.clone(),
                    rms: pixels.rms.clone(),
                    n_peaks_of_pixel: pixels.n_peaks.clone(),
                    ..Census::merge(0, [])
                };
                let path = self.folder.join("pixels.parquet");
                write_pixels(&pixels.raster, &pixels.origin, &census, None, &path)?;
                2
            }
        };
        self.write_index(&entries)?;
        Ok(DrawnWindows {
            n_files,
            n_empty: entries.iter().filter(|entry| entry.n_pixels == 0).count(),
        })
    }

    fn sink(&self, canvas: &Canvas<'_>, dataset: &str) -> Result<Sink, ReportError> {
        Ok(match (self.format, self.style.format) {
            (MzFormat::Npy, _) => Sink::Npy,
            (MzFormat::Parquet, _) => {
                let path = self.folder.join(MZ_IMAGES_PARQUET);
                Sink::Parquet(Box::new(MzImagesWriter::new(&path)?))
            }
            (MzFormat::Picture, ImageFormat::Png | ImageFormat::Png16) => Sink::Png,
            (MzFormat::Picture, ImageFormat::Tiff) => {
                let path = self.folder.join(OME_TIFF);
                let file = File::create(&path).map_err(FileError::at("write", &path))?;
                let names = self.windows.iter().map(|window| window.name.clone());
                let description = OmeDescription {
                    name: dataset.into(),
                    width: canvas.raster.width,
                    height: canvas.raster.height,
                    pixel_size_um: canvas.pixel_size_um,
                    channels: names.collect(),
                };
                let tiff = OmeTiff::new(BufWriter::new(file), description);
                let tiff = tiff.map_err(|source| ReportError::Tiff {
                    path: path.clone(),
                    source,
                })?;
                Sink::Tiff(Box::new(tiff), path)
            }
        })
    }

    fn write(
        &self,
        sink: &mut Sink,
        canvas: &Canvas<'_>,
        place: usize,
        mut image: IonImage,
    ) -> Result<Entry, ReportError> {
        let (window, name) = (&self.windows[place], &self.file_names[place]);
        let (file, highest) = match sink {
            Sink::Png => {
                let file = format!("{name}.png");
                let highest = canvas.write_png(&self.folder.join(&file), &mut image)?;
                (file, highest)
            }
            Sink::Npy => {
                let file = format!("{name}.npy");
                canvas.factors.apply(&mut image);
                let raster = canvas.raster;
                let shape = [raster.height as usize, raster.width as usize];
                let bytes = npy::write(&shape, dense(raster, &image).into_iter());
                let path = self.folder.join(&file);
                fs::write(&path, bytes).map_err(FileError::at("write", &path))?;
                (file, highest(&image))
            }
            Sink::Tiff(tiff, path) => {
                let (values, ceiling) = canvas.values(&mut image);
                tiff.write(&values).map_err(|source| ReportError::Tiff {
                    path: path.clone(),
                    source,
                })?;
                (OME_TIFF.into(), ceiling)
            }
            Sink::Parquet(writer) => {
                canvas.factors.apply(&mut image);
                writer.add(window, &image)?;
                (MZ_IMAGES_PARQUET.into(), highest(&image))
            }
        };
        Ok(Entry {
            file,
            n_pixels: image.pixels.len(),
            total: image
                .intensities
                .iter()
                .fold(0.0, |sum, &i| sum + f64::from(i)),
            highest,
        })
    }

    fn write_index(&self, entries: &[Entry]) -> Result<(), ReportError> {
        let row = |(window, entry): (&NamedWindow, &Entry)| {
            vec![
                entry.file.clone(),
                window.name.clone(),
                window.mz.to_string(),
                window.window.low.to_string(),
                window.window.high.to_string(),
                entry.n_pixels.to_string(),
                entry.total.to_string(),
                entry.highest.to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = self.windows.iter().zip(entries).map(row).collect();
        self.list.write(&rows)
    }
}

/// Names of files, of which no two are one even where case makes no difference.
fn file_names(windows: &[NamedWindow]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let own = |window: &NamedWindow| {
        let plain = plain_name(&window.name);
        let numbered = (2_u64..).map(|number| format!("{plain}-{number}"));
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        names
            .find(|name| taken.insert(name.to_lowercase()))
            .unwrap_or(plain)
    };
    windows.iter().map(own).collect()
}

/// Arrays and tables hold intensities as they are, or divided by what was measured in their pixel.
fn check_plain(style: &PictureStyle) -> Result<(), OptionError> {
    let given = [
        ("--scale", style.scale != Scale::Linear),
        ("--hotspot", style.hotspot.is_some()),
        ("--zoom", style.zoom.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(OptionError::new(
            option,
            "is about pictures; of arrays and tables only --normalize changes intensities",
        )),
        None => Ok(()),
    }
}

fn highest(image: &IonImage) -> f32 {
    image.intensities.iter().copied().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_have_one_name() {
        let window = |name: &str| NamedWindow {
            name: name.into(),
            mz: 500.0,
            window: Window {
                low: 499.0,
                high: 501.0,
            },
        };
        let windows = ["PC 34:1", "PC_34:1", "pc 34;1", "PE"].map(window);
        assert_eq!(
            file_names(&windows),
            ["PC_34_1", "PC_34_1-2", "pc_34_1-3", "PE"]
        );
    }
}
