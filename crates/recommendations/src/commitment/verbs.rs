//! The moves of a commitment, one function a verb.

use rapporteur_proto::recommendations::v1::{
    AcceptCommitmentRequest, CancelCommitmentRequest, CloseCommitmentRequest, Commitment,
    CommitmentEntry, CommitmentState as State, CompleteCommitmentRequest, DeclineCommitmentRequest,
    HoldCommitmentRequest, Implementation, LedgerEntry, ProgressReport, ProgressReportState,
    ReassignCommitmentRequest, ReopenCommitmentRequest, ResumeCommitmentRequest,
    StartCommitmentRequest, VerifyCommitmentRequest,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::edit::need_reason;
use rapporteur_records::words::date;
use rapporteur_records::{Call, Draft, Error, Records, Result, Stored, Violations, draft};

use super::machine::{To, Verb, step};
use super::{COMMITMENT, record, refer};
use crate::addressee::PARTY;
use crate::progress_report::PROGRESS_REPORT;
use crate::register::Register;
use crate::{dated, ledger};

/// The plain verbs: a dated entry, with a reason where the verb needs one.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident $verb:ident $request:ident,)*) => {
        $($(#[$doc])*
        pub async fn $name(records: &Records, call: Call, request: $request) -> Result<Stored> {
            let begun = records.act(&COMMITMENT, call, &request.name, &request.etag);
            let draft = draft!(begun.await?);
            let entry = advance(records, &draft, Verb::$verb, request.on, request.reason)?;
            finish(draft, entry).await
        })*
    };
}

verbs! {
    /// An owner takes on what was proposed.
    accept Accept AcceptCommitmentRequest,
    /// What was proposed is not taken on.
    decline Decline DeclineCommitmentRequest,
    /// Work begins.
    start Start StartCommitmentRequest,
    /// Work stops for now.
    hold Hold HoldCommitmentRequest,
    /// Work goes on, where it stood.
    resume Resume ResumeCommitmentRequest,
    /// The owner says that it is done.
    complete Complete CompleteCommitmentRequest,
    /// What was said to be done is not.
    reopen Reopen ReopenCommitmentRequest,
    /// Nothing more is expected of it.
    close Close CloseCommitmentRequest,
    /// It will not be done.
    cancel Cancel CancelCommitmentRequest,
}

/// The entry of a move that the machine has.
fn advance(
    records: &Records,
    draft: &Draft<'_, Commitment>,
    verb: Verb,
    on: Option<CivilDate>,
    reason: String,
) -> Result<CommitmentEntry> {
    let commitment = &draft.new;
    let to = step(&commitment.name, commitment.state(), verb)?;
    if verb.needs_reason() {
        need_reason(&reason, verb.word())?;
    }
    let state = match to {
        To::State(state) => state,
        To::Back => before_hold(commitment),
        To::Same => State::Unspecified,
    };
    Ok(CommitmentEntry {
        on: Some(day(records, commitment, on)?),
        state: state.into(),
        reason,
        ..CommitmentEntry::default()
    })
}

fn day(records: &Records, commitment: &Commitment, on: Option<CivilDate>) -> Result<CivilDate> {
    let earlier = commitment.entries.iter().map(|entry| entry.on.as_ref());
    dated::happened(on, date::day_of(records.now_us()), earlier)
}

/// Where it stood before it was put on hold; in progress, where it was recorded afterwards as on hold.
fn before_hold(commitment: &Commitment) -> State {
    let states = commitment.entries.iter().rev().map(CommitmentEntry::state);
    let stood = states
        .filter(|s| *s != State::Unspecified)
        .find(|s| *s != State::OnHold);
    stood.unwrap_or(State::InProgress)
}

/// Moves the commitment where its newest entry says, and writes both.
async fn finish(mut draft: Draft<'_, Commitment>, entry: CommitmentEntry) -> Result<Stored> {
    if entry.state() != State::Unspecified {
        draft.new.state = entry.state;
    }
    record(&mut draft, entry);
    draft.settle()?;
    draft.commit().await
}

