//! Lists are harvested over HTTP in the formats of others: what comes is what `rapporteur export` writes, page after page
//! where the format has pages, and no more than its reader may see.

use serde_json::Value;

use crate::attacks::http::{self, Answer};
use crate::exports::{hard, sample};
use crate::harness::House;

/// A house with the sample and with texts that no file takes as they are.
async fn house() -> House {
    let house = House::start().await;
    let file = house.folder.path().join("hard.ndjson");
    std::fs::write(&file, hard()).unwrap();
    let files = sample();
    let files = files.iter().map(String::as_str);
    let load: Vec<&str> = ["load"].into_iter().chain(files).collect();
    house.ask(&load);
    house.ask(&["load", file.to_str().unwrap()]);
    house
}

async fn get(house: &House, key: &str, target: &str, more: &str) -> Answer {
    let address = &house.gateway.address;
    let key = if key.is_empty() {
        String::new()
    } else {
        format!("authorization: Bearer {key}\r\n")
    };
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n{key}{more}Connection: close\r\n\r\n");
    http::ask(address, request.as_bytes()).await
}

/// What the tool writes.
fn exported(house: &House, arguments: &[&str]) -> Vec<u8> {
    let output = house.tool(&[&["export"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    output.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_the_same_over_http_as_from_the_tool() {
    let house = house().await;
    let key = house.key();
    let (events, all) = ("/v1/dialogues/d/events", "/v1/dialogues/-/recommendations");
    for (target, ours, media) in [
        (
            format!("{events}?format=csv"),
            &["events", "-d", "d", "--format", "csv"][..],
            "text/csv; charset=utf-8",
        ),
        (
            format!("{events}?format=xlsx"),
            &["events", "-d", "d", "--format", "xlsx"],
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            format!("{events}?format=markdown"),
            &["events", "-d", "d", "--format", "markdown"],
            "text/markdown; charset=utf-8",
        ),
        (
            format!("{events}?format=json-ld"),
            &["events", "-d", "d", "--format", "json-ld"],
            "application/ld+json",
        ),
        (
            format!("{events}?format=popolo"),
            &["events", "-d", "d", "--format", "popolo"],
            "application/json",
        ),
        (
            format!("{events}?format=ocd"),
            &["events", "-d", "d", "--format", "ocd"],
            "application/json",
        ),
        (
            format!("{events}?format=odata"),
            &["events", "-d", "d", "--format", "odata"],
            "application/json",
        ),
        (
            format!("{all}?format=csv"),
            &["recommendations", "--format", "csv"],
            "text/csv; charset=utf-8",
        ),
        (
            format!("{all}?format=json-ld&language=fr"),
            &["recommendations", "--format", "json-ld", "--lang", "fr"],
            "application/ld+json",
        ),
        (
            format!("{events}?states=EVENT_STATE_CANCELLED&format=csv&columns=name,state"),
            &[
                "events",
                "-d",
                "d",
                "--format",
                "csv",
                "--where",
                "states=cancelled",
                "--columns",
                "name,state",
            ],
            "text/csv; charset=utf-8",
        ),
        (
            "/v1/dialogues/d/instruments/list?format=akoma-ntoso".to_owned(),
            &["instruments", "-d", "d", "--format", "akoma-ntoso"],
            "application/akn+xml",
        ),
    ] {
        let answer = get(&house, &key, &target, "").await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{target}: {text}");
        assert!(
            answer.head.contains(&format!("content-type: {media}")),
            "{target}: {}",
            answer.head
        );
        assert!(answer.body == exported(&house, ours), "{target}: {text}");

        // Who has it already gets nothing.
        let etag = answer
            .head
            .lines()
            .find(|line| line.starts_with("etag: "))
            .unwrap();
        let has = etag.replace("etag: ", "if-none-match: ") + "\r\n";
        let again = get(&house, &key, &target, &has).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{target}");
        // Nobody else is told what stands in it: without a key it is another list.
        let public = get(&house, "", &target, "").await;
        assert_eq!(public.status, 200, "{target}");
        let public = String::from_utf8_lossy(&public.body).into_owned();
        assert!(!public.contains("Secret"), "{target}: {public}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_followed_to_the_end() {
    let house = house().await;
    let base = format!("http://{}", house.gateway.address);
    for (list, kind, size) in [
        (
            "/v1/dialogues/-/events?format=odata&pageSize=3",
            "events",
            3,
        ),
        (
            "/v1/parties?kind=PARTY_KIND_ORGANISATION&format=odata&pageSize=2",
            "parties",
            2,
        ),
        (
            "/v1/dialogues/-/instruments?pageSize=1&format=odata",
            "instruments",
            1,
        ),
    ] {
        let (mut found, mut pages, mut next) = (Vec::new(), 0, Some(format!("{base}{list}")));
        while let Some(link) = next {
            // On the same host, whatever leads there.
            let target = link.strip_prefix(&base).unwrap_or_else(|| panic!("{link}"));
            let answer = get(&house, "", target, "").await;
            let page: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answer.status, 200, "{target}: {page}");
            let some = page["value"].as_array().unwrap().clone();
            assert!(some.len() <= size, "{target}: {page}");
            found.extend(some);
            pages += 1;
            next = page["odata.nextLink"].as_str().map(str::to_owned);
            assert_eq!(
                page["odata.count"].is_null(),
                pages > 1 || next.is_some(),
                "{page}"
            );
        }
        assert!(pages > 1, "{list} has one page");
        let mut ours = vec!["export", kind, "--format", "odata"];
        if kind == "parties" {
            ours.extend(["--where", "kind=organisation"]);
        }
        let whole = crate::exports::visitor(&house, &ours);
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(whole["odata.count"], found.len().to_string(), "{list}");
        assert_eq!(whole["value"], Value::Array(found), "{list}");
    }

    // Behind something that ends TLS, links lead there.
    let target = "/v1/dialogues/-/events?format=odata&pageSize=1";
    let answer = get(&house, "", target, "x-forwarded-proto: https\r\n").await;
    let page: Value = serde_json::from_slice(&answer.body).unwrap();
    let link = page["odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&base.replace("http:", "https:")), "{link}");

    for (target, named) in [
        ("/v1/dialogues/d/events?format=pdf", "should be one of"),
        (
            "/v1/dialogues/d/events?format=csv&pageSize=2",
            "only format=odata has pages",
        ),
        (
            "/v1/dialogues/d/events?format=csv&columns=titel",
            "has no field titel",
        ),
        (
            "/v1/dialogues/d/events?format=csv&colour=red",
            "is no parameter",
        ),
        (
            "/v1/dialogues/d/plans?format=popolo",
            "have no place in popolo",
        ),
        (
            "/v1/dialogues/d/instruments?format=akoma-ntoso",
            "holds one instrument",
        ),
        ("/v1/gaps?format=csv", "nothing that is exported"),
    ] {
        let answer = get(&house, "", target, "").await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 400, "{target}: {text}");
        assert!(text.contains(named), "{target}: {text}");
    }
    assert_eq!(
        get(&house, "", "/v1/nowhere?format=csv", "").await.status,
        404
    );
    let hidden = get(&house, "", "/v1/keys?format=csv", "").await;
    assert!(
        [400, 401, 404].contains(&hidden.status),
        "{}",
        hidden.status
    );
}
