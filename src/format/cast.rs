//! Casts: who takes part, as a list of users with names, or by the name of a cast that is built in.
//!
//! Groups are not part of a cast: a scenario declares them, and `fuzz` numbers them.

use std::path::Path;

use chatwarden_model::{Cast, Kind, MAX_USERS, User, UserSet, named_enum};

use super::error::Error;
use super::json::{Json, json};
use super::names::{self, Names};
use super::node::Node;
use super::record::{Plain, Shape};
use super::schema::{self, Schemas, described};
use super::shape::{name_schema, word};
use super::source;
use super::word::NounOf;

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
    /// The cast and the names of its users.
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

/// A cast and the names of its users.
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
    /// The kind of each user, and the guardians of each child.
    pub cast: Cast,
}

impl NamedCast {
    /// The cast of which the value is the list.
    ///
    /// # Errors
    /// If it is not a list of 1 to 16 users with different names. Each child, and nobody else, has guardians; these
    /// may be listed after it.
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

    /// The cast and the names of its users.
    pub fn named_cast(&self) -> NamedCast {
        match self {
            CastSpec::BuiltIn(cast) => cast.named_cast(),
            CastSpec::Full(cast) => cast.clone(),
        }
    }
}

/// A cast, by name or in full, whose users the later fields of a scenario name.
pub(super) const CAST: Plain<CastSpec> = Plain {
    read: |node, context| {
        let cast = CastSpec::read(node)?;
        context.names.users = cast.named_cast().names;
        Ok(cast)
    },
    write: |value, names| match value {
        CastSpec::BuiltIn(cast) => Json::name(*cast),
        CastSpec::Full(cast) => users(&cast.cast, names),
    },
    schema: |schemas| {
        schemas.define("cast", |schemas| {
            let built_in = word::<BuiltInCast>().schema(schemas);
            let user = schemas.define("user", user_schema);
            let full = schema::list(user, Some(1), Some(MAX_USERS), false);
            json!({
                "description": "Who takes part: the name of a built-in cast, or the list of the users.",
                "anyOf": [built_in, full],
            })
        })
    },
};

/// The list of the users of a cast.
pub(super) fn users<'a>(cast: &Cast, names: &'a Names) -> Json<'a> {
    Json::list(cast.kinds().everyone().iter().map(|user| {
        let is_child = cast.kind(user) == Kind::Child;
        Json::object([
            ("name", Some(names.user(user).into())),
            ("kind", Some(Json::name(cast.kind(user)))),
            ("guardians", is_child.then(|| Json::list(names.of(cast.guardians(user))))),
        ])
    }))
}

fn user_schema(schemas: &mut Schemas) -> Json<'static> {
    let name = described("What the user is called.", name_schema(schemas));
    let kind = described("What the user is for the whole run.", word::<Kind>().schema(schemas));
    let guardians = schema::list(name_schema(schemas), Some(1), Some(MAX_USERS), true);
    json!({
        "description": "A user of the cast. A child, and nobody else, has guardians.",
        "type": "object",
        "properties": {
            "name": name,
            "kind": kind,
            "guardians": (described("The child's guardians at the start.", guardians)),
        },
        "additionalProperties": false,
        "required": ["name", "kind"],
        "if": {"properties": {"kind": {"const": "child"}}},
        "then": {"required": ["guardians"]},
        "else": {"properties": {"guardians": false}},
    })
}
