//! Coverage, trace and status over services that have only a feed.

use rapporteur_proto::Timestamp;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::{Dialogue, Event, EventState, Plan, PlanNode, PlanNodeKind};
use rapporteur_proto::gateway::v1::coverage_service_client::CoverageServiceClient;
use rapporteur_proto::gateway::v1::status_service_client::StatusServiceClient;
use rapporteur_proto::gateway::v1::trace_service_client::TraceServiceClient;
use rapporteur_proto::gateway::v1::{
    Coverage, GetCoverageRequest, GetStatusRequest, Position, TraceRequest,
};
use rapporteur_proto::recommendations::v1::{Recommendation, RecommendationState};
use rapporteur_proto::r#type::v1::{CivilDate, PlanLink, PlanLinkKind};

use super::*;
use crate::feed::Feed;

const PLAN: &str = "dialogues/rabat/plans/cadiz";
const NODE: &str = "dialogues/rabat/plans/cadiz/nodes/1";
const EVENT: &str = "dialogues/rabat/events/e";
const TEXT: &str = "dialogues/rabat/recommendations/r";

fn event() -> Event {
    Event {
        name: EVENT.into(),
        state: EventState::Held.into(),
        start: Some(CivilDate {
            value: "2023-04-25".into(),
            ..CivilDate::default()
        }),
        plan_links: vec![PlanLink {
            node: NODE.into(),
            kind: PlanLinkKind::Addressed.into(),
            provenance: None,
        }],
        ..Event::default()
    }
}

/// A plan of one area, at the seconds 10 to 12.
fn plan(events: &Feed) {
    events.put(
        10,
        "dialogues/rabat",
        &Dialogue {
            name: "dialogues/rabat".into(),
            ..Dialogue::default()
        },
    );
    events.put(
        11,
        PLAN,
        &Plan {
            name: PLAN.into(),
            ..Plan::default()
        },
    );
    let node = PlanNode {
        name: NODE.into(),
        code: "1".into(),
        kind: PlanNodeKind::Area.into(),
        ..PlanNode::default()
    };
    events.put(12, NODE, &node);
}

fn at_least(position: u64) -> GetCoverageRequest {
    let at_least = vec![Position {
        service: Service::Events.into(),
        position,
    }];
    GetCoverageRequest {
        plan: PLAN.into(),
        at_least,
        ..GetCoverageRequest::default()
    }
}

async fn covered(gateway: &Gateway, request: GetCoverageRequest) -> Result<Coverage, Status> {
    let mut client = CoverageServiceClient::new(gateway.channel.clone());
    soon("coverage", client.get_coverage(request))
        .await
        .map(Response::into_inner)
}

#[tokio::test]
async fn an_answer_is_as_new_as_it_was_asked_for() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    plan(&events);
    let (one, other) = (events.serve().await, texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let before = covered(&gateway, at_least(3)).await.unwrap();
    assert_eq!((before.levels[0].addressed, before.levels[0].total), (0, 1));
    let position = events.put(20, EVENT, &event());
    let after = covered(&gateway, at_least(position)).await.unwrap();
    assert_eq!((after.levels[0].addressed, after.events_counted), (1, 1));
    assert_eq!(after.nodes[0].proof[0].name, EVENT);
    assert_eq!(
        after.positions[0],
        Position {
            service: Service::Events.into(),
            position
        }
    );

    // A commit with nothing in it for the views moves them on as well.
    let position = events.put_nothing(20);
    let same = covered(&gateway, at_least(position)).await.unwrap();
    assert_eq!(
        (same.positions[0].position, same.events_counted),
        (position, 1)
    );

    let behind = covered(&gateway, at_least(position + 1)).await.unwrap_err();
    assert_down(&behind, "events");
    assert!(
        behind.message().contains("position 6") && behind.message().contains("up to 5"),
        "{behind:?}"
    );

    let moment = |seconds| GetCoverageRequest {
        as_of: Some(Timestamp { seconds, nanos: 0 }),
        ..at_least(0)
    };
    let then = covered(&gateway, moment(19)).await.unwrap();
    assert_eq!(
        (then.levels[0].addressed, then.positions[0].position),
        (0, 3)
    );
    let now = covered(&gateway, moment(20)).await.unwrap();
    assert_eq!(now.levels, after.levels);
    assert_eq!(now.positions, same.positions);
    assert_eq!(
        covered(&gateway, moment(10)).await.unwrap_err().code(),
        Code::NotFound,
        "there was no plan yet"
    );
}

#[tokio::test]
async fn views_outlive_a_restart_and_the_absence_of_services() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    plan(&events);
    let position = events.put(20, EVENT, &event());
    let adopted = Recommendation {
        name: TEXT.into(),
        event: EVENT.into(),
        state: RecommendationState::Adopted.into(),
        ..Recommendation::default()
    };
    let text = texts.put(30, TEXT, &adopted);
    let (one, other) = (events.serve().await, texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut request = at_least(position);
    request.at_least.push(Position {
        service: Service::Recommendations.into(),
        position: text,
    });
    let before = covered(&gateway, request.clone()).await.unwrap();
    let folder = gateway.stop().await;

    let gateway = Gateway::start_in(folder, &nobody().await, &nobody().await).await;
    assert_eq!(covered(&gateway, request).await.unwrap(), before);
    let mut client = TraceServiceClient::new(gateway.channel.clone());
    let asked = TraceRequest {
        name: TEXT.into(),
        ..TraceRequest::default()
    };
    let hops = soon("trace", client.trace(asked))
        .await
        .unwrap()
        .into_inner()
        .hops;
    assert_eq!(
        hops.iter().map(|hop| hop.name.as_str()).collect::<Vec<_>>(),
        [EVENT, TEXT]
    );
}

#[tokio::test]
async fn views_of_a_replaced_history_are_made_anew() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    plan(&events);
    let position = events.put(20, EVENT, &event());
    let (one, other) = (events.serve().await, texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    assert_eq!(
        covered(&gateway, at_least(position)).await.unwrap().levels[0].addressed,
        1
    );
    events.begin_anew();
    plan(&events);
    soon("the views to be made anew", async {
        // In between there is an answer from before, none, or that the views are being filled.
        while !covered(&gateway, at_least(0))
            .await
            .is_ok_and(|answer| answer.levels[0].addressed == 0)
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        covered(&gateway, at_least(3)).await.unwrap().positions[0].position,
        3
    );
}

#[tokio::test]
async fn status_says_how_each_part_is() {
    let events = Feed::new(Service::Events);
    plan(&events);
    let (one, gone) = (events.serve().await, nobody().await);
    let gateway = Gateway::start(&one.url, &gone).await;
    let mut client = StatusServiceClient::new(gateway.channel.clone());
    let services = soon("the views to have read everything", async {
        loop {
            let answer = client
                .get_status(GetStatusRequest {})
                .await
                .unwrap()
                .into_inner()
                .services;
            if answer[1].viewed == 3 {
                break answer;
            }
        }
    })
    .await;
    let parts: Vec<_> = services
        .iter()
        .map(|s| (s.service.as_str(), s.serving))
        .collect();
    assert_eq!(
        parts,
        [
            ("gateway", true),
            ("events", true),
            ("recommendations", false)
        ]
    );
    assert_eq!(services[0].engine, "sled-0.34");
    assert_eq!(
        (services[1].head, services[1].address.as_str()),
        (3, one.url.as_str())
    );
    assert!(!services[2].detail.is_empty());

    // A service that was never read cannot be counted from.
    assert_down(
        &covered(&gateway, at_least(0)).await.unwrap_err(),
        "recommendations",
    );
}
