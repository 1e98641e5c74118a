//! The explanation of a history to a person: at each step who may chat with whom, every condition and whether it
//! held, what changed, and the policy's answer beside the implementation's; where a promise breaks, the pair, the
//! missing approval and what would have made it legitimate.
//!
//! It judges nothing: all of it is read off a [`Trace`].

use std::io::{self, Write};

use chatwarden_model::{Breach, Condition, Kind, NamedEnum, Promise, State, UserSet};

use super::{Describer, Palette, is_about_a_pair};
use crate::finding::Deviation;
use crate::trace::{Trace, TraceStep};

/// Writes the explanation of a trace.
///
/// # Errors
/// If it cannot be written.
pub fn explain(
    out: &mut impl Write,
    palette: &Palette,
    telling: &Describer<'_>,
    history: &Trace,
) -> io::Result<()> {
    people(out, telling)?;
    let Palette { dim, bad, .. } = *palette;
    let mut known: &[Breach] = &[];
    for record in &history.records {
        writeln!(out)?;
        step(out, palette, telling, record)?;
        for breach in &record.breaches {
            if known.contains(breach) {
                writeln!(
                    out,
                    "  {dim}still broken: {} {}{dim:#}",
                    breach.promise,
                    telling.users(breach.users)
                )?;
            } else {
                writeln!(out, "  {bad}✗ the policy itself {}{bad:#}", telling.breach(breach))?;
                legitimate(out, telling, record, breach)?;
            }
        }
        known = &record.breaches;
        if let Some(finding) = history.finding.as_ref().filter(|finding| finding.at() == record.at) {
            for deviation in finding.deviations() {
                writeln!(out, "  {bad}✗ {}{bad:#}", telling.deviation(deviation))?;
                if let Deviation::Broke(breach) = deviation {
                    legitimate(out, telling, record, breach)?;
                }
            }
        }
    }
    match &history.finding {
        Some(finding) if finding.command().is_none() => {
            writeln!(out, "{bad}✗ {}{bad:#}", telling.finding(finding))
        }
        _ => Ok(()),
    }
}

fn people(out: &mut impl Write, telling: &Describer<'_>) -> io::Result<()> {
    let cast = &telling.setup.cast;
    for user in cast.kinds().everyone() {
        let name = telling.names.user(user);
        match cast.kind(user) {
            Kind::Child => writeln!(out, "  {name}, a child of {}", telling.users(cast.guardians(user)))?,
            Kind::Adult => writeln!(out, "  {name}, an adult")?,
            Kind::Guardian => writeln!(out, "  {name}, a guardian")?,
        }
    }
    Ok(())
}

fn step(
    out: &mut impl Write,
    palette: &Palette,
    telling: &Describer<'_>,
    record: &TraceStep,
) -> io::Result<()> {
    let Palette { bold, dim, good, bad, .. } = *palette;
    writeln!(out, "{bold}step {}: {}{bold:#}", record.at, telling.command(record.command))?;
    writeln!(out, "  may chat: {}", telling.may_chat(&record.before))?;
    for (condition, holds) in record.decision.conditions() {
        let (style, mark) = if holds { (good, '✓') } else { (bad, '✗') };
        writeln!(out, "  {style}{mark} {condition:<22}{style:#} {dim}{}{dim:#}", condition.about())?;
        if !holds && is_about_pairs(condition) {
            let strangers = telling.strangers(&record.before, &record.command);
            strangers.iter().try_for_each(|obstacle| writeln!(out, "      {obstacle}"))?;
        }
    }
    let delivered = |to: UserSet| {
        if to.is_empty() { String::new() } else { format!(" and delivers to {}", telling.users(to)) }
    };
    let by_policy = telling.decision(record.decision);
    writeln!(out, "  the policy {by_policy}{}", delivered(record.delivered))?;
    if let Some(answer) = record.answer {
        let answered = if answer.is_allowed() { "allows" } else { "refuses" };
        writeln!(out, "  the implementation {answered}{}", delivered(answer.delivered()))?;
    }
    let changes = telling.changes(&record.before, &record.after);
    if changes.is_empty() {
        writeln!(out, "  nothing changes")?;
    }
    changes.iter().try_for_each(|change| writeln!(out, "  → {change}"))?;
    Ok(())
}

fn is_about_pairs(condition: Condition) -> bool {
    matches!(
        condition,
        Condition::NewcomerCleared | Condition::AudienceCleared | Condition::PartiesAuthorized
    )
}

/// What is missing between the two of a broken promise, and the approvals that would have made it legitimate.
fn legitimate(
    out: &mut impl Write,
    telling: &Describer<'_>,
    record: &TraceStep,
    breach: &Breach,
) -> io::Result<()> {
    if !is_about_a_pair(breach) {
        return Ok(());
    }
    let mut pair = breach.users.iter();
    let (Some(one), Some(other)) = (pair.next(), pair.next()) else { return Ok(()) };
    let judged: &State = match breach.promise {
        Promise::NoStrangers => &record.after,
        _ => &record.before,
    };
    for obstacle in telling.obstacles(judged, one, other) {
        writeln!(out, "    because {obstacle}")?;
    }
    let remedies = telling.remedies(judged, one, other);
    if remedies.is_empty() {
        return Ok(());
    }
    writeln!(out, "    legitimate after {}", remedies.join(", "))
}
