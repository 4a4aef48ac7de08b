//! Whatever the two files hold, the imzML reader neither panics nor uses more memory than they
//! justify.

use std::sync::LazyLock;

use ms_core::imzml::{Dataset, ImzmlError, Names, SpectrumIdx};
use ms_core::profile::{DEFAULT_MIN_SNR, PeakIntensity, PeakPicking};
use proptest::prelude::*;
use proptest::sample::Index;
use tests::allocation::{Counting, peak_of};
use tests::imzml::{Files, Form, UUID, ValueType, sample, term, write};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that the reader may use whatever the files: buffers of fixed size.
const FIXED_BYTES: usize = 2 << 20;

/// Bytes that it may use for each byte of the files.
const BYTES_PER_BYTE: usize = 200;

/// Datasets that are read without complaint.
static VALID: LazyLock<Vec<Files>> = LazyLock::new(|| {
    let forms = [
        Form::default(),
        Form {
            is_continuous: true,
            ..Form::default()
        },
        Form {
            is_zlib: true,
            mz_type: ValueType::F32,
            ..Form::default()
        },
        Form {
            is_grouped: false,
            intensity_type: ValueType::I64,
            ..Form::default()
        },
    ];
    let mut spectra = sample();
    for peaks in &mut spectra {
        // Enough points for the representation to be judged.
        peaks.mzs = (0..40).map(|i| 500.0 + 0.01 * f64::from(i)).collect();
        peaks.intensities = (0..40).map(f64::from).collect();
    }
    let facts = [
        term("IMS:1000090", "ibd MD5", "0123456789abcdef0123456789abcdef"),
        term("MS:1000128", "profile spectrum", ""),
        term("MS:1000130", "positive scan", ""),
        "</fileContent>".to_owned(),
    ]
    .concat();
    forms
        .map(|form| write(form, &spectra).with("</fileContent>", &facts))
        .to_vec()
});

/// Numbers at which sizes and places overflow, and what are none.
const EXTREMES: [&str; 20] = [
    "0",
    "1",
    "-1",
    "-0",
    "0.5",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "4293967294",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e18",
    "1e308",
    "inf",
    "NaN",
];

/// Pieces of files, which mean something elsewhere than where they stand.
const PIECES: [&str; 28] = [
    "<",
    ">",
    "\"",
    "&",
    "&lt;",
    "&lol;",
    "&#x110000;",
    "<!--",
    "<![CDATA[",
    "<?",
    "<!DOCTYPE a>",
    "<mzML>",
    "</mzML>",
    "<spectrum>",
    "</spectrum>",
    "<binaryDataArray>",
    "</binaryDataArray>",
    "<referenceableParamGroup id=\"mzArray\">",
    "</referenceableParamGroup>",
    "<referenceableParamGroupRef ref=\"mzArray\"/>",
    "<cvParam accession=\"MS:1000574\"/>",
    "<cvParam accession=\"MS:1000519\"/>",
    "<cvParam accession=\"MS:1000515\"/>",
    "<cvParam accession=\"IMS:1000103\" value=\"4294967295\"/>",
    "encoding=\"UTF-16\"",
    "encoding=\"iso-2022-jp\"",
    "\u{feff}",
    "\0",
];

/// A change of one of the two files.
#[derive(Debug, Clone)]
enum Mutation {
    Flip {
        at: Index,
        bit: u8,
    },
    Delete {
        at: Index,
        n: usize,
    },
    Insert {
        at: Index,
        bytes: Vec<u8>,
    },
    Piece {
        at: Index,
        piece: &'static str,
    },
    Duplicate {
        from: Index,
        n: usize,
        to: Index,
    },
    Truncate {
        at: Index,
    },
    /// Replaces one of the numbers between quotes.
    Number {
        which: Index,
        number: &'static str,
    },
    /// Replaces an accession by one that stands elsewhere.
    Accession {
        which: Index,
        other: Index,
    },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::{Accession, Delete, Duplicate, Flip, Insert, Number, Piece, Truncate};
    let index = any::<Index>;
    let bytes = prop::collection::vec(any::<u8>(), 1..20);
    prop_oneof![
        2 => (index(), 0..8_u8).prop_map(|(at, bit)| Flip { at, bit }),
        2 => (index(), 1..200_usize).prop_map(|(at, n)| Delete { at, n }),
        1 => (index(), bytes).prop_map(|(at, bytes)| Insert { at, bytes }),
        3 => (index(), prop::sample::select(&PIECES[..])).prop_map(|(at, piece)| Piece { at, piece }),
        2 => (index(), 1..2000_usize, index()).prop_map(|(from, n, to)| Duplicate { from, n, to }),
        1 => index().prop_map(|at| Truncate { at }),
        6 => (index(), prop::sample::select(&EXTREMES[..]))
            .prop_map(|(which, number)| Number { which, number }),
        4 => (index(), index()).prop_map(|(which, other)| Accession { which, other }),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let range = |at: &Index, n: usize| {
        let start = at.index(bytes.len());
        start..(start + n).min(bytes.len())
    };
    match mutation {
        Mutation::Flip { at, bit } => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Mutation::Delete { at, n } => drop(bytes.drain(range(at, *n))),
        Mutation::Insert { at, bytes: new } => drop(bytes.splice(range(at, 0), new.clone())),
        Mutation::Piece { at, piece } => drop(bytes.splice(range(at, 0), piece.bytes())),
        Mutation::Duplicate { from, n, to } => {
            let copy = bytes[range(from, *n)].to_vec();
            bytes.splice(range(to, 0), copy);
        }
        Mutation::Truncate { at } => bytes.truncate(at.index(bytes.len())),
        Mutation::Number { which, number } => {
            let numbers = quoted(bytes, |text| text.iter().all(u8::is_ascii_digit));
            if !numbers.is_empty() {
                bytes.splice(which.get(&numbers).clone(), number.bytes());
            }
        }
        Mutation::Accession { which, other } => {
            let accessions = quoted(bytes, |text| text.contains(&b':') && text.len() < 16);
            if !accessions.is_empty() {
                let other = bytes[other.get(&accessions).clone()].to_vec();
                bytes.splice(which.get(&accessions).clone(), other);
            }
        }
    }
}

/// Ranges of the attribute values that satisfy a condition, quotes left out.
fn quoted(bytes: &[u8], is_wanted: impl Fn(&[u8]) -> bool) -> Vec<std::ops::Range<usize>> {
    let quotes: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'"').collect();
    let values = quotes.windows(2).map(|pair| pair[0] + 1..pair[1]);
    values
        .filter(|range| !range.is_empty() && is_wanted(&bytes[range.clone()]))
        .collect()
}

