//! Small datasets in memory, from the product's own writer.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use ms_core::imzml::{Dataset, ImzmlWriter, Mode, Names, Polarity, Representation, WriteOptions};
use ms_core::isotopes::Instrument;
use ms_core::progress::Silent;
use ms_core::spectra::{Census, SpectraIndex};

/// A spectrum: column, row, m/z values in Th, intensities.
pub type Spectrum = (u32, u32, Vec<f64>, Vec<f32>);

/// A processed dataset of an Orbitrap, positive, of centroids.
///
/// # Panics
/// It cannot be written or read.
pub fn dataset(spectra: &[Spectrum]) -> Dataset {
    let options = WriteOptions {
        polarity: Some(Polarity::Positive),
        representation: Some(Representation::Centroid),
        instrument: Some(Instrument::Orbitrap),
        ..WriteOptions::new(*b"a worked example", Mode::Processed)
    };
    let mut writer = ImzmlWriter::new(Vec::new(), options).expect("memory can be written");
    for (x, y, mzs, intensities) in spectra {
        writer
            .spectrum((*x, *y, 1), mzs, intensities)
            .expect("a spectrum that can be written");
    }
    let mut xml = Vec::new();
    let ibd = writer.finish(&mut xml).expect("memory can be written");
    let names = Names {
        imzml: "example.imzML".into(),
        ibd: "example.ibd".into(),
    };
    let dataset = Dataset::open(&mut xml.as_slice(), Box::new(ibd), names, None);
    let dataset = dataset.expect("what was written can be read");
    dataset
        .verify_checksum()
        .expect("a checksum that was written");
    dataset
}

/// Its peaks by m/z, in memory.
///
/// # Panics
/// A spectrum is wrong.
pub fn index(dataset: &Dataset) -> (SpectraIndex, Census) {
    SpectraIndex::build_in_memory(dataset, &Silent).expect("spectra that can be ordered")
}
