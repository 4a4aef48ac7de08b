//! Arrays of spectra that are more than plain numbers: MS-Numpress, and ion mobilities.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Read;

use ms_core::imzml::{Choice, Dataset, ImzmlError, MobilityRange, Names, Oddity, SpectrumIdx};
use tests::imzml::{Files, Form, Peaks, sample, write, write_encoded};
use tests::program::WorkingFolder;

fn open(files: &Files, choice: Choice) -> Result<Dataset, ImzmlError> {
    let names = Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    };
    let ibd = Box::new(files.ibd.clone());
    Dataset::open_chosen(&mut files.xml.as_bytes(), ibd, names, choice)
}

fn opened(files: &Files) -> Dataset {
    open(files, Choice::default()).unwrap()
}

/// m/z and intensities of every spectrum.
fn read_all(dataset: &Dataset) -> Vec<(Vec<f64>, Vec<f32>)> {
    let mut reader = dataset.reader();
    (0..dataset.spectra.len())
        .map(|place| {
            let spectrum = reader.read(SpectrumIdx(place)).unwrap();
            (spectrum.mzs.to_vec(), spectrum.intensities.to_vec())
        })
        .collect()
}

/// The sample as it is when it is written plainly.
fn sample_as_read() -> Vec<(Vec<f64>, Vec<f32>)> {
    read_all(&opened(&Files::sample()))
}

/// The m/z of the sample in MS-Numpress, linear, in steps of 1 Th: 600 is 200 above the line through 100
/// and 250.
fn numpressed_mzs() -> Vec<u8> {
    let mut bytes = 1.0_f64.to_be_bytes().to_vec();
    bytes.extend(100_u32.to_le_bytes());
    bytes.extend(250_u32.to_le_bytes());
    bytes.extend([0x68, 0xc0]);
    bytes
}

/// The intensities of the three spectra of the sample, as positive integers.
const NUMPRESSED_COUNTS: [&[u8]; 3] = [
    &[0x71, 0x72, 0x73],
    &[0x7a, 0x7b, 0x7c],
    &[0x64, 0x16, 0x51, 0x66, 0x10],
];

