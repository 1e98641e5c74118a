//! Formulas of first-order logic with three sorts and without functions.
//!
//! A term is a handle: equal terms have equal handles. Terms are kept for the thread that makes them. They
//! are simplified when they are made, and a negation stands before an atom only.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::relation::{Relation, Sort};

/// A variable. A variable that no quantifier binds stands for something fixed, like the actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var {
    /// What the variable stands for: a person, a guardian or a group.
    pub sort: Sort,
    id: u32,
}

/// A formula.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Term(u32);

/// What a formula consists of.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// True or false.
    Bool(bool),
    /// The relation is true of the variables, or it is not.
    Atom(Relation, Vec<Var>, bool),
    /// The two variables stand for the same, or they do not.
    Same(Var, Var, bool),
    /// All formulas are true. There are at least two, none of them an `And`.
    And(Vec<Term>),
    /// A formula is true. There are at least two, none of them an `Or`.
    Or(Vec<Term>),
    /// The formula is true of everything of the variable's sort.
    All(Var, Term),
    /// The formula is true of something of the variable's sort.
    Any(Var, Term),
}

#[derive(Default)]
struct Bank {
    nodes: Vec<Node>,
    /// The variables of each term that no quantifier binds, in order.
    free: Vec<Rc<[Var]>>,
    handles: HashMap<Node, Term>,
    negations: HashMap<Term, Term>,
    quantified: HashMap<(Var, Term), Term>,
    /// The name of each variable that was given one.
    names: HashMap<u32, &'static str>,
    next_variable: u32,
    /// The arguments and the formula of each condition that has a definition.
    definitions: Vec<(Vec<Var>, Term)>,
}

thread_local! {
    static BANK: RefCell<Bank> = RefCell::default();
}

impl Bank {
    fn free_in(&self, node: &Node) -> Rc<[Var]> {
        let of = |term: &Term| self.free[term.0 as usize].iter().copied();
        let mut free: Vec<Var> = match node {
            Node::Bool(_) => Vec::new(),
            Node::Atom(_, variables, _) => variables.clone(),
            Node::Same(one, other, _) => vec![*one, *other],
            Node::And(terms) | Node::Or(terms) => terms.iter().flat_map(of).collect(),
            Node::All(variable, term) | Node::Any(variable, term) => {
                of(term).filter(|other| other != variable).collect()
            }
        };
        free.sort_unstable();
        free.dedup();
        free.into()
    }
}

impl Var {
    /// A new variable.
    pub fn fresh(sort: Sort) -> Self {
        BANK.with_borrow_mut(|bank| {
            bank.next_variable += 1;
            Var { sort, id: bank.next_variable }
        })
    }

    /// A new variable with a name, for what is fixed in a question.
    pub fn named(sort: Sort, name: &'static str) -> Self {
        let var = Var::fresh(sort);
        BANK.with_borrow_mut(|bank| bank.names.insert(var.id, name));
        var
    }

    /// The name, if the variable has one.
    pub fn name(self) -> Option<&'static str> {
        BANK.with_borrow(|bank| bank.names.get(&self.id).copied())
    }
}

impl Term {
    fn of(node: Node) -> Self {
        BANK.with_borrow_mut(|bank| {
            if let Some(&term) = bank.handles.get(&node) {
                return term;
            }
            let term = Term(bank.nodes.len() as u32);
            let free = bank.free_in(&node);
            bank.free.push(free);
            bank.nodes.push(node.clone());
            bank.handles.insert(node, term);
            term
        })
    }

    /// What the formula consists of.
    pub fn node(self) -> Node {
        BANK.with_borrow(|bank| bank.nodes[self.0 as usize].clone())
    }

    /// True or false.
    pub fn bool(value: bool) -> Self {
        Term::of(Node::Bool(value))
    }

    /// Whether the formula is this truth value.
    pub fn is(self, value: bool) -> bool {
        self == Term::bool(value)
    }

