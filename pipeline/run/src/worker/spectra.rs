//! Some spectra to a run of peaks by m/z, and what they amount to.

use metaspace_results::record::peak_warnings;
use ms_core::image::PixelIdx;
use ms_core::progress::Progress;
use ms_core::spectra::{CensusPart, SpectrumCensus};
use ms_core::tolerance::Window;

use crate::plan::{Stage, Task};
use crate::worker::job::Job;
use crate::worker::kinds::{CENSUS, SORTED_PEAKS};
use crate::worker::parts::StoredPart;
use crate::worker::report::{TaskError, TaskOutput};

/// Bytes of a spectrum in a census: pixel, peaks, sums of intensities and of their squares.
const ROW: usize = 24;

/// Bytes before them: two counts and the range of m/z.
const BEGINNING: usize = 32;

pub(crate) fn order(
    job: &Job,
    task: &Task,
    progress: &dyn Progress,
) -> Result<TaskOutput, TaskError> {
    let (run, census) = job.peaks(task.from..task.to, &[Window::EVERYTHING], progress)?;
    let parts = vec![
        job.write(task, SORTED_PEAKS, |mut out| run.write(&mut out))?,
        job.put(task, CENSUS, encode(&census))?,
    ];
    let n_peaks = run.n_peaks();
    job.leave(run);
    let warnings = peak_warnings(census.n_unsorted, census.n_dropped);
    Ok(TaskOutput::new(n_peaks, parts).with(warnings))
}

fn encode(census: &CensusPart) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BEGINNING + census.spectra.len() * ROW);
    bytes.extend(census.n_dropped.to_le_bytes());
    bytes.extend(census.n_unsorted.to_le_bytes());
    bytes.extend(census.mz_range.0.to_le_bytes());
    bytes.extend(census.mz_range.1.to_le_bytes());
    for spectrum in &census.spectra {
        bytes.extend(spectrum.pixel.0.to_le_bytes());
        bytes.extend(spectrum.n_peaks.to_le_bytes());
        bytes.extend(spectrum.tic.to_le_bytes());
        bytes.extend(spectrum.sum_of_squares.to_le_bytes());
    }
    bytes
}

/// Nothing if the bytes are no census of a dataset of so many pixels.
fn decode(bytes: &[u8], n_pixels: usize) -> Option<CensusPart> {
    let (head, rows) = bytes.split_at_checked(BEGINNING)?;
    let (&[dropped, unsorted, low, high], []) = head.as_chunks::<8>() else {
        return None;
    };
    let (rows, []) = rows.as_chunks::<ROW>() else {
        return None;
    };
    let row = |row: &[u8; ROW]| {
        let (halves, _) = row.as_chunks::<4>();
        let (words, _) = row.as_chunks::<8>();
        let (pixel, n_peaks) = (u32::from_le_bytes(halves[0]), u32::from_le_bytes(halves[1]));
        let (tic, sum_of_squares) = (f64::from_le_bytes(words[1]), f64::from_le_bytes(words[2]));
        let census = SpectrumCensus {
            pixel: PixelIdx(pixel),
            n_peaks,
            tic,
            sum_of_squares,
        };
        ((pixel as usize) < n_pixels).then_some(census)
    };
    Some(CensusPart {
        spectra: rows.iter().map(row).collect::<Option<_>>()?,
        n_dropped: u64::from_le_bytes(dropped),
        n_unsorted: u64::from_le_bytes(unsorted),
        mz_range: (f64::from_le_bytes(low), f64::from_le_bytes(high)),
    })
}

/// The censuses of all tasks, in the order of the spectra; of the dataset itself where its spectra
/// were not ordered.
pub(crate) fn censuses(job: &Job, progress: &dyn Progress) -> Result<Vec<CensusPart>, TaskError> {
    let record = &job.plan().dataset.record;
    let parts = job.parts(Stage::Spectra, CENSUS)?;
    if parts.is_empty() {
        return Ok(vec![
            job.peaks(0..record.n_spectra as u64, &[], progress)?.1,
        ]);
    }
    let read = |part: &StoredPart| {
        let census = decode(&job.read(part)?, record.n_pixels);
        census.ok_or_else(|| job.damaged(&part.key, "it is no census"))
    };
    parts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_census_is_read_back() {
        let census = CensusPart {
            spectra: vec![
                SpectrumCensus {
                    pixel: PixelIdx(0),
                    n_peaks: 3,
                    tic: 1.5,
                    sum_of_squares: 1.25,
                },
                SpectrumCensus {
                    pixel: PixelIdx(4),
                    n_peaks: 0,
                    tic: 0.0,
                    sum_of_squares: 0.0,
                },
            ],
            n_dropped: 7,
            n_unsorted: 1,
            mz_range: (100.0, 900.5),
        };
        let bytes = encode(&census);
        assert_eq!(decode(&bytes, 5), Some(census));
        assert_eq!(decode(&bytes, 4), None);
        assert_eq!(decode(&bytes[..bytes.len() - 8], 5), None);
        assert_eq!(decode(&[], 5), None);
    }
}
