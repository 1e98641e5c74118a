//! A conformance test of an implementation in one line: its scenarios are replayed, then random histories are tried. What
//! is found is shrunk, saved among the scenarios, and told; from then on it is a regression test.
//!
//! ```
//! chatwarden::conformance_test!(my_chat_conforms, chatwarden::adapter::memory::Memory::new());
//! ```
//!
//! It is for `cargo test`, and bounded in what it tries; fuzz targets and the command line go on for as long as one likes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chatwarden_model::{CommandKind, EnumSet};

use crate::adapter::{About, Adapter, Failure};
use crate::campaign::{self, CampaignConfig, CampaignMonitor, CampaignResult, Origin};
use crate::describe::{Describer, Palette, explain};
use crate::format::{NamedSetup, Scenario};
use crate::lockstep::CheckConfig;
use crate::replay;
use crate::trace::Trace;
use crate::triage::{Drafts, Finder, FindingWriter};

/// Defines a test by this name that an implementation, made by the second argument, conforms. Where that may fail, `?` can be
/// used on a [`Failure`](crate::adapter::Failure). The third argument, a [`Conformance`], can be left out.
///
/// ```
/// use chatwarden::adapter::memory::Memory;
/// use chatwarden::conformance::Conformance;
/// chatwarden::conformance_test!(the_service_conforms, Memory::new());
/// chatwarden::conformance_test!(it_does_in_longer_runs, Memory::new(), Conformance { length: 60, ..Conformance::default() });
/// ```
#[macro_export]
macro_rules! conformance_test {
    ($name:ident, $make:expr) => {
        $crate::conformance_test!($name, $make, $crate::conformance::Conformance::default());
    };
    ($name:ident, $make:expr, $conformance:expr) => {
        #[test]
        fn $name() {
            if let Err(failed) = $crate::conformance::Conformance::check(&$conformance, &|| Ok($make)) {
                panic!("{failed}");
            }
        }
    };
}

/// Where scenarios are if nothing else is said.
const SCENARIOS: &str = "scenarios";

/// What a conformance test replays and tries.
///
/// ```
/// use chatwarden::adapter::{fault::Fault, memory::Memory};
/// use chatwarden::conformance::Conformance;
/// let folder = std::env::temp_dir().join("chatwarden-conformance-example");
/// std::fs::create_dir_all(&folder)?;
/// let conformance = Conformance { scenarios: folder.clone(), ..Conformance::default() };
/// assert!(conformance.check(&|| Ok(Memory::new())).is_ok());
///
/// let failed = conformance.check(&|| Ok(Memory::with_fault(Fault::LauncherOnly))).unwrap_err();
/// assert!(failed.to_string().contains("newcomer-cleared does not hold"));
/// // It was saved, so that the next time it fails before anything is tried.
/// let again = conformance.check(&|| Ok(Memory::with_fault(Fault::LauncherOnly))).unwrap_err();
/// assert!(again.to_string().contains("found/"));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conformance {
    /// Cast, groups and policy of what is tried; if there are none, those of the command line with the policy that the
    /// implementation follows. Scenarios say their own.
    pub setup: Option<NamedSetup>,
    /// The folder of the scenarios that are replayed, and in whose `found` others are saved; `cargo test` looks for it in
    /// the folder of the crate. It has to be there, but for the default, `scenarios`: who mistypes it is to know.
    pub scenarios: PathBuf,
    /// The commands to draw from, of those that the implementation can carry out.
    pub commands: EnumSet<CommandKind>,
    /// On which terms the implementation is checked, if not on those that it declares.
    pub terms: Option<CheckConfig>,
    /// The seed from which all choices follow.
    pub seed: u64,
    /// How many histories are tried.
    pub runs: u64,
    /// How many commands each has.
    pub length: usize,
    /// How long what is found may be shrunk, each of them.
    pub shrink_time: Duration,
}

impl Default for Conformance {
    fn default() -> Self {
        Conformance {
            setup: None,
            scenarios: SCENARIOS.into(),
            commands: EnumSet::all(),
            terms: None,
            seed: 0,
            runs: 2_000,
            length: 30,
            shrink_time: Duration::from_secs(60),
        }
    }
}

/// Why an implementation did not pass, as a person reads it.
///
/// ```
/// use chatwarden::adapter::{memory::Memory, Failure};
/// use chatwarden::conformance::Conformance;
/// let make = || Err::<Memory, _>(Failure::Failed("there is no server".into()));
/// let failed = Conformance::default().check(&make).unwrap_err();
/// assert_eq!(failed.to_string(), "inconclusive: the implementation failed: there is no server");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NonConformance(String);

impl fmt::Display for NonConformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NonConformance {}

impl From<Failure> for NonConformance {
    fn from(failure: Failure) -> Self {
        NonConformance(format!("inconclusive: {failure}"))
    }
}

