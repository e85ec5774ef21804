//! The ledger on a PostgreSQL server against the common suite and the model.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use imgcost_ledger::{Clock, Ledger};
use proptest::prelude::*;

use crate::model;
use crate::server::Server;

static SERVER: OnceLock<Server> = OnceLock::new();

/// A schema of its own for each ledger, on a server in which nothing is wrong.
fn make(clock: Clock) -> Box<dyn Ledger> {
    made(clock).0
}

/// The same, with the name of the schema.
fn made(clock: Clock) -> (Box<dyn Ledger>, String) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let server = SERVER.get_or_init(|| Server::start(&[]));
    let schema = format!("suite_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let options = Server::options(&schema).pool_size(8).clock(clock);
    (Box::new(options.connect(&server.address()).unwrap()), schema)
}

conformance!(make);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_ledger_on_a_server_follows_the_model(steps in model::steps()) {
        let name = std::cell::RefCell::new(String::new());
        model::follow(&steps, |clock| {
            let (ledger, schema) = made(clock);
            *name.borrow_mut() = schema;
            ledger
        });
        let address = SERVER.get().unwrap().address();
        crate::support::audit_by_script(&[address.as_str(), name.borrow().as_str()]);
    }
}
