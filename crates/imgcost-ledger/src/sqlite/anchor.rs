//! Locks on the ledger's files that only this store releases.
//!
//! SQLite uses POSIX locks, which belong to the process: when a process closes any descriptor of a
//! file, it loses all its locks on that file. A backup by `std::fs::copy` or a
//! checksum inside the program is enough. Two of SQLite's locks are held as long as a connection is
//! open, and losing them loses money:
//!
//! - on the ledger file, which shows that it is in use. Without it, another program that closes the
//!   file assumes it is the last user (seen with SQLite 3.40), moves the log into the file and
//!   deletes it, along with everything committed meanwhile;
//! - on the shared memory, for the same reason. Without it, the next program to open the ledger
//!   assumes it is the first user and clears the memory that others are using.
//!
//! Linux also has locks that belong to the open file (`F_OFD_SETLK`): they last until that file is
//! closed, and conflict with POSIX locks as usual. The anchor is such a read lock on the same bytes
//! of both files. It is taken once a connection is open and released before the last one is closed,
//! so that SQLite can clean up. Other systems do without.

use super::ledger_file::LedgerFile;
use crate::error::Error;

/// Keeps the files of a ledger locked until it is dropped.
#[derive(Debug)]
pub(super) struct Anchor {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    _holds: Vec<imp::LockShare>,
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl Anchor {
    pub(super) fn cast(_: &LedgerFile, _: std::time::Duration) -> Result<Self, Error> {
        Ok(Anchor {})
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl Anchor {
    /// Locks the files of a ledger that has a connection open.
    ///
    /// # Errors
    /// A file is gone or can't be read, or another program has it locked for too long.
    pub(super) fn cast(file: &LedgerFile, wait: std::time::Duration) -> Result<Self, Error> {
        let until = std::time::Instant::now() + wait;
        let holds = imp::BYTES.iter().map(|bytes| imp::LockShare::take(file, bytes, until));
        Ok(Anchor { _holds: holds.collect::<Result<_, _>>()? })
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod imp {
    use std::fs::File;
    use std::io;
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    use super::super::failure::StoreName;
    use super::super::ledger_file::{self, Identity, LedgerFile};
    use super::super::pending::lock;
    use crate::error::Error;

    /// The bytes that SQLite locks as long as a connection is open.
    pub(super) struct ByteRange {
        ending: &'static str,
        first: libc::off_t,
        many: libc::off_t,
    }

    /// `SHARED_FIRST` and `SHARED_SIZE` of the file, `UNIX_SHM_DMS` of the shared memory. They are
    /// part of SQLite's file format.
    pub(super) const BYTES: [ByteRange; 2] = [
        ByteRange { ending: "", first: 0x4000_0002, many: 510 },
        ByteRange { ending: "-shm", first: 128, many: 1 },
    ];

    /// The open files of all anchors of this process. Closing one would drop SQLite's own locks
    /// on that file, so it stays open after its last anchor is released, until the file is deleted
    /// or replaced.
    static OPEN: Mutex<Vec<Arc<OpenFile>>> = Mutex::new(Vec::new());

    #[derive(Debug)]
    struct OpenFile {
        path: PathBuf,
        identity: Identity,
        file: File,
        /// The number of anchors that share its lock.
        anchors: Mutex<usize>,
    }

    /// A share in the lock on one file.
    #[derive(Debug)]
    pub(super) struct LockShare(Arc<OpenFile>);

    impl LockShare {
        pub(super) fn take(file: &LedgerFile, bytes: &ByteRange, until: Instant) -> Result<Self, Error> {
            let path = ledger_file::beside(&file.path, bytes.ending);
            let open = find(path).map_err(|error| file.store.system(&"can't open it again", &error))?;
            let mut anchors = lock(&open.anchors);
            if *anchors == 0 {
                set_before(until, &open.file, bytes, &file.store)?;
            }
            *anchors += 1;
            drop(anchors);
            Ok(LockShare(open))
        }
    }

    impl Drop for LockShare {
        fn drop(&mut self) {
            let mut anchors = lock(&self.0.anchors);
            *anchors = anchors.saturating_sub(1);
            if *anchors == 0 {
                // All bytes: this open file has no other lock. Nobody could handle an error.
                let _ = set(&self.0.file, libc::F_UNLCK, &ByteRange { ending: "", first: 0, many: 0 });
            }
        }
    }

    /// The file at a path, opened once.
    fn find(path: PathBuf) -> io::Result<Arc<OpenFile>> {
        let mut all = lock(&OPEN);
        let is_lost = |open: &Arc<OpenFile>| Identity::of_path(&open.path).ok() != Some(open.identity);
        all.retain(|open| Arc::strong_count(open) > 1 || !is_lost(open));
        let identity = Identity::of_path(&path)?;
        if let Some(open) = all.iter().find(|open| open.identity == identity) {
            return Ok(Arc::clone(open));
        }
        let file = File::open(&path)?;
        let identity = Identity::of_file(&file)?;
        let open = Arc::new(OpenFile { path, identity, file, anchors: Mutex::new(0) });
        all.push(Arc::clone(&open));
        Ok(open)
    }

    /// Takes a read lock as soon as no other program has an exclusive one.
    fn set_before(until: Instant, file: &File, bytes: &ByteRange, store: &StoreName) -> Result<(), Error> {
        loop {
            match set(file, libc::F_RDLCK, bytes) {
                // Do without if the system has no such locks.
                Ok(()) | Err(Errno::EINVAL) => return Ok(()),
                Err(Errno::EAGAIN | Errno::EACCES) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(Errno::EAGAIN | Errno::EACCES) => return Err(store.locked()),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(store.system(&"can't lock it", &error.into())),
            }
        }
    }

    fn set(file: &File, kind: libc::c_int, bytes: &ByteRange) -> Result<(), Errno> {
        let lock = libc::flock {
            l_type: libc::c_short::try_from(kind).map_err(|_| Errno::EINVAL)?,
            l_whence: libc::c_short::try_from(libc::SEEK_SET).map_err(|_| Errno::EINVAL)?,
            l_start: bytes.first,
            l_len: bytes.many,
            l_pid: 0,
        };
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map(drop)
    }
}
