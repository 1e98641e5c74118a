//! Names of users and groups, and their indices.
//!
//! The kinds of the users are in `cast`. Outside of the formats, users and groups have only indices.

use std::ops::RangeInclusive;

use chatwarden_model::{Group, MAX_GROUPS, User, UserSet};

use super::error::{Error, quoted};
use super::limits::MAX_NAME_CHARS;
use super::node::Node;

/// The names of the users and groups of a run, at their indices.
///
/// ```
/// use chatwarden::model::{Group, User, UserSet};
/// use chatwarden::format::Names;
/// let names = Names { users: vec!["kay".into(), "sam".into()], groups: Names::numbered(2) };
/// assert_eq!(names.user(User::new(1)), "sam");
/// assert_eq!(names.group(Group::new(1)), "g2");
/// assert_eq!(names.find_user("sam"), Some(User::new(1)));
/// assert_eq!(names.find_group("g3"), None);
/// assert_eq!(names.of(UserSet::first(2)).collect::<Vec<_>>(), ["kay", "sam"]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// The users' names, each once.
    pub users: Vec<String>,
    /// The groups' names, each once.
    pub groups: Vec<String>,
}

impl Names {
    /// Names for groups without names: g1, g2 and so on.
    pub fn numbered(groups: usize) -> Vec<String> {
        (1..=groups).map(|number| format!("g{number}")).collect()
    }

    /// Adds names until there are this many users and groups: u1, g1 and so on, without those that are taken.
    ///
    /// ```
    /// use chatwarden::format::Names;
    /// let mut names = Names { users: vec!["kay".into()], groups: vec!["g2".into()] };
    /// names.fill(2, 3);
    /// assert_eq!((names.users[1].as_str(), names.groups), ("u1", ["g2", "g1", "g3"].map(String::from).to_vec()));
    /// ```
    pub fn fill(&mut self, users: usize, groups: usize) {
        for (names, letter, count) in [(&mut self.users, 'u', users), (&mut self.groups, 'g', groups)] {
            let mut numbers = (1..).map(|number| format!("{letter}{number}"));
            while names.len() < count {
                let unused = numbers.find(|name| !names.contains(name));
                names.extend(unused);
            }
        }
    }

    /// The user's name.
    ///
    /// # Panics
    /// If the user has none.
    pub fn user(&self, user: User) -> &str {
        &self.users[user.index()]
    }

    /// The group's name.
    ///
    /// # Panics
    /// If the group has none.
    pub fn group(&self, group: Group) -> &str {
        &self.groups[group.index()]
    }

    /// The names of the users in the set, in index order.
    ///
    /// # Panics
    /// If one of them has none.
    pub fn of(&self, users: UserSet) -> impl Iterator<Item = &str> + Clone {
        users.iter().map(|user| self.user(user))
    }

    /// The user of that name.
    pub fn find_user(&self, name: &str) -> Option<User> {
        position(&self.users, name).map(User::new)
    }

    /// The group of that name.
    pub fn find_group(&self, name: &str) -> Option<Group> {
        position(&self.groups, name).map(Group::new)
    }

    /// The user whose name the value is.
    ///
    /// # Errors
    /// If it is not the name of a user.
    pub fn read_user(&self, node: Node<'_>) -> Result<User, Error> {
        known(node, "user", &self.users).map(User::new)
    }

    /// The group whose name the value is.
    ///
    /// # Errors
    /// If it is not the name of a group.
    pub fn read_group(&self, node: Node<'_>) -> Result<Group, Error> {
        known(node, "group", &self.groups).map(Group::new)
    }

    /// The users of whose names the value is a list, at most so many.
    ///
    /// # Errors
    /// If it is not a list of users' names, or names one twice.
    pub fn read_users(&self, node: Node<'_>, most: usize) -> Result<UserSet, Error> {
        self.read_users_who(node, "users", 0..=most, |_| None)
    }

    /// The same with a check of each user: `wrong` returns the error message, if there is one.
    pub(super) fn read_users_who(
        &self,
        node: Node<'_>,
        what: &str,
        limits: RangeInclusive<usize>,
        wrong: impl Fn(User) -> Option<String>,
    ) -> Result<UserSet, Error> {
        let mut users = UserSet::EMPTY;
        for item in node.list(what, limits)? {
            let user = self.read_user(item)?;
            if users.contains(user) {
                return Err(item.repeated("user", self.user(user)));
            }
            if let Some(wrong) = wrong(user) {
                return Err(item.error(wrong));
            }
            users.insert(user);
        }
        Ok(users)
    }
}

/// Whether the text can be a name: 1 to 64 of `a-z A-Z 0-9 . _ -`.
pub fn is_name(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME_CHARS).contains(&text.len()) && text.bytes().all(part)
}

/// The name that the value is, where it is declared.
pub(super) fn read_name(node: Node<'_>) -> Result<String, Error> {
    let name = node.text()?;
    if is_name(&name) {
        return Ok(name.into_owned());
    }
    let help = Some(format!("a name is 1 to {MAX_NAME_CHARS} of `a-z A-Z 0-9 . _ -`"));
    Err(Error { help, ..node.error(format!("{} is not a name", quoted(&name))) })
}

/// Reads a name and adds it to those before, from which it must differ.
pub(super) fn declare(names: &mut Vec<String>, noun: &str, node: Node<'_>) -> Result<(), Error> {
    let name = read_name(node)?;
    if names.contains(&name) {
        return Err(node.repeated(noun, &name));
    }
    names.push(name);
    Ok(())
}

/// Reads the names of groups, in order.
pub(super) fn read_groups(node: Node<'_>) -> Result<Vec<String>, Error> {
    let mut groups = Vec::new();
    for item in node.list("groups", 0..=MAX_GROUPS)? {
        declare(&mut groups, "group", item)?;
    }
    Ok(groups)
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}

fn known(node: Node<'_>, noun: &str, names: &[String]) -> Result<usize, Error> {
    let name = node.text()?;
    position(names, &name).ok_or_else(|| node.unknown(noun, &name, names.iter().map(String::as_str)))
}
