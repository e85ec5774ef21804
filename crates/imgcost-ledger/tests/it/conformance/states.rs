//! What may become of a hold, and asking twice.

use imgcost_ledger::{Change, Error, Hold, HoldId, NanoUsd, State, Window};

use crate::support::{Desk, Make, edited, new_hold, settle_at, usd};

/// A hold of one dollar in a state.
fn hold_in(desk: &Desk, state: State) -> Hold {
    let hold = desk.hold("a", "1");
    match change_to(state) {
        Some(change) => desk.ledger.change(&hold.id, &change, "first").unwrap().hold,
        None => hold,
    }
}

fn change_to(state: State) -> Option<Change> {
    match state {
        State::Held => None,
        State::Settled => Some(settle_at("0.5")),
        State::Released => Some(Change::Release { reason: "first".to_owned() }),
        State::Presumed => Some(Change::Presume { reason: "first".to_owned() }),
    }
}

pub fn every_pair_of_states(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "unlimited");
    let others = [
        settle_at("0.25"),
        Change::Release { reason: "second".to_owned() },
        Change::Presume { reason: "second".to_owned() },
    ];
    for before in State::ALL {
        for change in &others {
            let hold = hold_in(&desk, before);
            assert_eq!(hold.state, before);
            let used = desk.used("a", Window::Total);
            let entries = desk.journal().len();
            let allowed = matches!(
                (before, change.leads_to()),
                (State::Held, _)
                    | (State::Presumed, State::Settled | State::Released)
                    | (State::Released, State::Settled)
            );
            let response = desk.ledger.change(&hold.id, change, "second");
            let found = desk.ledger.find(&hold.id).unwrap().unwrap();
            if allowed {
                let changed = response.unwrap();
                assert_eq!((changed.before, changed.repeated), (before, false));
                assert_eq!(changed.hold, found);
                assert_eq!(found.state, change.leads_to());
                assert_eq!(desk.journal().len(), entries + 1);
                let entry = desk.journal().pop().unwrap();
                assert_eq!(entry.before, Some(before).filter(|before| *before != State::Held));
            } else {
                match response {
                    Err(Error::Conflict { hold: id, state, wanted, .. }) => {
                        assert_eq!((id, state, wanted), (hold.id.clone(), before, change.leads_to()));
                    }
                    other => panic!("{before} to {}: {other:?}", change.leads_to()),
                }
                assert_eq!(found, hold);
                assert_eq!(desk.used("a", Window::Total), used);
                assert_eq!(desk.journal().len(), entries);
            }
        }
    }
    desk.assert_balanced();
}

pub fn the_same_change_again_is_no_change(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "unlimited");
    for state in [State::Settled, State::Released, State::Presumed] {
        let hold = hold_in(&desk, state);
        let before = desk.everything();
        let again = desk.ledger.change(&hold.id, &change_to(state).unwrap(), "somebody else").unwrap();
        assert_eq!((again.hold, again.before, again.repeated), (hold, state, true));
        assert_eq!(desk.everything(), before);
    }
}

pub fn another_change_on_a_settled_hold_changes_nothing(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "5");
    let hold = hold_in(&desk, State::Settled);
    let before = desk.everything();
    let other_usage = Change::Settle { cost: usd("0.5"), usage: Some("{}".to_owned()) };
    for change in [settle_at("0.500000001"), other_usage, Change::Release { reason: "no".to_owned() }] {
        let error = desk.ledger.change(&hold.id, &change, "t").unwrap_err();
        assert_eq!(error.code(), "conflict");
        assert!(error.to_string().contains("settled at $0.5"), "{error}");
    }
    assert_eq!(desk.everything(), before);
}

pub fn late_usage_on_a_released_hold_is_booked_and_marked(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let hold = desk.hold("a", "1");
    desk.release(&hold).unwrap();
    desk.hold("a", "1");
    // It was billed, whether there is room for it or not.
    let late = desk.settle(&hold, "0.75").unwrap();
    assert!(late.is_late());
    assert_eq!(desk.used("a", Window::Total), usd("1.75"));
    assert!(!desk.settle(&hold, "0.75").unwrap().is_late());
    assert_eq!(desk.journal().pop().unwrap().before, Some(State::Released));
    desk.assert_balanced();
}

pub fn presumed_counts_the_ceiling_until_usage_comes(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "2");
    let (first, second) = (desk.hold("a", "1"), desk.hold("a", "1"));
    desk.presume(&first).unwrap();
    desk.presume(&second).unwrap();
    let sums = desk.sums("a", Window::Total);
    assert_eq!((sums.held, sums.presumed, sums.open), (usd("0"), usd("2"), 0));
    assert!(desk.try_hold("a", "0.1").is_err());
    assert!(!desk.settle(&first, "0.25").unwrap().is_late());
    desk.release(&second).unwrap();
    let sums = desk.sums("a", Window::Total);
    assert_eq!((sums.presumed, sums.settled), (usd("0"), usd("0.25")));
    desk.assert_balanced();
}

pub fn an_unknown_hold_is_said_to_be_none(make: &Make<'_>) {
    let desk = Desk::open(make);
    let id = HoldId::random();
    assert_eq!(desk.ledger.find(&id).unwrap(), None);
    match desk.ledger.change(&id, &settle_at("1"), "t") {
        Err(Error::NoHold(named)) => assert_eq!(named, id),
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.everything(), []);
}

