//! The commands as formulas: when each is allowed, and what it makes of any state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use chatwarden_model::{CommandKind, Condition, Field, Judged, NamedEnum, Policy, Promise, Request, Set};

use crate::broken::Broken;
use crate::fact::Fact;
use crate::relation::{Relation, Sort};
use crate::symbolic::{Symbolic, User, Users};
use crate::term::{Term, Var};

/// What is dropped from the rules, to see whether a proof notices.
pub type Mutant = (CommandKind, Condition);

/// A fact that is, or could be, true of every state that can be reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Invariant {
    /// A fact of the library.
    Fact(Fact),
    /// A promise about a state.
    Promise(Promise),
}

impl Invariant {
    /// Every candidate.
    pub fn candidates() -> Vec<Self> {
        let facts = Fact::ALL.iter().copied().map(Invariant::Fact);
        facts.chain([Promise::NoStrangers, Promise::Ban].map(Invariant::Promise)).collect()
    }

    /// The formula that says that it is true of the state.
    pub fn holds(self, state: &Symbolic<'_>) -> Term {
        match self {
            Invariant::Fact(fact) => fact.holds(state),
            Invariant::Promise(promise) => {
                // It asks for the state only.
                let command = Request::new(CommandKind::Leave, User::Person(Var::fresh(Sort::Person)));
                !broken(promise, state, &command, Users::none(), state)
            }
        }
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Invariant::Fact(fact) => fact.name(),
            Invariant::Promise(promise) => promise.name(),
        }
    }

    /// The fact in words.
    pub fn about(self) -> &'static str {
        match self {
            Invariant::Fact(fact) => fact.about(),
            Invariant::Promise(promise) => promise.about(),
        }
    }
}

/// The formula that says that the effects of the command break the promise.
pub(crate) fn broken<'a>(
    promise: Promise,
    before: &Symbolic<'a>,
    command: &Request<Symbolic<'a>>,
    delivered: Users,
    after: &Symbolic<'a>,
) -> Term {
    let mut broken = Broken::default();
    promise.search(&Judged { before, command, delivered, after }, &mut broken);
    broken.term()
}

/// The formulas of the facts about one state. Each is made once.
type Facts = RefCell<BTreeMap<Invariant, Term>>;

/// A command in any state, with users of certain sorts.
pub struct Case<'a> {
    /// The name of the command.
    pub name: String,
    /// The state before.
    pub before: Symbolic<'a>,
    /// The command.
    pub command: Request<Symbolic<'a>>,
    /// The command is allowed.
    pub allowed: Term,
    /// The users to whom is delivered if it is allowed.
    pub delivered: Users,
    /// The state after the command, if it is allowed.
    pub after: Symbolic<'a>,
    facts_before: Rc<Facts>,
    facts_after: Facts,
}

/// The commands of this kind, one for each choice of sorts of the users. `number` tells the users and groups
/// of a second command from those of a first.
fn requests<'a>(kind: CommandKind, number: u8) -> Vec<Request<Symbolic<'a>>> {
    let both =
        |field: Field| [Sort::Person, Sort::Guardian].map(|sort| User::of(variable(sort, field, number)));
    let mut requests = Vec::from(both(Field::By).map(|by| Request::new(kind, by)));
    for field in kind.fields() {
        let filled = |request: Request<Symbolic<'a>>| match field {
            Field::By => vec![request],
            Field::Group => {
                vec![Request { group: Some(variable(Sort::Group, *field, number)), ..request }]
            }
            // A launch with a guardian is refused, because a guardian does not chat.
            Field::With => {
                let with = Users::where_persons(|var| Term::atom(Relation::With(number), &[var]));
                vec![Request { with: Some(with), ..request }]
            }
            Field::Child | Field::Contact | Field::Guardian | Field::Who | Field::To => {
                both(*field).map(|user| request.with_user(*field, user)).into()
            }
        };
        requests = requests.into_iter().flat_map(filled).collect();
    }
    requests
}

/// The variable of a field.
fn variable(sort: Sort, field: Field, number: u8) -> Var {
    Var::named(sort, if number == 0 { field.name() } else { second_name(field) })
}

fn second_name(field: Field) -> &'static str {
    match field {
        Field::By => "second-by",
        Field::Child => "second-child",
        Field::Contact => "second-contact",
        Field::Guardian => "second-guardian",
        Field::Who => "second-who",
        Field::To => "second-to",
        Field::Group => "second-group",
        Field::With => "second-with",
    }
}

impl<'a> Case<'a> {
    /// The command, decided and carried out on the state; nothing if it is never allowed.
    fn on(
        before: &Symbolic<'a>,
        facts_before: &Rc<Facts>,
        command: Request<Symbolic<'a>>,
        mutant: Option<Mutant>,
    ) -> Option<Self> {
        let allowed = allowed(before, &command, mutant);
        if allowed.is(false) {
            return None;
        }
        let mut after = before.clone();
        let delivered = CommandKind::carry_out(&mut after, &command);
        Some(Case {
            name: command.kind.to_string(),
            before: before.clone(),
            command,
            allowed,
            delivered,
            after,
            facts_before: Rc::clone(facts_before),
            facts_after: Facts::default(),
        })
    }

    /// Every command in any state.
    ///
    /// # Panics
    /// If the mutant drops a condition that keeps users of the wrong kind out of a place. Formulas cannot say
    /// that a guardian is a member.
    pub fn all(policy: &'a Policy, mutant: Option<Mutant>) -> Vec<Self> {
        Self::each(&Symbolic::any(policy), mutant, 0)
    }

    /// Every command in the state.
    pub(crate) fn each(before: &Symbolic<'a>, mutant: Option<Mutant>, number: u8) -> Vec<Self> {
        let requests = CommandKind::ALL.iter().flat_map(|kind| requests(*kind, number));
        let facts = Rc::default();
        requests.filter_map(|command| Case::on(before, &facts, command, mutant)).collect()
    }

    /// The formula that says that the fact is true of the state before.
    pub(crate) fn fact_before(&self, fact: Invariant) -> Term {
        *self.facts_before.borrow_mut().entry(fact).or_insert_with(|| fact.holds(&self.before))
    }

    /// The formula that says that the fact is true of the state after.
    pub(crate) fn fact_after(&self, fact: Invariant) -> Term {
        *self.facts_after.borrow_mut().entry(fact).or_insert_with(|| fact.holds(&self.after))
    }

    /// The formula that says that the command, if it is allowed, breaks the promise.
    pub fn breaks(&self, promise: Promise) -> Term {
        if !promise.is_judged_after(true) {
            return Term::bool(false);
        }
        broken(promise, &self.before, &self.command, self.delivered, &self.after)
    }

    /// The formula that says that the promise is broken if the command is refused.
    pub fn refusal_breaks(&self, promise: Promise) -> Term {
        if !promise.is_judged_after(false) {
            return Term::bool(false);
        }
        broken(promise, &self.before, &self.command, Users::none(), &self.before)
    }
}

/// The formula that says that the command is allowed.
fn allowed<'a>(state: &Symbolic<'a>, command: &Request<Symbolic<'a>>, mutant: Option<Mutant>) -> Term {
    let mut allowed = Term::bool(true);
    CommandKind::each_condition(state, command, |condition, holds| {
        if mutant != Some((command.kind, condition)) {
            allowed = allowed & holds;
        }
    });
    allowed
}
