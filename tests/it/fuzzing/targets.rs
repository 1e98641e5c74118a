//! Targets: they find planted faults, and allocate nothing while there is no finding.

use std::ops::Range;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::Counterexample;
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec};
use chatwarden::fuzz::{Counters, Header, Input, Settings, Signal, Target, TargetOutcome};
use chatwarden::model::{Command, EnumSet, NamedEnum, Policy, Preset, Setup, State, UserSet, step};

use super::{MOST, any_bytes, own, trace};
use chatwarden_test_support::{ANN, BOB, G1, KAY, KIM, SAM};

/// The most bytes of an input.
const ROOM: usize = 8 * (MOST + 1);

static COUNTERS: Counters = Counters::new();

pub(super) fn target<A: Adapter>(
    make: impl Fn() -> Result<A, Failure>,
    settings: Settings,
) -> Target<A, impl Fn() -> Result<A, Failure>> {
    Target::new(make, settings, &COUNTERS).expect("the service starts")
}

pub(super) fn found<A: Adapter>(
    target: &mut Target<A, impl Fn() -> Result<A, Failure>>,
    commands: Vec<Command>,
) -> Option<Box<Counterexample>> {
    match target.run(&Input { header: Header::OWN, commands }.encode()) {
        TargetOutcome::Found(_, found) => Some(found),
        _ => None,
    }
}

/// The commands of the reported defect, with others around them that do not matter.
pub(super) fn reported() -> Vec<Command> {
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
fn every_fault_is_within_reach_of_inputs() {
    for &fault in Fault::ALL {
        let settings = Settings::for_fault(fault);
        let setup = settings.setup.as_ref().expect("a fault has a setup").setup();
        let make = || Ok(Memory::with_fault(fault));
        let tally = campaign::run_campaign(
            &CampaignConfig::new(setup, &Memory::new().about()),
            &make,
            &CampaignMonitor::default(),
            &|_| {},
        );
        let by_campaign = tally.expect("the service starts").found.remove(0);
        let by_input = found(&mut target(make, settings), by_campaign.commands.clone());
        assert_eq!(by_input.map(|found| found.finding), Some(by_campaign.finding), "{fault}");
    }
}

#[test]
fn the_service_conforms_whatever_the_bytes() {
    let mut target = target(|| Ok(Memory::new()), Settings { varies_setup: true, ..Settings::default() });
    for seed in 0..3_000 {
        match target.run(&any_bytes(seed)) {
            TargetOutcome::Found(_, found) => panic!("{found:?}"),
            TargetOutcome::Conforms | TargetOutcome::Unreadable => {}
        }
    }
    assert_eq!(target.run(&[9, 9]), TargetOutcome::Unreadable);
}

#[test]
fn inputs_have_their_own_setup_only_if_the_target_lets_them() {
    // This policy compares a newcomer with the inviter only, so it allows the commands.
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
    assert_eq!(fixed.run(&lenient), TargetOutcome::Conforms);
    assert_eq!(fixed.run(&strict), TargetOutcome::Unreadable);

    let mut varied = target(make, Settings { varies_setup: true, ..settings });
    assert_eq!(found(&mut varied, reported()), None);
    assert_eq!(varied.run(&lenient), TargetOutcome::Conforms);
    assert!(matches!(varied.run(&strict), TargetOutcome::Found(..)));
}

#[test]
fn inputs_are_described_as_traces() {
    let target = target(|| Ok(Memory::new()), Settings::default());
    let described = |header, commands| target.describe(&Input { header, commands }.encode());
    let of_target = described(Header::OWN, reported());
    let lines: Vec<_> = of_target.lines().collect();
    assert_eq!(lines[0], "ann, bob, kay, kim, sam in g1, g2, policy \"messenger-kids\"");
    assert_eq!((lines[5], lines.len()), ("   4  create(sam, g1, [kay])", 9));
    let family = CastSpec::BuiltIn(BuiltInCast::Family);
    let own = NamedSetup::new(family, 0, PolicySpec::Preset(Preset::AdderOnly));
    assert!(described(Header::of(&own), Vec::new()).ends_with(" in no group, policy \"adder-only\""));
    assert!(target.describe(&[9]).contains("version 9"), "{}", target.describe(&[9]));
}

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    for &signal in Signal::ALL {
        let settings = Settings { signal, ..Settings::default() };
        assert_eq!(allocated_by(|| Ok(Memory::new()), settings.clone()), 0, "{signal}");
        // The built-in service makes accounts where the cast changes; the harness does not allocate
        // there either.
        let settings = Settings { varies_setup: true, ..settings };
        assert_eq!(allocated_by(|| Ok(Following(None)), settings), 0, "{signal}, with any setup");
    }
}

/// The number of allocations for a thousand inputs, after as many others.
fn allocated_by<A: Adapter>(make: impl Fn() -> Result<A, Failure>, settings: Settings) -> u64 {
    let mut target = target(make, settings);
    let mut input = [0; ROOM];
    let mut len = Input { header: Header::OWN, commands: trace(&own(), 1, MOST) }.write(&mut input);
    // Inputs are made from earlier inputs, as libFuzzer does.
    let mut rounds = |seeds: Range<u32>| {
        for seed in seeds {
            let (mut other, mut spliced) = (input, [0; ROOM]);
            let of_other = target.mutator().mutate(&mut other, len, ROOM, seed);
            assert_eq!(target.run(&other[..of_other]), TargetOutcome::Conforms);
            len = target.mutator().splice(&other[..of_other], &input[..len], &mut spliced, seed);
            assert_eq!(target.run(&spliced[..len]), TargetOutcome::Conforms);
            input = spliced;
        }
    };
    rounds(0..1_000);
    allocation_counter::measure(|| rounds(1_000..2_000)).count_total
}

/// The model as an implementation. It allocates nothing and cannot be observed.
struct Following(Option<(State, Policy)>);

impl Adapter for Following {
    fn about(&self) -> About {
        About { observes: EnumSet::empty(), ..About::exact("following", "1") }
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.0 = Some((setup.start(), setup.policy));
        Ok(())
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        let (state, policy) = self.0.as_mut().expect("it was reset");
        let stepped = step(state, policy, command);
        let delivered = stepped.delivered;
        Ok(if stepped.decision.is_allowed() { Answer::Allow { delivered } } else { Answer::deny() })
    }

    fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
        Ok(())
    }
}

#[test]
fn an_unknown_signal_is_named_with_the_nearest_known_one() {
    assert_eq!(
        Signal::read("situation").unwrap_err(),
        "unknown signal `situation`; did you mean `situations`?"
    );
    assert_eq!(Signal::read("x").unwrap_err(), "unknown signal `x`; known: `none`, `situations`, `points`");
}
