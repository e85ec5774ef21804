//! Any text as the configuration of the proxy: read or refused.
#![no_main]

use imgcost_proxy::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(config) = Config::parse("proxy.toml", text) {
        let _ = config.guard.policy();
    }
});
