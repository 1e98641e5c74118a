//! What the service does where the semantics is easily misread, one short history for each such place.
//!
//! Not here: the table of all conditions and the faults one by one. The comparison with the model runs
//! through both.

use chatwarden_model::{
    Admission, BetweenChildren, Cast, Command, DeliverRule, Group, Kind, NamedEnum, Newcomer, NewcomerRule,
    OnLoss, Phase, Policy, Preset, Quorum, Setup, Surface, User, UserSet,
};

use super::Memory;
use crate::adapter::fault::Fault;
use crate::adapter::{Adapter, Answer, GroupView, Observation};

const ANN: User = User::new(0);
const BOB: User = User::new(1);
const KAY: User = User::new(2);
const KIM: User = User::new(3);
const SAM: User = User::new(4);
const ZOE: User = User::new(5);
const G1: Group = Group::new(0);
const G2: Group = Group::new(1);

/// Ann looks after kay and bob after kim; sam and zoe are adults.
fn reset(mut service: Memory, policy: Policy) -> Memory {
    let mut cast = Cast::default();
    for (kind, guardians) in [
        (Kind::Guardian, UserSet::EMPTY),
        (Kind::Guardian, UserSet::EMPTY),
        (Kind::Child, UserSet::of([ANN])),
        (Kind::Child, UserSet::of([BOB])),
        (Kind::Adult, UserSet::EMPTY),
        (Kind::Adult, UserSet::EMPTY),
    ] {
        cast.add(kind, guardians);
    }
    service.reset(&Setup { cast, groups: 2, policy }).expect("a reset cannot fail");
    service
}

fn service(policy: Policy) -> Memory {
    reset(Memory::new(), policy)
}

fn faulty(fault: Option<Fault>) -> Memory {
    fault.map_or_else(Memory::new, Memory::with_fault)
}

fn kids() -> Policy {
    Preset::MessengerKids.policy()
}

fn ruled(admission: Admission, rule: NewcomerRule) -> Policy {
    Policy { admission, newcomer: Newcomer::everywhere(rule), ..kids() }
}

fn approve(child: User, contact: User) -> Command {
    Command::Approve { by: if child == KAY { ANN } else { BOB }, child, contact }
}

fn create(by: User, group: Group, with: &[User]) -> Command {
    Command::Create { by, group, with: UserSet::of(with.iter().copied()) }
}

fn ask(service: &mut Memory, command: Command) -> Answer {
    service.apply(&command).expect("the service always answers")
}

#[track_caller]
fn allowed(service: &mut Memory, commands: &[Command]) {
    for command in commands {
        assert!(ask(service, *command).is_allowed(), "{command:?}");
    }
}

#[track_caller]
fn refused(service: &mut Memory, command: Command) {
    let before = service.clone();
    assert_eq!(ask(service, command), Answer::Deny, "{command:?}");
    assert_eq!(*service, before, "{command:?} was refused and left a trace");
}

fn look(service: &mut Memory) -> Observation {
    let mut seen = Observation::default();
    service.observe(&mut seen).expect("the service can always be observed");
    seen
}

fn view(service: &mut Memory, group: Group) -> GroupView {
    look(service).groups[group.index()]
}

#[test]
fn strangers_do_not_meet_through_a_common_contact_unless_the_policy_or_a_fault_lets_them() {
    let launch = [approve(KAY, SAM), approve(KIM, SAM)];
    for (fault, preset, meet) in [
        (None, Preset::MessengerKids, false),
        (None, Preset::MessengerKids2019, true),
        (Some(Fault::LauncherOnly), Preset::MessengerKids, true),
    ] {
        let mut service = reset(faulty(fault), preset.policy());
        allowed(&mut service, &launch);
        assert_eq!(ask(&mut service, create(SAM, G1, &[KAY, KIM])).is_allowed(), meet, "{preset}");
    }
}

#[test]
fn a_block_ends_direct_messages_both_ways_but_adults_still_share_groups() {
    let mut service = service(Preset::PairwiseConsent.policy());
    allowed(&mut service, &[create(SAM, G1, &[]), Command::Block { by: ZOE, who: SAM }]);
    refused(&mut service, Command::Direct { by: ZOE, to: SAM });
    refused(&mut service, Command::Direct { by: SAM, to: ZOE });
    allowed(
        &mut service,
        &[Command::Invite { by: SAM, group: G1, who: ZOE }, Command::Accept { by: ZOE, group: G1 }],
    );
    let heard = ask(&mut service, Command::Message { by: SAM, group: G1 }).delivered();
    assert_eq!(heard, UserSet::of([ZOE]));
}

