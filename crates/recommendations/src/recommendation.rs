//! Recommendations: what a meeting asks for, element by element.

mod listing;
mod place;
mod relation;
mod verbs;

use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    CreateRecommendationRequest, Recommendation, RecommendationKind as Kind,
    RecommendationState as State, UpdateRecommendationRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::LONG;
use rapporteur_records::{
    Call, Draft, Error, Noun, Pattern, Records, Result, Stored, Violations, draft, edit, name,
};

use crate::instrument::{self, EVENT, INSTRUMENT};
use crate::lifecycle::was_adopted;
use crate::reference::References;
use crate::register::Register;

pub use listing::listing;
pub use place::of_instrument;
pub use verbs::{
    adopt, correct_text, elapse, redraft, reject, retire, revive, supersede, table, withdraw,
};

/// Longest path, in characters: it is part of keys.
const PATH: usize = 40;

/// Recommendations.
pub static RECOMMENDATION: Noun<Recommendation> = Noun {
    kind: 2,
    pattern: Pattern("dialogues/*/recommendations/*"),
    field: "recommendation",
    output_only: &[
        "state",
        "corrigenda",
        "retired_by",
        "superseded_by",
        "state_reason",
        "citation",
    ],
    under: None,
    index: place::index,
    guards: |_| Vec::new(),
    complete: |recommendation| {
        date::complete(&mut recommendation.time_limit);
        date::complete(&mut recommendation.adopted);
        if recommendation.state == 0 {
            recommendation.state = State::Draft.into();
        }
    },
    check,
};

fn check(recommendation: &Recommendation, violations: &mut Violations) {
    violations.visibility(
        "recommendation",
        recommendation.visibility,
        recommendation.embargo_until,
    );
    violations.name(
        "recommendation.instrument",
        &recommendation.instrument,
        INSTRUMENT.pattern,
    );
    violations.name("recommendation.event", &recommendation.event, EVENT);
    let made = !(recommendation.instrument.is_empty() && recommendation.event.is_empty());
    violations.require(
        made,
        "recommendation.event",
        "is empty; give the event or the instrument that made it",
    );
    violations.plain("recommendation.path", &recommendation.path, PATH);
    let at = "recommendation.parent_recommendation";
    violations.name(
        at,
        &recommendation.parent_recommendation,
        RECOMMENDATION.pattern,
    );
    let above = &recommendation.parent_recommendation;
    let apart =
        !above.is_empty() && name::parent_of(above) != name::parent_of(&recommendation.name);
    violations.require(!apart, at, "is of another dialogue");
    violations.require(
        recommendation.order >= 0,
        "recommendation.order",
        "is negative",
    );
    violations.choice::<Kind>("recommendation.kind", recommendation.kind, true);
    violations.localized(
        "recommendation.text",
        recommendation.text.as_ref(),
        LONG,
        true,
    );
    violations.require(
        (0..=5).contains(&recommendation.strength),
        "recommendation.strength",
        "is not 1 to 5, or 0",
    );
    violations.codes("recommendation.themes", &recommendation.themes);
    violations.plan_links("recommendation.plan_links", &recommendation.plan_links);
    violations.date(
        "recommendation.time_limit",
        recommendation.time_limit.as_ref(),
    );
    violations.choice::<State>("recommendation.state", recommendation.state, false);
    relation::check(recommendation, violations);
    violations.date("recommendation.adopted", recommendation.adopted.as_ref());
    violations.provenance("recommendation.provenance", &recommendation.provenance);
    violations.external_ids("recommendation.external_ids", &recommendation.external_ids);
}

/// Records a new recommendation, in the state that it has if it is recorded afterwards.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateRecommendationRequest,
) -> Result<Stored> {
    let id = &request.recommendation_id;
    let begun = records.create(
        &RECOMMENDATION,
        call,
        &request.parent,
        id,
        request.recommendation,
    );
    let mut draft = draft!(begun.await?);
    let new = &mut draft.new;
    new.corrigenda.clear();
    new.retired_by.clear();
    new.superseded_by.clear();
    new.state_reason.clear();
    begin(records, &mut draft)?;
    finish(records, register, draft).await
}

