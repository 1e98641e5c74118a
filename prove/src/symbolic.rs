//! The reading of the rules that builds formulas. A state is a formula for each relation, over variables
//! for its arguments; a command changes the formulas.

use std::ops::{BitAnd, BitOr, Not, Sub};

use chatwarden_model::{Change, Kind, Link, Logic, NamedEnum, Phase, Place, Policy, Set, Truth};

use crate::relation::{Relation, Sort};
use crate::term::{Term, Var};

impl From<bool> for Term {
    fn from(value: bool) -> Self {
        Term::bool(value)
    }
}

impl BitAnd for Term {
    type Output = Term;
    fn bitand(self, other: Term) -> Term {
        Term::and([self, other])
    }
}

impl BitOr for Term {
    type Output = Term;
    fn bitor(self, other: Term) -> Term {
        Term::or([self, other])
    }
}

impl Not for Term {
    type Output = Term;
    fn not(self) -> Term {
        self.negated()
    }
}

/// What is false already is not extended: the rules may ask for what only makes sense otherwise.
impl Truth for Term {
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self.is(false) { self } else { self & other() }
    }
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.is(true) { self } else { self | other() }
    }
}

/// A user: a variable of the sort that the user's kind has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum User {
    /// A child or an adult.
    Person(Var),
    /// A guardian.
    Guardian(Var),
}

impl User {
    /// The variable.
    pub fn var(self) -> Var {
        match self {
            User::Person(var) | User::Guardian(var) => var,
        }
    }

    pub(crate) fn of(var: Var) -> Self {
        if var.sort == Sort::Guardian { User::Guardian(var) } else { User::Person(var) }
    }
}

/// The things of one sort of which a formula is true.
#[derive(Clone, Copy, Debug)]
struct Lambda {
    var: Var,
    body: Term,
}

impl Lambda {
    fn constant(sort: Sort, value: bool) -> Self {
        Lambda { var: Var::fresh(sort), body: Term::bool(value) }
    }

    fn of(self, var: Var) -> Term {
        self.body.with(self.var, var)
    }

    fn join(self, other: Lambda, join: impl FnOnce(Term, Term) -> Term) -> Self {
        Lambda { var: self.var, body: join(self.body, other.of(self.var)) }
    }

    /// A new variable and the formula that says that it is in the set; nothing if the set is empty.
    fn member(self) -> Option<(Var, Term)> {
        let var = Var::fresh(self.var.sort);
        (!self.body.is(false)).then(|| (var, self.of(var)))
    }
}

/// A set of users: those who chat, and guardians.
#[derive(Clone, Copy, Debug)]
pub struct Users {
    persons: Lambda,
    guardians: Lambda,
}

impl Users {
    /// The users of this sort of whom the formula is true.
    fn of_sort(sort: Sort, holds: impl FnOnce(Var) -> Term) -> Self {
        let mut users = Users::none();
        let lambda = if sort == Sort::Guardian { &mut users.guardians } else { &mut users.persons };
        lambda.body = holds(lambda.var);
        users
    }

    /// The persons of whom the formula is true.
    pub(crate) fn where_persons(holds: impl FnOnce(Var) -> Term) -> Self {
        Users::of_sort(Sort::Person, holds)
    }

    fn lambda(self, sort: Sort) -> Lambda {
        if sort == Sort::Guardian { self.guardians } else { self.persons }
    }

    /// A new user for each sort, and the formula that says that it is in the set.
    pub(crate) fn members(self) -> impl Iterator<Item = (User, Term)> {
        let members = [self.persons.member(), self.guardians.member()];
        members.into_iter().flatten().map(|(var, is_in)| (User::of(var), is_in))
    }

    fn join(self, other: Self, join: impl Fn(Term, Term) -> Term) -> Self {
        Users {
            persons: self.persons.join(other.persons, &join),
            guardians: self.guardians.join(other.guardians, &join),
        }
    }
}

impl BitAnd for Users {
    type Output = Users;
    fn bitand(self, other: Users) -> Users {
        self.join(other, |one, other| one & other)
    }
}

impl BitOr for Users {
    type Output = Users;
    fn bitor(self, other: Users) -> Users {
        self.join(other, |one, other| one | other)
    }
}

