//! `explain`: tells the finding of a scenario and shows its steps.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::list;
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::command::open_scenario;
use crate::messages::{ERROR, text_output};
use crate::report::{certified, counted};
use crate::{CliError, Exit};
use chatwarden::describe::{Describer, Explanation, Palette};
use chatwarden::finding::Finding;
use chatwarden::format::Scenario;
use chatwarden::replay::{self, commands};
use chatwarden::sanitize;
use chatwarden::trace::Trace;

/// Explain scenarios step by step.
///
/// A summary comes first: the finding that the file records, or the one that the implementation shows if
/// you name one, or the promises that the policy breaks. Then come the steps. The step of the finding is
/// in full: which users may chat, every condition and whether it held, the decision of the policy next to
/// that of the implementation, the changes, the missing approval, and the commands that would have made
/// the step legitimate. Other steps take a line each. The exit code is 0, unless a file cannot be read
/// (2) or the implementation gives no definite answer (3).
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden explain scenarios/reported/messenger-kids-2019.json")]
pub(crate) struct Explain {
    /// Scenario files, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Show every step in full
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    target: ImplementationArgs,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let implementation = self.target.named()?;
        let mut out = text_output();
        let mut exit = Exit::Success;
        for (nth, file) in replay::scenario_files(&self.files)?.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            let scenario = open_scenario(file, &self.files)?;
            exit = exit.max(self.explain(&mut out, &scenario, implementation.as_ref())?);
        }
        Ok(exit)
    }

    fn explain(
        &self,
        out: &mut impl Write,
        scenario: &Scenario,
        implementation: Option<&Implementation>,
    ) -> Result<Exit, CliError> {
        write_head(out, scenario)?;
        let (setup, names) = (scenario.setup(), scenario.names());
        let trace = match implementation {
            Some(implementation) => {
                let config = implementation.check_config_for(scenario);
                let arguments = implementation.arguments();
                writeln!(out, "implementation {arguments}, compared {}", config.fidelity)?;
                let implementation = implementation.with_names(names.clone());
                Trace::of(&mut implementation.make()?, config, &setup, &commands(scenario))
            }
            None => Trace::of_policy(&setup, &commands(scenario)),
        };
        writeln!(out)?;
        let recorded = scenario.finding.as_ref();
        let certificate = recorded.and_then(|finding| finding.certificate.as_ref()).map(certified);
        Explanation {
            describer: Describer { names: &names, setup: &setup },
            trace: &trace,
            recorded,
            certificate: certificate.as_deref(),
            is_verbose: self.verbose,
        }
        .write(out, &Palette::COLOUR)?;
        if let Err(mismatch) = replay::against_policy(scenario) {
            writeln!(out, "\n{ERROR}differs from the scenario:{} {mismatch}", anstyle::Reset)?;
        }
        let is_inconclusive = trace.finding.as_ref().is_some_and(Finding::is_inconclusive);
        Ok(if is_inconclusive { Exit::Inconclusive } else { Exit::Success })
    }
}

/// The name, the texts and the policy of a scenario.
fn write_head(out: &mut impl Write, scenario: &Scenario) -> Result<(), CliError> {
    writeln!(out, "{}", scenario.name)?;
    if let Some(about) = &scenario.about {
        writeln!(out, "{}", sanitize::lines(about, "  "))?;
    }
    if let Some(source) = &scenario.source {
        writeln!(out, "  source: {}", sanitize::joined(source))?;
    }
    writeln!(out, "policy {}", list::policies::shown(&scenario.policy))?;
    if let Some(original) = scenario.finding.as_ref().and_then(|finding| finding.original.as_ref()) {
        writeln!(out, "found in a trace of {}, which was shrunk", counted(original.len(), "command"))?;
    }
    Ok(())
}
