//! The many ways in which an imzML dataset may be written, all read as the same thing.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{self, Read};

use ms_core::bytes::RangeRead;
use ms_core::imzml::{
    ChecksumAlgorithm, Choice, Dataset, Duplicates, Mode, Names, OTHER_PLANE, Oddity, Polarity,
    Representation, SpectrumEntry, SpectrumIdx,
};
use ms_core::isotopes::Instrument;
use tests::allocation::{Counting, peak_of};
use tests::imzml::{Files, Form, Peaks, UUID, ValueType, sample, term, write};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn names() -> Names {
    Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    }
}

fn open_at(xml: &[u8], ibd: &[u8], z: Option<u32>) -> Dataset {
    Dataset::open(&mut &*xml, Box::new(ibd.to_vec()), names(), z).unwrap()
}

fn open(files: &Files) -> Dataset {
    open_at(files.xml.as_bytes(), &files.ibd, None)
}

/// Every spectrum: m/z, intensities, and whether it was unsorted.
fn read_all(dataset: &Dataset) -> Vec<(Vec<f64>, Vec<f32>, bool)> {
    let mut reader = dataset.reader();
    let mut all = Vec::new();
    for i in 0..dataset.spectra.len() {
        let spectrum = reader.read(SpectrumIdx(i)).unwrap();
        all.push((
            spectrum.mzs.to_vec(),
            spectrum.intensities.to_vec(),
            spectrum.was_unsorted,
        ));
    }
    all
}

/// What [`sample`] reads as.
fn sample_as_read() -> Vec<(Vec<f64>, Vec<f32>, bool)> {
    let intensities = [[1.0, 2.0, 3.0], [10.0, 11.0, 12.0], [20.0, 21.0, 22.0]];
    intensities
        .map(|own| (vec![100.0, 250.0, 600.0], own.to_vec(), false))
        .to_vec()
}

fn assert_is_sample(dataset: &Dataset) {
    assert_eq!(read_all(dataset), sample_as_read());
    let places: Vec<_> = dataset
        .spectra
        .iter()
        .map(|entry| (entry.x, entry.y, entry.z))
        .collect();
    assert_eq!(places, [(1, 1, 1), (2, 1, 1), (1, 2, 1)]);
    assert_eq!(dataset.oddities, [Oddity::MissingPixels { n_pixels: 1 }]);
}

fn assert_xml_is_sample(xml: &[u8]) {
    assert_is_sample(&open_at(xml, &Files::sample().ibd, None));
}

fn sample_at(places: [(u32, u32, u32); 3]) -> Files {
    let mut spectra = sample();
    for (peaks, at) in spectra.iter_mut().zip(places) {
        peaks.at = at;
    }
    write(Form::default(), &spectra)
}

/// A dataset of one spectrum of these m/z values.
fn of_mzs(mzs: Vec<f64>) -> Files {
    let intensities = vec![1.0; mzs.len()];
    write(
        Form::default(),
        &[Peaks {
            at: (1, 1, 1),
            mzs,
            intensities,
        }],
    )
}

/// The XML with every element's name changed.
fn with_prefix(xml: &str, prefix: &str) -> String {
    let (declaration, body) = xml.split_at(xml.find("<mzML").unwrap());
    let body = body
        .replace('<', &format!("<{prefix}"))
        .replace(&format!("<{prefix}/"), &format!("</{prefix}"));
    declaration.to_owned() + &body
}

#[test]
fn continuous_and_processed() {
    for (is_continuous, mode) in [(true, Mode::Continuous), (false, Mode::Processed)] {
        let dataset = open(&write(
            Form {
                is_continuous,
                ..Form::default()
            },
            &sample(),
        ));
        assert_is_sample(&dataset);
        assert_eq!(dataset.header.mode, Some(mode));
        assert_eq!(
            dataset.spectra[0].mz == dataset.spectra[2].mz,
            is_continuous
        );
    }
}

#[test]
fn every_type_compression_and_place_of_terms() {
    use ValueType::{F32, F64, I32, I64, ImagingI32, ImagingI64};
    let types = [F32, F64, I32, ImagingI32, I64, ImagingI64];
    for mz_type in types {
        for intensity_type in types {
            for is_zlib in [false, true] {
                for is_grouped in [false, true] {
                    for is_continuous in [false, true] {
                        let form = Form {
                            is_continuous,
                            is_zlib,
                            is_grouped,
                            mz_type,
                            intensity_type,
                        };
                        assert_is_sample(&open(&write(form, &sample())));
                    }
                }
            }
        }
    }
}

