//! A folder of real data, which is not ours to ship: its files, each with the mapping that is made for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A file, its mapping, and what the caller must say.
type Planned = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// What the caller says for a file.
pub(crate) type Parameters = BTreeMap<String, String>;

const FILES: &[Planned] = &[
    ("reference/countries.csv", "countries", &[]),
    ("reference/country_aliases.csv", "country-aliases", &[]),
    ("reference/languages.csv", "languages", &[]),
    ("reference/eu_event_types.csv", "eu-event-types", &[]),
    ("reference/dialogue_members.csv", "dialogue-members", &[]),
    ("reference/chairmanships.csv", "chairmanships", &[]),
    ("plans/dialogue_plans.jsonl", "dialogue-plans", &[]),
    ("plans/sdg.jsonl", "sdg", &[]),
    ("plans/gcm.jsonl", "gcm", &[]),
    ("recommendations/upr_sessions_1-5_raw.csv", "upr-info", &[]),
    ("recommendations/upr_sessions_6-9_raw.csv", "upr-info", &[]),
    ("recommendations/upr_sessions_10-13.jsonl", "upr-info", &[]),
    (
        "recommendations/ohchr_matrices/upr20_slovenia_matrix.docx",
        "ohchr-matrix",
        &[("country", "SI")],
    ),
    (
        "recommendations/ohchr_matrices/upr34_slovenia_thematic_list.docx",
        "ohchr-matrix",
        &[("country", "SI")],
    ),
    (
        "recommendations/ohchr_matrices/upr_china_2013_matrix.docx",
        "ohchr-matrix",
        &[("country", "CN")],
    ),
    (
        "recommendations/ohchr_matrices/upr20_slovenia_matrix.jsonl",
        "ohchr-matrix-rows",
        &[],
    ),
    (
        "recommendations/ohchr_matrices/upr34_slovenia_thematic_list.jsonl",
        "ohchr-matrix-rows",
        &[],
    ),
    (
        "recommendations/ohchr_matrices/upr_china_2013_matrix.jsonl",
        "ohchr-matrix-rows",
        &[],
    ),
    ("recommendations/taic_recommendations.csv", "taic", &[]),
    (
        "recommendations/taic_status_vocabulary.csv",
        "taic-vocabulary",
        &[],
    ),
    (
        "recommendations/unga_resolutions_sessions_65-74.jsonl",
        "unga-resolutions",
        &[],
    ),
    ("events/dialogue_events.csv", "dialogue-events", &[]),
    (
        "events/europarl_meetings_2022.jsonl",
        "europarl-meetings",
        &[],
    ),
    ("events/conferences_2023-2024.jsonl", "conferences", &[]),
    ("events/upr_timeline_2025-2026.csv", "upr-timeline", &[]),
    ("events/legistar/cook_board.json", "legistar", &[]),
    (
        "events/legistar/chi_citycouncil.json",
        "legistar-search",
        &[],
    ),
    ("events/legistar/chi_citycouncil_event.json", "ocd", &[]),
    ("events/legistar/chi_citycouncil_feed.json", "ocd", &[]),
];

/// Folders of which every file goes through one mapping.
const FOLDERS: &[(&str, &str)] = &[
    ("events/indico_examples", "indico"),
    ("events/oparl_examples", "oparl"),
    ("events/ics_edge", "ical"),
    ("events/iserlohn_council", "ical"),
];

/// What lies beside the files: words about them, posts, and what is expected of others.
const BESIDE: &[&str] = &[
    "README.md",
    "seed.txt",
    "seed_facts.md",
    "events/iserlohn_council/expected_diffs.json",
];

/// The files and their mappings, what others rest on first. A file that none of the lists knows is an error: it would be
/// missed.
pub(crate) fn all(data: &Path) -> Vec<(String, &'static str, Parameters)> {
    let mut all = Vec::new();
    for (file, mapping, parameters) in FILES {
        let parameters = parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        all.push(((*file).to_owned(), *mapping, parameters.collect()));
    }
    for (folder, mapping) in FOLDERS {
        let files = below(data, folder);
        let files = files
            .into_iter()
            .filter(|file| !BESIDE.contains(&file.as_str()));
        all.extend(files.map(|file| (file, *mapping, Parameters::new())));
    }
    let known =
        |file: &String| BESIDE.contains(&file.as_str()) || all.iter().any(|(own, ..)| own == file);
    let missed: Vec<String> = below(data, "")
        .into_iter()
        .filter(|file| !known(file))
        .collect();
    assert_eq!(missed, Vec::<String>::new(), "no mapping is named for them");
    all
}

/// The files in a folder of the data and in those below it, by their names in the data, in their order.
fn below(data: &Path, folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(data.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let name = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            files.extend(below(data, &name));
        } else {
            files.push(name);
        }
    }
    files.sort();
    files
}
