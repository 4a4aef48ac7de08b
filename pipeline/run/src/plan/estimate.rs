//! How long tasks take and how much memory they need, before anything is run.
//!
//! From the sizes alone. The constants were measured, see docs/guide/cost.md; being wrong by a
//! factor of two makes tasks longer or shorter, never the results different.

use annotator::plan::UNIT_IONS;
use metaspace_results::{MAX_BYTES, ROW_GROUP_IONS};
use ms_core::spectra::PEAK_BYTES;

use crate::partners::MAX_COMPARED_BYTES;
use crate::plan::held::{BASE_BYTES, HeldSizes, MEMORY_CLASSES, SPACE_BYTES_PER_ION};
use crate::plan::{Stage, StagePlan};

/// Seconds to decode and order a value of the spectra, and to bring one that is ordered together
/// with those of other spectra.
const SECONDS_PER_POINT: f64 = 5e-8;
const SECONDS_PER_MERGED_POINT: f64 = 1.5e-8;

/// Seconds for the pattern of an ion, and for finding and scoring it among no peaks.
const SECONDS_PER_ION: f64 = 8e-6;

/// Seconds more for each ion and value of the spectra.
const SECONDS_PER_ION_AND_POINT: f64 = 1e-13;

/// Seconds for an ion of the search space, which every task makes anew.
const SECONDS_PER_SPACE_ION: f64 = 5e-7;

/// Seconds to rank an ion, and to learn from it where the score is learned: 2e-5 of each that has a score,
/// which is thought to be one in three. Of tissues it was one in fifty to one in seven.
const SECONDS_PER_RANKED_ION: f64 = 1e-6;
const SECONDS_PER_LEARNED_ION: f64 = 7e-6;

/// Seconds that a task should take: long enough that its beginning weighs little, short enough that
/// many can share the work.
const TASK_SECONDS: f64 = 30.0;

/// Times that the work of a task should exceed its beginning.
const WORK_OVER_BEGINNING: f64 = 10.0;

/// Most seconds that a task should take: half of what it may.
const MAX_TASK_SECONDS: f64 = 300.0;

/// Values of the spectra that one task orders, at least and at most; and pieces of spectra up to
/// which they are as small as can be: with more, there is too much to bring together.
const SPECTRA_POINTS: (u64, u64) = (1 << 23, 1 << 25);
const SPECTRA_PIECES: u64 = 128;

/// Spectra and ions imaged of the smallest tasks that a user can ask for.
const SPECTRA: u64 = 256;
const IMAGES: u64 = ROW_GROUP_IONS as u64;

/// Values up to which a task may read all spectra by itself.
const DIRECT_POINTS: u64 = 1 << 24;

/// Images that are thought to be made, of each 1,000 ions.
const IMAGED_PER_MILLE: u64 = 4;

/// Isotopic images of an ion, and the part of their pixels that are thought to have a value.
const IMAGE_ISOTOPES: u64 = 4;
const PIXELS_PER_VALUE: u64 = 5;

/// Seconds to draw, pack and store a value of an image.
const SECONDS_PER_IMAGE_VALUE: f64 = 2e-8;

/// Bytes of a value of the spectra in most files.
const BYTES_PER_POINT: u64 = 12;

/// Bytes of a value of an image that is stored.
pub const BYTES_PER_IMAGE_VALUE: u64 = 4;

/// Bytes that a Lambda function moves from or to S3 in a second. Tasks are cut for it, wherever the
/// data are.
pub const S3_BYTES_PER_SECOND: f64 = 75e6;

/// The same of files on a disk of this machine, some of them still in memory.
pub const DISK_BYTES_PER_SECOND: f64 = 2e9;

/// Most shares of co-localization: beyond, reading is all that they do.
const MAX_SHARES: u64 = 64;

/// Measures by which images are compared.
const N_MEASURES: u64 = 2;

/// Seconds for a product of two values, by both measures.
const SECONDS_PER_PRODUCT: f64 = 3.5e-11;

/// Seconds to read a value of an image, and to prepare a pixel of one for a measure.
const SECONDS_PER_READ_VALUE: f64 = 2.5e-8;
const SECONDS_PER_PREPARED_VALUE: f64 = 5e-9;

