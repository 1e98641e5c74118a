//! The program as its users run it, as a process: the main job, exit codes, JSON lines, errors.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chatwarden::format::{Scenario, Source};
use serde_json::Value;
use tempfile::TempDir;

mod explore;
mod inputs;
mod lines;

/// Runs the program in a folder.
pub(crate) fn chatwarden(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program starts")
}

/// The program in a folder, which no CI system runs.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatwarden"));
    // In a step of GitHub Actions the program prints annotations as well, and in GitLab a report has links.
    command.env_remove("GITHUB_ACTIONS").env_remove("GITLAB_CI").args(arguments).current_dir(folder);
    command
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("it is not killed")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is UTF-8")
}

pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The file of the first finding that the program reports.
fn saved_by(folder: &Path, arguments: &[&str]) -> String {
    json_lines(&chatwarden(folder, arguments))[0]["file"].as_str().expect("a file").to_string()
}

/// The program refuses, with this error on standard error and nothing on standard output.
#[track_caller]
pub(crate) fn refuses(arguments: &[&str], error: &str) {
    let folder = folder();
    let output = chatwarden(folder.path(), arguments);
    assert_eq!(code(&output), 2, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(error), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
}

/// Runs the program in a folder, and interrupts it when the condition holds.
#[cfg(unix)]
pub(crate) fn interrupted_when(
    folder: &Path,
    arguments: &[&str],
    condition: impl Fn(&Child) -> bool,
) -> Output {
    let mut program = command(folder, arguments);
    let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let started = Instant::now();
    while !condition(&child) {
        assert!(started.elapsed() < Duration::from_secs(60), "{arguments:?} does not get there");
        std::thread::sleep(Duration::from_millis(2));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("there is a kill").success());
    child.wait_with_output().expect("it ends")
}

/// Whether the program with `--jobs 2` has begun its work: the main thread and the one that waits for
/// signals are not alone any more.
#[cfg(target_os = "linux")]
fn has_begun(child: &Child) -> bool {
    fs::read_dir(format!("/proc/{}/task", child.id())).is_ok_and(|threads| threads.count() > 2)
}

#[test]
fn the_main_job_finds_saves_and_replays_the_reported_defect() {
    let folder = folder();
    let found = chatwarden(folder.path(), &["fuzz", "--fault", "launcher-only", "--json"]);
    assert_eq!(code(&found), 1);
    let lines = json_lines(&found);
    let [finding, summary] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(finding["type"], "finding");
    assert_eq!(finding["verdict"], "broken-promise");
    assert_eq!(finding["promise"], "no-strangers");
    assert_eq!(finding["minimal"], "certified");
    assert_eq!(finding["runs"].as_u64(), finding["run"].as_u64().map(|run| run + 1));
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["findings"], 1);
    assert_eq!(text(&found.stderr), "", "it is quiet in a pipe");

    let file = finding["file"].as_str().expect("a file is named");
    let saved: Vec<_> = fs::read_dir(folder.path().join("scenarios/found")).expect("it is saved").collect();
    assert_eq!(saved.len(), 1, "drafts are gone");
    let outcome = |arguments: &[&str]| {
        let output = chatwarden(folder.path(), &[&["replay", file, "--json"], arguments].concat());
        (code(&output), json_lines(&output)[0]["outcome"].as_str().expect("an outcome").to_string())
    };
    assert_eq!(outcome(&["--fault", "launcher-only"]), (1, "failed".into()));
    assert_eq!(outcome(&["--adapter", "memory"]), (0, "fixed".into()));
    assert_eq!(outcome(&[]), (0, "passed".into()));
    let scenario = Scenario::open(&folder.path().join(file)).expect("what was saved can be read");
    let original = scenario.finding.and_then(|finding| finding.original).expect("it was shrunk");
    let explained = text(&chatwarden(folder.path(), &["explain", file]).stdout);
    let told = format!("found in a trace of {} commands, which was shrunk", original.len());
    assert!(original.len() > 4 && explained.contains(&told), "{explained}");
}

#[test]
fn json_lines_have_the_fields_of_the_formats_page() {
    let folder = folder();
    let lines = json_lines(&chatwarden(folder.path(), &["fuzz", "--fault", "over-strict", "--json"]));
    let fields =
        |line: &Value| line.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        fields(&lines[0]),
        "type verdict promise condition cause parts command at steps users runs executions minimal seed run file known because"
    );
    assert_eq!(lines[0]["verdict"], "too-strict");
    assert_eq!((&lines[0]["promise"], &lines[0]["condition"]), (&Value::Null, &Value::Null));
    assert_eq!(
        fields(&lines[1]),
        "type runs commands seconds findings known carried_out left_out certify_seconds"
    );
    let file = lines[0]["file"].as_str().expect("a file is named");
    let replayed =
        json_lines(&chatwarden(folder.path(), &["replay", file, "--fault", "over-strict", "--json"]));
    assert_eq!(
        fields(&replayed[0]),
        "type file name outcome verdict at message known because differences left_out"
    );
    assert_eq!((&replayed[0]["outcome"], &replayed[0]["verdict"]), (&"failed".into(), &"too-strict".into()));
}

