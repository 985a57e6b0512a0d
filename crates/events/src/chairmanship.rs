//! Chairmanships: designated -> active -> handed over, one active in a dialogue.
//!
//! A guard row for each dialogue holds the name of the active chairmanship. Whoever begins or ends one
//! checks the version of this row in its commit, so of two that begin at once the second fails.

use bytes::Bytes;
use rapporteur_proto::events::v1::{
    ActivateChairmanshipRequest, Chairmanship, ChairmanshipState as State,
    CreateChairmanshipRequest, HandOverChairmanshipRequest, ListChairmanshipsRequest,
    UpdateChairmanshipRequest,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::edit::illegal_move;
use rapporteur_records::words::text::LONG;
use rapporteur_records::words::{claim, date};
use rapporteur_records::{
    Call, Draft, Error, Listing, Noun, Pattern, Records, Result, Stored, Violations, draft, layout,
    name,
};
use rapporteur_store::Write;

use crate::dialogue::{DIALOGUE, parent_exists};
use crate::event::EVENT;
use crate::party::PARTY;
use crate::reference::References;

const CHAIR: u8 = 1;

/// Chairmanships.
pub static CHAIRMANSHIP: Noun<Chairmanship> = Noun {
    kind: 6,
    pattern: Pattern("dialogues/*/chairmanships/*"),
    field: "chairmanship",
    output_only: &["state"],
    under: None,
    index: |_| Vec::new(),
    guards: |chairmanship| match chairmanship.state() {
        State::Active => vec![chair(&chairmanship.name)],
        _ => Vec::new(),
    },
    complete: |chairmanship| {
        date::complete(&mut chairmanship.start);
        date::complete(&mut chairmanship.end);
        claim::complete(&mut chairmanship.claims);
        if chairmanship.state == 0 {
            chairmanship.state = State::Designated.into();
        }
    },
    check,
};

fn check(chairmanship: &Chairmanship, violations: &mut Violations) {
    violations.required_name("chairmanship.party", &chairmanship.party, PARTY.pattern);
    violations.names(
        "chairmanship.co_chairs",
        &chairmanship.co_chairs,
        PARTY.pattern,
    );
    let own = chairmanship
        .co_chairs
        .iter()
        .position(|c| *c == chairmanship.party);
    if let Some(place) = own {
        violations.add(
            format_args!("chairmanship.co_chairs[{place}]"),
            "is the party that chairs",
        );
    }
    violations.period(
        ("chairmanship.start", chairmanship.start.as_ref()),
        ("chairmanship.end", chairmanship.end.as_ref()),
    );
    violations.choice::<State>("chairmanship.state", chairmanship.state, false);
    violations.list("chairmanship.priorities", chairmanship.priorities.len());
    for (place, priority) in chairmanship.priorities.iter().enumerate() {
        violations.localized(
            format_args!("chairmanship.priorities[{place}]"),
            Some(priority),
            LONG,
            true,
        );
    }
    violations.names(
        "chairmanship.provisional_calendar",
        &chairmanship.provisional_calendar,
        EVENT.pattern,
    );
    violations.claims("chairmanship.claims", &chairmanship.claims);
    violations.provenance("chairmanship.provenance", &chairmanship.provenance);
    violations.external_ids("chairmanship.external_ids", &chairmanship.external_ids);
}

/// The row that says whose the chair is of the dialogue that this chairmanship is of.
fn chair(chairmanship: &str) -> Bytes {
    layout::guard(CHAIRMANSHIP.kind, CHAIR)
        .str(name::parent_of(chairmanship))
        .into_bytes()
}

/// The guard row of the chair of one dialogue.
struct Chair {
    key: Bytes,
    version: u64,
    /// The active chairmanship, if it is another. (Its own can only be there when a twin of the request has
    /// just taken the chair; then the commit answers what the twin did.)
    taken_by: Option<String>,
}

impl Chair {
    async fn of(records: &Records, chairmanship: &str) -> Result<Self> {
        let key = chair(chairmanship);
        let row = records.store().get(&key).await?;
        let version = row.as_ref().map_or(0, |row| row.version);
        let taken_by = row
            .map(|row| String::from_utf8_lossy(&row.value).into_owned())
            .filter(|by| by != chairmanship);
        Ok(Self {
            key,
            version,
            taken_by,
        })
    }

    /// The drafted chairmanship takes the chair, if nobody else has taken or left it meanwhile.
    fn take(self, draft: &mut Draft<'_, Chairmanship>) {
        draft.change.check(self.key.clone(), self.version);
        draft
            .change
            .write(Write::put(self.key, draft.new.name.clone()));
    }

    fn leave(self, draft: &mut Draft<'_, Chairmanship>) {
        draft.change.check(self.key.clone(), self.version);
        draft.change.write(Write::delete(self.key));
    }
}

/// Records a new chairmanship. An active one is refused while another is active: that one has to be
/// handed over first, or this one designated and activated.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreateChairmanshipRequest,
) -> Result<Stored> {
    let begun = records.create(
        &CHAIRMANSHIP,
        call,
        &request.parent,
        &request.chairmanship_id,
        request.chairmanship,
    );
    let mut draft = draft!(begun.await?);
    refer(records, &mut draft).await?;
    if draft.new.state() == State::Active {
        let chair = Chair::of(records, &draft.new.name).await?;
        if let Some(other) = &chair.taken_by {
            return Err(Error::Precondition {
                reason: "CHAIR_TAKEN",
                subject: other.clone(),
                description: format!("{other} is active; a dialogue has one active chairmanship"),
                legal: vec!["designate, then activate".to_owned()],
            });
        }
        chair.take(&mut draft);
    }
    draft.commit().await
}

