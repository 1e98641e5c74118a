//! Faults of bans, blocks, invitations and departures: the last command of a trace, with and without the
//! fault.

use chatwarden_model::{Command, Preset, User, UserSet};

use super::{G1, KAY, KIM, SAM, allowed, approve, ask, create, look, reset};
use crate::adapter::Answer;
use crate::adapter::fault::Fault;
use crate::adapter::memory::Memory;

/// A trace, and the outcomes of its last command.
struct Case {
    fault: Fault,
    preset: Preset,
    before: Vec<Command>,
    last: Command,
    /// The outcome in the service without the fault, and with it.
    outcomes: [&'static str; 2],
}

/// The answer, the members, invited and banned users of the group, and the users whom kay has blocked.
fn outcome(service: &mut Memory, command: Command) -> String {
    let answer = match ask(service, command) {
        Answer::Deny { .. } => "refused".into(),
        Answer::Allow { delivered } if delivered.is_empty() => "allowed".into(),
        Answer::Allow { delivered } => format!("allowed, received by {}", names(delivered)),
    };
    let seen = look(service);
    let group = seen.groups[0];
    let parts = [
        ("in", group.members),
        ("invited", group.invited),
        ("banned", group.banned),
        ("blocked", seen.blocks[KAY.index()]),
    ];
    let parts = parts.into_iter().filter(|(_, users)| !users.is_empty());
    let parts: Vec<_> = parts.map(|(part, users)| format!("{part} {}", names(users))).collect();
    format!("{answer}: {}", parts.join(", "))
}

fn names(users: UserSet) -> String {
    let name = |user: User| ["ann", "bob", "kay", "kim", "sam", "zoe"][user.index()];
    users.iter().map(name).collect::<Vec<_>>().join("+")
}

fn invite(by: User, who: User) -> Command {
    Command::Invite { by, group: G1, who }
}

fn accept(by: User) -> Command {
    Command::Accept { by, group: G1 }
}

fn leave(by: User) -> Command {
    Command::Leave { by, group: G1 }
}

fn remove(by: User, who: User) -> Command {
    Command::Remove { by, group: G1, who }
}

fn ban(by: User, who: User) -> Command {
    Command::Ban { by, group: G1, who }
}

/// Sam launches the group with kay, who needs no consent.
fn launched() -> Vec<Command> {
    vec![approve(KAY, SAM), create(SAM, G1, &[KAY])]
}

/// Sam launches the group and invites kay.
fn invited() -> Vec<Command> {
    vec![create(SAM, G1, &[KAY])]
}

fn bans_and_blocks() -> Vec<Case> {
    use Preset::{MessengerKids, NoContactRule};
    let block = |who| Command::Block { by: KAY, who };
    vec![
        Case {
            fault: Fault::UnblockClearsAll,
            preset: MessengerKids,
            before: vec![block(SAM), block(KIM)],
            last: Command::Unblock { by: KAY, who: SAM },
            outcomes: ["allowed: blocked kim", "allowed: "],
        },
        Case {
            fault: Fault::KickLiftsBan,
            preset: MessengerKids,
            before: [launched(), vec![ban(SAM, KIM)]].concat(),
            last: remove(SAM, KIM),
            outcomes: ["refused: in kay+sam, banned kim", "allowed: in kay+sam"],
        },
        Case {
            fault: Fault::UnbanReadmits,
            preset: MessengerKids,
            before: [launched(), vec![ban(SAM, KAY)]].concat(),
            last: Command::Unban { by: SAM, group: G1, who: KAY },
            outcomes: ["allowed: in sam", "allowed: in kay+sam"],
        },
        Case {
            fault: Fault::UnbanReadmits,
            preset: MessengerKids,
            before: [launched(), vec![ban(SAM, KIM)]].concat(),
            last: Command::Unban { by: SAM, group: G1, who: KIM },
            outcomes: ["allowed: in kay+sam"; 2],
        },
        Case {
            fault: Fault::InvitationPassesBan,
            preset: NoContactRule,
            before: [invited(), vec![ban(SAM, KIM)]].concat(),
            last: invite(SAM, KIM),
            outcomes: [
                "refused: in sam, invited kay, banned kim",
                "allowed: in sam, invited kay+kim, banned kim",
            ],
        },
    ]
}

fn invitations() -> Vec<Case> {
    let case = |fault, before: Vec<Command>, last, outcomes| Case {
        fault,
        preset: Preset::NoContactRule,
        before: [invited(), before].concat(),
        last,
        outcomes,
    };
    let cancel = Command::Cancel { by: SAM, group: G1, who: KAY };
    let decline = |by| Command::Decline { by, group: G1 };
    vec![
        case(
            Fault::CancelledInvitationWorks,
            vec![cancel],
            accept(KAY),
            ["refused: in sam", "allowed: in kay+sam"],
        ),
        case(Fault::CancelledInvitationWorks, vec![decline(KAY)], accept(KAY), ["refused: in sam"; 2]),
        case(
            Fault::InvitationNotUsedUp,
            vec![accept(KAY), leave(KAY)],
            accept(KAY),
            ["refused: in sam", "allowed: in kay+sam"],
        ),
        case(Fault::InvitationNotUsedUp, vec![accept(KAY)], accept(KAY), ["refused: in kay+sam"; 2]),
        case(
            Fault::DeclineRemovesMember,
            vec![accept(KAY)],
            decline(KAY),
            ["refused: in kay+sam", "allowed: in sam"],
        ),
        case(
            Fault::CallReachesInvited,
            vec![],
            Command::Call { by: SAM, group: G1 },
            ["allowed: in sam, invited kay", "allowed, received by kay: in sam, invited kay"],
        ),
    ]
}

fn departures() -> Vec<Case> {
    let case = |fault, before: Vec<Command>, last, outcomes| Case {
        fault,
        preset: Preset::MessengerKids,
        before: [launched(), before].concat(),
        last,
        outcomes,
    };
    let message = Command::Message { by: SAM, group: G1 };
    let received = ["allowed: in sam", "allowed, received by kay: in sam"];
    vec![
        case(Fault::DepartedMemberReceives, vec![leave(KAY)], message, received),
        case(Fault::DepartedMemberReceives, vec![remove(SAM, KAY)], message, received),
        case(
            Fault::ReturnedOwnerManages,
            vec![leave(SAM), invite(KAY, SAM)],
            remove(SAM, KAY),
            ["refused: in kay+sam", "allowed: in sam"],
        ),
        case(Fault::LeaveDissolvesGroup, vec![], leave(KAY), ["allowed: in sam", "allowed: "]),
        case(Fault::LeaveKeepsMembership, vec![], leave(KAY), ["allowed: in sam", "allowed: in kay+sam"]),
        case(
            Fault::DissolveKeepsMembers,
            vec![],
            Command::Dissolve { by: SAM, group: G1 },
            ["allowed: ", "allowed: in kay+sam"],
        ),
        Case {
            fault: Fault::LinkedMemberStays,
            preset: Preset::NoContactRule,
            before: vec![
                create(SAM, G1, &[]),
                Command::OpenLink { by: SAM, group: G1 },
                Command::Join { by: KAY, group: G1 },
            ],
            last: remove(SAM, KAY),
            outcomes: ["allowed: in sam", "refused: in kay+sam"],
        },
        Case {
            fault: Fault::LinkedMemberStays,
            preset: Preset::NoContactRule,
            before: [invited(), vec![accept(KAY)]].concat(),
            last: remove(SAM, KAY),
            outcomes: ["allowed: in sam"; 2],
        },
    ]
}

#[test]
fn a_fault_changes_the_outcome_of_the_last_command() {
    let cases = [bans_and_blocks(), invitations(), departures()].into_iter().flatten();
    for Case { fault, preset, before, last, outcomes } in cases {
        for (planted, expected) in [None, Some(fault)].into_iter().zip(outcomes) {
            let mut service = reset(Memory::with_faults(planted), preset.policy());
            allowed(&mut service, &before);
            assert_eq!(outcome(&mut service, last), expected, "{fault}, planted: {}", planted.is_some());
        }
    }
}
