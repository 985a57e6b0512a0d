//! Progress reports: what was done, as its authors say, and as somebody else verified.
//!
//! A report is written in draft, by anybody, and everybody who wrote it is an author. What it claims moves
//! nothing; verifying it does, in one commit with what it is about: see [`verify`](mod@verify).

mod listing;
pub mod machine;
mod verbs;
pub mod verify;

use bytes::Bytes;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    CreateProgressReportRequest, Evidence, Implementation, ProgressReport,
    ProgressReportState as State, UpdateProgressReportRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::{
    Call, Draft, Error, Noun, Pattern, Records, Result, Stored, Violations, check_id, draft,
    layout, name,
};

use crate::addressee::{PARTY, POST};
use crate::commitment::indicator;
use crate::reference::References;
use crate::register::Register;
use crate::schedule::{self, SCHEDULE};
use crate::subject::{self, Subject};
use crate::vocabulary::{self, VOCABULARY};

pub use listing::listing;
pub use verbs::{publish, redraft, retract, return_, submit};

/// subject, name.
const BY_SUBJECT: u8 = 1;
/// party of the authors, name.
const BY_PARTY: u8 = 2;
/// post of the authors, name.
const BY_POST: u8 = 3;
/// Most evidence and most values of a report.
const ITEMS: usize = 100;

/// Progress reports.
pub static PROGRESS_REPORT: Noun<ProgressReport> = Noun {
    kind: 5,
    pattern: Pattern("dialogues/*/reports/*"),
    field: "progress_report",
    output_only: &[
        "state",
        "authors",
        "entries",
        "verified",
        "verifier",
        "verifier_post",
        "submitted",
    ],
    under: None,
    index,
    guards: |_| Vec::new(),
    complete: |report| {
        date::complete(&mut report.period_start);
        date::complete(&mut report.period_end);
        date::complete(&mut report.due);
        for value in &mut report.indicator_values {
            value.report.clear();
            indicator::complete(value);
        }
    },
    check,
};

fn index(report: &ProgressReport) -> Vec<Bytes> {
    let row = |index: u8, value: &str| {
        let key = layout::index(PROGRESS_REPORT.kind, index).str(value);
        key.str(&report.name).into_bytes()
    };
    let mut rows = vec![
        row(BY_SUBJECT, &report.subject),
        row(BY_PARTY, &report.author_party),
    ];
    if !report.author_post.is_empty() {
        rows.push(row(BY_POST, &report.author_post));
    }
    rows
}

fn check(report: &ProgressReport, violations: &mut Violations) {
    subject::check("progress_report.subject", &report.subject, violations);
    violations.required_name("progress_report.author_party", &report.author_party, PARTY);
    violations.name("progress_report.author_post", &report.author_post, POST);
    violations.period(
        ("progress_report.period_start", report.period_start.as_ref()),
        ("progress_report.period_end", report.period_end.as_ref()),
    );
    violations.localized(
        "progress_report.narrative",
        report.narrative.as_ref(),
        LONG,
        false,
    );
    violations.choice::<Implementation>("progress_report.claimed", report.claimed, true);
    violations.require(
        report.claimed() != Implementation::None,
        "progress_report.claimed",
        "is silence, which nobody reports",
    );
    violations.plain("progress_report.word", &report.word, SHORT);
    violations.name(
        "progress_report.vocabulary",
        &report.vocabulary,
        VOCABULARY.pattern,
    );
    violations.require(
        report
            .percent
            .is_none_or(|percent| (0..=100).contains(&percent)),
        "progress_report.percent",
        "is not 0 to 100",
    );
    check_evidence(&report.evidence, violations);
    let values = &report.indicator_values;
    at_most("progress_report.indicator_values", values.len(), violations);
    for (place, value) in values.iter().enumerate() {
        let at = format_args!("progress_report.indicator_values[{place}]");
        violations.code(format_args!("{at}.indicator"), &value.indicator);
        indicator::check_value(at, value, violations);
    }
    violations.list("progress_report.authors", report.authors.len());
    violations.list("progress_report.entries", report.entries.len());
    violations.name(
        "progress_report.schedule",
        &report.schedule,
        SCHEDULE.pattern,
    );
    let due = "progress_report.due";
    schedule::to_the_day(due, report.due.as_ref(), violations);
    violations.require(
        report.due.is_some() != report.schedule.is_empty(),
        due,
        "is a day of a schedule: give both, or none of the two",
    );
    violations.visibility("progress_report", report.visibility, report.embargo_until);
    violations.plain("progress_report.note", &report.note, LONG);
    violations.provenance("progress_report.provenance", &report.provenance);
    violations.external_ids("progress_report.external_ids", &report.external_ids);
}

fn at_most(field: &str, items: usize, violations: &mut Violations) {
    let wrong = format!("has {items} entries; at most {ITEMS} are kept");
    violations.require(items <= ITEMS, field, wrong);
}

