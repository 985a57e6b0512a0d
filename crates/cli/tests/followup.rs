//! The commands of follow-up against a gateway made by hand: what they ask, what they show, how they end.

// Helpers of tests may fail as tests do; the exception in clippy.toml covers only test functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "pack/record.rs"]
mod record;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rapporteur_cli::{Surroundings, run_in};
use rapporteur_proto::gateway::v1 as gateway;
use rapporteur_proto::gateway::v1::follow_up_service_server::{
    FollowUpService, FollowUpServiceServer,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// A gateway that answers from the record of `pack/record.rs` and remembers what it was asked.
#[derive(Clone, Debug, Default)]
struct Stub {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn note<T: std::fmt::Debug>(&self, request: &Request<T>) {
        let name = request.metadata().get("rapporteur-as");
        let name = name.map(|it| it.to_str().unwrap()).unwrap_or_default();
        self.asked
            .lock()
            .unwrap()
            .push(format!("{name}|{:?}", request.get_ref()));
    }
}

#[tonic::async_trait]
impl FollowUpService for Stub {
    async fn list_open_items(
        &self,
        request: Request<gateway::ListOpenItemsRequest>,
    ) -> Answer<gateway::ListOpenItemsResponse> {
        self.note(&request);
        Ok(Response::new(gateway::ListOpenItemsResponse {
            items: record::handover().open,
            ..Default::default()
        }))
    }

    async fn count_items(
        &self,
        request: Request<gateway::CountItemsRequest>,
    ) -> Answer<gateway::CountItemsResponse> {
        self.note(&request);
        Ok(Response::new(record::handover().counts.unwrap()))
    }

    async fn list_gaps(
        &self,
        request: Request<gateway::ListGapsRequest>,
    ) -> Answer<gateway::ListGapsResponse> {
        self.note(&request);
        let counts = |kind: gateway::GapKind| gateway::GapCount {
            kind: kind.into(),
            count: 1,
        };
        Ok(Response::new(gateway::ListGapsResponse {
            gaps: record::handover().gaps,
            counts: vec![counts(gateway::GapKind::NodeNeverAddressed)],
            ..Default::default()
        }))
    }

    async fn list_dues(
        &self,
        request: Request<gateway::ListDuesRequest>,
    ) -> Answer<gateway::ListDuesResponse> {
        self.note(&request);
        Ok(Response::new(gateway::ListDuesResponse {
            dues: record::handover().dues,
            ..Default::default()
        }))
    }

    async fn get_inbox(
        &self,
        request: Request<gateway::GetInboxRequest>,
    ) -> Answer<gateway::Inbox> {
        self.note(&request);
        Ok(Response::new(gateway::Inbox {
            post: request.get_ref().post.clone(),
            open: record::handover().open,
            on: "2026-01-01".into(),
            ..Default::default()
        }))
    }

    async fn get_handover(
        &self,
        request: Request<gateway::GetHandoverRequest>,
    ) -> Answer<gateway::Handover> {
        self.note(&request);
        Ok(Response::new(record::handover()))
    }

    async fn get_figures(
        &self,
        request: Request<gateway::GetFiguresRequest>,
    ) -> Answer<gateway::Figures> {
        self.note(&request);
        Ok(Response::new(gateway::Figures {
            figures: vec![gateway::Figure {
                measure: "events_held".into(),
                then: 4,
                now: 6,
                ..Default::default()
            }],
            ..Default::default()
        }))
    }
}

/// A stub that listens, and a home for the tool.
struct Desk {
    stub: Stub,
    home: TempDir,
    gateway: String,
}

/// How a command ended: exit code, stdout, stderr.
type Done = (u8, String, String);

impl Desk {
    async fn open() -> Self {
        let stub = Stub::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let service = FollowUpServiceServer::new(stub.clone());
        tokio::spawn(
            Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpIncoming::from(listener)),
        );
        Self {
            stub,
            home: tempfile::tempdir().unwrap(),
            gateway,
        }
    }

    async fn run(&self, line: &str) -> Done {
        self.run_with(line, &[], false).await
    }

    async fn run_with(&self, line: &str, env: &[(&str, &str)], terminal: bool) -> Done {
        let home = self.home.path().display().to_string();
        let mut all = BTreeMap::from([
            ("XDG_CONFIG_HOME".to_owned(), home.clone()),
            ("HOME".to_owned(), home),
            ("RAPPORTEUR_GATEWAY".to_owned(), self.gateway.clone()),
        ]);
        all.extend(env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let around = Surroundings {
            env: all,
            out_is_terminal: terminal,
            ..Surroundings::default()
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let line = line.split(' ').map(str::to_owned);
        let code = run_in(&around, line, &mut out, &mut err).await;
        let [out, err] = [out, err].map(|text| String::from_utf8(text).unwrap());
        (code, out, err)
    }

    fn last(&self) -> String {
        self.stub.asked.lock().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn what_is_open_is_asked_for_and_shown() {
    let desk = Desk::open().await;
    let line = "rapporteur open --dialogue rabat --party pt --flag overdue --order silence --on 2026-01-01 --as secretariat";
    let (code, out, err) = desk.run(line).await;
    assert_eq!(code, 0, "{err}");
    let asked = desk.last();
    for part in [
        "secretariat|",
        "flags: [Overdue]",
        "dialogues: [\"dialogues/rabat\"]",
        "parties: [\"parties/pt\"]",
        "order: Silence",
        "on: \"2026-01-01\"",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let first = out.lines().nth(1).unwrap();
    assert!(first.contains("open, overdue, unverified"), "{first}");
    assert!(first.contains("92"), "{first}");
    // What is absent is no zero.
    let (_, csv, _) = desk
        .run("rapporteur open -o csv --columns overdue_days,silent_days")
        .await;
    assert_eq!(csv, "overdue_days,silent_days\n92,\n,306\n,\n,\n");
}

#[tokio::test]
async fn texts_are_in_the_language_that_is_asked_for() {
    let desk = Desk::open().await;
    let plain = desk.run("rapporteur open --columns text").await.1;
    assert!(plain.contains("\nFaciliter"), "{plain}");
    let english = desk.run("rapporteur open --columns text --lang en").await.1;
    assert!(english.contains("\n[fr] Faciliter"), "{english}");
    let french = desk
        .run_with(
            "rapporteur open --columns text",
            &[("RAPPORTEUR_LANG", "fr-BE")],
            true,
        )
        .await
        .1;
    assert!(french.contains("\nFaciliter"), "{french}");
    assert!(
        french.contains("\u{2068}[ar] تعزيز التعاون") && french.contains("\u{2069}\n"),
        "{french:?}"
    );
    let json = desk
        .run_with("rapporteur open -o json --lang ar", &[], true)
        .await
        .1;
    assert!(!json.contains('\u{2068}'));
    // A profile remembers the language; a flag goes before it.
    let (code, ..) = desk
        .run(&format!(
            "rapporteur profile set home --gateway {} --lang fr",
            desk.gateway
        ))
        .await;
    assert_eq!(code, 0);
    let kept = desk.run("rapporteur open --columns text").await.1;
    assert!(
        kept.contains("\nFaciliter") && kept.contains("[en] Set up"),
        "{kept}"
    );
    let wrong = desk
        .run_with("rapporteur open", &[("RAPPORTEUR_LANG", "f r")], false)
        .await;
    assert_eq!(wrong.0, 2, "{}", wrong.2);
}

#[tokio::test]
async fn the_check_ends_as_it_was_asked_to() {
    let desk = Desk::open().await;
    let (code, out, _) = desk.run("rapporteur check --list").await;
    assert_eq!(code, 0);
    for found in ["overdue", "17", "node-never-addressed", "Reduce the cost"] {
        assert!(out.contains(found), "{found}: {out}");
    }
    let (code, out, err) = desk.run("rapporteur check --exit-code -o json").await;
    assert_eq!((code, err.as_str()), (1, ""));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["findings"][0]["found"], "overdue");
    assert_eq!(json["findings"][0]["count"], 17);
}

#[tokio::test]
async fn an_inbox_a_due_and_past_figures_are_shown() {
    let desk = Desk::open().await;
    let (code, out, _) = desk
        .run("rapporteur inbox rabat/es-focal-point --ahead 30")
        .await;
    assert_eq!(code, 0);
    assert!(out.contains("\nOpen (4)\n"), "{out}");
    assert!(desk.last().contains("ahead_days: 30"));
    let (_, out, _) = desk
        .run("rapporteur due --unmet -o csv --columns due,subject")
        .await;
    assert!(
        out.contains("\n2026-06-30,dialogues/rabat/commitments/pt-training\n"),
        "{out}"
    );
    let (code, out, _) = desk
        .run("rapporteur report som --dialogue rabat --as-of 2025-06-30")
        .await;
    assert_eq!(code, 0);
    assert!(
        out.contains("events held") && out.contains("2 more"),
        "{out}"
    );
    assert!(out.ends_with("\nNothing has changed since.\n"), "{out}");
    let none = desk.run("rapporteur report som --as-of 2025-06-30").await;
    assert_eq!(none.0, 2);
}

#[tokio::test]
async fn a_pack_is_written_once() {
    let desk = Desk::open().await;
    let folder = desk.home.path().join("pack");
    let line = format!(
        "rapporteur handover --dialogue rabat --from pt --to rabat/ng-2026 --public -o {}",
        folder.display()
    );
    let (code, out, err) = desk.run(&format!("{line} --format json")).await;
    assert_eq!(code, 0, "{err}");
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 7);
    let asked = desk.last();
    for part in [
        "from: \"parties/pt\"",
        "to: \"dialogues/rabat/chairmanships/ng-2026\"",
        "public_only: true",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let page = folder.join("handover.html");
    let first = std::fs::read(&page).unwrap();
    let before = desk.stub.asked.lock().unwrap().len();
    let again = desk.run(&line).await;
    assert_eq!(again.0, 1);
    assert!(again.2.contains("FOLDER_IN_USE"), "{}", again.2);
    assert_eq!(desk.stub.asked.lock().unwrap().len(), before);
    assert_eq!(desk.run(&format!("{line} --force")).await.0, 0);
    assert_eq!(std::fs::read(&page).unwrap(), first);
}
