//! The answers of the policy and of the implementation at a step.

use chatwarden_model::{Condition, UserSet};

use super::{Describer, quoted_reason};
use crate::adapter::Answer;
use crate::trace::TraceStep;

impl Describer<'_> {
    /// The policy's answer, as the end of a sentence about it. The users to whom it delivers are said
    /// wherever the command or the implementation delivers.
    pub(super) fn policy_answer(&self, step: &TraceStep) -> String {
        let decision = self.decision(step.decision);
        match (step.decision.is_allowed(), step.reached().is_empty()) {
            (false, true) => decision,
            (false, false) => format!("{decision}, and delivers to nobody"),
            (true, true) if !step.command.kind().delivers() => format!("{decision} it"),
            (true, _) => format!("{decision} it and delivers to {}", self.users(step.delivered)),
        }
    }

    /// The implementation's answer, as the end of a sentence about it; none without an answer.
    pub(super) fn implementation_answer(&self, step: &TraceStep) -> Option<String> {
        let answer = step.answer?;
        let (reason, to) = (reason(step), self.users(answer.delivered()));
        let delivers = step.command.kind().delivers();
        Some(match (answer.is_allowed(), answer.delivered().is_empty()) {
            (true, true) if !delivers => format!("allows it{reason}"),
            (true, _) => format!("allows it{reason} and delivers to {to}"),
            (false, true) => format!("refuses it{reason}"),
            (false, false) => format!("refuses it{reason}, but delivers to {to}"),
        })
    }

    /// The outcome of a step in few words: the implementation's answer, and the policy's where it
    /// differs. None without an answer.
    pub(super) fn outcome(&self, step: &TraceStep) -> Option<String> {
        let answer = step.answer?;
        let outcome = match answer.is_allowed() {
            true => {
                format!("allowed{}{}", reason(step), self.delivered(", delivered to", answer.delivered()))
            }
            false => {
                format!("refused{}{}", reason(step), self.delivered(", but delivered to", answer.delivered()))
            }
        };
        Some(match deviates(step, answer) {
            true => format!("{outcome}; the policy {}", self.policy_answer(step)),
            false => outcome,
        })
    }

    /// The outcome of a step that follows the policy, in few words.
    pub(super) fn policy_outcome(&self, step: &TraceStep) -> String {
        let Some(condition) = step.decision.reason() else {
            return format!("allowed{}", self.delivered(", delivered to", step.delivered));
        };
        let pairs = self.refusal_reasons(step);
        let pairs = if pairs.is_empty() { String::new() } else { format!(": {}", pairs.join("; ")) };
        format!("refused, because {condition} does not hold{pairs}")
    }

    /// The reasons why the policy refuses the command of the step, if its condition compares users.
    pub(super) fn refusal_reasons(&self, step: &TraceStep) -> Vec<String> {
        match step.decision.reason() {
            Some(condition) if is_about_pairs(condition) => {
                self.unauthorized_pairs(&step.before, &step.command)
            }
            _ => Vec::new(),
        }
    }

    fn delivered(&self, verb: &str, to: UserSet) -> String {
        if to.is_empty() { String::new() } else { format!("{verb} {}", self.users(to)) }
    }
}

/// Whether the implementation's answer at the step differs from the policy's.
pub(super) fn deviates(step: &TraceStep, answer: Answer) -> bool {
    answer.is_allowed() != step.decision.is_allowed() || answer.delivered() != step.delivered
}

/// Whether the condition compares users.
pub(super) fn is_about_pairs(condition: Condition) -> bool {
    matches!(
        condition,
        Condition::NewcomerCleared | Condition::AudienceCleared | Condition::PartiesAuthorized
    )
}

fn reason(step: &TraceStep) -> String {
    step.reason.as_deref().map(|reason| format!(" because {}", quoted_reason(reason))).unwrap_or_default()
}
