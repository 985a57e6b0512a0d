//! Instruments: numbers, citations, rules of the fields.

mod fields;
mod numbers;

use crate::world::*;

#[tokio::test]
async fn an_instrument_is_recorded_read_and_changed() {
    let mut world = World::new().await;
    let sent = Instrument {
        event: LISBON.into(),
        adopted: day("2024-10"),
        ..conclusion(RABAT, 1, 0, 2024)
    };
    let made = world.instrument("c1", sent).await.unwrap();
    assert_eq!(
        (made.name.as_str(), made.citation.as_str()),
        ("dialogues/rabat/instruments/c1", "RP/C/2024/1")
    );
    assert!(!made.uid.is_empty() && made.create_time.is_some());

    let get = GetInstrumentRequest {
        name: made.name.clone(),
        as_of: None,
    };
    assert_eq!(
        world
            .instruments
            .get_instrument(get.clone())
            .await
            .unwrap()
            .into_inner(),
        made
    );

    // Only what the mask names, and only with the present etag.
    let mut update = UpdateInstrumentRequest {
        instrument: Some(Instrument {
            name: made.name.clone(),
            etag: made.etag.clone(),
            title: english("Other"),
            year: 1999,
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["title".into(), "citation".into()],
        }),
        ..Default::default()
    };
    let changed = world
        .instruments
        .update_instrument(update.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (changed.title, changed.year, changed.citation.as_str()),
        (english("Other"), 2024, "RP/C/2024/1")
    );
    assert_eq!(changed.uid, made.uid);
    let stale = reason(world.instruments.update_instrument(update.clone()).await);
    assert_eq!((stale.0, stale.1.as_str()), (Code::Aborted, "STALE_ETAG"));
    update.update_mask = Some(FieldMask {
        paths: vec!["colour".into()],
    });
    update.instrument.as_mut().unwrap().etag.clear();
    assert_eq!(
        refused(world.instruments.update_instrument(update).await),
        (Code::InvalidArgument, "update_mask".into())
    );

    // As it stood.
    let before = GetInstrumentRequest {
        as_of: made.update_time,
        ..get
    };
    assert_eq!(
        world
            .instruments
            .get_instrument(before)
            .await
            .unwrap()
            .into_inner(),
        made
    );
    assert_eq!(
        reason(world.instrument("c1", conclusion(RABAT, 2, 0, 2024)).await).0,
        Code::AlreadyExists
    );
}
