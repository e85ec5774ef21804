//! What a policy lets in, and for how much.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::common::{self, books, builder, guard, guard_with, holds, only_hold, states, usd};
use imgcost_core::{Alternative, Date, Event as CallEvent, Outcome, Prompt, Quality, Request, Response};
use imgcost_guard::{Amount, Error, Event, Guard, HoldError, Mode, OnExceed, Policy, Rules, Spend};
use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, SignedDuration, State, Window};

fn request(guard: &Guard, n: u32) -> Request {
    let mut request = guard.request("gpt-image-2");
    request.quality = Some(Quality::High);
    request.size = Some("1024x1024".parse().unwrap());
    request.prompt = Some(Prompt::of_tokens(10));
    request.n = n;
    request
}

fn response(output: u64) -> Response {
    let mut response = Response::default();
    let usage = &mut response.usage;
    usage.input = Some(10);
    usage.text_input = Some(10);
    usage.output = Some(output);
    response
}

#[test]
fn a_call_is_held_at_its_ceiling_and_settled_by_its_usage() {
    let books = books("1");
    let hold = guard(&books).hold(&request(&guard(&books), 1)).unwrap();
    assert_eq!(hold.amount().usd(), hold.quoted().ceiling);
    assert_eq!(hold.left().unwrap().nano(), usd("1").nano() - hold.amount().nano());
    assert!(hold.quoted().id.starts_with("q_") && hold.refusal().is_none());
    let booked = hold.settle(&response(7024)).unwrap();
    assert_eq!((booked.state, booked.overrun.nano()), (State::Settled, 0));
    assert!(booked.amount <= hold.amount());
    // Saying it again changes nothing, saying something else is refused.
    assert_eq!(hold.settle(&response(7024)).unwrap(), booked);
    assert!(matches!(hold.release("why not"), Err(Error::Ledger(_))));
}

#[test]
fn what_would_fit_names_a_size_first_where_the_model_chooses_it() {
    let guard = guard(&books("0.30"));
    let mut asked = request(&guard, 1);
    asked.size = None;
    let error = guard.hold(&asked).unwrap_err().to_string();
    let (size, quality) = (error.find("would fit: size 1024x1024"), error.find("or quality"));
    assert!(size.is_some() && size < quality, "{error}");
    asked.size = Some("1024x1024".parse().unwrap());
    let _ = guard.hold(&asked).unwrap();
}

#[test]
fn a_refusal_says_what_would_fit() {
    let books = books("0.50");
    let guard = guard(&books);
    let error = guard.hold(&request(&guard, 4)).unwrap_err();
    let Error::Refused(refused) = &error else { panic!("{error:?}") };
    assert_eq!((refused.scope.as_str(), refused.left), ("team/alice", Some(usd("0.50"))));
    assert!(refused.ceiling > usd("0.84") && refused.quote.starts_with("q_"));
    assert!(matches!(
        error.fits(),
        [Alternative::Images { n: 2, .. }, Alternative::Quality { quality: Quality::Medium, .. }]
    ));
    let words = error.to_string();
    assert!(words.contains("would fit: n = 2 ($0.42") && words.contains("or quality medium"), "{words}");
    assert!(error.is_over_budget() && error.code() == "over-budget");
    assert!(states(&books).is_empty());
}

#[test]
fn a_scope_without_budget_is_denied() {
    let guard = guard(&books("1")).for_scope("teem".parse().unwrap());
    let error = guard.hold(&request(&guard, 1)).unwrap_err();
    assert!(error.code() == "no-budget" && error.to_string().contains("nearest: team"), "{error}");
}

#[test]
fn one_call_may_be_capped() {
    let books = books("100");
    let guard = guard_with(&books, Policy::default().per_call_cap("0.30".parse().unwrap()));
    guard.hold(&request(&guard, 1)).unwrap().release("test").unwrap();
    let error = guard.hold(&request(&guard, 2)).unwrap_err();
    assert!(error.code() == "over-call-cap" && error.to_string().contains("would fit: n = 1"), "{error}");
    assert_eq!(states(&books).len(), 1);
}

