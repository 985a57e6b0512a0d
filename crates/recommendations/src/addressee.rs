//! Addressees: a recommendation x a party, each with its own answer and its own progress.
//!
//! A party is addressed once by a recommendation. The last id of an entry is that of its party, or one that the
//! caller chose; then a guard row `(recommendation, party)` holds its name.

mod listing;

use bytes::Bytes;
use rapporteur_proto::recommendations::v1::{
    Addressee, CreateAddresseeRequest, Implementation, LedgerEntry, RespondAddresseeRequest,
    Response, UpdateAddresseeRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::{
    Call, Change, Draft, Error, Noun, Pattern, Records, Result, Stored, Violations, draft, edit,
    layout, name, time,
};
use rapporteur_store::Write;
use rapporteur_store::key::Key;

use crate::ledger;
use crate::recommendation::RECOMMENDATION;
use crate::reference::References;
use crate::register::Register;
use crate::vocabulary;

pub use listing::{listing, of_party};

/// party, name.
const BY_PARTY: u8 = 1;
/// day of the next duty, name.
const BY_DUE: u8 = 2;
/// party, day of the next duty, name.
const BY_PARTY_DUE: u8 = 3;
/// recommendation, party: entries whose id is not that of their party.
const ADDRESSED: u8 = 1;

/// Names of parties.
pub const PARTY: Pattern = Pattern("parties/*");
/// Names of posts.
pub const POST: Pattern = Pattern("dialogues/*/posts/*");

/// Addressees.
pub static ADDRESSEE: Noun<Addressee> = Noun {
    kind: 3,
    pattern: Pattern("dialogues/*/recommendations/*/addressees/*"),
    field: "addressee",
    output_only: &[
        "response",
        "implementation",
        "claims_already_implemented",
        "entries",
    ],
    under: Some(&RECOMMENDATION),
    index,
    guards: chosen,
    complete: |addressee| {
        date::complete(&mut addressee.addressed);
        date::complete(&mut addressee.next_due);
        if addressee.response == 0 {
            addressee.response = Response::None.into();
        }
        if addressee.implementation == 0 {
            addressee.implementation = Implementation::None.into();
        }
    },
    check,
};

fn index(addressee: &Addressee) -> Vec<Bytes> {
    let begin = |index| layout::index(ADDRESSEE.kind, index);
    let mut rows = vec![
        begin(BY_PARTY)
            .str(&addressee.party)
            .str(&addressee.name)
            .into_bytes(),
    ];
    if let Some(due) = date::days(addressee.next_due.as_ref()) {
        let due = |key: Key| {
            key.i64(date::ordinal(due.last))
                .str(&addressee.name)
                .into_bytes()
        };
        rows.push(due(begin(BY_DUE)));
        rows.push(due(begin(BY_PARTY_DUE).str(&addressee.party)));
    }
    rows
}

fn check(addressee: &Addressee, violations: &mut Violations) {
    violations.required_name("addressee.party", &addressee.party, PARTY);
    violations.plain("addressee.group", &addressee.group, SHORT);
    violations.date("addressee.addressed", addressee.addressed.as_ref());
    violations.name("addressee.lead_post", &addressee.lead_post, POST);
    violations.date("addressee.next_due", addressee.next_due.as_ref());
    violations.list("addressee.entries", addressee.entries.len());
    violations.plain("addressee.note", &addressee.note, LONG);
    violations.provenance("addressee.provenance", &addressee.provenance);
    violations.external_ids("addressee.external_ids", &addressee.external_ids);
}

/// Records a new addressee; the entries of one that is recorded afterwards are moves like any other.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateAddresseeRequest,
) -> Result<Stored> {
    let party = request
        .addressee
        .as_ref()
        .map(|a| a.party.clone())
        .filter(|p| PARTY.matches(p))
        .unwrap_or_default();
    let id = if request.addressee_id.is_empty() {
        name::id_of(&party)
    } else {
        &request.addressee_id
    };
    let begun = records.create(&ADDRESSEE, call, &request.parent, id, request.addressee);
    let mut draft = draft!(begun.await?);
    let entries = std::mem::take(&mut draft.new.entries);
    draft.new.response = Response::None.into();
    draft.new.implementation = Implementation::None.into();
    for (place, mut entry) in entries.into_iter().enumerate() {
        let at = format!("addressee.entries[{place}]");
        afterwards(records, &mut entry, &at).await?;
        append(records, &mut draft, entry, &at)?;
    }
    draft.new.claims_already_implemented &= draft.new.response() != Response::None;
    records
        .referred(&RECOMMENDATION, "parent", &request.parent)
        .await?;
    refer(&draft.new).check(records, register).await?;
    let free = not_addressed(records, &request.parent, &draft.new).await?;
    claim(&mut draft.change, &request.parent, &draft.new, free);
    draft.commit().await
}

