//! Every condition of every command: a short trace after which the condition alone refuses the command, or
//! another condition that always fails with it.
//!
//! Each of the 75 pairs of a command and a condition is in one of the two tables. Random traces are
//! searched for an exception to the second table.

use std::collections::BTreeSet;

use chatwarden_model::Condition::{self, *};
use chatwarden_model::{
    Command, CommandKind, Decision, Inviters, NamedEnum, OnLoss, Policy, Preset, Setup, State, Surface,
    decide, step,
};

use crate::notation::*;
use crate::support::{Random, any_policy, family, likely_command, small};

/// A policy and a trace, and commands that are then allowed or refused by one condition alone.
struct Given {
    policy: Policy,
    trace: Vec<Command>,
    rows: Vec<(Command, Option<Condition>)>,
}

fn given<const N: usize, const M: usize>(
    policy: Policy,
    trace: [Command; N],
    rows: [(Command, Option<Condition>); M],
) -> Given {
    Given { policy, trace: trace.to_vec(), rows: rows.to_vec() }
}

fn allowed(command: Command) -> (Command, Option<Condition>) {
    (command, None)
}

fn refused(command: Command, because: Condition) -> (Command, Option<Condition>) {
    (command, Some(because))
}

/// The conditions that can refuse a command alone, and a state in which each command is allowed.
fn table() -> Vec<Given> {
    let kids = Preset::MessengerKids.policy();
    let pairwise = Preset::PairwiseConsent.policy();
    let lax = Preset::NoContactRule.policy();
    let owners = Policy { inviters: Inviters::Owner, ..lax };
    let freezing = Policy { on_loss: OnLoss::Freeze, ..lax };
    let guarded = Policy { message: Surface::GUARDED, call: Surface::GUARDED, ..lax };
    vec![
        given(
            kids,
            [],
            [
                allowed(approve(ANN, KAY, SAM)),
                refused(approve(BOB, KAY, SAM), ActorIsGuardian),
                refused(approve(ANN, KAY, BOB), TargetCanChat),
                refused(approve(ANN, KAY, KAY), Distinct),
                allowed(revoke(ANN, KAY, SAM)),
                refused(revoke(BOB, KAY, SAM), ActorIsGuardian),
                refused(revoke(ANN, KAY, BOB), TargetCanChat),
                refused(revoke(ANN, KAY, KAY), Distinct),
                allowed(add_guardian(ANN, KAY, BOB)),
                refused(add_guardian(BOB, KAY, BOB), ActorIsGuardian),
                refused(add_guardian(ANN, KAY, SAM), TargetIsGuardian),
                allowed(remove_guardian(ANN, KAY, DAN)),
                refused(remove_guardian(BOB, KAY, DAN), ActorIsGuardian),
                refused(remove_guardian(ANN, KAY, BOB), TargetGuardsChild),
                refused(remove_guardian(BOB, KIM, BOB), NotLastGuardian),
                allowed(block(KAY, SAM)),
                refused(block(ANN, SAM), ActorCanChat),
                refused(block(KAY, ANN), TargetCanChat),
                refused(block(KAY, KAY), Distinct),
                allowed(unblock(KAY, SAM)),
                refused(unblock(ANN, SAM), ActorCanChat),
                refused(unblock(KAY, ANN), TargetCanChat),
                refused(unblock(KAY, KAY), Distinct),
                allowed(direct(SAM, ZOE)),
                refused(direct(SAM, KAY), PartiesAuthorized),
                allowed(create(SAM, G, [ZOE])),
                refused(create(SAM, G, [SAM]), Distinct),
                refused(create(SAM, G, [KAY]), NewcomerCleared),
            ],
        ),
        given(
            kids,
            [create(SAM, G, [])],
            [refused(create(SAM, G, [ZOE]), GroupIsNew), refused(open_link(SAM, G), LinksEnabled)],
        ),
        given(
            lax,
            [create(SAM, G, [KAY])],
            [
                allowed(invite(SAM, G, ZOE)),
                refused(invite(ZOE, G, KIM), ActorIsMember),
                refused(invite(SAM, G, SAM), TargetIsOutside),
                refused(invite(SAM, G, KAY), TargetNotInvited),
                allowed(accept(KAY, G)),
                refused(accept(ZOE, G), ActorIsInvited),
                allowed(decline(KAY, G)),
                refused(decline(ZOE, G), ActorIsInvited),
                allowed(cancel(SAM, G, KAY)),
                refused(cancel(SAM, G, ZOE), TargetIsInvited),
                allowed(open_link(SAM, G)),
                refused(open_link(KAY, G), ActorIsOwner),
                allowed(close_link(SAM, G)),
                refused(close_link(KAY, G), ActorIsOwner),
                refused(join(ZOE, G), LinkIsOpen),
                allowed(leave(SAM, G)),
                refused(leave(KAY, G), ActorIsMember),
                refused(remove(SAM, G, KAY), TargetIsMember),
                refused(remove(SAM, G, SAM), Distinct),
                allowed(ban(SAM, G, KAY)),
                refused(ban(KAY, G, ZOE), ActorIsOwner),
                refused(ban(SAM, G, ANN), TargetCanChat),
                refused(ban(SAM, G, SAM), Distinct),
                refused(unban(SAM, G, KAY), TargetIsBanned),
                refused(transfer(SAM, G, KAY), TargetIsMember),
                refused(transfer(SAM, G, SAM), Distinct),
                allowed(message(SAM, G)),
                refused(message(KAY, G), ActorIsMember),
                allowed(call(SAM, G)),
                refused(call(KAY, G), ActorIsMember),
                allowed(dissolve(SAM, G)),
                refused(dissolve(KAY, G), ActorIsOwner),
            ],
        ),
        given(
            lax,
            [create(SAM, G, [KAY, ZOE]), accept(KAY, G)],
            [
                refused(cancel(KAY, G, ZOE), ActorIssuedOrOwns),
                allowed(remove(SAM, G, KAY)),
                refused(remove(KAY, G, SAM), ActorIsOwner),
                allowed(transfer(SAM, G, KAY)),
                refused(transfer(KAY, G, SAM), ActorIsOwner),
            ],
        ),
        given(
            lax,
            [create(SAM, G, [KAY]), accept(KAY, G), invite(KAY, G, ZOE), leave(KAY, G)],
            [refused(cancel(KAY, G, ZOE), ActorIsMember)],
        ),
        given(
            lax,
            [create(SAM, G, []), ban(SAM, G, KAY), open_link(SAM, G)],
            [
                refused(invite(SAM, G, KAY), TargetNotBanned),
                allowed(join(ZOE, G)),
                refused(join(SAM, G), ActorIsOutside),
                refused(join(KAY, G), ActorNotBanned),
                refused(ban(SAM, G, KAY), TargetNotBanned),
                allowed(unban(SAM, G, KAY)),
                refused(unban(ZOE, G, KAY), ActorIsOwner),
            ],
        ),
        given(
            owners,
            [create(SAM, G, [KAY]), accept(KAY, G)],
            [allowed(invite(SAM, G, ZOE)), refused(invite(KAY, G, ZOE), ActorMayInvite)],
        ),
        given(
            freezing,
            [
                approve(ANN, KAY, SAM),
                create(SAM, G, [KAY, ZOE]),
                accept(KAY, G),
                open_link(SAM, G),
                block(KAY, SAM),
            ],
            [
                refused(invite(SAM, G, KIM), GroupIsActive),
                refused(accept(ZOE, G), GroupIsActive),
                refused(open_link(SAM, G), GroupIsActive),
                refused(join(KIM, G), GroupIsActive),
                refused(message(SAM, G), GroupIsActive),
                refused(call(SAM, G), GroupIsActive),
                allowed(leave(SAM, G)),
            ],
        ),
        given(
            pairwise,
            [approve(ANN, KAY, SAM), create(SAM, G, [KAY]), open_link(SAM, G), block(KAY, SAM)],
            [
                refused(invite(SAM, G, KIM), NewcomerCleared),
                refused(accept(KAY, G), NewcomerCleared),
                refused(join(KIM, G), NewcomerCleared),
            ],
        ),
        given(
            guarded,
            [create(SAM, G, [KAY]), accept(KAY, G)],
            [refused(message(SAM, G), AudienceCleared), refused(call(KAY, G), AudienceCleared)],
        ),
    ]
}

