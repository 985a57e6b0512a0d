//! Imports as records of the gateway's own store: with history and etags, in its audit trail.

use rapporteur_access::{Rights, Role};
use rapporteur_proto::gateway::v1::{Import, ImportState};
use rapporteur_records::edit::illegal_move;
use rapporteur_records::{
    Call, Error, Listing, Noun, PageRequest, Pattern, Range, Records, Result, Stored, draft,
    layout, time,
};
use rapporteur_server::Caller;
use rapporteur_store::key::Key;

const DIALOGUE: Pattern = Pattern("dialogues/*");
/// By the calendar of which they are snapshots.
const BY_CALENDAR: u8 = 1;

/// Imports.
pub static IMPORT: Noun<Import> = Noun {
    kind: 3,
    pattern: Pattern("imports/*"),
    field: "import",
    output_only: &[
        "caller",
        "file",
        "state",
        "summary",
        "commit_time",
        "committer",
        "undo_time",
        "undone",
        "kept",
        "calendar",
    ],
    under: None,
    guards: |_| Vec::new(),
    index: |import| {
        let calendar = import.calendar.iter();
        let keys = calendar.map(|calendar| of_calendar(&import.dialogue, &calendar.name));
        keys.map(|key| key.str(&import.name).into_bytes()).collect()
    },
    complete: |_| {},
    check: |import, violations| {
        violations.required_name("import.dialogue", &import.dialogue, DIALOGUE);
    },
};

fn of_calendar(dialogue: &str, calendar: &str) -> Key {
    let index = layout::index(IMPORT.kind, BY_CALENDAR);
    index.str(dialogue).str(calendar)
}

/// Whether a caller is shown an import: who made it, and the officers of its dialogue.
pub(super) fn shows(import: &Import, caller: &Caller) -> bool {
    let officer = |rights: &Rights| match rights {
        Rights::All => true,
        rights => rights
            .grants()
            .iter()
            .any(|grant| grant.role == Role::Officer && grant.holds_for(&import.dialogue)),
    };
    caller.is_known() && (import.caller == caller.id || officer(&caller.rights))
}

/// What a list asks for: the latest first, since their ids sort by time.
pub(super) fn listing(dialogue: String, caller: Caller) -> Result<Listing<Import>> {
    if !dialogue.is_empty() && !DIALOGUE.matches(&dialogue) {
        return Err(Error::invalid("dialogue", DIALOGUE.expectation(&dialogue)));
    }
    let mut listing = Listing::names(&IMPORT, "");
    listing.ranges = vec![Range::names(&IMPORT, "").backward()];
    Ok(listing.only(move |import| {
        (dialogue.is_empty() || import.dialogue == dialogue) && shows(import, &caller)
    }))
}

/// The last import of a calendar that was begun to be written and is not taken back.
pub(super) async fn last_of(
    records: &Records,
    dialogue: &str,
    calendar: &str,
) -> Result<Option<Import>> {
    use ImportState as S;
    let mut listing = Listing::names(&IMPORT, "");
    let range = Range::prefix(of_calendar(dialogue, calendar).into_bytes());
    listing.ranges = vec![range.backward()];
    let listing =
        listing.only(|import| matches!(import.state(), S::Committing | S::Committed | S::Undoing));
    let mut asked = PageRequest {
        size: 1,
        ..PageRequest::default()
    };
    loop {
        let page = records.list(&IMPORT, &listing, &asked).await?;
        if let Some(stored) = page.records.first() {
            return of_stored(stored).map(Some);
        }
        // A page may be empty where many previews were not written.
        match page.next {
            Some(next) => asked.after = next,
            None => return Ok(None),
        }
    }
}

/// An import that the caller is shown.
pub(super) async fn read(records: &Records, name: &str, caller: &Caller) -> Result<Import> {
    let (import, version) = records.read(&IMPORT, name).await?;
    if !shows(&import, caller) {
        return Err(Error::NotFound {
            name: name.to_owned(),
        });
    }
    let etag = version.to_string();
    Ok(Import { etag, ..import })
}

