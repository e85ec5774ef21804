//! Which holds are admitted.

use imgcost_ledger::{Budget, Cap, NanoUsd, Refusal, Thresholds, Window};

use crate::support::{Desk, Make, new_hold, refusal, scope, usd};

pub fn every_level_and_window_must_have_room(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("team", Window::Month, "10");
    desk.budget("team/alice", Window::Day, "2");
    desk.budget("team/alice", Window::Hour, "1.5");
    desk.budget("team/alice/run", Window::Total, "5");
    let held = desk.try_hold("team/alice/run", "1").unwrap();
    assert_eq!(held.left, Some(usd("0.5")));
    assert!(!held.repeated && held.refusal.is_none());
    match refusal(desk.try_hold("team/alice/run", "1.25")) {
        Refusal::Full { scope: asked, ceiling, left, budgets } => {
            assert_eq!((asked, ceiling, left), (scope("team/alice/run"), usd("1.25"), usd("0.5")));
            let of: Vec<_> = budgets.iter().map(|b| (b.scope.as_str(), b.window, b.cap, b.left)).collect();
            assert_eq!(
                of,
                [
                    ("team/alice", Window::Hour, usd("1.5"), usd("0.5")),
                    ("team/alice", Window::Day, usd("2"), usd("1")),
                ]
            );
            assert_eq!(budgets[0].sums.held, usd("1"));
            assert_eq!(budgets[0].resets_at.unwrap().to_string(), "2026-05-10T11:00:00Z");
        }
        other => panic!("{other:?}"),
    }
    desk.hold("team/alice/run", "0.5");
    desk.hold("team/bob", "8.5");
    assert!(desk.try_hold("team/bob", "0.000000001").is_err());
    desk.assert_balanced();
}

pub fn the_last_nano_dollar_fits_and_no_more(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "0.000000003");
    desk.hold("a", "0.000000002");
    assert!(desk.try_hold("a", "0.000000002").is_err());
    assert_eq!(desk.try_hold("a", "0.000000001").unwrap().left, Some(NanoUsd::ZERO));
    assert!(desk.try_hold("a", "0.000000001").is_err());
}

pub fn a_zero_budget_admits_what_costs_nothing(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "0");
    match refusal(desk.try_hold("a", "0.000000001")) {
        Refusal::Full { left, .. } => assert_eq!(left, NanoUsd::ZERO),
        other => panic!("{other:?}"),
    }
    desk.hold("a", "0");
}

pub fn a_path_without_a_budget_is_refused_with_the_nearest_name(make: &Make<'_>) {
    let desk = Desk::open(make);
    let none = Refusal::NoBudget { scope: scope("taem/alice"), nearest: None };
    assert_eq!(refusal(desk.try_hold("taem/alice", "0")), none);
    desk.budget("team/alice", Window::Day, "1");
    desk.budget("other", Window::Day, "1");
    let near = Refusal::NoBudget { scope: scope("taem/alice"), nearest: Some(scope("team/alice")) };
    assert_eq!(refusal(desk.try_hold("taem/alice", "0")), near);
    let overridden = new_hold("taem/alice", usd("0")).override_reason("policy warn");
    assert_eq!(desk.ledger.hold(&overridden).unwrap().refusal, Some(near));
    // A budget below the path, or beside it, is none on it.
    assert!(matches!(refusal(desk.try_hold("team", "0")), Refusal::NoBudget { .. }));
    assert!(matches!(refusal(desk.try_hold("team/alic", "0")), Refusal::NoBudget { .. }));
}

pub fn unlimited_is_said_on_purpose_and_caps_nothing(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("free", Window::Total, "unlimited");
    assert_eq!(desk.try_hold("free/x", "1000000").unwrap().left, None);
    // A cap below it still binds.
    desk.budget("free/y", Window::Day, "1");
    assert_eq!(desk.try_hold("free/y", "0.25").unwrap().left, Some(usd("0.75")));
    assert!(desk.try_hold("free/y", "1").is_err());
    assert_eq!(desk.used("free", Window::Total), NanoUsd::new(1_000_000_250_000_000).unwrap());
}

pub fn a_cap_that_is_set_later_sees_earlier_spend(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("team", Window::Total, "unlimited");
    let settled = desk.hold("team/alice/run", "3");
    desk.settle(&settled, "2").unwrap();
    desk.hold("team/alice/run", "1");
    for window in Window::ALL {
        desk.budget("team/alice", window, "5");
        let sums = desk.sums("team/alice", window);
        assert_eq!((sums.held, sums.settled, sums.open), (usd("1"), usd("2"), 1), "{window}");
    }
    assert!(desk.try_hold("team/alice", "2.1").is_err());
    desk.hold("team/alice", "2");
}

