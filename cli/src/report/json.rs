//! JSON lines on standard output, for programs: one object for each event. A field without a value
//! is null.

use std::io::{self, Write};

use chatwarden_model::{Command, NamedEnum, UserSet};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    CampaignSummary, Covered, Event, Explored, ImplementationExplored, Replayed, Report, Written, shown,
};
use crate::baseline::BaselineMatch;
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::counterexample::{Origin, ShrinkStatus};
use chatwarden::coverage::{DecidedBy, Point, PointStatus};
use chatwarden::describe::SavedFinding;
use chatwarden::format::KnownFinding;
use chatwarden_explore::{End, StateEquivalence};

/// Writes each event as a JSON object on a line of its own.
///
/// ```
/// use chatwarden_cli::report::{Event, Json, Report, CampaignSummary};
/// let mut lines = Vec::new();
/// let time = std::time::Duration::ZERO;
/// let summary = CampaignSummary { runs: 1, commands: 30, time, findings: 0, known: 0, inconclusive: 0 };
/// Json::new(&mut lines).event(Event::CampaignFinished(&summary))?;
/// let line = r#"{"type":"summary","runs":1,"commands":30,"seconds":0.0,"findings":0,"known":0}"#;
/// assert_eq!(String::from_utf8_lossy(&lines), format!("{line}\n"));
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
            Event::FindingSaved(saved, matched) => Line::finding(saved, matched),
            Event::ScenarioReplayed(replayed) => Line::scenario(replayed),
            Event::CampaignFinished(summary) => Line::summary(summary),
            // The error is on standard error, and the exit code shows it.
            Event::ScenarioUnreadable(..) => return Ok(()),
            Event::PolicyExplored(explored) => Line::exploration(explored),
            // Each of them had a line of its own.
            Event::PoliciesCompared(_) => return Ok(()),
            Event::ImplementationExplored(conformance) => Line::conformance(conformance),
            Event::KnownFindingAbsent(known) => Line::gone(known),
            Event::DriverChecked(checked) => Line::check(checked),
            Event::CoverageCounted(covered) => Line::coverage(covered),
            Event::SuiteWritten(written) => Line::suite(written),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding {
        verdict: &'static str,
        promise: Option<&'static str>,
        condition: Option<&'static str>,
        command: Option<&'static str>,
        at: usize,
        steps: usize,
        users: usize,
        runs: Option<u64>,
        executions: usize,
        minimal: Option<&'static str>,
        seed: Option<u64>,
        run: Option<u64>,
        file: String,
        known: Option<bool>,
    },
    Scenario {
        file: String,
        name: &'a str,
        outcome: &'static str,
        verdict: Option<&'static str>,
        at: Option<usize>,
        message: Option<&'a str>,
        known: Option<bool>,
    },
    Summary {
        runs: u64,
        commands: u64,
        seconds: f64,
        findings: usize,
        known: usize,
    },
    Gone {
        scenario: Option<&'a str>,
        policy: &'a str,
        adapter: Option<&'a str>,
        fault: Option<&'a str>,
        verdict: &'static str,
        command: Option<&'static str>,
        promise: Option<&'static str>,
        condition: Option<&'static str>,
        at: Option<usize>,
    },
    Exploration {
        policy: &'a str,
        cast: &'a str,
        groups: usize,
        alphabet: usize,
        states: u64,
        transitions: u64,
        depth: usize,
        complete: bool,
        seconds: f64,
        bytes: u64,
        promises: Map<String, Value>,
    },
    Conformance {
        policy: &'a str,
        cast: &'a str,
        groups: usize,
        alphabet: usize,
        adapter: &'a str,
        fault: Option<&'a str>,
        fidelity: &'a str,
        /// How many traces to each observable state; null if states were distinguished by
        /// fingerprint.
        paths: Option<usize>,
        renamings: usize,
        states: u64,
        allowed: u64,
        refused: u64,
        executed: u64,
        resets: u64,
        depth: usize,
        /// Up to how many commands all traces were tried; null if all were.
        judged: Option<usize>,
        complete: bool,
        end: &'static str,
        seconds: f64,
        findings: usize,
    },
    Check {
        name: &'static str,
        outcome: &'static str,
        /// The work done, or the error.
        message: String,
        mend: Option<&'static str>,
        seconds: f64,
    },
    Coverage {
        policy: &'a str,
        cast: &'a str,
        groups: usize,
        /// Whether it is known which points cannot be reached.
        complete: bool,
        percent: usize,
        reached: usize,
        missed: usize,
        open: usize,
        unreachable: usize,
        points: Vec<Value>,
    },
    Suite {
        policy: &'a str,
        cast: &'a str,
        directory: String,
        scenarios: usize,
        steps: usize,
        longest: usize,
        points: usize,
        complete: bool,
        missing: Vec<String>,
    },
}

