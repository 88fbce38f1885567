//! Tests of the core, without Python.

#![allow(clippy::unwrap_used, reason = "a test that can't build its input fails, and says where")]

mod architecture;
mod common;
mod errors;
mod explain;
mod headers;
mod keys;
mod printed_examples;
mod scope;
mod uri;
mod verify;
