//! The search of an implementation: shortest traces, counts, hidden memory, and implementations that cannot
//! be copied or fail.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use chatwarden::adapter::fault::{Family, Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure, Fidelity};
use chatwarden::finding::{Identity, Verdict};
use chatwarden::lockstep::{CheckConfig, run};
use chatwarden::model::{
    Bounds, Command, CommandKind, NamedEnum, Preset, Renaming, Setup, State, SymmetryGroup, decide, step,
};
use chatwarden_explore::{
    ConformanceSearch, ConformanceSearchResult, Counterexample, End, SearchMonitor, StateEquivalence,
    search_implementation,
};

use systems::{Log, Logged, Tiring, Unsteady};

use chatwarden_test_support::{FastSet, PLAIN, SAM, alphabet, plain_faults, setup_for, small, true_minima};

mod systems;

const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
const TRACKED: StateEquivalence = StateEquivalence::Tracked { paths: NonZeroUsize::MIN };

/// A search over the product, on one core, for everything and without a bound.
fn search(setup: Setup) -> ConformanceSearch {
    ConformanceSearch {
        setup,
        check: CheckConfig::of(&Memory::new().about()),
        actions: alphabet(&setup),
        depth: None,
        equivalence: StateEquivalence::Product,
        symmetry: true,
        wanted: None,
        stop_at_first: false,
        jobs: NonZeroUsize::MIN,
        memory: 1 << 30,
        deadline: None,
    }
}

