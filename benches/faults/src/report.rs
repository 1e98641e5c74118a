//! The results as a table for people and as JSON lines for programs. A median of which only a lower
//! bound is known is shown as a bound.

use std::io::{self, Write};
use std::time::Duration;

use chatwarden::describe::grouped;
use chatwarden_model::NamedEnum;
use serde_json::{Value, json};

use crate::{Amount, BenchSummary, Row, Scope, Table};

/// Writes a line for each fault and engine, and at the end one for each engine.
///
/// # Errors
/// If it cannot be written.
pub fn write_text(table: &Table, out: &mut impl Write) -> io::Result<()> {
    let names = table.rows.iter().map(|row| row.fault.name());
    let width = names.map(str::len).max().unwrap_or(0).max("fault".len());
    line(out, width, ["fault", "engine", "found", "runs", "commands", "time", "least", "minimum"])?;
    let mut last = None;
    for row in &table.rows {
        let is_first = last.replace(row.fault) != Some(row.fault);
        let cells = [
            if is_first { row.fault.name().into() } else { String::new() },
            row.engine.name().into(),
            format!("{}/{}", row.found(), row.trials.len()),
            amount(row.runs(), grouped),
            amount(row.commands(), grouped),
            amount(row.time(), span),
            row.min_length().map_or("–".into(), |length| length.to_string()),
            if is_first { minimum(table, row) } else { String::new() },
        ];
        line(out, width, cells.each_ref().map(String::as_str))?;
    }
    writeln!(out)?;
    line(out, width, ["all faults", "engine", "always", "runs", "commands", "time", "", "minimal"])?;
    for summary in table.summaries() {
        let cells = [
            format!("median of {}", summary.faults),
            summary.engine.name().into(),
            format!("{}/{}", summary.always, summary.faults),
            amount(summary.runs, grouped),
            amount(summary.commands, grouped),
            amount(summary.time, span),
            String::new(),
            format!("{}/{}", summary.minimal, summary.comparable),
        ];
        line(out, width, cells.each_ref().map(String::as_str))?;
    }
    Ok(())
}

fn line(out: &mut impl Write, width: usize, cells: [&str; 8]) -> io::Result<()> {
    let [fault, engine, found, runs, commands, time, least, minimum] = cells;
    let line = format!(
        "{fault:<width$}  {engine:<10}  {found:>6}  {runs:>7}  {commands:>10}  {time:>8}  {least:>5}  {minimum:>7}"
    );
    writeln!(out, "{}", line.trim_end())
}

/// Writes JSON lines: an object of type `kill` for each fault and engine, and then one of type `engine`
/// for each engine.
///
/// # Errors
/// If it cannot be written.
pub fn write_json_lines(table: &Table, out: &mut impl Write) -> io::Result<()> {
    table.rows.iter().try_for_each(|row| writeln!(out, "{}", row_json(table, row)))?;
    table.summaries().try_for_each(|summary| writeln!(out, "{}", summary_json(&summary)))
}

fn row_json(table: &Table, row: &Row) -> Value {
    let minimum = table.minimum(row.fault);
    let by_seed = row.trials.iter().map(|trial| trial.runs.filter(|_| trial.is_found()));
    json!({
        "type": "kill",
        "fault": row.fault.name(),
        "family": row.fault.family().name(),
        "sight": row.fault.detectability().name(),
        "engine": row.engine.name(),
        "trials": row.trials.len(),
        "found": row.found(),
        "runs": bounded(row.runs(), u64::into),
        "commands": bounded(row.commands(), u64::into),
        "seconds": bounded(row.time(), |time| time.as_secs_f64().into()),
        "runs_by_seed": by_seed.collect::<Vec<_>>(),
        "least": row.min_length(),
        "minimum": minimum.map(|minimum| minimum.length),
        "minimum_of": minimum.map(|minimum| minimum.scope.name()),
    })
}

fn summary_json(summary: &BenchSummary) -> Value {
    json!({
        "type": "engine",
        "engine": summary.engine.name(),
        "faults": summary.faults,
        "always": summary.always,
        "ever": summary.ever,
        "runs": bounded(summary.runs, u64::into),
        "commands": bounded(summary.commands, u64::into),
        "seconds": bounded(summary.time, |time| time.as_secs_f64().into()),
        "minimal": summary.minimal,
        "comparable": summary.comparable,
    })
}

fn bounded<T: Copy>(amount: Option<Amount<T>>, value: impl Fn(T) -> Value) -> Value {
    match amount {
        Some(Amount::Exactly(exact)) => json!({ "median": value(exact) }),
        Some(Amount::MoreThan(bound)) => json!({ "over": value(bound) }),
        None => Value::Null,
    }
}

fn amount<T: Copy>(amount: Option<Amount<T>>, shown: impl Fn(T) -> String) -> String {
    match amount {
        Some(Amount::Exactly(exact)) => shown(exact),
        Some(Amount::MoreThan(bound)) => format!(">{}", shown(bound)),
        None => "–".into(),
    }
}

/// A time with at least two digits, in microseconds, milliseconds or seconds.
fn span(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..=9_999 => format!("{micros} µs"),
        micros @ ..=9_999_999 => format!("{} ms", micros / 1_000),
        micros => format!("{:.1} s", micros as f64 / 1e6),
    }
}

fn minimum(table: &Table, row: &Row) -> String {
    match table.minimum(row.fault) {
        Some(minimum) if minimum.scope == Scope::Fault => minimum.length.to_string(),
        Some(minimum) => format!("{}*", minimum.length),
        None => "?".into(),
    }
}
