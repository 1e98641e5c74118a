//! Searches with many interchangeable users: symmetry is bounded, the bound is named and changes no
//! answer, and a search ends soon after it is stopped.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::lockstep::CheckConfig;
use chatwarden::model::{
    Cast, CommandKind as K, EnumSet, Kind, Preset, Promise, Setup, SymmetryCut, UserSet,
};
use chatwarden_explore::suite::{self, SuiteConfig};
use chatwarden_explore::{
    ConformanceSearch, End, Engine, Exploration, MEMORY, PolicySearch, PromiseResult, SearchMonitor,
    StateEquivalence, explore, search_implementation,
};

/// The longest time until a search heeds that it is stopped. Tests on busy machines need some more.
const SOON: Duration = Duration::from_secs(3);

fn adults(count: usize, groups: usize) -> Setup {
    let mut cast = Cast::default();
    for _ in 0..count {
        cast.add(Kind::Adult, UserSet::EMPTY);
    }
    Setup { cast, groups, policy: Preset::AdderOnly.policy() }
}

fn kinds<const N: usize>(kinds: [K; N]) -> EnumSet<K> {
    kinds.into_iter().collect()
}

fn explored(search: &PolicySearch) -> Exploration {
    explore(search, &SearchMonitor::default())
}

#[test]
fn sixteen_adults_are_explored_with_a_bound_on_symmetry() {
    let search = PolicySearch { depth: Some(1), ..PolicySearch::new(adults(16, 1)) };
    let exploration = explored(&search);
    assert_eq!((exploration.end, exploration.renamings), (End::Depth, 2));
    assert_eq!(exploration.symmetry_cut, SymmetryCut { users: 14, groups: 0 });
    // All 16 owners with any of the others. The two who may change their names halve the blocks and the
    // groups, except for those that stay as they are when the two are swapped.
    let (blocks, groups) = (16 * 15, 16 << 15);
    let on_accounts = [K::Block, K::Unblock, K::Direct].len() as u64;
    assert_eq!(exploration.transitions, on_accounts * blocks + groups);
    let kept = |all: u64, kept: u64| all.midpoint(kept);
    assert_eq!(exploration.states, 1 + kept(blocks, 14 * 13) + kept(groups, 14 << 14));
}

#[test]
fn a_bound_on_symmetry_changes_no_answer() {
    let mut cast = Cast::default();
    let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    cast.add(Kind::Child, UserSet::of([ann]));
    (0..7).for_each(|_| {
        cast.add(Kind::Adult, UserSet::EMPTY);
    });
    let setup = Setup { cast, ..adults(0, 1) };
    let commands = kinds([K::Approve, K::Create, K::Leave]);
    let bounded = PolicySearch { commands, depth: Some(2), ..PolicySearch::new(setup) };
    let [plain, factored] =
        [Engine::Plain, Engine::Factored].map(|engine| explored(&PolicySearch { engine, ..bounded.clone() }));
    let all = explored(&PolicySearch { symmetry: false, ..bounded });
    for exploration in [&plain, &factored] {
        assert_eq!(exploration.symmetry_cut, SymmetryCut { users: 1, groups: 0 }, "720 of 5,040");
        assert_eq!((exploration.renamings, exploration.depth), (720, all.depth));
        assert_eq!(exploration.promises, all.promises);
    }
    assert_eq!((plain.states, plain.transitions), (factored.states, factored.transitions));
    assert_eq!(all.result_of(Promise::NoStrangers).length(), Some(2));
    assert!(all.symmetry_cut.is_none() && all.states > 5 * plain.states);
}

/// Stops a search after a while, and returns the time that it took to end.
fn time_to_stop<R>(search: impl FnOnce(&SearchMonitor) -> R) -> (R, Duration) {
    let monitor = SearchMonitor::default();
    std::thread::scope(|scope| {
        let stopper = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            monitor.stop();
            Instant::now()
        });
        let result = search(&monitor);
        let ended = Instant::now();
        let stopped = stopper.join().expect("it does not panic");
        (result, ended.saturating_duration_since(stopped))
    })
}