#[test]
fn a_policy_that_warns_books_the_call_and_tells() {
    let (books, notices) = (books("0.10"), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&notices);
    let policy = Policy::default().on_exceed(OnExceed::Warn).per_call_cap("0.01".parse().unwrap());
    let guard = builder(&books)
        .policy(policy)
        .on_event(common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string())))
        .build()
        .unwrap();
    let hold = guard.hold(&request(&guard, 1)).unwrap();
    assert_eq!(hold.refusal().unwrap().code(), "over-budget");
    assert_eq!(only_hold(&books).state, State::Held);
    let notices = notices.lock().unwrap().join("\n");
    for words in ["one call may cost $0.01", "over budget", "100 % of its budget"] {
        assert!(notices.contains(words), "{words}: {notices}");
    }
}

#[test]
fn a_policy_that_asks_does_as_it_is_told() {
    for (yes, state) in [(true, Some(State::Held)), (false, None)] {
        let (books, asked) = (books("0.10"), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        let ask = OnExceed::ask(move |error| {
            assert!(error.is_over_budget());
            count.fetch_add(1, Ordering::SeqCst);
            yes
        });
        let guard = guard_with(&books, Policy::default().on_exceed(ask));
        assert_eq!(guard.hold(&request(&guard, 1)).is_ok(), yes);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(states(&books).first().copied(), state);
    }
}

#[test]
fn a_model_without_a_price_is_denied_unless_it_is_named_with_an_amount() {
    let books = books("1");
    let policy = Policy::default().allow_unpriced("my-fine-tune", "0.10".parse().unwrap());
    let (plain, allowing) = (guard(&books), guard_with(&books, policy));
    let request = plain.request("my-fine-tune");
    assert_eq!(plain.hold(&request).unwrap_err().code(), "unknown-model");
    let hold = allowing.hold(&request).unwrap();
    assert_eq!(hold.amount(), usd("0.10"));
    let row = only_hold(&books);
    assert!(row.assumed && row.quote == "unpriced:my-fine-tune");
    assert_eq!(hold.settle(&response(1)).unwrap().amount, usd("0.10"));
    assert_eq!(allowing.hold(&plain.request("my-fine-tone")).unwrap_err().code(), "unknown-model");
}

#[test]
fn a_prompt_is_needed_or_assumed() {
    let books = books("1");
    let guard_assuming = guard_with(&books, Policy::default().assume_prompt_tokens(100));
    let mut request = request(&guard_assuming, 1);
    request.prompt = None;
    let error = guard(&books).hold(&request).unwrap_err();
    assert!(
        matches!(&error, Error::HoldError { why: HoldError::NoPrompt, .. }) && error.code() == "no-prompt"
    );
    let assumed = guard_assuming.hold(&request).unwrap();
    request.prompt = Some(Prompt::of_tokens(100));
    assert_eq!(assumed.amount(), guard(&books).hold(&request).unwrap().amount());
}

#[test]
fn the_expected_amount_may_be_held_instead() {
    let books = books("5");
    let guard = guard_with(&books, Policy::default().amount(Amount::Expected));
    let mut request = request(&guard, 1);
    request.model = "gpt-image-1.5".to_owned();
    let hold = guard.hold(&request).unwrap();
    assert_eq!(Some(hold.amount().usd()), hold.quoted().expected);
    assert!(hold.amount().usd() < hold.quoted().ceiling && only_hold(&books).assumed);
}

#[test]
fn attempts_multiply_what_is_held() {
    let books = books("1");
    let one = guard(&books).hold(&request(&guard(&books), 1)).unwrap();
    let policy = Policy::default().attempts(NonZeroU32::new(3).unwrap());
    let three = guard_with(&books, policy).hold(&request(&guard(&books), 1)).unwrap();
    assert_eq!(three.amount().nano(), 3 * one.amount().nano());
    assert_eq!(three.quoted().ceiling, one.quoted().ceiling);
}

#[test]
fn attempts_before_the_one_that_responses_are_booked_at_their_ceilings() {
    let books = books("5");
    let one = guard(&books).hold(&request(&guard(&books), 1)).unwrap();
    let (ceiling, cost) = (one.amount().nano(), one.settle(&response(7024)).unwrap().amount.nano());
    let policy = Policy::default().attempts(NonZeroU32::new(3).unwrap());
    let guard = guard_with(&books, policy);
    // Nobody says how many there were: all that are held for may have been billed.
    for (made, earlier) in [(None, 2), (Some(1), 0), (Some(2), 1), (Some(4), 3)] {
        let hold = guard.hold(&request(&guard, 1)).unwrap();
        if let Some(made) = made {
            hold.attempts_made(NonZeroU32::new(made).unwrap());
        }
        let booked = hold.settle(&response(7024)).unwrap();
        assert_eq!((booked.state, booked.amount.nano()), (State::Settled, cost + earlier * ceiling));
        assert_eq!(hold.settle(&response(7024)).unwrap(), booked);
    }
}

#[test]
fn a_failure_of_the_only_attempt_that_was_made_is_free() {
    let free = Outcome::new(CallEvent::Response, Some(429), None, None);
    for (made, state) in [(1, State::Released), (2, State::Presumed)] {
        let books = books("1");
        let policy = Policy::default().attempts(NonZeroU32::new(3).unwrap());
        let guard = guard_with(&books, policy);
        let hold = guard.hold(&request(&guard, 1)).unwrap();
        hold.attempts_made(NonZeroU32::new(made).unwrap());
        assert_eq!(hold.failed(&free).unwrap().state, state);
    }
}

#[test]
fn a_failed_call_goes_by_the_providers_rules() {
    let free = Outcome::new(CallEvent::Response, Some(429), None, None);
    let lost = Outcome::new(CallEvent::NoResponse, None, None, None);
    for (strict, outcome, state) in [
        (false, free, State::Released),
        (true, free, State::Presumed),
        (false, lost, State::Presumed),
        (true, lost, State::Presumed),
    ] {
        let books = books("1");
        let guard = guard_with(&books, Policy::default().strict_outcomes(strict));
        let booked = guard.hold(&request(&guard, 1)).unwrap().failed(&outcome).unwrap();
        assert_eq!(booked.state, state);
        assert!(booked.reason.unwrap().contains("by the rule of openai (assumed)"));
    }
}

#[test]
fn a_hold_that_is_dropped_stays_and_expires() {
    let books = books("1");
    let guard = guard_with(&books, Policy::default().expires_in(SignedDuration::from_secs(90)));
    drop(guard.hold(&request(&guard, 1)).unwrap());
    let row = only_hold(&books);
    assert_eq!(row.state, State::Held);
    assert_eq!(row.expires_at.duration_since(row.made_at), SignedDuration::from_secs(90));
    assert!(row.has_expired(row.made_at + SignedDuration::from_secs(91)));
}

#[test]
fn usage_that_comes_late_settles_what_was_presumed() {
    let books = books("1");
    let hold = guard(&books).hold(&request(&guard(&books), 1)).unwrap();
    assert_eq!(hold.presume("the response was lost").unwrap().amount, hold.amount());
    assert_eq!(hold.settle(&response(7024)).unwrap().state, State::Settled);
}

#[test]
fn an_overrun_is_told() {
    let (books, told) = (books("1"), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&told);
    let guard = builder(&books)
        .on_event(move |event| {
            if let Event::Overrun { overrun, cost, .. } = event {
                assert!(overrun < cost);
                count.fetch_add(1, Ordering::SeqCst);
            }
        })
        .build()
        .unwrap();
    let hold = guard.hold(&request(&guard, 1)).unwrap();
    assert!(hold.settle(&response(20_000)).unwrap().overrun.nano() > 0);
    hold.settle(&response(20_000)).unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn a_budget_of_proven_ceilings_takes_no_assumed_one() {
    let books = Arc::new(MemoryLedger::new());
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Unlimited);
    books.set_budget(&budget.allow_assumed_ceiling(false), "test").unwrap();
    let books: common::Books = books;
    let guard = guard_with(&books, Policy::default().allow_unpriced("x", "0.10".parse().unwrap()));
    assert_eq!(guard.hold(&guard.request("x")).unwrap_err().code(), "assumed-ceiling");
    // A field that is not known may have a price, so that the ceiling is assumed as well.
    let body = br#"{"model":"gpt-image-2","prompt":"a","size":"1024x1024","quality":"low","upscale":8}"#;
    let error = guard.before("/v1/images/generations", None, body).unwrap_err();
    assert_eq!(error.code(), "assumed-ceiling");
}

/// A guard on a day, with a budget that takes proven ceilings only, and what it tells.
fn proven_only_on(day: Date, policy: Policy) -> (Guard, Arc<Mutex<Vec<String>>>) {
    let books = Arc::new(MemoryLedger::new());
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Unlimited);
    books.set_budget(&budget.allow_assumed_ceiling(false), "test").unwrap();
    let (books, told): (common::Books, _) = (books, Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&told);
    let tell = common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string()));
    (builder(&books).policy(policy).day(move || day).on_event(tell).build().unwrap(), told)
}