#[test]
fn a_campaign_without_a_finding_is_fine() {
    let folder = folder();
    let output = chatwarden(folder.path(), &["fuzz", "--runs", "200", "--json"]);
    assert_eq!(code(&output), 0);
    let lines = json_lines(&output);
    assert_eq!((lines.len(), &lines[0]["runs"], &lines[0]["findings"]), (1, &200.into(), &0.into()));
    assert!(!folder.path().join("scenarios").exists(), "nothing is saved");
}

#[test]
fn findings_of_different_identity_are_collected() {
    let folder = folder();
    let arguments = [
        "fuzz",
        "--fault",
        "launcher-only",
        "--keep-going",
        "--runs",
        "2000",
        "--json",
        "--junit",
        "out.xml",
    ];
    let output = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&output), 1);
    let lines = json_lines(&output);
    let findings: Vec<_> = lines.iter().filter(|line| line["type"] == "finding").collect();
    assert!(findings.len() >= 2, "{lines:?}");
    for finding in &findings {
        assert!(folder.path().join(finding["file"].as_str().expect("a file")).exists());
    }
    let junit = fs::read_to_string(folder.path().join("out.xml")).expect("the report is written");
    assert!(junit.contains("broken-promise-create-no-strangers") && junit.contains("<failure"), "{junit}");
}

