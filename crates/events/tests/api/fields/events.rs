//! Events.

use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::*;
use tonic::{Response, Status};

use super::*;

#[tokio::test]
async fn events() {
    let mut house = House::furnished().await;
    let request = CreateEventRequest {
        parent: RABAT.into(),
        event_id: "x".into(),
        ..Default::default()
    };
    let wrong: Wrong<Event> = vec![
        ("event.kind", |e| e.kind = 0),
        ("event.kind", |e| e.kind = 99),
        ("event.state", |e| e.state = 99),
        ("event.mode", |e| e.mode = -1),
        ("event.title", |e| e.title = None),
        ("event.title", |e| e.title = Some(LocalizedText::default())),
        ("event.title.by_language[no_tag]", |e| {
            e.title = words("no_tag", "Title")
        }),
        ("event.title.by_language[fr]", |e| {
            e.title = words("fr", " ")
        }),
        ("event.title.by_language[fr]", |e| {
            e.title = words("fr", &long(501))
        }),
        ("event.title.by_language[fr]", |e| {
            e.title = words("fr", "a\u{7}")
        }),
        ("event.description.by_language[en]", |e| {
            e.description = text(&long(20_001))
        }),
        ("event.joint_dialogues[0]", |e| {
            e.joint_dialogues = vec!["khartoum".into()]
        }),
        ("event.joint_dialogues[0]", |e| {
            e.joint_dialogues = vec![RABAT.into()]
        }),
        ("event.joint_dialogues[1]", |e| {
            e.joint_dialogues = vec![KHARTOUM.into(), KHARTOUM.into()]
        }),
        ("event.joint_dialogues[1]", |e| {
            e.joint_dialogues = vec![KHARTOUM.into(), "dialogues/no".into()]
        }),
        ("event.joint_dialogues", |e| {
            e.joint_dialogues = (0..11).map(|at| format!("dialogues/d{at}")).collect()
        }),
        ("event.bodies[0]", |e| e.bodies = vec!["sc".into()]),
        ("event.bodies[1]", |e| {
            e.bodies = vec![
                format!("{RABAT}/bodies/sc"),
                format!("{KHARTOUM}/bodies/no"),
            ]
        }),
        ("event.bodies[0]", |e| {
            e.bodies = vec!["dialogues/no/bodies/sc".into()]
        }),
        ("event.bodies", |e| {
            e.bodies = (0..21).map(|at| format!("{RABAT}/bodies/b{at}")).collect()
        }),
        ("event.series", |e| e.series = "EU-AU summit".into()),
        ("event.ordinal", |e| e.ordinal = -1),
        ("event.parent_event", |e| e.parent_event = "x".into()),
        ("event.parent_event", |e| {
            e.parent_event = format!("{RABAT}/events/x")
        }),
        ("event.parent_event", |e| {
            e.parent_event = format!("{RABAT}/events/no")
        }),
        ("event.follows_up[0]", |e| {
            e.follows_up = vec![format!("{RABAT}/events/x")]
        }),
        ("event.follows_up[0]", |e| {
            e.follows_up = vec![format!("{RABAT}/events/no")]
        }),
        ("event.follows_up", |e| {
            e.follows_up = (0..101).map(|at| format!("{RABAT}/events/e{at}")).collect()
        }),
        ("event.start.value", |e| e.start = date("16 October 2024")),
        ("event.start.value", |e| e.start = date("2023-02-29")),
        ("event.start.value", |e| {
            e.start.get_or_insert_default().basis = Basis::Given.into()
        }),
        ("event.start.basis", |e| {
            e.start = Some(CivilDate {
                basis: 99,
                ..date("2024").unwrap()
            })
        }),
        ("event.start.as_written", |e| {
            e.start.get_or_insert_default().as_written = long(501)
        }),
        ("event.end.value", |e| {
            (e.start, e.end) = (date("2024-10-17"), date("2024-10-16"))
        }),
        ("event.end.value", |e| {
            (e.start, e.end) = (date("2024-10-17"), date("2025-10-19"))
        }),
        ("event.time_zone", |e| e.start = date("2024-10-16T09:30")),
        ("event.time_zone", |e| e.time_zone = "Lisbon".into()),
        ("event.time_zone", |e| e.time_zone = "europe/lisbon".into()),
        ("event.place.country_code", |e| {
            e.place.get_or_insert_default().country_code = "XX".into()
        }),
        ("event.place.country_code", |e| {
            e.place.get_or_insert_default().country_code = "pt".into()
        }),
        ("event.place.locode", |e| {
            e.place.get_or_insert_default().locode = "PTLIS".into()
        }),
        ("event.place.name", |e| {
            e.place.get_or_insert_default().name = long(501)
        }),
        ("event.themes[0]", |e| e.themes = vec!["Labour".into()]),
        ("event.themes[1]", |e| {
            e.themes = vec!["labour".into(), "labour".into()]
        }),
        ("event.themes", |e| {
            e.themes = (0..31).map(|at| format!("t{at}")).collect()
        }),
        ("event.plan_links[0].node", |e| {
            e.plan_links = vec![PlanLink {
                node: CADIZ.into(),
                ..link("5a")
            }]
        }),
        ("event.plan_links[0].node", |e| {
            e.plan_links = vec![link("no")]
        }),
        ("event.plan_links[1].node", |e| {
            e.plan_links = vec![link("5a"), link("5a")]
        }),
        ("event.plan_links[0].kind", |e| {
            e.plan_links = vec![PlanLink {
                kind: 0,
                ..link("5a")
            }]
        }),
        ("event.plan_links", |e| {
            e.plan_links = (0..201).map(|at| link(&format!("n{at}"))).collect()
        }),
        ("event.plan_links", |e| {
            let node = |at| format!("{RABAT}/plans/p{at}/nodes/n");
            e.plan_links = (0..21)
                .map(|at| PlanLink {
                    node: node(at),
                    ..link("5a")
                })
                .collect();
        }),
        ("event.roles[0].party", |e| e.roles = vec![role("pt")]),
        ("event.roles[1].party", |e| {
            e.roles = vec![role("parties/pt"), role("parties/no")]
        }),
        ("event.roles[1]", |e| {
            e.roles = vec![role("parties/pt"), role("parties/pt")]
        }),
        ("event.roles[0].role", |e| {
            e.roles = vec![EventRole {
                role: 0,
                ..role("parties/pt")
            }]
        }),
        ("event.roles[0].capacity", |e| {
            e.roles = vec![EventRole {
                capacity: long(501),
                ..role("parties/pt")
            }]
        }),
        ("event.roles[0].provenance.source", |e| {
            e.roles = vec![EventRole {
                provenance: Some(from_source("sources/no")),
                ..role("parties/pt")
            }];
        }),
        ("event.roles", |e| {
            e.roles = (0..101).map(|at| role(&format!("parties/p{at}"))).collect()
        }),
        ("event.delegations[0].party", |e| {
            e.delegations = vec![delegation("pt")]
        }),
        ("event.delegations[0].party", |e| {
            e.delegations = vec![delegation("parties/no")]
        }),
        ("event.delegations[1].party", |e| {
            e.delegations = vec![delegation("parties/pt"); 2]
        }),
        ("event.delegations[0].counted", |e| {
            e.delegations = vec![Delegation {
                counted: Some(-1),
                ..delegation("parties/pt")
            }];
        }),
        ("event.delegations[0].stated_count", |e| {
            e.delegations = vec![Delegation {
                stated_count: Some(-1),
                ..delegation("parties/pt")
            }];
        }),
        ("event.delegations", |e| {
            e.delegations = (0..251)
                .map(|at| delegation(&format!("parties/p{at}")))
                .collect()
        }),
        ("event.agenda[0].title", |e| {
            e.agenda = vec![AgendaItem::default()]
        }),
        ("event.agenda[0].themes[0]", |e| {
            e.agenda = vec![AgendaItem {
                title: text("Item"),
                themes: vec!["A B".into()],
                ..AgendaItem::default()
            }];
        }),
        ("event.agenda", |e| {
            e.agenda = vec![
                AgendaItem {
                    title: text("Item"),
                    ..AgendaItem::default()
                };
                1_001
            ]
        }),
        ("event.claims[0].id", |e| e.claims = vec![claim("No id")]),
        ("event.claims[1].id", |e| {
            e.claims = vec![claim("c"), claim("c")]
        }),
        ("event.claims[0].measure", |e| {
            e.claims = vec![Claim {
                measure: "Participants!".into(),
                ..claim("c")
            }]
        }),
        ("event.claims[0].value", |e| {
            e.claims = vec![Claim {
                value: Some(-1),
                ..claim("c")
            }]
        }),
        ("event.claims[0].total", |e| {
            e.claims = vec![Claim {
                total: Some(-1),
                ..claim("c")
            }]
        }),
        ("event.claims[0].qualifier", |e| {
            e.claims = vec![Claim {
                qualifier: 99,
                ..claim("c")
            }]
        }),
        ("event.claims[0].plan", |e| {
            e.claims = vec![Claim {
                plan: "cadiz".into(),
                ..claim("c")
            }]
        }),
        ("event.claims[0].plan", |e| {
            e.claims = vec![Claim {
                plan: format!("{RABAT}/plans/no"),
                ..claim("c")
            }]
        }),
        ("event.claims[0].period_end.value", |e| {
            e.claims = vec![Claim {
                period_start: date("2024"),
                period_end: date("2023"),
                ..claim("c")
            }];
        }),
        ("event.documents[0].id", |e| {
            e.documents = vec![document("")]
        }),
        ("event.documents[1].id", |e| {
            e.documents = vec![document("d"), document("d")]
        }),
        ("event.documents[0].kind", |e| {
            e.documents = vec![Document {
                kind: "The agenda".into(),
                ..document("d")
            }]
        }),
        ("event.documents[0].renditions[0].sha256", |e| {
            let rendition = Rendition {
                sha256: "ab".into(),
                ..Rendition::default()
            };
            e.documents = vec![Document {
                renditions: vec![rendition],
                ..document("d")
            }];
        }),
        ("event.links[0].url", |e| {
            e.links = vec![url("javascript:alert(1)")]
        }),
        ("event.links[0].url", |e| {
            e.links = vec![url(&format!("https://a.example/{}", long(2_048)))]
        }),
        ("event.provenance[0].source", |e| {
            e.provenance = vec![from_source("p1")]
        }),
        ("event.provenance[1].source", |e| {
            e.provenance = vec![from_source("sources/p1"), from_source("sources/no")]
        }),
        ("event.provenance[0].quote", |e| {
            e.provenance = vec![Provenance {
                quote: long(20_001),
                ..Provenance::default()
            }]
        }),
        ("event.provenance[0].basis", |e| {
            e.provenance = vec![Provenance {
                basis: 99,
                ..Provenance::default()
            }]
        }),
        ("event.external_ids[0].scheme", |e| {
            e.external_ids = vec![ExternalId {
                value: "7".into(),
                ..ExternalId::default()
            }];
        }),
    ];
    each_field!(
        house.events,
        create_event,
        request.clone(),
        event,
        event(),
        wrong
    );
}
