//! The worked steps of `docs/formats.md`, row by row: the behaviour of an implementation and the
//! verdicts on it.

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, GroupView, Observation, Part};
use chatwarden::finding::{Deviation, Finding, Verdict};
use chatwarden::lockstep::{CheckConfig, Lockstep, StepResult};
use chatwarden::model::{Command, EnumSet, Phase, Policy, Preset, Promise, Setup, UserSet};

use chatwarden_test_support::{ANN, BOB, G1, KAY, KIM, SAM, Scripted, small};

const APPROVE_KAY: Command = Command::Approve { by: ANN, child: KAY, contact: SAM };
const APPROVE_KIM: Command = Command::Approve { by: BOB, child: KIM, contact: SAM };
const WITH_BOTH: Command = Command::Create { by: SAM, group: G1, with: UserSet::EMPTY.with(KAY).with(KIM) };
const WITH_KAY: Command = Command::Create { by: SAM, group: G1, with: UserSet::EMPTY.with(KAY) };
const REVOKE: Command = Command::Revoke { by: ANN, child: KAY, contact: SAM };

/// Takes a well-behaved service through the first commands, and a script through the last.
struct Row {
    policy: Policy,
    fidelity: Fidelity,
    observes: EnumSet<Part>,
    earlier: Vec<Command>,
    command: Command,
    answer: Result<Answer, Failure>,
    /// Changes what the well-behaved service would show after the step.
    shows: fn(&mut Observation),
}

impl Default for Row {
    fn default() -> Self {
        Row {
            policy: Preset::MessengerKids.policy(),
            fidelity: Fidelity::Exact,
            observes: EnumSet::all(),
            earlier: vec![APPROVE_KAY, APPROVE_KIM],
            command: WITH_BOTH,
            answer: Ok(Answer::allow()),
            shows: |_| {},
        }
    }
}

impl Row {
    fn setup(&self) -> Setup {
        small(self.policy, 1)
    }

    /// The observation of a fault-free service after the earlier commands.
    fn shown(&self) -> Observation {
        let mut service = Memory::new();
        service.reset(&self.setup()).expect("the service starts");
        for command in &self.earlier {
            service.apply(command).expect("the service answers");
        }
        let mut seen = Observation::default();
        service.observe(&mut seen).expect("the service shows itself");
        seen
    }

    fn progress(&self) -> (StepResult, Lockstep) {
        let mut shown = Vec::new();
        for len in 1..=self.earlier.len() {
            let row = Row {
                earlier: self.earlier[..len].to_vec(),
                ..Row { policy: self.policy, ..Row::default() }
            };
            shown.push((Ok(Answer::allow()), row.shown()));
        }
        let mut last = self.shown();
        (self.shows)(&mut last);
        shown.push((self.answer.clone(), last));
        let mut adapter = Scripted::new(About::exact("scripted", "1"), shown);
        let check =
            CheckConfig { fidelity: self.fidelity, promises: EnumSet::all(), observes: self.observes };
        let mut lockstep = Lockstep::new(check);
        lockstep.start(&mut adapter, &self.setup()).expect("it starts");
        for command in &self.earlier {
            assert_eq!(lockstep.step(&mut adapter, command), StepResult::Conforms, "{command:?}");
        }
        let progress = lockstep.step(&mut adapter, &self.command);
        (progress, lockstep)
    }

    fn finding(&self) -> Finding {
        match self.progress().0 {
            StepResult::Ended(finding) => finding,
            other => panic!("expected a finding, got {other:?}"),
        }
    }

    #[track_caller]
    fn expect(&self, verdicts: &[Verdict], promise: Option<Promise>) {
        let finding = self.finding();
        let mut seen: Vec<_> = finding.deviations().iter().map(Deviation::verdict).collect();
        seen.dedup();
        assert_eq!(seen, verdicts, "{finding:?}");
        assert_eq!(finding.identity().promise, promise);
        assert_eq!(finding.at(), self.earlier.len());
    }

    #[track_caller]
    fn conforms(&self) {
        assert_eq!(self.progress().0, StepResult::Conforms);
    }
}

fn group(phase: Phase, members: &[chatwarden::model::User]) -> GroupView {
    GroupView { phase, owner: Some(SAM), members: members.iter().copied().collect(), ..GroupView::default() }
}

#[test]
fn a_launch_of_strangers_that_shows_all_three_breaks_company() {
    let row = Row { shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM, KAY, KIM]), ..Row::default() };
    row.expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::NoStrangers));
    let breach = row.finding().breach().expect("a promise is broken");
    assert_eq!((breach.group, breach.users), (Some(G1), UserSet::of([KAY, KIM])));
}

#[test]
fn the_effect_stands_in_for_what_is_not_observed() {
    Row { observes: EnumSet::empty(), ..Row::default() }
        .expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::NoStrangers));
}

#[test]
fn a_launch_that_leaves_a_child_out_is_too_permissive() {
    Row { shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM, KAY]), ..Row::default() }
        .expect(&[Verdict::TooPermissive, Verdict::Diverged], None);
}

