//! Verdicts: what a person decided about a suggestion for a recommendation.
//!
//! A verdict and what it does to the recommendation are one commit, so neither is ever there without the other.

mod listing;
mod tie;

use bytes::Bytes;
use rapporteur_proto::recommendations::v1::{
    CreateVerdictRequest, Recommendation, UpdateVerdictRequest, Verdict,
    VerdictDecision as Decision, VerdictKind as Kind,
};
use rapporteur_proto::r#type::v1::Visibility;
use rapporteur_records::change::check_etag;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::words::{PLAN_NODE, verdict};
use rapporteur_records::{
    Call, Draft, Error, Noun, Pattern, Records, Result, Stored, Violations, draft, layout, name,
    sight,
};

use crate::addressee::PARTY;
use crate::recommendation::RECOMMENDATION;
use crate::reference::References;
use crate::register::Register;

pub use listing::listing;

/// object, name.
const BY_OBJECT: u8 = 1;
/// Most reasons of a suggestion.
const REASONS: usize = 20;

/// Verdicts.
pub static VERDICT: Noun<Verdict> = Noun {
    kind: 9,
    pattern: Pattern("dialogues/*/recommendations/*/verdicts/*"),
    field: "verdict",
    output_only: &[],
    under: Some(&RECOMMENDATION),
    index,
    guards: |_| Vec::new(),
    complete: |_| {},
    check,
};

fn index(verdict: &Verdict) -> Vec<Bytes> {
    let key = layout::index(VERDICT.kind, BY_OBJECT).str(&verdict.object);
    vec![key.str(&verdict.name).into_bytes()]
}

fn check(verdict: &Verdict, violations: &mut Violations) {
    violations.choice::<Kind>("verdict.kind", verdict.kind, false);
    let object = verdict.object.as_str();
    let pattern = match verdict.kind() {
        Kind::Unspecified => None,
        Kind::Repeats | Kind::DuplicateOf => Some(RECOMMENDATION.pattern),
        Kind::Theme => {
            violations.code("verdict.object", object);
            None
        }
        Kind::PlanNode => Some(PLAN_NODE),
        Kind::Party => Some(PARTY),
    };
    if let Some(pattern) = pattern {
        violations.required_name("verdict.object", object, pattern);
    }
    violations.require(
        object != name::parent_of(&verdict.name),
        "verdict.object",
        "is the recommendation itself",
    );
    violations.choice::<Decision>("verdict.decision", verdict.decision, false);
    violations.require(
        verdict
            .score
            .is_none_or(|score| (0.0..=1.0).contains(&score)),
        "verdict.score",
        "is not 0 to 1",
    );
    let reasons = verdict.reasons.len();
    violations.require(
        reasons <= REASONS,
        "verdict.reasons",
        format_args!("has {reasons} entries; at most {REASONS} are kept"),
    );
    for (place, reason) in verdict.reasons.iter().enumerate() {
        violations.plain(format_args!("verdict.reasons[{place}]"), reason, SHORT);
    }
    violations.plain("verdict.remark", &verdict.remark, LONG);
    violations.visibility("verdict", verdict.visibility, None);
}

/// Decides a suggestion.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateVerdictRequest,
) -> Result<Stored> {
    let sent = request.verdict.as_ref();
    let id = sent.map_or_else(String::new, |v| verdict::id(v.kind(), &v.object));
    let begun = records.create(&VERDICT, call, &request.parent, &id, request.verdict);
    let draft = draft!(begun.await?);
    if !request.verdict_id.is_empty() && request.verdict_id != id {
        let wrong = format!("follows from the kind and the object: {id}, or leave it empty");
        return Err(Error::invalid("verdict_id", wrong));
    }
    decide(records, register, draft, &request.recommendation_etag).await
}

/// Changes a verdict, and with another decision the recommendation.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateVerdictRequest,
) -> Result<Stored> {
    let mask = request.update_mask.as_ref();
    let begun = records.update(&VERDICT, call, request.verdict, mask);
    let mut draft = draft!(begun.await?);
    let before = draft.before().clone();
    for (field, same) in [
        ("verdict.kind", draft.new.kind == before.kind),
        ("verdict.object", draft.new.object == before.object),
    ] {
        if !same {
            let wrong = "cannot be changed; what suggests something else is another verdict";
            return Err(Error::invalid(field, wrong));
        }
    }
    // What was said of the decision before says nothing of this one.
    if draft.new.decision != before.decision && draft.new.remark == before.remark {
        draft.new.remark.clear();
    }
    decide(records, register, draft, "").await
}

async fn decide(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, Verdict>,
    etag: &str,
) -> Result<Stored> {
    let about = name::parent_of(&draft.new.name).to_owned();
    let (text, version) = records.referred(&RECOMMENDATION, "parent", &about).await?;
    check_etag(&about, etag, version)?;
    if draft.new.remark.is_empty() {
        draft.new.remark.clone_from(&draft.change.call().reason);
        draft.settle()?;
    }
    let decision = draft.new.decision();
    if decision == Decision::Rejected && draft.new.remark.trim().is_empty() {
        let wrong = "is empty; say why it was rejected, here or as the reason of the request";
        return Err(Error::invalid("verdict.remark", wrong));
    }
    look_at_object(records, register, &mut draft.new).await?;
    draft.stage()?;
    let was = draft.old.as_ref().map(|(old, _)| old.decision());
    let mut changed = text.clone();
    if decision == Decision::Accepted && was != Some(Decision::Accepted) {
        tie::add(records, &mut draft.change, &draft.new, &mut changed).await?;
    } else if decision != Decision::Accepted && was == Some(Decision::Accepted) {
        tie::remove(&draft.new, &mut changed)?;
    }
    if changed == text {
        draft.change.check_record(&RECOMMENDATION, &about, version);
    } else {
        let mut violations = Violations::default();
        (RECOMMENDATION.check)(&changed, &mut violations);
        violations.done()?;
        draft
            .change
            .update(&RECOMMENDATION, &text, version, &mut changed)?;
    }
    draft.change.commit(&VERDICT).await
}

/// The object must exist; a verdict on what is internal to another dialogue does not tell the public of it.
async fn look_at_object(
    records: &Records,
    register: &Register,
    verdict: &mut Verdict,
) -> Result<()> {
    match verdict.kind() {
        Kind::Unspecified | Kind::Theme => Ok(()),
        Kind::Repeats | Kind::DuplicateOf => {
            let object = records.referred(&RECOMMENDATION, "verdict.object", &verdict.object);
            if is_internal(&object.await?.0) {
                verdict.set_visibility(Visibility::Internal);
            }
            Ok(())
        }
        Kind::PlanNode | Kind::Party => {
            let mut references = References::default();
            references.one("verdict.object", &verdict.object);
            references.check(records, register).await
        }
    }
}

fn is_internal(text: &Recommendation) -> bool {
    sight::is_inner(text)
}
