//! The audit trail as auditors see it: who was refused, the proof that all is whole, and what is said when it is not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// `rapporteur up` and who calls it.
struct House {
    home: TempDir,
    process: Child,
    address: String,
}

impl House {
    fn start(home: TempDir) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_rapporteur"))
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.path().join("data"))
            .env("XDG_CONFIG_HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("gateway ready on ")
            .unwrap()
            .to_owned();
        Self {
            home,
            process,
            address,
        }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn admin(&self) -> String {
        let key = std::fs::read_to_string(self.data().join("gateway/admin.key")).unwrap();
        key.trim().to_owned()
    }

    /// What the tool says with this key, and its exit code.
    fn tool(&self, key: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.home.path().join("elsewhere"))
            .env("RAPPORTEUR_GATEWAY", &self.address)
            .env_remove("RAPPORTEUR_TOKEN");
        if !key.is_empty() {
            command.env("RAPPORTEUR_TOKEN", key);
        }
        said(command)
    }

    fn does(&self, arguments: &[&str]) -> String {
        let (code, said) = self.tool(&self.admin(), arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        said
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["-o", "json"]].concat();
        serde_json::from_str(&self.does(&arguments)).unwrap()
    }

    fn stop(mut self) -> TempDir {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        let new = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.home, new)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn said(mut command: Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// `verify --data` of a folder.
fn verified(place: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur"));
    command.args(["verify", "--data"]).arg(place).args(more);
    said(command)
}

fn strings<'a>(entries: &'a Value, field: &str) -> Vec<&'a str> {
    let entries = entries.as_array().unwrap().iter();
    entries.filter_map(|entry| entry[field].as_str()).collect()
}

#[test]
fn who_is_refused_is_on_record_and_what_became_of_keys_and_grants() {
    let house = House::start(tempfile::tempdir().unwrap());
    house.does(&["grant", "add", "--caller", "ana", "--role", "reader"]);
    let ana = house.does(&["key", "add", "--caller", "ana"]);
    let ana = ana.lines().next().unwrap().to_owned();
    let add = ["dialogue", "add", "--id", "rabat", "--title", "Rabat"];
    // Refused by the door, by the gateway's own service, and by the service behind it.
    for (key, arguments) in [
        ("", &add[..]),
        ("rpk_0123456789ab_wrong", &["dialogue", "list"]),
        ("x.y.z", &["dialogue", "list"]),
        (&ana, &["key", "list"]),
        (&ana, &["audit", "--service", "gateway"]),
        (&ana, &["audit", "--service", "events"]),
        (&ana, &["verify"]),
        (&ana, &add),
        (&ana, &["--as", "admin", "dialogue", "list"]),
    ] {
        let (code, said) = house.tool(key, arguments);
        assert_eq!(code, Some(4), "{arguments:?}: {said}");
    }
    // And over HTTP.
    let mut web = TcpStream::connect(house.address.strip_prefix("http://").unwrap()).unwrap();
    web.write_all(b"GET /v1/keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    web.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");

    // The door writes in a moment.
    let begun = std::time::Instant::now();
    let refused = loop {
        let refused = house.json(&["audit", "--service", "gateway", "--refused", "--limit", "0"]);
        if refused.as_array().unwrap().len() >= 8 {
            break refused;
        }
        assert!(begun.elapsed().as_secs() < 60, "{refused:#}");
    };
    let rpcs = strings(&refused, "rpc");
    for rpc in [
        "rapporteur.events.v1.DialogueService/CreateDialogue",
        "rapporteur.events.v1.DialogueService/ListDialogues",
        "rapporteur.gateway.v1.AccessService/ListKeys",
        "rapporteur.changes.v1.AuditService/ListAuditEntries",
        "rapporteur.changes.v1.AuditService/VerifyAuditTrail",
    ] {
        assert!(rpcs.contains(&rpc), "{rpc}: {rpcs:?}");
    }
    assert_eq!(
        rpcs.iter().filter(|rpc| rpc.ends_with("/ListKeys")).count(),
        2
    );
    assert!(
        strings(&refused, "subject").contains(&"keys/0123456789ab"),
        "{refused:#}"
    );
    assert!(strings(&refused, "caller").contains(&"ana"));
    assert!(
        strings(&refused, "peer").contains(&"127.0.0.1"),
        "{refused:#}"
    );
    let text = refused.to_string();
    for secret in ["wrong", "x.y.z", ana.rsplit('_').next().unwrap()] {
        assert!(!text.contains(secret), "a secret is on record: {text}");
    }
    let events = house.json(&["audit", "--service", "events", "--refused"]);
    assert_eq!(strings(&events, "caller"), ["ana"; 3], "{events:#}");

    // Who gave whom what is there for auditors.
    house.does(&["grant", "add", "--caller", "bo", "--role", "auditor"]);
    let bo = house.does(&["key", "add", "--caller", "bo"]);
    let (code, said) = house.tool(
        bo.lines().next().unwrap(),
        &["audit", "--service", "gateway"],
    );
    assert_eq!(code, Some(0), "{said}");
    for call in ["CreateGrant", "CreateKey", "grants/", "keys/"] {
        assert!(said.contains(call.trim_end_matches('/')), "{call}: {said}");
    }
    house.stop();
}

