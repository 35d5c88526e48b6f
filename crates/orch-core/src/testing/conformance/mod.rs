//! The suite that every store passes: one case a promise. A case reads as a transcript and panics where the promise is broken.
//!
//! An adapter brings a function that opens a fresh, empty store on a clock, and lists the suite with
//! [`store_conformance!`](crate::store_conformance).

#![allow(clippy::missing_panics_doc, reason = "each case panics where a promise is broken; that is what it is for")]

pub mod artifact;
pub mod bench;
pub mod bug;
pub mod clock;
pub mod concurrency;
pub mod event;
pub mod fact;
pub mod idempotency;
pub mod log;
pub mod ready;
pub mod search;
pub mod session;
pub mod sprint;
pub mod task;

pub use bench::Bench;

use crate::store::Store;

/// What the function that opens a store hands back: a store; or perhaps none, where a machine lacks what it needs.
pub trait Opened {
    /// The store.
    type Store: Store;

    /// The store, if there is one. Without it a case is left out; whoever hands back none says so aloud.
    fn store(self) -> Option<Self::Store>;
}

impl<S: Store> Opened for S {
    type Store = S;

    fn store(self) -> Option<S> {
        Some(self)
    }
}

impl<S: Store> Opened for Option<S> {
    type Store = S;

    fn store(self) -> Self {
        self
    }
}

