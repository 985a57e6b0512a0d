//! Verdicts: what is accepted is written on the recommendation in the same commit, what is rejected is kept alone.

use rapporteur_proto::recommendations::v1::verdict_service_client::VerdictServiceClient;
use tonic::transport::Channel;

use crate::world::*;

use VerdictDecision as Decision;
use VerdictKind as Kind;

/// Two recommendations: `a`, and `b`, which says it again.
struct Case {
    world: World,
    a: String,
    b: String,
}

impl Case {
    async fn new() -> Self {
        let mut world = World::new().await;
        let made = world.recommendation("a", adopted("Name focal points"));
        let a = made.await.unwrap().name;
        let made = world.recommendation("b", adopted("Name the focal points"));
        let b = made.await.unwrap().name;
        Self { world, a, b }
    }

    fn verdicts(&self) -> VerdictServiceClient<Channel> {
        VerdictServiceClient::new(self.world.channel.clone())
    }

    async fn text(&mut self) -> Recommendation {
        let request = GetRecommendationRequest {
            name: self.b.clone(),
            as_of: None,
        };
        let answer = self.world.recommendations.get_recommendation(request);
        answer.await.unwrap().into_inner()
    }

    fn decision(&self, kind: Kind, object: &str, decision: Decision) -> CreateVerdictRequest {
        CreateVerdictRequest {
            parent: self.b.clone(),
            verdict: Some(Verdict {
                kind: kind.into(),
                object: object.into(),
                decision: decision.into(),
                score: Some(0.97),
                reasons: vec!["focal".into(), "points".into()],
                ..Verdict::default()
            }),
            ..Default::default()
        }
    }

    async fn decide(&self, request: CreateVerdictRequest) -> Result<Verdict, Status> {
        let answer = self.verdicts().create_verdict(request).await?;
        Ok(answer.into_inner())
    }

    async fn change(
        &self,
        name: &str,
        decision: Decision,
        reason: &str,
        etag: &str,
    ) -> Result<Verdict, Status> {
        let request = UpdateVerdictRequest {
            verdict: Some(Verdict {
                name: name.into(),
                etag: etag.into(),
                decision: decision.into(),
                ..Verdict::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["decision".into()],
            }),
            reason: reason.into(),
            ..Default::default()
        };
        Ok(self.verdicts().update_verdict(request).await?.into_inner())
    }

    async fn listed(&self, query: ListVerdictsRequest) -> Vec<String> {
        let mut query = ListVerdictsRequest {
            page_size: 1,
            ..query
        };
        let mut all = Vec::new();
        loop {
            let page = self.verdicts().list_verdicts(query.clone()).await.unwrap();
            let page = page.into_inner();
            all.extend(page.verdicts.into_iter().map(|v| v.object));
            query.page_token = page.next_page_token;
            if query.page_token.is_empty() {
                return all;
            }
        }
    }
}

#[tokio::test]
async fn what_is_accepted_is_on_the_recommendation_with_the_verdict() {
    let mut case = Case::new().await;
    let before = case.text().await;
    let accept = case.decision(Kind::Repeats, &case.a, Decision::Accepted);
    let trial = CreateVerdictRequest {
        validate_only: true,
        ..accept.clone()
    };
    case.decide(trial).await.unwrap();
    assert_eq!(case.text().await, before, "nothing was written");
    let late = CreateVerdictRequest {
        recommendation_etag: "1".into(),
        ..accept.clone()
    };
    assert_eq!(case.decide(late).await.unwrap_err().code(), Code::Aborted);

    let once = CreateVerdictRequest {
        request_id: "once".into(),
        recommendation_etag: before.etag.clone(),
        ..accept.clone()
    };
    let made = case.decide(once.clone()).await.unwrap();
    let text = case.text().await;
    assert_eq!(text.relations.len(), 1);
    assert_eq!(text.relations[0].kind(), RelationKind::Repeats);
    assert_eq!(text.relations[0].target, case.a);
    assert_eq!(text.etag, made.etag, "one commit");
    assert_eq!(case.decide(once).await.unwrap(), made, "asked again");
    let answer = case.decide(accept).await.unwrap_err();
    assert_eq!(answer.code(), Code::AlreadyExists);
    assert!(answer.message().contains(&made.name), "{answer}");

    // The other way round, and as the other kind, it is another suggestion.
    let same = case.decision(Kind::DuplicateOf, &case.a, Decision::Accepted);
    case.decide(same).await.unwrap();
    assert_eq!(case.text().await.relations.len(), 2);
}

#[tokio::test]
async fn what_is_rejected_is_kept_alone_and_may_be_taken_back() {
    let mut case = Case::new().await;
    let before = case.text().await;
    let reject = case.decision(Kind::Repeats, &case.a, Decision::Rejected);
    let without = case.decide(reject.clone()).await;
    assert_eq!(
        refused(without),
        (Code::InvalidArgument, "verdict.remark".into())
    );
    let with = CreateVerdictRequest {
        reason: "another duty".into(),
        ..reject
    };
    let made = case.decide(with).await.unwrap();
    assert_eq!(made.remark, "another duty");
    assert_eq!(case.text().await, before);

    let stale = case.change(&made.name, Decision::Accepted, "", "1").await;
    assert_eq!(stale.unwrap_err().code(), Code::Aborted);
    let open = case.change(&made.name, Decision::Withdrawn, "", &made.etag);
    assert_eq!(open.await.unwrap().remark, "", "it was about the rejection");
    assert_eq!(case.text().await, before);
    let accepted = case.change(&made.name, Decision::Accepted, "the same after all", "");
    let accepted = accepted.await.unwrap();
    assert_eq!(accepted.remark, "the same after all");
    assert_eq!(case.text().await.relations.len(), 1);
    assert_eq!(case.text().await.etag, accepted.etag);
    let again = case.change(&made.name, Decision::Rejected, "no", "").await;
    assert_eq!(case.text().await.etag, again.unwrap().etag);
    assert_eq!(case.text().await.relations, []);
}

