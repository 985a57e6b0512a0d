//! A handover as a gateway would answer it: from Portugal to Nigeria, at the end of 2025.

use std::collections::BTreeMap;

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::{ChairmanshipState, EventKind, EventState, PlanNodeKind};
use rapporteur_proto::gateway::v1::{
    CountItemsResponse, Coverage, CoverageGroup, CoverageLevel, CoverageNode, CoverageProof, Due,
    FlagCount, Gap, GapKind, Handover, HandoverEvent, ImplementationCount, ItemFlag, NamedRecord,
    OpenItem, Position, ResponseCount, Standpoint, Term,
};
use rapporteur_proto::recommendations::v1::{CommitmentState, Implementation, Response, Voice};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, Place, PlanLinkKind};

fn text(words: &str) -> Option<LocalizedText> {
    texts(&[("en", words)])
}

fn texts(pairs: &[(&str, &str)]) -> Option<LocalizedText> {
    let by_language: BTreeMap<String, String> = pairs
        .iter()
        .map(|(tag, words)| ((*tag).to_owned(), (*words).to_owned()))
        .collect();
    Some(LocalizedText {
        by_language,
        ..LocalizedText::default()
    })
}

fn day(value: &str) -> Option<CivilDate> {
    Some(CivilDate {
        value: value.to_owned(),
        ..CivilDate::default()
    })
}

fn term(party: &str, year: i32, state: ChairmanshipState) -> Term {
    Term {
        chairmanship: format!("dialogues/rabat/chairmanships/{party}-{year}"),
        party: format!("parties/{party}"),
        start: day(&format!("{year}-01-01")),
        end: day(&format!("{year}-12-31")),
        state: state.into(),
        events_held: 6 + year % 3,
        recommendations_adopted: 4 + year % 5,
        open: 1 + year % 7,
        overdue: year % 3,
        implemented: 2 + year % 4,
        not_held: year % 2,
        ..Term::default()
    }
}

fn addressee(at: usize, party: &str, words: Option<LocalizedText>) -> OpenItem {
    OpenItem {
        name: format!("dialogues/rabat/recommendations/2024-lisbon-hlm.t{at}/addressees/{party}"),
        text: words,
        dialogue: "dialogues/rabat".into(),
        recommendation: format!("dialogues/rabat/recommendations/2024-lisbon-hlm.t{at}"),
        citation: format!("RP/HLM/2024/{at}"),
        parties: vec![format!("parties/{party}")],
        post: format!("dialogues/rabat/posts/{party}-focal-point"),
        holder: format!("parties/{party}-officer"),
        response: Response::Supported.into(),
        implementation: Implementation::None.into(),
        flags: vec![ItemFlag::Open.into()],
        since: day("2024-10-17"),
        age_days: Some(441),
        plan_nodes: vec!["dialogues/rabat/plans/cadiz/nodes/5a".into()],
        ..OpenItem::default()
    }
}

fn open() -> Vec<OpenItem> {
    let mut overdue = addressee(
        1,
        "es",
        text("Set up a contact point for families of missing migrants in each capital"),
    );
    overdue
        .flags
        .extend([i32::from(ItemFlag::Overdue), ItemFlag::Unverified.into()]);
    overdue.implementation = Implementation::InProgress.into();
    overdue.claimed = Implementation::Implemented.into();
    overdue.due = day("2025-10-01");
    overdue.overdue_days = Some(92);
    let mut silent = addressee(
        2,
        "ma",
        texts(&[(
            "ar",
            "تعزيز التعاون بين الشرطة والجمارك على الحدود المشتركة",
        )]),
    );
    silent
        .flags
        .extend([i32::from(ItemFlag::NoReport), ItemFlag::Orphaned.into()]);
    silent.silent_days = Some(306);
    silent.holder = String::new();
    silent.response = Response::None.into();
    let mut disputed = addressee(
        3,
        "it",
        text("Accompany return with (re)integration support that begins before departure"),
    );
    disputed.flags.push(ItemFlag::Disputed.into());
    disputed.implementation = Implementation::Implemented.into();
    disputed.word = "Completed".into();
    disputed.score = Some(0.5);
    let voice = |voice: Voice, party: &str, status: Implementation, on: &str| Standpoint {
        voice: voice.into(),
        party: format!("parties/{party}"),
        status: status.into(),
        date: day(on),
        ..Standpoint::default()
    };
    disputed.standpoints = vec![
        voice(
            Voice::Self_,
            "it",
            Implementation::Implemented,
            "2025-05-02",
        ),
        voice(
            Voice::ThirdParty,
            "iom",
            Implementation::NotStarted,
            "2025-09-15",
        ),
    ];
    let mut promised = addressee(
        4,
        "pt",
        texts(&[(
            "fr",
            "Faciliter la mobilité des étudiants et des chercheurs",
        )]),
    );
    promised.flags.push(ItemFlag::Promised.into());
    promised.implementation = Implementation::Planned.into();
    promised.due = day("2026-06-30");
    vec![overdue, silent, disputed, promised]
}

