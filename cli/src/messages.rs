//! Text for people: errors and notes on standard error, and the stream of results.

use std::fmt::Display;
use std::io;

use anstyle::{AnsiColor, Reset, Style};
use chatwarden::sanitize;

use crate::safe_lines::SafeLines;

/// The style of the word that introduces an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Prints an error.
pub(crate) fn print_error(error: impl Display) {
    anstream::eprintln!("{ERROR}error:{Reset} {}", sanitize::lines(&error.to_string(), ""));
}

/// Prints a remark that changes neither the result nor the exit code.
pub(crate) fn print_note(note: impl Display) {
    anstream::eprintln!("note: {}", sanitize::lines(&note.to_string(), ""));
}

/// Prints the help, or an error about the arguments, which quotes them.
pub(crate) fn print_usage(error: &clap::Error) -> io::Result<()> {
    let text = error.render().to_string();
    let safe = sanitize::lines(&text, "");
    if safe.trim_end() == text.trim_end() {
        return error.print();
    }
    anstream::eprintln!("{safe}");
    Ok(())
}

/// Standard output, for text. Output for programs goes to `std::io::stdout`.
pub(crate) fn text_output() -> impl io::Write {
    SafeLines::new(anstream::stdout())
}
