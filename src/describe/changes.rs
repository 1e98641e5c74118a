//! The differences between two states, and the pairs that may chat.

use chatwarden_model::{Group, GroupState, State, User, UserSet};

use super::{Describer, pairs_of};

impl Describer<'_> {
    /// The pairs with a child that may chat in the state. There is no such list in a cast without
    /// children.
    pub fn may_chat(&self, state: &State) -> Option<String> {
        if self.setup.cast.kinds().children.is_empty() {
            return None;
        }
        let pairs = self.pairs_with_child().filter(|pair| self.are_authorized(state, *pair));
        let pairs: Vec<_> = pairs.map(|pair| self.pair(pair)).collect();
        Some(if pairs.is_empty() { "no child with anyone".into() } else { pairs.join(", ") })
    }

    /// The differences between two states, a sentence each. The last ones are the pairs with a child that
    /// may chat, or may no longer.
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
        for pair in self.pairs_with_child() {
            match (self.are_authorized(before, pair), self.are_authorized(after, pair)) {
                (false, true) => lines.push(format!("{} may chat", self.pair(pair))),
                (true, false) => lines.push(format!("{} may no longer chat", self.pair(pair))),
                _ => {}
            }
        }
        lines
    }

    fn pairs_with_child(&self) -> impl Iterator<Item = (User, User)> {
        let kinds = self.setup.cast.kinds();
        let is_child = move |user| kinds.children.contains(user);
        pairs_of(kinds.chatting()).filter(move |&(one, other)| is_child(one) || is_child(other))
    }

    fn are_authorized(&self, state: &State, (one, other): (User, User)) -> bool {
        state.authorized(&self.setup.policy, one, other)
    }

    fn pair(&self, (one, other): (User, User)) -> String {
        format!("{}–{}", self.names.user(one), self.names.user(other))
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
        for (one, several, was, is) in [
            ("a member of", "members of", before.members, after.members),
            ("invited to", "invited to", before.invited(), after.invited()),
            ("banned from", "banned from", before.banned, after.banned),
        ] {
            for (users, not) in [(is.minus(was), ""), (was.minus(is), " no longer")] {
                let (verb, role) = if users.len() == 1 { ("is", one) } else { ("are", several) };
                if !users.is_empty() {
                    lines.push(format!("{} {verb}{not} {role} {name}", self.users(users)));
                }
            }
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
}
