//! A body that is watched while a blocking client reads it.

use std::io::{self, Read};

use super::judge::Ended;
use super::watch::ResponseObserver;
use crate::error::Error;
use crate::hold::Booked;

/// The body of a response, watched in passing. It is made by [`ResponseObserver::reading`] and gives every
/// byte on as it came.
#[derive(Debug)]
pub struct Reading<R> {
    watch: ResponseObserver,
    body: R,
}

impl ResponseObserver {
    /// Watches a reader of the body: for blocking clients.
    pub fn reading<R: Read>(self, body: R) -> Reading<R> {
        Reading { watch: self, body }
    }
}

impl<R> Reading<R> {
    /// Books what was read until now, if that was not done at the body's end.
    ///
    /// # Errors
    /// As [`ResponseObserver::end`].
    pub fn booked(mut self) -> Result<Booked, Error> {
        self.watch.finish(Ended::Broken)
    }
}

impl<R: Read> Read for Reading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len();
        match self.body.read(buffer) {
            // What could not be booked was told, and the image is paid: no reason to fail.
            Ok(0) if room > 0 => {
                let _ = self.watch.finish(Ended::Whole);
                Ok(0)
            }
            Ok(read) => {
                self.watch.feed(buffer.get(..read).unwrap_or_default());
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let _ = self.watch.finish(Ended::Broken);
                Err(error)
            }
        }
    }
}
