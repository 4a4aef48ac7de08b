//! What the imzML reader refuses, and that its messages say where, what was expected and what was
//! found.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::error::Error;

use ms_core::imzml::{Dataset, ImzmlError, Names, SpectrumIdx};
use tests::allocation::{Counting, peak_of};
use tests::imzml::{Files, Form, ValueType, sample, term, write};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn open(xml: &[u8], ibd: &[u8], z: Option<u32>) -> Result<Dataset, ImzmlError> {
    let names = Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    };
    Dataset::open(&mut &*xml, Box::new(ibd.to_vec()), names, z)
}

/// Opens a dataset and reads all of its spectra.
fn read_all(xml: &[u8], ibd: &[u8]) -> Result<(), ImzmlError> {
    let dataset = open(xml, ibd, None)?;
    let mut reader = dataset.reader();
    (0..dataset.spectra.len()).try_for_each(|i| reader.read(SpectrumIdx(i)).map(drop))
}

/// The message of a refusal, with its source.
fn refusal(xml: &[u8], ibd: &[u8]) -> String {
    let error = read_all(xml, ibd).unwrap_err();
    error
        .source()
        .map_or(error.to_string(), |source| format!("{error}: {source}"))
}

fn assert_refused(files: &Files, message: &str) {
    assert_eq!(refusal(files.xml.as_bytes(), &files.ibd), message);
}

fn assert_not_imzml(xml: &[u8], found: &str) {
    let message = format!("not an imzML file: {found}: `brain.imzML`");
    assert_eq!(refusal(xml, &Files::sample().ibd), message);
}

/// The byte behind `text`, which stands once in the XML.
fn behind(files: &Files, text: &str) -> usize {
    assert_eq!(files.xml.matches(text).count(), 1, "{text}");
    files.xml.find(text).unwrap() + text.len()
}

/// The sample with `value` for the term `name` of spectrum 2.
fn with_value(name: &str, value: &str) -> Files {
    let files = Files::sample();
    let start = files.xml.find("<spectrum id=\"spectrum=2\"").unwrap();
    let key = format!("name=\"{name}\" value=\"");
    let from = start + files.xml[start..].find(&key).unwrap() + key.len();
    let to = from + files.xml[from..].find('"').unwrap();
    Files {
        xml: [&files.xml[..from], value, &files.xml[to..]].concat(),
        ibd: files.ibd,
    }
}

/// The sample with one number of an array replaced.
fn with_peak(mz: Option<f64>, intensity: Option<f64>) -> Files {
    let mut spectra = sample();
    spectra[1].mzs[2] = mz.unwrap_or(spectra[1].mzs[2]);
    spectra[1].intensities[1] = intensity.unwrap_or(spectra[1].intensities[1]);
    write(Form::default(), &spectra)
}

fn zlib_sample() -> Files {
    write(
        Form {
            is_zlib: true,
            ..Form::default()
        },
        &sample(),
    )
}

#[test]
fn a_truncated_ibd() {
    let mut files = Files::sample();
    files.ibd.truncate(100);
    assert_refused(
        &files,
        "ibd file is 100 bytes but the m/z array of spectrum 3 ends at byte 112: `brain.ibd`\nhint: where a copy or download stopped half-way, copy the ibd again; it must have at least 124 bytes",
    );
}

#[test]
fn an_ibd_shorter_than_a_uuid() {
    let mut files = Files::sample();
    files.ibd.truncate(15);
    assert_refused(
        &files,
        "cannot read 16 bytes at byte 0 of `brain.ibd`: unexpected end of file",
    );
}

#[test]
fn an_array_past_the_end() {
    let message = |end: &str| {
        format!(
            "ibd file is 124 bytes but the m/z array of spectrum 2 ends at byte {end}: `brain.ibd`\nhint: where a copy or download stopped half-way, copy the ibd again; it must have at least {end} bytes"
        )
    };
    assert_refused(&with_value("external offset", "101"), &message("125"));
    assert_refused(
        &with_value("external offset", "18446744073709551600"),
        &message(&u64::MAX.to_string()),
    );
    assert_refused(
        &with_value("external offset", "18446744073709551615"),
        &message(&u64::MAX.to_string()),
    );
    assert_refused(
        &with_value("external offset", "1e12"),
        &message("1000000000024"),
    );
}

