//! The shrinker: no trace that it claims to have tried is simpler than its result, and each pass
//! proposes its candidates.

use std::collections::HashSet;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::Counterexample;
use chatwarden::describe::Palette;
use chatwarden::format::{NamedSetup, Scenario};
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{
    Admission, Cast, Command, EnumSet, Group, Kind, NamedEnum, Policy, Preset, Promise, Setup, User, UserSet,
};
use chatwarden::replay;
use chatwarden::shrink::{BUDGET, Shrinker, measure};
use chatwarden::triage::{FindingWriter, Pipeline};

use chatwarden_test_support::{ANN, BOB, G1, KAY, KIM, SAM, small};

/// Shrinks a trace by a predicate.
fn shrunk(trace: Vec<Command>, shows: impl Fn(&[Command]) -> bool) -> Vec<Command> {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let mut shrinker = Shrinker::new(&setup, EnumSet::all(), trace);
    while let Some(candidate) = shrinker.propose() {
        let shown = shows(candidate).then_some(candidate.len());
        shrinker.record_outcome(shown);
    }
    shrinker.best().to_vec()
}

#[test]
fn two_neighbours_are_deleted_together() {
    let block = |by: User, who: User| Command::Block { by, who };
    let [a, b, c, d] = [block(KAY, KIM), block(KIM, SAM), block(SAM, KAY), block(SAM, KIM)];
    let last = Command::Leave { by: KAY, group: G1 };
    let (long, short) = (vec![a, b, c, d, last], vec![a, d, last]);
    assert_eq!(shrunk(long.clone(), |trace| trace == long || trace == short), short);
}

#[test]
fn no_deletion_of_one_or_two_commands_keeps_a_result() {
    for &fault in Fault::ALL {
        let make = || Ok(Memory::with_fault(fault));
        for seed in 0..5 {
            let setup = small(Preset::MessengerKids.policy(), 2);
            let plan =
                CampaignConfig { seed, runs: 500, ..CampaignConfig::new(setup, &Memory::new().about()) };
            let tally = campaign::run_campaign(&plan, &make, &CampaignMonitor::default(), &|_| {})
                .expect("it starts");
            let Some(found) = tally.found.first() else { continue };
            let result = campaign::shrink(&plan, &make, found, &CampaignMonitor::default(), |_, _| {})
                .expect("it starts");
            let identity = result.finding.identity();
            assert!(measure(&result.commands) <= measure(&found.commands), "{fault}: not simpler");
            for one in 0..result.commands.len() {
                for other in 0..=one {
                    let mut fewer = result.commands.clone();
                    fewer.remove(one);
                    if other < one {
                        fewer.remove(other);
                    }
                    let found = lockstep::run(&mut Memory::with_fault(fault), plan.check, &setup, &fewer);
                    let found = found.map(|finding| finding.identity());
                    assert_ne!(found, Some(identity), "{}: {fewer:?} suffices", fault.name());
                }
            }
        }
    }
}

/// A shrinker ends even if no simpler trace ever shows the finding, and counts its candidates.
#[test]
fn executions_are_counted_and_bounded() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let traces = [vec![Command::Leave { by: KAY, group: G1 }], long_trace(400)];
    for (trace, is_long) in traces.into_iter().zip([false, true]) {
        let mut shrinker = Shrinker::new(&setup, EnumSet::all(), trace);
        let mut proposed = 0;
        while shrinker.propose().is_some() {
            proposed += 1;
            shrinker.record_outcome(None);
        }
        assert_eq!(shrinker.executions(), proposed);
        assert_eq!(shrinker.is_exhausted(), is_long, "after {proposed}");
        assert!(if is_long { proposed == BUDGET } else { proposed < BUDGET }, "{proposed} executions");
    }
}

fn long_trace(len: usize) -> Vec<Command> {
    let users = [KAY, KIM, SAM];
    (0..len).map(|at| Command::Block { by: users[at % 3], who: users[at / 3 % 3] }).collect()
}

/// All candidates of a trace while none of them shows its finding.
fn tried(setup: &Setup, trace: &[Command]) -> HashSet<Vec<Command>> {
    let mut shrinker = Shrinker::new(setup, EnumSet::all(), trace.to_vec());
    let mut tried = HashSet::new();
    while let Some(candidate) = shrinker.propose() {
        tried.insert(candidate.to_vec());
        shrinker.record_outcome(None);
    }
    tried
}

fn approve(by: User, child: User, contact: User) -> Command {
    Command::Approve { by, child, contact }
}

fn launch(by: User, invited: &[User]) -> Command {
    Command::Create { by, group: G1, with: invited.iter().copied().collect() }
}

#[test]
fn commands_that_change_nothing_are_left_out_at_once() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let absent = Command::Leave { by: KIM, group: G1 };
    let (first, second) = (approve(ANN, KAY, SAM), launch(SAM, &[KAY]));
    let trace = [absent, first, absent, second, absent, absent];
    assert!(tried(&setup, &trace).contains(&vec![first, second, absent]));
}

