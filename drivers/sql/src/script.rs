//! The SQL files as scripts: what stands under a name, cut into statements, with its values named.
//!
//! The files follow the habit of tools such as `sqlc` and `aiosql`: `-- name: X` begins a script, and `:who` stands
//! for a value. Here it becomes `$1`, and a list such as `:with` as many places as it has elements. The rules are in
//! the files; here is only what it takes to run them.

use std::collections::HashMap;

use crate::database::Value;

/// A list has at most as many elements as a cast has users.
const MOST_ELEMENTS: usize = chatwarden::model::MAX_USERS;

/// The name of the only value that is a list.
const LIST: &str = "with";

/// What a statement is for.
///
/// ```
/// use chatwarden_sql::script::{Purpose, Scripts};
/// let scripts = Scripts::read("-- name: ban\nSELECT 1 FROM members WHERE account = :by;").expect("it is well formed");
/// assert_eq!(scripts.get("ban").expect("it is there")[0].purpose, Purpose::Asks);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A question: without an answer the command is refused.
    Asks,
    /// It changes something.
    Changes,
    /// It takes something out, and answers what.
    Takes,
}

/// A statement that can be given values.
///
/// An example is at [`Scripts`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it is for.
    pub purpose: Purpose,
    /// The names of its values, each once, in the order of the places.
    names: Vec<String>,
    /// The text for a list of no element, one, two …; only one if there is no list.
    texts: Vec<String>,
}

/// The values of a command by their names.
///
/// ```
/// use chatwarden_sql::script::Values;
/// let values = Values::default().with("by", 3).with("group", 0);
/// assert_ne!(values, Values::default());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Values {
    named: Vec<(&'static str, Value)>,
    list: Vec<Value>,
}

/// Scripts by their names.
///
/// ```
/// use chatwarden_sql::{database::Value, script::{Scripts, Values}};
/// let sql = "-- name: ban\nDELETE FROM members WHERE account = :who AND room = :group;";
/// let scripts = Scripts::read(sql).expect("it is well formed");
/// let statement = &scripts.get("ban").expect("it is there")[0];
/// let (text, values) = statement.bound(&Values::default().with("group", 1).with("who", 4)).expect("all are given");
/// assert_eq!(text, "DELETE FROM members WHERE account = $1 AND room = $2");
/// assert_eq!(values, [Value::Integer(4), Value::Integer(1)]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scripts(HashMap<String, Vec<Statement>>);

impl Scripts {
    /// Reads a file of scripts.
    ///
    /// # Errors
    /// If something stands outside a script, or a script goes on with one that is not there, or with itself.
    pub fn read(sql: &str) -> Result<Self, String> {
        let mut pieces: HashMap<&str, Vec<Piece>> = HashMap::new();
        let mut name = None;
        let mut open = String::new();
        for line in sql.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            if let Some(begun) = line.strip_prefix("-- name: ") {
                pieces.entry(begun).or_default();
                name = Some(begun);
            } else if let Some(next) = line.strip_prefix("-- then: ") {
                let script = name.and_then(|name| pieces.get_mut(name)).ok_or("nothing has a name yet")?;
                script.push(Piece::Then(next));
            } else if !line.trim_start().starts_with("--") {
                open.push_str(line);
                open.push('\n');
                if let Some(statement) = open.trim_end().strip_suffix(';') {
                    let script =
                        name.and_then(|name| pieces.get_mut(name)).ok_or("nothing has a name yet")?;
                    script.push(Piece::Statement(Statement::new(statement)));
                    open.clear();
                }
            }
        }
        if !open.is_empty() {
            return Err(format!("`{}` does not end", open.trim_end()));
        }
        let scripts = pieces.keys().map(|name| Ok((name.to_string(), put_together(&pieces, name, 0)?)));
        scripts.collect::<Result<_, String>>().map(Scripts)
    }

    /// The statements of a script.
    ///
    /// # Errors
    /// If there is no script of that name.
    pub fn get(&self, name: &str) -> Result<&[Statement], String> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| format!("there is no script `{name}`"))
    }
}

/// A part of a script as it stands in the file.
enum Piece<'a> {
    Statement(Statement),
    Then(&'a str),
}

fn put_together(
    pieces: &HashMap<&str, Vec<Piece>>,
    name: &str,
    depth: usize,
) -> Result<Vec<Statement>, String> {
    let script = pieces.get(name).ok_or_else(|| format!("there is no script `{name}`"))?;
    if depth > pieces.len() {
        return Err(format!("the script `{name}` goes on with itself"));
    }
    let mut statements = Vec::new();
    for piece in script {
        match piece {
            Piece::Statement(statement) => statements.push(statement.clone()),
            Piece::Then(next) => statements.extend(put_together(pieces, next, depth + 1)?),
        }
    }
    Ok(statements)
}

impl Statement {
    fn new(sql: &str) -> Self {
        let purpose = if sql.starts_with("SELECT") || sql.starts_with("WITH") {
            Purpose::Asks
        } else if sql.contains("RETURNING") {
            Purpose::Takes
        } else {
            Purpose::Changes
        };
        let (names, text) = rendered(sql, 0);
        let texts = if names.iter().any(|name| name == LIST) {
            (0..=MOST_ELEMENTS).map(|elements| rendered(sql, elements).1).collect()
        } else {
            vec![text]
        };
        Statement { purpose, names, texts }
    }

    /// The text and the values of its places.
    ///
    /// # Errors
    /// If a value that it names is not given.
    pub fn bound(&self, values: &Values) -> Result<(&str, Vec<Value>), String> {
        let mut places = Vec::with_capacity(self.names.len() + values.list.len());
        for name in &self.names {
            if name == LIST {
                places.extend(&values.list);
            } else {
                let named = values.named.iter().find(|(given, _)| given == name);
                places.push(named.ok_or_else(|| format!("there is no value `{name}`"))?.1);
            }
        }
        let elements = if self.texts.len() == 1 { 0 } else { values.list.len() };
        Ok((&self.texts[elements], places))
    }
}

/// The names in the order of their first use, and the text with places instead, for a list of so many elements.
fn rendered(sql: &str, elements: usize) -> (Vec<String>, String) {
    let mut names: Vec<String> = Vec::new();
    let mut firsts: Vec<usize> = Vec::new();
    let mut next = 1;
    let mut parts = sql.split(':');
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let count = if name == LIST { elements } else { 1 };
        let first = match names.iter().position(|known| known == name) {
            Some(at) => firsts[at],
            None => {
                names.push(name.into());
                firsts.push(next);
                next += count;
                next - count
            }
        };
        let places: Vec<_> = (first..first + count).map(|place| format!("${place}")).collect();
        // Nothing is in a list of one null, and both databases take it, unlike the empty one.
        text.push_str(&if places.is_empty() { "NULL".into() } else { places.join(", ") });
        text.push_str(rest);
    }
    (names, text)
}

impl Values {
    /// The values with one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.named.push((name, value.into()));
        self
    }

    /// The values with the elements of the list.
    #[must_use]
    pub fn with_list(mut self, elements: impl IntoIterator<Item = usize>) -> Self {
        self.list = elements.into_iter().map(Value::from).collect();
        self
    }
}

impl From<usize> for Value {
    fn from(index: usize) -> Self {
        Value::Integer(i32::try_from(index).expect("there are only a few users and groups"))
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Value::Text(text)
    }
}
