//! The interfaces for `cargo test` of adopters: the conformance test, and traces for proptest.

use std::fs;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::conformance::Conformance;
use chatwarden::counterexample::Counterexample;
use chatwarden::format::Scenario;
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, CommandKind, EnumSet, NamedEnum, Setup};
use chatwarden::strategy::Traces;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use chatwarden_test_support::{ANN, Disturbed, KAY, KIM, plain_faults, setup_for};

chatwarden::conformance_test!(the_service_conforms, Memory::new());

/// A test whose scenarios are in a folder of their own.
fn in_folder(folder: &tempfile::TempDir) -> Conformance {
    let scenarios = folder.path().join("scenarios");
    fs::create_dir(&scenarios).expect("it can be made");
    Conformance { scenarios, ..Conformance::default() }
}

fn faulty() -> Result<Memory, Failure> {
    Ok(Memory::with_fault(Fault::LauncherOnly))
}

#[test]
fn a_finding_of_a_conformance_test_becomes_a_regression_test() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let test = in_folder(&folder);
    let first = test.check(&faulty).expect_err("the defect is found").to_string();
    assert!(first.contains("step by step") && first.contains("saved"), "{first}");
    assert!(!first.contains('\u{1b}'), "no colours in a panic: {first}");
    let files: Vec<_> = fs::read_dir(folder.path().join("scenarios/found")).expect("it is there").collect();
    assert_eq!(files.len(), 1);

    // With a single short run, the scenario alone fails; it passes once the defect is repaired.
    let replays = Conformance { runs: 1, length: 1, ..test };
    let again = replays.check(&faulty).expect_err("it recurs").to_string();
    assert!(again.contains("found/broken-promise-") && again.contains("legitimate after"), "{again}");
    assert!(!again.contains('\u{1b}'), "no colours in a panic: {again}");
    replays.check(&|| Ok(Memory::new())).expect("it is mended");
}

#[test]
fn a_scenario_that_cannot_be_read_fails_the_test() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let test = in_folder(&folder);
    fs::write(folder.path().join("scenarios/x.json"), "{").expect("it can be written");
    let failed = test.check(&|| Ok(Memory::new())).expect_err("it is not passed over");
    assert!(failed.to_string().contains("x.json:1:"), "{failed}");
}

#[test]
fn a_folder_without_a_scenario_fails_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let test = Conformance { runs: 1, ..in_folder(&folder) };
    fs::create_dir(test.scenarios.join("found")).expect("it can be made");
    fs::write(test.scenarios.join(".gitkeep"), "").expect("it can be written");
    test.check(&|| Ok(Memory::new())).expect("there is nothing to replay");
}

#[test]
fn a_folder_of_scenarios_that_is_not_there_fails_the_test() {
    let test = Conformance { scenarios: "scenarois".into(), runs: 1, ..Conformance::default() };
    let failed = test.check(&|| Ok(Memory::new())).expect_err("it is not passed over");
    assert!(failed.to_string().starts_with("the scenarios in scenarois: No such file"), "{failed}");
}

#[test]
fn a_conformance_test_loses_nothing_of_what_it_finds() {
    let fragile = |command: &Command| {
        assert!(*command != Command::Approve { by: ANN, child: KAY, contact: KIM }, "never heard of her");
    };
    let make = || Ok(Disturbed(Memory::with_fault(Fault::LauncherOnly), fragile));
    let mut both = 0;
    for seed in 0..20 {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let test = Conformance { seed, ..in_folder(&folder) };
        let told = test.check(&make).expect_err("the defect is found").to_string();
        let found = fs::read_dir(folder.path().join("scenarios/found")).expect("it is there");
        let names: Vec<_> = found.map(|file| file.expect("it can be listed").file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().contains(".new")), "{names:?}");
        // A panic before the defect was found is reported and saved as well.
        let panicked = usize::from(told.contains("never heard of her"));
        assert_eq!(names.len(), 1 + panicked, "{names:?}: {told}");
        both += panicked;
    }
    assert!(both > 5, "{both} of 20 panicked first");
}

/// The built-in service, which does not support the commands of some kinds. Those that it lists are others.
struct Deaf {
    service: Memory,
    lists: EnumSet<CommandKind>,
    unsupported: EnumSet<CommandKind>,
}

