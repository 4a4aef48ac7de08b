//! What can go wrong with files and options, and how an error is told with its causes and its hint.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a file of this machine could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file or folder could not be opened, read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// "open", "read", "write" …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder where an imzML file is needed.
    #[error("`{}` is a directory, not an imzML file", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// No ibd beside the imzML.
    #[error("no ibd beside `{}`: looked for {looked_for}\nhint: say where it is with --ibd FILE", imzml.display())]
    NoIbd {
        /// The imzML file.
        imzml: PathBuf,
        /// Names tried.
        looked_for: String,
    },
}

impl FileError {
    /// Makes an I/O error one of a file: `.map_err(FileError::at("read", path))`.
    pub fn at(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// An option whose value makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
pub struct OptionError {
    /// The option as it is given, such as `--ppm`.
    pub option: &'static str,
    /// What is wrong with its value, and what would be right.
    pub reason: String,
}

impl OptionError {
    /// An option, and what is wrong with its value.
    pub fn new(option: &'static str, reason: impl Into<String>) -> Self {
        Self {
            option,
            reason: reason.into(),
        }
    }
}

/// An error, its causes, and what its user can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What failed, then each cause of what stands before it, without hints.
    pub causes: Vec<String>,
    /// What to do, from wherever in the chain it was said.
    pub hints: Vec<String>,
}

/// Begins the hint at the end of an error's message.
const HINT: &str = "\nhint: ";

impl Explanation {
    /// Follows an error to its first cause.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let (mut causes, mut hints) = (Vec::new(), Vec::new());
        let mut next = Some(error);
        while let Some(cause) = next {
            next = cause.source();
            let message = cause.to_string();
            let (said, hint) = message
                .split_once(HINT)
                .map_or((&*message, None), |(said, hint)| (said, Some(hint)));
            causes.push(said.to_owned());
            hints.extend(hint.map(str::to_owned));
        }
        Self { causes, hints }
    }

    /// Everything on one line, causes after colons, but each hint on a line of its own at the end.
    pub fn line(&self) -> String {
        self.causes.join(": ") + &self.hint_lines()
    }

    /// Each cause on a line of its own, then the hints.
    pub fn lines(&self) -> String {
        self.causes.join("\n  because: ") + &self.hint_lines()
    }

    fn hint_lines(&self) -> String {
        let lines = self.hints.iter().map(|hint| format!("{HINT}{hint}"));
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot set up `x`\nhint: say which")]
    struct SetUp {
        source: OptionError,
    }

    #[test]
    fn the_hint_comes_after_the_causes() {
        let source = OptionError::new("--region", "is no region");
        let explained = Explanation::of(&SetUp { source });
        assert_eq!(
            explained.lines(),
            "cannot set up `x`\n  because: --region: is no region\nhint: say which"
        );
        assert_eq!(
            explained.line(),
            "cannot set up `x`: --region: is no region\nhint: say which"
        );
    }
}