fn result_of(search: &ConformanceSearch, fault: Option<Fault>) -> ConformanceSearchResult {
    let make = || Ok(fault.map_or_else(Memory::new, Memory::with_fault));
    search_implementation(search, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts")
}

/// The length of the shortest trace of each identity; each trace is executed once more.
fn lengths<A: Adapter>(
    search: &ConformanceSearch,
    result: &ConformanceSearchResult,
    make: impl Fn() -> Result<A, Failure>,
) -> BTreeMap<Identity, usize> {
    let length = |found: &Counterexample| {
        let again = run(&mut make().expect("it starts"), search.check, &search.setup, &found.commands);
        assert_eq!(again.as_ref(), Some(&found.finding));
        (found.finding.identity(), found.commands.len())
    };
    result.found.iter().map(length).collect()
}

#[test]
fn every_fault_has_the_shortest_traces_of_an_enumeration() {
    for fault in plain_faults() {
        let began = Instant::now();
        let search = ConformanceSearch { stop_at_first: true, ..search(setup_for(fault)) };
        let result = result_of(&search, Some(fault));
        let took = began.elapsed();
        let make = || Ok(Memory::with_fault(fault));
        let lengths = lengths(&search, &result, make);
        println!("{fault:<30} {:>7} commands, {took:.1?}", result.executed);
        let wanted = lengths.keys().copied().collect();
        // The search reports findings by what heads them.
        let truth = true_minima(fault, &wanted, |finding| vec![finding.identity()]);
        assert_eq!(lengths, truth, "{fault}");
        assert_eq!(result.end, End::First);
        is_the_only_one_wanted(&search, fault, &result.found[0]);
    }
}

/// These faults are too deep for the enumeration, but not for a search by copies of the service.
#[test]
fn no_trace_shorter_than_the_catalogue_says_shows_a_deep_fault() {
    let deep = |fault: &&Fault| fault.cast() == FaultCast::Small && fault.min_length() > PLAIN;
    for &fault in Fault::ALL.iter().filter(deep) {
        let shorter = ConformanceSearch { depth: Some(fault.min_length() - 1), ..search(setup_for(fault)) };
        let result = result_of(&shorter, Some(fault));
        println!("{fault:<30} {} commands in {} states", result.executed, result.states);
        assert_eq!((result.found.len(), result.end), (0, End::Depth), "{fault}");
    }
}

/// A search for this finding alone finds the same, and nothing in shorter traces.
fn is_the_only_one_wanted(search: &ConformanceSearch, fault: Fault, first: &Counterexample) {
    let (length, wanted) = (first.commands.len(), Some(first.finding.identity()));
    let again = result_of(&ConformanceSearch { wanted, depth: Some(length), ..search.clone() }, Some(fault));
    assert_eq!((again.found.as_slice(), again.end), (std::slice::from_ref(first), End::First), "{fault}");
    let shorter =
        result_of(&ConformanceSearch { wanted, depth: Some(length - 1), ..search.clone() }, Some(fault));
    assert_eq!((shorter.found.len(), shorter.end), (0, End::Depth), "{fault}");
}

#[test]
fn the_number_of_jobs_changes_nothing_and_symmetry_no_length() {
    for fault in
        [Fault::JoinUnchecked, Fault::RevokeFirstGroupOnly, Fault::LastMemberSkipped, Fault::BlockOneWay]
    {
        let make = || Ok(Memory::with_fault(fault));
        for equivalence in [StateEquivalence::Product, TRACKED] {
            let one = ConformanceSearch { equivalence, depth: Some(4), ..search(setup_for(fault)) };
            let found = result_of(&one, Some(fault));
            assert_eq!(
                found,
                result_of(&ConformanceSearch { jobs: TWO, ..one.clone() }, Some(fault)),
                "{fault}"
            );
            let without = ConformanceSearch { symmetry: false, ..one.clone() };
            let unreduced = result_of(&without, Some(fault));
            println!(
                "{fault}: {} states, {} without symmetry, {:?}",
                found.states,
                unreduced.states,
                found.found.len()
            );
            assert_eq!(lengths(&one, &found, make), lengths(&without, &unreduced, make), "{fault}");
        }
    }
}

/// A small setup.
fn closed() -> Setup {
    small(Preset::MessengerKids.policy(), 1)
}

fn closed_actions() -> Vec<Command> {
    use CommandKind as K;
    let commands =
        [K::Approve, K::Revoke, K::Create, K::Invite, K::Leave, K::Ban, K::Message].into_iter().collect();
    Bounds { commands, ..closed().bounds() }.well_typed()
}

/// The numbers of reachable states, of their orbits and of the transitions, by trying all actions in each
/// state.
fn enumerated_counts(setup: &Setup, actions: &[Command]) -> (u64, u64, u64) {
    let start: State = setup.start();
    let mut known = FastSet::from_iter([start]);
    let mut rest = vec![start];
    let mut transitions = 0;
    while let Some(state) = rest.pop() {
        for command in actions {
            let mut after = state;
            if step(&mut after, &setup.policy, command).decision.is_allowed() {
                transitions += 1;
                if known.insert(after) {
                    rest.push(after);
                }
            }
        }
    }
    let renamings = SymmetryGroup::keeping(&setup.cast, setup.groups, 1000).renamings;
    let mut orbits: FastSet<State> = FastSet::default();
    for state in &known {
        if !renamings.iter().any(|renaming| orbits.contains(&renaming.state(state))) {
            orbits.insert(*state);
        }
    }
    (known.len() as u64, orbits.len() as u64, transitions)
}

#[test]
fn the_service_without_a_fault_conforms_in_every_state() {
    let (states, orbits, transitions) = enumerated_counts(&closed(), &closed_actions());
    println!("{states} states, {orbits} orbits, {transitions} transitions");
    let all = ConformanceSearch { actions: closed_actions(), symmetry: false, ..search(closed()) };
    for equivalence in [StateEquivalence::Product, TRACKED] {
        let result = result_of(&ConformanceSearch { equivalence, ..all.clone() }, None);
        assert_eq!((result.states, result.allowed, result.end), (states, transitions, End::Complete));
        assert!(result.found.is_empty());
        assert_eq!(result.allowed + result.refused, states * all.actions.len() as u64);
    }
    let result = result_of(&ConformanceSearch { equivalence: TRACKED, symmetry: true, ..all }, None);
    assert_eq!((result.states, result.end), (orbits, End::Complete));
    assert!(result.found.is_empty());
}

/// The fault remembers former members, which cannot be observed. If sam launches every group and never
/// leaves, each state in which that matters can also be reached without it, by a shorter trace.
#[test]
fn hidden_memory_escapes_one_trace_to_each_state_and_not_three() {
    let fault = Fault::RejoinUnchecked;
    let mut actions = closed_actions();
    actions.retain(|command| match command.kind() {
        CommandKind::Create => command.by() == SAM,
        CommandKind::Leave => command.by() != SAM,
        _ => true,
    });
    let search = ConformanceSearch { actions, stop_at_first: true, ..search(closed()) };
    let found = |equivalence| {
        let result = result_of(&ConformanceSearch { equivalence, ..search.clone() }, Some(fault));
        println!("{equivalence:?}: {} states, {:?}", result.states, result.end);
        (result.end, result.found.first().map(|found| found.commands.len()))
    };
    let paths = |paths| StateEquivalence::Tracked { paths: NonZeroUsize::new(paths).expect("some") };
    assert_eq!(found(paths(1)), (End::Complete, None));
    assert_eq!(found(paths(2)), (End::Complete, None));
    assert_eq!(found(paths(3)), (End::First, Some(5)));
    assert_eq!(found(StateEquivalence::Product), (End::First, Some(5)));
}

/// One of each set of pairs that differ by a permutation.
fn up_to_permutation(setup: &Setup, log: &Log) -> FastSet<(State, Command)> {
    let renamings = SymmetryGroup::keeping(&setup.cast, setup.groups, 1000).renamings;
    let mut found = FastSet::default();
    for (state, command) in log.lock().expect("no test panics with it").iter() {
        let image = |renaming: &Renaming| (renaming.state(state), renaming.command(command));
        if !renamings.iter().any(|renaming| found.contains(&image(renaming))) {
            found.insert((*state, *command));
        }
    }
    found
}

/// Whether an image of each pair is among the others.
fn is_covered(setup: &Setup, pairs: &FastSet<(State, Command)>, others: &FastSet<(State, Command)>) -> bool {
    let renamings = SymmetryGroup::keeping(&setup.cast, setup.groups, 1000).renamings;
    pairs.iter().all(|(state, command)| {
        renamings.iter().any(|renaming| others.contains(&(renaming.state(state), renaming.command(command))))
    })
}

#[test]
fn a_walk_tries_what_a_search_by_copies_tries_with_few_resets() {
    for (groups, depth, kinds) in [(1, None, Some(closed_actions())), (2, Some(3), None), (1, Some(4), None)]
    {
        let setup = small(Preset::MessengerKids.policy(), groups);
        let actions = kinds.unwrap_or_else(|| setup.bounds().well_typed());
        let search = ConformanceSearch { actions, depth, equivalence: TRACKED, ..search(setup) };
        let began = Instant::now();
        let tried = [true, false].map(|copies| {
            let log = Log::default();
            let make = || Ok(Logged::new(Memory::new(), setup, &log, copies));
            let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})
                .expect("the service starts");
            println!("{:?}", began.elapsed());
            (up_to_permutation(&setup, &log), result)
        });
        let [(forked, over_copies), (walked, walk)] = tried;
        assert!(is_covered(&setup, &forked, &walked), "something was not tried");
        if depth.is_none() {
            assert_eq!(forked.len(), walked.len());
        }
        assert_eq!(
            (walk.states, walk.depth, walk.end),
            (over_copies.states, over_copies.depth, over_copies.end)
        );
        // A group is launched once after a reset, so each launch needs a reset, except for those of other
        // groups.
        let launches = forked.iter().filter(|(state, command)| {
            command.kind() == CommandKind::Create && decide(state, &setup.policy, command).is_allowed()
        });
        let (least, tried) = (launches.count() / groups, walk.allowed + walk.refused);
        println!(
            "{} states, {tried} commands tried, {} executed, {} resets (at least {least})",
            walk.states, walk.executed, walk.resets
        );
        assert!(walk.resets * 30 < tried, "{} resets for {tried} commands", walk.resets);
        assert!(walk.executed < tried * 3 / 2, "{} executed for {tried}", walk.executed);
    }
}