#[tokio::test]
async fn each_kind_writes_its_tie() {
    let mut case = Case::new().await;
    let node = format!("{PLAN}/nodes/5a");
    for (kind, object) in [
        (Kind::Theme, "returns"),
        (Kind::PlanNode, node.as_str()),
        (Kind::Party, "parties/ma"),
    ] {
        let accept = case.decision(kind, object, Decision::Accepted);
        case.decide(accept).await.unwrap();
    }
    let text = case.text().await;
    assert_eq!(text.themes, ["returns"]);
    assert_eq!(text.plan_links[0].node, node);
    assert_eq!(text.plan_links[0].kind(), PlanLinkKind::Addressed);
    let asked = GetAddresseeRequest {
        name: format!("{}/addressees/ma", case.b),
        as_of: None,
    };
    let asked = case.world.addressees.get_addressee(asked).await.unwrap();
    let asked = asked.into_inner();
    assert_eq!(asked.party, "parties/ma");
    assert_eq!(asked.response(), Response::None);

    // What is there already is not there twice.
    let other = Addressee {
        party: "parties/pt".into(),
        ..Addressee::default()
    };
    let parent = case.b.clone();
    case.world.addressee(&parent, other).await.unwrap();
    let accept = case.decision(Kind::Party, "parties/pt", Decision::Accepted);
    let made = case.decide(accept).await.unwrap();
    let back = case.change(&made.name, Decision::Withdrawn, "", "").await;
    assert_eq!(
        reason(back),
        (Code::FailedPrecondition, "ADDRESSED".into(), String::new())
    );

    let all = ListVerdictsRequest {
        parent: "dialogues/-/recommendations/-".into(),
        ..Default::default()
    };
    assert_eq!(case.listed(all.clone()).await.len(), 4);
    let about = ListVerdictsRequest {
        object: "returns".into(),
        ..all.clone()
    };
    assert_eq!(case.listed(about).await, ["returns"]);
    let kinds = ListVerdictsRequest {
        parent: case.b.clone(),
        kinds: vec![Kind::PlanNode.into()],
        ..all.clone()
    };
    assert_eq!(case.listed(kinds).await, [node.as_str()]);
    let rejected = ListVerdictsRequest {
        decisions: vec![Decision::Rejected.into()],
        ..all.clone()
    };
    assert!(case.listed(rejected).await.is_empty());
    let elsewhere = ListVerdictsRequest {
        parent: case.a.clone(),
        ..all
    };
    assert!(case.listed(elsewhere).await.is_empty());
}

#[tokio::test]
async fn every_field_has_its_rule() {
    type Change = fn(&mut Verdict, &str);
    let case = Case::new().await;
    let changes: [(&str, Change); 11] = [
        ("verdict.kind", |v, _| v.kind = 0),
        ("verdict.kind", |v, _| v.kind = 99),
        ("verdict.object", |v, _| v.object = "parties/ma".into()),
        ("verdict.object", |v, b| v.object = b.into()),
        ("verdict.object", |v, _| {
            v.object = format!("{RABAT}/recommendations/nobody");
        }),
        ("verdict.object", |v, _| {
            v.kind = Kind::Theme.into();
            v.object = "Not A Code".into();
        }),
        ("verdict.decision", |v, _| v.decision = 0),
        ("verdict.score", |v, _| v.score = Some(f64::NAN)),
        ("verdict.reasons", |v, _| v.reasons = vec!["x".into(); 21]),
        ("verdict.reasons[0]", |v, _| {
            v.reasons = vec!["\u{7}".into()]
        }),
        ("verdict.visibility", |v, _| v.visibility = 99),
    ];
    for (field, change) in changes {
        let mut request = case.decision(Kind::Repeats, &case.a, Decision::Accepted);
        change(request.verdict.as_mut().unwrap(), &case.b);
        let (_, wrong) = refused(case.decide(request).await);
        assert_eq!(wrong, field);
    }
    let right = case.decision(Kind::Repeats, &case.a, Decision::Accepted);
    let named = CreateVerdictRequest {
        verdict_id: "mine".into(),
        ..right.clone()
    };
    assert_eq!(refused(case.decide(named).await).1, "verdict_id");
    let nowhere = CreateVerdictRequest {
        parent: format!("{RABAT}/recommendations/nobody"),
        ..right.clone()
    };
    assert_eq!(refused(case.decide(nowhere).await).1, "parent");
    let made = case.decide(right).await.unwrap();
    let other = UpdateVerdictRequest {
        verdict: Some(Verdict {
            name: made.name.clone(),
            kind: Kind::DuplicateOf.into(),
            ..made
        }),
        ..Default::default()
    };
    let answer = case.verdicts().update_verdict(other).await;
    assert_eq!(refused(answer).1, "verdict.kind");
}
