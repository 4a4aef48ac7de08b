//! `experiment.tsv`: which samples there are, and what was done to them.
//!
//! One line a sample, that is a region of a results folder, with its condition. Columns `results`
//! and `condition` must be there; `region`, `replicate`, `batch` and any others may.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use metaspace_explore::regions::{WHOLE, names_beside};
use metaspace_explore::text_table::TextTable;
use metaspace_machine::error::{FileError, OptionError};
use metaspace_measure::request::{WantedRegion, WantedResults};
use metaspace_results::{ResultsError, check_results};

use crate::error::ExperimentError;

/// Columns that a new table has, in this order.
pub const COLUMNS: [&str; 5] = ["results", "region", "condition", "replicate", "batch"];

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Name by which the sample is known in every table: that of its results folder, and its region
    /// unless that is the whole.
    pub name: String,
    /// Line of the table.
    pub line: u64,
    /// The results folder, as this process finds it, or its address in a store.
    pub results: PathBuf,
    /// Where it is read: the same, or where what lies in a store was brought.
    pub local: PathBuf,
    /// The region, as it is written.
    pub region: String,
    /// What was done to it, or what it is.
    pub condition: String,
    /// The animal, patient or culture; the sample's name where nothing is written.
    pub replicate: String,
    /// All columns but results and region, as they are written.
    pub columns: BTreeMap<String, String>,
}

/// The samples of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleTable {
    /// The file.
    pub path: PathBuf,
    /// Columns besides results and region, in the order of the file.
    pub columns: Vec<String>,
    /// The samples, in the order of the file.
    pub samples: Vec<Sample>,
}

/// Results that a new table has lines of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewResults {
    /// A folder of this machine.
    Folder(PathBuf),
    /// An address in a store, where somebody has seen that results are.
    Elsewhere(PathBuf),
}

/// Writes a table to fill in: a line for each results folder, or for each region of
/// `regions.geojson` beside its results. Condition, replicate and batch are empty. Results of a store
/// have a line each.
///
/// # Errors
/// A folder has no results, its regions cannot be understood, the file is there already and is not
/// to be overwritten, or cannot be written.
pub fn write_new(
    results: &[NewResults],
    out: &Path,
    force: bool,
) -> Result<usize, ExperimentError> {
    if out.exists() && !force {
        return Err(ResultsError::Exists { path: out.into() }.into());
    }
    let mut lines = vec![COLUMNS.join("\t")];
    let beside = out.parent().unwrap_or(Path::new(""));
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for results in results {
        let (folder, is_here) = match results {
            NewResults::Folder(folder) => (folder, true),
            NewResults::Elsewhere(address) => (address, false),
        };
        if is_here {
            check_results(folder)?;
        }
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            let reason = format!("`{}` is given twice", folder.display());
            return Err(OptionError::new("--results", reason).into());
        }
        let (regions, shown) = if is_here {
            (names_beside(folder)?, relative_to(folder, beside))
        } else {
            (Vec::new(), folder.clone())
        };
        let whole = vec![WHOLE.to_owned()];
        for region in if regions.is_empty() { whole } else { regions } {
            lines.push(format!("{}\t{region}\t\t\t", shown.display()));
        }
    }
    let text = lines.join("\n") + "\n";
    std::fs::write(out, text).map_err(FileError::at("write", out))?;
    Ok(lines.len() - 1)
}

/// A path as it is seen from a folder that it lies in; elsewhere, absolute unless both are seen from
/// here.
fn relative_to(path: &Path, folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() {
        return path.into();
    }
    let (Ok(path_there), Ok(folder)) = (path.canonicalize(), folder.canonicalize()) else {
        return path.into();
    };
    let inside = path_there.strip_prefix(&folder).map(Path::to_owned);
    inside.unwrap_or(path_there)
}

impl SampleTable {
    /// Reads a table. Results folders are relative to the folder of the file.
    ///
    /// # Errors
    /// The file cannot be read, lacks a column, has no lines, a line without results or condition,
    /// or a sample twice.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let table = TextTable::read(path)?;
        let bad = |source| ExperimentError::Rows {
            path: path.into(),
            source,
        };
        let mut reader = table
            .reader()
            .comment(Some(b'#'))
            .from_reader(table.text.as_bytes());
        let headers = reader.headers().map_err(bad)?.clone();
        let found: Vec<String> = headers.iter().map(str::to_owned).collect();
        let column = |name: &str| found.iter().position(|header| header == name);
        let needed = |name: &str| {
            column(name).ok_or_else(|| ExperimentError::Column {
                path: path.into(),
                column: name.into(),
                found: found.clone(),
            })
        };
        let (results, condition) = (needed("results")?, needed("condition")?);
        let region = column("region");
        let columns: Vec<String> = found
            .iter()
            .enumerate()
            .filter(|(place, name)| *place != results && Some(*place) != region && !name.is_empty())
            .map(|(_, name)| name.clone())
            .collect();
        let mut samples = Vec::new();
        for record in reader.records() {
            let record = record.map_err(bad)?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default();
            for (name, column) in [("results", results), ("condition", condition)] {
                if cell(column).is_empty() {
                    return Err(ExperimentError::Line {
                        path: path.into(),
                        line,
                        reason: format!("{name} is empty"),
                    });
                }
            }
            let beside = path.parent().unwrap_or(Path::new(""));
            let region = region.map(cell).filter(|region| !region.is_empty());
            let of_column = |name: &String| {
                let text = column(name).map(cell).unwrap_or_default();
                (name.clone(), text.to_owned())
            };
            let results = match cell(results) {
                address if is_address(address) => PathBuf::from(address),
                folder => beside.join(folder),
            };
            samples.push(Sample {
                name: String::new(),
                line,
                local: results.clone(),
                results,
                region: region.unwrap_or(WHOLE).to_owned(),
                condition: cell(condition).to_owned(),
                replicate: column("replicate").map(cell).unwrap_or_default().to_owned(),
                columns: columns.iter().map(of_column).collect(),
            });
        }
        if samples.is_empty() {
            return Err(ExperimentError::NoSamples { path: path.into() });
        }
        check_unique(path, &samples)?;
        name_samples(&mut samples);
        Ok(Self {
            path: path.into(),
            columns,
            samples,
        })
    }

    /// The conditions, in the order of the file.
    pub fn conditions(&self) -> Vec<String> {
        let mut conditions: Vec<String> = Vec::new();
        for sample in &self.samples {
            if !conditions.contains(&sample.condition) {
                conditions.push(sample.condition.clone());
            }
        }
        conditions
    }
}

