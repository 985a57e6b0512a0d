//! Dialogues and their bodies.

use rapporteur_proto::Timestamp;
use rapporteur_proto::events::v1::{
    Body, BodyKind, CreateDialogueRequest, Dialogue, EventRole, Role, UpdateDialogueRequest,
};
use rapporteur_records::words::text::SHORT;
use rapporteur_records::words::{claim, date};
use rapporteur_records::{
    Call, Draft, Error, Field, Listing, Noun, Pattern, Records, Result, Stored, Violations,
    check_id, draft,
};

use crate::ancestry;
use crate::party::PARTY;
use crate::reference::References;

/// Names of bodies; they live inside their dialogue.
pub const BODY: Pattern = Pattern("dialogues/*/bodies/*");

const NUMBERING_SCHEMES: [&str; 5] = ["generic", "excom", "cbd", "unfccc", "cites"];

/// Dialogues.
pub static DIALOGUE: Noun<Dialogue> = Noun {
    kind: 3,
    pattern: Pattern("dialogues/*"),
    field: "dialogue",
    output_only: &[],
    under: None,
    index: |_| Vec::new(),
    guards: |_| Vec::new(),
    complete: |dialogue| {
        for body in &mut dialogue.bodies {
            date::complete(&mut body.established);
            claim::complete(&mut body.claims);
        }
    },
    check,
};

fn check(dialogue: &Dialogue, violations: &mut Violations) {
    violations.localized("dialogue.title", dialogue.title.as_ref(), SHORT, true);
    violations.plain("dialogue.code", &dialogue.code, SHORT);
    violations.list("dialogue.bodies", dialogue.bodies.len());
    for (place, body) in dialogue.bodies.iter().enumerate() {
        let twice = dialogue.bodies[..place].iter().any(|b| b.id == body.id);
        violations.require(
            !twice,
            format_args!("dialogue.bodies[{place}].id"),
            format_args!("{} is there twice", body.id),
        );
        check_body(format_args!("dialogue.bodies[{place}]"), body, violations);
    }
    violations.list("dialogue.languages", dialogue.languages.len());
    for (place, tag) in dialogue.languages.iter().enumerate() {
        let at = format_args!("dialogue.languages[{place}]");
        violations.language(at, tag);
        violations.require(
            !dialogue.languages[..place].contains(tag),
            at,
            "is there twice",
        );
    }
    violations.name(
        "dialogue.parent_programme",
        &dialogue.parent_programme,
        DIALOGUE.pattern,
    );
    violations.name("dialogue.secretariat", &dialogue.secretariat, PARTY.pattern);
    let scheme = dialogue.numbering_scheme.as_str();
    violations.require(
        scheme.is_empty() || NUMBERING_SCHEMES.contains(&scheme),
        "dialogue.numbering_scheme",
        format_args!("is not one of {}", NUMBERING_SCHEMES.join(", ")),
    );
    violations.links("dialogue.links", &dialogue.links);
    violations.provenance("dialogue.provenance", &dialogue.provenance);
    violations.external_ids("dialogue.external_ids", &dialogue.external_ids);
}

fn check_body(at: impl Field, body: &Body, violations: &mut Violations) {
    if let Err(wrong) = check_id(&body.id) {
        violations.add(format_args!("{at}.id"), wrong);
    }
    violations.choice::<BodyKind>(format_args!("{at}.kind"), body.kind, false);
    violations.localized(
        format_args!("{at}.title"),
        body.title.as_ref(),
        SHORT,
        false,
    );
    violations.date(format_args!("{at}.established"), body.established.as_ref());
    check_roles(format_args!("{at}.roles"), &body.roles, violations);
    violations.claims(format_args!("{at}.claims"), &body.claims);
    violations.provenance(format_args!("{at}.provenance"), &body.provenance);
}

