//! Coverage of a plan in process, with its whole proof, against serialising the same answer: what no answer can do
//! without. It is held against a time too, since somebody waits for it.

use std::sync::Arc;

use anyhow::{Result, ensure};
use prost::{Message, Name};
use rapporteur_proto::events::v1::{Dialogue, Event, EventState, Plan, PlanNode, PlanNodeKind};
use rapporteur_proto::gateway::v1::Coverage;
use rapporteur_proto::recommendations::v1::{Recommendation, RecommendationState};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink, PlanLinkKind};
use rapporteur_views::{Model, Question, coverage};

use crate::load::Work;
use crate::plan;
use crate::record;
use crate::rounds::{Contestant, contest};
use crate::table::{Figure, Outcome, Row, Target};

/// Dialogues that share the record; each has a plan of its own.
const DIALOGUES: usize = 10;
/// Recommendations of each event.
const TEXTS: usize = 10;
/// A plan such as that of Cadiz: areas, objectives below them, actions below those.
const LEVELS: [(PlanNodeKind, usize); 3] = [
    (PlanNodeKind::Area, 5),
    (PlanNodeKind::Objective, 10),
    (PlanNodeKind::Action, 29),
];
/// Longest time in which somebody who waits does not notice that he does, in milliseconds.
const WAIT_MS: f64 = 50.0;

fn plan_of(dialogue: usize) -> String {
    format!("dialogues/d{dialogue}/plans/p")
}

fn node(dialogue: usize, kind: PlanNodeKind, place: usize) -> String {
    format!("{}/nodes/{}{place}", plan_of(dialogue), i32::from(kind))
}

/// A record of so many events and ten times as many recommendations.
fn model(events: usize) -> Model {
    let mut model = Model::default();
    for dialogue in 0..DIALOGUES {
        let name = format!("dialogues/d{dialogue}");
        put(
            &mut model,
            &name,
            &Dialogue {
                name: name.clone(),
                ..Dialogue::default()
            },
        );
        let name = plan_of(dialogue);
        put(
            &mut model,
            &name,
            &Plan {
                name: name.clone(),
                ..Plan::default()
            },
        );
        let mut above: Option<(PlanNodeKind, usize)> = None;
        for (kind, count) in LEVELS {
            for place in 0..count {
                let parent = above.map(|(kind, above)| node(dialogue, kind, place % above));
                let one = PlanNode {
                    name: node(dialogue, kind, place),
                    code: place.to_string(),
                    kind: kind.into(),
                    text: text("Action", place),
                    parent_node: parent.unwrap_or_default(),
                    ..PlanNode::default()
                };
                put(&mut model, &one.name, &one);
            }
            above = Some((kind, count));
        }
    }
    for number in 0..events {
        let dialogue = number % DIALOGUES;
        let name = format!("dialogues/d{dialogue}/events/e{number:06}");
        let links = [number / DIALOGUES, number / DIALOGUES + 7];
        put(
            &mut model,
            &name,
            &Event {
                name: name.clone(),
                state: EventState::Held.into(),
                plan_links: links.map(|place| link(dialogue, place)).into(),
                ..record::event(number as u64)
            },
        );
        for place in 0..TEXTS {
            let one = Recommendation {
                name: format!("dialogues/d{dialogue}/recommendations/r{number:06}.{place}"),
                event: name.clone(),
                state: RecommendationState::Adopted.into(),
                text: text("Recommendation", number * TEXTS + place),
                plan_links: vec![link(dialogue, number / DIALOGUES + place)],
                adopted: Some(CivilDate {
                    value: "2024".into(),
                    ..CivilDate::default()
                }),
                ..Recommendation::default()
            };
            put(&mut model, &one.name, &one);
        }
    }
    model
}

fn put<T: Message + Name>(model: &mut Model, name: &str, record: &T) {
    model.apply(name, &T::full_name(), Some(&record.encode_to_vec()));
}

fn text(word: &str, number: usize) -> Option<LocalizedText> {
    let words = format!("{word} {number} on the return of those who wish to");
    Some(LocalizedText {
        by_language: [("en".to_owned(), words)].into(),
        ..LocalizedText::default()
    })
}

fn link(dialogue: usize, place: usize) -> PlanLink {
    let (kind, count) = LEVELS[2];
    PlanLink {
        node: node(dialogue, kind, place % count),
        kind: PlanLinkKind::Addressed.into(),
        provenance: None,
    }
}

/// One caller, who counts anew or serialises what was counted.
#[derive(Clone)]
enum Answering {
    Counting(Arc<Model>, Question),
    Serialising(Arc<Coverage>),
}

impl Work for Answering {
    async fn call(&mut self) -> Result<()> {
        let bytes = match self {
            Self::Counting(model, question) => coverage(model, question)?.events_counted > 0,
            Self::Serialising(answer) => !answer.encode_to_vec().is_empty(),
        };
        ensure!(bytes, "there is no answer");
        Ok(())
    }
}

/// Coverage of one plan of ten in a record of so many events.
pub async fn coverages(plan: &plan::Plan) -> Result<Outcome> {
    let model = Arc::new(model(plan.covered));
    let question = Question {
        plan: plan_of(0),
        ..Question::default()
    };
    let answer = coverage(&model, &question)?;
    let proofs: usize = answer.nodes.iter().map(|node| node.proof.len()).sum();
    let (events, texts) = (model.events.len(), model.recommendations.len());
    let size = answer.encoded_len() as f64 / f64::from(1 << 20);
    let what = format!(
        "coverage at {events} events and {texts} recommendations, {proofs} proofs, {size:.1} MiB"
    );
    let contestants = [
        (what, Answering::Counting(model, question)),
        (
            "serialising the same answer".to_owned(),
            Answering::Serialising(Arc::new(answer)),
        ),
    ];
    let contestants = contestants.map(|(name, caller)| Contestant {
        name,
        callers: vec![caller],
        servers: Vec::new(),
    });
    let series = contest(&contestants, plan.reads).await?;
    let took = 1_000.0 / series[0].rate();
    let in_time = Row {
        what: format!("{}, time of an answer", series[0].name),
        against: format!("{WAIT_MS} ms"),
        ratio: took / WAIT_MS,
        target: Some(Target::AtMost(1.0)),
        measured: format!("{took:.1} ms"),
        reference: format!("{WAIT_MS} ms"),
    };
    Ok(Outcome {
        rows: vec![Row::slower(&series[0], &series[1], None), in_time],
        figures: series.iter().map(Figure::of).collect(),
    })
}
