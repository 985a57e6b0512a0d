//! What the small world holds, and how requests about it are put.

use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::plan_service_client::PlanServiceClient;
use rapporteur_proto::events::v1::*;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use crate::world::*;

pub(crate) const RABAT: &str = "dialogues/rabat";
pub(crate) const CBD: &str = "dialogues/cbd";
pub(crate) const EXCOM: &str = "dialogues/excom";
pub(crate) const LISBON: &str = "dialogues/rabat/events/2024-lisbon-hlm";
pub(crate) const PLAN: &str = "dialogues/rabat/plans/cadiz";

/// Partners of Rabat, as the fixture records them: name, group, since, until.
const MEMBERS: [(&str, &str, &str, &str); 5] = [
    ("pt", "europe", "2006", ""),
    ("ma", "africa", "2006", ""),
    ("gm", "africa", "2006", ""),
    // Left in 2023.
    ("gb", "europe", "2006", "2023-06-30"),
    // Joined in 2025.
    ("cv", "africa", "2025-01-01", ""),
];

/// Who held a post, from when to when.
type Holders = &'static [(&'static str, &'static str, &'static str)];

/// Posts of Rabat. For half of 2024 one person was the focal point of Morocco and at the desk of Malta.
const POSTS: [(&str, &str, PostDuty, Holders); 3] = [
    (
        "ma-focal",
        "parties/ma",
        PostDuty::FocalPoint,
        &[
            ("Amina Alaoui", "2020", "2024-12-31"),
            ("Driss Daoudi", "2025-01-01", ""),
        ],
    ),
    (
        "pt-focal",
        "parties/pt",
        PostDuty::FocalPoint,
        &[("Paula Pires", "", "")],
    ),
    (
        "mt-desk",
        "parties/mt",
        PostDuty::ValidatingAuthority,
        &[
            ("Bela Borg", "", "2024-06-30"),
            ("AMINA ALAOUI", "2024-07-01", ""),
        ],
    ),
];

/// The register of the fixture. The plan node 5a is recorded last.
pub(crate) async fn populate(channel: Channel) {
    let mut dialogues = DialogueServiceClient::new(channel.clone());
    let mut parties = PartyServiceClient::new(channel.clone());
    for (id, code, scheme) in [
        ("rabat", "RP", "generic"),
        ("excom", "ExCom", "excom"),
        ("cbd", "CBD", "cbd"),
    ] {
        let body = Body {
            id: "committee".into(),
            kind: BodyKind::ExecutiveCommittee.into(),
            ..Body::default()
        };
        let dialogue = Dialogue {
            title: english(id),
            code: code.into(),
            numbering_scheme: scheme.into(),
            bodies: vec![body],
            ..Dialogue::default()
        };
        let request = CreateDialogueRequest {
            dialogue_id: id.into(),
            dialogue: Some(dialogue),
            ..Default::default()
        };
        dialogues.create_dialogue(request).await.unwrap();
    }
    let organisation = |id: &str| Party {
        kind: PartyKind::Organisation.into(),
        title: english(id),
        ..Party::default()
    };
    for id in ["un", "mt"].into_iter().chain(MEMBERS.iter().map(|m| m.0)) {
        let request = CreatePartyRequest {
            party_id: id.into(),
            party: Some(organisation(id)),
            ..Default::default()
        };
        parties.create_party(request).await.unwrap();
    }
    let observer = Membership {
        party: "parties/un".into(),
        kind: MembershipKind::Observer.into(),
        ..Default::default()
    };
    let partners = MEMBERS.iter().map(|(id, group, start, end)| Membership {
        party: format!("parties/{id}"),
        kind: MembershipKind::Partner.into(),
        group: (*group).into(),
        start: day(start),
        end: day(end),
        ..Membership::default()
    });
    for membership in partners.chain([observer]) {
        let membership_id = membership.party.trim_start_matches("parties/").to_owned();
        let membership = Some(membership);
        let request = CreateMembershipRequest {
            parent: RABAT.into(),
            membership_id,
            membership,
            ..Default::default()
        };
        dialogues.create_membership(request).await.unwrap();
    }
    for (id, party, duty, holders) in POSTS {
        let holders = holders.iter().map(|(holder, start, end)| PostHolder {
            holder: (*holder).into(),
            start: day(start),
            end: day(end),
        });
        let post = Post {
            party: party.into(),
            duty: duty.into(),
            holders: holders.collect(),
            ..Post::default()
        };
        let request = CreatePostRequest {
            parent: RABAT.into(),
            post_id: id.into(),
            post: Some(post),
            ..Default::default()
        };
        dialogues.create_post(request).await.unwrap();
    }
    let mut events = EventServiceClient::new(channel.clone());
    for id in ["2024-lisbon-hlm", "2022-cadiz"] {
        let event = Event {
            kind: EventKind::HighLevelMeeting.into(),
            title: english(id),
            ..Event::default()
        };
        let request = CreateEventRequest {
            parent: RABAT.into(),
            event_id: id.into(),
            event: Some(event),
            ..Default::default()
        };
        events.create_event(request).await.unwrap();
    }
    let mut plans = PlanServiceClient::new(channel);
    let plan = Some(Plan {
        title: english("Cadiz"),
        ..Plan::default()
    });
    let request = CreatePlanRequest {
        parent: RABAT.into(),
        plan_id: "cadiz".into(),
        plan,
        ..Default::default()
    };
    plans.create_plan(request).await.unwrap();
    for (id, above, kind) in [
        ("5", "", PlanNodeKind::Objective),
        ("7", "", PlanNodeKind::Objective),
        ("5a", "5", PlanNodeKind::Action),
    ] {
        let parent_node = if above.is_empty() {
            String::new()
        } else {
            format!("{PLAN}/nodes/{above}")
        };
        let node = PlanNode {
            code: id.into(),
            kind: kind.into(),
            parent_node,
            ..PlanNode::default()
        };
        let request = CreatePlanNodeRequest {
            parent: PLAN.into(),
            plan_node_id: id.into(),
            plan_node: Some(node),
            ..Default::default()
        };
        plans.create_plan_node(request).await.unwrap();
    }
}

