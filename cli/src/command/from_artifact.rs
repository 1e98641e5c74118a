//! `from-artifact`: what a fuzzer kept, a crash or an entry of its corpus, as scenarios.

use std::fs::File;
use std::path::{Path, PathBuf};

use chatwarden_model::EnumSet;
use clap::Args;

use crate::options::{self, Tested};
use crate::{CliError, Exit};
use chatwarden::format::{self, NamedSetup, PolicySpec};
use chatwarden::fuzz::Input;
use chatwarden::triage::FindingWriter;

/// Batch inputs of a fuzz target into scenarios.
///
/// Artifacts of crashes and entries of a corpus are alike. What an input says of cast, groups and policy holds; where it
/// leaves that to its target, the options say what the target tests.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden from-artifact fuzz/artifacts/canary/crash-*")]
pub(crate) struct FromArtifact {
    /// Artifacts and entries of a corpus
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The rules that the target tests: a preset (see `list policies`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "messenger-kids", value_parser = options::policy)]
    policy: PolicySpec,
    #[command(flatten)]
    tested: Tested,
    /// Where to save the scenarios
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
}

impl FromArtifact {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let own = NamedSetup::new(self.tested.cast.clone(), self.tested.groups.into(), self.policy);
        let mut exit = Exit::Success;
        for file in &self.files {
            match self.input(file, &own) {
                Ok(input) => {
                    let folder = FindingWriter::about(input.header.named_setup(&own), self.save.clone());
                    let saved = folder.save(folder.trace(&input.commands))?;
                    anstream::println!("{}: saved {}", file.display(), saved.display());
                }
                Err(error) => {
                    anstream::eprintln!("{}error:{} {error}", options::ERROR, anstyle::Reset);
                    exit = Exit::UsageError;
                }
            }
        }
        Ok(exit)
    }

    fn input(&self, file: &Path, own: &NamedSetup) -> Result<Input, String> {
        let name = file.display().to_string();
        let stream = File::open(file).map_err(|error| format!("{name}: {error}"))?;
        let bytes = format::read_bytes(&name, stream).map_err(|error| error.to_string())?;
        let input = Input::decode(&bytes, &own.setup(), EnumSet::all(), self.tested.length.into())
            .map_err(|error| format!("{name}: {error}"))?;
        if input.commands.is_empty() {
            return Err(format!("{name}: the input has no commands"));
        }
        Ok(input)
    }
}
