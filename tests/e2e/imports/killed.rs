//! Programs are killed in the middle of an import. Gone on with, it ends as one that nobody disturbed.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{HEAD, house, import, list, put, summary};
use crate::harness::{House, PATIENCE, Running, program};

const ROWS: usize = 1_500;

fn sheet() -> String {
    let row = |n: usize| {
        // Every tenth is a twin of the one before.
        let text = if n % 10 == 9 { n - 1 } else { n };
        format!("13,Portugal,Senegal,Do the thing of number {text},Accepted,,Things\n")
    };
    let rows: String = (0..ROWS).map(row).collect();
    format!("{HEAD}\n{rows}")
}

/// Begins to commit an import, beside us.
fn begin(house: &House, name: &str) -> Child {
    Command::new(program("rapporteur"))
        .args(["import", "resume", name, "--yes"])
        .env("XDG_CONFIG_HOME", house.folder.path().join("config"))
        .env(
            "RAPPORTEUR_GATEWAY",
            format!("http://{}", house.gateway.address),
        )
        .env("RAPPORTEUR_TOKEN", house.key())
        .env_remove("RAPPORTEUR_PROFILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until more than so many recommendations are there.
async fn until(house: &House, more_than: usize) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let there = list(house, "recommendation").len();
        if there > more_than {
            return there;
        }
        assert!(
            Instant::now() < deadline,
            "the import stands still at {there}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn ended(mut child: Child) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(!status.success(), "it was killed too late to tell anything");
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("the tool does not end");
}

/// What the record holds, without what tells of when and how it was written.
fn content(house: &House) -> BTreeMap<String, Value> {
    let listed = list(house, "recommendation").into_iter();
    let plain = listed.map(|mut record| {
        let fields = record.as_object_mut().unwrap();
        for field in ["etag", "uid", "createTime", "updateTime"] {
            fields.remove(field);
        }
        (record["name"].as_str().unwrap().to_owned(), record)
    });
    plain.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_after_kills_and_ends_the_same() {
    let undisturbed = {
        let house = house().await;
        let file = put(&house, "upr.csv", sheet());
        let (code, done) = import(&house, &file, "upr-info", &["--yes"]);
        assert_eq!((code, summary(&done)), (0, [1_500, 0, 0, 0]));
        content(&house)
    };
    assert_eq!(undisturbed.len(), ROWS);

    let mut house = house().await;
    let file = put(&house, "upr.csv", sheet());
    let (_, seen) = import(&house, &file, "upr-info", &[]);
    assert_eq!(summary(&seen), [1_500, 0, 0, 0]);
    let name = seen["import"].as_str().unwrap().to_owned();

    // The gateway dies.
    let running = begin(&house, &name);
    until(&house, 0).await;
    let (address, folder) = (
        house.gateway.address.clone(),
        house.folder.path().to_owned(),
    );
    house.gateway.kill();
    ended(running);
    let urls = [&house.events, &house.recommendations].map(|it| format!("http://{}", it.address));
    let arguments = ["--events", &urls[0], "--recommendations", &urls[1]];
    house.gateway = Running::start(
        "rapporteur-gateway",
        &address,
        &folder.join("gateway"),
        &arguments,
    );
    house.gateway.serving().await;

    // Then the service to which it writes.
    let before = list(&house, "recommendation").len();
    assert!(before < ROWS, "nothing is left to do");
    let running = begin(&house, &name);
    until(&house, before).await;
    let address = house.recommendations.address.clone();
    house.recommendations.kill();
    ended(running);
    let events = ["--events", &urls[0]];
    house.recommendations = Running::start(
        "rapporteur-recommendations",
        &address,
        &folder.join("recommendations"),
        &events,
    );
    house.recommendations.serving().await;

    let done = house
        .until(&["import", "resume", &name, "--yes", "-o", "json"], |_| {
            true
        })
        .await;
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(summary(&done), [1_500, 0, 0, 0], "{}", done["summary"]);
    assert_eq!(content(&house), undisturbed);
    let (code, again) = import(&house, &file, "upr-info", &["--yes"]);
    assert_eq!((code, summary(&again)), (0, [0, 0, 1_500, 0]));
}
