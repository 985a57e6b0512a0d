//! Old data, new programs: a data directory that the release before access control left is opened by today's, read,
//! written and checked; and the way back, which is the backup taken before.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{PATIENCE, Running, free_address, program};

/// Made by `old_data/make`.
const OLD: &str = "tests/e2e/old_data/ae3ca98.tar.xz";
/// The stores in it.
const STORES: [(&str, &str); 3] = [
    ("events", "events"),
    ("recommendations", "recommendations"),
    ("gateway", "gateway/store"),
];

fn unpacked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar")
        .arg("-xJf")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(OLD))
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(unpacked.unwrap().success());
    folder
}

/// The tool on stores that nobody has open.
fn offline(home: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(program("rapporteur"))
        .args(arguments)
        .args(["-o", "json"])
        .env("XDG_CONFIG_HOME", home.join("config"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn address(home: &Path, store: &str) -> String {
    format!("sled:{}", home.join(store).display())
}

/// Identity, head and hash of each store: the same of two means that they are the same to the last byte.
fn heads(home: &Path) -> Vec<[Value; 3]> {
    let head = |store: &str| {
        let info = offline(home, &["store", "info", &address(home, store)]);
        ["store_id", "head", "head_hash"].map(|field| info[field].clone())
    };
    STORES.iter().map(|(_, store)| head(store)).collect()
}

/// Today's three programs on the data below `home`.
struct Today<'a> {
    home: &'a Path,
    gateway: String,
    running: Vec<Running>,
}

impl<'a> Today<'a> {
    async fn start(home: &'a Path) -> Self {
        let [gateway, events, recommendations] = [(); 3].map(|()| free_address());
        let [at_events, at_recommendations] =
            [&events, &recommendations].map(|it| format!("http://{it}"));
        let keys = home.join("gateway/caller-keys.json");
        let keys = keys.to_str().unwrap();
        let to = ["--events", &at_events];
        let mut running = Vec::new();
        for (name, address, data, arguments) in [
            (
                "rapporteur-gateway",
                &gateway,
                "gateway",
                [&to[..], &["--recommendations", &at_recommendations]].concat(),
            ),
            (
                "rapporteur-events",
                &events,
                "events",
                vec!["--caller-keys", keys],
            ),
            (
                "rapporteur-recommendations",
                &recommendations,
                "recommendations",
                [&["--caller-keys", keys][..], &to].concat(),
            ),
        ] {
            let mut one = Running::start(name, address, &home.join(data), &arguments);
            one.serving().await;
            running.push(one);
        }
        Self {
            home,
            gateway,
            running,
        }
    }

    fn tool(&self, key: Option<&Path>, arguments: &[&str]) -> Output {
        let mut tool = Command::new(program("rapporteur"));
        if let Some(key) = key {
            tool.env("RAPPORTEUR_TOKEN_FILE", key);
        }
        tool.args(arguments)
            .args(["-o", "json"])
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("RAPPORTEUR_GATEWAY", format!("http://{}", self.gateway))
            .env_remove("RAPPORTEUR_TOKEN")
            .env_remove("RAPPORTEUR_PROFILE")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// With the admin key that the old gateway made.
    fn ask(&self, arguments: &[&str]) -> Value {
        let key = self.home.join("gateway/admin.key");
        let output = self.tool(Some(&key), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Whether the public sees a commitment.
    fn is_public(&self, commitment: &str) -> bool {
        let name = format!("rabat/{commitment}");
        let output = self.tool(None, &["commitment", "show", &name]);
        match output.status.code() {
            Some(0) => true,
            Some(3) => false,
            other => panic!("{other:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_is_read_written_and_had_back() {
    let folder = unpacked();
    let home = folder.path();
    // What an operator does first.
    let before = heads(home);
    for (service, store) in STORES {
        let archive = home.join(format!("{service}.archive"));
        let to = ["--to", archive.to_str().unwrap()];
        offline(
            home,
            &[&["store", "export", &address(home, store)][..], &to].concat(),
        );
    }

    let mut today = Today::start(home).await;
    // Everything is there, with its past.
    let events = today.ask(&["event", "list", "--dialogue", "rabat"]);
    let events = events.as_array().unwrap();
    assert!(events.len() > 10, "{}", events.len());
    let history = today.ask(&["event", "history", "rabat/2024-lisbon-hlm"]);
    assert!(!history.as_array().unwrap().is_empty());
    let coverage = [
        "coverage",
        "rabat/cadiz",
        "--from",
        "2023-01-01",
        "--to",
        "2023-12-31",
    ];
    let deadline = Instant::now() + PATIENCE;
    // Views are made anew from the feeds.
    while !today.tool(None, &coverage).status.success() {
        assert!(Instant::now() < deadline, "no coverage of old data");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // What was hidden is hidden; an embargo that the old release would never have ended has ended.
    while !today.is_public("old-embargo-over") {
        assert!(Instant::now() < deadline, "the embargo does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for hidden in ["old-embargo-long", "old-internal"] {
        assert!(!today.is_public(hidden), "{hidden}");
        let name = format!("rabat/{hidden}");
        today.ask(&["commitment", "show", &name]);
    }

    // It is written to, and kept over a restart.
    let new = [
        "event",
        "add",
        "--dialogue",
        "rabat",
        "--id",
        "2027-accra",
        "--title",
        "After the upgrade",
        "--kind",
        "thematic-meeting",
        "--state",
        "planned",
        "--start",
        "2027-05",
    ];
    today.ask(&new);
    for one in today.running.drain(..) {
        one.stop();
    }
    let again = Today::start(home).await;
    again.ask(&["event", "show", "rabat/2027-accra"]);
    let now = again.ask(&["event", "list", "--dialogue", "rabat"]);
    assert_eq!(now.as_array().unwrap().len(), events.len() + 1);
    for one in again.running {
        one.stop();
    }
    for (_, store) in STORES {
        let found = offline(home, &["doctor", "check", &address(home, store)]);
        assert!(found["rows"].as_u64().unwrap() > 0, "{found}");
    }

    // Back: the archives from before, in an empty place, are what there was.
    let back = home.join("back");
    for (service, store) in STORES {
        std::fs::create_dir_all(back.join(store).parent().unwrap()).unwrap();
        let archive = home.join(format!("{service}.archive"));
        let to = address(&back, store);
        offline(
            home,
            &["store", "import", archive.to_str().unwrap(), "--to", &to],
        );
    }
    assert_eq!(heads(&back), before);
}

#[test]
fn what_a_newer_release_has_written_is_refused_and_left_alone() {
    let folder = unpacked();
    let home = folder.path();
    let marker = home.join("events/store.json");
    let text = std::fs::read_to_string(&marker).unwrap();
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    newer["schema"] = 99.into();
    std::fs::write(&marker, newer.to_string()).unwrap();
    let refused = Running::start(
        "rapporteur-events",
        &free_address(),
        &home.join("events"),
        &[],
    );
    let said = refused.refused();
    assert!(said.contains("schema 99 is newer than"), "{said}");
    assert_eq!(std::fs::read_to_string(&marker).unwrap(), newer.to_string());
    // Nothing else was touched either.
    std::fs::write(&marker, text).unwrap();
    offline(home, &["doctor", "check", &address(home, "events")]);
}
