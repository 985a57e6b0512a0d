//! Has this been said before, and what has to do with it: through the real programs, for those who may see it, on the
//! command line and over HTTP.

use std::time::{Duration, Instant};

use rapporteur_proto::gateway::v1::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::keyed::House;

const NETWORK: &str =
    "Establish a network of national focal points on missing migrants and separated families";
const FRENCH: &str =
    "Créer un réseau de points focaux nationaux sur les migrants disparus et les familles séparées";
/// Longest wait for what a busy machine may not manage within the budget of a reminder.
const PATIENCE: Duration = Duration::from_secs(120);

fn line(kind: &str, record: Value) -> String {
    json!({"kind": kind, "record": record}).to_string()
}

fn text(dialogue: &str, id: &str, words: Value, themes: &[&str], visibility: &str) -> String {
    line(
        "recommendation",
        json!({
            "name": format!("dialogues/{dialogue}/recommendations/{id}"),
            "event": format!("dialogues/{dialogue}/events/meeting"),
            "text": {"byLanguage": words},
            "themes": themes,
            "state": "RECOMMENDATION_STATE_ADOPTED",
            "adopted": {"value": "2021-05-01"},
            "visibility": visibility,
        }),
    )
}

fn record() -> String {
    let mut lines = Vec::new();
    for dialogue in ["rabat", "khartoum"] {
        lines.push(line("dialogue", json!({"name": format!("dialogues/{dialogue}"), "code": dialogue.to_uppercase(),
            "title": {"byLanguage": {"en": format!("{dialogue} process")}}, "languages": ["en", "fr"]})));
        lines.push(line("event", json!({"name": format!("dialogues/{dialogue}/events/meeting"),
            "kind": "EVENT_KIND_HIGH_LEVEL_MEETING", "state": "EVENT_STATE_HELD",
            "title": {"byLanguage": {"en": format!("Meeting of {dialogue}")}}, "start": {"value": "2021-05-01"}})));
    }
    let public = "VISIBILITY_PUBLIC";
    lines.extend([
        text(
            "khartoum",
            "network",
            json!({"en": NETWORK}),
            &["missing-migrants"],
            public,
        ),
        text(
            "khartoum",
            "secret",
            json!({"en": format!("{NETWORK} xyzzy")}),
            &["missing-migrants"],
            "VISIBILITY_INTERNAL",
        ),
        text(
            "khartoum",
            "customs",
            json!({"en": "Abolish duties on imported goods"}),
            &["trade"],
            public,
        ),
        text(
            "rabat",
            "reseau",
            json!({"fr": FRENCH}),
            &["missing-migrants"],
            public,
        ),
    ]);
    lines.join("\n")
}

impl House {
    /// What a command answers as JSON.
    fn json(&self, token: Option<&str>, arguments: &[&str]) -> Value {
        let all = [arguments, &["--fresh", "-o", "json"]].concat();
        let begin = Instant::now();
        loop {
            let (code, said) = self.tool(token, &all);
            // What has been said is read in the background after a start.
            if code == Some(6) && begin.elapsed() < PATIENCE {
                continue;
            }
            assert_eq!(code, Some(0), "{arguments:?}: {said}");
            return serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        }
    }
}

fn ids<'a>(answer: &'a Value, list: &str) -> Vec<&'a str> {
    let all = answer[list].as_array().map_or(&[][..], Vec::as_slice);
    let names = all.iter().filter_map(|one| one["name"].as_str());
    names.filter_map(|name| name.rsplit('/').next()).collect()
}