#[test]
fn a_group_that_the_file_description_refers_to() {
    let mode = term("IMS:1000031", "processed", "");
    let files = Files::sample()
        .with(&mode, "<referenceableParamGroupRef ref=\"file\"/>")
        .with(
            "<referenceableParamGroupList count=\"2\">",
            &format!(
                "<referenceableParamGroupList count=\"3\"><referenceableParamGroup id=\"file\">\
                 {mode}</referenceableParamGroup>"
            ),
        );
    let dataset = open(&files);
    assert_is_sample(&dataset);
    assert_eq!(dataset.header.mode, Some(Mode::Processed));
}

#[test]
fn namespaces() {
    let Files { xml, .. } = Files::sample();
    let namespace = " xmlns=\"http://psi.hupo.org/ms/mzml\"";
    assert!(xml.contains(namespace));
    assert_xml_is_sample(xml.replace(namespace, "").as_bytes());
    let prefixed = with_prefix(&xml.replace("xmlns", "xmlns:mz"), "mz:");
    assert!(prefixed.contains("<mz:mzML xmlns:mz=") && prefixed.contains("</mz:spectrum>"));
    assert_xml_is_sample(prefixed.as_bytes());
}

#[test]
fn an_index_around_the_document() {
    let Files { xml, .. } = Files::sample();
    let xml = xml.replace("<mzML", "<indexedmzML><mzML").replace(
        "</mzML>",
        "</mzML><indexList count=\"0\"/><indexListOffset>0</indexListOffset></indexedmzML>",
    );
    assert_xml_is_sample(xml.as_bytes());
}

#[test]
fn uuids_in_any_dress() {
    let braced = format!("{{{UUID}}}");
    for uuid in [
        UUID.to_owned(),
        UUID.to_lowercase(),
        braced.clone(),
        braced.to_lowercase(),
        UUID.replace('-', ""),
        format!(" {{{}}} ", UUID.replace('-', "").to_lowercase()),
    ] {
        let dataset = open(&Files::sample().with(&braced, &uuid));
        assert_is_sample(&dataset);
        assert_eq!(
            dataset.header.uuid.unwrap(),
            "b40bb1b3cff34ab088b3e9685ef1edd7"
        );
    }
}

#[test]
fn a_uuid_with_little_endian_fields() {
    let mut files = Files::sample();
    for field in [0..4, 4..6, 6..8] {
        files.ibd[field].reverse();
    }
    assert_is_sample(&open(&files));
}

#[test]
fn no_uuid() {
    let stated = term(
        "IMS:1000080",
        "universally unique identifier",
        &format!("{{{UUID}}}"),
    );
    for instead in [
        "",
        &term("IMS:1000080", "universally unique identifier", ""),
    ] {
        let mut files = Files::sample().with(&stated, instead);
        files.ibd[..16].fill(7);
        let dataset = open(&files);
        assert_eq!(read_all(&dataset), sample_as_read());
        assert!(dataset.oddities.contains(&Oddity::NoUuid));
    }
}

#[test]
fn accessions_win_over_names() {
    let Files { xml, .. } = Files::sample();
    let xml = xml
        .replace("name=\"position x\"", "name=\"position y\"")
        .replace("name=\"m/z array\"", "name=\"intensity array\"")
        .replace("name=\"64-bit float\"", "name=\"32-bit float\"")
        .replace("name=\"external offset\"", "name=\"external array length\"")
        .replace("name=\"no compression\"", "name=\"zlib compression\"");
    assert_xml_is_sample(xml.as_bytes());
}

#[test]
fn numbers_with_exponents_and_fractions() {
    let Files { xml, .. } = Files::sample();
    let offset = |text: &str| format!("name=\"external offset\" value=\"{text}\"");
    let length = |text: &str| format!("name=\"external array length\" value=\"{text}\"");
    let xml = xml
        .replace(&offset("16"), &offset("1.6e+01"))
        .replace(&offset("52"), &offset(" 5.2E1 "))
        .replace(&length("3"), &length("3.0"))
        .replace(
            "name=\"position x\" value=\"2\"",
            "name=\"position x\" value=\"2.000\"",
        );
    assert_eq!(
        xml.matches("1.6e+01").count() + xml.matches("5.2E1").count(),
        2
    );
    assert_xml_is_sample(xml.as_bytes());
}

