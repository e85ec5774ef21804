//! Signals of a program that stands in front of another one.

#[cfg(unix)]
pub(super) use unix::Signals;

#[cfg(not(unix))]
pub(super) use elsewhere::Signals;

#[cfg(unix)]
mod unix {
    use std::fs::{File, read_to_string};
    use std::future::poll_fn;
    use std::task::{Context, Poll};

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
    use tokio::signal::unix::{self, SignalKind, signal};

    /// What a signal is about.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Kind {
        /// A key of the terminal, which sends it to all programs in its foreground.
        Key,
        /// It asks for an end.
        End,
        Other,
    }

    const TAKEN: [(SignalKind, Signal, Kind); 6] = [
        (SignalKind::interrupt(), Signal::INT, Kind::Key),
        (SignalKind::quit(), Signal::QUIT, Kind::Key),
        (SignalKind::terminate(), Signal::TERM, Kind::End),
        (SignalKind::hangup(), Signal::HUP, Kind::End),
        (SignalKind::user_defined1(), Signal::USR1, Kind::Other),
        (SignalKind::user_defined2(), Signal::USR2, Kind::Other),
    ];

    /// Signals that no longer end this program.
    pub(in crate::run) struct Signals(Vec<(unix::Signal, Signal, Kind)>);

    impl Signals {
        /// Takes them, before there is a process that somebody might want to stop. One that was ignored from
        /// the start, as `nohup` does, stays so, for the process too: a handler would end that.
        pub(in crate::run) fn listen() -> Self {
            let ignored = ignored();
            let taken = TAKEN.into_iter().filter(|(_, number, _)| ignored & bit(*number) == 0);
            Signals(
                taken.filter_map(|(kind, number, what)| Some((signal(kind).ok()?, number, what))).collect(),
            )
        }

        fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(Signal, Kind)> {
            let ready = self.0.iter_mut().find_map(|(signal, number, kind)| {
                signal.poll_recv(cx).is_ready().then_some((*number, *kind))
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        }

        /// Passes them on to a process, for ever.
        pub(in crate::run) async fn pass_on(&mut self, process: Option<u32>) -> std::convert::Infallible {
            let process = process.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            loop {
                let (number, kind) = poll_fn(|cx| self.poll_next(cx)).await;
                // What the process got from the terminal must not reach it twice.
                if let Some(process) = process.filter(|_| kind != Kind::Key || !is_in_foreground()) {
                    // It may have ended already.
                    let _ = kill_process(process, number);
                }
            }
        }

        /// Waits for one that asks for an end, from now on.
        pub(in crate::run) async fn end(&mut self) {
            poll_fn(|cx| {
                while self.poll_next(cx).is_ready() {}
                Poll::Ready(())
            })
            .await;
            while poll_fn(|cx| self.poll_next(cx)).await.1 == Kind::Other {}
        }
    }

    /// Whether the keys of the terminal reach this program.
    fn is_in_foreground() -> bool {
        let Ok(terminal) = File::open("/dev/tty") else { return false };
        tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
    }

    /// The signals that are ignored, a bit each, where the system tells.
    fn ignored() -> u64 {
        let status = read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }

    fn bit(signal: Signal) -> u64 {
        u32::try_from(signal.as_raw() - 1).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
    }
}

#[cfg(not(unix))]
mod elsewhere {
    /// ^C, which reaches the process by itself and must not end its proxy.
    pub(in crate::run) struct Signals;

    impl Signals {
        pub(in crate::run) fn listen() -> Self {
            Signals
        }

        pub(in crate::run) async fn pass_on(&mut self, _process: Option<u32>) -> std::convert::Infallible {
            loop {
                let _ = tokio::signal::ctrl_c().await;
            }
        }

        pub(in crate::run) async fn end(&mut self) {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
