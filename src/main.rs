//! The `chatwarden` program.

fn main() {}