/// Adds to a change that a party is addressed by a recommendation; nothing if it is already.
pub async fn with(
    records: &Records,
    change: &mut Change<'_>,
    recommendation: &str,
    mut addressee: Addressee,
) -> Result<()> {
    let free = match not_addressed(records, recommendation, &addressee).await {
        Err(Error::Precondition { .. }) => return Ok(()),
        answer => answer?,
    };
    let usual = if free {
        name::id_of(&addressee.party)
    } else {
        ""
    };
    addressee.name = edit::new_name(&ADDRESSEE, recommendation, usual)?;
    (ADDRESSEE.complete)(&mut addressee);
    let mut violations = Violations::default();
    check(&addressee, &mut violations);
    violations.done()?;
    claim(change, recommendation, &addressee, free);
    change.create(&ADDRESSEE, &mut addressee)
}

/// What is recorded afterwards was moved by no report of ours: a source says how far it was, or nobody does.
async fn afterwards(records: &Records, entry: &mut LedgerEntry, at: &str) -> Result<()> {
    entry.report.clear();
    let term = vocabulary::meaning(records, at, &entry.vocabulary, &entry.word).await?;
    let response = format!("{at}.response");
    vocabulary::agree(&response, &mut entry.response, term.response, &term)?;
    // Words of silence are kept, and move nothing.
    if term.implementation() != Implementation::None {
        let field = format!("{at}.implementation");
        vocabulary::agree(
            &field,
            &mut entry.implementation,
            term.implementation,
            &term,
        )?;
    }
    if entry.implementation == 0 || entry.provenance.is_some() {
        return Ok(());
    }
    let wrong =
        "is missing; how far it was needs the source that says so, or a report that is verified";
    Err(Error::invalid(format!("{at}.provenance"), wrong))
}

/// Changes an addressee; what it answers and how far it is are moved by the ledger alone.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateAddresseeRequest,
) -> Result<Stored> {
    let begun = records.update(
        &ADDRESSEE,
        call,
        request.addressee,
        request.update_mask.as_ref(),
    );
    let draft = draft!(begun.await?);
    if draft.new.party != draft.before().party {
        return Err(Error::invalid(
            "addressee.party",
            "cannot be changed; another party is another addressee",
        ));
    }
    refer(&draft.new).check(records, register).await?;
    draft.commit().await
}

/// Records what the addressee answers.
pub async fn respond(
    records: &Records,
    register: &Register,
    call: Call,
    request: RespondAddresseeRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&ADDRESSEE, call, &request.name, &request.etag)
            .await?
    );
    let mut response = request.response;
    let term = vocabulary::meaning(records, "", &request.vocabulary, &request.word).await?;
    vocabulary::agree("response", &mut response, term.response, &term)?;
    must_state("response", response)?;
    let entry = LedgerEntry {
        on: request.on,
        response,
        word: request.word,
        vocabulary: request.vocabulary,
        reason: request.reason,
        provenance: request.provenance,
        ..LedgerEntry::default()
    };
    append(records, &mut draft, entry, "")?;
    draft.new.claims_already_implemented =
        request.claims_already_implemented || term.claims_already_implemented;
    write_entry(records, register, draft).await
}

