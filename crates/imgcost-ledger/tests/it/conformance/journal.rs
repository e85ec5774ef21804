//! What is written down, and reading it.

use std::ops::ControlFlow;

use imgcost_ledger::{Budget, Cap, Event, Filter, LateCall, Record, State, TagFilter, Window};

use crate::support::{Desk, Make, new_hold, scope, settle_at, usd};

pub fn every_step_leaves_one_entry_with_who_and_why(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "unlimited");
    desk.clock.set("2026-05-10T10:31:00Z");
    let first = desk.hold("a/b", "1");
    desk.settle(&first, "1.5").unwrap();
    let second = desk.hold("a", "0.5");
    desk.presume(&second).unwrap();
    desk.release(&second).unwrap();
    desk.clock.set("2026-05-10T10:30:30Z");
    desk.ledger.remove_budget(&scope("a"), Window::Day, "boss").unwrap();
    let journal = desk.journal();
    let line = |e: &imgcost_ledger::Entry| {
        let amount = e.amount.map(|a| a.to_string()).unwrap_or_default();
        format!("{} {} {amount} {} {:?}", e.event.as_str(), e.scope, e.by, e.reason.as_deref().unwrap_or(""))
    };
    assert_eq!(
        journal.iter().map(line).collect::<Vec<_>>(),
        [
            "budget-set a  boss \"\"",
            "held a/b 1 tester \"\"",
            "settled a/b 1.5 tester \"\"",
            "held a 0.5 tester \"\"",
            "presumed a 0.5 tester \"timeout\"",
            "released a 0.5 tester \"not sent\"",
            "budget-removed a  boss \"\"",
        ]
    );
    assert!(journal.is_sorted_by(|a, b| a.number < b.number));
    assert_eq!(journal[0].details.as_deref(), Some("day, unlimited, alerts 80,100"));
    let held = &journal[1];
    assert_eq!(held.hold.as_ref(), Some(&first.id));
    assert_eq!((held.quote.as_deref(), held.book.as_deref()), (Some("q_1"), Some("sha256:book")));
    assert_eq!(held.details.as_deref(), Some(r#"{"model":"m"}"#));
    assert_eq!(journal[2].details.as_deref(), Some("{\"cost\":\"1.5\"}"));
    assert_eq!(journal[2].quote, None);
    assert_eq!(journal[1].at.to_string(), "2026-05-10T10:31:00Z");
    assert_eq!(journal[6].at.to_string(), "2026-05-10T10:30:30Z");
}

pub fn alerts_are_told_once_a_period(make: &Make<'_>) {
    let desk = Desk::open(make);
    let budget =
        Budget::new(scope("a"), Window::Hour, Cap::Usd(usd("1"))).alerts("50,80,100".parse().unwrap());
    desk.ledger.set_budget(&budget, "boss").unwrap();
    desk.budget("a/b", Window::Total, "100");
    let alerts = |amount: &str| -> Vec<u8> {
        let held = desk.try_hold("a/b", amount).unwrap();
        held.alerts.iter().map(|alert| alert.percent).collect()
    };
    assert_eq!(alerts("0.499999999"), [0_u8; 0]);
    assert_eq!(alerts("0.000000001"), [50]);
    assert_eq!(alerts("0.1"), [0_u8; 0]);
    // The highest only, when several are reached at once.
    assert_eq!(alerts("0.4"), [100]);
    desk.clock.set("2026-05-10T11:00:00Z");
    assert_eq!(alerts("0.3"), [0_u8; 0]);
    let hold = desk.hold("a/b", "0.3");
    let changed = desk.settle(&hold, "0.9").unwrap();
    assert_eq!(changed.alerts.len(), 1);
    let alert = &changed.alerts[0];
    assert_eq!((&alert.scope, alert.window, alert.percent), (&scope("a"), Window::Hour, 100));
    assert_eq!((alert.used, alert.cap), (usd("1.2"), usd("1")));
    let told: Vec<_> = desk.journal().into_iter().filter(|e| e.event == Event::Alert).collect();
    let amounts: Vec<_> = told.iter().map(|e| e.amount.unwrap()).collect();
    // The hold of 0.3 brought the second hour to 60 %.
    assert_eq!(amounts, ["0.5", "1", "0.6", "1.2"].map(usd));
    assert_eq!(told[3].hold.as_ref(), Some(&hold.id));
    assert_eq!(told[3].reason, Some(alert.to_string()));
    desk.assert_balanced();
}

pub fn another_cap_alerts_at_its_own_thresholds(make: &Make<'_>) {
    let desk = Desk::open(make);
    let alerts = |amount: &str| -> Vec<u8> {
        let held = desk.try_hold("a", amount).unwrap();
        held.alerts.iter().map(|alert| alert.percent).collect()
    };
    let alerted = || desk.sums("a", Window::Day).alerted;
    desk.budget("a", Window::Day, "1");
    desk.budget("a", Window::Month, "1000");
    assert_eq!(alerts("0.8"), [80]);
    // The same cap again tells nothing again.
    desk.budget("a", Window::Day, "1");
    assert_eq!((alerted(), alerts("0.1")), (80, vec![]));
    // A raised one alerts at the same share of more.
    desk.budget("a", Window::Day, "10");
    assert_eq!(alerted(), 0);
    assert_eq!(alerts("7"), [0_u8; 0]);
    assert_eq!(alerts("0.1"), [80]);
    // Of a lowered one, what is reached already counts as told; what comes after is told.
    desk.budget("a", Window::Day, "9");
    assert_eq!((alerted(), alerts("0.5")), (80, vec![]));
    assert_eq!(alerts("0.5"), [100]);
    desk.budget("a", Window::Day, "5");
    assert_eq!(alerted(), 100);
    desk.budget("a", Window::Day, "unlimited");
    assert_eq!(alerted(), 0);
    // Other windows and periods keep theirs, and a scope that spent nothing has no sums.
    assert_eq!(desk.sums("a", Window::Month).alerted, 0);
    desk.budget("new", Window::Day, "1");
    let counters = desk.read(&Filter::default().counters().scope(scope("new")));
    assert_eq!(counters, []);
    let events = desk.journal().into_iter().filter(|entry| entry.event == Event::Alert).count();
    assert_eq!(events, 3);
    desk.assert_balanced();
}

pub fn filters_give_what_was_asked_for(make: &Make<'_>) {
    let desk = Desk::open(make);
    for name in ["a", "a/b", "a-b", "a0"] {
        desk.budget(name, Window::Total, "10");
    }
    let holds: Vec<_> = ["a", "a/b", "a/b/c", "a-b", "a0"].iter().map(|name| desk.hold(name, "1")).collect();
    desk.clock.set("2026-05-10T12:00:00Z");
    let late = desk.hold("a/b", "1");
    desk.settle(&holds[1], "0.5").unwrap();
    let count = |what: Filter| {
        let mut counts = [0; 4];
        for record in desk.read(&what) {
            let of = match record {
                Record::Budget(_) => 0,
                Record::Counter(_) => 1,
                Record::Hold(_) => 2,
                Record::Entry(_) => 3,
                other => panic!("a record of a new kind: {other:?}"),
            };
            counts[of] += 1;
        }
        counts
    };
    assert_eq!(count(Filter::default()), [0; 4]);
    // Sums of five scopes in four windows, and of two in the hour that began later.
    assert_eq!(count(Filter::all()), [4, 22, 6, 11]);
    assert_eq!(count(Filter::all().scope(scope("a/b"))), [1, 9, 3, 5]);
    assert_eq!(count(Filter::all().scope(scope("a"))), [2, 14, 4, 7]);
    let one = Filter::default().holds().journal().hold(holds[1].id.clone());
    assert_eq!(count(one), [0, 0, 1, 2]);
    let since = "2026-05-10T12:00:00Z".parse().ok();
    assert_eq!(count(Filter::default().holds().journal().since(since)), [0, 0, 1, 2]);
    assert_eq!(count(Filter::default().holds().expired()), [0, 0, 4, 0]);
    assert_eq!(count(Filter::default().holds().state(State::Held)), [0, 0, 5, 0]);
    assert_eq!(count(Filter::default().holds().state(State::Settled).scope(scope("a/b"))), [0, 0, 1, 0]);
    assert_eq!(count(Filter::default().journal().last(3)), [0, 0, 0, 3]);
    assert_eq!(count(Filter::default().journal().last(0)), [0; 4]);
    let last = desk.read(&Filter::default().journal().last(2));
    let events: Vec<_> =
        last.iter().map(|r| if let Record::Entry(e) = r { Some(e.event) } else { None }).collect();
    assert_eq!(events, [Some(Event::Held), Some(Event::Settled)]);
    // Budgets, counters, holds and journal, each in its order.
    let everything = desk.everything();
    let kind = |record: &Record| match record {
        Record::Budget(b) => (0, b.scope.to_string(), b.window as u8, 0, 0),
        Record::Counter(c) => {
            (1, c.scope.to_string(), c.period.window as u8, c.period.start.as_microsecond(), 0)
        }
        Record::Hold(h) => (2, String::new(), 0, h.made_at.as_microsecond(), 0),
        Record::Entry(e) => (3, String::new(), 0, 0, e.number),
        other => panic!("a record of a new kind: {other:?}"),
    };
    assert!(everything.iter().map(kind).is_sorted());
    assert!(matches!(&everything[31], Record::Hold(hold) if *hold == late));
}

pub fn a_tag_finds_its_holds_and_what_became_of_them(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    let tagged = |tags: &[(&str, &str)]| {
        let new = tags.iter().fold(new_hold("a", usd("1")), |new, (name, value)| new.tag(*name, *value));
        desk.ledger.hold(&new).unwrap().hold
    };
    let first = tagged(&[("order", "17"), ("run", "a")]);
    let other = tagged(&[("order", "18")]);
    let odd = tagged(&[("Kunde", "Ä \"x\" \\"), ("a \"b\" \\ é", "17")]);
    let plain = desk.hold("a", "1");
    desk.settle(&first, "0.5").unwrap();
    desk.release(&plain).unwrap();
    let late = new_hold("a", usd("1")).tag("run", "17");
    let late = LateCall::new(late, "2026-05-10T10:20:00Z".parse().unwrap(), settle_at("1"));
    let late = desk.ledger.book_late(&late).unwrap().hold;
    let found = |tag: TagFilter| {
        let mut found = (Vec::new(), Vec::new());
        for record in desk.read(&Filter::default().budgets().holds().journal().tag(tag)) {
            match record {
                Record::Hold(hold) => found.0.push(hold.id),
                Record::Entry(entry) => found.1.push((entry.event, entry.hold.unwrap())),
                _ => {}
            }
        }
        found
    };
    let named = |name: &str| found(TagFilter::new(name));
    let valued = |name: &str, value: &str| found(TagFilter::new(name).value(value.to_owned()));
    let [first, other, odd, late] = [first, other, odd, late].map(|hold| hold.id);
    let held_and_settled = vec![(Event::Held, first.clone()), (Event::Settled, first.clone())];
    assert_eq!(valued("order", "17"), (vec![first.clone()], held_and_settled));
    assert_eq!(named("order").0, [first.clone(), other.clone()]);
    assert_eq!(named("order").1.len(), 3);
    assert_eq!(named("run").0, [first, late.clone()]);
    assert_eq!(valued("run", "17"), (vec![late.clone()], vec![(Event::LateSettled, late)]));
    assert_eq!(valued("Kunde", "Ä \"x\" \\"), (vec![odd.clone()], vec![(Event::Held, odd.clone())]));
    assert_eq!(named("a \"b\" \\ é").0, [odd]);
    let nothing = (vec![], vec![]);
    for (name, value) in [("order", "1"), ("order", ""), ("17", "order"), ("", ""), ("Order", "17")] {
        assert_eq!(valued(name, value), nothing, "{name}={value}");
    }
    assert_eq!(named("value"), nothing);
    // With the other filters, and the last of what is left.
    let last = desk.read(&Filter::default().journal().tag(TagFilter::new("order")).last(1));
    assert!(matches!(&last[..], [Record::Entry(entry)] if entry.event == Event::Settled));
    let open = desk.read(&Filter::default().holds().state(State::Held).tag(TagFilter::new("order")));
    assert!(matches!(&open[..], [Record::Hold(hold)] if hold.id == other));
}

pub fn reading_stops_when_told(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    for _ in 0..3 {
        desk.hold("a", "1");
    }
    for stop in [1, 2, 4, 6, 9, 12] {
        let mut seen = 0;
        desk.ledger
            .read(&Filter::all(), &mut |_| {
                seen += 1;
                if seen == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(seen, stop.min(12));
    }
}

pub fn who_reads_may_use_the_ledger_meanwhile(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    let made: Vec<_> = (0..3).map(|_| desk.hold("a", "1").id).collect();
    let mut seen = Vec::new();
    let what = Filter::default().holds();
    desk.ledger
        .read(&what, &mut |record| {
            if let Record::Hold(hold) = record {
                assert_eq!(desk.ledger.find(&hold.id).unwrap().as_ref(), Some(&hold));
                desk.release(&hold).unwrap();
                desk.hold("a", "1");
                seen.push(hold.id);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    // What was done meanwhile is not in the state that is read.
    assert_eq!(seen, made);
    desk.assert_balanced();
}

pub fn inspection_finds_nothing_wrong(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Total, "10");
    let hold = desk.hold("a", "1");
    desk.settle(&hold, "1").unwrap();
    let inspection = desk.ledger.inspect().unwrap();
    assert_eq!(inspection.problems, Vec::<String>::new());
    assert_eq!(inspection.now, desk.clock.now());
    assert!(!inspection.facts.is_empty());
}
