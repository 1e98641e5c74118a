//! The parts of the semantics that are easily misread, each with a short trace.
//!
//! The comparison with the model covers all conditions and all faults.

mod faults;

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

/// Ann is the guardian of kay and bob of kim; sam and zoe are adults.
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
    assert_eq!(ask(service, command), Answer::deny(), "{command:?}");
    assert_eq!(*service, before, "{command:?} was refused and changed the service");
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
fn strangers_share_a_group_through_a_common_contact_only_by_policy_or_fault() {
    let launch = [approve(KAY, SAM), approve(KIM, SAM)];
    for (fault, preset, meet) in [
        (None, Preset::MessengerKids, false),
        (None, Preset::MessengerKids2019, true),
        (Some(Fault::LauncherOnly), Preset::MessengerKids, true),
    ] {
        let mut service = reset(Memory::with_faults(fault), preset.policy());
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
    let delivered = ask(&mut service, Command::Message { by: SAM, group: G1 }).delivered();
    assert_eq!(delivered, UserSet::of([ZOE]));
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
fn newcomers_at_a_launch_are_compared_with_each_other_unless_accepting_does_it_later() {
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
fn an_invitation_keeps_its_inviter_after_the_inviter_left() {
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
fn a_loss_changes_every_shared_group_and_removes_the_right_user() {
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
fn a_revocation_changes_as_many_groups_as_its_fault_allows() {
    use Phase::{Active, Frozen};
    for (fault, phases) in [
        (None, [Frozen, Frozen]),
        (Some(Fault::RevokeFirstGroupOnly), [Frozen, Active]),
        (Some(Fault::RevokeKeepsMembership), [Active, Active]),
    ] {
        let mut service = reset(Memory::with_faults(fault), kids());
        allowed(&mut service, &[approve(KAY, SAM), create(SAM, G1, &[KAY]), create(KAY, G2, &[SAM])]);
        allowed(&mut service, &[Command::Revoke { by: ANN, child: KAY, contact: SAM }]);
        assert_eq!([G1, G2].map(|group| view(&mut service, group).phase), phases, "{fault:?}");
    }
}

#[test]
fn of_two_contacts_lost_at_once_the_second_stays_because_the_child_has_departed() {
    let mut service = service(Policy { on_loss: OnLoss::RemoveChild, quorum: Quorum::All, ..kids() });
    allowed(&mut service, &[approve(KAY, SAM), approve(KAY, ZOE), create(SAM, G1, &[KAY, ZOE])]);
    allowed(&mut service, &[Command::AddGuardian { by: ANN, child: KAY, guardian: BOB }]);
    let left = view(&mut service, G1);
    assert_eq!((left.members, left.phase), (UserSet::of([SAM, ZOE]), Phase::Active));
}

#[test]
fn the_group_ends_with_its_last_member_and_the_bans_stay() {
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
    let dissolved = GroupView { phase: Phase::Dissolved, banned: UserSet::of([ZOE]), ..GroupView::default() };
    assert_eq!(view(&mut service, G1), dissolved);
    refused(&mut service, create(SAM, G1, &[]));
    refused(&mut service, Command::Accept { by: KIM, group: G1 });
}

#[test]
fn a_call_is_delivered_to_authorized_members_only_if_the_policy_says_so() {
    let call = Surface { deliver: DeliverRule::Authorized, ..Surface::OPEN };
    let mut service = service(Policy { call, ..Preset::AdderOnly.policy() });
    allowed(&mut service, &[approve(KAY, SAM), approve(KIM, SAM), create(SAM, G1, &[KAY, KIM])]);
    for (command, delivered) in [
        (Command::Call { by: KAY, group: G1 }, UserSet::of([SAM])),
        (Command::Message { by: KAY, group: G1 }, UserSet::of([KIM, SAM])),
    ] {
        assert_eq!(ask(&mut service, command).delivered(), delivered, "{command:?}");
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
fn services_with_the_same_data_are_equal_whatever_led_there() {
    let (mut one, mut other) = (service(kids()), service(kids()));
    allowed(&mut one, &[approve(KAY, SAM), approve(KAY, ZOE), create(SAM, G1, &[ZOE])]);
    allowed(&mut one, &[Command::Invite { by: ZOE, group: G1, who: KAY }]);
    allowed(&mut other, &[approve(KAY, ZOE), approve(KAY, SAM), create(SAM, G1, &[KAY])]);
    assert_ne!(one, other);
    allowed(&mut other, &[Command::Invite { by: KAY, group: G1, who: ZOE }]);
    assert_eq!(one, other);
}

#[test]
fn every_fault_answers_and_a_reset_clears_its_memory() {
    for fault in Fault::ALL.iter().copied() {
        let mut service = reset(Memory::with_fault(fault), kids());
        let fresh = service.clone();
        for command in [approve(KAY, SAM), create(SAM, G1, &[KAY]), Command::Block { by: KAY, who: SAM }] {
            ask(&mut service, command);
        }
        assert_eq!(reset(service, kids()), fresh, "{fault}");
    }
}
