//! Commitments: what somebody took on.
//!
//! Its state is moved by its verbs, its owners by reassigning it once it is accepted, how far it is by verified
//! reports; each leaves a dated entry.

pub mod indicator;
mod listing;
pub mod machine;
mod verbs;

use bytes::Bytes;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    Commitment, CommitmentEntry, CommitmentKind as Kind, CommitmentState as State,
    CreateCommitmentRequest, Implementation, UpdateCommitmentRequest,
};
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::words::{PLAN_NODE, date};
use rapporteur_records::{
    Call, Draft, Error, Noun, Pattern, Records, Result, Stored, Violations, draft, edit, layout,
    name, time,
};

use crate::addressee::{PARTY, POST};
use crate::recommendation::RECOMMENDATION;
use crate::reference::References;
use crate::register::Register;
use crate::vocabulary::{self, VOCABULARY};

pub use listing::listing;
pub use verbs::{
    accept, cancel, close, complete, decline, found, hold, reassign, reopen, resume, start, verify,
};

/// party (owner or partner), name.
const BY_PARTY: u8 = 1;
/// recommendation, name.
const BY_RECOMMENDATION: u8 = 2;
/// last day of the due, name.
const BY_DUE: u8 = 3;
/// Most recommendations and most plan nodes of a commitment.
const LINKS: usize = 200;

/// Commitments.
pub static COMMITMENT: Noun<Commitment> = Noun {
    kind: 4,
    pattern: Pattern("dialogues/*/commitments/*"),
    field: "commitment",
    output_only: &["state", "implementation", "entries"],
    under: None,
    index,
    guards: |_| Vec::new(),
    complete: fill,
    check,
};

fn index(commitment: &Commitment) -> Vec<Bytes> {
    let row = |index: u8, value: &str| {
        let key = layout::index(COMMITMENT.kind, index).str(value);
        key.str(&commitment.name).into_bytes()
    };
    let parties = commitment.owners.iter().chain(&commitment.partners);
    let mut rows: Vec<Bytes> = parties.map(|party| row(BY_PARTY, party)).collect();
    let recommendations = commitment.recommendations.iter();
    rows.extend(recommendations.map(|r| row(BY_RECOMMENDATION, r)));
    if let Some(due) = date::days(commitment.due.as_ref()) {
        let key = layout::index(COMMITMENT.kind, BY_DUE).i64(date::ordinal(due.last));
        rows.push(key.str(&commitment.name).into_bytes());
    }
    rows
}

fn fill(commitment: &mut Commitment) {
    date::complete(&mut commitment.start);
    date::complete(&mut commitment.due);
    let values = commitment
        .indicators
        .iter_mut()
        .flat_map(indicator::values_mut);
    values.for_each(indicator::complete);
    if commitment.implementation == 0 {
        commitment.implementation = Implementation::None.into();
    }
}

fn check(commitment: &Commitment, violations: &mut Violations) {
    violations.choice::<Kind>("commitment.kind", commitment.kind, false);
    violations.choice::<State>("commitment.state", commitment.state, true);
    violations.localized("commitment.title", commitment.title.as_ref(), SHORT, true);
    violations.localized("commitment.text", commitment.text.as_ref(), LONG, false);
    violations.require(
        !commitment.owners.is_empty(),
        "commitment.owners",
        "is empty; somebody has to do it",
    );
    violations.names("commitment.owners", &commitment.owners, PARTY);
    violations.names("commitment.partners", &commitment.partners, PARTY);
    for (place, partner) in commitment.partners.iter().enumerate() {
        violations.require(
            !commitment.owners.contains(partner),
            format_args!("commitment.partners[{place}]"),
            format_args!("{} is an owner", name::quoted(partner)),
        );
    }
    violations.name("commitment.lead_post", &commitment.lead_post, POST);
    let links = [
        (
            "commitment.recommendations",
            &commitment.recommendations,
            RECOMMENDATION.pattern,
        ),
        ("commitment.plan_nodes", &commitment.plan_nodes, PLAN_NODE),
    ];
    for (field, names, pattern) in links {
        let wrong = format!("has {} entries; at most {LINKS} are kept", names.len());
        violations.require(names.len() <= LINKS, field, wrong);
        violations.names(field, names, pattern);
    }
    violations.period(
        ("commitment.start", commitment.start.as_ref()),
        ("commitment.due", commitment.due.as_ref()),
    );
    indicator::check(&commitment.indicators, violations);
    violations.list("commitment.entries", commitment.entries.len());
    violations.name(
        "commitment.matches",
        &commitment.matches,
        COMMITMENT.pattern,
    );
    violations.require(
        (commitment.kind() == Kind::Matching) != commitment.matches.is_empty(),
        "commitment.matches",
        "is the commitment that one of kind matching matches, and of no other",
    );
    violations.require(
        commitment.matches.is_empty() || commitment.matches != commitment.name,
        "commitment.matches",
        "is the commitment itself",
    );
    violations.codes("commitment.themes", &commitment.themes);
    violations.visibility(
        "commitment",
        commitment.visibility,
        commitment.embargo_until,
    );
    violations.plain("commitment.word", &commitment.word, SHORT);
    violations.name(
        "commitment.vocabulary",
        &commitment.vocabulary,
        VOCABULARY.pattern,
    );
    violations.plain("commitment.note", &commitment.note, LONG);
    violations.provenance("commitment.provenance", &commitment.provenance);
    violations.external_ids("commitment.external_ids", &commitment.external_ids);
}

