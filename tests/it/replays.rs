//! Mismatches of a replay against the policy: edits of a right scenario, each with its exact mismatch.

use chatwarden::format::{Scenario, Source};
use chatwarden::replay;

/// Two strangers are brought together under the policy of 2019, who then write to each other.
const RIGHT: &str = r#"{
  "chatwarden": 1, "name": "right", "policy": "messenger-kids-2019", "cast": "small", "groups": ["g1", "g2"],
  "steps": [
    {"command": {"do": "approve", "by": "ann", "child": "kay", "contact": "sam"}, "expect": "allow"},
    {"command": {"do": "approve", "by": "bob", "child": "kim", "contact": "sam"}, "expect": "allow"},
    {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay", "kim"]}, "expect": "allow"},
    {"command": {"do": "message", "by": "kay", "group": "g1"}, "expect": "allow", "delivered": ["kim", "sam"]},
    {"command": {"do": "invite", "by": "kay", "group": "g1", "who": "kim"}, "expect": "deny", "because": "target-is-outside"}
  ],
  "breaks": [
    {"promise": "no-strangers", "at": 2, "group": "g1", "users": ["kay", "kim"]},
    {"promise": "delivery", "at": 3, "group": "g1", "users": ["kay", "kim"]}
  ]
}"#;

fn mismatch(from: &str, to: &str) -> Option<String> {
    assert!(RIGHT.contains(from), "{from} is not in the scenario");
    let text = RIGHT.replacen(from, to, 1);
    let scenario = Scenario::read(Source::new("right.json", &text)).unwrap_or_else(|error| panic!("{error}"));
    replay::against_policy(&scenario).err().map(|mismatch| mismatch.to_string())
}

#[test]
fn a_scenario_that_is_right_has_no_mismatch() {
    assert_eq!(mismatch("right", "right"), None);
    assert_eq!(
        mismatch(r#", "group": "g1", "users": ["kay", "kim"]}"#, "}"),
        None,
        "the place may be left out"
    );
    assert_eq!(mismatch(r#", "delivered": ["kim", "sam"]"#, ""), None, "and so may the delivery");
    assert_eq!(mismatch(r#", "because": "target-is-outside""#, ""), None, "and the reason");
    assert_eq!(mismatch(r#"["kim", "sam"]"#, r#"["sam", "kim"]"#), None, "order does not matter");
}

#[test]
fn every_expectation_is_compared() {
    let company = r#"{"promise": "no-strangers", "at": 2, "group": "g1", "users": ["kay", "kim"]}"#;
    let rows = [
        (
            r#""contact": "sam"}, "expect": "allow""#,
            r#""contact": "sam"}, "expect": "deny""#,
            "step 0: expected approve(ann, kay, sam) to be refused, and the policy allows",
        ),
        (
            r#""expect": "deny", "because": "target-is-outside""#,
            r#""expect": "allow""#,
            "step 4: expected invite(kay, g1, kim) to be allowed, and the policy refuses, because target-is-outside does not hold",
        ),
        (
            "\"target-is-outside\"",
            "\"newcomer-cleared\"",
            "step 4: expected invite(kay, g1, kim) to be refused because of newcomer-cleared, and the policy refuses, because target-is-outside does not hold",
        ),
        (
            r#""delivered": ["kim", "sam"]"#,
            r#""delivered": ["sam"]"#,
            "step 3: expected message(kay, g1) to be delivered to sam, and the policy delivers to kim and sam",
        ),
        (
            &format!("{company},\n"),
            "\n",
            "step 2: the policy breaks the promise no-strangers in g1 between kay and kim (no child shares an active group with somebody not authorized), and `breaks` does not list it",
        ),
        (
            company,
            &company.replace("\"at\": 2", "\"at\": 3"),
            "step 2: the promise no-strangers is expected to be broken first at step 3",
        ),
        (
            company,
            &company.replace("g1", "g2"),
            "step 2: the promise no-strangers is broken, but not in g2 between kay and kim",
        ),
        (
            company,
            &company.replace("kim", "sam"),
            "step 2: the promise no-strangers is broken, but not in g1 between kay and sam",
        ),
        (
            r#""promise": "delivery", "at": 3, "group": "g1", "users": ["kay", "kim"]}"#,
            r#""promise": "delivery", "at": 3}, {"promise": "ban", "at": 3}"#,
            "step 3: the promise ban is expected to be broken, and is not",
        ),
    ];
    for (from, to, expected) in rows {
        assert_eq!(mismatch(from, to).as_deref(), Some(expected));
    }
}

#[test]
fn only_judged_promises_count() {
    let without = RIGHT.replacen(
        r#"{"promise": "no-strangers", "at": 2, "group": "g1", "users": ["kay", "kim"]},"#,
        "",
        1,
    );
    let judged = without.replacen("\"breaks\"", "\"promises\": [\"delivery\", \"ban\"], \"breaks\"", 1);
    let scenario =
        Scenario::read(Source::new("right.json", &judged)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(replay::against_policy(&scenario), Ok(()));
}
