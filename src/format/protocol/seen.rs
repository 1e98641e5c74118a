//! Observations: what can be seen of an implementation, of which each declared part is there and no other.

use chatwarden_model::{EnumSet, Group, Link, MAX_GROUPS, MAX_USERS, NamedEnum, Phase, Setup, User, UserSet};
use serde::Serialize;

use super::answer::write_result;
use super::request::SessionContext;
use crate::adapter::{GroupView, Observation, Part};
use crate::format::error::Error;
use crate::format::names::Names;
use crate::format::node::{Node, Object};

/// The parts that are told group by group.
const OF_GROUPS: [Part; 6] =
    [Part::Phase, Part::Owner, Part::Members, Part::Invited, Part::Banned, Part::Link];

/// Reads the result of `observe` over an observation of a fresh system. The parts that `observes` lists are there, and no
/// others.
///
/// # Errors
/// If the value is no such observation.
pub fn read_observation(
    node: Node<'_>,
    stage: &SessionContext,
    observes: EnumSet<Part>,
    seen: &mut Observation,
) -> Result<(), Error> {
    let fields = node.object("an observation")?.only(&["groups", "contacts", "blocks"])?;
    let groups = OF_GROUPS.iter().any(|part| observes.contains(*part));
    if let Some(node) = expected(&fields, "groups", groups, "any part of a group")? {
        read_groups(node, stage, observes, seen)?;
    }
    if let Some(node) = expected(&fields, "contacts", observes.contains(Part::Contacts), "`contacts`")? {
        let is_child = |user: User| stage.setup.cast.kinds().children.contains(user);
        read_pairs(node, &stage.names, &mut seen.contacts, is_child, "a child")?;
    }
    if let Some(node) = expected(&fields, "blocks", observes.contains(Part::Blocks), "`blocks`")? {
        let chats = |user: User| stage.setup.cast.kinds().chatting().contains(user);
        read_pairs(node, &stage.names, &mut seen.blocks, chats, "a user who chats")?;
    }
    Ok(())
}

/// The value of a field that is there if, and only if, it was declared.
fn expected<'a>(
    fields: &Object<'a>,
    name: &str,
    declared: bool,
    what: &str,
) -> Result<Option<Node<'a>>, Error> {
    match fields.key(name) {
        _ if declared => fields.required(name).map(Some),
        None => Ok(None),
        Some(key) => Err(key.error(format!("`hello` did not list {what} among what it observes"))),
    }
}

fn read_groups(
    node: Node<'_>,
    stage: &SessionContext,
    observes: EnumSet<Part>,
    seen: &mut Observation,
) -> Result<(), Error> {
    let mut named = [false; MAX_GROUPS];
    for item in node.list("groups", 0..=stage.setup.groups)? {
        let fields = item.object("a group")?;
        let name = fields.required("name")?;
        let group = stage.names.read_group(name)?;
        if std::mem::replace(&mut named[group.index()], true) {
            return Err(name.repeated("group", stage.names.group(group)));
        }
        seen.groups[group.index()] = read_group(fields, &stage.names, observes)?;
    }
    Ok(())
}

fn read_group(fields: Object<'_>, names: &Names, observes: EnumSet<Part>) -> Result<GroupView, Error> {
    let fields = fields.only(&["name", "phase", "owner", "members", "invited", "banned", "link"])?;
    let mut view = GroupView::default();
    for part in OF_GROUPS {
        let what = part.name();
        let Some(node) = expected(&fields, what, observes.contains(part), &format!("`{what}`"))? else {
            continue;
        };
        let users = || names.read_users(node, MAX_USERS);
        match part {
            Part::Phase => view.phase = node.word::<Phase>()?,
            Part::Link => view.link = node.word::<Link>()?,
            Part::Owner if node.is_null() => view.owner = None,
            Part::Owner => view.owner = Some(names.read_user(node)?),
            Part::Members => view.members = users()?,
            Part::Invited => view.invited = users()?,
            Part::Banned => view.banned = users()?,
            Part::Contacts | Part::Blocks => {}
        }
    }
    Ok(view)
}

/// Reads pairs of users into the sets of those who stand first.
fn read_pairs(
    node: Node<'_>,
    names: &Names,
    sets: &mut [UserSet; MAX_USERS],
    first_may_be: impl Fn(User) -> bool,
    who: &str,
) -> Result<(), Error> {
    for item in node.list("pairs", 0..=MAX_USERS * MAX_USERS)? {
        let pair = item.list("users", 2..=2)?;
        let [first, second] = [names.read_user(pair[0])?, names.read_user(pair[1])?];
        if !first_may_be(first) {
            return Err(pair[0].error(format!("`{}` is not {who}", names.user(first))));
        }
        if sets[first.index()].contains(second) {
            return Err(item.error("this pair stands twice in the list"));
        }
        sets[first.index()].insert(second);
    }
    Ok(())
}

/// Adds the answer to `observe` as a line, with the parts that `observes` lists.
pub fn write_observation(
    id: &str,
    seen: &Observation,
    stage: &SessionContext,
    observes: EnumSet<Part>,
    lines: &mut Vec<u8>,
) {
    let SessionContext { names, setup } = stage;
    let groups = OF_GROUPS.iter().any(|part| observes.contains(*part));
    let form = SeenForm {
        groups: groups.then(|| group_forms(seen, names, setup, observes)),
        contacts: observes.contains(Part::Contacts).then(|| pairs(&seen.contacts, names)),
        blocks: observes.contains(Part::Blocks).then(|| pairs(&seen.blocks, names)),
    };
    write_result(id, &form, lines);
}

fn group_forms<'a>(
    seen: &Observation,
    names: &'a Names,
    setup: &Setup,
    observes: EnumSet<Part>,
) -> Vec<GroupForm<'a>> {
    let launched =
        Group::first(setup.groups).filter(|group| seen.groups[group.index()] != GroupView::default());
    let form = |group: Group| {
        let view = &seen.groups[group.index()];
        let users = |part, users: UserSet| observes.contains(part).then(|| names.of(users).collect());
        GroupForm {
            name: names.group(group),
            phase: observes.contains(Part::Phase).then(|| view.phase.name()),
            owner: observes.contains(Part::Owner).then(|| view.owner.map(|owner| names.user(owner))),
            members: users(Part::Members, view.members),
            invited: users(Part::Invited, view.invited),
            banned: users(Part::Banned, view.banned),
            link: observes.contains(Part::Link).then(|| view.link.name()),
        }
    };
    launched.map(form).collect()
}

fn pairs<'a>(sets: &[UserSet; MAX_USERS], names: &'a Names) -> Vec<[&'a str; 2]> {
    let first = UserSet::first(names.users.len()).iter();
    first.flat_map(|user| names.of(sets[user.index()]).map(move |other| [names.user(user), other])).collect()
}

#[derive(Serialize)]
struct SeenForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupForm<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<Vec<[&'a str; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocks: Option<Vec<[&'a str; 2]>>,
}

#[derive(Serialize)]
struct GroupForm<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    banned: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'static str>,
}
