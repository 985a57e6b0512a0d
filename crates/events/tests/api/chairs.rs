//! Chairmanships: one active, whatever happens at once.

use rapporteur_proto::events::v1::*;
use tonic::{Code, Response};

use crate::harness::*;

fn active() -> Chairmanship {
    Chairmanship {
        state: ChairmanshipState::Active.into(),
        start: date("2023"),
        ..chairmanship()
    }
}

fn activate(name: &str, on: &str) -> ActivateChairmanshipRequest {
    ActivateChairmanshipRequest {
        name: name.into(),
        on: date(on),
        ..Default::default()
    }
}

async fn all(house: &mut House, state: ChairmanshipState) -> Vec<Chairmanship> {
    let (parent, state) = (RABAT.into(), state.into());
    let request = ListChairmanshipsRequest {
        parent,
        state,
        page_size: 1_000,
        ..Default::default()
    };
    house
        .dialogues
        .list_chairmanships(request)
        .await
        .unwrap()
        .into_inner()
        .chairmanships
}

#[tokio::test]
async fn one_chair_hands_on_to_the_next_in_one_commit() {
    let mut house = House::furnished().await;
    let morocco = house.try_chairmanship("ma", active()).await.unwrap();
    let refused = house.try_chairmanship("pt", active()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "CHAIR_TAKEN")
    );
    assert_eq!(told(&refused, "subject"), morocco.name);

    let portugal = house.try_chairmanship("pt", chairmanship()).await.unwrap();
    assert_eq!(portugal.state(), ChairmanshipState::Designated);
    let request = ActivateChairmanshipRequest {
        request_id: "r".into(),
        ..activate(&portugal.name, "2024-02-01")
    };
    let portugal = house
        .dialogues
        .activate_chairmanship(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            portugal.state(),
            portugal.start.as_ref().unwrap().value.as_str()
        ),
        (ChairmanshipState::Active, "2024-02-01")
    );
    assert_eq!(
        house
            .dialogues
            .activate_chairmanship(request)
            .await
            .unwrap()
            .into_inner(),
        portugal
    );
    let get = GetChairmanshipRequest {
        name: morocco.name.clone(),
        as_of: None,
    };
    let morocco = house
        .dialogues
        .get_chairmanship(get)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (morocco.state(), morocco.end.unwrap().value.as_str()),
        (ChairmanshipState::HandedOver, "2024-02-01")
    );
    assert_eq!(morocco.etag, portugal.etag);

    // The handover cannot lie before the term that it ends, nor can an ended term begin again.
    let egypt = house.try_chairmanship("eg", chairmanship()).await.unwrap();
    let early = house
        .dialogues
        .activate_chairmanship(activate(&egypt.name, "2020-01-01"))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&early), ["on"]);
    let wrong = house
        .dialogues
        .activate_chairmanship(activate(&egypt.name, "soon"))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&wrong), ["on.value"]);

    // The chair may stay empty, and then be taken by a term that is recorded as active.
    let name = portugal.name.clone();
    let request = HandOverChairmanshipRequest {
        name,
        on: date("2025-01"),
        ..Default::default()
    };
    let portugal = house
        .dialogues
        .hand_over_chairmanship(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(portugal.state(), ChairmanshipState::HandedOver);
    assert!(all(&mut house, ChairmanshipState::Active).await.is_empty());
    house.try_chairmanship("next", active()).await.unwrap();
    assert_eq!(all(&mut house, ChairmanshipState::Active).await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn every_move_of_a_chairmanship_is_legal_or_says_what_is() {
    use ChairmanshipState::{Active, Designated, HandedOver};
    let mut house = House::furnished().await;
    for state in [Designated, Active, HandedOver] {
        for verb in ["activate", "hand over"] {
            let term = Chairmanship {
                state: state.into(),
                ..chairmanship()
            };
            let name = house.try_chairmanship("", term).await.unwrap().name;
            let legal = match state {
                Designated => "activate",
                Active => "hand over",
                _ => "",
            };
            let answer = match verb {
                "activate" => {
                    house
                        .dialogues
                        .activate_chairmanship(activate(&name, "2024"))
                        .await
                }
                _ => {
                    let request = HandOverChairmanshipRequest {
                        name: name.clone(),
                        ..Default::default()
                    };
                    house.dialogues.hand_over_chairmanship(request).await
                }
            };
            match answer.map(Response::into_inner) {
                Ok(_) => assert_eq!(legal, verb),
                Err(refused) => {
                    assert_ne!(legal, verb);
                    assert_eq!(
                        (
                            reason(&refused).as_str(),
                            told(&refused, "legal_moves").as_str()
                        ),
                        ("ILLEGAL_TRANSITION", legal)
                    );
                }
            }
            for term in all(&mut house, Active).await {
                let request = HandOverChairmanshipRequest {
                    name: term.name,
                    ..Default::default()
                };
                house
                    .dialogues
                    .hand_over_chairmanship(request)
                    .await
                    .unwrap();
            }
        }
    }
}

#[tokio::test]
async fn of_thirty_two_activations_at_once_one_holds_the_chair() {
    let mut house = House::furnished().await;
    let mut names = Vec::new();
    for at in 0..32 {
        names.push(
            house
                .try_chairmanship(&format!("c{at}"), chairmanship())
                .await
                .unwrap()
                .name,
        );
    }
    for round in 0..3 {
        let calls = names.iter().map(|name| {
            let mut dialogues = house.dialogues.clone();
            async move {
                dialogues
                    .activate_chairmanship(activate(name, "2024"))
                    .await
                    .map(Response::into_inner)
            }
        });
        let mut done = 0;
        for answer in futures::future::join_all(calls).await {
            match answer {
                Ok(_) => done += 1,
                Err(refused) => {
                    assert!(
                        matches!(refused.code(), Code::Aborted | Code::FailedPrecondition),
                        "{refused:?}"
                    );
                }
            }
        }
        assert!(done >= 1 || round > 0);
        let standing = all(&mut house, ChairmanshipState::Unspecified).await;
        let count = |state| standing.iter().filter(|term| term.state() == state).count();
        assert_eq!(count(ChairmanshipState::Active), 1, "round {round}");
        if round == 0 {
            assert_eq!(count(ChairmanshipState::HandedOver), done - 1);
        }
    }
    // The same race at creation.
    let calls = (0..32).map(|_| {
        let mut dialogues = house.dialogues.clone();
        let request = CreateChairmanshipRequest {
            parent: KHARTOUM.into(),
            chairmanship: Some(active()),
            ..Default::default()
        };
        async move { dialogues.create_chairmanship(request).await.is_ok() }
    });
    let created = futures::future::join_all(calls)
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count();
    assert_eq!(created, 1);
    house.close().await;
}

#[tokio::test]
async fn co_chairs_are_for_dialogues_that_allow_them() {
    let mut house = House::furnished().await;
    let shared = Chairmanship {
        co_chairs: vec!["parties/eg".into()],
        ..chairmanship()
    };
    let refused = house
        .try_chairmanship("joint", shared.clone())
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "CO_CHAIRS_NOT_ALLOWED");
    let request = UpdateDialogueRequest {
        dialogue: Some(Dialogue {
            name: RABAT.into(),
            co_chairs_allowed: true,
            ..Dialogue::default()
        }),
        update_mask: Some(rapporteur_proto::FieldMask {
            paths: vec!["co_chairs_allowed".into()],
        }),
        ..Default::default()
    };
    house.dialogues.update_dialogue(request).await.unwrap();
    assert_eq!(
        house
            .try_chairmanship("joint", shared)
            .await
            .unwrap()
            .co_chairs,
        ["parties/eg"]
    );
}
