//! A stream of text for people that no terminal, log viewer or CI system obeys, whatever is written to
//! it. Of escape sequences only colours pass.
//!
//! It is the second barrier. A text from outside is made safe where a message is made of it, since
//! only there its line breaks and colours can be told from our own.

use std::io::{self, Write};

use chatwarden::sanitize;

/// Makes each line safe, and passes it on when it is complete.
#[derive(Debug)]
pub(crate) struct SafeLines<W> {
    out: W,
    /// The line that is not complete yet.
    line: Vec<u8>,
}

impl<W: Write> SafeLines<W> {
    pub(crate) fn new(out: W) -> Self {
        SafeLines { out, line: Vec::new() }
    }

    /// Passes the line on, and begins another one.
    fn pass_on(&mut self, end: &str) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        write!(self.out, "{}{end}", safe(&String::from_utf8_lossy(&line)))
    }
}

impl<W: Write> Write for SafeLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                None => self.line.extend_from_slice(part),
                Some(rest) => {
                    self.line.extend_from_slice(rest);
                    self.pass_on("\n")?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on("")?;
        self.out.flush()
    }
}

/// The line, of which nothing but its colours is obeyed.
fn safe(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut safe = sanitize::line(parts.next().unwrap_or_default());
    for part in parts {
        let text = part.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';');
        match text.strip_prefix('m') {
            Some(text) => {
                let colour = &part[..part.len() - text.len()];
                safe += &format!("\u{1b}[{colour}{}", sanitize::line(text));
            }
            None => safe += &sanitize::line(&format!("\u{1b}[{part}")),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_and_line_breaks_pass() -> io::Result<()> {
        let rows = [
            ("\u{1b}[1;31mred\u{1b}[0m é\n", "\u{1b}[1;31mred\u{1b}[0m é\n"),
            ("\u{1b}[2Ja\u{1b}]0;title\u{7}\r\n", "\\u{1b}[2Ja\\u{1b}]0;title\\u{7}\\r\n"),
            ("a\n \u{1b}[1m ::error::\u{202e}b\n", "a\n \u{1b}[1m \\u{3a}:error::\\u{202e}b\n"),
            ("a ##[group]b", "a #\\u{23}[group]b"),
        ];
        for (text, safe) in rows {
            let mut written = Vec::new();
            let mut lines = SafeLines::new(&mut written);
            // Parts of a line may come one by one.
            text.as_bytes().chunks(1).try_for_each(|byte| lines.write_all(byte))?;
            lines.flush()?;
            assert_eq!(String::from_utf8_lossy(&written), safe);
        }
        Ok(())
    }
}
