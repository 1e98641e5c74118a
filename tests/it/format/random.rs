//! Random scenarios are read as they were written, and the schema accepts them.

use std::convert::Infallible;

use chatwarden::finding::Verdict;
use chatwarden::format::{
    Break, BuiltInCast, CastSpec, Certificate, Expect, FindingRecord, FullPolicy, Minimality, NamedCast,
    PolicySpec, Scenario, ScenarioStep, Source,
};
use chatwarden::model::{
    Arguments, Cast, CommandKind, EnumSet, Group, Kind, MAX_GROUPS, MAX_USERS, NamedEnum, Newcomer, Policy,
    Promise, Surface, User, UserSet,
};
use proptest::prelude::*;

use super::schema;

proptest! {
    #[test]
    fn what_is_written_is_read_back(numbers: Vec<u16>, texts: [String; 3]) {
        let scenario = Choices { numbers: numbers.into_iter(), users: 0, groups: 0 }.scenario(texts);
        let text = scenario.write();
        let read = Scenario::read(Source::new("random.json", &text)).unwrap();
        prop_assert_eq!(&read, &scenario);
        prop_assert_eq!(read.write(), text.as_str());
        prop_assert!(schema::accepts(&text), "not as the schema says: {}", text);
    }
}

/// Makes of a list of numbers whatever is to be chosen; when none is left, the first choice is taken.
struct Choices {
    numbers: std::vec::IntoIter<u16>,
    users: usize,
    groups: usize,
}

impl Choices {
    fn scenario(&mut self, [about, source, message]: [String; 3]) -> Scenario {
        let cast = self.either(|it| CastSpec::BuiltIn(it.word::<BuiltInCast>()), Self::full_cast);
        self.users = cast.named_cast().cast.len();
        self.groups = self.below(MAX_GROUPS + 1);
        let steps: Vec<_> = (0..self.below(20)).map(|_| self.step()).collect();
        let promises = self.maybe(Self::words);
        let broken = promises.unwrap_or_else(EnumSet::all).and(self.words());
        let broken = if steps.is_empty() { EnumSet::empty() } else { broken };
        Scenario {
            name: format!("random-{}.v1_A", self.below(100)),
            about: self.maybe(|_| about),
            source: self.maybe(|_| source),
            policy: self.either(|it| PolicySpec::Preset(it.word()), |it| PolicySpec::Full(it.full_policy())),
            cast,
            groups: (0..self.groups).map(|index| format!("{index}-group")).collect(),
            promises,
            breaks: broken.iter().map(|promise| self.broken(promise, steps.len())).collect(),
            finding: self.maybe(|it| it.finding(message, steps.len())).filter(|_| !steps.is_empty()),
            steps,
        }
    }

    fn full_cast(&mut self) -> CastSpec {
        let mut kinds: Vec<Kind> = (0..=self.below(MAX_USERS)).map(|_| self.word()).collect();
        // Somebody has to look after the children, and need not be listed before them.
        kinds[0] = Kind::Guardian;
        kinds.reverse();
        let guardian = |&user: &User| kinds[user.index()] == Kind::Guardian;
        let guardians: UserSet = UserSet::first(kinds.len()).iter().filter(guardian).collect();
        let mut cast = Cast::default();
        for kind in &kinds {
            let some = UserSet::from_bits(self.below(1 << 16) as u16).and(guardians);
            cast.add(*kind, if some.is_empty() { guardians } else { some });
        }
        CastSpec::Full(NamedCast {
            names: (0..kinds.len()).map(|index| format!("User_{index}")).collect(),
            cast,
        })
    }

    fn full_policy(&mut self) -> FullPolicy {
        FullPolicy {
            name: self.maybe(|it| format!("policy-{}.v1_A", it.below(100))),
            about: self.maybe(|it| format!("it has \"{}\"\n\u{202e} knobs", it.below(100))),
            policy: self.policy(),
        }
    }

    fn policy(&mut self) -> Policy {
        let [create, invite, accept, join] = std::array::from_fn(|_| self.word());
        Policy {
            quorum: self.word(),
            between_children: self.word(),
            admission: self.word(),
            inviters: self.word(),
            links: self.below(2) == 1,
            newcomer: Newcomer { create, invite, accept, join },
            message: Surface { send: self.word(), deliver: self.word() },
            call: Surface { send: self.word(), deliver: self.word() },
            on_loss: self.word(),
        }
    }

