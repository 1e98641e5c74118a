//! The files of one finding. Shards of a campaign shrink the same finding to different traces, each of which
//! has a file name of its own.

use std::fs;
use std::path::{Path, PathBuf};

use chatwarden_model::Command;

use crate::counterexample::{Certification, Counterexample, ShrinkStatus};
use crate::finding::Finding;
use crate::format::{FindingRecord, Minimality, Scenario};

/// The number of characters behind the identity in the name of a file: a hyphen and the hash.
const HASH_CHARS: usize = 9;

/// The other files in the folder with the finding of the scenario: by the same engine with the same seed, of
/// the same implementation, compared alike, under the same policy. A file into which a person wrote is none
/// of them. A finding that followed from no seed has no other file.
pub(super) fn other_files(folder: &Path, scenario: &Scenario) -> Vec<(PathBuf, Scenario)> {
    let Some(record) = scenario.finding.as_ref().filter(|record| record.seed.is_some()) else {
        return Vec::new();
    };
    let identity = &scenario.name[..scenario.name.len().saturating_sub(HASH_CHARS)];
    let has_name_of_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.strip_suffix(".json").unwrap_or_default();
        stem != scenario.name && stem.strip_prefix(identity).is_some_and(|hash| hash.len() == HASH_CHARS)
    };
    let is_same = |other: &Scenario| {
        let is_untouched = other.about.is_none() && other.source.is_none();
        let is_of_setup = other.cast == scenario.cast && other.policy.policy() == scenario.policy.policy();
        let is_found =
            other.finding.as_ref().is_some_and(|other| same_subject(other) == same_subject(record));
        is_untouched && is_of_setup && is_found && other.promises == scenario.promises
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(has_name_of_it).collect();
    paths.sort();
    let files = paths.into_iter().filter_map(|path| Some((path.clone(), Scenario::open_found(&path).ok()?)));
    files.filter(|(_, other)| is_same(other)).collect()
}

/// What two records of one finding have in common.
fn same_subject(record: &FindingRecord) -> FindingRecord {
    FindingRecord {
        run: None,
        harness: String::new(),
        implementation: None,
        at: 0,
        group: None,
        users: None,
        message: String::new(),
        because: None,
        minimal: Minimality::None,
        certificate: None,
        original_groups: Vec::new(),
        original: None,
        ..record.clone()
    }
}

/// The counterexample of a file, in which the finding shows again. It counts as found where the other one,
/// whose place it takes, was found.
pub(super) fn read_back(
    scenario: &Scenario,
    mut commands: Vec<Command>,
    finding: Finding,
    other: Counterexample,
) -> Counterexample {
    commands.truncate(finding.at() + 1);
    let record = scenario.finding.as_ref();
    let is_minimal = record.is_some_and(|record| record.minimal != Minimality::None);
    let status = if is_minimal { ShrinkStatus::OneMinimal } else { ShrinkStatus::Unfinished };
    let certificate = record.and_then(|record| record.certificate);
    let certification = certificate.map_or(Certification::NotTried, Certification::Certified);
    Counterexample { commands, finding, status, certification, ..other }
}
