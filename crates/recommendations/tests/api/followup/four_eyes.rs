//! Nobody verifies what they wrote, in whatever name.

use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::{Post, PostHolder, UpdatePostRequest};
use rapporteur_recommendations::progress_report::machine::Verb;

use super::*;

fn post(id: &str) -> String {
    if id.is_empty() {
        String::new()
    } else {
        format!("{RABAT}/posts/{id}")
    }
}

#[tokio::test]
async fn the_verifier_is_none_of_the_authors() {
    let case = Case::new().await;
    let name = case.report("a", about(&case.addressee)).await.unwrap().name;
    case.moved(&name, Verb::Update, "colleague").await.unwrap();
    case.moved(&name, Verb::Submit, "head").await.unwrap();
    // Sending it back and taking it up again makes nobody forget who wrote it.
    case.moved(&name, Verb::Return, "reader").await.unwrap();
    case.moved(&name, Verb::Redraft, "reader").await.unwrap();
    case.moved(&name, Verb::Submit, "head").await.unwrap();
    for author in ["author", "colleague", "head"] {
        let (code, why, _) = reason(case.moved(&name, Verb::Verify, author).await);
        assert_eq!(
            (code, why.as_str()),
            (Code::FailedPrecondition, "FOUR_EYES"),
            "{author}"
        );
    }
    assert_eq!(
        case.addressee().await.implementation(),
        Implementation::None
    );
    case.moved(&name, Verb::Verify, "reader").await.unwrap();
    assert_eq!(
        case.addressee().await.implementation(),
        Implementation::InProgress
    );
}

#[tokio::test]
async fn posts_have_no_holder_in_common_on_the_day() {
    let case = Case::new().await;
    for (on, of_the_report, at_submission, verifier, good) in [
        ("2024-06-01", "ma-focal", "", "ma-focal", false),
        ("2024-06-01", "", "ma-focal", "ma-focal", false),
        // Handed in for another post: both are of the authors.
        ("2024-06-01", "pt-focal", "ma-focal", "pt-focal", false),
        ("2024-06-01", "pt-focal", "ma-focal", "ma-focal", false),
        // Two persons, then one at both posts, then two again.
        ("2024-06-01", "ma-focal", "", "mt-desk", true),
        ("2024-11-01", "ma-focal", "", "mt-desk", false),
        ("2024-11-01", "pt-focal", "", "mt-desk", true),
        ("2025-02-01", "ma-focal", "", "mt-desk", true),
    ] {
        let report = ProgressReport {
            author_post: post(of_the_report),
            ..about(&case.addressee)
        };
        let name = case.report("", report).await.unwrap().name;
        case.moved_as(&name, Verb::Submit, "author", &post(at_submission), on)
            .await
            .unwrap();
        let answer = case
            .moved_as(&name, Verb::Verify, "verifier", &post(verifier), on)
            .await;
        if good {
            assert_eq!(answer.unwrap().verifier_post, post(verifier));
        } else {
            assert_eq!(
                reason(answer).1,
                "FOUR_EYES",
                "{on} {of_the_report} {verifier}"
            );
        }
    }
    let name = case.report("", about(&case.addressee)).await.unwrap().name;
    for (bad, code) in [
        ("posts/x".to_owned(), Code::InvalidArgument),
        (post("no"), Code::FailedPrecondition),
    ] {
        let answer = case.moved_as(&name, Verb::Submit, "author", &bad, "").await;
        assert_eq!(refused(answer), (code, "post".into()));
    }
}

/// A change of holder counts at once, though the mirror may not know of it yet; and with the events service down,
/// what the mirror knows is enough.
#[tokio::test]
async fn who_holds_a_post_is_who_holds_it_now() {
    let mut case = Case::new().await;
    let report = ProgressReport {
        author_post: post("pt-focal"),
        ..about(&case.addressee)
    };
    let name = case.report("r", report).await.unwrap().name;
    case.moved(&name, Verb::Submit, "author").await.unwrap();
    let holders = vec![PostHolder {
        holder: "Paula PIRES".into(),
        ..PostHolder::default()
    }];
    let request = UpdatePostRequest {
        post: Some(Post {
            name: post("mt-desk"),
            holders,
            ..Post::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["holders".into()],
        }),
        ..Default::default()
    };
    let events = case.world.events.as_ref().unwrap().channel();
    DialogueServiceClient::new(events)
        .update_post(request)
        .await
        .unwrap();
    let desk = post("mt-desk");
    let answer = case
        .moved_as(&name, Verb::Verify, "verifier", &desk, "")
        .await;
    assert_eq!(reason(answer).1, "FOUR_EYES");
    case.world.mirrored().await;
    case.world.without_events().await;
    let answer = case
        .moved_as(&name, Verb::Verify, "verifier", &post("pt-focal"), "")
        .await;
    assert_eq!(reason(answer).1, "FOUR_EYES");
    let focal = post("ma-focal");
    case.moved_as(&name, Verb::Verify, "verifier", &focal, "")
        .await
        .unwrap();
}
