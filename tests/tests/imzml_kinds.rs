//! Files as laboratories have them: what is odd about them is read rightly, and told.

#![expect(clippy::unwrap_used, reason = "tests")]

use ms_core::imzml::{
    Choice, Dataset, Duplicates, ImzmlError, Names, OTHER_PLANE, Oddity, Polarity, SpectrumIdx,
};
use tests::imzml::{Files, Form, Peaks, sample, term, write};

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

/// The sample, with a term in the spectrum of that number, from 1.
fn with_term(files: Files, number: usize, accession: &str, name: &str, value: &str) -> Files {
    let list = "<scanList count=\"1\">";
    files.with_in_spectrum(
        number,
        list,
        &format!("{}{list}", term(accession, name, value)),
    )
}

fn first_mz(dataset: &Dataset, spectrum: usize) -> f64 {
    dataset.reader().read(SpectrumIdx(spectrum)).unwrap().mzs[0]
}

#[test]
fn spectra_of_fragments_are_left_out() {
    let files = with_term(Files::sample(), 2, "MS:1000511", "ms level", "2");
    let files = with_term(files, 3, "MS:1000511", "ms level", "0");
    let dataset = opened(&files);
    assert_eq!(dataset.pixels.pixel_of_spectrum, [0, OTHER_PLANE, 1]);
    assert_eq!(dataset.oddities, [Oddity::Fragments { n_spectra: 1 }]);
    let called = with_term(Files::sample(), 1, "MS:1000580", "MSn spectrum", "");
    assert_eq!(
        opened(&called).oddities,
        [
            Oddity::Fragments { n_spectra: 1 },
            Oddity::MissingPixels { n_pixels: 2 }
        ]
    );
}

#[test]
fn of_two_polarities_the_one_that_is_wanted_is_looked_at() {
    let mut files = Files::sample();
    files.xml = files.xml.replace("MS:1000130", "MS:1000499");
    let files = with_term(files, 1, "MS:1000130", "positive scan", "");
    let files = with_term(files, 2, "MS:1000129", "negative scan", "");
    let files = with_term(files, 3, "MS:1000130", "positive scan", "");
    let both = opened(&files);
    assert_eq!(
        (both.header.polarity, both.header.is_polarity_mixed),
        (None, true)
    );
    let choice = Choice {
        polarity: Some(Polarity::Positive),
        ..Choice::default()
    };
    let positive = open(&files, choice).unwrap();
    assert_eq!(positive.header.polarity, Some(Polarity::Positive));
    assert_eq!(positive.pixels.pixel_of_spectrum, [0, OTHER_PLANE, 1]);
    let left_out = Oddity::OtherPolarity {
        polarity: Polarity::Positive,
        n_spectra: 1,
    };
    assert!(
        positive.oddities.contains(&left_out),
        "{:?}",
        positive.oddities
    );
}

#[test]
fn a_spectrum_without_a_position_is_left_out() {
    let files = Files::sample().with_in_spectrum(2, "IMS:1000050", "IMS:1000053");
    let dataset = opened(&files);
    assert_eq!(dataset.pixels.pixel_of_spectrum, [0, OTHER_PLANE, 1]);
    assert_eq!(dataset.oddities, [Oddity::NoPosition { n_spectra: 1 }]);
}

#[test]
fn a_plane_that_is_not_named_is_that_of_the_others() {
    let mut files = Files::sample();
    files.xml = files.xml.replace(
        &term("IMS:1000052", "position z", "1"),
        &term("IMS:1000052", "position z", "0"),
    );
    let files = files.with_in_spectrum(2, "IMS:1000052", "IMS:1000053");
    let dataset = opened(&files);
    assert_eq!(dataset.pixels.planes, [0]);
    assert_eq!(dataset.pixels.n_spectra(), 3);
}

#[test]
fn padding_is_left_out_and_counted() {
    let mut spectra = sample();
    spectra[1].mzs = vec![0.0, 250.0, 0.0];
    spectra[1].intensities = vec![0.0, 7.0, 0.0];
    let dataset = opened(&write(Form::default(), &spectra));
    let mut reader = dataset.reader();
    let spectrum = reader.read(SpectrumIdx(1)).unwrap();
    assert_eq!(
        (spectrum.mzs, spectrum.intensities),
        (&[250.0][..], &[7.0][..])
    );
    assert_eq!(spectrum.n_padding, 2);
    // An m/z of 0 that has a signal is wrong.
    spectra[1].intensities[2] = 1.0;
    let dataset = opened(&write(Form::default(), &spectra));
    let error = dataset.reader().read(SpectrumIdx(1)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("value 3 of the m/z array of spectrum 2 is 0"),
        "{error}"
    );
}

#[test]
fn encoded_lengths_of_nothing_or_of_values_are_tolerated() {
    for length in ["0", "3"] {
        let old = "name=\"external encoded length\" value=\"24\"";
        let new = format!("name=\"external encoded length\" value=\"{length}\"");
        let files = Files::sample().with_in_spectrum(2, old, &new);
        assert!(
            (first_mz(&opened(&files), 1) - 100.0).abs() < 1e-12,
            "{length}"
        );
    }
}

