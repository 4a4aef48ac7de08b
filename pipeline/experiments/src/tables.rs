//! The tables of an experiment's folder, written, and read back for enrichment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt32Array};
use metaspace_machine::error::FileError;
use metaspace_results::{Columns, ParquetFile, TableWriter, text_lists};

use crate::contrasts::Contrasted;
use crate::enrichment::EnrichedTerm;
use crate::error::ExperimentError;
use crate::ions::{IonMolecule, MeasuredIon};
use crate::matrix::{MeasuredFrom, SampleMatrix};
use crate::table::SampleTable;

/// Rows of `matrix.parquet`: every ion in every sample.
pub const MATRIX: &str = "matrix.parquet";
/// Rows of `ions.parquet`: the ions.
pub const IONS: &str = "ions.parquet";
/// Rows of `samples.parquet`: the samples.
pub const SAMPLES: &str = "samples.parquet";
/// Rows of `contrasts.parquet`: every ion of every contrast.
pub const CONTRASTS: &str = "contrasts.parquet";
/// Rows of `enrichment.parquet`: every reported term of every contrast.
pub const ENRICHMENT: &str = "enrichment.parquet";

fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn numbers(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

/// Numbers of which those that are none are null.
fn optional(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    let known = values
        .into_iter()
        .map(|value| value.filter(|value| !value.is_nan()));
    Arc::new(known.collect::<Float64Array>())
}

fn counts(values: impl IntoIterator<Item = usize>) -> ArrayRef {
    let whole = |value| u32::try_from(value).unwrap_or(u32::MAX);
    Arc::new(UInt32Array::from_iter_values(values.into_iter().map(whole)))
}

fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<BooleanArray>())
}

/// Writes `matrix.parquet`: one row a sample and ion, by sample and then by ion.
///
/// # Errors
/// The file cannot be written.
pub fn write_matrix(
    path: &Path,
    table: &SampleTable,
    matrix: &SampleMatrix,
) -> Result<(), ExperimentError> {
    let mut writer = TableWriter::new(path);
    let logs = matrix.log2();
    for (number, sample) in table.samples.iter().enumerate() {
        let amounts = matrix.amounts.row(number);
        let n = amounts.len();
        let known = |of: fn(&crate::matrix::Amount) -> f64| {
            optional(amounts.iter().map(|amount| Some(of(amount))))
        };
        let columns: Columns = vec![
            ("sample", texts(std::iter::repeat_n(&sample.name, n)), false),
            ("ion", texts(matrix.ions.iter().map(|ion| &ion.ion)), false),
            ("mean", known(|amount| amount.mean), true),
            ("median", known(|amount| amount.median), true),
            ("share", known(|amount| amount.share), true),
            (
                "normalized",
                optional((0..n).map(|ion| Some(matrix.value(number, ion)))),
                true,
            ),
            (
                "log2",
                optional(logs.row(number).iter().map(|log| Some(*log))),
                true,
            ),
            (
                "origin",
                texts(amounts.iter().map(|amount| amount.origin.name())),
                false,
            ),
            (
                "isMeasured",
                flags(
                    amounts
                        .iter()
                        .map(|amount| amount.origin != MeasuredFrom::Missing),
                ),
                false,
            ),
            (
                "isAnnotated",
                flags(matrix.is_annotated.row(number).iter().copied()),
                false,
            ),
        ];
        writer.write(columns)?;
    }
    Ok(writer.finish()?)
}

/// The results folders of the samples of an experiment's folder, each once, in the order of the table.
///
/// # Errors
/// `samples.parquet` cannot be read.
pub fn results_of_samples(folder: &Path) -> Result<Vec<PathBuf>, ExperimentError> {
    let file = ParquetFile::open(&folder.join(SAMPLES))?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for rows in file.rows(&["results"])? {
        for name in rows?.texts("results")?.iter().flatten() {
            let path = PathBuf::from(name);
            if !folders.contains(&path) {
                folders.push(path);
            }
        }
    }
    Ok(folders)
}