impl Sub for Users {
    type Output = Users;
    fn sub(self, other: Users) -> Users {
        self.join(other, |one, other| one & !other)
    }
}

impl Set for Users {
    type User = User;
    type Truth = Term;

    fn none() -> Self {
        Users {
            persons: Lambda::constant(Sort::Person, false),
            guardians: Lambda::constant(Sort::Guardian, false),
        }
    }

    fn one(user: User) -> Self {
        Users::of_sort(user.var().sort, |var| Term::same(var, user.var()))
    }

    fn has(self, user: User) -> Term {
        self.lambda(user.var().sort).of(user.var())
    }

    fn all(self, mut holds: impl FnMut(User) -> Term) -> Term {
        Term::and(self.members().map(|(user, is_in)| Term::all(user.var(), !is_in | holds(user))))
    }

    fn any(self, mut holds: impl FnMut(User) -> Term) -> Term {
        Term::or(self.members().map(|(user, is_in)| Term::any(user.var(), is_in & holds(user))))
    }

    fn all_pairs(self, mut holds: impl FnMut(User, User) -> Term) -> Term {
        self.all(|one| self.all(|other| Term::same(one.var(), other.var()).or(|| holds(one, other))))
    }

    fn filter(self, mut holds: impl FnMut(User) -> Term) -> Self {
        let filtered = |lambda: Lambda, holds: &mut dyn FnMut(User) -> Term| match lambda.member() {
            Some((var, is_in)) => Lambda { var, body: is_in & holds(User::of(var)) },
            None => lambda,
        };
        Users { persons: filtered(self.persons, &mut holds), guardians: filtered(self.guardians, &mut holds) }
    }
}

/// A part of a state: a formula over a variable for each argument of the relation.
#[derive(Clone, Debug)]
struct Part {
    arguments: Vec<Var>,
    body: Term,
}

impl Part {
    fn of(&self, variables: &[Var]) -> Term {
        let renaming: Vec<_> = self.arguments.iter().copied().zip(variables.iter().copied()).collect();
        self.body.renamed(&renaming)
    }
}

/// A state as formulas.
#[derive(Clone, Debug)]
pub struct Symbolic<'a> {
    policy: &'a Policy,
    parts: Vec<(Relation, Part)>,
    /// The conditions under which the present change is made.
    guards: Vec<Term>,
    /// The variables of the loops around the present change.
    loops: Vec<Var>,
}

impl<'a> Symbolic<'a> {
    /// Any state.
    pub fn any(policy: &'a Policy) -> Self {
        Self::with(policy, Term::atom)
    }

    /// The state at the start: no approvals, no blocks, and all groups new.
    pub fn start(policy: &'a Policy) -> Self {
        Self::with(policy, |relation, variables| match relation {
            // A cast gives guardians to children.
            Relation::Guardians => {
                Term::and([Term::atom(relation, variables), Term::atom(Relation::Child, &variables[..1])])
            }
            other => Term::bool(other == Relation::Phase(Phase::New)),
        })
    }

    fn with(policy: &'a Policy, body: impl Fn(Relation, &[Var]) -> Term) -> Self {
        let part = |relation: Relation| {
            let arguments: Vec<_> = relation.sorts().iter().map(|sort| Var::fresh(*sort)).collect();
            (relation, Part { body: body(relation, &arguments), arguments })
        };
        Symbolic {
            policy,
            parts: Relation::state().map(part).collect(),
            guards: Vec::new(),
            loops: Vec::new(),
        }
    }

    /// The state in which both changes of this state are made, as if neither saw the other, and whether they
    /// conflict: both change the same.
    pub fn merged(&self, one: &Self, other: &Self) -> (Self, Term) {
        let mut merged = self.clone();
        let mut conflicts = Vec::new();
        for (relation, part) in &mut merged.parts {
            let arguments = part.arguments.clone();
            let [before, one, other] = [self, one, other].map(|state| state.holds(*relation, &arguments));
            let (by_one, by_other) = (differ(before, one), differ(before, other));
            part.body = (by_other & other) | (!by_other & one);
            let both = by_one & by_other;
            conflicts.push(arguments.into_iter().fold(both, |both, argument| Term::any(argument, both)));
        }
        (merged, Term::or(conflicts))
    }

