//! What measures ions, whoever it is.

use ms_core::progress::Progress;

use crate::amounts::DatasetAmounts;
use crate::error::MeasureError;
use crate::images::DatasetImages;
use crate::request::MeasureRequest;

/// Measures ions in results.
pub trait Measurer: Sync {
    /// How much of each ion is in each region, a value for each results folder in their order.
    ///
    /// # Errors
    /// Results cannot be read, a region is not there, or `progress` says to stop.
    fn amounts(
        &self,
        request: &MeasureRequest,
        progress: &dyn Progress,
    ) -> Result<Vec<DatasetAmounts>, MeasureError>;

    /// The image of each ion in each region, a value for each results folder in their order.
    ///
    /// # Errors
    /// As [`Measurer::amounts`].
    fn images(
        &self,
        request: &MeasureRequest,
        progress: &dyn Progress,
    ) -> Result<Vec<DatasetImages>, MeasureError>;
}
