//! The polarity of a dataset whose file does not say it: of which sign are more molecules' ions there?

use annotator::config::unit_charge;
use annotator::moldb::MoleculeTable;
use annotator::survey::{KnownMzs, SampledSpectrum, Survey, known_mzs, survey};
use metaspace_results::options::AnnotateOptions;
use ms_core::formula::Repeats;
use ms_core::imzml::{Dataset, Oddity, Polarity};
use ms_core::progress::Progress;

use crate::config::usual_adducts;
use crate::error::RunError;
use crate::molecule_tables::builtin_table;
use crate::survey::read_sample;

/// All m/z.
const EVERYTHING: (f64, f64) = (0.0, f64::INFINITY);

/// Takes the polarity from the data where neither the file nor an option says it: that whose ions of
/// the molecules that ship with the program stand out of chance, and clearly more than those of the
/// other. Where neither does, it stays unknown.
///
/// # Errors
/// A spectrum is wrong, or `progress` says to stop.
pub(crate) fn take_polarity(
    dataset: &mut Dataset,
    options: &AnnotateOptions,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let header = &dataset.header;
    let is_known = header.polarity.is_some() || options.polarity.is_some();
    // A charge has a sign, and of two polarities only the user can choose.
    if is_known || header.is_polarity_mixed || options.charge.is_some() {
        return Ok(());
    }
    let groups = read_sample(dataset, progress)?;
    let (table, _) = builtin_table(Repeats::Add)?;
    let positive = known(&table, Polarity::Positive)?;
    let negative = known(&table, Polarity::Negative)?;
    let seen = |searched, other_polarity, polarity| {
        let known = KnownMzs {
            searched,
            other_polarity,
        };
        look(&groups, known, polarity, dataset)
    };
    let as_positive = seen(&positive, &negative, Polarity::Positive);
    let as_negative = seen(&negative, &positive, Polarity::Negative);
    let is_clear = |this: &Survey, other: &Survey| {
        this.measured.is_some()
            && !this.is_other_polarity_likelier
            && (other.measured.is_none() || other.is_other_polarity_likelier)
    };
    let found = if is_clear(&as_positive, &as_negative) {
        Some((Polarity::Positive, &as_positive))
    } else if is_clear(&as_negative, &as_positive) {
        Some((Polarity::Negative, &as_negative))
    } else {
        None
    };
    if let Some((polarity, survey)) = found {
        dataset.header.polarity = Some(polarity);
        dataset.header.is_polarity_from_data = true;
        let n_ions = survey
            .measured
            .as_ref()
            .map_or(0, |accuracy| accuracy.n_ions);
        dataset.oddities.push(Oddity::PolarityFromData {
            polarity,
            n_ions: n_ions as u64,
        });
    }
    Ok(())
}

fn known(table: &MoleculeTable, polarity: Polarity) -> Result<Vec<f64>, RunError> {
    let adducts = usual_adducts(polarity)?;
    let tables = std::slice::from_ref(table);
    Ok(known_mzs(
        tables,
        &adducts,
        unit_charge(polarity)?,
        EVERYTHING,
    ))
}

fn look(
    groups: &[Vec<SampledSpectrum>],
    known: KnownMzs<'_>,
    polarity: Polarity,
    dataset: &Dataset,
) -> Survey {
    let analyzer = dataset.header.analyzer.as_ref();
    let profile = dataset.picking.map(|picking| picking.shape);
    let instrument = analyzer.map(|analyzer| analyzer.instrument);
    survey(groups, known, polarity, instrument, profile.as_ref())
}