/// An ibd of which only the end holds anything.
struct Sparse {
    length: u64,
    uuid: Vec<u8>,
    end: Vec<u8>,
}

impl RangeRead for Sparse {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset == 0 {
            return RangeRead::read_at(&self.uuid, 0, out);
        }
        let end_start = self.length - self.end.len() as u64;
        let within = offset
            .checked_sub(end_start)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        RangeRead::read_at(&self.end, within, out)
    }
}

#[test]
fn an_offset_beyond_4_gib_with_an_exponent() {
    let mut spectra = sample();
    spectra.truncate(1);
    let files = write(Form::default(), &spectra);
    let xml = files
        .xml
        .replace(
            "name=\"external offset\" value=\"16\"",
            "name=\"external offset\" value=\"1.1561e+10\"",
        )
        .replace(
            "name=\"external offset\" value=\"40\"",
            "name=\"external offset\" value=\"11561000024\"",
        );
    let ibd = Sparse {
        length: 11_561_000_036,
        uuid: files.ibd[..16].to_vec(),
        end: files.ibd[16..].to_vec(),
    };
    let names = Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    };
    let dataset = Dataset::open(&mut xml.as_bytes(), Box::new(ibd), names, None).unwrap();
    assert_eq!(read_all(&dataset), sample_as_read()[..1]);
}

#[test]
fn coordinates_from_0_from_1_and_from_1000() {
    for first in [0, 1, 1000, 4_000_000_000] {
        let dataset = open(&sample_at([
            (first, first + 5, 1),
            (first + 1, first + 5, 1),
            (first, first + 6, 1),
        ]));
        assert_eq!(dataset.pixels.origin, (first, first + 5));
        assert_eq!(
            (dataset.pixels.raster.width, dataset.pixels.raster.height),
            (2, 2)
        );
        assert_eq!(dataset.pixels.raster.places, [0, 1, 2]);
        assert_eq!(dataset.pixels.pixel_of_spectrum, [0, 1, 2]);
    }
}

#[test]
fn planes_are_kept_apart() {
    let files = sample_at([(1, 1, 3), (1, 1, 7), (2, 1, 7)]);
    let both = open(&files);
    // 2 columns, a row each, and 3 empty ones between.
    assert_eq!(both.pixels.raster.places, [0, 8, 9]);
    assert_eq!(both.pixels.pixel_of_spectrum, [0, 1, 2]);
    assert_eq!(
        both.oddities,
        [
            Oddity::MissingPixels { n_pixels: 1 },
            Oddity::Stack {
                planes: vec![3, 7],
                rows: 1
            }
        ]
    );
    let first = open_at(files.xml.as_bytes(), &files.ibd, Some(3));
    assert_eq!(
        first
            .spectra
            .iter()
            .map(|entry| entry.z)
            .collect::<Vec<_>>(),
        [3, 7, 7]
    );
    assert_eq!(
        first.pixels.pixel_of_spectrum,
        [0, OTHER_PLANE, OTHER_PLANE]
    );
    assert_eq!(
        first.oddities,
        [Oddity::OtherPlanes {
            z: 3,
            others: vec![7]
        }]
    );
    let second = open_at(files.xml.as_bytes(), &files.ibd, Some(7));
    assert_eq!(second.pixels.pixel_of_spectrum, [OTHER_PLANE, 0, 1]);
    assert_eq!(second.pixels.planes, [3, 7]);
    assert_eq!(
        second.oddities,
        [Oddity::OtherPlanes {
            z: 7,
            others: vec![3]
        }]
    );
}

#[test]
fn no_plane_is_the_first() {
    let Files { xml, .. } = Files::sample();
    assert_xml_is_sample(xml.replace("IMS:1000052", "IMS:1000053").as_bytes());
}

#[test]
fn missing_pixels() {
    let dataset = open(&sample_at([(1, 1, 1), (4, 1, 1), (2, 3, 1)]));
    assert_eq!(dataset.oddities, [Oddity::MissingPixels { n_pixels: 9 }]);
    assert_eq!(dataset.pixels.raster.places, [0, 3, 9]);
}

