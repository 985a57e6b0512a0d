//! The moves of a report that move nothing else, one function a verb.

use rapporteur_proto::recommendations::v1::{
    Implementation, ProgressReport, ProgressReportEntry, ProgressReportState as State,
    PublishProgressReportRequest, RedraftProgressReportRequest, RetractProgressReportRequest,
    ReturnProgressReportRequest, SubmitProgressReportRequest,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::edit::need_reason;
use rapporteur_records::words::date;
use rapporteur_records::{Call, Draft, Error, Records, Result, Stored, draft, time};

use super::machine::{Verb, step};
use super::{PROGRESS_REPORT, sign};
use crate::addressee::POST;
use crate::dated;
use crate::reference::References;
use crate::register::Register;

/// A move: the state, and the entry that says when, by whom, in whose name and why.
pub(super) fn advance(
    draft: &mut Draft<'_, ProgressReport>,
    verb: Verb,
    on: Option<CivilDate>,
    post: &str,
    reason: &str,
) -> Result<CivilDate> {
    let report = &draft.new;
    let state = step(&report.name, report.state(), verb)?;
    if verb.needs_reason() {
        need_reason(reason, verb.word())?;
    }
    let earlier = report.entries.iter().map(|entry| entry.on.as_ref());
    let now = draft.change.now_us();
    let on = dated::happened(on, date::day_of(now), earlier)?;
    let entry = ProgressReportEntry {
        state: state.into(),
        on: Some(on.clone()),
        recorded_by: draft.change.call().caller.clone(),
        record_time: Some(time::from_us(now)),
        post: post.to_owned(),
        reason: reason.to_owned(),
    };
    draft.new.state = state.into();
    draft.new.entries.push(entry);
    draft.settle()?;
    Ok(on)
}

/// The post of a request, which must exist.
pub(super) async fn known_post(records: &Records, register: &Register, post: &str) -> Result<()> {
    if !post.is_empty() {
        POST.check("post", post)?;
    }
    let mut references = References::default();
    references.one("post", post);
    references.check(records, register).await
}

/// The verbs that only move the report.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident $verb:ident $request:ident,)*) => {
        $($(#[$doc])*
        pub async fn $name(
            records: &Records,
            register: &Register,
            call: Call,
            request: $request,
        ) -> Result<Stored> {
            let begun = records.act(&PROGRESS_REPORT, call, &request.name, &request.etag);
            let mut draft = draft!(begun.await?);
            known_post(records, register, &request.post).await?;
            advance(&mut draft, Verb::$verb, request.on, &request.post, &request.reason)?;
            draft.commit().await
        })*
    };
}

verbs! {
    /// A submitted report goes back to its authors.
    return_ Return ReturnProgressReportRequest,
    /// A returned report becomes a draft again.
    redraft Redraft RedraftProgressReportRequest,
    /// A verified report is published.
    publish Publish PublishProgressReportRequest,
    /// A published report is taken back; what it moved stays.
    retract Retract RetractProgressReportRequest,
}

/// A draft is handed in; who does so is one of its authors.
pub async fn submit(
    records: &Records,
    register: &Register,
    call: Call,
    request: SubmitProgressReportRequest,
) -> Result<Stored> {
    let begun = records.act(&PROGRESS_REPORT, call, &request.name, &request.etag);
    let mut draft = draft!(begun.await?);
    known_post(records, register, &request.post).await?;
    sign(&mut draft);
    if draft.new.author_post.is_empty() {
        draft.new.author_post.clone_from(&request.post);
    }
    let on = advance(
        &mut draft,
        Verb::Submit,
        request.on,
        &request.post,
        &request.reason,
    )?;
    if draft.new.claimed() == Implementation::Unspecified {
        return Err(Error::Precondition {
            reason: "NOTHING_CLAIMED",
            subject: draft.new.name.clone(),
            description: format!(
                "progress_report.claimed: {} does not say how far it is; update it before it is handed in",
                draft.new.name
            ),
            legal: vec!["update".to_owned()],
        });
    }
    draft.new.submitted = Some(on);
    draft.commit().await
}

/// The posts in whose names a report was written and handed in.
pub(super) fn author_posts(report: &ProgressReport) -> Vec<String> {
    let submitted = report
        .entries
        .iter()
        .filter(|e| e.state() == State::Submitted);
    let mut posts: Vec<String> = submitted.map(|e| e.post.clone()).collect();
    posts.push(report.author_post.clone());
    posts.retain(|post| !post.is_empty());
    posts.sort();
    posts.dedup();
    posts
}
