//! Properties of all traces, for any cast, policy and commands.
//!
//! The traces are the same at every execution; `PROPTEST_CASES` sets their number. The effects of single
//! commands are covered by `differential`.

use chatwarden_model::{
    Command, CommandKind, Group, GroupState, Kind, Link, NamedEnum, Phase, Preset, Promise, Renaming, Setup,
    State, Transition, User, decide, step,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use crate::support::{Random, any_setup, likely_command, small};

/// A setup and a trace.
#[derive(Clone, Debug)]
struct Run {
    setup: Setup,
    trace: Vec<Command>,
}

impl Run {
    /// The run in which each number is the seed of a command, preferably an allowed one.
    fn new(setup: Setup, choices: &[u64]) -> Self {
        let mut state: State = setup.start();
        let mut run = Run { setup, trace: Vec::new() };
        for &choice in choices {
            let command = likely_command(&mut Random(choice), &setup, &state);
            step(&mut state, &setup.policy, &command);
            run.trace.push(command);
        }
        run
    }

    /// Calls the visitor with every step, and returns the last state.
    fn each_step(&self, mut visit: impl FnMut(&Transition<'_, 16, 8>)) -> State {
        let policy = &self.setup.policy;
        let mut after: State = self.setup.start();
        for command in &self.trace {
            let before = after;
            let outcome = step(&mut after, policy, command);
            visit(&Transition {
                policy,
                before: &before,
                command,
                allowed: outcome.decision.is_allowed(),
                delivered: outcome.delivered,
                after: &after,
            });
        }
        after
    }

    /// The last state.
    fn end(&self) -> State {
        self.each_step(|_| {})
    }

    /// Repeats the run with other names. Calls the visitor with each original step and the state after the
    /// renamed step.
    fn each_renamed_step(&self, renaming: &Renaming, mut visit: impl FnMut(&Transition<'_, 16, 8>, &State)) {
        let setup = Setup { cast: renaming.cast(&self.setup.cast), ..self.setup };
        let mut renamed: State = setup.start();
        self.each_step(|original| {
            let command = renaming.command(original.command);
            let here = decide(original.before, original.policy, original.command);
            let there = step(&mut renamed, &setup.policy, &command);
            assert_eq!(here, there.decision);
            assert_eq!(renaming.users(original.delivered), there.delivered);
            visit(original, &renamed);
        });
    }
}

fn setups() -> impl Strategy<Value = Setup> {
    any::<u64>().no_shrink().prop_map(|seed| any_setup(&mut Random(seed)))
}

fn runs_in(setups: impl Strategy<Value = Setup>) -> impl Strategy<Value = Run> {
    (setups, vec(any::<u64>().no_shrink(), 0..80)).prop_map(|(setup, choices)| Run::new(setup, &choices))
}

fn runs() -> impl Strategy<Value = Run> {
    runs_in(setups())
}

/// Runs of the small cast with one group.
fn small_runs() -> impl Strategy<Value = Run> {
    runs_in(setups().prop_map(|setup| Setup { cast: small(), groups: 1, ..setup }))
}

fn runs_under(presets: Vec<Preset>) -> impl Strategy<Value = Run> {
    runs_in(
        (setups(), select(presets)).prop_map(|(setup, preset)| Setup { policy: preset.policy(), ..setup }),
    )
}

/// A permutation of the groups and of the users, either within each kind or of all.
fn renaming(setup: &Setup, seed: u64, keeping_kinds: bool) -> Renaming {
    let mut random = Random(seed);
    let kinds = setup.cast.kinds();
    let mut renaming = Renaming::identity();
    for user in kinds.everyone() {
        let others = if keeping_kinds { kinds.of(kinds.kind(user)) } else { kinds.everyone() };
        renaming = renaming.swapping_users(user, random.user(others).expect("the user is one of them"));
    }
    for group in Group::first(setup.groups) {
        renaming = renaming.swapping_groups(group, Group::new(random.below(setup.groups)));
    }
    renaming
}

fn pairs(setup: &Setup) -> impl Iterator<Item = (User, User)> {
    let everyone = setup.cast.kinds().everyone();
    everyone.into_iter().flat_map(move |one| everyone.into_iter().map(move |other| (one, other)))
}

fn assert_well_formed(state: &State, group: &GroupState) {
    let chatting = state.kinds().chatting();
    assert!(group.members.or(group.invited()).or(group.banned).is_subset(chatting));
    assert!(group.members.and(group.invited()).is_empty());
    assert!(group.owner.is_none_or(|owner| group.members.contains(owner)));
    let lives = matches!(group.phase, Phase::Active | Phase::Frozen);
    assert_eq!(lives, !group.members.is_empty());
    assert!(lives || group.invited().is_empty() && group.link == Link::Closed);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_refused_command_changes_nothing(run in runs()) {
        run.each_step(|t| {
            assert!(t.allowed || t.before == t.after && t.delivered.is_empty());
        });
    }

    #[test]
    fn authorized_and_compatible_are_symmetric(run in runs()) {
        let (state, policy) = (run.end(), &run.setup.policy);
        for (one, other) in pairs(&run.setup) {
            assert_eq!(state.authorized(policy, one, other), state.authorized(policy, other, one));
            assert_eq!(state.compatible(policy, one, other), state.compatible(policy, other, one));
        }
    }

    #[test]
    fn commands_commute_with_permutations(run in runs(), seed: u64, keeping_kinds: bool) {
        let renaming = renaming(&run.setup, seed, keeping_kinds);
        run.each_renamed_step(&renaming, |t, renamed| assert_eq!(&renaming.state(t.after), renamed));
    }

    #[test]
    fn repeating_a_setting_changes_nothing(run in runs()) {
        use CommandKind::{AddGuardian, Approve, Block, CloseLink, OpenLink, Revoke, Unblock};
        let settings = [Approve, Revoke, AddGuardian, Block, Unblock, OpenLink, CloseLink];
        run.each_step(|t| {
            if t.allowed && settings.contains(&t.command.kind()) {
                let mut again = *t.after;
                assert!(step(&mut again, t.policy, t.command).decision.is_allowed());
                assert_eq!(&again, t.after);
            }
        });
    }

    #[test]
    fn a_revocation_leaves_no_approval(run in runs()) {
        run.each_step(|t| match *t.command {
            Command::Revoke { child, contact, .. } if t.allowed => {
                assert!(t.after.approvals(child, contact).is_empty());
                assert!(!t.after.approved(t.policy, child, contact));
            }
            _ => {}
        });
    }

    #[test]
    fn a_banned_user_is_neither_member_nor_invited(run in runs()) {
        run.each_step(|t| match *t.command {
            Command::Ban { group, who, .. } if t.allowed => {
                let group = t.after.group(group);
                assert!(group.banned.contains(who));
                assert!(!group.members.or(group.invited()).contains(who));
            }
            _ => {}
        });
    }

    #[test]
    fn promises_kept_by_construction_are_kept_under_any_policy(run in runs()) {
        run.each_step(|t| {
            for promise in Promise::ALL.iter().filter(|promise| promise.is_kept_by_construction()) {
                assert_eq!(promise.first_breach(t), None);
            }
        });
    }

    #[test]
    fn two_presets_keep_all_promises(
        run in runs_under(vec![Preset::MessengerKids, Preset::PairwiseConsent])
    ) {
        run.each_step(|t| {
            for promise in Promise::ALL {
                assert_eq!(promise.first_breach(t), None);
            }
        });
    }

    #[test]
    fn a_group_never_returns_to_an_earlier_phase(run in runs()) {
        run.each_step(|t| {
            for (group, before) in t.before.groups() {
                let after = t.after.group(group);
                assert!(before.phase <= after.phase);
                assert!(before.phase != Phase::Dissolved || before == after);
            }
        });
    }

    #[test]
    fn groups_are_well_formed(run in runs()) {
        run.each_step(|t| t.after.groups().for_each(|(_, group)| assert_well_formed(t.after, group)));
    }

    #[test]
    fn every_child_has_a_guardian(run in runs()) {
        let kinds = run.setup.cast.kinds();
        run.each_step(|t| {
            for child in kinds.of(Kind::Child) {
                let guardians = t.after.guardians(child);
                assert!(!guardians.is_empty() && guardians.is_subset(kinds.of(Kind::Guardian)));
            }
        });
    }

    #[test]
    fn only_well_typed_commands_are_allowed(run in small_runs()) {
        let (state, bounds) = (run.end(), run.setup.bounds());
        for command in bounds.all() {
            let allowed = decide(&state, &run.setup.policy, &command).is_allowed();
            assert!(!allowed || bounds.is_well_typed(&command), "{command:?}");
        }
    }
}

#[test]
fn the_small_cast_has_125_well_typed_commands_of_930() {
    let bounds = Setup { cast: small(), groups: 1, policy: Preset::MessengerKids.policy() }.bounds();
    assert_eq!(bounds.well_typed().len(), 125);
    assert_eq!(bounds.all().len(), 930);
    assert!(bounds.all().is_sorted_by(|one, other| one.key() < other.key()));
}