#[test]
fn duplicate_pixels() {
    let dataset = open(&sample_at([(1, 1, 1), (2, 1, 1), (1, 1, 1)]));
    assert_eq!(
        dataset.oddities,
        [Oddity::DuplicatePixels {
            n_spectra: 1,
            is_averaged: false
        }]
    );
    assert_eq!(dataset.pixels.pixel_of_spectrum, [0, 1, 0]);
}

#[test]
fn duplicate_pixels_are_averaged_where_that_is_wanted() {
    let files = sample_at([(1, 1, 1), (2, 1, 1), (1, 1, 1)]);
    let as_written = read_all(&open(&files));
    let choice = Choice {
        duplicates: Duplicates::Mean,
        ..Choice::default()
    };
    let ibd = Box::new(files.ibd.clone());
    let averaged = Dataset::open_chosen(&mut files.xml.as_bytes(), ibd, names(), choice).unwrap();
    assert_eq!(
        averaged.oddities,
        [Oddity::DuplicatePixels {
            n_spectra: 1,
            is_averaged: true
        }]
    );
    let found = read_all(&averaged);
    // Two spectra lie at the first pixel, one at the other.
    for (spectrum, n) in [(0, 2.0), (1, 1.0), (2, 2.0)] {
        assert_eq!(found[spectrum].0, as_written[spectrum].0);
        let halved: Vec<f32> = as_written[spectrum].1.iter().map(|i| i / n).collect();
        assert!(!halved.is_empty());
        assert_eq!(found[spectrum].1, halved);
    }
}

#[test]
fn spectra_in_another_order_than_in_the_ibd() {
    let Files { xml, ibd } = Files::sample();
    let start = xml.find("<spectrum ").unwrap();
    let end = xml.find("</spectrumList>").unwrap();
    let spectra: Vec<&str> = xml[start..end].split_inclusive("</spectrum>\n").collect();
    let shuffled = [spectra[2], spectra[0], spectra[1]].concat();
    let dataset = open(&Files {
        xml: [&xml[..start], &shuffled, &xml[end..]].concat(),
        ibd,
    });
    let [first, second, third] = sample_as_read().try_into().unwrap();
    assert_eq!(read_all(&dataset), [third, first, second]);
    assert_eq!((dataset.spectra[0].x, dataset.spectra[0].y), (1, 2));
}

#[test]
fn empty_spectra() {
    for is_zlib in [false, true] {
        let mut spectra = sample();
        spectra[1].mzs.clear();
        spectra[1].intensities.clear();
        let dataset = open(&write(
            Form {
                is_zlib,
                ..Form::default()
            },
            &spectra,
        ));
        let mut expected = sample_as_read();
        expected[1] = (Vec::new(), Vec::new(), false);
        assert_eq!(read_all(&dataset), expected);
        assert!(
            dataset
                .oddities
                .contains(&Oddity::EmptySpectra { n_spectra: 1 })
        );
    }
}

#[test]
fn an_empty_spectrum_whose_offset_is_nowhere() {
    let mut spectra = sample();
    spectra[2].mzs.clear();
    spectra[2].intensities.clear();
    let mut files = write(Form::default(), &spectra);
    for _ in 0..2 {
        files = files.with_in_spectrum(3, "value=\"88\"", "value=\"999999\"");
    }
    assert_eq!(read_all(&open(&files))[2], (Vec::new(), Vec::new(), false));
}

#[test]
fn one_line_without_indentation() {
    let Files { xml, .. } = Files::sample();
    assert_xml_is_sample(xml.replace('\n', "").as_bytes());
    assert_xml_is_sample(xml.replace('\n', "\r\n\t  ").as_bytes());
}

#[test]
fn comments_and_instructions() {
    let Files { xml, .. } = Files::sample();
    let xml = xml.replace(
        "<scan>",
        "<!-- <spectrum> --><?tool x?><scan><![CDATA[<spectrum>]]>",
    );
    assert_xml_is_sample(xml.as_bytes());
}

#[test]
fn predefined_entities_and_character_references() {
    let Files { xml, .. } = Files::sample();
    let xml = xml
        .replace(
            "name=\"position x\" value=\"2\"",
            "name=\"&lt;x&gt;\" value=\"&#50;\"",
        )
        .replace("<binary/>", "<binary>&amp;&#x41;</binary>");
    assert_xml_is_sample(xml.as_bytes());
}