/// The conditions that never refuse a command alone, each with the condition that fails too and the reason.
const NEVER_ALONE: [(CommandKind, Condition, Condition, &str); 11] = {
    use CommandKind::*;
    let guards = "only a child has guardians";
    let talks = "a guardian is authorized with nobody";
    let self_talk = "nobody is authorized with themselves";
    let by_guardian = "no rule clears the newcomers of a guardian";
    let for_guardian = "no rule clears a guardian";
    [
        (Approve, SubjectIsChild, ActorIsGuardian, guards),
        (Revoke, SubjectIsChild, ActorIsGuardian, guards),
        (AddGuardian, SubjectIsChild, ActorIsGuardian, guards),
        (RemoveGuardian, SubjectIsChild, ActorIsGuardian, guards),
        (Direct, ActorCanChat, PartiesAuthorized, talks),
        (Direct, TargetCanChat, PartiesAuthorized, talks),
        (Direct, Distinct, PartiesAuthorized, self_talk),
        (Create, ActorCanChat, NewcomerCleared, by_guardian),
        (Create, TargetCanChat, NewcomerCleared, for_guardian),
        (Invite, TargetCanChat, NewcomerCleared, for_guardian),
        (Join, ActorCanChat, NewcomerCleared, for_guardian),
    ]
};