#[test]
fn what_is_whole_is_proved_and_what_is_not_is_named() {
    let house = House::start(tempfile::tempdir().unwrap());
    for id in ["rabat", "khartoum", "budapest"] {
        house.does(&["dialogue", "add", "--id", id, "--title", id]);
    }
    // Found by its country, so by an index row.
    house.does(&[
        "party",
        "add",
        "--id",
        "pt",
        "--kind",
        "state",
        "--country",
        "PT",
    ]);
    let before = house.json(&["verify"]);
    assert_eq!(
        strings(&before, "service"),
        ["events", "recommendations", "gateway"]
    );
    let anchors = strings(&before, "anchor");
    let since: Vec<&str> = anchors
        .iter()
        .flat_map(|anchor| ["--since", anchor])
        .collect();
    house.does(&["dialogue", "add", "--id", "praia", "--title", "Praia"]);
    house.does(&[&["verify"], &since[..]].concat());
    let forged = anchors[0].replace(&anchors[0][anchors[0].len() - 4..], "0000");
    let (code, said) = house.tool(&house.admin(), &["verify", "--since", &forged]);
    assert!(code == Some(1) && said.contains("PAST_REWRITTEN"), "{said}");
    let (code, said) = house.tool(&house.admin(), &["verify", "--since", "1:00"]);
    assert_eq!(code, Some(2), "{said}");

    // Taken out, gone on with, and the same as at once.
    let at = |name: &str| house.home.path().join(name);
    let export = |to: &str| house.does(&["audit", "--export", at(to).to_str().unwrap()]);
    export("one");
    let cut = std::fs::read_to_string(at("one/events.ndjson")).unwrap();
    std::fs::write(at("one/events.ndjson"), &cut[..cut.len() - 10]).unwrap();
    house.does(&["dialogue", "add", "--id", "mtm", "--title", "MTM"]);
    export("one");
    export("two");
    for service in ["events", "gateway", "recommendations"] {
        let read = |folder: &str| {
            std::fs::read_to_string(at(folder).join(format!("{service}.ndjson"))).unwrap()
        };
        assert_eq!(read("one"), read("two"), "{service}");
        // Refused calls apart, an export of the gateway holds its mirrors and no signing key.
        assert!(!read("one").is_empty());
    }
    let lines = std::fs::read_to_string(at("two/gateway.ndjson")).unwrap();
    let withheld = lines
        .lines()
        .filter(|line| line.contains("\"entry\":null"))
        .count();
    assert_eq!(withheld, 1, "the commit with the signing key, and no other");

    let backup = at("events.archive");
    let home = house.stop();
    let data = home.path().join("data");
    let (code, said) = verified(&data, &since);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("whole").count(), 3, "{said}");
    let place = format!("sled:{}", data.join("events").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur"));
    command
        .args(["store", "export", &place, "--to"])
        .arg(&backup);
    assert_eq!(self::said(command).0, Some(0));
    let (code, said) = verified(&backup, &since[..2]);
    assert!(code == Some(0) && said.contains("whole"), "{said}");

    // One byte of the oldest commit; an index row; a record. Each is named, and what was known is not vouched for.
    for (damage, named) in [
        (&changed_byte as &dyn Fn(&sled::Tree), "log entry 1"),
        (&dropped_row, "log entry 4"),
        (&changed_row, "log entry 5"),
    ] {
        let copy = home.path().join("copy");
        copied(&data, &copy);
        let db = sled::Config::new()
            .path(copy.join("events/sled"))
            .open()
            .unwrap();
        damage(&db);
        db.flush().unwrap();
        drop(db);
        let (code, said) = verified(&copy, &[]);
        assert!(code == Some(1) && said.contains(named), "{named}: {said}");
        assert!(said.contains("events: error: STORE_DAMAGED"), "{said}");
        assert_eq!(
            said.matches("whole").count(),
            2,
            "the others are whole: {said}"
        );
        std::fs::remove_dir_all(&copy).unwrap();
    }
    // All of it written anew fits in itself; the anchor tells.
    let anew = home.path().join("anew");
    std::fs::create_dir(&anew).unwrap();
    let other = House::start(TempDir::new_in(&anew).unwrap());
    for id in ["rabat", "khartoum", "nairobi", "praia", "mtm", "doha"] {
        other.does(&["dialogue", "add", "--id", id, "--title", id]);
    }
    let other = other.stop();
    let (code, said) = verified(&other.path().join("data/events"), &since[..2]);
    assert!(code == Some(1) && said.contains("PAST_REWRITTEN"), "{said}");
}

/// `changes watch` with this key, once it has seen something.
fn watching(house: &House, key: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_rapporteur"))
        .args(["changes", "watch"])
        .env("XDG_CONFIG_HOME", house.home.path().join("elsewhere"))
        .env("RAPPORTEUR_GATEWAY", &house.address)
        .env("RAPPORTEUR_TOKEN", key)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("rabat"), "{line}");
    (process, out)
}

