//! Formulas over few users and groups: quantifiers become conjunctions and disjunctions, so that a solver
//! needs nothing but propositions. It gives a situation in which formulas are true, the same from every
//! solver.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io;

use crate::relation::{Relation, Sort};
use crate::smt::with_definitions;
use crate::solver::{Answer, Session, Solver};
use crate::term::{Node, Term, Var};

/// The number of persons, guardians and groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Size {
    pub(crate) groups: usize,
    pub(crate) persons: usize,
    pub(crate) guardians: usize,
}

impl Size {
    fn of(self, sort: Sort) -> usize {
        match sort {
            Sort::Group => self.groups,
            Sort::Person => self.persons,
            Sort::Guardian => self.guardians,
        }
    }
}

/// A relation of certain persons, guardians and groups, by their numbers.
pub(crate) type Fact = (Relation, Vec<usize>);

/// A situation in which formulas are true.
#[derive(Clone, Debug)]
pub(crate) struct Situation {
    pub(crate) size: Size,
    /// What the variables stand for.
    pub(crate) values: BTreeMap<Var, usize>,
    /// What is true. Everything else is false.
    pub(crate) facts: BTreeSet<Fact>,
}

/// A formula without quantifiers, as text, and the facts in it.
struct Grounder<'a> {
    size: Size,
    values: &'a BTreeMap<Var, usize>,
    facts: BTreeSet<Fact>,
}

/// The smallest situation in which the formulas are true, with at most `most` persons. Each thing that is
/// true in it has to be: without it the formulas would be false, or something else would have to be true.
///
/// # Errors
/// If the solver cannot be started.
pub(crate) fn smallest_situation(
    formulas: &[(String, Term)],
    most: usize,
    solver: &Solver<'_>,
) -> io::Result<Option<Situation>> {
    let formulas: Vec<Term> = with_definitions(formulas).into_iter().map(|(_, term)| term).collect();
    let fixed: BTreeSet<Var> = formulas.iter().flat_map(|term| term.free().to_vec()).collect();
    let mut session = Session::new(solver);
    for persons in 1..=most {
        for guardians in 1..=2 {
            let groups = fixed.iter().filter(|var| var.sort == Sort::Group).count().max(1);
            let size = Size { groups, persons, guardians };
            for values in assignments(&fixed.iter().copied().collect::<Vec<_>>(), size) {
                let mut asked = Asked::new(&formulas, size, &values, &mut session);
                if asked.is_possible(&BTreeSet::new())? {
                    let facts = asked.least()?;
                    return Ok(Some(Situation { size, values, facts }));
                }
            }
        }
    }
    Ok(None)
}

