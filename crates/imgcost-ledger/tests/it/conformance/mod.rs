//! One suite for every store: what a ledger promises, sentence by sentence.
//!
//! A file of tests names what makes an empty ledger:
//!
//! ```ignore
//! conformance!(|clock| Box::new(MemoryLedger::with_clock(clock)));
//! ```

#![allow(unreachable_pub)]

pub mod afterwards;
pub mod bounds;
pub mod budgets;
pub mod defaults;
pub mod journal;
pub mod states;
pub mod windows;

/// Makes a test of each behaviour over one store.
macro_rules! conformance {
    ($make:expr) => {
        conformance_tests! { $make;
            bounds {
                amounts_that_no_ledger_can_book_are_refused_whole,
                texts_outside_their_bounds_are_refused,
                the_largest_texts_come_back_as_they_were,
                nothing_is_free_to_hold_where_nothing_is_left,
            }
            budgets {
                every_level_and_window_must_have_room,
                the_last_nano_dollar_fits_and_no_more,
                a_zero_budget_admits_what_costs_nothing,
                a_path_without_a_budget_is_refused_with_the_nearest_name,
                unlimited_is_said_on_purpose_and_caps_nothing,
                a_cap_that_is_set_later_sees_earlier_spend,
                a_lowered_cap_admits_nothing_more,
                a_bill_above_its_ceiling_is_booked_in_full_and_closes_the_scope,
                after_a_bill_above_its_ceiling_what_is_left_of_the_cap_can_be_held,
                assumed_ceilings_are_counted_apart_and_can_be_refused,
                an_overridden_refusal_is_booked_with_its_reason,
                a_refusal_writes_nothing,
                setting_and_removing_give_back_what_was_there,
                siblings_do_not_share,
                status_shows_what_is_above_and_below,
                many_threads_never_cross_a_cap,
            }
            defaults {
                every_child_has_the_default_and_its_own_budget_wins,
                status_shows_the_children_under_a_default,
                a_default_alerts_for_each_child,
                an_ensured_budget_undoes_nothing,
                a_paused_scope_admits_nothing_and_says_who_and_why,
                a_week_has_what_its_days_have,
            }
            afterwards {
                what_is_known_of_a_call_comes_back,
                a_shortfall_says_how_much_is_held_above_what_is_expected,
                a_job_finds_its_hold,
                corrections_count_and_change_no_entry,
                a_late_call_is_booked_whatever_the_caps_are,
                many_are_closed_by_what_they_have_in_common,
                entries_out_of_order_are_counted_and_no_fault,
            }
            windows {
                hours_days_and_months_start_over,
                a_hold_counts_where_it_was_made_whatever_the_time_of_its_end,
                a_clock_that_is_set_back_fills_no_window_twice,
                a_refusal_has_the_time_when_there_is_room_again,
                expiry_changes_no_sum,
            }
            states {
                every_pair_of_states,
                the_same_change_again_is_no_change,
                another_change_on_a_settled_hold_changes_nothing,
                late_usage_on_a_released_hold_is_booked_and_marked,
                presumed_counts_the_ceiling_until_usage_comes,
                an_unknown_hold_is_said_to_be_none,
                the_same_id_or_key_gets_the_first_response,
                the_same_id_is_told_what_became_of_its_hold,
                the_same_key_for_another_call_is_an_error,
                a_key_whose_hold_is_closed_admits_no_second_call,
                a_hold_is_found_as_it_was_written,
            }
            journal {
                every_step_leaves_one_entry_with_who_and_why,
                alerts_are_told_once_a_period,
                another_cap_alerts_at_its_own_thresholds,
                filters_give_what_was_asked_for,
                a_tag_finds_its_holds_and_what_became_of_them,
                reading_stops_when_told,
                who_reads_may_use_the_ledger_meanwhile,
                inspection_finds_nothing_wrong,
            }
        }
    };
}

macro_rules! conformance_tests {
    ($make:expr; $($module:ident { $($name:ident,)* })*) => {
        $(mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let make = $make;
                    $crate::conformance::$module::$name(&make);
                }
            )*
        })*
    };
}
