//! Sentences about what happened: deviations, broken promises and what would have made them legitimate, changes
//! of the state, who may chat with whom. Plain text with names, for every report.
//!
//! Layout and colour are the reports' own.

mod explain;
mod saved;

use std::io::IsTerminal;

pub use explain::explain;
pub use saved::SavedFinding;

use anstyle::{AnsiColor, Style};
use chatwarden_model::{
    Admission, BetweenChildren, Breach, Command, Decision, Group, GroupState, NamedEnum, NewcomerRule,
    Promise, Quorum, Setup, State, User, UserSet,
};

use crate::finding::{Deviation, Finding};
use crate::format::{NamedCommand, Names};

/// Tells about a run in the names of its users and groups.
///
/// ```
/// use chatwarden::model::{Preset, Setup, State, User};
/// use chatwarden::describe::Describer;
/// use chatwarden::format::BuiltInCast;
/// let cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: cast.cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let names = cast.with_groups(vec![]);
/// let telling = Describer { names: &names, setup: &setup };
/// let start: State = setup.start();
/// assert_eq!(telling.obstacles(&start, User::new(2), User::new(4)), ["ann has not approved sam for kay"]);
/// assert_eq!(telling.remedies(&start, User::new(2), User::new(4)), ["approve(ann, kay, sam)"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Describer<'a> {
    /// What users and groups are called.
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

    /// What was found, in one sentence.
    pub fn finding(&self, finding: &Finding) -> String {
        let what = self.deviation(finding.gravest());
        match finding.command() {
            Some(command) => format!("step {}, {}: {what}", finding.at(), self.command(command)),
            None => what,
        }
    }

    /// One thing in which a step departs.
    pub fn deviation(&self, deviation: &Deviation) -> String {
        match deviation {
            Deviation::Broke(breach) => format!("it {}", self.breach(breach)),
            Deviation::Allowed(condition) => {
                format!(
                    "it allows what the policy refuses: {condition} does not hold ({})",
                    condition.about()
                )
            }
            Deviation::Overdelivered(users) => {
                format!("it delivers to {}, to whom the policy does not", self.users(*users))
            }
            Deviation::Diverged(parts) => {
                let parts: Vec<_> = parts.iter().map(NamedEnum::name).collect();
                format!("what can be observed is not as the command leaves it: {}", parts.join(", "))
            }
            Deviation::Refused => "it refuses what the policy allows".into(),
            Deviation::Underdelivered(users) => {
                format!("it does not deliver to {}, to whom the policy does", self.users(*users))
            }
            Deviation::Indefinite(why) => why.clone(),
            Deviation::Panicked(message) => format!("the implementation panicked: {message}"),
        }
    }

    /// Where a promise is broken.
    pub fn breach(&self, breach: &Breach) -> String {
        let place = breach.group.map(|group| format!(" in {}", self.names.group(group))).unwrap_or_default();
        let between = match breach.users.len() {
            0 => String::new(),
            1 => format!(" for {}", self.users(breach.users)),
            _ => format!(" between {}", self.users(breach.users)),
        };
        format!("breaks the promise {}{place}{between} ({})", breach.promise, breach.promise.about())
    }

    /// What the policy answers.
    pub fn decision(&self, decision: Decision) -> String {
        match decision.reason() {
            None => "allows".into(),
            Some(reason) => format!("refuses, because {reason} does not hold"),
        }
    }

    /// Why the two are not authorized with each other; nothing if they are, or if no command could change it.
    pub fn obstacles(&self, state: &State, one: User, other: User) -> Vec<String> {
        let mut obstacles = Vec::new();
        for (by, who) in self.blocks_between(state, one, other) {
            obstacles.push(format!("{} has blocked {}", self.names.user(by), self.names.user(who)));
        }
        for (child, contact, guardians) in self.missing_approvals(state, one, other) {
            let (child, contact) = (self.names.user(child), self.names.user(contact));
            let told = match (guardians.len(), self.setup.policy.quorum) {
                (0, _) => format!("{child} has no guardian who could approve {contact}"),
                (1, _) => format!("{} has not approved {contact} for {child}", self.users(guardians)),
                (_, Quorum::Any) => {
                    format!("none of {} has approved {contact} for {child}", self.users(guardians))
                }
                (_, Quorum::All) => {
                    format!("{} have not approved {contact} for {child}", self.users(guardians))
                }
            };
            obstacles.push(told);
        }
        obstacles
    }

    /// The commands after which the two would be authorized with each other.
    pub fn remedies(&self, state: &State, one: User, other: User) -> Vec<String> {
        let blocks = self.blocks_between(state, one, other);
        let mut remedies: Vec<_> =
            blocks.map(|(by, who)| self.command(Command::Unblock { by, who })).collect();
        let mut missing = self.missing_approvals(state, one, other);
        if self.setup.policy.between_children == BetweenChildren::Either {
            missing.truncate(1);
        }
        for (child, contact, guardians) in missing {
            let needed = if self.setup.policy.quorum == Quorum::Any { 1 } else { guardians.len() };
            let approvals = guardians.iter().take(needed).map(|by| Command::Approve { by, child, contact });
            remedies.extend(approvals.map(|approve| self.command(approve)));
        }
        remedies
    }

    /// Why the policy's rule about who meets whom does not let the command pass: each pair that it looks at and that is
    /// not authorized. Nothing, if the command is not about that.
    pub fn strangers(&self, state: &State, command: &Command) -> Vec<String> {
        let pairs = self.pairs_looked_at(state, command);
        let strangers =
            pairs.into_iter().filter(|(one, other)| !state.compatible(&self.setup.policy, *one, *other));
        strangers.flat_map(|(one, other)| self.obstacles(state, one, other)).collect()
    }

    /// Which pairs with a child may chat at that point.
    pub fn may_chat(&self, state: &State) -> String {
        let kinds = self.setup.cast.kinds();
        let mut pairs = Vec::new();
        for one in kinds.chatting() {
            for other in kinds.chatting().minus(UserSet::first(one.index() + 1)) {
                let child = kinds.children.contains(one) || kinds.children.contains(other);
                if child && state.authorized(&self.setup.policy, one, other) {
                    pairs.push(format!("{}–{}", self.names.user(one), self.names.user(other)));
                }
            }
        }
        if pairs.is_empty() { "no child with anyone".into() } else { pairs.join(", ") }
    }

    /// What differs between two states, a sentence each.
    pub fn changes(&self, before: &State, after: &State) -> Vec<String> {
        let mut told = Vec::new();
        let everyone = UserSet::first(self.setup.cast.len());
        for user in everyone {
            let name = self.names.user(user);
            self.tell_set(&mut told, before.guardians(user), after.guardians(user), |who, now| match now {
                true => format!("{who} becomes a guardian of {name}"),
                false => format!("{who} is no longer a guardian of {name}"),
            });
            for contact in everyone {
                let contact_name = self.names.user(contact);
                let (was, is) = (before.approvals(user, contact), after.approvals(user, contact));
                self.tell_set(&mut told, was, is, |who, now| match now {
                    true => format!("{who} approves {contact_name} for {name}"),
                    false => format!("{who}'s approval of {contact_name} for {name} is gone"),
                });
            }
            self.tell_set(&mut told, before.blocks(user), after.blocks(user), |who, now| match now {
                true => format!("{name} blocks {who}"),
                false => format!("{name} no longer blocks {who}"),
            });
        }
        for group in Group::first(self.setup.groups) {
            self.tell_group(&mut told, group, before.group(group), after.group(group));
        }
        told
    }

    /// The pairs that the policy compares before it lets the command pass.
    fn pairs_looked_at(&self, state: &State, command: &Command) -> Vec<(User, User)> {
        let policy = &self.setup.policy;
        let between =
            |user: User, others: UserSet| others.without(user).iter().map(|other| (user, other)).collect();
        let newcomer = |rule, group: Group, user: User, inviter: Option<User>| {
            let group = state.group(group);
            between(
                user,
                match rule {
                    NewcomerRule::Anyone => UserSet::EMPTY,
                    NewcomerRule::Inviter => UserSet::of(inviter),
                    NewcomerRule::Owner => UserSet::of(group.owner),
                    NewcomerRule::AnyMember | NewcomerRule::EveryMember => group.members,
                    NewcomerRule::EveryMemberAndInvitee => group.members.or(group.invited()),
                },
            )
        };
        match *command {
            Command::Direct { by, to } => vec![(by, to)],
            Command::Create { by, with, .. } => match policy.newcomer.create {
                NewcomerRule::Anyone => Vec::new(),
                NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => between(by, with),
                NewcomerRule::EveryMember if policy.admission == Admission::Consent => between(by, with),
                NewcomerRule::EveryMember | NewcomerRule::EveryMemberAndInvitee => {
                    let everyone = with.with(by);
                    let later = |user: User| everyone.minus(UserSet::first(user.index() + 1));
                    everyone
                        .iter()
                        .flat_map(|user| later(user).iter().map(move |other| (user, other)))
                        .collect()
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

    fn tell_group(&self, told: &mut Vec<String>, group: Group, before: &GroupState, after: &GroupState) {
        let name = self.names.group(group);
        if before.phase != after.phase {
            told.push(format!("{name} is {}", after.phase));
        }
        if before.owner != after.owner {
            told.push(match after.owner {
                Some(owner) => format!("{} owns {name}", self.names.user(owner)),
                None => format!("{name} has no owner"),
            });
        }
        self.tell_set(told, before.members, after.members, |who, now| match now {
            true => format!("{who} is a member of {name}"),
            false => format!("{who} is no longer a member of {name}"),
        });
        self.tell_set(told, before.invited(), after.invited(), |who, now| match now {
            true => format!("{who} is invited to {name}"),
            false => format!("{who} is no longer invited to {name}"),
        });
        self.tell_set(told, before.banned, after.banned, |who, now| match now {
            true => format!("{who} is banned from {name}"),
            false => format!("{who} is no longer banned from {name}"),
        });
        if before.link != after.link {
            told.push(format!("the link of {name} is {}", after.link));
        }
    }

    fn tell_set(
        &self,
        told: &mut Vec<String>,
        before: UserSet,
        after: UserSet,
        tell: impl Fn(&str, bool) -> String,
    ) {
        told.extend(self.names.of(after.minus(before)).map(|who| tell(who, true)));
        told.extend(self.names.of(before.minus(after)).map(|who| tell(who, false)));
    }

    fn blocks_between(&self, state: &State, one: User, other: User) -> impl Iterator<Item = (User, User)> {
        let blocks =
            [(one, other), (other, one)].map(|(by, who)| state.blocks(by).contains(who).then_some((by, who)));
        blocks.into_iter().flatten()
    }

    /// The child, the contact, and the guardians of the child whose approval is missing, each way that counts.
    fn missing_approvals(&self, state: &State, one: User, other: User) -> Vec<(User, User, UserSet)> {
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
        let ways = [(one, other), (other, one)].into_iter();
        let missing =
            ways.filter(|&(child, contact)| kinds.children.contains(child) && !approved(child, contact));
        missing
            .map(|(child, contact)| {
                (child, contact, state.guardians(child).minus(state.approvals(child, contact)))
            })
            .collect()
    }
}

/// Whether a broken promise is about two users who are not authorized with each other.
pub fn is_about_a_pair(breach: &Breach) -> bool {
    matches!(breach.promise, Promise::NoStrangers | Promise::Delivery | Promise::Invitation)
        && breach.users.len() == 2
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
    /// Something that is as it should be.
    pub good: Style,
    /// Something that is wrong.
    pub bad: Style,
    /// Something to look at.
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
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
