use std::collections::BTreeSet;
use std::fs;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt32Array};
use arrow_schema::DataType;
use ms_core::image::IonImage;
use ms_core::spectra::MeanPeak;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::table::{Columns, TableWriter, f32_lists, f64_lists, text_lists};
use crate::{
    AnnotationTable, FirstImages, ImageTable, ImagesWriter, PixelNorm, content_of_images,
    for_each_images, list_images, read_annotations, read_ions, read_mean_spectrum, read_norms,
    read_partners, read_peak_counts, read_raster, write_mean_spectrum,
};

/// Ions of the tables.
const N_IONS: usize = 40;

/// Columns of `annotations.parquet` as the readers want them.
fn annotation_columns() -> Columns {
    let texts = |start: &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            (0..N_IONS).map(|ion| format!("{start}{ion}")),
        ))
    };
    let numbers = |scale: f64| -> ArrayRef {
        let values = (0..N_IONS).map(|ion| ion as f64 * scale);
        Arc::new(Float64Array::from_iter_values(values))
    };
    let names: Vec<Vec<String>> = (0..N_IONS)
        .map(|ion| vec![format!("lipid {ion}")])
        .collect();
    let lists = || text_lists(names.iter().map(Vec::as_slice));
    let values = [700.5, 701.5, 702.5, 703.5];
    let floats = [100.0_f32, 40.0, 8.0, 1.0];
    let f64s = || f64_lists((0..N_IONS).map(|_| Some(&values[..])));
    let f32s = || f32_lists((0..N_IONS).map(|_| Some(&floats[..])));
    let n_pixels = UInt32Array::from_iter_values(0..40);
    vec![
        ("database", texts("core"), false),
        ("formula", texts("C"), false),
        ("adduct", texts("+H"), false),
        ("ion", texts("C+H+"), false),
        ("ionFormula", texts("C"), false),
        ("mz", numbers(10.0), false),
        ("msm", numbers(0.02), false),
        ("score", numbers(0.02), false),
        ("fdr", numbers(0.01), false),
        ("rhoSpatial", numbers(0.02), false),
        ("rhoSpectral", numbers(0.02), false),
        ("rhoChaos", numbers(0.02), false),
        ("mzErrPpm", numbers(0.1), false),
        ("nPixels", Arc::new(n_pixels), false),
        ("maxIntensity", numbers(5.0), false),
        ("totalIntensity", numbers(50.0), false),
        ("moleculeNames", lists(), false),
        ("moleculeIds", lists(), false),
        ("moleculeClasses", lists(), false),
        ("isomers", lists(), false),
        ("isobars", lists(), false),
        (
            "isEntrapment",
            Arc::new(BooleanArray::from(vec![false; N_IONS])),
            false,
        ),
        ("pep", numbers(0.01), false),
        ("offSample", numbers(0.01), true),
        ("matrixIon", texts("matrix"), false),
        ("isotopeMz", f64s(), false),
        ("isotopeIntensity", f32s(), false),
        ("isotopeTotalIntensity", f64s(), false),
        ("isotopeMzMean", f64s(), false),
    ]
}

fn write(folder: &Path, name: &str, columns: Columns) {
    let mut writer = TableWriter::new(&folder.join(name));
    writer.write(columns).unwrap();
    writer.finish().unwrap();
}

/// A column with a value missing.
fn with_a_hole(columns: &mut Columns, name: &str) {
    let column = columns.iter_mut().find(|column| column.0 == name).unwrap();
    let is_there = (0..N_IONS).map(|row| row != 3);
    column.1 = match column.1.data_type() {
        DataType::Boolean => {
            let flags = is_there.map(|there| there.then_some(true));
            Arc::new(flags.collect::<BooleanArray>())
        }
        DataType::UInt32 => {
            let numbers = is_there.map(|there| there.then_some(1));
            Arc::new(numbers.collect::<UInt32Array>())
        }
        DataType::Float64 => {
            let numbers = is_there.map(|there| there.then_some(0.5));
            Arc::new(numbers.collect::<Float64Array>())
        }
        _ => {
            let texts = is_there.map(|there| there.then_some("x"));
            Arc::new(texts.collect::<StringArray>())
        }
    };
    column.2 = true;
}

#[test]
fn a_null_is_refused_and_not_read_as_0() {
    for name in ["fdr", "msm", "isEntrapment", "nPixels", "ion", "ionFormula"] {
        let folder = tempfile::tempdir().unwrap();
        let mut columns = annotation_columns();
        with_a_hole(&mut columns, name);
        write(folder.path(), "annotations.parquet", columns);
        let refused = |error: ResultsError| match error {
            ResultsError::Column { column, .. } => assert_eq!(column, name),
            other => panic!("{name}: {other}"),
        };
        refused(read_annotations(folder.path()).unwrap_err());
        if !["isEntrapment", "nPixels"].contains(&name) {
            refused(read_ions(folder.path(), 1.0).unwrap_err());
        }
    }
}

#[test]
fn a_read_that_fails_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("annotations.parquet");
    write(folder.path(), "annotations.parquet", annotation_columns());
    // The pages of the first column, behind the magic number.
    let mut bytes = fs::read(&path).unwrap();
    bytes[4..60].fill(0xFF);
    fs::write(&path, bytes).unwrap();
    let error = read_annotations(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read"), "{error}");
}

