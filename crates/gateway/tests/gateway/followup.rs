//! Follow-up over services that have only a feed.

use rapporteur_proto::Timestamp;
use rapporteur_proto::gateway::v1::follow_up_service_client::FollowUpServiceClient;
use rapporteur_proto::gateway::v1::trace_service_client::TraceServiceClient;
use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, GetFiguresRequest, GetHandoverRequest, GetInboxRequest,
    Inbox, ItemFlag, ListDuesRequest, ListDuesResponse, ListGapsRequest, ListGapsResponse,
    ListOpenItemsRequest, ListOpenItemsResponse, Position, TraceRequest,
};
use rapporteur_proto::recommendations::v1::{
    Commitment, CommitmentState, Implementation, ProgressReportState,
};

use super::*;
use crate::record::{DIALOGUE, POST, Record, TEXT, addressee, fill, report, subject};

const ON: &str = "2024-12-31";

type Client = FollowUpServiceClient<InterceptedService<Channel, Keyed>>;

#[tokio::test]
async fn pages_are_sealed_and_bound_to_their_query() {
    let mut record = Record::new();
    fill(&mut record);
    let (one, other) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut client =
        FollowUpServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let first = ListOpenItemsRequest {
        page_size: 2,
        at_least: record.positions.clone(),
        ..ListOpenItemsRequest::default()
    };
    let page = soon("items", client.list_open_items(first.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((page.items.len(), page.total), (2, 3));
    assert_eq!(page.positions, record.positions);
    assert_eq!(page.items[0].name, subject("ma"));
    let next = ListOpenItemsRequest {
        page_token: page.next_page_token.clone(),
        page_size: 50,
        ..first.clone()
    };
    let rest = soon("the rest", client.list_open_items(next.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(rest.items.len(), 1);
    assert_eq!((rest.on, rest.next_page_token.as_str()), (page.on, ""));
    for odd in [
        ListOpenItemsRequest {
            parties: vec!["parties/pt".into()],
            ..next.clone()
        },
        ListOpenItemsRequest {
            page_token: "x".into(),
            ..next.clone()
        },
        ListOpenItemsRequest {
            on: "soon".into(),
            page_token: String::new(),
            ..next.clone()
        },
    ] {
        let refused = client.list_open_items(odd).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    let dues = ListDuesRequest {
        page_token: page.next_page_token,
        ..ListDuesRequest::default()
    };
    let refused = client.list_dues(dues).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Code::InvalidArgument,
        "a token of another list"
    );
    let unknown = ListOpenItemsRequest {
        posts: vec![format!("{DIALOGUE}/posts/none")],
        ..ListOpenItemsRequest::default()
    };
    let refused = client.list_open_items(unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let mut behind = record.positions.clone();
    behind[1].position += 1;
    let ahead = CountItemsRequest {
        at_least: behind,
        ..CountItemsRequest::default()
    };
    assert_down(
        &client.count_items(ahead).await.unwrap_err(),
        "recommendations",
    );
}

/// Every list and figure that follows from one state of the record.
#[derive(Debug, PartialEq)]
struct Answers(
    ListOpenItemsResponse,
    CountItemsResponse,
    ListGapsResponse,
    ListDuesResponse,
    Inbox,
);

async fn answers(client: &mut Client, as_of: Option<Timestamp>, at_least: &[Position]) -> Answers {
    let (on, at_least) = (ON.to_owned(), at_least.to_vec());
    let items = ListOpenItemsRequest {
        all: true,
        on: on.clone(),
        as_of,
        at_least: at_least.clone(),
        ..ListOpenItemsRequest::default()
    };
    let counts = CountItemsRequest {
        on: on.clone(),
        as_of,
        at_least: at_least.clone(),
        ..CountItemsRequest::default()
    };
    let gaps = ListGapsRequest {
        on: on.clone(),
        as_of,
        at_least: at_least.clone(),
        ..ListGapsRequest::default()
    };
    let dues = ListDuesRequest {
        on: on.clone(),
        as_of,
        at_least: at_least.clone(),
        ..ListDuesRequest::default()
    };
    let inbox = GetInboxRequest {
        post: POST.into(),
        on,
        as_of,
        at_least,
        ..GetInboxRequest::default()
    };
    Answers(
        soon("items", client.list_open_items(items))
            .await
            .unwrap()
            .into_inner(),
        soon("counts", client.count_items(counts))
            .await
            .unwrap()
            .into_inner(),
        soon("gaps", client.list_gaps(gaps))
            .await
            .unwrap()
            .into_inner(),
        soon("dues", client.list_dues(dues))
            .await
            .unwrap()
            .into_inner(),
        soon("an inbox", client.get_inbox(inbox))
            .await
            .unwrap()
            .into_inner(),
    )
}

#[tokio::test]
async fn answers_of_a_moment_are_those_that_were_given_then() {
    let mut record = Record::new();
    fill(&mut record);
    let (one, other) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut client =
        FollowUpServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let commitment = |state: CommitmentState| Commitment {
        name: format!("{DIALOGUE}/commitments/c"),
        owners: vec!["parties/pt".into()],
        recommendations: vec![TEXT.into()],
        state: state.into(),
        ..Commitment::default()
    };
    let mut told = Vec::new();
    for step in 0..8 {
        let moment = match step {
            0 => record.put(
                1,
                "dialogues/rabat/reports/p",
                &report(ProgressReportState::Draft),
            ),
            1 => record.put(
                1,
                "dialogues/rabat/reports/p",
                &report(ProgressReportState::Submitted),
            ),
            2 => record.put(
                1,
                "dialogues/rabat/reports/p",
                &report(ProgressReportState::Returned),
            ),
            3 => record.put(
                1,
                "dialogues/rabat/reports/p",
                &report(ProgressReportState::Verified),
            ),
            4 => record.put(
                1,
                &subject("pt"),
                &addressee("pt", Implementation::InProgress),
            ),
            5 => record.put(
                1,
                "dialogues/rabat/commitments/c",
                &commitment(CommitmentState::Proposed),
            ),
            6 => record.put(
                1,
                "dialogues/rabat/commitments/c",
                &commitment(CommitmentState::OnHold),
            ),
            _ => record.put(
                1,
                &subject("ma"),
                &addressee("ma", Implementation::NotApplicable),
            ),
        };
        told.push((moment, answers(&mut client, None, &record.positions).await));
    }
    for (before, after) in told.iter().zip(&told[1..]) {
        assert_ne!(
            before.1.0.items, after.1.0.items,
            "each step changes something"
        );
    }
    for (moment, then) in told.iter().rev() {
        let again = answers(&mut client, Some(*moment), &[]).await;
        assert_eq!(&again, then);
    }
    assert_eq!(told[1].1.4.returned.len(), 0);
    assert_eq!(told[2].1.4.returned.len(), 1);
}

#[tokio::test]
async fn handovers_figures_and_traces_are_served() {
    let mut record = Record::new();
    fill(&mut record);
    let then = record.put(
        1,
        "dialogues/rabat/reports/p",
        &report(ProgressReportState::Submitted),
    );
    record.put(
        1,
        &subject("pt"),
        &addressee("pt", Implementation::Implemented),
    );
    let (one, other) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut client =
        FollowUpServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let handover = GetHandoverRequest {
        dialogue: DIALOGUE.into(),
        from: "parties/pt".into(),
        to: format!("{DIALOGUE}/chairmanships/pt"),
        on: ON.into(),
        at_least: record.positions.clone(),
        ..GetHandoverRequest::default()
    };
    let pack = soon("a handover", client.get_handover(handover.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (pack.open.len(), pack.coverage.len(), pack.terms.len()),
        (2, 1, 1)
    );
    assert_eq!(pack.positions, record.positions);
    let overdue: i32 = pack
        .open
        .iter()
        .filter(|i| i.flags().any(|f| f == ItemFlag::Overdue))
        .count()
        .try_into()
        .unwrap();
    assert_eq!(overdue, pack.from.as_ref().unwrap().overdue);
    let again = client.get_handover(handover).await.unwrap().into_inner();
    assert_eq!(again, pack);

    let figures = GetFiguresRequest {
        dialogue: DIALOGUE.into(),
        as_of: Some(then),
        at_least: record.positions.clone(),
        ..GetFiguresRequest::default()
    };
    let figures = soon("figures", client.get_figures(figures))
        .await
        .unwrap()
        .into_inner();
    let implemented = figures
        .figures
        .iter()
        .find(|f| f.measure == "implemented")
        .unwrap();
    assert_eq!(
        (implemented.then, implemented.now, implemented.now_total),
        (0, 1, Some(3))
    );
    assert_eq!(
        (figures.changed, figures.changes[0].name.as_str()),
        (1, subject("pt").as_str())
    );
    assert_eq!(
        figures.then_positions[1].position + 1,
        figures.positions[1].position
    );
    let undated = GetFiguresRequest {
        dialogue: DIALOGUE.into(),
        ..GetFiguresRequest::default()
    };
    let refused = client.get_figures(undated).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);

    let mut traces =
        TraceServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let asked = |as_of| TraceRequest {
        name: subject("pt"),
        as_of,
        ..TraceRequest::default()
    };
    let kinds = async |traces: &mut TraceServiceClient<_>, as_of| {
        let hops = soon("a trace", traces.trace(asked(as_of)))
            .await
            .unwrap()
            .into_inner()
            .hops;
        hops.into_iter().map(|hop| hop.kind).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&mut traces, None).await,
        ["recommendation", "addressee", "report"]
    );
    let before = Timestamp {
        seconds: then.seconds - 1,
        nanos: 0,
    };
    assert_eq!(
        kinds(&mut traces, Some(before)).await,
        ["recommendation", "addressee"]
    );
}
