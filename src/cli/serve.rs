//! `serve`: the built-in chat service as a driver.

use clap::Args;

use super::{CliError, Exit, options};
use crate::adapter::fault::Fault;
use crate::adapter::memory::Memory;
use crate::driver;

/// Speak the driver protocol for the built-in chat service, on standard input and output.
///
/// It is a driver to learn from and to measure with: `chatwarden fuzz --adapter 'exec:chatwarden serve'`.
#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Plant a fault in it
    #[arg(long, value_name = "NAME", value_parser = options::word::<Fault>(), hide_possible_values = true)]
    fault: Option<Fault>,
}

impl Serve {
    pub(super) fn run(&self) -> Result<Exit, CliError> {
        driver::serve(self.fault.map_or_else(Memory::new, Memory::with_fault))?;
        Ok(Exit::Success)
    }
}