/// Lists the suite as tests, one `#[tokio::test]` a case, in a module for each port. The caller's crate needs `tokio`
/// with the feature `macros`.
///
/// The argument is the name of an `async fn(Arc<StepClock>) -> impl Opened`, in scope where the macro stands, that opens a
/// fresh and empty store which lives by the clock.
///
/// ```ignore
/// async fn open(clock: Arc<StepClock>) -> MemoryStore {
///     MemoryStore::new(clock)
/// }
/// orch_core::store_conformance!(open);
/// ```
///
/// The cases about the clock can be left out, for a store that lives by a clock of its own: `store_conformance!(open, always)`.
///
/// A store that has an index for searches adds its cases: `store_conformance!(open, always, stepped, search)`.
///
/// JSON comes back equal, but no case asks for an order of the keys of an object: not every database keeps one.
#[macro_export]
macro_rules! store_conformance {
    ($open:ident) => {
        $crate::store_conformance!($open, always, stepped);
    };
    ($open:ident, $($group:ident),+) => {
        $($crate::store_conformance!(@$group $open);)+
    };
    (@always $open:ident) => {
        $crate::store_conformance!(@cases $open, task, task,
            a_given_code_is_kept,
            codes_are_given_out_in_order_and_never_again,
            codes_that_differ_in_case_are_different,
            a_taken_code_reaches_the_decision,
            creating_over_a_task_is_a_conflict,
            a_missing_task_reaches_the_decision,
            a_refusal_writes_nothing,
            a_change_without_facts_writes_nothing,
            every_field_comes_back,
            any_text_comes_back,
            any_json_comes_back,
            a_null_in_a_change_removes_the_key,
            related_tasks_are_seen,
            whoever_waits_for_the_target_is_seen,
            tasks_are_filtered,
            tasks_come_in_windows,
        );
        $crate::store_conformance!(@cases $open, ready, ready,
            the_best_comes_first,
            only_pending_tasks_are_ready,
            a_task_waits_until_all_before_it_are_completed,
            a_live_lease_hides_a_task,
            ready_tasks_come_in_windows,
        );
        $crate::store_conformance!(@cases $open, sprint, sprint,
            codes_are_given_out_in_order_and_never_again,
            a_sprint_comes_back,
            a_change_is_kept,
            a_taken_code_reaches_the_decision,
            a_missing_sprint_reaches_the_decision,
            a_refusal_writes_nothing,
            a_change_without_facts_writes_nothing,
            sprints_come_in_windows,
            a_task_and_a_sprint_may_share_a_code,
        );
        $crate::store_conformance!(@cases $open, session, session,
            a_session_is_found_by_its_key,
            a_session_follows_its_task,
            a_restart_leaves_both_sessions,
            the_template_is_pinned,
            a_decision_sees_the_template_if_it_asks,
            a_taken_key_is_a_conflict,
            sessions_are_filtered,
            sessions_come_in_windows,
        );
        $crate::store_conformance!(@cases $open, artifact, artifact,
            contents_come_back_byte_for_byte,
            the_last_content_counts,
            names_are_those_of_one_task,
            several_come_with_one_change,
            a_refused_change_saves_none,
        );
        $crate::store_conformance!(@cases $open, event, event,
            ids_rise_and_numbers_have_no_gap,
            every_field_comes_back,
            events_are_filtered,
            filters_are_added_up,
            a_cursor_sees_each_event_once,
            limits_are_taken_as_they_are,
            an_operation_marks_all_its_events,
            times_are_whole_microseconds,
        );
        $crate::store_conformance!(@cases $open, log, log,
            the_fold_of_the_log_is_the_state,
        );
        $crate::store_conformance!(@cases $open, idempotency, idempotency,
            the_same_key_gives_the_same_answer,
            a_key_of_another_request_is_refused,
            a_refusal_is_not_kept,
            a_change_without_facts_is_kept,
            a_creation_is_not_repeated,
            a_sprint_is_not_repeated,
            a_key_outlives_later_changes,
            later_changes_of_the_operation_do_not_count,
        );
        $crate::store_conformance!(@cases $open, bug, bug,
            a_bug_comes_back,
            an_occurrence_counts,
            a_loose_key_finds_the_only_open_bug,
            reports_at_once_are_met_one_after_the_other,
            a_resolved_bug_comes_back,
            merged_bugs_count_as_one,
            a_merged_bug_keeps_its_keys,
            a_taken_hash_is_a_conflict,
            a_refusal_writes_nothing,
            the_same_key_counts_once,
            bugs_are_filtered_and_ordered,
            like_bugs_are_found,
            many_loggers_count_exactly,
        );
        $crate::store_conformance!(@cases $open, concurrency, concurrency,
            no_change_is_lost,
            no_code_is_given_out_twice,
            one_key_has_one_effect,
            one_session_key_starts_one_session,
            a_task_is_claimed_once,
            no_circle_is_closed,
            a_reader_sees_whole_changes,
        );
    };
    (@stepped $open:ident) => {
        $crate::store_conformance!(@cases $open, clock, clock,
            the_clock_of_the_store_counts,
            a_time_is_cut_to_microseconds,
            a_lease_ends_by_the_clock,
            a_clock_that_goes_back_does_not_turn_back_a_task,
            order_is_that_of_creation_not_of_the_clock,
            events_are_filtered_by_time,
        );
    };
    (@search $open:ident) => {
        $crate::store_conformance!(@cases $open, search, search,
            one_of_each_list_is_asked_for,
            nothing_comes_from_outside_of_a_scope,
            a_bug_belongs_to_its_task,
            a_sprint_has_the_tasks_that_are_in_it,
            candidates_are_filtered,
            words_are_looked_up,
            any_text_may_be_asked_for,
            what_was_written_is_found_at_once,
            documents_are_the_events,
            events_are_counted,
            the_position_follows_the_log,
        );
    };
    (@cases $open:ident, $module:ident, $port:ident, $($case:ident,)+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let clock = $crate::testing::StepClock::new($crate::testing::fixture::now());
                    let clock = ::std::sync::Arc::new(clock);
                    let opened = super::$open(::std::sync::Arc::clone(&clock)).await;
                    let Some(store) = $crate::testing::conformance::Opened::store(opened) else { return };
                    let bench = $crate::testing::conformance::Bench::new(store, clock);
                    $crate::testing::conformance::$port::$case(&bench).await;
                }
            )+
        }
    };
}

#[cfg(test)]
mod in_memory {
    use std::sync::Arc;

    use crate::testing::{MemoryStore, StepClock};

    async fn open(clock: Arc<StepClock>) -> MemoryStore {
        MemoryStore::new(clock)
    }

    crate::store_conformance!(open, always, stepped, search);
}