/// The ways to give numbers to the variables, up to renaming: the first of a sort is 0, and each further one
/// is like an earlier one or the next number. What differs comes first.
fn assignments(fixed: &[Var], size: Size) -> Vec<BTreeMap<Var, usize>> {
    let mut all = vec![BTreeMap::new()];
    for var in fixed {
        let extend = |values: BTreeMap<Var, usize>| {
            let of_sort = values.iter().filter(|(other, _): &(&Var, &usize)| other.sort == var.sort);
            let next = of_sort.map(|(_, value)| value + 1).max().unwrap_or(0);
            let numbers = (0..=next).rev().filter(|number| *number < size.of(var.sort));
            numbers
                .map(|number| {
                    let mut values = values.clone();
                    values.insert(*var, number);
                    values
                })
                .collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(extend).collect();
    }
    all
}

struct Asked<'s, 'a> {
    session: &'s mut Session<'a>,
    text: String,
    facts: BTreeSet<Fact>,
}

impl<'s, 'a> Asked<'s, 'a> {
    fn new(
        formulas: &[Term],
        size: Size,
        values: &BTreeMap<Var, usize>,
        session: &'s mut Session<'a>,
    ) -> Self {
        let mut grounder = Grounder { size, values, facts: BTreeSet::new() };
        let mut assertions = String::new();
        for formula in formulas {
            let _ = writeln!(assertions, "(assert {})", grounder.text(*formula, &mut Vec::new()));
        }
        let facts = grounder.facts;
        let mut text = String::from("(set-option :produce-models true)\n(set-logic QF_UF)\n");
        for fact in &facts {
            let _ = writeln!(text, "(declare-fun {} () Bool)", symbol(fact));
        }
        text.push_str(&assertions);
        Asked { session, text, facts }
    }

    /// Whether the formulas can be true if these facts are false.
    fn is_possible(&mut self, absent: &BTreeSet<Fact>) -> io::Result<bool> {
        Ok(matches!(self.ask(absent, "")?, Answer::Possible(_)))
    }

    fn ask(&mut self, absent: &BTreeSet<Fact>, then: &str) -> io::Result<Answer> {
        let mut text = self.text.clone();
        for fact in absent {
            let _ = writeln!(text, "(assert (not {}))", symbol(fact));
        }
        let _ = writeln!(text, "(check-sat)\n{then}");
        self.session.ask(&text)
    }

    /// The facts of a situation with as few as possible: each is left out, in order, if it can be.
    fn least(&mut self) -> io::Result<BTreeSet<Fact>> {
        let mut absent = BTreeSet::new();
        // Definitions and kinds are left to follow.
        let facts: Vec<Fact> = self.facts.iter().rev().cloned().collect();
        for fact in facts.iter().filter(|(relation, _)| *relation != Relation::Child) {
            absent.insert(fact.clone());
            if !matches!(self.ask(&absent, "")?, Answer::Possible(_)) {
                absent.remove(fact);
            }
        }
        let all: Vec<String> = self.facts.iter().map(symbol).collect();
        let answer = self.ask(&absent, &format!("(get-value ({}))", all.join(" ")))?;
        let Answer::Possible(model) = answer else { return Ok(BTreeSet::new()) };
        let words: Vec<&str> = model.split(|c: char| c.is_whitespace() || c == '(' || c == ')').collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let is_true = |fact: &Fact| {
            let symbol = symbol(fact);
            words.windows(2).any(|pair| pair == [symbol.as_str(), "true"])
        };
        Ok(self.facts.iter().filter(|fact| is_true(fact)).cloned().collect())
    }
}

fn symbol((relation, numbers): &Fact) -> String {
    let number = match relation {
        Relation::Condition(number, _) => number.to_string(),
        _ => String::new(),
    };
    let numbers: String = numbers.iter().map(|number| format!("!{number}")).collect();
    format!("{}{number}{numbers}", relation.name())
}

impl Grounder<'_> {
    fn value(&self, var: Var, bound: &[(Var, usize)]) -> usize {
        let bound = bound.iter().rev().find(|(other, _)| *other == var);
        bound.map_or_else(|| self.values[&var], |(_, value)| *value)
    }

    fn text(&mut self, term: Term, bound: &mut Vec<(Var, usize)>) -> String {
        match term.node() {
            Node::Bool(value) => value.to_string(),
            Node::Atom(relation, variables, holds) => {
                let numbers = variables.iter().map(|var| self.value(*var, bound)).collect();
                let fact = (relation, numbers);
                let symbol = symbol(&fact);
                self.facts.insert(fact);
                if holds { symbol } else { format!("(not {symbol})") }
            }
            Node::Same(one, other, holds) => {
                ((self.value(one, bound) == self.value(other, bound)) == holds).to_string()
            }
            Node::And(terms) => {
                let parts = terms.into_iter().map(|term| self.text(term, bound)).collect();
                junction(parts, false)
            }
            Node::Or(terms) => {
                let parts = terms.into_iter().map(|term| self.text(term, bound)).collect();
                junction(parts, true)
            }
            Node::All(var, term) => self.each(var, term, bound, false),
            Node::Any(var, term) => self.each(var, term, bound, true),
        }
    }

    fn each(&mut self, var: Var, term: Term, bound: &mut Vec<(Var, usize)>, any: bool) -> String {
        let mut parts = Vec::new();
        for number in 0..self.size.of(var.sort) {
            bound.push((var, number));
            parts.push(self.text(term, bound));
            bound.pop();
        }
        junction(parts, any)
    }
}

fn junction(mut parts: Vec<String>, any: bool) -> String {
    let (absorbing, neutral) = if any { ("true", "false") } else { ("false", "true") };
    if parts.iter().any(|part| part == absorbing) {
        return absorbing.into();
    }
    parts.retain(|part| part != neutral);
    match &parts[..] {
        [] => neutral.into(),
        [only] => only.clone(),
        _ => format!("({} {})", if any { "or" } else { "and" }, parts.join(" ")),
    }
}
