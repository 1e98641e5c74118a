//! The codec: the meaning of version 1 is pinned, it can express everything, and a changed byte
//! changes one command.

use chatwarden::describe::Describer;
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec, Scenario};
use chatwarden::fuzz::{Header, Input};
use chatwarden::generate::{Choices, Seeded};
use chatwarden::model::{
    Admission, BetweenChildren, Command, CommandKind, DeliverRule, EnumSet, Inviters, NamedEnum,
    NewcomerRule, OnLoss, Preset, Quorum, SendRule,
};
use chatwarden::replay;

use super::{MOST, any_bytes, decode, own, trace};
use chatwarden_test_support::random_policy;

/// Inputs of version 1 with their meaning: a cast, a number of groups, a policy, and the commands.
/// None of these lines may ever change; a new feature gets new lines.
const PINNED: &str = include_str!("inputs.txt");

fn hex(bytes: &[u8]) -> String {
    bytes
        .chunks(Input::WIDTH)
        .map(|record| record.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect::<Vec<String>>()
        .join(" ")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("it is ASCII"), 16);
    digits.chunks(2).map(|pair| byte(pair).expect("it is hexadecimal")).collect()
}

fn meaning_of(input: &Input) -> String {
    let named = input.header.named_setup(&NamedSetup::default());
    let (setup, names) = (named.setup(), named.cast.named_cast().with_groups(named.groups.clone()));
    let describer = Describer { names: &names, setup: &setup };
    let chain: Vec<String> = input.commands.iter().map(|command| describer.command(*command)).collect();
    let policy = match named.policy {
        PolicySpec::Preset(preset) => preset.name().to_string(),
        PolicySpec::Full(full) => format!("{:?}", full.policy).replace("Policy ", ""),
    };
    format!("{} users, {} groups, {policy}: {}", setup.cast.len(), setup.groups, chain.join(" · "))
}

#[test]
fn the_meaning_of_inputs_never_changes() {
    for line in PINNED.lines().filter(|line| !line.starts_with('#')) {
        let (input, meaning) = line.split_once(" = ").expect("a line is an input and what it means");
        let decoded = decode(&bytes(input)).expect("it is of a version that is known");
        assert_eq!(meaning_of(&decoded), meaning, "{input}");
    }
}