/// Other owners take it over; those of before stay in its history.
pub async fn reassign(
    records: &Records,
    register: &Register,
    call: Call,
    request: ReassignCommitmentRequest,
) -> Result<Stored> {
    let begun = records.act(&COMMITMENT, call, &request.name, &request.etag);
    let mut draft = draft!(begun.await?);
    let mut violations = Violations::default();
    violations.require(
        !request.owners.is_empty(),
        "owners",
        "is empty; somebody has to do it",
    );
    violations.names("owners", &request.owners, PARTY);
    let same = request.owners == draft.new.owners;
    violations.require(!same, "owners", "are those that it has");
    violations.done()?;
    let entry = advance(records, &draft, Verb::Reassign, request.on, request.reason)?;
    draft
        .new
        .partners
        .retain(|partner| !request.owners.contains(partner));
    let former_owners = std::mem::replace(&mut draft.new.owners, request.owners);
    let entry = CommitmentEntry {
        owners: draft.new.owners.clone(),
        former_owners,
        ..entry
    };
    refer(&draft.new).check(records, register).await?;
    finish(draft, entry).await
}

/// Somebody else than its owner says that it is done: a verified report, which is the last that was verified on it.
pub async fn verify(
    records: &Records,
    call: Call,
    request: VerifyCommitmentRequest,
) -> Result<Stored> {
    let begun = records.act(&COMMITMENT, call, &request.name, &request.etag);
    let mut draft = draft!(begun.await?);
    let entry = advance(records, &draft, Verb::Verify, request.on, request.reason)?;
    let newest = || {
        let mut reports = draft
            .new
            .entries
            .iter()
            .rev()
            .filter(|e| !e.report.is_empty());
        reports.find(|e| e.implementation() == Implementation::Implemented)
    };
    let name = if request.report.is_empty() {
        let newest = newest().ok_or_else(|| unverified(&draft.new, "there is none"))?;
        newest.report.clone()
    } else {
        request.report
    };
    let (report, version) = records.referred(&PROGRESS_REPORT, "report", &name).await?;
    says_done(&draft.new, &report)?;
    draft.change.check_record(&PROGRESS_REPORT, &name, version);
    finish(
        draft,
        CommitmentEntry {
            report: name,
            ..entry
        },
    )
    .await
}

fn says_done(commitment: &Commitment, report: &ProgressReport) -> Result<()> {
    let stands = matches!(
        report.state(),
        ProgressReportState::Verified | ProgressReportState::Published
    );
    let why = if report.subject != commitment.name {
        "is about something else"
    } else if !stands {
        "is not verified, or was taken back"
    } else if report.verified() != Implementation::Implemented {
        "does not find that it is implemented"
    } else if commitment.implementation() != Implementation::Implemented {
        "was followed by one that finds otherwise"
    } else {
        return Ok(());
    };
    Err(unverified(commitment, &format!("{} {why}", report.name)))
}

fn unverified(commitment: &Commitment, why: &str) -> Error {
    Error::Precondition {
        reason: "NOT_VERIFIED",
        subject: commitment.name.clone(),
        description: format!(
            "report: that {} is done needs a verified report; {why}",
            commitment.name
        ),
        legal: Vec::new(),
    }
}

/// Moves a commitment to what a verified report found, under the rules of the ledger.
pub fn found(
    commitment: &mut Commitment,
    entry: LedgerEntry,
    today: jiff::civil::Date,
) -> Result<()> {
    let earlier = commitment.entries.iter().map(|entry| entry.on.as_ref());
    let on = dated::happened(entry.on.clone(), today, earlier)?;
    ledger::confirm_or_move(&commitment.name, commitment.implementation(), &entry)?;
    commitment.implementation = entry.implementation;
    commitment.entries.push(CommitmentEntry {
        on: Some(on),
        implementation: entry.implementation,
        report: entry.report,
        reason: entry.reason,
        word: entry.word,
        recorded_by: entry.recorded_by,
        record_time: entry.record_time,
        ..CommitmentEntry::default()
    });
    Ok(())
}
