//! Annotations of GitHub Actions: a line for each finding. GitHub shows it beside the scenario's
//! step in a pull request.
//!
//! The lines are workflow commands. GitHub documents them for standard output. Its runner parses
//! both streams of a step, so they go to standard error if a program reads standard output.

use std::io::{self, Write};
use std::path::Path;

use chatwarden_model::NamedEnum;

use super::diagnostic::{Diagnostic, diagnostics, failed_check};
use super::{Event, Report};
use crate::baseline::slashed;
use chatwarden::format::Place;
use chatwarden::sanitize;

/// Writes each finding as an annotation: an error or a warning; a known one as a notice.
///
/// ```
/// use chatwarden_cli::report::{Annotations, Event, Report};
/// use chatwarden::format::{Scenario, Source};
/// let error = Scenario::read(Source::new("a,b.json", "{")).unwrap_err();
/// let mut lines = Vec::new();
/// Annotations::new(&mut lines).event(Event::ScenarioUnreadable("a,b.json".as_ref(), &error))?;
/// let lines = String::from_utf8_lossy(&lines);
/// assert!(lines.starts_with("::error file=a%2Cb.json,line=1,col=1,title=unreadable::not JSON: "), "{lines}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Annotations<W> {
    out: W,
}

impl<W: Write> Annotations<W> {
    /// A report on that stream.
    pub fn new(out: W) -> Self {
        Annotations { out }
    }

    fn annotate(&mut self, diagnostic: &Diagnostic<'_>) -> io::Result<()> {
        let command = if diagnostic.matched.is_known() { "notice" } else { diagnostic.level.name() };
        let commands =
            diagnostic.trace.iter().enumerate().map(|(at, (step, _))| format!("\n{at:>4}  {step}"));
        let message = format!("{}{}", diagnostic.message, commands.collect::<String>());
        let title = diagnostic.matched.finding.identity();
        self.write(command, diagnostic.file, diagnostic.place(), &title, &message)
    }

    fn write(
        &mut self,
        command: &str,
        file: Option<&Path>,
        place: Option<Place>,
        title: &str,
        message: &str,
    ) -> io::Result<()> {
        let mut properties = Vec::new();
        if let Some(file) = file {
            properties.push(format!("file={}", escaped_property(&slashed(file))));
        }
        if let Some(Place { line, column }) = place {
            properties.push(format!("line={line},col={column}"));
        }
        properties.push(format!("title={}", escaped_property(title)));
        writeln!(self.out, "::{command} {}::{}", properties.join(","), escaped(message))
    }
}

impl<W: Write> Report for Annotations<W> {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        if let Event::ScenarioUnreadable(file, error) = event {
            return self.write("error", Some(file), error.place, "unreadable", &error.message);
        }
        if let Event::RunIncomplete(why) = event {
            return self.write("error", None, None, "incomplete", why);
        }
        if let Event::DriverChecked(checked) = event {
            let Some((severity, message)) = failed_check(checked) else { return Ok(()) };
            let title = format!("check-driver {}", checked.check.name());
            return self.write(severity.name(), None, None, &title, &message);
        }
        diagnostics(event).iter().try_for_each(|diagnostic| self.annotate(diagnostic))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A message with the escapes of workflow commands.
fn escaped(message: &str) -> String {
    sanitize::lines(message, "").replace('%', "%25").replace('\n', "%0A")
}

/// A property's value. A comma or a colon would end it, so they are escaped too.
fn escaped_property(value: &str) -> String {
    escaped(&sanitize::line(value)).replace(':', "%3A").replace(',', "%2C")
}
