//! The tests of the ledger in one program, with one PostgreSQL server for all that need no other:
//! linked once, run side by side.
//!
//! `tests/crash.rs` is a program of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

// First, so that its macro is known to the others.
#[macro_use]
mod conformance;
mod model;
#[cfg(all(feature = "postgres", unix))]
mod server;
mod support;

mod memory;
#[cfg(all(feature = "postgres", unix))]
mod postgres;
#[cfg(all(feature = "postgres", unix))]
mod postgres_access;
#[cfg(all(feature = "postgres", unix))]
mod postgres_conformance;
#[cfg(all(feature = "postgres", unix))]
mod postgres_loss;
#[cfg(all(feature = "postgres", unix))]
mod postgres_race;
#[cfg(all(feature = "postgres", unix))]
mod postgres_silence;
mod properties;
mod sqlite;
mod sqlite_backup;
mod sqlite_cache;
mod sqlite_faults;
mod sqlite_migration;
mod sqlite_opening;
