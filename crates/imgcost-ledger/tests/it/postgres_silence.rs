//! A server that accepts connections and does not answer: no call waits for it without limit.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use imgcost_ledger::{Error, Filter, Ledger, PostgresLedger, PostgresOptions, Window};

use crate::server::{ESCAPED, Server, budget, new_hold, shared};

/// Far longer than any of the limits below, so that only what waits without limit reaches it.
const LONG: Duration = Duration::from_secs(120);

/// Passes everything on to the server until a client sends the needle: from there on that
/// connection is open and silent.
struct Proxy {
    port: u16,
    needle: Arc<Mutex<&'static str>>,
}

impl Proxy {
    fn start(needle: &'static str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let needle = Arc::new(Mutex::new(needle));
        let shown = needle.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                pass(client.unwrap(), shown.clone());
            }
        });
        Proxy { port, needle }
    }

    fn silent_at(&self, needle: &'static str) {
        *self.needle.lock().unwrap() = needle;
    }

    fn address(&self) -> String {
        format!("postgresql://postgres:{ESCAPED}@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

fn pass(mut client: TcpStream, needle: Arc<Mutex<&'static str>>) {
    let mut server = TcpStream::connect(("127.0.0.1", shared().socket().1)).unwrap();
    let (mut responses, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut responses, &mut back));
    thread::spawn(move || {
        let (mut buffer, mut is_silent) = (vec![0; 1 << 16], false);
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let sent = &buffer[..count];
            let needle = needle.lock().unwrap().as_bytes();
            is_silent |= !needle.is_empty() && sent.windows(needle.len()).any(|some| some == needle);
            if !is_silent && server.write_all(sent).is_err() {
                break;
            }
        }
    });
}

/// One connection, and no second attempt. The limits are the usual ones, which an answer from a
/// busy machine keeps too: the tests below wait for several of them at once.
fn options(schema: &str) -> PostgresOptions {
    Server::options(schema).retry_for(Duration::ZERO).pool_size(1)
}

/// Tests every needle, each on a thread of its own.
fn at_once<const N: usize>(needles: [&'static str; N], test: impl Fn(&'static str) + Sync) {
    thread::scope(|threads| {
        for needle in needles {
            let test = &test;
            threads.spawn(move || test(needle));
        }
    });
}

fn read(ledger: &PostgresLedger) -> Result<u64, Error> {
    let mut records = 0;
    ledger.read(&Filter::all(), &mut |_| {
        records += 1;
        ControlFlow::Continue(())
    })?;
    Ok(records)
}

#[test]
fn opening_ends_in_bounded_time_whenever_the_server_falls_silent() {
    let needles =
        ["user\0", "synchronous_commit", "server_version_num", "to_regclass", "pg_advisory_xact_lock"];
    at_once(needles, |needle| {
        let (began, short) = (Instant::now(), Duration::from_millis(500));
        let options = options("silence_opening").connect_timeout(short).statement_timeout(short);
        let error = options.connect(&Proxy::start(needle).address()).unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{needle}: {error}");
        assert!(began.elapsed() < LONG, "{needle}");
    });
}

#[test]
fn reading_and_steps_end_in_bounded_time_and_leave_nothing_broken_behind() {
    let schema = "silence_reading";
    shared().ledger(schema).set_budget(&budget("team", Window::Total, 1000), "test").unwrap();
    at_once(["READ ONLY", "CLOSE ALL", "DECLARE part", "ROLLBACK", "hold_v2"], |needle| {
        let proxy = Proxy::start("");
        let ledger = options(schema).connect(&proxy.address()).unwrap();
        let new = new_hold("team", 10);
        let step = || match needle {
            "hold_v2" => ledger.hold(&new).map(|held| assert!(!held.repeated)),
            // The budget and its entry in the journal, at least.
            _ => read(&ledger).map(|records| assert!(records >= 2, "{needle}: {records}")),
        };
        proxy.silent_at(needle);
        let began = Instant::now();
        match step() {
            Ok(()) => assert_eq!(needle, "ROLLBACK", "what was read is good"),
            Err(error) => assert!(matches!(error, Error::Unavailable { .. }), "{needle}: {error}"),
        }
        assert!(began.elapsed() < LONG, "{needle}");
        proxy.silent_at("");
        step().unwrap_or_else(|error| panic!("{needle}: on another connection: {error}"));
    });
}

#[test]
fn reading_may_take_longer_than_a_step() {
    let schema = "silence_slow";
    shared().ledger(schema).set_budget(&budget("team", Window::Total, 1000), "test").unwrap();
    let step = Duration::from_millis(500);
    // A step's limit and what we wait beyond it are the bounds of the test itself: a machine that is
    // too busy to keep within them gets another attempt, and a reader that gives up early fails all.
    let has_read = (0..20).any(|_| {
        let options = options(schema).statement_timeout(step).lock_timeout(LONG);
        let Ok(ledger) = options.connect(&shared().address()) else { return false };
        let kept = shared().keep("LOCK TABLE silence_slow.journal");
        thread::scope(|threads| {
            let reading = threads.spawn(|| read(&ledger));
            // Until it has waited for longer than a step may take.
            let late = "SELECT count(*) FROM pg_locks WHERE relation = 'silence_slow.journal'::regclass
                AND NOT granted AND clock_timestamp() - waitstart > '700 ms'";
            while shared().sql(late) != "1" {
                if reading.is_finished() {
                    return false;
                }
                thread::sleep(Duration::from_millis(10));
            }
            drop(kept);
            reading.join().unwrap().is_ok_and(|records| records == 2)
        })
    });
    assert!(has_read);
}
