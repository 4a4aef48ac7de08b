//! A dataset back to imzML and ibd.

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

use super::header::{Mode, Polarity, Representation};
use super::ibd::hex;
use super::packing::Compression;
use super::spectrum::{ArrayPlace, DataType, SpectrumEntry};
use crate::isotopes::Instrument;

/// How a dataset is written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// 16 bytes that tie the two files together.
    pub uuid: [u8; 16],
    /// Continuous: the m/z array of the first spectrum is that of all.
    pub mode: Mode,
    /// Type of m/z values.
    pub mz_type: DataType,
    /// Type of intensities.
    pub intensity_type: DataType,
    /// Whether arrays are compressed.
    pub is_zlib: bool,
    /// Stated where known.
    pub polarity: Option<Polarity>,
    /// Stated where known.
    pub representation: Option<Representation>,
    /// Stated where known.
    pub instrument: Option<Instrument>,
    /// Width and height of a pixel in µm, where known.
    pub pixel_size_um: Option<(f64, f64)>,
    /// What was done to the data, in order.
    pub processing: Vec<Processing>,
}

/// Something that was done to the data before they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// Peaks were picked from profile spectra.
    PeakPicking,
    /// m/z were corrected.
    Recalibration,
    /// Intensities were divided by something of their spectrum.
    Normalization,
    /// Some points or spectra were left out.
    Filtering,
}

impl Processing {
    /// Accession and name of its term.
    fn term(self) -> (&'static str, &'static str) {
        match self {
            Self::PeakPicking => ("MS:1000035", "peak picking"),
            Self::Recalibration => ("MS:1001485", "m/z calibration"),
            Self::Normalization => ("MS:1001484", "intensity normalization"),
            Self::Filtering => ("MS:1001486", "data filtering"),
        }
    }
}

impl WriteOptions {
    /// m/z as `f64`, intensities as `f32`, nothing compressed, nothing stated of the instrument.
    pub fn new(uuid: [u8; 16], mode: Mode) -> Self {
        Self {
            uuid,
            mode,
            mz_type: DataType::F64,
            intensity_type: DataType::F32,
            is_zlib: false,
            polarity: None,
            representation: None,
            instrument: None,
            pixel_size_um: None,
            processing: Vec::new(),
        }
    }
}

/// Writes the ibd spectrum by spectrum, and the XML at the end.
#[derive(Debug)]
pub struct ImzmlWriter<W: Write> {
    ibd: W,
    options: WriteOptions,
    offset: u64,
    sha1: Sha1,
    entries: Vec<SpectrumEntry>,
    /// The m/z array that all spectra of a continuous dataset share.
    shared_mzs: Vec<f64>,
}

impl<W: Write> ImzmlWriter<W> {
    /// Starts an ibd with its UUID.
    ///
    /// # Errors
    /// The ibd cannot be written.
    pub fn new(ibd: W, options: WriteOptions) -> io::Result<Self> {
        let mut writer = Self {
            ibd,
            options,
            offset: 0,
            sha1: Sha1::new(),
            entries: Vec::new(),
            shared_mzs: Vec::new(),
        };
        let uuid = writer.options.uuid;
        writer.put(&uuid)?;
        Ok(writer)
    }

    /// Appends a spectrum at column `x`, row `y`, plane `z`.
    ///
    /// # Errors
    /// The ibd cannot be written, the arrays differ in length, or in a continuous dataset the m/z
    /// array is not that of the first spectrum.
    pub fn spectrum(
        &mut self,
        (x, y, z): (u32, u32, u32),
        mzs: &[f64],
        intensities: &[f32],
    ) -> io::Result<()> {
        let n_peaks = u32::try_from(mzs.len()).map_err(io::Error::other)?;
        if mzs.len() != intensities.len() {
            return Err(io::Error::other(
                "m/z and intensity arrays differ in length",
            ));
        }
        let is_shared = self.options.mode == Mode::Continuous;
        let mz = match self.entries.first().filter(|_| is_shared) {
            Some(first) if self.shared_mzs == mzs => first.mz,
            Some(_) => {
                let message = "m/z array of a continuous dataset is not that of its first spectrum";
                return Err(io::Error::other(message));
            }
            None => self.array(mzs.iter().copied(), self.options.mz_type)?,
        };
        if is_shared && self.entries.is_empty() {
            self.shared_mzs = mzs.to_vec();
        }
        let values = intensities.iter().map(|&v| f64::from(v));
        let intensity = self.array(values, self.options.intensity_type)?;
        self.entries.push(SpectrumEntry {
            x,
            y,
            z,
            n_peaks,
            mz,
            intensity,
        });
        Ok(())
    }