fn promised() -> Vec<OpenItem> {
    let commitment = |id: &str, party: &str, words: &str| OpenItem {
        name: format!("dialogues/rabat/commitments/{id}"),
        text: text(words),
        parties: vec![format!("parties/{party}")],
        post: format!("dialogues/rabat/posts/{party}-focal-point"),
        holder: format!("parties/{party}-officer"),
        commitment_state: CommitmentState::InProgress.into(),
        implementation: Implementation::InProgress.into(),
        due: day("2026-06-30"),
        since: day("2025-05-01"),
        flags: vec![ItemFlag::Open.into()],
        ..OpenItem::default()
    };
    let mut late = commitment(
        "sn-hotline",
        "sn",
        "Open a toll-free line for victims of trafficking",
    );
    late.flags.push(ItemFlag::Overdue.into());
    late.due = day("2025-11-30");
    late.overdue_days = Some(32);
    vec![
        commitment(
            "pt-training",
            "pt",
            "Train fifty border officials in the protection of children",
        ),
        late,
    ]
}

fn event(
    id: &str,
    title: &str,
    kind: EventKind,
    state: EventState,
    start: &str,
    end: &str,
    place: (&str, &str),
) -> HandoverEvent {
    HandoverEvent {
        name: format!("dialogues/rabat/events/{id}"),
        title: text(title),
        kind: kind.into(),
        state: state.into(),
        start: day(start),
        end: day(end),
        place: Some(Place {
            name: place.0.into(),
            country_code: place.1.into(),
            ..Place::default()
        }),
        plan_nodes: vec!["dialogues/rabat/plans/cadiz/nodes/3".into()],
    }
}

fn events(state: EventState) -> Vec<HandoverEvent> {
    let (thematic, som) = (EventKind::ThematicMeeting, EventKind::HighLevelMeeting);
    if state == EventState::Held {
        return vec![
            event(
                "2025-dakar-tm",
                "Thematic meeting on civil registration and legal identity",
                thematic,
                state,
                "2025-02-18",
                "2025-02-20",
                ("Dakar", "SN"),
            ),
            event(
                "2025-porto-tm",
                "Thematic meeting on labour mobility in agriculture",
                thematic,
                state,
                "2025-05-06",
                "2025-05-07",
                ("Porto", "PT"),
            ),
            event(
                "2025-praia-fv",
                "Field visit on diaspora investment",
                thematic,
                state,
                "2025-09-22",
                "2025-09-24",
                ("Praia", "CV"),
            ),
            event(
                "2025-lisbon-som",
                "Senior Officials’ Meeting",
                som,
                state,
                "2025-11-12",
                "2025-11-13",
                ("Lisbon", "PT"),
            ),
        ];
    }
    vec![
        event(
            "2026-abuja-tm",
            "Thematic meeting on trafficking in human beings",
            thematic,
            EventState::Confirmed,
            "2026-03-10",
            "2026-03-11",
            ("Abuja", "NG"),
        ),
        event(
            "2026-madrid-ws",
            "Workshop on statistics of return",
            thematic,
            EventState::Planned,
            "2026-06",
            "",
            ("Madrid", "ES"),
        ),
        event(
            "2026-abuja-som",
            "Senior Officials’ Meeting",
            som,
            EventState::Planned,
            "2026-11-17",
            "2026-11-18",
            ("Abuja", "NG"),
        ),
    ]
}