/// Changes a chairmanship.
pub async fn update(
    records: &Records,
    call: Call,
    request: UpdateChairmanshipRequest,
) -> Result<Stored> {
    let begun = records.update(
        &CHAIRMANSHIP,
        call,
        request.chairmanship,
        request.update_mask.as_ref(),
    );
    let mut draft = draft!(begun.await?);
    refer(records, &mut draft).await?;
    draft.commit().await
}

/// Begins a chairmanship on a day; the active one ends on that day, in the same commit.
pub async fn activate(
    records: &Records,
    call: Call,
    request: ActivateChairmanshipRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&CHAIRMANSHIP, call, &request.name, &request.etag)
            .await?
    );
    let on = handover_day(request.on)?;
    allowed(&draft.new, "activate")?;
    let chair = Chair::of(records, &request.name).await?;
    draft.new.state = State::Active.into();
    if on.is_some() {
        draft.new.start.clone_from(&on);
    }
    draft.settle()?;
    // Staged first: it is what a repeated request answers.
    draft.stage()?;
    if let Some(other) = &chair.taken_by {
        let (before, version) = records.read(&CHAIRMANSHIP, other).await?;
        let mut after = before.clone();
        hand_over(&mut after, on)?;
        draft
            .change
            .update(&CHAIRMANSHIP, &before, version, &mut after)?;
    }
    chair.take(&mut draft);
    draft.change.commit(&CHAIRMANSHIP).await
}

/// Ends an active chairmanship; the chair is empty then.
pub async fn hand_over_without_next(
    records: &Records,
    call: Call,
    request: HandOverChairmanshipRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&CHAIRMANSHIP, call, &request.name, &request.etag)
            .await?
    );
    let on = handover_day(request.on)?;
    allowed(&draft.new, "hand over")?;
    hand_over(&mut draft.new, on)?;
    Chair::of(records, &request.name).await?.leave(&mut draft);
    draft.commit().await
}

/// The chairmanship ended, on that day if it is given; else with the end that is recorded, if any.
fn hand_over(chairmanship: &mut Chairmanship, on: Option<CivilDate>) -> Result<()> {
    chairmanship.state = State::HandedOver.into();
    if on.is_some() {
        chairmanship.end = on;
    }
    let mut violations = Violations::default();
    check(chairmanship, &mut violations);
    violations.done().map_err(|wrong| {
        Error::invalid(
            "on",
            format!("{} cannot end then: {wrong}", chairmanship.name),
        )
    })
}

fn handover_day(mut on: Option<CivilDate>) -> Result<Option<CivilDate>> {
    date::complete(&mut on);
    let mut violations = Violations::default();
    violations.date("on", on.as_ref());
    violations.done()?;
    Ok(on.filter(|day| !day.value.is_empty()))
}

fn allowed(chairmanship: &Chairmanship, verb: &str) -> Result<()> {
    let (from, legal): (_, &[&str]) = match chairmanship.state() {
        State::Unspecified | State::Designated => ("designated", &["activate"]),
        State::Active => ("active", &["hand over"]),
        State::HandedOver => ("handed over", &[]),
    };
    if legal.contains(&verb) {
        Ok(())
    } else {
        Err(illegal_move(&chairmanship.name, from, verb, legal))
    }
}

async fn refer(records: &Records, draft: &mut Draft<'_, Chairmanship>) -> Result<()> {
    let chairmanship = &draft.new;
    let parent = name::parent_of(&chairmanship.name).to_owned();
    let (dialogue, version) = records.referred(&DIALOGUE, "parent", &parent).await?;
    let mut references = References::default();
    references.one(&PARTY, "chairmanship.party", &chairmanship.party);
    references.all(&PARTY, "chairmanship.co_chairs", &chairmanship.co_chairs);
    references.all(
        &EVENT,
        "chairmanship.provisional_calendar",
        &chairmanship.provisional_calendar,
    );
    references.claims("chairmanship.claims", &chairmanship.claims);
    references.provenance("chairmanship.provenance", &chairmanship.provenance);
    references.check(records).await?;
    let added = chairmanship.co_chairs.iter().any(|c| {
        draft
            .old
            .as_ref()
            .is_none_or(|(o, _)| !o.co_chairs.contains(c))
    });
    if added {
        if !dialogue.co_chairs_allowed {
            return Err(Error::Precondition {
                reason: "CO_CHAIRS_NOT_ALLOWED",
                subject: parent.clone(),
                description: format!(
                    "chairmanship.co_chairs: {parent} does not allow co-chairs (co_chairs_allowed)"
                ),
                legal: Vec::new(),
            });
        }
        draft.change.check_record(&DIALOGUE, &parent, version);
    }
    Ok(())
}

/// What a list asks for.
pub async fn listing(
    records: &Records,
    request: &ListChairmanshipsRequest,
) -> Result<Listing<Chairmanship>> {
    let mut violations = Violations::default();
    violations.choice::<State>("state", request.state, true);
    violations.done()?;
    let listing = Listing::children(&CHAIRMANSHIP, &request.parent)?;
    parent_exists(records, &DIALOGUE, &request.parent, request.as_of).await?;
    let state = request.state;
    Ok(if state == 0 {
        listing
    } else {
        listing.only(move |chairmanship| chairmanship.state == state)
    })
}
