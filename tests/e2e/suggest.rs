//! Which goal, which objective, which theme: suggested for texts in several languages through the real programs, decided
//! by a person, seen in what follows from the record, and not proposed again.

use rapporteur_proto::gateway::v1::Role;
use serde_json::{Value, json};

use crate::keyed::House;

fn line(kind: &str, record: Value) -> String {
    json!({"kind": kind, "record": record}).to_string()
}

fn node(plan: &str, code: &str, kind: &str, above: &str, text: Value) -> String {
    let of = |code: &str| format!("dialogues/rabat/plans/{plan}/nodes/{code}");
    let above = if above.is_empty() {
        String::new()
    } else {
        of(above)
    };
    line(
        "plan_node",
        json!({"name": of(code), "code": code, "kind": format!("PLAN_NODE_KIND_{kind}"),
            "parentNode": above, "text": {"byLanguage": text}}),
    )
}

fn text(id: &str, languages: Value, themes: &[&str], nodes: &[&str], visibility: &str) -> String {
    let links: Vec<Value> = nodes
        .iter()
        .map(|node| {
            json!({"node": format!("dialogues/rabat/plans/{node}"), "kind": "PLAN_LINK_KIND_ADDRESSED"})
        })
        .collect();
    line(
        "recommendation",
        json!({
            "name": format!("dialogues/rabat/recommendations/{id}"),
            "event": "dialogues/rabat/events/2024-lisbon",
            "text": {"byLanguage": languages},
            "themes": themes,
            "planLinks": links,
            "state": "RECOMMENDATION_STATE_ADOPTED",
            "adopted": {"value": "2024-05-01"},
            "visibility": format!("VISIBILITY_{visibility}"),
        }),
    )
}

fn record() -> String {
    let plan = |id: &str, title: &str| {
        line(
            "plan",
            json!({"name": format!("dialogues/rabat/plans/{id}"), "title": {"byLanguage": {"en": title}},
                "state": "PLAN_STATE_IN_FORCE"}),
        )
    };
    [
        line("dialogue", json!({"name": "dialogues/rabat", "title": {"byLanguage": {"en": "Rabat Process"}}, "code": "RP",
            "languages": ["en", "fr"]})),
        plan("sdg", "Sustainable Development Goals"),
        node("sdg", "10", "GOAL", "", json!({"en": "Reduce inequality within and among countries"})),
        node("sdg", "10.c", "TARGET", "10", json!({"en": "Reduce the transaction costs of migrant remittances",
            "fr": "Faire baisser les coûts de transaction des envois de fonds effectués par les migrants"})),
        node("sdg", "4", "GOAL", "", json!({"en": "Ensure quality education for all"})),
        plan("gcm", "Global Compact for Migration"),
        node("gcm", "8", "OBJECTIVE", "", json!({"en": "Save lives and establish coordinated efforts on missing migrants"})),
        node("gcm", "21", "OBJECTIVE", "", json!({"en": "Cooperate in facilitating return, readmission and reintegration"})),
        plan("cadiz", "Cadiz Action Plan"),
        node("cadiz", "a2", "AREA", "", json!({"en": "Regular migration and mobility"})),
        node("cadiz", "5a", "OBJECTIVE", "a2", json!({"en": "Promote mobility of students, researchers and entrepreneurs"})),
        node("cadiz", "5a.1", "ACTION", "5a", json!({"en": "Simplify visa procedures for students"})),
        line("event", json!({"name": "dialogues/rabat/events/2024-lisbon", "kind": "EVENT_KIND_HIGH_LEVEL_MEETING",
            "state": "EVENT_STATE_HELD", "title": {"byLanguage": {"en": "Meeting in Lisbon"}}, "start": {"value": "2024-05-01"}})),
        text("r1", json!({"en": "Simplify the visa procedures for students and researchers"}), &["student-mobility"], &[], "PUBLIC"),
        text("r2", json!({"en": "Set up a network of focal points that look for missing migrants"}), &["missing-migrants"],
            &["gcm/nodes/8"], "PUBLIC"),
        text("r3", json!({"en": "Set up a network of focal points that look for migrants lost at sea"}), &[], &[], "PUBLIC"),
        text("r4", json!({"en": "Set up a network of focal points on quantum basketry"}), &["quantum-basketry"], &[], "INTERNAL"),
    ]
    .join("\n")
}

