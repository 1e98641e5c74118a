//! Errors and notes for people, on standard error. A message that cannot be written is left out: the
//! exit code and the reports do not depend on it.

use std::fmt::Display;
use std::io::Write;

use anstyle::{AnsiColor, Reset, Style};

/// The style of the word that introduces an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Prints an error.
pub(crate) fn print_error(error: impl Display) {
    print(format_args!("{ERROR}error:{Reset} {error}"));
}

/// Prints a remark that changes neither the result nor the exit code.
pub(crate) fn print_note(note: impl Display) {
    print(format_args!("note: {note}"));
}

/// Prints a line.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
