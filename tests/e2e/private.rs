//! The three services on a network that nobody trusts: certificates by `rapporteur dev-certs`, mutual TLS between
//! the services, and what happens to those who come without.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{PATIENCE, Running, free_address, program};

/// A service that listens with its certificate of `certs`, on a port of localhost.
struct Private {
    running: Running,
    url: String,
    health: String,
}

impl Private {
    async fn start(name: &'static str, folder: &Path, arguments: &[&str]) -> Self {
        let short = name.trim_start_matches("rapporteur-");
        let (address, health) = (free_address(), free_address());
        let own = flags(short, folder, &health);
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let all = [&own[..], arguments].concat();
        let mut running = Running::start(name, &address, &folder.join(short), &all);
        running.serving_at(&health).await;
        let port = address.rsplit(':').next().unwrap();
        Self {
            url: format!("https://localhost:{port}"),
            running,
            health,
        }
    }
}

/// What tells a service of its certificate in `certs` of the folder, and where health is answered without.
pub(crate) fn flags(service: &str, folder: &Path, health: &str) -> Vec<String> {
    let certs = folder.join("certs");
    let file = |name: &str| certs.join(name).to_str().unwrap().to_owned();
    let [certificate, key] = ["crt", "key"].map(|kind| file(&format!("{service}.{kind}")));
    let mut flags = vec![
        ("--health-listen", health.to_owned()),
        ("--tls-cert", certificate.clone()),
        ("--tls-key", key.clone()),
    ];
    // The events service calls nobody.
    if service != "events" {
        flags.extend([
            ("--peer-ca", file("ca.crt")),
            ("--peer-cert", certificate),
            ("--peer-key", key),
        ]);
    }
    let flags = flags.into_iter();
    flags
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect()
}

fn tool(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program("rapporteur"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env_remove("RAPPORTEUR_GATEWAY")
        .env_remove("RAPPORTEUR_PROFILE")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn ask(folder: &Path, arguments: &[&str]) -> String {
    let output = tool(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_works_over_tls_and_nobody_else_comes_in() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let certs = folder.join("certs");
    let file = |name: &str| certs.join(name).to_str().unwrap().to_owned();
    let ca = file("ca.crt");
    ask(folder, &["dev-certs", certs.to_str().unwrap()]);

    let callers = [
        "--tls-client-ca",
        &ca,
        "--tls-client-name",
        "gateway,recommendations,client",
    ];
    let events = Private::start("rapporteur-events", folder, &callers).await;
    let arguments = [&callers[..], &["--events", &events.url]].concat();
    let recommendations = Private::start("rapporteur-recommendations", folder, &arguments).await;
    let arguments = [
        "--events",
        &events.url,
        "--recommendations",
        &recommendations.url,
    ];
    let mut gateway = Private::start("rapporteur-gateway", folder, &arguments).await;

    let key = folder.join("gateway/admin.key");
    let set = ["profile", "set", "office", "--gateway", &gateway.url];
    let set = [
        &set[..],
        &["--token-file", key.to_str().unwrap(), "--peer-ca", &ca],
    ];
    ask(folder, &set.concat());
    let add = ["party", "add", "--kind", "state", "--country"];
    ask(folder, &[&add[..], &["PT", "--id", "pt"]].concat());
    let deadline = Instant::now() + PATIENCE;
    while !tool(folder, &["status"]).status.success() {
        assert!(Instant::now() < deadline, "not every service serves");
        std::thread::sleep(Duration::from_millis(20));
    }

    // Straight to a service: with a certificate of the right name, with none, and of a name that may not.
    let info = ["store", "info", "--timeout", "3", "--service", &events.url];
    let shows = |who: &str| {
        let (certificate, key) = (file(&format!("{who}.crt")), file(&format!("{who}.key")));
        let flags = ["--peer-cert", &certificate, "--peer-key", &key];
        tool(folder, &[&info[..], &flags].concat())
    };
    assert!(shows("client").status.success());
    assert_eq!(tool(folder, &info).status.code(), Some(6));
    assert_eq!(shows("events").status.code(), Some(6));
    // Nor does anybody who does not trust the CA, or speaks plainly, get far.
    let list = ["party", "list", "--timeout", "2", "--gateway"];
    let plain = gateway.url.replace("https", "http");
    let refused = tool(folder, &[&list[..], &[&plain]].concat());
    assert_eq!(refused.status.code(), Some(6));

    // New certificates of the same CA do not exist; those of a new one are taken when all of them are there.
    let fresh = folder.join("fresh");
    ask(folder, &["dev-certs", fresh.to_str().unwrap()]);
    for entry in std::fs::read_dir(&fresh).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), certs.join(entry.file_name())).unwrap();
    }
    // Everybody reads the new files sooner or later, and works on.
    let deadline = Instant::now() + PATIENCE;
    let works = || {
        let add = [&add[..], &["NG", "--id", "ng", "--timeout", "2"]].concat();
        tool(folder, &add).status.success()
    };
    while !works() {
        assert!(
            Instant::now() < deadline,
            "the new certificates do not work"
        );
    }
    gateway.running.serving_at(&gateway.health).await;
    for service in [gateway, recommendations, events] {
        service.running.stop();
    }
}

#[test]
fn a_listener_that_others_reach_wants_tls_or_a_word() {
    let home = tempfile::tempdir().unwrap();
    let refused = Running::start(
        "rapporteur-events",
        "0.0.0.0:0",
        &home.path().join("events"),
        &[],
    )
    .refused();
    assert!(
        refused.contains("0.0.0.0:0") && refused.contains("--plaintext"),
        "{refused}"
    );
    assert!(
        !home.path().join("events").exists(),
        "nothing was begun before"
    );
}
