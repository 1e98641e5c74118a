//! JSON lines on standard output, for programs: one object for each event. A field without a value
//! is null.

use std::io::{self, Write};
use std::path::Path;

use chatwarden_model::{Command, EnumSet, NamedEnum, SymmetryCut, UserSet};
use serde_json::{Map, Value, json};

use super::{
    CampaignSummary, Covered, Event, Explored, FoundRace, ImplementationExplored, ProofResult, Proved,
    ReplaySummary, Replayed, Report, Written, shown, texts,
};
use crate::baseline::BaselineMatch;
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::counterexample::{Origin, ShrinkStatus};
use chatwarden::coverage::{DecidedBy, Point, PointStatus};
use chatwarden::describe::{Describer, SavedFinding};
use chatwarden::finding::Finding;
use chatwarden::format::{Error, KnownFinding, Place};
use chatwarden::lockstep::Tally;
use chatwarden::replay::Mismatch;
use chatwarden::sanitize;
use chatwarden_explore::{End, StateEquivalence};

/// Writes each event as a JSON object on a line of its own.
///
/// ```
/// use chatwarden_cli::report::{Event, Json, Report, CampaignSummary};
/// let mut lines = Vec::new();
/// let time = std::time::Duration::ZERO;
/// let certifying = std::time::Duration::ZERO;
/// let tally = chatwarden::lockstep::Tally::default();
/// let summary = CampaignSummary {
///     runs: 1, commands: 30, tally, time, certifying, findings: 0, known: 0, inconclusive: 0
/// };
/// Json::new(&mut lines).event(Event::CampaignFinished(&summary))?;
/// let line = r#"{"type":"summary","runs":1,"commands":30,"seconds":0.0,"findings":0,"known":0"#;
/// assert!(String::from_utf8_lossy(&lines).starts_with(line));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    /// A report on that stream.
    pub fn new(out: W) -> Self {
        Json { out }
    }
}

impl<W: Write> Report for Json<W> {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        let line = match event {
            Event::FindingSaved(saved, matched) => finding(saved, matched),
            Event::ScenarioReplayed(replayed) => scenario(replayed),
            Event::ReplayFinished(replays) => replay_summary(replays),
            Event::CampaignFinished(campaign) => summary(campaign),
            Event::PolicyExplored(explored) => exploration(explored),
            Event::PolicyProved(proved) => proof(proved),
            // Each policy had its line.
            Event::PoliciesCompared(_) | Event::ProofsCompared(_) => return Ok(()),
            Event::ScenarioUnreadable(file, error) => unreadable(file, error),
            Event::RunIncomplete(why) => incomplete(why, None, None),
            Event::ImplementationExplored(explored) => conformance(explored),
            Event::KnownFindingAbsent(known) => absent(known),
            Event::DriverChecked(checked) => check(checked),
            Event::CoverageCounted(covered) => coverage(covered),
            Event::SuiteWritten(written) => suite(written),
        };
        writeln!(self.out, "{}", sanitize::json(&line.to_string()))?;
        self.out.flush()
    }
}

fn finding(saved: &SavedFinding<'_>, matched: &BaselineMatch) -> Value {
    let counterexample = saved.counterexample;
    let identity = counterexample.identity();
    let minimal = match (counterexample.status, counterexample.certificate()) {
        (ShrinkStatus::OneMinimal, Some(_)) => Some("certified"),
        (ShrinkStatus::OneMinimal, None) => Some("one-minimal"),
        (ShrinkStatus::Unfinished | ShrinkStatus::Unstable(_), _) => None,
    };
    json!({
        "type": "finding",
        "verdict": identity.verdict.name(),
        "promise": identity.promise.map(NamedEnum::name),
        "condition": identity.condition.map(NamedEnum::name),
        "cause": identity.cause.map(NamedEnum::name),
        "parts": identity.parts.iter().map(NamedEnum::name).collect::<Vec<_>>(),
        "command": identity.command.map(NamedEnum::name),
        "at": counterexample.finding.at(),
        "steps": counterexample.commands.len(),
        "users": users_named(&counterexample.commands),
        "runs": counterexample.origin.map(Origin::runs),
        "executions": counterexample.executions,
        "minimal": minimal,
        "seed": counterexample.origin.map(|origin| origin.seed),
        "run": counterexample.origin.map(|origin| origin.run),
        "file": shown(saved.file),
        "known": matched.known,
        "because": counterexample.finding.reason(),
    })
}

fn scenario(replayed: &Replayed<'_>) -> Value {
    json!({
        "type": "scenario",
        "file": shown(replayed.file),
        "name": replayed.scenario.name,
        "outcome": replayed.outcome.name(),
        "verdict": replayed.verdict().map(NamedEnum::name),
        "at": replayed.at,
        "message": replayed.message,
        "known": replayed.matched.and_then(|matched| matched.known),
        "because": replayed.finding.and_then(Finding::reason),
        "differences": replayed.differences.iter().map(difference).collect::<Vec<_>>(),
        "left_out": replayed.tally.map(left_out),
    })
}