#[test]
fn children_need_the_approval_of_both_sides_or_of_either() {
    for (between_children, suffices) in [(BetweenChildren::Both, false), (BetweenChildren::Either, true)] {
        let mut service = service(Policy { between_children, ..kids() });
        allowed(&mut service, &[approve(KAY, KIM)]);
        let answer = ask(&mut service, Command::Direct { by: KIM, to: KAY });
        assert_eq!(answer.is_allowed(), suffices, "{between_children}");
    }
}

#[test]
fn those_who_are_launched_with_are_compared_with_each_other_only_where_nothing_later_does_it() {
    use NewcomerRule::{EveryMember, EveryMemberAndInvitee};
    for (admission, rule, launched) in [
        (Admission::Direct, EveryMember, false),
        (Admission::Consent, EveryMember, true),
        (Admission::Consent, EveryMemberAndInvitee, false),
    ] {
        let mut service = service(ruled(admission, rule));
        allowed(&mut service, &[approve(KAY, SAM), approve(KIM, SAM)]);
        let answer = ask(&mut service, create(SAM, G1, &[KAY, KIM]));
        assert_eq!(answer.is_allowed(), launched, "{admission}, {rule}");
    }
}

#[test]
fn an_invitation_stands_for_its_inviter_even_when_gone() {
    let mut service = service(ruled(Admission::Consent, NewcomerRule::Inviter));
    allowed(&mut service, &[create(SAM, G1, &[ZOE]), Command::Accept { by: ZOE, group: G1 }]);
    allowed(
        &mut service,
        &[
            approve(KAY, ZOE),
            Command::Invite { by: ZOE, group: G1, who: KAY },
            Command::Leave { by: ZOE, group: G1 },
            Command::Accept { by: KAY, group: G1 },
        ],
    );
    assert_eq!(view(&mut service, G1).members, UserSet::of([KAY, SAM]));
}

#[test]
fn a_group_without_an_owner_clears_nobody_by_its_owner() {
    let mut service = service(ruled(Admission::Direct, NewcomerRule::Owner));
    allowed(
        &mut service,
        &[approve(KAY, SAM), create(SAM, G1, &[KAY]), Command::Leave { by: SAM, group: G1 }],
    );
    assert_eq!(view(&mut service, G1).owner, None);
    refused(&mut service, Command::Invite { by: KAY, group: G1, who: SAM });
}

#[test]
fn under_quorum_all_a_second_guardian_must_approve_too() {
    let mut service = service(Policy { quorum: Quorum::All, ..kids() });
    allowed(&mut service, &[approve(KAY, SAM), create(SAM, G1, &[KAY])]);
    allowed(&mut service, &[Command::AddGuardian { by: ANN, child: KAY, guardian: BOB }]);
    assert_eq!(view(&mut service, G1).phase, Phase::Frozen);
    refused(&mut service, Command::Direct { by: SAM, to: KAY });
    allowed(&mut service, &[Command::RemoveGuardian { by: BOB, child: KAY, guardian: BOB }]);
    assert_eq!(look(&mut service).contacts[KAY.index()], UserSet::of([SAM]));
}

#[test]
fn approvals_go_with_the_guardian_who_gave_them() {
    let mut service = service(kids());
    let add = |by, guardian| Command::AddGuardian { by, child: KAY, guardian };
    allowed(&mut service, &[approve(KAY, SAM), add(ANN, BOB)]);
    allowed(&mut service, &[Command::RemoveGuardian { by: BOB, child: KAY, guardian: ANN }, add(BOB, ANN)]);
    assert!(look(&mut service).contacts[KAY.index()].is_empty());
    allowed(&mut service, &[Command::RemoveGuardian { by: ANN, child: KAY, guardian: ANN }]);
    refused(&mut service, Command::RemoveGuardian { by: BOB, child: KAY, guardian: BOB });
}

#[test]
fn a_loss_strikes_every_shared_group_and_the_right_side() {
    for (on_loss, by, who, stays) in [
        (OnLoss::RemoveContact, SAM, KAY, KAY),
        (OnLoss::RemoveContact, KAY, SAM, KAY),
        (OnLoss::RemoveChild, SAM, KAY, SAM),
    ] {
        let mut service = service(Policy { on_loss, ..kids() });
        allowed(&mut service, &[approve(KAY, SAM), create(SAM, G1, &[KAY]), create(KAY, G2, &[SAM])]);
        allowed(&mut service, &[Command::Block { by, who }]);
        for group in [G1, G2] {
            assert_eq!(view(&mut service, group).members, UserSet::of([stays]), "{on_loss}");
        }
    }
}

