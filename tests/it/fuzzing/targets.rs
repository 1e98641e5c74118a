//! Targets: they find what is planted, take care of it, and allocate nothing while there is nothing to find.

use std::fs;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::campaign::Found;
use chatwarden::fuzz::{Counters, Header, Input, Outcome, Settings, Target};
use chatwarden::model::{Command, Preset, Setup, UserSet};
use chatwarden::replay;
use chatwarden::wire::{BuiltInCast, CastSpec, NamedSetup, PolicySpec, Scenario};

use super::{MOST, any_bytes, history, own};
use crate::support::{ANN, BOB, G1, KAY, KIM, SAM};

static COUNTERS: Counters = Counters::new();

fn target<A: Adapter>(
    make: impl Fn() -> Result<A, Failure>,
    settings: Settings,
) -> Target<A, impl Fn() -> Result<A, Failure>> {
    Target::new(make, settings, &COUNTERS).expect("the service starts")
}

fn found<A: Adapter>(
    target: &mut Target<A, impl Fn() -> Result<A, Failure>>,
    commands: Vec<Command>,
) -> Option<Box<Found>> {
    match target.run(&Input { header: Header::OWN, commands }.encode()) {
        Outcome::Found(found) => Some(found),
        _ => None,
    }
}

/// The reported chain, with things around it that do not matter.
fn reported() -> Vec<Command> {
    vec![
        Command::Block { by: SAM, who: KIM },
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Unblock { by: SAM, who: KIM },
        Command::Approve { by: BOB, child: KIM, contact: SAM },
        Command::Create { by: SAM, group: G1, with: UserSet::of([KAY]) },
        Command::Message { by: SAM, group: G1 },
        Command::Invite { by: SAM, group: G1, who: KIM },
        Command::Leave { by: SAM, group: G1 },
    ]
}

#[test]
fn a_finding_is_saved_shrunk_and_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings = Settings { save: folder.path().join("found"), ..Settings::for_fault(Fault::LauncherOnly) };
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings);
    let found = found(&mut target, reported()).expect("it is found");
    assert_eq!(found.commands.len(), 7);

    let mut told = Vec::new();
    let file = target.conclude(&found, &mut told).expect("it can be saved");
    let told = anstream::adapter::strip_str(std::str::from_utf8(&told).expect("it is text")).to_string();
    for part in [
        "invite(sam, g1, kim)",
        "step by step",
        "legitimate after",
        "chatwarden replay --fault launcher-only",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let files: Vec<_> = fs::read_dir(folder.path().join("found")).expect("it is there").collect();
    assert_eq!(files.len(), 1, "no draft is left behind");
    let saved = Scenario::open(&file).expect("it can be read");
    assert_eq!(saved.steps.len(), 4);
    assert_eq!(saved.finding.as_ref().expect("it has a finding").engine, "cargo-fuzz");
    replay::against_policy(&saved).expect("the policy does what it says");
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing() {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    let settings =
        Settings { save: file.path().join("below-a-file"), ..Settings::for_fault(Fault::LauncherOnly) };
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings);
    let found = found(&mut target, reported()).expect("it is found");
    let mut told = Vec::new();
    assert!(target.conclude(&found, &mut told).is_err());
    let told = String::from_utf8(told).expect("it is text");
    let scenario = &told[told.find('{').expect("the scenario is told")..];
    let source = chatwarden::wire::Source::new("told", scenario);
    assert_eq!(Scenario::read(source).expect("it can be read").steps.len(), 7);
}

#[test]
fn the_service_conforms_whatever_the_bytes() {
    let mut target = target(|| Ok(Memory::new()), Settings { varies_setup: true, ..Settings::default() });
    for seed in 0..3_000 {
        match target.run(&any_bytes(seed)) {
            Outcome::Found(found) => panic!("{found:?}"),
            Outcome::Conforms | Outcome::Unreadable => {}
        }
    }
    assert_eq!(target.run(&[9, 9]), Outcome::Unreadable);
}

