//! The competitor: `proptest-state-machine` as its users have it, with a strategy for each kind of
//! command, no weights, no preconditions, and its own shrinking. The model is the reference, and the
//! service is compared as closely as by the other engines.
//!
//! The loop over the transitions of a case is that of the crate, with one difference: a deviation ends
//! the case as failed and does not panic, so that nothing is printed.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::Counterexample;
use chatwarden::lockstep::{self, Lockstep, StepResult};
use chatwarden_model::{Command, State, step};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::strategy::Sequential;

use crate::Trial;
use crate::any_command::any_command;
use crate::monitor::AttemptMonitor;

/// How far the runner has come, and when it first failed.
struct Counts {
    runs: u64,
    commands: u64,
    failed: Option<Duration>,
    executions: usize,
}

pub(super) fn attempt(fault: Fault, campaign: &CampaignConfig, monitor: &AttemptMonitor) -> Trial {
    let started = Instant::now();
    let config = ProptestConfig {
        cases: u32::try_from(campaign.runs).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(campaign.seed));
    let counts = RefCell::new(Counts { runs: 0, commands: 0, failed: None, executions: 0 });
    let outcome = TestRunner::new_with_rng(config, rng).run(&machine(campaign), |(_, commands, seen)| {
        if monitor.campaign.is_stopped() {
            return Err(TestCaseError::fail("it was stopped"));
        }
        let mut counts = counts.borrow_mut();
        let is_searching = counts.failed.is_none();
        let mut service = Memory::with_fault(fault);
        let mut lockstep = Lockstep::new(campaign.check);
        let mut failed = lockstep.start(&mut service, &campaign.setup).is_err();
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
        Err(TestCaseError::fail("the service deviates from the model"))
    });
    let counts = counts.into_inner();
    let counterexample = match outcome {
        Err(TestError::Fail(_, (_, commands, _))) if !monitor.campaign.is_stopped() => {
            let mut service = Memory::with_fault(fault);
            let finding = lockstep::run(&mut service, campaign.check, &campaign.setup, &commands);
            let finding = finding.expect("a failed case fails again");
            // The runner does not say what its shrinking left untried.
            Some(Counterexample { executions: counts.executions, ..Counterexample::new(commands, finding) })
        }
        _ => None,
    };
    let time = counts.failed.unwrap_or_else(|| started.elapsed());
    Trial { runs: Some(counts.runs), commands: counts.commands, time, exhausted: 0, counterexample }
}

/// The seed of the figures in `docs/figures.md`; another text gives other figures.
fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = *b"chatwarden kills proptest seed  ";
    bytes[24..].copy_from_slice(&seed.to_le_bytes());
    bytes
}

type Machine = Sequential<State, Command, BoxedStrategy<State>, BoxedStrategy<Command>>;

thread_local! {
    /// The strategy of the machine that this thread runs. A machine must be `Send`, which strategies
    /// are not; and to make the strategy anew for every transition would take most of the time.
    static COMMANDS: RefCell<BoxedStrategy<Command>> = panic!("no machine was made on this thread");
}

fn machine(campaign: &CampaignConfig) -> Machine {
    let setup = campaign.setup;
    COMMANDS.set(any_command(&setup));
    Sequential::new(
        campaign.length.into(),
        move || Just(setup.start()).boxed(),
        |_, _| true,
        |_| COMMANDS.with_borrow(BoxedStrategy::clone),
        move |mut state, command| {
            step(&mut state, &setup.policy, command);
            state
        },
    )
}