fn must_state(field: &str, value: i32) -> Result<()> {
    if value == 0 {
        Err(Error::invalid(field, "must be stated"))
    } else {
        Ok(())
    }
}

fn append(
    records: &Records,
    draft: &mut Draft<'_, Addressee>,
    mut entry: LedgerEntry,
    at: &str,
) -> Result<()> {
    entry.recorded_by = draft.change.call().caller.clone();
    entry.record_time = Some(time::from_us(draft.change.now_us()));
    ledger::append(&mut draft.new, entry, at, date::day_of(records.now_us()))
}

async fn write_entry(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, Addressee>,
) -> Result<Stored> {
    draft.settle()?;
    let mut references = References::default();
    // The newest entry may stand anywhere among the others; what the others refer to is known.
    for entry in &draft.new.entries {
        references.one("verifier", &entry.verifier);
        references.one_provenance("provenance", entry.provenance.as_ref());
    }
    references.check(records, register).await?;
    draft.commit().await
}

fn refer(addressee: &Addressee) -> References {
    let mut references = References::default();
    references.one("addressee.party", &addressee.party);
    references.one("addressee.lead_post", &addressee.lead_post);
    for (place, entry) in addressee.entries.iter().enumerate() {
        references.one(
            format_args!("addressee.entries[{place}].verifier"),
            &entry.verifier,
        );
        references.one_provenance(
            format_args!("addressee.entries[{place}].provenance"),
            entry.provenance.as_ref(),
        );
    }
    references.provenance("addressee.provenance", &addressee.provenance);
    references
}

/// The row of an entry whose id is not that of its party.
pub fn guard(recommendation: &str, party: &str) -> Bytes {
    layout::guard(ADDRESSEE.kind, ADDRESSED)
        .str(recommendation)
        .str(party)
        .into_bytes()
}

/// The guard row of an entry, if it needs one: another id than that of its party was chosen for it.
fn chosen(addressee: &Addressee) -> Vec<Bytes> {
    let recommendation = name::parent_of(&addressee.name);
    let usual = usual_name(recommendation, &addressee.party);
    let needed = (addressee.name != usual).then(|| guard(recommendation, &addressee.party));
    needed.into_iter().collect()
}

/// The name of an entry whose id is that of its party.
pub fn usual_name(recommendation: &str, party: &str) -> String {
    ADDRESSEE.pattern.name(recommendation, name::id_of(party))
}

/// Refuses a party that the recommendation is addressed to already. Says whether the usual name is still free.
async fn not_addressed(
    records: &Records,
    recommendation: &str,
    addressee: &Addressee,
) -> Result<bool> {
    let party = addressee.party.as_str();
    let usual = records
        .find(&ADDRESSEE, &usual_name(recommendation, party))
        .await?
        .map(|(entry, _)| entry);
    let free = usual.is_none();
    let usual = usual
        .filter(|entry| entry.party == party)
        .map(|entry| entry.name);
    let chosen = records.store().get(&guard(recommendation, party)).await?;
    let chosen = chosen.map(|row| String::from_utf8_lossy(&row.value).into_owned());
    match usual.or(chosen) {
        None => Ok(free),
        Some(holder) => Err(Error::Precondition {
            reason: "ALREADY_ADDRESSED",
            description: format!("addressee.party: {party} is addressed already, by {holder}"),
            subject: holder,
            legal: Vec::new(),
        }),
    }
}

/// Makes the commit hold only while nobody else has addressed the party. A usual name that is not `free` is
/// that of an entry of another party, and stays it.
pub fn claim(change: &mut Change<'_>, recommendation: &str, addressee: &Addressee, free: bool) {
    let guard = guard(recommendation, &addressee.party);
    change.check(guard.clone(), 0);
    let usual = usual_name(recommendation, &addressee.party);
    if addressee.name != usual {
        if free {
            change.check_record(&ADDRESSEE, &usual, 0);
        }
        change.write(Write::put(guard, addressee.name.clone()));
    }
}
