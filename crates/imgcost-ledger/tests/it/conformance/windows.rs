//! Hours, days and months, and clocks that do not only run forward.

use imgcost_ledger::{Filter, NanoUsd, Record, Refusal, Window};

use crate::support::{Desk, Make, refusal, usd};

pub fn hours_days_and_months_start_over(make: &Make<'_>) {
    let desk = Desk::open(make);
    for (window, last, next) in [
        (Window::Hour, "2026-05-10T10:59:59.999999Z", "2026-05-10T11:00:00Z"),
        (Window::Day, "2026-05-11T23:59:59.999999Z", "2026-05-12T00:00:00Z"),
        (Window::Week, "2026-05-17T23:59:59.999999Z", "2026-05-18T00:00:00Z"),
        (Window::Month, "2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00Z"),
    ] {
        let name = window.as_str();
        desk.clock.set(last);
        desk.budget(name, window, "1");
        desk.hold(name, "1");
        assert!(desk.try_hold(name, "0.1").is_err());
        desk.clock.set(next);
        assert_eq!(desk.used(name, window), NanoUsd::ZERO);
        desk.hold(name, "1");
        assert!(desk.try_hold(name, "0.1").is_err());
    }
    desk.budget("total", Window::Total, "1");
    desk.hold("total", "1");
    desk.clock.set("2099-01-01T00:00:00Z");
    assert!(desk.try_hold("total", "0.1").is_err());
    desk.assert_balanced();
}

pub fn a_hold_counts_where_it_was_made_whatever_the_time_of_its_end(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Hour, "5");
    desk.clock.set("2026-05-10T10:59:00Z");
    let holds: Vec<_> = (0..3).map(|_| desk.hold("a", "1")).collect();
    desk.clock.set("2026-05-10T11:01:00Z");
    desk.settle(&holds[0], "0.25").unwrap();
    desk.release(&holds[1]).unwrap();
    desk.presume(&holds[2]).unwrap();
    assert_eq!(desk.sums("a", Window::Hour), imgcost_ledger::Sums::default());
    desk.clock.set("2026-05-10T10:59:30Z");
    let sums = desk.sums("a", Window::Hour);
    assert_eq!((sums.settled, sums.presumed, sums.open), (usd("0.25"), usd("1"), 0));
    desk.assert_balanced();
}

pub fn a_clock_that_is_set_back_fills_no_window_twice(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Hour, "1");
    desk.hold("a", "1");
    desk.clock.set("2026-05-10T11:30:00Z");
    desk.hold("a", "0.75");
    desk.clock.set("2026-05-10T10:00:00Z");
    assert!(desk.try_hold("a", "0.000000001").is_err());
    desk.clock.set("2026-05-10T11:00:00Z");
    assert!(desk.try_hold("a", "0.5").is_err());
    desk.hold("a", "0.25");
    assert!(desk.try_hold("a", "0.000000001").is_err());
    desk.assert_balanced();
}

pub fn a_refusal_has_the_time_when_there_is_room_again(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.clock.set("2026-12-31T23:15:00Z");
    for window in Window::ALL {
        desk.budget("a", window, "0");
    }
    let Refusal::Full { budgets, .. } = refusal(desk.try_hold("a", "1")) else { panic!("not full") };
    let resets: Vec<_> = budgets.iter().map(|b| (b.window, b.resets_at.map(|at| at.to_string()))).collect();
    let new_year = Some("2027-01-01T00:00:00Z".to_owned());
    assert_eq!(
        resets,
        [
            (Window::Total, None),
            (Window::Hour, new_year.clone()),
            (Window::Day, new_year.clone()),
            (Window::Week, Some("2027-01-04T00:00:00Z".to_owned())),
            (Window::Month, new_year)
        ]
    );
}

pub fn expiry_changes_no_sum(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let hold = desk.hold("a", "1");
    let expired = || {
        let what = Filter::default().holds().expired();
        desk.read(&what).len()
    };
    assert_eq!((hold.expires_at.to_string(), expired()), ("2026-05-10T10:40:00Z".to_owned(), 0));
    desk.clock.set("2026-05-10T10:40:00Z");
    assert_eq!(expired(), 0, "until then, and not from then on");
    desk.clock.set("2026-05-10T10:40:00.000001Z");
    let before = desk.everything();
    assert_eq!(expired(), 1);
    assert!(desk.ledger.find(&hold.id).unwrap().unwrap().has_expired(desk.clock.now()));
    assert!(desk.try_hold("a", "0.1").is_err());
    assert_eq!(desk.sums("a", Window::Total).held, usd("1"));
    assert_eq!(desk.everything(), before);
    desk.presume(&hold).unwrap();
    assert_eq!(expired(), 0);
    assert!(matches!(&before[0], Record::Budget(_)));
}