#[test]
fn a_shrunk_scenario_is_as_short_as_it_gets() {
    let folder = folder();
    let file = saved_by(folder.path(), &["fuzz", "--fault", "direct-unchecked", "--json"]);
    let long = fs::read_to_string(folder.path().join(&file)).expect("it is saved");
    let idle = r#"{"command": {"do": "block", "by": "kay", "who": "kim"}, "expect": "allow"},"#;
    let long = long.replacen(r#"{"command""#, &format!("{idle}\n    {{\"command\""), 1);
    let name = Path::new(&file).file_stem().expect("a name").to_string_lossy().into_owned();
    let long = long.replace(&name, "long").replace("\"at\": 0", "\"at\": 1");
    fs::write(folder.path().join("long.json"), long).expect("it can be written");
    let shrunk = chatwarden(folder.path(), &["shrink", "long.json", "--fault", "direct-unchecked", "--json"]);
    assert_eq!(code(&shrunk), 1, "{}", text(&shrunk.stderr));
    assert_eq!(json_lines(&shrunk)[0]["steps"], 1);
    let conforming = chatwarden(folder.path(), &["shrink", "long.json"]);
    assert_eq!(code(&conforming), 2);
    assert!(text(&conforming.stderr).contains("nothing to shrink"));
}

#[test]
fn an_explanation_has_the_step_of_the_breach_in_full_and_others_if_asked() {
    let root = Path::new(crate::ROOT);
    let explain = |arguments: &[&str]| {
        let file = "scenarios/reported/messenger-kids-2019.json";
        let output = chatwarden(root, &[&["explain", file], arguments].concat());
        assert_eq!(code(&output), 0);
        text(&output.stdout)
    };
    let told = explain(&[]);
    for part in [
        "\nbroken: the policy itself breaks the promise no-strangers in g1 between kim and sam (",
        "\n  step 4    invite(kay, g1, sam): the policy allows it\n",
        "\n  because   bob has not approved sam for kim\n",
        "\n   0  approve(ann, kay, kim)                 allowed → ann approves kim for kay\n",
        "\nstep 4: invite(kay, g1, sam)\n  may chat before it: kay–kim, kay–sam\n",
        "\n  ✓ newcomer-cleared ",
        "\n    legitimate after approve(bob, kim, sam)\n",
    ] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    let full = |told: &str| told.matches("may chat before it").count();
    assert_eq!((full(&told), full(&explain(&["--verbose"]))), (1, 5));
}

#[test]
fn every_scenario_of_the_project_replays() {
    let root = Path::new(crate::ROOT);
    for arguments in [&["replay", "scenarios"][..], &["replay", "scenarios/rules", "--adapter", "memory"]] {
        let output = chatwarden(root, arguments);
        assert_eq!(code(&output), 0, "{}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_hides_nothing() {
    let folder = folder();
    fs::create_dir(folder.path().join("empty")).expect("a folder can be made");
    fs::write(folder.path().join("broken.json"), "{").expect("it can be written");
    let good = r#"{"chatwarden": 1, "name": "good", "policy": "messenger-kids", "cast": "small", "groups": [], "steps": []}"#;
    fs::write(folder.path().join("good.json"), good).expect("it can be written");

    let output = chatwarden(folder.path(), &["replay", "broken.json", "good.json"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("broken.json:1:"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("passed"), "the other is replayed all the same");
    let output = chatwarden(folder.path(), &["replay", "empty"]);
    assert_eq!((code(&output), text(&output.stderr).contains("no scenario")), (2, true));
    assert_eq!(code(&chatwarden(folder.path(), &["replay", "missing.json"])), 2);
    assert_eq!(code(&chatwarden(folder.path(), &["replay"])), 2);
}

#[test]
fn a_scenario_that_expects_something_else_fails() {
    let folder = folder();
    let wrong = r#"{"chatwarden": 1, "name": "wrong", "policy": "messenger-kids", "cast": "small", "groups": [],
        "steps": [{"command": {"do": "direct", "by": "sam", "to": "kay"}, "expect": "allow"}]}"#;
    fs::write(folder.path().join("wrong.json"), wrong).expect("it can be written");
    let output = chatwarden(folder.path(), &["replay", "wrong.json", "--json"]);
    assert_eq!(code(&output), 1);
    let line = &json_lines(&output)[0];
    assert_eq!(
        (&line["outcome"], &line["at"], &line["verdict"]),
        (&"failed".into(), &0.into(), &Value::Null)
    );
}

#[test]
fn old_names_are_read_and_not_suggested() {
    let folder = folder();
    let run = |promise| chatwarden(folder.path(), &["fuzz", "--runs", "1", "--promises", promise]);
    let [name, old] = ["no-strangers", "company"].map(run);
    assert_eq!(code(&old), code(&name), "{}", text(&old.stderr));
    let unknown = run("companyy");
    assert_eq!(code(&unknown), 2);
    assert!(!text(&unknown.stderr).contains("company,"), "{}", text(&unknown.stderr));
    assert!(!text(&unknown.stderr).contains("'company'"), "{}", text(&unknown.stderr));
}

#[test]
fn wrong_usage_names_what_was_meant() {
    refuses(&["fuzz", "--fault", "launcher-onyl"], "'launcher-only'");
    refuses(&["fuzz", "--policy", "mesenger-kids"], "did you mean `messenger-kids`?");
    refuses(&["fuzz", "--cast", "smal"], "did you mean `small`?");
    refuses(&["fuzz", "--commands", "approve,creat"], "'create'");
    refuses(&["fuzz", "--promises", "no-stranger"], "'no-strangers'");
    refuses(&["fuzz", "--promises", "compny"], "possible values: no-strangers, delivery,");
    refuses(&["fuzz", "--fidelity", "exakt"], "'exact'");
    refuses(&["fuzz", "--groups", "9"], "0..=8");
    refuses(&["fuzz", "--groups", "0", "--commands", "leave"], "none of the commands");
    refuses(&["fuzz", "--length", "0"], "1..=10000");
    refuses(&["fuzz", "--time", "soon"], "'soon'");
    refuses(&["fuzz", "--adapter", "memry"], "unknown adapter `memry`");
    refuses(&["fuzz", "--adapter", "other", "--fault", "launcher-only"], "unknown adapter `other`");
    refuses(&["replay", "x.json", "--fidelity", "exact"], "`--fidelity` goes only with");
    refuses(&["fuz"], "'fuzz'");
    refuses(&["list", "fault"], "'faults'");
}

#[test]
fn the_vocabularies_are_listed() {
    let folder = folder();
    for (what, word) in [
        ("policies", "pairwise-consent"),
        ("knobs", "newcomer.invite"),
        ("promises", "guardianship"),
        ("commands", "invite(by, group, who)"),
        ("conditions", "newcomer-cleared"),
        ("faults", "launcher-only"),
        ("casts", "family"),
    ] {
        let output = chatwarden(folder.path(), &["list", what]);
        assert_eq!(code(&output), 0);
        assert!(text(&output.stdout).contains(word), "{what}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_campaign_ends_with_what_it_has() {
    let folder = folder();
    let fuzz = ["fuzz", "--time", "60s", "--jobs", "2", "--json"];
    let output = interrupted_when(folder.path(), &fuzz, has_begun);
    assert_eq!(code(&output), 130);
    assert_eq!(json_lines(&output)[0]["type"], "summary");
    let told = text(&output.stderr);
    assert!(told.contains("interrupted: ") && told.contains("Ctrl-C again ends at once"), "{told}");
}

#[test]
fn a_finding_is_replayed_as_closely_as_it_was_made() {
    let folder = folder();
    let fuzz = [
        "fuzz",
        "--policy",
        "messenger-kids-2019",
        "--fidelity",
        "promises-only",
        "--promises",
        "no-strangers",
        "--json",
    ];
    let file = saved_by(folder.path(), &fuzz);
    let code = |arguments: &[&str]| code(&chatwarden(folder.path(), arguments));
    assert_eq!(code(&["replay", &file, "--adapter", "memory"]), 1, "the policy still breaks its promise");
    assert_eq!(code(&["replay", &file, "--adapter", "memory", "--fidelity", "exact"]), 0);
}

#[test]
fn what_a_person_wrote_into_a_found_scenario_stays() {
    let folder = folder();
    let fuzz = ["fuzz", "--fault", "launcher-only", "--json"];
    let file = saved_by(folder.path(), &fuzz);
    let path = folder.path().join(file);
    let saved = fs::read_to_string(&path).expect("it is saved");
    fs::write(&path, saved.replacen("\"policy\"", "\"about\": \"ticket 123\",\n  \"policy\"", 1))
        .expect("it can be written");
    chatwarden(folder.path(), &fuzz);
    assert!(fs::read_to_string(&path).expect("it is saved").contains("ticket 123"));
}

#[test]
fn a_chain_that_is_known_to_be_as_short_stays_as_it_is() {
    let folder = folder();
    let file = saved_by(folder.path(), &["fuzz", "--fault", "launcher-only", "--json"]);
    let saved = || fs::read_to_string(folder.path().join(&file)).expect("it is saved");
    let before = saved();
    assert!(before.contains("\"certified\""), "{before}");
    let again = ["shrink", &file, "--fault", "launcher-only", "--certify", "0s", "--json"];
    let again = chatwarden(folder.path(), &again);
    assert_eq!(json_lines(&again)[0]["file"], file.as_str());
    assert_eq!(saved(), before);
}

#[test]
fn a_file_that_cannot_be_read_is_not_replaced_and_what_was_found_is_told() {
    let folder = folder();
    let fuzz = ["fuzz", "--fault", "launcher-only", "--json"];
    let file = saved_by(folder.path(), &fuzz);
    let path = folder.path().join(file);
    fs::write(&path, "{ my notes").expect("it can be written");
    let again = chatwarden(folder.path(), &fuzz);
    assert_eq!(code(&again), 2);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "{ my notes");
    let told = text(&again.stderr);
    assert!(told.contains("cannot be saved") && told.contains(".json:1:3: "), "{told}");
    let scenario = &told[told.find("{\n").expect("its scenario is told")..];
    let scenario = &scenario[..=scenario.rfind('}').expect("it ends")];
    assert!(Scenario::read(Source::new("told", scenario)).is_ok(), "{scenario}");
}

#[test]
fn what_cannot_be_written_is_known_before_the_work() {
    refuses(&["fuzz", "--save", "/dev/null/x"], "cannot write to /dev/null/x");
    refuses(&["fuzz", "--junit", "/no/such/folder/x.xml"], "cannot write /no/such/folder/x.xml");
    refuses(&["fuzz", "--length", "10001"], "1..=10000");
    refuses(&["fuzz", "--runs", "0"], "'0'");
    refuses(&["fuzz", "--jobs", "5000"], "1..=1024");
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = folder();
    let printed =
        text(&chatwarden(folder.path(), &["fuzz", "--fault", "launcher-only", "--jobs", "1"]).stdout);
    let readme = fs::read_to_string(Path::new(crate::ROOT).join("README.md")).expect("it is there");
    // The last line has a time in it.
    let (chain, _) = printed.trim_end().rsplit_once('\n').expect("there is a last line");
    assert!(readme.contains(chain), "the README lacks\n{chain}");
    let file = fs::read_dir(folder.path().join("scenarios/found")).expect("it is saved").next();
    let file = file.expect("there is one").expect("it can be listed").path();
    let explained = text(&chatwarden(folder.path(), &["explain", &file.to_string_lossy()]).stdout);
    let page = fs::read_to_string(Path::new(crate::ROOT).join("scenarios/README.md")).expect("it is there");
    assert!(page.contains(&explained), "scenarios/README.md lacks\n{explained}");
}
