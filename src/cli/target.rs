//! Which implementation is tested, and how closely it is compared.

use std::path::PathBuf;

use chatwarden_model::{Promise, Word, WordSet};
use clap::Args;

use super::{Unusable, options};
use crate::adapter::fault::Fault;
use crate::adapter::memory::Memory;
use crate::adapter::{About, Adapter, Failure, Fidelity};
use crate::check::Terms;
use crate::save::Folder;
use crate::wire::{CastSpec, PolicySpec, Scenario, nearest};

/// Adapters that are known by name.
const MEMORY: &str = "memory";

/// The implementation under test.
#[derive(Args, Clone, Debug)]
pub(super) struct Target {
    /// The implementation: `memory`, the built-in chat service
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Plant a fault in the built-in chat service; implies `--adapter memory`
    #[arg(long, value_name = "NAME", value_parser = options::word::<Fault>(), hide_possible_values = true)]
    pub(super) fault: Option<Fault>,
    /// How closely it is compared [default: as it declares itself]
    #[arg(long, value_name = "FIDELITY", value_parser = options::word::<Fidelity>())]
    fidelity: Option<Fidelity>,
}

/// An implementation that was named, and what it says about itself.
#[derive(Clone, Debug)]
pub(super) struct Implementation {
    pub(super) about: About,
    pub(super) fault: Option<Fault>,
    pub(super) fidelity: Fidelity,
    /// Whether the user said how closely it is compared.
    chosen: bool,
}

impl Target {
    /// The implementation, if one was named.
    pub(super) fn named(&self) -> Result<Option<Implementation>, Unusable> {
        match (self.adapter.as_deref(), self.fault) {
            (None, None) => match self.fidelity {
                None => Ok(None),
                Some(_) => {
                    Err(Unusable::Input("`--fidelity` goes only with `--adapter` or `--fault`".into()))
                }
            },
            _ => self.or_memory().map(Some),
        }
    }

    /// Says why a fault that was planted may not have been found.
    pub(super) fn note_idle_fault(&self) {
        if let Some(fault) = self.fault {
            anstream::eprintln!(
                "note: {fault} may not matter under this policy and cast; the README says which do"
            );
        }
    }

    /// The implementation; the built-in chat service, if none was named.
    pub(super) fn or_memory(&self) -> Result<Implementation, Unusable> {
        let name = self.adapter.as_deref().unwrap_or(MEMORY);
        if name != MEMORY {
            let help = nearest(name, [MEMORY]).unwrap_or(MEMORY);
            return Err(Unusable::Input(format!("unknown adapter `{name}`; known is `{help}`")));
        }
        let about = service(self.fault).about();
        Ok(Implementation {
            fidelity: self.fidelity.unwrap_or(about.fidelity),
            about,
            fault: self.fault,
            chosen: self.fidelity.is_some(),
        })
    }
}

impl Implementation {
    /// One more of it.
    pub(super) fn make(&self) -> Result<Box<dyn Adapter + Send>, Failure> {
        Ok(Box::new(service(self.fault)))
    }

    /// The terms on which it is checked.
    pub(super) fn terms(&self, promises: WordSet<Promise>) -> Terms {
        Terms { fidelity: self.fidelity, promises, observes: self.about.observes }
    }

    /// The terms on which it is checked with a scenario: a finding recurs or not as it was made, unless the user says
    /// how to compare.
    pub(super) fn terms_for(&self, scenario: &Scenario) -> Terms {
        let recorded = scenario.finding.as_ref().and_then(|finding| Fidelity::named(finding.fidelity.name()));
        let fidelity = if self.chosen { self.fidelity } else { recorded.unwrap_or(self.fidelity) };
        Terms { fidelity, ..self.terms(scenario.judged()) }
    }

    /// Where its findings go, and what their scenarios have in common.
    pub(super) fn folder(
        &self,
        engine: &str,
        directory: PathBuf,
        policy: PolicySpec,
        cast: CastSpec,
        groups: Vec<String>,
        promises: Option<WordSet<Promise>>,
    ) -> Folder {
        Folder {
            directory,
            policy,
            cast,
            groups,
            promises,
            engine: engine.into(),
            adapter: self.about.name.clone(),
            implementation: Some(self.about.version.clone()),
            fault: self.fault.map(|fault| fault.name().into()),
            fidelity: self.fidelity,
        }
    }

    /// The words that name it on the command line.
    pub(super) fn arguments(&self) -> String {
        let mut words = match self.fault {
            Some(fault) => format!("--fault {fault}"),
            None => format!("--adapter {}", self.about.name),
        };
        if self.fidelity != self.about.fidelity {
            words += &format!(" --fidelity {}", self.fidelity.name());
        }
        words
    }
}

fn service(fault: Option<Fault>) -> Memory {
    fault.map_or_else(Memory::new, Memory::with_fault)
}