    fn step(&mut self) -> ScenarioStep {
        let possible = |kind: &CommandKind| self.groups > 0 || !kind.names_group();
        let kinds: Vec<_> = CommandKind::ALL.iter().copied().filter(possible).collect();
        let kind = kinds[self.below(kinds.len())];
        let Ok(command) = kind.build(self);
        let because = kind.conditions()[self.below(kind.conditions().len())];
        let expect = match self.below(4) {
            0 => None,
            1 => Some(Expect::Deny { because: None }),
            2 => Some(Expect::Deny { because: Some(because) }),
            _ => Some(Expect::Allow),
        };
        let delivers = matches!(kind, CommandKind::Message | CommandKind::Call | CommandKind::Direct);
        let may_deliver = delivers && !matches!(expect, Some(Expect::Deny { .. }));
        ScenarioStep {
            command,
            expect,
            delivered: self.maybe(|it| it.some(MAX_USERS)).filter(|users| may_deliver || users.is_empty()),
        }
    }

    fn broken(&mut self, promise: Promise, steps: usize) -> Break {
        Break { promise, at: self.below(steps), group: self.some_group(), users: self.maybe(|it| it.some(2)) }
    }

    fn finding(&mut self, message: String, steps: usize) -> FindingRecord {
        let minimal = self.word();
        let certificate = (minimal == Minimality::Certified).then(|| self.certificate());
        let further = self.below(2).min(MAX_GROUPS - self.groups);
        self.groups += further;
        let original = self.maybe(|it| (0..it.below(4)).map(|_| it.step().command).collect());
        self.groups -= further;
        FindingRecord {
            engine: "fuzz".into(),
            seed: self.maybe(Self::number),
            run: self.maybe(Self::number),
            adapter: message.clone(),
            fault: self.maybe(|_| message.clone()),
            fidelity: self.word(),
            harness: "0.1.0".into(),
            implementation: self.maybe(|_| "2".into()),
            verdict: Verdict::ALL[self.below(Verdict::ALL.len() - 1)],
            promise: self.maybe(Self::word),
            condition: self.maybe(Self::word),
            cause: self.maybe(Self::word),
            parts: self.maybe(|it| EnumSet::from_iter([it.word(), it.word()])),
            command: self.maybe(Self::word),
            at: self.below(steps.max(1)),
            group: self.some_group(),
            users: self.maybe(|it| it.some(2)),
            because: self.maybe(|_| message.clone()),
            minimal,
            certificate,
            message,
            original_groups: vec!["further".into(); further],
            original,
        }
    }

    fn certificate(&mut self) -> Certificate {
        let mut commands: EnumSet<CommandKind> = self.words();
        commands.insert(self.word());
        Certificate {
            level: self.word(),
            below: 1 + self.below(100),
            groups: self.below(MAX_GROUPS + 1),
            commands,
            alphabet: 1 + self.number() % 1_000_000,
            ill_typed: self.below(2) == 1,
            situations: self.number(),
            tried: self.number(),
            renamings: 1 + self.number() / 2,
            ground: self.number(),
        }
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.numbers.next().unwrap_or(0)) % count
    }

    fn number(&mut self) -> u64 {
        (0..4).fold(0, |number, _| number << 16 | self.below(1 << 16) as u64)
    }

    fn word<W: NamedEnum>(&mut self) -> W {
        W::ALL[self.below(W::ALL.len())]
    }

    fn words<W: NamedEnum>(&mut self) -> EnumSet<W> {
        W::ALL.iter().copied().filter(|_| self.below(2) == 1).collect()
    }

    fn maybe<T>(&mut self, choose: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.either(|_| None, |it| Some(choose(it)))
    }

    fn either<T>(&mut self, one: impl FnOnce(&mut Self) -> T, other: impl FnOnce(&mut Self) -> T) -> T {
        if self.below(2) == 0 { one(self) } else { other(self) }
    }

    fn some_group(&mut self) -> Option<Group> {
        let index = self.below(MAX_GROUPS);
        (index < self.groups).then(|| Group::new(index))
    }

    /// At most so many users.
    fn some(&mut self, most: usize) -> UserSet {
        let users = UserSet::from_bits(self.below(1 << 16) as u16).and(UserSet::first(self.users));
        users.iter().take(most).collect()
    }
}

impl Arguments for Choices {
    type Error = Infallible;

    fn user(&mut self, _: chatwarden::model::Field) -> Result<User, Infallible> {
        Ok(User::new(self.below(self.users)))
    }

    fn users(&mut self, _: chatwarden::model::Field) -> Result<UserSet, Infallible> {
        Ok(self.some(MAX_USERS))
    }

    fn group(&mut self, _: chatwarden::model::Field) -> Result<Group, Infallible> {
        Ok(Group::new(self.below(self.groups)))
    }
}
