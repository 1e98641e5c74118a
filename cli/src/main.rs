//! The program `chatwarden`. All code is in the library of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    chatwarden_cli::run(std::env::args_os())
}
