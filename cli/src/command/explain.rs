//! `explain`: shows a scenario step by step.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::list;
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::command::open_scenario;
use crate::messages::{ERROR, text_output};
use crate::report::counted;
use crate::{CliError, Exit};
use chatwarden::describe::{Describer, Palette, explain};
use chatwarden::finding::Finding;
use chatwarden::format::Scenario;
use chatwarden::replay::{self, commands};
use chatwarden::sanitize;
use chatwarden::trace::Trace;

/// Explain scenarios step by step.
///
/// Each step shows which users may chat, every condition and whether it held, the changes, and the
/// decision of the policy, next to that of the implementation if you name one. If a promise breaks, the
/// step shows the two users, the missing approval, and the commands that would have made the step
/// legitimate. The exit code is 0, unless a file cannot be read (2) or the implementation gives no
/// definite answer (3).
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden explain scenarios/reported/messenger-kids-2019.json")]
pub(crate) struct Explain {
    /// Scenario files, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
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
            exit =
                exit.max(explain_one(&mut out, &open_scenario(file, &self.files)?, implementation.as_ref())?);
        }
        Ok(exit)
    }
}

fn explain_one(
    out: &mut impl Write,
    scenario: &Scenario,
    implementation: Option<&Implementation>,
) -> Result<Exit, CliError> {
    let (setup, names) = (scenario.setup(), scenario.names());
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
    let trace = match implementation {
        Some(implementation) => {
            let config = implementation.check_config_for(scenario);
            writeln!(out, "implementation {}, compared {}", implementation.arguments(), config.fidelity)?;
            let implementation = implementation.with_names(names.clone());
            Trace::of(&mut implementation.make()?, config, &setup, &commands(scenario))
        }
        None => Trace::of_policy(&setup, &commands(scenario)),
    };
    explain(out, &Palette::COLOUR, &Describer { names: &names, setup: &setup }, &trace)?;
    if let Err(mismatch) = replay::against_policy(scenario) {
        writeln!(out, "\n{ERROR}differs from the scenario:{} {mismatch}", anstyle::Reset)?;
    }
    let is_inconclusive = trace.finding.as_ref().is_some_and(Finding::is_inconclusive);
    Ok(if is_inconclusive { Exit::Inconclusive } else { Exit::Success })
}
