//! Requests: what the harness asks of a driver, written by the one and read by the other.

use chatwarden_model::{Cast, Command, NamedEnum, Preset, Setup, named_enum};
use serde::Serialize;

use super::answer::Refusal;
use super::{PROTOCOL_VERSION, code, write_line};
use crate::format::cast::{NamedCast, UserForm};
use crate::format::command::{NamedCommand, read_command};
use crate::format::error::Error;
use crate::format::names::{Names, read_groups};
use crate::format::node::{Node, Object};
use crate::format::policy::{KnobsForm, PolicySpec};
use crate::format::source::Source;
use crate::format::word::NounOf;

named_enum! {
    /// What can be asked of a driver.
    ///
    /// ```
    /// use chatwarden::model::NamedEnum;
    /// use chatwarden::format::Method;
    /// assert_eq!(Method::named("observe"), Some(Method::Observe));
    /// ```
    pub enum Method {
        Hello = "hello": "who it is and what it can do",
        Reset = "reset": "to be as a fresh system with these accounts",
        Apply = "apply": "to carry out a command",
        Observe = "observe": "what can be seen now",
        Bye = "bye": "to end",
    }
}

impl NounOf for Method {
    const NOUN: &'static str = "method";
}

/// A request.
///
/// ```
/// use chatwarden::format::{Request, SessionContext};
/// let mut lines = Vec::new();
/// Request::Observe.write(7, &SessionContext::default(), &mut lines);
/// assert_eq!(lines, b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"observe\",\"params\":{}}\n");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// Who it is and what it can do.
    Hello,
    /// To be as a fresh system on the stage.
    Reset,
    /// To carry out a command.
    Apply(Command),
    /// What can be seen now.
    Observe,
    /// To end.
    Bye,
}

/// What a run is played on: the cast, groups and policy, and what the users and groups are called.
///
/// ```
/// use chatwarden::format::SessionContext;
/// assert!(SessionContext::default().names.users.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionContext {
    /// The names of the users and groups.
    pub names: Names,
    /// Who they are, and the rules.
    pub setup: Setup,
}

/// A stage on which there is nobody.
impl Default for SessionContext {
    fn default() -> Self {
        let setup = Setup { cast: Cast::default(), groups: 0, policy: Preset::MessengerKids.policy() };
        SessionContext { names: Names::default(), setup }
    }
}

impl Request {
    /// What is asked.
    pub fn method(self) -> Method {
        match self {
            Request::Hello => Method::Hello,
            Request::Reset => Method::Reset,
            Request::Apply(_) => Method::Apply,
            Request::Observe => Method::Observe,
            Request::Bye => Method::Bye,
        }
    }

    /// Adds the request as a line. The stage is the one that a reset sets, or else the one that was set last.
    ///
    /// # Panics
    /// If the stage has no names for its users and groups.
    pub fn write(self, id: u64, stage: &SessionContext, lines: &mut Vec<u8>) {
        let method = self.method().name();
        let call = |params| Call { jsonrpc: "2.0", id, method, params };
        let params = match self {
            Request::Hello => Params::Hello {
                protocol: PROTOCOL_VERSION,
                harness: concat!("chatwarden ", env!("CARGO_PKG_VERSION")),
            },
            Request::Reset => Params::Reset {
                cast: UserForm::all(&stage.setup.cast, &stage.names),
                groups: &stage.names.groups[..stage.setup.groups],
                policy: KnobsForm::from(&stage.setup.policy),
            },
            Request::Apply(command) => {
                Params::Apply { command: NamedCommand { command, names: &stage.names } }
            }
            Request::Observe | Request::Bye => Params::Nothing {},
        };
        write_line(lines, &call(params));
    }
}

