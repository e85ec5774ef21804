//! Writes the JavaScript around a WebAssembly module, as `wasm-bindgen --target web` does.
//!
//! A program of the workspace, so that the lock file holds it to the version of the macros.

use std::env;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, folder] = arguments.as_slice() else {
        eprintln!("usage: imgcost-web-bindgen FILE.wasm FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let written =
        bindgen.input_path(input).out_name("imgcost").typescript(false).web(true).and_then(|bindgen| {
            bindgen.remove_name_section(true).remove_producers_section(true).generate(folder)
        });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
