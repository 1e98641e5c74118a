//! The triage of a target's findings: a finding is on disk before it is shrunk, the reported trace
//! was replayed, nothing is lost if a file cannot be written or the finding does not recur, and the
//! process aborts last.

use std::fs;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::describe::Palette;
use chatwarden::format::{BuiltInCast, CastSpec, Minimality, NamedSetup, PolicySpec, Scenario, Source};
use chatwarden::fuzz::{Counters, Header, Input, Settings, TargetOutcome, harness};
use chatwarden::model::{Command, OnLoss, Policy, Preset, Setup};
use chatwarden::replay;

use super::targets::{found, reported, target};
use chatwarden_test_support::Disturbed;

/// The settings for the reported defect, with a folder for findings below this one.
fn settings(folder: &Path) -> Settings {
    Settings { save: folder.join("found"), ..Settings::for_fault(Fault::LauncherOnly) }
}

/// The one scenario that was saved below the folder.
fn saved(folder: &Path) -> Scenario {
    let files: Vec<_> = fs::read_dir(folder.join("found")).expect("it is there").collect();
    assert_eq!(files.len(), 1, "{files:?}");
    Scenario::open(&files[0].as_ref().expect("it can be listed").path()).expect("it can be read")
}

/// The scenario in a report.
fn reported_scenario(report: &[u8]) -> Scenario {
    let report = std::str::from_utf8(report).expect("it is text");
    let scenario =
        &report[report.find('{').unwrap_or_else(|| panic!("no scenario in the report: {report}"))..];
    Scenario::read(Source::new("report", scenario)).expect("it can be read")
}

#[test]
fn a_finding_is_saved_shrunk_and_reported() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    assert_eq!(found.commands.len(), 7);

    let mut report = Vec::new();
    let file = target.triage(Header::OWN, &found, &mut report, &Palette::PLAIN).expect("it can be saved");
    let report = String::from_utf8(report).expect("it is text");
    for part in [
        ".new.json and is being shrunk",
        "invite(sam, g1, kim)",
        "step by step",
        "legitimate after",
        "chatwarden replay --fault launcher-only",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let saved = saved(folder.path());
    assert_eq!(Some(saved.name.as_ref()), file.file_stem());
    assert_eq!(saved.steps.len(), 4);
    assert_eq!(saved.finding.as_ref().expect("it has a finding").engine, "cargo-fuzz");
    replay::against_policy(&saved).expect("the policy does what it says");
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing() {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings(file.path()));
    let found = found(&mut target, reported()).expect("it is found");
    let mut report = Vec::new();
    assert!(target.triage(Header::OWN, &found, &mut report, &Palette::PLAIN).is_err());
    assert_eq!(reported_scenario(&report).steps.len(), 7);
}

#[test]
fn a_folder_that_cannot_be_written_any_more_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let made = AtomicUsize::new(0);
    // The folder is removed while the finding is being shrunk.
    let make = || {
        if made.fetch_add(1, Relaxed) > 0 && folder.path().join("found").is_dir() {
            fs::remove_dir_all(folder.path().join("found")).expect("it can be removed");
            fs::write(folder.path().join("found"), "").expect("it can be written");
        }
        Ok(Memory::with_fault(Fault::LauncherOnly))
    };
    let mut target = target(make, settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    let mut report = Vec::new();
    assert!(target.triage(Header::OWN, &found, &mut report, &Palette::PLAIN).is_err());
    assert_eq!(reported_scenario(&report).steps.len(), 7);
}

/// A service with the reported defect, which is repaired after so many resets of all services.
struct Mending {
    service: Memory,
    resets: Arc<AtomicUsize>,
    most: usize,
}

