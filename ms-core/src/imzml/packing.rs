//! How the arrays of spectra are packed.

use super::numpress::Numpress;

/// How the bytes of an array are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// They are the values.
    #[default]
    None,
    /// A zlib stream.
    Zlib,
    /// Zstandard frames.
    Zstd,
}

/// How an array is packed, by its terms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Packing {
    pub(super) compression: Option<Compression>,
    pub(super) numpress: Option<Numpress>,
}