pub(crate) fn english(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}

pub(crate) fn day(value: &str) -> Option<CivilDate> {
    (!value.is_empty()).then(|| CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

/// Where a fact that is recorded afterwards comes from.
pub(crate) fn says_so() -> Option<Provenance> {
    Some(Provenance {
        quote: "as the report of the meeting says".into(),
        ..Provenance::default()
    })
}

/// A draft of the Lisbon meeting with this text.
pub(crate) fn text(words: &str) -> Recommendation {
    Recommendation {
        event: LISBON.into(),
        text: english(words),
        ..Recommendation::default()
    }
}

pub(crate) fn adopted(words: &str) -> Recommendation {
    Recommendation {
        state: RecommendationState::Adopted.into(),
        adopted: day("2024-10-16"),
        ..text(words)
    }
}

/// A conclusion of a dialogue; the parent is taken from the name.
pub(crate) fn conclusion(dialogue: &str, number: i32, session: i32, year: i32) -> Instrument {
    Instrument {
        name: format!("{dialogue}/instruments/x"),
        kind: InstrumentKind::Conclusion.into(),
        title: english("A conclusion"),
        number,
        session,
        year,
        ..Instrument::default()
    }
}

pub(crate) fn parent_of(name: &str) -> String {
    name.split('/').take(2).collect::<Vec<_>>().join("/")
}

/// The code, and the first field that the answer names.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.expect_err("this is refused");
    let details = status.get_error_details();
    let field = details
        .bad_request()
        .and_then(|b| b.field_violations.first())
        .map(|v| v.field.clone());
    let info = details.error_info().expect("every status says why");
    let field = field
        .or_else(|| info.metadata.get("field").cloned())
        .unwrap_or_else(|| info.reason.clone());
    (status.code(), field)
}

/// The reason and the legal moves that the answer names.
#[track_caller]
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String, String) {
    let status = answer.expect_err("this is refused");
    let details = status.get_error_details();
    let info = details.error_info().expect("every status says why");
    (
        status.code(),
        info.reason.clone(),
        info.metadata
            .get("legal_moves")
            .cloned()
            .unwrap_or_default(),
    )
}
