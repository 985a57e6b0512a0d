//! Every field of an instrument has its rule.

use crate::world::*;

#[tokio::test]
async fn every_field_has_its_rule() {
    let mut world = World::new().await;
    let good = || conclusion(RABAT, 0, 0, 2024);
    let cited = |name: &str, words: &str| InstrumentCitation {
        instrument: name.into(),
        as_written: words.into(),
        note: String::new(),
    };
    let link = |node: &str| PlanLink {
        node: node.into(),
        kind: PlanLinkKind::Planned.into(),
        provenance: None,
    };
    let table: Vec<(&str, Code, Instrument)> = vec![
        (
            "instrument.kind",
            Code::InvalidArgument,
            Instrument { kind: 0, ..good() },
        ),
        (
            "instrument.kind",
            Code::InvalidArgument,
            Instrument { kind: 99, ..good() },
        ),
        (
            "instrument.title",
            Code::InvalidArgument,
            Instrument {
                title: None,
                ..good()
            },
        ),
        (
            "instrument.title.by_language[e n]",
            Code::InvalidArgument,
            Instrument {
                title: Some(rapporteur_proto::r#type::v1::LocalizedText {
                    by_language: [("e n".into(), "x".into())].into(),
                    ..rapporteur_proto::r#type::v1::LocalizedText::default()
                }),
                ..good()
            },
        ),
        (
            "instrument.number",
            Code::InvalidArgument,
            Instrument {
                number: -1,
                ..good()
            },
        ),
        (
            "instrument.session",
            Code::InvalidArgument,
            Instrument {
                session: -1,
                ..good()
            },
        ),
        (
            "instrument.session",
            Code::InvalidArgument,
            Instrument {
                session: 4_000,
                ..good()
            },
        ),
        (
            "instrument.year",
            Code::InvalidArgument,
            Instrument {
                year: 10_000,
                ..good()
            },
        ),
        (
            "instrument.year",
            Code::InvalidArgument,
            Instrument {
                number: 1,
                year: 0,
                ..good()
            },
        ),
        (
            "instrument.session",
            Code::InvalidArgument,
            conclusion(CBD, 25, 0, 2016),
        ),
        (
            "instrument.numbering_scheme",
            Code::InvalidArgument,
            Instrument {
                numbering_scheme: "own".into(),
                ..good()
            },
        ),
        (
            "instrument.event",
            Code::InvalidArgument,
            Instrument {
                event: "events/x".into(),
                ..good()
            },
        ),
        (
            "instrument.event",
            Code::FailedPrecondition,
            Instrument {
                event: "dialogues/rabat/events/no".into(),
                ..good()
            },
        ),
        (
            "instrument.adopted.value",
            Code::InvalidArgument,
            Instrument {
                adopted: day("2024-02-30"),
                ..good()
            },
        ),
        (
            "instrument.adopted_by",
            Code::InvalidArgument,
            Instrument {
                adopted_by: RABAT.into(),
                ..good()
            },
        ),
        (
            "instrument.adopted_by",
            Code::FailedPrecondition,
            Instrument {
                adopted_by: "dialogues/rabat/bodies/no".into(),
                ..good()
            },
        ),
        (
            "instrument.mode",
            Code::InvalidArgument,
            Instrument { mode: 3, ..good() },
        ),
        (
            "instrument.parties_count",
            Code::InvalidArgument,
            Instrument {
                parties_count: Some(-1),
                ..good()
            },
        ),
        (
            "instrument.cites[0].as_written",
            Code::InvalidArgument,
            Instrument {
                cites: vec![cited("", " ")],
                ..good()
            },
        ),
        (
            "instrument.cites[0].instrument",
            Code::InvalidArgument,
            Instrument {
                cites: vec![cited("x", "")],
                ..good()
            },
        ),
        (
            "instrument.cites[0].instrument",
            Code::InvalidArgument,
            Instrument {
                cites: vec![cited("dialogues/rabat/instruments/bad", "")],
                ..good()
            },
        ),
        (
            "instrument.cites[0].instrument",
            Code::FailedPrecondition,
            Instrument {
                cites: vec![cited("dialogues/rabat/instruments/no", "")],
                ..good()
            },
        ),
        (
            "instrument.themes[1]",
            Code::InvalidArgument,
            Instrument {
                themes: vec!["a".into(), "B".into()],
                ..good()
            },
        ),
        (
            "instrument.plan_links[0].node",
            Code::InvalidArgument,
            Instrument {
                plan_links: vec![link("x")],
                ..good()
            },
        ),
        (
            "instrument.plan_links[0].node",
            Code::FailedPrecondition,
            Instrument {
                plan_links: vec![link("dialogues/rabat/plans/cadiz/nodes/99")],
                ..good()
            },
        ),
        (
            "instrument.provenance[0].source",
            Code::FailedPrecondition,
            Instrument {
                provenance: vec![Provenance {
                    source: "sources/no".into(),
                    ..Default::default()
                }],
                ..good()
            },
        ),
        (
            "parent",
            Code::FailedPrecondition,
            conclusion("dialogues/no", 0, 0, 2024),
        ),
        (
            "parent",
            Code::InvalidArgument,
            conclusion("parties/pt", 0, 0, 2024),
        ),
    ];
    for (field, code, instrument) in table {
        assert_eq!(
            refused(world.instrument("bad", instrument.clone()).await),
            (code, field.to_owned()),
            "{instrument:?}"
        );
    }
    let id = world.instrument("Bad Id", good()).await;
    assert_eq!(refused(id), (Code::InvalidArgument, "instrument_id".into()));
    let list = ListInstrumentsRequest {
        parent: RABAT.into(),
        page_size: 10,
        ..Default::default()
    };
    assert!(
        world
            .instruments
            .list_instruments(list)
            .await
            .unwrap()
            .into_inner()
            .instruments
            .is_empty()
    );
}