/// Creates a recommendation over HTTP/JSON and gives the head of the answer.
async fn create(house: &House, token: &str, id: &str, more: &str) -> String {
    let body =
        json!({"event": "dialogues/rabat/events/meeting", "text": {"byLanguage": {"en": NETWORK}}})
            .to_string();
    let request = format!(
        "POST /v1/dialogues/rabat/recommendations?recommendationId={id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        authorization: Bearer {token}\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&house.gateway.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split("\r\n\r\n").next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_is_found_and_told_while_drafting() {
    let house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);

    // Asked for.
    let found = house.json(None, &["similar", "--text", NETWORK]);
    assert_eq!(ids(&found, "texts")[0], "network", "{found}");
    let first = &found["texts"][0];
    assert_eq!(first["likeness"], "LIKENESS_DUPLICATE", "{found}");
    assert!(first["score"].as_f64().unwrap() > 0.99, "{found}");
    assert!(!first["shared"].as_array().unwrap().is_empty());
    let known = [
        found.to_string().contains("xyzzy"),
        found.to_string().contains("secret"),
    ];
    assert_eq!(known, [false; 2], "{found}");
    let reader = house
        .key("reader@khartoum", Role::Reader, "dialogues/khartoum", "")
        .await;
    let found = house.json(Some(&reader), &["similar", "--text", NETWORK]);
    assert!(ids(&found, "texts").contains(&"secret"), "{found}");
    let found = house.json(None, &["similar", "recommendation:khartoum/network"]);
    assert!(
        !ids(&found, "texts").contains(&"network"),
        "not itself: {found}"
    );
    let (code, said) = house.tool(None, &["similar", "--text", NETWORK]);
    assert_eq!(code, Some(0), "{said}");
    for words in ["100 %", "duplicate", "khartoum/network", "migrant"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let (code, said) = house.tool(None, &["similar", "--text", NETWORK, "--min-score", "2"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("min_score"), "{said}");
    assert_eq!(house.tool(None, &["similar"]).0, Some(2));

    // Told while drafting; a busy machine may not look in time, so that it is tried again.
    let editor = house
        .key("editor@rabat", Role::Officer, "dialogues/rabat", "")
        .await;
    let begin = Instant::now();
    let mut number = 0;
    let said = loop {
        number += 1;
        let id = format!("d{number}");
        let (code, said) = house.tool(
            Some(&editor),
            &[
                "recommendation",
                "add",
                "--dialogue",
                "rabat",
                "--id",
                &id,
                "--event",
                "rabat/meeting",
                "--text",
                NETWORK,
            ],
        );
        assert_eq!(code, Some(0), "{said}");
        if said.contains("said before: khartoum/network") {
            break said;
        }
        assert!(begin.elapsed() < PATIENCE, "nobody was told: {said}");
    };
    assert!(
        said.contains("said before: khartoum/network (khartoum, 2021), 100 % alike"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
    let own = format!("said before: rabat/d{number} ");
    assert!(!said.contains(&own), "not itself: {said}");
    // An update that leaves the words alone says nothing, one of the words does.
    let mine = format!("rabat/d{number}");
    let (code, said) = house.tool(
        Some(&editor),
        &[
            "recommendation",
            "edit",
            &mine,
            "--add",
            "themes=missing-migrants",
        ],
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("said before"), "{said}");
    let words = format!("text.en={NETWORK} at sea");
    let begin = Instant::now();
    loop {
        let change = ["recommendation", "edit", &mine, "--set", &words];
        let (code, said) = house.tool(Some(&editor), &change);
        assert_eq!(code, Some(0), "{said}");
        if said.contains("said before: khartoum/network (khartoum, 2021), 9") {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "nobody was told: {said}");
    }

    // Over HTTP, as a header; and not for those who do not want it.
    let begin = Instant::now();
    let header = loop {
        number += 1;
        let head = create(&house, &editor, &format!("d{number}"), "").await;
        let header = head
            .lines()
            .find_map(|line| line.strip_prefix("rapporteur-similar: "));
        if let Some(header) = header {
            break header.to_owned();
        }
        assert!(begin.elapsed() < PATIENCE, "nobody was told: {head}");
    };
    let told: Value = serde_json::from_str(&header).unwrap();
    assert!(ids(&told, "texts").contains(&"network"), "{told}");
    assert!(!ids(&told, "texts").contains(&"secret"), "{told}");
    assert!(told["texts"].as_array().unwrap().len() <= 5);
    number += 1;
    let head = create(
        &house,
        &editor,
        &format!("d{number}"),
        "rapporteur-similar: no\r\n",
    )
    .await;
    assert!(!head.contains("rapporteur-similar"), "{head}");

    // What has to do with it, across dialogues and languages, and why.
    let found = house.json(
        None,
        &[
            "related",
            "recommendation:khartoum/network",
            "--kind",
            "recommendation",
        ],
    );
    let all = found["records"].as_array().unwrap();
    let french = all
        .iter()
        .find(|one| one["name"].as_str().unwrap().ends_with("/reseau"));
    let reasons = french.unwrap_or_else(|| panic!("{found}"))["reasons"]
        .as_array()
        .unwrap();
    let theme = reasons
        .iter()
        .find(|reason| reason["by"] == "RELATED_BY_THEME");
    assert_eq!(theme.unwrap()["value"], "missing-migrants", "{found}");
    assert!(
        !found.to_string().contains("secret") && !found.to_string().contains("xyzzy"),
        "{found}"
    );
    let found = house.json(
        Some(&reader),
        &["related", "recommendation:khartoum/network"],
    );
    assert!(ids(&found, "records").contains(&"secret"), "{found}");
    let (code, said) = house.tool(None, &["related", "recommendation:khartoum/secret"]);
    assert_eq!(code, Some(3), "hidden is not there: {said}");
    let (code, said) = house.tool(None, &["related", "recommendation:khartoum/network"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("theme missing-migrants"), "{said}");
}
