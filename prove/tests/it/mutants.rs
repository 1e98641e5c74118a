//! Proofs of `messenger-kids` with a condition of a command left out.

use std::panic::catch_unwind;

use chatwarden_model::{CommandKind, Condition, NamedEnum, Preset, Promise};

use crate::support::{not_proved, proof};

/// The promises that are not proved if a command lacks a condition, and why.
const SAMPLE: &[(CommandKind, Condition, &[Promise], &str)] = {
    use Promise::{Ban, Delivery, Invitation, NoStrangers};
    &[
        (
            CommandKind::Invite,
            Condition::NewcomerCleared,
            &[NoStrangers, Delivery, Invitation],
            "a stranger is added",
        ),
        (CommandKind::Invite, Condition::TargetNotBanned, &[Ban], "who is banned is added"),
        (
            CommandKind::Invite,
            Condition::TargetIsOutside,
            &[],
            "who is a member already and is added again stays a member, and nothing changes",
        ),
        (
            CommandKind::Accept,
            Condition::NewcomerCleared,
            &[],
            "nobody is invited, because an invitation adds at once",
        ),
    ]
};

fn refuted_by(command: CommandKind, condition: Condition) -> Vec<Promise> {
    not_proved(&proof(&Preset::MessengerKids.policy(), Some((command, condition))))
}

#[test]
fn a_condition_that_matters_is_missed() {
    let refuted = SAMPLE.iter().filter(|(_, _, promises, _)| !promises.is_empty()).count();
    assert!(refuted > 0 && refuted < SAMPLE.len());
    for (command, condition, promises, why) in SAMPLE {
        assert_eq!(refuted_by(*command, *condition), *promises, "{command} without {condition}: {why}");
    }
}

#[test]
#[ignore = "it takes minutes; it prints the table of the documentation"]
fn table() {
    println!("| command | condition | refuted by |\n| --- | --- | --- |");
    for command in CommandKind::ALL {
        for condition in command.conditions() {
            // The formulas have no place for some users: an approval is by a guardian.
            let refuted = catch_unwind(|| refuted_by(*command, *condition));
            let cell = match refuted {
                Ok(promises) if promises.is_empty() => "none".into(),
                Ok(promises) => promises.iter().map(|promise| promise.name()).collect::<Vec<_>>().join(", "),
                Err(_) => "the kinds of users".into(),
            };
            println!("| {command} | {condition} | {cell} |");
        }
    }
}
