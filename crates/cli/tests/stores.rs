//! Where stores are: `store` and `doctor` on those that no service has open, and `up` with one address for all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rapporteur_cli::{Surroundings, run_in};
use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::{Batch, Write};

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
    if !line.starts_with("gateway ready") {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{}: {line}{said}", output.status);
    }
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

const COMMITS: u64 = 1_000;

fn sled(folder: &Path, name: &str) -> String {
    format!("sled:{}", folder.join(name).display())
}

/// A store with some megabytes of history.
async fn filled(place: &str) {
    let address: Address = place.parse().unwrap();
    let opened = engine::open(&address, &Settings::default()).await.unwrap();
    let commits = (0..COMMITS).map(|number| {
        let store = opened.store.clone();
        async move {
            let batch = Batch {
                op_id: uuid::Uuid::from_u128(u128::from(number) + 1),
                time_us: 0,
                checks: Vec::new(),
                writes: vec![Write::record(
                    format!("k{}", number % 50),
                    vec![number as u8; 2_000],
                )],
                meta: bytes::Bytes::new(),
            };
            store.commit(batch).await.unwrap();
        }
    });
    futures::future::join_all(commits).await;
    opened.store.close().await.unwrap();
}

/// Killed at any moment of it, the store at the address is whole, and compacting it again goes well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_during_compaction() {
    const KILLS: u32 = 10;
    let folder = tempfile::tempdir().unwrap();
    let place = sled(folder.path(), "store");
    filled(&place).await;
    let compact = || {
        Command::new(env!("CARGO_BIN_EXE_rapporteur"))
            .args(["doctor", "compact", &place])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let remove = |name: &str| drop(std::fs::remove_dir_all(folder.path().join(name)));
    let began = Instant::now();
    assert!(compact().wait().unwrap().success());
    let whole = began.elapsed();
    remove("store.before-compact");
    let mut cut_off = 0;
    for kill in 1..=KILLS {
        let mut child = compact();
        // Spread over all of it: the moment is the point, so this is the one wait that is not for a condition.
        std::thread::sleep(whole * kill / KILLS);
        child.kill().unwrap();
        cut_off += u32::from(!child.wait().unwrap().success());
        let opened = engine::open_existing(&place.parse().unwrap(), &Settings::default()).await;
        let store = opened.unwrap().store;
        let verified = store.verify().await.unwrap();
        assert_eq!((verified.rows, verified.log_entries), (50, COMMITS));
        store.close().await.unwrap();
        remove("store.before-compact");
        // Cut off just before or after the exchange: the operator is told what may go.
        let compacted: Address = sled(folder.path(), "store.compact").parse().unwrap();
        let mark = engine::mark(&compacted, &Settings::default()).await;
        if mark.is_ok_and(|mark| mark.is_some_and(|mark| !mark.unfinished)) {
            let (code, said) = said(&["doctor", "compact", &place]).await;
            assert!(code == 1 && said.contains("remove it"), "{said}");
            remove("store.compact");
        }
    }
    println!("{cut_off} of {KILLS} were cut off, each run of {whole:?}");
    assert!(cut_off > 0, "none was cut off");
    let (code, said) = said(&["doctor", "compact", &place]).await;
    assert_eq!(code, 0, "{said}");
}
