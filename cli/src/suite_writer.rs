//! Conformance suites on disk: each chain as a scenario that expects just what the policy does.
//!
//! Which chains there are is the suite's to say.

use std::io;
use std::path::PathBuf;

use chatwarden_model::Argument;

use crate::report::sentence;
use chatwarden::format::{CastSpec, Names, PolicySpec, Scenario};
use chatwarden::replay;
use chatwarden::triage::write;
use chatwarden_explore::suite::Chain;

/// Where the scenarios of a suite go, and what they have in common.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden::triage::SuiteWriter;
/// use chatwarden_explore::suite::{build, SuiteConfig};
/// use chatwarden::format::{CastSpec, PolicySpec, Scenario, Source};
///
/// let cast = r#"[{"name": "sam", "kind": "adult"}, {"name": "zoe", "kind": "adult"}]"#;
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("adults.json"), cast)?;
/// let cast = CastSpec::open(&directory.path().join("adults.json")).expect("it is a cast");
/// let policy = PolicySpec::Preset(Preset::AdderOnly);
/// let setup = Setup { cast: cast.named_cast().cast, groups: 1, policy: policy.policy() };
/// let suite = build(&SuiteConfig::new(setup), &SearchMonitor::default());
///
/// let shelf = SuiteWriter { directory: directory.path().join("suite"), policy, cast };
/// let file = shelf.save(&suite.chains[0])?;
/// assert!(Scenario::open(&file).expect("what was saved can be read").about.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SuiteWriter {
    /// Where the files go; it is made when the first is written.
    pub directory: PathBuf,
    /// The policy, as the user named it.
    pub policy: PolicySpec,
    /// The cast, as the user named it.
    pub cast: CastSpec,
}

impl SuiteWriter {
    /// Writes a chain down, reads it back and replays it.
    ///
    /// # Errors
    /// If it cannot be written, or what is on disk is not what the policy does.
    pub fn save(&self, chain: &Chain) -> io::Result<PathBuf> {
        let path = write(&self.directory, &self.scenario(chain))?;
        let saved = Scenario::open(&path).map_err(io::Error::other)?;
        replay::against_policy(&saved).map_err(io::Error::other)?;
        Ok(path)
    }

    fn scenario(&self, chain: &Chain) -> Scenario {
        let mut groups = 0;
        for command in &chain.commands {
            command.each_argument(|_, argument| {
                if let Argument::Group(group) = argument {
                    groups = groups.max(group.index() + 1);
                }
            });
        }
        let mut scenario = Scenario {
            name: chain.about.to_string(),
            about: Some(format!("{}.", sentence(chain.about))),
            source: None,
            policy: self.policy,
            cast: self.cast.clone(),
            groups: Names::numbered(groups),
            steps: Vec::new(),
            promises: None,
            breaks: Vec::new(),
            finding: None,
        };
        (scenario.steps, scenario.breaks) = replay::follow_policy(&scenario.setup(), &chain.commands);
        scenario
    }
}
