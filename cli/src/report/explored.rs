//! What is reported of exhaustive searches: of a policy, and of an implementation.
//!
//! What a search finds is `explore`'s to say.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chatwarden_model::{Promise, Setup};

use crate::baseline::BaselineMatch;
use chatwarden::format::Names;
use chatwarden_explore::{Alike, Driven, End, Exploration};

/// The search of a policy.
///
/// ```
/// // What a report may read off an explored policy:
/// fn first_line(explored: &chatwarden_cli::report::Explored) -> String {
///     format!("{}: {} states", explored.policy, explored.exploration.states)
/// }
/// # let _ = first_line;
/// ```
#[derive(Clone, Debug)]
pub struct Explored {
    /// The policy, as the user named it.
    pub policy: String,
    /// The cast, as the user named it.
    pub cast: String,
    /// What users and groups are called.
    pub names: Names,
    /// The cast, groups and policy.
    pub setup: Setup,
    /// What the search came to.
    pub exploration: Exploration,
    /// How long it took.
    pub time: Duration,
    /// Where the chains that break promises were saved, if they were.
    pub files: Vec<(Promise, PathBuf)>,
    /// What each broken promise is called from one run to the next, and whether it is known.
    pub matched: Vec<(Promise, BaselineMatch)>,
    /// Whether the promises were expected to be kept, so that a broken one is a failure and not just an answer.
    pub is_expected_kept: bool,
    /// Whether other policies are explored as well, so that a table compares them at the end.
    pub is_one_of_many: bool,
}

impl Explored {
    /// Where the chain that breaks the promise was saved.
    pub fn file(&self, promise: Promise) -> Option<&Path> {
        self.files.iter().find(|(saved, _)| *saved == promise).map(|(_, file)| file.as_path())
    }

    /// Whether the policy is known to break the promise.
    pub fn is_known(&self, promise: Promise) -> bool {
        self.matched.iter().any(|(broken, matched)| *broken == promise && matched.is_known())
    }

    /// Whether everything that can be reached was tried.
    pub fn is_complete(&self) -> bool {
        self.exploration.end == End::Complete
    }
}

/// The exhaustive search of an implementation.
///
/// ```
/// // What a report may read off it:
/// fn first_line(conformance: &chatwarden_cli::report::ImplementationExplored<'_>) -> String {
///     format!("{}: {} refused commands", conformance.adapter, conformance.driven.refused)
/// }
/// # let _ = first_line;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ImplementationExplored<'a> {
    /// The policy, as the user named it.
    pub policy: &'a str,
    /// The cast, as the user named it.
    pub cast: &'a str,
    /// How many groups there are.
    pub groups: usize,
    /// How many commands were tried in each situation.
    pub alphabet: usize,
    /// The implementation's name.
    pub adapter: &'a str,
    /// The fault that was planted, if one was.
    pub fault: Option<&'a str>,
    /// How closely it was compared.
    pub fidelity: &'a str,
    /// When two situations counted as one.
    pub alike: Alike,
    /// Whether renaming users and groups was held to make no difference.
    pub symmetry: bool,
    /// What the search came to.
    pub driven: &'a Driven,
    /// How many different findings there are, the inconclusive ones left out.
    pub findings: usize,
    /// How long it took.
    pub time: Duration,
}

impl ImplementationExplored<'_> {
    /// Whether the search went as far as it was asked to.
    pub fn answers_what_was_asked(&self) -> bool {
        matches!(self.driven.end, End::Complete | End::Depth | End::First)
    }
}
