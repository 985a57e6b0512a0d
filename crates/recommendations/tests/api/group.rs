//! Groups: who belonged to them on the day.

use rapporteur_proto::recommendations::v1::*;
use tonic::{Code, Status};

use crate::world::{RABAT, World, adopted, day, reason, refused, text};

impl World {
    async fn address(
        &mut self,
        request: AddressRecommendationRequest,
    ) -> Result<AddressRecommendationResponse, Status> {
        Ok(self
            .addressees
            .address_recommendation(request)
            .await?
            .into_inner())
    }
}

fn parties(addressees: &[Addressee]) -> Vec<&str> {
    addressees
        .iter()
        .map(|a| a.party.trim_start_matches("parties/"))
        .collect()
}

fn to(recommendation: &str, groups: &[&str], on: &str) -> AddressRecommendationRequest {
    AddressRecommendationRequest {
        recommendation: recommendation.into(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        on: day(on),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_group_is_its_partners_of_the_day() {
    let mut world = World::new().await;
    let mut expanded = Vec::new();
    for (id, groups, on) in [
        // gb left in June 2023, cv joined in 2025, un only observes.
        ("a", &[RABAT][..], "2024-10-16"),
        ("b", &[RABAT], "2023-06-30"),
        ("c", &[RABAT], "2025-01-01"),
        ("d", &["dialogues/rabat/groups/africa"], "2024-10-16"),
        (
            "e",
            &[
                "dialogues/rabat/groups/africa",
                "dialogues/rabat/groups/europe",
            ],
            "2023",
        ),
        // The day of adoption, when none is given.
        ("f", &["dialogues/rabat/groups/africa"], ""),
    ] {
        let name = world.recommendation(id, adopted("Act")).await.unwrap().name;
        let answer = world.address(to(&name, groups, on)).await.unwrap();
        assert!(answer.existing.is_empty());
        expanded.push(parties(&answer.created).join(" "));
    }
    assert_eq!(
        expanded,
        [
            "gm ma pt",
            "gb gm ma pt",
            "cv gm ma pt",
            "gm ma",
            "gm ma pt",
            "gm ma"
        ]
    );
}

#[tokio::test]
async fn names_and_groups_are_addressed_together_and_once() {
    let mut world = World::new().await;
    let name = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let request = AddressRecommendationRequest {
        parties: vec!["parties/ma".into(), "parties/un".into()],
        as_written: "partner countries".into(),
        request_id: "address-1".into(),
        ..to(&name, &[RABAT], "2024-10-16")
    };
    let checked = AddressRecommendationRequest {
        validate_only: true,
        request_id: String::new(),
        ..request.clone()
    };
    assert_eq!(world.address(checked).await.unwrap().created.len(), 4);
    let first = world.address(request.clone()).await.unwrap();
    let told: Vec<_> = first
        .created
        .iter()
        .map(|a| (a.name.rsplit('/').next().unwrap(), a.group.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("gm", "partner countries"),
            ("ma", ""),
            ("pt", "partner countries"),
            ("un", "")
        ]
    );
    assert!(
        first
            .created
            .iter()
            .all(|a| a.implementation() == Implementation::None && !a.etag.is_empty())
    );
    assert_eq!(
        world.address(request.clone()).await.unwrap(),
        first,
        "the same request is done once"
    );

    // A year on, who has joined is added; the others are told.
    let later = world
        .address(to(&name, &[RABAT], "2025-10-16"))
        .await
        .unwrap();
    assert_eq!(
        (parties(&later.created), later.existing.len()),
        (vec!["cv"], 3)
    );
    let nothing = world
        .address(to(&name, &[RABAT], "2025-10-16"))
        .await
        .unwrap();
    assert_eq!((nothing.created.len(), nothing.existing.len()), (0, 4));
}

#[tokio::test]
async fn what_cannot_be_addressed_is_named() {
    let mut world = World::new().await;
    let name = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let undated = world.recommendation("u", text("Act")).await.unwrap().name;
    let (invalid, unknown) = (Code::InvalidArgument, Code::FailedPrecondition);
    let by_name = |party: &str| AddressRecommendationRequest {
        parties: vec![party.into()],
        ..to(&name, &[], "")
    };
    for (field, code, request) in [
        ("parties", invalid, to(&name, &[], "")),
        ("parties[0]", invalid, by_name("pt")),
        ("parties[0]", unknown, by_name("parties/nobody")),
        ("groups[0]", invalid, to(&name, &["africa"], "2024-10-16")),
        (
            "groups[0]",
            unknown,
            to(&name, &["dialogues/no"], "2024-10-16"),
        ),
        (
            "groups[1]",
            unknown,
            to(&name, &[RABAT, "dialogues/rabat/groups/asia"], "2024-10-16"),
        ),
        ("GROUP_EMPTY", unknown, to(&name, &[RABAT], "2005-12-31")),
        ("on", invalid, to(&undated, &[RABAT], "")),
        ("on.value", invalid, to(&name, &[RABAT], "2024-31-12")),
        ("recommendation", invalid, to("r", &[RABAT], "")),
        (
            "recommendation",
            unknown,
            to("dialogues/rabat/recommendations/no", &[RABAT], ""),
        ),
    ] {
        assert_eq!(
            refused(world.address(request.clone()).await),
            (code, field.to_owned()),
            "{request:?}"
        );
    }
    let empty = reason(
        world
            .address(to(&name, &["dialogues/excom"], "2024-10-16"))
            .await,
    );
    assert_eq!(empty.1, "GROUP_EMPTY");
}

#[tokio::test]
async fn a_call_addresses_five_hundred_at_most() {
    let mut world = World::new().await;
    let name = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let parties: Vec<String> = (0..501).map(|n| format!("parties/p{n:03}")).collect();
    world.parties(&parties).await;
    let many = AddressRecommendationRequest {
        parties: parties.clone(),
        ..to(&name, &[], "")
    };
    assert_eq!(
        refused(world.address(many.clone()).await),
        (Code::InvalidArgument, "parties".into())
    );
    let most = AddressRecommendationRequest {
        parties: parties[..500].to_vec(),
        ..many
    };
    assert_eq!(world.address(most).await.unwrap().created.len(), 500);
}

#[tokio::test]
async fn callers_who_address_the_same_parties_at_once_all_succeed() {
    let mut world = World::new().await;
    let name = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let groups = [
        RABAT,
        "dialogues/rabat/groups/africa",
        "dialogues/rabat/groups/europe",
    ];
    let callers = (0..9).map(|n| {
        let mut client = world.addressees.clone();
        let request = to(&name, &[groups[n % 3]], "2024-10-16");
        tokio::spawn(async move { client.address_recommendation(request).await })
    });
    let mut created = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        created.extend(caller.await.unwrap().unwrap().into_inner().created);
    }
    let mut parties = parties(&created);
    parties.sort_unstable();
    assert_eq!(parties, ["gm", "ma", "pt"], "each is made once");
}
