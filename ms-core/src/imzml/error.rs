//! Every way in which a dataset can be wrong.

use std::io;

/// Why an imzML dataset was refused. Positions are byte offsets in the decoded XML; spectra are
/// numbered from 1, as the file's reader would count them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImzmlError {
    /// The XML could not be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The imzML file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The ibd could not be read.
    #[error("cannot read {length} bytes at byte {offset} of `{file}`")]
    ReadIbd {
        /// The ibd file.
        file: String,
        /// Where.
        offset: u64,
        /// How many.
        length: u64,
        /// Why.
        source: io::Error,
    },
    /// The XML is not well formed.
    #[error("not well-formed XML at byte {offset} of `{file}`")]
    Xml {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// Why.
        source: quick_xml::Error,
    },
    /// XML that ends before its root does, or something that is no XML.
    #[error("the XML ends at byte {offset} within <{element}>: `{file}` is incomplete")]
    Truncated {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// The innermost element that is still open.
        element: String,
    },
    /// XML, or not even that, but no imzML.
    #[error("not an imzML file: {found}: `{file}`")]
    NotImzml {
        /// The imzML file.
        file: String,
        /// What was found instead of `mzML`.
        found: String,
    },
    /// A document type declaration, or an entity other than the five of XML.
    #[error("{found} at byte {offset}; document types and entities are never expanded: `{file}`")]
    Entity {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// What was found.
        found: String,
    },
    /// A value that is not what its term demands.
    #[error(
        "{term} must be {expected}, not `{found}`, in spectrum {spectrum} at byte {offset} of `{file}`"
    )]
    Value {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// Name of the term.
        term: &'static str,
        /// What it must be.
        expected: &'static str,
        /// The value.
        found: String,
    },
    /// Something that every spectrum needs is missing.
    #[error("spectrum {spectrum} has no {what} (before byte {offset} of `{file}`)")]
    Missing {
        /// The imzML file.
        file: String,
        /// End of the spectrum.
        offset: u64,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// What is missing.
        what: &'static str,
    },
    /// A reference to a parameter group that is not there.
    #[error("referenceableParamGroup `{group}` is not defined (byte {offset} of `{file}`)")]
    UnknownGroup {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// Its name.
        group: String,
    },
    /// An element within one of its own kind.
    #[error("<{element}> cannot stand within <{within}> (byte {offset} of `{file}`)")]
    Nested {
        /// The imzML file.
        file: String,
        /// Where.
        offset: u64,
        /// The inner one.
        element: String,
        /// The outer one.
        within: &'static str,
    },
    /// m/z and intensity arrays of different lengths.
    #[error("spectrum {spectrum} has {n_mzs} m/z values but {n_intensities} intensities: `{file}`")]
    Lengths {
        /// The imzML file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// Length of the m/z array.
        n_mzs: u64,
        /// Length of the intensity array.
        n_intensities: u64,
    },
    /// m/z and ion mobility arrays of different lengths.
    #[error(
        "spectrum {spectrum} has {n_mzs} m/z values but {n_mobilities} ion mobilities: `{file}`"
    )]
    MobilityLength {
        /// The imzML file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// Length of the m/z array.
        n_mzs: u64,
        /// Length of the ion mobility array.
        n_mobilities: u64,
    },
    /// Points of some ion mobilities are asked for, and a spectrum has none.
    #[error(
        "spectrum {spectrum} has no ion mobilities: `{file}`\nhint: leave out --mobility-min and --mobility-max, or export the dataset with ion mobility"
    )]
    NoMobility {
        /// The imzML file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
    },
    /// An uncompressed array whose length in bytes is not its length in values.
    #[error(
        "the {array} array of spectrum {spectrum} has {n_values} values of {value_size} bytes but an encoded length of {encoded} bytes: `{file}`"
    )]
    EncodedLength {
        /// The imzML file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// "m/z", "intensity" or "ion mobility".
        array: &'static str,
        /// Values as stated.
        n_values: u64,
        /// Bytes a value.
        value_size: u64,
        /// Bytes as stated.
        encoded: u64,
    },
    /// An array that ends beyond the end of the ibd.
    #[error(
        "ibd file is {ibd_length} bytes but the {array} array of spectrum {spectrum} ends at byte {end}: `{file}`\nhint: where a copy or download stopped half-way, copy the ibd again; it must have at least {needed} bytes"
    )]
    BeyondEnd {
        /// The ibd file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// "m/z", "intensity" or "ion mobility".
        array: &'static str,
        /// Length of the file.
        ibd_length: u64,
        /// Where the array would end.
        end: u64,
        /// Where the last of all arrays would end.
        needed: u64,
    },
    /// A compressed array that does not unpack to its length.
    #[error(
        "the {array} array of spectrum {spectrum} at byte {offset} does not unpack to {expected} bytes: `{file}`"
    )]
    Unpack {
        /// The ibd file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// "m/z", "intensity" or "ion mobility".
        array: &'static str,
        /// Where it begins.
        offset: u64,
        /// Bytes it should have unpacked.
        expected: u64,
    },
    /// An m/z that is no positive number, or an infinite intensity.
    #[error("value {found} of the {array} array of spectrum {spectrum} is {value}: `{file}`")]
    BadPeak {
        /// The ibd file.
        file: String,
        /// Number of the spectrum, from 1.
        spectrum: u64,
        /// "m/z", "intensity" or "ion mobility".
        array: &'static str,
        /// Place in the array, from 1.
        found: u64,
        /// The value.
        value: f64,
    },
    /// The two files do not belong together.
    #[error(
        "UUID is {expected} in `{imzml}` but {found} in `{ibd}`: they are not of one dataset\nhint: find the ibd that was exported with the imzML; --ignore-uuid reads this one, and run.json says so"
    )]
    Uuid {
        /// The imzML file.
        imzml: String,
        /// The ibd file.
        ibd: String,
        /// UUID of the imzML, 32 hexadecimal digits.
        expected: String,
        /// UUID at the start of the ibd.
        found: String,
    },
    /// The ibd is not what was written.
    #[error("{algorithm} of `{ibd}` is {found} but `{imzml}` says {expected}")]
    Checksum {
        /// The imzML file.
        imzml: String,
        /// The ibd file.
        ibd: String,
        /// MD5, SHA-1 or SHA-256.
        algorithm: &'static str,
        /// As stated.
        expected: String,
        /// As computed.
        found: String,
    },
    /// A checksum was to be verified and there is none.
    #[error("no checksum of the ibd is stated in `{file}`")]
    NoChecksum {
        /// The imzML file.
        file: String,
    },
    /// Spectra of which none can be annotated.
    #[error("{what}: `{file}`\nhint: {hint}")]
    NothingToAnnotate {
        /// The imzML file.
        file: String,
        /// Why.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// Nothing to work on.
    #[error("no spectra in `{file}`")]
    NoSpectra {
        /// The imzML file.
        file: String,
    },
    /// Planes that are too many or too large for one image.
    #[error(
        "the {n_planes} planes of `{file}`, each {width} × {height} pixels, are too large to be one image\nhint: --z takes one of them"
    )]
    Stack {
        /// The imzML file.
        file: String,
        /// Planes.
        n_planes: usize,
        /// Columns.
        width: u32,
        /// Rows of each.
        height: u32,
    },
    /// Nothing to work on at the plane that is asked for.
    #[error("no spectra at z = {z} in `{file}`, whose planes are {planes:?}")]
    NoPlane {
        /// The imzML file.
        file: String,
        /// The plane asked for.
        z: u32,
        /// The planes there are, ascending.
        planes: Vec<u32>,
    },
    /// A bounding box that so few spectra cannot mean.
    #[error(
        "{n_spectra} spectra span {width} × {height} pixels, spectrum {spectrum} lies at ({x}, {y}): `{file}`"
    )]
    Scattered {
        /// The imzML file.
        file: String,
        /// Number of spectra.
        n_spectra: u64,
        /// Columns.
        width: u64,
        /// Rows.
        height: u64,
        /// Number of a spectrum at the far end, from 1.
        spectrum: u64,
        /// Its column as written.
        x: u32,
        /// Its row as written.
        y: u32,
    },
    /// More spectra or peaks than can be numbered.
    #[error("{what} exceed {limit}: `{file}`")]
    TooMany {
        /// The file.
        file: String,
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
}
