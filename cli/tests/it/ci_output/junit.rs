//! `--junit`: read with the schema of Jenkins' plugin xUnit, `junit-10.xsd`, which is stricter than other readers.
//!
//! The schema is followed as far as it goes: elements, their children and attributes, and the form of times.

use std::collections::BTreeSet;
use std::path::Path;

use roxmltree::{Document, Node};

use super::sarif::{results, sarif};
use super::{chatwarden, code, folder, read};

const SCHEMA: &str = include_str!("junit-10.xsd");

/// The report in the folder, which is right by the schema.
#[track_caller]
pub(super) fn junit(folder: &Path, file: &str) -> String {
    let report = read(folder, file);
    let wrong = violations(&report);
    assert!(wrong.is_empty(), "{}\n{report}", wrong.join("\n"));
    report
}

/// What in the document is wrong by the schema.
fn violations(text: &str) -> Vec<String> {
    let schema = Document::parse(SCHEMA).expect("the schema is XML");
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    for element in document.descendants().filter(Node::is_element) {
        let name = element.tag_name().name();
        match declaration(&schema, name) {
            Some(declaration) => check(element, declaration, &mut wrong),
            None => wrong.push(format!("no element is called {name}")),
        }
    }
    wrong
}

/// The declaration of the element with that name.
fn declaration<'a>(schema: &'a Document<'_>, name: &str) -> Option<Node<'a, 'a>> {
    let mut declared = schema.root_element().children().filter(|node| node.has_tag_name(xs("element")));
    declared.find(|node| node.attribute("name") == Some(name))
}

fn xs(name: &str) -> (&str, &str) {
    ("http://www.w3.org/2001/XMLSchema", name)
}

fn check(element: Node<'_, '_>, declaration: Node<'_, '_>, wrong: &mut Vec<String>) {
    let name = element.tag_name().name();
    let of_kind = |kind| declaration.descendants().filter(move |node| node.has_tag_name(xs(kind)));
    for attribute in element.attributes() {
        let declared = of_kind("attribute").find(|node| node.attribute("name") == Some(attribute.name()));
        match declared.and_then(|declared| declared.attribute("type")) {
            None => wrong.push(format!("{name} has no attribute {}", attribute.name())),
            Some("SUREFIRE_TIME") if !is_time(attribute.value()) => {
                wrong.push(format!("{} is no time", attribute.value()));
            }
            Some(_) => {}
        }
    }
    let required = of_kind("attribute").filter(|node| node.attribute("use") == Some("required"));
    let missing =
        required.filter_map(|node| node.attribute("name")).filter(|name| !element.has_attribute(*name));
    wrong.extend(missing.map(|missing| format!("{name} lacks the attribute {missing}")));

    let allowed: BTreeSet<_> = of_kind("element").filter_map(|node| node.attribute("ref")).collect();
    let children = element.children().filter(Node::is_element).map(|child| child.tag_name().name());
    let unknown = children.filter(|child| !allowed.contains(child));
    wrong.extend(unknown.map(|child| format!("{child} is no child of {name}")));
    let is_text = declaration.attribute("type") == Some("xs:string")
        || of_kind("complexType").any(|kind| kind.attribute("mixed") == Some("true"));
    let has_text = element
        .children()
        .any(|child| child.text().is_some_and(|text| child.is_text() && !text.trim().is_empty()));
    if has_text && !is_text {
        wrong.push(format!("{name} has a text"));
    }
}

/// Digits in threes or not, and at most three decimals.
fn is_time(value: &str) -> bool {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(&whole.replace(',', "")) && digits(decimals) && decimals.len() <= 3
}

#[test]
fn what_the_schema_does_not_allow_is_told() {
    let suite = |attributes: &str, content: &str| {
        format!(
            "<testsuites><testsuite name='a' tests='1' failures='0' {attributes}>{content}</testsuite></testsuites>"
        )
    };
    assert_eq!(violations(&suite("errors='0' time='1.234'", "<testcase name='a'/>")), [""; 0]);
    for (document, words) in [
        (suite("", ""), "testsuite lacks the attribute errors"),
        (suite("errors='0' disabled='0'", ""), "testsuite has no attribute disabled"),
        (suite("errors='0' time='1.2345'", ""), "1.2345 is no time"),
        (suite("errors='0'", "<testcase name='a' file='b'/>"), "testcase has no attribute file"),
        (
            suite("errors='0'", "<testcase name='a'><properties/></testcase>"),
            "properties is no child of testcase",
        ),
        (suite("errors='0'", "text"), "testsuite has a text"),
        ("<tests/>".into(), "no element is called tests"),
    ] {
        assert_eq!(violations(&document), [words], "{document}");
    }
}

#[test]
fn every_kind_of_test_is_right_by_the_schema() {
    let folder = folder();
    for (arguments, exit, words) in [
        (
            &["explore", "--policy", "adder-only", "--depth", "3"][..],
            0,
            "<failure type=\"broken\" message=\"no-strangers: ",
        ),
        (
            &["fuzz", "--fault", "launcher-only", "--keep-going", "--runs", "600"],
            1,
            "<failure type=\"broken-promise\"",
        ),
        (&["fuzz", "--runs", "5"], 0, "<system-out>5 runs, "),
    ] {
        let output = chatwarden(folder.path(), &[arguments, &["--junit", "out.xml"]].concat());
        assert_eq!(code(&output), exit, "{arguments:?}");
        let report = junit(folder.path(), "out.xml");
        assert!(report.contains(words), "{report}");
    }
}

#[test]
fn a_failed_check_of_a_driver_is_a_failure_and_a_result_and_one_that_was_skipped_is_neither() {
    let folder = folder();
    let driver =
        concat!("python3 '", env!("CARGO_MANIFEST_DIR"), "/tests/it/driver_check/driver.py' refusing");
    let output =
        chatwarden(folder.path(), &["check-driver", driver, "--junit", "out.xml", "--sarif", "out.sarif"]);
    assert_eq!(code(&output), 1);
    let report = junit(folder.path(), "out.xml");
    assert!(report.contains(r#"failures="1" errors="0""#) && report.contains("<skipped/>"), "{report}");
    let document = sarif(folder.path());
    let [result] = results(&document) else { panic!("{document}") };
    assert_eq!((&result["ruleId"], &result["level"]), (&"check-driver-answers".into(), &"error".into()));
    assert_eq!(
        document["runs"][0]["invocations"][0]["executionSuccessful"], true,
        "the checks themselves were made"
    );
}
