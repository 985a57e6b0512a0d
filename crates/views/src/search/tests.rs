use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use rapporteur_proto::events::v1::{EventState, Source};
use rapporteur_proto::gateway::v1::{SearchField, SearchOrder, SearchRequest, SearchResponse};
use rapporteur_proto::r#type::v1::{Document as Paper, LocalizedText, Visibility};
use rapporteur_records::Sight;
use rapporteur_search::index::record_of;
use rapporteur_search::rank::Text;
use rapporteur_search::{Document, Index};
use tempfile::TempDir;

use super::answer::{shown, texts};
use super::depends::dependents;
use super::lens::{Lens, lens};
use super::question::SearchQuestion;
use super::remembered::Remembered;
use super::thing::{Findable, Thing, documents, internal};
use super::{KEYWORDS, words};
use crate::model::Model;
use crate::sample::history::{Dice, SECRET, history};
use crate::sample::{self, Put as _};
use crate::shelf::Shelf;

const FACETS: [SearchField; 10] = [
    SearchField::Dialogue,
    SearchField::Theme,
    SearchField::Kind,
    SearchField::State,
    SearchField::Party,
    SearchField::Year,
    SearchField::PlanNode,
    SearchField::Language,
    SearchField::Response,
    SearchField::Implementation,
];

/// All records that can be found.
fn names(model: &Model) -> BTreeSet<String> {
    let events = model.events.keys().chain(model.instruments.keys());
    let texts = model.recommendations.keys().chain(model.commitments.keys());
    let others = model.reports.keys().chain(model.sources.keys());
    events.chain(texts).chain(others).cloned().collect()
}

struct Indexed {
    index: Arc<Index>,
    _folder: TempDir,
}

impl Indexed {
    fn of(model: &Model) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Arc::new(Index::create(folder.path(), KEYWORDS).unwrap());
        let mut writer = index.writer(0).unwrap();
        for name in names(model) {
            writer.put(&name, &documents(model, &name)).unwrap();
        }
        writer.commit("", true).unwrap();
        writer.finish().unwrap();
        Self {
            index,
            _folder: folder,
        }
    }

    fn ask(&self, model: &Model, sight: &Sight, request: &SearchRequest) -> SearchResponse {
        let question = SearchQuestion::read(request, model, sight).unwrap();
        let remembered = Remembered::default();
        let texts = |names: &[&str], show: &mut dyn FnMut(&[Text])| {
            texts((model, &remembered), sight, names, show);
        };
        let answer = question.ask(&self.index, 1_000, &[], &texts).unwrap();
        let found = shown((model, &remembered.readings), &question, answer);
        assert_eq!(found.next, None);
        found.response
    }
}

fn sights() -> [Sight; 5] {
    [
        Sight::Public,
        Sight::dialogues(["dialogues/rabat"]),
        Sight::dialogues(["dialogues/khartoum"]),
        Sight::dialogues(["dialogues/rabat", "dialogues/khartoum"]),
        Sight::Everything,
    ]
}

/// What a reader who goes through every record by hand finds, from a model in which there is nothing that they may
/// not see.
fn listed(seen: &Model, sight: &Sight) -> Vec<Document> {
    let mut all = Vec::new();
    for name in names(seen) {
        let within = if sight.sees_inside(&name) {
            Lens::inside(seen, &name)
        } else {
            Lens::public(seen)
        };
        let one = Findable::of(seen, &name).unwrap();
        all.extend(one.things(within, &name).into_iter().map(Thing::untagged));
    }
    all
}

