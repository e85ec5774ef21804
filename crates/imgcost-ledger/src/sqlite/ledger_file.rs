//! The location of a ledger file, and checks that it is still the same file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::failure::StoreName;
use crate::error::Error;

/// The identity of a file, independent of its name. Systems without one don't allow open files to
/// be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    node: u64,
}

impl Identity {
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        FileStat::at(path).map(|stat| stat.identity)
    }

    pub(super) fn of_file(file: &File) -> io::Result<Self> {
        FileStat::of_file(file).map(|stat| stat.identity)
    }
}

/// The identity of a file and the number of its names.
#[derive(Debug, Clone, Copy)]
struct FileStat {
    identity: Identity,
    names: u64,
}

/// Requests only these from Linux. A plain stat requests the times too, after which the file system
/// gives the next write a timestamp of its own: each flush of the log would also write the file's
/// times, which takes half as long again.
#[cfg(target_os = "linux")]
impl FileStat {
    fn at(path: &Path) -> io::Result<Self> {
        FileStat::of(rustix::fs::CWD, path, rustix::fs::AtFlags::empty())
    }

    fn of_file(file: &File) -> io::Result<Self> {
        FileStat::of(file, Path::new(""), rustix::fs::AtFlags::EMPTY_PATH)
    }

    fn of(folder: impl rustix::fd::AsFd, path: &Path, flags: rustix::fs::AtFlags) -> io::Result<Self> {
        use rustix::fs::StatxFlags;
        let found = rustix::fs::statx(folder, path, flags, StatxFlags::INO | StatxFlags::NLINK)?;
        let device = u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor);
        let identity = Identity { device, node: found.stx_ino };
        Ok(FileStat { identity, names: u64::from(found.stx_nlink) })
    }
}

#[cfg(not(target_os = "linux"))]
impl FileStat {
    fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|found| FileStat::of(&found))
    }

    fn of_file(file: &File) -> io::Result<Self> {
        file.metadata().map(|found| FileStat::of(&found))
    }

    #[cfg(unix)]
    fn of(found: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        FileStat { identity: Identity { device: found.dev(), node: found.ino() }, names: found.nlink() }
    }

    #[cfg(not(unix))]
    fn of(_: &std::fs::Metadata) -> Self {
        FileStat { identity: Identity { device: 0, node: 0 }, names: 1 }
    }
}

/// Refuses a file with a second name or location: the log and the locks are found by name, so
/// writers under two names would not see each other.
pub(super) fn check_alone(path: &Path, store: &StoreName) -> Result<(), Error> {
    let failed = |error| store.system(&"can't open it", &error);
    check_names(&FileStat::at(path).map_err(failed)?, store)?;
    if is_mounted_alone(path).map_err(failed)? {
        return Err(store.unfit(
            "this one file is mounted here, without the log and the lock beside it: mount the folder, never the file alone"
                .to_owned(),
        ));
    }
    Ok(())
}

fn check_names(stat: &FileStat, store: &StoreName) -> Result<(), Error> {
    if stat.names > 1 {
        return Err(store.unfit(format!(
            "the file has {} names (hard links), and writers under two names could exceed its caps: keep one name; to use it in two places, mount the folder, never the file alone",
            stat.names
        )));
    }
    Ok(())
}

/// Whether a file is on another mount than its folder. Kernels before 5.8 don't tell.
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

/// A ledger file: its resolved path, and its identity when it was opened.
#[derive(Debug)]
pub(super) struct LedgerFile {
    pub(super) path: PathBuf,
    pub(super) store: StoreName,
    identity: Identity,
    /// The log and the shared memory, which stay the same while a connection is open.
    beside: OnceLock<Vec<(PathBuf, Identity)>>,
}

impl LedgerFile {
    pub(super) fn of(path: PathBuf, store: StoreName) -> Result<Self, Error> {
        // Checked again, now that it certainly exists.
        check_alone(&path, &store)?;
        let identity = Identity::of_path(&path).map_err(|error| store.system(&"can't open it", &error))?;
        Ok(LedgerFile { path, store, identity, beside: OnceLock::new() })
    }

    /// Records the files beside it, once a connection has created them.
    pub(super) fn watch_beside(&self) -> Result<(), Error> {
        let file = |ending| {
            let path = beside(&self.path, ending);
            Identity::of_path(&path).map(|identity| (path, identity))
        };
        let files: io::Result<Vec<_>> = ["-wal", "-shm"].into_iter().map(file).collect();
        let files = files.map_err(|error| self.store.system(&"the files beside it are gone", &error))?;
        // Once is enough: the connection uses what is there now.
        let _ = self.beside.set(files);
        Ok(())
    }

    /// Fails if the file was deleted or replaced, since further writes would be lost. A deleted
    /// log is gone with the last process that has it open, and without the shared memory
    /// processes would overwrite each other's data.
    pub(super) fn check(&self) -> Result<(), Error> {
        let found =
            FileStat::at(&self.path).map_err(|error| self.store.system(&"its file is gone", &error))?;
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

/// The path of a file beside another.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Whether this user may write a file and its folder.
#[cfg(target_os = "linux")]
pub(super) fn may_write(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    let folder = path.parent().unwrap_or(path);
    [path, folder].into_iter().all(|path| access(path, Access::WRITE_OK).is_ok())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn may_write(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    let is_writable =
        |path: &Path| std::fs::metadata(path).is_ok_and(|found| !found.permissions().readonly());
    [path, folder].into_iter().all(is_writable)
}

/// Options to create files for their owner only, if the system has owners.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// The resolved path of a file that may not exist yet, in a folder that does.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, Error> {
    let store = StoreName::at(path);
    let text = path.to_string_lossy();
    if text.is_empty() || text == ":memory:" || text.starts_with("file:") {
        return Err(
            store.unfit("it is not the path of a file; for a ledger in memory, use MemoryLedger".to_owned())
        );
    }
    // A symbolic link may name a file that does not exist yet.
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
