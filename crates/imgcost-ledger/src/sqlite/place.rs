//! Where a ledger file is, and whether it is still the same one.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::failure::Store;
use crate::error::Error;

/// Which file it is, however it is called. Systems that don't tell have files that can't be
/// deleted while they are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    node: u64,
}

impl Identity {
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        Seen::at(path).map(|seen| seen.identity)
    }

    pub(super) fn of_file(file: &File) -> io::Result<Self> {
        Seen::of_file(file).map(|seen| seen.identity)
    }
}

/// A file as it is found: which one it is, and how many names it has.
#[derive(Debug, Clone, Copy)]
struct Seen {
    identity: Identity,
    names: u64,
}

/// Asks Linux for these alone. A plain stat asks for the times too, and since it was asked,
/// the file system gives the next write a time of its own: each flush of the log would write the
/// file's times along with its lines, which takes half as long again.
#[cfg(target_os = "linux")]
impl Seen {
    fn at(path: &Path) -> io::Result<Self> {
        Seen::of(rustix::fs::CWD, path, rustix::fs::AtFlags::empty())
    }

    fn of_file(file: &File) -> io::Result<Self> {
        Seen::of(file, Path::new(""), rustix::fs::AtFlags::EMPTY_PATH)
    }

    fn of(folder: impl rustix::fd::AsFd, path: &Path, flags: rustix::fs::AtFlags) -> io::Result<Self> {
        use rustix::fs::StatxFlags;
        let found = rustix::fs::statx(folder, path, flags, StatxFlags::INO | StatxFlags::NLINK)?;
        let device = u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor);
        let identity = Identity { device, node: found.stx_ino };
        Ok(Seen { identity, names: u64::from(found.stx_nlink) })
    }
}

#[cfg(not(target_os = "linux"))]
impl Seen {
    fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|found| Seen::of(&found))
    }

    fn of_file(file: &File) -> io::Result<Self> {
        file.metadata().map(|found| Seen::of(&found))
    }

    #[cfg(unix)]
    fn of(found: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Seen { identity: Identity { device: found.dev(), node: found.ino() }, names: found.nlink() }
    }

    #[cfg(not(unix))]
    fn of(_: &std::fs::Metadata) -> Self {
        Seen { identity: Identity { device: 0, node: 0 }, names: 1 }
    }
}

/// Refuses a file that others may find in another folder or by another name: its log and its
/// lock go by its name, so that those who know it by another would write past each other.
pub(super) fn check_alone(path: &Path, store: &Store) -> Result<(), Error> {
    let failed = |error| store.system(&"can't open it", &error);
    check_names(&Seen::at(path).map_err(failed)?, store)?;
    if is_mounted_alone(path).map_err(failed)? {
        return Err(store.unfit(
            "this one file is mounted here, without the log and the lock beside it: mount the folder, never the file alone"
                .to_owned(),
        ));
    }
    Ok(())
}

fn check_names(seen: &Seen, store: &Store) -> Result<(), Error> {
    if seen.names > 1 {
        return Err(store.unfit(format!(
            "the file has {} names (hard links), and writers under two names would cross its caps: leave it one; to have it in two places, mount the folder, never the file alone",
            seen.names
        )));
    }
    Ok(())
}

/// Whether a file comes from another mount than its folder. Kernels before 5.8 don't tell.
#[cfg(target_os = "linux")]
fn is_mounted_alone(path: &Path) -> io::Result<bool> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let mount = |path: &Path| -> io::Result<Option<u64>> {
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID)?;
        let is_told = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
        Ok(is_told.then_some(found.stx_mnt_id))
    };
    let Some(folder) = path.parent() else { return Ok(false) };
    Ok(mount(path)? != mount(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn is_mounted_alone(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// The place of a ledger: its path without links, and which file was there when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) store: Store,
    identity: Identity,
    /// The log and the shared memory beside it, which stay the same while a connection is open.
    beside: OnceLock<Vec<(PathBuf, Identity)>>,
}

impl Place {
    pub(super) fn of(path: PathBuf, store: Store) -> Result<Self, Error> {
        // Once more, now that it is there for certain.
        check_alone(&path, &store)?;
        let identity = Identity::of_path(&path).map_err(|error| store.system(&"can't open it", &error))?;
        Ok(Place { path, store, identity, beside: OnceLock::new() })
    }

    /// Notes which files are beside it, once a connection has made them.
    pub(super) fn watch_beside(&self) -> Result<(), Error> {
        let file = |ending| {
            let path = beside(&self.path, ending);
            Identity::of_path(&path).map(|identity| (path, identity))
        };
        let files: io::Result<Vec<_>> = ["-wal", "-shm"].into_iter().map(file).collect();
        let files = files.map_err(|error| self.store.system(&"the files beside it are gone", &error))?;
        // Once is enough: what is there now is what the connection uses.
        let _ = self.beside.set(files);
        Ok(())
    }

    /// What is written to a file that nobody finds any more is in no ledger. A log that was
    /// deleted goes with the last process that has it, and without their shared memory
    /// processes write over each other's lines.
    pub(super) fn check(&self) -> Result<(), Error> {
        let found = Seen::at(&self.path).map_err(|error| self.store.system(&"its file is gone", &error))?;
        if found.identity != self.identity {
            let why = "its file was replaced by another while it was open; open it again";
            return Err(self.store.unavailable(why.to_owned()));
        }
        check_names(&found, &self.store)?;
        for (path, identity) in self.beside.get().into_iter().flatten() {
            if Identity::of_path(path).ok() != Some(*identity) {
                return Err(self.store.unavailable(format!(
                    "{} was deleted or replaced while it was open; close all programs that use it, then open it again",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}

/// The name of a file beside another.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Opens files for their owner only, where the system knows owners.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// The path without links, of a file that may not be there yet in a folder that is.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, Error> {
    let store = Store::at(path);
    let text = path.to_string_lossy();
    if text.is_empty() || text == ":memory:" || text.starts_with("file:") {
        return Err(store.unfit(
            "it is no path of a file; for a ledger that is gone with the process, use MemoryLedger"
                .to_owned(),
        ));
    }
    // A link to a file that is not there yet names the file.
    let path = std::fs::read_link(path).map_or_else(
        |_| path.to_owned(),
        |target| path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)),
    );
    match std::fs::canonicalize(&path) {
        Ok(found) if found.is_file() => Ok(found),
        Ok(_) => Err(store.unfit("it is not a file".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or_else(|| store.unfit("it names no file".to_owned()))?;
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let folder = std::fs::canonicalize(folder)
                .map_err(|error| store.system(&format!("no folder {}", folder.display()), &error))?;
            Ok(folder.join(name))
        }
        Err(error) => Err(store.system(&"can't open it", &error)),
    }
}
