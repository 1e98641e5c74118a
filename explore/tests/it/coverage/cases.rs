//! Every case against a table written by hand: traces, and the points that the last command of each shows.

use std::collections::{BTreeSet, HashMap};

use chatwarden::adapter::fault::CustomPolicy;
use chatwarden::coverage::{Case, DecidedBy, HistoryFacts, Point, StateView};
use chatwarden::format::{BuiltInCast, NamedCommand, Names};
use chatwarden::model::{
    BetweenChildren, Command, NamedEnum, Newcomer, NewcomerRule, Policy, Preset, Setup, State, step,
};

const TABLE: &str = include_str!("cases.txt");

#[test]
fn a_command_shows_the_points_of_the_table() {
    let commands = commands();
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in TABLE.split("\n# ").skip(1).flat_map(|section| section.trim_end().split("\n\n").skip(1)) {
        let lines: Vec<_> = row.lines().collect();
        let [policy_line, trace @ .., shown] = lines.as_slice() else { panic!("too few lines: {row}") };
        let policy = policy(policy_line.strip_prefix("+ ").expect(row));
        let trace: Vec<_> = trace
            .iter()
            .map(|line| *commands.get(*line).unwrap_or_else(|| panic!("no command: {line}")))
            .collect();
        let points = shown_by_the_last(policy, &trace);
        let (expected, shown) = (shown.strip_prefix("= ").expect(row), words(&points));
        if shown != expected {
            wrong.push(format!("{row}\nshown: {shown}"));
        }
        seen.extend(points.iter().filter_map(|point| match point {
            Point::Case(_, _, case) => Some(*case),
            _ => None,
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let unseen: Vec<_> = Case::ALL.iter().filter(|case| !seen.contains(case)).collect();
    assert!(unseen.is_empty(), "the table has no trace for {unseen:?}");
}

/// Every command with the cast, by its text on the terminal.
fn commands() -> HashMap<String, Command> {
    let names = names();
    let all = setup(Preset::MessengerKids.policy()).bounds().all();
    all.into_iter().map(|command| (NamedCommand { command, names: &names }.to_string(), command)).collect()
}

fn names() -> Names {
    BuiltInCast::Family.named_cast().with_groups(Names::numbered(2))
}

fn setup(policy: Policy) -> Setup {
    Setup { cast: BuiltInCast::Family.named_cast().cast, groups: 2, policy }
}

/// A preset or a policy of the catalogue, with a change where one is given.
fn policy(words: &str) -> Policy {
    let (name, knob) = words.split_once(' ').unwrap_or((words, ""));
    let preset = Preset::named(name).map(Preset::policy);
    let policy = preset.or_else(|| CustomPolicy::named(name).map(CustomPolicy::policy)).expect(words);
    let newcomers = |rule: &str| Newcomer::everywhere(NewcomerRule::named(rule).expect(words));
    match knob.split_once(' ') {
        None => policy,
        Some(("between-children", value)) => {
            Policy { between_children: BetweenChildren::named(value).expect(words), ..policy }
        }
        Some(("newcomer", rule)) => Policy { newcomer: newcomers(rule), ..policy },
        Some(_) => panic!("{words}"),
    }
}

fn shown_by_the_last(policy: Policy, trace: &[Command]) -> Vec<Point> {
    let (last, before) = trace.split_last().expect("there is a last command");
    let (mut state, mut history): (State, HistoryFacts) = (setup(policy).start(), HistoryFacts::default());
    for command in before {
        let old = state;
        let allowed = step(&mut state, &policy, command).decision.is_allowed();
        history.record(&old, command, allowed, &state);
    }
    let mut points = Vec::new();
    let view = StateView { state: &state, policy: &policy, history: Some(&history) };
    view.each_point(last, |point| points.push(point));
    points
}

/// The outcome of the command, its cases in order, and the promises at risk.
fn words(points: &[Point]) -> String {
    let (mut outcome, mut cases, mut promises) = ("none", BTreeSet::new(), BTreeSet::new());
    for point in points {
        match point {
            Point::Decided(_, DecidedBy::Allowed) => outcome = "allowed",
            Point::Decided(_, DecidedBy::Alone(condition)) => outcome = condition.name(),
            Point::Case(_, _, case) => {
                cases.insert(*case);
            }
            Point::Promise(promise, _) => {
                promises.insert(*promise);
            }
        }
    }
    let listed = |sign: &str, words: Vec<&str>| match words.as_slice() {
        [] => String::new(),
        words => format!("{sign}{}", words.join(" ")),
    };
    let cases = listed(": ", cases.iter().map(|case| case.name()).collect());
    let promises = listed(" | ", promises.iter().map(|promise| promise.name()).collect());
    format!("{outcome}{cases}{promises}")
}
