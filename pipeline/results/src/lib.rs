//! A results folder: its tables and its record, written and read.
//!
//! A [`ResultsFolder`] appears whole or not at all. Every table is Parquet with the version of its
//! schema; schemas are in `docs/formats`. `run.json` is a [`record::RunRecord`].

mod annotation_table;
mod annotations;
mod bad_rows;
mod candidate_ions;
mod candidates;
mod colocalization;
mod error;
mod files;
mod first_images;
mod folder;
mod image_table;
mod images;
mod joined_images;
mod kept_peaks;
mod metrics;
mod mz_images;
mod off_sample;
pub mod optical;
pub mod options;
mod parquet_file;
mod parts;
mod peaks;
mod pixels;
mod positioned;
mod ranked_parts;
mod reading;
pub mod record;
pub mod regions;
mod schema;
mod spectrum;
mod stored;
mod stored_images;
mod table;
pub mod text;
mod truth;

pub use annotation_table::{AnnotationFilter, AnnotationTable, SortKey, SortOrder};
pub use annotations::{AnnotationRow, write_annotations};
pub use bad_rows::{BAD_ROWS_TSV, write_bad_rows};
pub use candidate_ions::{CandidateIon, RankedTarget, read_candidate_ions};
pub use candidates::write_candidates;
pub use colocalization::{
    LevelPartners, LevelSamples, PartnerTable, write_clusters, write_markers, write_matrix,
    write_samples, write_segments,
};
pub use error::ResultsError;
pub use files::{hash_files, verify_files};
pub use first_images::{FirstImages, ImageFile};
pub use folder::ResultsFolder;
pub use image_table::ImageTable;
pub use images::{ImagesWriter, ROW_GROUP_IONS, write_images};
pub use joined_images::{JoinedImages, content_of_images};
pub use kept_peaks::KeptPeaks;
pub use metrics::write_metrics;
pub use mz_images::{MZ_IMAGES_PARQUET, MzImagesWriter, NamedWindow};
pub use off_sample::{flag_off_sample, outline};
pub use parquet_file::{Lists, ParquetFile, Rows, RowsIter};
pub use parts::{
    read_metrics_part, read_partners_part, read_scores_part, write_metrics_part,
    write_partners_part, write_scores_part,
};
pub use peaks::{KeptAnalyzer, KeptDataset, PEAKS_PARQUET, PeaksWriter};
pub use pixels::{ImzmlOrigin, StoredPixels, read_pixels, read_tissue, write_pixels};
pub use ranked_parts::{
    read_annotations_part, read_candidates_part, write_annotations_part, write_candidates_part,
};
pub use reading::{
    FoundIon, PixelNorm, StoredImage, check_results, for_each_images, list_images, read_ions,
    read_norms, read_raster,
};
pub use schema::{OLDEST_SCHEMA_VERSION, SCHEMA_VERSION};
pub use spectrum::{read_mean_spectrum, write_mean_spectrum};
pub use stored::{
    StoredAnnotation, StoredCandidate, StoredGroup, StoredPartner, StoredSegment, read_annotations,
    read_candidates, read_groups, read_partners, read_peak_counts, read_segments,
};
pub use stored_images::{MAX_BYTES, StoredImages, WatchedImages, shrinkage_note, shrinker};
pub use table::{Columns, TableWriter, text_lists};
pub use truth::write_truth;

/// Name of the record that every results folder has.
pub const RUN_JSON: &str = "run.json";

/// Metadata of a truth: UUID of its dataset, 32 hexadecimal digits.
pub const DATASET_UUID: &str = "metaspace.dataset_uuid";