/// A command's kind and one of its conditions.
type Pair = (CommandKind, Condition);

fn pairs() -> BTreeSet<Pair> {
    CommandKind::ALL
        .iter()
        .flat_map(|&kind| kind.conditions().iter().map(move |&name| (kind, name)))
        .collect()
}

fn never_alone() -> BTreeSet<Pair> {
    NEVER_ALONE.iter().map(|row| (row.0, row.1)).collect()
}

#[test]
fn each_row_is_decided_by_its_condition_alone() {
    for Given { policy, trace, rows } in table() {
        let mut state: State = State::new(&family());
        for command in &trace {
            let outcome = step(&mut state, &policy, command);
            assert!(
                outcome.decision.is_allowed(),
                "{command:?} in {trace:?}: {:?}",
                outcome.decision.reason()
            );
        }
        for (command, because) in rows {
            let decision = decide(&state, &policy, &command);
            let failing = failing(decision);
            assert_eq!(failing, Vec::from_iter(because), "{command:?} after {trace:?}");
            assert_eq!(decision.reason(), because);
            assert_eq!(decision.near_miss(), because);
        }
    }
}

fn failing(decision: Decision) -> Vec<Condition> {
    decision.conditions().filter(|row| !row.1).map(|row| row.0).collect()
}

#[test]
fn the_tables_name_every_pair_and_every_command() {
    let rows: Vec<_> = table().into_iter().flat_map(|given| given.rows).collect();
    let alone: BTreeSet<Pair> =
        rows.iter().filter_map(|(command, because)| Some((command.kind(), (*because)?))).collect();
    let named: Vec<Pair> = alone.iter().copied().chain(never_alone()).collect();
    assert_eq!(named.len(), 75, "a pair is in both tables, or missing");
    assert_eq!(BTreeSet::from_iter(named), pairs());
    let allowed = rows.iter().filter(|row| row.1.is_none()).map(|row| row.0.kind());
    assert_eq!(BTreeSet::from_iter(allowed).len(), CommandKind::ALL.len());
}

/// Tries all commands, also ill-typed ones, in the states of random traces under random policies.
#[test]
fn a_condition_that_never_decides_alone_fails_with_its_companion() {
    let mut tried = BTreeSet::new();
    for seed in 0..400 {
        let mut random = Random(seed);
        let setup = Setup { cast: small(), groups: 1, policy: any_policy(&mut random) };
        let everything = setup.bounds().all();
        let mut state: State<5, 1> = setup.start();
        for _ in 0..30 {
            for command in &everything {
                let decision = decide(&state, &setup.policy, command);
                if !decision.is_allowed() {
                    tried.extend(companions(command, &failing(decision)));
                }
            }
            let command = likely_command(&mut random, &setup, &state);
            step(&mut state, &setup.policy, &command);
        }
    }
    assert_eq!(tried, never_alone());
}

/// The pairs of the second table among the failing conditions.
fn companions(command: &Command, failing: &[Condition]) -> BTreeSet<Pair> {
    let mut found = BTreeSet::new();
    for (kind, condition, companion, why) in NEVER_ALONE {
        if kind == command.kind() && failing.contains(&condition) {
            assert!(failing.contains(&companion), "{command:?}: {why}");
            found.insert((kind, condition));
        }
    }
    found
}
