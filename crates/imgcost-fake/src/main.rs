//! Runs the fake image API by hand, to try a client against it without a bill.

use std::process::ExitCode;

use imgcost_fake::{Behaviour, Fake};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(0),
        ["--port", port] => port.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("usage: imgcost-fake [--port PORT]");
        return ExitCode::from(2);
    };
    let fake = match Fake::start_at(port) {
        Ok(fake) => fake,
        Err(error) => {
            eprintln!("imgcost-fake: port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let names: Vec<&str> = Behaviour::ALL.iter().map(|behaviour| behaviour.as_str()).collect();
    println!("base URL: {}", fake.url());
    println!("x-fake: {}", names.join(", "));
    println!("x-fake-image-bytes: length of an image in base64");
    loop {
        std::thread::park();
    }
}
