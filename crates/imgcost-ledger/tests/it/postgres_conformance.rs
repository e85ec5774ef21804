//! The ledger on a PostgreSQL server against the common suite and the model.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use imgcost_ledger::{Clock, Ledger};
use proptest::prelude::*;

use crate::model;
use crate::server::Server;

/// A schema of its own for each ledger, on a server in which nothing is wrong.
fn make(clock: Clock) -> Box<dyn Ledger> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let server = SERVER.get_or_init(|| Server::start(&[]));
    let options = Server::options(&format!("suite_{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    Box::new(options.pool_size(8).clock(clock).connect(&server.address()).unwrap())
}

conformance!(make);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_ledger_on_a_server_follows_the_model(steps in model::steps()) {
        model::follow(&steps, make);
    }
}
