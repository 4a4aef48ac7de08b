//! Pictures of a results folder's ions: tables in, PNG or OME-TIFF out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use metaspace_explore::coloc::find_ion;
use metaspace_explore::factors::factors_of;
use metaspace_machine::error::FileError;
use metaspace_render::Levels;
use metaspace_render::composite::composite;
use metaspace_render::png::Picture;
use metaspace_render::tiff::{OmeDescription, OmeTiff};
use metaspace_results::record::RunRecord;
use metaspace_results::{
    FoundIon, StoredImage, for_each_images, list_images, read_ions, read_raster,
};
use ms_core::image::Raster;
use ms_core::progress::{Progress, check};
use rayon::prelude::*;

use crate::canvas::{Canvas, plain_name};
use crate::error::ReportError;
use crate::picture_list::PictureList;
use crate::picture_options::{ImageFormat, ImageOptions};

/// Columns of the list of what was written.
const COLUMNS: &[&str] = &["file", "ion", "isotope", "brightest"];
/// The picture of several ions.
const COMPOSITE: &str = "composite.png";
/// The file of all ions.
const OME_TIFF: &str = "ion-images.ome.tiff";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnImages {
    /// Where.
    pub folder: PathBuf,
    /// Ions drawn.
    pub n_ions: usize,
    /// Pictures written; the list beside them is not counted.
    pub n_files: usize,
}

/// What is drawn, where, and how.
struct Drawing<'a> {
    options: &'a ImageOptions,
    canvas: Canvas<'a>,
    folder: PathBuf,
    /// The ions, best first.
    ions: Vec<FoundIon>,
    /// Name of an ion that has a formula; the best where several have it.
    names: BTreeMap<String, String>,
}

/// A line of the list.
struct Entry {
    file: String,
    ion: String,
    isotope: u8,
    /// Intensity of the brightest colour.
    ceiling: f32,
}

impl Entry {
    fn row(&self) -> Vec<String> {
        let (isotope, ceiling) = (self.isotope.to_string(), self.ceiling.to_string());
        vec![self.file.clone(), self.ion.clone(), isotope, ceiling]
    }
}

/// Draws the ions of a results folder that the options ask for.
///
/// # Errors
/// An ion is unknown, a table cannot be read, the folder has files in it, or a picture cannot be
/// written.
pub fn draw(
    results: &Path,
    options: &ImageOptions,
    progress: &dyn Progress,
) -> Result<DrawnImages, ReportError> {
    let ions = chosen(results, options)?;
    let folder = options.folder(results);
    if ions.is_empty() {
        return Ok(DrawnImages {
            folder,
            n_ions: 0,
            n_files: 0,
        });
    }
    let list = PictureList::start(&folder, COLUMNS, options.force)?;
    let raster = read_raster(results)?;
    let drawing = Drawing::new(results, options, &raster, folder, ions)?;
    let entries = if !options.composite.is_empty() {
        vec![drawing.composite(results)?]
    } else if options.style.format == ImageFormat::Tiff {
        drawing.tiff(results, progress)?
    } else {
        drawing.pngs(results, progress)?
    };
    list.write(&entries.iter().map(Entry::row).collect::<Vec<_>>())?;
    let files: BTreeSet<&String> = entries.iter().map(|entry| &entry.file).collect();
    Ok(DrawnImages {
        n_ions: drawing.ions.len(),
        n_files: files.len(),
        folder: drawing.folder.clone(),
    })
}

/// The ions that the options name, or those up to the FDR.
fn chosen(results: &Path, options: &ImageOptions) -> Result<Vec<FoundIon>, ReportError> {
    let named = if options.composite.is_empty() {
        &options.ion
    } else {
        &options.composite
    };
    if named.is_empty() {
        return Ok(read_ions(results, options.fdr)?);
    }
    let all = read_ions(results, f64::INFINITY)?;
    let mut ions: Vec<FoundIon> = Vec::new();
    for text in named {
        let ion = find_ion(&all, text)?;
        if !ions.contains(ion) {
            ions.push(ion.clone());
        }
    }
    Ok(ions)
}

impl<'a> Drawing<'a> {
    fn new(
        results: &Path,
        options: &'a ImageOptions,
        raster: &'a Raster,
        folder: PathBuf,
        ions: Vec<FoundIon>,
    ) -> Result<Self, ReportError> {
        let factors = factors_of(results, &options.style.normalize)?;
        let mut names = BTreeMap::new();
        for ion in &ions {
            names
                .entry(ion.ion_formula.clone())
                .or_insert_with(|| ion.ion.clone());
        }
        let given = options.style.pixel_size_um.map(|um| (um, um));
        let pixel_size_um = given.or(RunRecord::read(results)?.pixel_size_um());
        Ok(Self {
            options,
            canvas: Canvas {
                style: &options.style,
                raster,
                factors,
                pixel_size_um,
            },
            folder,
            ions,
            names,
        })
    }

