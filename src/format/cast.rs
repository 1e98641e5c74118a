//! Casts: who takes part, as a list of users with names, or by the name of a cast that is built in.
//!
//! The groups are not part of a cast: a scenario declares them, and `fuzz` numbers them.

use std::path::Path;

use chatwarden_model::{Cast, Kind, MAX_USERS, User, UserSet, named_enum};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::error::Error;
use super::names::{self, Names};
use super::node::Node;
#[cfg(feature = "schema")]
use super::schema::{Name, UserNames};
use super::source;
use super::word::{AsName, NounOf};

named_enum! {
    /// A cast that needs no file.
    ///
    /// ```
    /// use chatwarden::format::BuiltInCast;
    /// assert_eq!(BuiltInCast::Small.named_cast().names, ["ann", "bob", "kay", "kim", "sam"]);
    /// ```
    pub enum BuiltInCast {
        Small = "small": "two guardians, a child of each, and an adult",
        Family = "family": "four guardians, three children, one of them with two guardians, and two adults",
    }
}

impl NounOf for BuiltInCast {
    const NOUN: &'static str = "cast";
}

impl BuiltInCast {
    /// Who takes part.
    pub fn named_cast(self) -> NamedCast {
        const SMALL: &[Row] = &[
            ("ann", Kind::Guardian, &[]),
            ("bob", Kind::Guardian, &[]),
            ("kay", Kind::Child, &[0]),
            ("kim", Kind::Child, &[1]),
            ("sam", Kind::Adult, &[]),
        ];
        const FAMILY: &[Row] = &[
            ("ann", Kind::Guardian, &[]),
            ("bob", Kind::Guardian, &[]),
            ("cyd", Kind::Guardian, &[]),
            ("dan", Kind::Guardian, &[]),
            ("kay", Kind::Child, &[0, 3]),
            ("kim", Kind::Child, &[1]),
            ("kit", Kind::Child, &[2]),
            ("sam", Kind::Adult, &[]),
            ("zoe", Kind::Adult, &[]),
        ];
        let mut cast = NamedCast::default();
        for &(name, kind, guardians) in if self == BuiltInCast::Small { SMALL } else { FAMILY } {
            cast.names.push(name.into());
            cast.cast.add(kind, guardians.iter().copied().map(User::new).collect());
        }
        cast
    }
}

/// A user's name and kind, and the positions of the guardians.
type Row = (&'static str, Kind, &'static [usize]);

/// A cast and what its users are called.
///
/// ```
/// use chatwarden::model::{Kind, User};
/// use chatwarden::format::{NamedCast, Source};
/// let text = r#"[{"name": "kay", "kind": "child", "guardians": ["ann"]}, {"name": "ann", "kind": "guardian"}]"#;
/// let cast = NamedCast::read(Source::new("cast.json", text).root()?)?;
/// assert_eq!(cast.names, ["kay", "ann"]);
/// assert_eq!(cast.cast.kind(User::new(0)), Kind::Child);
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NamedCast {
    /// The users' names, in index order.
    pub names: Vec<String>,
    /// Who the users are.
    pub cast: Cast,
}

impl NamedCast {
    /// The cast of which the value is the list.
    ///
    /// # Errors
    /// If it is not a list of 1 to 16 users with different names, where each child, and nobody else, has
    /// guardians, who may be listed behind it.
    pub fn read(node: Node<'_>) -> Result<Self, Error> {
        let mut names = Names::default();
        let mut users = Vec::new();
        for item in node.list("users", 1..=MAX_USERS)? {
            let fields = item.object("a user")?.only(&["name", "kind", "guardians"])?;
            names::declare(&mut names.users, "user", fields.required("name")?)?;
            users.push((fields.required("kind")?.word::<Kind>()?, fields));
        }
        let wrong = |user: User| {
            let (kind, _) = &users[user.index()];
            (*kind != Kind::Guardian).then(|| format!("`{}` is not of kind `guardian`", names.user(user)))
        };
        let mut cast = Cast::default();
        for (kind, fields) in &users {
            let mut guardians = UserSet::EMPTY;
            if *kind == Kind::Child {
                let list = fields.required("guardians")?;
                guardians = names.read_users_who(list, "guardians", 1..=MAX_USERS, wrong)?;
            } else if let Some(key) = fields.key("guardians") {
                return Err(key.error(format!("only a child has guardians, not a user of kind `{kind}`")));
            }
            cast.add(*kind, guardians);
        }
        Ok(NamedCast { names: names.users, cast })
    }

