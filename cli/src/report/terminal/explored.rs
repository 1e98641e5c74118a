//! Exhaustive searches for people: a policy with its counterexamples, the table of several
//! policies, and an implementation.

use std::io::{self, Write};

use anstyle::Style;
use chatwarden_model::{Command, NamedEnum, Promise};

use super::super::{Explored, ImplementationExplored, counted, symmetry_bound};
use super::{BAD, BOLD, DIM, GOOD, WARN, left_out};
use chatwarden::describe::{Describer, grouped};
use chatwarden::sanitize;
use chatwarden::trace::{Trace, TraceStep};
use chatwarden_explore::{End, PromiseResult, StateEquivalence};

/// A policy: the size of the search, and the result for each promise.
pub(super) fn policy(out: &mut impl Write, explored: &Explored) -> io::Result<()> {
    let exploration = &explored.exploration;
    let scope = scope(&explored.cast, explored.setup.groups, exploration.actions);
    writeln!(out, "{BOLD}{}{BOLD:#}, {scope}", sanitize::line(&explored.policy))?;
    let symmetry = match exploration.renamings {
        1 => String::new(),
        permutations => format!(" up to {permutations} permutations"),
    };
    let (states, transitions) = (grouped(exploration.states), grouped(exploration.transitions));
    write!(out, "  states {states}{symmetry}, transitions {transitions}, depth {}, ", exploration.depth)?;
    match explored.is_complete() {
        true => writeln!(out, "complete: {}", exploration.end.about())?,
        false => {
            let rest = match exploration.judged {
                Some(judged) if judged > exploration.depth => {
                    "the commands of the farthest states were judged, and the states after them not kept"
                        .into()
                }
                _ => format!("unexpanded states: {}", grouped(exploration.frontier)),
            };
            writeln!(out, "{WARN}not complete{WARN:#}: {}; {rest}", exploration.end.about())?;
        }
    }
    symmetry_bound(exploration.symmetry_cut)
        .map_or(Ok(()), |bound| writeln!(out, "  {WARN}{bound}{WARN:#}"))?;
    let seconds = explored.time.as_secs_f64();
    let rate = grouped((exploration.states as f64 / seconds.max(1e-6)) as u64);
    let each = exploration.bytes.div_ceil(exploration.states.max(1));
    writeln!(out, "  {DIM}{seconds:.2} s, {rate} states/s, {each} bytes a state{DIM:#}")?;
    for (promise, status) in &exploration.promises {
        promise_line(out, explored, *promise, status)?;
    }
    Ok(())
}

/// Several policies: the length of the shortest counterexample for each promise.
pub(super) fn table(out: &mut impl Write, all: &[Explored]) -> io::Result<()> {
    let Some(first) = all.first() else { return Ok(()) };
    let exploration = &first.exploration;
    writeln!(out, "{}", scope(&first.cast, first.setup.groups, exploration.actions))?;
    let promises: Vec<Promise> = exploration.promises.iter().map(|(promise, _)| *promise).collect();
    let width = all.iter().map(|explored| explored.policy.chars().count()).max().unwrap_or(0);
    write!(out, "{:width$}", "")?;
    promises.iter().try_for_each(|promise| write!(out, "  {BOLD}{promise}{BOLD:#}"))?;
    writeln!(out, "  {DIM}{:>11}  depth{DIM:#}", "states")?;
    for explored in all {
        write!(out, "{BOLD}{:width$}{BOLD:#}", explored.policy)?;
        for promise in &promises {
            let (mark, style) = mark(explored, *promise);
            write!(out, "  {style}{mark:^width$}{style:#}", width = promise.name().len())?;
        }
        let depth = explored.exploration.depth;
        writeln!(out, "  {DIM}{:>11}  {depth:>5}{DIM:#}", grouped(explored.exploration.states))?;
    }
    writeln!(out, "✓ no trace breaks it")?;
    if all.iter().any(|explored| !explored.is_complete()) {
        writeln!(out, "✓ ≤N no trace of up to N commands breaks it; not all longer ones were tried")?;
    }
    writeln!(out, "· the model cannot break it, only an implementation can")?;
    writeln!(out, "a number: the shortest trace that breaks it has so many commands")
}

/// An implementation: the size of the search, and what it proves.
pub(super) fn implementation(out: &mut impl Write, explored: &ImplementationExplored<'_>) -> io::Result<()> {
    let ImplementationExplored { cast, search, result, .. } = explored;
    let [adapter, policy] = [explored.adapter, explored.policy].map(sanitize::line);
    let scope = scope(cast, search.setup.groups, search.actions.len());
    let fidelity = search.check.fidelity;
    let fault = explored.fault.map(|fault| format!(" with {fault}")).unwrap_or_default();
    writeln!(out, "{BOLD}{adapter}{fault}{BOLD:#} under {policy}, {scope}, compared {fidelity}")?;
    let [states, allowed, refused, executed, resets] =
        [result.states, result.allowed, result.refused, result.executed, result.resets].map(grouped);
    writeln!(out, "  states {states}, commands allowed there {allowed}, refused {refused}")?;
    write!(out, "  commands executed {executed}, resets {resets}, depth {}, ", result.depth)?;
    match result.end {
        End::Complete => writeln!(out, "complete: {}", result.end.about())?,
        end => writeln!(out, "{WARN}not complete{WARN:#}: {}", end.about())?,
    }
    let shortfall = result.tally.shortfall();
    match explored.findings {
        0 if shortfall.is_some() => write!(out, "  {WARN}inconclusive{WARN:#}, no finding")?,
        0 => write!(out, "  {GOOD}no finding{GOOD:#}")?,
        count => write!(out, "  {BAD}{}{BAD:#}", counted(count, "finding"))?,
    }
    writeln!(out, " in {:.2} s", explored.time.as_secs_f64())?;
    left_out(out, &result.tally)?;
    if shortfall.is_some() {
        return Ok(());
    }
    proof(explored).iter().try_for_each(|sentence| writeln!(out, "  {DIM}{sentence}{DIM:#}"))
}