    /// The relation in this state.
    pub fn holds(&self, relation: Relation, variables: &[Var]) -> Term {
        self.part(relation).of(variables)
    }

    fn part(&self, relation: Relation) -> &Part {
        let found = self.parts.iter().find(|(other, _)| *other == relation);
        &found.unwrap_or_else(|| panic!("`{}` is no part of the state", relation.name())).1
    }

    /// Changes the relation where the key, its first arguments, fits: from `old` to what `change` says. The
    /// rest of the arguments are given to `change`.
    fn write(&mut self, relation: Relation, key: &[Var], change: impl FnOnce(&[Var], Term) -> Term) {
        let Part { arguments, body: old } = self.part(relation).clone();
        let (place, rest) = arguments.split_at(key.len());
        let mut fits: Vec<Term> = self.guards.clone();
        let mut bound = Vec::new();
        for (argument, key) in place.iter().zip(key) {
            if self.loops.contains(key) {
                bound.push((*key, *argument));
            } else {
                fits.push(Term::same(*argument, *key));
            }
        }
        assert_eq!(bound.len(), self.loops.len(), "a change in a loop is keyed by the variable of the loop");
        let fits = Term::and(fits).renamed(&bound);
        let new = change(rest, old).renamed(&bound);
        let body = (fits & new) | (!fits & old);
        let part = self.parts.iter_mut().find(|(other, _)| *other == relation);
        part.expect("the part was read").1.body = body;
    }

    /// The key of a place. Nothing if a user there is of a sort that has no such place.
    fn key(place: Place<User, Var>) -> Option<(Relation, Vec<Var>)> {
        let (relation, group, users) = Relation::of_place(place);
        let key: Vec<Var> = group.into_iter().chain(users.into_iter().map(User::var)).collect();
        let fits = key.iter().zip(relation.sorts()).all(|(var, sort)| var.sort == *sort);
        fits.then_some((relation, key))
    }

    fn change(&mut self, place: Place<User, Var>, users: Users, change: impl FnOnce(Term, Term) -> Term) {
        let Some((relation, key)) = Self::key(place) else {
            assert!(self.is_unreachable(), "`{}` has no such place", relation_name(place));
            return;
        };
        let sort = *relation.sorts().last().expect("a relation has arguments");
        let others = if sort == Sort::Guardian { users.persons } else { users.guardians };
        let is_kept_out = Term::and(self.guards.iter().copied().chain([others.body])).is(false);
        assert!(is_kept_out, "a user of the wrong sort comes into `{}`", relation.name());
        self.write(relation, &key, |rest, old| change(old, users.lambda(sort).of(rest[0])));
    }

    /// Whether the present change is never made.
    fn is_unreachable(&self) -> bool {
        Term::and(self.guards.iter().copied()).is(false)
    }

    fn phase_atom(&self, group: Var, phase: Phase) -> Term {
        self.holds(Relation::Phase(phase), &[group])
    }
}

fn relation_name(place: Place<User, Var>) -> &'static str {
    Relation::of_place(place).0.name()
}

/// Whether one formula is true and the other is not.
pub(crate) fn differ(one: Term, other: Term) -> Term {
    if one == other { Term::bool(false) } else { (one & !other) | (!one & other) }
}

