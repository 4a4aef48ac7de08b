//! `peaks.parquet`, read in place of an imzML and its ibd.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ms_core::bytes::index;
use ms_core::image::PixelIdx;
use ms_core::spectra::{Directory, Peak, RunStore, Samples, SortedRuns, SpectraIndex, cell_of};
use parquet::basic::Compression;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use rayon::prelude::*;

use crate::error::ResultsError;
use crate::parquet_file::ParquetFile;
use crate::peaks::{CELLS, DATASET, KeptDataset, PAGE_PEAKS, PEAKS_PARQUET};

/// The columns in their order, and the bytes of their values.
const COLUMNS: [(&str, usize); 3] = [("mz", 8), ("intensity", 4), ("pixel", 4)];

/// So many pages are read faster than they are given to threads.
const FEW_PAGES: usize = 4;

/// Bytes of a peak as an index takes it.
const PEAK_BYTES: usize = 16;

/// The peaks that a run kept: one run of an index, already sorted.
#[derive(Debug, Clone)]
pub struct KeptPeaks {
    store: Arc<PeakStore>,
    /// What the imzML said.
    pub about: KeptDataset,
    directory: Directory,
    samples: Samples,
}

/// The table itself.
#[derive(Debug)]
struct PeakStore {
    file: ParquetFile,
    n_peaks: u64,
    columns: [Column; 3],
}

/// A column whose values lie in the file as in memory, little-endian.
#[derive(Debug)]
struct Column {
    /// Where in the file the values of each page end.
    ends: Vec<u64>,
}

impl KeptPeaks {
    /// Opens the table of a path, or that of a results folder.
    ///
    /// # Errors
    /// It is not there, was written by another program, or its parts do not fit each other.
    pub fn open(path: &Path) -> Result<Self, ResultsError> {
        let path = table_of(path);
        if !path.is_file() {
            return Err(ResultsError::NoPeaks { path });
        }
        let file = ParquetFile::open(&path)?.with_pages()?;
        let described = |key: &str| {
            let text = file.described(key);
            text.ok_or_else(|| file.wrong(key))
        };
        let about: KeptDataset =
            serde_json::from_str(described(DATASET)?).map_err(|_| file.wrong(DATASET))?;
        let cells: Vec<(usize, u64)> =
            serde_json::from_str(described(CELLS)?).map_err(|_| file.wrong(CELLS))?;
        let wrong_cells = |_| file.wrong(CELLS);
        let mz_range = mz_range(&file)?;
        let directory = Directory::of_counts(mz_range, cells).map_err(wrong_cells)?;
        let pages = first_mz_of_pages(&file)?;
        let is_of_cell = |(page, &mz): (usize, &f64)| {
            directory
                .places_of(cell_of(mz))
                .contains(&((page * PAGE_PEAKS) as u64))
        };
        // Two statements of where peaks lie, written apart: a damaged one does not fit the other.
        let is_whole = |n_peaks: u64| {
            n_peaks == directory.n_peaks()
                && n_peaks == about.dataset.n_peaks
                && pages.len() as u64 == n_peaks.div_ceil(PAGE_PEAKS as u64)
                && pages.iter().enumerate().all(is_of_cell)
        };
        let store = PeakStore::new(file)?;
        if !is_whole(store.n_peaks) {
            return Err(store.file.wrong(CELLS));
        }
        Ok(Self {
            store: Arc::new(store),
            about,
            directory,
            samples: Samples::new(PAGE_PEAKS, pages),
        })
    }

    /// The folder that it lies in.
    pub fn folder(&self) -> &Path {
        self.path().parent().unwrap_or(Path::new(""))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.store.file.path()
    }

    /// Says that what is kept of the dataset cannot be used.
    pub fn wrong_dataset(&self) -> ResultsError {
        self.store.file.wrong(DATASET)
    }

    /// Number of peaks.
    pub fn n_peaks(&self) -> u64 {
        self.directory.n_peaks()
    }

