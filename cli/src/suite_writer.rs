//! Conformance suites on disk: each trace as a scenario that expects what the policy does.
//!
//! `chatwarden_explore::suite` chooses the traces.

use std::io;
use std::path::PathBuf;

use chatwarden_model::Argument;

use crate::counterexample_writer::{policy_scenario, write_checked};
use crate::report::sentence;
use chatwarden::format::{CastSpec, Names, PolicySpec, Scenario};
use chatwarden_explore::suite::SuiteTrace;

/// Writes the scenarios of a suite.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden_cli::suite_writer::SuiteWriter;
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
/// let writer = SuiteWriter { directory: directory.path().join("suite"), policy, cast };
/// let file = writer.save(&suite.traces[0])?;
/// assert!(Scenario::open(&file).expect("it is readable").about.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SuiteWriter {
    /// The folder of the files. It is created with the first file.
    pub directory: PathBuf,
    /// The policy, as the user named it.
    pub policy: PolicySpec,
    /// The cast, as the user named it.
    pub cast: CastSpec,
}

impl SuiteWriter {
    /// Writes a trace as a scenario, reads the file back and replays it with the policy.
    ///
    /// # Errors
    /// If the file cannot be written, or the policy does not do what the file says.
    pub fn save(&self, trace: &SuiteTrace) -> io::Result<PathBuf> {
        Ok(write_checked(&self.directory, &self.scenario(trace))?.0)
    }

    fn scenario(&self, trace: &SuiteTrace) -> Scenario {
        let mut groups = 0;
        for command in &trace.commands {
            command.each_argument(|_, argument| {
                if let Argument::Group(group) = argument {
                    groups = groups.max(group.index() + 1);
                }
            });
        }
        Scenario {
            name: trace.about.to_string(),
            about: Some(format!("{}.", sentence(trace.about))),
            ..policy_scenario(self.policy.clone(), &self.cast, Names::numbered(groups), &trace.commands)
        }
    }
}
