//! The nightly backup, as its timer runs it: against running services that ask who calls, restored, and the same.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{PATIENCE, Running, free_address, program};

/// Three services that go by the gateway's tokens, with the sample record in them.
struct Keyed {
    home: tempfile::TempDir,
    addresses: [String; 3],
    running: Vec<Running>,
}

const SERVICES: [&str; 3] = ["gateway", "events", "recommendations"];

impl Keyed {
    /// Starts them on the stores below `home`.
    async fn start(home: tempfile::TempDir) -> Self {
        let addresses = [free_address(), free_address(), free_address()];
        let urls = addresses.clone().map(|address| format!("http://{address}"));
        let data = |service: &str| home.path().join(service);
        let keys = data("gateway").join("caller-keys.json");
        let keys = keys.to_str().unwrap();
        let mut running = Vec::new();
        let given: [(&str, Vec<&str>); 3] = [
            (
                "rapporteur-gateway",
                vec!["--events", &urls[1], "--recommendations", &urls[2]],
            ),
            ("rapporteur-events", vec!["--caller-keys", keys]),
            (
                "rapporteur-recommendations",
                vec!["--caller-keys", keys, "--events", &urls[1]],
            ),
        ];
        for (index, (program, arguments)) in given.into_iter().enumerate() {
            let address = &addresses[index];
            let mut one = Running::start(program, address, &data(SERVICES[index]), &arguments);
            one.serving().await;
            running.push(one);
        }
        Self {
            home,
            addresses,
            running,
        }
    }

    fn url(&self, index: usize) -> String {
        format!("http://{}", self.addresses[index])
    }

