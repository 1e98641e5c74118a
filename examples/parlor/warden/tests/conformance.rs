//! Parlor keeps the promise of the preset `messenger-kids`; as it was reported, it broke it.

use chatwarden::adapter::Adapter;
use chatwarden::campaign::{Plan, Shrunk, Watch, conduct, shrink};
use chatwarden::report::Telling;
use chatwarden::wire::{BuiltInCast, Names};
use parlor_warden::{ParlorAdapter, setup};

/// The first finding of 2,000 runs, as short as it gets.
fn found() -> Option<Shrunk> {
    let about = ParlorAdapter::new().expect("there is memory").about();
    let plan = Plan { runs: 2_000, ..Plan::new(setup(), &about) };
    let watch = Watch::default();
    let tally = conduct(&plan, &ParlorAdapter::new, &watch, &|_| {}).expect("there is memory");
    assert_eq!(tally.failure, None);
    let found = tally.found.first()?;
    Some(shrink(&plan, &ParlorAdapter::new, found, &watch, |_, _| {}).expect("there is memory"))
}

/// The chain of commands, for people.
fn told(shrunk: &Shrunk) -> String {
    let names = BuiltInCast::Small.casting().with_groups(Names::numbered(2));
    let telling = Telling { names: &names, setup: &setup() };
    let chain: Vec<_> = shrunk.commands.iter().map(|command| telling.command(*command)).collect();
    format!("{}: {}", shrunk.finding.identity(), chain.join(" · "))
}

#[test]
#[cfg(not(feature = "as-reported"))]
fn parlor_conforms() {
    if let Some(shrunk) = found() {
        panic!("{}", told(&shrunk));
    }
}

#[test]
#[cfg(feature = "as-reported")]
fn the_reported_defect_is_found() {
    use chatwarden::model::Promise;

    let shrunk = found().expect("the defect is found");
    let told = told(&shrunk);
    println!("{told}");
    assert_eq!(shrunk.finding.identity().promise, Some(Promise::Company), "{told}");
    assert!(shrunk.commands.len() <= 4, "{told}");
}
