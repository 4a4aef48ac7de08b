//! `peaks.parquet`: all peaks of a dataset by m/z, which stand in for its imzML and ibd.
//!
//! Pages are neither compressed nor packed, and few enough peaks each that a window of m/z is read
//! with little beside it. What the imzML said of the dataset is in the file's metadata; where the
//! pixels lie is in `pixels.parquet` beside it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, UInt32Array};
use metaspace_machine::error::FileError;
use ms_core::imzml::{Analyzer, Header, Polarity};
use ms_core::isotopes::Instrument;
use ms_core::progress::Progress;
use ms_core::spectra::{Census, IndexError, SpectraIndex, cell_of};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;
use crate::error::ResultsError;
use crate::record::DatasetRecord;
use crate::table::{Columns, failed, record_batch};

/// Name of the table.
pub const PEAKS_PARQUET: &str = "peaks.parquet";

/// Peaks of a row group: what a reader with statistics of row groups alone must read at the least.
const GROUP_PEAKS: usize = 1 << 17;

/// Peaks of a page: what this program must read at the least.
pub(crate) const PAGE_PEAKS: usize = 1 << 13;

/// Metadata: what the imzML said, a [`KeptDataset`].
pub(crate) const DATASET: &str = "metaspace.dataset";

/// Metadata: how many peaks each cell of m/z has that has any, as pairs of cell and number.
pub(crate) const CELLS: &str = "metaspace.cells";

/// What is kept of a dataset besides its peaks and its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptDataset {
    /// What `run.json` says of it.
    pub dataset: DatasetRecord,
    /// `positive` or `negative`, as the imzML stated.
    pub polarity: Option<String>,
    /// Whether it stated spectra of both polarities.
    pub is_polarity_mixed: bool,
    /// The mass analyzer as it stated.
    pub analyzer: Option<KeptAnalyzer>,
    /// What was tolerated, in words.
    pub oddities: Vec<String>,
    /// Points left out because their intensity is 0 or less.
    pub n_dropped: u64,
    /// Spectra whose m/z were not ascending.
    pub n_unsorted: u64,
}

/// The mass analyzer that an imzML stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptAnalyzer {
    /// `tof`, `orbitrap` or `fticr`.
    pub instrument: String,
    /// The term of the imzML.
    pub term: String,
}

impl KeptDataset {
    /// What a header says, besides what a record holds.
    pub fn new(dataset: DatasetRecord, header: &Header, oddities: Vec<String>) -> Self {
        let analyzer = header.analyzer.as_ref().map(|analyzer| KeptAnalyzer {
            instrument: analyzer.instrument.to_string(),
            term: analyzer.term.clone(),
        });
        Self {
            dataset,
            polarity: header.polarity.map(|polarity| polarity.to_string()),
            is_polarity_mixed: header.is_polarity_mixed,
            analyzer,
            oddities,
            n_dropped: 0,
            n_unsorted: 0,
        }
    }

    /// With what was learned from its peaks.
    #[must_use]
    pub fn with(&self, census: &Census) -> Self {
        let mut about = self.clone();
        // Where peaks were read from is not handed on: these are now those of the dataset.
        about.dataset.peaks = None;
        Self {
            dataset: about.dataset.with(census),
            n_dropped: census.n_dropped,
            n_unsorted: census.n_unsorted,
            ..about
        }
    }

    /// The header again, as far as an annotation asks for it. Nothing if a word of it is unknown.
    pub fn header(&self) -> Option<Header> {
        let polarity = match self.polarity.as_deref() {
            None => None,
            Some("positive") => Some(Polarity::Positive),
            Some("negative") => Some(Polarity::Negative),
            Some(_) => return None,
        };
        let analyzer = match &self.analyzer {
            None => None,
            Some(kept) => Some(Analyzer {
                instrument: kept.instrument.parse::<Instrument>().ok()?,
                term: kept.term.clone(),
            }),
        };
        Some(Header {
            polarity,
            is_polarity_mixed: self.is_polarity_mixed,
            analyzer,
            uuid: self.dataset.uuid.clone(),
            pixel_size_um: self.dataset.pixel_size_um,
            ..Header::default()
        })
    }
}

/// `peaks.parquet` being written, from the lowest m/z on, while peaks are held anyway.
pub struct PeaksWriter<'a> {
    path: PathBuf,
    writer: ArrowWriter<File>,
    progress: &'a dyn Progress,
    /// Up to where peaks are written.
    end: f64,
    /// Peaks of the row group that is not full.
    mzs: Vec<f64>,
    intensities: Vec<f32>,
    pixels: Vec<u32>,
    /// Peaks of each cell that has any.
    cells: Vec<(usize, u64)>,
}

