//! The driver protocol, in both directions. Reading any answer of a driver neither panics nor
//! guesses, an error has its place, and an accepted answer is the same after writing and reading
//! it. A driver in Rust answers any request with replies.
#![no_main]

use chatwarden::adapter::{Observation, memory::Memory};
use chatwarden::driver::serve_on;
use chatwarden::format::{
    Error, NamedSetup, Node, PROTOCOL_VERSION, Reply, SessionContext, Source, read_about, read_answer,
    read_nothing, read_observation, write_answer, write_observation,
};
use chatwarden::model::EnumSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Reply { outcome: Ok(result), .. }) =
        located(Source::from_bytes("line", bytes).and_then(Reply::read))
    {
        let context = context();
        let _ = located(read_about(result, PROTOCOL_VERSION));
        let _ = located(read_nothing(result));
        let mut seen = Observation::default();
        if located(read_observation(result, &context, EnumSet::all(), &mut seen)).is_ok() {
            let mut written = Vec::new();
            write_observation("1", &seen, &context, EnumSet::all(), &mut written);
            let mut again = Observation::default();
            read_observation(result_of(&written), &context, EnumSet::all(), &mut again)
                .expect("it can be read");
            assert_eq!(again, seen);
        }
        for delivers in [false, true] {
            if let Ok(answer) = located(read_answer(result, &context.names, delivers, PROTOCOL_VERSION)) {
                let mut written = Vec::new();
                write_answer("1", answer, None, &context.names, delivers, &mut written);
                let again = read_answer(result_of(&written), &context.names, delivers, PROTOCOL_VERSION);
                assert_eq!(again, Ok(answer));
            }
        }
    }
    let mut answers = Vec::new();
    if serve_on(Memory::new(), bytes, &mut answers).is_ok() {
        for line in answers.split_inclusive(|byte| *byte == b'\n') {
            is_reply(text(line)).expect("it answers with replies");
        }
    }
});

fn context() -> SessionContext {
    let named = NamedSetup::default();
    SessionContext { names: named.cast.named_cast().with_groups(named.groups.clone()), setup: named.setup() }
}

/// A request may have an id that is not a number, though the harness never sends one. The reply has
/// the same id.
fn is_reply(line: Source<'_>) -> Result<(), Error> {
    let reply = line.root()?.object("an answer")?;
    match reply.nullable("id", |id| id.integer(0..=u64::MAX)) {
        Ok(_) => Reply::read(line).map(drop),
        Err(_) => reply.only(&["jsonrpc", "id", "result", "error"]).map(drop),
    }
}

fn text(line: &[u8]) -> Source<'_> {
    Source::from_bytes("written", line).expect("it is text")
}

fn result_of(line: &[u8]) -> Node<'_> {
    Reply::read(text(line)).expect("it is a reply").outcome.expect("it is a result")
}

fn located<T>(read: Result<T, Error>) -> Result<T, Error> {
    if let Err(error) = &read {
        assert!(error.to_string().starts_with("line"), "it does not say where: {error}");
    }
    read
}