/// Sizes that the estimate is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Spectra of the file.
    pub n_spectra: u64,
    /// Values of all spectra.
    pub n_points: u64,
    /// Pixels.
    pub n_pixels: u64,
    /// Places of the bounding box.
    pub area: u64,
    /// Ions of the search space.
    pub n_ions: u64,
    /// Rankings: molecule tables times target modifiers.
    pub n_rankings: u64,
    /// Whether the score is learned from all rankings.
    pub is_learned: bool,
    /// Bytes that a task moves from or to the store in a second.
    pub bytes_per_second: f64,
}

/// How a run is cut, where the user knows better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cutting {
    /// Size of tasks: so many times 256 spectra, a unit of ions, a ranking, and the images of
    /// [`ROW_GROUP_IONS`].
    pub task_size: Option<u64>,
    /// Whether spectra are ordered first, rather than read by every task.
    pub ordered: Option<bool>,
}

/// Stages of a run, cut by these sizes; with co-localization or without. How fast the store is
/// changes what tasks are expected to take, and never how they are cut.
pub fn stages(sizes: &Sizes, cutting: Cutting, is_colocalized: bool) -> Vec<StagePlan> {
    let cut = &Sizes {
        bytes_per_second: S3_BYTES_PER_SECOND,
        ..*sizes
    };
    let unit = UNIT_IONS as u64;
    let pieces = |n: u64, of_size: u64, otherwise: u64| match cutting.task_size {
        Some(size) => n.div_ceil(size.saturating_mul(of_size).max(1)),
        None => otherwise,
    };
    let beginning = beginning_seconds(sizes);
    let ions_tasks = n_tasks(search_seconds(cut), beginning);
    let ions_cuts = even_cuts(sizes.n_ions, pieces(sizes.n_ions, unit, ions_tasks), unit);
    let n_fdr_tasks = pieces(
        sizes.n_rankings,
        1,
        n_fdr_tasks(sizes, ions_cuts.len() as u64 - 1),
    );
    let n_image_tasks = pieces(
        imaged(sizes.n_ions),
        IMAGES,
        n_tasks(image_seconds(cut), beginning),
    );
    let n_readers = (ions_cuts.len() - 1) as u64 + n_image_tasks;
    let is_ordered = cutting
        .ordered
        .unwrap_or_else(|| !is_direct(cut, n_readers));
    let mut stages = Vec::new();
    if is_ordered {
        let points = sizes.n_points.div_ceil(SPECTRA_PIECES);
        let points = points.clamp(SPECTRA_POINTS.0, SPECTRA_POINTS.1);
        let n_pieces = pieces(sizes.n_spectra, SPECTRA, sizes.n_points.div_ceil(points));
        let cuts = even_cuts(sizes.n_spectra, n_pieces, 1);
        let written = moving_seconds(sizes, PEAK_BYTES * sizes.n_points);
        let seconds = (reading_seconds(sizes) + written) / (cuts.len() - 1) as f64;
        let memory_mb = class(32 * points);
        stages.push(StagePlan {
            stage: Stage::Spectra,
            cuts,
            memory_mb,
            seconds,
        });
    }
    // Of each task that looks at peaks: time until it has them, and room for them and all else.
    let &Sizes {
        n_points,
        n_ions,
        n_pixels,
        area,
        ..
    } = sizes;
    let held = HeldSizes {
        n_points,
        n_ions,
        n_pixels,
        area,
    };
    let (reading, bytes) = if is_ordered {
        (0.0, held.bytes())
    } else {
        (reading_seconds(sizes), 32 * sizes.n_points + held.others())
    };
    let (beginning, space) = (beginning + reading, SPACE_BYTES_PER_ION * sizes.n_ions);
    let of_work = |stage, cuts: Vec<u64>, work: f64, bytes| StagePlan {
        stage,
        seconds: work / (cuts.len() - 1) as f64 + beginning,
        cuts,
        memory_mb: class(bytes),
    };
    stages.push(of_work(
        Stage::Ions,
        ions_cuts,
        search_seconds(sizes),
        bytes,
    ));
    stages.extend(ranking_stages(sizes, n_fdr_tasks, class(3 * space)));
    let image_cuts = even_cuts(n_image_tasks, n_image_tasks, 1);
    // Each thread has the images of an ion: as they are drawn, and to be packed.
    let of_thread = (32 << 20) + 16 * IMAGE_ISOTOPES * sizes.n_pixels;
    let drawing = of_work(Stage::Images, image_cuts, image_seconds(sizes), 0);
    let memory_mb = class_of_threads(bytes, of_thread);
    stages.push(StagePlan {
        memory_mb,
        ..drawing
    });
    if is_colocalized {
        let imaged = imaged(sizes.n_ions);
        let n_shares = pieces(imaged, IMAGES, n_shares(cut));
        let seconds = 0.2 + colocalizing_seconds(sizes, n_shares);
        let bytes = 2 * MAX_COMPARED_BYTES + 12 * imaged * imaged;
        let (cuts, memory_mb) = (even_cuts(n_shares, n_shares, 1), class(bytes));
        stages.push(StagePlan {
            stage: Stage::Colocalize,
            cuts,
            memory_mb,
            seconds,
        });
    }
    // The census is taken anew where spectra are not ordered.
    let seconds = 0.5 + beginning + moving_seconds(sizes, image_bytes(sizes));
    stages.push(of_one(Stage::Merge, seconds, 3 * space));
    stages
}

