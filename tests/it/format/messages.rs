//! The messages of the driver protocol: one side reads what the other wrote, and any other line is an error, never a
//! panic.

use chatwarden::adapter::{About, Answer, Fidelity, GroupView, Observation, Part};
use chatwarden::format::{
    Incoming, Names, Node, Refusal, Reply, Request, SessionContext, Source, code, read_about, read_answer,
    read_nothing, read_observation, read_reason, write_about, write_answer, write_nothing, write_observation,
    write_refusal,
};
use chatwarden::model::{
    Cast, CommandKind, EnumSet, Group, Kind, Link, NamedEnum, Phase, Preset, Setup, User, UserSet,
};
use proptest::prelude::*;

use chatwarden_test_support::{alphabet, random_policy};

/// Three groups, and users of each kind.
fn stage() -> SessionContext {
    let mut cast = Cast::default();
    let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    for kind in [Kind::Child, Kind::Adult, Kind::Child, Kind::Adult] {
        cast.add(kind, UserSet::of([ann]));
    }
    let setup = Setup { cast, groups: 3, policy: Preset::MessengerKids.policy() };
    let users = ["ann", "kay", "Sam-1", "k.i_m", "0"].map(String::from).to_vec();
    SessionContext { names: Names { users, groups: Names::numbered(3) }, setup }
}

fn text(lines: &[u8]) -> &str {
    std::str::from_utf8(lines).expect("it is UTF-8").strip_suffix('\n').expect("it is a line")
}

/// The result of an answer with the id 7.
#[track_caller]
fn result<T>(line: &str, read: impl FnOnce(Node<'_>) -> Result<T, chatwarden::format::Error>) -> T {
    let reply = Reply::read(Source::new("answer", line)).expect(line);
    assert_eq!(reply.id, Some(7));
    read(reply.outcome.expect("it is a result")).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// An observation of the parts, out of numbers.
fn observation(stage: &SessionContext, parts: EnumSet<Part>, numbers: &[u16]) -> Observation {
    let mut numbers = numbers.iter().copied().cycle();
    let mut number = || numbers.next().unwrap_or(0);
    let mut seen = Observation::default();
    let everyone = stage.setup.cast.kinds().everyone();
    for group in Group::first(stage.setup.groups) {
        let mut users = || UserSet::from_bits(number()).and(everyone);
        let all = GroupView { members: users(), invited: users(), banned: users(), ..GroupView::default() };
        let view = &mut seen.groups[group.index()];
        for part in parts.iter() {
            match part {
                Part::Members => view.members = all.members,
                Part::Invited => view.invited = all.invited,
                Part::Banned => view.banned = all.banned,
                Part::Phase => view.phase = Phase::ALL[usize::from(number()) % Phase::ALL.len()],
                Part::Link => view.link = Link::ALL[usize::from(number()) % Link::ALL.len()],
                Part::Owner => view.owner = everyone.nth(usize::from(number() % 6)),
                Part::Contacts | Part::Blocks => {}
            }
        }
    }
    let kinds = stage.setup.cast.kinds();
    for user in kinds.children.iter().filter(|_| parts.contains(Part::Contacts)) {
        seen.contacts[user.index()] = UserSet::from_bits(number()).and(everyone);
    }
    for user in kinds.chatting().iter().filter(|_| parts.contains(Part::Blocks)) {
        seen.blocks[user.index()] = UserSet::from_bits(number()).and(everyone);
    }
    seen
}

fn set<W: NamedEnum>(bits: u32) -> EnumSet<W> {
    W::ALL.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, word)| *word).collect()
}

proptest! {
    #[test]
    fn an_observation_is_read_as_it_was_written(parts: u32, numbers in prop::collection::vec(any::<u16>(), 1..40)) {
        let (stage, parts) = (stage(), set(parts));
        let seen = observation(&stage, parts, &numbers);
        let mut lines = Vec::new();
        write_observation("7", &seen, &stage, parts, &mut lines);
        let mut read = Observation::default();
        result(text(&lines), |node| read_observation(node, &stage, parts, &mut read));
        prop_assert_eq!(read, seen);
    }

    #[test]
    fn an_introduction_is_read_as_it_was_written(commands in 1_u32..1 << 23, parts: u32, fidelity in 0_usize..3, policy: Option<u64>, idempotent: bool) {
        let about = About {
            name: "my \"chat\" – 2".into(),
            version: "1.0".into(),
            commands: set(commands),
            fidelity: Fidelity::ALL[fidelity],
            observes: set(parts),
            policy: policy.map(random_policy),
            idempotent,
        };
        for protocol in [1, 2] {
            let mut lines = Vec::new();
            write_about("7", &about, protocol, &mut lines);
            // Version 1 cannot say that an implementation is idempotent.
            let told = About { idempotent: idempotent && protocol > 1, ..about.clone() };
            prop_assert_eq!(result(text(&lines), |node| read_about(node, 2)), (told, protocol));
        }
    }

    #[test]
    fn no_line_is_too_strange(line: String, at: prop::sample::Index, byte: u8) {
        let stage = stage();
        let mut lines = Vec::new();
        write_observation("7", &observation(&stage, EnumSet::all(), &[0xabcd, 7]), &stage, EnumSet::all(), &mut lines);
        let place = at.index(lines.len());
        lines[place] = byte;
        for line in [line.as_bytes(), &lines, &lines[..place]] {
            let Ok(source) = Source::from_bytes("line", line) else { continue };
            let _ = Incoming::read(source, &mut stage.clone());
            if let Ok(Reply { outcome: Ok(node), .. }) = Reply::read(source) {
                let _ = read_about(node, 2);
                let _ = read_answer(node, &stage.names, true, 2);
                let _ = read_observation(node, &stage, EnumSet::all(), &mut Observation::default());
            }
        }
    }
}

