//! Errors and notes for people, on standard error.

use std::fmt::Display;

use anstyle::{AnsiColor, Reset, Style};

/// The style of the word that introduces an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Prints an error.
pub(crate) fn print_error(error: impl Display) {
    anstream::eprintln!("{ERROR}error:{Reset} {error}");
}

/// Prints a remark that changes neither the result nor the exit code.
pub(crate) fn print_note(note: impl Display) {
    anstream::eprintln!("note: {note}");
}