/// The rankings by themselves, unless that is one task: then the next stage does it.
fn ranking_stages(sizes: &Sizes, n_tasks: u64, memory_mb: u32) -> Vec<StagePlan> {
    let (beginning, mut stages) = (beginning_seconds(sizes), Vec::new());
    let mut rank_seconds = 4.0 * beginning + 0.2;
    if n_tasks > 1 {
        let cuts = even_cuts(sizes.n_rankings, n_tasks, 1);
        let share = ranking_seconds(sizes) / (cuts.len() - 1) as f64;
        let seconds = beginning + share + learning_seconds(sizes);
        stages.push(StagePlan {
            stage: Stage::Fdr,
            cuts,
            memory_mb,
            seconds,
        });
    } else {
        rank_seconds += ranking_seconds(sizes) + learning_seconds(sizes);
    }
    let cuts = vec![0, 1];
    stages.push(StagePlan {
        stage: Stage::Rank,
        cuts,
        memory_mb,
        seconds: rank_seconds,
    });
    stages
}

/// A stage of a single task.
fn of_one(stage: Stage, seconds: f64, bytes: u64) -> StagePlan {
    StagePlan {
        stage,
        cuts: vec![0, 1],
        memory_mb: class(bytes),
        seconds,
    }
}

/// Whether every task reads the spectra by itself: where that costs less than ordering them first,
/// and there is room.
fn is_direct(sizes: &Sizes, n_readers: u64) -> bool {
    let (reading, beginning) = (reading_seconds(sizes), 1.0);
    let ordered = 2.5 * reading + beginning;
    sizes.n_points <= DIRECT_POINTS && n_readers as f64 * reading <= ordered
}

/// Seconds to move bytes from or to the store.
fn moving_seconds(sizes: &Sizes, bytes: u64) -> f64 {
    bytes as f64 / sizes.bytes_per_second
}

/// Seconds to read and order all spectra.
fn reading_seconds(sizes: &Sizes) -> f64 {
    sizes.n_points as f64 * SECONDS_PER_POINT
        + moving_seconds(sizes, BYTES_PER_POINT * sizes.n_points)
}

/// Seconds to read all ordered spectra and bring them together.
fn merging_seconds(sizes: &Sizes) -> f64 {
    sizes.n_points as f64 * SECONDS_PER_MERGED_POINT
        + moving_seconds(sizes, PEAK_BYTES * sizes.n_points)
}

/// Seconds to search all ions.
fn search_seconds(sizes: &Sizes) -> f64 {
    let n_ions = sizes.n_ions as f64;
    n_ions * (SECONDS_PER_ION + SECONDS_PER_ION_AND_POINT * sizes.n_points as f64)
        + merging_seconds(sizes)
}

/// Seconds to rank all ions.
fn ranking_seconds(sizes: &Sizes) -> f64 {
    sizes.n_ions as f64 * SECONDS_PER_RANKED_ION
}

/// Seconds to learn a score from all ions, which whoever ranks some of them does.
fn learning_seconds(sizes: &Sizes) -> f64 {
    if sizes.is_learned {
        sizes.n_ions as f64 * SECONDS_PER_LEARNED_ION
    } else {
        0.0
    }
}

/// Tasks among which the rankings are cut: as many as search ions, down to a single ranking. What is
/// learned, each of them would learn.
fn n_fdr_tasks(sizes: &Sizes, n_ions_tasks: u64) -> u64 {
    if sizes.is_learned {
        1
    } else {
        n_ions_tasks.min(sizes.n_rankings)
    }
}

