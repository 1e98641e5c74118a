//! The formulas say what the model does: on states that commands lead to and on any other, for every
//! command.

use std::collections::{BTreeMap, BTreeSet};

use chatwarden::generate::{Generator, Seeded, uniform};
use chatwarden_model::{
    Argument, Bounds, Command, CommandKind, Condition, EnumSet, Field, NamedEnum, Policy, Preset, Promise,
    Request, Set, State, Transition, UserSet, decide, step,
};
use chatwarden_prove::case::{Case, Mutant};
use chatwarden_prove::relation::{Relation, Sort};
use chatwarden_prove::symbolic::{Symbolic, User};
use chatwarden_prove::term::{Term, Var};
use chatwarden_test_support::{random_policy, small};

use crate::evaluate::{Evaluator, World};
use crate::support::{GROUPS, large, random_state, reached, walk};

/// A formula with variables for the arguments of a relation.
struct Part {
    relation: Relation,
    arguments: Vec<Var>,
    term: Term,
}

/// A case with all formulas that are compared.
struct Formulas<'a> {
    case: Case<'a>,
    after: Vec<Part>,
    delivered: [(Var, Term); 2],
    breaks: Vec<(Promise, Term)>,
    refusal_breaks: Vec<(Promise, Term)>,
}

impl<'a> Formulas<'a> {
    fn new(case: Case<'a>) -> Self {
        let part = |relation: Relation| {
            let arguments: Vec<_> = relation.sorts().iter().map(|sort| Var::fresh(*sort)).collect();
            Part { relation, term: case.after.holds(relation, &arguments), arguments }
        };
        let [person, guardian] = [Sort::Person, Sort::Guardian].map(Var::fresh);
        let to = [User::Person(person), User::Guardian(guardian)];
        let promises = || Promise::ALL.iter().copied();
        Formulas {
            after: Relation::state().map(part).collect(),
            delivered: to.map(|user| (user.var(), case.delivered.has(user))),
            breaks: promises().map(|promise| (promise, case.breaks(promise))).collect(),
            refusal_breaks: promises().map(|promise| (promise, case.refusal_breaks(promise))).collect(),
            case,
        }
    }
}

/// What was compared.
#[derive(Default, Debug)]
struct Counts {
    states: usize,
    allowed: BTreeMap<CommandKind, usize>,
    refused: BTreeMap<CommandKind, usize>,
    /// Refused, and there is no case.
    without_case: usize,
    delivered: usize,
    changed: BTreeSet<Relation>,
    broken: BTreeMap<Promise, usize>,
    broken_by_refusal: BTreeMap<Promise, usize>,
}

/// The formulas of a policy, and what was compared.
struct Tie<'a> {
    policy: &'a Policy,
    groups: usize,
    formulas: Vec<Formulas<'a>>,
    evaluator: Evaluator,
    counts: &'a mut Counts,
}

impl<'a> Tie<'a> {
    fn new(policy: &'a Policy, groups: usize, counts: &'a mut Counts) -> Self {
        Self::with_mutant(policy, groups, counts, None)
    }

    fn with_mutant(
        policy: &'a Policy,
        groups: usize,
        counts: &'a mut Counts,
        mutant: Option<Mutant>,
    ) -> Self {
        let formulas = Case::all(policy, mutant).into_iter().map(Formulas::new).collect();
        Tie { policy, groups, formulas, evaluator: Evaluator::default(), counts }
    }

    /// Compares the case of the command with the model.
    fn check<const U: usize, const G: usize>(&mut self, before: &State<U, G>, command: &Command) {
        let allowed = decide(before, self.policy, command).is_allowed();
        let counts = if allowed { &mut self.counts.allowed } else { &mut self.counts.refused };
        *counts.entry(command.kind()).or_default() += 1;
        let Some((at, values)) = self.case_of(before, command) else {
            assert!(!allowed, "{command:?} is allowed, and no case says so: {before:?}");
            self.counts.without_case += 1;
            return;
        };
        let with = match command.argument(Field::With) {
            Some(Argument::Users(users)) => users,
            _ => UserSet::EMPTY,
        };
        let world = World { state: before, groups: self.groups, with };
        let is_allowed = self.evaluator.is_true(self.formulas[at].case.allowed, &world, &values);
        assert_eq!(is_allowed, allowed, "is {command:?} allowed under {:?} in {before:?}", self.policy);
        if allowed {
            self.check_effects(at, &world, &values, command);
        } else {
            let transition = self.transition(before, command, false, UserSet::EMPTY, before);
            self.check_promises(at, &world, &values, &transition);
        }
    }

