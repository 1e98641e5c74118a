//! A question as an SMT-LIB 2 file.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::relation::{Relation, Sort};
use crate::symbolic::differ;
use crate::term::{Node, Term, Var};

/// The formulas with the definitions of the conditions that occur in them.
pub(crate) fn with_definitions(assertions: &[(String, Term)]) -> Vec<(String, Term)> {
    let (mut all, mut done) = (assertions.to_vec(), BTreeSet::new());
    let mut at = 0;
    while at < all.len() {
        let mut relations = BTreeSet::new();
        vocabulary(all[at].1, &mut relations);
        for relation in relations {
            let Relation::Condition(number, _) = relation else { continue };
            if done.insert(number) {
                let (arguments, body) = Term::definition(number);
                let atom = Term::atom(relation, &arguments);
                let same = !differ(atom, body);
                let everywhere = arguments.into_iter().fold(same, |same, argument| Term::all(argument, same));
                all.push((format!("condition {number}"), everywhere));
            }
        }
        at += 1;
    }
    all
}

/// The file that asks whether all of the formulas can be true at once. Each has a comment.
pub(crate) fn question(about: &str, assertions: &[(String, Term)]) -> String {
    let assertions = &with_definitions(assertions);
    let (mut relations, mut free) = (BTreeSet::new(), BTreeSet::new());
    for (_, term) in assertions {
        vocabulary(*term, &mut relations);
        free.extend(term.free().iter().copied());
    }
    let mut text = String::new();
    for line in about.lines() {
        let _ = writeln!(text, "; {line}");
    }
    text.push_str("(set-logic UF)\n");
    for sort in Sort::ALL {
        let _ = writeln!(text, "(declare-sort {} 0)", sort.name());
    }
    for relation in relations {
        let arguments: Vec<_> = relation.sorts().iter().map(|sort| sort.name()).collect();
        let _ = writeln!(text, "(declare-fun {} ({}) Bool)", symbol(relation), arguments.join(" "));
    }
    let mut names: Vec<(Var, String)> = Vec::new();
    for var in free {
        let name = name_of(var, &names);
        let _ = writeln!(text, "(declare-fun {name} () {})", var.sort.name());
        names.push((var, name));
    }
    for (comment, term) in assertions {
        let _ = write!(text, "; {comment}\n(assert ");
        write_term(*term, &mut names, &mut text);
        text.push_str(")\n");
    }
    text.push_str("(check-sat)\n");
    text
}

/// The name of a relation in the file.
fn symbol(relation: Relation) -> String {
    match relation {
        Relation::Condition(number, _) => format!("condition!{number}"),
        other => other.name().into(),
    }
}

/// A name that is not taken. A variable without a name is called after its sort.
fn name_of(var: Var, taken: &[(Var, String)]) -> String {
    let base = var.name().unwrap_or(match var.sort {
        Sort::Group => "g",
        Sort::Person => "p",
        Sort::Guardian => "d",
    });
    // Words of the formulas' vocabulary are also names of fields.
    let base = format!("{base}!");
    let mut numbered = (0..).map(|number| format!("{base}{number}"));
    numbered.find(|name| taken.iter().all(|(_, other)| other != name)).expect("numbers do not end")
}

fn vocabulary(term: Term, relations: &mut BTreeSet<Relation>) {
    match term.node() {
        Node::Bool(_) | Node::Same(..) => {}
        Node::Atom(relation, ..) => {
            relations.insert(relation);
        }
        Node::And(terms) | Node::Or(terms) => {
            terms.into_iter().for_each(|term| vocabulary(term, relations));
        }
        Node::All(_, term) | Node::Any(_, term) => vocabulary(term, relations),
    }
}

fn write_term(term: Term, names: &mut Vec<(Var, String)>, text: &mut String) {
    let name = |var: Var, names: &[(Var, String)]| {
        names.iter().rev().find(|(other, _)| *other == var).map(|(_, name)| name.clone()).expect("declared")
    };
    let list = |word: &str, terms: Vec<Term>, names: &mut Vec<(Var, String)>, text: &mut String| {
        let _ = write!(text, "({word}");
        for term in terms {
            text.push(' ');
            write_term(term, names, text);
        }
        text.push(')');
    };
    match term.node() {
        Node::Bool(value) => {
            let _ = write!(text, "{value}");
        }
        Node::Atom(relation, variables, holds) => {
            let arguments: Vec<_> = variables.iter().map(|var| name(*var, names)).collect();
            let atom = match arguments[..] {
                [] => symbol(relation),
                _ => format!("({} {})", symbol(relation), arguments.join(" ")),
            };
            let _ = if holds { write!(text, "{atom}") } else { write!(text, "(not {atom})") };
        }
        Node::Same(one, other, holds) => {
            let same = format!("(= {} {})", name(one, names), name(other, names));
            let _ = if holds { write!(text, "{same}") } else { write!(text, "(not {same})") };
        }
        Node::And(terms) => list("and", terms, names, text),
        Node::Or(terms) => list("or", terms, names, text),
        Node::All(var, term) => quantified("forall", var, term, names, text),
        Node::Any(var, term) => quantified("exists", var, term, names, text),
    }
}

fn quantified(word: &str, var: Var, term: Term, names: &mut Vec<(Var, String)>, text: &mut String) {
    let name = name_of(var, names);
    let _ = write!(text, "({word} (({name} {})) ", var.sort.name());
    names.push((var, name));
    write_term(term, names, text);
    names.pop();
    text.push(')');
}