#[test]
fn a_byte_of_iso_8859_1() {
    let Files { xml, .. } = Files::sample();
    let bytes = |declared: &str| -> Vec<u8> {
        let (head, tail) = xml.split_at(xml.find("<fileDescription>").unwrap());
        let analyzer = "<instrumentConfiguration id=\"i\"><cvParam accession=\"MS:1000484\" name=\"orbitrap d'";
        let head = head.replace(" encoding=\"UTF-8\"", declared) + analyzer;
        [
            head.as_bytes(),
            b"\xe9t\xe9\"/></instrumentConfiguration>",
            tail.as_bytes(),
        ]
        .concat()
    };
    let name = |bytes: &[u8]| {
        assert_xml_is_sample(bytes);
        open_at(bytes, &Files::sample().ibd, None)
            .header
            .analyzer
            .unwrap()
            .term
    };
    assert_eq!(name(&bytes(" encoding=\"ISO-8859-1\"")), "orbitrap d'été");
    assert_eq!(
        name(&bytes(" encoding='iso-8859-1' standalone=\"yes\"")),
        "orbitrap d'été"
    );
    // A file that says UTF-8, or nothing, and is not, is read but for the letters that are wrong.
    assert_eq!(
        name(&bytes(" encoding=\"UTF-8\"")),
        "orbitrap d'\u{fffd}t\u{fffd}"
    );
    assert_eq!(name(&bytes("")), "orbitrap d'\u{fffd}t\u{fffd}");
}

#[test]
fn utf_16_with_a_byte_order_mark() {
    let xml = format!("\u{feff}{}", Files::sample().xml.replace("UTF-8", "UTF-16"));
    let little: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = xml.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_xml_is_sample(&little);
    assert_xml_is_sample(&big);
}

#[test]
fn utf_16_declared_but_not_used() {
    assert_xml_is_sample(Files::sample().xml.replace("UTF-8", "utf-16").as_bytes());
}

#[test]
fn a_utf_8_byte_order_mark() {
    let Files { xml, .. } = Files::sample();
    assert_xml_is_sample(format!("\u{feff}{xml}").as_bytes());
    assert_xml_is_sample(format!("\u{feff}{}", xml.replace(" encoding=\"UTF-8\"", "")).as_bytes());
    assert_xml_is_sample(format!("\u{feff}{}", xml.replace("UTF-8", "ISO-8859-1")).as_bytes());
}

#[test]
fn unsorted_mzs_are_sorted_and_told() {
    for is_continuous in [false, true] {
        let mut spectra = sample();
        for peaks in &mut spectra {
            peaks.mzs = vec![600.0, 100.0, 250.0];
        }
        let dataset = open(&write(
            Form {
                is_continuous,
                ..Form::default()
            },
            &spectra,
        ));
        for (i, (mzs, intensities, was_unsorted)) in read_all(&dataset).into_iter().enumerate() {
            assert_eq!(mzs, [100.0, 250.0, 600.0]);
            let first = sample_as_read()[i].1[0];
            assert_eq!(intensities, [first + 1.0, first + 2.0, first]);
            assert!(was_unsorted);
        }
    }
}

#[test]
fn checksums() {
    // Of the bytes of the sample, by Python's hashlib.
    for (accession, algorithm, digits) in [
        (
            "IMS:1000090",
            ChecksumAlgorithm::Md5,
            "62acae409559c5704c4d67b40e685e50",
        ),
        (
            "IMS:1000091",
            ChecksumAlgorithm::Sha1,
            "19dd579aae7494c34de4b3842bc5af923d53e9c3",
        ),
        (
            "IMS:1000092",
            ChecksumAlgorithm::Sha256,
            "3c9de492f1ceb48cf0692a7abab0b5303b1ad5250dab71c032670dde814cd4e1",
        ),
    ] {
        for digits in [digits.to_owned(), digits.to_uppercase()] {
            let stated = term(accession, "ibd checksum", &digits);
            let dataset =
                open(&Files::sample().with("</fileContent>", &format!("{stated}</fileContent>")));
            let checksum = dataset.verify_checksum().unwrap();
            assert_eq!(checksum.algorithm, algorithm);
            assert_eq!(checksum.digits, digits.to_lowercase());
        }
    }
}

