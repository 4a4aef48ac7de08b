//! The options of `metaspace serve`, their defaults, and the bounds of what a request may take.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use metaspace_machine::environment::memory;
use metaspace_machine::error::OptionError;

/// Variable from which the token is taken where the command line has none.
const TOKEN: &str = "METASPACE_TOKEN";

/// A shorter token can be guessed.
const MIN_TOKEN: usize = 16;

/// Where the server is served, and what it may use.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Address and port; port 0 takes a free one
    pub listen: SocketAddr,
    /// Token that every request must carry, of 16 characters or more; needed where others reach the address [default: the variable `METASPACE_TOKEN`]
    pub token: Option<String>,
    /// Origin of a web page elsewhere that may use the API, such as <https://lab.example>; repeatable
    pub allow_origin: Vec<String>,
    /// Folder in which the imzML files of the results are looked for too; repeatable
    pub spectra: Vec<PathBuf>,
    /// Memory for images and comparisons, such as 2GiB [default: half of the machine's]
    pub memory: Option<String>,
    /// Writes nothing into results folders: regions that are drawn are not kept
    pub read_only: bool,
    /// Side of a pixel in µm, in place of what the imzML files say
    pub pixel_size_um: Option<f64>,
}

/// Everything a server needs to know, checked.
#[derive(Clone)]
pub struct ServeConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// BLAKE3 of the token; comparing hashes takes the same time wherever they differ.
    pub token: Option<blake3::Hash>,
    /// Origins that may use the API.
    pub allow_origin: Vec<String>,
    /// Folders in which imzML files are looked for.
    pub spectra: Vec<PathBuf>,
    /// What requests may take.
    pub bounds: Bounds,
    /// Whether nothing is written into results folders.
    pub is_read_only: bool,
    /// Side of a pixel in µm that is given.
    pub pixel_size_um: Option<f64>,
}

impl std::fmt::Debug for ServeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServeConfig")
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// What requests may take together and alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Bytes of images that are kept.
    pub image_bytes: u64,
    /// Bytes of answers of comparisons that are kept.
    pub answer_bytes: u64,
    /// Bytes of prepared comparisons that are kept.
    pub kept_bytes: u64,
    /// Bytes that one comparison may take.
    pub comparison_bytes: u64,
    /// Bytes of a body that a client sends, at most.
    pub body_bytes: u64,
    /// Bytes of all bodies that are being received and worked on.
    pub all_body_bytes: u64,
    /// Comparisons at once.
    pub n_comparisons: usize,
    /// Other requests worked on at once.
    pub n_readers: usize,
    /// Connections at once.
    pub n_connections: usize,
    /// How long a request waits for its turn.
    pub wait: Duration,
    /// How long a request is worked on before its client is told that it takes too long.
    pub work: Duration,
    /// How long the head of a request may take to arrive, and a client may be idle.
    pub head: Duration,
    /// How long a body may take beyond its size at [`Bounds::BODY_RATE`].
    pub body: Duration,
    /// How long a client may take nothing of an answer.
    pub stall: Duration,
    /// How long requests may go on after Ctrl-C.
    pub drain: Duration,
}

impl Bounds {
    /// Bytes a second at which a body must arrive at least.
    pub const BODY_RATE: u64 = 256 << 10;

    /// Largest body: 500 images of 200 × 150 pixels as JSON fit.
    const BODY: u64 = 256 << 20;