#[test]
fn requests_are_read_as_they_were_written() {
    let told = stage();
    let commands = alphabet(&told.setup).into_iter().map(Request::Apply);
    let requests = [Request::Hello { protocol: 2 }, Request::Reset, Request::Observe, Request::Bye]
        .into_iter()
        .chain(commands);
    let mut stage = told.clone();
    for request in requests {
        let mut lines = Vec::new();
        request.write(7, &told, &mut lines);
        let incoming = Incoming::read(Source::new("request", text(&lines)), &mut stage);
        assert_eq!((incoming.id.as_str(), incoming.request), ("7", Ok(request)));
        assert_eq!(stage, told);
    }
}

#[test]
fn answers_are_read_as_they_were_written() {
    let stage = stage();
    let to = Answer::Allow { delivered: UserSet::of([User::new(1), User::new(3)]) };
    for (answer, kind) in [
        (Answer::deny(), CommandKind::Leave),
        (Answer::deny(), CommandKind::Call),
        (Answer::Deny { delivered: to.delivered() }, CommandKind::Call),
        (Answer::allow(), CommandKind::Leave),
        (Answer::allow(), CommandKind::Message),
        (to, CommandKind::Message),
        // A delivery by a command that should not deliver is written, or it could not be found.
        (to, CommandKind::Leave),
    ] {
        let mut lines = Vec::new();
        write_answer("7", answer, Some("not now"), &stage.names, kind.delivers(), &mut lines);
        assert_eq!(result(text(&lines), |node| read_answer(node, &stage.names, kind.delivers(), 2)), answer);
        let reason = result(text(&lines), |node| Ok(read_reason(node).map(String::from)));
        assert_eq!(reason.as_deref(), (!answer.is_allowed()).then_some("not now"));
    }
    let mut lines = Vec::new();
    write_nothing("7", &mut lines);
    result(text(&lines), read_nothing);
}

#[test]
fn ids_go_back_as_they_came() {
    for id in ["7", "\"a\\u00e9\"", "null", "-1.5e3", "18446744073709551616"] {
        let line = format!(r#"{{"jsonrpc": "2.0", "id": {id}, "method": "observe", "params": {{}}}}"#);
        let incoming = Incoming::read(Source::new("request", &line), &mut stage());
        assert_eq!(incoming.request, Ok(Request::Observe));
        let mut lines = Vec::new();
        write_nothing(&incoming.id, &mut lines);
        assert_eq!(text(&lines), format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    }
}

#[test]
fn an_error_tells_its_code_and_message() {
    let refusal = Refusal { code: code::INDEFINITE, message: "no reply \"in 5 s\"\n".into() };
    let mut lines = Vec::new();
    write_refusal("7", &refusal, &mut lines);
    let reply = Reply::read(Source::new("answer", text(&lines))).expect("it is an answer");
    assert_eq!(reply.outcome.unwrap_err(), refusal);
}

/// An error in an answer to `apply`, `observe` or `hello` has its place.
#[test]
fn wrong_answers_are_located() {
    let stage = stage();
    let parts = EnumSet::from_iter([Part::Members, Part::Contacts]);
    let seen = |node: Node<'_>| read_observation(node, &stage, parts, &mut Observation::default());
    let answer = |node: Node<'_>| read_answer(node, &stage.names, true, 1).map(drop);
    let about = |node: Node<'_>| read_about(node, 2).map(drop);
    let old = |node: Node<'_>| read_about(node, 1).map(drop);
    type Read<'a> = &'a dyn Fn(Node<'_>) -> Result<(), chatwarden::format::Error>;
    let rows: &[(Read<'_>, &str, &str)] = &[
        (&answer, r#"{"decision": "alow"}"#, "1:14: unknown decision `alow`; did you mean `allow`?"),
        (&answer, r#"{"decision": "allow"}"#, "1:1: an answer that allows needs the field `delivered`"),
        (
            &answer,
            r#"{"decision": "deny", "delivered": []}"#,
            "1:22: an answer that refuses has no field `delivered`",
        ),
        (
            &answer,
            r#"{"decision": "allow", "delivered": ["kai"]}"#,
            "1:37: unknown user `kai`; did you mean `kay`?",
        ),
        (&seen, r#"{"contacts": []}"#, "1:1: an observation needs the field `groups`"),
        (
            &seen,
            r#"{"groups": [], "contacts": [], "blocks": []}"#,
            "1:32: `hello` did not list `blocks` among what it observes",
        ),
        (&seen, r#"{"groups": [{"name": "g1"}], "contacts": []}"#, "1:13: a group needs the field `members`"),
        (&seen, r#"{"groups": [], "contacts": [["ann", "kay"]]}"#, "1:30: `ann` is not a child"),
        (&seen, r#"{"groups": [], "contacts": [["kay"]]}"#, "1:29: expected 2 users, found 1"),
        (&about, r#"{"protocol": 3}"#, "1:14: expected version 1 or 2 of the protocol, found `3`"),
        (&old, r#"{"protocol": 2}"#, "1:14: expected version 1 of the protocol, found `2`"),
        (
            &about,
            r#"{"protocol": 1, "idempotent": true}"#,
            "1:17: an answer to `hello` has no field `idempotent`",
        ),
    ];
    for (read, result, error) in rows {
        let error = format!("answer:{error}");
        let found = read(Source::new("answer", result).root().expect("it is JSON")).expect_err(result);
        assert!(found.to_string().starts_with(&error), "{found}\ninstead of {error}");
    }
}
