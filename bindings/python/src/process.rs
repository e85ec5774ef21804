//! What belongs to one process: after a fork, a child has copies of its parent's connections and of
//! the calls that the parent is making, and must neither use nor end them.

use std::mem;
use std::process;

/// A value of the process that made it. In a child that was forked it is not there, and nothing is
/// done when it is dropped.
#[derive(Debug)]
pub(crate) struct Own<T> {
    process: u32,
    value: Option<T>,
}

impl<T> Own<T> {
    pub(crate) fn new(value: T) -> Own<T> {
        Own { process: process::id(), value: Some(value) }
    }

    /// The value, in the process that made it.
    pub(crate) fn get(&mut self) -> Option<&mut T> {
        self.value.as_mut().filter(|_| self.process == process::id())
    }

    /// Takes the value out, in the process that made it.
    pub(crate) fn take(&mut self) -> Option<T> {
        if self.process == process::id() { self.value.take() } else { None }
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if self.process != process::id() {
            mem::forget(self.value.take());
        }
    }
}
