use rapporteur_proto::r#type::v1::CivilDate;

use super::*;

const RESPONSES: [R; 6] = [
    R::None,
    R::UnderConsideration,
    R::Supported,
    R::SupportedInPart,
    R::Noted,
    R::NotSupported,
];
const IMPLEMENTATIONS: [I; 8] = [
    I::None,
    I::NotStarted,
    I::Planned,
    I::InProgress,
    I::PartiallyImplemented,
    I::Implemented,
    I::Stalled,
    I::NotApplicable,
];

fn today() -> Date {
    "2024-11-24".parse().unwrap()
}

fn at(response: R, implementation: I) -> Addressee {
    let (response, implementation) = (response.into(), implementation.into());
    Addressee {
        name: "a".into(),
        response,
        implementation,
        ..Addressee::default()
    }
}

fn day(value: &str) -> Option<CivilDate> {
    Some(CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

fn answered(response: R, on: &str, reason: &str) -> LedgerEntry {
    LedgerEntry {
        on: day(on),
        response: response.into(),
        reason: reason.into(),
        ..LedgerEntry::default()
    }
}

fn tracked(implementation: I, on: &str, reason: &str) -> LedgerEntry {
    LedgerEntry {
        on: day(on),
        implementation: implementation.into(),
        reason: reason.into(),
        ..LedgerEntry::default()
    }
}

fn field_of(error: &Error) -> &str {
    match error {
        Error::Invalid { violations } => &violations[0].field,
        other => panic!("{other}"),
    }
}

#[test]
fn every_pair_of_answers() {
    for from in RESPONSES {
        for to in RESPONSES {
            // domain.md: none -> under consideration -> a final; none -> a final; final -> final.
            let legal = match (from, to) {
                (_, R::None) => false,
                (R::None, _) => true,
                (_, R::UnderConsideration) => false,
                _ => true,
            };
            let mut addressee = at(from, I::None);
            match append(
                &mut addressee,
                answered(to, "2024-10-16", "because"),
                "",
                today(),
            ) {
                Ok(()) => assert!(legal && addressee.response() == to, "{from:?} {to:?}"),
                Err(Error::Precondition {
                    reason,
                    legal: told,
                    ..
                }) => {
                    assert!(!legal, "{from:?} {to:?}");
                    assert_eq!((reason, told.is_empty()), ("ILLEGAL_TRANSITION", false));
                    assert!(addressee.entries.is_empty());
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn every_pair_of_states() {
    for from in IMPLEMENTATIONS {
        for to in IMPLEMENTATIONS {
            // domain.md, with the one move more that states_after explains.
            let legal = match (from, to) {
                (_, I::None) => false,
                (from, to) if from == to => false,
                (I::NotApplicable, _) => false,
                (_, I::NotApplicable) | (I::None, _) => true,
                (I::NotStarted, to) => to != I::Stalled,
                (I::Planned, to) => to != I::NotStarted,
                (I::InProgress, to) => {
                    matches!(to, I::PartiallyImplemented | I::Implemented | I::Stalled)
                }
                (I::PartiallyImplemented, to) => matches!(to, I::Implemented | I::Stalled),
                (I::Stalled | I::Implemented, to) => to == I::InProgress,
                _ => false,
            };
            let mut addressee = at(R::None, from);
            let mut entry = tracked(to, "2024-10-16", "because");
            entry.verifier = "parties/mt".into();
            match append(&mut addressee, entry, "", today()) {
                Ok(()) => assert!(legal && addressee.implementation() == to, "{from:?} {to:?}"),
                Err(Error::Precondition { legal: told, .. }) => {
                    assert!(!legal, "{from:?} {to:?}");
                    assert_eq!(told.is_empty(), from == I::NotApplicable);
                }
                Err(error) => assert_eq!((to, field_of(&error)), (I::None, "implementation")),
            }
        }
    }
}

#[test]
fn some_moves_need_a_reason_and_a_verifier() {
    let mut addressee = at(R::Noted, I::Implemented);
    let mut refused =
        |entry| field_of(&append(&mut addressee, entry, "", today()).unwrap_err()).to_owned();
    assert_eq!(refused(answered(R::Supported, "2024-10-16", "")), "reason");
    assert_eq!(
        refused(tracked(I::NotApplicable, "2024-10-16", " ")),
        "reason"
    );
    assert_eq!(refused(tracked(I::InProgress, "2024-10-16", "")), "reason");
    assert_eq!(
        refused(tracked(I::InProgress, "2024-10-16", "because")),
        "verifier"
    );
    assert!(addressee.entries.is_empty());
}

#[test]
fn entries_are_dated_and_keep_their_order() {
    let mut addressee = at(R::None, I::None);
    append(
        &mut addressee,
        tracked(I::Planned, "2024-03-01", ""),
        "",
        today(),
    )
    .unwrap();
    append(
        &mut addressee,
        tracked(I::InProgress, "2024-06", ""),
        "",
        today(),
    )
    .unwrap();
    // The answer came between the two reports, and was recorded after them.
    append(
        &mut addressee,
        answered(R::Supported, "2024-04-01", ""),
        "",
        today(),
    )
    .unwrap();
    append(
        &mut addressee,
        LedgerEntry {
            on: None,
            ..answered(R::Noted, "", "corrected")
        },
        "",
        today(),
    )
    .unwrap();
    let days: Vec<_> = addressee
        .entries
        .iter()
        .map(|e| e.on.clone().unwrap().value)
        .collect();
    assert_eq!(days, ["2024-03-01", "2024-04-01", "2024-06", "2024-11-24"]);

    let mut refused = |entry, at: &str| {
        field_of(&append(&mut addressee, entry, at, today()).unwrap_err()).to_owned()
    };
    assert_eq!(
        refused(tracked(I::Implemented, "2024-05-31", ""), ""),
        "on.value"
    );
    assert_eq!(
        refused(tracked(I::Implemented, "2024-11-25", ""), ""),
        "on.value"
    );
    assert_eq!(
        refused(
            tracked(I::Implemented, "tomorrow", ""),
            "addressee.entries[3]"
        ),
        "addressee.entries[3].on.value"
    );
    assert_eq!(refused(LedgerEntry::default(), ""), "response");
    assert_eq!(addressee.entries.len(), 4);
}
