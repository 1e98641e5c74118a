//! Sentences for people, with the names of users and groups: deviations, broken promises and the
//! approvals that were missing, changes of the state, and the pairs that may chat.
//!
//! The layout of a saved finding is in `saved`, that of an explanation in `explain`; other reports
//! have their own.

mod explain;
mod saved;

use std::io::IsTerminal;

pub use explain::explain;
pub use saved::SavedFinding;

use anstyle::{AnsiColor, Style};
use chatwarden_model::{
    Admission, BetweenChildren, Breach, Command, Decision, Group, GroupState, NamedEnum, NewcomerRule,
    Quorum, Setup, State, User, UserSet,
};

use crate::finding::{Deviation, Difference, Finding};
use crate::format::{NamedCommand, Names};
use crate::sanitize;

/// The most differences of a divergence that are written out.
const MAX_DIFFERENCES: usize = 4;

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

    /// The deviation at a command as a sentence about the implementation.
    pub fn deviation(&self, command: Option<Command>, deviation: &Deviation) -> String {
        match deviation {
            Deviation::Broke(breach) => format!("it {}", self.breach(breach)),
            Deviation::Allowed(condition) => {
                let about = condition.about();
                format!("it allows what the policy refuses: {condition} does not hold ({about})")
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
            _ => "the observed state is not as the command leaves it".into(),
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
            1 => format!(" for {}", self.users(breach.users)),
            _ => format!(" between {}", self.users(breach.users)),
        };
        format!("breaks the promise {}{place}{between} ({})", breach.promise, breach.promise.about())
    }

    /// The policy's decision, with the first condition that failed.
    pub fn decision(&self, decision: Decision) -> String {
        match decision.reason() {
            None => "allows".into(),
            Some(reason) => format!("refuses, because {reason} does not hold"),
        }
    }

    /// The reasons why two users are not authorized with each other: blocks, and approvals that are
    /// missing. There is none if they are authorized, or if no command could change it.
    pub fn missing_approvals(&self, state: &State, one: User, other: User) -> Vec<String> {
        let mut reasons = Vec::new();
        for (by, who) in self.blocks_between(state, one, other) {
            reasons.push(format!("{} has blocked {}", self.names.user(by), self.names.user(who)));
        }
        for (child, contact, guardians) in self.needed_approvals(state, one, other) {
            let (child, contact) = (self.names.user(child), self.names.user(contact));
            let users = self.users(guardians);
            reasons.push(match (guardians.len(), self.setup.policy.quorum) {
                (0, _) => format!("{child} has no guardian who could approve {contact}"),
                (1, _) => format!("{users} has not approved {contact} for {child}"),
                (_, Quorum::Any) => format!("none of {users} has approved {contact} for {child}"),
                (_, Quorum::All) => format!("{users} have not approved {contact} for {child}"),
            });
        }
        reasons
    }

    /// The commands after which the two would be authorized with each other.
    pub fn fixes(&self, state: &State, one: User, other: User) -> Vec<String> {
        let blocks = self.blocks_between(state, one, other);
        let mut fixes: Vec<_> = blocks.map(|(by, who)| self.command(Command::Unblock { by, who })).collect();
        let mut missing = self.needed_approvals(state, one, other);
        if self.setup.policy.between_children == BetweenChildren::Either {
            missing.truncate(1);
        }
        for (child, contact, guardians) in missing {
            let needed = if self.setup.policy.quorum == Quorum::Any { 1 } else { guardians.len() };
            let approvals = guardians.iter().take(needed).map(|by| Command::Approve { by, child, contact });
            fixes.extend(approvals.map(|approve| self.command(approve)));
        }
        fixes
    }

    /// The reasons why a command fails the policy's comparison of users: those of each compared
    /// pair that is not authorized. There is none for a command that compares no users.
    pub fn unauthorized_pairs(&self, state: &State, command: &Command) -> Vec<String> {
        let policy = &self.setup.policy;
        let mut pairs = self.compared_pairs(state, command);
        pairs.retain(|(one, other)| !state.compatible(policy, *one, *other));
        pairs.iter().flat_map(|(one, other)| self.missing_approvals(state, *one, *other)).collect()
    }

    /// The pairs with a child that may chat in the state.
    pub fn may_chat(&self, state: &State) -> String {
        let kinds = self.setup.cast.kinds();
        let mut pairs = Vec::new();
        for (one, other) in pairs_of(kinds.chatting()) {
            let child = kinds.children.contains(one) || kinds.children.contains(other);
            if child && state.authorized(&self.setup.policy, one, other) {
                pairs.push(format!("{}–{}", self.names.user(one), self.names.user(other)));
            }
        }
        if pairs.is_empty() { "no child with anyone".into() } else { pairs.join(", ") }
    }

    /// The differences between two states, a sentence each.
    pub fn changes(&self, before: &State, after: &State) -> Vec<String> {
        let mut lines = Vec::new();
        let everyone = UserSet::first(self.setup.cast.len());
        for user in everyone {
            let name = self.names.user(user);
            let (was, is) = (before.guardians(user), after.guardians(user));
            self.set_changes(&mut lines, was, is, |who, now| {
                let verb = if now { "becomes" } else { "is no longer" };
                format!("{who} {verb} a guardian of {name}")
            });
            for contact in everyone {
                let contact_name = self.names.user(contact);
                let (was, is) = (before.approvals(user, contact), after.approvals(user, contact));
                self.set_changes(&mut lines, was, is, |who, now| match now {
                    true => format!("{who} approves {contact_name} for {name}"),
                    false => format!("{who}'s approval of {contact_name} for {name} is withdrawn"),
                });
            }
            self.set_changes(&mut lines, before.blocks(user), after.blocks(user), |who, now| {
                format!("{name} {} {who}", if now { "blocks" } else { "no longer blocks" })
            });
        }
        for group in Group::first(self.setup.groups) {
            self.group_changes(&mut lines, group, before.group(group), after.group(group));
        }
        lines
    }

    /// The pairs that the policy compares before it lets the command pass.
    fn compared_pairs(&self, state: &State, command: &Command) -> Vec<(User, User)> {
        let policy = &self.setup.policy;
        let between =
            |user: User, others: UserSet| others.without(user).iter().map(|other| (user, other)).collect();
        let newcomer = |rule, group: Group, user: User, inviter: Option<User>| {
            let group = state.group(group);
            let compared = match rule {
                NewcomerRule::Anyone => UserSet::EMPTY,
                NewcomerRule::Inviter => UserSet::of(inviter),
                NewcomerRule::Owner => UserSet::of(group.owner),
                NewcomerRule::AnyMember | NewcomerRule::EveryMember => group.members,
                NewcomerRule::EveryMemberAndInvitee => group.members.or(group.invited()),
            };
            between(user, compared)
        };
        match *command {
            Command::Direct { by, to } => vec![(by, to)],
            Command::Create { by, with, .. } => match policy.newcomer.create {
                NewcomerRule::Anyone => Vec::new(),
                NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => between(by, with),
                NewcomerRule::EveryMember if policy.admission == Admission::Consent => between(by, with),
                NewcomerRule::EveryMember | NewcomerRule::EveryMemberAndInvitee => {
                    pairs_of(with.with(by)).collect()
                }
            },
            Command::Invite { by, group, who } => newcomer(policy.newcomer.invite, group, who, Some(by)),
            Command::Accept { by, group } => {
                newcomer(policy.newcomer.accept, group, by, state.group(group).inviter(by))
            }
            Command::Join { by, group } => {
                newcomer(policy.newcomer.join, group, by, state.group(group).owner)
            }
            Command::Message { by, group } | Command::Call { by, group } => {
                between(by, state.group(group).members)
            }
            _ => Vec::new(),
        }
    }

    fn group_changes(&self, lines: &mut Vec<String>, group: Group, before: &GroupState, after: &GroupState) {
        let name = self.names.group(group);
        if before.phase != after.phase {
            lines.push(format!("{name} is {}", after.phase));
        }
        if before.owner != after.owner {
            lines.push(match after.owner {
                Some(owner) => format!("{} owns {name}", self.names.user(owner)),
                None => format!("{name} has no owner"),
            });
        }
        for (role, was, is) in [
            ("a member of", before.members, after.members),
            ("invited to", before.invited(), after.invited()),
            ("banned from", before.banned, after.banned),
        ] {
            self.set_changes(lines, was, is, |who, now| {
                let verb = if now { "is" } else { "is no longer" };
                format!("{who} {verb} {role} {name}")
            });
        }
        if before.link != after.link {
            lines.push(format!("the link of {name} is {}", after.link));
        }
    }

    fn set_changes(
        &self,
        lines: &mut Vec<String>,
        before: UserSet,
        after: UserSet,
        sentence: impl Fn(&str, bool) -> String,
    ) {
        lines.extend(self.names.of(after.minus(before)).map(|who| sentence(who, true)));
        lines.extend(self.names.of(before.minus(after)).map(|who| sentence(who, false)));
    }

    fn blocks_between(&self, state: &State, one: User, other: User) -> impl Iterator<Item = (User, User)> {
        let blocks =
            [(one, other), (other, one)].map(|(by, who)| state.blocks(by).contains(who).then_some((by, who)));
        blocks.into_iter().flatten()
    }

    /// Each approval that is missing: the child, the contact, and the guardians who have not given
    /// it.
    fn needed_approvals(&self, state: &State, one: User, other: User) -> Vec<(User, User, UserSet)> {
        let policy = &self.setup.policy;
        let kinds = self.setup.cast.kinds();
        let approved = |child, contact| state.approved(policy, child, contact);
        let both = UserSet::of([one, other]);
        if both.len() < 2 || !both.is_subset(kinds.chatting()) {
            return Vec::new();
        }
        let either = policy.between_children == BetweenChildren::Either && both.is_subset(kinds.children);
        if either && (approved(one, other) || approved(other, one)) {
            return Vec::new();
        }
        let mut missing = Vec::new();
        for (child, contact) in [(one, other), (other, one)] {
            if kinds.children.contains(child) && !approved(child, contact) {
                missing.push((child, contact, state.guardians(child).minus(state.approvals(child, contact))));
            }
        }
        missing
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

/// Whether the breach names two users who are not authorized with each other.
pub fn is_about_a_pair(breach: &Breach) -> bool {
    breach.cause.is_some() && breach.users.len() == 2
}

/// The styles of a text for people.
///
/// ```
/// use chatwarden::describe::Palette;
/// assert_eq!(format!("{}red{0:#}", Palette::PLAIN.bad), "red");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Headings.
    pub bold: Style,
    /// Details.
    pub dim: Style,
    /// Something right.
    pub good: Style,
    /// Something wrong.
    pub bad: Style,
    /// Something to check.
    pub warn: Style,
}

impl Palette {
    /// For a file, a pipe or a log.
    pub const PLAIN: Self = {
        let plain = Style::new();
        Palette { bold: plain, dim: plain, good: plain, bad: plain, warn: plain }
    };

    /// For a terminal, or for a stream that strips colours where they are not wanted.
    pub const COLOUR: Self = Palette {
        bold: Style::new().bold(),
        dim: Style::new().dimmed(),
        good: AnsiColor::Green.on_default(),
        bad: AnsiColor::Red.on_default().bold(),
        warn: AnsiColor::Yellow.on_default(),
    };

    /// For standard error: in colour if it is a terminal and `NO_COLOR` is not set.
    pub fn for_stderr() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        if wanted && std::io::stderr().is_terminal() { Self::COLOUR } else { Self::PLAIN }
    }
}

/// The number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let thousands = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    thousands.collect::<Vec<_>>().join(",")
}