pub fn a_lowered_cap_admits_nothing_more(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "5");
    let hold = desk.hold("a", "4");
    assert_eq!(desk.budget("a", Window::Day, "1").unwrap().cap, Cap::Usd(usd("5")));
    match refusal(desk.try_hold("a", "0.1")) {
        Refusal::Full { left, .. } => assert_eq!(left, NanoUsd::ZERO),
        other => panic!("{other:?}"),
    }
    let status = &desk.ledger.status(None).unwrap()[0];
    assert_eq!((status.left(), status.over()), (Some(NanoUsd::ZERO), usd("3")));
    // What is open can still be ended, and makes room.
    desk.settle(&hold, "0.5").unwrap();
    desk.hold("a", "0.5");
    desk.assert_balanced();
}

pub fn after_a_bill_above_its_ceiling_what_is_left_of_the_cap_can_be_held(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "2");
    let hold = desk.hold("a", "0.5");
    assert_eq!(desk.settle(&hold, "1.25").unwrap().hold.overrun(), usd("0.75"));
    assert!(desk.try_hold("a", "0.750000001").is_err());
    assert_eq!(desk.try_hold("a", "0.75").unwrap().left, Some(usd("0")));
    assert!(desk.try_hold("a", "0.000000001").is_err());
    desk.assert_balanced();
}

pub fn a_bill_above_its_ceiling_is_booked_in_full_and_closes_the_scope(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "2");
    desk.budget("a/b", Window::Day, "2");
    let hold = desk.hold("a/b", "1.5");
    let settled = desk.settle(&hold, "3.25").unwrap();
    assert_eq!(settled.hold.overrun(), usd("1.75"));
    for name in ["a", "a/b"] {
        let sums = desk.sums(name, Window::Day);
        assert_eq!(
            (sums.held, sums.settled, sums.overrun, sums.open),
            (usd("0"), usd("3.25"), usd("1.75"), 0)
        );
        assert!(desk.try_hold("a/b", "0").is_err());
    }
    let entry = desk.journal().into_iter().find(|entry| entry.overrun.is_some()).unwrap();
    assert_eq!((entry.amount, entry.overrun), (Some(usd("3.25")), Some(usd("1.75"))));
    desk.assert_balanced();
}

pub fn assumed_ceilings_are_counted_apart_and_can_be_refused(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "5");
    let assumed = |name: &str| new_hold(name, usd("1")).assumed(true);
    let hold = desk.ledger.hold(&assumed("a/b")).unwrap().hold;
    desk.hold("a/b", "2");
    let sums = desk.sums("a", Window::Day);
    assert_eq!((sums.held, sums.held_assumed, sums.open), (usd("3"), usd("1"), 2));
    let strict = Budget::new(scope("a/b"), Window::Hour, Cap::Usd(usd("9"))).allow_assumed_ceiling(false);
    desk.ledger.set_budget(&strict, "boss").unwrap();
    let expected = Refusal::AssumedCeiling { scope: scope("a/b/c"), budget: scope("a/b") };
    assert_eq!(refusal(desk.ledger.hold(&assumed("a/b/c"))), expected);
    desk.hold("a/b/c", "1");
    desk.ledger.hold(&assumed("a/other")).unwrap();
    desk.presume(&hold).unwrap();
    assert_eq!(desk.sums("a/b", Window::Hour).held_assumed, NanoUsd::ZERO);
    desk.assert_balanced();
}

pub fn an_overridden_refusal_is_booked_with_its_reason(make: &Make<'_>) {
    let desk = Desk::open(make);
    let overridden = |name: &str, amount: &str| {
        let new = new_hold(name, usd(amount)).override_reason("policy warn");
        desk.ledger.hold(&new)
    };
    assert!(matches!(overridden("nowhere", "1").unwrap().refusal, Some(Refusal::NoBudget { .. })));
    desk.budget("a", Window::Day, "1");
    assert_eq!(overridden("a", "0.5").unwrap().refusal, None);
    let held = overridden("a", "2").unwrap();
    assert!(matches!(held.refusal, Some(Refusal::Full { .. })));
    assert_eq!(held.left, Some(NanoUsd::ZERO));
    assert_eq!(desk.used("a", Window::Day), usd("2.5"));
    let reasons: Vec<_> = desk
        .journal()
        .into_iter()
        .filter(|entry| entry.event == imgcost_ledger::Event::Held)
        .map(|entry| entry.reason)
        .collect();
    assert_eq!(reasons, [Some("policy warn".to_owned()), None, Some("policy warn".to_owned())]);
    assert!(desk.try_hold("a", "0.1").is_err());
    desk.assert_balanced();
}

