//! Budgets that are ensured, defaults of children, and pauses.

use imgcost_ledger::{Budget, Cap, Event, Filter, Record, Refusal, Window};

use crate::support::{Desk, Make, new_hold, refusal, scope, usd};

fn each(parent: &str, window: Window, cap: &str) -> Budget {
    Budget::new(scope(parent), window, Cap::Usd(usd(cap))).each_child()
}

pub fn every_child_has_the_default_and_its_own_budget_wins(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.ledger.set_budget(&each("studio", Window::Day, "2"), "boss").unwrap();
    // The parent has no budget by it, and neither have others.
    assert!(matches!(refusal(desk.try_hold("studio", "0")), Refusal::NoBudget { .. }));
    assert!(matches!(refusal(desk.try_hold("other/alice", "0")), Refusal::NoBudget { .. }));
    assert_eq!(desk.try_hold("studio/alice", "1.5").unwrap().left, Some(usd("0.5")));
    assert_eq!(desk.try_hold("studio/bob/run", "2").unwrap().left, Some(usd("0")));
    match refusal(desk.try_hold("studio/alice/run", "1")) {
        Refusal::Full { budgets, .. } => {
            let of: Vec<_> = budgets.iter().map(|b| (b.scope.as_str(), b.window, b.left, b.short)).collect();
            assert_eq!(of, [("studio/alice", Window::Day, usd("0.5"), usd("0.5"))]);
        }
        other => panic!("{other:?}"),
    }
    // Its own budget of that window wins, larger or smaller; one of another window adds to it.
    desk.budget("studio/alice", Window::Day, "5");
    desk.hold("studio/alice", "1");
    desk.budget("studio/bob", Window::Month, "9");
    assert!(desk.try_hold("studio/bob", "0.1").is_err());
    desk.budget("studio/carol", Window::Day, "unlimited");
    desk.hold("studio/carol", "100");
    desk.ledger.remove_budget(&scope("studio/carol"), Window::Day, "boss").unwrap();
    assert!(desk.try_hold("studio/carol", "0.1").is_err());
    let removed = desk.ledger.remove_default(&scope("studio"), Window::Day, "boss").unwrap();
    assert_eq!(removed, Some(each("studio", Window::Day, "2")));
    assert!(matches!(refusal(desk.try_hold("studio/carol", "0")), Refusal::NoBudget { .. }));
    desk.hold("studio/bob", "1");
    desk.assert_balanced();
}

pub fn status_shows_the_children_under_a_default(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.ledger.set_budget(&each("studio", Window::Day, "2"), "boss").unwrap();
    desk.ledger.set_budget(&each("studio", Window::Week, "8"), "boss").unwrap();
    for name in ["studio/alice/run", "studio/alice-2", "studio/bob"] {
        desk.hold(name, "0.5");
    }
    desk.budget("studio/bob", Window::Day, "3");
    let names = |of: Option<&str>| -> Vec<String> {
        let status = desk.ledger.status(of.map(scope).as_ref()).unwrap();
        let line = |s: &imgcost_ledger::Status| {
            format!("{} {} {} {}", s.budget.scope, s.budget.window, s.sums.used(), s.is_default)
        };
        status.iter().map(line).collect()
    };
    let all = [
        "studio/alice day 0.5 true",
        "studio/alice week 0.5 true",
        "studio/alice-2 day 0.5 true",
        "studio/alice-2 week 0.5 true",
        "studio/bob day 0.5 false",
        "studio/bob week 0.5 true",
    ];
    assert_eq!(names(None), all);
    assert_eq!(names(Some("studio")), all);
    assert_eq!(names(Some("studio/alice")), all[..2]);
    assert_eq!(names(Some("studio/alice/run")), all[..2]);
    // A child that has spent nothing, asked for by its name.
    assert_eq!(names(Some("studio/new")), ["studio/new day 0 true", "studio/new week 0 true"]);
    // The next day nobody has spent anything, and the week has what it had.
    desk.clock.set("2026-05-11T00:00:00Z");
    assert_eq!(names(None), ["studio/bob day 0 false"]);
    desk.clock.set("2026-05-10T00:00:00Z");
    assert_eq!(names(None), all);
    // What is set is there under its place.
    let places: Vec<String> = desk
        .read(&Filter::default().budgets())
        .into_iter()
        .filter_map(|record| match record {
            Record::Budget(budget) => Some(format!("{} {}", budget.place(), budget.window)),
            _ => None,
        })
        .collect();
    assert_eq!(places, ["studio/* day", "studio/* week", "studio/bob day"]);
    let entry = desk.journal().into_iter().find(|entry| entry.event == Event::BudgetSet).unwrap();
    assert_eq!(entry.details.as_deref(), Some("day of each child, alerts 80,100"));
}

