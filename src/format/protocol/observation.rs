//! Observations: the parts of an implementation's state that can be seen. Each part that `hello` listed is there, and
//! no other.

use chatwarden_model::{EnumSet, Group, MAX_GROUPS, MAX_USERS, NamedEnum, UserSet};

use super::answer::write_result;
use super::request::SessionContext;
use crate::adapter::{GroupView, Observation, Part};
use crate::format::error::Error;
use crate::format::json::Json;
use crate::format::names::Names;
use crate::format::node::{Node, Object};

/// The parts that each group has.
const OF_GROUPS: [Part; 6] =
    [Part::Phase, Part::Owner, Part::Members, Part::Invited, Part::Banned, Part::Link];

/// Reads the result of `observe` over an observation of a fresh system. The parts that `observes` lists are there, and no
/// others.
///
/// # Errors
/// If the value is no such observation.
pub fn read_observation(
    node: Node<'_>,
    context: &SessionContext,
    observes: EnumSet<Part>,
    seen: &mut Observation,
) -> Result<(), Error> {
    let SessionContext { names, setup } = context;
    let Observation { groups, contacts, blocks } = seen;
    let fields = node.object("an observation")?.only(&["groups", "contacts", "blocks"])?;
    let any_of_groups = OF_GROUPS.iter().any(|part| observes.contains(*part));
    if let Some(node) = expected(&fields, "groups", any_of_groups, "any part of a group")? {
        read_groups(node, context, observes, groups)?;
    }
    let kinds = setup.cast.kinds();
    if let Some(node) = expected(&fields, "contacts", observes.contains(Part::Contacts), "`contacts`")? {
        read_pairs(node, names, contacts, kinds.children, "a child")?;
    }
    if let Some(node) = expected(&fields, "blocks", observes.contains(Part::Blocks), "`blocks`")? {
        read_pairs(node, names, blocks, kinds.chatting(), "a user who chats")?;
    }
    Ok(())
}

/// The value of a field that is there if, and only if, `hello` declared it.
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
    context: &SessionContext,
    observes: EnumSet<Part>,
    views: &mut [GroupView; MAX_GROUPS],
) -> Result<(), Error> {
    let mut named = [false; MAX_GROUPS];
    for item in node.list("groups", 0..=context.setup.groups)? {
        let fields = item.object("a group")?;
        let name = fields.required("name")?;
        let group = context.names.read_group(name)?;
        if std::mem::replace(&mut named[group.index()], true) {
            return Err(name.repeated("group", context.names.group(group)));
        }
        views[group.index()] = read_group(fields, &context.names, observes)?;
    }
    Ok(())
}

fn read_group(fields: Object<'_>, names: &Names, observes: EnumSet<Part>) -> Result<GroupView, Error> {
    let known: Vec<_> = std::iter::once("name").chain(OF_GROUPS.map(Part::name)).collect();
    let fields = fields.only(&known)?;
    let field = |part: Part| {
        let key = part.name();
        expected(&fields, key, observes.contains(part), &format!("`{key}`"))
    };
    let users = |part| match field(part)? {
        Some(node) => names.read_users(node, MAX_USERS),
        None => Ok(UserSet::EMPTY),
    };
    let fresh = GroupView::default();
    Ok(GroupView {
        phase: field(Part::Phase)?.map_or(Ok(fresh.phase), Node::word)?,
        owner: match field(Part::Owner)? {
            Some(node) if !node.is_null() => Some(names.read_user(node)?),
            _ => None,
        },
        members: users(Part::Members)?,
        invited: users(Part::Invited)?,
        banned: users(Part::Banned)?,
        link: field(Part::Link)?.map_or(Ok(fresh.link), Node::word)?,
    })
}

/// Reads pairs of users: the second of each into the set at the index of the first.
fn read_pairs(
    node: Node<'_>,
    names: &Names,
    sets: &mut [UserSet; MAX_USERS],
    first_may_be: UserSet,
    who: &str,
) -> Result<(), Error> {
    for item in node.list("pairs", 0..=MAX_USERS * MAX_USERS)? {
        let pair = item.list("users", 2..=2)?;
        let [first, second] = [names.read_user(pair[0])?, names.read_user(pair[1])?];
        if !first_may_be.contains(first) {
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
    context: &SessionContext,
    observes: EnumSet<Part>,
    lines: &mut Vec<u8>,
) {
    let SessionContext { names, setup } = context;
    let Observation { groups, contacts, blocks } = seen;
    let any_of_groups = OF_GROUPS.iter().any(|part| observes.contains(*part));
    let launched = || {
        let all = Group::first(setup.groups).map(|group| (group, &groups[group.index()]));
        let launched = all.filter(|(_, view)| **view != GroupView::default());
        Json::list(launched.map(|(group, view)| group_json(names.group(group), view, names, observes)))
    };
    let result = Json::object([
        ("groups", any_of_groups.then(launched)),
        ("contacts", observes.contains(Part::Contacts).then(|| pairs(contacts, names))),
        ("blocks", observes.contains(Part::Blocks).then(|| pairs(blocks, names))),
    ]);
    write_result(id, result, lines);
}

fn group_json<'a>(name: &'a str, view: &GroupView, names: &'a Names, observes: EnumSet<Part>) -> Json<'a> {
    let GroupView { phase, link, owner, members, invited, banned } = *view;
    let part = |part: Part, value: Json<'a>| (part.name(), observes.contains(part).then_some(value));
    let users = |users: UserSet| Json::list(names.of(users));
    Json::object([
        ("name", Some(name.into())),
        part(Part::Phase, Json::name(phase)),
        part(Part::Owner, owner.map(|owner| names.user(owner)).into()),
        part(Part::Members, users(members)),
        part(Part::Invited, users(invited)),
        part(Part::Banned, users(banned)),
        part(Part::Link, Json::name(link)),
    ])
}

fn pairs<'a>(sets: &[UserSet; MAX_USERS], names: &'a Names) -> Json<'a> {
    let first = UserSet::first(names.users.len()).iter();
    Json::list(first.flat_map(|user| {
        names.of(sets[user.index()]).map(move |other| Json::list([names.user(user), other]))
    }))
}