fn filter(request: &mut SearchRequest, field: SearchField, value: &str) {
    let list = match field {
        SearchField::Dialogue => &mut request.dialogues,
        SearchField::Theme => &mut request.themes,
        SearchField::Kind => &mut request.kinds,
        SearchField::State => &mut request.states,
        SearchField::Party => &mut request.parties,
        SearchField::Year => &mut request.years,
        SearchField::PlanNode => &mut request.plan_nodes,
        SearchField::Language => &mut request.languages,
        SearchField::Response => &mut request.responses,
        SearchField::Implementation => &mut request.implementations,
        SearchField::Unspecified => return,
    };
    list.push(value.to_owned());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// For each reader: what is found is what they may see; each count is the count of what they could list, and
    /// the length of the list that the value as a filter gives.
    #[test]
    fn counts_are_what_each_reader_could_list(seed in any::<u64>()) {
        let (mut model, mut shelf) = (Model::default(), Shelf::default());
        for step in history(seed, 120) {
            step.apply(&mut model);
            step.apply_to(&mut shelf);
        }
        let indexed = Indexed::of(&model);
        let mut dice = Dice(seed | 1);
        for sight in sights() {
            shelf.add(&sight);
            let seen = shelf.get(&sight).unwrap();
            let by_hand = listed(seen, &sight);
            let all = SearchRequest {
                facets: FACETS.map(i32::from).to_vec(),
                facet_size: 1_000,
                ..SearchRequest::default()
            };
            let answer = indexed.ask(&model, &sight, &all);
            let found: BTreeSet<&str> = answer.hits.iter().map(|hit| hit.name.as_str()).collect();
            let expected: BTreeSet<&str> = by_hand.iter().map(|one| record_of(&one.name)).collect();
            prop_assert_eq!(&found, &expected, "{:?}", sight);
            prop_assert_eq!(answer.total, by_hand.len() as i64);
            for (field, facet) in FACETS.into_iter().zip(&answer.facets) {
                let keyword = words::of(field).unwrap();
                let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
                for (_, value) in by_hand.iter().flat_map(|one| &one.keywords).filter(|(of, _)| *of == keyword) {
                    *expected.entry(value).or_default() += 1;
                }
                let counted: BTreeMap<&str, i64> = facet.values.iter().map(|v| (v.value.as_str(), v.count)).collect();
                prop_assert_eq!(&counted, &expected, "{:?} {:?}", sight, field);
                if let Some((value, count)) = counted.into_iter().nth(dice.below(facet.values.len().max(1))) {
                    let mut request = SearchRequest::default();
                    filter(&mut request, field, value);
                    prop_assert_eq!(indexed.ask(&model, &sight, &request).total, count, "{:?} {}", field, value);
                }
            }
            // Words that only some may read lead to nothing, and not to a guess either.
            let secret = SearchRequest { query: SECRET.into(), ..SearchRequest::default() };
            for hit in indexed.ask(&model, &sight, &secret).hits {
                prop_assert!(found.contains(hit.name.as_str()), "{:?} {}", sight, hit.name);
            }
        }
    }

    /// Writing again what a change has a say in gives what writing everything again does.
    #[test]
    fn no_change_leaves_a_document_behind(seed in any::<u64>()) {
        let mut model = Model::default();
        let mut kept: HashMap<String, Vec<Document>> = HashMap::new();
        for step in history(seed, 60) {
            step.apply(&mut model);
            for name in dependents(&model, [step.name.clone()]) {
                kept.insert(name.clone(), documents(&model, &name));
            }
            for name in names(&model) {
                prop_assert_eq!(kept.get(&name), Some(&documents(&model, &name)), "{} after {}", name, step.name);
            }
        }
    }
}

