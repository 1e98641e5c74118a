//! `to-corpus`: scenarios as inputs of fuzz targets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Unusable};
use crate::fuzz::{Header, Input};
use crate::replay;
use crate::wire::{CastSpec, NamedSetup, Scenario};

/// Turn scenarios into inputs of a fuzz target.
///
/// Each becomes a file by the name of the scenario. An input says which built-in cast, how many groups and which policy it
/// is about; a cast that is not built in is always left to the target, and with `--own` everything is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden to-corpus scenarios --out fuzz/corpus/lockstep")]
pub(super) struct ToCorpus {
    /// Scenario files, and folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The folder to write inputs to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Leave cast, groups and policy to the target, as one does that tests a product with its own
    #[arg(long)]
    own: bool,
}

impl ToCorpus {
    pub(super) fn run(&self) -> Result<Exit, Unusable> {
        let files = replay::scenario_files(&self.files)?;
        std::fs::create_dir_all(&self.out)?;
        let (mut exit, mut written) = (Exit::Fine, BTreeSet::new());
        for file in &files {
            match Scenario::open(file) {
                Ok(scenario) => {
                    let name = self.name(&scenario, &written);
                    std::fs::write(self.out.join(&name), self.input(&scenario).encode())?;
                    written.insert(name);
                }
                // One file that cannot be read keeps no other from being turned, and is never passed over.
                Err(error) => {
                    anstream::eprintln!("{}error:{} {error}", super::options::ERROR, anstyle::Reset);
                    exit = Exit::Unusable;
                }
            }
        }
        if !written.is_empty() {
            anstream::println!("{} inputs in {}", written.len(), self.out.display());
        }
        Ok(exit)
    }

    fn input(&self, scenario: &Scenario) -> Input {
        let header = if self.own {
            Header::OWN
        } else {
            let Scenario { cast, groups, policy, .. } = scenario.clone();
            if matches!(cast, CastSpec::Full(_)) {
                anstream::eprintln!("note: {} leaves its cast to the target", scenario.name);
            }
            Header::of(&NamedSetup { cast, groups, policy })
        };
        Input { header, commands: replay::commands(scenario) }
    }

    /// A name that no other scenario has taken: those of different folders may be called the same.
    fn name(&self, scenario: &Scenario, taken: &BTreeSet<String>) -> String {
        let names = (1..).map(|nth| match nth {
            1 => scenario.name.clone(),
            _ => format!("{}-{nth}", scenario.name),
        });
        names.into_iter().find(|name| !taken.contains(name)).expect("there are more names than files")
    }
}
