//! Which spectra of a file are looked at: those of whole ions, of one polarity, at a known place.

use super::error::ImzmlError;
use super::header::{Header, Polarity};
use super::oddity::Oddity;
use super::spectrum::{MobilityRange, Scan, SpectrumEntry};

/// Plane of a spectrum where the file names none.
const ONLY_PLANE: u32 = 1;

/// Puts spectra that name no plane on the first one that the others name.
pub(super) fn complete_planes(spectra: &mut [SpectrumEntry], scans: &[Scan]) {
    let stated = spectra.iter().zip(scans).filter(|(_, scan)| scan.has_plane);
    let first = stated.map(|(entry, _)| entry.z).min().unwrap_or(ONLY_PLANE);
    for (entry, scan) in spectra.iter_mut().zip(scans) {
        if !scan.has_plane {
            entry.z = first;
        }
    }
}

/// What is to be told of the ion mobilities of spectra, of which those of a range are looked at, or all.
pub(super) fn mobility(scans: &[Scan], range: Option<MobilityRange>) -> Option<Oddity> {
    let n_spectra = scans.iter().filter(|scan| scan.has_mobility).count() as u64;
    let told = match range {
        None => Oddity::IonMobility { n_spectra },
        Some(range) => Oddity::MobilityRange { n_spectra, range },
    };
    (n_spectra > 0).then_some(told)
}

/// Whether each spectrum is looked at; tells which are not. The header's polarity becomes that of the
/// spectra that are.
///
/// # Errors
/// None is.
pub(super) fn choose(
    scans: &[Scan],
    header: &mut Header,
    wanted: Option<Polarity>,
    file: &str,
    oddities: &mut Vec<Oddity>,
) -> Result<Vec<bool>, ImzmlError> {
    let nothing = |what, hint| ImzmlError::NothingToAnnotate {
        file: file.into(),
        what,
        hint,
    };
    let count = |is_left_out: &dyn Fn(&Scan) -> bool| {
        scans.iter().filter(|scan| is_left_out(scan)).count() as u64
    };
    let n_scans = scans.len() as u64;
    let n_fragments = count(&|scan| scan.is_fragments);
    if n_fragments == n_scans {
        return Err(nothing(
            "all its spectra are of fragments (MS level 2 or more)",
            "ions are annotated in spectra of MS level 1: export those",
        ));
    }
    if n_fragments > 0 {
        oddities.push(Oddity::Fragments {
            n_spectra: n_fragments,
        });
    }
    let n_lost = count(&|scan| !scan.has_position);
    if n_lost == n_scans {
        return Err(nothing(
            "no spectrum says where it lies (position x and position y)",
            "export it anew, with the coordinates of each spectrum",
        ));
    }
    if n_lost > 0 {
        oddities.push(Oddity::NoPosition { n_spectra: n_lost });
    }
    // Where the file has one polarity only, it is the user's to say that it is wrong.
    let polarity = wanted.filter(|_| header.is_polarity_mixed);
    if header.is_polarity_mixed && polarity.is_none() {
        oddities.push(Oddity::MixedPolarity);
    }
    let is_other = |scan: &Scan| {
        let stated = scan.polarity.zip(polarity);
        stated.is_some_and(|(stated, wanted)| stated != wanted)
    };
    if let Some(polarity) = polarity {
        header.polarity = Some(polarity);
        header.is_polarity_mixed = false;
        let n_spectra = count(&is_other);
        if n_spectra == n_scans {
            return Err(nothing(
                "no spectrum has the polarity that is wanted",
                "take the other --polarity",
            ));
        }
        if n_spectra > 0 {
            oddities.push(Oddity::OtherPolarity {
                polarity,
                n_spectra,
            });
        }
    }
    let is_chosen = |scan: &Scan| !scan.is_fragments && scan.has_position && !is_other(scan);
    let chosen: Vec<bool> = scans.iter().map(is_chosen).collect();
    if chosen.contains(&true) {
        Ok(chosen)
    } else {
        Err(nothing(
            "no spectrum is of whole ions, of the polarity that is wanted, and at a known place",
            "metaspace info tells which are left out, and why",
        ))
    }
}