    /// Writes the XML and gives the ibd back.
    ///
    /// # Errors
    /// One of the two cannot be written.
    pub fn finish(mut self, xml: &mut dyn Write) -> io::Result<W> {
        self.ibd.flush()?;
        let digits = hex(&self.sha1.clone().finalize());
        self.write_head(xml, &digits)?;
        for (number, entry) in (1..).zip(&self.entries) {
            write_spectrum(xml, number, entry, self.options.is_zlib)?;
        }
        xml.write_all(b"    </spectrumList>\n  </run>\n</mzML>\n")?;
        Ok(self.ibd)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.ibd.write_all(bytes)?;
        self.sha1.update(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn array(
        &mut self,
        values: impl Iterator<Item = f64>,
        data_type: DataType,
    ) -> io::Result<ArrayPlace> {
        let mut bytes = Vec::new();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the caller chose the type"
        )]
        for value in values {
            match data_type {
                DataType::F32 => bytes.extend((value as f32).to_le_bytes()),
                DataType::F64 => bytes.extend(value.to_le_bytes()),
                DataType::I32 => bytes.extend((value as i32).to_le_bytes()),
                DataType::I64 => bytes.extend((value as i64).to_le_bytes()),
                DataType::I8 => bytes.extend((value as i8).to_le_bytes()),
                DataType::I16 => bytes.extend((value as i16).to_le_bytes()),
                DataType::U8 => bytes.extend((value as u8).to_le_bytes()),
                DataType::U16 => bytes.extend((value as u16).to_le_bytes()),
                DataType::U32 => bytes.extend((value as u32).to_le_bytes()),
                DataType::U64 => bytes.extend((value as u64).to_le_bytes()),
            }
        }
        if self.options.is_zlib {
            let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&bytes)?;
            bytes = encoder.finish()?;
        }
        let place = ArrayPlace {
            offset: self.offset,
            n_bytes: bytes.len() as u64,
            data_type,
            compression: if self.options.is_zlib {
                Compression::Zlib
            } else {
                Compression::None
            },
            numpress: None,
        };
        self.put(&bytes)?;
        Ok(place)
    }

    fn write_head(&self, xml: &mut dyn Write, sha1: &str) -> io::Result<()> {
        let options = &self.options;
        let terms = Terms::of(options);
        let columns = self
            .entries
            .iter()
            .map(|entry| entry.x)
            .max()
            .unwrap_or_default();
        let rows = self
            .entries
            .iter()
            .map(|entry| entry.y)
            .max()
            .unwrap_or_default();
        write!(
            xml,
            r#"<?xml version="1.0" encoding="UTF-8"?>
<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1">
  <cvList count="3">
    <cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" URI="http://purl.obolibrary.org/obo/ms/psi-ms.obo"/>
    <cv id="UO" fullName="Unit Ontology" URI="http://purl.obolibrary.org/obo/uo.obo"/>
    <cv id="IMS" fullName="Imaging MS Ontology" URI="http://www.imzml.org/ontologies/imagingMS.obo"/>
  </cvList>
  <fileDescription><fileContent>{mode}{representation}{uuid}{sha1}</fileContent></fileDescription>
  <referenceableParamGroupList count="4">
    <referenceableParamGroup id="mzArray">{mz_kind}{mz_type}{compression}</referenceableParamGroup>
    <referenceableParamGroup id="intensityArray">{intensity_kind}{intensity_type}{compression}</referenceableParamGroup>
    <referenceableParamGroup id="spectrum">{ms1}{representation}{polarity}</referenceableParamGroup>
    <referenceableParamGroup id="scan">{scan}</referenceableParamGroup>
  </referenceableParamGroupList>
  <softwareList count="1"><software id="metaspace" version="{version}"/></softwareList>
  <scanSettingsList count="1">
    <scanSettings id="settings">{columns}{rows}{size}</scanSettings>
  </scanSettingsList>
  <instrumentConfigurationList count="1">
    <instrumentConfiguration id="instrument">
      <componentList count="1"><analyzer order="1">{analyzer}</analyzer></componentList>
    </instrumentConfiguration>
  </instrumentConfigurationList>
  <dataProcessingList count="1"><dataProcessing id="export">{processing}</dataProcessing></dataProcessingList>
  <run id="run" defaultInstrumentConfigurationRef="instrument">
    <spectrumList count="{n}" defaultDataProcessingRef="export">
"#,
            mode = terms.mode,
            representation = terms.representation,
            polarity = terms.polarity,
            analyzer = terms.analyzer,
            size = terms.pixel_size,
            processing = processing(&options.processing),
            compression = terms.compression,
            uuid = param(
                "IMS:1000080",
                "universally unique identifier",
                &braced(options.uuid)
            ),
            sha1 = param("IMS:1000091", "ibd SHA-1", sha1),
            mz_kind = param("MS:1000514", "m/z array", ""),
            mz_type = type_param(options.mz_type),
            intensity_kind = param("MS:1000515", "intensity array", ""),
            intensity_type = type_param(options.intensity_type),
            ms1 = param("MS:1000579", "MS1 spectrum", ""),
            scan = param("MS:1000093", "increasing m/z scan", ""),
            version = env!("CARGO_PKG_VERSION"),
            columns = param("IMS:1000042", "max count of pixels x", &columns.to_string()),
            rows = param("IMS:1000043", "max count of pixels y", &rows.to_string()),
            n = self.entries.len(),
        )
    }
}

