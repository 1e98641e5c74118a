//! The recipe of `docs/ci.md`: every command of the page and of its workflows is run, as a project would that has the
//! teaching driver for its product, with its defect and without.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{code, folder, strangers, text, write};

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

/// The driver that a workflow names.
fn driver(workflow: &str) -> String {
    let line = workflow.lines().find_map(|line| line.trim_start().strip_prefix("DRIVER: "));
    line.expect("the workflow names a driver").to_string()
}

/// A project with the teaching driver and a scenario.
fn project() -> tempfile::TempDir {
    let project = folder();
    let root = Path::new(crate::ROOT);
    for file in ["drivers/python/driver.py", "scenarios/reported/messenger-kids-repaired.json"] {
        let text = fs::read_to_string(root.join(file)).expect("it is there");
        write(project.path(), file, &text);
    }
    write(project.path(), "scenarios/strangers.json", &strangers("strangers", "deny"));
    fs::create_dir(project.path().join("ci")).expect("a folder can be made");
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
        .env("DRIVER", driver)
        .envs([("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4"), ("GITHUB_ACTIONS", "true")])
        .output()
        .expect("there is a shell");
    let exit = code(&output);
    assert!(exit < 2, "{command} ended with {exit}\n{}{}", text(&output.stdout), text(&output.stderr));
    exit
}

#[test]
fn every_command_of_the_recipe_runs_and_fails_just_for_what_is_new() {
    let sound = driver(GITHUB);
    let defective = sound.replace(" --fixed", "");
    assert_ne!(sound, defective);
    let [setup, github, gitlab] = [PAGE, GITHUB, GITLAB].map(commands);
    assert_eq!([setup.len(), github.len(), gitlab.len()], [2, 2, 2], "every command is run here");
    let steps: Vec<_> = github.iter().chain(&gitlab).collect();
    let exits = |project: &Path, driver: &str| {
        steps.iter().map(|command| step(project, driver, command)).collect::<Vec<_>>()
    };

    let project = project();
    for command in &setup {
        assert_eq!(step(project.path(), &sound, command), 0, "{command}");
    }
    assert_eq!(exits(project.path(), &sound), [0, 0, 0, 0], "the product conforms");
    assert_eq!(exits(project.path(), &defective), [1, 1, 1, 1], "the defect is new");
    for file in ["replay.xml", "replay.sarif", "fuzz.xml", "fuzz.sarif"] {
        assert!(fs::metadata(project.path().join(file)).expect("it is written").len() > 0, "{file}");
    }
    for command in &setup {
        assert_eq!(step(project.path(), &defective, command), 0, "{command}");
    }
    assert_eq!(exits(project.path(), &defective), [0, 0, 0, 0], "the defect is known");
    assert_eq!(exits(project.path(), &sound), [0, 0, 0, 0], "and is gone once it was mended");
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
