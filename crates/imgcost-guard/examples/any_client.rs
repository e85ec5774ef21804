//! A budget in front of any client, blocking or not: here a few lines over a socket stand for it. A
//! generation, a stream that is read piece by piece, and a call that is denied.
//!
//! It spends up to ten cents at the API that `OPENAI_BASE_URL` names, and nothing at the fake one:
//!
//! ```sh
//! cargo run -p imgcost-fake -- --port 8080 &
//! OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none \
//!     cargo run -p imgcost-guard --example any_client
//! ```
//!
//! Copied into a project of your own, it needs (in async code, `before_async`, `feed_async` and
//! `end_async` in place of what blocks):
//!
//! ```toml
//! imgcost-guard = "0.1"
//! imgcost-ledger = "0.1"
//! ```

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use imgcost_guard::{Guard, built_in_book};
use imgcost_ledger::{Cap, Ledger, MemoryLedger, NanoUsd};

const PATH: &str = "/images/generations";
const JSON: &str = "application/json";

fn main() -> Result<(), Box<dyn Error>> {
    let named = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    run(&named("OPENAI_BASE_URL")?, &named("OPENAI_API_KEY")?)
}

pub(crate) fn run(base_url: &str, key: &str) -> Result<(), Box<dyn Error>> {
    // Ten cents a day for the team. A real program opens a ledger that outlives it.
    let ledger = Arc::new(MemoryLedger::new());
    let guard = Guard::builder(built_in_book(), ledger.clone(), "team/alice".parse()?)
        .budget("team", Cap::usd("0.10")?.per_day())?
        .build()?;
    let client = SomeClient::of(base_url, key)?;
    make(&guard, &client, &image("low", 1, false))?;
    show("after a generation", &*ledger)?;
    make(&guard, &client, &image("low", 1, true))?;
    show("after a stream", &*ledger)?;
    // Four images of the best quality do not fit any more: this is never sent.
    let denied = make(&guard, &client, &image("high", 4, false)).err().ok_or("it should have been denied")?;
    println!("denied: {denied}");
    show("after a denial", &*ledger)
}

/// One call: held before it, settled by its response.
fn make(guard: &Guard, client: &SomeClient, body: &str) -> Result<(), Box<dyn Error>> {
    let call = guard.before(PATH, Some(JSON), body.as_bytes())?.ok_or("no image call")?;
    // Only what fails before the first byte is sent was surely not sent. A client that retries or
    // follows redirects by itself can't tell that: drop the call then.
    let connection = match client.connect() {
        Ok(connection) => connection,
        Err(error) => {
            call.not_sent()?;
            return Err(error.into());
        }
    };
    // Dropped, as by this `?`, the call counts as sent and never answered.
    let (status, mut response) = client.send(connection, PATH, body)?;
    let mut watch = call.answered(status);
    let mut piece = [0; 4096];
    loop {
        let read = response.read(&mut piece)?;
        if read == 0 {
            break;
        }
        watch.feed(piece.get(..read).unwrap_or_default());
    }
    println!("{} bytes, ${}", body.len(), watch.end()?.amount);
    Ok(())
}

fn image(quality: &str, n: u32, stream: bool) -> String {
    format!(
        r#"{{"model":"gpt-image-2","prompt":"a red fox","size":"1024x1024","quality":"{quality}","n":{n},"stream":{stream}}}"#
    )
}

/// Whatever sends your requests.
struct SomeClient {
    host: String,
    prefix: String,
    key: String,
}

impl SomeClient {
    fn of(base_url: &str, key: &str) -> Result<SomeClient, Box<dyn Error>> {
        let address = base_url.strip_prefix("http://").ok_or("this client speaks http only")?;
        let (host, prefix) = address.split_once('/').unwrap_or((address, ""));
        Ok(SomeClient { host: host.to_owned(), prefix: format!("/{prefix}"), key: key.to_owned() })
    }

    fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(&self.host)
    }

    /// Sends a request by HTTP/1.0, whose response ends with the connection.
    fn send(&self, mut connection: TcpStream, path: &str, body: &str) -> io::Result<(u16, impl Read)> {
        let SomeClient { host, prefix, key } = self;
        write!(
            connection,
            "POST {prefix}{path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: {JSON}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let (mut response, mut line) = (BufReader::new(connection), String::new());
        response.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status in {line:?}")))?;
        while line.trim_end() != "" {
            line.clear();
            response.read_line(&mut line)?;
        }
        Ok((status, response))
    }
}

/// Prints what the budget has come to.
fn show(when: &str, ledger: &dyn Ledger) -> Result<(), Box<dyn Error>> {
    for status in ledger.status(None)? {
        let left = status.left().unwrap_or(NanoUsd::ZERO);
        println!("{when}: ${} spent, ${} held, ${left} left", status.sums.settled, status.sums.held);
    }
    Ok(())
}