    /// Bounds that keep what requests hold within about `memory` bytes.
    ///
    /// A sixteenth keeps images, half of that answers, a quarter comparisons; two comparisons and their bodies
    /// share the rest.
    fn of(memory: u64) -> Self {
        let n_processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            image_bytes: memory / 16,
            answer_bytes: memory / 32,
            kept_bytes: memory / 4,
            comparison_bytes: memory / 4,
            body_bytes: Self::BODY.min(memory / 16),
            all_body_bytes: memory / 8,
            n_comparisons: 2,
            n_readers: 4 * n_processors,
            n_connections: 512,
            wait: Duration::from_secs(30),
            work: Duration::from_mins(2),
            head: Duration::from_secs(15),
            body: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

impl ServeConfig {
    /// The whole of what the options say.
    ///
    /// # Errors
    /// The address is reached by others and there is no token; the token or an origin is none.
    pub fn new(options: &ServeOptions) -> Result<Self, OptionError> {
        let token = options.token.clone().or_else(|| std::env::var(TOKEN).ok());
        let is_local = options.listen.ip().is_loopback();
        if token.is_none() && !is_local {
            let reason = format!(
                "others reach {}, so a token is needed\nhint: --token TOKEN, or the variable {TOKEN}; `openssl rand -hex 16` makes one",
                options.listen.ip()
            );
            return Err(OptionError::new("--listen", reason));
        }
        if let Some(token) = &token {
            let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
            if token.len() < MIN_TOKEN || !is_plain {
                // The token itself is nobody's business.
                let reason = format!(
                    "must be {MIN_TOKEN} or more letters, digits and signs of ASCII without spaces"
                );
                return Err(OptionError::new("--token", reason));
            }
        }
        if let Some(um) = options.pixel_size_um
            && !(um.is_finite() && um > 0.0)
        {
            let reason = format!("must be a length in µm above 0, not {um}");
            return Err(OptionError::new("--pixel-size", reason));
        }
        for origin in &options.allow_origin {
            let host = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            let is_origin = |host: &str| {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            };
            if !host.is_some_and(is_origin) {
                let reason =
                    format!("must be like https://lab.example, without a path, not `{origin}`");
                return Err(OptionError::new("--allow-origin", reason));
            }
        }
        Ok(Self {
            listen: options.listen,
            token: token.map(|token| blake3::hash(token.as_bytes())),
            allow_origin: options.allow_origin.clone(),
            spectra: options.spectra.clone(),
            bounds: Bounds::of(memory(options.memory.as_deref())?),
            is_read_only: options.read_only,
            pixel_size_um: options.pixel_size_um,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(listen: &str, token: Option<&str>) -> ServeOptions {
        ServeOptions {
            listen: listen.parse().unwrap(),
            token: token.map(str::to_owned),
            allow_origin: Vec::new(),
            spectra: Vec::new(),
            memory: Some("1GiB".into()),
            read_only: false,
            pixel_size_um: None,
        }
    }

    fn reason(options: &ServeOptions) -> String {
        ServeConfig::new(options).unwrap_err().to_string()
    }

    #[test]
    fn an_address_that_others_reach_needs_a_token() {
        assert!(ServeConfig::new(&options("127.0.0.1:0", None)).is_ok());
        assert!(ServeConfig::new(&options("[::1]:0", None)).is_ok());
        for listen in ["0.0.0.0:0", "[::]:0", "192.168.1.4:80"] {
            assert!(reason(&options(listen, None)).contains("a token is needed"));
            assert!(ServeConfig::new(&options(listen, Some("0123456789abcdef"))).is_ok());
        }
    }

    #[test]
    fn weak_tokens_and_odd_origins_are_refused_and_tokens_not_shown() {
        for token in ["short", "0123456789 abcdef", "0123456789abcdeé"] {
            let text = reason(&options("127.0.0.1:0", Some(token)));
            assert!(
                text.starts_with("--token") && !text.contains(token),
                "{text}"
            );
        }
        for origin in [
            "*",
            "null",
            "https://",
            "https://lab.example/path",
            "lab.example",
        ] {
            let mut options = options("127.0.0.1:0", None);
            options.allow_origin = vec![origin.into()];
            assert!(reason(&options).starts_with("--allow-origin"));
        }
    }

    #[test]
    fn bounds_fit_into_the_memory() {
        let bounds = Bounds::of(1 << 30);
        let all = bounds.image_bytes
            + bounds.answer_bytes
            + bounds.kept_bytes
            + bounds.n_comparisons as u64 * bounds.comparison_bytes
            + bounds.all_body_bytes;
        assert!(all <= 1 << 30, "{all}");
        assert!(bounds.body_bytes <= bounds.all_body_bytes);
    }
}