fn difference(difference: &Mismatch) -> Value {
    json!({"at": difference.at, "message": difference.message})
}

/// The commands that were left out: their number for each kind.
fn left_out(tally: &Tally) -> Value {
    tally.left_out().map(|(kind, count)| (kind.name().to_owned(), count.into())).collect::<Map<_, _>>().into()
}

fn replay_summary(replays: &ReplaySummary) -> Value {
    fn names<E: NamedEnum>(values: EnumSet<E>) -> Vec<&'static str> {
        values.iter().map(NamedEnum::name).collect()
    }
    json!({
        "type": "replay",
        "adapter": replays.adapter,
        "scenarios": replays.scenarios,
        "skipped": replays.skipped,
        "carried_out": replays.tally.carried_out(),
        "left_out": left_out(&replays.tally),
        "under_another_policy": replays.under_another_policy,
        "fidelity": names(replays.fidelities),
        "observes": names(replays.observes),
        "promises": names(replays.promises),
    })
}

fn unreadable(file: &Path, error: &Error) -> Value {
    incomplete(&error.message, Some(file), error.place)
}

/// Work that was not done. The file and the place are those of an input that cannot be read.
fn incomplete(message: &str, file: Option<&Path>, place: Option<Place>) -> Value {
    json!({
        "type": "error",
        "message": message,
        "file": file.map(shown),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
    })
}

fn summary(campaign: &CampaignSummary) -> Value {
    json!({
        "type": "summary",
        "runs": campaign.runs,
        "commands": campaign.commands,
        "seconds": campaign.time.as_secs_f64(),
        "findings": campaign.findings,
        "known": campaign.known,
        "carried_out": campaign.tally.carried_out(),
        "left_out": left_out(&campaign.tally),
        "certify_seconds": campaign.certifying.as_secs_f64(),
    })
}

fn absent(known: &KnownFinding) -> Value {
    json!({
        "type": "gone",
        "scenario": known.scenario,
        "policy": known.policy,
        "adapter": known.adapter,
        "fault": known.fault,
        "verdict": known.verdict.name(),
        "command": known.command.map(NamedEnum::name),
        "promise": known.promise.map(NamedEnum::name),
        "condition": known.condition.map(NamedEnum::name),
        "at": known.at,
    })
}

fn exploration(explored: &Explored) -> Value {
    let exploration = &explored.exploration;
    let promises = exploration.promises.iter().map(|(promise, status)| {
        let known = explored.matched.iter().find(|(broken, _)| broken == promise);
        let known = known.and_then(|(_, matched)| matched.known);
        let broken = status.length().map(
            |length| json!({"length": length, "file": explored.file(*promise).map(shown), "known": known}),
        );
        (promise.name().into(), broken.into())
    });
    json!({
        "type": "exploration",
        "policy": explored.policy,
        "cast": explored.cast,
        "groups": explored.setup.groups,
        "alphabet": exploration.actions,
        "states": exploration.states,
        "transitions": exploration.transitions,
        "renamings": exploration.renamings,
        "unrenamed": unrenamed(exploration.symmetry_cut),
        "depth": exploration.depth,
        "complete": explored.is_complete(),
        "seconds": explored.time.as_secs_f64(),
        "bytes": exploration.bytes,
        "promises": promises.collect::<Map<_, _>>(),
    })
}

fn proof(proved: &Proved) -> Value {
    let results = proved.results.iter().map(|(promise, result)| {
        let (word, length, because) = match result {
            ProofResult::Proved => ("proved", None, None),
            ProofResult::Broken { commands, .. } => ("broken", Some(commands.len()), None),
            ProofResult::NotInductive { command, .. } => ("not-inductive", None, Some(command.name())),
            ProofResult::Unknown(why) => ("unknown", None, Some(why.as_str())),
        };
        (promise.name().into(), json!({"result": word, "length": length, "because": because}))
    });
    let recheck = proved.recheck.as_ref().map(|recheck| {
        json!({
            "solver": recheck.solver,
            "agreed": recheck.agreed,
            "differ": recheck.differ,
            "unanswered": recheck.unanswered,
        })
    });
    json!({
        "type": "proof",
        "policy": proved.policy,
        "solver": proved.solver,
        "questions": proved.asked,
        "seconds": proved.time.as_secs_f64(),
        "invariant": proved.invariant.iter().map(|fact| fact.name()).collect::<Vec<_>>(),
        "never_allowed": proved.never.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "promises": results.collect::<Map<_, _>>(),
        "recheck": recheck,
        "races": proved.races.as_ref().map(|races| races.iter().map(race).collect::<Vec<_>>()),
    })
}