#[test]
fn old_prices_are_told_once_a_day_and_noted_on_every_quote() {
    // Ten years after the built-in book was checked.
    let (guard, told) = proven_only_on(Date::constant(2036, 1, 1), Policy::default());
    for _ in 0..3 {
        let hold = guard.hold(&request(&guard, 1)).unwrap();
        let notes = &hold.quoted().notes;
        assert!(notes.iter().any(|note| note.code == "prices-old"), "{notes:?}");
        // No age makes a ceiling assumed unless the policy says so.
        hold.release("test").unwrap();
    }
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("prices of openai for 2036-01-01 were last checked on 20"), "{told:?}");
}

#[test]
fn a_day_on_which_prices_are_fresh_is_told_nothing() {
    let (guard, told) = proven_only_on(common::TODAY, Policy::default().max_book_age(60));
    let hold = guard.hold(&request(&guard, 1)).unwrap();
    assert!(!hold.quoted().notes.iter().any(|note| note.code == "prices-old"));
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn prices_older_than_the_policy_takes_make_ceilings_assumed() {
    let checked = imgcost_guard::built_in_book().provider("openai").unwrap().checked;
    for (age, refused) in [(10, false), (11, true)] {
        let day = checked.checked_add(SignedDuration::from_hours(24 * age)).unwrap();
        let (guard, told) = proven_only_on(day, Policy::default().max_book_age(10));
        let held = guard.hold(&request(&guard, 1));
        assert_eq!(held.err().map(|error| error.code()), refused.then_some("assumed-ceiling"));
        assert_eq!(told.lock().unwrap().len(), usize::from(refused));
    }
}

#[test]
fn errors_can_be_sent_and_shared() {
    fn is<T: Send + Sync + 'static>() {}
    is::<Error>();
    is::<Guard>();
    is::<imgcost_guard::Hold>();
    is::<imgcost_guard::Call>();
    is::<imgcost_guard::ResponseObserver>();
}

#[test]
fn a_policy_file_decides_about_calls_as_about_rows() {
    let rules = "max_per_call = \"0.10\"\nforbid_auto = true\n\n[[exception]]\nrule = \"max-per-call\"\n\
                 id = \"hero-*\"\nreason = \"it is printed\"\n";
    let policy = |mode| Policy::default().mode(mode).rules(Rules::read("policy.toml", rules).unwrap());
    let books = books("10");
    let guard = guard_with(&books, policy(Mode::Enforce));
    let mut asked = guard.request("gpt-image-2");
    asked.prompt = Some(Prompt::of_tokens(9));
    asked.size = Some("1024x1024".parse().unwrap());
    let error = guard.hold(&asked).unwrap_err();
    assert_eq!(error.code(), "forbidden");
    for words in ["policy.toml", "quality", "allowed: low, medium, high", "(auto)", "(max-per-call)"] {
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    assert!(holds(&books).is_empty());
    asked.quality = Some(Quality::High);
    let error = guard.hold(&asked).unwrap_err().to_string();
    assert!(error.contains("max-per-call") && !error.contains("(auto)"), "{error}");
    // The exception covers it by the key of the call.
    let hero = guard.spending(Spend::new().key("hero-1"));
    assert_eq!(hero.hold(&asked).unwrap().amount(), only_hold(&books).ceiling);
    asked.quality = Some(Quality::Low);
    let _ = guard.hold(&asked).unwrap();
    let observing = guard_with(&books, policy(Mode::Observe));
    asked.quality = Some(Quality::High);
    let _ = observing.hold(&asked).unwrap();
}
