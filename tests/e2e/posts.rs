//! From post to record and back: what a post says is proposed, a person accepts, the record has it with the words that say
//! so, and composes it again in two languages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::House;

const POST: &str = "7️⃣ policy takeaways and many concrete recommendations on innovative pathways for #skillsmobility stemming from our recent Joint High-level Meeting, collectively organised by the Rabat Process & Khartoum Process: 🤝 156 participants joined us in Lisbon on 16 and 17 October. We would like to thank the co-hosts Portugal and Egypt! More: https://example.org/outcome. ➡️ The policy takeaways in a nutshell: 1. Rethinking what skills are in demand 2. Ensuring worker protection 3. Accompanying mobility with (re)integration support #labourmigration #mobility Marta Feio, Albert Siaw-Boateng\nTo view or add a comment, sign in\n-\n";

fn record() -> String {
    let dialogue = |id: &str, title: &str| json!({"kind": "dialogue", "record": {"name": format!("dialogues/{id}"), "title": {"byLanguage": {"en": title}}}});
    let party = json!({"kind": "party", "record": {"name": "parties/pt", "kind": "PARTY_KIND_STATE", "countryCode": "PT", "title": {"byLanguage": {"en": "Portugal", "fr": "Portugal"}}}});
    [
        dialogue("rabat", "Rabat Process"),
        dialogue("khartoum", "Khartoum Process"),
        party,
    ]
    .map(|line| line.to_string())
    .join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_becomes_a_record_that_a_person_accepted_and_a_post_again() {
    let house = House::start().await;
    let file = |name: &str, text: &str| {
        let path = house.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (post, base) = (file("post.txt", POST), file("base.ndjson", &record()));
    house.ask(&["load", &base]);
    let draft = [
        "draft",
        "--from-post",
        &post,
        "--dialogue",
        "rabat",
        "--posted",
        "2024-10-25",
    ];
    fn with<'a>(draft: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        [draft, more].concat()
    }
    let json = |text: &str| {
        serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };

    // Proposals, and nothing in the record.
    let proposals = json(&house.ask(&with(&draft, &["-o", "json"])));
    let all: Vec<Value> = proposals["posts"][0]["proposals"]
        .as_array()
        .unwrap()
        .clone();
    let one = |kind: &str| {
        all.iter()
            .find(|it| it["record"]["type"] == kind)
            .unwrap()
            .clone()
    };
    assert_eq!(
        one("event")["record"]["name"],
        "dialogues/rabat/events/2024-lisbon-hlm"
    );
    assert_eq!(
        one("party")["record"]["id"],
        "eg",
        "Portugal is in the record already"
    );
    assert_eq!(house.ask(&["event", "list", "-o", "json"]).trim(), "[]");

    // A file of verdicts: without one nothing is taken over.
    let verdicts = house.folder.path().join("verdicts.ndjson");
    let verdicts = verdicts.to_str().unwrap().to_owned();
    house.ask(&with(&draft, &["--write-verdicts", &verdicts]));
    house.ask(&with(&draft, &["--verdicts", &verdicts]));
    assert_eq!(house.ask(&["event", "list", "-o", "json"]).trim(), "[]");

    // Everything but the last takeaway, and the event with another title.
    let last = all
        .iter()
        .rfind(|it| it["record"]["type"] == "takeaway")
        .unwrap()["id"]
        .clone();
    let line = |it: &Value| {
        let verdict = if it["id"] == last { "reject" } else { "accept" };
        let edits = if it["record"]["type"] == "event" {
            json!({"title": "Joint High-level Meeting on skills mobility"})
        } else {
            json!({})
        };
        json!({"proposal": it["id"], "verdict": verdict, "edits": edits}).to_string()
    };
    let decided = file(
        "decided.ndjson",
        &all.iter().map(line).collect::<Vec<_>>().join("\n"),
    );
    let take = with(&draft, &["--verdicts", &decided, "-o", "json"]);
    let summary = |out: &str| json(out)["summary"].clone();
    let dry = summary(&house.ask(&[&take[..], &["--dry-run"]].concat()));
    let first = summary(&house.ask(&take));
    assert_eq!(
        (&first["created"], &first["refused"]),
        (&json!(5), &json!(0)),
        "source, party, event, two takeaways: {first}"
    );
    assert_eq!(dry["created"], first["created"]);
    // Egypt is in the record now, so it is proposed no more.
    let again = summary(&house.ask(&take));
    assert_eq!(
        (&again["unchanged"], &again["created"], &again["updated"]),
        (&json!(4), &json!(0), &json!(0)),
        "{again}"
    );

    // The record, with the words that say so.
    let event = json(&house.ask(&["event", "show", "rabat/2024-lisbon-hlm", "-o", "json"]));
    assert_eq!(event["start"]["value"], "2024-10-16");
    assert_eq!(event["end"]["value"], "2024-10-17");
    assert_eq!(event["jointDialogues"], json!(["dialogues/khartoum"]));
    let claims: BTreeMap<&str, &Value> = event["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| (claim["measure"].as_str().unwrap(), claim))
        .collect();
    assert_eq!(claims["participants"]["value"], "156");
    assert_eq!(
        claims["recommendations"].get("value"),
        None,
        "many is not a number, and not 0"
    );
    let quote = claims["participants"]["provenance"]["quote"]
        .as_str()
        .unwrap();
    let source = json(&house.ask(&[
        "source",
        "show",
        event["provenance"][0]["source"].as_str().unwrap(),
        "-o",
        "json",
    ]));
    assert!(source["text"].as_str().unwrap().contains(quote));
    assert_eq!(source["links"][0]["url"], "https://example.org/outcome");
    assert_eq!(
        source["mentions"],
        json!(["Marta Feio", "Albert Siaw-Boateng"])
    );
    assert!(!event["roles"].to_string().contains("feio"));

    // What somebody has changed since stays: accepting again adds and never writes over.
    house.ask(&[
        "event",
        "edit",
        "rabat/2024-lisbon-hlm",
        "--set",
        "place.name=Lisboa",
    ]);
    assert_eq!(summary(&house.ask(&take))["updated"], 0);
    let place = json(&house.ask(&["event", "show", "rabat/2024-lisbon-hlm", "-o", "json"]))["place"]["name"].clone();
    assert_eq!(place, "Lisboa");

    // And back, in both languages, with what the record does not say left out.
    let compose = |form: &str, more: &[&str]| {
        house.ask(
            &[
                &["compose", "--event", "rabat/2024-lisbon-hlm", "--as", form],
                more,
            ]
            .concat(),
        )
    };
    let english = compose("report-out", &[]);
    assert!(
        english.contains("16–17 October 2024") && english.contains("156 participants[^"),
        "{english}"
    );
    assert!(
        english
            .contains("dialogues/rabat/events/2024-lisbon-hlm\\#participants: “156 participants”"),
        "{english}"
    );
    assert!(
        english.contains("**Co-hosts**: Portugal and Egypt"),
        "{english}"
    );
    assert!(
        english.contains("#SkillsMobility #LabourMigration #Mobility"),
        "{english}"
    );
    assert!(
        !english.contains("recommendations["),
        "a number that nobody gave: {english}"
    );
    let french = compose("report-out", &["--lang", "fr", "--plain"]);
    assert!(
        french.contains("16–17 octobre 2024") && french.contains("Lisboa, Portugal"),
        "{french}"
    );
    assert!(
        french.contains("Joint High-level Meeting on skills mobility [en]"),
        "not translated, and said so: {french}"
    );
    let takeaways = compose("takeaways", &["--plain"]);
    assert!(
        takeaways.contains("1. Rethinking what skills are in demand [1]")
            && !takeaways.contains("Accompanying"),
        "{takeaways}"
    );
    assert!(
        !compose("announcement", &["--lang", "fr"]).contains("156"),
        "an announcement has no figures of what was"
    );

    // What cannot be a record is said, and what can is written all the same.
    let figure = one("claim")["id"].clone();
    let lonely = file(
        "lonely.ndjson",
        &json!({"proposal": figure, "verdict": "accept"}).to_string(),
    );
    let left = house.tool(&with(&draft, &["--verdicts", &lonely]));
    assert_eq!(left.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&left.stderr).contains("is a figure of no accepted event"));
    let wrong = file(
        "wrong.ndjson",
        &json!({"proposal": "00000000.event.1", "verdict": "accept"}).to_string(),
    );
    assert_eq!(
        house
            .tool(&with(&draft, &["--verdicts", &wrong]))
            .status
            .code(),
        Some(2)
    );
}