/// A text that is recorded afterwards begins in its state, under the rules of the move that led there.
fn begin(records: &Records, draft: &mut Draft<'_, Recommendation>) -> Result<()> {
    let by_verb = |verb: &str| {
        Error::invalid(
            "recommendation.state",
            format!("needs more than a new record can say: record it as adopted, then {verb} it"),
        )
    };
    match draft.new.state() {
        State::Superseded => return Err(by_verb("supersede")),
        State::Retired => return Err(by_verb("retire")),
        State::Elapsed => verbs::has_elapsed(records, &draft.new)?,
        state @ (State::Rejected | State::Withdrawn) => {
            let verb = if state == State::Rejected {
                "a rejected text"
            } else {
                "a withdrawn text"
            };
            let reason = draft.change.call().reason.clone();
            edit::need_reason(&reason, verb)?;
            draft.new.state_reason = reason;
        }
        State::Unspecified | State::Draft | State::Tabled | State::Adopted => {}
    }
    Ok(())
}

/// Changes a recommendation. Its text does not change once adopted, its state only by its verbs.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateRecommendationRequest,
) -> Result<Stored> {
    let sent = request
        .recommendation
        .as_ref()
        .map(|r| r.state)
        .unwrap_or_default();
    let names_state = request
        .update_mask
        .as_ref()
        .is_some_and(|mask| mask.paths.iter().any(|path| path == "state"));
    let begun = records.update(
        &RECOMMENDATION,
        call,
        request.recommendation,
        request.update_mask.as_ref(),
    );
    let draft = draft!(begun.await?);
    let (before, new) = (draft.before(), &draft.new);
    if names_state && sent != before.state {
        return Err(Error::invalid(
            "recommendation.state",
            "is moved by the verbs of a recommendation, not by an update",
        ));
    }
    if was_adopted(before.state()) && before.text != new.text {
        return Err(Error::Precondition {
            reason: "TEXT_IMMUTABLE",
            subject: new.name.clone(),
            description: format!(
                "recommendation.text: {} was adopted, so its text does not change; issue a corrigendum by \
                 CorrectTextRecommendation, or amend it by a new recommendation",
                new.name
            ),
            legal: vec!["correct text".to_owned()],
        });
    }
    finish(records, register, draft).await
}

async fn finish(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, Recommendation>,
) -> Result<Stored> {
    let _: Dialogue = register
        .known("parent", name::parent_of(&draft.new.name))
        .await?;
    refer(&draft.new).check(records, register).await?;
    place::under_no_cycle(records, &mut draft).await?;
    relation::supersede_no_cycle(records, &mut draft).await?;
    cite(records, register, &mut draft).await?;
    draft.commit().await
}

/// The citation of the element follows from its instrument; the commit holds only while that is as it was read.
async fn cite(
    records: &Records,
    register: &Register,
    draft: &mut Draft<'_, Recommendation>,
) -> Result<()> {
    draft.new.citation.clear();
    if draft.new.instrument.is_empty() {
        return Ok(());
    }
    let field = "recommendation.instrument";
    let (instrument, version) = records
        .referred(&INSTRUMENT, field, &draft.new.instrument)
        .await?;
    draft
        .change
        .check_record(&INSTRUMENT, &instrument.name, version);
    if !instrument.citation.is_empty() {
        let scheme = instrument::scheme(register, &instrument).await?;
        draft.new.citation = scheme.element(&instrument.citation, &draft.new.path);
    }
    Ok(())
}

fn refer(recommendation: &Recommendation) -> References {
    let mut references = References::default();
    references.one("recommendation.instrument", &recommendation.instrument);
    references.one("recommendation.event", &recommendation.event);
    references.one(
        "recommendation.parent_recommendation",
        &recommendation.parent_recommendation,
    );
    for (place, relation) in recommendation.relations.iter().enumerate() {
        let at = format_args!("recommendation.relations[{place}]");
        references.one(format_args!("{at}.target"), &relation.target);
        references.one_provenance(
            format_args!("{at}.provenance"),
            relation.provenance.as_ref(),
        );
    }
    references.plan_links("recommendation.plan_links", &recommendation.plan_links);
    references.provenance("recommendation.provenance", &recommendation.provenance);
    references
}