#[test]
fn arrays_in_numpress_are_read() {
    let arrays = || NUMPRESSED_COUNTS.map(|counts| [numpressed_mzs(), counts.to_vec()]);
    let zlib = |bytes: &[u8]| {
        let mut packed = Vec::new();
        let mut encoder = flate2::bufread::ZlibEncoder::new(bytes, flate2::Compression::fast());
        encoder.read_to_end(&mut packed).unwrap();
        packed
    };
    let plain = write_encoded(["MS:1002312", "MS:1002313"], &sample(), arrays());
    assert_eq!(read_all(&opened(&plain)), sample_as_read());
    for accessions in [["MS:1002746", "MS:1002747"], ["IMS:1005013", "IMS:1005014"]] {
        let packed = arrays().map(|arrays| arrays.map(|bytes| zlib(&bytes)));
        let files = write_encoded(accessions, &sample(), packed);
        assert_eq!(
            read_all(&opened(&files)),
            sample_as_read(),
            "{accessions:?}"
        );
    }
    // Intensities as logarithms, of which 16 bits are kept.
    let logged = sample().into_iter().map(|peaks| {
        let mut bytes = 2_000.0_f64.to_be_bytes().to_vec();
        for value in peaks.intensities {
            let number = (value.ln_1p() * 2_000.0).round();
            bytes.extend(
                (0..=u16::MAX)
                    .find(|&n| f64::from(n) >= number)
                    .unwrap()
                    .to_le_bytes(),
            );
        }
        [numpressed_mzs(), bytes]
    });
    let files = write_encoded(["MS:1002312", "MS:1002314"], &sample(), logged);
    for (found, expected) in read_all(&opened(&files)).iter().zip(sample_as_read()) {
        assert_eq!(found.0, expected.0);
        for (found, expected) in found.1.iter().zip(expected.1) {
            assert!(
                (found - expected).abs() < 1e-3 * expected,
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn numpress_that_is_not_of_so_many_values_is_refused() {
    let [first, second, _] = NUMPRESSED_COUNTS;
    for (place, counts) in [(1, &second[..2]), (0, &[0x71, 0x72, 0x73, 0x74, 0x75])] {
        let mut all = [first, second, NUMPRESSED_COUNTS[2]];
        all[place] = counts;
        let arrays = all.map(|counts| [numpressed_mzs(), counts.to_vec()]);
        let files = write_encoded(["MS:1002312", "MS:1002313"], &sample(), arrays);
        let dataset = opened(&files);
        let refused = dataset
            .reader()
            .read(SpectrumIdx(place))
            .unwrap_err()
            .to_string();
        let expected = format!("the intensity array of spectrum {} at byte", place + 1);
        assert!(
            refused.contains(&expected) && refused.contains("does not unpack"),
            "{refused}"
        );
    }
    // More values than there are half-bytes are refused before memory is taken for them.
    let arrays = NUMPRESSED_COUNTS.map(|counts| [numpressed_mzs(), counts.to_vec()]);
    let files = write_encoded(["MS:1002312", "MS:1002313"], &sample(), arrays);
    let xml = files.xml.replace(
        "name=\"external array length\" value=\"3\"",
        "name=\"external array length\" value=\"4000000000\"",
    );
    let files = Files { xml, ..files };
    let refused = open(&files, Choice::default()).unwrap_err();
    assert!(refused.to_string().contains("does not unpack"), "{refused}");
}

/// The choice of points of some ion mobilities.
fn of_mobilities(low: f64, high: f64) -> Choice {
    Choice {
        mobility: Some(MobilityRange { low, high }),
        ..Choice::default()
    }
}

/// Three spectra of two points each of one m/z and of different ion mobilities, out of order.
fn with_mobilities() -> Files {
    let mut spectra = sample();
    for peaks in &mut spectra {
        peaks.mzs = vec![250.0, 100.0, 250.0, 100.0];
        let first = peaks.intensities[0];
        peaks.intensities = vec![first, first + 1.0, first + 2.0, first + 3.0];
    }
    let mobilities = vec![vec![0.9, 0.9, 1.25, f64::NAN]; 3];
    write(Form::default(), &spectra).with_mobilities(&mobilities)
}

#[test]
fn points_of_some_ion_mobilities_are_looked_at() {
    let files = with_mobilities();
    let read = |choice| {
        let dataset = open(&files, choice).unwrap();
        let mut reader = dataset.reader();
        let spectrum = reader.read(SpectrumIdx(1)).unwrap();
        let peaks: Vec<(f64, f32)> = spectrum
            .mzs
            .iter()
            .copied()
            .zip(spectrum.intensities.iter().copied())
            .collect();
        assert_eq!(spectrum.n_padding, 0);
        (peaks, dataset.oddities.clone())
    };
    let (all, told) = read(Choice::default());
    assert_eq!(
        all,
        [(100.0, 11.0), (100.0, 13.0), (250.0, 10.0), (250.0, 12.0)]
    );
    assert!(
        told.contains(&Oddity::IonMobility { n_spectra: 3 }),
        "{told:?}"
    );
    let range = MobilityRange {
        low: 1.0,
        high: 1.25,
    };
    let (slow, told) = read(of_mobilities(1.0, 1.25));
    assert_eq!(slow, [(250.0, 12.0)]);
    assert!(
        told.contains(&Oddity::MobilityRange {
            n_spectra: 3,
            range
        }),
        "{told:?}"
    );
    let (fast, _) = read(of_mobilities(f64::NEG_INFINITY, 0.9));
    assert_eq!(fast, [(100.0, 11.0), (250.0, 10.0)]);
    assert_eq!(read(of_mobilities(2.0, 3.0)).0, []);
}

#[test]
fn ion_mobilities_that_are_not_there_are_refused() {
    let refused = |files: &Files| {
        open(files, of_mobilities(0.0, 1.0))
            .err()
            .unwrap()
            .to_string()
    };
    let found = refused(&Files::sample());
    assert!(
        found.contains("spectrum 1 has no ion mobilities") && found.contains("--mobility-min"),
        "{found}"
    );
    let mut short = with_mobilities();
    short.ibd.truncate(short.ibd.len() - 1);
    let found = refused(&short);
    assert!(
        found.contains("the ion mobility array of spectrum 3 ends at byte"),
        "{found}"
    );
    let lists = [vec![1.0; 3], vec![1.0; 2], vec![1.0; 3]];
    let found = refused(&Files::sample().with_mobilities(&lists));
    assert!(
        found.contains("spectrum 2 has 3 m/z values but 2 ion mobilities"),
        "{found}"
    );
    // Who does not ask for them is not bothered.
    opened(&short);
}

/// A simulated tissue, in which each peak is met a second time at another ion mobility, elsewhere.
#[test]
fn a_tissue_is_annotated_at_some_ion_mobilities_in_one_piece_and_as_tasks() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    let simulated = {
        let (xml, ibd) = (work.read("tissue/demo.imzML"), work.read("tissue/demo.ibd"));
        let names = Names {
            imzml: "demo.imzML".into(),
            ibd: "demo.ibd".into(),
        };
        Dataset::open(&mut xml.as_slice(), Box::new(ibd), names, None).unwrap()
    };
    let mut reader = simulated.reader();
    let mut spectra = Vec::new();
    for (place, entry) in simulated.spectra.iter().enumerate() {
        let spectrum = reader.read(SpectrumIdx(place)).unwrap();
        spectra.push(Peaks {
            at: (entry.x, entry.y, entry.z),
            mzs: spectrum.mzs.to_vec(),
            intensities: spectrum
                .intensities
                .iter()
                .map(|&value| value.into())
                .collect(),
        });
    }
    let plain = write(Form::default(), &spectra);
    let elsewhere: Vec<Peaks> = spectra.iter().rev().cloned().collect();
    let mut mobilities = Vec::new();
    for (peaks, other) in spectra.iter_mut().zip(elsewhere) {
        let (n, n_other) = (peaks.mzs.len(), other.mzs.len());
        peaks.mzs.extend(other.mzs);
        peaks
            .intensities
            .extend(other.intensities.iter().map(|value| value * 3.0));
        mobilities.push([vec![0.8; n], vec![1.1; n_other]].concat());
    }
    let mixed = write(Form::default(), &spectra).with_mobilities(&mobilities);
    for (name, files) in [("plain", plain), ("mixed", mixed)] {
        work.write(&format!("{name}.imzML"), files.xml);
        work.write(&format!("{name}.ibd"), files.ibd);
    }
    let line = "--quiet --polarity positive --instrument orbitrap --no-coloc --out";
    let range = "--mobility-max 1 --mobility-min 0.5";
    for command in [
        format!("annotate plain.imzML {line} plain"),
        format!("annotate mixed.imzML {line} added"),
        format!("annotate mixed.imzML {line} ranged {range}"),
        format!("submit mixed.imzML {line} tasks {range}"),
        format!("convert mixed.imzML ranged.imzML --quiet {range}"),
        format!("annotate ranged.imzML {line} converted"),
    ] {
        work.run(&command).succeeded();
    }
    assert!(work.ions("plain").len() > 20);
    for same in ["ranged", "tasks", "converted"] {
        for table in ["annotations.parquet", "ion_images.parquet"] {
            let bytes = |folder: &str| work.read(&format!("{folder}/{table}"));
            assert!(bytes("plain") == bytes(same), "{table} of {same} differs");
        }
    }
    assert_ne!(
        work.read("plain/ion_images.parquet"),
        work.read("added/ion_images.parquet")
    );
    let warnings = work.json("ranged/run.json")["warnings"].to_string();
    assert!(
        warnings.contains("ion mobilities from 0.5 to 1"),
        "{warnings}"
    );
    work.run("annotate mixed.imzML --quiet --mobility-min 2 --mobility-max 1 --out wrong")
        .refused(1, &["--mobility-min", "2 is above --mobility-max 1"]);
    work.run("annotate plain.imzML --quiet --mobility-min 1 --out wrong")
        .refused(1, &["spectrum 1 has no ion mobilities"]);
}
