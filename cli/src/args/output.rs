//! `--json`, `--junit` and `--sarif`: where results go.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::CliError;
use crate::messages::text_output;
use crate::report::{Annotations, Json, Junit, Reports, Sarif, Terminal};

/// The variable that GitHub Actions sets to `true` in every step.
const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";

/// Where results go.
#[derive(Args, Debug)]
pub(crate) struct OutputArgs {
    /// Print JSON lines instead of text
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "FILE", help = "Also write a JUnit report")]
    junit: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = "Also write a SARIF report")]
    sarif: Option<PathBuf>,
}

impl OutputArgs {
    /// The reports that the user asked for; in a step of GitHub Actions also annotations.
    pub(crate) fn reports(&self) -> Result<Reports, CliError> {
        let mut reports = Reports::default();
        if self.json {
            reports.add(Json::new(std::io::stdout()));
        } else {
            reports.add(Terminal::new(text_output()));
        }
        let unwritable =
            |file: &Path, error| CliError::Input(format!("cannot write {}: {error}", file.display()));
        if let Some(file) = &self.junit {
            reports.add(Junit::new(file.clone()).map_err(|error| unwritable(file, error))?);
        }
        if let Some(file) = &self.sarif {
            reports.add(Sarif::new(file.clone()).map_err(|error| unwritable(file, error))?);
        }
        let in_github_actions = std::env::var_os(GITHUB_ACTIONS).as_deref() == Some(OsStr::new("true"));
        match (in_github_actions, self.json) {
            (false, _) => {}
            (true, false) => reports.add(Annotations::new(std::io::stdout())),
            // Every line on standard output is a JSON object. The runner also reads standard error.
            (true, true) => reports.add(Annotations::new(std::io::stderr())),
        }
        Ok(reports)
    }
}