    /// The case of the sorts of the command's users, and the values of its variables.
    fn case_of<const U: usize, const G: usize>(
        &self,
        before: &State<U, G>,
        command: &Command,
    ) -> Option<(usize, Vec<(Var, usize)>)> {
        let guardians = before.kinds().guardians;
        let found = self.formulas.iter().enumerate().filter_map(|(at, formulas)| {
            values_of(&formulas.case.command, command, guardians).map(|values| (at, values))
        });
        let found: Vec<_> = found.collect();
        assert!(found.len() <= 1, "{command:?} has several cases");
        found.into_iter().next()
    }

    fn transition<'t, const U: usize, const G: usize>(
        &self,
        before: &'t State<U, G>,
        command: &'t Command,
        allowed: bool,
        delivered: UserSet,
        after: &'t State<U, G>,
    ) -> Transition<'t, U, G>
    where
        'a: 't,
    {
        Transition { policy: self.policy, before, command, allowed, delivered, after }
    }

    fn check_effects<const U: usize, const G: usize>(
        &mut self,
        at: usize,
        world: &World<'_, U, G>,
        values: &[(Var, usize)],
        command: &Command,
    ) {
        let before = world.state;
        let mut after = *before;
        let delivered = step(&mut after, self.policy, command).delivered;
        let there = World { state: &after, groups: self.groups, with: UserSet::EMPTY };
        for Part { relation, arguments, term } in &self.formulas[at].after {
            for tuple in world.tuples(relation.sorts()) {
                let real = there.holds(*relation, &tuple);
                let values = bound(values, arguments, &tuple);
                let said = self.evaluator.is_true(*term, world, &values);
                assert_eq!(said, real, "{relation:?} of {tuple:?} after {command:?} in {before:?}");
                if real != world.holds(*relation, &tuple) {
                    self.counts.changed.insert(*relation);
                }
            }
        }
        for (var, term) in self.formulas[at].delivered {
            for user in world.of_sort(var.sort) {
                let said = self.evaluator.is_true(term, world, &bound(values, &[var], &[user]));
                let real = delivered.contains(chatwarden_model::User::new(user));
                assert_eq!(said, real, "delivery to {user} by {command:?} in {before:?}");
                self.counts.delivered += usize::from(real);
            }
        }
        let transition = self.transition(before, command, true, delivered, &after);
        self.check_promises(at, world, values, &transition);
    }

    fn check_promises<const U: usize, const G: usize>(
        &mut self,
        at: usize,
        world: &World<'_, U, G>,
        values: &[(Var, usize)],
        transition: &Transition<'_, U, G>,
    ) {
        let formulas = &self.formulas[at];
        let allowed = transition.allowed;
        let (breaks, counts) = if allowed {
            (&formulas.breaks, &mut self.counts.broken)
        } else {
            (&formulas.refusal_breaks, &mut self.counts.broken_by_refusal)
        };
        for (promise, term) in breaks {
            let real = promise.first_breach(transition).is_some();
            let said = self.evaluator.is_true(*term, world, values);
            let command = transition.command;
            assert_eq!(said, real, "{promise} after {command:?}, {allowed}, in {:?}", transition.before);
            *counts.entry(*promise).or_default() += usize::from(real);
        }
    }
}

/// The values with those of a relation's arguments.
fn bound(values: &[(Var, usize)], arguments: &[Var], tuple: &[usize]) -> Vec<(Var, usize)> {
    values.iter().copied().chain(arguments.iter().copied().zip(tuple.iter().copied())).collect()
}

/// The values of the variables, if the command is of the kind and its users of the sorts.
fn values_of(
    request: &Request<Symbolic<'_>>,
    command: &Command,
    guardians: UserSet,
) -> Option<Vec<(Var, usize)>> {
    if request.kind != command.kind() {
        return None;
    }
    let (mut values, mut fits) = (Vec::new(), true);
    command.each_argument(|field, argument| match argument {
        Argument::User(user) => {
            let var = match field {
                Field::By => request.by,
                Field::Child => request.child(),
                _ => request.target(),
            };
            fits &= guardians.contains(user) == matches!(var, User::Guardian(_));
            values.push((var.var(), user.index()));
        }
        // A set in a formula has no guardians.
        Argument::Users(users) => fits &= users.and(guardians).is_empty(),
        Argument::Group(group) => values.push((request.group(), group.index())),
    });
    fits.then_some(values)
}

