//! Reads text on standard input and prints how many tokens it has.
//!
//! ```text
//! $ echo -n "hello world" | cargo run --release --example count
//! 2
//! ```

use std::io::{self, Read as _};

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    println!("{}", imgcost_prompt::count(&text));
    Ok(())
}
