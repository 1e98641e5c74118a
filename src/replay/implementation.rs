//! The replay of a scenario with an implementation: its finding, the steps that were left out, and the
//! answers that differ from what the scenario expects although the fidelity permits them.

use super::{Mismatch, commands, follow_policy};
use crate::adapter::{About, Adapter, Answer, Fidelity};
use crate::describe::Describer;
use crate::finding::{Finding, Verdict};
use crate::format::{Expect, PolicySpec, Scenario, ScenarioStep};
use crate::lockstep::{CheckConfig, Lockstep, Tally, run_in};

/// The replay of a scenario with an implementation.
///
/// An example is at [`against_implementation`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImplementationReplay {
    /// The finding in which the run ended, if it did in one.
    pub finding: Option<Finding>,
    /// The steps up to its end that the implementation does not support.
    pub left_out: Vec<usize>,
    /// The answers that differ from what the scenario expects, although the fidelity permits them.
    pub differences: Vec<Mismatch>,
    /// The commands of the run, by kind.
    pub tally: Tally,
}

/// Why a replay without a finding says nothing about the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoResult {
    /// The implementation does not support some of the commands, so the scenario is not for it.
    Skipped(String),
    /// The finding of the scenario was not tried, or the implementation contradicts itself.
    Inconclusive(String),
}

/// Executes the scenario with the implementation. The scenario's promises are judged.
///
/// ```
/// use chatwarden::adapter::{Adapter, memory::Memory};
/// use chatwarden::format::{Scenario, Source};
/// use chatwarden::{lockstep::CheckConfig, replay};
/// let text = r#"{"chatwarden": 1, "name": "x", "policy": "messenger-kids", "cast": "small", "groups": [],
///   "steps": [{"command": {"do": "direct", "by": "sam", "to": "kay"}, "expect": "deny"}]}"#;
/// let scenario = Scenario::read(Source::new("x.json", text))?;
/// let mut service = Memory::new();
/// let check = CheckConfig::of(&service.about());
/// let replayed = replay::against_implementation(&scenario, &mut service, check);
/// assert_eq!((replayed.finding, replayed.left_out), (None, vec![]));
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
pub fn against_implementation(
    scenario: &Scenario,
    adapter: &mut impl Adapter,
    check: CheckConfig,
) -> ImplementationReplay {
    let (setup, names, commands) = (scenario.setup(), scenario.names(), commands(scenario));
    let describer = Describer { names: &names, setup: &setup };
    let mut lockstep = Lockstep::new(CheckConfig { promises: scenario.judged(), ..check });
    let (mut answered, mut differences) = (Vec::new(), Vec::new());
    let finding = run_in(&mut lockstep, adapter, &setup, &commands, |at, lockstep, _| {
        answered.push(at);
        let compare = |answer| difference(&describer, &scenario.steps[at], answer);
        let message = lockstep.judged().and_then(compare);
        differences.extend(message.map(|message| Mismatch { at: Some(at), message }));
    });
    // A finding tells what is wrong at its step. Under exact fidelity there is no other difference.
    let end = finding.as_ref().map_or(commands.len(), Finding::at);
    let is_exact = check.fidelity == Fidelity::Exact;
    differences.retain(|difference| !is_exact && difference.at.is_some_and(|at| at < end));
    let left_out = (0..end).filter(|at| answered.binary_search(at).is_err()).collect();
    ImplementationReplay { finding, left_out, differences, tally: *lockstep.tally() }
}

impl ImplementationReplay {
    /// Why the replay has no result, if it has none: it ended without a finding, and nothing was allowed or
    /// a step that counts was left out. In a scenario of a finding that can show, the steps up to that of
    /// the finding count.
    pub fn no_result(&self, scenario: &Scenario, about: &About, check: CheckConfig) -> Option<NoResult> {
        if self.finding.is_some() {
            return None;
        }
        let expects_more = scenario.steps.iter().any(|step| step.expect == Some(Expect::Allow));
        if self.tally.carried_out() == 0 && self.tally.left_out_text().is_none() && expects_more {
            let why = "the implementation allowed none of the commands, so nothing was tried";
            return Some(NoResult::Inconclusive(why.into()));
        }
        let left_out = self.tally.left_out_text()?;
        if self.tally.left_out().any(|(kind, _)| about.commands.contains(kind)) {
            return self.tally.shortfall().map(NoResult::Inconclusive);
        }
        let found = scenario.finding.as_ref().filter(|found| can_show(found.verdict, check.fidelity));
        match found {
            Some(found) if self.left_out.iter().any(|at| *at <= found.at) => {
                let why =
                    format!("the finding was not tried: the implementation does not support {left_out}");
                Some(NoResult::Inconclusive(why))
            }
            Some(_) => None,
            None => Some(NoResult::Skipped(format!("the implementation does not support {left_out}"))),
        }
    }
}

/// Whether a finding of that verdict can show under the fidelity.
pub fn can_show(verdict: Verdict, fidelity: Fidelity) -> bool {
    match verdict {
        Verdict::TooPermissive => fidelity != Fidelity::PromisesOnly,
        Verdict::TooStrict => fidelity == Fidelity::Exact,
        Verdict::BrokenPromise | Verdict::Diverged | Verdict::Inconclusive | Verdict::Conforms => true,
    }
}

/// Whether the scenario is about a policy that the implementation does not follow, since it declares one
/// of its own. A finding of the implementation itself is always for it.
pub fn is_of_another_policy(scenario: &Scenario, about: &About) -> bool {
    let is_own = scenario.finding.as_ref().is_some_and(|found| found.adapter == about.name);
    !is_own && about.policy.is_some_and(|own| own != scenario.policy.policy())
}

/// The scenario as if it said that policy. If it says another, its expectations and its finding are about
/// that one: it expects what the new policy does instead, and has no finding.
#[must_use]
pub fn under_policy(scenario: Scenario, policy: &PolicySpec) -> Scenario {
    if scenario.policy.policy() == policy.policy() {
        return scenario;
    }
    let commands = commands(&scenario);
    let scenario = Scenario { policy: policy.clone(), finding: None, ..scenario };
    let (steps, mut breaks) = follow_policy(&scenario.setup(), &commands);
    breaks.retain(|known| scenario.judged().contains(known.promise));
    Scenario { steps, breaks, ..scenario }
}

/// The difference between the answer and what the step expects, in words.
fn difference(describer: &Describer<'_>, step: &ScenarioStep, answer: Answer) -> Option<String> {
    let command = describer.command(step.command);
    match (step.expect, answer.is_allowed()) {
        (Some(Expect::Allow), false) => {
            return Some(format!("expected {command} to be allowed, and the implementation refuses it"));
        }
        (Some(Expect::Deny { .. }), true) => {
            return Some(format!("expected {command} to be refused, and the implementation allows it"));
        }
        _ => {}
    }
    let expected = step.delivered.filter(|expected| *expected != answer.delivered())?;
    Some(format!(
        "expected {command} to be delivered to {}, and the implementation delivers to {}",
        describer.users(expected),
        describer.users(answer.delivered())
    ))
}
