//! A small record to follow up, on two feeds.

use rapporteur_proto::Timestamp;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::{Chairmanship, Dialogue, Party, Plan, Post, PostDuty};
use rapporteur_proto::gateway::v1::Position;
use rapporteur_proto::recommendations::v1::{
    Addressee, Implementation, Interval, ProgressReport, ProgressReportState, Recommendation,
    RecommendationState, Schedule,
};
use rapporteur_proto::r#type::v1::CivilDate;

use crate::feed::Feed;

pub(crate) const DIALOGUE: &str = "dialogues/rabat";
pub(crate) const TEXT: &str = "dialogues/rabat/recommendations/r";
pub(crate) const POST: &str = "dialogues/rabat/posts/pt";
pub(crate) const SCHEDULE: &str = "dialogues/rabat/schedules/s";

pub(crate) fn date(value: &str) -> Option<CivilDate> {
    Some(CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

pub(crate) fn subject(party: &str) -> String {
    format!("{TEXT}/addressees/{party}")
}

pub(crate) fn addressee(party: &str, implementation: Implementation) -> Addressee {
    Addressee {
        name: subject(party),
        party: format!("parties/{party}"),
        addressed: date("2024-01-01"),
        implementation: implementation.into(),
        ..Addressee::default()
    }
}

/// The two feeds, and what was put on them so far.
pub(crate) struct Record {
    pub(crate) events: Feed,
    pub(crate) texts: Feed,
    seconds: i64,
    pub(crate) positions: Vec<Position>,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            events: Feed::new(Service::Events),
            texts: Feed::new(Service::Recommendations),
            seconds: 1_700_000_000,
            positions: [Service::Events, Service::Recommendations]
                .map(|service| Position {
                    service: service.into(),
                    position: 0,
                })
                .into(),
        }
    }

    /// Puts a record a second after the one before, and gives the moment.
    pub(crate) fn put<T: prost::Message + prost::Name>(
        &mut self,
        place: usize,
        name: &str,
        record: &T,
    ) -> Timestamp {
        self.seconds += 1;
        let feed = if place == 0 {
            &self.events
        } else {
            &self.texts
        };
        self.positions[place].position = feed.put(self.seconds, name, record);
        Timestamp {
            seconds: self.seconds,
            nanos: 0,
        }
    }
}

/// A dialogue with a party, its post and its chair; a text addressed to three parties; a schedule.
pub(crate) fn fill(record: &mut Record) {
    let dialogue = Dialogue {
        name: DIALOGUE.into(),
        ..Dialogue::default()
    };
    record.put(0, DIALOGUE, &dialogue);
    let party = Party {
        name: "parties/pt".into(),
        ..Party::default()
    };
    record.put(0, "parties/pt", &party);
    let post = Post {
        name: POST.into(),
        party: "parties/pt".into(),
        duty: PostDuty::FocalPoint.into(),
        ..Post::default()
    };
    record.put(0, POST, &post);
    let chair = format!("{DIALOGUE}/chairmanships/pt");
    let term = Chairmanship {
        name: chair.clone(),
        party: "parties/pt".into(),
        start: date("2024"),
        end: date("2024"),
        ..Chairmanship::default()
    };
    record.put(0, &chair, &term);
    let plan = format!("{DIALOGUE}/plans/cadiz");
    record.put(
        0,
        &plan,
        &Plan {
            name: plan.clone(),
            ..Plan::default()
        },
    );
    let text = Recommendation {
        name: TEXT.into(),
        state: RecommendationState::Adopted.into(),
        ..Recommendation::default()
    };
    record.put(1, TEXT, &text);
    for party in ["ma", "ng", "pt"] {
        let entry = addressee(party, Implementation::None);
        record.put(1, &entry.name, &entry);
    }
    let schedule = Schedule {
        name: SCHEDULE.into(),
        interval: Some(Interval {
            months: 6,
            first_due: date("2024-06-30"),
        }),
        ..Schedule::default()
    };
    record.put(1, SCHEDULE, &schedule);
}

pub(crate) fn report(state: ProgressReportState) -> ProgressReport {
    ProgressReport {
        name: format!("{DIALOGUE}/reports/p"),
        subject: subject("pt"),
        state: state.into(),
        submitted: date("2024-06-15"),
        claimed: Implementation::InProgress.into(),
        author_post: POST.into(),
        ..ProgressReport::default()
    }
}
