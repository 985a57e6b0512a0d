//! One started service, its clients, and small sound messages of each noun.

use std::path::PathBuf;

use rapporteur_events::Arguments;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::plan_service_client::PlanServiceClient;
use rapporteur_proto::events::v1::source_service_client::SourceServiceClient;
use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText};
use rapporteur_records::Records;
use rapporteur_server::Args;
use rapporteur_store::Store as _;
use rapporteur_store::sled::{Options, SledStore};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A running events service.
pub(crate) struct House {
    pub(crate) sources: SourceServiceClient<Channel>,
    pub(crate) parties: PartyServiceClient<Channel>,
    pub(crate) dialogues: DialogueServiceClient<Channel>,
    pub(crate) plans: PlanServiceClient<Channel>,
    pub(crate) events: EventServiceClient<Channel>,
    pub(crate) changes: ChangeServiceClient<Channel>,
    pub(crate) channel: Channel,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl House {
    /// An empty one.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Args {
            data: folder.path().join("store"),
            drain_seconds: 1,
            trust_callers: true,
            ..Args::default()
        };
        let task = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or_default() };
            rapporteur_events::start(Arguments { server }, listener, shutdown)
                .await
                .unwrap();
        });
        let channel = rapporteur_server::client::connect(&format!("http://{address}")).unwrap();
        Self {
            sources: SourceServiceClient::new(channel.clone()),
            parties: PartyServiceClient::new(channel.clone()),
            dialogues: DialogueServiceClient::new(channel.clone()),
            plans: PlanServiceClient::new(channel.clone()),
            events: EventServiceClient::new(channel.clone()),
            changes: ChangeServiceClient::new(channel.clone()),
            channel,
            folder,
            stop,
            task,
        }
    }

    /// One with two dialogues (`rabat`, which has a body `sc`, and `khartoum`), parties `pt`, `eg` and
    /// `icmpd`, a source `p1`, and a plan `cadiz` with the nodes `a1` > `5` > `5a`.
    pub(crate) async fn furnished() -> Self {
        let mut house = Self::empty().await;
        for (id, code) in [("pt", "PT"), ("eg", "EG")] {
            house
                .party(
                    id,
                    Party {
                        kind: PartyKind::State.into(),
                        country_code: code.into(),
                        ..Party::default()
                    },
                )
                .await;
        }
        house.party("icmpd", organisation("ICMPD")).await;
        house
            .sources
            .create_source(CreateSourceRequest {
                source_id: "p1".into(),
                source: Some(source()),
                ..Default::default()
            })
            .await
            .unwrap();
        for id in ["rabat", "khartoum"] {
            house.dialogue(id, dialogue()).await;
        }
        house.plan("cadiz", plan()).await;
        for (id, code, kind, above) in [
            ("a1", "A1", 1, ""),
            ("5", "5", 5, "a1"),
            ("5a", "5a", 7, "5"),
        ] {
            let mut node = node(code);
            node.kind = kind;
            if !above.is_empty() {
                node.parent_node = format!("{CADIZ}/nodes/{above}");
            }
            house.node(id, node).await;
        }
        house
    }

    pub(crate) async fn party(&mut self, id: &str, party: Party) -> Party {
        let request = CreatePartyRequest {
            party_id: id.into(),
            party: Some(party),
            ..Default::default()
        };
        self.parties
            .create_party(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn dialogue(&mut self, id: &str, dialogue: Dialogue) -> Dialogue {
        let request = CreateDialogueRequest {
            dialogue_id: id.into(),
            dialogue: Some(dialogue),
            ..Default::default()
        };
        self.dialogues
            .create_dialogue(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn plan(&mut self, id: &str, plan: Plan) -> Plan {
        let parent = RABAT.into();
        let request = CreatePlanRequest {
            parent,
            plan_id: id.into(),
            plan: Some(plan),
            ..Default::default()
        };
        self.plans.create_plan(request).await.unwrap().into_inner()
    }

    pub(crate) async fn node(&mut self, id: &str, node: PlanNode) -> PlanNode {
        let (parent, plan_node) = (CADIZ.into(), Some(node));
        let request = CreatePlanNodeRequest {
            parent,
            plan_node_id: id.into(),
            plan_node,
            ..Default::default()
        };
        self.plans
            .create_plan_node(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn try_event(&mut self, id: &str, event: Event) -> Result<Event, Status> {
        let (parent, reason) = (RABAT.into(), "recorded by a test".into());
        let request = CreateEventRequest {
            parent,
            event_id: id.into(),
            event: Some(event),
            reason,
            ..Default::default()
        };
        self.events
            .create_event(request)
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn event(&mut self, id: &str, event: Event) -> Event {
        self.try_event(id, event).await.unwrap()
    }

    pub(crate) async fn try_chairmanship(
        &mut self,
        id: &str,
        term: Chairmanship,
    ) -> Result<Chairmanship, Status> {
        let (parent, chairmanship) = (RABAT.into(), Some(term));
        let request = CreateChairmanshipRequest {
            parent,
            chairmanship_id: id.into(),
            chairmanship,
            ..Default::default()
        };
        self.dialogues
            .create_chairmanship(request)
            .await
            .map(tonic::Response::into_inner)
    }

    /// Stops the service, checks the store that it leaves and compares records with index rows.
    pub(crate) async fn close(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        let path: PathBuf = self.folder.path().join("store");
        let store = SledStore::open(&path, Options::default()).unwrap();
        store.verify().await.unwrap();
        let verified = Records::new(store.clone())
            .verify(&rapporteur_events::NOUNS)
            .await
            .unwrap();
        assert!(verified.records > 0);
        store.close().await.unwrap();
    }
}

pub(crate) const RABAT: &str = "dialogues/rabat";
pub(crate) const KHARTOUM: &str = "dialogues/khartoum";
pub(crate) const CADIZ: &str = "dialogues/rabat/plans/cadiz";

pub(crate) fn text(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}

pub(crate) fn date(value: &str) -> Option<CivilDate> {
    Some(CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

pub(crate) fn organisation(name: &str) -> Party {
    Party {
        kind: PartyKind::Organisation.into(),
        title: text(name),
        ..Party::default()
    }
}

pub(crate) fn source() -> Source {
    Source {
        kind: "post".into(),
        text: "156 participants joined us in Lisbon".into(),
        ..Source::default()
    }
}

pub(crate) fn dialogue() -> Dialogue {
    let body = Body {
        id: "sc".into(),
        kind: BodyKind::SteeringCommittee.into(),
        ..Body::default()
    };
    Dialogue {
        title: text("Dialogue"),
        bodies: vec![body],
        ..Dialogue::default()
    }
}

pub(crate) fn membership() -> Membership {
    Membership {
        party: "parties/pt".into(),
        kind: MembershipKind::Partner.into(),
        ..Membership::default()
    }
}

pub(crate) fn post() -> Post {
    Post {
        party: "parties/pt".into(),
        duty: PostDuty::FocalPoint.into(),
        ..Post::default()
    }
}

pub(crate) fn chairmanship() -> Chairmanship {
    Chairmanship {
        party: "parties/pt".into(),
        ..Chairmanship::default()
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        title: text("Cadiz Action Plan"),
        ..Plan::default()
    }
}

pub(crate) fn node(code: &str) -> PlanNode {
    PlanNode {
        code: code.into(),
        kind: PlanNodeKind::Objective.into(),
        ..PlanNode::default()
    }
}

pub(crate) fn event() -> Event {
    Event {
        kind: EventKind::ThematicMeeting.into(),
        title: text("Thematic meeting"),
        ..Event::default()
    }
}

/// The fields that an INVALID_ARGUMENT names.
pub(crate) fn wrong_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().unwrap();
    details
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

/// The reason of an error, and one of the values that come with it.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

pub(crate) fn told(status: &Status, key: &str) -> String {
    status.get_details_error_info().unwrap().metadata[key].clone()
}