/// Writes `samples.parquet`: one row a sample, in the order of the table, with its columns.
///
/// # Errors
/// The file cannot be written.
pub fn write_samples(
    path: &Path,
    table: &SampleTable,
    matrix: &SampleMatrix,
) -> Result<(), ExperimentError> {
    let samples = || table.samples.iter();
    let facts = || matrix.samples.iter();
    // Columns of the user are put together as JSON: their names are not ours.
    let others = samples().map(|sample| serde_json::json!(sample.columns).to_string());
    let columns: Columns = vec![
        ("sample", texts(samples().map(|s| &s.name)), false),
        (
            "results",
            texts(samples().map(|s| s.results.display().to_string())),
            false,
        ),
        ("dataset", texts(facts().map(|facts| &facts.dataset)), false),
        ("region", texts(samples().map(|s| &s.region)), false),
        ("condition", texts(samples().map(|s| &s.condition)), false),
        ("replicate", texts(samples().map(|s| &s.replicate)), false),
        ("columns", texts(others), false),
        (
            "nPixels",
            counts(facts().map(|facts| facts.n_pixels)),
            false,
        ),
        (
            "meanTic",
            numbers(facts().map(|facts| facts.mean_tic)),
            false,
        ),
        (
            "meanRms",
            numbers(facts().map(|facts| facts.mean_rms)),
            false,
        ),
        (
            "nAnnotated",
            counts(facts().map(|facts| facts.n_annotated)),
            false,
        ),
        ("factor", numbers(matrix.factors.iter().copied()), false),
    ];
    let mut writer = TableWriter::new(path);
    writer.write(columns)?;
    Ok(writer.finish()?)
}

/// Writes `ions.parquet`: one row an ion, by m/z.
///
/// # Errors
/// The file cannot be written.
pub fn write_ions(path: &Path, ions: &[MeasuredIon]) -> Result<(), ExperimentError> {
    let lists = |of: fn(&IonMolecule) -> &String| -> ArrayRef {
        let lists: Vec<Vec<String>> = ions
            .iter()
            .map(|ion| {
                ion.molecules
                    .iter()
                    .map(|molecule| of(molecule).clone())
                    .collect()
            })
            .collect();
        text_lists(lists.iter().map(Vec::as_slice))
    };
    let columns: Columns = vec![
        ("ion", texts(ions.iter().map(|ion| &ion.ion)), false),
        (
            "ionFormula",
            texts(ions.iter().map(|ion| &ion.ion_formula)),
            false,
        ),
        ("formula", texts(ions.iter().map(|ion| &ion.formula)), false),
        ("adduct", texts(ions.iter().map(|ion| &ion.adduct)), false),
        ("mz", numbers(ions.iter().map(|ion| ion.mz)), false),
        ("fdr", numbers(ions.iter().map(|ion| ion.fdr)), false),
        (
            "nAnnotated",
            Arc::new(UInt32Array::from_iter_values(
                ions.iter().map(|ion| ion.n_annotated),
            )),
            false,
        ),
        ("moleculeIds", lists(|molecule| &molecule.id), false),
        ("moleculeNames", lists(|molecule| &molecule.name), false),
        (
            "moleculeFormulas",
            lists(|molecule| &molecule.formula),
            false,
        ),
        ("moleculeClasses", lists(|molecule| &molecule.class), false),
    ];
    let mut writer = TableWriter::new(path);
    writer.write(columns)?;
    Ok(writer.finish()?)
}

/// Reads `ions.parquet` of an experiment.
///
/// # Errors
/// It cannot be read or lacks a column.
pub fn read_ions(folder: &Path) -> Result<Vec<MeasuredIon>, ExperimentError> {
    let file = ParquetFile::open(&folder.join(IONS))?;
    let names = [
        "ion",
        "ionFormula",
        "formula",
        "adduct",
        "mz",
        "fdr",
        "nAnnotated",
        "moleculeIds",
        "moleculeNames",
        "moleculeFormulas",
        "moleculeClasses",
    ];
    let mut ions = Vec::new();
    for rows in file.rows(&names)? {
        let rows = rows?;
        let text = |name| rows.texts(name);
        let (ion, ion_formula) = (text("ion")?, text("ionFormula")?);
        let (formula, adduct) = (text("formula")?, text("adduct")?);
        let (mz, fdr) = (
            rows.numbers::<Float64Type>("mz")?,
            rows.numbers::<Float64Type>("fdr")?,
        );
        let n_annotated = rows.numbers::<UInt32Type>("nAnnotated")?;
        for row in 0..rows.n_rows() {
            let list = |name| rows.lists(name)?.texts(row);
            let (ids, names) = (list("moleculeIds")?, list("moleculeNames")?);
            let (formulas, classes) = (list("moleculeFormulas")?, list("moleculeClasses")?);
            if [names.len(), formulas.len(), classes.len()] != [ids.len(); 3] {
                return Err(file.wrong("moleculeIds").into());
            }
            let all = ids
                .into_iter()
                .zip(names)
                .zip(formulas.into_iter().zip(classes));
            let molecules = all.map(|((id, name), (formula, class))| IonMolecule {
                id,
                name,
                formula,
                class,
            });
            ions.push(MeasuredIon {
                ion: ion.value(row).into(),
                ion_formula: ion_formula.value(row).into(),
                formula: formula.value(row).into(),
                adduct: adduct.value(row).into(),
                mz: mz[row],
                fdr: fdr[row],
                n_annotated: n_annotated[row],
                molecules: molecules.collect(),
            });
        }
    }
    Ok(ions)
}