    /// Lowest and highest m/z; infinite and −infinite without peaks.
    pub fn mz_range(&self) -> (f64, f64) {
        self.directory.mz_range
    }

    /// An index of them that reads from the file what it is asked for.
    ///
    /// # Errors
    /// There are more pixels than can be numbered.
    pub fn index(&self, n_pixels: usize) -> Result<SpectraIndex, ResultsError> {
        let n_pixels = u32::try_from(n_pixels).map_err(|_| self.store.file.wrong("pixel"))?;
        let store = Box::new(Arc::clone(&self.store));
        let runs = SortedRuns::new(vec![self.directory.clone()], n_pixels, store);
        Ok(SpectraIndex::of_runs(
            runs.with_samples(vec![self.samples.clone()]),
        ))
    }
}

/// The table that a path names: itself, or that of a results folder.
fn table_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(PEAKS_PARQUET)
    } else {
        path.into()
    }
}

/// Lowest and highest m/z, which statistics of the outer row groups have to the bit.
fn mz_range(file: &ParquetFile) -> Result<(f64, f64), ResultsError> {
    let groups = file.footer().row_groups();
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
        return Ok((f64::INFINITY, f64::NEG_INFINITY));
    };
    let wrong = || file.wrong("mz");
    let statistics = |group: &parquet::file::metadata::RowGroupMetaData| {
        let column = group.columns().first()?;
        match column.statistics()? {
            Statistics::Double(values) => Some((*values.min_opt()?, *values.max_opt()?)),
            _ => None,
        }
    };
    let (low, _) = statistics(first).ok_or_else(wrong)?;
    let (_, high) = statistics(last).ok_or_else(wrong)?;
    Ok((low, high))
}

/// The m/z of the first peak of each page.
fn first_mz_of_pages(file: &ParquetFile) -> Result<Vec<f64>, ResultsError> {
    let wrong = || file.wrong("mz");
    let footer = file.footer();
    let pages = footer.page_index();
    let mut mzs = Vec::new();
    for group in 0..footer.num_row_groups() {
        let column = pages.and_then(|pages| pages.column_index(group, 0));
        let Some(ColumnIndexMetaData::DOUBLE(column)) = column else {
            return Err(wrong());
        };
        mzs.extend_from_slice(column.min_values());
    }
    Ok(mzs)
}

impl Column {
    /// Where the values of each page of a column lie, which are as they were in memory.
    fn new(file: &ParquetFile, column: usize, bytes: usize) -> Result<Self, ResultsError> {
        let wrong = || file.wrong(COLUMNS[column].0);
        let footer = file.footer();
        let pages = footer.page_index();
        let mut ends = Vec::new();
        for (number, group) in footer.row_groups().iter().enumerate() {
            let chunk = group.columns().get(column).ok_or_else(wrong)?;
            let is_plain = chunk.compression() == Compression::UNCOMPRESSED
                && chunk.column_path().string() == COLUMNS[column].0
                && chunk.column_descr().max_def_level() == 0;
            let pages = pages.and_then(|pages| pages.offset_index(number, column));
            let pages = pages.filter(|_| is_plain).ok_or_else(wrong)?;
            let n_rows = u64::try_from(group.num_rows()).map_err(|_| wrong())?;
            let mut start = 0;
            for (page, place) in pages.page_locations().iter().enumerate() {
                let next = pages.page_locations().get(page + 1);
                let end = next.map_or(Ok(n_rows), |next| u64::try_from(next.first_row_index));
                let end = end.map_err(|_| wrong())?;
                let n = end.saturating_sub(start);
                let size = u64::try_from(place.compressed_page_size).map_err(|_| wrong())?;
                let offset = u64::try_from(place.offset).map_err(|_| wrong())?;
                // All pages but the last are full, so that a row is found by division.
                let is_last = next.is_none() && number + 1 == footer.num_row_groups();
                let is_full = n == PAGE_PEAKS as u64 || is_last;
                if !is_full || n > PAGE_PEAKS as u64 || size < n * bytes as u64 {
                    return Err(wrong());
                }
                ends.push(offset + size);
                start = end;
            }
        }
        Ok(Self { ends })
    }
}

