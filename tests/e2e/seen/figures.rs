//! Figures: that they are told, what they say, and that the rules, the dashboard and the guide name them truly.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{first_cells, http};
use crate::harness::{House, PATIENCE, free_address};

const RULES: &str = include_str!("../../../deploy/monitoring/rapporteur.rules.yml");
const DASHBOARD: &str = include_str!("../../../deploy/monitoring/dashboard.json");

/// A house that tells figures, and where: the gateway, events, recommendations.
async fn house() -> (House, [String; 3]) {
    let addresses: [String; 3] = std::array::from_fn(|_| free_address());
    let house = House::started(|name| {
        let place = ["gateway", "events", "recommendations"]
            .iter()
            .position(|known| *known == name);
        let address = addresses[place.unwrap()].clone();
        vec!["--health-listen".to_owned(), address]
    })
    .await;
    (house, addresses)
}

async fn told(address: &str) -> String {
    let (status, text) = http(address, "GET /metrics", &[], "").await;
    assert_eq!(status, 200, "{text}");
    text
}

/// The value of the one figure with this name and these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let mut found = text.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('{'))
            && labels.iter().all(|label| line.contains(label))
    });
    let line = found.next()?;
    assert!(found.next().is_none(), "{name} {labels:?} in\n{text}");
    line.rsplit(' ').next()?.parse().ok()
}

/// Asks until a figure is as wanted.
async fn until(address: &str, name: &str, labels: &[&str], wanted: impl Fn(f64) -> bool) -> f64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = told(address).await;
        let found = value(&text, name, labels);
        if let Some(value) = found.filter(|value| wanted(*value)) {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "{name} {labels:?}: {found:?}\n{text}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What every kind of figure needs in order to be told.
async fn use_it(house: &House) {
    house.ask(&[
        "party",
        "add",
        "--id",
        "pt",
        "--kind",
        "state",
        "--country",
        "PT",
    ]);
    let dialogue = [
        "dialogue", "add", "--id", "coast", "--title", "Coast", "--code", "CD",
    ];
    house.ask(&dialogue);
    house.ask(&["dialogue", "show", "coast"]);
    let door = &house.gateway.address;
    let (status, _) = http(door, "GET /v1/dialogues/coast", &[], "").await;
    assert_eq!(status, 200);
    let json = ["content-type: application/json".to_owned()];
    let (status, _) = http(door, "POST /v1/dialogues?dialogueId=x", &json, "{}").await;
    assert_eq!(status, 401, "without a key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_say_what_was_done_and_the_door_tells_none() {
    let (mut house, [gateway, events, recommendations]) = house().await;
    use_it(&house).await;
    let create = "method=\"rapporteur.events.v1.DialogueService/CreateDialogue\"";
    let calls = "rapporteur_rpc_duration_seconds_count";
    for (address, name) in [
        (&gateway, "service=\"gateway\""),
        (&events, "service=\"events\""),
    ] {
        let ok = until(address, calls, &[create, "code=\"OK\"", name], |n| n > 0.0).await;
        assert!((ok - 1.0).abs() < f64::EPSILON, "{ok} calls at {name}");
    }
    let text = told(&gateway).await;
    let of = |name: &str, labels: &[&str]| value(&text, name, labels).unwrap();
    assert!(of(calls, &[create, "UNAUTHENTICATED"]) >= 1.0);
    assert!(of("rapporteur_refusals_total", &["\"unauthenticated\""]) >= 1.0);
    assert!(of("rapporteur_http_duration_seconds_count", &["\"2xx\""]) >= 1.0);
    assert!(of("rapporteur_http_duration_seconds_count", &["\"4xx\""]) >= 1.0);
    assert!(of("rapporteur_upstream_up", &["upstream=\"events\""]) > 0.0);
    assert!(of("rapporteur_connections", &[]) >= 0.0);
    assert!(of("process_resident_memory_bytes", &[]) > 1e6);
    let text = told(&events).await;
    let of = |name: &str, labels: &[&str]| value(&text, name, labels).unwrap();
    let committed = of("rapporteur_store_commits_total", &["\"committed\""]);
    assert!(committed >= 2.0, "{committed}");
    assert!(of("rapporteur_store_head_position", &[]) >= committed);
    assert!(of("rapporteur_store_disk_bytes", &[]) > 0.0);
    assert!(of("rapporteur_store_sync_duration_seconds_count", &[]) >= 1.0);
    assert!(of("rapporteur_store_group_batches_sum", &[]) >= committed);
    assert!(of("rapporteur_store_up", &[]) > 0.0);

    // Both followers of the events service have all of it.
    let head = of("rapporteur_store_head_position", &[]);
    for follower in [&gateway, &recommendations] {
        let source = ["source=\"events\""];
        until(follower, "rapporteur_feed_position", &source, |at| {
            at >= head
        })
        .await;
        until(follower, "rapporteur_feed_behind_seconds", &source, |s| {
            s < 60.0
        })
        .await;
        until(follower, "rapporteur_feed_stuck", &source, |stuck| {
            stuck < 1.0
        })
        .await;
    }
    // When it is gone, that shows, and `status` says so with its exit code.
    let deadline = Instant::now() + PATIENCE;
    while !house.tool(&["status"]).status.success() {
        assert!(Instant::now() < deadline, "{:?}", house.tool(&["status"]));
    }
    let fresh = crate::harness::Running::start(
        "rapporteur-events",
        &free_address(),
        &house.folder.path().join("another"),
        &[],
    );
    std::mem::replace(&mut house.events, fresh).kill();
    until(
        &gateway,
        "rapporteur_feed_stuck",
        &["source=\"events\""],
        |stuck| stuck > 0.0,
    )
    .await;
    until(
        &gateway,
        "rapporteur_upstream_up",
        &["upstream=\"events\""],
        |up| up < 1.0,
    )
    .await;
    until(
        &gateway,
        "rapporteur_upstream_losses_total",
        &["upstream=\"events\""],
        |n| n > 0.0,
    )
    .await;
    let status = house.tool(&["status"]);
    assert_eq!(status.status.code(), Some(6), "{status:?}");
    assert!(
        String::from_utf8_lossy(&status.stdout).contains("do not get on"),
        "{status:?}"
    );

    // The door itself tells nothing, and the figures' address answers nothing else.
    let (status, text) = http(&house.gateway.address, "GET /metrics", &[], "").await;
    assert!(!text.contains("rapporteur_"), "{status} {text}");
    let (status, _) = http(&gateway, "GET /v1/dialogues/coast", &[], "").await;
    assert_ne!(status, 200);
}

/// Names of families, of histograms with all that they have.
fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|it| it.split_once(' '))
        else {
            continue;
        };
        names.insert(name.to_owned());
        if kind == "histogram" {
            let parts = ["bucket", "sum", "count"].map(|part| format!("{name}_{part}"));
            names.extend(parts);
        }
    }
    names
}