    fn formulas(&self) -> BTreeSet<String> {
        self.names.keys().cloned().collect()
    }

    /// A PNG for each image.
    fn pngs(&self, results: &Path, progress: &dyn Progress) -> Result<Vec<Entry>, ReportError> {
        progress.begin("drawing images", self.names.len() as u64);
        let mut entries = Vec::new();
        for_each_images::<ReportError>(
            results,
            &self.formulas(),
            self.options.isotopes,
            |images| {
                check(progress)?;
                let drawn: Result<Vec<Entry>, ReportError> =
                    images.par_iter_mut().map(|image| self.png(image)).collect();
                let drawn = drawn?;
                progress.advance(drawn.iter().filter(|entry| entry.isotope == 0).count() as u64);
                entries.extend(drawn);
                Ok(())
            },
        )?;
        Ok(entries)
    }

    fn png(&self, stored: &mut StoredImage) -> Result<Entry, ReportError> {
        let ion = self.name(&stored.ion_formula);
        let file = file_name(&ion, stored.isotope);
        let ceiling = self
            .canvas
            .write_png(&self.folder.join(&file), &mut stored.image)?;
        Ok(Entry {
            file,
            ion,
            isotope: stored.isotope,
            ceiling,
        })
    }

    /// One picture of all ions, each in its colour.
    fn composite(&self, results: &Path) -> Result<Entry, ReportError> {
        let mut channels: BTreeMap<String, Levels> = BTreeMap::new();
        for_each_images::<ReportError>(results, &self.formulas(), 1, |images| {
            for stored in images {
                let levels = self.canvas.levels(&mut stored.image);
                channels.insert(stored.ion_formula.clone(), levels);
            }
            Ok(())
        })?;
        let ordered: Vec<Levels> = self
            .ions
            .iter()
            .filter_map(|ion| channels.get(&ion.ion_formula).cloned())
            .collect();
        let &Raster { width, height, .. } = self.canvas.raster;
        let picture = Picture {
            width,
            height,
            rgba: composite(&ordered),
        };
        let names: Vec<&str> = self.ions.iter().map(|ion| ion.ion.as_str()).collect();
        let path = self.folder.join(COMPOSITE);
        self.canvas.write_picture(&path, &picture)?;
        let ceiling = ordered
            .iter()
            .map(|levels| levels.ceiling)
            .fold(0.0, f32::max);
        Ok(Entry {
            file: COMPOSITE.into(),
            ion: names.join(" "),
            isotope: 0,
            ceiling,
        })
    }

    /// One OME-TIFF with a channel for each image.
    fn tiff(&self, results: &Path, progress: &dyn Progress) -> Result<Vec<Entry>, ReportError> {
        progress.begin("drawing images", self.names.len() as u64);
        let listed = list_images(results, &self.formulas(), self.options.isotopes)?;
        let path = self.folder.join(OME_TIFF);
        let error = |source| ReportError::Tiff {
            path: path.clone(),
            source,
        };
        let file = File::create(&path).map_err(FileError::at("write", &path))?;
        let channels = listed
            .iter()
            .map(|(formula, n)| self.channel_name(formula, *n))
            .collect();
        let description = OmeDescription {
            name: results
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into()),
            width: self.canvas.raster.width,
            height: self.canvas.raster.height,
            pixel_size_um: self.canvas.pixel_size_um,
            channels,
        };
        let mut tiff = OmeTiff::new(BufWriter::new(file), description).map_err(error)?;
        let mut entries = Vec::new();
        for_each_images::<ReportError>(
            results,
            &self.formulas(),
            self.options.isotopes,
            |images| {
                check(progress)?;
                for stored in images {
                    let (values, ceiling) = self.canvas.values(&mut stored.image);
                    tiff.write(&values).map_err(error)?;
                    let (ion, isotope) = (self.name(&stored.ion_formula), stored.isotope);
                    entries.push(Entry {
                        file: OME_TIFF.into(),
                        ion,
                        isotope,
                        ceiling,
                    });
                    progress.advance(u64::from(isotope == 0));
                }
                Ok(())
            },
        )?;
        Ok(entries)
    }

    fn name(&self, ion_formula: &str) -> String {
        self.names
            .get(ion_formula)
            .map_or(ion_formula, String::as_str)
            .to_owned()
    }

    fn channel_name(&self, ion_formula: &str, isotope: u8) -> String {
        let name = self.name(ion_formula);
        if isotope == 0 {
            name
        } else {
            format!("{name} isotope {isotope}")
        }
    }
}

/// `C6H12O6+K+.png`, and `C6H12O6+K+.1.png` for the second isotope.
fn file_name(ion: &str, isotope: u8) -> String {
    let name = plain_name(ion);
    if isotope == 0 {
        format!("{name}.png")
    } else {
        format!("{name}.{isotope}.png")
    }
}
