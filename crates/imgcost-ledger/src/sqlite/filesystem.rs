//! File systems on which a ledger is not safe.
//!
//! Over a network, locks may not reach other machines, and the shared memory beside a write-ahead
//! log never does. Linux identifies file systems by numbers. FUSE covers many, including local
//! ones, and is refused because they can't be told apart; an option overrides this. On other
//! systems only Windows network paths are recognised.

use std::path::Path;

/// The name of the network file system of a folder or file, if it is on one.
#[cfg(target_os = "linux")]
pub(super) fn remote(path: &Path) -> Option<&'static str> {
    let found = rustix::fs::statfs(path).ok()?;
    // Its type differs between machines; the number has 32 bits.
    let number = (found.f_type as u64) & 0xffff_ffff;
    REMOTE.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// From Linux's `magic.h`, and from the sources of file systems that it lacks.
#[cfg(target_os = "linux")]
const REMOTE: [(u64, &str); 19] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x564c, "NCP"),
    (0x6573_5546, "FUSE (such as sshfs, s3fs, virtiofs)"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x786f_4256, "a VirtualBox shared folder"),
    (0xbacb_acbc, "a VMware shared folder"),
];

/// A path such as `\\server\share`.
#[cfg(windows)]
pub(super) fn remote(path: &Path) -> Option<&'static str> {
    use std::path::{Component, Prefix};
    match path.components().next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::UNC(..) | Prefix::VerbatimUNC(..) => Some("a network share"),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(not(any(target_os = "linux", windows)))]
pub(super) fn remote(_: &Path) -> Option<&'static str> {
    None
}
