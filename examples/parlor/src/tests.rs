//! A test for each endpoint, from the time when `as-reported` was shipped. All of them passed.

use std::collections::BTreeSet;

use crate::{Parlor, ParlorError, Refusal, Role, RoomId, RoomState, UserId};

const ROOM: RoomId = RoomId(7);

/// Two families with a kid each, and a coach.
struct Town {
    parlor: Parlor,
    mum: UserId,
    dad: UserId,
    lea: UserId,
    max: UserId,
    coach: UserId,
}

impl Town {
    fn new() -> Self {
        let mut parlor = Parlor::in_memory().expect("there is memory");
        let mut sign_up = |name, role| parlor.sign_up(name, role).expect("everybody can sign up");
        let (mum, dad) = (sign_up("mum", Role::Parent), sign_up("dad", Role::Parent));
        let (lea, max) = (sign_up("lea", Role::Kid), sign_up("max", Role::Kid));
        let coach = sign_up("coach", Role::GrownUp);
        parlor.link_parent(lea, mum).expect("lea is mum's");
        parlor.link_parent(max, dad).expect("max is dad's");
        Town { parlor, mum, dad, lea, max, coach }
    }

    /// The same, with everybody approved for everybody.
    fn of_friends() -> Self {
        let mut town = Town::new();
        for (parent, kid, contact) in [
            (town.mum, town.lea, town.coach),
            (town.mum, town.lea, town.max),
            (town.dad, town.max, town.lea),
            (town.dad, town.max, town.coach),
        ] {
            town.parlor.approve(parent, kid, contact).expect("parents approve for their kids");
        }
        town
    }

    fn open(&mut self, by: UserId, with: &[UserId]) -> Result<(), ParlorError> {
        self.parlor.open_room(by, ROOM, &with.iter().copied().collect::<BTreeSet<_>>())
    }

    fn state(&self) -> RoomState {
        self.parlor.rooms().expect("rooms can be listed")[0].state
    }

    fn people(&self) -> Vec<UserId> {
        self.parlor.rooms().expect("rooms can be listed")[0].people.clone()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, ParlorError>, why: Refusal) {
    assert!(
        matches!(result, Err(ParlorError::Refused(refusal)) if refusal == why),
        "{result:?}, not {why:?}"
    );
}

#[test]
fn only_a_kids_own_parents_approve_and_withdraw() {
    let mut town = Town::new();
    refused(town.parlor.approve(town.dad, town.lea, town.coach), Refusal::NotYourKid);
    refused(town.parlor.approve(town.lea, town.lea, town.coach), Refusal::NotYourKid);
    refused(town.parlor.approve(town.mum, town.coach, town.lea), Refusal::NotAKid);
    town.parlor.approve(town.mum, town.lea, town.coach).expect("lea is mum's");
    refused(town.parlor.withdraw(town.dad, town.lea, town.coach), Refusal::NotYourKid);
    assert_eq!(town.parlor.approvals().expect("they can be listed"), [(town.lea, town.coach)]);
}

#[test]
fn whispers_go_to_approved_contacts_who_are_not_blocked() {
    let mut town = Town::new();
    refused(town.parlor.whisper(town.coach, town.lea, "hi"), Refusal::NotApproved);
    town.parlor.approve(town.mum, town.lea, town.coach).expect("lea is mum's");
    town.parlor.whisper(town.coach, town.lea, "hi").expect("the coach is approved");
    assert_eq!(town.parlor.inbox(town.lea).expect("it can be read"), [(town.coach, "hi".to_owned())]);
    town.parlor.block(town.lea, town.coach).expect("kids may block");
    refused(town.parlor.whisper(town.coach, town.lea, "hi?"), Refusal::NotApproved);
    town.parlor.unblock(town.lea, town.coach).expect("and change their minds");
    town.parlor.whisper(town.coach, town.lea, "hi!").expect("the block is taken back");
}

#[test]
fn a_room_is_opened_with_people_who_may_all_meet() {
    let mut town = Town::new();
    for (parent, kid) in [(town.mum, town.lea), (town.dad, town.max)] {
        town.parlor.approve(parent, kid, town.coach).expect("parents approve for their kids");
    }
    refused(town.open(town.coach, &[town.lea, town.max]), Refusal::NotApproved);
    town.open(town.coach, &[town.lea]).expect("the two may meet");
    refused(town.open(town.coach, &[town.lea]), Refusal::RoomTaken);
}

#[test]
fn an_invited_friend_is_in_at_once_and_a_stranger_is_not() {
    let mut town = Town::of_friends();
    let stranger = town.parlor.sign_up("stranger", Role::GrownUp).expect("everybody can sign up");
    town.open(town.lea, &[town.coach]).expect("the two may meet");
    refused(town.parlor.invite(town.max, ROOM, town.max), Refusal::NotInRoom);
    refused(town.parlor.invite(town.lea, ROOM, stranger), Refusal::NotApproved);
    town.parlor.invite(town.lea, ROOM, town.max).expect("max is a friend");
    refused(town.parlor.invite(town.lea, ROOM, town.max), Refusal::AlreadyInRoom);
    assert_eq!(town.people(), [town.lea, town.max, town.coach]);
}

#[test]
fn posts_come_into_the_inboxes_of_the_others() {
    let mut town = Town::of_friends();
    town.open(town.lea, &[town.coach]).expect("the two may meet");
    refused(town.parlor.post(town.max, ROOM, "hi"), Refusal::NotInRoom);
    refused(town.parlor.post(town.max, RoomId(8), "hi"), Refusal::NoSuchRoom);
    assert_eq!(town.parlor.post(town.lea, ROOM, "hi").expect("lea is in the room"), [town.coach]);
}

#[test]
fn a_room_is_frozen_when_two_in_it_may_not_talk_any_more() {
    let mut town = Town::of_friends();
    town.open(town.coach, &[town.lea, town.max]).expect("all may meet");
    town.parlor.withdraw(town.mum, town.lea, town.max).expect("lea is mum's");
    assert_eq!(town.state(), RoomState::Frozen);
    refused(town.parlor.post(town.coach, ROOM, "hi"), Refusal::RoomNotOpen);

    let mut town = Town::of_friends();
    town.open(town.coach, &[town.lea]).expect("the two may meet");
    town.parlor.block(town.coach, town.lea).expect("grown-ups may block");
    assert_eq!(town.state(), RoomState::Frozen);
}

#[test]
fn the_owner_kicks_and_an_empty_room_is_closed() {
    let mut town = Town::of_friends();
    town.open(town.lea, &[town.max, town.coach]).expect("all may meet");
    refused(town.parlor.kick(town.max, ROOM, town.coach), Refusal::NotOwner);
    town.parlor.kick(town.lea, ROOM, town.coach).expect("lea opened it");
    town.parlor.leave(town.lea, ROOM).expect("lea is in it");
    refused(town.parlor.kick(town.lea, ROOM, town.max), Refusal::NotOwner);
    town.parlor.leave(town.max, ROOM).expect("max is in it");
    assert_eq!(town.state(), RoomState::Closed);
    refused(town.parlor.leave(town.max, ROOM), Refusal::NotInRoom);
}
