//! Images made ready to be compared, and how much they may take.

use std::sync::Arc;

use coloc::features::Features;
use coloc::measures::Measure;
use coloc::pairs::strip;
use coloc::prepare::PreparationPreset;
use metaspace_explore::coloc::Colocated;
use metaspace_explore::normalize::Normalization;
use metaspace_results::MAX_BYTES;
use ndarray::Array2;

use crate::config::Bounds;
use crate::library::{PIXEL_BYTES, Results, Stamp};
use crate::lru_cache::LruCache;
use crate::problem::{Problem, kind};

/// Bytes that an ion takes beside its image: names, and its place in lists.
const ION_BYTES: u64 = 512;

/// Which images of results are compared.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    /// Those of ions up to this FDR.
    pub(crate) fdr: f64,
    /// And of one more ion.
    pub(crate) also: Option<&'a str>,
    /// By what their intensities are divided.
    pub(crate) by: Normalization,
}

/// Which ions of which results: those up to an FDR, and one more that was named.
#[derive(Debug, Clone, PartialEq)]
struct Ions {
    dataset: String,
    stamp: Stamp,
    fdr: u64,
    also: Option<String>,
    by: Normalization,
}

/// Images that are kept ready to be compared.
pub(crate) struct Comparisons {
    found: LruCache<Ions, Colocated>,
    features: LruCache<Encoding, Features>,
    /// Scores by panel of ions: who looks at one ion looks at those beside it in the table next.
    strips: LruCache<(Encoding, usize), Array2<f32>>,
    max_bytes: u64,
}

/// Which ions, by what measure, and whether with the engine's precision.
type Encoding = (Ions, Measure, bool);

/// Ions that were encoded for a measure.
pub(crate) struct Encoded {
    pub(crate) found: Arc<Colocated>,
    pub(crate) features: Arc<Features>,
    encoding: Encoding,
}

impl Comparisons {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self {
            found: LruCache::new(bounds.kept_bytes / 16 * 7),
            features: LruCache::new(bounds.kept_bytes / 2),
            strips: LruCache::new(bounds.kept_bytes / 16),
            max_bytes: bounds.comparison_bytes,
        }
    }

    /// The ions of results that are wanted, with their images.
    pub(crate) fn found(
        &self,
        results: &Results,
        wanted: &Wanted<'_>,
    ) -> Result<Arc<Colocated>, Problem> {
        self.read(&key(results, wanted), results, wanted.fdr, 1)
    }

    /// The same, encoded for a measure.
    pub(crate) fn encoded(
        &self,
        results: &Results,
        wanted: &Wanted<'_>,
        measure: Measure,
        preset: PreparationPreset,
    ) -> Result<Encoded, Problem> {
        let key = key(results, wanted);
        let n_copies = n_copies(measure);
        let found = self.read(&key, results, wanted.fdr, n_copies)?;
        let encoding = (key, measure, preset == PreparationPreset::Metaspace);
        let features = self.features.get(&encoding, || {
            let bytes = found.images.len() as u64 * found.images.n_places() as u64 * 4 * n_copies;
            Ok::<_, Problem>((Features::new(&found.images, measure, preset), bytes))
        })?;
        Ok(Encoded {
            found,
            features,
            encoding,
        })
    }

    /// The scores of one of the ions with all.
    pub(crate) fn scores(&self, encoded: &Encoded, ion: usize) -> Result<Vec<f32>, Problem> {
        let (panel, row) = encoded.features.place(ion);
        let scores = self.strips.get(&(encoded.encoding.clone(), panel), || {
            let scores = strip(&encoded.features, panel);
            let bytes = scores.len() as u64 * 4;
            Ok::<_, Problem>((scores, bytes))
        })?;
        Ok(scores.row(row).to_vec())
    }

    fn read(
        &self,
        ions: &Ions,
        results: &Results,
        fdr: f64,
        n_copies: u64,
    ) -> Result<Arc<Colocated>, Problem> {
        self.found.get(ions, || {
            self.check(results, ions, fdr, n_copies)?;
            let also = ions.also.as_deref();
            let found = Colocated::read(&results.folder, fdr, also, &ions.by)?;
            let pixels = found
                .images
                .images()
                .iter()
                .map(|image| image.pixels.len() as u64);
            let bytes = pixels.sum::<u64>() * PIXEL_BYTES + found.ions.len() as u64 * ION_BYTES;
            Ok((found, bytes))
        })
    }

    /// Makes sure that a comparison fits into the memory before anything of it is read.
    fn check(
        &self,
        results: &Results,
        ions: &Ions,
        fdr: f64,
        n_copies: u64,
    ) -> Result<(), Problem> {
        let (mut n_ions, mut n_pixels) = (0, 0);
        for row in results
            .ions()
            .filter(|row| row.fdr <= fdr || ions.also.as_ref() == Some(&row.ion))
        {
            n_ions += 1;
            n_pixels += u64::from(row.n_pixels);
        }
        let places = u64::from(results.raster.width) * u64::from(results.raster.height);
        let dense = (4 * n_ions * places).min(MAX_BYTES) * n_copies;
        let bytes = n_pixels * PIXEL_BYTES + dense + n_ions * ION_BYTES;
        if bytes <= self.max_bytes {
            return Ok(());
        }
        let megabytes = |bytes: u64| bytes >> 20;
        let detail = format!(
            "comparing {n_ions} ions takes {} MiB, and {} MiB are allowed\nhint: a lower fdr compares fewer ions; metaspace serve --memory allows more",
            megabytes(bytes),
            megabytes(self.max_bytes)
        );
        Err(Problem::new(kind::IMPOSSIBLE, detail))
    }
}

/// How often a measure holds the values of the images.
fn n_copies(measure: Measure) -> u64 {
    match measure {
        Measure::Ssim => 4,
        Measure::MandersM1 | Measure::MandersM2 => 2,
        _ => 1,
    }
}

fn key(results: &Results, wanted: &Wanted<'_>) -> Ions {
    // An ion that is among them anyway makes no other comparison.
    let is_more = |name: &&str| results.ion(name).is_none_or(|row| row.fdr > wanted.fdr);
    Ions {
        dataset: results.id.clone(),
        stamp: results.stamp,
        fdr: wanted.fdr.to_bits(),
        also: wanted.also.filter(is_more).map(str::to_owned),
        by: wanted.by.clone(),
    }
}
