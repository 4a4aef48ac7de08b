//! Small imzML datasets as text, written without the product's own writer.

use std::io::Read;

use flate2::Compression;
use flate2::bufread::ZlibEncoder;

/// UUID of every dataset made here.
pub const UUID: &str = "B40BB1B3-CFF3-4AB0-88B3-E9685EF1EDD7";

const UUID_BYTES: [u8; 16] = 0xB40B_B1B3_CFF3_4AB0_88B3_E968_5EF1_EDD7_u128.to_be_bytes();

/// Type of an array's values, with the term that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// MS:1000521.
    F32,
    /// MS:1000523.
    F64,
    /// MS:1000519.
    I32,
    /// IMS:1000141.
    ImagingI32,
    /// MS:1000522.
    I64,
    /// IMS:1000142.
    ImagingI64,
}

/// How a dataset is written.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// One m/z array for all.
    pub is_continuous: bool,
    /// Arrays are compressed.
    pub is_zlib: bool,
    /// Terms of arrays stand in referenceable groups instead of in each array.
    pub is_grouped: bool,
    /// Of m/z values.
    pub mz_type: ValueType,
    /// Of intensities.
    pub intensity_type: ValueType,
}

/// A spectrum to be written.
#[derive(Debug, Clone)]
pub struct Peaks {
    /// Column, row and plane.
    pub at: (u32, u32, u32),
    /// m/z in Th.
    pub mzs: Vec<f64>,
    /// Intensity of each.
    pub intensities: Vec<f64>,
}

/// The two files of a dataset.
#[derive(Debug, Clone)]
pub struct Files {
    /// The imzML.
    pub xml: String,
    /// The ibd.
    pub ibd: Vec<u8>,
}

impl Default for Form {
    fn default() -> Self {
        let (mz_type, intensity_type) = (ValueType::F64, ValueType::F32);
        Self {
            is_continuous: false,
            is_zlib: false,
            is_grouped: true,
            mz_type,
            intensity_type,
        }
    }
}

/// Three spectra of three peaks, whose values are exact in every type.
pub fn sample() -> Vec<Peaks> {
    let peaks = |at, first: f64| Peaks {
        at,
        mzs: vec![100.0, 250.0, 600.0],
        intensities: vec![first, first + 1.0, first + 2.0],
    };
    vec![
        peaks((1, 1, 1), 1.0),
        peaks((2, 1, 1), 10.0),
        peaks((1, 2, 1), 20.0),
    ]
}

/// A dataset of the given spectra.
pub fn write(form: Form, spectra: &[Peaks]) -> Files {
    let mut ibd = UUID_BYTES.to_vec();
    let mut shared = None;
    let mut list = String::new();
    for (number, peaks) in (1..).zip(spectra) {
        let mz = shared.unwrap_or_else(|| append(&mut ibd, form, form.mz_type, &peaks.mzs));
        shared = form.is_continuous.then_some(mz);
        let intensity = append(&mut ibd, form, form.intensity_type, &peaks.intensities);
        list += &spectrum(form, number, peaks, [mz, intensity]);
    }
    Files {
        xml: document(form, spectra.len(), &list),
        ibd,
    }
}

/// A dataset of the given spectra whose m/z and intensities somebody else has encoded, as the two
/// accessions say.
pub fn write_encoded(
    accessions: [&str; 2],
    spectra: &[Peaks],
    arrays: impl IntoIterator<Item = [Vec<u8>; 2]>,
) -> Files {
    let form = Form::default();
    let mut ibd = UUID_BYTES.to_vec();
    let mut list = String::new();
    for ((number, peaks), arrays) in (1..).zip(spectra).zip(arrays) {
        let places = arrays.map(|bytes| {
            let place = (ibd.len(), bytes.len());
            ibd.extend(bytes);
            place
        });
        list += &spectrum(form, number, peaks, places);
    }
    let xml = document(form, spectra.len(), &list);
    let files = Files { xml, ibd };
    files
        .with("MS:1000576", accessions[0])
        .with("MS:1000576", accessions[1])
}

impl Files {
    /// The dataset of [`sample`] in the default form.
    pub fn sample() -> Self {
        write(Form::default(), &sample())
    }

    /// With the ion mobility of each point as a third array of each spectrum.
    ///
    /// # Panics
    /// There are not as many lists as spectra.
    #[must_use]
    pub fn with_mobilities(mut self, spectra: &[Vec<f64>]) -> Self {
        let form = Form::default();
        let terms = term("MS:1003007", "raw ion mobility array", "") + &ValueType::F64.term();
        let end = "</binaryDataArrayList>";
        let mut parts: Vec<String> = self.xml.split(end).map(str::to_owned).collect();
        assert_eq!(parts.len(), spectra.len() + 1);
        for (part, mobilities) in parts.iter_mut().zip(spectra) {
            let place = append(&mut self.ibd, form, ValueType::F64, mobilities);
            *part += &array(&terms, mobilities.len(), place);
        }
        self.xml = parts.join(end);
        self
    }

    /// With the first `old` of the XML replaced.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn with(self, old: &str, new: &str) -> Self {
        assert!(self.xml.contains(old), "no {old}");
        Self {
            xml: self.xml.replacen(old, new, 1),
            ibd: self.ibd,
        }
    }

    /// With the first `old` in the spectrum of that number, from 1, replaced.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn with_in_spectrum(self, number: usize, old: &str, new: &str) -> Self {
        let start = self
            .xml
            .find(&format!("<spectrum id=\"spectrum={number}\""))
            .unwrap_or(0);
        let (head, tail) = self.xml.split_at(start);
        assert!(tail.contains(old), "no {old} in spectrum {number}");
        Self {
            xml: head.to_owned() + &tail.replacen(old, new, 1),
            ibd: self.ibd,
        }
    }
}

