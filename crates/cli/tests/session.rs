//! Whole sessions of the tool against a real system, compared with what is kept in `session/`.
//!
//! `UPDATE_SESSIONS=1 cargo test -p rapporteur-cli --test session` writes them anew; read the difference.

// Helpers of tests may fail as tests do; the exception in clippy.toml covers only test functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "session/access.rs"]
mod access;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rapporteur_cli::{Surroundings, run_in};
use tempfile::TempDir;

/// `rapporteur up` as a process of its own, with a home of its own.
struct Up {
    process: Child,
    home: TempDir,
    gateway: String,
}

impl Up {
    fn start(flags: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_rapporteur"))
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.path().join("data"))
            .args(flags)
            .env("XDG_CONFIG_HOME", home.path())
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let gateway = line
            .trim()
            .strip_prefix("gateway ready on ")
            .expect("the line that says it is ready")
            .to_owned();
        Self {
            process,
            home,
            gateway,
        }
    }

    /// Asks it to stop and gives its exit code.
    fn stop(mut self) -> i32 {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.process.wait().unwrap().code().unwrap()
    }

    fn surroundings(&self, stdin: &str) -> Surroundings {
        let home = self.home.path().display().to_string();
        let env = BTreeMap::from([
            ("XDG_CONFIG_HOME".to_owned(), home.clone()),
            ("HOME".to_owned(), home),
        ]);
        Surroundings {
            env,
            stdin: Some(stdin.as_bytes().to_vec()),
            ..Surroundings::default()
        }
    }
}

/// Runs each line of a session and shows it as a terminal would, exit codes and all.
///
/// A line `< text` is the stdin of the command after it.
async fn session(around: impl Fn(&str) -> Surroundings, commands: &str) -> String {
    let mut shown = String::new();
    let mut stdin = String::new();
    for line in commands
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(text) = line.strip_prefix("< ") {
            stdin.push_str(text);
            stdin.push('\n');
            writeln!(shown, "{line}").unwrap();
            continue;
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run_in(&around(&stdin), split(line), &mut out, &mut err).await;
        stdin.clear();
        writeln!(shown, "$ {line}").unwrap();
        for text in [out, err] {
            shown.push_str(&steady(&String::from_utf8(text).unwrap()));
        }
        if code != 0 {
            writeln!(shown, "[exit {code}]").unwrap();
        }
        shown.push('\n');
    }
    shown
}

/// Splits as a shell would, as far as sessions need it.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (letter, _) => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// Without what differs from run to run: times, ids, ports, and the widths that depend on them.
fn steady(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("request id: ") {
            lines.push_str("  request id: ID\n");
            continue;
        }
        let words = line.split_inclusive([' ', '"', ',']).map(|word| {
            let bare = word.trim_end_matches([' ', '"', ',']);
            let rest = &word[bare.len()..];
            let steady = match bare {
                time if time.parse::<jiff::Timestamp>().is_ok() => "TIME",
                id if id.len() == 36 && id.matches('-').count() == 4 => "UUID",
                url if url.starts_with("http://127.0.0.1:") => "http://127.0.0.1:PORT",
                other => other,
            };
            format!("{steady}{rest}")
        });
        let line: String = words.collect();
        let indent = line.len() - line.trim_start().len();
        let cells: Vec<&str> = line
            .trim_start()
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        lines.push_str(&line[..indent]);
        lines.push_str(&cells.join("  "));
        lines.push('\n');
    }
    lines
}

