//! The product from outside: see `golden` and `tests`. Here is what several of them need.

pub mod allocation;
pub mod calibration;
pub mod cluster;
pub mod http;
pub mod imzml;
pub mod model;
pub mod picture;
pub mod profile;
pub mod program;
pub mod proxy;
pub mod served;
pub mod server;
pub mod written;
