//! How long tasks take and how much memory they need, before anything is run.
//!
//! From the sizes alone. The constants were measured, see docs/guide/cost.md; being wrong by a
//! factor of two makes tasks longer or shorter, never the results different.

use super::{Stage, StagePlan};
use annotator::plan::{UNIT_IONS, UNIT_PEAKS};

/// Memory of workers that can be had, in MB. On the first, Lambda gives one processor.
pub const MEMORY_CLASSES: [u32; 5] = [1_769, 3_538, 5_307, 7_076, 10_240];

/// Seconds to read, decode and order a value of the spectra.
const SECONDS_PER_POINT: f64 = 1.6e-7;

/// Seconds for the pattern of an ion, and for finding and scoring it among no peaks.
const SECONDS_PER_ION: f64 = 6e-5;

/// Seconds more for each ion and value of the spectra.
const SECONDS_PER_ION_AND_POINT: f64 = 8e-14;

/// Seconds for an ion of the search space, which every task makes anew.
const SECONDS_PER_SPACE_ION: f64 = 5e-7;

/// Seconds that a task should take: long enough that its beginning weighs little, short enough that
/// many can share the work.
const TASK_SECONDS: f64 = 30.0;

/// Times that the work of a task should exceed its beginning.
const WORK_OVER_BEGINNING: f64 = 10.0;

/// Most seconds that a task should take: half of what it may.
const MAX_TASK_SECONDS: f64 = 300.0;

/// Values of the spectra that one task orders.
const SPECTRA_POINTS: u64 = 1 << 23;

/// Spectra and ions imaged of the smallest tasks that a user can ask for.
const SPECTRA: u64 = 256;
const IMAGES: u64 = 16;

/// Values up to which a task may read all spectra by itself.
const DIRECT_POINTS: u64 = 1 << 24;

/// Images that are thought to be made, of each 1,000 ions.
const IMAGED_PER_MILLE: u64 = 4;

/// Isotopic images of an ion.
const IMAGE_ISOTOPES: u64 = 4;

/// Seconds to draw, pack and store a value of an image.
const SECONDS_PER_IMAGE_VALUE: f64 = 4e-8;

/// Bytes of a program that does nothing yet, with its buffers.
const BASE_BYTES: u64 = 160 << 20;

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
}

/// How a run is cut, where the user knows better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cutting {
    /// Size of tasks: so many times 256 spectra, a unit of ions, and the images of 16.
    pub task_size: Option<u64>,
    /// Whether spectra are ordered first, rather than read by every task.
    pub ordered: Option<bool>,
}

/// Stages of a run, cut by these sizes.
pub fn stages(sizes: &Sizes, cutting: Cutting) -> Vec<StagePlan> {
    let unit = UNIT_IONS as u64;
    let pieces = |n: u64, of_size: u64, otherwise: u64| match cutting.task_size {
        Some(size) => n.div_ceil(size.saturating_mul(of_size).max(1)),
        None => otherwise,
    };
    let beginning = beginning_seconds(sizes);
    let ions_tasks = n_tasks(search_seconds(sizes), beginning);
    let ions_cuts = even_cuts(sizes.n_ions, pieces(sizes.n_ions, unit, ions_tasks), unit);
    let n_image_tasks =
        pieces(imaged(sizes.n_ions), IMAGES, n_tasks(image_seconds(sizes), beginning));
    let n_readers = (ions_cuts.len() - 1) as u64 + n_image_tasks;
    let is_ordered = cutting.ordered.unwrap_or_else(|| !is_direct(sizes, n_readers));
    let mut stages = Vec::new();
    if is_ordered {
        let n_pieces = pieces(sizes.n_spectra, SPECTRA, sizes.n_points.div_ceil(SPECTRA_POINTS));
        let cuts = even_cuts(sizes.n_spectra, n_pieces, 1);
        let seconds = reading_seconds(sizes) / (cuts.len() - 1) as f64;
        let memory_mb = class(32 * SPECTRA_POINTS);
        stages.push(StagePlan { stage: Stage::Spectra, cuts, memory_mb, seconds });
    }
    // Of each task that looks at peaks: time until it has them, and room for them.
    let (reading, peaks) = if is_ordered {
        (0.0, 48 * UNIT_PEAKS)
    } else {
        (reading_seconds(sizes), 32 * sizes.n_points)
    };
    let (beginning, space) = (beginning + reading, 200 * sizes.n_ions);
    let canvas = 16 * sizes.n_pixels + 13 * sizes.area;
    let of_work = |stage, cuts: Vec<u64>, work: f64, bytes| StagePlan {
        stage,
        seconds: work / (cuts.len() - 1) as f64 + beginning,
        cuts,
        memory_mb: class(bytes),
    };
    stages.push(of_work(Stage::Ions, ions_cuts, search_seconds(sizes), space + peaks + canvas));
    stages.push(of_one(Stage::Rank, beginning_seconds(sizes) * 4.0 + 0.2, 3 * space));
    let image_cuts = even_cuts(n_image_tasks, n_image_tasks, 1);
    let bytes = space + peaks + (256 << 20);
    stages.push(of_work(Stage::Images, image_cuts, image_seconds(sizes), bytes));
    let imaged = imaged(sizes.n_ions);
    let bytes = (4 * imaged * sizes.area).min(2 << 30) + 12 * imaged * imaged;
    stages.push(of_one(Stage::Merge, 0.5 + 1.5 * image_seconds(sizes), bytes));
    stages
}

