//! Text for people: errors and notes on standard error, and the stream of results. An error or a note
//! that cannot be written is left out: the exit code and the reports do not depend on it.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Reset, Style};
use chatwarden::sanitize;

use crate::safe_lines::SafeLines;

/// The style of the word that introduces an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Prints an error.
pub(crate) fn print_error(error: impl Display) {
    print(format_args!("{ERROR}error:{Reset} {}", sanitize::lines(&error.to_string(), "")));
}

/// Prints a remark that changes neither the result nor the exit code.
pub(crate) fn print_note(note: impl Display) {
    print(format_args!("note: {}", sanitize::lines(&note.to_string(), "")));
}

/// Prints a line.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(SafeLines::new(anstream::stderr()), "{line}");
}

/// Prints the help, or an error about the arguments, which quotes them.
pub(crate) fn print_usage(error: &clap::Error) -> io::Result<()> {
    let text = error.render().to_string();
    let safe = sanitize::lines(&text, "");
    if safe.trim_end() == text.trim_end() {
        return error.print();
    }
    print(safe);
    Ok(())
}

/// Standard output, for text. Output for programs goes to `std::io::stdout`.
pub(crate) fn text_output() -> impl Write {
    SafeLines::new(anstream::stdout())
}
