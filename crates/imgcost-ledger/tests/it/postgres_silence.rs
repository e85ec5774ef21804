//! A server that is there and says nothing: no call waits for it without limit.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use imgcost_ledger::{Error, Filter, Ledger, PostgresLedger, PostgresOptions, Window};

use crate::server::{ESCAPED, Server, budget, shared, wish};

/// Longer than any of the limits below.
const LONG: Duration = Duration::from_secs(20);

/// Stands before the server and passes everything on, until a client sends the needle: from
/// there on that connection is open and silent.
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

fn options(schema: &str) -> PostgresOptions {
    Server::options(schema)
        .connect_timeout(Duration::from_millis(500))
        .statement_timeout(Duration::from_millis(200))
        .retry_for(Duration::ZERO)
        .pool_size(1)
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
    for needle in
        ["user\0", "synchronous_commit", "server_version_num", "to_regclass", "pg_advisory_xact_lock"]
    {
        let began = Instant::now();
        let error = options("silence_opening").connect(&Proxy::start(needle).address()).unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{needle}: {error}");
        assert!(began.elapsed() < LONG, "{needle}");
    }
}

#[test]
fn reading_and_steps_end_in_bounded_time_and_leave_nothing_broken_behind() {
    // Made before, so that its limits are no matter.
    drop(shared().ledger("silence_reading"));
    let proxy = Proxy::start("");
    let ledger = options("silence_reading").connect(&proxy.address()).unwrap();
    ledger.set_budget(&budget("team", Window::Total, 1000), "test").unwrap();
    let known = read(&ledger).unwrap();
    for needle in ["READ ONLY", "CLOSE ALL", "DECLARE part"] {
        proxy.silent_at(needle);
        let began = Instant::now();
        let error = read(&ledger).unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{needle}: {error}");
        assert!(began.elapsed() < LONG, "{needle}");
        proxy.silent_at("");
        assert_eq!(read(&ledger).unwrap(), known, "{needle}: on another connection");
    }
    proxy.silent_at("ROLLBACK");
    assert_eq!(read(&ledger).unwrap(), known, "what was read is good");
    proxy.silent_at("");
    // Another session: its step is not prepared yet, so that nothing is sent.
    proxy.silent_at("hold_v1");
    let wish = wish("team", 10);
    assert!(matches!(ledger.hold(&wish), Err(Error::Unavailable { .. })));
    proxy.silent_at("");
    assert!(!ledger.hold(&wish).unwrap().repeated);
}

#[test]
fn reading_may_take_longer_than_a_step() {
    let ledger = options("silence_slow").statement_timeout(Duration::from_millis(200));
    drop(shared().ledger("silence_slow"));
    let ledger = ledger.lock_timeout(LONG).connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("team", Window::Total, 1000), "test").unwrap();
    let kept = shared().keep("LOCK TABLE silence_slow.journal");
    thread::scope(|threads| {
        let reading = threads.spawn(|| read(&ledger));
        // Until it has waited for longer than a step may take.
        let late = "SELECT count(*) FROM pg_locks WHERE relation = 'silence_slow.journal'::regclass
            AND NOT granted AND clock_timestamp() - waitstart > '400 ms'";
        while shared().sql(late) != "1" && !reading.is_finished() {
            thread::sleep(Duration::from_millis(10));
        }
        drop(kept);
        assert_eq!(reading.join().unwrap().unwrap(), 2);
    });
}
