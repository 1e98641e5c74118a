//! A conformance test of an implementation in one line. It replays the scenarios, then tries random
//! traces. A finding is shrunk, saved among the scenarios and reported; from then on it is a
//! regression test.
//!
//! ```
//! chatwarden::conformance_test!(my_chat_conforms, chatwarden::adapter::memory::Memory::new());
//! ```
//!
//! It is for `cargo test`, so it tries a fixed number of traces. Fuzz targets and the command line
//! can run for longer.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chatwarden_model::{CommandKind, EnumSet};

use crate::adapter::{About, Adapter, Failure};
use crate::campaign::{self, CampaignConfig, CampaignMonitor};
use crate::describe::{Describer, Explanation, Palette};
use crate::format::{NamedSetup, Scenario};
use crate::lockstep::{CheckConfig, Tally};
use crate::replay::{self, NoResult};
use crate::sanitize;
use crate::trace::Trace;
use crate::triage::{FindingWriter, Pipeline};

/// Defines a test with this name: the implementation that the second argument makes must conform.
/// The second argument may use `?` on a [`Failure`](crate::adapter::Failure). The third argument, a
/// [`Conformance`], is optional.
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
            if let Err(error) = $crate::conformance::Conformance::check(&$conformance, &|| Ok($make)) {
                panic!("{error}");
            }
        }
    };
}

/// The default folder of scenarios.
const SCENARIOS: &str = "scenarios";

/// The settings of a conformance test.
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
/// // It was saved, so the next test replays it before it tries anything else.
/// let again = conformance.check(&|| Ok(Memory::with_fault(Fault::LauncherOnly))).unwrap_err();
/// assert!(again.to_string().contains("found/"));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conformance {
    /// The cast, groups and policy of random traces. The default is that of the command line, with
    /// the policy that the implementation follows. Scenarios have their own.
    pub setup: Option<NamedSetup>,
    /// The folder of the scenarios to replay; findings are saved in its folder `found`. `cargo
    /// test` looks for it in the folder of the crate. It must exist, so that a typing error is
    /// noticed; only the default, `scenarios`, may be missing.
    pub scenarios: PathBuf,
    /// The commands to draw from, of those that the implementation can carry out.
    pub commands: EnumSet<CommandKind>,
    /// How the implementation is compared; the default is as it declares.
    pub check: Option<CheckConfig>,
    /// The seed from which all choices follow.
    pub seed: u64,
    /// How many random traces are tried.
    pub runs: u64,
    /// How many commands each has.
    pub length: usize,
    /// How long each finding may be shrunk.
    pub shrink_time: Duration,
}

impl Default for Conformance {
    fn default() -> Self {
        Conformance {
            setup: None,
            scenarios: SCENARIOS.into(),
            commands: EnumSet::all(),
            check: None,
            seed: 0,
            runs: 2_000,
            length: 30,
            shrink_time: Duration::from_secs(60),
        }
    }
}