#[test]
fn the_engines_stop_within_a_state() {
    for engine in [Engine::Plain, Engine::Factored] {
        let search = PolicySearch { engine, coverage: true, ..PolicySearch::new(adults(16, 2)) };
        let (exploration, time) = time_to_stop(|monitor| explore(&search, monitor));
        assert_eq!(exploration.end, End::Stopped, "{engine:?}");
        assert!(time < SOON, "{engine:?} took {time:?}");
    }
}

/// With so many commands, the rest of a length is not judged when there is no room for more states.
#[test]
fn the_engines_end_soon_when_the_memory_is_used_up() {
    for engine in [Engine::Plain, Engine::Factored] {
        let all = PolicySearch { symmetry: false, ..PolicySearch::new(adults(12, 1)) };
        let search = PolicySearch { engine, memory: 1 << 20, ..all };
        let exploration = explored(&search);
        assert_eq!((exploration.end, exploration.depth, exploration.judged), (End::Memory, 0, Some(0)));
    }
    let few = PolicySearch { memory: 1 << 14, ..PolicySearch::new(adults(7, 1)) };
    let exploration = explored(&few);
    assert_eq!((exploration.end, exploration.judged), (End::Memory, Some(exploration.depth + 1)));
}

#[test]
fn a_promise_that_is_known_to_break_is_reported_without_its_trace_when_stopped() {
    let policy = Preset::MessengerKids2019.policy();
    let cast = chatwarden::format::BuiltInCast::Small.named_cast().cast;
    let search = PolicySearch { depth: Some(3), ..PolicySearch::new(Setup { cast, groups: 1, policy }) };
    let whole = explored(&search);
    let PromiseResult::Broken(trace) = whole.result_of(Promise::NoStrangers) else { panic!("it breaks") };
    assert_eq!(PromiseResult::BrokenUntraced(trace.len()).length(), Some(trace.len()));
    let monitor = SearchMonitor::default();
    monitor.stop();
    let stopped = explore(&search, &monitor);
    assert_eq!((stopped.end, stopped.judged), (End::Stopped, Some(0)));
    assert!(!stopped.is_any_broken(), "nothing was tried");
}

#[test]
fn a_suite_stops_within_a_state() {
    let config = SuiteConfig::new(adults(16, 1));
    let (_, time) = time_to_stop(|monitor| suite::build(&config, monitor));
    assert!(time < SOON, "{time:?}");
}

fn implementation_search(setup: Setup) -> ConformanceSearch {
    ConformanceSearch {
        setup,
        check: CheckConfig::of(&Memory::new().about()),
        actions: setup.bounds().well_typed(),
        depth: Some(1),
        equivalence: StateEquivalence::Product,
        symmetry: true,
        wanted: None,
        stop_at_first: false,
        jobs: NonZeroUsize::MIN,
        memory: MEMORY,
        deadline: None,
    }
}

fn searched(
    search: &ConformanceSearch,
    monitor: &SearchMonitor,
) -> chatwarden_explore::ConformanceSearchResult {
    let make = || Ok::<_, Failure>(Memory::new());
    search_implementation(search, &make, monitor, &mut |_| {}).expect("it can be copied")
}

#[test]
fn the_search_of_an_implementation_names_the_bound_and_stops_in_time_and_memory() {
    let setup = adults(9, 2);
    let bounded = searched(&implementation_search(setup), &SearchMonitor::default());
    assert_eq!((bounded.end, bounded.renamings), (End::Depth, 240));
    assert_eq!(bounded.symmetry_cut, SymmetryCut { users: 4, groups: 0 });

    let large = ConformanceSearch { depth: None, ..implementation_search(adults(13, 1)) };
    let (stopped, time) = time_to_stop(|monitor| searched(&large, monitor));
    assert_eq!(stopped.end, End::Stopped);
    assert!(time < SOON, "{time:?}");

    // The successors of the start alone do not fit.
    let small = ConformanceSearch { memory: 1 << 20, ..large };
    assert_eq!(searched(&small, &SearchMonitor::default()).end, End::Memory);
}