/// Whether a text is the address of results in a store, and no folder.
fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// Refuses a region of a results folder that two lines name, however they write the folder.
fn check_unique(path: &Path, samples: &[Sample]) -> Result<(), ExperimentError> {
    let mut lines: HashMap<(PathBuf, &str), u64> = HashMap::new();
    for sample in samples {
        let folder = sample.results.canonicalize();
        let folder = folder.unwrap_or_else(|_| sample.results.clone());
        if let Some(first) = lines.insert((folder, &sample.region), sample.line) {
            return Err(ExperimentError::SampleTwice {
                path: path.into(),
                first,
                second: sample.line,
                sample: format!("{}, region {}", sample.results.display(), sample.region),
            });
        }
    }
    Ok(())
}

/// Gives each sample a name of its own: the last part of its folder, more of it where that is
/// not enough, and the region.
fn name_samples(samples: &mut [Sample]) {
    let shortened = |sample: &Sample, n_parts: usize| {
        let parts: Vec<String> = sample
            .results
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        let folder = parts[parts.len().saturating_sub(n_parts)..].join("/");
        if sample.region == WHOLE {
            folder
        } else {
            format!("{folder}:{}", sample.region)
        }
    };
    let most_parts = samples.iter().map(|s| s.results.components().count()).max();
    let mut n_parts = 1;
    let names = loop {
        let found: Vec<String> = samples.iter().map(|s| shortened(s, n_parts)).collect();
        let distinct: BTreeSet<&String> = found.iter().collect();
        if distinct.len() == samples.len() || Some(n_parts) >= most_parts {
            break found;
        }
        n_parts += 1;
    };
    for (sample, name) in samples.iter_mut().zip(names) {
        if sample.replicate.is_empty() {
            sample.replicate.clone_from(&name);
        }
        sample.name = name;
    }
}

/// A results folder, and its samples.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SampleFolder {
    /// The folder, or its address in a store.
    results: PathBuf,
    /// Where it is read.
    pub(crate) local: PathBuf,
    /// Numbers of its samples.
    pub(crate) samples: Vec<usize>,
}

impl SampleFolder {
    /// Its regions as they are to be measured, each with the factor of its sample.
    pub(crate) fn wanted(
        &self,
        table: &SampleTable,
        factor: impl Fn(usize) -> f64,
    ) -> WantedResults {
        let region = |&sample: &usize| WantedRegion {
            name: table.samples[sample].region.clone(),
            factor: factor(sample),
        };
        WantedResults {
            results: self.results.clone(),
            local: self.local.clone(),
            regions: self.samples.iter().map(region).collect(),
        }
    }
}

/// The results folders in the order of the table.
pub(crate) fn folders_of(samples: &[Sample]) -> Vec<SampleFolder> {
    let mut folders: Vec<SampleFolder> = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        match folders.iter_mut().find(|of| of.local == sample.local) {
            Some(folder) => folder.samples.push(number),
            None => folders.push(SampleFolder {
                results: sample.results.clone(),
                local: sample.local.clone(),
                samples: vec![number],
            }),
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SampleTable, ExperimentError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("experiment.tsv");
        std::fs::write(&path, text).unwrap();
        SampleTable::read(&path)
    }

    #[test]
    fn samples_have_short_names_of_their_own() {
        let table = read(
            "results\tregion\tcondition\treplicate\tbatch\tsex\n\
             a/x\t\tcontrol\tmouse 1\t1\tf\n\
             b/x\tcortex\ttreated\t\t1\tm\n\
             b/y\twhole\ttreated\t\t2\tm\n",
        )
        .unwrap();
        let names: Vec<&str> = table.samples.iter().map(|s| &*s.name).collect();
        assert_eq!(names, ["x", "x:cortex", "y"]);
        assert_eq!(table.samples[0].replicate, "mouse 1");
        assert_eq!(table.samples[1].replicate, "x:cortex");
        assert_eq!(table.columns, ["condition", "replicate", "batch", "sex"]);
        assert_eq!(table.samples[2].columns["sex"], "m");
        assert_eq!(table.conditions(), ["control", "treated"]);
        let table = read("results,condition\na/x,c\nb/x,t\n").unwrap();
        let names: Vec<&str> = table.samples.iter().map(|s| &*s.name).collect();
        assert_eq!(names, ["a/x", "b/x"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_line() {
        for (text, part) in [
            ("results\tregion\na\tb\n", "no column `condition`"),
            ("results\tcondition\n", "no samples"),
            ("results\tcondition\na\tc\nb\t\n", "line 3"),
            ("results\tcondition\na\tc\na\td\n", "lines 2 and 3"),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        }
    }
}
