//! Driving an implementation through every situation: shortest chains, counts, hidden memory, and systems that
//! cannot be copied or do not do their part.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use chatwarden::adapter::fault::{Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure, Fidelity};
use chatwarden::finding::{Identity, Verdict};
use chatwarden::lockstep::{CheckConfig, run};
use chatwarden::model::{
    Bounds, Command, CommandKind, NamedEnum, Preset, Renaming, Setup, State, decide, step,
};
use chatwarden_explore::{Alike, Counterexample, Drive, Driven, End, SearchMonitor, drive};

use systems::{Log, Logged, Tiring, Unsteady};

use chatwarden_test_support::{FastSet, PLAIN, SAM, alphabet, plain_faults, setup_for, small, true_minima};

mod systems;

const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
const STATE: Alike = Alike::State { paths: NonZeroUsize::MIN };

/// A search over the product, on one core, for everything and without a bound.
fn plan(setup: Setup) -> Drive {
    Drive {
        setup,
        terms: CheckConfig::of(&Memory::new().about()),
        alphabet: alphabet(&setup),
        depth: None,
        alike: Alike::Product,
        symmetry: true,
        wanted: None,
        stop_at_first: false,
        jobs: NonZeroUsize::MIN,
        memory: 1 << 30,
        deadline: None,
    }
}

