//! `--shard`: together the shards do what the whole does, each its own part.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{chatwarden, findings, folder, json_lines, refuses, strangers, write};

/// The earliest run of each finding, and how many runs were made.
fn campaign(folder: &Path, shard: Option<&str>) -> (BTreeMap<String, u64>, u64) {
    let mut arguments = vec!["fuzz", "--fault", "launcher-only", "--runs", "2001", "--keep-going", "--json"];
    arguments.extend(shard.iter().flat_map(|shard| ["--shard", shard]));
    let lines = json_lines(&chatwarden(folder, &arguments));
    let identity = |line: &Value| {
        ["verdict", "command", "promise", "cause", "parts"].map(|field| line[field].to_string()).join(" ")
    };
    let found = findings(&lines);
    let found = found.iter().map(|line| (identity(line), line["run"].as_u64().expect("a run"))).collect();
    (found, lines.last().expect("a summary")["runs"].as_u64().expect("a number"))
}

#[test]
fn the_shards_of_a_campaign_find_together_what_the_whole_finds() {
    let folder = folder();
    let whole = campaign(folder.path(), None);
    let shards: Vec<_> =
        (1..=4).map(|index| (index - 1, campaign(folder.path(), Some(&format!("{index}/4"))))).collect();
    let mut earliest = BTreeMap::new();
    for (index, (found, _)) in &shards {
        for (identity, run) in found {
            assert_eq!(run % 4, *index, "a shard makes its own runs under their own numbers");
            earliest.entry(identity.clone()).and_modify(|least| *least = *run.min(least)).or_insert(*run);
        }
    }
    assert_eq!(earliest, whole.0);
    assert_eq!(shards.iter().map(|(_, (_, runs))| *runs).collect::<Vec<_>>(), [501, 500, 500, 500]);
    assert_eq!(whole.1, 2001);
    assert_eq!(campaign(folder.path(), Some("1/1")), whole);
    let saved = std::fs::read_dir(folder.path().join("scenarios/found")).expect("findings are saved");
    assert_eq!(saved.count(), 5, "a file for each finding, however many shards found it");
}

#[test]
fn each_scenario_is_replayed_by_one_shard() {
    let folder = folder();
    for name in ["a", "b", "c", "d", "e"] {
        write(folder.path(), &format!("s/{name}.json"), &strangers(name, "deny"));
    }
    let files = |shard: &str| {
        let lines = json_lines(&chatwarden(folder.path(), &["replay", "s", "--json", "--shard", shard]));
        lines.iter().map(|line| line["name"].as_str().expect("a name").to_string()).collect::<Vec<_>>()
    };
    assert_eq!([files("1/3"), files("2/3"), files("3/3")], [vec!["a", "d"], vec!["b", "e"], vec!["c"]]);
}

#[test]
fn each_policy_is_explored_by_one_shard() {
    let folder = folder();
    let policies = |shard: &[&str]| {
        let all = [&["explore", "--all-policies", "--depth", "1", "--json"], shard].concat();
        let lines = json_lines(&chatwarden(folder.path(), &all));
        lines.iter().map(|line| line["policy"].as_str().expect("a name").to_string()).collect::<Vec<_>>()
    };
    let (first, second) = (policies(&["--shard", "1/2"]), policies(&["--shard", "2/2"]));
    assert_eq!((first.len(), second.len()), (4, 3));
    let together: BTreeSet<_> = first.into_iter().chain(second).collect();
    assert_eq!(together, policies(&[]).into_iter().collect());
}

#[test]
fn no_shard_is_taken_for_another() {
    for command in ["fuzz", "replay"] {
        let refused = |shard: &str, error: &str| {
            let arguments = [command, "--shard", shard, "x.json"];
            refuses(&arguments[..if command == "fuzz" { 3 } else { 4 }], error);
        };
        refused("0/3", "shards are counted from 1");
        refused("4/3", "there is no shard 4 of 3");
        refused("1/0", "there is no shard 1 of 0");
        refused("1", "expected a shard and how many there are, such as `2/5`");
        refused("+1/2", "expected a shard and how many there are");
        refused("1/20000", "more than 10000 shards are too many");
    }
    refuses(&["explore", "--shard", "1/2"], "--all-policies");
}