/// Terms that depend on how a dataset is written; empty where there is nothing to state.
struct Terms {
    mode: String,
    representation: String,
    polarity: String,
    analyzer: String,
    pixel_size: String,
    compression: String,
}

impl Terms {
    fn of(options: &WriteOptions) -> Self {
        let term = |(accession, name)| param(accession, name, "");
        let representation = options
            .representation
            .map(|representation| match representation {
                Representation::Centroid => ("MS:1000127", "centroid spectrum"),
                Representation::Profile => ("MS:1000128", "profile spectrum"),
            });
        let polarity = options.polarity.map(|polarity| match polarity {
            Polarity::Positive => ("MS:1000130", "positive scan"),
            Polarity::Negative => ("MS:1000129", "negative scan"),
        });
        let analyzer = options.instrument.map(|instrument| match instrument {
            Instrument::Fticr => (
                "MS:1000079",
                "fourier transform ion cyclotron resonance mass spectrometer",
            ),
            Instrument::Tof => ("MS:1000084", "time-of-flight"),
            Instrument::Orbitrap => ("MS:1000484", "orbitrap"),
        });
        let pixel_size = options.pixel_size_um.map(|(x, y)| {
            param("IMS:1000046", "pixel size (x)", &x.to_string())
                + &param("IMS:1000047", "pixel size y", &y.to_string())
        });
        Self {
            mode: term(match options.mode {
                Mode::Continuous => ("IMS:1000030", "continuous"),
                Mode::Processed => ("IMS:1000031", "processed"),
            }),
            representation: representation.map(term).unwrap_or_default(),
            polarity: polarity.map(term).unwrap_or_default(),
            analyzer: analyzer.map(term).unwrap_or_default(),
            pixel_size: pixel_size.unwrap_or_default(),
            compression: term(if options.is_zlib {
                ("MS:1000574", "zlib compression")
            } else {
                ("MS:1000576", "no compression")
            }),
        }
    }
}

/// What was done to the data, and that they were written, as methods in this order.
fn processing(steps: &[Processing]) -> String {
    let steps = steps.iter().map(|step| step.term());
    let all = steps.chain([("MS:1000530", "file format conversion")]);
    let mut text = String::new();
    for (order, (accession, name)) in all.enumerate() {
        let term = param(accession, name, "");
        text += &format!(
            r#"<processingMethod order="{order}" softwareRef="metaspace">{term}</processingMethod>"#
        );
    }
    text
}