#[test]
fn halves_quarters_and_so_on_are_left_out() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let users = [KAY, KIM, SAM];
    let blocks = users.iter().flat_map(|&by| users.iter().map(move |&who| Command::Block { by, who }));
    let trace: Vec<Command> = blocks.collect();
    let tried = tried(&setup, &trace);
    for size in [4, 2, 1] {
        for start in (0..8).step_by(size) {
            let rest = [&trace[..start], &trace[start + size..]].concat();
            assert!(tried.contains(&rest), "without {size} from {start}");
        }
    }
}

#[test]
fn groups_are_named_anew_in_the_order_in_which_they_appear() {
    let setup = small(Preset::MessengerKids.policy(), 3);
    let leave = |group: usize| Command::Leave { by: KAY, group: Group::new(group) };
    assert!(tried(&setup, &[leave(1), leave(2)]).contains(&vec![leave(0), leave(1)]));
}

#[test]
fn roles_are_recast_and_duplicates_left_out() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let leave = |by: User| Command::Leave { by, group: G1 };
    let (one, other) = (approve(ANN, KAY, KIM), approve(BOB, KIM, KAY));
    let trace = [one, leave(SAM), other, leave(KIM), leave(SAM), leave(SAM)];
    let expected = vec![approve(BOB, KIM, SAM), leave(KAY), leave(KIM), leave(KAY)];
    assert!(tried(&setup, &trace).contains(&expected), "{expected:?}");
}

#[test]
fn an_adult_takes_the_role_of_a_child_as_well() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let block = |who: User| Command::Block { by: KAY, who };
    let between = [approve(ANN, KAY, KIM), approve(BOB, KIM, KAY)];
    let trace = [&between[..], &[approve(BOB, KIM, SAM), block(KIM), launch(SAM, &[KAY, KIM])]].concat();
    let expected = vec![approve(ANN, KAY, SAM), block(SAM), launch(SAM, &[KAY])];
    assert!(tried(&setup, &trace).contains(&expected), "{expected:?}");
}

#[test]
fn a_command_is_replaced_by_a_simpler_one_where_the_model_sees_the_same() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let start =
        [approve(ANN, KAY, SAM), approve(BOB, KIM, SAM), approve(ANN, KAY, KIM), approve(BOB, KIM, KAY)];
    let left = Command::Leave { by: KIM, group: G1 };
    let trace_with = |launch: Command| [&start[..], &[launch, left]].concat();
    let tried = tried(&setup, &trace_with(launch(SAM, &[KAY, KIM])));
    assert!(tried.contains(&trace_with(launch(SAM, &[KIM]))));
    assert!(!tried.contains(&trace_with(Command::Join { by: KIM, group: G1 })), "nobody would be in it");
}

#[test]
fn launches_come_in_while_few_may_chat() {
    let mut cast = Cast::default();
    let adults: Vec<User> = (0..7).map(|_| cast.add(Kind::Adult, UserSet::EMPTY)).collect();
    let setup = Setup { cast, groups: 1, policy: Preset::MessengerKids.policy() };
    for (users, come_in) in [(6, true), (7, false)] {
        let ending = Command::Leave { by: adults[0], group: G1 };
        let simpler = launch(adults[0], &adults[1..2]);
        let trace = [launch(adults[0], &adults[1..users]), ending];
        assert_eq!(tried(&setup, &trace).contains(&vec![simpler, ending]), come_in, "{users} users");
    }
}

#[test]
fn one_command_replaces_two_if_the_signature_is_specific() {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let leave = Command::Leave { by: SAM, group: G1 };
    let (first, invite) = (approve(ANN, KAY, SAM), Command::Invite { by: SAM, group: G1, who: KAY });
    let trace = [first, launch(SAM, &[]), invite, leave];
    assert!(tried(&setup, &trace).contains(&vec![first, launch(SAM, &[KAY]), leave]));
    let block = Command::Block { by: SAM, who: KAY };
    let unspecific = [Command::Unblock { by: SAM, who: KAY }, Command::Unblock { by: KAY, who: SAM }, block];
    assert!(!tried(&setup, &unspecific).contains(&vec![Command::Block { by: KAY, who: SAM }, block]));
}

fn invite(by: User, who: User) -> Command {
    Command::Invite { by, group: G1, who }
}

fn join(by: User) -> Command {
    Command::Join { by, group: G1 }
}

const OPEN_LINK: Command = Command::OpenLink { by: SAM, group: G1 };

/// Whoever is invited or joins can be launched with the group instead, at its place or later, and
/// whoever joins can be invited. The last command is not specific, so no other pass tries these.
#[test]
fn users_are_launched_with_the_group_or_invited_instead() {
    let setup = small(Policy { links: true, ..Preset::MessengerKids.policy() }, 1);
    let (first, last) = (approve(ANN, KAY, SAM), Command::Message { by: KAY, group: G1 });
    let invited = [launch(SAM, &[]), first, invite(SAM, KAY), last];
    let tried_of_invited = tried(&setup, &invited);
    // At its place the launch would come before the approval.
    assert!(!tried_of_invited.contains(&vec![launch(SAM, &[KAY]), first, last]), "the policy refuses it");
    assert!(tried_of_invited.contains(&vec![first, launch(SAM, &[KAY]), last]));
    let joined = [first, launch(SAM, &[]), OPEN_LINK, join(KAY), last];
    let tried_of_joined = tried(&setup, &joined);
    assert!(tried_of_joined.contains(&vec![first, launch(SAM, &[KAY]), last]));
    assert!(tried_of_joined.contains(&vec![first, launch(SAM, &[]), invite(SAM, KAY), last]));
}

