//! The three fidelities on implementations that depart on purpose: one that refuses more, one that delivers less, one that
//! denies what it did, one that panics.

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor, CampaignResult};
use chatwarden::counterexample::ShrinkStatus;
use chatwarden::finding::{Deviation, Verdict};
use chatwarden::generate::{Choices, Seeded};
use chatwarden::model::{Command, CommandKind, Preset, Setup, UserSet};

use chatwarden_test_support::small;

/// What an implementation does differently from the built-in service inside it.
#[derive(Clone, Copy, PartialEq)]
enum Habit {
    /// It refuses every third command, by a rule of its own.
    Refuses,
    /// It delivers nothing.
    Mute,
    /// It carries out what it says that it refuses.
    Denies,
    /// It panics when somebody leaves.
    Panics,
    /// It fails when somebody is banned.
    Fails,
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
            (Habit::Refuses, _) if self.choices.chance(1, 3) => return Ok(Answer::Deny),
            (Habit::Panics, CommandKind::Leave) => panic!("nobody has ever left"),
            (Habit::Fails, CommandKind::Ban) => return Err(Failure::Failed("no such endpoint".into())),
            _ => {}
        }
        Ok(match self.service.apply(command)? {
            Answer::Allow { .. } if self.habit == Habit::Mute => Answer::Allow { delivered: UserSet::EMPTY },
            Answer::Allow { .. } if self.habit == Habit::Denies => Answer::Deny,
            answer => answer,
        })
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

fn run_campaign(habit: Habit, fidelity: Fidelity) -> (CampaignConfig, CampaignResult) {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let mut plan =
        CampaignConfig { runs: 2_000, ..CampaignConfig::new(setup, &Peculiar::new(habit).about()) };
    plan.terms.fidelity = fidelity;
    let tally =
        campaign::run_campaign(&plan, &|| Ok(Peculiar::new(habit)), &CampaignMonitor::default(), &|_| {});
    (plan, tally.expect("it starts"))
}

#[test]
fn refusing_more_and_delivering_less_is_too_strict_and_never_too_loose() {
    for habit in [Habit::Refuses, Habit::Mute] {
        let (_, exact) = run_campaign(habit, Fidelity::Exact);
        assert_eq!(exact.found[0].finding.identity().verdict, Verdict::TooStrict);
        for fidelity in [Fidelity::NoLooser, Fidelity::PromisesOnly] {
            let (_, tally) = run_campaign(habit, fidelity);
            assert!(tally.found.is_empty(), "{:?}", tally.found);
            assert_eq!(tally.runs, 2_000);
        }
    }
}

/// Under no-looser a refusal too many is nobody's harm, and is not listed beside what is.
#[test]
fn a_refusal_too_many_counts_under_exact_alone() {
    for (fidelity, is_listed) in [(Fidelity::Exact, true), (Fidelity::NoLooser, false)] {
        let (_, tally) = run_campaign(Habit::Denies, fidelity);
        let found = &tally.found[0].finding;
        assert!(found.deviations().iter().any(|deviation| matches!(deviation, Deviation::Diverged(_))));
        assert_eq!(found.deviations().contains(&Deviation::Refused), is_listed, "{found:?}");
    }
}

#[test]
fn a_panic_is_found_shrunk_and_told_and_the_campaign_goes_on() {
    let (plan, tally) = run_campaign(Habit::Panics, Fidelity::Exact);
    assert_eq!(tally.runs, 2_000, "the other runs are made all the same");
    let [found] = tally.found.as_slice() else { panic!("{:?}", tally.found) };
    assert_eq!(found.finding.identity().to_string(), "inconclusive-leave");
    let shrunk = campaign::shrink(
        &plan,
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
    let (_, tally) = run_campaign(Habit::Fails, Fidelity::NoLooser);
    let [found] = tally.found.as_slice() else { panic!("{:?}", tally.found) };
    let told = Deviation::Indefinite("the implementation failed: no such endpoint".into());
    assert_eq!(found.finding.gravest(), &told);
}

#[test]
fn a_finding_that_does_not_recur_is_left_as_it_was() {
    let (plan, mut tally) = run_campaign(Habit::Mute, Fidelity::Exact);
    let found = tally.found.remove(0);
    let shrunk =
        campaign::shrink(&plan, &|| Ok(Memory::new()), &found, &CampaignMonitor::default(), |_, _| {});
    let shrunk = shrunk.expect("it starts");
    assert_eq!((shrunk.status, shrunk.commands), (ShrinkStatus::Unstable(None), found.commands));
}