    /// The tool with this key, or without one.
    fn tool(&self, key: Option<&Path>, arguments: &[&str]) -> Output {
        let mut tool = Command::new(program("rapporteur"));
        if let Some(key) = key {
            tool.env("RAPPORTEUR_TOKEN_FILE", key);
        }
        tool.args(arguments)
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("RAPPORTEUR_GATEWAY", self.url(0))
            .env_remove("RAPPORTEUR_TOKEN")
            .env_remove("RAPPORTEUR_PROFILE")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn admin(&self) -> std::path::PathBuf {
        self.home.path().join("gateway/admin.key")
    }

    /// The administrator's question, answered as JSON.
    fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.tool(Some(&self.admin()), &[arguments, &["-o", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    fn back_up(&self, key: Option<&Path>, to: &Path) -> Output {
        let arguments = ["backup", "make", "--keep", "2", "-o", "json", "--to"];
        let services = ["--events", &self.url(1), "--recommendations", &self.url(2)];
        let to = [to.to_str().unwrap()];
        self.tool(key, &[&arguments[..], &to, &services].concat())
    }

    /// Where the logs of the two services are. The gateway's goes on by itself: it notes when keys were used.
    fn heads(&self) -> [Head; 2] {
        [1, 2].map(|index| head(&self.ask(&["store", "info", "--service", &self.url(index)])))
    }

    /// The same, once the mirror of the events has nothing more to take over.
    async fn settled(&self) -> [Head; 2] {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heads = self.heads();
            tokio::time::sleep(Duration::from_millis(500)).await;
            if self.heads() == heads {
                return heads;
            }
            assert!(Instant::now() < deadline, "the house does not settle");
        }
    }
}

/// Identity, head, and the hash over all before: stores with the same are the same, to the last byte.
type Head = [Value; 3];

fn head(info: &Value) -> Head {
    ["store_id", "head", "head_hash"].map(|field| info[field].clone())
}

fn dated(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).into_iter().flatten();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_s_backup_is_restored_to_the_same_house() {
    let house = Keyed::start(tempfile::tempdir().unwrap()).await;
    let home = house.home.path();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/sample");
    let mut files: Vec<String> = dated(&sample);
    files.retain(|name| name.ends_with(".ndjson"));
    for file in files {
        house.ask(&["load", sample.join(file).to_str().unwrap()]);
    }
    let backups = home.join("backups");

    // Who may not take the stores gets nothing, and nothing is left that looks like a backup.
    for (role, allowed) in [
        (None, false),
        (Some("auditor"), false),
        (Some("operator"), true),
    ] {
        let key = role.map(|role| {
            let key = home.join(format!("{role}.key"));
            house.ask(&["grant", "add", "--caller", role, "--role", role]);
            let to = ["--to", key.to_str().unwrap()];
            house.ask(
                &[
                    &["key", "add", "--caller", role, "--note", "a trial"][..],
                    &to,
                ]
                .concat(),
            );
            key
        });
        let made = house.back_up(key.as_deref(), &backups);
        let code = if allowed { Some(0) } else { Some(4) };
        assert_eq!(made.status.code(), code, "{role:?}: {}", said(&made));
        assert_eq!(dated(&backups).len(), usize::from(allowed));
        // Nor what the gateway signs with, which is in its own store.
        let to = home.join(format!("{role:?}.archive"));
        let export = ["store", "export", "--service", &house.url(0), "--to"];
        let export = [&export[..], &[to.to_str().unwrap()]].concat();
        let exported = house.tool(key.as_deref(), &export);
        assert_eq!(
            exported.status.code(),
            code,
            "{role:?}: {}",
            said(&exported)
        );
        assert_eq!(to.exists(), allowed);
    }
    let operator = home.join("operator.key");
    // Those who were refused are on record by now.
    let heads = house.settled().await;

    // Two more: the oldest goes.
    let first = dated(&backups);
    let mut made = house.back_up(Some(&operator), &backups);
    while dated(&backups).len() < 2 || dated(&backups)[0] == first[0] {
        // Two in one second have one name.
        assert!(
            made.status.success() || said(&made).contains("already"),
            "{}",
            said(&made)
        );
        made = house.back_up(Some(&operator), &backups);
    }
    let report: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(
        report["events"]["records"].as_u64().unwrap() > 50,
        "{report}"
    );
    assert!(
        report["gateway"]["records"].as_u64().unwrap() >= 4,
        "{report}"
    );

    // A service that is away: the run fails, the backups before it stay.
    let before = dated(&backups);
    let check = ["backup", "check", backups.to_str().unwrap()];
    assert_eq!(house.tool(None, &check).status.code(), Some(0));
    let mut house = house;
    house.running.pop().unwrap().stop();
    let failed = house.back_up(Some(&operator), &backups);
    assert_eq!(failed.status.code(), Some(6), "{}", said(&failed));
    assert!(
        said(&failed).contains("recommendations at"),
        "{}",
        said(&failed)
    );
    assert_eq!(dated(&backups), before);
    for one in house.running.drain(..) {
        one.stop();
    }

    // The house burns down.
    let Keyed { home, .. } = house;
    for service in SERVICES {
        std::fs::remove_dir_all(home.path().join(service)).unwrap();
    }
    let newest = home.path().join("backups").join(before.last().unwrap());
    let offline = |arguments: &[&str]| -> Value {
        let mut tool = Command::new(program("rapporteur"));
        let done = tool.args(arguments).args(["-o", "json"]).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let mut restored = Vec::new();
    for (service, store) in [
        ("events", "events"),
        ("recommendations", "recommendations"),
        ("gateway", "gateway/store"),
    ] {
        let to = home.path().join(store);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let archive = newest.join(format!("{service}.archive"));
        let to = format!("sled:{}", to.display());
        offline(&["store", "import", archive.to_str().unwrap(), "--to", &to]);
        restored.push(head(&offline(&["store", "info", &to])));
    }
    assert_eq!(restored[..2], heads, "the same, to the last byte");
    // The admin key is not in the archive, only its hash: it was kept apart, as the guide says.
    let restored = Keyed::start(home).await;
    let home = restored.home.path();
    assert!(!restored.admin().exists());
    let with_old_key = restored.tool(Some(&operator), &["whoami", "-o", "json"]);
    assert!(with_old_key.status.success(), "{}", said(&with_old_key));
    let event = ["event", "show", "rabat/2024-lisbon-hlm"];
    let event = restored.tool(Some(&operator), &event);
    assert!(event.status.success(), "{}", said(&event));

    // Damage is found by whoever looks.
    let archive = newest.join("events.archive");
    let mut bytes = std::fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let damaged = restored.tool(
        None,
        &["backup", "check", home.join("backups").to_str().unwrap()],
    );
    assert_eq!(damaged.status.code(), Some(1), "{}", said(&damaged));
    let none = restored.tool(None, &["backup", "check", home.to_str().unwrap()]);
    assert!(
        none.status.code() == Some(1) && said(&none).contains("NO_BACKUP"),
        "{}",
        said(&none)
    );
}
