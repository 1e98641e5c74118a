//! `serve`: the built-in chat service as a driver.

use clap::Args;

use crate::{CliError, Exit, options};
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::driver;

/// Speak the driver protocol for the built-in chat service, on standard input and output.
///
/// It is a driver to learn from and to measure with: `chatwarden fuzz --adapter 'exec:chatwarden serve'`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Plant a fault in it
    #[arg(long, value_name = "NAME", value_parser = options::word::<Fault>(), hide_possible_values = true)]
    fault: Option<Fault>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        driver::serve(self.fault.map_or_else(Memory::new, Memory::with_fault))?;
        Ok(Exit::Success)
    }
}
