//! Requests of the harness to a driver: how one side writes them and the other reads them.

use chatwarden_model::{Cast, Command, NamedEnum, Preset, Setup, named_enum};

use super::answer::Refusal;
use super::{code, write_line};
use crate::format::cast::{NamedCast, users};
use crate::format::command::{NamedCommand, read_command};
use crate::format::error::Error;
use crate::format::json::{Json, json};
use crate::format::names::{Names, read_groups};
use crate::format::node::{Node, Object};
use crate::format::policy::{PolicySpec, knobs};
use crate::format::source::Source;
use crate::format::word::NounOf;

named_enum! {
    /// The requests that a driver answers.
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
    /// Who it is and what it can do, in at most this version of the protocol.
    Hello {
        /// The highest version that the harness speaks.
        protocol: u64,
    },
    /// To be as a fresh system in the context of the session.
    Reset,
    /// To carry out a command.
    Apply(Command),
    /// What can be seen now.
    Observe,
    /// To end.
    Bye,
}

/// The values that a reset fixes for the requests that follow: the cast, groups and policy, and
/// the names of users and groups.
///
/// ```
/// use chatwarden::format::SessionContext;
/// assert!(SessionContext::default().names.users.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionContext {
    /// The names of the users and groups.
    pub names: Names,
    /// The cast, the number of groups, and the policy.
    pub setup: Setup,
}

/// A context without users and groups.
impl Default for SessionContext {
    fn default() -> Self {
        let setup = Setup { cast: Cast::default(), groups: 0, policy: Preset::MessengerKids.policy() };
        SessionContext { names: Names::default(), setup }
    }
}

impl Request {
    /// The method that is called.
    pub fn method(self) -> Method {
        match self {
            Request::Hello { .. } => Method::Hello,
            Request::Reset => Method::Reset,
            Request::Apply(_) => Method::Apply,
            Request::Observe => Method::Observe,
            Request::Bye => Method::Bye,
        }
    }

    /// Adds the request as a line. The context is the one that a reset sets, or else the one that was set last.
    ///
    /// # Panics
    /// If the context has no names for its users and groups.
    pub fn write(self, id: u64, context: &SessionContext, lines: &mut Vec<u8>) {
        let SessionContext { names, setup } = context;
        let params = match self {
            Request::Hello { protocol } => json!({
                "protocol": protocol,
                "harness": (concat!("chatwarden ", env!("CARGO_PKG_VERSION"))),
            }),
            Request::Reset => json!({
                "cast": (users(&setup.cast, names)),
                "groups": (Json::list(names.groups[..setup.groups].iter().map(String::as_str))),
                "policy": (knobs(&setup.policy)),
            }),
            Request::Apply(command) => json!({"command": (NamedCommand { command, names }.json())}),
            Request::Observe | Request::Bye => json!({}),
        };
        let method = self.method().name();
        write_line(lines, &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
    }
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
    /// The request, or the error that is to be answered.
    pub request: Result<Request, Refusal>,
}

impl Incoming {
    /// The request that the line holds. The names in a command are those of the context, which a reset replaces.
    pub fn read(line: Source<'_>, context: &mut SessionContext) -> Self {
        let mut id = "null";
        let request = read_request(line, &mut id, context);
        Incoming { id: id.into(), request }
    }
}

/// Reads a request, and sets its id as soon as that is known.
fn read_request<'a>(
    line: Source<'a>,
    id: &mut &'a str,
    context: &mut SessionContext,
) -> Result<Request, Refusal> {
    let refused = |code| move |error: Error| Refusal { code, message: error.to_string() };
    let node = line.root().map_err(refused(code::NOT_JSON))?;
    let call = node.object("a request").map_err(refused(code::NOT_A_REQUEST))?;
    *id = call.required("id").map_or("null", Node::raw);
    let method = read_call(&call).map_err(refused(code::NOT_A_REQUEST))?;
    let method = method.word().map_err(refused(code::NO_SUCH_METHOD))?;
    read_params(method, &call, context).map_err(refused(code::WRONG_PARAMETERS))
}

/// The method that is called.
fn read_call<'a>(call: &Object<'a>) -> Result<Node<'a>, Error> {
    let call = call.clone().only(&["jsonrpc", "id", "method", "params"])?;
    super::answer::check_jsonrpc(&call)?;
    call.required("id")?;
    let method = call.required("method")?;
    method.text()?;
    Ok(method)
}

fn read_params(method: Method, call: &Object<'_>, context: &mut SessionContext) -> Result<Request, Error> {
    let params = call.required("params")?.object(format!("`{}`", method.name()))?;
    Ok(match method {
        Method::Hello => {
            let params = params.only(&["protocol", "harness"])?;
            // A later harness speaks the earlier versions as well.
            let protocol = params.required("protocol")?.integer(1..=u64::MAX)?;
            params.required("harness")?.text()?;
            Request::Hello { protocol }
        }
        Method::Reset => {
            *context = read_context(&params.only(&["cast", "groups", "policy"])?)?;
            Request::Reset
        }
        Method::Apply => {
            let params = params.only(&["command"])?;
            Request::Apply(read_command(params.required("command")?, &context.names)?)
        }
        Method::Observe => params.only(&[]).map(|_| Request::Observe)?,
        Method::Bye => params.only(&[]).map(|_| Request::Bye)?,
    })
}

fn read_context(params: &Object<'_>) -> Result<SessionContext, Error> {
    let cast = NamedCast::read(params.required("cast")?)?;
    let groups = read_groups(params.required("groups")?)?;
    let policy = PolicySpec::read(params.required("policy")?)?.policy();
    let setup = Setup { cast: cast.cast, groups: groups.len(), policy };
    Ok(SessionContext { names: Names { users: cast.names, groups }, setup })
}
