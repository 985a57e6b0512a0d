//! Keeping and moving stores, as an operator does it: with the tool, against a service under load.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rapporteur_proto::events::v1::Event;
use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::{Batch, Direction, Write};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::harness::{PATIENCE, Running, free_address, program};
use crate::kill::{self, Acknowledged};

const WRITERS: u64 = 8;

/// Runs the tool off the runtime, since the writers go on.
async fn tool(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("rapporteur"));
    command.args(arguments).env("XDG_CONFIG_HOME", home);
    command.stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// The same; it must succeed, and answers JSON.
pub(crate) async fn ask(home: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = tool(home, &[arguments, &["-o", "json"]].concat()).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same; it must fail, and say this.
async fn refuses(home: &Path, arguments: &[&str], says: &str) {
    let output = tool(home, arguments).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(said.contains(says), "{arguments:?}: {said}");
}

/// Writers that go on until they are told to stop.
struct Load {
    acknowledged: Acknowledged,
    stop: Arc<AtomicBool>,
    writers: JoinSet<()>,
}

impl Load {
    fn start(channel: &Channel) -> Self {
        let (acknowledged, stop) = (Acknowledged::default(), Arc::new(AtomicBool::new(false)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let again = Arc::new(AtomicU64::new(0));
            let (channel, stop, kept) = (channel.clone(), stop.clone(), acknowledged.clone());
            writers.spawn(kill::write(channel, 0, writer, stop, again, kept));
        }
        Self {
            acknowledged,
            stop,
            writers,
        }
    }

    fn so_far(&self) -> BTreeMap<String, Event> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn reaches(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.acknowledged.lock().unwrap().len() < count {
            assert!(Instant::now() < deadline, "the writers stand still");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stop(mut self) -> BTreeMap<String, Event> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(writer) = self.writers.join_next().await {
            writer.unwrap();
        }
        self.so_far()
    }
}

/// The events service on this directory, with a dialogue, under load.
async fn loaded(address: &str, data: &Path) -> (Running, Channel, Load) {
    let mut service = Running::start("rapporteur-events", address, data, &[]);
    let channel = service.serving().await;
    kill::make_dialogue(channel.clone(), "killed").await;
    let load = Load::start(&channel);
    (service, channel, load)
}

/// Each is there, as it was acknowledged or as it was changed since.
fn ensure_there(listed: &BTreeMap<String, Event>, acknowledged: &BTreeMap<String, Event>) {
    let position = |event: &Event| event.etag.parse::<u64>().unwrap();
    for (name, event) in acknowledged {
        let found = listed.get(name);
        let found = found.unwrap_or_else(|| panic!("{name} was acknowledged and is gone"));
        assert!(position(found) >= position(event), "{name} went back");
        if found.etag == event.etag {
            assert_eq!(found, event);
        }
    }
}

fn sled(folder: &Path, name: &str) -> String {
    format!("sled:{}", folder.join(name).display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_under_load_is_exported_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (home, address) = (folder.path(), free_address());
    let (service, _, load) = loaded(&address, &home.join("events")).await;
    load.reaches(150).await;
    let before = load.so_far();

    let (url, file) = (format!("http://{address}"), home.join("events.archive"));
    let file = file.to_str().unwrap();
    let export = ["store", "export", "--service", &url, "--to", file];
    let exported = ask(home, &export).await;
    load.reaches(before.len() + 50).await;
    let acknowledged = load.stop().await;
    refuses(home, &export, "STORE_EXISTS").await;
    let whole = ask(home, &["store", "verify", "--file", file]).await;
    assert_eq!(whole["entries"], exported["entries"]);
    assert_eq!(whole["digest"], exported["digest"]);
    let walked = ask(home, &["store", "verify", "--service", &url]).await;
    let info = ask(home, &["store", "info", "--service", &url]).await;
    assert_eq!(walked["log_entries"], info["head"]);
    assert_eq!(info["store_id"], whole["store_id"]);
    // Nobody else opens what a service has open.
    let own = sled(home, "events");
    refuses(home, &["store", "info", &own], "STORE_IN_USE").await;

    let restored = sled(home, "restored");
    let import = ["store", "import", file, "--to", &restored];
    assert_eq!(ask(home, &import).await["head"], exported["entries"]);
    refuses(home, &import, "STORE_EXISTS").await;
    let other = free_address();
    let mut again = Running::start("rapporteur-events", &other, &home.join("restored"), &[]);
    let channel = again.serving().await;
    let listed = kill::list(channel.clone()).await;
    ensure_there(&listed, &before);
    assert_eq!(kill::replay(channel).await, listed);
    again.stop();
    service.stop();
    kill::verify(&home.join("restored")).await;

    // The copy without a service: the same, to the last byte, as the origin that it was made of.
    let copy = sled(home, "copy");
    ask(home, &["store", "copy", &own, "--to", &copy]).await;
    let (origin, copied) = (
        ask(home, &["store", "info", &own]).await,
        ask(home, &["store", "info", &copy]).await,
    );
    assert_eq!(origin["head_hash"], copied["head_hash"]);
    assert!(acknowledged.len() > before.len());

    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(file, bytes).unwrap();
    let nowhere = sled(home, "nowhere");
    let import = ["store", "import", file, "--to", &nowhere];
    refuses(home, &import, "of the archive: it does not fit its hash").await;
    assert!(!home.join("nowhere").exists());
    refuses(home, &["store", "info", &nowhere], "STORE_ABSENT").await;
    assert!(!home.join("nowhere").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_under_load_moves_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let (home, address) = (folder.path(), free_address());
    let (service, channel, load) = loaded(&address, &home.join("old")).await;
    load.reaches(150).await;
    let before = load.so_far();
    let (url, new) = (format!("http://{address}"), sled(home, "new"));
    let relocate = ["store", "move", "--service", &url, "--to", &new];
    let moved = ask(home, &relocate).await;
    let held = moved["held_ms"].as_u64().unwrap();
    println!("writers were held for {held} ms at {}", moved["head"]);
    assert!(held < 1_000, "{held} ms");
    load.reaches(load.so_far().len() + 50).await;
    let acknowledged = load.stop().await;
    assert!(acknowledged.len() > before.len());
    let listed = kill::list(channel.clone()).await;
    ensure_there(&listed, &acknowledged);
    assert_eq!(kill::replay(channel).await, listed);
    let info = ask(home, &["store", "info", "--service", &url]).await;
    assert_eq!(info["address"].as_str(), Some(new.as_str()));
    refuses(home, &relocate, "STORE_EXISTS").await;
    service.stop();

    // The old place says where the store is; the new one has it all.
    let old = Running::start("rapporteur-events", &address, &home.join("old"), &[]);
    let said = old.refused();
    assert!(said.contains(&new), "{said}");
    let mut service = Running::start("rapporteur-events", &address, &home.join("new"), &[]);
    assert_eq!(kill::list(service.serving().await).await, listed);
    service.stop();
    kill::verify(&home.join("new")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_and_repairs_index_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (home, address) = (folder.path(), free_address());
    let (service, channel, load) = loaded(&address, &home.join("events")).await;
    load.reaches(100).await;
    load.stop().await;
    let listed = kill::list(channel).await;
    service.stop();

    let place = sled(home, "events");
    let whole = ask(home, &["doctor", "check", &place]).await;
    assert_eq!(whole["service"], "events");
    assert_eq!(
        whole["records"].as_u64().unwrap(),
        listed.len() as u64 + 1,
        "the events and their dialogue"
    );
    lose_an_index_row(&place).await;
    refuses(home, &["doctor", "check", &place], "lacks the index row").await;
    let reason = ["doctor", "reindex", &place, "--reason", "a row was lost"];
    let done = ask(home, &reason).await;
    assert_eq!((&done["written"], &done["commits"]), (&1.into(), &1.into()));
    let mended = ask(home, &["doctor", "check", &place]).await;
    assert_eq!(mended["index_rows"], whole["index_rows"]);

    let before = ask(home, &["store", "info", &place]).await;
    let compacted = ask(home, &["doctor", "compact", &place]).await;
    println!(
        "{} -> {} bytes",
        compacted["bytes_before"], compacted["bytes_after"]
    );
    let after = ask(home, &["store", "info", &place]).await;
    assert_eq!(after["head_hash"], before["head_hash"]);
    let old = compacted["old"].as_str().unwrap();
    let kept = ask(home, &["store", "info", old]).await;
    assert_eq!(kept["head_hash"], before["head_hash"]);
    refuses(home, &["doctor", "compact", &place], "remove it").await;
    let mut service = Running::start("rapporteur-events", &address, &home.join("events"), &[]);
    assert_eq!(kill::list(service.serving().await).await, listed);
    service.stop();
}

/// Removes one index row behind the back of the records, as a fault in a noun would.
async fn lose_an_index_row(place: &str) {
    let address: Address = place.parse().unwrap();
    let opened = engine::open(&address, &Settings::default()).await.unwrap();
    let rows = opened.store.scan(&[2], &[3], 1, Direction::Forward).await;
    let (key, _) = rows.unwrap().remove(0);
    let (checks, meta) = (Vec::new(), Default::default());
    let batch = Batch {
        op_id: "6f0a3f62-8f0e-4f3b-9d8e-0b7d3f1c2a11".parse().unwrap(),
        time_us: 0,
        checks,
        writes: vec![Write::delete(key)],
        meta,
    };
    opened.store.commit(batch).await.unwrap();
    opened.store.close().await.unwrap();
}