impl Counts {
    /// Something of everything was compared.
    fn assert_is_enough(&self) {
        println!("{self:?}");
        for kind in CommandKind::ALL {
            assert!(self.allowed.contains_key(kind), "{kind} is never allowed");
            assert!(self.refused.contains_key(kind), "{kind} is never refused");
        }
        assert!(self.without_case > 0 && self.delivered > 0);
    }
}

/// Promises that a command which the model allows can break on a state that the model can reach.
const BREAKABLE: [Promise; 3] = [Promise::NoStrangers, Promise::Delivery, Promise::Invitation];

fn presets() -> Vec<Policy> {
    Preset::ALL.iter().map(|preset| preset.policy()).collect()
}

/// The number of commands within which all states are compared.
fn depth(preset: Preset) -> usize {
    match preset {
        Preset::MessengerKids | Preset::PairwiseConsent => 3,
        _ => 2,
    }
}

#[test]
fn all_commands_in_all_states_of_few_users() {
    let mut counts = Counts::default();
    for preset in Preset::ALL {
        let policy = preset.policy();
        let setup = small(policy, 1);
        let states = reached(&setup, &setup.bounds().well_typed(), depth(*preset));
        let all = setup.bounds().all();
        let mut tie = Tie::new(&policy, setup.groups, &mut counts);
        for state in &states {
            all.iter().for_each(|command| tie.check(state, command));
        }
        counts.states += states.len();
    }
    counts.assert_is_enough();
    assert!(counts.states > 2000);
    assert!(counts.broken[&Promise::NoStrangers] > 0 && counts.broken[&Promise::Invitation] > 0);
    assert!(counts.broken_by_refusal[&Promise::NoStrangers] > 0);
}

#[test]
fn all_commands_in_random_states_of_few_users() {
    let mut counts = Counts::default();
    let policies = presets().into_iter().chain((0..5).map(random_policy));
    for (policy, number) in policies.zip(0..) {
        let setup = small(policy, 1);
        let all = setup.bounds().all();
        let mut tie = Tie::new(&policy, setup.groups, &mut counts);
        let mut choices = Seeded::of_run(0x57a7e, number);
        for _ in 0..8 {
            let state: State<5, 1> = random_state(&setup.cast, setup.groups, &mut choices);
            all.iter().for_each(|command| tie.check(&state, command));
            tie.counts.states += 1;
        }
    }
    counts.assert_is_enough();
    assert!(BREAKABLE.iter().all(|promise| counts.broken[promise] > 0));
    assert!(counts.broken[&Promise::Ban] > 0);
    assert_eq!(counts.changed, Relation::state().collect());
}

#[test]
fn walks_of_many_users() {
    let mut counts = Counts::default();
    for number in 0..20 {
        let policy = random_policy(number);
        let setup = large(policy);
        let bounds: Bounds = setup.bounds();
        let mut tie = Tie::new(&policy, GROUPS, &mut counts);
        let mut choices = Seeded::of_run(0xa11, number);
        for run in 0..3 {
            walk(&setup, number * 100 + run, 60, |state, command| {
                tie.check(state, command);
                tie.check(state, &uniform(&bounds, &mut choices));
                tie.counts.states += 1;
            });
        }
    }
    counts.assert_is_enough();
    assert!(BREAKABLE.iter().all(|promise| counts.broken[promise] > 0));
}

#[test]
fn random_states_of_many_users() {
    let mut counts = Counts::default();
    for number in 100..120 {
        let policy = random_policy(number);
        let setup = large(policy);
        let mut choices = Seeded::of_run(0xb16, number);
        let mut generator = Generator::with_commands(&setup, EnumSet::all());
        let mut tie = Tie::new(&policy, GROUPS, &mut counts);
        for _ in 0..20 {
            let state: State = random_state(&setup.cast, GROUPS, &mut choices);
            for _ in 0..15 {
                let command = generator.next(&state, &mut choices);
                tie.check(&state, &command);
                tie.check(&state, &uniform(&setup.bounds(), &mut choices));
            }
            tie.counts.states += 1;
        }
    }
    counts.assert_is_enough();
    assert!(BREAKABLE.iter().all(|promise| counts.broken[promise] > 0));
}

#[test]
#[should_panic(expected = "allowed")]
fn a_condition_that_is_left_out_is_noticed() {
    let policy = Preset::MessengerKids.policy();
    let setup = small(policy, 1);
    let (mutant, mut counts) = ((CommandKind::Create, Condition::NewcomerCleared), Counts::default());
    let mut tie = Tie::with_mutant(&policy, setup.groups, &mut counts, Some(mutant));
    setup.bounds().all().iter().for_each(|command| tie.check(&setup.start::<5, 1>(), command));
}
