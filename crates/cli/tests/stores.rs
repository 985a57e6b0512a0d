//! Where stores are: `store` and `doctor` on those that no service has open, and `up` with one address for all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rapporteur_cli::{Surroundings, run_in};

/// Runs one command line; its exit code and all that it said.
async fn said(arguments: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let argv = ["rapporteur"].iter().chain(arguments);
    let code = run_in(&Surroundings::default(), argv, &mut out, &mut err).await;
    (code, String::from_utf8([out, err].concat()).unwrap())
}

#[tokio::test]
async fn a_password_in_a_wrong_address_is_not_repeated() {
    let odd = "postgres://u:secret@127.0.0.1:1/d?colour=red";
    for arguments in [
        &["store", "info", odd][..],
        &["store", "info", "sled:x", odd],
        &["store", "info", "u:secret@127.0.0.1/d"],
        &["store", "copy", "sled:x", "--to", odd],
        &["store", "import", "file", "--to", odd],
        &[
            "store",
            "move",
            "--service",
            "http://127.0.0.1:1",
            "--to",
            odd,
        ],
        &["doctor", "check", odd],
        &["doctor", "reindex", odd, "--reason", "a row was lost"],
        &["doctor", "compact", odd],
    ] {
        let (code, said) = said(arguments).await;
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(!said.contains("secret"), "{arguments:?}: {said}");
    }
}

/// `rapporteur up` in this home, once it is ready.
fn up(home: &Path, flags: &[&str]) -> Child {
    let mut process = Command::new(env!("CARGO_BIN_EXE_rapporteur"))
        .args(["up", "--listen", "127.0.0.1:0", "--data"])
        .arg(home.join("data"))
        .args(flags)
        .env("XDG_CONFIG_HOME", home)
        .env("HOME", home)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("gateway ready"), "{line}");
    process
}

/// Asks it to stop; what it said.
fn stopped(process: Child) -> String {
    let pid = process.id().to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(asked.success());
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

#[tokio::test]
async fn up_keeps_three_stores_below_one_address() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let address = format!("sled:{}", kept.display());
    stopped(up(home.path(), &["--store", &address]));
    for service in ["events", "recommendations", "gateway"] {
        let store = format!("{address}/{service}");
        let (code, said) = said(&["store", "info", &store]).await;
        assert_eq!(code, 0, "{said}");
        let elsewhere = home.path().join("data").join(service).join("store.json");
        assert!(!elsewhere.exists(), "{service} has a second store");
    }
    // Another folder of data, the same stores: what is in them is not written over by the sample.
    std::fs::rename(home.path().join("data"), home.path().join("other")).unwrap();
    let said = stopped(up(home.path(), &["--store", &address, "--sample"]));
    assert!(said.contains("the sample record was not loaded"), "{said}");
}

#[tokio::test]
async fn up_does_not_put_three_stores_into_one_schema() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data").display().to_string();
    let address = "postgres://u:secret@127.0.0.1:1/d?schema=events";
    let (code, said) = said(&["up", "--data", &data, "--store", address]).await;
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("--store") && said.contains("leave it out"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}
