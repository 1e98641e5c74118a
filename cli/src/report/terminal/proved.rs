//! Proofs for people: a policy with the result for each promise, the table of several policies, and races.

use std::io::{self, Write};

use anstyle::Style;
use chatwarden_model::{Command, Kind, NamedEnum, Policy, Promise, Setup, State};

use super::super::{FoundRace, ProofResult, Proved, Searched, counted};
use super::{BAD, BOLD, DIM, GOOD, WARN};
use chatwarden::describe::Describer;
use chatwarden::format::Names;
use chatwarden::sanitize;
use chatwarden::trace::Trace;
use chatwarden_prove::{Isolation, Witness};

/// A policy: the invariant, and the result for each promise.
pub(super) fn policy(out: &mut impl Write, proved: &Proved) -> io::Result<()> {
    let name = sanitize::line(&proved.policy);
    writeln!(out, "{BOLD}{name}{BOLD:#}, any number of users, guardians and groups")?;
    let (seconds, solver) = (proved.time.as_secs_f64(), sanitize::line(&proved.solver));
    writeln!(out, "  {DIM}{}, {seconds:.1} s, {solver}{DIM:#}", counted(proved.asked, "question"))?;
    writeln!(out, "  in every state that commands lead to:")?;
    for fact in &proved.invariant {
        writeln!(out, "    {:<24}{DIM}{}{DIM:#}", fact.name(), fact.about())?;
    }
    never(out, proved)?;
    for (promise, result) in &proved.results {
        promise_lines(out, *promise, result)?;
    }
    recheck(out, proved)?;
    match &proved.races {
        Some(races) => self::races(out, races),
        None => Ok(()),
    }
}

fn never(out: &mut impl Write, proved: &Proved) -> io::Result<()> {
    let never: Vec<&str> = proved.never.iter().map(|kind| kind.name()).collect();
    match never.is_empty() {
        true => writeln!(out, "  every command can be allowed there"),
        false => writeln!(out, "  never allowed: {}; every other command can be", never.join(", ")),
    }
}

fn recheck(out: &mut impl Write, proved: &Proved) -> io::Result<()> {
    let Some(recheck) = &proved.recheck else { return Ok(()) };
    let solver = sanitize::line(&recheck.solver);
    let agreed = counted(recheck.agreed, "question");
    match (recheck.differ.len(), recheck.unanswered.len()) {
        (0, 0) => writeln!(out, "  {GOOD}rechecked{GOOD:#} with {solver}: it agrees on {agreed}"),
        (differ, unanswered) => writeln!(
            out,
            "  {BAD}rechecked{BAD:#} with {solver}: it agrees on {agreed}, not on {differ}, and does not know {unanswered}"
        ),
    }
}

fn promise_lines(out: &mut impl Write, promise: Promise, result: &ProofResult) -> io::Result<()> {
    let width = Promise::ALL.iter().map(|promise| promise.name().len()).max().unwrap_or(0);
    write!(out, "  {promise:<width$}  ")?;
    match result {
        ProofResult::Proved => writeln!(out, "{GOOD}proved{GOOD:#}"),
        ProofResult::Unknown(why) => {
            writeln!(out, "{WARN}not known{WARN:#}: {}", sanitize::line(why))
        }
        ProofResult::Broken { setup, names, commands } => {
            writeln!(out, "{BAD}broken by {}{BAD:#}", counted(commands.len(), "command"))?;
            chain(out, setup, names, commands)?;
            broken_by_last(out, setup, names, commands, promise)
        }
        ProofResult::NotInductive { command, policy, witness, searched } => {
            writeln!(out, "{WARN}not inductive{WARN:#}: {command} could break it; {}", within(searched))?;
            match witness {
                Some(witness) => situation(out, &witness_setup(witness, *policy), witness),
                None => writeln!(out, "    no situation with few users was found"),
            }
        }
    }
}

/// The bound of the search from the start.
fn within(searched: &Searched) -> String {
    let scope = format!("cast {}, {}", sanitize::line(&searched.cast), counted(searched.groups, "group"));
    match searched.judged {
        None => format!("with {scope} no history does"),
        Some(most) => format!("with {scope} no history of up to {} does", counted(most, "command")),
    }
}

fn witness_setup(witness: &Witness, policy: Policy) -> Setup {
    Setup { cast: witness.cast, groups: witness.groups, policy }
}