/// Two dialogues; an event with a paper, a recommendation of an internal event, a source with a hashtag.
fn model() -> Model {
    let mut model = sample::plan();
    for dialogue in ["rabat", "khartoum"] {
        model.put(rapporteur_proto::events::v1::Dialogue {
            name: format!("dialogues/{dialogue}"),
            ..Default::default()
        });
    }
    let mut party = rapporteur_proto::events::v1::Party {
        name: "parties/sn".into(),
        aliases: vec!["Republic of Senegal".into()],
        ..Default::default()
    };
    party.title = Some(LocalizedText {
        by_language: [
            ("en".into(), "Senegal".into()),
            ("fr".into(), "Sénégal".into()),
        ]
        .into(),
        ..LocalizedText::default()
    });
    model.put(party);
    let mut event = sample::event("rabat", "open", "2024-05-01");
    event.title = sample::text("Thematic meeting on missing migrants");
    event.themes = vec!["labour-migration".into()];
    event.documents = vec![Paper {
        id: "note".into(),
        title: sample::text("Concept note about forensic identification"),
        ..Paper::default()
    }];
    model.put(event);
    let mut hidden = sample::event("rabat", "hidden", "2021-03-01");
    hidden.set_visibility(Visibility::Internal);
    hidden.title = sample::text("Retreat on xyzzy");
    model.put(hidden.clone());
    let mut text = sample::recommendation("rabat", "r", &hidden.name);
    text.text = sample::text("Establish a network on missing migrants");
    text.plan_links = vec![sample::link(
        "5a.1",
        rapporteur_proto::r#type::v1::PlanLinkKind::Addressed,
    )];
    model.put(text.clone());
    model.put(rapporteur_proto::recommendations::v1::Addressee {
        name: format!("{}/addressees/sn", text.name),
        party: "parties/sn".into(),
        ..Default::default()
    });
    model.apply(
        "sources/post",
        "rapporteur.events.v1.Source",
        Some(&prost::Message::encode_to_vec(&Source {
            name: "sources/post".into(),
            text: "Today in Dakar".into(),
            language: "en".into(),
            hashtags: vec!["LaborMigration".into()],
            dialogues: vec!["dialogues/rabat".into()],
            ..Source::default()
        })),
    );
    model
}

fn found(model: &Model, sight: &Sight, query: &str) -> Vec<String> {
    let request = SearchRequest {
        query: query.into(),
        order: SearchOrder::Earliest.into(),
        ..SearchRequest::default()
    };
    let answer = Indexed::of(model).ask(model, sight, &request);
    let name = |hit: rapporteur_proto::gateway::v1::SearchHit| {
        let id = hit.name.rsplit('/').next().unwrap_or_default().to_owned();
        if hit.document.is_empty() {
            id
        } else {
            format!("{id}#{}", hit.document)
        }
    };
    let mut names: Vec<String> = answer.hits.into_iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn fields_are_understood_as_people_say_them() {
    let model = model();
    for (query, names) in [
        ("missing migrant", vec!["open", "r"]),
        ("forensic", vec!["open#note"]),
        ("theme:labor-migration", vec!["open", "open#note"]),
        ("#LabourMigration", vec!["open", "open#note", "post"]),
        ("party:Sénégal", vec!["r"]),
        ("party:\"republic of senegal\"", vec!["r"]),
        ("party:sn missing", vec!["r"]),
        ("node:cadiz/5a", vec!["r"]),
        ("node:a3 kind:recommendation", vec!["r"]),
        ("kind:event,source", vec!["open", "post"]),
        ("year:2024", vec!["open", "open#note"]),
        ("year:..2023", vec![]),
        ("from:2024-05 to:2024", vec!["open", "open#note"]),
        ("state:held", vec!["open"]),
        (
            "lang:en dialogue:rabat -kind:document",
            vec!["open", "post", "r"],
        ),
    ] {
        assert_eq!(found(&model, &Sight::Public, query), names, "{query}");
    }
    for (query, says) in [
        ("party:zz", "no party"),
        ("node:9z", "no node"),
        ("kind:meeting", "recommendation"),
        ("state:sleeping", "cancelled"),
        ("year:24", "2021..2024"),
        ("from:May", "2024-10-16"),
        ("color:red", "dialogue, theme"),
    ] {
        let request = SearchRequest {
            query: query.into(),
            ..SearchRequest::default()
        };
        let error = SearchQuestion::read(&request, &model, &Sight::Public).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("query") && error.contains(says),
            "{query}: {error}"
        );
    }
}

