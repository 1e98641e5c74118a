//! The page about the driver protocol tells the truth: the teaching drivers answer it word for word, the harness reads
//! every line of it, and nothing that looks like an example is left out. And these drivers have the defect they are for.
//!
//! How the harness behaves towards drivers that do not keep the protocol is tested elsewhere.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chatwarden::adapter::{About, Observation};
use chatwarden::format::{
    Incoming, Reply, Request, SessionContext, Source, read_about, read_answer, read_nothing, read_observation,
};
use chatwarden_cli::driver_process::{DriverOptions, DriverPool};
use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// The programs that answer what the page says.
const DRIVERS: [[&str; 2]; 2] = [["python3", "drivers/python/driver.py"], ["node", "drivers/node/driver.js"]];

/// A fenced block: its language and its lines.
struct Block {
    language: &'static str,
    lines: Vec<&'static str>,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            blocks
                .push(Block { language, lines: lines.by_ref().take_while(|line| *line != "```").collect() });
        }
    }
    blocks
}

/// All lines of the conversation that begin with the arrow.
fn conversation(arrow: &str) -> Vec<&'static str> {
    let blocks = blocks().into_iter().filter(|block| block.language == "text");
    blocks.flat_map(|block| block.lines).filter_map(|line| line.strip_prefix(arrow)).collect()
}

/// The output and the exit of the driver when its input is this text.
fn run(driver: [&str; 2], input: &str) -> Output {
    let mut child = Command::new(driver[0])
        .arg(driver[1])
        .current_dir(crate::ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the tests need `{}` on the path: {error}", driver[0]));
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("the driver reads it");
    child.wait_with_output().expect("the driver ends")
}

fn answers(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("answers are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect()
}

#[test]
fn the_teaching_drivers_answer_as_the_page_says() {
    let requests = conversation("→ ").join("\n") + "\n";
    let expected: Vec<Value> =
        conversation("← ").iter().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert!(expected.len() >= 10, "the page has lost its conversation");
    for driver in DRIVERS {
        let output = run(driver, &requests);
        assert_eq!(answers(&output), expected, "{driver:?}");
        assert!(output.status.success() && output.stderr.is_empty(), "{driver:?}: {output:?}");
    }
}

#[test]
fn the_teaching_drivers_say_what_they_cannot_read_and_end_with_the_input() {
    let wrong = [
        ("nonsense", -32700),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "undo", "params": {}}"#, -32601),
        (r#"{"jsonrpc": "2.0", "id": 3, "method": "observe", "params": {}}"#, -32603),
    ];
    let input: String = wrong.iter().map(|(line, _)| format!("{line}\n")).collect();
    for driver in DRIVERS {
        let output = run(driver, &input);
        let codes: Vec<_> = answers(&output).iter().map(|answer| answer["error"]["code"].as_i64()).collect();
        assert_eq!(codes, wrong.map(|(_, code)| Some(code)), "{driver:?}");
        assert!(output.status.success(), "{driver:?}");
        assert!(!output.stderr.is_empty(), "the log of {driver:?} says nothing");
    }
}

/// A driver that knows version 1 only may refuse a later `hello`, or end.
#[test]
fn a_driver_of_version_1_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let source = std::fs::read_to_string(format!("{}/{}", crate::ROOT, DRIVERS[0][1])).expect("it is there");
    let knows_1 = source.replace("min(protocol, 2)", "1");
    for (name, objection) in [
        ("refuses.py", "raise Failed(-32602, 'this driver speaks protocol 1')"),
        ("ends.py", "sys.exit('this driver speaks protocol 1')"),
    ] {
        let place = "    def hello(self, protocol, harness):\n";
        let text =
            knows_1.replace(place, &format!("{place}        if protocol != 1:\n            {objection}\n"));
        assert!(text.contains(objection), "the driver has changed");
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("it can be written");
        let command = format!("{} '{}'", DRIVERS[0][0], file.display());
        let drivers = DriverPool::open(&command, DriverOptions::default()).expect(name);
        assert_eq!(drivers.about().name, "tiny-chat");
    }
}

#[test]
fn the_teaching_drivers_have_the_reported_defect_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fuzz = |driver: [&str; 2], option: &str| {
        Command::new(env!("CARGO_BIN_EXE_chatwarden"))
            .args(["fuzz", "--adapter", &format!("exec:{} {}{option}", driver[0], driver[1])])
            .args(["--jobs", "1", "--runs", "300", "--certify", "0s", "--save"])
            .arg(folder.path())
            .current_dir(crate::ROOT)
            .output()
            .expect("the program runs")
    };
    for driver in DRIVERS {
        let found = fuzz(driver, "");
        let told = String::from_utf8_lossy(&found.stdout);
        assert_eq!(found.status.code(), Some(1), "{driver:?}: {told}");
        assert!(told.starts_with("broken-promise: it breaks the promise no-strangers"), "{driver:?}: {told}");
        assert!(told.contains("because newcomer-cleared does not hold"), "{driver:?}: {told}");
        let fixed = fuzz(driver, " --fixed");
        assert_eq!(fixed.status.code(), Some(0), "{driver:?}: {}", String::from_utf8_lossy(&fixed.stdout));
    }
}

