//! Formulas on a state of the model: persons are the users who chat, and groups are the first ones.

use std::collections::HashMap;
use std::rc::Rc;

use chatwarden_model::{Group, Link, State, User, UserSet};
use chatwarden_prove::relation::{Relation, Sort};
use chatwarden_prove::term::{Node, Term, Var};

/// What a formula talks about.
pub(crate) struct World<'a, const U: usize, const G: usize> {
    pub(crate) state: &'a State<U, G>,
    /// The number of groups.
    pub(crate) groups: usize,
    /// The users with whom the command launches a group.
    pub(crate) with: UserSet,
}

/// A formula whose variables are numbered. It is faster to evaluate.
enum Formula {
    Bool(bool),
    Atom(Relation, Vec<usize>, bool),
    /// A condition: the variables of its definition, those in their place, and the definition.
    Condition(Vec<usize>, Vec<usize>, Rc<Formula>, bool),
    Same(usize, usize, bool),
    And(Vec<Rc<Formula>>),
    Or(Vec<Rc<Formula>>),
    All(usize, Sort, Rc<Formula>),
    Any(usize, Sort, Rc<Formula>),
}

/// What the variables stand for: the index of a user or a group.
#[derive(Clone)]
pub(crate) struct Values(Vec<Option<usize>>);

/// The formulas that were asked for, and the numbers of their variables.
#[derive(Default)]
pub(crate) struct Evaluator {
    numbers: HashMap<Var, usize>,
    formulas: HashMap<Term, Rc<Formula>>,
    definitions: HashMap<u32, (Vec<usize>, Rc<Formula>)>,
}

impl Evaluator {
    /// Whether the formula is true. `values` has those of the variables that no quantifier binds.
    pub(crate) fn is_true<const U: usize, const G: usize>(
        &mut self,
        term: Term,
        world: &World<'_, U, G>,
        values: &[(Var, usize)],
    ) -> bool {
        let formula = self.formula(term);
        let given: Vec<_> = values.iter().map(|(var, value)| (self.number(*var), *value)).collect();
        let mut all = Values(vec![None; self.numbers.len()]);
        for (number, value) in given {
            all.0[number] = Some(value);
        }
        world.is_true(&formula, &mut all)
    }

    fn number(&mut self, var: Var) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(var).or_insert(next)
    }

    fn numbers(&mut self, variables: &[Var]) -> Vec<usize> {
        variables.iter().map(|var| self.number(*var)).collect()
    }

    fn formula(&mut self, term: Term) -> Rc<Formula> {
        if let Some(formula) = self.formulas.get(&term) {
            return Rc::clone(formula);
        }
        let formula = Rc::new(match term.node() {
            Node::Bool(value) => Formula::Bool(value),
            Node::Atom(Relation::Condition(number, _), variables, holds) => {
                let (arguments, definition) = self.definition(number);
                Formula::Condition(arguments, self.numbers(&variables), definition, holds)
            }
            Node::Atom(relation, variables, holds) => {
                Formula::Atom(relation, self.numbers(&variables), holds)
            }
            Node::Same(one, other, holds) => Formula::Same(self.number(one), self.number(other), holds),
            Node::And(terms) => Formula::And(terms.into_iter().map(|term| self.formula(term)).collect()),
            Node::Or(terms) => Formula::Or(terms.into_iter().map(|term| self.formula(term)).collect()),
            Node::All(var, term) => Formula::All(self.number(var), var.sort, self.formula(term)),
            Node::Any(var, term) => Formula::Any(self.number(var), var.sort, self.formula(term)),
        });
        self.formulas.insert(term, Rc::clone(&formula));
        formula
    }

    fn definition(&mut self, number: u32) -> (Vec<usize>, Rc<Formula>) {
        if let Some((arguments, formula)) = self.definitions.get(&number) {
            return (arguments.clone(), Rc::clone(formula));
        }
        let (arguments, term) = Term::definition(number);
        let definition = (self.numbers(&arguments), self.formula(term));
        self.definitions.insert(number, definition.clone());
        definition
    }
}