#[test]
fn the_pinned_inputs_have_every_value() {
    let said = |word: &str| PINNED.contains(word);
    let kinds = CommandKind::ALL.iter().map(|kind| format!("{kind}("));
    let missing: Vec<String> = kinds
        .chain(Preset::ALL.iter().map(|preset| format!(", {preset}: ")))
        .chain(knobs())
        .filter(|word| !said(word))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// Every value of every knob, as it is printed.
fn knobs() -> impl Iterator<Item = String> {
    fn values<W: NamedEnum + std::fmt::Debug>(knob: &str) -> impl Iterator<Item = String> {
        W::ALL.iter().map(move |word| format!("{knob}: {word:?}"))
    }
    let newcomers = ["create", "invite", "accept", "join"].into_iter().flat_map(values::<NewcomerRule>);
    let surfaces = ["message", "call"].into_iter().flat_map(|surface| {
        let deliveries = values::<DeliverRule>("deliver");
        let sends = values::<SendRule>(&format!("{surface}: Surface {{ send")).collect::<Vec<_>>();
        deliveries.flat_map(move |deliver| {
            sends.iter().map(|send| format!("{send}, {deliver} }}")).collect::<Vec<_>>()
        })
    });
    values::<Quorum>("quorum")
        .chain(values::<BetweenChildren>("between_children"))
        .chain(values::<Admission>("admission"))
        .chain(values::<Inviters>("inviters"))
        .chain([false, true].map(|links| format!("links: {links}")))
        .chain(newcomers)
        .chain(surfaces)
        .chain(values::<OnLoss>("on_loss"))
}

#[test]
fn everything_that_is_written_is_read() {
    for seed in 0..2_000 {
        let mut choices = Seeded::of_run(seed, 2);
        let cast = BuiltInCast::ALL[choices.below(2)];
        let policy = match choices.below(Preset::ALL.len() + 4) {
            nth if nth < Preset::ALL.len() => PolicySpec::Preset(Preset::ALL[nth]),
            _ => PolicySpec::from(random_policy(seed)),
        };
        let named = NamedSetup::new(CastSpec::BuiltIn(cast), choices.below(9), policy);
        let commands = trace(&named.setup(), seed, choices.below(MOST + 1));
        let commands = if named.groups.is_empty() { without_groups(commands) } else { commands };
        let input = Input { header: Header::of(&named), commands };
        let again = decode(&input.encode()).expect("it is of this version");
        assert_eq!(again, input, "{}", hex(&input.encode()));
        assert_eq!(again.header.named_setup(&NamedSetup::default()), named);
        assert_eq!(again.header.setup(&own()), named.setup());
    }
}

fn without_groups(commands: Vec<Command>) -> Vec<Command> {
    commands.into_iter().filter(|command| command.group().is_none()).collect()
}

#[test]
fn every_scenario_survives_as_an_input() {
    let folders = ["scenarios".into()];
    let files = replay::scenario_files(&folders).expect("there are scenarios");
    assert!(files.len() > 600, "{}", files.len());
    for file in files {
        let scenario = Scenario::open(&file).expect("it can be read");
        let CastSpec::BuiltIn(_) = scenario.cast else { continue };
        let named = NamedSetup {
            cast: scenario.cast.clone(),
            groups: scenario.groups.clone(),
            policy: scenario.policy.clone(),
        };
        let input = Input { header: Header::of(&named), commands: replay::commands(&scenario) };
        let most = input.commands.len();
        assert_eq!(Input::decode(&input.encode(), &own(), EnumSet::all(), most), Ok(input));
    }
}

#[test]
fn a_changed_byte_changes_one_command_at_most() {
    for seed in 0..200 {
        let input = Input { header: Header::of(&NamedSetup::default()), commands: trace(&own(), seed, 30) };
        let bytes = input.encode();
        let mut choices = Seeded::of_run(seed, 3);
        for _ in 0..50 {
            let at = Input::WIDTH + choices.below(bytes.len() - Input::WIDTH);
            let mut changed = bytes.clone();
            changed[at] = choices.below(256) as u8;
            let decoded = decode(&changed).expect("the version did not change");
            let nth = at / Input::WIDTH - 1;
            let (before, after) = (&input.commands[..nth], &input.commands[nth + 1..]);
            assert!(decoded.commands.starts_with(before) && decoded.commands.ends_with(after));
            assert!(decoded.commands.len() <= 30);
        }
    }
}

#[test]
fn all_bytes_are_traces_in_their_bounds() {
    let mut chosen = 0;
    for seed in 0..5_000 {
        let bytes = any_bytes(seed);
        let Ok(input) = decode(&bytes) else { continue };
        let setup = input.header.setup(&own());
        assert!(input.commands.len() <= MOST.min(bytes.len().div_ceil(Input::WIDTH)));
        for command in &input.commands {
            assert!(command.users().is_subset(setup.cast.kinds().everyone()));
            assert!(command.group().is_none_or(|group| group.index() < setup.groups));
        }
        // Commands that the generator chose are written out.
        assert_eq!(decode(&input.encode()), Ok(input.clone()));
        chosen += bytes.chunks(Input::WIDTH).skip(1).take(MOST).filter(|record| record[0] >= 64).count();
    }
    assert!(chosen > 10_000, "the generator chose {chosen} commands");
}

#[test]
fn commands_that_bytes_choose_are_mostly_allowed_or_nearly_so() {
    let (mut near, mut all) = (0, 0);
    for seed in 0..500 {
        let mut bytes = any_bytes(seed);
        bytes.resize(8 + 30 * 8, 0);
        bytes[..8].copy_from_slice(&Header::of(&NamedSetup::default()).bytes());
        bytes.chunks_mut(Input::WIDTH).skip(1).for_each(|record| record[0] |= 64);
        let input = decode(&bytes).expect("it is of this version");
        let setup = own();
        let mut state: chatwarden::model::State = setup.start();
        for command in &input.commands {
            let decision = chatwarden::model::step(&mut state, &setup.policy, command).decision;
            near += usize::from(decision.failures() <= 1);
            all += 1;
        }
    }
    assert!(near * 10 > all * 9, "{near} of {all}");
}

#[test]
fn other_versions_are_refused() {
    for version in (0..=255).filter(|version| *version != Header::VERSION) {
        let error = decode(&[version, 1, 2, 3]).unwrap_err();
        let said = format!("the input is of version {version}; this program reads version 1");
        assert_eq!(error.to_string(), said);
    }
    assert!(decode(&[]).is_err());
}

#[test]
fn nothing_stays_of_what_was_read_before() {
    let family =
        NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Family), 1, PolicySpec::Preset(Preset::AdderOnly));
    let mut input = Input { header: Header::of(&family), commands: trace(&own(), 1, 3) };
    input.read(&[9], &own(), EnumSet::all(), MOST).expect_err("there is no version 9");
    assert_eq!(input, Input::default());
}
