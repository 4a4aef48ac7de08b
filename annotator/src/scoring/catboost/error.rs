//! What can be wrong with a model file.

/// Why a model was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Another format.
    #[error("not a CatBoost model: it begins with `{found}` instead of `CBM1`")]
    Header {
        /// Its first bytes.
        found: String,
    },
    /// Cut off, or followed by something else.
    #[error("the file is {found} bytes but its header says {stated}{}", cut(*stated, *found))]
    Length {
        /// Length that the header states, in bytes.
        stated: usize,
        /// Length of the file.
        found: usize,
    },
    /// Something that does not lie within the model.
    #[error("{what} lies at bytes {at} to {}, but the model ends at byte {end}", .at.saturating_add(*.length))]
    Outside {
        /// What.
        what: &'static str,
        /// Its place in the file.
        at: usize,
        /// Its length in bytes.
        length: usize,
        /// Where the model ends.
        end: usize,
    },
    /// Something that must be there is not.
    #[error("the model has no {what}")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// Another version of the format.
    #[error("the format of the model is `{found}`, not `{expected}`")]
    Version {
        /// As the model says.
        found: String,
        /// As it must be.
        expected: &'static str,
    },
    /// A kind of model that is not evaluated.
    #[error("the model has {what}; only one value from symmetric trees on numbers is computed")]
    Unsupported {
        /// What.
        what: &'static str,
    },
    /// A feature that nothing is known of.
    #[error("the model needs the feature `{name}`, which is not computed\nknown are {known}")]
    UnknownFeature {
        /// Its name in the model.
        name: String,
        /// Those that are computed.
        known: String,
    },
    /// The same feature twice.
    #[error("the model has the feature `{name}` twice")]
    RepeatedFeature {
        /// Its name in the model.
        name: String,
    },
    /// A value that makes no sense.
    #[error("{what} must be {expected}, not {found}{}", place(*at))]
    Value {
        /// Of what.
        what: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
        /// Its place in the file, or that of the list it is in.
        at: Option<usize>,
    },
}

fn cut(stated: usize, found: usize) -> &'static str {
    if found < stated {
        ": it is cut off"
    } else {
        ": something follows the model"
    }
}

fn place(at: Option<usize>) -> String {
    at.map_or(String::new(), |at| format!(" (byte {at})"))
}