/// Seconds to draw all images.
fn image_seconds(sizes: &Sizes) -> f64 {
    n_image_values(sizes.n_ions, sizes.n_pixels) as f64 * SECONDS_PER_IMAGE_VALUE
        + moving_seconds(sizes, image_bytes(sizes))
        + merging_seconds(sizes)
}

/// Bytes of all images.
fn image_bytes(sizes: &Sizes) -> u64 {
    BYTES_PER_IMAGE_VALUE * n_image_values(sizes.n_ions, sizes.n_pixels)
}

/// Shares of co-localization, as few as take no longer than they should: each reads all images.
fn n_shares(sizes: &Sizes) -> u64 {
    let is_short = |n: &u64| colocalizing_seconds(sizes, *n) <= MAX_TASK_SECONDS / 2.0;
    (1..MAX_SHARES).find(is_short).unwrap_or(MAX_SHARES)
}

/// Seconds of each of so many shares of co-localization.
fn colocalizing_seconds(sizes: &Sizes, n_shares: u64) -> f64 {
    let n_ions = imaged(sizes.n_ions) as f64;
    let n_columns = (sizes.n_pixels as f64).min(MAX_BYTES as f64 / 4.0 / n_ions);
    let both = if n_shares > 1 { 2.0 } else { 1.0 };
    let products = n_ions * n_ions * n_columns * SECONDS_PER_PRODUCT * both / n_shares as f64;
    // Images that are too large for it are read scaled down.
    let shrunk = n_columns / (sizes.n_pixels as f64).max(1.0);
    let values = n_image_values(sizes.n_ions, sizes.n_pixels) as f64 * shrunk;
    let prepared = values / IMAGE_ISOTOPES as f64 * SECONDS_PER_READ_VALUE
        + n_ions * n_columns * SECONDS_PER_PREPARED_VALUE
        + moving_seconds(sizes, compared_bytes(sizes.n_ions, sizes.n_pixels));
    products + n_passes(sizes.n_ions, sizes.n_pixels, n_shares) as f64 * prepared
}

/// Bytes of the images that are compared, as they are stored.
pub fn compared_bytes(n_ions: u64, n_pixels: u64) -> u64 {
    let dense = 4 * imaged(n_ions) * n_pixels;
    let stored = BYTES_PER_IMAGE_VALUE * n_image_values(n_ions, n_pixels);
    if dense <= MAX_BYTES {
        stored
    } else {
        stored.min(MAX_BYTES)
    }
}

/// Times that each of so many shares of co-localization reads all images.
pub fn n_passes(n_ions: u64, n_pixels: u64, n_shares: u64) -> u64 {
    let bytes = (4 * imaged(n_ions) * n_pixels).min(MAX_BYTES);
    let n_blocks = bytes
        .div_ceil(n_shares.max(1))
        .div_ceil(MAX_COMPARED_BYTES)
        .max(1);
    // A single share meets each pair once.
    let n_of_measure = if n_shares > 1 {
        n_blocks
    } else {
        n_blocks / 2 + 1
    };
    n_of_measure * N_MEASURES
}

/// Values of all images that are thought to be made of so many ions.
pub fn n_image_values(n_ions: u64, n_pixels: u64) -> u64 {
    imaged(n_ions) * n_pixels * IMAGE_ISOTOPES / PIXELS_PER_VALUE
}

/// Ions that are thought to be imaged.
fn imaged(n_ions: u64) -> u64 {
    (n_ions * IMAGED_PER_MILLE / 1_000).max(1)
}

/// Seconds until a task has its search space.
fn beginning_seconds(sizes: &Sizes) -> f64 {
    0.1 + sizes.n_ions as f64 * SECONDS_PER_SPACE_ION
}

/// Tasks among which so many seconds of work are cut.
fn n_tasks(work: f64, beginning: f64) -> u64 {
    let seconds = TASK_SECONDS
        .max(WORK_OVER_BEGINNING * beginning)
        .min(MAX_TASK_SECONDS);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    let n = (work / seconds).ceil() as u64;
    n.max(1)
}

/// `n` things cut at multiples of `step` into so many pieces, or fewer, of nearly equal size.
fn even_cuts(n: u64, n_pieces: u64, step: u64) -> Vec<u64> {
    let n_steps = n.div_ceil(step).max(1);
    let n_pieces = n_pieces.clamp(1, n_steps);
    let mut cuts: Vec<u64> = (0..=n_pieces)
        .map(|i| (i * n_steps / n_pieces * step).min(n.max(1)))
        .collect();
    cuts.dedup();
    cuts
}