/// A situation that is not known to be reachable, and the command.
fn situation(out: &mut impl Write, setup: &Setup, witness: &Witness) -> io::Result<()> {
    let mut names = Names::default();
    names.fill(setup.cast.len(), setup.groups);
    let describer = Describer { names: &names, setup };
    let article = |kind| if kind == Kind::Adult { "an" } else { "a" };
    let is_a = |user| {
        let kind = setup.cast.kind(user);
        format!("{} is {} {kind}", names.user(user), article(kind))
    };
    let users: Vec<_> = setup.cast.kinds().everyone().iter().map(is_a).collect();
    writeln!(out, "    suppose that {}; and that", users.join(", "))?;
    let start: State = State::new(&setup.cast);
    for change in describer.changes(&start, &witness.state) {
        writeln!(out, "      {change}")?;
    }
    witness.commands.iter().try_for_each(|command| writeln!(out, "    then {}", describer.command(*command)))
}

fn chain(out: &mut impl Write, setup: &Setup, names: &Names, commands: &[Command]) -> io::Result<()> {
    let describer = Describer { names, setup };
    for (at, command) in commands.iter().enumerate() {
        writeln!(out, "    {at:>2}  {}", describer.command(*command))?;
    }
    Ok(())
}

fn broken_by_last(
    out: &mut impl Write,
    setup: &Setup,
    names: &Names,
    commands: &[Command],
    promise: Promise,
) -> io::Result<()> {
    let (trace, describer) = (Trace::of_policy(setup, commands), Describer { names, setup });
    let breach =
        trace.steps.last().and_then(|last| last.breaches.iter().find(|breach| breach.promise == promise));
    breach.map_or(Ok(()), |breach| writeln!(out, "        it {}", describer.breach(breach)))
}

/// The races, by promise.
fn races(out: &mut impl Write, races: &[FoundRace]) -> io::Result<()> {
    if races.is_empty() {
        return writeln!(out, "  {GOOD}no races{GOOD:#}: no two commands break a promise together");
    }
    for isolation in Isolation::ALL {
        let mut of = races.iter().filter(|found| found.race.isolation == *isolation).peekable();
        if of.peek().is_none() {
            continue;
        }
        writeln!(out, "  races, carried out {}:", isolation.about())?;
        of.try_for_each(|found| race(out, found))?;
    }
    Ok(())
}

fn race(out: &mut impl Write, found: &FoundRace) -> io::Result<()> {
    let race = found.race;
    writeln!(
        out,
        "    {WARN}{}{WARN:#}, then {WARN}{}{WARN:#}: {} is broken",
        race.first, race.second, race.promise
    )?;
    let Some(history) = &found.history else {
        return writeln!(out, "        {DIM}no history of the first states shows it{DIM:#}");
    };
    let describer = Describer { names: &found.names, setup: &found.setup };
    let words = |commands: &[Command]| {
        commands.iter().map(|command| describer.command(*command)).collect::<Vec<_>>().join("; ")
    };
    let after = if history.commands.is_empty() { "at the start".into() } else { words(&history.commands) };
    writeln!(out, "        {DIM}{after}{DIM:#}")?;
    writeln!(out, "        then at once {}", words(&[history.first, history.second]))
}

/// Several policies: the result for each promise.
pub(super) fn table(out: &mut impl Write, all: &[Proved]) -> io::Result<()> {
    let Some(first) = all.first() else { return Ok(()) };
    let width = all.iter().map(|proved| proved.policy.chars().count()).max().unwrap_or(0);
    write!(out, "{:width$}", "")?;
    first.results.iter().try_for_each(|(promise, _)| write!(out, "  {BOLD}{promise}{BOLD:#}"))?;
    writeln!(out)?;
    for proved in all {
        write!(out, "{BOLD}{:width$}{BOLD:#}", sanitize::line(&proved.policy))?;
        for (promise, result) in &proved.results {
            let (mark, style) = mark(result);
            write!(out, "  {style}{mark:^width$}{style:#}", width = promise.name().len())?;
        }
        writeln!(out)?;
    }
    writeln!(out, "∀ proved: kept in every history, for any number of users, guardians and groups")?;
    writeln!(out, "a number: broken, and the shortest history that breaks it has so many commands")?;
    if all.iter().any(|proved| proved.doubts().next().is_some()) {
        writeln!(out, "? neither proved nor broken")?;
    }
    Ok(())
}

fn mark(result: &ProofResult) -> (String, Style) {
    match result {
        ProofResult::Proved => ("∀".into(), GOOD),
        ProofResult::Broken { commands, .. } => (commands.len().to_string(), BAD),
        ProofResult::NotInductive { .. } | ProofResult::Unknown(_) => ("?".into(), WARN),
    }
}
