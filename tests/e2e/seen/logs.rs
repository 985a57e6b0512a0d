//! The fields of a call's line, as they are written down for operators.

use std::collections::BTreeSet;

use super::collector::Collector;
use super::{first_cells, http};
use crate::harness::House;

/// Those of every line, and of one that is written within a call that is traced.
const OF_ALL: [&str; 6] = ["timestamp", "level", "target", "message", "span", "spans"];

#[tokio::test(flavor = "multi_thread")]
async fn a_calls_line_has_the_fields_that_are_written_down() {
    let documented: BTreeSet<String> = first_cells("<!-- fields of a call -->")
        .into_iter()
        .collect();
    let (_collector, url) = Collector::start().await;
    let flags = ["--log", "debug", "--log-format", "json"];
    let traced = [&flags[..], &["--otlp", &url]].concat();
    for (arguments, traced) in [(&flags[..], false), (&traced[..], true)] {
        let house = House::started(|_| arguments.iter().map(|it| (*it).to_owned()).collect()).await;
        let line = "GET /v1/dialogues/nowhere";
        let (status, _) = http(&house.gateway.address, line, &[], "").await;
        assert_eq!(status, 404);
        for running in [&house.gateway, &house.events] {
            let log = running.said();
            let lines = log.lines().map(|line| {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|error| panic!("{error}: {line}"))
            });
            let wanted = "/rapporteur.events.v1.DialogueService/GetDialogue";
            let call = lines
                .filter(|line| line["message"] == "call")
                .find(|line| line["method"] == wanted)
                .unwrap_or_else(|| panic!("no call in\n{log}"));
            let fields = call.as_object().unwrap().keys().cloned();
            let fields: BTreeSet<String> = fields
                .filter(|field| !OF_ALL.contains(&field.as_str()))
                .collect();
            let mut expected = documented.clone();
            if !traced {
                assert!(expected.remove("trace_id"));
            }
            assert_eq!(fields, expected, "{call}");
            assert_eq!(call["code"], "NotFound");
            assert!(call["ms"].as_f64().unwrap() > 0.0);
        }
    }
}