/// For the first fault of each family that three commands show.
#[test]
fn a_walk_finds_traces_of_the_same_length() {
    let short: Vec<Fault> = plain_faults().into_iter().filter(|fault| fault.min_length() <= 3).collect();
    let first = |family: &Family| short.iter().copied().find(|fault| fault.family() == *family);
    let faults: Vec<Fault> = Family::ALL.iter().filter_map(first).collect();
    assert!(faults.len() >= 8, "{faults:?}");
    for fault in faults {
        let setup = small(fault.policy(), 1);
        for (stop_at_first, equivalence, has_fingerprint) in
            [(true, TRACKED, false), (false, StateEquivalence::Product, true)]
        {
            let search = ConformanceSearch { stop_at_first, equivalence, depth: Some(3), ..search(setup) };
            let [forked, walked] = [true, false].map(|copies| {
                let log = Log::default();
                let make = || {
                    Ok(Logged {
                        has_fingerprint,
                        ..Logged::new(Memory::with_fault(fault), setup, &log, copies)
                    })
                };
                let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})
                    .expect("the service starts");
                let lengths = lengths(&search, &result, make);
                (lengths, result.states)
            });
            for (identity, length) in &forked.0 {
                assert_eq!(walked.0.get(identity), Some(length), "{fault}: {identity}");
            }
        }
    }
}

