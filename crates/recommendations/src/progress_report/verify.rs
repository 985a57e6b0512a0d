//! Verification: somebody else than its authors finds a report right, and in the same commit what it is about
//! moves to what was found.
//!
//! Four eyes: the caller is none of the authors, the post none of theirs, and nobody holds both on that day.

use rapporteur_proto::events::v1::{Post, PostHolder};
use rapporteur_proto::recommendations::v1::{
    Implementation, LedgerEntry, ProgressReport, VerifyProgressReportRequest,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::words::date;
use rapporteur_records::words::text::fold;
use rapporteur_records::{Call, Draft, Error, Records, Result, Stored, Violations, draft, time};

use super::PROGRESS_REPORT;
use super::machine::Verb;
use super::verbs::{advance, author_posts, known_post};
use crate::addressee::{ADDRESSEE, PARTY};
use crate::commitment::{self, COMMITMENT, indicator};
use crate::ledger;
use crate::reference::References;
use crate::register::Register;
use crate::subject::Subject;

/// How often a call looks again when others write to what the report is about at the same time.
const ATTEMPTS: usize = 10;

/// Verifies a submitted report, and moves what it is about.
pub async fn verify(
    records: &Records,
    register: &Register,
    call: Call,
    request: VerifyProgressReportRequest,
) -> Result<Stored> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match once(records, register, call.clone(), request.clone()).await {
            // What it is about was written to between our look and our commit; the report itself was not.
            Err(Error::Stale { name, .. }) if name != request.name && attempts < ATTEMPTS => {}
            outcome => return outcome,
        }
    }
}

async fn once(
    records: &Records,
    register: &Register,
    call: Call,
    request: VerifyProgressReportRequest,
) -> Result<Stored> {
    let begun = records.act(&PROGRESS_REPORT, call, &request.name, &request.etag);
    let mut draft = draft!(begun.await?);
    check(&request)?;
    known_post(records, register, &request.post).await?;
    let on = advance(
        &mut draft,
        Verb::Verify,
        request.on.clone(),
        &request.post,
        &request.reason,
    )?;
    let mut references = References::default();
    references.one("verifier", &request.verifier);
    references.one_provenance("provenance", request.provenance.as_ref());
    references.check(records, register).await?;
    four_eyes(register, &draft, &request.post, &on).await?;
    let claimed = draft.new.claimed;
    let found = if request.implementation == 0 {
        claimed
    } else {
        request.implementation
    };
    draft.new.verified = found;
    draft.new.verifier.clone_from(&request.verifier);
    draft.new.verifier_post.clone_from(&request.post);
    // The word is that of the authors; a verifier who finds something else did not say it.
    let (word, vocabulary) = if found == claimed {
        (draft.new.word.clone(), draft.new.vocabulary.clone())
    } else {
        Default::default()
    };
    let entry = LedgerEntry {
        on: Some(on),
        implementation: found,
        word,
        vocabulary,
        reason: request.reason,
        recorded_by: draft.change.call().caller.clone(),
        record_time: Some(time::from_us(draft.change.now_us())),
        verifier: request.verifier,
        provenance: request.provenance,
        report: draft.new.name.clone(),
        ..LedgerEntry::default()
    };
    draft.stage()?;
    move_subject(records, &mut draft, entry).await?;
    draft.change.commit(&PROGRESS_REPORT).await
}

fn check(request: &VerifyProgressReportRequest) -> Result<()> {
    let mut violations = Violations::default();
    violations.required_name("verifier", &request.verifier, PARTY);
    violations.choice::<Implementation>("implementation", request.implementation, true);
    if let Some(provenance) = &request.provenance {
        violations.one_provenance("provenance", provenance);
    }
    violations.done()
}

/// Adds the entry to what the report is about, in the same change.
async fn move_subject(
    records: &Records,
    draft: &mut Draft<'_, ProgressReport>,
    entry: LedgerEntry,
) -> Result<()> {
    let today = date::day_of(draft.change.now_us());
    let report = &draft.new;
    match Subject::read(records, "progress_report.subject", &report.subject).await? {
        Subject::Addressee(old, version) => {
            let old = *old;
            let mut new = old.clone();
            ledger::append(&mut new, entry, "", today)?;
            settled(&ADDRESSEE, &new)?;
            draft.change.update(&ADDRESSEE, &old, version, &mut new)
        }
        Subject::Commitment(old, version) => {
            let old = *old;
            let mut new = old.clone();
            let on = entry.on.clone();
            commitment::found(&mut new, entry, today)?;
            let mut values = report.indicator_values.clone();
            for value in &mut values {
                let known = value.on.take().or_else(|| report.period_end.clone());
                value.on = known.or_else(|| on.clone());
            }
            indicator::add(&mut new, &report.name, &values)?;
            settled(&COMMITMENT, &new)?;
            draft.change.update(&COMMITMENT, &old, version, &mut new)
        }
    }
}

/// The limits of a record hold for what others add to it.
fn settled<T>(noun: &rapporteur_records::Noun<T>, record: &T) -> Result<()> {
    let mut violations = Violations::default();
    (noun.check)(record, &mut violations);
    violations.done()
}

/// Refuses a verifier who has a hand in the report.
async fn four_eyes(
    register: &Register,
    draft: &Draft<'_, ProgressReport>,
    post: &str,
    on: &CivilDate,
) -> Result<()> {
    let report = &draft.new;
    let refused = |why: String| Error::Precondition {
        reason: "FOUR_EYES",
        subject: report.name.clone(),
        description: format!(
            "{} is verified by somebody else than its authors; {why}",
            report.name
        ),
        legal: Vec::new(),
    };
    let caller = &draft.change.call().caller;
    if report.authors.contains(caller) {
        return Err(refused(format!("{caller} is one of them")));
    }
    if post.is_empty() {
        return Ok(());
    }
    let ours = holders(register, post, on).await?;
    for theirs in author_posts(report) {
        if theirs == post {
            return Err(refused(format!("post: {post} is theirs")));
        }
        let others = holders(register, &theirs, on).await?;
        if let Some(both) = ours.iter().find(|holder| others.contains(holder)) {
            return Err(refused(format!(
                "post: {both} holds both {post} and {theirs}"
            )));
        }
    }
    Ok(())
}

/// Who holds a post on a day, folded, since persons who are not recorded are given by name.
async fn holders(register: &Register, post: &str, on: &CivilDate) -> Result<Vec<String>> {
    let post: Post = register.current("post", post).await?;
    let holds = |holder: &&PostHolder| {
        let Some(day) = date::days(Some(on)) else {
            return true;
        };
        let begun = date::days(holder.start.as_ref()).is_none_or(|d| d.first <= day.last);
        begun && date::days(holder.end.as_ref()).is_none_or(|d| d.last >= day.first)
    };
    let holders = post.holders.iter().filter(holds);
    Ok(holders.map(|holder| fold(&holder.holder)).collect())
}
