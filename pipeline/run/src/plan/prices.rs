//! What a run costs on Lambda and S3, by a dated table of prices.

use std::path::Path;

use metaspace_machine::error::FileError;
use metaspace_storage::Traffic;
use serde::{Deserialize, Serialize};

use crate::error::RunError;

const TABLE: &str = include_str!("../../data/prices.toml");

/// A table of prices in US dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Day of the prices.
    pub date: String,
    /// Region they are of.
    pub region: String,
    /// A gigabyte of memory for a second.
    pub gb_second: f64,
    /// A call of the function.
    pub invocation: f64,
    /// A request that reads.
    pub read: f64,
    /// A request that writes or lists.
    pub write: f64,
}

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Seconds of tasks.
    pub seconds: f64,
    /// Gigabytes of memory times seconds.
    pub gb_seconds: f64,
    /// Tasks called.
    pub invocations: u64,
    /// Requests to the store, and bytes.
    pub traffic: Traffic,
}

impl Prices {
    /// The table that ships with the program, or that of a file.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn read(path: Option<&Path>) -> Result<Self, RunError> {
        let (path, text) = match path {
            None => (Path::new("prices.toml"), TABLE.to_owned()),
            Some(path) => (
                path,
                std::fs::read_to_string(path).map_err(FileError::at("read", path))?,
            ),
        };
        toml::from_str(&text).map_err(|source| RunError::Settings {
            path: path.into(),
            source: Box::new(source),
        })
    }

    /// Dollars for what was used.
    pub fn dollars(&self, usage: &Usage) -> f64 {
        usage.gb_seconds * self.gb_second
            + usage.invocations as f64 * self.invocation
            + usage.traffic.reads as f64 * self.read
            + usage.traffic.writes as f64 * self.write
    }
}

impl Usage {
    /// Adds a task of so many seconds on a worker of so much memory.
    pub fn add(&mut self, seconds: f64, memory_mb: u32, traffic: Traffic) {
        self.seconds += seconds;
        self.gb_seconds += seconds * f64::from(memory_mb) / 1024.0;
        self.invocations += 1;
        self.traffic.add(traffic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_those_of_the_table() {
        let prices = Prices::read(None).unwrap();
        let mut usage = Usage::default();
        let traffic = Traffic {
            reads: 1_000,
            writes: 100,
            ..Traffic::default()
        };
        usage.add(1_000.0, 2_048, traffic);
        let expected = 2_000.0 * 0.000_016_666_7 + 0.000_000_2 + 0.000_4 + 0.000_5;
        assert!((prices.dollars(&usage) - expected).abs() < 1e-12);
    }
}
