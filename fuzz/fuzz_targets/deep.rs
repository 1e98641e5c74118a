//! Faults that only a long trace shows, for the measurements of guidance by the model
//! (`fuzz/experiment`): no approval is revoked while a group has so many members. With `DEPTH=7`
//! the group holds two children and two adults, which takes at least six approvals and a launch.
//! With `DEPTH=13` it holds all three children and both adults of the cast, which takes at least
//! twelve commands. One more command shows the fault. `FAULT` plants a fault of the catalogue
//! instead.
//!
//! The service is the built-in one, a part of the library. With the feature `parlor` it is Parlor,
//! the example of a product, which can be instrumented while the library is not.
#![no_main]

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation, fault::Fault};
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec};
use chatwarden::fuzz::Settings;
use chatwarden::model::{Command, NamedEnum, Preset, Setup};
use service::Service;

chatwarden::fuzz_target!(Deep::planted()?, settings());

#[cfg(not(feature = "parlor"))]
mod service {
    use super::*;

    pub type Service = chatwarden::adapter::memory::Memory;

    pub fn sound() -> Result<Service, Failure> {
        Ok(Service::new())
    }

    pub fn with_fault(fault: Fault) -> Result<Service, Failure> {
        Ok(Service::with_fault(fault))
    }
}

#[cfg(feature = "parlor")]
mod service {
    use super::*;

    pub type Service = parlor_warden::ParlorAdapter;

    pub fn sound() -> Result<Service, Failure> {
        Service::new()
    }

    pub fn with_fault(_: Fault) -> Result<Service, Failure> {
        Err(Failure::Failed("the faults of the catalogue are those of the built-in service".into()))
    }
}

struct Deep {
    service: Service,
    /// No approval is revoked while a group has at least so many members.
    size: usize,
}

impl Deep {
    fn planted() -> Result<Self, Failure> {
        let unknown = |what: &str| Failure::Failed(format!("{what} names no fault that is known"));
        if let Ok(name) = std::env::var("FAULT") {
            let fault = Fault::named(&name).ok_or_else(|| unknown("FAULT"))?;
            return Ok(Deep { service: service::with_fault(fault)?, size: usize::MAX });
        }
        let size = match std::env::var("DEPTH").as_deref() {
            Ok("7") => 4,
            Ok("13") => 5,
            _ => return Err(unknown("DEPTH")),
        };
        Ok(Deep { service: service::sound()?, size })
    }

    fn has_large_group(&mut self) -> Result<bool, Failure> {
        let mut seen = Observation::default();
        self.service.observe(&mut seen)?;
        Ok(seen.groups.iter().any(|group| group.members.len() >= self.size))
    }
}

impl Adapter for Deep {
    fn about(&self) -> About {
        About { name: "deep".into(), ..self.service.about() }
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        if matches!(command, Command::Revoke { .. }) && self.has_large_group()? {
            return Ok(Answer::deny());
        }
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}

fn settings() -> Settings {
    match std::env::var("FAULT").ok().and_then(|name| Fault::named(&name)) {
        Some(fault) => Settings::for_fault(fault),
        None => {
            let policy = PolicySpec::Preset(Preset::MessengerKids);
            let setup = NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Family), 2, policy);
            Settings { setup: Some(setup), ..Settings::default() }
        }
    }
}