/// Writes `contrasts.parquet`: one row a contrast and ion, by contrast and then by ion.
///
/// # Errors
/// The file cannot be written.
pub fn write_contrasts(
    path: &Path,
    ions: &[MeasuredIon],
    contrasts: &[Contrasted],
) -> Result<(), ExperimentError> {
    let mut writer = TableWriter::new(path);
    for contrasted in contrasts {
        let all = || contrasted.ions.iter();
        let name = contrasted.contrast.name();
        let columns: Columns = vec![
            (
                "contrast",
                texts(std::iter::repeat_n(&name, ions.len())),
                false,
            ),
            ("ion", texts(ions.iter().map(|ion| &ion.ion)), false),
            (
                "log2FoldChange",
                optional(all().map(|ion| Some(ion.test.difference))),
                true,
            ),
            (
                "low",
                optional(all().map(|ion| ion.test.interval.map(|(low, _)| low))),
                true,
            ),
            (
                "high",
                optional(all().map(|ion| ion.test.interval.map(|(_, high)| high))),
                true,
            ),
            (
                "statistic",
                optional(all().map(|ion| ion.test.statistic)),
                true,
            ),
            ("df", optional(all().map(|ion| ion.test.df)), true),
            ("p", optional(all().map(|ion| ion.test.p)), true),
            ("q", optional(all().map(|ion| ion.q)), true),
            (
                "meanFirst",
                optional(all().map(|ion| Some(ion.means[0]))),
                true,
            ),
            (
                "meanSecond",
                optional(all().map(|ion| Some(ion.means[1]))),
                true,
            ),
            ("nFirst", counts(all().map(|ion| ion.n[0])), false),
            ("nSecond", counts(all().map(|ion| ion.n[1])), false),
        ];
        writer.write(columns)?;
    }
    Ok(writer.finish()?)
}

/// An ion of a contrast, as enrichment needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredTest {
    /// Log2 fold change.
    pub difference: Option<f64>,
    /// The test's statistic.
    pub statistic: Option<f64>,
    /// Benjamini–Hochberg q.
    pub q: Option<f64>,
}

/// Reads a contrast of an experiment, or the first if none is named: its name, and its ions in the
/// order of [`read_ions`].
///
/// # Errors
/// The table cannot be read, or has no such contrast.
pub fn read_contrast(
    folder: &Path,
    wanted: Option<&str>,
) -> Result<(String, Vec<StoredTest>), ExperimentError> {
    let file = ParquetFile::open(&folder.join(CONTRASTS))?;
    let (mut known, mut tests) = (Vec::<String>::new(), Vec::new());
    for rows in file.rows(&["contrast", "log2FoldChange", "statistic", "q"])? {
        let rows = rows?;
        let names = rows.texts("contrast")?;
        let column = |name| rows.optional_numbers::<Float64Type>(name);
        let (difference, statistic) = (column("log2FoldChange")?, column("statistic")?);
        let q = column("q")?;
        for (row, name) in names.iter().flatten().enumerate() {
            if known.last().is_none_or(|last| last != name) {
                known.push(name.into());
            }
            if wanted.map_or(known.len() == 1, |wanted| wanted == name) {
                let value = |column: &Float64Array| column.iter().nth(row).flatten();
                tests.push(StoredTest {
                    difference: value(difference),
                    statistic: value(statistic),
                    q: value(q),
                });
            }
        }
    }
    let name = wanted.map(str::to_owned).or_else(|| known.first().cloned());
    match name.filter(|_| !tests.is_empty()) {
        Some(name) => Ok((name, tests)),
        None => Err(ExperimentError::NoContrast {
            path: folder.into(),
            contrast: wanted.unwrap_or_default().into(),
            known,
        }),
    }
}

/// Enriched terms of one contrast, and what was asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Enriched {
    /// The contrast, or the name of the results.
    pub of: String,
    /// `more` or `less` of the claimed ions, `annotated`, or `ranked`.
    pub kind: &'static str,
    /// The terms, by p.
    pub terms: Vec<EnrichedTerm>,
}

