//! "Has this been said before?", through the real programs: what repeats what is suggested to those who may see both,
//! decided by a person, and not proposed again, whatever is restarted.

use std::time::{Duration, Instant};

use rapporteur_proto::gateway::v1::Role;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, Running};
use crate::keyed::House;

fn line(kind: &str, record: Value) -> String {
    json!({"kind": kind, "record": record}).to_string()
}

fn text(dialogue: &str, id: &str, words: &str, year: &str, visibility: &str) -> String {
    line(
        "recommendation",
        json!({
            "name": format!("dialogues/{dialogue}/recommendations/{id}"),
            "event": format!("dialogues/{dialogue}/events/meeting"),
            "text": {"byLanguage": {"en": words}},
            "state": "RECOMMENDATION_STATE_ADOPTED",
            "adopted": {"value": year},
            "visibility": visibility,
        }),
    )
}

fn record() -> String {
    const FOCAL: &str = "Name a national focal point for missing migrants in each ministry";
    let (public, internal) = ("VISIBILITY_PUBLIC", "VISIBILITY_INTERNAL");
    let mut lines = Vec::new();
    for id in ["rabat", "khartoum"] {
        lines.push(line(
            "dialogue",
            json!({"name": format!("dialogues/{id}"), "title": {"byLanguage": {"en": id}}, "code": id}),
        ));
        lines.push(line(
            "event",
            json!({"name": format!("dialogues/{id}/events/meeting"), "kind": "EVENT_KIND_HIGH_LEVEL_MEETING",
                "state": "EVENT_STATE_HELD", "title": {"byLanguage": {"en": "Meeting"}}, "start": {"value": "2024"}}),
        ));
    }
    lines.extend([
        text("rabat", "first", FOCAL, "2021", public),
        text("khartoum", "again", FOCAL, "2023", public),
        text("khartoum", "once-more", FOCAL, "2024", public),
        text("rabat", "inner", FOCAL, "2019", internal),
        text(
            "rabat",
            "other",
            "Reduce the cost of remittances",
            "2020",
            public,
        ),
    ]);
    lines.join("\n")
}

impl House {
    /// The pairs that are suggested, with the names of their verdicts, once everything was looked at.
    async fn suggested(&self, token: Option<&str>) -> Vec<(String, String, String)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = [
                "suggest", "repeats", "--fresh", "--limit", "0", "-o", "json",
            ];
            let (code, said) = self.tool(token, &asked);
            if code == Some(0) && !said.contains("Reckoned") {
                let all: Vec<Value> = serde_json::from_str(&said).unwrap();
                let id = |one: &Value, field: &str| {
                    let name = one[field].as_str().unwrap();
                    name.rsplit('/').next().unwrap().to_owned()
                };
                let pair = |one: &Value| {
                    let verdict = one["verdict"].as_str().unwrap().to_owned();
                    (id(one, "subject"), id(one, "object"), verdict)
                };
                return all.iter().map(pair).collect();
            }
            assert!(Instant::now() < deadline, "{code:?}: {said}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Kills all three and starts them again on their data.
    async fn killed_and_back(self) -> Self {
        let at = |name: &str| self.folder.path().join(name);
        let addresses = [&self.gateway, &self.events, &self.recommendations]
            .map(|running| running.address.clone());
        let [gateway, events, recommendations] = &addresses;
        let urls = [events, recommendations].map(|address| format!("http://{address}"));
        for running in [self.gateway, self.events, self.recommendations] {
            running.kill();
        }
        let services = ["--events", &urls[0], "--recommendations", &urls[1]];
        let mut door = Running::start("rapporteur-gateway", gateway, &at("gateway"), &services);
        let keys = at("gateway").join("caller-keys.json");
        let keys = ["--caller-keys", keys.to_str().unwrap()];
        let mut kept = Running::start("rapporteur-events", events, &at("events"), &keys);
        let door_url = format!("http://{gateway}");
        let key = at("recommendations.key");
        let own = [
            "--events",
            &urls[0],
            "--gateway",
            &door_url,
            "--key-file",
            key.to_str().unwrap(),
        ];
        let own = [&keys[..], &own].concat();
        let mut texts = Running::start(
            "rapporteur-recommendations",
            recommendations,
            &at("recommendations"),
            &own,
        );
        door.serving().await;
        kept.serving().await;
        texts.serving().await;
        Self {
            folder: self.folder,
            gateway: door,
            events: kept,
            recommendations: texts,
        }
    }
}

fn pairs(all: &[(String, String, String)]) -> Vec<(&str, &str)> {
    all.iter()
        .map(|(subject, object, _)| (subject.as_str(), object.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_repeats_what_is_decided_once_and_for_all() {
    let house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);

    // Who works in Rabat sees that it was said there before; nobody else hears of that.
    let public = house.suggested(None).await;
    assert_eq!(pairs(&public), [("again", "first"), ("once-more", "first")]);
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let inside = house.suggested(Some(&reader)).await;
    assert_eq!(
        pairs(&inside),
        [
            ("again", "inner"),
            ("once-more", "inner"),
            ("first", "inner")
        ]
    );

    let accept = |id: &str| vec!["suggest".to_owned(), "accept".into(), id.into()];
    let officer = house
        .key("officer@khartoum", Role::Officer, "dialogues/khartoum", "")
        .await;
    let looker = house
        .key("reader@khartoum", Role::Reader, "dialogues/khartoum", "")
        .await;
    let does = |token: Option<&str>, words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        house.tool(token, &words)
    };
    let (code, said) = does(Some(&looker), &accept(&public[0].2));
    assert_eq!(code, Some(4), "a reader decides nothing: {said}");
    let (code, said) = does(Some(&officer), &accept(&public[0].2));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = does(Some(&officer), &accept(&public[0].2));
    assert_eq!(code, Some(0), "decided just so already: {said}");
    let (code, said) = house.tool(
        Some(&officer),
        &[
            "suggest",
            "reject",
            &public[1].2,
            "--reason",
            "another duty",
        ],
    );
    assert_eq!(code, Some(0), "{said}");

    let house = house.killed_and_back().await;
    assert_eq!(pairs(&house.suggested(None).await), []);
    let (code, said) = house.tool(None, &["trace", "dialogues/khartoum/recommendations/again"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("duplicate of") && said.contains("rabat/first"),
        "{said}"
    );
    let (code, said) = house.tool(None, &["verdict", "list", "--decision", "rejected"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("another duty") && !said.contains("accepted"),
        "{said}"
    );

    // Taken back, it is proposed again, and may be accepted then.
    let again = [
        "verdict",
        "edit",
        &public[1].2,
        "--set",
        "decision=withdrawn",
    ];
    let (code, said) = house.tool(Some(&officer), &again);
    assert_eq!(code, Some(0), "{said}");
    let open = house.suggested(None).await;
    assert_eq!(pairs(&open), [("once-more", "first")]);
    let as_repeats = ["suggest", "accept", &open[0].2, "--as", "repeats"];
    let (code, said) = house.tool(Some(&officer), &as_repeats);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(pairs(&house.suggested(None).await), []);
}
