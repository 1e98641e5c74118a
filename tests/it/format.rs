//! The formats: good files, files with one error each, hostile files and random scenarios. The schema and the reader
//! agree on them.

mod broken;
mod hostile;
mod messages;
mod old_names;
mod random;
mod schema;

use std::path::{Path, PathBuf};

use chatwarden::format::{
    BuiltInCast, CastSpec, Error, Expect, NamedCommand, Names, PolicySpec, Scenario, Source, read_command,
};
use chatwarden::model::{Command, CommandKind, Group, Kind, NamedEnum, Preset, Promise, User, UserSet};

/// A scenario with a value in every field. The files with errors are edits of it.
const GOOD: &str = include_str!("format/good.json");

fn read(text: &str) -> Result<Scenario, Error> {
    Scenario::read(Source::new("good.json", text))
}

/// The path of a file of this module.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/format").join(name)
}

#[test]
fn a_good_file_is_read_and_written_as_it_was() {
    let scenario = Scenario::open(&file("good.json")).unwrap();
    assert_eq!(scenario.write(), GOOD);
    assert_eq!(scenario.names().users, ["ann", "kay", "kim", "bob", "sam"]);
    let [kay, kim, bob] = [1, 2, 3].map(User::new);
    let setup = scenario.setup();
    assert_eq!(setup.cast.guardians(kim), UserSet::of([User::new(0), bob]), "bob is listed behind kim");
    assert_eq!(setup.policy, Preset::MessengerKids2019.policy());
    assert_eq!(setup.groups, 2);
    let create = Command::Create { by: User::new(4), group: Group::new(0), with: UserSet::of([kay, kim]) };
    assert_eq!(scenario.steps[2].command, create);
    assert_eq!(scenario.steps[1].expect, None);
    assert_eq!(scenario.steps[2].expect, Some(Expect::Allow));
    assert!(!scenario.judged().contains(Promise::Consent));
    assert_eq!(scenario.breaks[0].users, Some(UserSet::of([kay, kim])));
}

#[test]
fn order_layout_and_escapes_do_not_matter() {
    let shuffled = r#"{"steps":[{"expect":"allow","command":{"by":"s\u0061m","to":"kay","do":"direct"},"delivered":[ ]}],
        "groups":[],"promises":["ban","no-strangers"],"cast":"small","policy":"no-contact-rule","name":"a",
        "breaks":[],"chatwarden":1}"#;
    let laid_out = r#"{
  "chatwarden": 1,
  "name": "a",
  "policy": "no-contact-rule",
  "cast": "small",
  "groups": [],
  "steps": [
    {"command": {"do": "direct", "by": "sam", "to": "kay"}, "expect": "allow", "delivered": []}
  ],
  "promises": ["no-strangers", "ban"]
}
"#;
    assert_eq!(read(shuffled).unwrap().write(), laid_out);
    assert_eq!(read(laid_out).unwrap(), read(shuffled).unwrap());
    assert_eq!(read(&laid_out.replace('\n', "\r\n")).unwrap(), read(shuffled).unwrap());
}

#[test]
fn what_may_be_null_is_left_out_when_written() {
    let edits =
        [r#""seed": 7"#, r#""fault": "launcher-only""#, r#""group": "g1","#, r#""promise": "delivery","#];
    for edit in edits {
        let (field, _) = edit.split_once(':').unwrap();
        let comma = if edit.ends_with(',') { "," } else { "" };
        // The finding comes last, and some of its fields have namesakes in the steps.
        let at = GOOD.rfind(edit).unwrap_or_else(|| panic!("no {edit}"));
        let edited = format!("{}{field}: null{comma}{}", &GOOD[..at], &GOOD[at + edit.len()..]);
        let written = read(&edited).unwrap().write();
        assert_eq!(written.matches(field).count(), GOOD.matches(field).count() - 1, "{field}");
    }
}

#[test]
fn the_built_in_casts_are_those_of_the_table() {
    let table = [
        (BuiltInCast::Small, "ann bob: guardian, kay/ann kim/bob: child, sam: adult"),
        (
            BuiltInCast::Family,
            "ann bob cyd dan: guardian, kay/ann/dan kim/bob kit/cyd: child, sam zoe: adult",
        ),
    ];
    for (built_in, row) in table {
        let cast = built_in.named_cast();
        let names = cast.with_groups(Vec::new());
        let describe = |kind: &Kind| {
            let users = cast.cast.kinds().of(*kind).iter().map(|user| {
                let guardians = names.of(cast.cast.guardians(user));
                guardians.fold(names.user(user).to_owned(), |text, guardian| text + "/" + guardian)
            });
            format!("{}: {kind}", users.collect::<Vec<_>>().join(" "))
        };
        let kinds = [Kind::Guardian, Kind::Child, Kind::Adult];
        assert_eq!(kinds.iter().map(describe).collect::<Vec<_>>().join(", "), row, "{built_in}");
    }
}

#[test]
fn casts_and_policies_have_files_of_their_own() {
    let family = CastSpec::read(Source::new("cast.json", "\"family\"").root().unwrap());
    assert_eq!(family, Ok(CastSpec::BuiltIn(BuiltInCast::Family)));
    for preset in Preset::ALL {
        let text = format!("\"{preset}\"");
        let policy = PolicySpec::read(Source::new("policy.json", &text).root().unwrap());
        assert_eq!(policy, Ok(PolicySpec::Preset(*preset)));
    }
    let missing = CastSpec::open(Path::new("no/such/cast.json")).unwrap_err().to_string();
    assert!(missing.starts_with("no/such/cast.json: cannot be read: "), "{missing}");
}

#[test]
fn commands_look_the_same_everywhere() {
    let cast = BuiltInCast::Small.named_cast();
    let names = cast.with_groups(Names::numbered(2));
    let rows = [
        (r#"{"do": "invite", "by": "kay", "group": "g1", "who": "sam"}"#, "invite(kay, g1, sam)"),
        (
            r#"{"do": "create", "by": "sam", "group": "g2", "with": ["kay", "kim"]}"#,
            "create(sam, g2, [kay, kim])",
        ),
        (r#"{"do": "create", "by": "sam", "group": "g1", "with": []}"#, "create(sam, g1, [])"),
        (
            r#"{"do": "add-guardian", "by": "ann", "child": "kay", "guardian": "bob"}"#,
            "add-guardian(ann, kay, bob)",
        ),
        (r#"{"do": "leave", "by": "kay", "group": "g1"}"#, "leave(kay, g1)"),
    ];
    for (json, shown) in rows {
        let node = Source::new("<stdin>", json).root().unwrap();
        let named = NamedCommand { command: read_command(node, &names).unwrap(), names: &names };
        assert_eq!(named.to_json(), json);
        assert_eq!(named.to_string(), shown);
    }
    assert_eq!(CommandKind::ALL.len(), 23);
}

#[test]
fn a_scenario_is_named_as_its_file() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("misnamed.json");
    std::fs::write(&path, GOOD).unwrap();
    let error = Scenario::open(&path).unwrap_err();
    assert_eq!(error.message, "the scenario is named `good` and its file `misnamed`");
    assert_eq!(error.place.map(|place| (place.line, place.column)), Some((3, 11)));
}
