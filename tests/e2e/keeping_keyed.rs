//! Keeping the store of a service that believes the gateway's tokens alone: the tool shows one.

use std::path::Path;
use std::process::Command;

use crate::harness::{Running, free_address, program};
use crate::keeping::ask;

/// Exit code of the tool, and what it said on stderr.
fn refused(home: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut tool = Command::new(program("rapporteur"));
    let tool = tool.args(arguments).env("XDG_CONFIG_HOME", home);
    let output = tool.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_a_service_is_kept_by_operators_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let (door, address) = (free_address(), free_address());
    let (gateway_url, url) = (format!("http://{door}"), format!("http://{address}"));
    let data = home.join("gateway");
    let mut gateway = Running::start("rapporteur-gateway", &door, &data, &["--events", &url]);
    gateway.serving().await;
    let keys = data.join("caller-keys.json");
    let keys = ["--caller-keys", keys.to_str().unwrap()];
    let mut events = Running::start("rapporteur-events", &address, &home.join("events"), &keys);
    events.serving().await;

    let archive = home.join("events.archive");
    let archive = archive.to_str().unwrap();
    let export = ["store", "export", "--service", &url, "--to", archive];
    let (code, said) = refused(home, &export);
    assert!(code == Some(4) && said.contains("operator"), "{said}");
    assert!(!home.join("events.archive").exists());

    let key = data.join("admin.key");
    let profile = ["profile", "set", "office", "--gateway", &gateway_url];
    let profile = [&profile[..], &["--token-file", key.to_str().unwrap()]].concat();
    assert_eq!(refused(home, &profile).0, Some(0));
    // The call that was refused is on record.
    assert_eq!(ask(home, &export).await["entries"], 1);
    let new = format!("sled:{}", home.join("new").display());
    let relocate = ["store", "move", "--service", &url, "--to", &new];
    let (code, said) = refused(home, &[&relocate[..], &["--store-ca", archive]].concat());
    assert!(
        code == Some(2) && said.contains("start the service"),
        "{said}"
    );
    assert_eq!(ask(home, &relocate).await["address"], new.as_str());

    // Without its gateway the service still asks who calls, and a service that is gone is not called a gateway.
    gateway.stop();
    let info = ["store", "info", "--timeout", "1", "--service", &url];
    let (code, said) = refused(home, &info);
    assert!(
        code == Some(4) && said.contains("no caller token"),
        "{said}"
    );
    events.stop();
    let (code, said) = refused(home, &info);
    assert!(
        code == Some(6) && said.contains("cannot reach the service"),
        "{said}"
    );
}