impl PeakStore {
    fn new(file: ParquetFile) -> Result<Self, ResultsError> {
        let [mz, intensity, pixel] =
            [0, 1, 2].map(|column| Column::new(&file, column, COLUMNS[column].1));
        let columns = [mz?, intensity?, pixel?];
        let n_peaks = u64::try_from(file.footer().file_metadata().num_rows());
        let n_peaks = n_peaks.map_err(|_| file.wrong("mz"))?;
        let n_pages = index(n_peaks.div_ceil(PAGE_PEAKS as u64));
        if columns.iter().any(|column| column.ends.len() != n_pages) {
            return Err(file.wrong("mz"));
        }
        Ok(Self {
            file,
            n_peaks,
            columns,
        })
    }

    /// Reads some values of a page of a column; values of a page that are before and after them are
    /// left out.
    fn values(
        &self,
        column: usize,
        page: usize,
        rows: &Range<usize>,
        out: &mut [u8],
    ) -> io::Result<()> {
        let width = COLUMNS[column].1;
        let end = self.columns[column].ends.get(page);
        let end = *end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let n = self.n_peaks - (page * PAGE_PEAKS) as u64;
        let after = (n.min(PAGE_PEAKS as u64) - rows.end as u64) * width as u64;
        let start = end - after - out.len() as u64;
        self.file.bytes().read_at(start, out)
    }

    /// The peaks of some rows of a page, 16 bytes each.
    fn fill(
        &self,
        page: usize,
        rows: &Range<usize>,
        buffer: &mut [u8],
        out: &mut [u8],
    ) -> io::Result<()> {
        let n = rows.len();
        let (mzs, rest) = buffer.split_at_mut(n * 8);
        let (intensities, rest) = rest.split_at_mut(n * 4);
        let pixels = &mut rest[..n * 4];
        self.values(0, page, rows, mzs)?;
        self.values(1, page, rows, intensities)?;
        self.values(2, page, rows, pixels)?;
        let (out, _) = out.as_chunks_mut::<PEAK_BYTES>();
        let (mzs, _) = mzs.as_chunks::<8>();
        let (intensities, _) = intensities.as_chunks::<4>();
        let (pixels, _) = pixels.as_chunks::<4>();
        for (out, ((mz, intensity), pixel)) in
            out.iter_mut().zip(mzs.iter().zip(intensities).zip(pixels))
        {
            *out = Peak {
                mz: f64::from_le_bytes(*mz),
                intensity: f32::from_le_bytes(*intensity),
                pixel: PixelIdx(u32::from_le_bytes(*pixel)),
            }
            .to_bytes();
        }
        Ok(())
    }
}

impl RunStore for PeakStore {
    fn read(&self, places: &[(usize, Range<u64>)], out: &mut [u8]) -> io::Result<()> {
        let mut pieces = Vec::new();
        let mut rest = out;
        for (_, places) in places {
            let mut start = places.start;
            if places.end > self.n_peaks {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            while start < places.end {
                let page = start / PAGE_PEAKS as u64;
                let first = page * PAGE_PEAKS as u64;
                let end = places.end.min(first + PAGE_PEAKS as u64);
                let (piece, after) = rest
                    .split_at_mut_checked(index(end - start) * PEAK_BYTES)
                    .ok_or(io::ErrorKind::InvalidInput)?;
                pieces.push((index(page), index(start - first)..index(end - first), piece));
                rest = after;
                start = end;
            }
        }
        let buffer = || vec![0; PAGE_PEAKS * PEAK_BYTES];
        if pieces.len() <= FEW_PAGES {
            let mut buffer = buffer();
            return pieces
                .into_iter()
                .try_for_each(|(page, rows, piece)| self.fill(page, &rows, &mut buffer, piece));
        }
        pieces
            .into_par_iter()
            .try_for_each_init(buffer, |buffer, (page, rows, piece)| {
                self.fill(page, &rows, buffer, piece)
            })
    }
}