/// Writes `enrichment.parquet`: one row a term, by contrast and kind and then by p.
///
/// # Errors
/// The file cannot be written.
pub fn write_enrichment(path: &Path, all: &[Enriched]) -> Result<(), ExperimentError> {
    let mut writer = TableWriter::new(path);
    let rows = || {
        all.iter()
            .flat_map(|of| of.terms.iter().map(move |term| (of, term)))
    };
    let number = |of: fn(&EnrichedTerm) -> f64| numbers(rows().map(|(_, term)| of(term)));
    let columns: Columns = vec![
        ("contrast", texts(rows().map(|(of, _)| &of.of)), false),
        ("kind", texts(rows().map(|(of, _)| of.kind)), false),
        ("term", texts(rows().map(|(_, term)| &term.term)), false),
        ("observed", number(|term| term.observed), false),
        ("expected", number(|term| term.expected), false),
        ("effect", number(|term| term.effect), false),
        ("p", number(|term| term.p), false),
        ("q", number(|term| term.q), false),
    ];
    writer.write(columns)?;
    Ok(writer.finish()?)
}

/// Writes rows as CSV, the header first.
///
/// # Errors
/// The file cannot be written.
pub fn write_csv(path: &Path, rows: &[Vec<String>]) -> Result<(), ExperimentError> {
    let bad = |source| ExperimentError::Rows {
        path: path.into(),
        source,
    };
    let mut writer = csv::Writer::from_path(path).map_err(bad)?;
    for row in rows {
        writer.write_record(row).map_err(bad)?;
    }
    writer.flush().map_err(FileError::at("write", path))?;
    Ok(())
}

fn cell(value: Option<f64>) -> String {
    let known = value.filter(|value| !value.is_nan());
    known.map(|value| value.to_string()).unwrap_or_default()
}

/// Names of molecules in one cell.
pub fn molecules_cell(ion: &MeasuredIon) -> String {
    let names: Vec<&str> = ion
        .molecules
        .iter()
        .map(|molecule| &*molecule.name)
        .collect();
    names.join(" | ")
}

/// `matrix.csv`: a row an ion, a column a sample, normalized means; empty where missing.
pub fn matrix_rows(table: &SampleTable, matrix: &SampleMatrix) -> Vec<Vec<String>> {
    let mut header = vec!["ion".to_owned(), "mz".into(), "molecules".into()];
    header.extend(table.samples.iter().map(|sample| sample.name.clone()));
    let mut rows = vec![header];
    for (number, ion) in matrix.ions.iter().enumerate() {
        let mut row = vec![ion.ion.clone(), ion.mz.to_string(), molecules_cell(ion)];
        let samples = 0..matrix.samples.len();
        row.extend(samples.map(|sample| cell(Some(matrix.value(sample, number)))));
        rows.push(row);
    }
    rows
}

/// `contrasts.csv`: the contrasts one after another, each by p.
pub fn contrast_rows(ions: &[MeasuredIon], contrasts: &[Contrasted]) -> Vec<Vec<String>> {
    let header = [
        "contrast",
        "ion",
        "mz",
        "molecules",
        "log2FoldChange",
        "low",
        "high",
        "statistic",
        "df",
        "p",
        "q",
        "nFirst",
        "nSecond",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for contrasted in contrasts {
        for number in contrasted.by_p() {
            let (ion, found) = (&ions[number], &contrasted.ions[number]);
            rows.push(vec![
                contrasted.contrast.name(),
                ion.ion.clone(),
                ion.mz.to_string(),
                molecules_cell(ion),
                cell(Some(found.test.difference)),
                cell(found.test.interval.map(|(low, _)| low)),
                cell(found.test.interval.map(|(_, high)| high)),
                cell(found.test.statistic),
                cell(found.test.df),
                cell(found.test.p),
                cell(found.q),
                found.n[0].to_string(),
                found.n[1].to_string(),
            ]);
        }
    }
    rows
}

/// `enrichment.csv`: the rows of `enrichment.parquet`.
pub fn enrichment_rows(all: &[Enriched]) -> Vec<Vec<String>> {
    let header = [
        "contrast", "kind", "term", "observed", "expected", "effect", "p", "q",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for of in all {
        for term in &of.terms {
            let numbers = [term.observed, term.expected, term.effect, term.p, term.q];
            let mut row = vec![of.of.clone(), of.kind.to_owned(), term.term.clone()];
            row.extend(numbers.map(|number| number.to_string()));
            rows.push(row);
        }
    }
    rows
}
