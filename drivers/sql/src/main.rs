//! The driver: the SQL back end at the other end of a pipe.
//!
//! How it speaks is `chatwarden::driver`'s; here is only what the command line says.

use std::process::ExitCode;

use chatwarden::model::NamedEnum;
use chatwarden_sql::fault::Fault;
use chatwarden_sql::place::Place;
use chatwarden_sql::service::Service;
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A chat back end on SQL that speaks the driver protocol on standard input and output
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where the database is: `sqlite` (in memory), `sqlite:FILE`, `postgres` (a server of its own, in a temporary
    /// directory) or `postgres://…`
    #[arg(long, value_name = "PLACE", default_value = "sqlite")]
    database: Place,

    /// A fault to plant in the SQL
    #[arg(long, value_name = "NAME", value_parser = faults())]
    fault: Option<Fault>,
}

fn faults() -> impl TypedValueParser<Value = Fault> {
    let names = Fault::ALL.iter().map(|fault| fault.name());
    PossibleValuesParser::new(names)
        .map(|name| Fault::named(&name).expect("only names of faults are possible"))
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
