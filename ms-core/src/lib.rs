//! What imaging mass spectrometry data are: datasets and spectra, formulas and ions, isotopic
//! patterns and images.
//!
//! ```text
//! imzML ─▶ imzml::Dataset ─▶ spectra::SpectraIndex ─▶ peaks of an m/z window ─▶ image::IonImage
//! species::Species ─▶ formula::Formula + ion::Modifier ─▶ ion formula ─▶ isotopes::PatternGenerator ─▶ m/z, intensities
//! ```
//!
//! The crate computes and nothing else: bytes reach it through [`bytes::RangeRead`] and
//! [`bytes::Scratch`], progress and cancellation through [`progress::Progress`].

pub mod bytes;
pub mod elements;
pub mod formula;
pub mod image;
pub mod imzml;
pub mod ion;
pub mod isotopes;
mod plain_text;
pub mod profile;
pub mod progress;
pub mod recalibration;
pub mod species;
pub mod spectra;
pub mod tolerance;
