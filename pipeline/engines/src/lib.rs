//! Where tasks are done, and driving them to the end: threads of this machine, Slurm, Lambda.
//!
//! A [`run::Run`] is a plan in its working folder. [`drive::drive`] gives its tasks to an
//! [`engine::Engine`] stage by stage, and again where the [`policy::Policy`] says so;
//! [`state::state`] tells how far it is.

pub mod drive;
pub mod engine;
pub mod error;
pub mod known;
pub mod lambda;
pub mod policy;
pub mod run;
pub mod slurm;
pub mod state;
pub mod threads;
pub mod together;