#[derive(Serialize)]
struct Call<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: Params<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Params<'a> {
    Hello { protocol: u64, harness: &'static str },
    Reset { cast: Vec<UserForm<'a>>, groups: &'a [String], policy: KnobsForm },
    Apply { command: NamedCommand<'a> },
    Nothing {},
}

/// A request as a driver reads it, with the id that its answer has to bear.
///
/// ```
/// use chatwarden::format::{Incoming, Request, Source, SessionContext};
/// let line = Source::new("request", r#"{"jsonrpc": "2.0", "id": 7, "method": "observe", "params": {}}"#);
/// let incoming = Incoming::read(line, &mut SessionContext::default());
/// assert_eq!(incoming.request, Ok(Request::Observe));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// The id as JSON; `null` where there is none.
    pub id: String,
    /// What is asked, or the error that is to be answered.
    pub request: Result<Request, Refusal>,
}

impl Incoming {
    /// The request that the line holds. What a command names is looked up on the stage, which a reset replaces.
    pub fn read(line: Source<'_>, stage: &mut SessionContext) -> Self {
        let refused = |id: &str, code, error: &Error| Incoming {
            id: id.into(),
            request: Err(Refusal { code, message: error.to_string() }),
        };
        let node = match line.root() {
            Ok(node) => node,
            Err(error) => return refused("null", code::NOT_JSON, &error),
        };
        let call = match node.object("a request") {
            Ok(call) => call,
            Err(error) => return refused("null", code::NOT_A_REQUEST, &error),
        };
        let id = call.required("id").map_or("null", Node::raw);
        let method = match read_call(&call) {
            Ok(method) => method,
            Err(error) => return refused(id, code::NOT_A_REQUEST, &error),
        };
        let method = match method.word::<Method>() {
            Ok(method) => method,
            Err(error) => return refused(id, code::NO_SUCH_METHOD, &error),
        };
        match read_params(method, &call, stage) {
            Ok(request) => Incoming { id: id.into(), request: Ok(request) },
            Err(error) => refused(id, code::WRONG_PARAMETERS, &error),
        }
    }
}

/// The method that is called.
fn read_call<'a>(call: &Object<'a>) -> Result<Node<'a>, Error> {
    let call = call.clone().only(&["jsonrpc", "id", "method", "params"])?;
    super::answer::read_version(&call)?;
    call.required("id")?;
    let method = call.required("method")?;
    method.text()?;
    Ok(method)
}

fn read_params(method: Method, call: &Object<'_>, stage: &mut SessionContext) -> Result<Request, Error> {
    let params = call.required("params")?.object(format!("`{}`", method.name()))?;
    Ok(match method {
        Method::Hello => {
            let params = params.only(&["protocol", "harness"])?;
            read_protocol(params.required("protocol")?)?;
            params.required("harness")?.text()?;
            Request::Hello
        }
        Method::Reset => {
            *stage = read_stage(&params.only(&["cast", "groups", "policy"])?)?;
            Request::Reset
        }
        Method::Apply => {
            let params = params.only(&["command"])?;
            Request::Apply(read_command(params.required("command")?, &stage.names)?)
        }
        Method::Observe => params.only(&[]).map(|_| Request::Observe)?,
        Method::Bye => params.only(&[]).map(|_| Request::Bye)?,
    })
}

/// Makes sure that the value is the version of the protocol that is spoken here.
pub(super) fn read_protocol(node: Node<'_>) -> Result<(), Error> {
    if node.raw() == PROTOCOL_VERSION.to_string() {
        return Ok(());
    }
    Err(node.expected(format_args!("version {PROTOCOL_VERSION} of the protocol")))
}

fn read_stage(params: &Object<'_>) -> Result<SessionContext, Error> {
    let cast = NamedCast::read(params.required("cast")?)?;
    let groups = read_groups(params.required("groups")?)?;
    let policy = PolicySpec::read(params.required("policy")?)?.policy();
    let setup = Setup { cast: cast.cast, groups: groups.len(), policy };
    Ok(SessionContext { names: Names { users: cast.names, groups }, setup })
}
