//! The texts of findings by example: the whole text of a saved finding and of its explanation, with
//! the implementation and from the record in the file alone.

use std::path::Path;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation};
use chatwarden::counterexample::{Counterexample, Origin, ShrinkStatus};
use chatwarden::describe::{Describer, Explanation, Palette, SavedFinding};
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec, Scenario, Source};
use chatwarden::lockstep::CheckConfig;
use chatwarden::model::{Command, Group, Preset, Setup, User, UserSet};
use chatwarden::replay;
use chatwarden::trace::Trace;
use chatwarden::triage::FindingWriter;

use chatwarden_test_support::{ANN, BOB, G1, KAY, KIM, SAM};

const G2: Group = Group::new(1);

/// A run whose last command is a finding.
struct Found {
    writer: FindingWriter,
    counterexample: Counterexample,
    trace: Trace,
}

impl Found {
    fn new(named: NamedSetup, fidelity: Fidelity, adapter: &mut impl Adapter, commands: &[Command]) -> Self {
        let about = adapter.about();
        let check = CheckConfig { fidelity, ..CheckConfig::of(&about) };
        let writer = FindingWriter::about(named, "found".into()).with_source("fuzz", &about, check);
        let trace = Trace::of(adapter, check, &writer.setup(), commands);
        let finding = trace.finding.clone().expect("it is found");
        assert_eq!(finding.at() + 1, commands.len(), "{finding:?}");
        let counterexample = Counterexample {
            origin: Some(Origin { seed: 7, run: 41 }),
            executions: 12,
            status: ShrinkStatus::OneMinimal,
            ..Counterexample::new(commands.to_vec(), finding)
        };
        Found { writer, counterexample, trace }
    }

    fn of_fault(fault: Fault, commands: &[Command]) -> Self {
        let named = small(Preset::MessengerKids, 1);
        let mut found = Found::new(named, Fidelity::Exact, &mut Memory::with_fault(fault), commands);
        found.writer.fault = Some(fault.to_string());
        found
    }

    #[track_caller]
    fn is_saved_as(&self, expected: &str) {
        let mut text = Vec::new();
        let saved = SavedFinding {
            names: &self.writer.names(),
            setup: &self.writer.setup(),
            counterexample: &self.counterexample,
            trace: &self.trace,
            file: Path::new("found/x.json"),
            replay: "",
        };
        saved.write(&mut text, &Palette::PLAIN, false, None).expect("memory can be written to");
        same(&text, expected);
    }

    #[track_caller]
    fn is_explained_as(&self, expected: &str) {
        explains(&self.writer.setup(), &self.writer.scenario(&self.counterexample), &self.trace, false, expected);
    }

    /// The explanation of the file, without the implementation.
    #[track_caller]
    fn is_explained_from_its_file_as(&self, expected: &str) {
        let scenario = self.writer.scenario(&self.counterexample);
        let saved = scenario.write();
        let read = Scenario::read(Source::new("x.json", &saved)).expect("it can be read");
        let trace = Trace::of_policy(&read.setup(), &replay::commands(&read));
        explains(&read.setup(), &read, &trace, false, expected);
    }
}

fn small(preset: Preset, groups: usize) -> NamedSetup {
    NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), groups, PolicySpec::Preset(preset))
}

#[track_caller]
fn explains(setup: &Setup, scenario: &Scenario, trace: &Trace, is_verbose: bool, expected: &str) {
    let describer = Describer { names: &scenario.names(), setup };
    let recorded = scenario.finding.as_ref();
    let mut text = Vec::new();
    Explanation { describer, trace, recorded, certificate: None, is_verbose }
        .write(&mut text, &Palette::PLAIN)
        .expect("memory can be written to");
    same(&text, expected);
}

#[track_caller]
fn same(text: &[u8], expected: &str) {
    let text = String::from_utf8_lossy(text);
    assert!(text.trim_end() == expected.trim(), "the text is\n{text}\nexpected was\n{expected}");
}

#[test]
fn strangers_by_create() {
    let commands = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Create { by: SAM, group: G1, with: UserSet::of([KAY, KIM]) },
    ];
    let found = Found::of_fault(Fault::CreateUnchecked, &commands);
    found.is_saved_as("");
    found.is_explained_as("");
    found.is_explained_from_its_file_as("");
}

#[test]
fn a_block_that_is_ignored() {
    let commands = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Block { by: KAY, who: SAM },
        Command::Block { by: KAY, who: SAM },
        Command::Direct { by: SAM, to: KAY },
    ];
    let found = Found::of_fault(Fault::DirectIgnoresBlock, &commands);
    found.is_saved_as("");
    found.is_explained_from_its_file_as("");
}

/// The built-in service, which gives away every group of a user who gives away one.
struct TransfersAll(Memory);

impl Adapter for TransfersAll {
    fn about(&self) -> About {
        About::exact("transfers-all", "1")
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.0.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        if let Command::Transfer { by, group: G1, to } = *command {
            self.0.apply(&Command::Transfer { by, group: G2, to })?;
        }
        self.0.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.0.observe(seen)
    }
}

/// There is no child, so nothing is said about the pairs that may chat.
#[test]
fn a_divergence_in_another_group() {
    let cast = r#"[{"name": "ada", "kind": "adult"}, {"name": "ben", "kind": "adult"}]"#;
    let cast = CastSpec::read(Source::new("cast.json", cast).root().expect("it is JSON")).expect("it is a cast");
    let named = NamedSetup::new(cast, 2, PolicySpec::Preset(Preset::MessengerKids));
    let (ada, ben) = (User::new(0), User::new(1));
    let create = |group| Command::Create { by: ada, group, with: UserSet::of([ben]) };
    let commands = [create(G1), create(G2), Command::Transfer { by: ada, group: G1, to: ben }];
    let found = Found::new(named, Fidelity::Exact, &mut TransfersAll(Memory::new()), &commands);
    found.is_saved_as("");
    found.is_explained_as("");
}

/// The built-in service, which delivers every direct message and calls it refused.
struct Leaks(Memory);

impl Adapter for Leaks {
    fn about(&self) -> About {
        About::exact("leaks", "1")
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.0.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        match *command {
            Command::Direct { to, .. } => Ok(Answer::Deny { delivered: UserSet::of([to]) }),
            _ => self.0.apply(command),
        }
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.0.observe(seen)
    }

    fn reason(&self) -> Option<&str> {
        Some("no contact")
    }
}

#[test]
fn a_refusal_that_delivers() {
    let commands = [Command::Direct { by: SAM, to: KAY }];
    let named = small(Preset::MessengerKids, 0);
    let found = Found::new(named, Fidelity::Exact, &mut Leaks(Memory::new()), &commands);
    found.is_saved_as("");
    found.is_explained_as("");
}

/// Under promises-only a defect of the policy is a finding too, and is said to be one.
#[test]
fn a_promise_that_the_policy_breaks_itself() {
    let commands = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Approve { by: BOB, child: KIM, contact: SAM },
        Command::Create { by: SAM, group: G1, with: UserSet::of([KAY, KIM]) },
    ];
    let named = small(Preset::MessengerKids2019, 1);
    let found = Found::new(named, Fidelity::PromisesOnly, &mut Memory::new(), &commands);
    found.is_explained_as("");
    let (setup, mut scenario) = (found.writer.setup(), found.writer.scenario(&found.counterexample));
    scenario.finding = None;
    let trace = Trace::of_policy(&setup, &commands);
    explains(&setup, &scenario, &trace, true, "");
}