#[test]
fn without_equivalence_every_trace_is_executed_after_a_reset() {
    let fault = Fault::JoinUnchecked;
    let setup = small(fault.policy(), 1);
    let search = ConformanceSearch {
        equivalence: StateEquivalence::Never,
        depth: Some(3),
        actions: closed_actions(),
        ..search(setup)
    };
    let [forked, repeated] = [true, false].map(|copies| {
        let make = || Ok(Logged::new(Memory::with_fault(fault), setup, &Log::default(), copies));
        search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})
            .expect("the service starts")
    });
    assert_eq!(forked.resets, 1);
    let expected = ConformanceSearchResult {
        executed: repeated.executed,
        tally: repeated.tally,
        resets: repeated.resets,
        ..forked
    };
    assert_eq!(repeated, expected);
}

/// A walk goes deep before it has tried everything near the start. It must not claim otherwise.
#[test]
fn a_search_that_is_cut_off_claims_only_what_it_has_tried() {
    let fault = Fault::LastMemberSkipped;
    let all = ConformanceSearch { equivalence: TRACKED, memory: 100_000, ..search(setup_for(fault)) };
    for copies in [true, false] {
        let make = || Ok(Logged::new(Memory::with_fault(fault), all.setup, &Log::default(), copies));
        let cut = search_implementation(&all, &make, &SearchMonitor::default(), &mut |_| {})
            .expect("the service starts");
        let judged = cut.judged.expect("not everything is tried");
        println!(
            "copies {copies}: depth {}, judged {judged}, {} found, {}",
            cut.depth,
            cut.found.len(),
            cut.end
        );
        assert_eq!(cut.end, End::Memory);
        let within = ConformanceSearch { memory: 1 << 30, depth: Some(judged), ..all.clone() };
        let whole = result_of(&within, Some(fault));
        for found in &whole.found {
            let identity = found.finding.identity();
            assert!(cut.found.iter().any(|known| known.finding.identity() == identity), "{identity}");
        }
    }
}

/// A state that cannot be reached again was not exhausted, so the search is not complete.
#[test]
fn a_state_that_is_given_up_counts_as_not_tried() {
    let all = ConformanceSearch { equivalence: TRACKED, actions: closed_actions(), ..search(closed()) };
    let check = CheckConfig { fidelity: Fidelity::NoLooser, ..all.check };
    let make = || Ok(Tiring { service: Memory::new(), launches: 300 });
    let result = search_implementation(
        &ConformanceSearch { check, ..all },
        &make,
        &SearchMonitor::default(),
        &mut |_| {},
    )
    .expect("it starts");
    assert_eq!(result.end, End::Stopped);
    assert!(result.judged.is_some_and(|judged| judged < result.depth), "{:?}", result.judged);
    let verdicts: Vec<_> = result.found.iter().map(|found| found.finding.identity().verdict).collect();
    assert_eq!(verdicts, [Verdict::Inconclusive]);
}

/// Findings are reported at once, so that they can be saved before the search continues.
#[test]
fn findings_are_reported_as_they_are_made() {
    let fault = Fault::LauncherOnly;
    let search = ConformanceSearch { depth: Some(4), ..search(small(fault.policy(), 1)) };
    for copies in [true, false] {
        let make = || {
            Ok(Logged {
                has_fingerprint: true,
                ..Logged::new(Memory::with_fault(fault), search.setup, &Log::default(), copies)
            })
        };
        let mut reported = HashSet::new();
        let mut report = |found: &Counterexample| assert!(reported.insert(found.finding.identity()));
        let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut report)
            .expect("the service starts");
        assert_eq!(reported, result.found.iter().map(|found| found.finding.identity()).collect());
        assert!(!reported.is_empty());
    }
}

