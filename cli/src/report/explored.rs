//! The data of reports on exhaustive searches: of a policy, and of an implementation.
//!
//! The results themselves are types of the crate `chatwarden-explore`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chatwarden_model::{Promise, Setup, SymmetryCut};

use super::counted;
use crate::baseline::BaselineMatch;
use chatwarden::format::Names;
use chatwarden_explore::{ConformanceSearch, ConformanceSearchResult, End, Exploration};

/// The search of a policy.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The policy, as the user named it.
    pub policy: String,
    /// The cast, as the user named it.
    pub cast: String,
    /// The names of users and groups.
    pub names: Names,
    /// The cast, groups and policy.
    pub setup: Setup,
    /// The result of the search.
    pub exploration: Exploration,
    /// How long it took.
    pub time: Duration,
    /// The files of the counterexamples that were saved.
    pub files: Vec<(Promise, PathBuf)>,
    /// Each broken promise, and whether the baseline lists it.
    pub matched: Vec<(Promise, BaselineMatch)>,
    /// Whether the promises were expected to be kept: then a broken one is a failure, and otherwise
    /// an answer.
    pub is_expected_kept: bool,
    /// Whether other policies are explored as well; then a table compares them at the end.
    pub is_one_of_many: bool,
}

impl Explored {
    /// The file of the counterexample for the promise, if it was saved.
    pub fn file(&self, promise: Promise) -> Option<&Path> {
        self.files.iter().find(|(saved, _)| *saved == promise).map(|(_, file)| file.as_path())
    }

    /// Whether the policy is known to break the promise.
    pub fn is_known(&self, promise: Promise) -> bool {
        self.matched.iter().any(|(broken, matched)| *broken == promise && matched.is_known())
    }

    /// Whether every reachable state was expanded.
    pub fn is_complete(&self) -> bool {
        self.exploration.end == End::Complete
    }
}

/// The exhaustive search of an implementation.
#[derive(Clone, Copy, Debug)]
pub struct ImplementationExplored<'a> {
    /// The policy, as the user named it.
    pub policy: &'a str,
    /// The cast, as the user named it.
    pub cast: &'a str,
    /// The implementation's name.
    pub adapter: &'a str,
    /// The fault that was planted, if one was.
    pub fault: Option<&'a str>,
    /// The settings of the search.
    pub search: &'a ConformanceSearch,
    /// The result of the search.
    pub result: &'a ConformanceSearchResult,
    /// How many different findings there are, the inconclusive ones left out.
    pub findings: usize,
    /// How long it took.
    pub time: Duration,
}

/// A sentence about the permutations that a search left out, if it did.
pub(super) fn symmetry_bound(cut: SymmetryCut) -> Option<String> {
    let (users, groups) = (counted(cut.users, "user"), counted(cut.groups, "group"));
    let unrenamed = match (cut.users, cut.groups) {
        (0, 0) => return None,
        (_, 0) => users,
        (0, _) => groups,
        _ => format!("{users} and {groups}"),
    };
    Some(format!(
        "Symmetry was bounded, because there are too many permutations: the last {unrenamed} kept their names."
    ))
}

impl ImplementationExplored<'_> {
    /// Whether the search went as far as it was asked to.
    pub fn answers_what_was_asked(&self) -> bool {
        matches!(self.result.end, End::Complete | End::Depth | End::First)
    }
}
