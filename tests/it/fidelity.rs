//! The three fidelities on implementations that deviate on purpose: one refuses more, one delivers
//! less, one denies what it did, one panics, and one shows another state.

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation, Part};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor, CampaignResult};
use chatwarden::counterexample::ShrinkStatus;
use chatwarden::finding::{Deviation, Difference, Verdict};
use chatwarden::generate::{Choices, Seeded};
use chatwarden::lockstep::{CheckConfig, Lockstep, StepResult, diverged_parts};
use chatwarden::model::{
    Command, CommandKind, EnumSet, Link, NamedEnum, Phase, Preset, Promise, Setup, UserSet,
};

use chatwarden_test_support::{G1, KAY, SAM, setup_for, small};

/// The difference between an implementation and the built-in service inside it.
#[derive(Clone, Copy, PartialEq)]
enum Habit {
    /// It refuses every third command, by a rule of its own.
    Refuses,
    /// It delivers nothing.
    Mute,
    /// It carries out a command and says that it refused it.
    Denies,
    /// It panics when somebody leaves.
    Panics,
    /// It fails when somebody is banned.
    Fails,
    /// It shows another value of this part than the service has.
    Shows(Part),
}

struct Peculiar {
    service: Memory,
    habit: Habit,
    choices: Seeded,
}

impl Peculiar {
    fn new(habit: Habit) -> Self {
        Peculiar { service: Memory::new(), habit, choices: Seeded::of_run(0, 0) }
    }
}

impl Adapter for Peculiar {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.choices = Seeded::of_run(1, 1);
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        match (self.habit, command.kind()) {
            (Habit::Refuses, _) if self.choices.chance(1, 3) => return Ok(Answer::deny()),
            (Habit::Panics, CommandKind::Leave) => panic!("nobody has ever left"),
            (Habit::Fails, CommandKind::Ban) => return Err(Failure::Failed("no such endpoint".into())),
            _ => {}
        }
        Ok(match self.service.apply(command)? {
            Answer::Allow { .. } if self.habit == Habit::Mute => Answer::Allow { delivered: UserSet::EMPTY },
            Answer::Allow { .. } if self.habit == Habit::Denies => Answer::deny(),
            answer => answer,
        })
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)?;
        if let Habit::Shows(part) = self.habit {
            change(seen, part);
        }
        Ok(())
    }
}

/// Gives a part of the observation another value.
fn change(seen: &mut Observation, part: Part) {
    let toggle = |users: UserSet| if users.contains(KAY) { users.without(KAY) } else { users.with(KAY) };
    let group = &mut seen.groups[G1.index()];
    match part {
        Part::Members => group.members = toggle(group.members),
        Part::Invited => group.invited = toggle(group.invited),
        Part::Phase => {
            group.phase = if group.phase == Phase::Active { Phase::Dissolved } else { Phase::Active };
        }
        Part::Owner => group.owner = if group.owner == Some(KAY) { None } else { Some(KAY) },
        Part::Banned => group.banned = toggle(group.banned),
        Part::Link => group.link = if group.link == Link::Open { Link::Closed } else { Link::Open },
        Part::Contacts => seen.contacts[KAY.index()] = toggle(seen.contacts[KAY.index()]),
        Part::Blocks => seen.blocks[SAM.index()] = toggle(seen.blocks[SAM.index()]),
    }
}

/// Every part of an observation is compared with the state, looked at for the promise `refusal`,
/// and merged into the state that promises are judged on.
#[test]
fn another_value_of_any_observed_part_is_a_deviation() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let refused = Command::Leave { by: KAY, group: G1 };
    for &part in Part::ALL {
        let mut adapter = Peculiar::new(Habit::Shows(part));
        let mut lockstep = Lockstep::new(CheckConfig::of(&adapter.about()));
        lockstep.start(&mut adapter, &setup).expect("it starts");
        let StepResult::Ended(finding) = lockstep.step(&mut adapter, &refused) else {
            panic!("{part} differs")
        };
        let parts: Vec<EnumSet<Part>> = finding
            .deviations()
            .iter()
            .filter_map(|deviation| match deviation {
                Deviation::Diverged(differences) => Some(differences.iter().map(Difference::part).collect()),
                _ => None,
            })
            .collect();
        assert_eq!(parts, [EnumSet::from_iter([part])], "{finding:?}");
        assert_eq!(finding.identity().promise, Some(Promise::Refusal), "{part} changed at a refusal");
        let mut seen = Observation::default();
        adapter.observe(&mut seen).expect("it can be observed");
        let left = diverged_parts(lockstep.state(), &seen, &setup, EnumSet::all());
        let is_kept = matches!(part, Part::Contacts | Part::Blocks | Part::Banned);
        assert_eq!(left.is_empty(), !is_kept, "{part} is merged into the state unless commands decide on it");
    }
}