/// A stage of a single task.
fn of_one(stage: Stage, seconds: f64, bytes: u64) -> StagePlan {
    StagePlan { stage, cuts: vec![0, 1], memory_mb: class(bytes), seconds }
}

/// Whether every task reads the spectra by itself: where that costs less than ordering them first,
/// and there is room.
fn is_direct(sizes: &Sizes, n_readers: u64) -> bool {
    let (reading, beginning) = (reading_seconds(sizes), 1.0);
    let ordered = 2.5 * reading + beginning;
    sizes.n_points <= DIRECT_POINTS && n_readers as f64 * reading <= ordered
}

/// Seconds to read and order all spectra.
fn reading_seconds(sizes: &Sizes) -> f64 {
    sizes.n_points as f64 * SECONDS_PER_POINT
}

/// Seconds to search all ions.
fn search_seconds(sizes: &Sizes) -> f64 {
    let n_ions = sizes.n_ions as f64;
    n_ions * (SECONDS_PER_ION + SECONDS_PER_ION_AND_POINT * sizes.n_points as f64)
}

/// Seconds to draw all images.
fn image_seconds(sizes: &Sizes) -> f64 {
    n_image_values(sizes.n_ions, sizes.n_pixels) as f64 * SECONDS_PER_IMAGE_VALUE
}

/// Values of all images that are thought to be made of so many ions: of half of the pixels.
pub fn n_image_values(n_ions: u64, n_pixels: u64) -> u64 {
    imaged(n_ions) * n_pixels * IMAGE_ISOTOPES / 2
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
    let seconds = TASK_SECONDS.max(WORK_OVER_BEGINNING * beginning).min(MAX_TASK_SECONDS);
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
    let mut cuts: Vec<u64> =
        (0..=n_pieces).map(|i| (i * n_steps / n_pieces * step).min(n.max(1))).collect();
    cuts.dedup();
    cuts
}

/// The smallest memory that holds so many bytes besides the program; the largest where none does.
fn class(bytes: u64) -> u32 {
    let needed = (bytes + BASE_BYTES) >> 20;
    let fits = |&class: &u32| u64::from(class) >= needed;
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
    };

    #[test]
    fn small_data_are_not_ordered_first_and_large_are() {
        let few = Sizes { n_points: 1_000_000, n_ions: 100_000, ..DEMO };
        assert_eq!(stages(&few, Cutting::default())[0].stage, Stage::Ions);
        let many = Sizes { n_points: 1_000_000_000, n_spectra: 100_000, ..DEMO };
        let stages = stages(&many, Cutting::default());
        assert_eq!(stages[0].stage, Stage::Spectra);
        assert_eq!(stages[0].n_tasks(), 120);
        assert!(stages.iter().all(|stage| stage.seconds < 600.0), "{stages:?}");
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