#[test]
fn nothing_of_a_hidden_event_shows_in_what_follows_from_it() {
    let mut model = model();
    let rabat = Sight::dialogues(["dialogues/rabat"]);
    let khartoum = Sight::dialogues(["dialogues/khartoum"]);
    for (sight, there) in [
        (&Sight::Public, 0),
        (&khartoum, 0),
        (&rabat, 1),
        (&Sight::Everything, 1),
    ] {
        assert_eq!(found(&model, sight, "xyzzy").len(), there, "{sight:?}");
        // The year of the text is that of the hidden event.
        let names = found(&model, sight, "year:2021 kind:recommendation");
        assert_eq!(names.len(), there, "{sight:?}");
        assert_eq!(
            found(&model, sight, "network"),
            ["r"],
            "one version each: {sight:?}"
        );
    }
    // Opened: everybody sees the same, and there is one document.
    let mut event = model.events["dialogues/rabat/events/hidden"].clone();
    event.set_visibility(Visibility::Public);
    model.put(event.clone());
    assert_eq!(
        documents(&model, "dialogues/rabat/recommendations/r").len(),
        1
    );
    assert_eq!(found(&model, &Sight::Public, "year:2021"), ["hidden", "r"]);
    // A draft is for those who work on it.
    event.set_state(EventState::Draft);
    model.put(event);
    assert_eq!(found(&model, &Sight::Public, "xyzzy"), [""; 0]);
    assert_eq!(found(&model, &rabat, "xyzzy"), ["hidden"]);
}

#[test]
fn what_has_become_hidden_since_it_was_indexed_is_not_shown() {
    let mut model = model();
    let indexed = Indexed::of(&model);
    let mut event = model.events["dialogues/rabat/events/open"].clone();
    event.set_visibility(Visibility::Internal);
    model.put(event.clone());
    assert!(
        lens(
            &model,
            &event.name,
            internal(&model, &event.name).unwrap(),
            &Sight::Public
        )
        .is_none()
    );
    let request = SearchRequest {
        query: "thematic".into(),
        ..SearchRequest::default()
    };
    assert!(
        indexed
            .ask(&model, &Sight::Public, &request)
            .hits
            .is_empty()
    );
    assert_eq!(
        indexed.ask(&model, &Sight::Everything, &request).hits.len(),
        1
    );
}

#[test]
fn hits_show_what_was_found_in_pieces() {
    let model = model();
    let request = SearchRequest {
        query: "migrants".into(),
        kinds: vec!["event".into()],
        ..SearchRequest::default()
    };
    let answer = Indexed::of(&model).ask(&model, &Sight::Public, &request);
    let hit = &answer.hits[0];
    let pieces: Vec<(&str, bool)> = hit.highlights[0]
        .pieces
        .iter()
        .map(|p| (p.text.as_str(), p.found))
        .collect();
    assert_eq!(
        pieces,
        [("Thematic meeting on missing ", false), ("migrants", true)]
    );
    assert_eq!(
        (hit.kind.as_str(), hit.state.as_str(), hit.date.as_str()),
        ("event", "held", "2024-05-01")
    );
    assert!(hit.score > 0.0);
}

#[test]
fn a_request_names_every_wrong_field() {
    let request = SearchRequest {
        query: "a ".repeat(100),
        themes: vec![String::new()],
        years: vec!["soon".into()],
        kinds: vec!["event".into(); 101],
        from: "May".into(),
        facets: vec![0, 99],
        facet_size: -1,
        order: 9,
        language: "no_such".into(),
        ..SearchRequest::default()
    };
    let error = SearchQuestion::read(&request, &Model::default(), &Sight::Public)
        .unwrap_err()
        .to_string();
    for field in [
        "query:",
        "themes[0]:",
        "years[0]:",
        "kinds:",
        "from:",
        "facets[0]:",
        "facets[1]:",
        "facet_size:",
        "order:",
        "language:",
    ] {
        assert!(error.contains(field), "{field} in {error}");
    }
}
