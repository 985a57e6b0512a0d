//! Assessments: what the addressee, the secretariat and others think, side by side.
//!
//! They move nothing. Whether voices disagree is counted by those who read them.

use bytes::Bytes;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    Assessment, CreateAssessmentRequest, Implementation, ListAssessmentsRequest,
    UpdateAssessmentRequest, Voice,
};
use rapporteur_records::list::is_under;
use rapporteur_records::words::date;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::{
    Call, Draft, Error, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft,
    layout, name,
};

use crate::addressee::PARTY;
use crate::dated;
use crate::reference::References;
use crate::register::Register;
use crate::subject::{self, Subject};
use crate::vocabulary::{self, VOCABULARY};

/// subject, name.
const BY_SUBJECT: u8 = 1;
/// assessor, name.
const BY_ASSESSOR: u8 = 2;

/// Assessments.
pub static ASSESSMENT: Noun<Assessment> = Noun {
    kind: 6,
    pattern: Pattern("dialogues/*/assessments/*"),
    field: "assessment",
    output_only: &[],
    under: None,
    index,
    guards: |_| Vec::new(),
    complete: |assessment| date::complete(&mut assessment.date),
    check,
};

fn index(assessment: &Assessment) -> Vec<Bytes> {
    let row = |index: u8, value: &str| {
        let key = layout::index(ASSESSMENT.kind, index).str(value);
        key.str(&assessment.name).into_bytes()
    };
    vec![
        row(BY_SUBJECT, &assessment.subject),
        row(BY_ASSESSOR, &assessment.assessor),
    ]
}

fn check(assessment: &Assessment, violations: &mut Violations) {
    subject::check("assessment.subject", &assessment.subject, violations);
    violations.required_name("assessment.assessor", &assessment.assessor, PARTY);
    violations.choice::<Voice>("assessment.voice", assessment.voice, false);
    violations.plain("assessment.method", &assessment.method, SHORT);
    let by_word = !assessment.vocabulary.is_empty();
    violations.choice::<Implementation>("assessment.status", assessment.status, by_word);
    violations.plain("assessment.word", &assessment.word, SHORT);
    violations.name(
        "assessment.vocabulary",
        &assessment.vocabulary,
        VOCABULARY.pattern,
    );
    violations.require(
        assessment
            .score
            .is_none_or(|score| (0.0..=1.0).contains(&score)),
        "assessment.score",
        "is not 0 to 1",
    );
    violations.date("assessment.date", assessment.date.as_ref());
    violations.localized("assessment.text", assessment.text.as_ref(), LONG, false);
    violations.visibility(
        "assessment",
        assessment.visibility,
        assessment.embargo_until,
    );
    violations.provenance("assessment.provenance", &assessment.provenance);
    violations.external_ids("assessment.external_ids", &assessment.external_ids);
}

/// The score of a status in the Implementation of Recommendations Index of UPR Info; silence has none.
pub fn score(status: Implementation) -> Option<f64> {
    match status {
        Implementation::NotStarted | Implementation::Planned => Some(0.0),
        Implementation::Stalled
        | Implementation::InProgress
        | Implementation::PartiallyImplemented => Some(0.5),
        Implementation::Implemented => Some(1.0),
        Implementation::Unspecified | Implementation::None | Implementation::NotApplicable => None,
    }
}

/// Records a new assessment.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateAssessmentRequest,
) -> Result<Stored> {
    let id = &request.assessment_id;
    let begun = records.create(&ASSESSMENT, call, &request.parent, id, request.assessment);
    let mut draft = draft!(begun.await?);
    let new = &mut draft.new;
    let today = date::day_of(records.now_us());
    new.date.get_or_insert_with(|| dated::on(today));
    finish(records, register, draft).await
}

/// Changes an assessment.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateAssessmentRequest,
) -> Result<Stored> {
    let mask = request.update_mask.as_ref();
    let begun = records.update(&ASSESSMENT, call, request.assessment, mask);
    let mut draft = draft!(begun.await?);
    let before = draft.before().clone();
    if draft.new.subject != before.subject {
        let wrong = "cannot be changed; what is about something else is another assessment";
        return Err(Error::invalid("assessment.subject", wrong));
    }
    // A score that was made of the status before is made anew.
    if draft.new.score == before.score && before.score == score(before.status()) {
        draft.new.score = None;
    }
    finish(records, register, draft).await
}

async fn finish(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, Assessment>,
) -> Result<Stored> {
    let parent = name::parent_of(&draft.new.name);
    let _: Dialogue = register.known("parent", parent).await?;
    let new = &mut draft.new;
    let term = vocabulary::meaning(records, "assessment", &new.vocabulary, &new.word).await?;
    vocabulary::agree(
        "assessment.status",
        &mut new.status,
        term.implementation,
        &term,
    )?;
    if new.status == 0 {
        return Err(Error::invalid(
            "assessment.status",
            "must be stated; the word does not say it",
        ));
    }
    new.score = new.score.or_else(|| score(new.status()));
    let today = date::day_of(records.now_us());
    if date::days(new.date.as_ref()).is_some_and(|days| days.first > today) {
        return Err(Error::invalid(
            "assessment.date.value",
            "lies in the future",
        ));
    }
    let subject = Subject::read(records, "assessment.subject", &new.subject).await?;
    if new.voice() == Voice::Self_ {
        subject.must_be_of("assessment.assessor", &new.assessor)?;
    }
    let mut references = References::default();
    references.one("assessment.assessor", &new.assessor);
    references.provenance("assessment.provenance", &new.provenance);
    references.check(records, register).await?;
    draft.commit().await
}

/// What a list asks for: by name, within what narrows it most.
pub async fn listing(
    register: &Register,
    request: &ListAssessmentsRequest,
) -> Result<Listing<Assessment>> {
    let mut violations = Violations::default();
    if !request.subject.is_empty() {
        subject::check("subject", &request.subject, &mut violations);
    }
    violations.name("assessor", &request.assessor, PARTY);
    violations.choices::<Voice>("voices", &request.voices);
    violations.done()?;
    let mut listing = Listing::children(&ASSESSMENT, &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    let narrowed = [
        (BY_SUBJECT, &request.subject),
        (BY_ASSESSOR, &request.assessor),
    ];
    if let Some((index, value)) = narrowed.into_iter().find(|(_, value)| !value.is_empty()) {
        let key = layout::index(ASSESSMENT.kind, index).str(value);
        let parent = request.parent.clone();
        listing.ranges = vec![Range::prefix(key.into_bytes())];
        listing = listing.only(move |a| is_under(&a.name, &parent));
    }
    let asked = request.clone();
    Ok(listing.only(move |a| {
        (asked.assessor.is_empty() || asked.assessor == a.assessor)
            && (asked.voices.is_empty() || asked.voices.contains(&a.voice))
    }))
}