#[test]
fn a_watch_ends_with_its_key_and_hears_of_grants() {
    let house = House::start(tempfile::tempdir().unwrap());
    house.does(&["dialogue", "add", "--id", "rabat", "--title", "Rabat"]);
    house.does(&["grant", "add", "--caller", "ana", "--role", "reader"]);
    let grants = house.json(&["grant", "list"]);
    let [grant] = strings(&grants, "name")[..] else {
        panic!("{grants:#}")
    };
    let ana = house.does(&["key", "add", "--caller", "ana"]);
    let ana = ana.lines().next().unwrap().to_owned();
    let admin = house.admin();
    let (by_ana, mut out) = watching(&house, &ana);
    let (by_admin, _kept) = watching(&house, &admin);
    // Less is granted: the watch goes on with less.
    house.does(&["grant", "revoke", grant]);
    house.does(&["dialogue", "add", "--id", "praia", "--title", "Praia"]);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("praia"), "{line}");
    let id = ana.split('_').nth(1).unwrap();
    house.does(&["key", "revoke", id]);
    let ended = by_ana.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(4), "{said}");
    assert!(said.contains("not good any more"), "{said}");
    // The admin key is rotated: who goes on with the old one is at an end.
    let fresh = house.does(&["key", "rotate", "admin", "--overlap", "0"]);
    let fresh = fresh.lines().next().unwrap();
    let ended = by_admin.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(4));
    assert_eq!(
        house.tool(&admin, &["key", "list"]).0,
        Some(4),
        "the old key is worthless"
    );
    let (code, said) = house.tool(fresh, &["audit", "--service", "gateway"]);
    assert!(
        code == Some(0) && said.contains("admin") && said.contains("RotateKey"),
        "{said}"
    );
    assert!(!said.contains(fresh), "{said}");
    house.stop();
}

#[test]
fn calls_go_on_through_a_rotation_of_the_signing_key() {
    let house = House::start(tempfile::tempdir().unwrap());
    let file = house.data().join("gateway/caller-keys.json");
    let keys = || {
        std::fs::read_to_string(&file)
            .unwrap()
            .matches("\"kid\"")
            .count()
    };
    assert_eq!(keys(), 1);
    house.does(&["grant", "add", "--caller", "ana", "--role", "officer"]);
    let ana = house.does(&["key", "add", "--caller", "ana"]);
    let ana = ana.lines().next().unwrap().to_owned();
    let (code, said) = house.tool(&ana, &["key", "rotate", "signing"]);
    assert_eq!(code, Some(4), "{said}");
    let begun = std::time::Instant::now();
    house.does(&["key", "rotate", "signing", "--overlap", "0"]);
    // The new key signs after ten seconds; each caller of a new name is given a new token.
    let (mut count, mut published) = (0, 1);
    while begun.elapsed().as_secs() < 15 {
        count += 1;
        let (id, name) = (format!("d{count}"), format!("person{count}"));
        house.does(&[
            "--as", &name, "dialogue", "add", "--id", &id, "--title", &id,
        ]);
        published = published.max(keys());
    }
    assert_eq!(published, 2, "the new key is beside the old one");
    assert!(count > 3, "{count} calls are too few to tell");
    let (code, said) = house.tool(
        &house.admin(),
        &["audit", "--service", "gateway", "--prefix", "keys/signing"],
    );
    assert!(code == Some(0) && said.contains("RotateKey"), "{said}");
    house.stop();
}

/// The physical key of the first commit's first row begins so.
const FIRST_COMMIT: [u8; 9] = [3, 0, 0, 0, 0, 0, 0, 0, 1];

fn changed_byte(tree: &sled::Tree) {
    let (key, mut value) = tree.scan_prefix(FIRST_COMMIT).next().unwrap().unwrap();
    let last = value.len() - 1;
    value[last] ^= 1;
    tree.insert(key, value).unwrap();
}

/// Rows of the indexes: physical rows are 01, the records layer's indexes are those that lead to a name.
fn dropped_row(tree: &sled::Tree) {
    let leads_to_a_name = |row: &(sled::IVec, sled::IVec)| row.1.ends_with(b"parties/pt");
    let rows = tree.scan_prefix([1]).map(Result::unwrap);
    let (key, _) = rows.into_iter().find(leads_to_a_name).unwrap();
    tree.remove(key).unwrap();
}

fn changed_row(tree: &sled::Tree) {
    let rows = tree.scan_prefix([1]).map(Result::unwrap);
    let holds = |row: &(sled::IVec, sled::IVec)| row.1.windows(5).any(|part| part == b"praia");
    let (key, mut value) = rows.into_iter().find(holds).unwrap();
    let last = value.len() - 1;
    value[last] ^= 1;
    tree.insert(key, value).unwrap();
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if entry.is_dir() {
            copied(&entry, &to.join(name));
        } else {
            std::fs::copy(&entry, to.join(name)).unwrap();
        }
    }
}
