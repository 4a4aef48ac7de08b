//! What can go wrong with a store.

use std::io;

use metaspace_machine::error::FileError;

/// Why a store could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A text that is no place.
    #[error(
        "`{text}` is no place in S3: it must be s3://BUCKET/KEY without empty or dotted segments"
    )]
    Location {
        /// The text.
        text: String,
    },
    /// An address of the web.
    #[error(
        "`{text}` is not read over http\nhint: download the file and give its path, or give s3://BUCKET/KEY"
    )]
    Web {
        /// The address.
        text: String,
    },
    /// The current folder cannot be told.
    #[error("cannot tell the current folder")]
    Current {
        /// Why.
        source: io::Error,
    },
    /// A key that leads out of its store.
    #[error("`{key}` is no key of a store")]
    Key {
        /// The key.
        key: String,
    },
    /// Nothing there.
    #[error("there is no `{location}`")]
    Missing {
        /// What was looked for.
        location: String,
    },
    /// The store refused or failed.
    #[error("cannot {action} `{location}`")]
    Failed {
        /// "read", "write" …
        action: &'static str,
        /// What.
        location: String,
        /// Why.
        source: object_store::Error,
    },
    /// Fewer or more bytes came than were asked for.
    #[error("`{location}` gave {found} bytes where {expected} were asked for")]
    Length {
        /// What was read.
        location: String,
        /// Bytes asked for.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// A store that cannot be set up.
    #[error(
        "cannot set up the store `{location}`\nhint: the region and credentials come from AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from the profile AWS_PROFILE, or from the role of the machine; AWS_ENDPOINT_URL names another server"
    )]
    SetUp {
        /// Which.
        location: String,
        /// Why.
        source: object_store::Error,
    },
    /// A file of this machine.
    #[error(transparent)]
    File(#[from] FileError),
    /// No ibd beside an imzML in a store.
    #[error(
        "no ibd beside `{imzml}`: looked for {looked_for}\nhint: say where it is with --ibd FILE"
    )]
    NoIbd {
        /// The imzML.
        imzml: String,
        /// Names tried.
        looked_for: String,
    },
    /// A profile that is not among the credentials.
    #[error("`{path}` has no profile `{profile}` with an access key")]
    Profile {
        /// The credentials file.
        path: String,
        /// The profile.
        profile: String,
    },
    /// A certificate that is none.
    #[error("`{path}` holds no certificate")]
    Certificate {
        /// The file.
        path: String,
        /// Why.
        source: Option<object_store::Error>,
    },
    /// The threads that wait for answers cannot be started.
    #[error("cannot start the threads of the network: {reason}")]
    Runtime {
        /// Why.
        reason: String,
    },
}

impl StoreError {
    /// Whether the object is not there, rather than out of reach.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    pub(crate) fn of(
        action: &'static str,
        location: String,
    ) -> impl FnOnce(object_store::Error) -> Self {
        move |source| match source {
            object_store::Error::NotFound { .. } => Self::Missing { location },
            source => Self::Failed {
                action,
                location,
                source,
            },
        }
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        let kind = if error.is_missing() {
            io::ErrorKind::NotFound
        } else {
            io::ErrorKind::Other
        };
        Self::new(kind, error)
    }
}