/// Everything that a dataset is asked for; how many spectra were read.
fn read_everything(xml: &[u8], ibd: Vec<u8>) -> Result<usize, ImzmlError> {
    let names = Names {
        imzml: "brain.imzML".into(),
        ibd: "brain.ibd".into(),
    };
    let dataset = Dataset::open(&mut &*xml, Box::new(ibd), names, None)?;
    let mut reader = dataset.reader();
    let mut n_read = 0;
    for (i, entry) in dataset.spectra.iter().enumerate() {
        let Ok(spectrum) = reader.read(SpectrumIdx(i)) else {
            continue;
        };
        let n_points = spectrum.mzs.len() + spectrum.n_padding as usize;
        assert_eq!(n_points, entry.n_peaks as usize);
        assert_eq!(spectrum.intensities.len(), spectrum.mzs.len());
        assert!(spectrum.mzs.is_sorted());
        assert!(spectrum.mzs.iter().all(|mz| *mz > 0.0 && mz.is_finite()));
        n_read += 1;
    }
    let raster = &dataset.pixels.raster;
    let places = u64::from(raster.width) * u64::from(raster.height);
    assert!(raster.places.iter().all(|&place| u64::from(place) < places));
    // These may fail, as long as they say so.
    let checked = dataset.verify_checksum().map(drop);
    let observed = dataset.observed_representation().map(drop);
    for error in [checked, observed].into_iter().filter_map(Result::err) {
        assert!(!error.to_string().is_empty());
    }
    pick_everything(dataset);
    Ok(n_read)
}

/// Picks peaks from all spectra, whatever they are.
fn pick_everything(mut dataset: Dataset) {
    let Ok(Some(shape)) = dataset.observed_shape() else {
        return;
    };
    dataset.picking = Some(PeakPicking {
        min_snr: DEFAULT_MIN_SNR,
        intensity: PeakIntensity::Area,
        shape,
    });
    let mut reader = dataset.reader();
    for i in 0..dataset.spectra.len() {
        if let Ok(spectrum) = reader.read(SpectrumIdx(i)) {
            assert!(spectrum.mzs.is_sorted_by(|a, b| a < b));
            assert!(
                spectrum
                    .intensities
                    .iter()
                    .all(|v| *v > 0.0 && v.is_finite())
            );
        }
    }
}

/// Reads two files and checks what holds for all of them.
fn check(xml: &[u8], ibd: &[u8]) {
    let allowed = FIXED_BYTES + BYTES_PER_BYTE * (xml.len() + ibd.len());
    let (result, peak) = peak_of(|| read_everything(xml, ibd.to_vec()));
    assert!(peak <= allowed, "{peak} bytes of {allowed}");
    if let Err(error) = result {
        let message = error.to_string();
        assert!(message.contains("`brain.i"), "{message}");
        assert!(!message.ends_with('.'), "{message}");
    }
}

#[test]
fn unchanged_datasets_are_read() {
    for files in VALID.iter() {
        assert_eq!(
            read_everything(files.xml.as_bytes(), files.ibd.clone()).unwrap(),
            3
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn mutated_xml(which in 0..4_usize, mutations in prop::collection::vec(mutation(), 1..5)) {
        let Files { xml, ibd } = &VALID[which];
        let mut xml = xml.clone().into_bytes();
        for mutation in &mutations {
            mutate(&mut xml, mutation);
        }
        check(&xml, ibd);
    }

    #[test]
    fn mutated_ibd(which in 0..4_usize, mutations in prop::collection::vec(mutation(), 1..5)) {
        let Files { xml, ibd } = &VALID[which];
        // Without a UUID, so that changes at the start go further than that.
        let xml = xml.replace(UUID, "");
        let mut ibd = ibd.clone();
        for mutation in &mutations {
            mutate(&mut ibd, mutation);
        }
        check(xml.as_bytes(), &ibd);
    }

    #[test]
    fn pieces_in_any_order(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)) {
        check(format!("<mzML>{}", pieces.concat()).as_bytes(), &VALID[0].ibd);
    }

    #[test]
    fn any_bytes(xml in prop::collection::vec(any::<u8>(), 0..400), ibd in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&xml, &ibd);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Deep nesting, many groups and many references cost memory in proportion.
    #[test]
    fn one_piece_many_times(
        piece in prop::sample::select(&PIECES[..]),
        other in prop::sample::select(&PIECES[..]),
        n in 1..4000_usize,
    ) {
        let xml = format!("<mzML>{}", format!("{piece}{other}").repeat(n));
        check(xml.as_bytes(), &VALID[0].ibd);
    }
}