fn run_campaign(habit: Habit, fidelity: Fidelity) -> (CampaignConfig, CampaignResult) {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let mut config =
        CampaignConfig { runs: 2_000, ..CampaignConfig::new(setup, &Peculiar::new(habit).about()) };
    config.check.fidelity = fidelity;
    let result =
        campaign::run_campaign(&config, &|| Ok(Peculiar::new(habit)), &CampaignMonitor::default(), &|_| {});
    (config, result.expect("it starts"))
}

/// Who may run a group shows in the promises, although the rules of the implementation are its own.
#[test]
fn defects_of_who_runs_a_group_are_found_where_only_promises_are_judged() {
    for (fault, shown) in [
        (Fault::MemberRemoves, "broken-promise-remove-authority"),
        (Fault::TransferKeepsRights, "broken-promise-close-link-authority"),
        (Fault::GuardianRunsGroups, "broken-promise-ban-authority"),
        (Fault::UnbanClearsAll, "diverged-unban-banned"),
    ] {
        let mut config = CampaignConfig::new(setup_for(fault), &Memory::new().about());
        config.check.fidelity = Fidelity::PromisesOnly;
        let make = || Ok(Memory::with_fault(fault));
        let result = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {});
        let found = result.expect("it starts").found;
        let [found] = &found[..] else { panic!("{fault}: {found:?}") };
        let shrunk = campaign::shrink(&config, &make, found, &CampaignMonitor::default(), |_, _| {});
        assert_eq!(shrunk.expect("it starts").identity().to_string(), shown, "{fault}");
    }
}

#[test]
fn refusing_more_and_delivering_less_is_too_strict_and_never_too_loose() {
    for habit in [Habit::Refuses, Habit::Mute] {
        let (_, exact) = run_campaign(habit, Fidelity::Exact);
        assert_eq!(exact.found[0].finding.identity().verdict, Verdict::TooStrict);
        for fidelity in [Fidelity::NoLooser, Fidelity::PromisesOnly] {
            let (_, result) = run_campaign(habit, fidelity);
            assert!(result.found.is_empty(), "{:?}", result.found);
            assert_eq!(result.runs, 2_000);
        }
    }
}

/// Under no-looser a refusal too many is nobody's harm, and is not listed beside what is.
#[test]
fn a_refusal_too_many_counts_under_exact_alone() {
    for (fidelity, is_listed) in [(Fidelity::Exact, true), (Fidelity::NoLooser, false)] {
        let (_, result) = run_campaign(Habit::Denies, fidelity);
        let found = &result.found[0].finding;
        assert!(found.deviations().iter().any(|deviation| matches!(deviation, Deviation::Diverged(_))));
        assert_eq!(found.deviations().contains(&Deviation::Refused), is_listed, "{found:?}");
    }
}

#[test]
fn a_panic_is_found_shrunk_and_told_and_the_campaign_goes_on() {
    let (config, result) = run_campaign(Habit::Panics, Fidelity::Exact);
    assert_eq!(result.runs, 2_000, "the other runs are made all the same");
    let [found] = result.found.as_slice() else { panic!("{:?}", result.found) };
    assert_eq!(found.finding.identity().to_string(), "inconclusive-leave");
    let shrunk = campaign::shrink(
        &config,
        &|| Ok(Peculiar::new(Habit::Panics)),
        found,
        &CampaignMonitor::default(),
        |_, _| {},
    );
    let shrunk = shrunk.expect("it starts");
    assert_eq!((shrunk.commands.len(), shrunk.status), (1, ShrinkStatus::OneMinimal));
    let Deviation::Panicked(message) = shrunk.finding.gravest() else { panic!("{:?}", shrunk.finding) };
    assert!(message.starts_with("nobody has ever left (") && message.contains("fidelity.rs:"), "{message}");
}

#[test]
fn a_failure_is_inconclusive() {
    let (_, result) = run_campaign(Habit::Fails, Fidelity::NoLooser);
    let [found] = result.found.as_slice() else { panic!("{:?}", result.found) };
    let failed = Deviation::Indefinite("the implementation failed: no such endpoint".into());
    assert_eq!(found.finding.gravest(), &failed);
}

#[test]
fn a_finding_that_does_not_recur_is_left_as_it_was() {
    let (config, mut result) = run_campaign(Habit::Mute, Fidelity::Exact);
    let found = result.found.remove(0);
    let shrunk =
        campaign::shrink(&config, &|| Ok(Memory::new()), &found, &CampaignMonitor::default(), |_, _| {});
    let shrunk = shrunk.expect("it starts");
    assert_eq!((shrunk.status, shrunk.commands), (ShrinkStatus::Unstable(None), found.commands));
}