impl<const U: usize, const G: usize> World<'_, U, G> {
    /// Everything of the sort, by its index.
    pub(crate) fn of_sort(&self, sort: Sort) -> Vec<usize> {
        let kinds = self.state.kinds();
        match sort {
            Sort::Group => (0..self.groups).collect(),
            Sort::Person => kinds.chatting().iter().map(User::index).collect(),
            Sort::Guardian => kinds.guardians.iter().map(User::index).collect(),
        }
    }

    /// Every tuple of things of these sorts.
    pub(crate) fn tuples(&self, sorts: &[Sort]) -> Vec<Vec<usize>> {
        let mut tuples = vec![Vec::new()];
        for sort in sorts {
            let of_sort = self.of_sort(*sort);
            let longer = |tuple: Vec<usize>| of_sort.iter().map(move |last| [&tuple[..], &[*last]].concat());
            tuples = tuples.into_iter().flat_map(longer).collect();
        }
        tuples
    }

    /// Whether the relation is true of the tuple.
    pub(crate) fn holds(&self, relation: Relation, tuple: &[usize]) -> bool {
        let user = |at: usize| User::new(tuple[at]);
        let group = || self.state.group(Group::new(tuple[0]));
        match relation {
            Relation::Child => self.state.kinds().children.contains(user(0)),
            Relation::With(0) => self.with.contains(user(0)),
            Relation::With(_) | Relation::Condition(..) => panic!("`{}` is no atom here", relation.name()),
            Relation::Guardians => self.state.guardians(user(0)).contains(user(1)),
            Relation::Approvals => self.state.approvals(user(0), user(1)).contains(user(2)),
            Relation::Blocks => self.state.blocks(user(0)).contains(user(1)),
            Relation::Phase(phase) => group().phase == phase,
            Relation::Link => group().link == Link::Open,
            Relation::Owner => group().owner == Some(user(1)),
            Relation::Members => group().members.contains(user(1)),
            Relation::Banned => group().banned.contains(user(1)),
            Relation::Invited => group().invited().contains(user(1)),
            Relation::Inviter => group().inviter(user(1)) == Some(user(2)),
        }
    }

    fn is_true(&self, formula: &Formula, values: &mut Values) -> bool {
        let value = |number: usize, values: &Values| values.0[number].expect("a free variable has a value");
        match formula {
            Formula::Bool(value) => *value,
            Formula::Atom(relation, numbers, holds) => {
                let mut tuple = [0; 3];
                numbers.iter().enumerate().for_each(|(at, number)| tuple[at] = value(*number, values));
                self.holds(*relation, &tuple[..numbers.len()]) == *holds
            }
            Formula::Condition(arguments, numbers, definition, holds) => {
                let mut inside = values.clone();
                for (argument, number) in arguments.iter().zip(numbers) {
                    inside.0[*argument] = Some(value(*number, values));
                }
                self.is_true(definition, &mut inside) == *holds
            }
            Formula::Same(one, other, holds) => (value(*one, values) == value(*other, values)) == *holds,
            Formula::And(parts) => parts.iter().all(|part| self.is_true(part, values)),
            Formula::Or(parts) => parts.iter().any(|part| self.is_true(part, values)),
            Formula::All(number, sort, part) => !self.is_any(*number, *sort, part, values, false),
            Formula::Any(number, sort, part) => self.is_any(*number, *sort, part, values, true),
        }
    }

    /// Whether the formula is true, or false, of something.
    fn is_any(&self, number: usize, sort: Sort, part: &Formula, values: &mut Values, wanted: bool) -> bool {
        let outside = values.0[number];
        let kinds = self.state.kinds();
        let mut found = |index: usize| {
            values.0[number] = Some(index);
            self.is_true(part, values) == wanted
        };
        let is_found = match sort {
            Sort::Group => (0..self.groups).any(found),
            Sort::Person => kinds.chatting().iter().any(|user| found(user.index())),
            Sort::Guardian => kinds.guardians.iter().any(|user| found(user.index())),
        };
        values.0[number] = outside;
        is_found
    }
}