fn race(found: &FoundRace) -> Value {
    let describer = Describer { names: &found.names, setup: &found.setup };
    let history = found.history.as_ref().map(|history| {
        json!({
            "before": texts(&describer, &history.commands),
            "both": texts(&describer, &[history.first, history.second]),
        })
    });
    let race = found.race;
    json!({
        "promise": race.promise.name(),
        "isolation": race.isolation.name(),
        "first": race.first.name(),
        "second": race.second.name(),
        "history": history,
    })
}

/// The permutations that were left out; null if none were.
fn unrenamed(cut: SymmetryCut) -> Option<Value> {
    (!cut.is_none()).then(|| json!({"users": cut.users, "groups": cut.groups}))
}

/// `paths` is the number of traces to each observable state; null if states were distinguished by
/// fingerprint. All traces of up to `judged` commands were tried; null if all were.
fn conformance(explored: &ImplementationExplored<'_>) -> Value {
    let (search, result) = (explored.search, explored.result);
    let paths = match search.equivalence {
        StateEquivalence::Tracked { paths } => Some(paths.get()),
        StateEquivalence::Product | StateEquivalence::Never => None,
    };
    json!({
        "type": "conformance",
        "policy": explored.policy,
        "cast": explored.cast,
        "groups": search.setup.groups,
        "alphabet": search.actions.len(),
        "adapter": explored.adapter,
        "fault": explored.fault,
        "fidelity": search.check.fidelity.name(),
        "paths": paths,
        "renamings": result.renamings,
        "unrenamed": unrenamed(result.symmetry_cut),
        "states": result.states,
        "allowed": result.allowed,
        "refused": result.refused,
        "executed": result.executed,
        "carried_out": result.tally.carried_out(),
        "left_out": left_out(&result.tally),
        "resets": result.resets,
        "depth": result.depth,
        "judged": result.judged,
        "complete": result.end == End::Complete,
        "end": result.end.name(),
        "seconds": explored.time.as_secs_f64(),
        "findings": explored.findings,
    })
}

/// `message` is the work done, or the error.
fn check(checked: &CheckResult) -> Value {
    let (outcome, message) = match &checked.outcome {
        Ok(done) => ("passed", done.clone()),
        Err(skipped @ CheckFailure::Skipped(_)) => ("skipped", skipped.to_string()),
        Err(wrong) => ("failed", wrong.to_string()),
    };
    json!({
        "type": "check",
        "name": checked.check.name(),
        "outcome": outcome,
        "message": message,
        "mend": checked.mend(),
        "seconds": checked.time.as_secs_f64(),
    })
}

/// `complete` says whether it is known which points cannot be reached.
fn coverage(covered: &Covered<'_>) -> Value {
    let points = Point::all().iter().map(|point| point_line(covered, *point));
    json!({
        "type": "coverage",
        "policy": covered.policy,
        "cast": covered.cast,
        "groups": covered.groups,
        "complete": covered.reachability.is_complete,
        "percent": covered.percent(),
        "reached": covered.count(PointStatus::Reached),
        "missed": covered.count(PointStatus::Missed),
        "open": covered.count(PointStatus::Open),
        "unreachable": covered.count(PointStatus::Unreachable),
        "points": points.collect::<Vec<_>>(),
    })
}

/// One point of a coverage.
fn point_line(covered: &Covered<'_>, point: Point) -> Value {
    let (outcome, case, promise) = match point {
        Point::Decided(_, outcome) => (Some(outcome), None, None),
        Point::Case(_, outcome, case) => (Some(outcome), Some(case.name()), None),
        Point::Promise(promise, _) => (None, None, Some(promise.name())),
    };
    let condition = match outcome {
        Some(DecidedBy::Alone(condition)) => Some(condition.name()),
        _ => None,
    };
    json!({
        "point": point.to_string(),
        "command": point.command().name(),
        "allowed": outcome.map(|outcome| outcome == DecidedBy::Allowed),
        "condition": condition,
        "case": case,
        "promise": promise,
        "standing": covered.status(point).name(),
        "count": covered.coverage.count(point),
    })
}

fn suite(written: &Written<'_>) -> Value {
    let suite = written.suite;
    json!({
        "type": "suite",
        "policy": written.policy,
        "cast": written.cast,
        "directory": shown(written.directory),
        "scenarios": suite.traces.len(),
        "steps": written.steps(),
        "longest": written.longest(),
        "points": suite.reachability.reachable.len() - suite.missing.len(),
        "complete": suite.reachability.is_complete,
        "missing": suite.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// How many different users the commands name.
fn users_named(commands: &[Command]) -> usize {
    commands.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users())).len()
}
