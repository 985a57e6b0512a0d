//! The moves of a text, one function a verb.

use rapporteur_proto::recommendations::v1::{
    AdoptRecommendationRequest, CorrectTextRecommendationRequest, Corrigendum,
    ElapseRecommendationRequest, Recommendation, RedraftRecommendationRequest,
    RejectRecommendationRequest, RetireRecommendationRequest, ReviveRecommendationRequest,
    SupersedeRecommendationRequest, TableRecommendationRequest, WithdrawRecommendationRequest,
};
use rapporteur_proto::r#type::v1::{Basis, CivilDate};
use rapporteur_records::edit::need_reason;
use rapporteur_records::words::date;
use rapporteur_records::words::text::LONG;
use rapporteur_records::{Call, Draft, Error, Records, Result, Stored, Violations, draft, time};

use super::{RECOMMENDATION, relation};
use crate::instrument::INSTRUMENT;
use crate::lifecycle::{Verb, step, was_adopted};

fn advance(draft: &mut Draft<'_, Recommendation>, verb: Verb) -> Result<()> {
    draft.new.state = step(&draft.new.name, draft.new.state(), verb)?.into();
    Ok(())
}

/// A draft is put before the meeting.
pub async fn table(
    records: &Records,
    call: Call,
    request: TableRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Table)?;
    draft.commit().await
}

/// A tabled text goes back to its drafters.
pub async fn redraft(
    records: &Records,
    call: Call,
    request: RedraftRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Redraft)?;
    draft.commit().await
}

/// A tabled text is taken back.
pub async fn withdraw(
    records: &Records,
    call: Call,
    request: WithdrawRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Withdraw)?;
    with_reason(draft, "withdraw", request.reason).await
}

/// A tabled text is not adopted.
pub async fn reject(
    records: &Records,
    call: Call,
    request: RejectRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Reject)?;
    with_reason(draft, "reject", request.reason).await
}

/// A tabled text is adopted: on the day given, else on the day that it carries, else today.
pub async fn adopt(
    records: &Records,
    call: Call,
    request: AdoptRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    let mut on = request.on;
    date::complete(&mut on);
    let today = date::day_of(records.now_us());
    let mut violations = Violations::default();
    let days = violations.date("on", on.as_ref());
    violations.require(
        days.is_none_or(|d| d.first <= today),
        "on.value",
        "lies in the future",
    );
    violations.done()?;
    advance(&mut draft, Verb::Adopt)?;
    if on.is_some() || draft.new.adopted.is_none() {
        let given = CivilDate {
            value: today.to_string(),
            basis: Basis::Given.into(),
            ..CivilDate::default()
        };
        draft.new.adopted = on.or(Some(given));
        date::complete(&mut draft.new.adopted);
    }
    draft.commit().await
}

/// An adopted text gives way to another: both records say so, in one commit.
pub async fn supersede(
    records: &Records,
    call: Call,
    request: SupersedeRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    let name = draft.new.name.clone();
    RECOMMENDATION
        .pattern
        .check("successor", &request.successor)?;
    if request.successor == name {
        return Err(Error::invalid("successor", "is the recommendation itself"));
    }
    advance(&mut draft, Verb::Supersede)?;
    let (successor, version) = records
        .referred(&RECOMMENDATION, "successor", &request.successor)
        .await?;
    if !was_adopted(successor.state()) {
        return Err(Error::Precondition {
            reason: "SUCCESSOR_NOT_ADOPTED",
            subject: successor.name.clone(),
            description: format!(
                "successor: {} was not adopted, so nothing gives way to it yet",
                successor.name
            ),
            legal: vec!["adopt the successor first".to_owned()],
        });
    }
    relation::no_cycle(
        records,
        &mut draft.change,
        "successor",
        &successor.name,
        vec![name.clone()],
    )
    .await?;
    draft.new.superseded_by.clone_from(&successor.name);
    draft.stage()?;
    let mut with_relation = successor.clone();
    relation::add(&mut with_relation, &name);
    draft
        .change
        .update(&RECOMMENDATION, &successor, version, &mut with_relation)?;
    draft.change.commit(&RECOMMENDATION).await
}

/// The time limit of an adopted text has passed.
pub async fn elapse(
    records: &Records,
    call: Call,
    request: ElapseRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Elapse)?;
    has_elapsed(records, &draft.new)?;
    draft.commit().await
}

/// Holds when the time limit of a text has passed.
pub(super) fn has_elapsed(records: &Records, recommendation: &Recommendation) -> Result<()> {
    let today = date::day_of(records.now_us());
    let limit = date::days(recommendation.time_limit.as_ref());
    if limit.is_some_and(|limit| limit.last < today) {
        return Ok(());
    }
    let why = limit.map_or("it has none".to_owned(), |limit| {
        format!("it runs until {}", limit.last)
    });
    Err(Error::Precondition {
        reason: "TIME_LIMIT_NOT_PASSED",
        subject: recommendation.name.clone(),
        description: format!(
            "recommendation.time_limit: a text elapses when its time limit has passed; {why}"
        ),
        legal: Vec::new(),
    })
}

/// An adopted text is ended by a decision.
pub async fn retire(
    records: &Records,
    call: Call,
    request: RetireRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    INSTRUMENT.pattern.check("decision", &request.decision)?;
    advance(&mut draft, Verb::Retire)?;
    records
        .referred(&INSTRUMENT, "decision", &request.decision)
        .await?;
    draft.new.retired_by = request.decision;
    draft.new.state_reason = request.reason;
    draft.commit().await
}

/// A retired or elapsed text is adopted again.
pub async fn revive(
    records: &Records,
    call: Call,
    request: ReviveRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, Verb::Revive)?;
    // It is not retired any more; its history keeps by what it was.
    draft.new.retired_by.clear();
    with_reason(draft, "revive", request.reason).await
}

/// A corrigendum: the text is replaced, and the old one kept with the reason.
pub async fn correct_text(
    records: &Records,
    call: Call,
    request: CorrectTextRecommendationRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&RECOMMENDATION, call, &request.name, &request.etag)
            .await?
    );
    let mut violations = Violations::default();
    violations.localized("text", request.text.as_ref(), LONG, true);
    violations.done()?;
    advance(&mut draft, Verb::CorrectText)?;
    need_reason(&request.reason, "a corrigendum")?;
    if request.text == draft.new.text {
        return Err(Error::invalid(
            "text",
            "is the present text; a corrigendum changes it",
        ));
    }
    let replaced_text = std::mem::replace(&mut draft.new.text, request.text);
    let now = time::from_us(draft.change.now_us());
    draft.new.corrigenda.push(Corrigendum {
        replaced_text,
        time: Some(now),
        reason: request.reason,
    });
    draft.commit().await
}

async fn with_reason(
    mut draft: Draft<'_, Recommendation>,
    verb: &str,
    reason: String,
) -> Result<Stored> {
    need_reason(&reason, verb)?;
    draft.new.state_reason = reason;
    draft.commit().await
}
