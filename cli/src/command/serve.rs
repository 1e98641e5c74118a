//! `serve`: the built-in chat service as a driver process.

use clap::Args;

use crate::{CliError, Exit, args};
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::driver;

/// Serve the built-in chat service as a driver, on standard input and output.
///
/// Use it to learn the protocol and to measure its cost: `chatwarden fuzz --adapter 'exec:chatwarden serve'`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Plant a fault in the service (see `list faults`)
    #[arg(long, value_name = "NAME", value_parser = args::named_enum::<Fault>(), hide_possible_values = true)]
    fault: Option<Fault>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        driver::serve(self.fault.map_or_else(Memory::new, Memory::with_fault))?;
        Ok(Exit::Success)
    }
}
