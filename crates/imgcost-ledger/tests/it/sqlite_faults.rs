//! What a ledger file does when its surroundings fail: it reports it, admits no hold, and has
//! lost nothing when they are well again.
//!
//! Where a fault needs another process, the test runs itself again as that one.
#![cfg(all(feature = "sqlite", unix))]

pub(crate) mod common;
mod contents;
mod disk;
mod locks;
mod place;
mod read_inside;
mod stopped;

/// The other process; nothing in a run of all tests.
#[test]
fn child_process() {
    let Some((role, path)) = common::role() else { return };
    match role.as_str() {
        "fills-the-disk" => disk::fills_the_disk(&path),
        "fills-a-small-disk" => disk::fills_a_small_disk(&path),
        "may-not-write" => disk::may_not_write(&path),
        "may-only-read" => disk::may_only_read(&path),
        "opens-a-mounted-file" => place::opens_a_mounted_file(&path),
        "holds-a-hundred" => locks::holds_a_hundred(&path),
        #[cfg(target_os = "linux")]
        "holds-without-end" => stopped::holds_without_end(&path),
        _ => panic!("no role {role}"),
    }
}
