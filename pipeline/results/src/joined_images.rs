//! Parts of `ion_images.parquet` joined as they are stored, on their way to wherever the results go.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use metaspace_machine::error::FileError;
use ms_core::bytes::RangeRead;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;

use crate::error::ResultsError;
use crate::images::begin_images;
use crate::parquet_file::{check_pages, check_places};
use crate::positioned::{Positioned, Tail};
use crate::table::failed;

/// Name of the table.
const NAME: &str = "ion_images.parquet";

/// A table of images put together of parts, of which all but the last end where a row group does in
/// any case: the bytes are those of the table of all of their ions.
pub struct JoinedImages<W: Write + Send> {
    file: SerializedFileWriter<W>,
}

impl<W: Write + Send> std::fmt::Debug for JoinedImages<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinedImages").finish_non_exhaustive()
    }
}

impl<W: Write + Send> JoinedImages<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(file: W) -> Result<Self, ResultsError> {
        Ok(Self {
            file: begin_images(Path::new(NAME), file)?.0,
        })
    }

    /// Appends a part, given by its name and bytes; returns the hash of what is in its columns, see
    /// [`content_of_images`].
    ///
    /// # Errors
    /// The part cannot be read or is no such table, or the table cannot be written.
    pub fn append(
        &mut self,
        part: &Path,
        bytes: Arc<dyn RangeRead>,
    ) -> Result<String, ResultsError> {
        let unreadable = |source| ResultsError::ReadTable {
            path: part.into(),
            source,
        };
        let failed = failed(Path::new(NAME));
        let input = Hashed::new(Positioned::new(bytes));
        let metadata = metadata(&input.file, part)?;
        let index = metadata.page_index();
        for (group_idx, group) in metadata.row_groups().iter().enumerate() {
            let mut out = self.file.next_row_group().map_err(failed)?;
            for (column_idx, column) in group.columns().iter().enumerate() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: index
                        .and_then(|i| i.column_index(group_idx, column_idx))
                        .cloned(),
                    offset_index: index
                        .and_then(|i| i.offset_index(group_idx, column_idx))
                        .cloned(),
                };
                out.append_column(&input, close).map_err(unreadable)?;
            }
            out.close().map_err(failed)?;
        }
        Ok(input.hash())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<W, ResultsError> {
        self.file.into_inner().map_err(failed(Path::new(NAME)))
    }
}

fn metadata(file: &Positioned, part: &Path) -> Result<ParquetMetaData, ResultsError> {
    // Statistics of encodings are kept as they are written, rather than summed up.
    let read = |policy| {
        let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
        ParquetMetaDataReader::new()
            .with_metadata_options(Some(options))
            .with_page_index_policy(policy)
            .parse_and_finish(file)
    };
    // The page index lies where the footer says, which is checked before it is followed.
    let metadata = || {
        check_places(&read(PageIndexPolicy::Skip)?, file.len())?;
        let metadata = read(PageIndexPolicy::Optional)?;
        check_pages(&metadata, file.len())?;
        Ok(metadata)
    };
    metadata().map_err(|source| ResultsError::ReadTable {
        path: part.into(),
        source,
    })
}

/// BLAKE3 hash of what is in the columns of a table of images, as [`JoinedImages::append`] sees it.
///
/// # Errors
/// It cannot be read, or is no table.
pub fn content_of_images(part: &Path) -> Result<String, ResultsError> {
    let input = Hashed::new(Positioned::open(part)?);
    for group in metadata(&input.file, part)?.row_groups() {
        for column in group.columns() {
            let (start, length) = column.byte_range();
            let unreadable = |source| ResultsError::ReadTable {
                path: part.into(),
                source,
            };
            let mut bytes = input.get_read(start).map_err(unreadable)?.take(length);
            io::copy(&mut bytes, &mut io::sink()).map_err(FileError::at("read", part))?;
        }
    }
    Ok(input.hash())
}

/// A file whose bytes are hashed as they are read.
struct Hashed {
    file: Positioned,
    hasher: Arc<Mutex<blake3::Hasher>>,
}

