//! The driver process: it serves the SQL back end with `chatwarden::driver`. This file has only the command
//! line.

use std::process::ExitCode;

use chatwarden::model::NamedEnum;
use chatwarden_sql::fault::Fault;
use chatwarden_sql::location::Location;
use chatwarden_sql::service::Service;
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A chat back end on SQL that speaks the driver protocol on standard input and output
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The database: `sqlite` (in memory), `sqlite:FILE`, `postgres` (a server of its own in a temporary
    /// directory) or `postgres://…`
    #[arg(long, value_name = "DATABASE", default_value = "sqlite")]
    database: Location,

    /// Plant a fault in the SQL
    #[arg(long, value_name = "NAME", value_parser = faults())]
    fault: Option<Fault>,
}

fn faults() -> impl TypedValueParser<Value = Fault> {
    let names = Fault::ALL.iter().map(|fault| fault.name());
    PossibleValuesParser::new(names).map(|name| Fault::named(&name).expect("clap accepts only known names"))
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("chatwarden-sql: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let service =
        Service::new(options.database.open()?, options.fault).map_err(|failure| failure.to_string())?;
    chatwarden::driver::serve(service).map_err(|error| error.to_string())
}
