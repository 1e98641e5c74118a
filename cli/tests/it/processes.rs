//! The built-in chat service behind the driver protocol, in processes of its own, beside itself in this process: the
//! same campaigns, the same findings, whatever the way of asking. What misbehaves is tested in `misbehaving`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Answer, Failure, Fidelity, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor, CampaignResult};
use chatwarden::counterexample::{Counterexample, ShrinkStatus};
use chatwarden::driver;
use chatwarden::format::{BuiltInCast, Names, Request, SessionContext};
use chatwarden::model::{Command, CommandKind, Preset, UserSet};
use chatwarden_cli::driver_process::{DriverOptions, DriverPool, StartError};

use chatwarden_test_support::{ANN, Disturbed, G1, KAY, SAM, setup_for, small};

/// Drivers that are the built-in service, with a fault perhaps.
fn drivers(fault: Option<Fault>, options: DriverOptions) -> Arc<DriverPool> {
    let fault = fault.map(|fault| format!(" --fault {fault}")).unwrap_or_default();
    let command = format!("'{}' serve{fault}", env!("CARGO_BIN_EXE_chatwarden"));
    DriverPool::open(&command, options).expect("the service starts")
}

fn names() -> Names {
    BuiltInCast::Small.named_cast().with_groups(Names::numbered(2))
}

fn run_campaign(plan: &CampaignConfig, drivers: &Arc<DriverPool>) -> CampaignResult {
    let make = || drivers.driver(&names());
    campaign::run_campaign(plan, &make, &CampaignMonitor::default(), &|_| {}).expect("the service starts")
}

#[test]
fn faults_are_found_as_in_this_process_however_it_is_asked() {
    for fault in [Fault::LauncherOnly, Fault::RevokeKeepsMembership, Fault::MessageToAll] {
        let base = CampaignConfig::new(setup_for(fault), &Memory::new().about());
        for fidelity in [Fidelity::Exact, Fidelity::NoLooser, Fidelity::PromisesOnly] {
            for jobs in [1, 3].map(|jobs| NonZeroUsize::new(jobs).expect("it is not 0")) {
                let mut plan = CampaignConfig { jobs, runs: 600, ..base.clone() };
                plan.check.fidelity = fidelity;
                let here = || Ok(Memory::with_fault(fault));
                let here = campaign::run_campaign(&plan, &here, &CampaignMonitor::default(), &|_| {})
                    .expect("it starts");
                for pipelined in [true, false] {
                    let drivers =
                        drivers(Some(fault), DriverOptions { pipelined, ..DriverOptions::default() });
                    let there = run_campaign(&plan, &drivers);
                    assert_eq!(there.found, here.found, "{fault}, {fidelity}, {jobs} jobs, {pipelined}");
                }
            }
        }
    }
}

#[test]
fn what_is_found_is_shrunk_to_the_same_chain() {
    let plan = CampaignConfig::new(setup_for(Fault::LauncherOnly), &Memory::new().about());
    let drivers = drivers(Some(Fault::LauncherOnly), DriverOptions::default());
    let found = run_campaign(&plan, &drivers).found.remove(0);
    let shrink = |found: &Counterexample| {
        let make = || drivers.driver(&names());
        campaign::shrink(&plan, &make, found, &CampaignMonitor::default(), |_, _| {}).expect("it starts")
    };
    let here = || Ok(Memory::with_fault(Fault::LauncherOnly));
    let here =
        campaign::shrink(&plan, &here, &found, &CampaignMonitor::default(), |_, _| {}).expect("it starts");
    assert_eq!(shrink(&found), here);
    assert_eq!(here.status, ShrinkStatus::OneMinimal);
}

#[test]
fn every_preset_conforms_behind_the_protocol() {
    for preset in [Preset::MessengerKids, Preset::PairwiseConsent, Preset::NoContactRule] {
        let plan = CampaignConfig {
            runs: 1_000,
            ..CampaignConfig::new(small(preset.policy(), 2), &Memory::new().about())
        };
        let tally = run_campaign(&plan, &drivers(None, DriverOptions::default()));
        assert_eq!((tally.runs, tally.found), (1_000, vec![]), "{preset}");
    }
}