#[test]
fn stated_representation() {
    for (accession, representation) in [
        ("MS:1000127", Representation::Centroid),
        ("MS:1000128", Representation::Profile),
    ] {
        let stated = term(accession, "", "");
        let in_file = Files::sample().with("</fileContent>", &format!("{stated}</fileContent>"));
        assert_eq!(open(&in_file).header.representation, Some(representation));
        let in_spectrum = Files::sample().with_in_spectrum(3, "<scanList", &(stated + "<scanList"));
        assert_eq!(
            open(&in_spectrum).header.representation,
            Some(representation)
        );
    }
    assert_eq!(open(&Files::sample()).header.representation, None);
}

#[test]
fn observed_representation() {
    let observe = |mzs: Vec<f64>| open(&of_mzs(mzs)).observed_representation().unwrap();
    let steps = |n: u32| (0..n).map(f64::from);
    let equally_spaced = steps(200).map(|i| 200.0 + 0.002 * i).collect();
    assert_eq!(observe(equally_spaced), Some(Representation::Profile));
    let widening = steps(2000).map(|i| 200.0 * (1e-5 * i).exp()).collect();
    assert_eq!(observe(widening), Some(Representation::Profile));
    // Fractional parts of multiples of the golden ratio: irregular, the same each time.
    let irregular = steps(200)
        .map(|i| 200.0 + i + 0.8 * (i * 0.618_034).fract())
        .collect();
    assert_eq!(observe(irregular), Some(Representation::Centroid));
    let close = steps(200)
        .map(|i| 200.0 + 0.1 * i + 0.08 * (i * 0.618_034).fract())
        .collect();
    assert_eq!(observe(close), Some(Representation::Centroid));
    let all_equal = vec![200.0; 100];
    assert_eq!(observe(all_equal), Some(Representation::Centroid));
    assert_eq!(observe(steps(5).map(|i| 200.0 + i).collect()), None);
}

#[test]
fn polarity() {
    let with = |number, accession: &str| {
        Files::sample().with_in_spectrum(
            number,
            "<scanList",
            &(term(accession, "scan", "") + "<scanList"),
        )
    };
    assert_eq!(open(&Files::sample()).header.polarity, None);
    assert_eq!(
        open(&with(1, "MS:1000130")).header.polarity,
        Some(Polarity::Positive)
    );
    assert_eq!(
        open(&with(1, "MS:1000129")).header.polarity,
        Some(Polarity::Negative)
    );
    let positive = term("MS:1000130", "positive scan", "");
    let both = with(1, "MS:1000129").with_in_spectrum(3, "<scanList", &(positive + "<scanList"));
    let dataset = open(&both);
    assert_eq!(dataset.header.polarity, None);
    assert!(dataset.oddities.contains(&Oddity::MixedPolarity));
}

#[test]
fn analyzers() {
    for (accession, name, instrument) in [
        ("MS:1000484", "orbitrap", Instrument::Orbitrap),
        (
            "MS:1000079",
            "fourier transform ion cyclotron resonance",
            Instrument::Fticr,
        ),
        ("MS:1000084", "time-of-flight", Instrument::Tof),
        ("MS:1001911", "Q Exactive", Instrument::Orbitrap),
        ("MS:1001549", "solariX", Instrument::Fticr),
    ] {
        let stated = term(accession, name, "");
        let configuration = format!(
            "<instrumentConfigurationList count=\"1\"><instrumentConfiguration id=\"i\">\
             <componentList><analyzer order=\"1\">{stated}</analyzer></componentList>\
             </instrumentConfiguration></instrumentConfigurationList><run"
        );
        let analyzer = open(&Files::sample().with("<run", &configuration))
            .header
            .analyzer;
        let analyzer = analyzer.unwrap();
        assert_eq!(
            (analyzer.instrument, analyzer.term.as_str()),
            (instrument, name)
        );
    }
    assert_eq!(open(&Files::sample()).header.analyzer, None);
}

#[test]
fn chromatograms_are_passed_over() {
    let chromatograms = format!(
        "<chromatogramList count=\"1\"><chromatogram id=\"TIC\"><binaryDataArrayList count=\"2\">\
         <binaryDataArray encodedLength=\"4\">{}{}<binary>AAAA</binary></binaryDataArray>\
         <binaryDataArray encodedLength=\"4\">{}{}<binary>AAAA</binary></binaryDataArray>\
         </binaryDataArrayList></chromatogram></chromatogramList></run>",
        term("MS:1000595", "time array", ""),
        ValueType::F32.term(),
        term("MS:1000515", "intensity array", ""),
        ValueType::F32.term(),
    );
    assert_is_sample(&open(&Files::sample().with("</run>", &chromatograms)));
}

