//! `from-artifact`: what a fuzzer kept, a crash or an entry of its corpus, as scenarios.

use std::fs::File;
use std::path::{Path, PathBuf};

use chatwarden_model::{MAX_GROUPS, WordSet};
use clap::Args;

use super::{Exit, Unusable, options};
use crate::fuzz::Input;
use crate::save::Folder;
use crate::wire::{self, CastSpec, MAX_STEPS, NamedSetup, PolicySpec};

/// Turn inputs of a fuzz target into scenarios.
///
/// Artifacts of crashes and entries of a corpus are alike. What an input says of cast, groups and policy holds; where it
/// leaves that to its target, the options say what the target tests.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden from-artifact fuzz/artifacts/canary/crash-*")]
pub(super) struct FromArtifact {
    /// Artifacts and entries of a corpus
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The rules that the target tests: a preset (see `list policies`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "messenger-kids", value_parser = options::policy)]
    policy: PolicySpec,
    /// Who takes part in the target: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = options::cast)]
    cast: CastSpec,
    /// How many groups there are in the target
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// The most commands that the target takes of an input
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    length: u16,
    /// Where to save the scenarios
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
}

impl FromArtifact {
    pub(super) fn run(&self) -> Result<Exit, Unusable> {
        let own = NamedSetup::new(self.cast.clone(), self.groups.into(), self.policy);
        let mut exit = Exit::Fine;
        for file in &self.files {
            match self.input(file, &own) {
                Ok(input) => {
                    let folder = Folder::about(input.header.named_setup(&own), self.save.clone());
                    let saved = folder.write(&folder.history(&input.commands))?;
                    anstream::println!("{}: saved {}", file.display(), saved.display());
                }
                Err(error) => {
                    anstream::eprintln!("{}error:{} {error}", options::ERROR, anstyle::Reset);
                    exit = Exit::Unusable;
                }
            }
        }
        Ok(exit)
    }

    fn input(&self, file: &Path, own: &NamedSetup) -> Result<Input, String> {
        let name = file.display().to_string();
        let stream = File::open(file).map_err(|error| format!("{name}: {error}"))?;
        let bytes = wire::read_bytes(&name, stream).map_err(|error| error.to_string())?;
        let input = Input::decode(&bytes, &own.setup(), WordSet::all(), self.length.into())
            .map_err(|error| format!("{name}: {error}"))?;
        if input.commands.is_empty() {
            return Err(format!("{name}: the input has no commands"));
        }
        Ok(input)
    }
}