#[test]
fn a_run_that_is_given_up_half_way_leaves_nothing_to_the_next() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let drivers = drivers(None, DriverOptions::default());
    let mut driver = drivers.driver(&names()).expect("it starts");
    let approve = Command::Approve { by: ANN, child: KAY, contact: SAM };
    let create = Command::Create { by: SAM, group: G1, with: UserSet::of([KAY]) };
    let seen = |driver: &mut dyn Adapter| {
        let mut seen = Observation::default();
        driver.observe(&mut seen).map(|()| seen)
    };
    for _ in 0..3 {
        driver.announce(&setup, &[approve, create, create]);
        driver.reset(&setup).expect("it is made fresh");
        assert_eq!(driver.apply(&approve), Ok(Answer::allow()));
        // The rest was sent and is carried out, but nobody asks.
    }
    driver.reset(&setup).expect("it is made fresh");
    assert_eq!(seen(&mut driver), Ok(Observation::default()));
    assert_eq!(driver.apply(&create), Ok(Answer::deny()));
    drop(driver);
    let mut driver = drivers.driver(&names()).expect("it is the same");
    driver.announce(&setup, &[approve]);
    driver.reset(&setup).expect("it is made fresh");
    let error = driver.apply(&create).expect_err("another run was announced");
    assert!(matches!(error, Failure::Failed(_)), "{error}");
}

#[test]
fn a_long_run_is_sent_at_once_and_blocks_nobody() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let drivers = drivers(None, DriverOptions::default());
    let mut driver = drivers.driver(&names()).expect("it starts");
    let commands = vec![Command::Approve { by: ANN, child: KAY, contact: SAM }; 10_000];
    driver.announce(&setup, &commands);
    driver.reset(&setup).expect("it is made fresh");
    for command in &commands {
        let mut seen = Observation::default();
        assert_eq!(driver.apply(command), Ok(Answer::allow()));
        driver.observe(&mut seen).expect("it can be seen");
        assert!(seen.contacts[KAY.index()].contains(SAM));
    }
}

#[test]
fn what_is_no_command_is_told_apart_from_what_is_no_driver() {
    let options = DriverOptions { timeout: Duration::from_millis(300), ..DriverOptions::default() };
    for (command, words) in [
        ("", "no program is named"),
        ("'", "missing closing quote"),
        ("/no/such/program --x", "cannot be started"),
    ] {
        match DriverPool::open(command, options) {
            Err(StartError::Command(why)) => assert!(why.contains(words), "{why}"),
            other => panic!("{command}: {other:?}"),
        }
    }
    for (command, words) in [
        ("true", "exited with code 0 instead of answering `hello`"),
        (
            "sh -c 'echo lost >&2; exit 7'",
            "exited with code 7 instead of answering `hello`; its standard error ends in: lost",
        ),
        ("sleep 100", "did not answer `hello` within 300ms"),
        ("echo hi", "the line is `hi`; see docs/protocol.md#hello"),
    ] {
        match DriverPool::open(command, options) {
            Err(StartError::Driver(failure)) => assert!(failure.to_string().contains(words), "{failure}"),
            other => panic!("{command}: {other:?}"),
        }
    }
}

#[test]
fn what_was_answered_before_a_panic_is_told() {
    let stage = SessionContext { names: names(), setup: small(Preset::MessengerKids.policy(), 2) };
    let mut requests = Vec::new();
    let approve = Command::Approve { by: ANN, child: KAY, contact: SAM };
    let dissolve = Command::Dissolve { by: SAM, group: G1 };
    for (id, request) in
        [Request::Reset, Request::Apply(approve), Request::Apply(dissolve)].into_iter().enumerate()
    {
        request.write(id as u64, &stage, &mut requests);
    }
    let mut answers = Vec::new();
    let fragile = |command: &Command| assert!(command.kind() != CommandKind::Dissolve, "it falls apart");
    let serve = || driver::serve_on(Disturbed(Memory::new(), fragile), requests.as_slice(), &mut answers);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(serve)).expect_err("it falls apart");
    assert_eq!(
        answers.iter().filter(|byte| **byte == b'\n').count(),
        2,
        "of three requests two are answered"
    );
}
