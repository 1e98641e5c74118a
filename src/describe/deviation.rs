//! Deviations of an implementation in words: one sentence each, about `it`.

use chatwarden_model::{Breach, Cause, Command, NamedEnum, Promise, User};

use super::Describer;
use crate::finding::{Deviation, Difference};
use crate::sanitize;

/// The most differences of a divergence that are written out.
const MAX_DIFFERENCES: usize = 4;

impl Describer<'_> {
    /// The deviation at a command as a sentence about the implementation.
    pub fn deviation(&self, command: Option<Command>, deviation: &Deviation) -> String {
        match deviation {
            Deviation::Broke(breach) => format!("it {}", self.breach(breach)),
            Deviation::PolicyBroke(breach) => {
                format!("it {}; following the policy breaks it here too", self.breach(breach))
            }
            Deviation::Allowed(condition) => {
                let about = condition.about();
                format!(
                    "it allows what the policy refuses: the condition {condition} ({about}) does not hold"
                )
            }
            Deviation::Overdelivered(users) => {
                format!("it delivers to {}, to whom the policy does not", self.users(*users))
            }
            Deviation::Diverged(differences) => self.differences(command, differences),
            Deviation::Refused => "it refuses what the policy allows".into(),
            Deviation::Underdelivered(users) => {
                format!("it does not deliver to {}, to whom the policy does", self.users(*users))
            }
            Deviation::Indefinite(why) => sanitize::joined(why),
            Deviation::Panicked(message) => {
                format!("the implementation panicked: {}", sanitize::joined(message))
            }
        }
    }

    /// The differences between the observed state and the one that the command leaves. A change in
    /// another group than the command's is said first.
    fn differences(&self, command: Option<Command>, differences: &[Difference]) -> String {
        let group = command.as_ref().and_then(Command::group);
        let elsewhere = differences.first().and_then(Difference::group).filter(|_| group.is_some());
        let about = match (group, elsewhere.filter(|elsewhere| group != Some(*elsewhere))) {
            (Some(group), Some(elsewhere)) => {
                let (group, elsewhere) = (self.names.group(group), self.names.group(elsewhere));
                format!("the command is about {group}, and {elsewhere} is not as it was")
            }
            _ => "the observed state is not the expected one".into(),
        };
        let shown: Vec<_> =
            differences.iter().take(MAX_DIFFERENCES).map(|one| self.difference(one)).collect();
        let more = match differences.len().saturating_sub(MAX_DIFFERENCES) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        format!("{about}: {}{more}", shown.join("; "))
    }

    /// One difference: the observed value and the expected one.
    fn difference(&self, difference: &Difference) -> String {
        let user = |user: Option<User>| user.map_or("nobody", |user| self.names.user(user));
        let role = |group, who, role, expected| {
            let (group, who) = (self.names.group(group), self.names.user(who));
            let (is, not) = if expected { ("is not", "to be") } else { ("is", "not") };
            format!("{group}: {who} {is} {role}, expected {not}")
        };
        match *difference {
            Difference::Phase { group, expected, seen } => {
                format!("{} is {seen}, expected {expected}", self.names.group(group))
            }
            Difference::Owner { group, expected, seen } => {
                let group = self.names.group(group);
                format!("{group}: the owner is {}, expected {}", user(seen), user(expected))
            }
            Difference::Member { group, user, expected } => role(group, user, "a member", expected),
            Difference::Invited { group, user, expected } => role(group, user, "invited", expected),
            Difference::Banned { group, user, expected } => role(group, user, "banned", expected),
            Difference::Link { group, expected, seen } => {
                format!("{}: the link is {seen}, expected {expected}", self.names.group(group))
            }
            Difference::Contact { child, contact, expected } => {
                let (child, contact) = (self.names.user(child), self.names.user(contact));
                match expected {
                    true => format!("{contact} is no approved contact of {child}, expected to be one"),
                    false => format!("{contact} is an approved contact of {child}, expected not"),
                }
            }
            Difference::Block { by, who, expected } => {
                let (by, who) = (self.names.user(by), self.names.user(who));
                match expected {
                    true => format!("{by}'s block of {who} is gone"),
                    false => format!("{by} has blocked {who}, expected not"),
                }
            }
        }
    }

    /// The broken promise, with the group and the users.
    pub fn breach(&self, breach: &Breach) -> String {
        let place = breach.group.map(|group| format!(" in {}", self.names.group(group))).unwrap_or_default();
        let between = match breach.users.len() {
            0 => String::new(),
            1 if breach.promise == Promise::Authority => format!(" by {}", self.users(breach.users)),
            1 => format!(" for {}", self.users(breach.users)),
            _ => format!(" between {}", self.users(breach.users)),
        };
        let blocked = match breach.cause {
            Some(Cause::Blocked) => ", one of whom has blocked the other",
            Some(Cause::Unapproved) | None => "",
        };
        let (promise, about) = (breach.promise, breach.promise.about());
        format!("breaks the promise {promise}{place}{between}{blocked} ({about})")
    }
}