/// The reason why an implementation did not pass, as a text for people.
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
    /// Replays all scenarios, then tries random traces until one does not conform.
    ///
    /// # Errors
    /// If a scenario or a trace does not conform or is inconclusive, if nothing was carried out, or if a
    /// file cannot be read or written. The text says where a finding was saved.
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
        let check = self.check.unwrap_or_else(|| CheckConfig::of(&about));
        let mut tally = self.replay(&about, check, &make)?;
        let tried = self.explore(&about, check, &make)?;
        // Only the traces have no other commands than the implementation lists.
        let contradiction = tried.left_out_text().and_then(|_| tried.shortfall());
        tally.add(&tried);
        let nothing = (tally.carried_out() == 0).then(|| match tally.left_out_text() {
            None => "no command was allowed".into(),
            Some(left_out) => format!("no command was allowed; left out: {left_out}"),
        });
        match contradiction.or(nothing) {
            None => Ok(()),
            Some(why) => Err(NonConformance(format!("inconclusive: {why}"))),
        }
    }

    /// Replays the scenarios that are for the implementation, and returns their commands.
    fn replay<A: Adapter>(
        &self,
        about: &About,
        check: CheckConfig,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> Result<Tally, NonConformance> {
        let (mut errors, mut explained, mut tally) = (Vec::new(), None, Tally::default());
        for file in self.files()? {
            match Scenario::open_found(&file) {
                // Another test renamed a draft meanwhile. A broken link still has metadata.
                Err(_) if file.symlink_metadata().is_err() => {}
                Err(error) => errors.push(error.to_string()),
                Ok(scenario) if replay::is_of_another_policy(&scenario, about) => {}
                Ok(scenario) => {
                    // Each scenario gets a new implementation: an earlier scenario may have broken
                    // the old one.
                    let error = match replay_one(&scenario, &mut make()?, about, check) {
                        Ok(replayed) => {
                            tally.add(&replayed);
                            continue;
                        }
                        Err(error) => error,
                    };
                    errors.push(format!("{}: {error}", sanitize::path(&file)));
                    if explained.is_none() {
                        explained = Some(explanation(&scenario, &mut make()?, check));
                    }
                }
            }
        }
        errors.extend(explained);
        if errors.is_empty() { Ok(tally) } else { Err(NonConformance(errors.join("\n"))) }
    }

    /// The scenario files; none if the default folder is missing.
    fn files(&self) -> Result<Vec<PathBuf>, NonConformance> {
        let folder = &self.scenarios;
        match folder.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder == Path::new(SCENARIOS) => {
                Ok(Vec::new())
            }
            Err(error) => {
                Err(NonConformance(format!("the scenarios in {}: {error}", sanitize::path(folder))))
            }
            Ok(_) => replay::scenarios_below(folder).map_err(NonConformance),
        }
    }

    fn explore<A: Adapter>(
        &self,
        about: &About,
        check: CheckConfig,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
    ) -> Result<Tally, NonConformance> {
        let named = self.setup.clone().unwrap_or_else(|| NamedSetup::of(about));
        let commands = self.commands.and(about.commands);
        let defaults = CampaignConfig::new(named.setup(), about);
        let config = CampaignConfig {
            commands,
            check,
            seed: self.seed,
            runs: self.runs,
            length: self.length,
            shrink_time: Some(self.shrink_time),
            ..defaults
        };
        let writer = FindingWriter::about(named, self.scenarios.join("found"));
        let pipeline = Pipeline::new(config, writer.with_source("conformance", about, check), make);
        let monitor = CampaignMonitor::default();
        let result =
            campaign::run_campaign(&pipeline.config, make, &monitor, &|found| pipeline.draft(found))?;
        let mut texts = Vec::new();
        for found in &result.found {
            let mut text = Vec::new();
            let saved = pipeline.process_as_text(found, &mut text, &Palette::PLAIN);
            texts.push(String::from_utf8_lossy(&text).into_owned());
            texts.extend(saved.err().map(|error| format!("error: {error}")));
        }
        texts.extend(pipeline.discard_drafts().err().map(|error| format!("error: {error}")));
        texts.extend(result.failure.map(|failure| NonConformance::from(failure).0));
        if texts.is_empty() { Ok(result.tally) } else { Err(NonConformance(texts.join("\n"))) }
    }
}

/// Replays a scenario, and returns its commands. The error is one line.
fn replay_one(
    scenario: &Scenario,
    adapter: &mut impl Adapter,
    about: &About,
    check: CheckConfig,
) -> Result<Tally, String> {
    replay::against_policy(scenario).map_err(|mismatch| format!("not as the scenario says: {mismatch}"))?;
    let replayed = replay::against_implementation(scenario, adapter, check);
    if let Some(finding) = &replayed.finding {
        return Err(replay::finding_text(scenario, finding));
    }
    match replayed.no_result(scenario, about, check) {
        Some(NoResult::Inconclusive(why)) => Err(format!("inconclusive: {why}")),
        Some(NoResult::Skipped(_)) | None => Ok(replayed.tally),
    }
}

/// The explanation of the scenario, with the implementation.
fn explanation(scenario: &Scenario, adapter: &mut impl Adapter, check: CheckConfig) -> String {
    let (names, setup) = (scenario.names(), scenario.setup());
    let check = CheckConfig { promises: scenario.judged(), ..check };
    let trace = Trace::of(adapter, check, &setup, &replay::commands(scenario));
    let (describer, recorded) = (Describer { names: &names, setup: &setup }, scenario.finding.as_ref());
    let explanation =
        Explanation { describer, trace: &trace, recorded, certificate: None, is_verbose: false };
    let mut text = Vec::new();
    explanation.write(&mut text, &Palette::PLAIN).expect("memory can be written to");
    format!("\n{}\n{}", scenario.name, String::from_utf8_lossy(&text))
}
