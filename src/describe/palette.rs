//! The styles of a text for people.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

/// The styles of a text for people.
///
/// ```
/// use chatwarden::describe::Palette;
/// assert_eq!(format!("{}red{0:#}", Palette::PLAIN.bad), "red");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Headings.
    pub bold: Style,
    /// Details.
    pub dim: Style,
    /// Something right.
    pub good: Style,
    /// Something wrong.
    pub bad: Style,
    /// Something to check.
    pub warn: Style,
}

impl Palette {
    /// For a file, a pipe or a log.
    pub const PLAIN: Self = {
        let plain = Style::new();
        Palette { bold: plain, dim: plain, good: plain, bad: plain, warn: plain }
    };

    /// For a terminal, or for a stream that strips colours where they are not wanted.
    pub const COLOUR: Self = Palette {
        bold: Style::new().bold(),
        dim: Style::new().dimmed(),
        good: AnsiColor::Green.on_default(),
        bad: AnsiColor::Red.on_default().bold(),
        warn: AnsiColor::Yellow.on_default(),
    };

    /// For standard error: in colour if it is a terminal and `NO_COLOR` is not set.
    pub fn for_stderr() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        if wanted && std::io::stderr().is_terminal() { Self::COLOUR } else { Self::PLAIN }
    }
}