#[test]
fn a_revocation_looks_after_as_many_groups_as_its_fault_lets_it() {
    use Phase::{Active, Frozen};
    for (fault, phases) in [
        (None, [Frozen, Frozen]),
        (Some(Fault::RevokeFirstGroupOnly), [Frozen, Active]),
        (Some(Fault::RevokeKeepsMembership), [Active, Active]),
    ] {
        let mut service = reset(faulty(fault), kids());
        allowed(&mut service, &[approve(KAY, SAM), create(SAM, G1, &[KAY]), create(KAY, G2, &[SAM])]);
        allowed(&mut service, &[Command::Revoke { by: ANN, child: KAY, contact: SAM }]);
        assert_eq!([G1, G2].map(|group| view(&mut service, group).phase), phases, "{fault:?}");
    }
}

#[test]
fn of_two_contacts_who_are_lost_at_once_only_the_first_is_struck_once_the_child_is_out() {
    let mut service = service(Policy { on_loss: OnLoss::RemoveChild, quorum: Quorum::All, ..kids() });
    allowed(&mut service, &[approve(KAY, SAM), approve(KAY, ZOE), create(SAM, G1, &[KAY, ZOE])]);
    allowed(&mut service, &[Command::AddGuardian { by: ANN, child: KAY, guardian: BOB }]);
    let left = view(&mut service, G1);
    assert_eq!((left.members, left.phase), (UserSet::of([SAM, ZOE]), Phase::Active));
}

#[test]
fn the_last_member_takes_the_group_along_and_the_bans_stay() {
    let mut service = service(Preset::NoContactRule.policy());
    allowed(
        &mut service,
        &[
            create(SAM, G1, &[KIM]),
            Command::Ban { by: SAM, group: G1, who: ZOE },
            Command::OpenLink { by: SAM, group: G1 },
        ],
    );
    refused(&mut service, Command::Join { by: ZOE, group: G1 });
    allowed(&mut service, &[Command::Leave { by: SAM, group: G1 }]);
    let gone = GroupView { phase: Phase::Dissolved, banned: UserSet::of([ZOE]), ..GroupView::default() };
    assert_eq!(view(&mut service, G1), gone);
    refused(&mut service, create(SAM, G1, &[]));
    refused(&mut service, Command::Accept { by: KIM, group: G1 });
}

#[test]
fn only_who_is_authorized_hears_a_call_where_the_policy_says_so() {
    let call = Surface { deliver: DeliverRule::Authorized, ..Surface::OPEN };
    let mut service = service(Policy { call, ..Preset::AdderOnly.policy() });
    allowed(&mut service, &[approve(KAY, SAM), approve(KIM, SAM), create(SAM, G1, &[KAY, KIM])]);
    for (command, heard) in [
        (Command::Call { by: KAY, group: G1 }, UserSet::of([SAM])),
        (Command::Message { by: KAY, group: G1 }, UserSet::of([KIM, SAM])),
    ] {
        assert_eq!(ask(&mut service, command).delivered(), heard, "{command:?}");
    }
}

#[test]
fn a_guardian_neither_chats_nor_is_chatted_with() {
    let mut service = service(Preset::NoContactRule.policy());
    allowed(&mut service, &[create(SAM, G1, &[]), Command::OpenLink { by: SAM, group: G1 }]);
    for command in [
        Command::Direct { by: ANN, to: SAM },
        Command::Direct { by: SAM, to: ANN },
        Command::Block { by: ANN, who: SAM },
        Command::Block { by: SAM, who: ANN },
        create(ANN, G2, &[]),
        create(SAM, G2, &[ANN]),
        Command::Invite { by: SAM, group: G1, who: ANN },
        Command::Join { by: ANN, group: G1 },
        Command::Ban { by: SAM, group: G1, who: ANN },
        approve(KAY, ANN),
        approve(KAY, KAY),
        Command::Approve { by: BOB, child: KAY, contact: SAM },
        Command::Approve { by: ANN, child: SAM, contact: KAY },
    ] {
        refused(&mut service, command);
    }
}

#[test]
fn equal_situations_are_equal_values_whatever_led_there() {
    let (mut one, mut other) = (service(kids()), service(kids()));
    allowed(&mut one, &[approve(KAY, SAM), approve(KAY, ZOE), create(SAM, G1, &[ZOE])]);
    allowed(&mut one, &[Command::Invite { by: ZOE, group: G1, who: KAY }]);
    allowed(&mut other, &[approve(KAY, ZOE), approve(KAY, SAM), create(SAM, G1, &[KAY])]);
    assert_ne!(one, other);
    allowed(&mut other, &[Command::Invite { by: KAY, group: G1, who: ZOE }]);
    assert_eq!(one, other);
}

#[test]
fn every_fault_answers_every_history_and_a_reset_forgets_it() {
    for fault in Fault::ALL.iter().copied() {
        let mut service = reset(Memory::with_fault(fault), kids());
        let fresh = service.clone();
        for command in [approve(KAY, SAM), create(SAM, G1, &[KAY]), Command::Block { by: KAY, who: SAM }] {
            ask(&mut service, command);
        }
        assert_eq!(reset(service, kids()), fresh, "{fault}");
    }
}
