//! The three services as three processes on three ports, used through the tool: an officer records a year.

use std::time::Instant;

use crate::harness::{House, PATIENCE, Running, program};

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_records_a_year_and_gets_its_coverage_with_proof() {
    let house = House::start().await;

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
    house.ask(&[
        "dialogue",
        "add",
        "--id",
        "coast",
        "--title",
        "Coastal Dialogue",
        "--code",
        "CD",
    ]);
    house.ask(&[
        "plan",
        "add",
        "--dialogue",
        "coast",
        "--id",
        "north",
        "--title",
        "Northern Plan",
        "--state",
        "in-force",
    ]);
    for (id, kind, parent) in [
        ("a1", "area", ""),
        ("1", "objective", "a1"),
        ("1.1", "action", "1"),
        ("2", "objective", "a1"),
    ] {
        let mut arguments = vec![
            "node",
            "add",
            "--plan",
            "coast/north",
            "--id",
            id,
            "--code",
            id,
        ];
        arguments.extend(["--kind", kind]);
        if !parent.is_empty() {
            arguments.extend(["--parent", parent]);
        }
        house.ask(&arguments);
    }
    house.ask(&[
        "event",
        "add",
        "--dialogue",
        "coast",
        "--id",
        "2023-porto",
        "--title",
        "Meeting in Porto",
        "--kind",
        "thematic-meeting",
        "--state",
        "held",
        "--start",
        "2023-05-04",
        "--end",
        "2023-05-05",
        "--city",
        "Porto",
        "--country",
        "PT",
        "--role",
        "pt:host",
        "--addressed",
        "north/1.1",
    ]);
    house.ask(&[
        "event",
        "add",
        "--dialogue",
        "coast",
        "--id",
        "2031-lagos",
        "--title",
        "Meeting in Lagos",
        "--kind",
        "thematic-meeting",
        "--state",
        "planned",
        "--start",
        "2031-05-04",
        "--planned",
        "north/2",
    ]);

    let question = ["coverage", "coast/north", "-o", "json"];
    let answer = house
        .until(&question, |answer| answer.contains("2031-lagos"))
        .await;
    let coverage: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let figures: Vec<(String, u64, u64, u64)> = coverage["levels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| {
            let number = |name: &str| level[name].as_u64().unwrap_or(0);
            (
                level["kind"].as_str().unwrap().to_owned(),
                number("addressed"),
                number("plannedOnly"),
                number("total"),
            )
        })
        .collect();
    let expected = [
        ("PLAN_NODE_KIND_AREA", 1, 0, 1),
        ("PLAN_NODE_KIND_OBJECTIVE", 1, 1, 2),
        ("PLAN_NODE_KIND_ACTION", 1, 0, 1),
    ];
    assert_eq!(
        figures,
        expected.map(|(kind, a, p, t)| (kind.to_owned(), a, p, t))
    );
    assert!(
        answer.contains("dialogues/coast/events/2023-porto"),
        "the proof names the event"
    );

    let listed = house.ask(&["event", "list", "--dialogue", "coast", "-o", "csv"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");

    // The same event again is refused, and the exit code says why.
    let again = house.tool(&[
        "event",
        "add",
        "--dialogue",
        "coast",
        "--id",
        "2023-porto",
        "--title",
        "x",
        "--kind",
        "other",
    ]);
    assert_eq!(
        again.status.code(),
        Some(5),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let missing = house.tool(&["event", "show", "dialogues/coast/events/never"]);
    assert_eq!(missing.status.code(), Some(3));

    let House {
        events,
        recommendations,
        gateway,
        ..
    } = house;
    gateway.stop();
    recommendations.stop();
    events.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_service_is_named_and_its_return_noticed() {
    let House {
        folder,
        events,
        recommendations,
        gateway,
    } = House::start().await;
    let (address, data) = (events.address.clone(), folder.path().join("events"));
    events.kill();

    let ask = |arguments: &[&str]| {
        let output = std::process::Command::new(program("rapporteur"))
            .args(arguments)
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .env("RAPPORTEUR_GATEWAY", format!("http://{}", gateway.address))
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, words) = ask(&["party", "list", "--timeout", "2"]);
    assert_eq!(code, Some(6), "{words}");
    assert!(
        words.contains("events"),
        "the dead service is named: {words}"
    );
    assert_eq!(
        ask(&["instrument", "list", "--dialogue", "coast"]).0,
        Some(0),
        "the other service is still there"
    );

    let mut events = Running::start("rapporteur-events", &address, &data, &[]);
    events.serving().await;
    let deadline = Instant::now() + PATIENCE;
    while ask(&["party", "list"]).0 != Some(0) {
        assert!(
            Instant::now() < deadline,
            "the gateway does not notice that events is back"
        );
    }
    drop(recommendations);
}