fn compare(name: &str, shown: &str) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/session")
        .join(name);
    if std::env::var_os("UPDATE_SESSIONS").is_some() {
        std::fs::write(&file, shown).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept != shown {
        let first = kept
            .lines()
            .zip(shown.lines())
            .position(|(kept, shown)| kept != shown)
            .unwrap_or_default();
        panic!(
            "{} differs from line {}:\n{shown}",
            file.display(),
            first + 1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_recorded() {
    let up = Up::start(&[]);
    let shown = session(
        |stdin| up.surroundings(stdin),
        include_str!("session/year.commands"),
    )
    .await;
    compare("year.txt", &shown);
    assert_eq!(up.stop(), 0);
}

/// Until that session can be held, at least each of its lines is a command.
#[test]
fn a_session_is_made_of_commands() {
    let mut seen = 0;
    for line in include_str!("session/followup.commands").lines() {
        rapporteur_cli::command()
            .try_get_matches_from(split(line))
            .unwrap_or_else(|e| panic!("{line}: {e}"));
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_promised_is_followed_up() {
    let up = Up::start(&[]);
    let shown = session(
        |stdin| up.surroundings(stdin),
        include_str!("session/followup.commands"),
    )
    .await;
    compare("followup.txt", &shown);
    assert_eq!(up.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_loaded() {
    let up = Up::start(&[]);
    let shown = session(
        |stdin| up.surroundings(stdin),
        include_str!("session/load.commands"),
    )
    .await;
    compare("load.txt", &shown);
    // Positions of the recommendations' log depend on how its mirror was batched, so no transcript.
    let asked = "rapporteur status\nrapporteur changes watch --type rapporteur.recommendations.v1.Addressee --limit 1";
    let shown = session(|stdin| up.surroundings(stdin), asked).await;
    assert!(
        shown.contains("AddressRecommendation  rabat/r1/pt"),
        "{shown}"
    );
    assert_eq!(shown.matches("  yes  ").count(), 3, "{shown}");
    assert_eq!(up.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_loaded_once() {
    let up = Up::start(&["--sample"]);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample");
    let mut files: Vec<String> = std::fs::read_dir(sample)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|file| file.ends_with(".ndjson"))
        .collect();
    files.sort();
    let again = format!("rapporteur load --quiet {}", files.join(" "));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run_in(&up.surroundings(""), split(&again), &mut out, &mut err).await;
    let said = String::from_utf8(err).unwrap();
    assert_eq!((code, out.len()), (0, 0), "{said}");
    assert!(said.starts_with("0 created, 0 updated, "), "{said}");
    assert_eq!(up.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_tells_its_story_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().display().to_string();
    let env = BTreeMap::from([
        ("XDG_CONFIG_HOME".to_owned(), path.clone()),
        ("HOME".to_owned(), path),
    ]);
    let around = Surroundings {
        env,
        ..Surroundings::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run_in(&around, ["rapporteur", "demo"], &mut out, &mut err).await;
    let (told, said) = (
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    );
    assert_eq!(code, 0, "{said}");
    for part in [
        "Joint High-Level Meeting",
        "Stated against counted",
        "11 of 29",
        "follows up",
        "  none",
    ] {
        assert!(told.contains(part), "{part} is not told:\n{told}");
    }
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "a profile was left behind"
    );
}

#[tokio::test]
async fn without_a_system_the_answer_is_unavailable() {
    let around = Surroundings {
        env: BTreeMap::from([("XDG_CONFIG_HOME".to_owned(), "/nonexistent".to_owned())]),
        ..Surroundings::default()
    };
    let shown = session(
        |_| around.clone(),
        "rapporteur status --gateway http://127.0.0.1:9 --timeout 1",
    )
    .await;
    assert!(
        shown.contains("error: UNAVAILABLE: cannot reach the gateway: "),
        "{shown}"
    );
    assert!(shown.contains("[exit 6]"), "{shown}");
}

#[test]
fn a_busy_address_and_a_folder_in_use_are_told_apart() {
    let up = Up::start(&[]);
    let again = |listen: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur"));
        command
            .args(["up", "--listen", listen, "--data"])
            .arg(up.home.path().join("data"));
        let done = command
            .env("XDG_CONFIG_HOME", up.home.path())
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(1));
        assert!(done.stdout.is_empty());
        String::from_utf8(done.stderr).unwrap()
    };
    let busy = again(up.gateway.trim_start_matches("http://"));
    assert!(
        busy.contains("error: CANNOT_LISTEN: ") && busy.contains("--listen"),
        "{busy}"
    );
    let in_use = again("127.0.0.1:0");
    assert!(in_use.contains("error: SERVICE_FAILED: "), "{in_use}");
    assert_eq!(up.stop(), 0);
}