pub fn a_default_alerts_for_each_child(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.ledger.set_budget(&each("studio", Window::Week, "1"), "boss").unwrap();
    for (name, amount, expected) in [
        ("studio/alice", "0.85", vec![80]),
        ("studio/alice", "0.05", vec![]),
        ("studio/bob", "0.8", vec![80]),
        ("studio/bob/run", "0.2", vec![100]),
    ] {
        let alerts: Vec<_> = desk.try_hold(name, amount).unwrap().alerts.iter().map(|a| a.percent).collect();
        assert_eq!(alerts, expected, "{name} {amount}");
    }
    let alerts: Vec<_> = desk.journal().into_iter().filter(|e| e.event == Event::Alert).collect();
    assert_eq!(alerts.len(), 3);
    assert_eq!(
        alerts[0].reason.as_deref().unwrap(),
        "studio/alice has reached 80 % of its budget: $0.85 of $1 per week is held or spent"
    );
    desk.assert_balanced();
}

pub fn an_ensured_budget_undoes_nothing(make: &Make<'_>) {
    let desk = Desk::open(make);
    let budget = Budget::new(scope("a"), Window::Day, Cap::Usd(usd("2")));
    assert_eq!(desk.ledger.ensure_budget(&budget, "app").unwrap(), budget);
    desk.budget("a", Window::Day, "7");
    let before = desk.everything();
    assert_eq!(desk.ledger.ensure_budget(&budget, "app").unwrap().cap, Cap::Usd(usd("7")));
    assert_eq!(desk.everything(), before);
    let default = each("a", Window::Day, "1");
    assert_eq!(desk.ledger.ensure_budget(&default, "app").unwrap(), default);
    assert_eq!(desk.ledger.ensure_budget(&each("a", Window::Day, "3"), "app").unwrap(), default);
}

pub fn a_paused_scope_admits_nothing_and_says_who_and_why(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("team", Window::Day, "5");
    let open = desk.hold("team/a", "1");
    let pause = desk.ledger.pause(&scope("team/a"), "runaway job", "boss").unwrap();
    assert_eq!((pause.since, pause.by.as_str()), (desk.clock.now(), "boss"));
    desk.clock.set("2026-05-10T10:40:00Z");
    // The first reason stays.
    assert_eq!(desk.ledger.pause(&scope("team/a"), "again", "other").unwrap(), pause);
    for name in ["team/a", "team/a/run"] {
        let refused = refusal(desk.try_hold(name, "0"));
        assert_eq!(refused, Refusal::Paused { scope: scope(name), pause: pause.clone() });
        assert_eq!(refused.code(), "paused");
        let words = refused.to_string();
        assert!(words.contains("boss") && words.contains("runaway job"), "{words}");
    }
    desk.hold("team/b", "1");
    // What is open can be ended, and its own request finds it.
    desk.settle(&open, "0.5").unwrap();
    let overridden = new_hold("team/a", usd("1")).override_reason("policy warn");
    assert!(matches!(desk.ledger.hold(&overridden).unwrap().refusal, Some(Refusal::Paused { .. })));
    assert_eq!(desk.read(&Filter::default().pauses()), [Record::Pause(pause.clone())]);
    // The topmost is told.
    let above = desk.ledger.pause(&scope("team"), "closed", "boss").unwrap();
    let refused = Refusal::Paused { scope: scope("team/a"), pause: above };
    assert_eq!(refusal(desk.try_hold("team/a", "0")), refused);
    assert!(desk.ledger.resume(&scope("team"), "boss").unwrap().is_some());
    assert_eq!(desk.ledger.resume(&scope("team/a"), "boss").unwrap(), Some(pause));
    assert_eq!(desk.ledger.resume(&scope("team/a"), "boss").unwrap(), None);
    desk.hold("team/a", "1");
    let events: Vec<_> = desk.journal().iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events.iter().filter(|event| **event == "paused").count(), 2);
    assert_eq!(events.iter().filter(|event| **event == "resumed").count(), 2);
    desk.assert_balanced();
}

pub fn a_week_has_what_its_days_have(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("team", Window::Total, "unlimited");
    // From the Sunday of one week to the Monday of the one after the next.
    let mut holds = Vec::new();
    for day in 10..=18 {
        desk.clock.set(&format!("2026-05-{day}T12:00:00Z"));
        holds.push(desk.hold("team/a", "1"));
    }
    // A budget that is set later sees what was spent before.
    desk.clock.set("2026-05-17T23:00:00Z");
    desk.budget("team/a", Window::Week, "7.5");
    assert_eq!(desk.used("team/a", Window::Week), usd("7"));
    assert!(desk.try_hold("team/a", "0.6").is_err());
    // A hold of another day of the week gives its room back, one of another week does not.
    desk.settle(&holds[1], "0.25").unwrap();
    desk.release(&holds[0]).unwrap();
    assert_eq!(desk.try_hold("team/a", "1.25").unwrap().left, Some(usd("0")));
    desk.clock.set("2026-05-18T00:00:00Z");
    assert_eq!(desk.used("team/a", Window::Week), usd("1"));
    desk.assert_balanced();
}