/// A UUID as it is usually written.
fn braced(uuid: [u8; 16]) -> String {
    let digits = hex(&uuid).to_ascii_uppercase();
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    format!("{{{}}}", groups.join("-"))
}

fn param(accession: &str, name: &str, value: &str) -> String {
    let vocabulary = accession.split(':').next().unwrap_or_default();
    format!(
        r#"<cvParam cvRef="{vocabulary}" accession="{accession}" name="{name}" value="{value}"/>"#
    )
}

fn type_param(data_type: DataType) -> String {
    match data_type {
        DataType::F32 => param("MS:1000521", "32-bit float", ""),
        DataType::F64 => param("MS:1000523", "64-bit float", ""),
        DataType::I32 => param("MS:1000519", "32-bit integer", ""),
        DataType::I64 => param("MS:1000522", "64-bit integer", ""),
        DataType::I8 => param("IMS:1100000", "8-bit integer", ""),
        DataType::I16 => param("IMS:1100001", "16-bit integer", ""),
        DataType::U8 => param("IMS:1100000", "unsigned 8-bit integer", ""),
        DataType::U16 => param("IMS:1100001", "unsigned 16-bit integer", ""),
        DataType::U32 => param("MS:1000519", "unsigned 32-bit integer", ""),
        DataType::U64 => param("MS:1000522", "unsigned 64-bit integer", ""),
    }
}

fn write_spectrum(
    xml: &mut dyn Write,
    number: usize,
    entry: &SpectrumEntry,
    is_zlib: bool,
) -> io::Result<()> {
    let SpectrumEntry {
        x,
        y,
        z,
        n_peaks,
        mz,
        intensity,
    } = entry;
    write!(
        xml,
        r#"      <spectrum id="spectrum={number}" index="{index}" defaultArrayLength="0">
        <referenceableParamGroupRef ref="spectrum"/>
        <scanList count="1">
          <cvParam cvRef="MS" accession="MS:1000795" name="no combination" value=""/>
          <scan instrumentConfigurationRef="instrument">
            <referenceableParamGroupRef ref="scan"/>
            <cvParam cvRef="IMS" accession="IMS:1000050" name="position x" value="{x}"/>
            <cvParam cvRef="IMS" accession="IMS:1000051" name="position y" value="{y}"/>
            <cvParam cvRef="IMS" accession="IMS:1000052" name="position z" value="{z}"/>
          </scan>
        </scanList>
        <binaryDataArrayList count="2">
"#,
        index = number - 1,
    )?;
    for (group, place) in [("mzArray", mz), ("intensityArray", intensity)] {
        let encoded = if is_zlib {
            place.n_bytes
        } else {
            u64::from(*n_peaks) * place.data_type.size()
        };
        write!(
            xml,
            r#"          <binaryDataArray encodedLength="0">
            <referenceableParamGroupRef ref="{group}"/>
            <cvParam cvRef="IMS" accession="IMS:1000102" name="external offset" value="{offset}"/>
            <cvParam cvRef="IMS" accession="IMS:1000103" name="external array length" value="{n_peaks}"/>
            <cvParam cvRef="IMS" accession="IMS:1000104" name="external encoded length" value="{encoded}"/>
            <binary/>
          </binaryDataArray>
"#,
            offset = place.offset,
        )?;
    }
    xml.write_all(b"        </binaryDataArrayList>\n      </spectrum>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_continuous_dataset_has_one_mz_array() {
        let options = WriteOptions::new([7; 16], Mode::Continuous);
        let mut writer = ImzmlWriter::new(Vec::new(), options).unwrap();
        writer
            .spectrum((1, 1, 1), &[100.0, 200.0], &[1.0, 2.0])
            .unwrap();
        writer
            .spectrum((2, 1, 1), &[100.0, 200.0], &[3.0, 4.0])
            .unwrap();
        assert!(
            writer
                .spectrum((3, 1, 1), &[100.0, 201.0], &[5.0, 6.0])
                .is_err()
        );
        assert!(writer.spectrum((3, 1, 1), &[100.0], &[5.0, 6.0]).is_err());
        let ibd = writer.finish(&mut Vec::new()).unwrap();
        assert_eq!(ibd.len(), 16 + 2 * 8 + 2 * 2 * 4);
    }
}
