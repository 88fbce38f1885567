//! The rules that keep the house in order, read from the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;
const SHORTEST_FILE: usize = 40;

/// Long on purpose, and why.
const LONG_FILES: [(&str, &str); 1] =
    [("python/signer.rs", "one block of pymethods, two thirds of it Python's docstrings")];

/// Short on purpose, and why.
const SHORT_FILES: [(&str, &str); 4] = [
    ("python/requests.rs", "a list of modules"),
    ("python/requests/drop_in/functions.rs", "the functions of the original's module"),
    ("python/requests/drop_in/warning.rs", "one table, of the errors that AWS will answer"),
    ("sigv4/verify/redacted.rs", "the verifier may not use redaction.rs, which is not in the core"),
];

/// Each source file, by its path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The code without comments, so that docs may name anything.
fn code(source: &str) -> String {
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The files of these that have one of these texts in their code.
fn found(is_searched: impl Fn(&str) -> bool, texts: &[&str]) -> Vec<String> {
    let has = |source: &str| texts.iter().any(|text| code(source).contains(text));
    let files = sources().into_iter().filter(|(name, source)| is_searched(name) && has(source));
    files.map(|(name, _)| name).collect()
}

fn is_core(name: &str) -> bool {
    name.starts_with("sigv4")
}

fn is_explain(name: &str) -> bool {
    name.starts_with("explain")
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn core_names_neither_its_users_nor_python() {
    let users = ["crate::explain", "crate::redaction", "crate::python", "pyo3"];
    assert_eq!(found(is_core, &users), none());
    // Paths that could contain one of these names in another form.
    assert_eq!(found(is_core, &["use crate::{", "super::super"]), none());
}

#[test]
fn explain_and_redaction_name_no_python() {
    let is_searched = |name: &str| is_explain(name) || name.starts_with("redaction");
    assert_eq!(found(is_searched, &["crate::python", "pyo3"]), none());
    assert_eq!(found(is_searched, &["use crate::{", "super::super::super"]), none());
    assert_eq!(found(|name| name.starts_with("redaction"), &["crate::explain"]), none());
}

#[test]
fn only_callbacks_imports_python_modules() {
    let is_other = |name: &str| name != "python/callbacks.rs";
    assert_eq!(found(is_other, &[".import(", "PyModule::import", "PyOnceLock"]), none());
    let is_other = |name: &str| name != "python/errors.rs";
    assert_eq!(found(is_other, &["import_exception!"]), none());
}

#[test]
fn services_are_named_where_they_differ() {
    // Not `execute-api`, which is the example in messages.
    let services = [
        "aoss",
        "es",
        "iotdevicegateway",
        "s3",
        "s3-object-lambda",
        "s3-outposts",
        "s3express",
        "vpc-lattice-svcs",
    ];
    let quoted: Vec<_> = services.iter().map(|service| format!("\"{service}\"")).collect();
    let quoted: Vec<_> = quoted.iter().map(String::as_str).collect();
    // The last knows `s3` as a scheme of URLs.
    let knows = ["sigv4/endpoint.rs", "sigv4/service.rs", "sigv4/uri.rs"];
    assert_eq!(found(|name| !knows.contains(&name), &quoted), none());
}

/// The texts between quotes. Quotes that don't delimit a text are removed first.
fn literals(code: &str) -> Vec<String> {
    let code = ["\\\\", "\\\"", "'\"'"]
        .iter()
        .fold(code.to_owned(), |code, quote| code.replace(quote, ""));
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn is_name_of_aws(text: &str) -> bool {
    let start = text.get(..6).map(str::to_ascii_lowercase);
    start.is_some_and(|start| text.len() > 6 && ["x-amz-", "x-amzn"].contains(&&*start))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[test]
fn names_of_aws_are_spelled_in_one_file() {
    // The table of checksums; texts of servers, and what clients send.
    let spells = ["sigv4/names.rs", "sigv4/checksum.rs"];
    let reads =
        ["explain/causes/rules.rs", "explain/causes/table.rs", "explain/mistakes/alternatives.rs"];
    let is_searched = |name: &str| !spells.contains(&name) && !reads.contains(&name);
    for (name, source) in sources().into_iter().filter(|(name, _)| is_searched(name)) {
        let literals = literals(&code(&source));
        let names: BTreeSet<_> = literals.iter().filter(|text| is_name_of_aws(text)).collect();
        assert!(names.is_empty(), "{name}: {names:?}");
    }
}

#[test]
fn files_are_neither_long_nor_short() {
    let sources = sources();
    let names = |is_wanted: fn(usize) -> bool| -> BTreeSet<_> {
        let files = sources.iter().filter(|(_, source)| is_wanted(source.lines().count()));
        files.map(|(name, _)| name.as_str()).collect()
    };
    let allowed = |files: &[(&'static str, &str)]| files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(|lines| lines > LONGEST_FILE), allowed(&LONG_FILES));
    assert_eq!(names(|lines| lines < SHORTEST_FILE), allowed(&SHORT_FILES));
}
