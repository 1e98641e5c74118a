//! The commands as formulas: when each is allowed, and what it makes of any state.

use chatwarden_model::{CommandKind, Condition, Field, Judged, NamedEnum, Policy, Promise, Request, Set};

use crate::fact::Fact;
use crate::relation::{Relation, Sort};
use crate::symbolic::{Broken, Symbolic, User, Users};
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
fn broken<'a>(
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

/// A command in any state, with users of certain sorts.
pub struct Case<'a> {
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
}

/// The commands of this kind, one for each choice of sorts of the users. A command that is refused in every
/// state because of the sorts is left out.
pub fn requests<'a>(kind: CommandKind) -> Vec<Request<Symbolic<'a>>> {
    let mut requests: Vec<Request<Symbolic<'a>>> =
        [Sort::Person, Sort::Guardian].map(|sort| Request::new(kind, user(sort, Field::By))).into();
    for field in kind.fields() {
        requests = requests.into_iter().flat_map(|request| filled(request, *field)).collect();
    }
    requests
}

fn user(sort: Sort, field: Field) -> User {
    let var = Var::named(sort, field.name());
    if sort == Sort::Guardian { User::Guardian(var) } else { User::Person(var) }
}

fn filled<'a>(request: Request<Symbolic<'a>>, field: Field) -> Vec<Request<Symbolic<'a>>> {
    match field {
        Field::By => vec![request],
        Field::Group => vec![Request { group: Some(Var::named(Sort::Group, field.name())), ..request }],
        // A guardian among them is refused, because a guardian does not chat.
        Field::With => vec![Request {
            with: Some(Users::where_persons(|var| Term::atom(Relation::With, &[var]))),
            ..request
        }],
        Field::Child | Field::Contact | Field::Guardian | Field::Who | Field::To => {
            [Sort::Person, Sort::Guardian].map(|sort| request.with_user(field, user(sort, field))).into()
        }
    }
}

impl<'a> Case<'a> {
    /// The command, decided and carried out on the state; nothing if it is never allowed.
    pub fn on(before: &Symbolic<'a>, command: Request<Symbolic<'a>>, mutant: Option<Mutant>) -> Option<Self> {
        let allowed = allowed(before, &command, mutant);
        if allowed.is(false) {
            return None;
        }
        let mut after = before.clone();
        let delivered = CommandKind::carry_out(&mut after, &command);
        Some(Case { before: before.clone(), command, allowed, delivered, after })
    }

    /// Every command in any state.
    pub fn all(policy: &'a Policy, mutant: Option<Mutant>) -> Vec<Self> {
        let before = Symbolic::any(policy);
        let requests = CommandKind::ALL.iter().flat_map(|kind| requests(*kind));
        requests.filter_map(|command| Case::on(&before, command, mutant)).collect()
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
