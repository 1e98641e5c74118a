//! The worked steps of `docs/formats.md`, row by row: the behaviour of an implementation and the
//! verdicts on it.

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, GroupView, Observation, Part};
use chatwarden::finding::{Deviation, Difference, Finding, Identity, Verdict};
use chatwarden::lockstep::{CheckConfig, Lockstep, StepResult};
use chatwarden::model::{
    Cause, Command, CommandKind, EnumSet, Phase, Policy, Preset, Promise, Setup, UserSet,
};

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
    idempotent: bool,
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
            idempotent: false,
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
        let CheckConfig { promises, .. } = CheckConfig::of(&adapter.about());
        let Row { fidelity, observes, idempotent, .. } = *self;
        let check = CheckConfig { fidelity, promises, observes, idempotent };
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
    let row = Row { command: WITH_KAY, answer: Ok(Answer::deny()), ..Row::default() };
    row.expect(&[Verdict::TooStrict], None);
}

#[test]
fn a_refused_launch_conforms_under_no_looser_and_does_not_happen() {
    let row =
        Row { command: WITH_KAY, answer: Ok(Answer::deny()), fidelity: Fidelity::NoLooser, ..Row::default() };
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
        answer: Ok(Answer::deny()),
        shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM]),
        ..Row::default()
    }
    .expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::Refusal));
}

#[test]
fn a_refusal_that_delivers_breaks_its_promise() {
    let message = Command::Message { by: SAM, group: G1 };
    let row = |command, to, fidelity| Row {
        command,
        answer: Ok(Answer::Deny { delivered: UserSet::of(to) }),
        fidelity,
        ..revocation()
    };
    // The policy would have delivered to kay.
    row(message, [KAY], Fidelity::Exact)
        .expect(&[Verdict::BrokenPromise, Verdict::TooStrict], Some(Promise::Refusal));
    for fidelity in [Fidelity::NoLooser, Fidelity::PromisesOnly] {
        row(message, [KAY], fidelity).expect(&[Verdict::BrokenPromise], Some(Promise::Refusal));
    }
    // The promises about deliveries are judged after a refusal too, and say more.
    let direct = Command::Direct { by: KAY, to: KIM };
    row(direct, [KIM], Fidelity::Exact)
        .expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::Delivery));
    row(message, [KIM], Fidelity::PromisesOnly).expect(&[Verdict::BrokenPromise], Some(Promise::Membership));
}

#[test]
fn an_idempotent_implementation_may_answer_that_nothing_changed_with_success() {
    // sam is a member already, so the policy refuses the invitation.
    let again = Command::Invite { by: KAY, group: G1, who: SAM };
    let row = || Row { command: again, idempotent: true, ..revocation() };
    row().conforms();
    Row { fidelity: Fidelity::PromisesOnly, ..row() }.conforms();
    Row { idempotent: false, ..row() }.expect(&[Verdict::TooPermissive], None);
    // Where neither members nor invitations are observed, an unchanged observation says nothing.
    let elsewhere = [Part::Phase, Part::Contacts].into_iter().collect();
    Row { observes: elsewhere, ..row() }.expect(&[Verdict::TooPermissive], None);
    let changes = |seen: &mut Observation| seen.groups[0].owner = Some(KAY);
    Row { shows: changes, ..row() }.expect(&[Verdict::TooPermissive, Verdict::Diverged], None);
    let to_kim = Ok(Answer::Allow { delivered: UserSet::of([KIM]) });
    let direct = Command::Direct { by: KAY, to: KIM };
    Row { command: direct, answer: to_kim, ..row() }
        .expect(&[Verdict::BrokenPromise, Verdict::TooPermissive], Some(Promise::Delivery));
    // An approval by a child that changes nothing is no approval.
    let approve = Command::Approve { by: KIM, child: KIM, contact: KAY };
    let row = Row { command: approve, ..row() };
    row.conforms();
    assert!(row.progress().1.state().approvals(KIM, KAY).is_empty());
}

/// Bans follow the commands that were allowed: an implementation that forgets one does not thereby lift it.
#[test]
fn a_forgotten_ban_is_not_taken_over() {
    let ban = Command::Ban { by: SAM, group: G1, who: KAY };
    let row = |observes| Row {
        fidelity: Fidelity::PromisesOnly,
        observes,
        earlier: vec![APPROVE_KAY, WITH_KAY, ban],
        command: Command::Invite { by: SAM, group: G1, who: KAY },
        shows: |seen| {
            seen.groups[0].members = UserSet::of([SAM, KAY]);
            seen.groups[0].banned = UserSet::EMPTY;
        },
        ..Row::default()
    };
    row(EnumSet::all()).expect(&[Verdict::BrokenPromise, Verdict::Diverged], Some(Promise::Ban));
    row([Part::Members].into_iter().collect()).expect(&[Verdict::BrokenPromise], Some(Promise::Ban));
}

