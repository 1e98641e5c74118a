//! The peer: `proptest-state-machine` as its users have it, with a strategy for each kind of command, no weights and no
//! preconditions, and its own shrinking. The model is the reference, and what the service does is compared as closely
//! as everywhere.
//!
//! The loop over the transitions of a case is that of the crate, but for this: a departure ends the case as failed and
//! does not panic, so that nothing is printed.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use chatwarden_model::{Command, Group, Setup, State, UserSet, step};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::strategy::Sequential;

use super::Trial;
use super::watch::Own;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign;
use chatwarden::counterexample::Counterexample;
use chatwarden::lockstep::{self, Lockstep, StepResult};

/// How far the runner has come, and when it first failed.
struct Counts {
    runs: u64,
    commands: u64,
    failed: Option<Duration>,
    executions: usize,
}

pub(super) fn attempt(fault: Fault, plan: &campaign::CampaignConfig, watch: &Own) -> Option<Trial> {
    let started = Instant::now();
    let config = ProptestConfig {
        cases: u32::try_from(plan.runs).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(plan.seed));
    let counts = RefCell::new(Counts { runs: 0, commands: 0, failed: None, executions: 0 });
    let outcome = TestRunner::new_with_rng(config, rng).run(&machine(plan), |(_, commands, seen)| {
        if watch.campaign.is_stopped() {
            return Err(TestCaseError::fail("it was stopped"));
        }
        let mut counts = counts.borrow_mut();
        let is_searching = counts.failed.is_none();
        let mut service = Memory::with_fault(fault);
        let mut lockstep = Lockstep::new(plan.terms);
        let mut failed = lockstep.start(&mut service, &plan.setup).is_err();
        for command in commands {
            if failed {
                break;
            }
            if let Some(seen) = &seen {
                seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            counts.commands += u64::from(is_searching);
            failed = matches!(lockstep.step(&mut service, &command), StepResult::Ended(_));
        }
        counts.runs += u64::from(is_searching);
        counts.executions += usize::from(!is_searching);
        if !failed {
            return Ok(());
        }
        counts.failed.get_or_insert_with(|| started.elapsed());
        Err(TestCaseError::fail("the service departs from the model"))
    });
    let counts = counts.into_inner();
    let chain = match outcome {
        Err(TestError::Fail(_, (_, commands, _))) if !watch.campaign.is_stopped() => {
            let finding = lockstep::run(&mut Memory::with_fault(fault), plan.terms, &plan.setup, &commands);
            let finding = finding.expect("what the peer hands back fails");
            // The shrinking is over, and the peer says nothing of what it has left to try.
            let executions = counts.executions;
            Some(Counterexample { executions, ..Counterexample::new(commands, finding) })
        }
        _ => None,
    };
    let time = counts.failed.unwrap_or_else(|| started.elapsed());
    Some(Trial { runs: Some(counts.runs), commands: counts.commands, time, exhausted: 0, chain })
}

fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = *b"chatwarden kills proptest seed  ";
    bytes[24..].copy_from_slice(&seed.to_le_bytes());
    bytes
}

type Machine = Sequential<State, Command, BoxedStrategy<State>, BoxedStrategy<Command>>;

thread_local! {
    /// The strategy of the machine that this thread runs. Strategies cannot be sent to other threads, which is asked
    /// of whatever a machine holds; and to make one anew for every transition would take most of the time.
    static COMMANDS: RefCell<BoxedStrategy<Command>> = panic!("no machine was made on this thread");
}

fn machine(plan: &campaign::CampaignConfig) -> Machine {
    let setup = plan.setup;
    COMMANDS.set(any_command(&setup));
    Sequential::new(
        plan.length.into(),
        move || Just(setup.start()).boxed(),
        |_, _| true,
        |_| COMMANDS.with_borrow(BoxedStrategy::clone),
        move |mut state, command| {
            step(&mut state, &setup.policy, command);
            state
        },
    )
}

/// One alternative for each kind of command, made of strategies for its arguments.
fn any_command(setup: &Setup) -> BoxedStrategy<Command> {
    macro_rules! command {
        ($kind:ident { $($field:ident: $strategy:expr),* }) => {
            ($($strategy),*).prop_map(|($($field),*)| Command::$kind { $($field),* })
        };
    }
    let (kinds, groups) = (setup.cast.kinds(), setup.groups);
    let any_of = |users: UserSet| {
        (0..users.len()).prop_map(move |at| users.nth(at).expect("the number is below the size of the set"))
    };
    let guardian = || any_of(kinds.guardians);
    let child = || any_of(kinds.children);
    let person = || any_of(kinds.chatting());
    let people = || proptest::bits::u16::masked(kinds.chatting().bits()).prop_map(UserSet::from_bits);
    let group = || (0..groups).prop_map(Group::new);
    prop_oneof![
        command!(Approve { by: guardian(), child: child(), contact: person() }),
        command!(Revoke { by: guardian(), child: child(), contact: person() }),
        command!(AddGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(RemoveGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(Block { by: person(), who: person() }),
        command!(Unblock { by: person(), who: person() }),
        command!(Direct { by: person(), to: person() }),
        command!(Create { by: person(), group: group(), with: people() }),
        command!(Invite { by: person(), group: group(), who: person() }),
        command!(Accept { by: person(), group: group() }),
        command!(Decline { by: person(), group: group() }),
        command!(Cancel { by: person(), group: group(), who: person() }),
        command!(OpenLink { by: person(), group: group() }),
        command!(CloseLink { by: person(), group: group() }),
        command!(Join { by: person(), group: group() }),
        command!(Leave { by: person(), group: group() }),
        command!(Remove { by: person(), group: group(), who: person() }),
        command!(Ban { by: person(), group: group(), who: person() }),
        command!(Unban { by: person(), group: group(), who: person() }),
        command!(Transfer { by: person(), group: group(), to: person() }),
        command!(Message { by: person(), group: group() }),
        command!(Call { by: person(), group: group() }),
        command!(Dissolve { by: person(), group: group() }),
    ]
    .boxed()
}