pub fn the_same_id_or_key_gets_the_first_response(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let new = new_hold("a", usd("0.75")).key("order 1");
    let first = desk.ledger.hold(&new).unwrap();
    let before = desk.everything();
    // There would be no room for a second one.
    let by_id = desk.ledger.hold(&new.clone().key(None)).unwrap();
    let by_key = desk.ledger.hold(&new.clone().id(HoldId::random())).unwrap();
    for again in [by_id, by_key] {
        assert!(again.repeated);
        assert_eq!((&again.hold, again.left), (&first.hold, Some(usd("0.25"))));
        assert_eq!((again.refusal, again.alerts), (None, vec![]));
    }
    assert_eq!(desk.everything(), before);
    // And when its budget is gone.
    desk.ledger.remove_budget(&new.scope, Window::Total, "t").unwrap();
    assert!(desk.ledger.hold(&new).unwrap().repeated);
    desk.assert_balanced();
}

pub fn the_same_id_is_told_what_became_of_its_hold(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    for state in [State::Settled, State::Released, State::Presumed] {
        for key in [None, Some(format!("until {state}"))] {
            let new = edited(new_hold("a", usd("0.1")), |new| new.key = key);
            desk.ledger.hold(&new).unwrap();
            let closed = desk.ledger.change(&new.id, &change_to(state).unwrap(), "t").unwrap().hold;
            let before = desk.everything();
            // With or without the key: it is the id that asks.
            for new_hold in [new.clone(), new.clone().key(None)] {
                let again = desk.ledger.hold(&new_hold).unwrap();
                assert_eq!((again.repeated, &again.hold), (true, &closed));
            }
            assert_eq!(desk.everything(), before);
        }
    }
    desk.assert_balanced();
}

pub fn a_key_whose_hold_is_closed_admits_no_second_call(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    for state in [State::Settled, State::Released, State::Presumed] {
        let new = new_hold("a", usd("1")).key(&*format!("until {state}"));
        let first = desk.ledger.hold(&new).unwrap().hold;
        desk.ledger.change(&first.id, &change_to(state).unwrap(), "t").unwrap();
        let before = desk.everything();
        let retry = new.clone().id(HoldId::random());
        // A policy that overrides a refusal does not make a closed hold an open one.
        let overridden = retry.clone().override_reason("policy");
        for new_hold in [&retry, &overridden] {
            let error = desk.ledger.hold(new_hold).unwrap_err();
            assert!(error.to_string().contains("use a new key"), "{error}");
            match error {
                Error::Conflict { hold, state: is, wanted, .. } => {
                    assert_eq!((hold, is, wanted), (first.id.clone(), state, State::Held));
                }
                other => panic!("{state}: {other:?}"),
            }
        }
        assert_eq!(desk.everything(), before);
        // Another call of that key is still another call, and a new key a new hold.
        let other = edited(retry.clone(), |new| new.quote = "q_2".to_owned());
        assert_eq!(desk.ledger.hold(&other).unwrap_err().code(), "other-call");
        let own_key = retry.key(&*format!("after {state}"));
        assert!(!desk.ledger.hold(&own_key).unwrap().repeated);
    }
    desk.assert_balanced();
}

pub fn the_same_key_for_another_call_is_an_error(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let new = new_hold("a", usd("0.5")).key("k");
    desk.ledger.hold(&new).unwrap();
    let before = desk.everything();
    for (what, other) in [
        ("the key 'k'", edited(new.clone().id(HoldId::random()), |new| new.quote = "q_2".to_owned())),
        ("the key 'k'", edited(new.clone().id(HoldId::random()), |new| new.ceiling = NanoUsd::ZERO)),
        ("the key 'k'", new.clone().id(HoldId::random()).assumed(true)),
        ("the key 'k'", edited(new.clone(), |new| new.scope = "a/b".parse().unwrap())),
        ("the id h_", edited(new.clone().key(None), |new| new.quote = "q_2".to_owned())),
        ("the id h_", new.clone().key(None).assumed(true)),
    ] {
        match desk.ledger.hold(&other) {
            Err(Error::OtherCall { what: said, hold, quote }) => {
                assert!(said.starts_with(what), "{said}");
                assert_eq!((hold, quote), (new.id.clone(), "q_1".to_owned()));
            }
            response => panic!("{response:?}"),
        }
    }
    assert_eq!(desk.everything(), before);
}

pub fn a_hold_is_found_as_it_was_written(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let new = new_hold("a/b", usd("0.123456789")).key("k").assumed(true);
    let hold = desk.ledger.hold(&new).unwrap().hold;
    assert_eq!(desk.ledger.find(&new.id).unwrap().as_ref(), Some(&hold));
    let written = (&hold.id, &hold.key, &hold.scope, hold.ceiling, hold.assumed, &hold.quote);
    assert_eq!(written, (&new.id, &new.key, &new.scope, new.ceiling, new.assumed, &new.quote));
    assert_eq!((&hold.book, &hold.request, &hold.terms), (&new.book, &new.request, &new.terms));
    assert_eq!((hold.made_at, hold.state), (desk.clock.now(), State::Held));
    let settled = desk.settle(&hold, "0.2").unwrap().hold;
    assert_eq!(desk.ledger.find(&new.id).unwrap().as_ref(), Some(&settled));
    assert_eq!((settled.cost, settled.usage.as_deref()), (Some(usd("0.2")), Some("{\"cost\":\"0.2\"}")));
}
