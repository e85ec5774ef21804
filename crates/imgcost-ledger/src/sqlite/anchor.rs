//! Locks on the ledger's files that nothing but this store lets go of.
//!
//! SQLite locks files by POSIX locks, which belong to the process: when a process closes any
//! descriptor of a file, all its locks on that file are gone. A backup by `std::fs::copy` or a
//! checksum inside the program is enough. Two of SQLite's locks are kept for as long as a
//! connection is open, and losing them loses money:
//!
//! - on the ledger file, that somebody uses it. Without it another program that closes the file
//!   takes itself for the last (seen with SQLite 3.40), moves the log into the file and deletes
//!   it, and what is committed meanwhile goes with it;
//! - on the shared memory, that somebody has it. Without it the next program to open the ledger,
//!   one of ours too, takes itself for the first and empties it under those who use it.
//!
//! Linux also has locks that belong to the open file (`F_OFD_SETLK`): they stay until that is
//! closed, and keep out whoever is kept out by POSIX locks. The anchor is such a lock, for
//! reading, on the same bytes of both files. It is cast once a connection is open and lifted
//! before the last one is closed, so that SQLite can clear up behind itself. Systems without
//! such locks go without.

use super::place::Place;
use crate::error::Error;

/// Keeps the files of a ledger locked until it is dropped.
#[derive(Debug)]
pub(super) struct Anchor {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    _holds: Vec<imp::Hold>,
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl Anchor {
    pub(super) fn cast(_: &Place, _: std::time::Duration) -> Result<Self, Error> {
        Ok(Anchor {})
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl Anchor {
    /// Locks the files of a ledger that has a connection open.
    ///
    /// # Errors
    /// A file is gone or can't be read, or another program keeps it for itself for so long.
    pub(super) fn cast(place: &Place, wait: std::time::Duration) -> Result<Self, Error> {
        let until = std::time::Instant::now() + wait;
        let holds = imp::BYTES.iter().map(|bytes| imp::Hold::take(place, bytes, until));
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

    use super::super::failure::Store;
    use super::super::place::{self, Identity, Place};
    use super::super::ticket::lock;
    use crate::error::Error;

    /// What SQLite locks for as long as a connection is open.
    pub(super) struct Bytes {
        ending: &'static str,
        first: libc::off_t,
        many: libc::off_t,
    }

    /// `SHARED_FIRST` and `SHARED_SIZE` of the file, `UNIX_SHM_DMS` of the shared memory: they
    /// are a part of SQLite's file format.
    pub(super) const BYTES: [Bytes; 2] =
        [Bytes { ending: "", first: 0x4000_0002, many: 510 }, Bytes { ending: "-shm", first: 128, many: 1 }];

    /// The open files of all anchors of this process. Closing one would drop SQLite's own locks
    /// on that file, so it stays here after its last anchor is lifted, for the next one, until
    /// nobody can find the file any more.
    static OPEN: Mutex<Vec<Arc<Open>>> = Mutex::new(Vec::new());

    #[derive(Debug)]
    struct Open {
        path: PathBuf,
        identity: Identity,
        file: File,
        /// How many anchors hold on to its one lock.
        anchors: Mutex<usize>,
    }

    /// A share in the lock on one file.
    #[derive(Debug)]
    pub(super) struct Hold(Arc<Open>);

    impl Hold {
        pub(super) fn take(place: &Place, bytes: &Bytes, until: Instant) -> Result<Self, Error> {
            let path = place::beside(&place.path, bytes.ending);
            let open = find(path).map_err(|error| place.store.system(&"can't open it again", &error))?;
            let mut anchors = lock(&open.anchors);
            if *anchors == 0 {
                set_before(until, &open.file, bytes, &place.store)?;
            }
            *anchors += 1;
            drop(anchors);
            Ok(Hold(open))
        }
    }

    impl Drop for Hold {
        fn drop(&mut self) {
            let mut anchors = lock(&self.0.anchors);
            *anchors = anchors.saturating_sub(1);
            if *anchors == 0 {
                // All bytes: nothing else is locked by this open file. There is nobody to tell.
                let _ = set(&self.0.file, libc::F_UNLCK, &Bytes { ending: "", first: 0, many: 0 });
            }
        }
    }

    /// The file at a path, opened once.
    fn find(path: PathBuf) -> io::Result<Arc<Open>> {
        let mut all = lock(&OPEN);
        let is_lost = |open: &Arc<Open>| Identity::of_path(&open.path).ok() != Some(open.identity);
        all.retain(|open| Arc::strong_count(open) > 1 || !is_lost(open));
        let identity = Identity::of_path(&path)?;
        if let Some(open) = all.iter().find(|open| open.identity == identity) {
            return Ok(Arc::clone(open));
        }
        let file = File::open(&path)?;
        let identity = Identity::of_file(&file)?;
        let open = Arc::new(Open { path, identity, file, anchors: Mutex::new(0) });
        all.push(Arc::clone(&open));
        Ok(open)
    }

    /// Locks for reading, as soon as no other program has the bytes for itself.
    fn set_before(until: Instant, file: &File, bytes: &Bytes, store: &Store) -> Result<(), Error> {
        loop {
            match set(file, libc::F_RDLCK, bytes) {
                // Where there are no such locks it goes without.
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

    fn set(file: &File, kind: libc::c_int, bytes: &Bytes) -> Result<(), Errno> {
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
