//! What is known of a call beside its money, and what is booked afterwards: jobs, corrections, calls
//! made while the ledger could not answer, and many holds at once.

use std::ops::ControlFlow;

use imgcost_ledger::{
    Adjustment, Change, Correction, Error, Event, Filter, Job, LateCall, NanoUsd, Record, Refusal,
    SignedDuration, State, Window, change_all, presume_expired,
};

use crate::support::{Desk, Make, new_hold, refusal, scope, usd};

pub fn what_is_known_of_a_call_comes_back(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "50");
    let new = new_hold("a/b", usd("4"))
        .expected(usd("2.5"))
        .calls(500)
        .tag("order", "17")
        .tag("Kunde", "Ä \"x\" \\")
        .request_id("req_1");
    let held = desk.ledger.hold(&new).unwrap().hold;
    assert_eq!((held.expected, held.calls, held.late), (Some(usd("2.5")), 500, false));
    assert_eq!(held.tags.get("Kunde").unwrap(), "Ä \"x\" \\");
    assert_eq!(desk.ledger.find(&held.id).unwrap(), Some(held.clone()));
    assert_eq!(desk.ledger.hold(&new).unwrap().hold, held);
    let mut other = new.clone();
    other.calls = 499;
    assert!(matches!(desk.ledger.hold(&other), Err(Error::OtherCall { .. })));
    // One hold for all calls of a file, settled once with their sum.
    assert_eq!(desk.settle(&held, "3").unwrap().hold.cost, Some(usd("3")));
    assert_eq!(desk.sums("a", Window::Day).open, 0);
    for (field, wrong) in [
        ("calls", new_hold("a", usd("1")).calls(0)),
        ("tags", (0..17).fold(new_hold("a", usd("1")), |new, n| new.tag(format!("t{n}"), "x"))),
        ("tags", new_hold("a", usd("1")).tag("x".repeat(65), "x")),
        ("tags", new_hold("a", usd("1")).tag("x", "x".repeat(65))),
        ("tags", new_hold("a", usd("1")).tag("x", "a\nb")),
        ("request_id", new_hold("a", usd("1")).request_id("")),
    ] {
        match desk.ledger.hold(&wrong) {
            Err(Error::BadInput { field: told, .. }) => assert_eq!(told, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    desk.assert_balanced();
}

pub fn a_shortfall_says_how_much_is_held_above_what_is_expected(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "5");
    let hold = desk.ledger.hold(&new_hold("a", usd("3")).expected(usd("1"))).unwrap().hold;
    desk.ledger.hold(&new_hold("a", usd("1")).expected(usd("4")).assumed(true)).unwrap();
    desk.ledger.hold(&new_hold("a", usd("0.5"))).unwrap();
    let sums = desk.sums("a", Window::Day);
    assert_eq!((sums.held, sums.held_over, sums.held_assumed), (usd("4.5"), usd("2"), usd("1")));
    let refused = refusal(desk.try_hold("a", "0.75"));
    let Refusal::Full { budgets, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!((budgets[0].short, budgets[0].sums.held_over), (usd("0.25"), usd("2")));
    let words = refused.to_string();
    assert!(words.contains("$2 of it above what they are expected to cost"), "{words}");
    assert!(words.contains("$1 of it at assumed ceilings"), "{words}");
    desk.presume(&hold).unwrap();
    assert_eq!(desk.sums("a", Window::Day).held_over, NanoUsd::ZERO);
    desk.assert_balanced();
}

pub fn a_job_finds_its_hold(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "5");
    let (first, second) = (desk.hold("a", "1"), desk.hold("a", "1"));
    let (job, other) = (Job::new("fal", "1"), Job::new("bfl", "1"));
    assert_eq!(desk.ledger.find_job(&job).unwrap(), None);
    let set = desk.ledger.set_job(&first.id, &job, "app").unwrap();
    assert_eq!(set.job.as_ref(), Some(&job));
    let before = desk.everything();
    assert_eq!(desk.ledger.set_job(&first.id, &job, "app").unwrap(), set);
    assert!(matches!(desk.ledger.set_job(&first.id, &other, "app"), Err(Error::OtherJob { .. })));
    assert!(matches!(desk.ledger.set_job(&second.id, &job, "app"), Err(Error::OtherCall { .. })));
    let none = imgcost_ledger::HoldId::random();
    assert!(matches!(desk.ledger.set_job(&none, &other, "app"), Err(Error::NoHold(_))));
    assert_eq!(desk.everything(), before);
    assert_eq!(desk.ledger.find_job(&job).unwrap(), Some(set));
    // The same id at another provider is another job.
    desk.ledger.set_job(&second.id, &other, "app").unwrap();
    desk.presume(&first).unwrap();
    let settled = desk.ledger.settle_job(&job, usd("0.5"), None, "app").unwrap();
    assert_eq!((settled.hold.id, settled.before), (first.id.clone(), State::Presumed));
    assert!(matches!(
        desk.ledger.settle_job(&Job::new("fal", "2"), usd("1"), None, "app"),
        Err(Error::NoJob(_))
    ));
    let entry = desk.journal().into_iter().find(|entry| entry.event == Event::JobSet).unwrap();
    assert_eq!((entry.hold, entry.details.as_deref()), (Some(first.id), Some("fal 1")));
    desk.assert_balanced();
}

pub fn corrections_count_and_change_no_entry(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("team", Window::Month, "10");
    desk.budget("team/a", Window::Day, "2");
    desk.budget("team/a", Window::Week, "9");
    let hold = desk.hold("team/a", "1");
    desk.settle(&hold, "1").unwrap();
    let before = desk.journal();
    let credit = Adjustment::credit(scope("team/a"), usd("0.75"), "refunded", "boss");
    let booked = desk.ledger.adjust(&credit).unwrap();
    assert_eq!((booked.counts_at, booked.repeated), (desk.clock.now(), false));
    for (name, window) in [("team", Window::Month), ("team/a", Window::Day), ("team/a", Window::Week)] {
        assert_eq!(desk.sums(name, window).settled, usd("0.25"), "{name} {window}");
    }
    assert_eq!(desk.journal()[..before.len()], before[..]);
    assert_eq!(desk.ledger.find(&hold.id).unwrap().unwrap().cost, Some(usd("1")));
    // Not below nothing, and nothing is written then.
    let everything = desk.everything();
    match desk.ledger.adjust(&credit) {
        Err(Error::BadInput { field: "amount", why }) => {
            assert!(why.contains("only $0.25 is settled"), "{why}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.everything(), everything);
    // At another time, in the windows of that time; a key books it once.
    let bill = Adjustment::charge(scope("team/a"), usd("3"), "invoice", "boss")
        .at("2026-04-30T23:00:00.0000009Z".parse::<imgcost_ledger::Timestamp>().unwrap())
        .key("april");
    let booked = desk.ledger.adjust(&bill).unwrap();
    assert_eq!(booked.counts_at.to_string(), "2026-04-30T23:00:00Z");
    assert!(desk.ledger.adjust(&bill).unwrap().repeated);
    let mut other = bill.clone();
    other.correction = Correction::Credit;
    assert!(matches!(desk.ledger.adjust(&other), Err(Error::BadInput { field: "key", .. })));
    assert_eq!(desk.used("team", Window::Month), usd("0.25"));
    desk.clock.set("2026-04-30T23:30:00Z");
    assert_eq!(desk.used("team", Window::Month), usd("3"));
    // A charge counts like a bill, past a cap too, and alerts.
    desk.clock.set("2026-05-10T11:00:00Z");
    let more = Adjustment::charge(scope("team/a"), usd("1.8"), "more", "boss");
    assert_eq!(desk.ledger.adjust(&more).unwrap().alerts.len(), 1);
    assert!(desk.try_hold("team/a", "0").is_err());
    // Never in a window that is not open yet.
    let ahead = Adjustment::charge(scope("team/a"), usd("1"), "ahead", "boss");
    let ahead = ahead.at("2027-01-01T00:00:00Z".parse::<imgcost_ledger::Timestamp>().unwrap());
    assert_eq!(desk.ledger.adjust(&ahead).unwrap().counts_at, desk.clock.now());
    let entry = desk.journal().into_iter().find(|entry| entry.step.is_some()).unwrap();
    assert_eq!(
        (entry.event, entry.step.as_deref(), entry.amount),
        (Event::Charged, Some("april"), Some(usd("3")))
    );
    desk.assert_balanced();
}

pub fn a_late_call_is_booked_whatever_the_caps_are(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Hour, "1");
    let made_at = "2026-05-10T09:59:59Z".parse().unwrap();
    let new = new_hold("a/b", usd("5")).override_reason("ledger down, allowed").key("job 1");
    let settled = LateCall::new(new.clone(), made_at, Change::Settle { cost: usd("6"), usage: None });
    let booked = desk.ledger.book_late(&settled).unwrap();
    assert!(booked.hold.late && booked.hold.made_at == made_at && !booked.repeated);
    assert_eq!((booked.hold.state, booked.hold.overrun()), (State::Settled, usd("1")));
    assert_eq!(booked.hold.expires_at, made_at + SignedDuration::from_mins(10));
    assert!(desk.ledger.book_late(&settled).unwrap().repeated);
    let otherwise = LateCall::new(new, made_at, Change::Settle { cost: usd("7"), usage: None });
    assert!(matches!(desk.ledger.book_late(&otherwise), Err(Error::Conflict { .. })));
    // In the hour in which it was made, not in this one.
    assert_eq!(desk.used("a", Window::Hour), NanoUsd::ZERO);
    desk.clock.set("2026-05-10T09:30:00Z");
    assert_eq!(desk.used("a", Window::Hour), usd("6"));
    desk.clock.set("2026-05-10T10:30:00Z");
    let lost = new_hold("nowhere", usd("2")).override_reason("ledger down, allowed");
    let unknown =
        LateCall::new(lost, desk.clock.now(), Change::Presume { reason: "answered 503".to_owned() });
    let booked = desk.ledger.book_late(&unknown).unwrap().hold;
    // Usage that comes later settles it as any other.
    assert_eq!(desk.settle(&booked, "1").unwrap().before, State::Presumed);
    // One that the ledger had held after all gets its outcome.
    let held = new_hold("a", usd("0.5"));
    desk.ledger.hold(&held).unwrap();
    let late =
        LateCall::new(held.clone(), desk.clock.now(), Change::Settle { cost: usd("0.25"), usage: None });
    let booked = desk.ledger.book_late(&late).unwrap();
    assert!(!booked.hold.late && booked.hold.cost == Some(usd("0.25")), "{booked:?}");
    let mut other = late.clone();
    other.call.ceiling = usd("0.75");
    assert!(matches!(desk.ledger.book_late(&other), Err(Error::OtherCall { .. })));
    let free = LateCall::new(new_hold("a", usd("1")), made_at, Change::Release { reason: "free".to_owned() });
    assert!(matches!(desk.ledger.book_late(&free), Err(Error::BadInput { field: "outcome", .. })));
    let late: Vec<_> = desk.journal().into_iter().filter(|e| e.event.as_str().starts_with("late-")).collect();
    assert_eq!(late.iter().map(|e| e.event).collect::<Vec<_>>(), [Event::LateSettled, Event::LatePresumed]);
    assert_eq!(late[0].counts_at, Some(made_at));
    assert_eq!((late[0].amount, late[0].overrun), (Some(usd("6")), Some(usd("1"))));
    assert_eq!(late[0].reason.as_deref(), Some("ledger down, allowed"));
    desk.assert_balanced();
}

pub fn many_are_closed_by_what_they_have_in_common(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "500");
    let presumed = |scope: &str, reason: &str| {
        let hold = desk.hold(scope, "1");
        desk.ledger.presume(&hold.id, reason, "app").unwrap();
        hold
    };
    let early = presumed("a/x", "answered 503");
    desk.clock.set("2026-05-10T11:00:00Z");
    let outage: Vec<_> = (0..3).map(|_| presumed("a/x", "answered 503 overloaded")).collect();
    let kept = [presumed("a/x", "answered 500"), presumed("a/y", "answered 503"), early];
    let open = desk.hold("a/x", "1");
    let what = Filter::default()
        .state(State::Presumed)
        .scope(scope("a/x"))
        .since(desk.clock.now())
        .reason_like("answered 503");
    let free = Change::Release { reason: "outage".to_owned() };
    let mut closed = Vec::new();
    change_all(&*desk.ledger, &what, &free, "boss", &mut |changed| closed.push(changed.hold.id)).unwrap();
    assert_eq!(closed, outage.iter().map(|hold| hold.id.clone()).collect::<Vec<_>>());
    let state = |id| desk.ledger.find(id).unwrap().unwrap().state;
    assert!(kept.iter().all(|hold| state(&hold.id) == State::Presumed) && state(&open.id) == State::Held);
    let released: Vec<_> = desk.journal().into_iter().filter(|e| e.event == Event::Released).collect();
    assert!(
        released.len() == 3 && released.iter().all(|e| e.by == "boss" && e.before == Some(State::Presumed))
    );
    // Again: nothing is left to do. Without a state it is refused.
    change_all(&*desk.ledger, &what, &free, "boss", &mut |changed| panic!("{changed:?}")).unwrap();
    let all = Filter::default();
    assert!(matches!(change_all(&*desk.ledger, &all, &free, "b", &mut |_| ()), Err(Error::BadInput { .. })));
    let of_start = |start: &str| {
        let (mut found, what) = (Vec::new(), Filter::default().holds().id_start(start));
        let each = &mut |record| {
            if let Record::Hold(hold) = record {
                found.push(hold.id);
            }
            ControlFlow::Continue(())
        };
        desk.ledger.read(&what, each).unwrap();
        found
    };
    assert_eq!(of_start("h_").len(), 7);
    assert_eq!(of_start(open.id.as_str()), std::slice::from_ref(&open.id));
    assert_eq!(of_start(&open.id.as_str()[..33]), std::slice::from_ref(&open.id));
    desk.clock.set("2026-05-10T12:00:00Z");
    let mut expired = 0;
    presume_expired(&*desk.ledger, Some(&scope("a")), "past its time", "sweep", &mut |_| expired += 1)
        .unwrap();
    assert_eq!((expired, state(&open.id)), (1, State::Presumed));
    desk.assert_balanced();
}

pub fn entries_out_of_order_are_counted_and_no_fault(make: &Make<'_>) {
    let desk = Desk::open(make);
    desk.budget("a", Window::Day, "5");
    desk.hold("a", "1");
    assert_eq!(imgcost_ledger::audit(&*desk.ledger).unwrap().out_of_order, 0);
    desk.clock.set("2026-05-10T10:00:00Z");
    desk.hold("a", "1");
    let audit = imgcost_ledger::audit(&*desk.ledger).unwrap();
    assert_eq!((audit.out_of_order, audit.differences), (1, 0));
}
