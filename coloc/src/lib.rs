//! Which ions lie together. Knows images and ids, nothing of annotation.
//!
//! The measures are not written yet: the crate holds their place in the workspace.
