//! Numbers are given once, and citations are resolved.

use crate::world::*;

#[tokio::test]
async fn a_number_is_given_once() {
    let mut world = World::new().await;
    let first = world
        .instrument("a", conclusion(EXCOM, 112, 67, 2016))
        .await
        .unwrap();
    assert_eq!(first.citation, "No. 112 (LXVII) 2016");
    let again = world
        .instrument("b", conclusion(EXCOM, 112, 67, 0))
        .await
        .unwrap_err();
    assert!(again.message().contains(&first.name), "{again}");
    assert_eq!(reason::<()>(Err(again)).1, "NUMBER_TAKEN");

    // A record keeps its own number, may take another, and leaves the old one free.
    let mut update = UpdateInstrumentRequest {
        instrument: Some(first.clone()),
        ..Default::default()
    };
    let same = world
        .instruments
        .update_instrument(update.clone())
        .await
        .unwrap()
        .into_inner();
    update.instrument = Some(Instrument {
        number: 113,
        etag: same.etag,
        ..first
    });
    assert_eq!(
        world
            .instruments
            .update_instrument(update)
            .await
            .unwrap()
            .into_inner()
            .citation,
        "No. 113 (LXVII) 2016"
    );
    world
        .instrument("b", conclusion(EXCOM, 112, 67, 2016))
        .await
        .unwrap();

    // Of many who want a number at once, one gets it.
    let mut callers = Vec::new();
    for id in 0..8 {
        let mut client = world.instruments.clone();
        let request = CreateInstrumentRequest {
            parent: EXCOM.into(),
            instrument_id: format!("race-{id}"),
            instrument: Some(conclusion(EXCOM, 117, 75, 2024)),
            ..Default::default()
        };
        callers.push(tokio::spawn(async move {
            client.create_instrument(request).await
        }));
    }
    let mut made = 0;
    for caller in callers {
        match caller.await.unwrap() {
            Ok(_) => made += 1,
            Err(status) => assert_eq!(reason::<()>(Err(status)).1, "NUMBER_TAKEN"),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn elements_are_cited_with_their_instrument() {
    let mut world = World::new().await;
    let instrument = world
        .instrument("c1", conclusion(RABAT, 1, 0, 2024))
        .await
        .unwrap();
    let element = Recommendation {
        instrument: instrument.name.clone(),
        path: "R.14".into(),
        ..text("Do")
    };
    let element = world.recommendation("r14", element).await.unwrap();
    assert_eq!(element.citation, "RP/C/2024/1/R.14");
    let update = UpdateInstrumentRequest {
        instrument: Some(Instrument {
            number: 2,
            ..instrument
        }),
        ..Default::default()
    };
    world.instruments.update_instrument(update).await.unwrap();
    let get = GetRecommendationRequest {
        name: element.name,
        as_of: None,
    };
    assert_eq!(
        world
            .recommendations
            .get_recommendation(get)
            .await
            .unwrap()
            .into_inner()
            .citation,
        "RP/C/2024/2/R.14"
    );
}

#[tokio::test]
async fn citations_are_resolved() {
    let mut world = World::new().await;
    for (id, number, session, year) in [("112", 112, 67, 2016), ("114", 114, 68, 2017)] {
        world
            .instrument(id, conclusion(EXCOM, number, session, year))
            .await
            .unwrap();
    }
    world
        .instrument("c1", conclusion(RABAT, 1, 0, 2024))
        .await
        .unwrap();
    let mut ask = async |parent: &str, text: &str, scheme: &str| {
        let (parent, text, numbering_scheme) = (parent.into(), text.into(), scheme.into());
        let request = ResolveCitationRequest {
            parent,
            text,
            numbering_scheme,
        };
        world
            .instruments
            .resolve_citation(request)
            .await
            .map(|answer| answer.into_inner())
    };
    let found = ask(EXCOM, "112(LXVII)", "").await.unwrap();
    assert_eq!(found.instrument, "dialogues/excom/instruments/112");
    assert_eq!((found.number, found.session, found.year), (112, 67, 2016));
    assert_eq!(
        (found.citation.as_str(), found.numbering_scheme.as_str()),
        ("No. 112 (LXVII) 2016", "excom")
    );
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    assert_eq!(
        ask(EXCOM, "no. 114 (LXVIII) of 2017", "")
            .await
            .unwrap()
            .instrument,
        "dialogues/excom/instruments/114"
    );

    // A slip is told, and does not hide the record.
    let slip = ask(EXCOM, "112 (LXVII) 2017", "").await.unwrap();
    assert_eq!(slip.instrument, "dialogues/excom/instruments/112");
    assert!(
        slip.warnings[0].contains("was in 2016"),
        "{:?}",
        slip.warnings
    );
    let unknown = ask(EXCOM, "115 (LXIX)", "").await.unwrap();
    assert_eq!((unknown.instrument.as_str(), unknown.year), ("", 2018));

    let part = ask(RABAT, "rp/c/2024/1/r.14", "").await.unwrap();
    assert_eq!(
        (part.instrument.as_str(), part.path.as_str()),
        ("dialogues/rabat/instruments/c1", "R.14")
    );
    let other = ask(RABAT, "KP/C/2024/1", "").await.unwrap();
    assert!(
        other.instrument.is_empty() && other.warnings[0].contains("not the code"),
        "{other:?}"
    );
    let foreign = ask(RABAT, "112 (LXVII)", "").await.unwrap();
    assert_eq!(
        (foreign.numbering_scheme.as_str(), foreign.warnings.len()),
        ("excom", 1)
    );
    assert_eq!(
        ask(RABAT, "XIII/25 para 2(b)", "cbd").await.unwrap().path,
        "2(b)"
    );

    for (parent, text, scheme, code, field) in [
        (EXCOM, "hello", "", Code::InvalidArgument, "text"),
        (EXCOM, " ", "", Code::InvalidArgument, "text"),
        (
            RABAT,
            "112 (LXVII)",
            "generic",
            Code::InvalidArgument,
            "text",
        ),
        (
            EXCOM,
            "112 (LXVII)",
            "own",
            Code::InvalidArgument,
            "numbering_scheme",
        ),
        ("excom", "112 (LXVII)", "", Code::InvalidArgument, "parent"),
        (
            "dialogues/no",
            "112 (LXVII)",
            "",
            Code::FailedPrecondition,
            "parent",
        ),
    ] {
        assert_eq!(
            refused(ask(parent, text, scheme).await),
            (code, field.to_owned()),
            "{text}"
        );
    }
}
