//! A small annotated tissue and a server of its results.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]

use serde_json::Value;

use crate::http::Server;
use crate::program::WorkingFolder;

/// A small annotated tissue in `r`.
pub fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20 --seed 3");
    work.run("annotate tissue/demo.imzML --score msm --ppm 3 --recalibrate off --quiet --out r")
        .succeeded();
    work
}

/// [`work`] and a server of its results.
pub fn served() -> (WorkingFolder, Server) {
    let work = work();
    let server = Server::start(&work, "r");
    (work, server)
}

/// The best ion.
pub fn first_ion(server: &Server) -> String {
    server.json("/api/v1/annotations?limit=1")["rows"][0]["ion"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The numbers of a list.
pub fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}
