//! The life of a text, and requests that are repeated.

use crate::world::*;

use RecommendationState as State;

#[tokio::test]
async fn a_text_lives_from_draft_to_revival() {
    let mut world = World::new().await;
    let name = world
        .recommendation(
            "r",
            Recommendation {
                time_limit: day("2024"),
                ..text("Act")
            },
        )
        .await
        .unwrap()
        .name;
    let client = &mut world.recommendations;
    macro_rules! verb {
        ($method:ident, $request:ident { $($field:ident: $value:expr),* }) => {
            client.$method($request { name: name.clone(), $($field: $value,)* ..Default::default() }).await.map(|a| a.into_inner())
        };
    }
    let early = verb!(adopt_recommendation, AdoptRecommendationRequest {});
    assert_eq!(
        reason(early),
        (
            Code::FailedPrecondition,
            "ILLEGAL_TRANSITION".into(),
            "table".into()
        )
    );
    verb!(table_recommendation, TableRecommendationRequest {}).unwrap();
    verb!(redraft_recommendation, RedraftRecommendationRequest {}).unwrap();
    verb!(table_recommendation, TableRecommendationRequest {}).unwrap();
    assert_eq!(
        refused(verb!(
            withdraw_recommendation,
            WithdrawRecommendationRequest {}
        ))
        .1,
        "reason"
    );
    assert_eq!(
        refused(verb!(reject_recommendation, RejectRecommendationRequest {})).1,
        "reason"
    );
    let future = verb!(
        adopt_recommendation,
        AdoptRecommendationRequest { on: day("2999") }
    );
    assert_eq!(refused(future).1, "on.value");
    let made = verb!(
        adopt_recommendation,
        AdoptRecommendationRequest {
            on: day("2024-10-16")
        }
    )
    .unwrap();
    assert_eq!(
        (made.state(), made.adopted.unwrap().value.as_str()),
        (State::Adopted, "2024-10-16")
    );

    // Its text stays, but for a corrigendum that keeps the old one.
    let fixed = verb!(
        correct_text_recommendation,
        CorrectTextRecommendationRequest {
            text: english("Act now")
        }
    );
    assert_eq!(refused(fixed).1, "reason");
    let fixed = verb!(
        correct_text_recommendation,
        CorrectTextRecommendationRequest {
            text: english("Act now"),
            reason: "typo".into()
        }
    )
    .unwrap();
    assert_eq!(
        (fixed.text, fixed.corrigenda[0].replaced_text.clone()),
        (english("Act now"), english("Act"))
    );

    let over = verb!(elapse_recommendation, ElapseRecommendationRequest {}).unwrap();
    assert_eq!(over.state(), State::Elapsed);
    assert_eq!(
        refused(verb!(revive_recommendation, ReviveRecommendationRequest {})).1,
        "reason"
    );
    let back = verb!(
        revive_recommendation,
        ReviveRecommendationRequest {
            reason: "still needed".into()
        }
    )
    .unwrap();
    assert_eq!(
        (back.state(), back.state_reason.as_str()),
        (State::Adopted, "still needed")
    );

    let no_decision = verb!(retire_recommendation, RetireRecommendationRequest {});
    assert_eq!(refused(no_decision).1, "decision");
    let decision = "dialogues/rabat/instruments/d".to_owned();
    let unknown = verb!(
        retire_recommendation,
        RetireRecommendationRequest {
            decision: decision.clone()
        }
    );
    assert_eq!(
        refused(unknown),
        (Code::FailedPrecondition, "decision".into())
    );
    world
        .instrument("d", conclusion(RABAT, 1, 0, 2025))
        .await
        .unwrap();
    let request = RetireRecommendationRequest {
        name: name.clone(),
        decision: decision.clone(),
        ..Default::default()
    };
    let retired = world
        .recommendations
        .retire_recommendation(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (retired.state(), retired.retired_by),
        (State::Retired, decision)
    );
}

#[tokio::test]
async fn an_adopted_text_cannot_be_updated() {
    let mut world = World::new().await;
    let made = world.recommendation("r", adopted("Act")).await.unwrap();
    let other = Recommendation {
        text: english("Other"),
        strength: 3,
        ..made.clone()
    };
    let refusal = world.update(other.clone(), &["text"]).await.unwrap_err();
    assert!(
        refusal.message().contains("CorrectTextRecommendation"),
        "{refusal}"
    );
    assert_eq!(reason::<()>(Err(refusal)).1, "TEXT_IMMUTABLE");
    let changed = world.update(other, &["strength"]).await.unwrap();
    assert_eq!((changed.strength, changed.text), (3, english("Act")));
    // Sent back whole, as clients do, it is no change of the text.
    world
        .update(
            Recommendation {
                etag: String::new(),
                ..made.clone()
            },
            &["*"],
        )
        .await
        .unwrap();
    let moved = Recommendation {
        etag: String::new(),
        state: State::Retired.into(),
        ..made
    };
    assert_eq!(
        refused(world.update(moved, &["state"]).await),
        (Code::InvalidArgument, "recommendation.state".into())
    );
}

#[tokio::test]
async fn a_request_is_done_once_and_a_check_writes_nothing() {
    let mut world = World::new().await;
    let mut request = CreateRecommendationRequest {
        parent: RABAT.into(),
        recommendation: Some(text("Act")),
        request_id: "once-1".into(),
        validate_only: true,
        ..Default::default()
    };
    let checked = world
        .recommendations
        .create_recommendation(request.clone())
        .await
        .unwrap()
        .into_inner();
    let get = GetRecommendationRequest {
        name: checked.name,
        as_of: None,
    };
    assert_eq!(
        world
            .recommendations
            .get_recommendation(get)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    request.validate_only = false;
    let first = world
        .recommendations
        .create_recommendation(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = world
        .recommendations
        .create_recommendation(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    request.recommendation = Some(text("Another"));
    assert_eq!(
        refused(world.recommendations.create_recommendation(request).await).1,
        "request_id"
    );
}
