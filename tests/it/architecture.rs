//! Rules of the code that neither the compiler nor a lint checks: no circles of imports, and
//! implementations that share no rule with the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The module of the crate's root to which a file belongs.
fn module(source: &Path, file: &Path) -> String {
    let below = file.strip_prefix(source).expect("the file is below the folder");
    let first = below.components().next().expect("it has a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The modules of the same crate that a file names outside of comments.
fn imports(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).expect("it can be read");
    let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    // A macro's `$crate::` is an import of the crate that expands it.
    let code = code.join("\n").replace("$crate::", "");
    let is_name = |c: &char| c.is_lowercase() || *c == '_';
    let names =
        code.split("crate::").skip(1).map(|rest| rest.chars().take_while(is_name).collect::<String>());
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    for source in ["src", "explore/src", "prove/src", "cli/src"] {
        let source = root().join(source);
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in rust_files(&source) {
            let module = module(&source, &file);
            if module != "lib" && module != "main" {
                graph.entry(module).or_default().extend(imports(&file));
            }
        }
        let modules: BTreeSet<_> = graph.keys().cloned().collect();
        graph.iter_mut().for_each(|(module, imports)| {
            imports.retain(|import| import != module && modules.contains(import));
        });
        // Whatever imports nothing that is left can be taken away; a circle stays.
        while let Some(free) =
            graph.iter().find(|(_, imports)| imports.is_empty()).map(|(module, _)| module.clone())
        {
            graph.remove(&free);
            graph.values_mut().for_each(|imports| {
                imports.remove(&free);
            });
        }
        assert!(graph.is_empty(), "circles in {}: {graph:#?}", source.display());
    }
}

#[test]
fn implementations_share_no_rule_with_the_model() {
    let rules =
        ["decide", "step", "State", "GroupState", "Promise", "Transition", "Decision", "Condition", "Bounds"];
    for file in ["src/adapter", "drivers/sql/src"].iter().flat_map(|folder| rust_files(&root().join(folder)))
    {
        let text = fs::read_to_string(&file).expect("it can be read");
        let from_the_model = text
            .split("use chatwarden_model::")
            .nth(1)
            .or_else(|| text.split("\nuse chatwarden::model::").nth(1));
        let imports = from_the_model.unwrap_or_default();
        let imports = imports.split(';').next().unwrap_or_default();
        let words: Vec<_> = imports.split(|c: char| !c.is_alphanumeric()).collect();
        for rule in rules {
            assert!(!words.contains(&rule), "{} imports {rule}", file.display());
        }
    }
}
