//! A results folder as one HTML file ([`write_report`]), as pictures ([`pictures::draw`]), as a figure
//! for a paper ([`figure::draw`]), and its optical image on the raster of the ion images
//! ([`registered::draw`]).
//!
//! `report.html` says what an annotation found, on one page that needs nothing else.
//!
//! ```text
//! tables ─▶ Data ─▶ Pictures ─▶ page (sections, plots) ─▶ one HTML file
//! ```
//!
//! Without scripts it is a document; with them the table sorts and filters. Its style and script
//! stand beside these files, and a policy in the page forbids any request.

use std::fs;
use std::path::{Path, PathBuf};

use metaspace_machine::error::FileError;
use ms_core::progress::Progress;

use crate::error::ReportError;
use crate::options::ReportOptions;

mod annotations;
mod canvas;
mod data;
mod drawings;
pub mod error;
mod fdr;
pub mod figure;
mod ion;
mod mean_spectrum;
pub mod mz_pictures;
pub mod options;
mod page;
mod picture_list;
pub mod picture_options;
pub mod pictures;
mod plot;
mod quality;
mod regions;
pub mod registered;
mod settings;
mod text;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub n_bytes: usize,
    /// Annotations listed.
    pub n_rows: usize,
    /// Ions shown in detail.
    pub n_best: usize,
}

/// Writes the report of a results folder.
///
/// # Errors
/// A table cannot be read, or the file cannot be written.
pub fn write_report(
    folder: &Path,
    options: &ReportOptions,
    progress: &dyn Progress,
) -> Result<Written, ReportError> {
    let data = data::Data::read(folder, options)?;
    let pictures = drawings::Pictures::draw(folder, &data, options, progress)?;
    let html = page::page(&data, &pictures, options).into_string();
    let path = options.file(folder);
    // A reader of the file never sees half of it.
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let partial = path.with_file_name(format!(".{}.partial", name.unwrap_or_default()));
    fs::write(&partial, &html).map_err(FileError::at("write", &partial))?;
    fs::rename(&partial, &path).map_err(FileError::at("write", &path))?;
    Ok(Written {
        path,
        n_bytes: html.len(),
        n_rows: data.n_rows,
        n_best: data.best.len(),
    })
}
