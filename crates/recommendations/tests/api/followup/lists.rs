//! Lists of what follows: each filter against a filter over everything, now and as it stood.

use super::*;

/// The last ids of what a list answers, page by page.
macro_rules! ids {
    ($client:expr, $method:ident, $field:ident, $query:expr) => {{
        let (mut client, mut query, mut ids) = ($client, $query, Vec::new());
        query.page_size = 2;
        loop {
            let page = client.$method(query.clone()).await.unwrap().into_inner();
            assert!(page.$field.len() <= 2);
            ids.extend(
                page.$field
                    .iter()
                    .map(|r| r.name.rsplit('/').next().unwrap().to_owned()),
            );
            query.page_token = page.next_page_token;
            if query.page_token.is_empty() {
                break ids;
            }
        }
    }};
}

#[tokio::test]
async fn of_commitments() {
    let mut case = Case::new().await;
    case.world.mirrored().await;
    let other = case
        .world
        .recommendation("s", adopted("Act again"))
        .await
        .unwrap()
        .name;
    let of = |owner: &str, due: &str, recommendations: &[&String], node: &str| Commitment {
        owners: vec![owner.into()],
        partners: Vec::new(),
        due: day(due),
        recommendations: recommendations.iter().map(|r| (*r).clone()).collect(),
        plan_nodes: vec![format!("{PLAN}/nodes/{node}")],
        ..pledge()
    };
    let one = case.recommendation.clone();
    let both = [&one, &other];
    case.commitment("a", of("parties/ma", "2025-06", &both, "5a"))
        .await
        .unwrap();
    case.commitment("b", of("parties/pt", "2024-12-31", &[&other], "7"))
        .await
        .unwrap();
    let joint = Commitment {
        kind: CommitmentKind::Joint.into(),
        state: CommitmentState::Accepted.into(),
        partners: vec!["parties/ma".into()],
        ..of("parties/gm", "", &[&one], "5")
    };
    let last = case.commitment("c", joint).await.unwrap();
    let proven = case.proven("p", &last.name, Implementation::Planned).await;
    let any = ListCommitmentsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    let with = |change: &dyn Fn(&mut ListCommitmentsRequest)| {
        let mut query = any.clone();
        change(&mut query);
        query
    };
    let cases = [
        (any.clone(), vec!["a", "b", "c"]),
        (
            with(&|q| q.parent = "dialogues/-".into()),
            vec!["a", "b", "c"],
        ),
        (with(&|q| q.parent = CBD.into()), vec![]),
        (
            with(&|q| (q.parent, q.party) = (CBD.into(), "parties/ma".into())),
            vec![],
        ),
        (
            with(&|q| q.states = vec![CommitmentState::Accepted.into()]),
            vec!["c"],
        ),
        (
            with(&|q| q.kinds = vec![CommitmentKind::Pledge.into()]),
            vec!["a", "b"],
        ),
        (with(&|q| q.party = "parties/ma".into()), vec!["a", "c"]),
        (with(&|q| q.recommendation.clone_from(&one)), vec!["a", "c"]),
        (
            with(&|q| (q.recommendation, q.party) = (other.clone(), "parties/ma".into())),
            vec!["a"],
        ),
        (
            with(&|q| q.plan_node = format!("{PLAN}/nodes/5")),
            vec!["a", "c"],
        ),
        (
            with(&|q| q.plan_node = format!("{PLAN}/nodes/5a")),
            vec!["a"],
        ),
        (with(&|q| q.due_by = "2025-06-29".into()), vec!["b"]),
        (with(&|q| q.due_by = "2025-06-30".into()), vec!["b", "a"]),
        (
            with(&|q| (q.due_by, q.party) = ("2025-06-30".into(), "parties/ma".into())),
            vec!["a"],
        ),
        (
            with(&|q| q.implementations = vec![Implementation::Planned.into()]),
            vec!["c"],
        ),
        (
            with(&|q| q.implementations = vec![Implementation::None.into()]),
            vec!["a", "b"],
        ),
    ];
    for as_of in [None, proven.update_time] {
        for (query, wanted) in &cases {
            let query = ListCommitmentsRequest {
                as_of,
                ..query.clone()
            };
            let found = ids!(
                case.commitments(),
                list_commitments,
                commitments,
                query.clone()
            );
            assert_eq!(&found, wanted, "{query:?}");
        }
    }
    let before = with(&|q| q.as_of = last.create_time);
    let before = ListCommitmentsRequest {
        implementations: vec![Implementation::Planned.into()],
        ..before
    };
    assert!(ids!(case.commitments(), list_commitments, commitments, before).is_empty());
    for (field, query) in [
        ("states[0]", with(&|q| q.states = vec![99])),
        ("kinds[0]", with(&|q| q.kinds = vec![0])),
        (
            "implementations[0]",
            with(&|q| q.implementations = vec![99]),
        ),
        ("party", with(&|q| q.party = "ma".into())),
        ("recommendation", with(&|q| q.recommendation = "r".into())),
        ("plan_node", with(&|q| q.plan_node = "5".into())),
        ("due_by", with(&|q| q.due_by = "2025".into())),
        ("parent", with(&|q| q.parent = "x".into())),
    ] {
        let answer = case.commitments().list_commitments(query).await;
        assert_eq!(refused(answer), (Code::InvalidArgument, field.into()));
    }
}

