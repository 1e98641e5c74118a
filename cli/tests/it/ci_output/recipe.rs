//! The recipe of `docs/ci.md`: every command of the page and of its workflows is run, as a project would that has the
//! teaching driver for its product, with its defect and without.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{code, folder, text, write};

const PAGE: &str = include_str!("../../../../docs/ci.md");
const GITHUB: &str = include_str!("../../../../docs/ci/chatwarden.yml");
const GITLAB: &str = include_str!("../../../../docs/ci/gitlab.yml");

/// The commands of a text that call the program.
fn commands(text: &str) -> Vec<String> {
    let commands = text.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches("run: ");
        line.starts_with("chatwarden ").then(|| line.to_string())
    });
    commands.collect()
}

/// The block of commands on the page, under the heading "Once".
fn setup() -> &'static str {
    let once =
        PAGE.split("\n## ").find(|section| section.starts_with("Once\n")).expect("the page has the heading");
    let block = once.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n"));
    block.expect("there is a block of commands")
}

/// The driver that a workflow names.
fn driver(workflow: &str) -> String {
    let line = workflow.lines().find_map(|line| line.trim_start().strip_prefix("DRIVER: "));
    line.expect("the workflow names a driver").to_string()
}

/// A project with the teaching driver, and nothing else.
fn project() -> tempfile::TempDir {
    let project = folder();
    let driver = "drivers/python/driver.py";
    let text = fs::read_to_string(Path::new(crate::ROOT).join(driver)).expect("it is there");
    write(project.path(), driver, &text);
    project
}

/// Runs a command as a step of a job does, and returns its exit code.
#[track_caller]
fn step(project: &Path, driver: &str, command: &str) -> i32 {
    let programs = Path::new(env!("CARGO_BIN_EXE_chatwarden")).parent().expect("it is in a folder");
    let path = std::env::join_paths(
        std::iter::once(programs.to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").expect("there is a path"))),
    );
    let output = Command::new("bash")
        .args(["-e", "-c", &command.replace("${{ matrix.shard }}", "2")])
        .current_dir(project)
        .env("PATH", path.expect("a path"))
        .envs([("DRIVER", driver), ("CHATWARDEN", crate::ROOT)])
        .envs([("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")])
        .envs([("GITHUB_ACTIONS", "true"), ("GITLAB_CI", "true")])
        .output()
        .expect("there is a shell");
    let exit = code(&output);
    assert!(exit < 2, "{command} ended with {exit}\n{}{}", text(&output.stdout), text(&output.stderr));
    exit
}

/// The driver of the recipes, sound and with a defect.
fn drivers() -> (String, String) {
    let sound = driver(GITHUB);
    let defective = sound.replace(" --fixed", "");
    assert_ne!(sound, defective);
    (sound, defective)
}

/// The exit codes of every command of the recipes.
fn exits(project: &Path, driver: &str) -> Vec<i32> {
    let [github, gitlab] = [GITHUB, GITLAB].map(commands);
    assert_eq!([github.len(), gitlab.len()], [2, 2], "every command is run here");
    github.iter().chain(&gitlab).map(|command| step(project, driver, command)).collect()
}

#[test]
fn a_defect_that_the_first_build_has_is_known() {
    let (sound, defective) = drivers();
    let project = project();
    let path = project.path();
    assert_eq!(step(path, &defective, setup()), 0);
    assert_eq!(exits(path, &defective), [0, 0, 0, 0], "the defect is known from the first build on");
    let report = fs::read_to_string(path.join("replay.xml")).expect("it is written");
    assert!(report.contains(" file=\"scenarios/found/broken-promise-"), "GitLab gets links: {report}");
    assert_eq!(exits(path, &sound), [0, 0, 0, 0], "and is gone once it was mended");
}

#[test]
fn a_defect_that_is_new_in_a_later_build_fails() {
    let (sound, defective) = drivers();
    let project = project();
    let path = project.path();
    assert_eq!(step(path, &sound, setup()), 0);
    assert_eq!(exits(path, &defective), [1, 1, 1, 1]);
    for file in ["replay.xml", "replay.sarif", "fuzz.xml", "fuzz.sarif"] {
        assert!(fs::metadata(path.join(file)).expect("it is written").len() > 0, "{file}");
    }
}

#[test]
fn both_workflows_name_the_same_driver_and_the_files_of_the_page() {
    assert_eq!(driver(GITHUB), driver(GITLAB));
    for command in [GITHUB, GITLAB].iter().flat_map(|workflow| commands(workflow)) {
        let words: Vec<_> = command.split(' ').collect();
        if let Some(at) = words.iter().position(|word| *word == "--baseline") {
            assert!(PAGE.contains(&format!("--baseline {} --update-baseline", words[at + 1])), "{command}");
        }
    }
}