/// Records a new commitment, in the state that it has if it is recorded afterwards.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateCommitmentRequest,
) -> Result<Stored> {
    let id = &request.commitment_id;
    let begun = records.create(&COMMITMENT, call, &request.parent, id, request.commitment);
    let mut draft = draft!(begun.await?);
    let new = &mut draft.new;
    new.entries.clear();
    new.implementation = Implementation::None.into();
    indicator::keep_reported(&Commitment::default(), new)?;
    let term = vocabulary::meaning(records, "commitment", &new.vocabulary, &new.word).await?;
    vocabulary::agree(
        "commitment.state",
        &mut new.state,
        term.commitment_state,
        &term,
    )?;
    begin(&mut draft)?;
    finish(records, register, draft).await
}

/// A commitment that is recorded afterwards begins where it stands, and says why where a verb would have to.
fn begin(draft: &mut Draft<'_, Commitment>) -> Result<()> {
    let state = match draft.new.state() {
        State::Unspecified => State::Proposed,
        state => state,
    };
    draft.new.state = state.into();
    if !machine::may_begin(state) {
        let wrong =
            "needs more than a new record can say: record it as in progress, then complete it";
        return Err(Error::invalid("commitment.state", wrong));
    }
    let reason = draft.change.call().reason.clone();
    if matches!(state, State::Declined | State::OnHold | State::Cancelled) {
        edit::need_reason(
            &reason,
            &format!("a commitment that is {}", machine::word(state)),
        )?;
    }
    if state != State::Proposed {
        // Since when is not known.
        let entry = CommitmentEntry {
            state: state.into(),
            reason,
            word: draft.new.word.clone(),
            ..CommitmentEntry::default()
        };
        record(draft, entry);
    }
    Ok(())
}

/// Changes a commitment. Its state and how far it is are not changed so, nor its owners once it is accepted.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateCommitmentRequest,
) -> Result<Stored> {
    let sent = request.commitment.as_ref().map_or(0, |c| c.state);
    let mask = request.update_mask.as_ref();
    let names_state = mask.is_some_and(|mask| mask.paths.iter().any(|path| path == "state"));
    let begun = records.update(&COMMITMENT, call, request.commitment, mask);
    let mut draft = draft!(begun.await?);
    let before = draft.before().clone();
    if names_state && sent != before.state {
        let wrong = "is moved by the verbs of a commitment, not by an update";
        return Err(Error::invalid("commitment.state", wrong));
    }
    if before.state() != State::Proposed && before.owners != draft.new.owners {
        let wrong = "are changed by reassigning it, once it was accepted";
        return Err(Error::invalid("commitment.owners", wrong));
    }
    indicator::keep_reported(&before, &mut draft.new)?;
    let new = &draft.new;
    if (&before.vocabulary, &before.word) != (&new.vocabulary, &new.word) {
        // The word is of the source; where it stands is moved by its verbs alone.
        vocabulary::meaning(records, "commitment", &new.vocabulary, &new.word).await?;
    }
    finish(records, register, draft).await
}

async fn finish(
    records: &Records,
    register: &Register,
    draft: Draft<'_, Commitment>,
) -> Result<Stored> {
    let parent = name::parent_of(&draft.new.name);
    let _: Dialogue = register.known("parent", parent).await?;
    refer(&draft.new).check(records, register).await?;
    draft.commit().await
}

fn refer(commitment: &Commitment) -> References {
    let mut references = References::default();
    references.all("commitment.owners", &commitment.owners);
    references.all("commitment.partners", &commitment.partners);
    references.one("commitment.lead_post", &commitment.lead_post);
    references.all("commitment.recommendations", &commitment.recommendations);
    references.all("commitment.plan_nodes", &commitment.plan_nodes);
    references.one("commitment.matches", &commitment.matches);
    for (place, indicator) in commitment.indicators.iter().enumerate() {
        let at = format_args!("commitment.indicators[{place}]");
        let ends = [
            ("baseline", &indicator.baseline),
            ("target", &indicator.target),
        ];
        for (field, value) in ends {
            let provenance = value.as_ref().and_then(|v| v.provenance.as_ref());
            references.one_provenance(format_args!("{at}.{field}.provenance"), provenance);
        }
        for (place, value) in indicator.values.iter().enumerate() {
            let at = format_args!("{at}.values[{place}].provenance");
            references.one_provenance(at, value.provenance.as_ref());
        }
    }
    references.provenance("commitment.provenance", &commitment.provenance);
    references
}

/// Adds an entry of this call to the history of a commitment.
fn record(draft: &mut Draft<'_, Commitment>, mut entry: CommitmentEntry) {
    entry.recorded_by = draft.change.call().caller.clone();
    entry.record_time = Some(time::from_us(draft.change.now_us()));
    draft.new.entries.push(entry);
}