impl Adapter for Mending {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        let is_repaired = self.resets.fetch_add(1, Relaxed) >= self.most;
        self.service = if is_repaired { Memory::new() } else { Memory::with_fault(Fault::LauncherOnly) };
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

/// The number of resets to find the reported defect and triage it, the saved scenario and the
/// report.
fn triaged(most: usize) -> (usize, Scenario, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let resets = Arc::new(AtomicUsize::new(0));
    let make = || Ok(Mending { service: Memory::new(), resets: resets.clone(), most });
    let mut target = target(make, settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    let mut report = Vec::new();
    target.triage(Header::OWN, &found, &mut report, &Palette::PLAIN).expect("it can be saved");
    (resets.load(Relaxed), saved(folder.path()), String::from_utf8(report).expect("it is text"))
}

#[test]
fn a_finding_that_does_not_recur_from_the_disk_is_kept_as_it_was_found() {
    let (resets, shrunk, _) = triaged(usize::MAX);
    assert_eq!(shrunk.steps.len(), 4);
    assert_eq!(shrunk.finding.expect("it has a finding").minimal, Minimality::OneMinimal);
    // The last two are the replay from disk and the trace for the report.
    let (_, kept, report) = triaged(resets - 2);
    assert_eq!(kept.steps.len(), 7);
    assert_eq!(kept.finding.expect("it has a finding").minimal, Minimality::None);
    assert!(report.contains("unstable"), "{report}");
}

#[test]
fn triage_uses_the_setup_of_the_finding_and_not_of_the_last_input() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings = Settings { varies_setup: true, ..settings(folder.path()) };
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings);
    let cast = CastSpec::BuiltIn(BuiltInCast::Small);
    let policy = Policy { on_loss: OnLoss::Dissolve, ..Preset::MessengerKids.policy() };
    let setup = NamedSetup::new(cast, 1, PolicySpec::from(policy));
    let input = Input { header: Header::of(&setup), commands: reported() };
    let TargetOutcome::Found(header, found) = target.run(&input.encode()) else { panic!("it is found") };
    assert_eq!(target.run(&Input::default().encode()), TargetOutcome::Conforms);
    target.triage(header, &found, &mut Vec::new(), &Palette::PLAIN).expect("it can be saved");
    let saved = saved(folder.path());
    assert_eq!((&saved.policy, saved.groups.len()), (&setup.policy, 1));
    replay::against_policy(&saved).expect("the policy does what it says");
}

/// Lets a thread panic on an invitation: at once, and then waits for it, or later.
fn invite_by_thread(command: &Command, delay: Duration) {
    let Command::Invite { .. } = command else { return };
    let work = move || {
        thread::sleep(delay);
        panic!("out of stamps");
    };
    let worker = thread::Builder::new().name("worker".into()).spawn(work).expect("it starts");
    if delay.is_zero() {
        worker.join().expect_err("it panics");
    }
}

/// For the process of a test: the folder for its findings, and the milliseconds for which the
/// thread waits.
const FOLDER: &str = "CHATWARDEN_TEST_FOLDER";
const DELAY: &str = "CHATWARDEN_TEST_DELAY";

/// Executes inputs in the process of a test, as libFuzzer does.
fn fuzz_in_this_process() {
    static COUNTERS: Counters = Counters::new();
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let delay = std::env::var(DELAY).expect("it is said").parse().expect("it is a number");
    let delay = Duration::from_millis(delay);
    let make =
        move || Ok(Disturbed(Memory::new(), move |command: &Command| invite_by_thread(command, delay)));
    let mut fuzzed = harness(make, settings(folder.as_ref()), &COUNTERS);
    fuzzed.execute(&Input { header: Header::OWN, commands: reported() }.encode());
    thread::sleep(3 * delay);
    fuzzed.execute(&Input::default().encode());
}

/// The report and the scenario of the process of the test by this name, which has to abort.
fn aborted(test: &str, delay: &str) -> (String, Scenario) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = process::Command::new(std::env::current_exe().expect("there is one"))
        .args(["--exact", &format!("fuzzing::triage::{test}"), "--nocapture"])
        .envs([(FOLDER, folder.path().as_os_str()), (DELAY, delay.as_ref())])
        .output()
        .expect("it starts");
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), None, "it aborts: {report}");
    assert!(report.contains("out of stamps") && report.contains("on its thread worker"), "{report}");
    let saved = saved(folder.path());
    assert_eq!(saved.finding.as_ref().expect("it has a finding").verdict.to_string(), "inconclusive");
    (report, saved)
}

#[test]
fn a_panic_on_another_thread_is_a_finding_and_the_process_aborts_last() {
    fuzz_in_this_process();
    if std::env::var_os(FOLDER).is_none() {
        let (report, saved) =
            aborted("a_panic_on_another_thread_is_a_finding_and_the_process_aborts_last", "0");
        assert!(report.contains("invite("), "{report}");
        assert!(saved.steps.len() < 7, "{}", saved.steps.len());
    }
}

#[test]
fn a_panic_after_an_input_is_kept_with_that_input() {
    fuzz_in_this_process();
    if std::env::var_os(FOLDER).is_none() {
        let (report, saved) = aborted("a_panic_after_an_input_is_kept_with_that_input", "100");
        assert!(report.contains("unstable"), "{report}");
        assert_eq!(replay::commands(&saved), reported());
    }
}