/// The scope of the search.
fn scope(cast: &str, groups: usize, commands: usize) -> String {
    format!("cast {}, {}, {}", sanitize::line(cast), counted(groups, "group"), counted(commands, "command"))
}

fn promise_line(
    out: &mut impl Write,
    explored: &Explored,
    promise: Promise,
    status: &PromiseResult,
) -> io::Result<()> {
    let width = Promise::ALL.iter().map(|promise| promise.name().len()).max().unwrap_or(0);
    write!(out, "  {promise:<width$}  ")?;
    match status {
        PromiseResult::Kept if explored.is_complete() => writeln!(out, "{GOOD}kept{GOOD:#}"),
        PromiseResult::Kept => {
            let judged = explored.exploration.judged.unwrap_or_default();
            writeln!(out, "{WARN}kept up to {}{WARN:#}", counted(judged, "command"))
        }
        PromiseResult::KeptByConstruction => {
            writeln!(out, "{DIM}kept by construction: only an implementation can break it{DIM:#}")
        }
        PromiseResult::Broken(trace) => {
            let (known, style) = if explored.is_known(promise) { (", known", WARN) } else { ("", BAD) };
            writeln!(out, "{style}broken by {}{known}{style:#}", counted(trace.len(), "command"))?;
            write_trace(out, explored, promise, trace)
        }
        PromiseResult::BrokenUntraced(length) => {
            let (known, style) = if explored.is_known(promise) { (", known", WARN) } else { ("", BAD) };
            let length = counted(*length, "command");
            writeln!(out, "{style}broken by {length}{known}{style:#}; interrupted before the trace was made")
        }
    }
}

/// The commands, then the breach at their end and its reasons.
fn write_trace(
    out: &mut impl Write,
    explored: &Explored,
    promise: Promise,
    commands: &[Command],
) -> io::Result<()> {
    let describer = Describer { names: &explored.names, setup: &explored.setup };
    let trace = Trace::of_policy(&explored.setup, commands);
    for record in &trace.steps {
        let to = match record.delivered.is_empty() {
            true => String::new(),
            false => format!("  delivered to {}", describer.users(record.delivered)),
        };
        writeln!(out, "    {:>2}  {}{to}", record.at, describer.command(record.command))?;
    }
    trace.steps.last().map_or(Ok(()), |record| write_reasons(out, &describer, promise, record))?;
    match explored.file(promise) {
        Some(file) => writeln!(out, "    saved {}", sanitize::path(file)),
        None => Ok(()),
    }
}

fn write_reasons(
    out: &mut impl Write,
    describer: &Describer<'_>,
    promise: Promise,
    record: &TraceStep,
) -> io::Result<()> {
    let Some(breach) = record.breaches.iter().find(|breach| breach.promise == promise) else { return Ok(()) };
    writeln!(out, "        it {}", describer.breach(breach))?;
    let reasons = describer.breach_reasons(record, breach);
    reasons.iter().try_for_each(|reason| writeln!(out, "        {reason}"))
}

/// The entry of the table for a promise.
fn mark(explored: &Explored, promise: Promise) -> (String, Style) {
    match explored.exploration.result_of(promise) {
        PromiseResult::Kept => match explored.exploration.judged {
            None => ("✓".into(), GOOD),
            Some(length) => (format!("✓ ≤{length}"), WARN),
        },
        PromiseResult::KeptByConstruction => ("·".into(), DIM),
        broken @ (PromiseResult::Broken(_) | PromiseResult::BrokenUntraced(_)) => {
            let length = broken.length().unwrap_or_default();
            (length.to_string(), if explored.is_known(promise) { WARN } else { BAD })
        }
    }
}

/// The statements that the search of an implementation proves, and the limits of each.
fn proof(explored: &ImplementationExplored<'_>) -> Vec<String> {
    let ImplementationExplored { search, result, .. } = explored;
    let within = match result.judged {
        None => "all traces".into(),
        Some(judged) => format!("all traces of up to {}", counted(judged, "command")),
    };
    let mut not_covered = Vec::new();
    let deviation = match result.found.is_empty() {
        true => "there is no deviation",
        false => {
            not_covered.push("what happens after a deviation".into());
            "there is no first deviation other than those listed"
        }
    };
    match search.equivalence {
        StateEquivalence::Product => {
            not_covered.push("state that the implementation's fingerprint leaves out".into());
        }
        StateEquivalence::Tracked { paths } => {
            let (up_to, traces) =
                (if paths.get() == 1 { "" } else { "up to " }, counted(paths.get(), "trace"));
            not_covered.push(format!(
                "defects that depend on state the adapter does not observe (each visible state was expanded from \
                 {up_to}{traces})"
            ));
        }
        StateEquivalence::Never => {}
    }
    let mut sentences = vec![format!("Proved: among {within} {deviation}.")];
    if !not_covered.is_empty() {
        sentences.push(format!("Not covered: {}.", not_covered.join(", and ")));
    }
    sentences.extend(symmetry_bound(result.symmetry_cut));
    if search.symmetry {
        sentences.push(
            "Assumed: interchangeable users and groups are treated the same; `--no-symmetry` drops that assumption."
                .into(),
        );
    }
    sentences
}
