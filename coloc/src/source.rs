//! Where images come from: memory, or wherever they lie.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use ms_core::image::{IonImage, Raster};

use crate::images::ImageSet;

/// Images of ions on one raster that are read when they are needed.
///
/// They are as [`ImageSet::new`] has them checked: pixels ascend and are below the raster's, and
/// intensities are finite and not negative ([`crate::images::check_image`]).
pub trait ImageSource: Sync {
    /// Why images cannot be read.
    type Error: Send;

    /// The pixels of all images.
    fn raster(&self) -> &Raster;

    /// Number of ions.
    fn n_ions(&self) -> usize;

    /// The images of neighbouring ions, in their order. Called from several threads at once.
    ///
    /// # Errors
    /// They cannot be read.
    fn read(&self, ions: Range<usize>) -> Result<Cow<'_, [IonImage]>, Self::Error>;
}

impl ImageSource for ImageSet {
    type Error = Infallible;

    fn raster(&self) -> &Raster {
        Self::raster(self)
    }

    fn n_ions(&self) -> usize {
        self.len()
    }

    fn read(&self, ions: Range<usize>) -> Result<Cow<'_, [IonImage]>, Infallible> {
        Ok(Cow::Borrowed(&self.images()[ions]))
    }
}