/// Writes a new import.
pub(super) async fn create(
    records: &Records,
    call: Call,
    id: &str,
    import: Import,
) -> Result<Import> {
    let stored = async {
        let draft = draft!(records.create(&IMPORT, call, "", id, Some(import)).await?);
        draft.commit().await
    };
    of_stored(&stored.await?)
}

/// As it is shown.
fn of_stored(stored: &Stored) -> Result<Import> {
    let etag = stored.version.to_string();
    let import = rapporteur_records::change::message(stored)?;
    Ok(Import { etag, ..import })
}

/// Moves an import to a state, and changes of it what goes with that.
pub(super) async fn step(
    records: &Records,
    call: &Call,
    name: &str,
    to: ImportState,
    change: impl FnOnce(&mut Import, rapporteur_proto::Timestamp),
) -> Result<Import> {
    let stored = async {
        let mut draft = draft!(records.act(&IMPORT, call.clone(), name, "").await?);
        if !leads(draft.new.state(), to) {
            let (from, verb) = (word(draft.new.state()), word(to));
            return Err(illegal_move(name, from, verb, &[]));
        }
        let now = time::from_us(draft.change.now_us());
        draft.new.set_state(to);
        change(&mut draft.new, now);
        draft.commit().await
    };
    of_stored(&stored.await?)
}

/// Whether one state leads to another.
fn leads(from: ImportState, to: ImportState) -> bool {
    use ImportState as S;
    matches!(
        (from, to),
        (S::Previewed | S::Committing, S::Committing)
            | (S::Committing, S::Committed)
            | (S::Committing | S::Committed | S::Undoing, S::Undoing)
            | (S::Undoing, S::Undone)
            | (S::Previewed, S::Forgotten)
    )
}

/// A state in words.
pub(super) fn word(state: ImportState) -> &'static str {
    match state {
        ImportState::Unspecified => "nothing",
        ImportState::Previewed => "previewed",
        ImportState::Committing => "being committed",
        ImportState::Committed => "committed",
        ImportState::Undoing => "being undone",
        ImportState::Undone => "undone",
        ImportState::Forgotten => "forgotten",
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_access::Grant;

    use super::*;

    #[test]
    fn an_import_is_shown_to_its_maker_and_to_officers_of_its_dialogue() {
        let import = Import {
            caller: "ana".into(),
            dialogue: "dialogues/rabat".into(),
            ..Import::default()
        };
        let caller = |id: &str, rights: Rights| Caller {
            id: id.to_owned(),
            request_id: String::new(),
            rights,
        };
        let officer = |dialogue: &str| {
            Rights::of([Grant {
                role: Role::Officer,
                dialogue: Some(dialogue.to_owned()),
                party: None,
            }])
        };
        assert!(shows(&import, &caller("ana", Rights::None)));
        assert!(shows(&import, &caller("ben", officer("dialogues/rabat"))));
        assert!(shows(&import, &caller("admin", Rights::All)));
        assert!(!shows(
            &import,
            &caller("ben", officer("dialogues/khartoum"))
        ));
        assert!(!shows(&import, &caller("ben", Rights::None)));
        assert!(!shows(
            &Import::default(),
            &caller("anonymous", Rights::None)
        ));
    }

    #[test]
    fn states_lead_one_way() {
        use ImportState as S;
        assert!(leads(S::Previewed, S::Committing) && leads(S::Committing, S::Committing));
        assert!(leads(S::Committed, S::Undoing) && leads(S::Committing, S::Undoing));
        for (from, to) in [
            (S::Undone, S::Committing),
            (S::Previewed, S::Undoing),
            (S::Committed, S::Committing),
            (S::Undoing, S::Committing),
            (S::Committing, S::Forgotten),
            (S::Forgotten, S::Committing),
        ] {
            assert!(!leads(from, to), "{from:?} {to:?}");
        }
    }
}
