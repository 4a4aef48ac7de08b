//! What some spectra of a dataset show of all: whether they are profiles, and how these are sampled.

use super::error::ImzmlError;
use super::header::Representation;
use super::pixels::OTHER_PLANE;
use super::spectrum::SpectrumIdx;
use super::{Dataset, SpectraPart};
use crate::profile::{ProfileShape, ProfileSpectrum, profile_share, shows_anything};

/// Spectra looked at to tell peaks from a sampled signal.
const N_JUDGED: usize = 16;

/// Share of the intensity of strong maxima that looks like a sampled signal, from which on it is one.
const PROFILE_SHARE: f64 = 0.5;

/// Groups of consecutive spectra looked at to see how wide peaks are, and spectra of each, at most …
const N_GROUPS: usize = 8;
const GROUP_SPECTRA: usize = 6;

/// … and their points together, about; but one spectrum of each group in any case.
const SHAPED_POINTS: usize = 6_000_000;

impl Dataset {
    /// How its spectra are sampled and how wide their peaks are, from some of them as they are in
    /// the file; nothing if no spectrum has two points.
    ///
    /// # Errors
    /// A spectrum cannot be read.
    pub fn observed_shape(&self) -> Result<Option<ProfileShape>, ImzmlError> {
        shape(self)
    }

    /// What its spectra consist of, judged by their values: the sampled signal has points at nearly
    /// equal steps around its strongest maxima, peaks have not. Nothing if there are too few points
    /// to tell.
    ///
    /// # Errors
    /// A spectrum cannot be read.
    pub fn observed_representation(&self) -> Result<Option<Representation>, ImzmlError> {
        representation(self)
    }
}

/// What the spectra consist of, judged by their values.
fn representation(dataset: &Dataset) -> Result<Option<Representation>, ImzmlError> {
    let (mut sum, mut n) = (0.0, 0_u32);
    for spectrum in read_groups(dataset, N_JUDGED, 1)?.iter().flatten() {
        if let Some(share) = profile_share(&spectrum.mzs, &spectrum.intensities) {
            sum += share;
            n += 1;
        }
    }
    Ok((n > 0).then(|| {
        if sum / f64::from(n) > PROFILE_SHARE {
            Representation::Profile
        } else {
            Representation::Centroid
        }
    }))
}

/// How the spectra are sampled, and how wide their peaks are.
fn shape(dataset: &Dataset) -> Result<Option<ProfileShape>, ImzmlError> {
    let most = dataset.spectra.iter().map(|entry| entry.n_peaks).max();
    let most = (most.unwrap_or_default() as usize).max(1);
    let size = (SHAPED_POINTS / N_GROUPS / most).clamp(1, GROUP_SPECTRA);
    Ok(ProfileShape::observe(&read_groups(
        dataset, N_GROUPS, size,
    )?))
}

/// About so many groups of consecutive spectra of the plane, evenly spaced among those that have
/// enough points, as they are in the file.
fn read_groups(
    dataset: &Dataset,
    n_groups: usize,
    size: usize,
) -> Result<Vec<Vec<ProfileSpectrum>>, ImzmlError> {
    let is_candidate = |&place: &usize| {
        shows_anything(dataset.spectra[place].n_peaks as usize)
            && dataset.pixels.pixel_of_spectrum[place] != OTHER_PLANE
    };
    let candidates: Vec<usize> = (0..dataset.spectra.len()).filter(is_candidate).collect();
    let as_written = SpectraPart {
        picking: None,
        ..dataset.part(0..dataset.spectra.len())
    };
    let mut reader = as_written.reader();
    let every = candidates.len().div_ceil(n_groups).max(size);
    candidates
        .chunks(every)
        .map(|chunk| {
            let group = chunk.iter().take(size);
            let read = |&place: &usize| {
                let spectrum = reader.read(SpectrumIdx(place))?;
                Ok(ProfileSpectrum {
                    mzs: spectrum.mzs.to_vec(),
                    intensities: spectrum.intensities.to_vec(),
                })
            };
            group.map(read).collect()
        })
        .collect()
}