    /// The users with the names of groups beside theirs.
    pub fn with_groups(&self, groups: Vec<String>) -> Names {
        Names { users: self.names.clone(), groups }
    }
}

/// A cast as a file has it: by the name of a built-in one, or in full.
///
/// ```
/// use chatwarden::format::{BuiltInCast, CastSpec, Source};
/// let spec = CastSpec::read(Source::new("cast.json", r#""small""#).root()?)?;
/// assert_eq!(spec, CastSpec::BuiltIn(BuiltInCast::Small));
/// assert_eq!(spec.named_cast().cast.len(), 5);
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CastSpec {
    /// A built-in cast.
    BuiltIn(BuiltInCast),
    /// A cast in full.
    Full(NamedCast),
}

impl CastSpec {
    /// The cast that the value names or lists.
    ///
    /// # Errors
    /// If it is neither the name of a built-in cast nor, as [`NamedCast::read`] has it, a cast in full.
    pub fn read(node: Node<'_>) -> Result<Self, Error> {
        if node.is_text() {
            node.word().map(CastSpec::BuiltIn)
        } else if node.is_list() {
            NamedCast::read(node).map(CastSpec::Full)
        } else {
            Err(node.expected("a cast's name or a list of users"))
        }
    }

    /// The cast in a file that holds just that.
    ///
    /// # Errors
    /// If the file cannot be read or does not hold a cast.
    pub fn open(path: &Path) -> Result<Self, Error> {
        source::open(path, |source| Self::read(source.root()?))
    }

    /// Who takes part.
    pub fn named_cast(&self) -> NamedCast {
        match self {
            CastSpec::BuiltIn(cast) => cast.named_cast(),
            CastSpec::Full(cast) => cast.clone(),
        }
    }
}

/// Who takes part: the name of a built-in cast, or the list of the users.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[cfg_attr(feature = "schema", schemars(rename = "cast"))]
pub(super) enum CastForm<'a> {
    BuiltIn(AsName<BuiltInCast>),
    Full(#[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_USERS)))] Vec<UserForm<'a>>),
}

/// A user of the cast. A child, and nobody else, has guardians.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "user", deny_unknown_fields, extend("if" = child(), "then" = guarded(), "else" = unguarded())))]
pub(super) struct UserForm<'a> {
    /// What the user is called.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    name: &'a str,
    /// What the user is for the whole run.
    kind: AsName<Kind>,
    /// The child's guardians at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "UserNames<1>"))]
    guardians: Option<Vec<&'a str>>,
}

fn child() -> serde_json::Value {
    json!({"properties": {"kind": {"const": "child"}}})
}

fn guarded() -> serde_json::Value {
    json!({"required": ["guardians"]})
}

fn unguarded() -> serde_json::Value {
    json!({"properties": {"guardians": false}})
}

impl<'a> CastForm<'a> {
    /// The cast with these names, which are those of its users.
    pub(super) fn new(spec: &CastSpec, names: &'a Names) -> Self {
        match spec {
            CastSpec::BuiltIn(cast) => CastForm::BuiltIn(AsName(*cast)),
            CastSpec::Full(cast) => CastForm::Full(UserForm::all(&cast.cast, names)),
        }
    }
}

impl<'a> UserForm<'a> {
    /// All users of a cast.
    pub(super) fn all(cast: &Cast, names: &'a Names) -> Vec<Self> {
        let everyone = UserSet::first(cast.len()).iter();
        let form = |user| UserForm {
            name: names.user(user),
            kind: AsName(cast.kind(user)),
            guardians: (cast.kind(user) == Kind::Child).then(|| names.of(cast.guardians(user)).collect()),
        };
        everyone.map(form).collect()
    }
}
