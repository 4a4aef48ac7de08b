//! What the environment says: memory to use, the folder of the cache, and its variables.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::OptionError;
use crate::usage::memory_bytes;

/// Memory where the machine does not tell how much it has.
const DEFAULT_MEMORY: u64 = 4 << 30;
/// Less memory than this is refused.
const MIN_MEMORY: u64 = 128 << 20;

/// Memory to use in bytes, from a size such as `256MiB`, or half of the machine's.
///
/// # Errors
/// The text is no size, or too small a one.
pub fn memory(text: Option<&str>) -> Result<u64, OptionError> {
    let Some(text) = text else {
        return Ok(memory_bytes().map_or(DEFAULT_MEMORY, |bytes| bytes / 2));
    };
    let wrong = |reason: &str| OptionError::new("--memory", format!("{reason}, not `{text}`"));
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..digits]
        .parse()
        .map_err(|_| wrong("must be a size such as 512MiB"))?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" | "k" => 1e3,
        "mb" | "m" => 1e6,
        "gb" | "g" => 1e9,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        _ => return Err(wrong("must be a size such as 512MiB")),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let bytes = (number * unit) as u64;
    if bytes < MIN_MEMORY {
        return Err(wrong("must be at least 128MiB"));
    }
    Ok(bytes)
}

/// Folder of the pattern cache: `METASPACE_CACHE`, or `metaspace` in the user's cache folder;
/// nothing where there is neither.
pub fn cache_folder() -> Option<PathBuf> {
    variable("METASPACE_CACHE").map(PathBuf::from).or_else(|| {
        let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".cache"));
        cache.or_else(home).map(|folder| folder.join("metaspace"))
    })
}

/// A variable of the environment that says something.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(memory(Some("256MiB")).unwrap(), 256 << 20);
        assert_eq!(memory(Some("1.5 GB")).unwrap(), 1_500_000_000);
        for bad in ["x", "12", "5 furlongs", "-1GB"] {
            assert!(memory(Some(bad)).is_err(), "{bad}");
        }
    }
}