impl Adapter for Deaf {
    fn about(&self) -> About {
        About { commands: self.lists, ..self.service.about() }
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        let is_unsupported = self.unsupported.contains(command.kind());
        if is_unsupported { Err(Failure::Unsupported) } else { self.service.apply(command) }
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

#[test]
fn a_conformance_test_that_shows_nothing_does_not_pass() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let test = Conformance { runs: 20, ..in_folder(&folder) };
    let of = |kinds: &[CommandKind]| kinds.iter().copied().collect::<EnumSet<CommandKind>>();
    let leave = of(&[CommandKind::Leave]);
    let others = CommandKind::ALL.iter().copied().filter(|kind| *kind != CommandKind::Leave).collect();
    let told = |test: &Conformance, lists, unsupported| {
        let make = || Ok(Deaf { service: Memory::new(), lists, unsupported });
        test.check(&make).expect_err("it shows nothing").to_string()
    };
    let lists = "inconclusive: the implementation lists commands that it then calls unsupported; left out: ";
    assert!(told(&test, EnumSet::all(), EnumSet::all()).starts_with(lists));
    let one = told(&test, EnumSet::all(), leave);
    assert!(one.starts_with(lists) && one.ends_with(" leave"), "{one}");
    assert_eq!(told(&test, leave, others), "inconclusive: no command was allowed");
    let none = Conformance { runs: 0, ..test.clone() };
    assert_eq!(told(&none, EnumSet::all(), EnumSet::empty()), "inconclusive: no command was allowed");

    // A finding is no regression test for an implementation that does not support its command.
    let found = Conformance { runs: 2_000, ..test.clone() }.check(&faulty).expect_err("the defect is found");
    assert!(found.to_string().contains("saved"), "{found}");
    let supported =
        EnumSet::from_iter(CommandKind::ALL.iter().copied().filter(|kind| *kind != CommandKind::Create));
    let untried = told(&test, supported, of(&[CommandKind::Create]));
    assert!(
        untried.contains("the finding was not tried: the implementation does not support 1 create"),
        "{untried}"
    );
}

#[test]
fn an_implementation_that_cannot_be_reset_is_reported_once() {
    struct Shut;
    impl Adapter for Shut {
        fn about(&self) -> About {
            About::exact("shut", "1")
        }
        fn reset(&mut self, _: &Setup) -> Result<(), Failure> {
            Err(Failure::Failed("the door is shut".into()))
        }
        fn apply(&mut self, _: &Command) -> Result<Answer, Failure> {
            unreachable!("nobody is in")
        }
        fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
            unreachable!("nobody is in")
        }
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let told = in_folder(&folder).check(&|| Ok(Shut)).expect_err("it is inconclusive").to_string();
    assert!(told.contains("the door is shut") && !told.contains("error:"), "{told}");
    let found = fs::read_dir(folder.path().join("scenarios/found")).expect("it is there");
    assert_eq!(found.count(), 1);
}

/// The trace to which proptest shrinks a fault.
fn by_proptest(fault: Fault, seed: u8, config: &Config) -> Option<Vec<Command>> {
    let setup = setup_for(fault);
    let check = CheckConfig::of(&Memory::new().about());
    let config = Config { failure_persistence: None, ..config.clone() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let outcome = TestRunner::new_with_rng(config, rng).run(&Traces::new(&setup), |commands| {
        match lockstep::run(&mut Memory::with_fault(fault), check, &setup, &commands) {
            None => Ok(()),
            Some(_) => Err(TestCaseError::fail("it does not conform")),
        }
    });
    match outcome {
        Err(TestError::Fail(_, commands)) => Some(commands),
        _ => None,
    }
}

fn many_cases() -> Config {
    Config { cases: 20_000, ..Config::default() }
}

#[test]
fn proptest_shrinks_as_far_as_the_shrinker() {
    for fault in plain_faults() {
        let commands = by_proptest(fault, 1, &many_cases()).unwrap_or_else(|| panic!("{fault} is found"));
        let setup = setup_for(fault);
        let service = || Ok(Memory::with_fault(fault));
        let plan = CampaignConfig::new(setup, &Memory::new().about());
        let finding =
            lockstep::run(&mut Memory::with_fault(fault), plan.check, &setup, &commands).expect("it fails");
        assert_eq!(finding.at() + 1, commands.len(), "{fault}: nothing stands behind what fails");
        let found = Counterexample::new(commands.clone(), finding);
        let shrunk = campaign::shrink(&plan, &service, &found, &CampaignMonitor::default(), |_, _| {})
            .expect("it starts");
        assert_eq!(shrunk.commands.len(), commands.len(), "{fault}");
    }
}

#[test]
fn the_defaults_of_proptest_leave_enough_to_shrink_with() {
    let by_default = Config::default();
    let unlimited = Config { max_shrink_iters: 1_000_000, ..Config::default() };
    let mut found = 0;
    for fault in [Fault::LauncherOnly, Fault::DirectUnchecked] {
        for seed in 0..100 {
            let Some(chain) = by_proptest(fault, seed, &by_default) else { continue };
            assert_eq!(Some(chain), by_proptest(fault, seed, &unlimited), "{fault}, seed {seed}");
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn the_seed_of_proptest_reproduces_a_trace() {
    let [one, other] = [(); 2].map(|()| by_proptest(Fault::LauncherOnly, 9, &many_cases()));
    assert!(one.is_some());
    assert_eq!(one, other);
}

#[test]
fn a_saved_finding_names_its_engine() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    in_folder(&folder).check(&faulty).expect_err("the defect is found");
    let found = folder.path().join("scenarios/found");
    let file =
        fs::read_dir(found).expect("it is there").next().expect("there is one").expect("it can be listed");
    let finding = Scenario::open(&file.path()).expect("it can be read").finding.expect("it has a finding");
    assert_eq!((finding.engine.as_str(), finding.adapter.as_str()), ("conformance", "memory"));
    assert!(finding.seed.is_some() && finding.run.is_some());
}