/// Under consent a link is shorter than two invitations that are accepted.
#[test]
fn a_link_replaces_invitations_that_have_to_be_accepted() {
    let consent = Policy { admission: Admission::Consent, links: true, ..Preset::NoContactRule.policy() };
    let accept = |by: User| Command::Accept { by, group: G1 };
    let last = Command::Message { by: KAY, group: G1 };
    let start = [launch(SAM, &[]), invite(SAM, KAY), invite(SAM, KIM)];
    let tried = tried(&small(consent, 1), &[&start[..], &[accept(KAY), accept(KIM), last]].concat());
    assert!(tried.contains(&vec![launch(SAM, &[]), OPEN_LINK, join(KAY), join(KIM), last]));
    assert!(tried.contains(&vec![launch(SAM, &[KAY]), invite(SAM, KIM), accept(KAY), accept(KIM), last]));
}

#[test]
fn a_command_is_left_out_and_two_users_change_places_from_there_on() {
    let setup = small(Preset::NoContactRule.policy(), 1);
    let close_link = |by: User| Command::CloseLink { by, group: G1 };
    let transfer = Command::Transfer { by: SAM, group: G1, to: KAY };
    let start = [launch(SAM, &[KAY]), Command::Accept { by: KAY, group: G1 }];
    let tried = tried(&setup, &[&start[..], &[transfer, close_link(KAY)]].concat());
    assert!(tried.contains(&[&start[..], &[close_link(SAM)]].concat()));
}

/// An implementation that allows everything, delivers nothing and shows nothing.
#[derive(Clone)]
struct Permissive;

impl Adapter for Permissive {
    fn about(&self) -> About {
        About { observes: EnumSet::empty(), ..About::exact("permissive", "1") }
    }

    fn reset(&mut self, _: &Setup) -> Result<(), Failure> {
        Ok(())
    }

    fn apply(&mut self, _: &Command) -> Result<Answer, Failure> {
        Ok(Answer::allow())
    }

    fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
        Ok(())
    }
}

/// A chain without the approval breaks a graver promise as well. It shows the same finding, when it is
/// shrunk, repeated and replayed. The file keeps the trace as it was found, with a group of its own.
#[test]
fn an_approval_goes_although_a_graver_promise_heads_the_finding_then() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let ban = Command::Ban { by: SAM, group: G1, who: KAY };
    let elsewhere = Command::Create { by: SAM, group: Group::new(1), with: UserSet::EMPTY };
    let found = [elsewhere, approve(ANN, KAY, SAM), launch(SAM, &[]), ban, invite(SAM, KAY)];
    let about = Permissive.about();
    let named = NamedSetup::default();
    let config = CampaignConfig::new(named.setup(), &about);
    let finding = lockstep::run(&mut Permissive, config.check, &config.setup, &found).expect("it is banned");
    assert_eq!(finding.identity().promise, Some(Promise::Ban));

    let writer = FindingWriter::about(named, folder.path().into()).with_source("test", &about, config.check);
    let mut pipeline = Pipeline::new(config.clone(), writer, || Ok(Permissive));
    let found = Counterexample::new(found.to_vec(), finding);
    pipeline.draft(&found);
    let file = pipeline.process_as_text(&found, &mut Vec::new(), &Palette::PLAIN).expect("it can be saved");
    let saved = Scenario::open(&file).expect("it can be read");
    let shortest = replay::commands(&saved);
    assert_eq!(shortest.len(), 3, "{shortest:?}");
    let headed =
        lockstep::run(&mut Permissive, config.check, &config.setup, &shortest).expect("it is banned");
    assert_eq!(headed.identity().promise, Some(Promise::NoStrangers), "it is graver");
    let record = saved.finding.as_ref().expect("it has a finding");
    assert_eq!(record.promise, Some(Promise::Ban));
    assert!(record.is_shown_by(&headed));
    assert_eq!((saved.groups.len(), record.original_groups.as_slice()), (1, &["g2".to_string()][..]));
    assert_eq!(record.original.as_deref(), Some(&found.commands[..]));
    assert!(
        replay::against_implementation(&saved, &mut Permissive, CheckConfig::of(&about)).finding.is_some()
    );

    // Another version of the implementation has the same finding, found as it is. The original stays.
    pipeline.writer.implementation = Some("2".into());
    let again = Counterexample::new(shortest, headed.headed_by(found.identity()));
    pipeline.draft(&again);
    let same = pipeline.process_as_text(&again, &mut Vec::new(), &Palette::PLAIN).expect("it can be saved");
    assert_eq!(same, file);
    let kept = Scenario::open(&file).expect("it can be read").finding.expect("it has a finding");
    assert_eq!((kept.implementation.as_deref(), &kept.original), (Some("2"), &record.original));
}
