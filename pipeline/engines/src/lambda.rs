//! AWS Lambda: a function that does tasks, calls of it, and publishing it.

pub mod api;
pub mod chain;
pub mod deploy;
pub mod engine;
pub mod event;
pub mod function;
pub mod invoke;
mod program;
