//! The attack suite: what somebody who means harm tries on the real programs, one file a kind of attack. Each kind
//! prints what was tried, what should come of it, and what came of it; `deploy/SECURITY.md` lists all of them.
//!
//! Beside it stand the floods (`floods.rs`), nonsense to every call (`fuzz.rs`), texts that are hidden
//! (`hidden.rs`), certificates (`private.rs`) and rights (`grants.rs`).

mod headers;
pub(crate) mod http;
mod injection;
mod names;
mod slow;
mod tokens;

use std::fmt::Debug;

use tonic::{Code, Status};

/// What came of the attacks of one kind.
pub(crate) struct Results {
    kind: &'static str,
    rows: Vec<(String, String, String, bool)>,
}

impl Results {
    pub(crate) fn new(kind: &'static str) -> Self {
        let rows = Vec::new();
        Self { kind, rows }
    }

    /// An attack, and whether what came of it is among what should.
    pub(crate) fn add<T: Debug + PartialEq>(&mut self, attack: &str, should: &[T], came: &T) {
        let expected: Vec<String> = should.iter().map(|one| format!("{one:?}")).collect();
        let held = should.contains(came);
        self.said(attack, &expected.join(" or "), &format!("{came:?}"), held);
    }

    /// The same in words.
    pub(crate) fn said(&mut self, attack: &str, should: &str, came: &str, held: bool) {
        // What is tried may hold anything, and stands in a line.
        let attack = attack.escape_debug().to_string();
        let row = (attack, should.to_owned(), came.to_owned(), held);
        self.rows.push(row);
    }

    /// Prints all and fails unless everything held.
    pub(crate) fn print(self) {
        println!("{}: {} attacks", self.kind, self.rows.len());
        for (attack, should, came, held) in &self.rows {
            let mark = if *held { "ok" } else { "FELL" };
            println!("  {mark:4} {attack} | should: {should} | came: {came}");
        }
        assert!(!self.rows.is_empty(), "nothing was tried");
        let fell = self.rows.iter().filter(|row| !row.3).count();
        assert_eq!(fell, 0, "attacks that did what they should not");
    }
}

/// The code of an answer.
pub(crate) fn code<T>(answer: &Result<T, Status>) -> Code {
    answer.as_ref().map_or_else(Status::code, |_| Code::Ok)
}

/// The list names files and tests that are there, and each file of the suite.
#[test]
fn the_list_is_true() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join("deploy/SECURITY.md")).unwrap();
    let mut named = std::collections::BTreeSet::new();
    for row in list.lines().filter(|line| line.starts_with('|')) {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        for test in last.split('`').skip(1).step_by(2) {
            let (file, test) = test.split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(file));
            let text = text.unwrap_or_else(|error| panic!("{file}: {error}"));
            let head = format!("fn {test}(");
            assert!(text.contains(&head), "{file} has no test {test}");
            named.insert(file.to_owned());
        }
    }
    for entry in std::fs::read_dir(root.join("tests/e2e/attacks")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let file = format!("tests/e2e/attacks/{file}");
        assert!(named.contains(&file), "{file} is not listed");
    }
    assert!(named.len() > 8, "{named:?}");
}
