//! The result of replaying one scenario.

use crate::args::implementation::Implementation;
use crate::report::ReplayOutcome;
use crate::{CliError, Exit};
use chatwarden::finding::Finding;
use chatwarden::format::Scenario;
use chatwarden::lockstep::Tally;
use chatwarden::replay::{self, ImplementationReplay, Mismatch, NoResult};

/// The result of replaying one scenario.
#[derive(Debug)]
pub(super) struct ReplayResult {
    /// The first difference between the policy and the scenario.
    pub(super) mismatch: Option<Mismatch>,
    /// The replay with the implementation, which is not made if the policy already differs.
    replay: Option<ImplementationReplay>,
    /// Why there is no result.
    no_result: Option<NoResult>,
    /// Whether the scenario has a finding that could have shown.
    has_finding: bool,
}

impl ReplayResult {
    /// Replays the scenario with the policy, and then with the implementation. One of another policy than
    /// the implementation's is skipped unless the user named a policy.
    pub(super) fn of(
        scenario: &Scenario,
        implementation: Option<&Implementation>,
        is_policy_chosen: bool,
    ) -> Result<Self, CliError> {
        let mut result = ReplayResult {
            mismatch: replay::against_policy(scenario).err(),
            replay: None,
            no_result: None,
            has_finding: false,
        };
        let (None, Some(implementation)) = (&result.mismatch, implementation) else { return Ok(result) };
        if !is_policy_chosen && replay::is_of_another_policy(scenario, &implementation.about) {
            let why = "it is of another policy than the implementation's; `--policy` replays it all the same";
            result.no_result = Some(NoResult::Skipped(why.into()));
            return Ok(result);
        }
        let check = implementation.check_config_for(scenario);
        let replayed = replay::against_implementation(scenario, &mut implementation.make()?, check);
        let found = scenario.finding.as_ref();
        result.has_finding = found.is_some_and(|found| replay::can_show(found.verdict, check.fidelity));
        result.no_result = replayed.no_result(scenario, &implementation.about, check);
        result.replay = Some(replayed);
        Ok(result)
    }

    /// The finding of the implementation.
    pub(super) fn finding(&self) -> Option<&Finding> {
        self.replay.as_ref()?.finding.as_ref()
    }

    /// The commands that the implementation was given.
    pub(super) fn tally(&self) -> Option<&Tally> {
        self.replay.as_ref().map(|replay| &replay.tally)
    }

    pub(super) fn differences(&self) -> &[Mismatch] {
        self.replay.as_ref().map_or(&[], |replay| &replay.differences)
    }

    pub(super) fn is_skipped(&self) -> bool {
        matches!(self.no_result, Some(NoResult::Skipped(_)))
    }

    /// Whether there is no result, and no finding either that says why.
    pub(super) fn is_inconclusive(&self) -> bool {
        matches!(self.no_result, Some(NoResult::Inconclusive(_)))
    }

    /// Whether the implementation took every step of the scenario, or every step up to a definite finding.
    pub(super) fn took_every_step(&self) -> bool {
        let is_definite = |finding: &Finding| !finding.is_inconclusive();
        let took_all = |replay: &ImplementationReplay| {
            replay.left_out.is_empty() && replay.finding.as_ref().is_none_or(is_definite)
        };
        self.no_result.is_none() && self.replay.as_ref().is_some_and(took_all)
    }

    pub(super) fn outcome(&self) -> (ReplayOutcome, Exit) {
        match (&self.mismatch, self.finding(), &self.no_result) {
            (Some(_), _, _) => (ReplayOutcome::Failed, Exit::Finding),
            (None, Some(finding), _) if finding.is_inconclusive() => {
                (ReplayOutcome::Inconclusive, Exit::of(finding))
            }
            (None, Some(finding), _) => (ReplayOutcome::Failed, Exit::of(finding)),
            (None, None, Some(NoResult::Inconclusive(_))) => {
                (ReplayOutcome::Inconclusive, Exit::Inconclusive)
            }
            (None, None, Some(NoResult::Skipped(_))) => (ReplayOutcome::Skipped, Exit::Success),
            (None, None, None) if self.has_finding => (ReplayOutcome::Fixed, Exit::Success),
            (None, None, None) => (ReplayOutcome::Passed, Exit::Success),
        }
    }

    /// The mismatch in words, or why there is no result.
    pub(super) fn message(&self) -> Option<String> {
        let no_result =
            self.no_result.as_ref().map(|(NoResult::Skipped(why) | NoResult::Inconclusive(why))| why);
        self.mismatch.as_ref().map(ToString::to_string).or_else(|| no_result.cloned())
    }

    /// The step of the mismatch or finding.
    pub(super) fn position(&self) -> Option<usize> {
        match &self.mismatch {
            Some(mismatch) => mismatch.at,
            None => self.finding().map(Finding::at),
        }
    }
}
