//! What becomes of a finding of a target: it is on disk before it is shrunk, what is announced is what was replayed, nothing is
//! lost if something cannot be written or does not recur, and only then does the process abort.

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

/// The settings for the reported defect, with what is found saved below the folder.
fn settings(folder: &Path) -> Settings {
    Settings { save: folder.join("found"), ..Settings::for_fault(Fault::LauncherOnly) }
}

/// The one scenario that was saved below the folder.
fn saved(folder: &Path) -> Scenario {
    let files: Vec<_> = fs::read_dir(folder.join("found")).expect("it is there").collect();
    assert_eq!(files.len(), 1, "{files:?}");
    Scenario::open(&files[0].as_ref().expect("it can be listed").path()).expect("it can be read")
}

/// The scenario in what was told.
fn told_scenario(told: &[u8]) -> Scenario {
    let told = std::str::from_utf8(told).expect("it is text");
    let scenario = &told[told.find('{').unwrap_or_else(|| panic!("the scenario is not told: {told}"))..];
    Scenario::read(Source::new("told", scenario)).expect("it can be read")
}

#[test]
fn a_finding_is_saved_shrunk_and_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    assert_eq!(found.commands.len(), 7);

    let mut told = Vec::new();
    let file = target.triage(Header::OWN, &found, &mut told, &Palette::PLAIN).expect("it can be saved");
    let told = String::from_utf8(told).expect("it is text");
    for part in [
        ".new.json and is being shrunk",
        "invite(sam, g1, kim)",
        "step by step",
        "legitimate after",
        "chatwarden replay --fault launcher-only",
    ] {
        assert!(told.contains(part), "{part}: {told}");
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
    let mut told = Vec::new();
    assert!(target.triage(Header::OWN, &found, &mut told, &Palette::PLAIN).is_err());
    assert_eq!(told_scenario(&told).steps.len(), 7);
}

#[test]
fn a_folder_that_cannot_be_written_any_more_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let made = AtomicUsize::new(0);
    // While it is being shrunk, the folder goes.
    let make = || {
        if made.fetch_add(1, Relaxed) > 0 && folder.path().join("found").is_dir() {
            fs::remove_dir_all(folder.path().join("found")).expect("it can be removed");
            fs::write(folder.path().join("found"), "").expect("it can be written");
        }
        Ok(Memory::with_fault(Fault::LauncherOnly))
    };
    let mut target = target(make, settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    let mut told = Vec::new();
    assert!(target.triage(Header::OWN, &found, &mut told, &Palette::PLAIN).is_err());
    assert_eq!(told_scenario(&told).steps.len(), 7);
}

/// A service with the reported defect, which is mended after so many resets of all that there are.
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
        let is_mended = self.resets.fetch_add(1, Relaxed) >= self.most;
        self.service = if is_mended { Memory::new() } else { Memory::with_fault(Fault::LauncherOnly) };
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

/// How many resets it takes to find and conclude the reported defect, with what was saved and told.
fn concluded(most: usize) -> (usize, Scenario, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let resets = Arc::new(AtomicUsize::new(0));
    let make = || Ok(Mending { service: Memory::new(), resets: resets.clone(), most });
    let mut target = target(make, settings(folder.path()));
    let found = found(&mut target, reported()).expect("it is found");
    let mut told = Vec::new();
    target.triage(Header::OWN, &found, &mut told, &Palette::PLAIN).expect("it can be saved");
    (resets.load(Relaxed), saved(folder.path()), String::from_utf8(told).expect("it is text"))
}

#[test]
fn what_does_not_recur_from_the_disk_is_kept_as_it_was_found() {
    let (resets, shrunk, _) = concluded(usize::MAX);
    assert_eq!(shrunk.steps.len(), 4);
    assert_eq!(shrunk.finding.expect("it has a finding").minimal, Minimality::OneMinimal);
    // The last two are the replay of what is on disk and the history that is told.
    let (_, kept, told) = concluded(resets - 2);
    assert_eq!(kept.steps.len(), 7);
    assert_eq!(kept.finding.expect("it has a finding").minimal, Minimality::None);
    assert!(told.contains("unstable"), "{told}");
}

#[test]
fn what_is_concluded_is_about_what_was_found_and_not_about_what_was_read_last() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings = Settings { varies_setup: true, ..settings(folder.path()) };
    let mut target = target(|| Ok(Memory::with_fault(Fault::LauncherOnly)), settings);
    let cast = CastSpec::BuiltIn(BuiltInCast::Small);
    let policy = Policy { on_loss: OnLoss::Dissolve, ..Preset::MessengerKids.policy() };
    let setup = NamedSetup::new(cast, 1, PolicySpec::Full(policy));
    let input = Input { header: Header::of(&setup), commands: reported() };
    let TargetOutcome::Found(header, found) = target.run(&input.encode()) else { panic!("it is found") };
    assert_eq!(target.run(&Input::default().encode()), TargetOutcome::Conforms);
    target.triage(header, &found, &mut Vec::new(), &Palette::PLAIN).expect("it can be saved");
    let saved = saved(folder.path());
    assert_eq!((saved.policy, saved.groups.len()), (setup.policy, 1));
    replay::against_policy(&saved).expect("the policy does what it says");
}

/// Lets a thread do what is invited to, which panics: at once, and then it is waited for, or later.
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

/// Where the process of a test below is to save what it finds, and how many milliseconds the thread waits.
const FOLDER: &str = "CHATWARDEN_TEST_FOLDER";
const DELAY: &str = "CHATWARDEN_TEST_DELAY";

/// What the process of a test does in the place of libFuzzer.
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

/// What the process of the test by this name says and saves, which has to abort.
fn aborted(test: &str, delay: &str) -> (String, Scenario) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = process::Command::new(std::env::current_exe().expect("there is one"))
        .args(["--exact", &format!("fuzzing::triage::{test}"), "--nocapture"])
        .envs([(FOLDER, folder.path().as_os_str()), (DELAY, delay.as_ref())])
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), None, "it aborts: {told}");
    assert!(told.contains("out of stamps") && told.contains("on its thread worker"), "{told}");
    let saved = saved(folder.path());
    assert_eq!(saved.finding.as_ref().expect("it has a finding").verdict.to_string(), "inconclusive");
    (told, saved)
}

#[test]
fn a_panic_on_another_thread_is_a_finding_and_the_process_aborts_last() {
    fuzz_in_this_process();
    if std::env::var_os(FOLDER).is_none() {
        let (told, saved) =
            aborted("a_panic_on_another_thread_is_a_finding_and_the_process_aborts_last", "0");
        assert!(told.contains("invite("), "{told}");
        assert!(saved.steps.len() < 7, "{}", saved.steps.len());
    }
}

#[test]
fn what_panics_after_an_input_is_kept_with_that_input() {
    fuzz_in_this_process();
    if std::env::var_os(FOLDER).is_none() {
        let (told, saved) = aborted("what_panics_after_an_input_is_kept_with_that_input", "100");
        assert!(told.contains("unstable"), "{told}");
        assert_eq!(replay::commands(&saved), reported());
    }
}