fn coverage() -> Coverage {
    let nodes = [
        (PlanNodeKind::Area, "A1", "Legal migration and mobility"),
        (
            PlanNodeKind::Objective,
            "1",
            "Foster regular migration and mobility, especially of young people and women",
        ),
        (
            PlanNodeKind::Objective,
            "2",
            "Facilitate the exchange between partners on visas",
        ),
        (
            PlanNodeKind::Area,
            "A2",
            "Links between migration and development",
        ),
        (
            PlanNodeKind::Objective,
            "3",
            "Maximise the positive impact of diasporas on the countries of origin",
        ),
        (
            PlanNodeKind::Objective,
            "4",
            "Reduce the cost of remittances",
        ),
        (PlanNodeKind::Area, "A3", "Protection and asylum"),
        (
            PlanNodeKind::Objective,
            "5",
            "Strengthen the protection of displaced persons in situations of vulnerability",
        ),
        (
            PlanNodeKind::Objective,
            "6",
            "Integrate refugees into host communities",
        ),
        (
            PlanNodeKind::Area,
            "A4",
            "Irregular migration, trafficking and smuggling",
        ),
        (
            PlanNodeKind::Objective,
            "7",
            "Improve border management and combat smuggling and trafficking",
        ),
        (
            PlanNodeKind::Objective,
            "8",
            "Improve the quality of civil registration",
        ),
        (
            PlanNodeKind::Area,
            "A5",
            "Return, readmission and reintegration",
        ),
        (
            PlanNodeKind::Objective,
            "9",
            "Strengthen the processes of identification and of issuing travel documents",
        ),
        (
            PlanNodeKind::Objective,
            "10",
            "Encourage programmes for safe return and sustainable reintegration",
        ),
    ];
    let node = |(at, (kind, code, words)): (usize, &(PlanNodeKind, &str, &str))| {
        let never = [5, 8, 13].contains(&at);
        let link = |year: usize, kind: PlanLinkKind, id: usize| CoverageProof {
            name: format!("dialogues/rabat/events/{year}-{id}"),
            date: day(&format!("{year}-0{}-11", 1 + id % 8)),
            kind: kind.into(),
            ..CoverageProof::default()
        };
        let mut proof: Vec<CoverageProof> = (2023..2026)
            .flat_map(|year| (0..(at * 7 + year) % 4).map(move |id| (year, id)))
            .filter(|_| !never)
            .map(|(year, id)| link(year, PlanLinkKind::Addressed, id))
            .collect();
        if at % 4 == 1 {
            proof.push(link(2026, PlanLinkKind::Planned, 2));
        }
        CoverageNode {
            kind: (*kind).into(),
            code: (*code).into(),
            text: text(words),
            addressed: !never,
            planned: at % 4 == 1,
            proof,
            ..CoverageNode::default()
        }
    };
    let level = |kind: PlanNodeKind, addressed, total| CoverageLevel {
        kind: kind.into(),
        addressed,
        total,
        recorded: total,
        ..CoverageLevel::default()
    };
    Coverage {
        plan: "dialogues/rabat/plans/cadiz".into(),
        title: text("Cadiz Action Plan"),
        levels: vec![
            level(PlanNodeKind::Area, 5, 5),
            level(PlanNodeKind::Objective, 7, 10),
        ],
        groups: [("es-2023", 3), ("sn-2024", 5), ("pt-2025", 4)]
            .map(|(id, addressed)| CoverageGroup {
                key: format!("dialogues/rabat/chairmanships/{id}"),
                levels: vec![level(PlanNodeKind::Objective, addressed, 10)],
                ..CoverageGroup::default()
            })
            .into(),
        nodes: nodes.iter().enumerate().map(node).collect(),
        ..Coverage::default()
    }
}

fn counts() -> CountItemsResponse {
    let responses = [
        (Response::None, 31),
        (Response::UnderConsideration, 9),
        (Response::Supported, 46),
        (Response::SupportedInPart, 12),
        (Response::Noted, 7),
        (Response::NotSupported, 2),
    ];
    let implementations = [
        (Implementation::None, 52),
        (Implementation::NotStarted, 4),
        (Implementation::Planned, 11),
        (Implementation::InProgress, 22),
        (Implementation::PartiallyImplemented, 8),
        (Implementation::Implemented, 9),
        (Implementation::Stalled, 1),
    ];
    let flags = [
        (ItemFlag::Open, 96, 9),
        (ItemFlag::Overdue, 14, 3),
        (ItemFlag::NoReport, 52, 2),
        (ItemFlag::Disputed, 4, 0),
    ];
    CountItemsResponse {
        addressees: 107,
        responses: responses
            .map(|(it, count)| ResponseCount {
                response: it.into(),
                count,
            })
            .into(),
        implementations: implementations
            .map(|(it, count)| ImplementationCount {
                implementation: it.into(),
                count,
            })
            .into(),
        commitments: 12,
        flags: flags
            .map(|(it, addressees, commitments)| FlagCount {
                flag: it.into(),
                addressees,
                commitments,
            })
            .into(),
        on: "2026-01-01".into(),
        ..CountItemsResponse::default()
    }
}