/// Roles of parties, at an event or in a body: none twice in the same capacity.
pub(crate) fn check_roles(field: impl Field, roles: &[EventRole], violations: &mut Violations) {
    violations.list(field, roles.len());
    for (place, role) in roles.iter().enumerate() {
        let at = format_args!("{field}[{place}]");
        violations.required_name(format_args!("{at}.party"), &role.party, PARTY.pattern);
        violations.choice::<Role>(format_args!("{at}.role"), role.role, false);
        violations.plain(format_args!("{at}.capacity"), &role.capacity, SHORT);
        if let Some(provenance) = &role.provenance {
            violations.one_provenance(format_args!("{at}.provenance"), provenance);
        }
        let same = |r: &EventRole| {
            r.party == role.party && r.role == role.role && r.capacity == role.capacity
        };
        violations.require(
            !roles[..place].iter().any(same),
            at,
            "says the same as one before it",
        );
    }
}

/// Records a new dialogue.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreateDialogueRequest,
) -> Result<Stored> {
    let draft = draft!(
        records
            .create(&DIALOGUE, call, "", &request.dialogue_id, request.dialogue)
            .await?
    );
    finish(records, draft).await
}

/// Changes a dialogue.
pub async fn update(
    records: &Records,
    call: Call,
    request: UpdateDialogueRequest,
) -> Result<Stored> {
    let draft = draft!(
        records
            .update(
                &DIALOGUE,
                call,
                request.dialogue,
                request.update_mask.as_ref()
            )
            .await?
    );
    bodies_stay(draft.before(), &draft.new)?;
    finish(records, draft).await
}

/// A body that was recorded stays, as everything does: events name it.
fn bodies_stay(old: &Dialogue, new: &Dialogue) -> Result<()> {
    match old
        .bodies
        .iter()
        .find(|body| new.bodies.iter().all(|b| b.id != body.id))
    {
        None => Ok(()),
        Some(body) => Err(Error::invalid(
            "dialogue.bodies",
            format!(
                "leaves out {}, which is recorded; bodies stay, since events name them",
                body.id
            ),
        )),
    }
}

async fn finish(records: &Records, mut draft: Draft<'_, Dialogue>) -> Result<Stored> {
    ancestry::place(records, &mut draft, "dialogue.parent_programme", |d| {
        &d.parent_programme
    })
    .await?;
    let dialogue = &draft.new;
    let mut references = References::default();
    references.one(&PARTY, "dialogue.secretariat", &dialogue.secretariat);
    for (place, body) in dialogue.bodies.iter().enumerate() {
        let at = format_args!("dialogue.bodies[{place}]");
        references.roles(format_args!("{at}.roles"), &body.roles);
        references.claims(format_args!("{at}.claims"), &body.claims);
        references.provenance(format_args!("{at}.provenance"), &body.provenance);
    }
    references.provenance("dialogue.provenance", &dialogue.provenance);
    references.check(records).await?;
    draft.commit().await
}

/// What a list asks for: all, by name.
pub fn listing() -> Listing<Dialogue> {
    Listing::names(&DIALOGUE, "")
}

/// Holds when the parent of a list exists, or is any (`-`). A misspelt dialogue would else have no events.
/// What a past moment knew is not asked: there the list is just empty.
pub async fn parent_exists<T: rapporteur_proto::Record>(
    records: &Records,
    noun: &Noun<T>,
    parent: &str,
    as_of: Option<Timestamp>,
) -> Result<()> {
    if as_of.is_none() && !parent.split('/').any(|id| id == "-") {
        records.get(noun, parent, None).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(id: &str) -> Body {
        Body {
            id: id.into(),
            kind: BodyKind::Network.into(),
            ..Body::default()
        }
    }

    #[test]
    fn a_recorded_body_cannot_be_left_out() {
        let old = Dialogue {
            bodies: vec![body("sc"), body("som")],
            ..Dialogue::default()
        };
        let more = Dialogue {
            bodies: vec![body("som"), body("new"), body("sc")],
            ..Dialogue::default()
        };
        assert!(bodies_stay(&old, &more).is_ok());
        let fewer = Dialogue {
            bodies: vec![body("som")],
            ..Dialogue::default()
        };
        assert!(
            bodies_stay(&old, &fewer)
                .unwrap_err()
                .to_string()
                .contains("leaves out sc")
        );
    }
}