#[test]
fn a_group_that_is_not_defined_is_told_where_nothing_needs_it() {
    let reference = "<referenceableParamGroupRef ref=\"nowhere\"/>";
    let files = Files::sample().with("<fileContent>", &format!("<fileContent>{reference}"));
    let names = vec!["nowhere".to_owned()];
    let odd = opened(&files).oddities;
    assert!(odd.contains(&Oddity::UnknownGroups { names }), "{odd:?}");
}

#[test]
fn of_several_spectra_at_a_pixel_the_first_may_be_taken() {
    let mut spectra = sample();
    spectra[1].at = (1, 1, 1);
    let files = write(Form::default(), &spectra);
    let choice = Choice {
        duplicates: Duplicates::First,
        ..Choice::default()
    };
    let dataset = open(&files, choice).unwrap();
    assert_eq!(dataset.pixels.pixel_of_spectrum, [0, OTHER_PLANE, 1]);
    assert!(
        dataset
            .oddities
            .contains(&Oddity::LaterDuplicates { n_spectra: 1 })
    );
}

#[test]
fn an_ibd_of_another_uuid_is_read_if_the_user_says_so() {
    let mut files = Files::sample();
    files.ibd[3] ^= 1;
    assert!(open(&files, Choice::default()).is_err());
    let choice = Choice {
        ignores_uuid: true,
        ..Choice::default()
    };
    let odd = open(&files, choice).unwrap().oddities;
    assert!(matches!(odd[0], Oddity::OtherUuid { .. }), "{odd:?}");
}

#[test]
fn pixel_sizes_have_units() {
    let size = |value: &str, unit: &str| {
        let x = format!(
            "<cvParam cvRef=\"IMS\" accession=\"IMS:1000046\" name=\"pixel size (x)\" \
             value=\"{value}\" {unit}/>"
        );
        let mut files = Files::sample();
        let list = "<run id";
        let settings = format!(
            "<scanSettingsList count=\"1\"><scanSettings id=\"s\">{x}</scanSettings></scanSettingsList>{list}"
        );
        if let Some(start) = files.xml.find("<scanSettingsList") {
            let end = files.xml.find("</scanSettingsList>").unwrap() + "</scanSettingsList>".len();
            files.xml.replace_range(start..end, "");
        }
        opened(&files.with(list, &settings)).header
    };
    for (value, unit) in [
        ("50", ""),
        ("50", "unitAccession=\"UO:0000017\" unitName=\"micrometer\""),
        ("0.05", "unitAccession=\"UO:0000016\" unitName=\"whatever\""),
        ("50000", "unitName=\"nanometer\""),
        ("5e-5", "unitAccession=\"UO:0000008\""),
        // A script for HDI writes the code of the centimetre.
        ("50", "unitAccession=\"UO:0000015\" unitName=\"micrometer\""),
    ] {
        let (width, _) = size(value, unit).pixel_size_um.unwrap();
        assert!((width - 50.0).abs() < 1e-9, "{value} {unit}: {width}");
    }
    let unknown = size("50", "unitAccession=\"UO:0000010\" unitName=\"second\"");
    assert_eq!(unknown.pixel_size_um, None);
    assert_eq!(unknown.unknown_unit.as_deref(), Some("second, UO:0000010"));
}

#[test]
fn small_integers_are_read_signed_and_unsigned() {
    let spectra = [(1, 1, 1), (2, 1, 1)].map(|at| Peaks {
        at,
        mzs: vec![100.0, 200.0],
        intensities: vec![0.0, 0.0],
    });
    for (accession, name, size, expected) in [
        ("IMS:1100000", "8-bit integer", 1, [5.0, -2.0]),
        ("IMS:1100000", "unsigned 8-bit integer", 1, [5.0, 254.0]),
        ("IMS:1100001", "16-bit integer", 2, [5.0, -2.0]),
        ("IMS:1100001", "unsigned 16-bit integer", 2, [5.0, 65_534.0]),
    ] {
        let mut files = write(Form::default(), &spectra);
        let old = term("MS:1000521", "32-bit float", "");
        assert!(files.xml.contains(&old), "the group of intensities");
        files.xml = files.xml.replace(&old, &term(accession, name, ""));
        let length = |n: usize| format!("name=\"external encoded length\" value=\"{n}\"");
        files.xml = files.xml.replace(&length(8), &length(2 * size));
        let place = opened(&files).spectra[1].intensity;
        let start = usize::try_from(place.offset).unwrap();
        let bytes: Vec<u8> = [5_i16, -2]
            .iter()
            .flat_map(|value| value.to_le_bytes()[..size].to_vec())
            .collect();
        files.ibd[start..start + bytes.len()].copy_from_slice(&bytes);
        let dataset = opened(&files);
        let mut reader = dataset.reader();
        let found = reader.read(SpectrumIdx(1)).unwrap().intensities.to_vec();
        assert_eq!(found, expected, "{name}");
    }
}