pub fn a_refusal_writes_nothing(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "1");
    desk.hold("a", "0.9");
    let before = desk.everything();
    let new = new_hold("a", usd("0.2")).key("k");
    for _ in 0..2 {
        refusal(desk.ledger.hold(&new));
        refusal(desk.try_hold("b", "0"));
    }
    assert_eq!(desk.everything(), before);
    assert_eq!(desk.ledger.find(&new.id).unwrap(), None);
    // The key is free, for another call as well.
    desk.ledger.hold(&new_hold("a", usd("0.1")).key("k")).unwrap();
}

pub fn setting_and_removing_give_back_what_was_there(make: &Make<'_>) {
    let desk = Desk::open(make);
    let alerts: Thresholds = "50,90".parse().unwrap();
    let first = Budget::new(scope("a"), Window::Month, Cap::Usd(usd("3")))
        .alerts(alerts)
        .allow_assumed_ceiling(false);
    assert_eq!(desk.ledger.set_budget(&first, "boss").unwrap(), None);
    assert_eq!(desk.ledger.remove_budget(&scope("a"), Window::Day, "boss").unwrap(), None);
    assert_eq!(desk.budget("a", Window::Month, "unlimited"), Some(first));
    let second = desk.ledger.remove_budget(&scope("a"), Window::Month, "boss").unwrap().unwrap();
    assert_eq!(second.cap, Cap::Unlimited);
    assert_eq!(desk.ledger.status(None).unwrap(), []);
    assert!(desk.try_hold("a", "0").is_err());
}

pub fn siblings_do_not_share(make: &Make<'_>) {
    let desk = Desk::open(make);
    for name in ["team", "team.x", "team-x", "team0", "teams"] {
        desk.budget(name, Window::Day, "1");
    }
    desk.hold("team/a", "1");
    for name in ["team.x", "team-x", "team0", "teams"] {
        desk.hold(name, "1");
    }
    assert!(desk.try_hold("team/b", "0.1").is_err());
}

pub fn status_shows_what_is_above_and_below(make: &Make<'_>) {
    let desk = Desk::open(make);
    for (name, window) in [
        ("team/alice/run", Window::Total),
        ("team", Window::Day),
        ("team/alice", Window::Month),
        ("team/alice", Window::Total),
        ("team/alice-2", Window::Day),
        ("team/alice.2", Window::Day),
        ("team/alice0", Window::Day),
        ("team/bob", Window::Day),
    ] {
        desk.budget(name, window, "7");
    }
    desk.hold("team/alice/run", "1");
    let names = |of: Option<&str>| -> Vec<String> {
        let status = desk.ledger.status(of.map(scope).as_ref()).unwrap();
        status.iter().map(|s| format!("{} {} {}", s.budget.scope, s.budget.window, s.sums.used())).collect()
    };
    assert_eq!(
        names(Some("team/alice")),
        ["team day 1", "team/alice total 1", "team/alice month 1", "team/alice/run total 1"]
    );
    assert_eq!(names(Some("team/bob/x")), ["team day 1", "team/bob day 0"]);
    assert_eq!(names(Some("tea")), [""; 0]);
    let all = names(None);
    assert_eq!(all.len(), 8);
    let mut sorted = all.clone();
    sorted.sort_by_key(|line| line.split(' ').next().map(str::to_owned));
    assert_eq!(all, sorted);
}

pub fn many_threads_never_cross_a_cap(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "1");
    let (desk, admitted) = (&desk, std::sync::atomic::AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for round in 0..20 {
                    let Ok(held) = desk.try_hold("a/b", "0.05") else { continue };
                    admitted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    assert!(desk.used("a", Window::Total) <= usd("1"));
                    match round % 3 {
                        0 => drop(desk.settle(&held.hold, "0.01").unwrap()),
                        1 => drop(desk.release(&held.hold).unwrap()),
                        _ => {}
                    }
                }
            });
        }
    });
    assert!(admitted.into_inner() >= 20);
    desk.assert_balanced();
}