#[test]
fn an_offset_that_is_no_whole_number() {
    for value in [
        "18446744073709551616",
        "-16",
        "16.5",
        "NaN",
        "inf",
        "",
        "0x10",
    ] {
        let files = with_value("external offset", value);
        let message = refusal(files.xml.as_bytes(), &files.ibd);
        let expected = format!(
            "external offset must be a whole number, not negative, not `{value}`, in spectrum 2 at byte "
        );
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.ends_with(" of `brain.imzML`"), "{message}");
    }
}

#[test]
fn arrays_of_different_lengths() {
    let mut spectra = sample();
    spectra[1].intensities.pop();
    assert_refused(
        &write(Form::default(), &spectra),
        "spectrum 2 has 3 m/z values but 2 intensities: `brain.imzML`",
    );
}

#[test]
fn an_encoded_length_that_is_not_that_of_the_values() {
    assert_refused(
        &with_value("external encoded length", "20"),
        "the m/z array of spectrum 2 has 3 values of 8 bytes but an encoded length of 20 bytes: \
         `brain.imzML`",
    );
}

#[test]
fn a_length_that_exceeds_every_memory() {
    let huge = u64::MAX.to_string();
    let files = with_value("external array length", &huge);
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert_eq!(
        message,
        format!(
            "the m/z array of spectrum 2 has {huge} values of 8 bytes but an encoded length of 24 \
             bytes: `brain.imzML`"
        )
    );
    assert!(peak < 1 << 20, "{peak}");
    let files = Files {
        xml: files
            .xml
            .replace("value=\"24\"", &format!("value=\"{huge}\""))
            .replace(
                "name=\"external array length\" value=\"3\"",
                &format!("name=\"external array length\" value=\"{huge}\""),
            ),
        ibd: files.ibd,
    };
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert!(
        message.contains("spectrum 1") && message.contains(&huge),
        "{message}"
    );
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn more_peaks_than_can_be_numbered() {
    let (length, encoded) = ("4294967296", "34359738368");
    let mut files = Files::sample().with("MS:1000521", "MS:1000523");
    for (name, old, new) in [
        ("external array length", "3", length),
        ("external encoded length", "24", encoded),
        ("external encoded length", "12", encoded),
    ] {
        let value = |value: &str| format!("name=\"{name}\" value=\"{value}\"");
        files.xml = files.xml.replace(&value(old), &value(new));
    }
    assert_refused(
        &files,
        "peaks of a spectrum exceed 4294967295: `brain.imzML`",
    );
}

#[test]
fn a_uuid_of_another_dataset() {
    let mut files = Files::sample();
    files.ibd[15] = 0xd8;
    assert_refused(
        &files,
        "UUID is b40bb1b3cff34ab088b3e9685ef1edd7 in `brain.imzML` but \
         b40bb1b3cff34ab088b3e9685ef1edd8 in `brain.ibd`: they are not of one dataset\n\
         hint: find the ibd that was exported with the imzML; --ignore-uuid reads this one, and \
         run.json says so",
    );
}

#[test]
fn an_ibd_of_another_dataset_is_told_by_its_uuid_even_if_shorter() {
    let mut files = Files::sample();
    files.ibd.truncate(60);
    files.ibd[0] = 0;
    let message = refusal(files.xml.as_bytes(), &files.ibd);
    assert!(message.starts_with("UUID is b40bb1b3"), "{message}");
}

#[test]
fn a_wrong_checksum() {
    let files = Files::sample();
    let stated = "0123456789abcdef0123456789ABCDEF";
    let files = files.with(
        "</fileContent>",
        &format!("{}</fileContent>", term("IMS:1000090", "ibd MD5", stated)),
    );
    let dataset = open(files.xml.as_bytes(), &files.ibd, None).unwrap();
    assert_eq!(
        dataset.verify_checksum().unwrap_err().to_string(),
        "MD5 of `brain.ibd` is 62acae409559c5704c4d67b40e685e50 but `brain.imzML` says \
         0123456789abcdef0123456789abcdef"
    );
}

#[test]
fn a_checksum_that_is_not_stated() {
    let files = Files::sample();
    let dataset = open(files.xml.as_bytes(), &files.ibd, None).unwrap();
    assert_eq!(
        dataset.verify_checksum().unwrap_err().to_string(),
        "no checksum of the ibd is stated in `brain.imzML`"
    );
}

#[test]
fn an_unknown_or_missing_data_type() {
    let of_16_bits = term("IMS:1000140", "16-bit integer", "");
    for new in [of_16_bits.as_str(), ""] {
        let files = Files::sample().with(&ValueType::F64.term(), new);
        let end = files.xml.find("</binaryDataArray>").unwrap() + "</binaryDataArray>".len();
        let message = format!(
            "spectrum 1 has no known data type of its m/z array (before byte {end} of `brain.imzML`)"
        );
        assert_refused(&files, &message);
    }
}

#[test]
fn a_16_bit_float() {
    let files = Files::sample().with(
        &ValueType::F32.term(),
        &term("MS:1000520", "16-bit float", ""),
    );
    let end = files
        .xml
        .find("<referenceableParamGroupRef ref=\"intensityArray\"/>")
        .unwrap()
        + "<referenceableParamGroupRef ref=\"intensityArray\"/>".len();
    let message = format!(
        "data type must be a 32- or 64-bit float, or an integer, not `16-bit float`, in spectrum 1 at \
         byte {end} of `brain.imzML`"
    );
    assert_refused(&files, &message);
}

#[test]
fn other_compressions() {
    for (accession, name) in [
        ("MS:1003781", "byte-shuffled zstd"),
        ("IMS:1005001", "xz"),
        ("IMS:1005004", "MS-Numpress and xz"),
        ("IMS:1005009", "MS-Numpress and lz4"),
    ] {
        let files = Files::sample().with("MS:1000576", accession);
        let reference = "<referenceableParamGroupRef ref=\"mzArray\"/>";
        let end = files.xml.find(reference).unwrap() + reference.len();
        let message = format!(
            "compression must be none, zlib, zstd or MS-Numpress, not `{name} ({accession})`, in spectrum 1 at \
             byte {end} of `brain.imzML`"
        );
        assert_refused(&files, &message);
    }
}

#[test]
fn a_document_type() {
    let files = Files::sample().with(
        "<mzML",
        "<!DOCTYPE mzML SYSTEM \"file:///etc/passwd\"><mzML",
    );
    let end = behind(&files, "<!DOCTYPE mzML SYSTEM \"file:///etc/passwd\">");
    let message = format!(
        "a document type declaration at byte {end}; document types and entities are never \
         expanded: `brain.imzML`"
    );
    assert_refused(&files, &message);
}

#[test]
fn entities_that_would_expand_without_end() {
    let entity = |i| {
        format!(
            "<!ENTITY lol{i} \"{}\">",
            format!("&lol{};", i - 1).repeat(10)
        )
    };
    let entities: Vec<String> = (1..10).map(entity).collect();
    let entities = entities.concat();
    let doctype = format!("<!DOCTYPE mzML [<!ENTITY lol0 \"lol\">{entities}]><mzML");
    let files = Files::sample()
        .with("<mzML", &doctype)
        .with("<binary/>", "<binary>&lol9;</binary>");
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert!(
        message.starts_with("a document type declaration at byte "),
        "{message}"
    );
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn an_entity_in_an_attribute() {
    let files = with_value("position x", "&lol;");
    let end = behind(&files, "&lol;\"/>");
    let message = format!(
        "entity `&lol;` at byte {end}; document types and entities are never expanded: `brain.imzML`"
    );
    assert_refused(&files, &message);
}

#[test]
fn an_entity_in_text() {
    let files = Files::sample().with_in_spectrum(2, "<binary/>", "<binary>&lol;</binary>");
    let end = behind(&files, "&lol;");
    let message = format!(
        "entity `&lol;` at byte {end}; document types and entities are never expanded: `brain.imzML`"
    );
    assert_refused(&files, &message);
}

#[test]
fn a_bare_ampersand() {
    let files = with_value("position x", "1 & 2");
    let message = refusal(files.xml.as_bytes(), &files.ibd);
    let end = behind(&files, "1 & 2\"/>");
    let expected = format!("not well-formed XML at byte {end} of `brain.imzML`: ");
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn groups_that_would_grow_without_end() {
    let group = |i: usize, content: &str| {
        format!("<referenceableParamGroup id=\"g{i}\">{content}</referenceableParamGroup>")
    };
    let mut groups = group(0, &term("MS:1000579", "MS1 spectrum", ""));
    for i in 1..12 {
        let reference = format!("<referenceableParamGroupRef ref=\"g{}\"/>", i - 1);
        groups += &group(i, &reference.repeat(10));
    }
    let files = Files::sample().with("<run", &format!("{groups}<run"));
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    let expected = "<referenceableParamGroupRef> cannot stand within <referenceableParamGroup> \
                    (byte ";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.ends_with(" of `brain.imzML`)"), "{message}");
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn a_spectrum_within_a_spectrum() {
    let files =
        Files::sample().with_in_spectrum(2, "<scanList", "<spectrum id=\"inner\"/><scanList");
    let end = behind(&files, "<spectrum id=\"inner\"/>");
    let message =
        format!("<spectrum> cannot stand within <spectrum> (byte {end} of `brain.imzML`)");
    assert_refused(&files, &message);
}

#[test]
fn coordinates_that_are_none() {
    for (axis, value) in [
        ("x", "-1"),
        ("y", "-2147483648"),
        ("z", "-1"),
        ("x", "1.5"),
        ("y", "NaN"),
        ("x", "4294967295"),
        ("y", "1e10"),
        ("x", ""),
    ] {
        let name = format!("position {axis}");
        let files = with_value(&name, value);
        let message = refusal(files.xml.as_bytes(), &files.ibd);
        let expected = format!(
            "{name} must be a whole number from 0 to 4,293,967,294, not `{value}`, in spectrum 2 \
             at byte "
        );
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn absurd_coordinates_without_the_memory_they_would_need() {
    for (name, value, size, at) in [
        (
            "position x",
            "4000000000",
            "4000000000 × 2",
            "(4000000000, 1)",
        ),
        (
            "position y",
            "4000000000",
            "2 × 4000000000",
            "(2, 4000000000)",
        ),
    ] {
        let files = with_value(name, value);
        let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
        assert_eq!(
            message,
            format!("3 spectra span {size} pixels, spectrum 2 lies at {at}: `brain.imzML`")
        );
        assert!(peak < 1 << 20, "{peak}");
    }
}

#[test]
fn a_plane_that_is_not_there() {
    let files = with_value("position z", "5");
    let error = open(files.xml.as_bytes(), &files.ibd, Some(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no spectra at z = 3 in `brain.imzML`, whose planes are [1, 5]"
    );
}

#[test]
fn no_spectra() {
    assert_refused(&write(Form::default(), &[]), "no spectra in `brain.imzML`");
}

#[test]
fn a_claim_of_many_spectra_without_any() {
    let files = write(Form::default(), &[]).with("count=\"0\"", "count=\"1000000000000\"");
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert_eq!(message, "no spectra in `brain.imzML`");
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn an_empty_file() {
    assert_not_imzml(b"", "it is empty");
    assert_not_imzml(b" \n", "it has no element");
    assert_not_imzml(
        b"<?xml version=\"1.0\"?><!-- nothing -->",
        "it has no element",
    );
}

#[test]
fn what_is_no_xml() {
    let found = "it has text where XML should begin or end";
    assert_not_imzml(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01<\0\0\x01>", found);
    assert_not_imzml(&[0; 1000], found);
    assert_not_imzml(&(0..=255).cycle().take(10_000).collect::<Vec<u8>>(), found);
    assert_not_imzml(&Files::sample().ibd, found);
    assert_not_imzml(b"m/z,intensity\n100.1,3\n", found);
    assert_not_imzml(b"{\"mzML\": []}", found);
}

#[test]
fn xml_of_another_kind() {
    assert_not_imzml(
        b"<html><head></head><body><br></body></html>",
        "its root is <html>",
    );
    assert_not_imzml(b"<?xml version=\"1.0\"?><mzXML/>", "its root is <mzXML>");
    assert_not_imzml(b"<\x1b[2J/>", "its root is <\\u{1b}[2J>");
}

#[test]
fn more_than_one_root() {
    let Files { xml, .. } = Files::sample();
    assert_not_imzml(
        format!("{xml}{}", &xml[39..]).as_bytes(),
        "it has a second root <mzML>",
    );
    let found = "it has text where XML should begin or end";
    assert_not_imzml(format!("{xml}and more").as_bytes(), found);
}

#[test]
fn xml_that_ends_early() {
    let Files { xml, ibd } = Files::sample();
    let tag = xml.rfind("<binaryDataArray ").unwrap();
    for (end, element) in [
        (tag, "binaryDataArrayList"),
        (tag + 5, "binaryDataArrayList"),
        (
            tag + "<binaryDataArray encodedLength=\"".len(),
            "binaryDataArrayList",
        ),
        (xml.find("<spectrum ").unwrap(), "spectrumList"),
        (xml.rfind("</mzML>").unwrap(), "mzML"),
        (xml.rfind("</mzML>").unwrap() + 3, "mzML"),
    ] {
        let message =
            format!("the XML ends at byte {end} within <{element}>: `brain.imzML` is incomplete");
        assert_eq!(refusal(&xml.as_bytes()[..end], &ibd), message);
    }
}

#[test]
fn every_other_early_end() {
    let Files { xml, ibd } = Files::sample();
    let root = xml.rfind("</mzML>").unwrap() + "</mzML>".len();
    for end in 0..root {
        assert!(read_all(&xml.as_bytes()[..end], &ibd).is_err(), "{end}");
    }
    assert!(read_all(&xml.as_bytes()[..root], &ibd).is_ok());
}

#[test]
fn end_tags_of_other_elements() {
    let files = Files::sample().with_in_spectrum(2, "</scan>", "</spam>");
    let at = files.xml.find("</spam>").unwrap();
    let message = refusal(files.xml.as_bytes(), &files.ibd);
    assert!(
        message.starts_with("not well-formed XML at byte "),
        "{message}"
    );
    assert!(
        message.ends_with("expected `</scan>`, but `</spam>` was found"),
        "{message}"
    );
    let byte: usize = message["not well-formed XML at byte ".len()..]
        .split(' ')
        .next()
        .and_then(|byte| byte.parse().ok())
        .unwrap();
    assert!((at..=at + "</spam>".len()).contains(&byte), "{message}");
}

#[test]
fn positions_that_are_all_missing() {
    for accession in ["IMS:1000050", "IMS:1000051"] {
        let mut files = Files::sample();
        files.xml = files.xml.replace(accession, "IMS:1000053");
        assert_refused(
            &files,
            "no spectrum says where it lies (position x and position y): `brain.imzML`\n\
             hint: export it anew, with the coordinates of each spectrum",
        );
    }
}

#[test]
fn spectra_of_fragments_alone() {
    let scan = term("IMS:1000050", "position x", "1");
    let mut files = Files::sample();
    files.xml = files.xml.replace(
        "<scanList count=\"1\">",
        &format!(
            "{}<scanList count=\"1\">",
            term("MS:1000511", "ms level", "2")
        ),
    );
    assert!(files.xml.contains(&scan) && files.xml.contains("ms level"));
    let message = refusal(files.xml.as_bytes(), &files.ibd);
    assert!(
        message.starts_with("all its spectra are of fragments (MS level 2 or more)"),
        "{message}"
    );
}

#[test]
fn missing_arrays() {
    for (accession, array, number) in [
        ("MS:1000514", "m/z array", 1),
        ("MS:1000515", "intensity array", 1),
    ] {
        let files = Files::sample().with(accession, "MS:1000617");
        let end = files.xml.find("</spectrum>").unwrap() + "</spectrum>".len();
        let message =
            format!("spectrum {number} has no {array} (before byte {end} of `brain.imzML`)");
        assert_refused(&files, &message);
    }
}

#[test]
fn arrays_whose_place_is_not_told() {
    for (accession, what) in [
        ("IMS:1000102", "external offset of its m/z array"),
        ("IMS:1000103", "external array length of its m/z array"),
    ] {
        let files = Files::sample().with_in_spectrum(2, accession, "IMS:1000199");
        let message = refusal(files.xml.as_bytes(), &files.ibd);
        assert!(
            message.starts_with(&format!("spectrum 2 has no {what} (before byte ")),
            "{message}"
        );
    }
}

#[test]
fn a_group_that_is_not_defined() {
    for (number, old) in [(2, "ref=\"mzArray\""), (3, "ref=\"intensityArray\"")] {
        let files = Files::sample().with_in_spectrum(number, old, "ref=\"nowhere\"");
        let end = behind(&files, "<referenceableParamGroupRef ref=\"nowhere\"/>");
        let message = format!(
            "referenceableParamGroup `nowhere` is not defined (byte {end} of `brain.imzML`)"
        );
        assert_refused(&files, &message);
    }
}

#[test]
fn a_corrupt_zlib_stream() {
    let files = zlib_sample();
    let dataset = open(files.xml.as_bytes(), &files.ibd, None).unwrap();
    let place = dataset.spectra[1].intensity;
    let offset = usize::try_from(place.offset).unwrap();
    let message = format!(
        "the intensity array of spectrum 2 at byte {offset} does not unpack to 12 bytes: `brain.ibd`"
    );
    for at in 0..usize::try_from(place.n_bytes).unwrap() {
        let mut corrupt = files.clone();
        corrupt.ibd[offset + at] ^= 0x55;
        assert_refused(&corrupt, &message);
    }
}

#[test]
fn a_zlib_stream_of_another_length() {
    for n_values in ["2", "4"] {
        let mut files = zlib_sample();
        let length = |n: &str| format!("name=\"external array length\" value=\"{n}\"");
        for _ in 0..2 {
            files = files.with_in_spectrum(2, &length("3"), &length(n_values));
        }
        let message = refusal(files.xml.as_bytes(), &files.ibd);
        let bytes = if n_values == "2" { 16 } else { 32 };
        assert!(
            message.starts_with("the m/z array of spectrum 2 at byte "),
            "{message}"
        );
        let end = format!(" does not unpack to {bytes} bytes: `brain.ibd`");
        assert!(message.ends_with(&end), "{message}");
    }
}

#[test]
fn a_zlib_stream_that_claims_more_than_it_can_hold() {
    let files = zlib_sample();
    let length = |n: &str| format!("name=\"external array length\" value=\"{n}\"");
    let files = files
        .with_in_spectrum(2, &length("3"), &length("4000000000"))
        .with_in_spectrum(2, &length("3"), &length("4000000000"));
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert!(
        message.starts_with("the m/z array of spectrum 2 at byte "),
        "{message}"
    );
    assert!(
        message.ends_with(" does not unpack to 32000000000 bytes: `brain.ibd`"),
        "{message}"
    );
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn a_zlib_stream_that_unpacks_to_more_than_it_claims() {
    let mut spectra = sample();
    spectra[1].mzs = vec![100.0; 1 << 20];
    spectra[1].intensities = vec![1.0; 1 << 20];
    let mut files = write(
        Form {
            is_zlib: true,
            ..Form::default()
        },
        &spectra,
    );
    let length = |n: &str| format!("name=\"external array length\" value=\"{n}\"");
    for _ in 0..2 {
        files = files.with_in_spectrum(2, &length("1048576"), &length("3"));
    }
    let (message, peak) = peak_of(|| refusal(files.xml.as_bytes(), &files.ibd));
    assert!(
        message.starts_with("the m/z array of spectrum 2 at byte "),
        "{message}"
    );
    assert!(
        message.ends_with(" does not unpack to 24 bytes: `brain.ibd`"),
        "{message}"
    );
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn mzs_that_are_no_positive_number() {
    for (mz, value) in [
        (f64::NAN, "NaN"),
        (0.0, "0"),
        (-0.0, "-0"),
        (-100.5, "-100.5"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let message = format!("value 3 of the m/z array of spectrum 2 is {value}: `brain.ibd`");
        assert_refused(&with_peak(Some(mz), None), &message);
    }
}

#[test]
fn an_infinite_intensity() {
    for (intensity, value) in [(f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let message =
            format!("value 2 of the intensity array of spectrum 2 is {value}: `brain.ibd`");
        assert_refused(&with_peak(None, Some(intensity)), &message);
    }
}

#[test]
fn an_intensity_beyond_a_float() {
    let mut spectra = sample();
    spectra[1].intensities[1] = 1e300;
    let form = Form {
        intensity_type: ValueType::F64,
        ..Form::default()
    };
    assert_refused(
        &write(form, &spectra),
        "value 2 of the intensity array of spectrum 2 is inf: `brain.ibd`",
    );
}