/// A folder with one of each kind of table that the readers read.
fn tables() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "annotations.parquet", annotation_columns());
    let mut images = ImagesWriter::new(&folder.path().join("ion_images.parquet")).unwrap();
    for ion in 0..N_IONS {
        let image = |isotope: u32| IonImage {
            pixels: (0..60).map(|pixel| pixel * (isotope + 1)).collect(),
            intensities: (0_u16..60).map(|pixel| f32::from(pixel) + 0.5).collect(),
        };
        let of_ion: Vec<IonImage> = (0..4).map(image).collect();
        images.add(&format!("C{ion}"), &of_ion).unwrap();
    }
    images.finish().unwrap();
    let places = UInt32Array::from_iter_values(0..200);
    let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values(
        (0..200).map(|pixel| f64::from(pixel) * 3.5),
    ));
    let pixels: Columns = vec![
        ("x", Arc::new(places.clone()), false),
        (
            "y",
            Arc::new(UInt32Array::from_iter_values([0; 200])),
            false,
        ),
        ("nPeaks", Arc::new(places), false),
        ("tic", Arc::clone(&numbers), false),
        ("rms", numbers, false),
    ];
    write(folder.path(), "pixels.parquet", pixels);
    let peaks: Vec<MeanPeak> = (0_u32..100)
        .map(|bin| MeanPeak {
            mz: 100.0 + f64::from(bin),
            intensity: f64::from(bin),
            n_peaks: u64::from(bin),
        })
        .collect();
    write_mean_spectrum(&peaks, &folder.path().join("mean_spectrum.parquet")).unwrap();
    folder
}

/// Reads a table in every way there is; whether it succeeds does not matter.
fn read_all(folder: &Path) -> [bool; 12] {
    let formulas: BTreeSet<String> = (0..N_IONS).map(|ion| format!("C{ion}")).collect();
    let wanted: BTreeSet<&str> = formulas.iter().map(String::as_str).collect();
    let first = FirstImages::open(folder, &wanted).and_then(|images| {
        let mut rows: Vec<usize> = wanted.iter().filter_map(|name| images.row(name)).collect();
        rows.sort_unstable();
        images.read(&rows)
    });
    let single = ImageTable::open(folder).and_then(|images| images.image("C7", 2));
    let each = for_each_images::<ResultsError>(folder, &formulas, 3, |_| Ok(()));
    [
        read_annotations(folder).is_ok(),
        AnnotationTable::read(folder).is_ok(),
        read_ions(folder, 0.5).is_ok(),
        read_raster(folder).is_ok(),
        read_norms(folder, PixelNorm::Rms).is_ok(),
        read_peak_counts(folder).is_ok(),
        read_mean_spectrum(folder).is_ok(),
        read_partners(folder, "cosine", 0.1, 5).is_ok(),
        list_images(folder, &formulas, 1).is_ok(),
        content_of_images(&folder.join("ion_images.parquet")).is_ok(),
        first.is_ok() && single.is_ok(),
        each.is_ok(),
    ]
}

#[test]
fn tables_are_read_as_they_were_written() {
    let folder = tables();
    let mut expected = [true; 12];
    // There is no table of partners.
    expected[7] = false;
    assert_eq!(read_all(folder.path()), expected);
}

/// Encoded numbers of images are where the library panics: bytes of all places, one at a time.
#[test]
fn a_byte_of_the_images_may_be_wrong_anywhere() {
    let folder = tables();
    let path = folder.path().join("ion_images.parquet");
    let whole = fs::read(&path).unwrap();
    let formulas: BTreeSet<String> = ["C7", "C39"].map(String::from).into();
    let wanted: BTreeSet<&str> = formulas.iter().map(String::as_str).collect();
    let (mut n_read, mut n_refused) = (0, 0);
    for place in (0..whole.len()).step_by(11) {
        for flip in [0x02, 0x80] {
            let mut bytes = whole.clone();
            bytes[place] ^= flip;
            fs::write(&path, bytes).unwrap();
            let first = FirstImages::open(folder.path(), &wanted);
            let first = first.and_then(|images| {
                let rows: Vec<usize> = wanted.iter().filter_map(|name| images.row(name)).collect();
                images.read(&rows)
            });
            let each = for_each_images::<ResultsError>(folder.path(), &formulas, 2, |_| Ok(()));
            n_read += 2;
            n_refused += usize::from(first.is_err()) + usize::from(each.is_err());
        }
    }
    assert!(n_refused * 10 > n_read, "{n_refused} of {n_read}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Footers are hit more often than their share, as it is they that are believed.
    #[test]
    fn flipped_bytes_never_make_a_reader_panic(
        table in 0_usize..4,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..4),
    ) {
        let folder = tables();
        let names = ["annotations", "ion_images", "pixels", "mean_spectrum"];
        let path = folder.path().join(format!("{}.parquet", names[table]));
        let mut bytes = fs::read(&path).unwrap();
        let footer = bytes.len() - bytes.len().min(1_500);
        for (place, value, is_in_footer) in flips {
            let from = if is_in_footer { footer } else { 0 };
            let place = from + place.index(bytes.len() - from);
            bytes[place] ^= value | 1;
        }
        fs::write(&path, bytes).unwrap();
        read_all(folder.path());
    }
}