    /// The relation is true of the variables.
    pub fn atom(relation: Relation, variables: &[Var]) -> Self {
        debug_assert!(variables.iter().map(|variable| variable.sort).eq(relation.sorts().iter().copied()));
        Term::of(Node::Atom(relation, variables.to_vec(), true))
    }

    /// The two variables stand for the same.
    pub fn same(one: Var, other: Var) -> Self {
        match one.cmp(&other) {
            _ if one.sort != other.sort => Term::bool(false),
            std::cmp::Ordering::Equal => Term::bool(true),
            std::cmp::Ordering::Less => Term::of(Node::Same(one, other, true)),
            std::cmp::Ordering::Greater => Term::of(Node::Same(other, one, true)),
        }
    }

    /// All of the formulas are true.
    pub fn and(terms: impl IntoIterator<Item = Term>) -> Self {
        Self::junction(terms, false)
    }

    /// One of the formulas is true.
    pub fn or(terms: impl IntoIterator<Item = Term>) -> Self {
        Self::junction(terms, true)
    }

    /// A conjunction, or a disjunction if `absorbing` is true: one of the formulas makes it true.
    fn junction(terms: impl IntoIterator<Item = Term>, absorbing: bool) -> Self {
        let mut parts = Vec::new();
        for term in terms {
            match (term.node(), absorbing) {
                (Node::Bool(value), _) if value == absorbing => return Term::bool(absorbing),
                (Node::Bool(_), _) => {}
                (Node::And(inner), false) | (Node::Or(inner), true) => parts.extend(inner),
                _ => parts.push(term),
            }
        }
        parts.sort_unstable();
        parts.dedup();
        if parts.iter().any(|part| parts.binary_search(&part.negated()).is_ok()) {
            return Term::bool(absorbing);
        }
        match parts[..] {
            [] => Term::bool(!absorbing),
            [only] => only,
            _ if absorbing => Term::of(Node::Or(parts)),
            _ => Term::of(Node::And(parts)),
        }
    }