#[test]
fn a_divergence_that_is_reported_only_at_the_end_is_found_at_its_length() {
    let fault = Fault::ApproveClearsBlock;
    let search = search(small(fault.policy(), 1));
    let check = CheckConfig { fidelity: Fidelity::PromisesOnly, ..search.check };
    let search = ConformanceSearch { check, depth: Some(3), ..search };
    for copies in [true, false] {
        let make = || {
            let service = Memory::with_fault(fault);
            Ok(Logged {
                has_fingerprint: true,
                ..Logged::new(service, search.setup, &Log::default(), copies)
            })
        };
        let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})
            .expect("the service starts");
        let lengths = lengths(&search, &result, make);
        let diverged = lengths.iter().find(|(identity, _)| identity.verdict == Verdict::Diverged);
        assert_eq!(
            diverged.map(|(identity, length)| (identity.command, *length)),
            Some((Some(CommandKind::Approve), 2))
        );
    }
}

fn without(actions: &[Command], kind: CommandKind) -> Vec<Command> {
    actions.iter().copied().filter(|command| command.kind() != kind).collect()
}

#[test]
fn a_panic_is_a_finding_and_an_unsupported_command_is_skipped() {
    let all = ConformanceSearch { equivalence: TRACKED, actions: closed_actions(), ..search(closed()) };
    let steady = ConformanceSearch { actions: without(&all.actions, CommandKind::Ban), ..all.clone() };
    for copies in [true, false] {
        let search = |search: &ConformanceSearch, unsteady: Unsteady| {
            search_implementation(search, &|| Ok(unsteady.clone()), &SearchMonitor::default(), &mut |_| {})
                .expect("the service starts")
        };
        let expected = search(&steady, Unsteady::new(copies));
        let panicking = Unsteady { panics_at: Some(CommandKind::Ban), ..Unsteady::new(copies) };
        let panicked = search(&all, panicking);
        assert_eq!((panicked.states, panicked.end), (expected.states, End::Complete));
        let [found] = panicked.found.as_slice() else { panic!("{:?}", panicked.found) };
        assert_eq!(found.commands.len(), 1);
        let identity = found.finding.identity();
        assert_eq!((identity.verdict, identity.command), (Verdict::Inconclusive, Some(CommandKind::Ban)));

        let lacking = Unsteady { lacks: Some(CommandKind::Ban), ..Unsteady::new(copies) };
        let lacked = search(&all, lacking);
        let counts = |result: &ConformanceSearchResult| (result.states, result.depth, result.end);
        assert_eq!(counts(&lacked), counts(&expected));
        assert!(lacked.found.is_empty());
    }
}

#[test]
fn an_implementation_that_cannot_be_reset_is_a_finding() {
    for (equivalence, resets, end) in
        [(TRACKED, 0, End::Stopped), (TRACKED, 5, End::Stopped), (StateEquivalence::Never, 5, End::Stopped)]
    {
        let search = ConformanceSearch { equivalence, actions: closed_actions(), ..search(closed()) };
        let left = AtomicU32::new(resets);
        // Every further implementation fails at once.
        let make = || Ok(Unsteady { resets: left.swap(0, Relaxed), ..Unsteady::new(false) });
        let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})
            .expect("the service starts");
        let [found] = result.found.as_slice() else { panic!("{:?}", result.found) };
        assert_eq!((found.commands.len(), found.finding.identity().command, result.end), (0, None, end));
    }
}

#[test]
fn without_a_fingerprint_there_is_no_product() {
    for copies in [true, false] {
        let search = search(closed());
        let result = search_implementation(
            &search,
            &|| Ok(Unsteady::new(copies)),
            &SearchMonitor::default(),
            &mut |_| {},
        );
        assert!(matches!(result, Err(Failure::Failed(why)) if why.contains("fingerprint")));
    }
}

#[test]
fn a_search_ends_at_its_limits() {
    let all = search(small(Preset::MessengerKids.policy(), 2));
    for jobs in [NonZeroUsize::MIN, TWO] {
        let all = ConformanceSearch { jobs, ..all.clone() };
        let little = result_of(&ConformanceSearch { memory: 1 << 20, ..all.clone() }, None);
        assert_eq!((little.end, little.states > 0), (End::Memory, true));
        let late = result_of(&ConformanceSearch { deadline: Some(Instant::now()), ..all.clone() }, None);
        assert_eq!((late.end, late.executed), (End::Time, 0));
        let monitor = SearchMonitor::default();
        monitor.stop();
        let stopped = search_implementation(&all, &|| Ok(Memory::new()), &monitor, &mut |_| {})
            .expect("the service starts");
        assert_eq!(stopped.end, End::Stopped);
    }
}
