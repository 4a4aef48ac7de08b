//! Patterns of a range of ions, computed or from a cache.

use std::ops::Range;

use ms_core::formula::Formula;
use ms_core::isotopes::{
    CentroidRule, Instrument, PatternConfig, PatternError, PatternGenerator, PeakWidth,
};

use crate::candidates::Ion;
use crate::error::AnnotateError;

/// Version of what patterns mean; raised whenever a pattern may change.
const VERSION: u8 = 2;

/// Bytes of the description of an ion, of most.
const ION_BYTES: usize = 32;

/// Keeps patterns between runs. What it returns is checked by the cache itself; anything it cannot
/// vouch for it does not return.
pub trait PatternCache: Sync {
    /// What was stored under this description.
    fn load(&self, description: &[u8]) -> Option<Vec<u8>>;

    /// Stores bytes under a description. Failing to is no error: a cache is safe to lose.
    fn store(&self, description: &[u8], bytes: &[u8]);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

impl PatternCache for NoCache {
    fn load(&self, _description: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn store(&self, _description: &[u8], _bytes: &[u8]) {}
}

/// Patterns of some ions: `n_ions × n_peaks`, row-major, a zero m/z where there is no such peak.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternTable {
    /// Columns.
    pub n_peaks: usize,
    /// m/z in Th, ascending within an ion.
    pub mzs: Vec<f64>,
    /// Intensities, per cent of the ion's largest.
    pub intensities: Vec<f32>,
}

impl PatternTable {
    /// The patterns of ions, from the cache where it has them. Ions too complex for a pattern have
    /// none, see [`PatternTable::has_pattern`].
    ///
    /// # Errors
    /// An ion cannot exist or is labels alone: the search space has no such ions.
    pub fn of(
        ions: &[Ion],
        config: PatternConfig,
        cache: &dyn PatternCache,
    ) -> Result<Self, AnnotateError> {
        let description = describe(ions, config);
        let cached = cache.load(&description);
        if let Some(table) =
            cached.and_then(|bytes| Self::decode(&bytes, ions.len(), config.n_peaks))
        {
            return Ok(table);
        }
        let table = Self::compute(ions, config)?;
        cache.store(&description, &table.encode());
        Ok(table)
    }

    fn compute(ions: &[Ion], config: PatternConfig) -> Result<Self, AnnotateError> {
        let n_peaks = config.n_peaks;
        let n = ions.len() * n_peaks;
        let mut table = Self {
            n_peaks,
            mzs: vec![0.0; n],
            intensities: vec![0.0; n],
        };
        let mut generator = PatternGenerator::new(config);
        for (i, ion) in ions.iter().enumerate() {
            let failed = |source: PatternError| AnnotateError::Pattern {
                ion: Formula::to_string(&ion.formula),
                source,
            };
            let peaks = match generator.pattern_of(&ion.formula, ion.charge(config.charge)) {
                Err(PatternError::TooComplex { .. }) => continue,
                found => found.map_err(failed)?,
            };
            for (k, peak) in peaks.iter().enumerate() {
                table.mzs[i * n_peaks + k] = peak.mz;
                table.intensities[i * n_peaks + k] = peak.intensity;
            }
        }
        Ok(table)
    }

    /// Whether an ion has a pattern; those too complex for one have not.
    pub fn has_pattern(&self, row: usize) -> bool {
        self.mzs_of(row).iter().any(|&mz| mz > 0.0)
    }

    /// m/z of an ion's peaks.
    pub fn mzs_of(&self, row: usize) -> &[f64] {
        &self.mzs[row * self.n_peaks..(row + 1) * self.n_peaks]
    }

    /// Intensities of an ion's peaks.
    pub fn intensities_of(&self, row: usize) -> &[f32] {
        &self.intensities[row * self.n_peaks..(row + 1) * self.n_peaks]
    }

    /// Number of ions.
    pub fn n_ions(&self) -> usize {
        self.mzs.len() / self.n_peaks.max(1)
    }

    /// The patterns of some of the ions.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let cells = rows.start * self.n_peaks..rows.end * self.n_peaks;
        Self {
            n_peaks: self.n_peaks,
            mzs: self.mzs[cells.clone()].to_vec(),
            intensities: self.intensities[cells].to_vec(),
        }
    }

    /// Lowest and highest m/z of all peaks; nothing if there is none.
    pub fn mz_range(&self) -> Option<(f64, f64)> {
        let present = || self.mzs.iter().copied().filter(|&mz| mz > 0.0);
        Some((
            present().min_by(f64::total_cmp)?,
            present().max_by(f64::total_cmp)?,
        ))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(size_of_val(&*self.mzs) + size_of_val(&*self.intensities));
        bytes.extend(self.mzs.iter().flat_map(|mz| mz.to_le_bytes()));
        bytes.extend(self.intensities.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }

    /// Nothing unless the length is exactly that of so many patterns.
    fn decode(bytes: &[u8], n_ions: usize, n_peaks: usize) -> Option<Self> {
        let n = n_ions * n_peaks;
        let (mzs, intensities) = bytes.split_at_checked(n * size_of::<f64>())?;
        let mzs = mzs
            .as_chunks::<8>()
            .0
            .iter()
            .map(|&b| f64::from_le_bytes(b))
            .collect();
        let (words, rest) = intensities.as_chunks::<4>();
        let intensities = words.iter().map(|&b| f32::from_le_bytes(b)).collect();
        (words.len() == n && rest.is_empty()).then_some(Self {
            n_peaks,
            mzs,
            intensities,
        })
    }
}

/// Everything that the patterns depend on, as bytes.
fn describe(ions: &[Ion], config: PatternConfig) -> Vec<u8> {
    let PatternConfig {
        width,
        charge,
        n_peaks,
        rule,
    } = config;
    let (kind, number) = match width {
        PeakWidth::Analyzer {
            instrument: Instrument::Tof,
            resolving_power,
        } => (0, resolving_power),
        PeakWidth::Analyzer {
            instrument: Instrument::Orbitrap,
            resolving_power,
        } => (1, resolving_power),
        PeakWidth::Analyzer {
            instrument: Instrument::Fticr,
            resolving_power,
        } => (2, resolving_power),
        PeakWidth::AtIon { sigma } => (3, sigma),
    };
    let reach = if let CentroidRule::Grid { reach } = rule {
        reach
    } else {
        0
    };
    let mut bytes = Vec::with_capacity(ions.len() * ION_BYTES);
    bytes.extend([VERSION, kind, reach]);
    bytes.extend(number.to_le_bytes());
    bytes.extend(charge.number().to_le_bytes());
    bytes.extend((n_peaks as u64).to_le_bytes());
    for ion in ions {
        for (element, count) in ion.formula.iter() {
            bytes.extend_from_slice(element.symbol().as_bytes());
            bytes.extend_from_slice(&count.to_le_bytes());
        }
        if let Some(charge) = ion.own_charge {
            bytes.push(b'^');
            bytes.extend(charge.number().to_le_bytes());
        }
        bytes.push(b';');
    }
    bytes
}
