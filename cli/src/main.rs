//! The `chatwarden` program: it hands its arguments to the library and maps the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    chatwarden_cli::run(std::env::args_os())
}
