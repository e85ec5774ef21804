//! Amounts and texts at and past their limits.

use imgcost_ledger::{
    Budget, Cap, Error, MAX_DETAILS, MAX_EXPIRY, MAX_TEXT, NanoUsd, SignedDuration, Window,
};

use crate::support::{Desk, Make, edited, new_hold, scope};

pub fn amounts_that_no_ledger_can_book_are_refused_whole(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("big", Window::Total, "unlimited");
    let first = desk.ledger.hold(&new_hold("big/a", NanoUsd::MAX)).unwrap();
    let before = desk.everything();
    for more in [NanoUsd::MAX, NanoUsd::new(1).unwrap()] {
        let response = desk.ledger.hold(&new_hold("big/b", more));
        assert!(matches!(response, Err(Error::BadInput { .. } | Error::Damaged { .. })), "{response:?}");
    }
    assert_eq!(desk.everything(), before);
    // Nothing wraps when the books are full, whatever comes next.
    desk.ledger.settle(&first.hold.id, NanoUsd::MAX, None, "t").unwrap();
    assert!(desk.ledger.hold(&new_hold("big/a", NanoUsd::new(1).unwrap())).is_err());
    assert_eq!(desk.used("big", Window::Total), NanoUsd::MAX);
    let capped = Budget::new(scope("big"), Window::Total, Cap::Usd(NanoUsd::MAX));
    desk.ledger.set_budget(&capped, "t").unwrap();
    assert!(desk.ledger.hold(&new_hold("big/a", NanoUsd::new(1).unwrap())).is_err());
    desk.assert_balanced();
}

pub fn texts_outside_their_bounds_are_refused(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let before = desk.everything();
    let good = || new_hold("a", NanoUsd::ZERO);
    let long = "x".repeat(MAX_TEXT + 1);
    let huge = "x".repeat(MAX_DETAILS + 1);
    let mut bad = vec![];
    for text in [String::new(), long, "a\0b".to_owned(), "a\nb".to_owned(), "\u{1b}[2J".to_owned()] {
        bad.push(("key", edited(good(), |new| new.key = Some(text.clone()))));
        bad.push(("quote", edited(good(), |new| new.quote = text.clone())));
        bad.push(("book", edited(good(), |new| new.book = text.clone())));
        bad.push(("override_reason", edited(good(), |new| new.override_reason = Some(text.clone()))));
        bad.push(("by", edited(good(), |new| new.by = text)));
    }
    bad.push(("request", edited(good(), |new| new.request = huge.clone())));
    bad.push(("terms", edited(good(), |new| new.terms = huge)));
    for expires_in in [SignedDuration::from_secs(-1), MAX_EXPIRY + SignedDuration::from_secs(1)] {
        bad.push(("expires_in", good().expires_in(expires_in)));
    }
    for (name, new) in bad {
        match desk.ledger.hold(&new) {
            Err(Error::BadInput { field, .. }) => assert_eq!(field, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(desk.everything(), before);
    let hold = desk.hold("a", "0.1");
    let budget = Budget::new(scope("a"), Window::Day, Cap::Unlimited);
    for reason in ["", &"x".repeat(MAX_TEXT + 1), "a\tb", "a\r\nb", "a\u{85}b", "\u{7f}"] {
        assert!(matches!(desk.ledger.presume(&hold.id, reason, "t"), Err(Error::BadInput { .. })));
        assert!(matches!(desk.ledger.set_budget(&budget, reason), Err(Error::BadInput { .. })));
        let removed = desk.ledger.remove_budget(&scope("a"), Window::Total, reason);
        assert!(matches!(removed, Err(Error::BadInput { .. })));
        assert!(matches!(desk.ledger.release(&hold.id, reason, "t"), Err(Error::BadInput { .. })));
        assert!(matches!(desk.ledger.release(&hold.id, "why", reason), Err(Error::BadInput { .. })));
    }
    // What a ledger writes of its own has none either.
    let clean = |text: &Option<String>| text.iter().all(|text| !text.contains(char::is_control));
    desk.hold("a", "0.9");
    let journal = desk.journal();
    assert_eq!(journal.len(), 4, "a budget, two holds, an alert");
    assert!(journal.iter().all(|entry| clean(&entry.reason) && clean(&entry.details)));
    desk.assert_balanced();
}

pub fn the_largest_texts_come_back_as_they_were(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let mut new = new_hold("a", NanoUsd::ZERO);
    new.key = Some("k".repeat(MAX_TEXT));
    new.request = "r".repeat(MAX_DETAILS);
    new.terms = "ü'\"\\;--\u{1}\u{1F600}".to_owned();
    new.expires_in = MAX_EXPIRY;
    let made = desk.ledger.hold(&new).unwrap().hold;
    assert_eq!(desk.ledger.find(&new.id).unwrap(), Some(made.clone()));
    assert_eq!((made.request, made.terms, made.key), (new.request, new.terms, new.key));
    assert_eq!(made.expires_at, desk.clock.now() + MAX_EXPIRY);
}

pub fn nothing_is_free_to_hold_where_nothing_is_left(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    desk.hold("a", "1");
    // A call that costs nothing still fits at the cap, not past it.
    desk.hold("a", "0");
    desk.budget("a", Window::Total, "0.5");
    assert!(desk.try_hold("a", "0").is_err());
}
