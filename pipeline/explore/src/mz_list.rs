//! Lists of m/z: a number a line, or a table with a column `mz`.

use std::path::Path;

use metaspace_machine::error::OptionError;
use metaspace_results::NamedWindow;
use ms_core::tolerance::Ppm;

use crate::error::ExploreError;
use crate::text_table::TextTable;

/// Columns whose text names an m/z; the first that there is.
const NAME_COLUMNS: [&str; 2] = ["name", "ion"];

/// Highest m/z that can be asked for, in Th.
const MAX_MZ: f64 = 1e6;

/// Widest tolerance that can be asked for: half of the m/z itself.
const MAX_PPM: f64 = 5e5;

/// Windows around m/z that are called by their number.
///
/// # Errors
/// A number cannot be an m/z, or the tolerance cannot be one.
pub fn windows_of(mzs: &[f64], ppm: Ppm) -> Result<Vec<NamedWindow>, OptionError> {
    if !(ppm.0 > 0.0 && ppm.0 <= MAX_PPM) {
        let reason = format!("must lie above 0, and at most at {MAX_PPM}, not {}", ppm.0);
        return Err(OptionError::new("--ppm", reason));
    }
    let window = |&mz: &f64| {
        if !is_mz(mz) {
            let reason = format!("must lie above 0, and at most at {MAX_MZ}, not {mz}");
            return Err(OptionError::new("--mz", reason));
        }
        Ok(named(format!("mz{mz}"), mz, ppm))
    };
    mzs.iter().map(window).collect()
}

fn is_mz(mz: f64) -> bool {
    mz > 0.0 && mz <= MAX_MZ
}

fn named(name: String, mz: f64, ppm: Ppm) -> NamedWindow {
    let window = ppm.window(mz);
    NamedWindow { name, mz, window }
}

/// Reads a list: a number a line; or CSV or TSV with a column `mz` and, if it has one, `name` or
/// `ion`. Where rows have the same name and m/z, such as those of `annotations.csv`, the first counts.
///
/// # Errors
/// It cannot be read, has no such column, or a cell is no m/z.
pub fn read_mz_list(path: &Path, ppm: Ppm) -> Result<Vec<NamedWindow>, ExploreError> {
    let table = TextTable::read(path)?;
    let text = &table.text;
    let first = text.lines().next().unwrap_or_default();
    let has_header = first.trim().parse::<f64>().is_err();
    let csv = |source| ExploreError::ReadCsv {
        path: path.into(),
        source,
    };
    let mut reader = table
        .reader()
        .has_headers(has_header)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut mz_column, mut name_column) = (0, None);
    if has_header {
        let header = reader.headers().map_err(csv)?.clone();
        let place = |name: &str| header.iter().position(|column| column == name);
        mz_column = place("mz").ok_or_else(|| ExploreError::CsvColumn {
            path: path.into(),
            column: "mz".into(),
            found: header.iter().map(str::to_owned).collect(),
        })?;
        name_column = NAME_COLUMNS.iter().find_map(|name| place(name));
    }
    let mut windows: Vec<NamedWindow> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = record.get(mz_column).unwrap_or_default();
        // Where commas are in numbers, semicolons are between columns.
        let number = if table.separator == b';' {
            cell.replace(',', ".")
        } else {
            cell.to_owned()
        };
        let mz = number.parse().ok().filter(|&mz| is_mz(mz));
        let mz: f64 = mz.ok_or_else(|| ExploreError::Cell {
            path: path.into(),
            line,
            column: "mz".into(),
            text: cell.into(),
        })?;
        let name = name_column.and_then(|column| record.get(column));
        let name = name.filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("mz{mz}"), str::to_owned);
        windows.push(named(name, mz, ppm));
    }
    Ok(windows)
}

/// Windows of which no two have one name: of equal ones the first counts, and others of its name
/// are numbered.
pub fn with_own_names(windows: Vec<NamedWindow>) -> Vec<NamedWindow> {
    let mut own: Vec<NamedWindow> = Vec::new();
    let mut seen: std::collections::BTreeMap<String, Vec<f64>> = std::collections::BTreeMap::new();
    for mut window in windows {
        let same = seen.entry(window.name.clone()).or_default();
        if same.iter().any(|mz| mz.total_cmp(&window.mz).is_eq()) {
            continue;
        }
        same.push(window.mz);
        if same.len() > 1 {
            window.name = format!("{}-{}", window.name, same.len());
        }
        own.push(window);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, f64)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        let windows = read_mz_list(&path, Ppm(3.0)).map_err(|error| error.to_string())?;
        let windows = with_own_names(windows);
        Ok(windows.into_iter().map(|w| (w.name, w.mz)).collect())
    }

    #[test]
    fn lists_and_tables_are_read() {
        let expected = [("mz500.25".to_owned(), 500.25), ("mz100".to_owned(), 100.0)];
        assert_eq!(read("500.25\n100\n").unwrap(), expected);
        assert_eq!(read("\u{feff}mz\n500.25\n100\n").unwrap(), expected);
        let named = [
            ("a".to_owned(), 100.0),
            ("mz101".to_owned(), 101.0),
            ("a-2".to_owned(), 102.0),
        ];
        assert_eq!(
            read("name\tmz\na\t100\n\t101\na\t102\na\t100\n").unwrap(),
            named
        );
    }

    #[test]
    fn spreadsheets_save_lists_in_many_ways() {
        let expected = [("b".to_owned(), 885.55), ("a".to_owned(), 100.0)];
        assert_eq!(read("name;mz\r\nb;885,55\r\na;100\r\n").unwrap(), expected);
        assert_eq!(read("name,mz\nb,885.55\na,100\n").unwrap(), expected);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let refusals = [
            ("a,b\n1,2\n", "has no column `mz`"),
            ("mz\n1\nx\n", "line 3 of"),
            ("100\n-1\n", "mz must be a number, not `-1`"),
            ("mz\nNaN\n", "not `NaN`"),
            ("PK\u{3}\u{4}xl/workbook.xml", "save it as CSV"),
        ];
        for (text, expected) in refusals {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(windows_of(&[0.0], Ppm(3.0)).is_err());
        assert!(windows_of(&[100.0], Ppm(0.0)).is_err());
        assert!(windows_of(&[100.0], Ppm(f64::NAN)).is_err());
    }
}
