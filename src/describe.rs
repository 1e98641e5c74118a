//! Sentences for people, with the names of users and groups.
//!
//! - `deviation`: deviations of an implementation, and broken promises.
//! - `authorization`: the approvals that are missing, and the blocks.
//! - `changes`: the differences between two states, and the pairs that may chat.
//! - `answers`: the answers of policy and implementation at a step.
//!
//! Two layouts are made of them: a saved finding in `saved`, and an explanation in `explain` with its
//! `summary`. Other reports have their own layouts.

mod answers;
mod authorization;
mod changes;
mod deviation;
mod explain;
mod palette;
mod saved;
mod summary;

pub use explain::Explanation;
pub use palette::Palette;
pub use saved::SavedFinding;

use chatwarden_model::{Command, Decision, Kind, Setup, User, UserSet};

use crate::finding::Finding;
use crate::format::{NamedCommand, Names};
use crate::sanitize;

/// Describes parts of a run with the names of its users and groups.
///
/// ```
/// use chatwarden::model::{Preset, Setup, State, User};
/// use chatwarden::describe::Describer;
/// use chatwarden::format::BuiltInCast;
/// let named_cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: named_cast.cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let names = named_cast.with_groups(vec![]);
/// let describer = Describer { names: &names, setup: &setup };
/// let (start, kay, sam): (State, _, _) = (setup.start(), User::new(2), User::new(4));
/// assert_eq!(describer.missing_approvals(&start, kay, sam), ["ann has not approved sam for kay"]);
/// assert_eq!(describer.fixes(&start, kay, sam), ["approve(ann, kay, sam)"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Describer<'a> {
    /// The names of users and groups.
    pub names: &'a Names,
    /// The run's cast, groups and policy.
    pub setup: &'a Setup,
}

impl Describer<'_> {
    /// The command with names.
    pub fn command(&self, command: Command) -> String {
        NamedCommand { command, names: self.names }.to_string()
    }

    /// The users, as a list in a sentence.
    pub fn users(&self, users: UserSet) -> String {
        let names: Vec<&str> = self.names.of(users).collect();
        match names.split_last() {
            None => "nobody".into(),
            Some((only, [])) => (*only).into(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }

    /// The finding in one sentence, with its step.
    pub fn finding(&self, finding: &Finding) -> String {
        let headline = self.headline(finding);
        match finding.command() {
            Some(command) => format!("step {}, {}: {headline}", finding.at(), self.command(command)),
            None => headline,
        }
    }

    /// The gravest deviation of the finding, and the implementation's reason for its answer.
    pub fn headline(&self, finding: &Finding) -> String {
        let deviation = self.deviation(finding.command(), finding.gravest());
        match finding.reason() {
            Some(reason) => format!("{deviation}; its reason is {}", quoted_reason(reason)),
            None => deviation,
        }
    }

    /// The kinds of users and the guardians of children, in one sentence.
    pub fn people(&self, users: UserSet) -> String {
        let cast = &self.setup.cast;
        let of_kind = |kind| users.and(cast.kinds().of(kind));
        let children = of_kind(Kind::Child);
        let mut parts: Vec<String> = children
            .iter()
            .map(|child| {
                let (name, guardians) = (self.names.user(child), self.users(cast.guardians(child)));
                format!("{name} is a child of {guardians}")
            })
            .collect();
        let named = children.iter().fold(UserSet::EMPTY, |named, child| named.or(cast.guardians(child)));
        for (others, noun) in
            [(of_kind(Kind::Adult), "adult"), (of_kind(Kind::Guardian).minus(named), "guardian")]
        {
            let article = if noun == "adult" { "an" } else { "a" };
            match others.len() {
                0 => {}
                1 => parts.push(format!("{} is {article} {noun}", self.users(others))),
                _ => parts.push(format!("{} are {noun}s", self.users(others))),
            }
        }
        parts.join("; ")
    }

    /// The policy's decision, with the first condition that failed.
    pub fn decision(&self, decision: Decision) -> String {
        match decision.reason() {
            None => "allows".into(),
            Some(reason) => format!("refuses, because {reason} does not hold"),
        }
    }
}

/// The reason that an implementation gave for its answer, in its own words, as a part of a sentence.
///
/// ```
/// assert_eq!(chatwarden::describe::quoted_reason("not a member"), "`not a member`");
/// ```
pub fn quoted_reason(reason: &str) -> String {
    const SHOWN: usize = 200;
    sanitize::quoted(&sanitize::joined(reason), SHOWN)
}

/// Every two of the users.
fn pairs_of(users: UserSet) -> impl Iterator<Item = (User, User)> {
    users.iter().flat_map(move |one| {
        let later = users.minus(UserSet::first(one.index() + 1));
        later.iter().map(move |other| (one, other))
    })
}

/// The number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let thousands = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    thousands.collect::<Vec<_>>().join(",")
}