impl<'a> PeaksWriter<'a> {
    /// Starts the table of a folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: &Path, progress: &'a dyn Progress) -> Result<Self, ResultsError> {
        let schema = record_batch(columns(Vec::new(), Vec::new(), Vec::new()), path)?.schema();
        let file = File::create(path).map_err(FileError::at("write", path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_statistics_enabled("mz".into(), EnabledStatistics::Page)
            .set_write_batch_size(PAGE_PEAKS)
            .set_data_page_row_count_limit(PAGE_PEAKS)
            .set_max_row_group_row_count(Some(GROUP_PEAKS))
            .set_sorting_columns(Some(vec![SortingColumn {
                column_idx: 0,
                descending: false,
                nulls_first: false,
            }]))
            .set_key_value_metadata(Some(vec![
                KeyValue::new("metaspace.table".into(), "peaks".to_owned()),
                KeyValue::new(
                    "metaspace.schema_version".into(),
                    SCHEMA_VERSION.to_string(),
                ),
            ]))
            .build();
        let writer = ArrowWriter::try_new(file, schema, Some(properties)).map_err(failed(path))?;
        Ok(Self {
            path: path.into(),
            writer,
            progress,
            end: 0.0,
            mzs: Vec::with_capacity(GROUP_PEAKS),
            intensities: Vec::with_capacity(GROUP_PEAKS),
            pixels: Vec::with_capacity(GROUP_PEAKS),
            cells: Vec::new(),
        })
    }

    /// Goes on to the end of what is held.
    ///
    /// # Errors
    /// The index cannot be read, or the table not be written.
    pub fn look(&mut self, index: &SpectraIndex) -> Result<(), IndexError> {
        let written = self.extend(index, index.held().1);
        written.map_err(|error| match error {
            ResultsError::Index(error) => error,
            error => IndexError::Looking(Box::new(error)),
        })
    }

    /// Goes on to the last peak and ends the table.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn finish(mut self, index: &SpectraIndex, about: &KeptDataset) -> Result<(), ResultsError> {
        self.extend(index, f64::INFINITY)?;
        self.write()?;
        let json = |source| ResultsError::Json {
            path: self.path.clone(),
            source,
        };
        let about = serde_json::to_string(about).map_err(json)?;
        let cells = serde_json::to_string(&self.cells).map_err(json)?;
        for (key, value) in [(DATASET, about), (CELLS, cells)] {
            let pair = KeyValue::new(key.into(), value);
            self.writer.append_key_value_metadata(pair);
        }
        self.writer.close().map_err(failed(&self.path))?;
        Ok(())
    }

    fn extend(&mut self, index: &SpectraIndex, end: f64) -> Result<(), ResultsError> {
        if end <= self.end {
            return Ok(());
        }
        let start = std::mem::replace(&mut self.end, end);
        index.for_each_stretch((start, end), self.progress, |slab, places| {
            for peak in slab.peaks(places) {
                self.mzs.push(peak.mz);
                self.intensities.push(peak.intensity);
                self.pixels.push(peak.pixel.0);
                if self.mzs.len() == GROUP_PEAKS {
                    self.write()?;
                }
            }
            Ok(())
        })
    }

    /// Writes a row group, which is the last if it is not full.
    fn write(&mut self) -> Result<(), ResultsError> {
        for of_cell in self.mzs.chunk_by(|a, b| cell_of(*a) == cell_of(*b)) {
            let (cell, n) = (cell_of(of_cell[0]), of_cell.len() as u64);
            match self.cells.last_mut().filter(|(last, _)| *last == cell) {
                Some((_, n_peaks)) => *n_peaks += n,
                None => self.cells.push((cell, n)),
            }
        }
        let batch: RecordBatch = record_batch(
            columns(
                std::mem::replace(&mut self.mzs, Vec::with_capacity(GROUP_PEAKS)),
                std::mem::replace(&mut self.intensities, Vec::with_capacity(GROUP_PEAKS)),
                std::mem::replace(&mut self.pixels, Vec::with_capacity(GROUP_PEAKS)),
            ),
            &self.path,
        )?;
        self.writer.write(&batch).map_err(failed(&self.path))
    }
}

fn columns(mzs: Vec<f64>, intensities: Vec<f32>, pixels: Vec<u32>) -> Columns {
    let mzs: ArrayRef = Arc::new(Float64Array::from(mzs));
    vec![
        ("mz", mzs, false),
        (
            "intensity",
            Arc::new(Float32Array::from(intensities)),
            false,
        ),
        ("pixel", Arc::new(UInt32Array::from(pixels)), false),
    ]
}

impl std::fmt::Debug for PeaksWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeaksWriter")
            .field("path", &self.path)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