impl Hashed {
    fn new(file: Positioned) -> Self {
        Self {
            file,
            hasher: Arc::default(),
        }
    }

    fn hash(&self) -> String {
        let hasher = self.hasher.lock().unwrap_or_else(PoisonError::into_inner);
        hasher.finalize().to_hex().to_string()
    }
}

impl Length for Hashed {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for Hashed {
    type T = HashedRead;

    fn get_read(&self, start: u64) -> parquet::errors::Result<HashedRead> {
        let (bytes, hasher) = (self.file.get_read(start)?, Arc::clone(&self.hasher));
        Ok(HashedRead { bytes, hasher })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        self.file.get_bytes(start, length)
    }
}

/// Hashes what is asked for, and not what is read ahead.
struct HashedRead {
    bytes: BufReader<Tail>,
    hasher: Arc<Mutex<blake3::Hasher>>,
}

impl Read for HashedRead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(out)?;
        self.hasher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .update(&out[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "small numbers")]

    use std::fs::File;
    use std::path::PathBuf;

    use super::*;
    use crate::images::{ImagesWriter, PIXELS};
    use metaspace_machine::files::FileRanges;
    use ms_core::image::IonImage;

    /// Images of an ion: some empty, one that fills a row group by itself.
    fn images(ion: usize) -> Vec<IonImage> {
        let n_pixels = if ion == 40 {
            PIXELS as u32 + 1
        } else {
            (ion as u32 % 7) * 1_000
        };
        let of = |isotope: u32| {
            let pixels: Vec<u32> = (0..n_pixels / (isotope + 1))
                .map(|pixel| pixel * 2)
                .collect();
            let intensities = pixels
                .iter()
                .map(|&pixel| (pixel + isotope) as f32 * 0.5)
                .collect();
            IonImage {
                pixels,
                intensities,
            }
        };
        (0..4).map(of).collect()
    }

    fn write(ions: std::ops::Range<usize>, path: &Path) {
        let mut writer = ImagesWriter::new(path).unwrap();
        for ion in ions {
            writer.add(&format!("C{ion}H4"), &images(ion)).unwrap();
        }
        writer.finish().unwrap();
    }

    fn join(parts: &[PathBuf], path: &Path) -> Result<(), ResultsError> {
        let mut joined = JoinedImages::new(File::create(path).unwrap())?;
        for part in parts {
            let bytes: Arc<dyn RangeRead> = Arc::new(FileRanges::open(part)?);
            let content = content_of_images(part)?;
            assert_eq!(joined.append(part, bytes)?, content);
        }
        joined.finish().map(drop)
    }

    #[test]
    fn joined_parts_are_the_bytes_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name).join("ion_images.parquet");
        let whole = |cuts: &[usize]| {
            for part in ["whole", "joined", "0", "1", "2", "3"] {
                std::fs::create_dir_all(folder.path().join(part)).unwrap();
            }
            let parts: Vec<PathBuf> = cuts
                .windows(2)
                .enumerate()
                .map(|(i, cut)| {
                    let path = name(&i.to_string());
                    write(cut[0]..cut[1], &path);
                    path
                })
                .collect();
            join(&parts, &name("joined")).unwrap();
            write(0..cuts[cuts.len() - 1], &name("whole"));
            let bytes = |part| std::fs::read(name(part)).unwrap();
            assert!(bytes("joined") == bytes("whole"), "{cuts:?}");
        };
        whole(&[0, 32, 64, 100]);
        whole(&[0, 0, 64, 64, 65]);
        whole(&[0, 1]);
        whole(&[0, 0]);
    }

    #[test]
    fn what_is_no_table_is_not_joined() {
        let folder = tempfile::tempdir().unwrap();
        let (part, out) = (folder.path().join("part"), folder.path().join("out"));
        std::fs::write(&part, b"PAR1 and nothing of it").unwrap();
        let joined = join(std::slice::from_ref(&part), &out);
        assert!(matches!(joined, Err(ResultsError::ReadTable { path, .. }) if path == part));
    }
}