/// A term as it stands in a file.
pub fn term(accession: &str, name: &str, value: &str) -> String {
    let vocabulary = accession.split(':').next().unwrap_or_default();
    format!(
        r#"<cvParam cvRef="{vocabulary}" accession="{accession}" name="{name}" value="{value}"/>"#
    )
}

impl ValueType {
    /// The term that states it.
    pub fn term(self) -> String {
        match self {
            Self::F32 => term("MS:1000521", "32-bit float", ""),
            Self::F64 => term("MS:1000523", "64-bit float", ""),
            Self::I32 => term("MS:1000519", "32-bit integer", ""),
            Self::ImagingI32 => term("IMS:1000141", "32-bit integer", ""),
            Self::I64 => term("MS:1000522", "64-bit integer", ""),
            Self::ImagingI64 => term("IMS:1000142", "64-bit integer", ""),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "tests choose values that fit"
    )]
    fn bytes(self, value: f64) -> Vec<u8> {
        match self {
            Self::F32 => (value as f32).to_le_bytes().to_vec(),
            Self::F64 => value.to_le_bytes().to_vec(),
            Self::I32 | Self::ImagingI32 => (value as i32).to_le_bytes().to_vec(),
            Self::I64 | Self::ImagingI64 => (value as i64).to_le_bytes().to_vec(),
        }
    }
}

/// Appends an array to an ibd; its offset and length in bytes.
fn append(ibd: &mut Vec<u8>, form: Form, value_type: ValueType, values: &[f64]) -> (usize, usize) {
    let plain: Vec<u8> = values
        .iter()
        .flat_map(|&value| value_type.bytes(value))
        .collect();
    let offset = ibd.len();
    if form.is_zlib {
        // Reading from memory does not fail.
        let read = ZlibEncoder::new(plain.as_slice(), Compression::default()).read_to_end(ibd);
        debug_assert!(read.is_ok(), "{read:?}");
    } else {
        ibd.extend(plain);
    }
    (offset, ibd.len() - offset)
}

/// Terms of the two arrays of a spectrum.
fn array_terms(form: Form) -> [String; 2] {
    let compression = if form.is_zlib {
        term("MS:1000574", "zlib compression", "")
    } else {
        term("MS:1000576", "no compression", "")
    };
    [
        term("MS:1000514", "m/z array", "") + &form.mz_type.term() + &compression,
        term("MS:1000515", "intensity array", "") + &form.intensity_type.term() + &compression,
    ]
}

fn spectrum(form: Form, number: usize, peaks: &Peaks, places: [(usize, usize); 2]) -> String {
    let (x, y, z) = peaks.at;
    let positions = [("50", "x", x), ("51", "y", y), ("52", "z", z)].map(|(id, axis, at)| {
        term(
            &format!("IMS:10000{id}"),
            &format!("position {axis}"),
            &at.to_string(),
        )
    });
    let terms = if form.is_grouped {
        ["mzArray", "intensityArray"]
            .map(|group| format!("<referenceableParamGroupRef ref=\"{group}\"/>"))
    } else {
        array_terms(form)
    };
    let lengths = [peaks.mzs.len(), peaks.intensities.len()];
    let arrays: Vec<String> = (0..2)
        .map(|i| array(&terms[i], lengths[i], places[i]))
        .collect();
    format!(
        "<spectrum id=\"spectrum={number}\" index=\"{index}\" defaultArrayLength=\"0\">\n\
         {ms1}\n<scanList count=\"1\"><scan>\n{positions}\n</scan></scanList>\n\
         <binaryDataArrayList count=\"2\">\n{arrays}</binaryDataArrayList>\n</spectrum>\n",
        index = number - 1,
        ms1 = term("MS:1000579", "MS1 spectrum", ""),
        positions = positions.join("\n"),
        arrays = arrays.concat(),
    )
}

fn array(terms: &str, length: usize, (offset, n_bytes): (usize, usize)) -> String {
    let places = [
        term("IMS:1000102", "external offset", &offset.to_string()),
        term("IMS:1000103", "external array length", &length.to_string()),
        term(
            "IMS:1000104",
            "external encoded length",
            &n_bytes.to_string(),
        ),
    ];
    let places = places.join("\n");
    format!(
        "<binaryDataArray encodedLength=\"0\">\n{terms}\n{places}\n<binary/>\n</binaryDataArray>\n"
    )
}

fn document(form: Form, n_spectra: usize, list: &str) -> String {
    let mode = if form.is_continuous {
        term("IMS:1000030", "continuous", "")
    } else {
        term("IMS:1000031", "processed", "")
    };
    let groups = if form.is_grouped {
        let [mz, intensity] = array_terms(form);
        format!(
            "<referenceableParamGroupList count=\"2\">\n\
             <referenceableParamGroup id=\"mzArray\">{mz}</referenceableParamGroup>\n\
             <referenceableParamGroup id=\"intensityArray\">{intensity}</referenceableParamGroup>\n\
             </referenceableParamGroupList>\n"
        )
    } else {
        String::new()
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <mzML xmlns=\"http://psi.hupo.org/ms/mzml\" version=\"1.1\">\n\
         <fileDescription><fileContent>\n{mode}\n{uuid}\n</fileContent></fileDescription>\n\
         {groups}<run id=\"run\">\n<spectrumList count=\"{n_spectra}\">\n{list}</spectrumList>\n\
         </run>\n</mzML>\n",
        uuid = term(
            "IMS:1000080",
            "universally unique identifier",
            &format!("{{{UUID}}}")
        ),
    )
}