#[test]
fn inputs_say_what_they_are_about_where_they_may_and_else_the_target_does() {
    // Whoever adds somebody is the only one who is asked: under this policy the chain is as it should be.
    let setup = NamedSetup::new(
        CastSpec::BuiltIn(BuiltInCast::Small),
        2,
        PolicySpec::Preset(Preset::MessengerKids2019),
    );
    let strict = Input { header: Header::of(&NamedSetup::default()), commands: reported() }.encode();
    let lenient = Input { header: Header::of(&setup), commands: reported() }.encode();
    let make = || Ok(Memory::with_fault(Fault::LauncherOnly));

    let settings = Settings { setup: Some(setup), ..Settings::default() };
    let mut fixed = target(make, settings.clone());
    assert_eq!(found(&mut fixed, reported()), None);
    assert_eq!(fixed.run(&lenient), Outcome::Conforms);
    assert_eq!(fixed.run(&strict), Outcome::Unreadable);

    let mut varied = target(make, Settings { varies_setup: true, ..settings });
    assert_eq!(found(&mut varied, reported()), None);
    assert_eq!(varied.run(&lenient), Outcome::Conforms);
    assert!(matches!(varied.run(&strict), Outcome::Found(_)));
}

#[test]
fn inputs_are_told_as_histories() {
    let target = target(|| Ok(Memory::new()), Settings::default());
    let told = |header, commands| target.tell(&Input { header, commands }.encode());
    let of_target = told(Header::OWN, reported());
    let lines: Vec<_> = of_target.lines().collect();
    assert_eq!(lines[0], "ann, bob, kay, kim, sam in g1, g2, policy \"messenger-kids\"");
    assert_eq!((lines[5], lines.len()), ("   4  create(sam, g1, [kay])", 9));
    let family = CastSpec::BuiltIn(BuiltInCast::Family);
    let own = NamedSetup::new(family, 0, PolicySpec::Preset(Preset::AdderOnly));
    assert!(told(Header::of(&own), Vec::new()).ends_with(" in no group, policy \"adder-only\""));
    assert!(target.tell(&[9]).contains("version 9"), "{}", target.tell(&[9]));
}

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let mut target = target(|| Ok(Still), Settings::default());
    let inputs: Vec<Vec<u8>> = (0..50)
        .map(|seed| Input { header: Header::OWN, commands: history(&own(), seed, MOST) }.encode())
        .collect();
    let mut data = vec![0; 8 * (MOST + 1)];
    let mut round = |target: &mut Target<_, _>| {
        for (seed, input) in inputs.iter().enumerate() {
            assert_eq!(target.run(input), Outcome::Conforms);
            data[..input.len()].copy_from_slice(input);
            let room = data.len();
            target.mutator().mutate(&mut data, input.len(), room, seed as u32);
            target.mutator().splice(input, &inputs[0], &mut data, seed as u32);
        }
    };
    round(&mut target);
    let allocated = allocation_counter::measure(|| round(&mut target));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

/// An implementation that refuses everything and allocates nothing.
struct Still;

impl Adapter for Still {
    fn about(&self) -> About {
        About {
            fidelity: chatwarden::adapter::Fidelity::NoLooser,
            observes: Default::default(),
            ..About::exact("still", "1")
        }
    }

    fn reset(&mut self, _: &Setup) -> Result<(), Failure> {
        Ok(())
    }

    fn apply(&mut self, _: &Command) -> Result<Answer, Failure> {
        Ok(Answer::Deny)
    }

    fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
        Ok(())
    }
}

#[test]
fn an_unknown_signal_is_named_with_the_nearest_known_one() {
    assert_eq!(
        chatwarden::fuzz::Signal::read("situation").unwrap_err(),
        "unknown signal `situation`; did you mean `situations`?"
    );
    assert_eq!(
        chatwarden::fuzz::Signal::read("x").unwrap_err(),
        "unknown signal `x`; known: `none`, `situations`, `points`"
    );
}