/// The names of figures in expressions.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)));
    let ours = ["rapporteur_", "rapporteur:", "process_"];
    words
        .filter(|word| ours.iter().any(|begin| word.starts_with(begin)))
        .map(str::to_owned)
        .collect()
}

/// What is asked in a dashboard.
fn expressions(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            into.extend(
                fields
                    .get("expr")
                    .and_then(|it| it.as_str())
                    .map(str::to_owned),
            );
            fields.values().for_each(|field| expressions(field, into));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| expressions(item, into)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_dashboard_and_guide_name_what_there_is() {
    let (house, addresses) = house().await;
    use_it(&house).await;
    let mut all = String::new();
    for address in &addresses {
        let text = told(address).await;
        linted(&text);
        all.push_str(&text);
    }
    let mut told = names(&all);
    let made = RULES
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "));
    told.extend(made.map(str::to_owned));

    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = Vec::new();
    expressions(&dashboard, &mut asked);
    assert!(asked.len() > 30, "{asked:?}");
    let shown = named(&asked.join(" "));
    for (file, names) in [("the dashboard", &shown), ("the rules", &named(RULES))] {
        let unknown: Vec<_> = names.difference(&told).collect();
        assert!(
            unknown.is_empty(),
            "{file} asks for {unknown:?}, of which nobody tells"
        );
    }

    // The guide says all of it and nothing else.
    let families = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let heads = all.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let heads: BTreeSet<&str> = heads.filter_map(|it| it.split(' ').next()).collect();
        let ours =
            |name: &&String| name.starts_with("rapporteur_") && heads.contains(name.as_str());
        names.iter().filter(ours).cloned().collect()
    };
    let written: BTreeSet<String> = first_cells("`_bucket`, `_sum` and `_count`.")
        .into_iter()
        .collect();
    let written: BTreeSet<String> = written
        .into_iter()
        .filter(|name| name.starts_with("rapporteur_"))
        .collect();
    assert_eq!(families(&told), written);
    // And everything that is told of is shown.
    let unshown: Vec<_> = written
        .iter()
        .filter(|name| !shown.iter().any(|it| it.starts_with(name.as_str())))
        .collect();
    assert!(
        unshown.is_empty(),
        "the dashboard does not show {unshown:?}"
    );
}

/// The text passes Prometheus' own check, where that is installed.
fn linted(text: &str) {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        println!("promtool is not installed: its check of the figures is skipped");
        return;
    };
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let checked = promtool.wait_with_output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