impl<'a> Line<'a> {
    fn finding(saved: &SavedFinding<'_>, matched: &BaselineMatch) -> Self {
        let counterexample = saved.counterexample;
        let identity = counterexample.identity();
        Line::Finding {
            verdict: identity.verdict.name(),
            promise: identity.promise.map(NamedEnum::name),
            condition: identity.condition.map(NamedEnum::name),
            command: identity.command.map(NamedEnum::name),
            at: counterexample.finding.at(),
            steps: counterexample.commands.len(),
            users: users_named(&counterexample.commands).len(),
            runs: counterexample.origin.map(Origin::runs),
            executions: counterexample.executions,
            minimal: match (counterexample.status, counterexample.certificate()) {
                (ShrinkStatus::OneMinimal, Some(_)) => Some("certified"),
                (ShrinkStatus::OneMinimal, None) => Some("one-minimal"),
                (ShrinkStatus::Unfinished | ShrinkStatus::Unstable(_), _) => None,
            },
            seed: counterexample.origin.map(|origin| origin.seed),
            run: counterexample.origin.map(|origin| origin.run),
            file: shown(saved.file),
            known: matched.known,
        }
    }

    fn scenario(replayed: &Replayed<'a>) -> Self {
        Line::Scenario {
            file: shown(replayed.file),
            name: &replayed.scenario.name,
            outcome: replayed.outcome.name(),
            verdict: replayed.verdict().map(NamedEnum::name),
            at: replayed.at,
            message: replayed.message,
            known: replayed.matched.and_then(|matched| matched.known),
        }
    }

    fn summary(summary: &CampaignSummary) -> Self {
        Line::Summary {
            runs: summary.runs,
            commands: summary.commands,
            seconds: summary.time.as_secs_f64(),
            findings: summary.findings,
            known: summary.known,
        }
    }

    fn gone(known: &'a KnownFinding) -> Self {
        Line::Gone {
            scenario: known.scenario.as_deref(),
            policy: &known.policy,
            adapter: known.adapter.as_deref(),
            fault: known.fault.as_deref(),
            verdict: known.verdict.name(),
            command: known.command.map(NamedEnum::name),
            promise: known.promise.map(NamedEnum::name),
            condition: known.condition.map(NamedEnum::name),
            at: known.at,
        }
    }

    fn exploration(explored: &'a Explored) -> Self {
        let exploration = &explored.exploration;
        let promises = exploration.promises.iter().map(|(promise, status)| {
            let known = explored.matched.iter().find(|(broken, _)| broken == promise);
            let known = known.and_then(|(_, matched)| matched.known);
            let broken = status.length().map(
                |length| json!({"length": length, "file": explored.file(*promise).map(shown), "known": known}),
            );
            (promise.name().into(), broken.into())
        });
        Line::Exploration {
            policy: &explored.policy,
            cast: &explored.cast,
            groups: explored.setup.groups,
            alphabet: exploration.actions,
            states: exploration.states,
            transitions: exploration.transitions,
            depth: exploration.depth,
            complete: explored.is_complete(),
            seconds: explored.time.as_secs_f64(),
            bytes: exploration.bytes,
            promises: promises.collect(),
        }
    }

    fn check(checked: &CheckResult) -> Self {
        let (outcome, message) = match &checked.outcome {
            Ok(done) => ("passed", done.clone()),
            Err(skipped @ CheckFailure::Skipped(_)) => ("skipped", skipped.to_string()),
            Err(wrong) => ("failed", wrong.to_string()),
        };
        Line::Check {
            name: checked.check.name(),
            outcome,
            message,
            mend: checked.mend(),
            seconds: checked.time.as_secs_f64(),
        }
    }

    fn coverage(covered: &Covered<'a>) -> Self {
        Line::Coverage {
            policy: covered.policy,
            cast: covered.cast,
            groups: covered.groups,
            complete: covered.ground.is_complete,
            percent: covered.percent(),
            reached: covered.count(PointStatus::Reached),
            missed: covered.count(PointStatus::Missed),
            open: covered.count(PointStatus::Open),
            unreachable: covered.count(PointStatus::Unreachable),
            points: Point::all().iter().map(|point| point_line(covered, *point)).collect(),
        }
    }

    fn suite(written: &Written<'a>) -> Self {
        let suite = written.suite;
        Line::Suite {
            policy: written.policy,
            cast: written.cast,
            directory: shown(written.directory),
            scenarios: suite.traces.len(),
            steps: written.steps(),
            longest: written.longest(),
            points: suite.reachability.reachable.len() - suite.missing.len(),
            complete: suite.reachability.is_complete,
            missing: suite.missing.iter().map(ToString::to_string).collect(),
        }
    }

    fn conformance(conformance: &ImplementationExplored<'a>) -> Self {
        let driven = conformance.driven;
        Line::Conformance {
            policy: conformance.policy,
            cast: conformance.cast,
            groups: conformance.groups,
            alphabet: conformance.alphabet,
            adapter: conformance.adapter,
            fault: conformance.fault,
            paths: match conformance.alike {
                StateEquivalence::Tracked { paths } => Some(paths.get()),
                StateEquivalence::Product | StateEquivalence::Never => None,
            },
            renamings: driven.renamings,
            fidelity: conformance.fidelity,
            states: driven.states,
            allowed: driven.allowed,
            refused: driven.refused,
            executed: driven.executed,
            resets: driven.resets,
            depth: driven.depth,
            judged: driven.judged,
            complete: driven.end == End::Complete,
            end: driven.end.name(),
            seconds: conformance.time.as_secs_f64(),
            findings: conformance.findings,
        }
    }
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
        "standing": covered.standing(point).name(),
        "count": covered.coverage.count(point),
    })
}

/// The different users that the commands name.
pub(super) fn users_named(commands: &[Command]) -> UserSet {
    commands.iter().fold(UserSet::EMPTY, |users, command| users.or(command.users()))
}