#[test]
fn a_refused_launch_is_too_strict() {
    let row = Row { command: WITH_KAY, answer: Ok(Answer::Deny), ..Row::default() };
    row.expect(&[Verdict::TooStrict], None);
}

#[test]
fn a_refused_launch_conforms_under_no_looser_and_does_not_happen() {
    let row =
        Row { command: WITH_KAY, answer: Ok(Answer::Deny), fidelity: Fidelity::NoLooser, ..Row::default() };
    row.conforms();
    assert_eq!(row.progress().1.state().group(G1).phase, Phase::New);
}

fn revocation() -> Row {
    Row { earlier: vec![APPROVE_KAY, APPROVE_KIM, WITH_KAY], command: REVOKE, ..Row::default() }
}

#[test]
fn a_revocation_that_leaves_the_group_active_breaks_company() {
    Row { shows: |seen| seen.contacts[KAY.index()] = UserSet::EMPTY, ..revocation() }
        .expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::NoStrangers));
}

#[test]
fn a_contact_that_is_still_listed_is_not_taken_over() {
    let row = revocation();
    row.expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::NoStrangers));
    assert!(
        row.progress().1.state().approvals(KAY, SAM).is_empty(),
        "the approval is withdrawn in the merged state"
    );
    Row { fidelity: Fidelity::PromisesOnly, ..revocation() }
        .expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::NoStrangers));
}

#[test]
fn a_child_that_approves_breaks_guardianship_and_approves_nothing() {
    let command = Command::Approve { by: KAY, child: KAY, contact: SAM };
    let row = Row { earlier: vec![], command, ..Row::default() };
    row.expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::Guardianship));
    let state = *row.progress().1.state();
    assert!(state.approvals(KAY, SAM).contains(KAY), "kay is recorded as an approver");
    assert!(!state.approved(&row.policy, KAY, SAM), "who is not a guardian");
}

#[test]
fn a_policy_that_breaks_its_promise_is_not_the_implementations_fault() {
    let row = || Row {
        policy: Preset::MessengerKids2019.policy(),
        shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM, KAY, KIM]),
        ..Row::default()
    };
    row().conforms();
    Row { fidelity: Fidelity::PromisesOnly, ..row() }
        .expect(&[Verdict::BrokenPromise], Some(Promise::NoStrangers));
}

#[test]
fn an_indefinite_answer_is_inconclusive() {
    let command = Command::Leave { by: KAY, group: G1 };
    let row = Row { command, answer: Err(Failure::Indefinite("time-out".into())), ..revocation() };
    row.expect(&[Verdict::Inconclusive], None);
}

#[test]
fn a_crash_is_inconclusive_with_its_message() {
    let mut adapter = Scripted::new(About::exact("scripted", "1"), vec![]);
    let setup = small(Preset::MessengerKids.policy(), 1);
    let finding = chatwarden::lockstep::run(
        &mut adapter,
        CheckConfig::of(&About::exact("scripted", "1")),
        &setup,
        &[WITH_KAY],
    );
    let finding = finding.expect("the script has no line");
    let Deviation::Panicked(message) = finding.gravest() else { panic!("{finding:?}") };
    assert!(
        message.starts_with("the script ends before Create") && message.contains("tests/support/"),
        "{message}"
    );
}

#[test]
fn an_unsupported_command_is_taken_out_of_the_run() {
    let row = Row { answer: Err(Failure::Unsupported), ..Row::default() };
    let (progress, lockstep) = row.progress();
    assert_eq!(progress, StepResult::Unsupported);
    assert_eq!(lockstep.steps(), 2);
}

#[test]
fn a_refusal_that_changes_what_can_be_observed_breaks_its_promise() {
    Row {
        answer: Ok(Answer::Deny),
        shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM]),
        ..Row::default()
    }
    .expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::Refusal));
}

#[test]
fn drift_under_promises_only_is_reported_unless_a_promise_breaks_later() {
    // The revocation is ignored: first it only shows in the contacts, then a launch breaks company.
    let earlier = vec![APPROVE_KAY, APPROVE_KIM];
    let before = Row { earlier, ..Row::default() }.shown();
    let mut launched = before;
    launched.groups[0] = group(Phase::Active, &[SAM, KAY]);
    let script = vec![
        (Ok(Answer::allow()), Row { earlier: vec![APPROVE_KAY], ..Row::default() }.shown()),
        (Ok(Answer::allow()), before),
        (Ok(Answer::allow()), before),
        (Ok(Answer::allow()), launched),
    ];
    let about = About { fidelity: Fidelity::PromisesOnly, ..About::exact("scripted", "1") };
    let (check, setup) = (CheckConfig::of(&about), small(Preset::MessengerKids.policy(), 1));
    let commands = [APPROVE_KAY, APPROVE_KIM, REVOKE, WITH_KAY];
    let mut adapter = Scripted::new(about, script);
    let drifted =
        chatwarden::lockstep::run(&mut adapter, check, &setup, &commands[..3]).expect("contacts drift");
    assert_eq!((drifted.identity().verdict, drifted.at()), (Verdict::Diverged, 2));
    let broken = chatwarden::lockstep::run(&mut adapter, check, &setup, &commands).expect("a promise breaks");
    assert_eq!((broken.identity().promise, broken.at()), (Some(Promise::NoStrangers), 3));
}