impl House {
    /// What `rapporteur suggest` answers as JSON: the suggestions.
    fn suggestions(&self, token: Option<&str>, arguments: &[&str]) -> Vec<Value> {
        let all = [&["suggest"], arguments, &["--fresh", "-o", "json"]].concat();
        let (code, said) = self.tool(token, &all);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        let answer: Value =
            serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        answer["suggestions"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}

/// Themes, or nodes after their dialogue.
fn objects(suggestions: &[Value]) -> Vec<&str> {
    let all = suggestions.iter().filter_map(|one| one["object"].as_str());
    all.map(|object| object.rsplit("/plans/").next().unwrap_or(object))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_find_their_goals_objectives_and_themes_and_a_person_decides() {
    let house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);

    // A goal, an objective and an action, in English and in French.
    for (plan, words, language, expected) in [
        (
            "sdg",
            "Lower the transaction costs of remittances",
            "en",
            "sdg/nodes/10.c",
        ),
        (
            "sdg",
            "Réduire les coûts de transaction des envois de fonds des migrants",
            "fr",
            "sdg/nodes/10.c",
        ),
        (
            "gcm",
            "Work together on return and on the reintegration of those readmitted",
            "en",
            "gcm/nodes/21",
        ),
        (
            "gcm",
            "Rechercher les migrants disparus",
            "fr",
            "gcm/nodes/8",
        ),
        (
            "cadiz",
            "Simpler visa procedures for all students",
            "en",
            "cadiz/nodes/5a.1",
        ),
    ] {
        let plan = format!("rabat/{plan}");
        let asked = [
            "nodes",
            "--text",
            words,
            "--text-lang",
            language,
            "--plan",
            &plan,
        ];
        let found = house.suggestions(None, &asked);
        assert_eq!(
            objects(&found).first(),
            Some(&expected),
            "{words}: {found:#?}"
        );
        assert!(found[0]["score"].as_f64().unwrap() >= 0.5);
    }
    // What belongs nowhere is put nowhere.
    for words in ["Bake the cake for forty minutes", "xyzzy plugh"] {
        let asked = ["nodes", "--text", words];
        assert_eq!(
            house.suggestions(None, &asked),
            Vec::<Value>::new(),
            "{words}"
        );
    }
    let (code, said) = house.tool(None, &["suggest", "nodes", "--text", "Bake the cake"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no node is sure enough"), "{said}");

    // A record is suggested what its neighbours have; who asks sees why, and by what to accept it.
    let found = house.suggestions(None, &["themes", "rabat/r3"]);
    assert_eq!(objects(&found), ["missing-migrants"], "{found:#?}");
    let neighbours = &found[0]["reasons"]["neighbours"];
    assert_eq!(neighbours[0]["name"], "dialogues/rabat/recommendations/r2");
    // The internal theme and text are nothing to the public, and no reason.
    let asked = [
        "themes",
        "--text",
        "Found a working group on quantum basketry",
    ];
    assert_eq!(house.suggestions(None, &asked), Vec::<Value>::new());
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let inside = house.suggestions(Some(&reader), &asked);
    assert_eq!(objects(&inside), ["quantum-basketry"]);

    // Accepted, it is recorded, counted, and not proposed again; rejected, it is not proposed again.
    let officer = house
        .key("officer@rabat", Role::Officer, "dialogues/rabat", "")
        .await;
    let theme = found[0]["verdict"].as_str().unwrap().to_owned();
    let decide = |arguments: &[&str]| {
        let (code, said) = house.tool(Some(&officer), &[&["suggest"], arguments].concat());
        assert_eq!(code, Some(0), "{said}");
    };
    decide(&["reject", &theme, "--reason", "it is about the sea"]);
    assert_eq!(
        house.suggestions(None, &["themes", "rabat/r3"]),
        Vec::<Value>::new()
    );
    let asked = ["nodes", "rabat/r1", "--plan", "rabat/cadiz"];
    let found = house.suggestions(None, &asked);
    assert_eq!(
        objects(&found).first(),
        Some(&"cadiz/nodes/5a.1"),
        "{found:#?}"
    );
    decide(&["accept", found[0]["verdict"].as_str().unwrap()]);
    let again = house.suggestions(None, &asked);
    assert!(!objects(&again).contains(&"cadiz/nodes/5a.1"), "{again:#?}");
    let (code, said) = house.tool(None, &["recommendation", "show", "rabat/r1", "-o", "json"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("dialogues/rabat/plans/cadiz/nodes/5a.1"),
        "{said}"
    );
    let (code, said) = house.tool(None, &["coverage", "rabat/cadiz", "--fresh", "--proof"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("rabat/r1"), "{said}");

    // Wrong questions are answered with what is wrong.
    let (code, said) = house.tool(
        None,
        &["suggest", "nodes", "--text", "x", "--plan", "rabat/nowhere"],
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is no plan of the record"), "{said}");
    let (code, said) = house.tool(None, &["suggest", "themes", "rabat/nobody"]);
    assert_ne!(code, Some(0), "{said}");
}