impl Conformance {
    /// Replays all scenarios, then tries histories until one does not conform.
    ///
    /// # Errors
    /// What does not conform, is inconclusive or cannot be read, and where it was saved.
    pub fn check<A: Adapter>(
        &self,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
    ) -> Result<(), NonConformance> {
        self.check_boxed(&|| Ok(Box::new(make()?) as Box<dyn Adapter + '_>))
    }

    /// Not generic, so that this library compiles it and not each test.
    fn check_boxed<'a>(
        &self,
        make: &(dyn Fn() -> Result<Box<dyn Adapter + 'a>, Failure> + Sync),
    ) -> Result<(), NonConformance> {
        let about = make()?.about();
        let terms = self.terms.unwrap_or_else(|| CheckConfig::of(&about));
        self.replay(terms, &make)?;
        self.explore(&about, terms, &make)
    }

    fn replay<A: Adapter>(
        &self,
        terms: CheckConfig,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> Result<(), NonConformance> {
        let (mut failed, mut explained) = (Vec::new(), None);
        for file in self.files()? {
            match Scenario::open(&file) {
                // A draft, which another test settled meanwhile; a link that leads nowhere is still there.
                Err(_) if file.symlink_metadata().is_err() => {}
                Err(error) => failed.push(error.to_string()),
                Ok(scenario) => {
                    // One that a scenario ended in no state to go on with is of no use for the next.
                    let Err(told) = replayed(&file, &scenario, &mut make()?, terms) else { continue };
                    failed.push(told);
                    if explained.is_none() {
                        explained = Some(explanation(&scenario, &mut make()?, terms));
                    }
                }
            }
        }
        failed.extend(explained);
        if failed.is_empty() { Ok(()) } else { Err(NonConformance(failed.join("\n"))) }
    }

    /// The scenarios, if there are any yet.
    fn files(&self) -> Result<Vec<PathBuf>, NonConformance> {
        let folder = &self.scenarios;
        match folder.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder == Path::new(SCENARIOS) => {
                Ok(Vec::new())
            }
            Err(error) => Err(NonConformance(format!("the scenarios in {}: {error}", folder.display()))),
            Ok(_) => replay::scenarios_below(folder).map_err(NonConformance),
        }
    }

    fn explore<A: Adapter>(
        &self,
        about: &About,
        terms: CheckConfig,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
    ) -> Result<(), NonConformance> {
        let named = self.setup.clone().unwrap_or_else(|| NamedSetup::of(about));
        let commands = self.commands.and(about.commands);
        let defaults = CampaignConfig::new(named.setup(), about);
        let plan = CampaignConfig {
            commands,
            terms,
            seed: self.seed,
            runs: self.runs,
            length: self.length,
            shrink_time: Some(self.shrink_time),
            ..defaults
        };
        let folder = FindingWriter::about(named, self.scenarios.join("found"));
        let finder = Finder::new("conformance", about, plan, folder);
        let drafts = Drafts::new(&finder.folder);
        let tally = campaign::run_campaign(&finder.plan, make, &CampaignMonitor::default(), &|found| {
            drafts.save(&found.commands, &found.finding, self.origin(found.run));
        })?;
        let told = self.told(&finder, &tally, &drafts, make);
        if told.is_empty() { Ok(()) } else { Err(NonConformance(told.join("\n"))) }
    }

    /// All that there is to tell of a campaign, once its findings are saved.
    fn told<A: Adapter>(
        &self,
        finder: &Finder,
        tally: &CampaignResult,
        drafts: &Drafts<'_>,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> Vec<String> {
        let mut told = Vec::new();
        for found in &tally.found {
            let mut text = Vec::new();
            let draft = drafts.take(found.finding.identity());
            let saved =
                finder.conclude(found, self.origin(found.run), draft, make, &mut text, &Palette::PLAIN);
            told.push(String::from_utf8_lossy(&text).into_owned());
            told.extend(saved.err().map(|error| format!("error: {error}")));
        }
        told.extend(drafts.discard_rest().err().map(|error| format!("error: {error}")));
        told.extend(tally.failure.iter().map(|failure| NonConformance::from(failure.clone()).0));
        told
    }

    fn origin(&self, run: u64) -> Option<Origin> {
        Some(Origin { seed: self.seed, run })
    }
}

/// Replays a scenario, and else says what is wrong, in a line.
fn replayed(
    file: &Path,
    scenario: &Scenario,
    adapter: &mut impl Adapter,
    terms: CheckConfig,
) -> Result<(), String> {
    replay::against_policy(scenario)
        .map_err(|mismatch| format!("{}: not as the scenario says: {mismatch}", file.display()))?;
    match replay::against_implementation(scenario, adapter, terms) {
        None => Ok(()),
        Some(finding) => Err(format!("{}: {}", file.display(), replay::told(scenario, &finding))),
    }
}

/// The scenario step by step, as it goes with the implementation.
fn explanation(scenario: &Scenario, adapter: &mut impl Adapter, terms: CheckConfig) -> String {
    let (names, setup) = (scenario.names(), scenario.setup());
    let terms = CheckConfig { promises: scenario.judged(), ..terms };
    let history = Trace::of(adapter, terms, &setup, &replay::commands(scenario));
    let mut text = Vec::new();
    explain(&mut text, &Palette::PLAIN, &Describer { names: &names, setup: &setup }, &history)
        .expect("memory can be written to");
    format!("\n{}, step by step:\n{}", scenario.name, String::from_utf8_lossy(&text))
}