#[test]
fn arrays_of_other_kinds_are_passed_over() {
    let other = format!(
        "<binaryDataArray encodedLength=\"0\">{}{}<binary/></binaryDataArray></binaryDataArrayList>",
        term("MS:1003007", "raw ion mobility array", ""),
        ValueType::F32.term()
    );
    let files = Files::sample().with_in_spectrum(2, "</binaryDataArrayList>", &other);
    let dataset = open(&files);
    assert_eq!(read_all(&dataset), sample_as_read());
    let told = Oddity::IonMobility { n_spectra: 1 };
    assert!(dataset.oddities.contains(&told), "{:?}", dataset.oddities);
}

#[test]
fn a_wrong_spectrum_count_is_told() {
    for (count, stated) in [("1000000000000", 1_000_000_000_000), ("1", 1)] {
        let files = Files::sample().with("count=\"3\"", &format!("count=\"{count}\""));
        let (dataset, peak) = peak_of(|| open(&files));
        assert!(
            dataset
                .oddities
                .contains(&Oddity::SpectrumCount { stated, found: 3 })
        );
        assert_eq!(read_all(&dataset), sample_as_read());
        assert!(peak < 1 << 20, "{peak}");
    }
}

/// The XML of `n` spectra, made while it is read.
struct Streamed {
    n: u32,
    /// Spectra so far.
    next: u32,
    head: String,
    tail: String,
    made: io::Cursor<Vec<u8>>,
}

impl Read for Streamed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.made.position() == self.made.get_ref().len() as u64 {
            let mut text = std::mem::take(&mut self.head);
            let end = self.n.min(self.next + 64);
            for i in self.next..end {
                let (x, y) = (i % 1000, i / 1000);
                let spectrum = format!(
                    "<spectrum><cvParam accession=\"IMS:1000050\" value=\"{x}\"/>\
                     <cvParam accession=\"IMS:1000051\" value=\"{y}\"/>\
                     <binaryDataArray><referenceableParamGroupRef ref=\"m\"/></binaryDataArray>\
                     <binaryDataArray><referenceableParamGroupRef ref=\"i\"/></binaryDataArray>\
                     </spectrum>"
                );
                text += &spectrum;
            }
            if end == self.n {
                text += &std::mem::take(&mut self.tail);
            }
            self.next = end;
            self.made = io::Cursor::new(text.into_bytes());
        }
        self.made.read(out)
    }
}

#[test]
fn a_million_spectra() {
    const N: u32 = 1_000_000;
    let group = |id: &str, kind: &str, value_type: ValueType, offset: &str| {
        format!(
            "<referenceableParamGroup id=\"{id}\">{}{}{}{}</referenceableParamGroup>",
            term(kind, "", ""),
            value_type.term(),
            term("IMS:1000102", "", offset),
            term("IMS:1000103", "", "3"),
        )
    };
    let groups = group("m", "MS:1000514", ValueType::F64, "16")
        + &group("i", "MS:1000515", ValueType::F32, "40");
    let mut xml = Streamed {
        n: N,
        next: 0,
        head: format!("<mzML>{groups}<spectrumList count=\"{N}\">"),
        tail: "</spectrumList></mzML>".into(),
        made: io::Cursor::default(),
    };
    let names = Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    };
    let ibd = Box::new(Files::sample().ibd);
    let (dataset, peak) = peak_of(|| Dataset::open(&mut xml, ibd, names, None).unwrap());
    let n = dataset.spectra.len();
    assert_eq!(n, N as usize);
    assert_eq!(size_of::<SpectrumEntry>(), 64);
    assert_eq!(dataset.spectra.capacity(), n);
    assert_eq!(dataset.pixels.raster.n_pixels(), n);
    assert_eq!(dataset.oddities, [Oddity::NoUuid]);
    // While the table doubles, the old one is still there.
    assert!(peak < 64 * 3 * n, "{} bytes a spectrum", peak / n);
    assert_eq!(
        dataset.reader().read(SpectrumIdx(n - 1)).unwrap().mzs,
        [100.0, 250.0, 600.0]
    );
}