/// The smallest memory that holds so many bytes besides the program; the largest where none does.
fn class(bytes: u64) -> u32 {
    class_of_threads(bytes, 0)
}

/// The same where each thread needs more: a class has as many as it has times the smallest one.
fn class_of_threads(bytes: u64, of_thread: u64) -> u32 {
    let needed = |class: u32| {
        let n_threads = u64::from(class / MEMORY_CLASSES[0]).max(1);
        (bytes + n_threads * of_thread + BASE_BYTES) >> 20
    };
    let fits = |&class: &u32| u64::from(class) >= needed(class);
    let largest = MEMORY_CLASSES[MEMORY_CLASSES.len() - 1];
    MEMORY_CLASSES.into_iter().find(fits).unwrap_or(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: Sizes = Sizes {
        n_spectra: 12_088,
        n_points: 12_000_000,
        n_pixels: 12_088,
        area: 12_088,
        n_ions: 1_500_000,
        n_rankings: 4,
        is_learned: false,
        bytes_per_second: S3_BYTES_PER_SECOND,
    };

    #[test]
    fn small_data_are_not_ordered_first_and_large_are() {
        let few = Sizes {
            n_points: 1_000_000,
            n_ions: 100_000,
            ..DEMO
        };
        assert_eq!(stages(&few, Cutting::default(), true)[0].stage, Stage::Ions);
        let many = Sizes {
            n_points: 1_000_000_000,
            n_spectra: 100_000,
            ..DEMO
        };
        let stages = stages(&many, Cutting::default(), true);
        assert_eq!(stages[0].stage, Stage::Spectra);
        assert_eq!(stages[0].n_tasks(), 120);
        assert!(
            stages.iter().all(|stage| stage.seconds < 600.0),
            "{stages:?}"
        );
    }

    #[test]
    fn rankings_are_tasks_where_the_search_is_cut_or_small_ones_are_asked_for() {
        let n_tasks = |sizes: &Sizes, task_size| {
            let cutting = Cutting {
                task_size,
                ..Cutting::default()
            };
            let stages = stages(sizes, cutting, true);
            stages
                .iter()
                .find(|stage| stage.stage == Stage::Fdr)
                .map(StagePlan::n_tasks)
        };
        let few = Sizes {
            n_ions: 100_000,
            ..DEMO
        };
        assert_eq!(n_tasks(&few, None), None);
        assert_eq!(n_tasks(&few, Some(1)), Some(4));
        assert_eq!(n_tasks(&few, Some(2)), Some(2));
        assert_eq!(n_tasks(&few, Some(4)), None);
        let many = Sizes {
            n_points: 1_000_000_000,
            ..DEMO
        };
        assert_eq!(n_tasks(&many, None), Some(4));
        assert_eq!(
            n_tasks(
                &Sizes {
                    n_rankings: 1,
                    ..many
                },
                None
            ),
            None
        );
        assert_eq!(
            n_tasks(
                &Sizes {
                    is_learned: true,
                    ..many
                },
                None
            ),
            None
        );
    }

    #[test]
    fn a_faster_store_changes_what_tasks_take_and_not_how_they_are_cut() {
        let slow = Sizes {
            n_points: 1_000_000_000,
            ..DEMO
        };
        let fast = Sizes {
            bytes_per_second: DISK_BYTES_PER_SECOND,
            ..slow
        };
        let [slow, fast] = [slow, fast].map(|sizes| stages(&sizes, Cutting::default(), true));
        for (slow, fast) in slow.iter().zip(&fast) {
            assert_eq!((&slow.cuts, slow.memory_mb), (&fast.cuts, fast.memory_mb));
            assert!(fast.seconds <= slow.seconds);
        }
        assert!(fast[0].seconds < slow[0].seconds / 3.0);
    }

    #[test]
    fn cuts_lead_from_the_first_to_the_last() {
        for (n, n_pieces, step) in [(10, 3, 1), (5_000, 7, 2_048), (1, 9, 1), (4_096, 2, 2_048)] {
            let cuts = even_cuts(n, n_pieces, step);
            assert_eq!((cuts[0], cuts[cuts.len() - 1]), (0, n));
            assert!(cuts.windows(2).all(|cut| cut[0] < cut[1]), "{cuts:?}");
        }
    }
}