fn check_evidence(all: &[Evidence], violations: &mut Violations) {
    at_most("progress_report.evidence", all.len(), violations);
    for (place, evidence) in all.iter().enumerate() {
        let at = format_args!("progress_report.evidence[{place}]");
        if let Err(wrong) = check_id(&evidence.id) {
            violations.add(format_args!("{at}.id"), wrong);
        }
        let twice = all[..place].iter().any(|e| e.id == evidence.id);
        violations.require(
            !twice,
            format_args!("{at}.id"),
            format_args!("{} is there twice", evidence.id),
        );
        violations.localized(
            format_args!("{at}.title"),
            evidence.title.as_ref(),
            SHORT,
            false,
        );
        violations.require(
            evidence.link.is_some() || !evidence.sha256.is_empty(),
            format_args!("{at}.link"),
            "is missing; give it, or the digest of a file",
        );
        // The path of a link is that of its list; there is one here.
        if let Some(link) = &evidence.link {
            violations.require(
                !link.url.is_empty(),
                format_args!("{at}.link.url"),
                "is empty",
            );
            violations.url(format_args!("{at}.link.url"), &link.url);
            violations.url(format_args!("{at}.link.resolved_url"), &link.resolved_url);
            violations.plain(format_args!("{at}.link.title"), &link.title, SHORT);
        }
        let digest = &evidence.sha256;
        violations.require(
            digest.is_empty()
                || (digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())),
            format_args!("{at}.sha256"),
            "must be 64 hexadecimal digits",
        );
        violations.plain(format_args!("{at}.media_type"), &evidence.media_type, SHORT);
        violations.plain(format_args!("{at}.quote"), &evidence.quote, LONG);
        if !evidence.language.is_empty() {
            violations.language(format_args!("{at}.language"), &evidence.language);
        }
    }
}

/// Records a new report, as a draft of its caller.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateProgressReportRequest,
) -> Result<Stored> {
    let id = &request.progress_report_id;
    let begun = records.create(
        &PROGRESS_REPORT,
        call,
        &request.parent,
        id,
        request.progress_report,
    );
    let mut draft = draft!(begun.await?);
    let new = &mut draft.new;
    new.state = State::Draft.into();
    new.authors.clear();
    new.entries.clear();
    new.verified = Implementation::Unspecified.into();
    new.verifier.clear();
    new.verifier_post.clear();
    new.submitted = None;
    written(records, register, draft).await
}

/// Changes a draft; who does so is one of its authors.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateProgressReportRequest,
) -> Result<Stored> {
    let mask = request.update_mask.as_ref();
    let begun = records.update(&PROGRESS_REPORT, call, request.progress_report, mask);
    let draft = draft!(begun.await?);
    machine::step(
        &draft.new.name,
        draft.before().state(),
        machine::Verb::Update,
    )?;
    if draft.new.subject != draft.before().subject {
        let wrong = "cannot be changed; what is about something else is another report";
        return Err(Error::invalid("progress_report.subject", wrong));
    }
    written(records, register, draft).await
}

/// What the caller wrote fits to what it is about.
async fn written(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, ProgressReport>,
) -> Result<Stored> {
    let parent = name::parent_of(&draft.new.name);
    let _: Dialogue = register.known("parent", parent).await?;
    sign(&mut draft);
    let new = &mut draft.new;
    let term = vocabulary::meaning(records, "progress_report", &new.vocabulary, &new.word).await?;
    vocabulary::agree(
        "progress_report.claimed",
        &mut new.claimed,
        term.implementation,
        &term,
    )?;
    let subject = Subject::read(records, "progress_report.subject", &new.subject).await?;
    subject.must_be_of("progress_report.author_party", &new.author_party)?;
    for (place, value) in new.indicator_values.iter().enumerate() {
        let known = match &subject {
            Subject::Commitment(c, _) => c.indicators.iter().any(|i| i.id == value.indicator),
            Subject::Addressee(..) => false,
        };
        if !known {
            let field = format!("progress_report.indicator_values[{place}].indicator");
            let wrong = format!("{} is no indicator of {}", value.indicator, new.subject);
            return Err(Error::invalid(field, wrong));
        }
    }
    refer(&draft.new).check(records, register).await?;
    draft.settle()?;
    draft.commit().await
}

/// The caller is one of the authors.
fn sign(draft: &mut Draft<'_, ProgressReport>) {
    let caller = draft.change.call().caller.clone();
    if !draft.new.authors.contains(&caller) {
        draft.new.authors.push(caller);
    }
}

fn refer(report: &ProgressReport) -> References {
    let mut references = References::default();
    references.one("progress_report.author_party", &report.author_party);
    references.one("progress_report.author_post", &report.author_post);
    references.one("progress_report.schedule", &report.schedule);
    for (place, value) in report.indicator_values.iter().enumerate() {
        let at = format_args!("progress_report.indicator_values[{place}].provenance");
        references.one_provenance(at, value.provenance.as_ref());
    }
    references.provenance("progress_report.provenance", &report.provenance);
    references
}
