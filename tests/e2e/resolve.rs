//! Names told through the real programs: English, French, Arabic, Portuguese; the record's parties first.

use serde_json::{Value, json};

use crate::keyed::House;

fn party(record: Value) -> String {
    json!({"kind": "party", "record": record}).to_string()
}

fn record() -> String {
    let state = "PARTY_KIND_STATE";
    let organisation = "PARTY_KIND_ORGANISATION";
    [
        party(json!({"name": "parties/sn", "kind": state, "countryCode": "SN",
            "title": {"byLanguage": {"en": "Senegal", "fr": "Sénégal"}}})),
        party(json!({"name": "parties/mz", "kind": state, "countryCode": "MZ"})),
        party(json!({"name": "parties/icmpd", "kind": organisation, "acronym": "ICMPD",
            "title": {"byLanguage": {"en": "International Centre for Migration Policy Development"}}})),
        party(json!({"name": "parties/network", "kind": organisation, "acronym": "NMM",
            "title": {"byLanguage": {"en": "Network on Missing Migrants"}}, "aliases": ["The Network"]})),
    ]
    .join("\n")
}

/// What was told of each name: a party, a code or acronym, or `?` and who may be meant.
fn told(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let who = |of: &Value| {
        let all = [
            text(&of["party"]),
            text(&of["countryCode"]),
            text(&of["acronym"]),
        ];
        all.into_iter()
            .find(|one| !one.is_empty())
            .unwrap_or_default()
    };
    let names = answer["cells"].as_array().unwrap().iter();
    let names = names.flat_map(|cell| cell["names"].as_array().cloned().unwrap_or_default());
    names
        .map(|name| match &name["meant"] {
            Value::Null => {
                let among = name["candidates"].as_array().cloned().unwrap_or_default();
                format!("?{}", among.iter().map(who).collect::<Vec<_>>().join(" "))
            }
            found => who(found),
        })
        .collect()
}

impl House {
    fn resolve(&self, arguments: &[&str]) -> Vec<String> {
        let all = [&["resolve", "-o", "json"], arguments].concat();
        let (code, said) = self.tool(None, &all);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        let answer = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        told(&answer)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_told_in_every_language_and_never_guessed() {
    let house = House::start().await;
    let file = house.folder.path().join("record.ndjson");
    std::fs::write(&file, record()).unwrap();
    house.admin_does(&["load", file.to_str().unwrap()]);

    let names = [
        ("Senegal", "parties/sn"),
        ("République du Sénégal", "parties/sn"),
        ("السنغال", "parties/sn"),
        ("SEN", "parties/sn"),
        ("Moçambique", "parties/mz"),
        ("Guiné-Bissau", "GW"),
        ("Guinée équatoriale", "GQ"),
        ("Korea, Republic of", "KR"),
        ("المنظمة الدولية للهجرة", "IOM"),
        (
            "Centre international pour le développement des politiques migratoires",
            "parties/icmpd",
        ),
        ("the network", "parties/network"),
        ("Portugual", "PT"),
        ("Congo", "?CD CG"),
        ("Nigera", "?NE NG"),
        ("Ministry of the Interior", "?"),
    ];
    let written: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let meant: Vec<&str> = names.iter().map(|(_, meant)| *meant).collect();
    assert_eq!(house.resolve(&[&["--fresh"], &written[..]].concat()), meant);

    // A file, a cell a line; more lines than go into one call.
    let cells = house.folder.path().join("cells.txt");
    let mut lines = vec![
        "فرنسا والسنغال",
        "Bosnia and Herzegovina, Senegal; CEDEAO",
        "",
    ];
    lines.extend(std::iter::repeat_n("Níger e Nigéria", 1_200));
    std::fs::write(&cells, lines.join("\n")).unwrap();
    let all = house.resolve(&["--split", "--file", cells.to_str().unwrap()]);
    assert_eq!(all[..5], ["FR", "parties/sn", "BA", "parties/sn", "ECOWAS"]);
    assert_eq!(all.len(), 5 + 2 * 1_200);
    assert!(all[5..].chunks(2).all(|two| two == ["NE", "NG"]));

    // What is recorded later counts from then on.
    assert_eq!(house.resolve(&["Gambie"]), ["GM"]);
    house.admin_does(&[
        "party",
        "add",
        "--id",
        "gm",
        "--kind",
        "state",
        "--country",
        "GM",
    ]);
    assert_eq!(house.resolve(&["--fresh", "Gambie"]), ["parties/gm"]);
    assert_eq!(house.resolve(&["AU", "--kind", "state"]), ["AU"]);

    // As people see it, and what is wrong with a request.
    let (code, said) = house.tool(None, &["resolve", "Sénégal", "Congo"]);
    assert_eq!(code, Some(0), "{said}");
    for words in ["name", "1.00", "unknown", "(CD) or", "1 of 2 unknown"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let long = "x".repeat(501);
    let (code, said) = house.tool(None, &["resolve", "France", &long]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("names[1]"), "{said}");
}