fn gaps() -> Vec<Gap> {
    let gap = |kind: GapKind, name: &str, words: Option<LocalizedText>, detail: &str, days| Gap {
        kind: kind.into(),
        name: name.into(),
        text: words,
        detail: detail.into(),
        days,
        dialogue: "dialogues/rabat".into(),
        ..Gap::default()
    };
    vec![
        gap(
            GapKind::NodeNeverAddressed,
            "dialogues/rabat/plans/cadiz/nodes/4",
            text("Reduce the cost of remittances"),
            "since the plan came into force",
            Some(1_096),
        ),
        gap(
            GapKind::EventWithoutOutcome,
            "dialogues/rabat/events/2025-porto-tm",
            text("Thematic meeting on labour mobility in agriculture"),
            "held, and no outcome is recorded",
            Some(239),
        ),
        gap(
            GapKind::AddresseeWithoutFocalPoint,
            "dialogues/rabat/recommendations/2024-lisbon-hlm.t2/addressees/ma",
            texts(&[("ar", "تعزيز التعاون")]),
            "the post has no holder",
            None,
        ),
    ]
}

pub(crate) fn handover() -> Handover {
    let chairs = [
        ("ma", 2022),
        ("es", 2023),
        ("sn", 2024),
        ("pt", 2025),
        ("ng", 2026),
    ];
    let state = |year| match year {
        2026 => ChairmanshipState::Designated,
        2025 => ChairmanshipState::Active,
        _ => ChairmanshipState::HandedOver,
    };
    let mut terms: Vec<Term> = chairs
        .iter()
        .map(|(party, year)| term(party, *year, state(*year)))
        .collect();
    terms[4].priorities = vec![LocalizedText {
        by_language: [(
            "en".to_owned(),
            "Fight against trafficking in human beings".to_owned(),
        )]
        .into(),
        ..LocalizedText::default()
    }];
    terms[4].events_held = 0;
    let due = |subject: &str, party: &str, on: &str| Due {
        schedule: "dialogues/rabat/schedules/yearly".into(),
        subject: subject.into(),
        parties: vec![format!("parties/{party}")],
        due: day(on),
        ..Due::default()
    };
    let names = [
        ("parties/pt", "Portugal"),
        ("parties/ng", "Nigeria"),
        ("parties/es", "Spain"),
        ("parties/ma", "Morocco"),
        ("parties/sn", "Senegal"),
        ("parties/it", "Italy"),
        ("parties/iom", "International Organization for Migration"),
        ("dialogues/rabat/posts/es-focal-point", "Focal point"),
        ("parties/es-officer", "M. García"),
        ("dialogues/rabat/posts/ma-focal-point", "Focal point"),
        ("dialogues/rabat/posts/it-focal-point", "Focal point"),
        ("parties/it-officer", "L. Rossi"),
        ("dialogues/rabat/posts/pt-focal-point", "Focal point"),
        ("parties/pt-officer", "A. Silva"),
        ("dialogues/rabat/posts/sn-focal-point", "Focal point"),
        ("parties/sn-officer", "F. Diop"),
    ];
    Handover {
        dialogue: "dialogues/rabat".into(),
        title: texts(&[("en", "Rabat Process"), ("fr", "Processus de Rabat")]),
        from: Some(terms[3].clone()),
        to: Some(terms[4].clone()),
        terms,
        open: open(),
        promised: promised(),
        planned: events(EventState::Planned),
        held: events(EventState::Held),
        coverage: vec![coverage()],
        gaps: gaps(),
        counts: Some(counts()),
        dues: vec![
            due(
                "dialogues/rabat/commitments/pt-training",
                "pt",
                "2026-06-30",
            ),
            due(
                "dialogues/rabat/recommendations/2024-lisbon-hlm.t1/addressees/es",
                "es",
                "2026-10-01",
            ),
        ],
        positions: vec![
            Position {
                service: Service::Recommendations.into(),
                position: 388,
            },
            Position {
                service: Service::Events.into(),
                position: 412,
            },
        ],
        on: "2026-01-01".into(),
        names: names
            .map(|(name, title)| NamedRecord {
                name: name.into(),
                title: text(title),
            })
            .into(),
    }
}
