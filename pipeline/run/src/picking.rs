//! Profile spectra: whether a dataset has them, and how peaks are picked from them.

use metaspace_machine::error::OptionError;
use metaspace_results::options::AnnotateOptions;
use ms_core::imzml::{Dataset, Oddity, Representation};
use ms_core::profile::{DEFAULT_MIN_SNR, PeakIntensity, PeakPicking};
use ms_core::progress::Progress;

use crate::error::RunError;

/// Makes a dataset's spectra be read as peaks: picked from them, if they are profiles by their values
/// or, where these do not tell, by what the file says.
///
/// # Errors
/// A spectrum is wrong, or an option.
pub fn pick_peaks(
    dataset: &mut Dataset,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let min_snr = options.snr.unwrap_or(DEFAULT_MIN_SNR);
    if !(min_snr >= 0.0 && min_snr.is_finite()) {
        let reason = format!("must be a number from 0 on, not {min_snr}");
        return Err(OptionError::new("--snr", reason).into());
    }
    let intensity = match &options.peak_by {
        Some(name) => name.parse()?,
        None => PeakIntensity::default(),
    };
    if options.assume_centroid {
        return Ok(());
    }
    let observed = dataset.observed_representation()?;
    let stated = dataset.header.representation;
    let (representation, why) = match (observed, stated) {
        (Some(observed), Some(stated)) if observed == stated => (observed, "as the file says"),
        (Some(observed), Some(stated)) => {
            dataset
                .oddities
                .push(Oddity::Representation { stated, observed });
            (observed, "as their values show")
        }
        (Some(observed), None) => (observed, "as their values show"),
        (None, stated) => (
            stated.unwrap_or(Representation::Centroid),
            "as the file says",
        ),
    };
    if representation == Representation::Centroid {
        return Ok(());
    }
    let shape = dataset.observed_shape()?.ok_or_else(|| RunError::Profile {
        file: dataset.names.imzml.clone(),
    })?;
    dataset.picking = Some(PeakPicking {
        min_snr,
        intensity,
        shape,
    });
    let width = match shape.seen {
        Some((low, high)) => {
            let middle = (low * high).sqrt();
            format!(
                "resolving power {} at m/z {middle:.0}, from their widths",
                rounded(shape.resolving_power(middle))
            )
        }
        None => "too few are strong enough to show how wide they are".into(),
    };
    progress.note(&format!(
        "spectra: profile, {why}; peaks are picked by {intensity}, {min_snr} times the noise and more; {width}"
    ));
    Ok(())
}

/// To three digits: more are not known.
fn rounded(value: f64) -> f64 {
    let unit = 10_f64.powf(value.abs().max(1.0).log10().floor() - 2.0);
    (value / unit).round() * unit
}
