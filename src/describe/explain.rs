//! The explanation of a trace. Each step has the pairs that may chat, every condition and whether
//! it held, the answers of the policy and of the implementation, and the changes. A broken promise
//! has the pair, the missing approvals, and the commands that would have made the step legitimate.
//!
//! Nothing is judged here: everything is read from a [`Trace`].

use std::io::{self, Write};

use chatwarden_model::{Breach, Condition, Kind, NamedEnum, Promise, State, UserSet};

use super::{Describer, Palette, is_about_a_pair, quoted_reason};
use crate::finding::Deviation;
use crate::trace::{Trace, TraceStep};

/// Writes the explanation of a trace.
///
/// # Errors
/// If it cannot be written.
pub fn explain(
    out: &mut impl Write,
    palette: &Palette,
    describer: &Describer<'_>,
    trace: &Trace,
) -> io::Result<()> {
    write_people(out, describer)?;
    let Palette { dim, bad, .. } = *palette;
    let mut known: &[Breach] = &[];
    for step in &trace.steps {
        writeln!(out)?;
        write_step(out, palette, describer, step)?;
        for breach in &step.breaches {
            if known.contains(breach) {
                let users = describer.users(breach.users);
                writeln!(out, "  {dim}still broken: {} {users}{dim:#}", breach.promise)?;
            } else {
                writeln!(out, "  {bad}✗ the policy itself {}{bad:#}", describer.breach(breach))?;
                write_fixes(out, describer, step, breach)?;
            }
        }
        known = &step.breaches;
        if let Some(finding) = trace.finding.as_ref().filter(|finding| finding.at() == step.at) {
            for deviation in finding.deviations() {
                writeln!(out, "  {bad}✗ {}{bad:#}", describer.deviation(finding.command(), deviation))?;
                if let Deviation::Broke(breach) = deviation {
                    write_fixes(out, describer, step, breach)?;
                }
            }
        }
    }
    match &trace.finding {
        Some(finding) if finding.command().is_none() => {
            writeln!(out, "{bad}✗ {}{bad:#}", describer.finding(finding))
        }
        _ => Ok(()),
    }
}

fn write_people(out: &mut impl Write, describer: &Describer<'_>) -> io::Result<()> {
    let cast = &describer.setup.cast;
    for user in cast.kinds().everyone() {
        let name = describer.names.user(user);
        match cast.kind(user) {
            Kind::Child => writeln!(out, "  {name}, a child of {}", describer.users(cast.guardians(user)))?,
            Kind::Adult => writeln!(out, "  {name}, an adult")?,
            Kind::Guardian => writeln!(out, "  {name}, a guardian")?,
        }
    }
    Ok(())
}

fn write_step(
    out: &mut impl Write,
    palette: &Palette,
    describer: &Describer<'_>,
    step: &TraceStep,
) -> io::Result<()> {
    let Palette { bold, dim, good, bad, .. } = *palette;
    writeln!(out, "{bold}step {}: {}{bold:#}", step.at, describer.command(step.command))?;
    writeln!(out, "  may chat: {}", describer.may_chat(&step.before))?;
    for (condition, holds) in step.decision.conditions() {
        let (style, mark) = if holds { (good, '✓') } else { (bad, '✗') };
        writeln!(out, "  {style}{mark} {condition:<22}{style:#} {dim}{}{dim:#}", condition.about())?;
        if !holds && is_about_pairs(condition) {
            let reasons = describer.unauthorized_pairs(&step.before, &step.command);
            reasons.iter().try_for_each(|reason| writeln!(out, "      {reason}"))?;
        }
    }
    let delivered = |to: UserSet| {
        if to.is_empty() { String::new() } else { format!(" and delivers to {}", describer.users(to)) }
    };
    let by_policy = describer.decision(step.decision);
    writeln!(out, "  the policy {by_policy}{}", delivered(step.delivered))?;
    if let Some(answer) = step.answer {
        let answered = if answer.is_allowed() { "allows" } else { "refuses" };
        let reason = step.reason.as_deref().map(|reason| format!(" because {}", quoted_reason(reason)));
        let reason = reason.unwrap_or_default();
        writeln!(out, "  the implementation {answered}{}{reason}", delivered(answer.delivered()))?;
    }
    let changes = describer.changes(&step.before, &step.after);
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

/// The missing approvals between the two users of a breach, and the commands that would have made
/// it legitimate.
fn write_fixes(
    out: &mut impl Write,
    describer: &Describer<'_>,
    step: &TraceStep,
    breach: &Breach,
) -> io::Result<()> {
    let mut pair = breach.users.iter().filter(|_| is_about_a_pair(breach));
    let (Some(one), Some(other)) = (pair.next(), pair.next()) else { return Ok(()) };
    let judged: &State = match breach.promise {
        Promise::NoStrangers => &step.after,
        _ => &step.before,
    };
    for reason in describer.missing_approvals(judged, one, other) {
        writeln!(out, "    because {reason}")?;
    }
    let fixes = describer.fixes(judged, one, other);
    if fixes.is_empty() {
        return Ok(());
    }
    writeln!(out, "    legitimate after {}", fixes.join(", "))
}
