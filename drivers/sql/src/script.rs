//! The SQL files as scripts: named lists of statements with named parameters.
//!
//! The files use the conventions of `sqlc` and `aiosql`: `-- name: X` begins a script, and `:who` is a
//! parameter. It becomes `$1`. A list such as `:with` becomes one placeholder for each element. The rules of the
//! product are in the files and not here.

use std::collections::HashMap;

use crate::database::Value;

/// The largest number of elements of a list: the users of a cast.
const MOST_ELEMENTS: usize = chatwarden::model::MAX_USERS;

/// The name of the only parameter that is a list.
const LIST: &str = "with";

/// The effect of a statement.
///
/// ```
/// use chatwarden_sql::script::{Purpose, Scripts};
/// let scripts = Scripts::read("-- name: ban\nSELECT 1 FROM members WHERE account = :by;").expect("it is well formed");
/// assert_eq!(scripts.get("ban").expect("it is there")[0].purpose, Purpose::Question);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A query. If it returns no row, the command is refused.
    Question,
    /// A change of tables.
    Change,
    /// Removes rows and returns the users to whom something is delivered.
    Delivery,
}

/// A statement with named parameters. [`Scripts`] has an example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Its effect.
    pub purpose: Purpose,
    /// The names of its parameters, each once, in the order of the placeholders.
    names: Vec<String>,
    /// The text for a list of 0, 1, 2 … elements; a single text if there is no list.
    texts: Vec<String>,
}

/// The values of the parameters. [`Scripts`] has an example.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Values {
    named: Vec<(&'static str, Value)>,
    list: Vec<Value>,
}

/// Scripts by name.
///
/// ```
/// use chatwarden_sql::{database::Value, script::{Scripts, Values}};
/// let sql = "-- name: ban\nDELETE FROM members WHERE account = :who AND room = :group;";
/// let scripts = Scripts::read(sql).expect("it is well formed");
/// let statement = &scripts.get("ban").expect("it is there")[0];
/// let (text, values) = statement.bind(&Values::default().with("group", 1).with("who", 4)).expect("all are given");
/// assert_eq!(text, "DELETE FROM members WHERE account = $1 AND room = $2");
/// assert_eq!(values, [Value::Integer(4), Value::Integer(1)]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scripts(HashMap<String, Vec<Statement>>);

impl Scripts {
    /// Reads the text of a file of scripts.
    ///
    /// # Errors
    /// If a statement is outside a script, or a script continues with an unknown script or with itself.
    pub fn read(sql: &str) -> Result<Self, String> {
        let mut pieces: HashMap<&str, Vec<Piece>> = HashMap::new();
        let mut name = None;
        let mut unfinished = String::new();
        for line in sql.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            if let Some(begun) = line.strip_prefix("-- name: ") {
                pieces.entry(begun).or_default();
                name = Some(begun);
            } else if let Some(next) = line.strip_prefix("-- then: ") {
                let script =
                    name.and_then(|name| pieces.get_mut(name)).ok_or("a statement is outside a script")?;
                script.push(Piece::Then(next));
            } else if !line.trim_start().starts_with("--") {
                unfinished.push_str(line);
                unfinished.push('\n');
                if let Some(statement) = unfinished.trim_end().strip_suffix(';') {
                    let script = name
                        .and_then(|name| pieces.get_mut(name))
                        .ok_or("a statement is outside a script")?;
                    script.push(Piece::Statement(Statement::new(statement)));
                    unfinished.clear();
                }
            }
        }
        if !unfinished.is_empty() {
            return Err(format!("`{}` does not end", unfinished.trim_end()));
        }
        let scripts = pieces.keys().map(|name| Ok((name.to_string(), assembled(&pieces, name, 0)?)));
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

/// A part of a script in the file.
enum Piece<'a> {
    Statement(Statement),
    Then(&'a str),
}

fn assembled(pieces: &HashMap<&str, Vec<Piece>>, name: &str, depth: usize) -> Result<Vec<Statement>, String> {
    let script = pieces.get(name).ok_or_else(|| format!("there is no script `{name}`"))?;
    if depth > pieces.len() {
        return Err(format!("the script `{name}` continues with itself"));
    }
    let mut statements = Vec::new();
    for piece in script {
        match piece {
            Piece::Statement(statement) => statements.push(statement.clone()),
            Piece::Then(next) => statements.extend(assembled(pieces, next, depth + 1)?),
        }
    }
    Ok(statements)
}

impl Statement {
    fn new(sql: &str) -> Self {
        let purpose = if sql.starts_with("SELECT") || sql.starts_with("WITH") {
            Purpose::Question
        } else if sql.contains("RETURNING") {
            Purpose::Delivery
        } else {
            Purpose::Change
        };
        let (names, text) = rendered(sql, 0);
        let texts = if names.iter().any(|name| name == LIST) {
            (0..=MOST_ELEMENTS).map(|elements| rendered(sql, elements).1).collect()
        } else {
            vec![text]
        };
        Statement { purpose, names, texts }
    }

    /// The text with placeholders, and their values.
    ///
    /// # Errors
    /// If a parameter has no value.
    pub fn bind(&self, values: &Values) -> Result<(&str, Vec<Value>), String> {
        let mut bound = Vec::with_capacity(self.names.len() + values.list.len());
        for name in &self.names {
            if name == LIST {
                bound.extend(&values.list);
            } else {
                let named = values.named.iter().find(|(known, _)| known == name);
                bound.push(named.ok_or_else(|| format!("there is no value `{name}`"))?.1);
            }
        }
        let elements = if self.texts.len() == 1 { 0 } else { values.list.len() };
        Ok((&self.texts[elements], bound))
    }
}

/// The names in the order of their first use, and the text with placeholders for a list of `elements`.
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
        let placeholders: Vec<_> = (first..first + count).map(|number| format!("${number}")).collect();
        // No value is in a list of one null. Both databases accept it, but not the empty list.
        text.push_str(&if placeholders.is_empty() { "NULL".into() } else { placeholders.join(", ") });
        text.push_str(rest);
    }
    (names, text)
}

impl Values {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.named.push((name, value.into()));
        self
    }

    /// Sets the elements of the list.
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