    /// The formula under a name, so that it is written once: an atom of a condition with this formula as
    /// its definition. `arguments`, at most one, are the variables on which it depends and which other
    /// variables will take the place of.
    pub fn defined(self, arguments: &[Var]) -> Self {
        let sorts: &'static [Sort] = match arguments {
            [] => &[],
            [Var { sort: Sort::Group, .. }] => &[Sort::Group],
            [Var { sort: Sort::Person, .. }] => &[Sort::Person],
            [Var { sort: Sort::Guardian, .. }] => &[Sort::Guardian],
            _ => return self,
        };
        let number = BANK.with_borrow_mut(|bank| {
            bank.definitions.push((arguments.to_vec(), self));
            bank.definitions.len() - 1
        });
        Term::atom(Relation::Condition(number as u32, sorts), arguments)
    }

    /// The definition of the condition with this number: its arguments and the formula.
    pub fn definition(number: u32) -> (Vec<Var>, Term) {
        BANK.with_borrow(|bank| bank.definitions[number as usize].clone())
    }

    /// Whether the formula has a quantifier.
    pub fn is_quantified(self) -> bool {
        match self.node() {
            Node::Bool(_) | Node::Atom(..) | Node::Same(..) => false,
            Node::And(terms) | Node::Or(terms) => terms.into_iter().any(Term::is_quantified),
            Node::All(..) | Node::Any(..) => true,
        }
    }

    /// The formula is false.
    #[must_use]
    pub fn negated(self) -> Self {
        if let Some(term) = BANK.with_borrow(|bank| bank.negations.get(&self).copied()) {
            return term;
        }
        let negation = self.negate();
        BANK.with_borrow_mut(|bank| bank.negations.extend([(self, negation), (negation, self)]));
        negation
    }

    fn negate(self) -> Self {
        match self.node() {
            Node::Bool(value) => Term::bool(!value),
            Node::Atom(relation, variables, holds) => Term::of(Node::Atom(relation, variables, !holds)),
            Node::Same(one, other, holds) => Term::of(Node::Same(one, other, !holds)),
            Node::And(terms) => Term::or(terms.into_iter().map(Term::negated)),
            Node::Or(terms) => Term::and(terms.into_iter().map(Term::negated)),
            Node::All(variable, term) => Term::of(Node::Any(variable, term.negated())),
            Node::Any(variable, term) => Term::of(Node::All(variable, term.negated())),
        }
    }

    /// The formula is true of everything.
    pub fn all(variable: Var, term: Term) -> Self {
        Term::any(variable, term.negated()).negated()
    }

    /// The formula is true of something. There is something of each sort.
    pub fn any(variable: Var, term: Term) -> Self {
        let key = (variable, term);
        if let Some(term) = BANK.with_borrow(|bank| bank.quantified.get(&key).copied()) {
            return term;
        }
        let quantified = Term::exists(variable, term);
        BANK.with_borrow_mut(|bank| bank.quantified.insert(key, quantified));
        quantified
    }

    fn exists(variable: Var, term: Term) -> Self {
        if !term.mentions(variable) {
            return term;
        }
        match term.node() {
            Node::Or(terms) => return Term::or(terms.into_iter().map(|term| Term::any(variable, term))),
            Node::Same(one, other, true) if one == variable || other == variable => return Term::bool(true),
            Node::And(terms) => {
                // What must be the same as something else is that.
                for part in &terms {
                    match part.node() {
                        Node::Same(one, other, true) if one == variable => return term.with(one, other),
                        Node::Same(one, other, true) if other == variable => return term.with(other, one),
                        _ => {}
                    }
                }
                let (inside, outside): (Vec<_>, Vec<_>) =
                    terms.into_iter().partition(|part| part.mentions(variable));
                if !outside.is_empty() {
                    let inside = Term::any(variable, Term::and(inside));
                    return Term::and(outside.into_iter().chain([inside]));
                }
            }
            _ => {}
        }
        Term::of(Node::Any(variable, term))
    }

    /// Whether the variable occurs in the formula, not bound by a quantifier.
    pub fn mentions(self, variable: Var) -> bool {
        self.free().contains(&variable)
    }

    /// The variables that no quantifier binds, in order.
    pub fn free(self) -> Rc<[Var]> {
        BANK.with_borrow(|bank| Rc::clone(&bank.free[self.0 as usize]))
    }

    /// The formula with another variable in place of this one.
    #[must_use]
    pub fn with(self, variable: Var, other: Var) -> Self {
        self.renamed(&[(variable, other)])
    }

    /// The formula with other variables, all at once. A bound variable is never renamed: each quantifier
    /// binds a variable of its own.
    #[must_use]
    pub fn renamed(self, renaming: &[(Var, Var)]) -> Self {
        if renaming.iter().all(|(from, to)| from == to) {
            return self;
        }
        rename(self, renaming, &mut HashMap::new())
    }
}

fn rename(term: Term, renaming: &[(Var, Var)], done: &mut HashMap<Term, Term>) -> Term {
    if renaming.iter().all(|(from, _)| !term.mentions(*from)) {
        return term;
    }
    if let Some(&renamed) = done.get(&term) {
        return renamed;
    }
    let to =
        |variable: Var| renaming.iter().find(|(from, _)| *from == variable).map_or(variable, |(_, to)| *to);
    let renamed = match term.node() {
        Node::Bool(_) => term,
        Node::Atom(relation, variables, holds) => {
            let atom = Term::atom(relation, &variables.into_iter().map(to).collect::<Vec<_>>());
            if holds { atom } else { atom.negated() }
        }
        Node::Same(one, other, holds) => {
            let same = Term::same(to(one), to(other));
            if holds { same } else { same.negated() }
        }
        Node::And(terms) => Term::and(terms.into_iter().map(|term| rename(term, renaming, done))),
        Node::Or(terms) => Term::or(terms.into_iter().map(|term| rename(term, renaming, done))),
        Node::All(variable, term) => Term::all(variable, rename(term, renaming, done)),
        Node::Any(variable, term) => Term::any(variable, rename(term, renaming, done)),
    };
    done.insert(term, renamed);
    renamed
}
