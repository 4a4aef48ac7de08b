//! Images of a results folder that are read when they are needed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use coloc::images::{Shrinkage, Shrinker, check_image, check_places};
use coloc::source::ImageSource;
use ms_core::image::{IonImage, Raster};
use ms_core::progress::{Progress, check};

use crate::error::ResultsError;
use crate::{FirstImages, FoundIon, ImageFile, read_ions, read_raster};

/// Bytes that all images may take, dense, as METASPACE has it.
pub const MAX_BYTES: u64 = 2 << 30;

/// Ions of a results folder in the order in which their images lie in the file.
#[derive(Debug)]
pub struct StoredImages {
    /// The ions.
    pub ions: Vec<FoundIon>,
    /// Their names.
    pub ids: Vec<String>,
    /// Numbers of the ions, best annotation first.
    pub best_first: Vec<usize>,
    /// Row of the image of each ion, ascending; those without one come last.
    rows: Vec<Option<usize>>,
    table: FirstImages,
    raster: Raster,
    /// Of images that together would be too large.
    shrinker: Option<Shrinker>,
    /// Whether the stored images are scaled down already.
    are_shrunk: bool,
}

impl StoredImages {
    /// Finds the images of the ions of FDR up to a level.
    ///
    /// # Errors
    /// A table is missing or wrong.
    pub fn open(folder: &Path, fdr: f64) -> Result<Self, ResultsError> {
        let found = read_ions(folder, fdr)?;
        let table = FirstImages::open(folder, &formulas(&found))?;
        Self::new(found, table, read_raster(folder)?, false)
    }

    /// Finds the images of ions in the parts of a table, scaled down already where
    /// [`shrinker`] has it so.
    ///
    /// # Errors
    /// A part is missing or wrong.
    pub fn of_parts(
        found: Vec<FoundIon>,
        files: Vec<ImageFile>,
        raster: Raster,
    ) -> Result<Self, ResultsError> {
        let table = FirstImages::of_parts(files, &formulas(&found))?;
        Self::new(found, table, raster, true)
    }

    fn new(
        found: Vec<FoundIon>,
        table: FirstImages,
        raster: Raster,
        are_shrunk: bool,
    ) -> Result<Self, ResultsError> {
        let row = |ion: &FoundIon| table.row(&ion.ion_formula);
        let mut ranked: Vec<(Option<usize>, usize, FoundIon)> = found
            .into_iter()
            .enumerate()
            .map(|(rank, ion)| (row(&ion), rank, ion))
            .collect();
        ranked.sort_by_key(|(row, rank, _)| (row.is_none(), *row, *rank));
        let mut best_first: Vec<usize> = (0..ranked.len()).collect();
        best_first.sort_by_key(|&ion| ranked[ion].1);
        let rows = ranked.iter().map(|(row, ..)| *row).collect();
        let ions: Vec<FoundIon> = ranked.into_iter().map(|(.., ion)| ion).collect();
        let ids = ions.iter().map(|ion| ion.ion.clone()).collect();
        check_places(&raster)?;
        let shrinker = shrinker(&raster, ions.len());
        Ok(Self {
            ions,
            ids,
            best_first,
            rows,
            table,
            raster,
            shrinker,
            are_shrunk,
        })
    }

    /// Place of each ion among the names.
    pub fn id_order(&self) -> Vec<usize> {
        let mut by_name: Vec<usize> = (0..self.ids.len()).collect();
        by_name.sort_by(|&a, &b| self.ids[a].cmp(&self.ids[b]));
        let mut order = vec![0; by_name.len()];
        for (place, ion) in by_name.into_iter().enumerate() {
            order[ion] = place;
        }
        order
    }

    /// What the user should know of images that were scaled down.
    pub fn shrinkage_note(&self) -> Option<String> {
        self.shrinker
            .as_ref()
            .map(|shrinker| shrinkage_note(shrinker.shrinkage))
    }

    /// The image of an ion as it is compared.
    fn ready(&self, ion: usize, image: IonImage) -> Result<IonImage, ResultsError> {
        let stored = if self.are_shrunk {
            self.raster()
        } else {
            &self.raster
        };
        check_image(&self.ids[ion], &image, stored.n_pixels())?;
        Ok(match &self.shrinker {
            Some(shrinker) if !self.are_shrunk => shrinker.shrink(&image),
            _ => image,
        })
    }
}

/// What scales down the images of so many ions, where they are too large to be compared as they are.
pub fn shrinker(raster: &Raster, n_ions: usize) -> Option<Shrinker> {
    Shrinker::new(raster, n_ions, MAX_BYTES)
}

/// What the user should know of images that were scaled down.
pub fn shrinkage_note(shrinkage: Shrinkage) -> String {
    let Shrinkage { from, to } = shrinkage;
    format!(
        "images were scaled down from {} × {} to {} × {} pixels for co-localization",
        from.0, from.1, to.0, to.1
    )
}

fn formulas(ions: &[FoundIon]) -> BTreeSet<&str> {
    ions.iter().map(|ion| ion.ion_formula.as_str()).collect()
}

impl ImageSource for StoredImages {
    type Error = ResultsError;

    fn raster(&self) -> &Raster {
        self.shrinker
            .as_ref()
            .map_or(&self.raster, |shrinker| &shrinker.raster)
    }

    fn n_ions(&self) -> usize {
        self.ions.len()
    }

    fn read(&self, ions: Range<usize>) -> Result<Cow<'_, [IonImage]>, ResultsError> {
        let mut rows: Vec<usize> = self.rows[ions.clone()].iter().flatten().copied().collect();
        rows.dedup();
        let mut found = rows.iter().zip(self.table.read(&rows)?).peekable();
        let mut images: Vec<IonImage> = Vec::with_capacity(ions.len());
        for ion in ions {
            let row = self.rows[ion];
            if row.is_some() && ion > 0 && self.rows[ion - 1] == row && !images.is_empty() {
                // Ions of one formula share their image.
                images.push(images[images.len() - 1].clone());
                continue;
            }
            let image = match row {
                Some(_) => found.next().map(|(_, image)| image),
                None => Some(IonImage::default()),
            };
            let missing = || ResultsError::Column {
                path: self.table.path().into(),
                column: "pixels".into(),
            };
            images.push(self.ready(ion, image.ok_or_else(missing)?)?);
        }
        Ok(Cow::Owned(images))
    }
}

/// Images that are read as long as the work may go on.
#[derive(Clone, Copy)]
pub struct WatchedImages<'a> {
    /// The images.
    pub images: &'a StoredImages,
    /// Is told of each image, and says whether to stop.
    pub progress: &'a dyn Progress,
}

impl std::fmt::Debug for WatchedImages<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchedImages")
            .field("images", self.images)
            .finish_non_exhaustive()
    }
}

impl ImageSource for WatchedImages<'_> {
    type Error = ResultsError;

    fn raster(&self) -> &Raster {
        self.images.raster()
    }

    fn n_ions(&self) -> usize {
        self.images.n_ions()
    }

    fn read(&self, ions: Range<usize>) -> Result<Cow<'_, [IonImage]>, ResultsError> {
        check(self.progress)?;
        self.progress.advance(ions.len() as u64);
        self.images.read(ions)
    }
}