#[test]
fn the_harness_reads_every_line_of_the_page() {
    let (requests, answers) = (conversation("→ "), conversation("← "));
    assert_eq!(requests.len(), answers.len());
    let mut stage = SessionContext::default();
    let mut about = About::exact("nobody yet", "0");
    for (request, answer) in requests.into_iter().zip(answers) {
        let incoming = Incoming::read(Source::new("request", request), &mut stage);
        let reply = Reply::read(Source::new("answer", answer)).expect(answer);
        assert_eq!(Some(incoming.id), reply.id.map(|id| id.to_string()), "{answer}");
        match (incoming.request, reply.outcome) {
            (Err(refusal), outcome) => assert_eq!(outcome.expect_err(answer).code, refusal.code),
            (Ok(Request::Apply(command)), Err(refusal)) => {
                assert!(!about.commands.contains(command.kind()) && refusal.code == 1, "{answer}");
            }
            (Ok(request), outcome) => {
                let result = outcome.expect("only commands are refused on the page");
                match request {
                    Request::Hello { protocol } => about = read_about(result, protocol).expect(answer).0,
                    Request::Reset | Request::Bye => read_nothing(result).expect(answer),
                    Request::Apply(command) => {
                        read_answer(result, &stage.names, command.kind().delivers(), 2)
                            .map(drop)
                            .expect(answer);
                    }
                    Request::Observe => {
                        let mut seen = Observation::default();
                        read_observation(result, &stage, about.observes, &mut seen).expect(answer);
                    }
                }
            }
        }
    }
}

#[test]
fn every_example_of_the_page_is_part_of_the_conversation_or_an_answer() {
    for block in blocks() {
        for line in block.lines {
            match block.language {
                "text" => assert!(line.starts_with("→ {") || line.starts_with("← {"), "{line}"),
                "json" => drop(Reply::read(Source::new("answer", line)).expect(line)),
                "sh" => assert!(line.starts_with("chatwarden "), "{line}"),
                other => panic!("a block in `{other}` is not checked"),
            }
        }
    }
}

/// The name of a heading in a link, as it is made for this page.
fn anchor(heading: &str) -> String {
    heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-")
}

#[test]
fn what_messages_and_links_point_to_is_there() {
    let headings: Vec<_> = PAGE.lines().filter(|line| line.starts_with("## ")).map(anchor).collect();
    for place in ["hello", "reset", "apply", "observe", "bye", "errors", "lines", "time"] {
        assert!(headings.iter().any(|heading| heading == place), "the page has no `#{place}`");
    }
    for link in PAGE.split("](").skip(1).map(|rest| rest.split(')').next().expect("a link ends")) {
        let (file, place) = link.split_once('#').unwrap_or((link, ""));
        let target = Path::new(crate::ROOT).join("docs").join(file);
        assert!(file.is_empty() || target.exists(), "the link `{link}` leads nowhere");
        if place.is_empty() {
            continue;
        }
        let text = if file.is_empty() { PAGE.into() } else { std::fs::read_to_string(target).expect(link) };
        let found = text.lines().any(|line| line.starts_with('#') && anchor(line) == place);
        assert!(found, "the link `{link}` leads to no heading");
    }
}