impl Logic for Symbolic<'_> {
    type Truth = Term;
    type User = User;
    type Group = Var;
    type Users = Users;

    fn policy(&self) -> &Policy {
        self.policy
    }

    fn of_kind(&self, kind: Kind) -> Users {
        let is_child = |var| Term::atom(Relation::Child, &[var]);
        match kind {
            Kind::Child => Users::of_sort(Sort::Person, is_child),
            Kind::Adult => Users::of_sort(Sort::Person, |var| !is_child(var)),
            Kind::Guardian => Users::of_sort(Sort::Guardian, |_| Term::bool(true)),
        }
    }

    fn is_same(&self, one: User, other: User) -> Term {
        Term::same(one.var(), other.var())
    }

    fn is_same_group(&self, one: Var, other: Var) -> Term {
        Term::same(one, other)
    }

    fn at(&self, place: Place<User, Var>) -> Users {
        let Some((relation, mut key)) = Self::key(place) else { return Users::none() };
        let sort = *relation.sorts().last().expect("a relation has arguments");
        Users::of_sort(sort, |var| {
            key.push(var);
            self.holds(relation, &key)
        })
    }

    fn invited(&self, group: Var) -> Users {
        Users::of_sort(Sort::Person, |var| self.holds(Relation::Invited, &[group, var]))
    }

    fn inviter(&self, group: Var, user: User) -> Users {
        match user {
            User::Person(user) => {
                Users::of_sort(Sort::Person, |var| self.holds(Relation::Inviter, &[group, user, var]))
            }
            User::Guardian(_) => Users::none(),
        }
    }

    fn has_phase(&self, group: Var, phase: Phase) -> Term {
        self.phase_atom(group, phase)
    }

    fn has_link(&self, group: Var, link: Link) -> Term {
        let open = self.holds(Relation::Link, &[group]);
        if link == Link::Open { open } else { !open }
    }

    fn all_groups(&self, mut holds: impl FnMut(Var) -> Term) -> Term {
        let group = Var::fresh(Sort::Group);
        Term::all(group, holds(group))
    }

    fn differs_from(&self, other: &Self) -> Term {
        Term::or(Relation::state().map(|relation| {
            let arguments: Vec<_> = relation.sorts().iter().map(|sort| Var::fresh(*sort)).collect();
            let here = differ(self.holds(relation, &arguments), other.holds(relation, &arguments));
            arguments.into_iter().fold(here, |here, argument| Term::any(argument, here))
        }))
    }
}

impl Change for Symbolic<'_> {
    fn add(&mut self, place: Place<User, Var>, users: Users) {
        self.change(place, users, |old, is_in| old | is_in);
    }

    fn remove(&mut self, place: Place<User, Var>, users: Users) {
        let sort = *Relation::of_place(place).0.sorts().last().expect("a relation has arguments");
        // Users of another sort are not there, and nobody is at a place that does not exist.
        let users = Users::of_sort(sort, |var| users.lambda(sort).of(var));
        if Self::key(place).is_some() {
            self.change(place, users, |old, is_in| old & !is_in);
        }
    }

    fn assign(&mut self, place: Place<User, Var>, users: Users) {
        self.change(place, users, |_, is_in| is_in);
    }

    fn invite(&mut self, group: Var, users: Users, by: User) {
        assert!(users.guardians.body.is(false), "a guardian is invited");
        let (persons, by) = (users.persons, by.var());
        self.write(Relation::Invited, &[group], |rest, old| old | persons.of(rest[0]));
        self.write(Relation::Inviter, &[group], |rest, old| {
            let is_in = persons.of(rest[0]);
            (is_in & Term::same(rest[1], by)) | (!is_in & old)
        });
    }

    fn uninvite(&mut self, group: Var, users: Users) {
        let persons = users.persons;
        self.write(Relation::Invited, &[group], |rest, old| old & !persons.of(rest[0]));
        self.write(Relation::Inviter, &[group], |rest, old| old & !persons.of(rest[0]));
    }

    fn set_phase(&mut self, group: Var, phase: Phase) {
        for other in Phase::ALL {
            self.write(Relation::Phase(*other), &[group], |_, _| Term::bool(*other == phase));
        }
    }

    fn set_link(&mut self, group: Var, link: Link) {
        self.write(Relation::Link, &[group], |_, _| Term::bool(link == Link::Open));
    }

    fn when(&mut self, condition: Term, change: impl FnOnce(&mut Self)) {
        if condition.is(false) {
            return;
        }
        // A condition is used for every part that is changed, and for what comes after it.
        let condition = if condition.is_quantified() { condition.defined(&self.loops) } else { condition };
        self.guards.push(condition);
        change(self);
        self.guards.pop();
    }

    fn for_each(&mut self, users: Users, mut change: impl FnMut(&mut Self, User)) {
        for (user, is_in) in users.members() {
            self.loops.push(user.var());
            self.when(is_in, |state| change(state, user));
            self.loops.pop();
        }
    }

    fn for_each_group(&mut self, mut change: impl FnMut(&mut Self, Var)) {
        let group = Var::fresh(Sort::Group);
        self.loops.push(group);
        change(self, group);
        self.loops.pop();
    }
}