fn driven(plan: &Drive, fault: Option<Fault>) -> Driven {
    let make = || Ok(fault.map_or_else(Memory::new, Memory::with_fault));
    drive(plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts")
}

/// The length of the shortest history of each identity; each history is executed once more.
fn lengths<A: Adapter>(
    plan: &Drive,
    driven: &Driven,
    make: impl Fn() -> Result<A, Failure>,
) -> BTreeMap<Identity, usize> {
    let length = |found: &Counterexample| {
        let again = run(&mut make().expect("it starts"), plan.terms, &plan.setup, &found.commands);
        assert_eq!(again.as_ref(), Some(&found.finding));
        (found.finding.identity(), found.commands.len())
    };
    driven.found.iter().map(length).collect()
}

#[test]
fn every_fault_has_the_shortest_chains_of_a_plain_search() {
    for fault in plain_faults() {
        let began = Instant::now();
        let plan = Drive { stop_at_first: true, ..plan(setup_for(fault)) };
        let driven = driven(&plan, Some(fault));
        let took = began.elapsed();
        let make = || Ok(Memory::with_fault(fault));
        let lengths = lengths(&plan, &driven, make);
        println!("{fault:<30} {:>7} commands, {took:.1?}", driven.executed);
        let truth = true_minima(fault, &lengths.keys().copied().collect::<HashSet<_>>());
        assert_eq!(lengths, truth, "{fault}");
        assert_eq!(driven.end, End::First);
        is_the_only_one_wanted(&plan, fault, &driven.found[0]);
    }
}

/// What a plain search is too slow for, a search over copies of the service is not.
#[test]
fn a_deep_fault_is_shown_by_no_history_shorter_than_the_catalogue_says() {
    let deep = |fault: &&Fault| fault.cast() == FaultCast::Small && fault.min_length() > PLAIN;
    for &fault in Fault::ALL.iter().filter(deep) {
        let shorter = Drive { depth: Some(fault.min_length() - 1), ..plan(setup_for(fault)) };
        let driven = driven(&shorter, Some(fault));
        println!("{fault:<30} {} commands in {} situations", driven.executed, driven.states);
        assert_eq!((driven.found.len(), driven.end), (0, End::Depth), "{fault}");
    }
}

/// Whether a search for it alone finds the same, and nothing in shorter histories.
fn is_the_only_one_wanted(plan: &Drive, fault: Fault, first: &Counterexample) {
    let (length, wanted) = (first.commands.len(), Some(first.finding.identity()));
    let again = driven(&Drive { wanted, depth: Some(length), ..plan.clone() }, Some(fault));
    assert_eq!((again.found.as_slice(), again.end), (std::slice::from_ref(first), End::First), "{fault}");
    let shorter = driven(&Drive { wanted, depth: Some(length - 1), ..plan.clone() }, Some(fault));
    assert_eq!((shorter.found.len(), shorter.end), (0, End::Depth), "{fault}");
}

#[test]
fn the_number_of_jobs_changes_nothing_and_symmetry_no_length() {
    for fault in
        [Fault::JoinUnchecked, Fault::RevokeFirstGroupOnly, Fault::LastMemberSkipped, Fault::BlockOneWay]
    {
        let make = || Ok(Memory::with_fault(fault));
        for alike in [Alike::Product, STATE] {
            let one = Drive { alike, depth: Some(4), ..plan(setup_for(fault)) };
            let found = driven(&one, Some(fault));
            assert_eq!(found, driven(&Drive { jobs: TWO, ..one.clone() }, Some(fault)), "{fault}");
            let without = Drive { symmetry: false, ..one.clone() };
            let plainly = driven(&without, Some(fault));
            println!(
                "{fault}: {} states, {} without symmetry, {:?}",
                found.states,
                plainly.states,
                found.found.len()
            );
            assert_eq!(lengths(&one, &found, make), lengths(&without, &plainly, make), "{fault}");
        }
    }
}

/// A small instance with everything that makes groups change.
fn closed() -> Setup {
    small(Preset::MessengerKids.policy(), 1)
}

fn closed_alphabet() -> Vec<Command> {
    use CommandKind as K;
    let commands =
        [K::Approve, K::Revoke, K::Create, K::Invite, K::Leave, K::Ban, K::Message].into_iter().collect();
    Bounds { commands, ..closed().bounds() }.well_typed()
}

/// All states that can be reached, by trying all commands in each: how many they are, how many up to renaming, and
/// how many transitions there are.
fn plain_counts(setup: &Setup, alphabet: &[Command]) -> (u64, u64, u64) {
    let start: State = setup.start();
    let mut known = FastSet::from_iter([start]);
    let mut rest = vec![start];
    let mut transitions = 0;
    while let Some(state) = rest.pop() {
        for command in alphabet {
            let mut after = state;
            if step(&mut after, &setup.policy, command).decision.is_allowed() {
                transitions += 1;
                if known.insert(after) {
                    rest.push(after);
                }
            }
        }
    }
    let renamings = Renaming::keeping(&setup.cast, setup.groups, 1000);
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
    let (states, orbits, transitions) = plain_counts(&closed(), &closed_alphabet());
    println!("{states} states, {orbits} up to renaming, {transitions} transitions");
    let all = Drive { alphabet: closed_alphabet(), symmetry: false, ..plan(closed()) };
    for alike in [Alike::Product, STATE] {
        let driven = driven(&Drive { alike, ..all.clone() }, None);
        assert_eq!((driven.states, driven.allowed, driven.end), (states, transitions, End::Complete));
        assert!(driven.found.is_empty());
        assert_eq!(driven.allowed + driven.refused, states * all.alphabet.len() as u64);
    }
    let driven = driven(&Drive { alike: STATE, symmetry: true, ..all }, None);
    assert_eq!((driven.states, driven.end), (orbits, End::Complete));
    assert!(driven.found.is_empty());
}

/// Who was a member once is remembered, and nothing shows it. Where sam launches every group and never leaves,
/// each state in which that matters can be reached without it as well, and by a shorter history.
#[test]
fn hidden_memory_escapes_one_history_to_each_state_and_not_three() {
    let fault = Fault::RejoinUnchecked;
    let mut alphabet = closed_alphabet();
    alphabet.retain(|command| match command.kind() {
        CommandKind::Create => command.by() == SAM,
        CommandKind::Leave => command.by() != SAM,
        _ => true,
    });
    let plan = Drive { alphabet, stop_at_first: true, ..plan(closed()) };
    let found = |alike| {
        let driven = driven(&Drive { alike, ..plan.clone() }, Some(fault));
        println!("{alike:?}: {} situations, {:?}", driven.states, driven.end);
        (driven.end, driven.found.first().map(|found| found.commands.len()))
    };
    let paths = |paths| Alike::State { paths: NonZeroUsize::new(paths).expect("some") };
    assert_eq!(found(paths(1)), (End::Complete, None));
    assert_eq!(found(paths(2)), (End::Complete, None));
    assert_eq!(found(paths(3)), (End::First, Some(5)));
    assert_eq!(found(Alike::Product), (End::First, Some(5)));
}

/// One of each set of pairs that differ by renaming.
fn up_to_renaming(setup: &Setup, log: &Log) -> FastSet<(State, Command)> {
    let renamings = Renaming::keeping(&setup.cast, setup.groups, 1000);
    let mut found = FastSet::default();
    for (state, command) in log.lock().expect("no test panics with it").iter() {
        let image = |renaming: &Renaming| (renaming.state(state), renaming.command(command));
        if !renamings.iter().any(|renaming| found.contains(&image(renaming))) {
            found.insert((*state, *command));
        }
    }
    found
}

/// Whether each pair, under some names, is among the others.
fn is_covered(setup: &Setup, pairs: &FastSet<(State, Command)>, others: &FastSet<(State, Command)>) -> bool {
    let renamings = Renaming::keeping(&setup.cast, setup.groups, 1000);
    pairs.iter().all(|(state, command)| {
        renamings.iter().any(|renaming| others.contains(&(renaming.state(state), renaming.command(command))))
    })
}

#[test]
fn the_walk_tries_what_the_search_over_copies_tries_with_few_resets() {
    for (groups, depth, kinds) in [(1, None, Some(closed_alphabet())), (2, Some(3), None), (1, Some(4), None)]
    {
        let setup = small(Preset::MessengerKids.policy(), groups);
        let alphabet = kinds.unwrap_or_else(|| setup.bounds().well_typed());
        let plan = Drive { alphabet, depth, alike: STATE, ..plan(setup) };
        let began = Instant::now();
        let tried = [true, false].map(|copies| {
            let log = Log::default();
            let make = || Ok(Logged::new(Memory::new(), setup, &log, copies));
            let driven =
                drive(&plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts");
            println!("{:?}", began.elapsed());
            (up_to_renaming(&setup, &log), driven)
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
        // A group is launched once in a run, so that each launch that is tried needs a run, but for the groups beside.
        let launches = forked.iter().filter(|(state, command)| {
            command.kind() == CommandKind::Create && decide(state, &setup.policy, command).is_allowed()
        });
        let (least, tried) = (launches.count() / groups, walk.allowed + walk.refused);
        println!(
            "{} situations, {tried} commands tried, {} executed, {} resets (at least {least})",
            walk.states, walk.executed, walk.resets
        );
        assert!(walk.resets * 30 < tried, "{} resets for {tried} commands", walk.resets);
        assert!(walk.executed < tried * 3 / 2, "{} executed for {tried}", walk.executed);
    }
}

#[test]
fn the_walk_finds_chains_of_the_same_length() {
    for fault in plain_faults().into_iter().filter(|fault| fault.min_length() <= 3) {
        let setup = small(fault.policy(), 1);
        for (stop_at_first, alike, tells) in [(true, STATE, false), (false, Alike::Product, true)] {
            let plan = Drive { stop_at_first, alike, depth: Some(3), ..plan(setup) };
            let [forked, walked] = [true, false].map(|copies| {
                let log = Log::default();
                let make =
                    || Ok(Logged { tells, ..Logged::new(Memory::with_fault(fault), setup, &log, copies) });
                let driven =
                    drive(&plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts");
                let lengths = lengths(&plan, &driven, make);
                (lengths, driven.states)
            });
            for (identity, length) in &forked.0 {
                assert_eq!(walked.0.get(identity), Some(length), "{fault}: {identity}");
            }
        }
    }
}

#[test]
fn without_likeness_every_history_is_executed_after_a_reset() {
    let fault = Fault::JoinUnchecked;
    let setup = small(fault.policy(), 1);
    let plan = Drive { alike: Alike::Never, depth: Some(3), alphabet: closed_alphabet(), ..plan(setup) };
    let [forked, repeated] = [true, false].map(|copies| {
        let make = || Ok(Logged::new(Memory::with_fault(fault), setup, &Log::default(), copies));
        drive(&plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts")
    });
    assert_eq!(forked.resets, 1);
    let expected = Driven { executed: repeated.executed, resets: repeated.resets, ..forked };
    assert_eq!(repeated, expected);
}

/// A walk goes deep before it has tried everything near the start, and must not claim otherwise.
#[test]
fn a_search_that_is_cut_off_claims_only_what_it_has_tried() {
    let fault = Fault::LastMemberSkipped;
    let all = Drive { alike: STATE, memory: 100_000, ..plan(setup_for(fault)) };
    for copies in [true, false] {
        let make = || Ok(Logged::new(Memory::with_fault(fault), all.setup, &Log::default(), copies));
        let cut = drive(&all, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts");
        let judged = cut.judged.expect("not everything is tried");
        println!(
            "copies {copies}: depth {}, judged {judged}, {} found, {}",
            cut.depth,
            cut.found.len(),
            cut.end
        );
        assert_eq!(cut.end, End::Memory);
        let within = Drive { memory: 1 << 30, depth: Some(judged), ..all.clone() };
        let whole = driven(&within, Some(fault));
        for found in &whole.found {
            let identity = found.finding.identity();
            assert!(cut.found.iter().any(|known| known.finding.identity() == identity), "{identity}");
        }
    }
}

/// What cannot be reached again was not tried, and the search must not call itself complete.
#[test]
fn a_situation_that_is_given_up_counts_as_not_tried() {
    let all = Drive { alike: STATE, alphabet: closed_alphabet(), ..plan(closed()) };
    let terms = CheckConfig { fidelity: Fidelity::NoLooser, ..all.terms };
    let make = || Ok(Tiring { service: Memory::new(), launches: 300 });
    let driven =
        drive(&Drive { terms, ..all }, &make, &SearchMonitor::default(), &mut |_| {}).expect("it starts");
    assert_eq!(driven.end, End::Stopped);
    assert!(driven.judged.is_some_and(|judged| judged < driven.depth), "{:?}", driven.judged);
    let verdicts: Vec<_> = driven.found.iter().map(|found| found.finding.identity().verdict).collect();
    assert_eq!(verdicts, [Verdict::Inconclusive]);
}

/// What is found is told at once, so that it can be written down before the search goes on.
#[test]
fn findings_are_told_as_they_are_made() {
    let fault = Fault::LauncherOnly;
    let plan = Drive { depth: Some(4), ..plan(small(fault.policy(), 1)) };
    for copies in [true, false] {
        let make = || {
            Ok(Logged {
                tells: true,
                ..Logged::new(Memory::with_fault(fault), plan.setup, &Log::default(), copies)
            })
        };
        let mut told = HashSet::new();
        let mut tell = |found: &Counterexample| assert!(told.insert(found.finding.identity()));
        let driven = drive(&plan, &make, &SearchMonitor::default(), &mut tell).expect("the service starts");
        assert_eq!(told, driven.found.iter().map(|found| found.finding.identity()).collect());
        assert!(!told.is_empty());
    }
}

#[test]
fn a_drift_that_only_a_run_of_that_length_reports_is_found_at_its_length() {
    let fault = Fault::ApproveClearsBlock;
    let plan = plan(small(fault.policy(), 1));
    let terms = CheckConfig { fidelity: Fidelity::PromisesOnly, ..plan.terms };
    let plan = Drive { terms, depth: Some(3), ..plan };
    for copies in [true, false] {
        let make = || {
            let service = Memory::with_fault(fault);
            Ok(Logged { tells: true, ..Logged::new(service, plan.setup, &Log::default(), copies) })
        };
        let driven = drive(&plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts");
        let lengths = lengths(&plan, &driven, make);
        let drifted = lengths.iter().find(|(identity, _)| identity.verdict == Verdict::Diverged);
        assert_eq!(
            drifted.map(|(identity, length)| (identity.command, *length)),
            Some((Some(CommandKind::Approve), 2))
        );
    }
}

fn without(alphabet: &[Command], kind: CommandKind) -> Vec<Command> {
    alphabet.iter().copied().filter(|command| command.kind() != kind).collect()
}

#[test]
fn a_panic_is_found_and_not_gone_on_from_and_what_is_not_supported_is_passed_over() {
    let all = Drive { alike: STATE, alphabet: closed_alphabet(), ..plan(closed()) };
    let steady = Drive { alphabet: without(&all.alphabet, CommandKind::Ban), ..all.clone() };
    for copies in [true, false] {
        let search = |plan: &Drive, unsteady: Unsteady| {
            drive(plan, &|| Ok(unsteady.clone()), &SearchMonitor::default(), &mut |_| {})
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
        let counts = |driven: &Driven| (driven.states, driven.depth, driven.end);
        assert_eq!(counts(&lacked), counts(&expected));
        assert!(lacked.found.is_empty());
    }
}

#[test]
fn a_system_that_cannot_be_made_fresh_is_a_finding() {
    for (alike, resets, end) in
        [(STATE, 0, End::Stopped), (STATE, 5, End::Stopped), (Alike::Never, 5, End::Stopped)]
    {
        let plan = Drive { alike, alphabet: closed_alphabet(), ..plan(closed()) };
        let left = AtomicU32::new(resets);
        // Every further system fails at once.
        let make = || Ok(Unsteady { resets: left.swap(0, Relaxed), ..Unsteady::new(false) });
        let driven = drive(&plan, &make, &SearchMonitor::default(), &mut |_| {}).expect("the service starts");
        let [found] = driven.found.as_slice() else { panic!("{:?}", driven.found) };
        assert_eq!((found.commands.len(), found.finding.identity().command, driven.end), (0, None, end));
    }
}

#[test]
fn without_a_fingerprint_there_is_no_product() {
    for copies in [true, false] {
        let plan = plan(closed());
        let driven = drive(&plan, &|| Ok(Unsteady::new(copies)), &SearchMonitor::default(), &mut |_| {});
        assert!(matches!(driven, Err(Failure::Failed(why)) if why.contains("fingerprint")));
    }
}

#[test]
fn a_search_ends_when_it_is_told_to() {
    let all = plan(small(Preset::MessengerKids.policy(), 2));
    for jobs in [NonZeroUsize::MIN, TWO] {
        let all = Drive { jobs, ..all.clone() };
        let little = driven(&Drive { memory: 1 << 20, ..all.clone() }, None);
        assert_eq!((little.end, little.states > 0), (End::Memory, true));
        let late = driven(&Drive { deadline: Some(Instant::now()), ..all.clone() }, None);
        assert_eq!((late.end, late.executed), (End::Time, 0));
        let watch = SearchMonitor::default();
        watch.stop();
        let stopped = drive(&all, &|| Ok(Memory::new()), &watch, &mut |_| {}).expect("the service starts");
        assert_eq!(stopped.end, End::Stopped);
    }
}
