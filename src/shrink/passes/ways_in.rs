//! Other ways into a group: launched with it, invited, or by its link. One way may take fewer commands
//! than another, or fewer approvals.

use chatwarden_model::{Command, Group, User};

use super::{pairs_of, without};

/// The trace with one user launched with the group who was invited or came by the link before. The
/// group is launched at its place, or where the user came in.
pub(super) fn at_launch(best: &[Command]) -> Vec<Vec<Command>> {
    let mut candidates = Vec::new();
    for (launched, command) in best.iter().enumerate() {
        let &Command::Create { by, group, with } = command else { continue };
        for (at, user) in entries(best, group).filter(|&(at, user)| at > launched && user != by) {
            let mut with = with;
            with.insert(user);
            let launch = Command::Create { by, group, with };
            let mut earlier = best.to_vec();
            earlier[launched] = launch;
            candidates.push(without_idle_link(&without(&earlier, |place| place == at), group));
            // Under consent somebody who is launched with the group has to accept.
            earlier[at] = Command::Accept { by: user, group };
            candidates.push(without_idle_link(&earlier, group));
            let mut later = best.to_vec();
            later[at] = launch;
            candidates.push(without_idle_link(&without(&later, |place| place == launched), group));
        }
    }
    candidates
}

/// The trace with one user invited who came by the link before.
pub(super) fn by_invitation(best: &[Command]) -> Vec<Vec<Command>> {
    let mut candidates = Vec::new();
    for (opened, command) in best.iter().enumerate() {
        let &Command::OpenLink { by, group } = command else { continue };
        let joins = entries(best, group).filter(|&(at, _)| at > opened && is_join(&best[at]));
        for (at, user) in joins {
            let invite = Command::Invite { by, group, who: user };
            let mut direct = best.to_vec();
            direct[at] = invite;
            candidates.push(without_idle_link(&direct, group));
            for place in [opened, at] {
                let mut accepted = best.to_vec();
                accepted[at] = Command::Accept { by: user, group };
                accepted.insert(place, invite);
                candidates.push(without_idle_link(&accepted, group));
            }
        }
    }
    candidates
}

/// The trace with everybody coming by the link who was invited before, and the same without one or two
/// other commands: the link may ask for fewer approvals.
pub(super) fn by_link(best: &[Command]) -> Vec<Vec<Command>> {
    let mut candidates = Vec::new();
    for (first, command) in best.iter().enumerate() {
        let &Command::Invite { by, group, .. } = command else { continue };
        let is_first = !best[..first].iter().any(|other| is_invite(other) && other.group() == Some(group));
        if !is_first || first + 1 == best.len() {
            continue;
        }
        let joined = joining(best, first, Command::OpenLink { by, group });
        let removable = joined.len() - 1;
        candidates.extend((0..removable).map(|one| without(&joined, |at| at == one)));
        let two = pairs_of(removable).map(|(one, other)| without(&joined, |at| at == one || at == other));
        candidates.extend(two);
        candidates.push(joined);
    }
    candidates
}

/// The trace with the link opened in place of the first invitation, and joins in place of the
/// invitations, or of their acceptances if there are any.
fn joining(best: &[Command], first: usize, open_link: Command) -> Vec<Command> {
    let group = open_link.group();
    let accepts = |user: User| {
        best.iter().any(|command| {
            matches!(command, Command::Accept { by, .. } if *by == user) && command.group() == group
        })
    };
    let mut joined = best[..first].to_vec();
    joined.push(open_link);
    for (at, &command) in best.iter().enumerate().skip(first) {
        match command {
            // The last command shows the finding.
            _ if at + 1 == best.len() || command.group() != group => joined.push(command),
            Command::Invite { group, who, .. } if !accepts(who) => {
                joined.push(Command::Join { by: who, group });
            }
            Command::Invite { .. } => {}
            Command::Accept { by, group } => joined.push(Command::Join { by, group }),
            _ => joined.push(command),
        }
    }
    joined
}

/// The positions of the invitations and joins of a group with the user who comes in, but for the last
/// command, which shows the finding.
fn entries(best: &[Command], group: Group) -> impl Iterator<Item = (usize, User)> {
    let removable = best.len().saturating_sub(1);
    best[..removable].iter().enumerate().filter_map(move |(at, command)| match *command {
        Command::Invite { group: of, who, .. } if of == group => Some((at, who)),
        Command::Join { by, group: of } if of == group => Some((at, by)),
        _ => None,
    })
}

/// The trace without opening the link of the group, if nobody joins by it.
fn without_idle_link(commands: &[Command], group: Group) -> Vec<Command> {
    let is_used = commands.iter().any(|command| is_join(command) && command.group() == Some(group));
    let last = commands.len().saturating_sub(1);
    without(commands, |at| {
        !is_used && at != last && matches!(commands[at], Command::OpenLink { group: of, .. } if of == group)
    })
}

fn is_join(command: &Command) -> bool {
    matches!(command, Command::Join { .. })
}

fn is_invite(command: &Command) -> bool {
    matches!(command, Command::Invite { .. })
}