#[test]
fn the_promises_about_running_a_group_are_judged_under_promises_only() {
    let earlier = || vec![APPROVE_KAY, WITH_KAY];
    let promises_only = || Row { fidelity: Fidelity::PromisesOnly, earlier: earlier(), ..Row::default() };
    let broken = |row: Row, promise| {
        let finding = row.finding();
        assert_eq!(finding.identity().promise, Some(promise), "{finding:?}");
    };
    let remove = Command::Remove { by: KAY, group: G1, who: SAM };
    let gone = |seen: &mut Observation| seen.groups[0] = group(Phase::Active, &[KAY]);
    broken(Row { command: remove, shows: gone, ..promises_only() }, Promise::Authority);
    let leave = Command::Leave { by: KAY, group: G1 };
    broken(Row { command: leave, ..promises_only() }, Promise::Exit);
    let message = Command::Message { by: SAM, group: G1 };
    let gone = |seen: &mut Observation| seen.groups[0].members.remove(KAY);
    broken(Row { command: message, shows: gone, ..promises_only() }, Promise::Standing);
    // sam is approved for kim too, so kim is a stranger to kay alone.
    let earlier = vec![APPROVE_KIM, Command::Create { by: SAM, group: G1, with: UserSet::EMPTY }];
    let join = Command::Join { by: KIM, group: G1 };
    let inside = |seen: &mut Observation| seen.groups[0].members.insert(KIM);
    broken(Row { command: join, shows: inside, earlier, ..promises_only() }, Promise::Entry);
    let block = Command::Block { by: KAY, who: SAM };
    let direct = Command::Direct { by: SAM, to: KAY };
    let to_kay = Ok(Answer::Allow { delivered: UserSet::of([KAY]) });
    let row = Row { earlier: vec![APPROVE_KAY, block], command: direct, answer: to_kay, ..promises_only() };
    let finding = row.finding();
    let shown: Vec<_> = finding.identities().map(|one| (one.promise, one.cause)).collect();
    let by_block = (Some(Promise::Delivery), Some(Cause::Blocked));
    assert_eq!(shown, [by_block, (Some(Promise::Block), None)]);
}

/// What the implementation alone broke heads the finding, before what the policy breaks by itself.
#[test]
fn the_headline_is_the_defect_of_the_implementation() {
    let row = Row {
        policy: Preset::MessengerKids2019.policy(),
        fidelity: Fidelity::PromisesOnly,
        shows: |seen| seen.groups[0] = group(Phase::Active, &[SAM, KAY, KIM, ANN]),
        ..Row::default()
    };
    let finding = row.finding();
    let breach = finding.breach().expect("a promise is broken");
    assert_eq!((breach.promise, breach.users), (Promise::NoStrangers, UserSet::of([ANN, KAY])));
    let policys = UserSet::of([KAY, KIM]);
    let last = finding.deviations().iter().rfind(|one| one.breach().is_some());
    assert!(matches!(last, Some(Deviation::PolicyBroke(breach)) if breach.users == policys), "{finding:?}");
}

#[test]
fn a_finding_is_told_by_its_cause() {
    let stay = |seen: &mut Observation| seen.groups[0].members.insert(KIM);
    let row =
        Row { shows: stay, earlier: vec![APPROVE_KAY, WITH_KAY], command: APPROVE_KIM, ..Row::default() };
    let finding = row.finding();
    assert_eq!(finding.identity().to_string(), "broken-promise-approve-no-strangers");
    let diverged = Identity {
        parts: [Part::Members, Part::Contacts].into_iter().collect(),
        ..Identity::new(Verdict::Diverged, Some(CommandKind::Approve))
    };
    assert!(!finding.shows(diverged), "a graver verdict heads it");
    let entry = Identity { promise: Some(Promise::Entry), cause: None, ..finding.identity() };
    assert!(finding.shows(entry) && finding.clone().headed_by(entry).identity() == entry);
    assert_eq!(diverged.to_string(), "diverged-approve-members-contacts");
    let members = finding.deviations().iter().find_map(|one| match one {
        Deviation::Diverged(differences) => Some(differences.clone()),
        _ => None,
    });
    let contact = Difference::Contact { child: KIM, contact: SAM, expected: true };
    let member = Difference::Member { group: G1, user: KIM, expected: false };
    assert_eq!(members, Some(vec![member, contact]), "the scripted observation is that before the command");
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
        vec![(Ok(Answer::allow()), seen), (Err(Failure::Unsupported), nothing), (Ok(Answer::deny()), seen)];
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
