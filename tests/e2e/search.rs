//! Found at once, through the real programs: words in four languages, filters and facets as people ask for them, and
//! an index that survives whatever happens to the gateway.

use std::collections::BTreeSet;
use std::time::Duration;

use rapporteur_proto::gateway::v1::Role;
use serde_json::{Value, json};

use crate::harness::Running;
use crate::keyed::House;

/// A record of this kind as a line of a record file.
fn line(kind: &str, record: Value) -> String {
    json!({"kind": kind, "record": record}).to_string()
}

fn text(number: usize, languages: Value, themes: &[&str], visibility: &str) -> String {
    line(
        "recommendation",
        json!({
            "name": format!("dialogues/rabat/recommendations/r{number}"),
            "event": "dialogues/rabat/events/2024-lisbon",
            "text": {"byLanguage": languages},
            "themes": themes,
            "state": "RECOMMENDATION_STATE_ADOPTED",
            "adopted": {"value": format!("202{}-05-01", number % 3)},
            "visibility": visibility,
        }),
    )
}

fn record() -> String {
    let public = "VISIBILITY_PUBLIC";
    [
        line("party", json!({"name": "parties/sn", "kind": "PARTY_KIND_STATE", "countryCode": "SN",
            "title": {"byLanguage": {"en": "Senegal", "fr": "Sénégal"}}})),
        line("dialogue", json!({"name": "dialogues/rabat", "title": {"byLanguage": {"en": "Rabat Process"}}, "code": "RP",
            "languages": ["en", "fr"]})),
        line("event", json!({"name": "dialogues/rabat/events/2024-lisbon", "kind": "EVENT_KIND_HIGH_LEVEL_MEETING",
            "state": "EVENT_STATE_HELD", "title": {"byLanguage": {"en": "Meeting in Lisbon", "pt": "Reunião em Lisboa"}},
            "start": {"value": "2024-05-01"}, "themes": ["labour-migration"]})),
        text(0, json!({"en": "Establish a network on missing migrants"}), &["missing-migrants"], public),
        text(1, json!({"fr": "Renforcer l'accès des travailleuses migrantes aux soins"}), &["labour-migration"], public),
        text(2, json!({"ar": "تعزيز التعاون في مجال هجرة اليد العاملة"}), &["labour-migration"], public),
        text(3, json!({"pt": "Reforçar a proteção das crianças desaparecidas"}), &["missing-migrants"], public),
        text(4, json!({"en": "Plan a retreat on xyzzy and missing migrants"}), &["missing-migrants"], "VISIBILITY_INTERNAL"),
    ]
    .join("\n")
}

impl House {
    /// What `rapporteur search` answers as JSON.
    fn search(&self, token: Option<&str>, arguments: &[&str]) -> Value {
        let all = [&["search", "--fresh", "-o", "json"], arguments].concat();
        let (code, said) = self.tool(token, &all);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

fn ids(answer: &Value) -> BTreeSet<&str> {
    let hits = answer["hits"].as_array().map_or(&[][..], Vec::as_slice);
    hits.iter()
        .filter_map(|hit| hit["name"].as_str()?.rsplit('/').next())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_found_in_every_language_and_only_by_who_may_see_them() {
    let house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);

    for (words, expected) in [
        // In the words of a text, or of its theme.
        (&["missing", "migrant"][..], &["r0", "r3"][..]),
        (&["travailleur", "migrant"], &["r1"]),
        (&["acces"], &["r1"]),
        (&["والتعاون"], &["r2"]),
        (&["protecao", "criança", "desaparecida"], &["r3"]),
        (&["#LaborMigration"], &["2024-lisbon", "r1", "r2"]),
        (
            &["theme:labour-migration", "year:2021..2022"],
            &["r1", "r2"],
        ),
        (&["\"network on missing\""], &["r0"]),
        (&["misssing", "migrants"], &["r0", "r3"]),
        (
            &["migr*", "--kind", "recommendation", "--text-in", "fr"],
            &["r1"],
        ),
        (&["xyzzy"], &[]),
    ] {
        let answer = house.search(None, words);
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(ids(&answer), expected, "{words:?}");
    }

    // Counts are those of what each may see.
    let by_theme = |token: Option<&str>| {
        let answer = house.search(token, &["--kind", "recommendation", "--facets", "theme"]);
        let values = answer["facets"][0]["values"].as_array().unwrap().clone();
        let count = |value: &Value| {
            (
                value["value"].as_str().unwrap().to_owned(),
                value["count"].clone(),
            )
        };
        values
            .iter()
            .map(count)
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(by_theme(None)["missing-migrants"], "2");
    let elsewhere = house
        .key("officer@khartoum", Role::Officer, "dialogues/khartoum", "")
        .await;
    assert_eq!(by_theme(Some(&elsewhere))["missing-migrants"], "2");
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    assert_eq!(by_theme(Some(&reader))["missing-migrants"], "3");

    // As people see it.
    let (code, said) = house.tool(None, &["search", "missing", "migrants", "--facets", "kind"]);
    assert_eq!(code, Some(0), "{said}");
    for words in ["2 found", "‹missing› ‹migrants›", "rabat/r0", "KIND", "█"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let (code, said) = house.tool(None, &["search", "colour:red"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("there are dialogue, theme"), "{said}");
    let (code, said) = house.tool(None, &["status"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("search: ") && said.contains(" documents"),
        "{said}"
    );
}

/// The gateway is killed again and again while others write. After each kill everything is found that was recorded,
/// each text once.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_survives_kills_without_loss_or_doubling() {
    const KILLS: usize = 6;
    const EACH: usize = 40;
    let mut house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);
    let data = house.folder.path().join("gateway");
    let urls = [&house.events, &house.recommendations].map(|one| format!("http://{}", one.address));
    for kill in 0..KILLS {
        let lines: Vec<String> = (0..EACH)
            .map(|number| {
                let number = 100 + kill * EACH + number;
                let words = json!({"en": format!("Asylum text of round {kill}")});
                text(number, words, &["asylum"], "VISIBILITY_PUBLIC")
            })
            .collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        let load = |house: &House| {
            let mut command = std::process::Command::new(crate::harness::program("rapporteur"));
            command
                .args(["load", file.to_str().unwrap()])
                .env("XDG_CONFIG_HOME", house.folder.path().join("config"))
                .env(
                    "RAPPORTEUR_GATEWAY",
                    format!("http://{}", house.gateway.address),
                )
                .env("RAPPORTEUR_TOKEN", house.admin())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut loading = load(&house);
        // At another point of the load each time; some kills hit after its end.
        tokio::time::sleep(Duration::from_millis(40 + 90 * kill as u64)).await;
        let address = house.gateway.address.clone();
        house.gateway.kill();
        let _ = loading.wait();
        house.gateway = Running::start(
            "rapporteur-gateway",
            &address,
            &data,
            &["--events", &urls[0], "--recommendations", &urls[1]],
        );
        house.gateway.serving().await;
        // Loading twice changes nothing, and what was cut off is completed.
        house.admin_does(&["load", file.to_str().unwrap()]);
        let answer = house.search(None, &["asylum", "--limit", "1000", "--facets", "theme"]);
        let expected = (kill + 1) * EACH;
        assert_eq!(answer["total"], expected.to_string(), "after kill {kill}");
        assert_eq!(ids(&answer).len(), expected, "each once, after kill {kill}");
        assert_eq!(
            answer["facets"][0]["values"][0]["count"],
            expected.to_string()
        );
    }
}
