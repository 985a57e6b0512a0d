//! Files of others come in: looked at first, committed as they were seen, never twice, gone on with after a kill, taken
//! back. All files are made up.

mod calendars;
mod formats;
mod killed;

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::House;

const HEAD: &str = "Session,To,From,Text,Response,Action,Issue";

/// A house with a dialogue, for files that are put into its folder.
pub(super) async fn house() -> House {
    let house = House::start().await;
    house.ask(&["dialogue", "add", "--id", "upr", "--title", "Review"]);
    house
}

/// Puts a file into the folder of the house.
pub(super) fn put(house: &House, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let file = house.folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

/// Imports a file into `dialogues/upr`: the exit code, and what it answers as JSON.
pub(super) fn import(
    house: &House,
    file: &std::path::Path,
    map: &str,
    more: &[&str],
) -> (i32, Value) {
    let file = file.to_str().unwrap();
    let own = ["import", file, "--map", map, "--into", "upr", "-o", "json"];
    let output = house.tool(&[&own, more].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code().unwrap(), answer)
}

/// Created, updated, unchanged, refused.
pub(super) fn summary(answer: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "refused"]
        .map(|word| answer["summary"][word].as_i64().unwrap())
}

/// The records of a list, as JSON.
pub(super) fn list(house: &House, noun: &str) -> Vec<Value> {
    let listed = house.ask(&[
        noun,
        "list",
        "--dialogue",
        "upr",
        "--limit",
        "0",
        "-o",
        "json",
    ]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    listed.as_array().unwrap().clone()
}

fn verdicts(answer: &Value) -> Vec<(i64, &str)> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["line"].as_i64().unwrap(),
            row["verdict"].as_str().unwrap(),
        )
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_is_written_and_the_same_again_changes_nothing() {
    let house = house().await;
    let row = |text: &str, response: &str, issue: &str| {
        format!("13,Portugal,Senegal,{text},{response},3,{issue}")
    };
    let rows = [
        HEAD.to_owned(),
        row("Ratify the convention", "Accepted", "Treaties"),
        row("Invite the rapporteur", "Noted", "Visits"),
        // Two true twins: two records, by occurrence.
        row("Invite the rapporteur", "Noted", "Visits"),
        "13,Atlantis,Senegal,Come up again,Accepted,,Sea".to_owned(),
        row("Publish the report", "Perhaps", "Reports"),
    ];
    let file = put(&house, "upr.csv", rows.join("\n"));

    // Looking writes nothing, names each refused row, and the exit code tells of it.
    let (code, seen) = import(&house, &file, "upr-info", &["--dry-run"]);
    assert_eq!((code, summary(&seen)), (1, [3, 0, 0, 2]), "{seen:#}");
    let expected = [
        (2, "created"),
        (3, "created"),
        (4, "created"),
        (5, "refused"),
        (6, "refused"),
    ];
    assert_eq!(verdicts(&seen), expected);
    let refused = &seen["rows"][3];
    assert!(
        refused["reason"].as_str().unwrap().contains("Atlantis"),
        "{refused}"
    );
    assert_eq!(seen["written"], false);
    assert!(list(&house, "recommendation").is_empty());

    // With refused rows nothing is begun unless it is said; nor without a yes.
    let (code, left) = import(&house, &file, "upr-info", &["--yes"]);
    assert_eq!((code, &left["written"]), (1, &Value::Bool(false)));
    let (code, left) = import(&house, &file, "upr-info", &["--continue-on-error"]);
    assert_eq!((code, &left["written"]), (0, &Value::Bool(false)));
    assert!(list(&house, "recommendation").is_empty());

    // The very preview is committed.
    let name = left["import"].as_str().unwrap();
    let resumed = [
        "import",
        "resume",
        name,
        "--yes",
        "--continue-on-error",
        "-o",
        "json",
    ];
    let output = house.tool(&resumed);
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), summary(&done)),
        (Some(1), [3, 0, 0, 2]),
        "{done:#}"
    );
    assert_eq!(done["import"], left["import"]);
    assert_eq!(list(&house, "recommendation").len(), 3);
    let show = house.ask(&["import", "show", name, "-o", "json"]);
    let show: Value = serde_json::from_str(&show).unwrap();
    assert_eq!(show["state"], "IMPORT_STATE_COMMITTED", "{show:#}");
    assert_eq!(show["file"]["encoding"], "UTF-8");
    let rows_refused = ["import", "rows", name, "--verdict", "refused", "-o", "json"];
    let listed: Value = serde_json::from_str(&house.ask(&rows_refused)).unwrap();
    assert_eq!(listed["rows"].as_array().unwrap().len(), 2);
    // Committed is committed: asked again it answers the same, and writes nothing.
    let again = house.tool(&resumed);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(summary(&again), [3, 0, 0, 2]);

    // The mended file again: what is there is unchanged, in whatever order.
    let mended = [
        HEAD.to_owned(),
        row("Publish the report", "Accepted", "Reports"),
        row("Invite the rapporteur", "Noted", "Visits"),
        row("Ratify the convention", "Accepted", "Treaties"),
        row("Invite the rapporteur", "Noted", "Visits"),
    ];
    let file = put(&house, "upr.csv", mended.join("\r\n"));
    let (code, done) = import(&house, &file, "upr-info", &["--yes"]);
    assert_eq!((code, summary(&done)), (0, [1, 0, 3, 0]), "{done:#}");
    let (code, done) = import(&house, &file, "upr-info", &["--yes"]);
    assert_eq!((code, summary(&done)), (0, [0, 0, 4, 0]), "{done:#}");
    assert_eq!(list(&house, "recommendation").len(), 4);

    // One cell is different: one row is, and it says in what.
    let changed = mended
        .join("\n")
        .replace("Accepted,3,Treaties", "Accepted,3,Treaty bodies");
    let file = put(&house, "upr.csv", changed);
    let (code, done) = import(
        &house,
        &file,
        "upr-info",
        &["--yes", "--reason", "new themes"],
    );
    assert_eq!((code, summary(&done)), (0, [0, 1, 3, 0]), "{done:#}");
    let updated = &done["rows"][2];
    assert_eq!(updated["verdict"], "updated");
    let fields: Vec<&str> = updated["records"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|record| record["fields"].as_array().into_iter().flatten())
        .map(|field| field.as_str().unwrap())
        .collect();
    assert_eq!(fields, ["themes"]);

    // Taken back: old values; then what the first import made is hidden, and what stays is named.
    let (first, last) = (name, done["import"].as_str().unwrap());
    let undone = house.ask(&["import", "undo", last, "--yes", "-o", "json"]);
    let undone: Value = serde_json::from_str(&undone).unwrap();
    assert_eq!(
        (&undone["undone"], &undone["kept"]),
        (&1.into(), &0.into()),
        "{undone:#}"
    );
    let file = put(&house, "upr.csv", mended.join("\n"));
    let (_, done) = import(&house, &file, "upr-info", &["--dry-run"]);
    assert_eq!(summary(&done), [0, 0, 4, 0], "{done:#}");
    let undone = house.ask(&[
        "import", "undo", first, "--yes", "--reason", "trial", "-o", "json",
    ]);
    let undone: Value = serde_json::from_str(&undone).unwrap();
    // Two recommendations go with their addressees. The third, which was changed meanwhile, stays with its own, and so do
    // the state and the session's list.
    assert_eq!(
        (&undone["undone"], &undone["kept"]),
        (&4.into(), &4.into()),
        "{undone:#}"
    );
    let shown: Vec<Value> = list(&house, "recommendation")
        .iter()
        .map(|it| it["visibility"].clone())
        .collect();
    let hidden = shown
        .iter()
        .filter(|state| **state == "VISIBILITY_INTERNAL")
        .count();
    assert_eq!(hidden, 2, "{shown:?}");
    assert_eq!(
        house
            .tool(&["import", "resume", first, "--yes", "--continue-on-error"])
            .status
            .code(),
        Some(1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_since_the_preview_is_refused() {
    let house = house().await;
    let sheet = |issue: &str| format!("{HEAD}\n13,Portugal,Senegal,Ratify it,Accepted,,{issue}\n");
    let file = put(&house, "upr.csv", sheet("Treaties"));
    assert_eq!(import(&house, &file, "upr-info", &["--yes"]).0, 0);
    let file = put(&house, "upr.csv", sheet("Visits"));
    let (_, seen) = import(&house, &file, "upr-info", &[]);
    assert_eq!(summary(&seen), [0, 1, 0, 0]);
    let recommendation = list(&house, "recommendation")[0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    house.ask(&[
        "recommendation",
        "edit",
        &recommendation,
        "--set",
        "strength=2",
    ]);
    let name = seen["import"].as_str().unwrap();
    let output = house.tool(&[
        "import",
        "resume",
        name,
        "--yes",
        "--continue-on-error",
        "-o",
        "json",
    ]);
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), summary(&done)),
        (Some(1), [0, 0, 0, 1]),
        "{done:#}"
    );
    let reason = done["rows"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("changed since the preview"), "{reason}");
    // Whoever has no key imports nothing.
    let anonymous = std::process::Command::new(crate::harness::program("rapporteur"))
        .args([
            "import",
            file.to_str().unwrap(),
            "--map",
            "upr-info",
            "--into",
            "upr",
        ])
        .env("XDG_CONFIG_HOME", house.folder.path().join("nobody"))
        .env(
            "RAPPORTEUR_GATEWAY",
            format!("http://{}", house.gateway.address),
        )
        .env_remove("RAPPORTEUR_TOKEN")
        .env_remove("RAPPORTEUR_PROFILE")
        .output()
        .unwrap();
    assert_eq!(anonymous.status.code(), Some(4));
}
