//! `from-artifact`: inputs of fuzz targets, such as crashes and corpus entries, become scenarios.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use chatwarden_model::EnumSet;
use clap::Args;

use crate::args::{self, FuzzTargetArgs};
use crate::messages::{print_error, text_output};
use crate::{CliError, Exit};
use chatwarden::format::{self, NamedSetup, PolicySpec};
use chatwarden::fuzz::Input;
use chatwarden::sanitize;
use chatwarden::triage::FindingWriter;

/// Convert inputs of a fuzz target to scenarios.
///
/// Crash artifacts and corpus entries have the same format. If an input leaves cast, groups and policy to
/// its target, the options below give them.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden from-artifact fuzz/artifacts/canary/crash-*")]
pub(crate) struct FromArtifact {
    /// Crash artifacts and corpus entries
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Policy of the target: a preset (see `list policies`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "messenger-kids", value_parser = args::policy)]
    policy: PolicySpec,
    #[command(flatten)]
    target: FuzzTargetArgs,
    /// Folder in which the scenarios are saved
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
}

impl FromArtifact {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let own = NamedSetup::new(self.target.cast.clone(), self.target.groups.into(), self.policy.clone());
        let mut exit = Exit::Success;
        for file in &self.files {
            match self.input(file, &own) {
                Ok(input) => {
                    let writer = FindingWriter::about(input.header.named_setup(&own), self.save.clone());
                    let saved = writer.save(writer.trace(&input.commands))?;
                    writeln!(text_output(), "{}: saved {}", sanitize::path(file), sanitize::path(&saved))?;
                }
                Err(error) => {
                    print_error(error);
                    exit = Exit::UsageError;
                }
            }
        }
        Ok(exit)
    }

    fn input(&self, file: &Path, own: &NamedSetup) -> Result<Input, String> {
        let name = sanitize::path(file);
        let stream = File::open(file).map_err(|error| format!("{name}: {error}"))?;
        let bytes = format::read_bytes(&name, stream).map_err(|error| error.to_string())?;
        let input = Input::decode(&bytes, &own.setup(), EnumSet::all(), self.target.length.into())
            .map_err(|error| format!("{name}: {error}"))?;
        if input.commands.is_empty() {
            return Err(format!("{name}: the input has no commands"));
        }
        Ok(input)
    }
}
