//! The texts of findings by example: the whole text of a saved finding and of its explanation, with
//! the implementation and from the record in the file alone.

use std::path::Path;
use std::{fs, io};

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation};
use chatwarden::counterexample::{Counterexample, Origin, ShrinkStatus};
use chatwarden::describe::{Describer, Explanation, Palette, SavedFinding};
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec, Scenario, Source};
use chatwarden::lockstep::CheckConfig;
use chatwarden::model::{
    Admission, Command, DeliverRule, Group, Policy, Preset, SendRule, Setup, Surface, User, UserSet,
};
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

    /// The finding as it is printed when it is saved.
    fn saved(&self) -> String {
        let saved = SavedFinding {
            names: &self.writer.names(),
            setup: &self.writer.setup(),
            counterexample: &self.counterexample,
            trace: &self.trace,
            file: Path::new("found/x.json"),
            replay: "",
        };
        text(|out| saved.write(out, &Palette::PLAIN, false, None))
    }

    /// The explanation with the implementation.
    fn explained(&self) -> String {
        explained(&self.writer.scenario(&self.counterexample), &self.trace, false)
    }

    /// The explanation of the file, without the implementation.
    fn explained_from_its_file(&self) -> String {
        let saved = self.writer.scenario(&self.counterexample).write();
        let read = Scenario::read(Source::new("x.json", &saved)).expect("it can be read");
        explained(&read, &Trace::of_policy(&read.setup(), &replay::commands(&read)), false)
    }
}

fn small(preset: Preset, groups: usize) -> NamedSetup {
    NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), groups, PolicySpec::Preset(preset))
}

fn explained(scenario: &Scenario, trace: &Trace, is_verbose: bool) -> String {
    let (names, setup) = (scenario.names(), scenario.setup());
    let describer = Describer { names: &names, setup: &setup };
    let recorded = scenario.finding.as_ref();
    let explanation = Explanation { describer, trace, recorded, certificate: None, is_verbose };
    text(|out| explanation.write(out, &Palette::PLAIN))
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).expect("memory can be written to");
    String::from_utf8(text).expect("it is UTF-8")
}

/// Compares the texts with those in a file of the folder `explanations`. With `CHATWARDEN_WRITE_TEXTS`
/// the file is written instead, for a review of the difference.
#[track_caller]
fn same(name: &str, texts: &[(&str, String)]) {
    let texts: Vec<_> = texts.iter().map(|(title, text)| format!("=== {title}\n{text}")).collect();
    let texts = texts.join("\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/explanations").join(name);
    if std::env::var_os("CHATWARDEN_WRITE_TEXTS").is_some() {
        fs::write(&file, &texts).expect("it can be written");
    }
    let expected = fs::read_to_string(&file).expect("it is there");
    assert!(texts == expected, "{} does not have\n{texts}", file.display());
}

#[test]
fn strangers_by_create() {
    let commands = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Create { by: SAM, group: G1, with: UserSet::of([KAY, KIM]) },
    ];
    let found = Found::of_fault(Fault::CreateUnchecked, &commands);
    same(
        "strangers-by-create.txt",
        &[
            ("saved", found.saved()),
            ("explained with the implementation", found.explained()),
            ("explained from the file", found.explained_from_its_file()),
        ],
    );
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
    let texts = [("saved", found.saved()), ("explained from the file", found.explained_from_its_file())];
    same("block-ignored.txt", &texts);
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
    let cast =
        CastSpec::read(Source::new("cast.json", cast).root().expect("it is JSON")).expect("it is a cast");
    let named = NamedSetup::new(cast, 2, PolicySpec::Preset(Preset::MessengerKids));
    let (ada, ben) = (User::new(0), User::new(1));
    let create = |group| Command::Create { by: ada, group, with: UserSet::of([ben]) };
    let commands = [create(G1), create(G2), Command::Transfer { by: ada, group: G1, to: ben }];
    let found = Found::new(named, Fidelity::Exact, &mut TransfersAll(Memory::new()), &commands);
    let texts = [("saved", found.saved()), ("explained with the implementation", found.explained())];
    same("divergence-in-another-group.txt", &texts);
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
    let texts = [("saved", found.saved()), ("explained with the implementation", found.explained())];
    same("refusal-that-delivers.txt", &texts);
}

/// The policy allows the command, and not the delivery.
#[test]
fn a_delivery_that_the_policy_does_not_make() {
    let message = Surface { send: SendRule::Anyone, deliver: DeliverRule::Authorized };
    let policy = Policy { message, admission: Admission::Direct, ..Preset::NoContactRule.policy() };
    let named = NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), 1, PolicySpec::from(policy));
    let create = Command::Create { by: SAM, group: G1, with: UserSet::of([KAY]) };
    let commands = [create, Command::Message { by: SAM, group: G1 }];
    let mut service = Memory::with_fault(Fault::MessageToAll);
    let found = Found::new(named, Fidelity::Exact, &mut service, &commands);
    let texts = [("saved", found.saved()), ("explained from the file", found.explained_from_its_file())];
    same("delivery-too-many.txt", &texts);
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
    let of_policy = Scenario { finding: None, ..found.writer.scenario(&found.counterexample) };
    let trace = Trace::of_policy(&of_policy.setup(), &commands);
    let texts = [
        ("saved", found.saved()),
        ("explained from the file", found.explained_from_its_file()),
        ("explained without a finding, verbose", explained(&of_policy, &trace, true)),
    ];
    same("broken-by-the-policy.txt", &texts);
}

/// A finding that the implementation does not show any more is told to be the recorded one.
#[test]
fn a_finding_that_does_not_recur() {
    let found = Found::of_fault(Fault::DirectUnchecked, &[Command::Direct { by: SAM, to: KAY }]);
    let scenario = found.writer.scenario(&found.counterexample);
    let check = CheckConfig::of(&Memory::new().about());
    let trace = Trace::of(&mut Memory::new(), check, &scenario.setup(), &replay::commands(&scenario));
    let nothing = Trace { steps: Vec::new(), finding: None };
    let texts = [
        ("repaired", explained(&scenario, &trace, false)),
        ("nothing was carried out", explained(&scenario, &nothing, false)),
    ];
    same("not-recurring.txt", &texts);
}