#[test]
fn under_no_looser_more_may_not_be_delivered_and_less_may() {
    let message = Command::Message { by: SAM, group: G1 };
    let row = |delivered| Row {
        fidelity: Fidelity::NoLooser,
        command: message,
        answer: Ok(Answer::Allow { delivered }),
        ..revocation()
    };
    row(UserSet::EMPTY).conforms();
    row(UserSet::of([KAY])).conforms();
    row(UserSet::of([KAY, KIM]))
        .expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::Membership));
}

#[test]
fn what_the_policy_breaks_at_the_same_place_is_excused() {
    // The policy of 2019 brings kay and kim together; an implementation that also loses the owner
    // has drifted, no more.
    let row = Row {
        policy: Preset::MessengerKids2019.policy(),
        shows: |seen| seen.groups[0] = GroupView { owner: None, ..group(Phase::Active, &[SAM, KAY, KIM]) },
        ..Row::default()
    };
    row.expect(&[Verdict::Diverged], None);
}

#[test]
fn a_refusal_after_an_unsupported_command_is_compared_with_what_was_seen_before() {
    let seen = Row { earlier: vec![APPROVE_KAY], ..Row::default() }.shown();
    let nothing = Observation::default();
    let script =
        vec![(Ok(Answer::allow()), seen), (Err(Failure::Unsupported), nothing), (Ok(Answer::Deny), seen)];
    let about = About { fidelity: Fidelity::PromisesOnly, ..About::exact("scripted", "1") };
    let (check, setup) = (CheckConfig::of(&about), small(Preset::MessengerKids.policy(), 1));
    let commands = [APPROVE_KAY, Command::Leave { by: KAY, group: G1 }, APPROVE_KIM];
    assert_eq!(chatwarden::lockstep::run(&mut Scripted::new(about, script), check, &setup, &commands), None);
}

#[test]
fn an_invitation_keeps_its_inviter_and_a_new_one_is_the_actors() {
    let setup = small(Preset::PairwiseConsent.policy(), 1);
    let invited = |users: UserSet| {
        let mut seen = Observation::default();
        seen.groups[0] = GroupView { invited: users, ..group(Phase::Active, &[SAM]) };
        (Ok(Answer::allow()), seen)
    };
    let about = About {
        fidelity: Fidelity::PromisesOnly,
        observes: [Part::Members, Part::Invited, Part::Phase, Part::Owner].into_iter().collect(),
        ..About::exact("scripted", "1")
    };
    let check = CheckConfig { promises: EnumSet::empty(), ..CheckConfig::of(&about) };
    // It forgets to remove kay's invitation when kay declines, and makes up one for kim.
    let script = vec![invited(UserSet::of([KAY])), invited(UserSet::of([KAY, KIM]))];
    let mut adapter = Scripted::new(about, script);
    let mut lockstep = Lockstep::new(check);
    lockstep.start(&mut adapter, &setup).expect("it starts");
    for command in [WITH_KAY, Command::Decline { by: KAY, group: G1 }] {
        assert_eq!(lockstep.step(&mut adapter, &command), StepResult::Conforms);
    }
    let group = lockstep.state().group(G1);
    assert_eq!((group.inviter(KAY), group.inviter(KIM)), (Some(SAM), Some(KAY)));
}

#[test]
fn users_who_are_not_in_the_cast_are_unreadable() {
    let delivered = UserSet::of([chatwarden::model::User::new(12)]);
    let message = Command::Message { by: SAM, group: G1 };
    Row { command: message, answer: Ok(Answer::Allow { delivered }), ..revocation() }
        .expect(&[Verdict::Inconclusive], None);
    Row { shows: |seen| seen.blocks[0] = UserSet::first(16), ..Row::default() }
        .expect(&[Verdict::Inconclusive], None);
}

#[test]
fn drift_is_graver_than_what_is_inconclusive_later() {
    let shown = Row { earlier: vec![APPROVE_KAY], ..Row::default() }.shown();
    let script = vec![
        (Ok(Answer::allow()), shown),
        (Ok(Answer::allow()), shown),
        (Err(Failure::Indefinite("time-out".into())), shown),
    ];
    let about = About { fidelity: Fidelity::PromisesOnly, ..About::exact("scripted", "1") };
    let (check, setup) = (CheckConfig::of(&about), small(Preset::MessengerKids.policy(), 1));
    let leave = Command::Leave { by: KAY, group: G1 };
    let finding = chatwarden::lockstep::run(
        &mut Scripted::new(about, script),
        check,
        &setup,
        &[APPROVE_KAY, REVOKE, leave],
    );
    let finding = finding.expect("contacts drift");
    assert_eq!((finding.identity().verdict, finding.at()), (Verdict::Diverged, 1));
}
