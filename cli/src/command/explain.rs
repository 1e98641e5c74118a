//! `explain`: a scenario, told step by step to a person.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::options;
use crate::target::{Implementation, Target};
use crate::{CliError, Exit};
use chatwarden::describe::explain;
use chatwarden::describe::{Describer, Palette};
use chatwarden::finding::Verdict;
use chatwarden::format::{PolicySpec, Scenario};
use chatwarden::replay::{self, commands};
use chatwarden::trace::Trace;
use chatwarden_model::NamedEnum;

/// Explain scenarios step by step.
///
/// At each step: who may chat with whom, every condition and whether it held, what changed, and the policy's answer
/// beside the implementation's, if one is named; where a promise breaks, the pair, the missing approval, and what
/// would have made it legitimate. It judges nothing: the exit code is 0 whatever happened, unless a file cannot be read or the implementation
/// gave no definite answer.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden explain scenarios/reported/messenger-kids-2019.json")]
pub(crate) struct Explain {
    /// Scenario files, and folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let implementation = self.target.named()?;
        let mut out = anstream::stdout();
        let mut exit = Exit::Success;
        for (nth, file) in replay::scenario_files(&self.files)?.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            exit = exit.max(one(&mut out, &Scenario::open(file)?, implementation.as_ref())?);
        }
        Ok(exit)
    }
}

fn one(
    out: &mut impl Write,
    scenario: &Scenario,
    implementation: Option<&Implementation>,
) -> Result<Exit, CliError> {
    let (setup, names) = (scenario.setup(), scenario.names());
    writeln!(out, "{}", scenario.name)?;
    for text in [&scenario.about, &scenario.source].into_iter().flatten() {
        writeln!(out, "{text}")?;
    }
    match scenario.policy {
        PolicySpec::Preset(preset) => writeln!(out, "policy {preset}: {}", preset.about())?,
        PolicySpec::Full(_) => writeln!(out, "a policy of its own")?,
    }
    let history = match implementation {
        Some(implementation) => {
            let terms = implementation.terms_for(scenario);
            writeln!(out, "implementation {}, compared {}", implementation.arguments(), terms.fidelity)?;
            let implementation = implementation.with_names(names.clone());
            Trace::of(&mut implementation.make()?, terms, &setup, &commands(scenario))
        }
        None => Trace::of_policy(&setup, &commands(scenario)),
    };
    explain(out, &Palette::COLOUR, &Describer { names: &names, setup: &setup }, &history)?;
    if let Err(mismatch) = replay::against_policy(scenario) {
        writeln!(out, "\n{}not as the scenario says:{} {mismatch}", options::ERROR, anstyle::Reset)?;
    }
    let finding = history.finding.as_ref().map(|finding| finding.identity().verdict);
    Ok(if finding == Some(Verdict::Inconclusive) { Exit::Inconclusive } else { Exit::Success })
}