#[tokio::test]
async fn of_reports() {
    let case = Case::new().await;
    let portugal = format!("{}/addressees/pt", case.recommendation);
    let commitment = case.commitment("c", pledge()).await.unwrap().name;
    let post = |id: &str| format!("{RABAT}/posts/{id}");
    let of = |subject: &str, party: &str, focal: &str| ProgressReport {
        author_party: format!("parties/{party}"),
        author_post: post(focal),
        ..about(subject)
    };
    case.report("a", of(&case.addressee, "ma", "ma-focal"))
        .await
        .unwrap();
    case.report("b", of(&portugal, "pt", "pt-focal"))
        .await
        .unwrap();
    case.report("c", of(&commitment, "pt", "pt-focal"))
        .await
        .unwrap();
    let last = case
        .report("d", of(&commitment, "ma", "ma-focal"))
        .await
        .unwrap();
    let submitted = case
        .moved(&last.name, Verb::Submit, "author")
        .await
        .unwrap();
    let any = ListProgressReportsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    let with = |change: &dyn Fn(&mut ListProgressReportsRequest)| {
        let mut query = any.clone();
        change(&mut query);
        query
    };
    let cases = [
        (any.clone(), vec!["a", "b", "c", "d"]),
        (with(&|q| q.parent = CBD.into()), vec![]),
        (
            with(&|q| (q.parent, q.author_party) = (CBD.into(), "parties/ma".into())),
            vec![],
        ),
        (with(&|q| q.subject.clone_from(&case.addressee)), vec!["a"]),
        (with(&|q| q.subject.clone_from(&commitment)), vec!["c", "d"]),
        (
            with(&|q| (q.subject, q.author_party) = (commitment.clone(), "parties/pt".into())),
            vec!["c"],
        ),
        (
            with(&|q| q.recommendation.clone_from(&case.recommendation)),
            vec!["a", "b"],
        ),
        (
            with(&|q| {
                (q.recommendation, q.subject) = (case.recommendation.clone(), commitment.clone())
            }),
            vec![],
        ),
        (
            with(&|q| q.author_party = "parties/ma".into()),
            vec!["a", "d"],
        ),
        (with(&|q| q.author_post = post("pt-focal")), vec!["b", "c"]),
        (
            with(&|q| q.states = vec![ProgressReportState::Submitted.into()]),
            vec!["d"],
        ),
    ];
    for as_of in [None, submitted.update_time] {
        for (query, wanted) in &cases {
            let query = ListProgressReportsRequest {
                as_of,
                ..query.clone()
            };
            let found = ids!(
                case.reports(),
                list_progress_reports,
                progress_reports,
                query.clone()
            );
            assert_eq!(&found, wanted, "{query:?}");
        }
    }
    for (field, query) in [
        ("subject", with(&|q| q.subject = "x".into())),
        ("states[0]", with(&|q| q.states = vec![99])),
        ("author_party", with(&|q| q.author_party = "ma".into())),
        ("author_post", with(&|q| q.author_post = "ma-focal".into())),
        ("recommendation", with(&|q| q.recommendation = "r".into())),
    ] {
        let answer = case.reports().list_progress_reports(query).await;
        assert_eq!(refused(answer), (Code::InvalidArgument, field.into()));
    }
}

#[tokio::test]
async fn of_assessments() {
    let case = Case::new().await;
    let portugal = format!("{}/addressees/pt", case.recommendation);
    let of = |subject: &str, assessor: &str, voice: Voice| Assessment {
        subject: subject.into(),
        assessor: format!("parties/{assessor}"),
        voice: voice.into(),
        status: Implementation::Planned.into(),
        ..Assessment::default()
    };
    for (id, assessment) in [
        ("a", of(&case.addressee, "ma", Voice::Self_)),
        ("b", of(&case.addressee, "un", Voice::ThirdParty)),
        ("c", of(&portugal, "un", Voice::Secretariat)),
    ] {
        case.assessment(id, assessment).await.unwrap();
    }
    let any = ListAssessmentsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    let with = |change: &dyn Fn(&mut ListAssessmentsRequest)| {
        let mut query = any.clone();
        change(&mut query);
        query
    };
    for (query, wanted) in [
        (any.clone(), vec!["a", "b", "c"]),
        (
            with(&|q| (q.parent, q.assessor) = (CBD.into(), "parties/un".into())),
            vec![],
        ),
        (
            with(&|q| q.subject.clone_from(&case.addressee)),
            vec!["a", "b"],
        ),
        (with(&|q| q.assessor = "parties/un".into()), vec!["b", "c"]),
        (
            with(&|q| (q.subject, q.assessor) = (case.addressee.clone(), "parties/un".into())),
            vec!["b"],
        ),
        (
            with(&|q| q.voices = vec![Voice::Self_.into(), Voice::Secretariat.into()]),
            vec!["a", "c"],
        ),
    ] {
        let found = ids!(
            case.assessments(),
            list_assessments,
            assessments,
            query.clone()
        );
        assert_eq!(found, wanted, "{query:?}");
    }
    for (field, query) in [
        ("subject", with(&|q| q.subject = "x".into())),
        ("assessor", with(&|q| q.assessor = "un".into())),
        ("voices[0]", with(&|q| q.voices = vec![0])),
    ] {
        let answer = case.assessments().list_assessments(query).await;
        assert_eq!(refused(answer), (Code::InvalidArgument, field.into()));
    }
}
