//! What a list of progress reports asks for.

use rapporteur_proto::recommendations::v1::{
    ListProgressReportsRequest, ProgressReport, ProgressReportState as State,
};
use rapporteur_records::list::is_under;
use rapporteur_records::{Listing, Range, Result, Violations, layout};

use super::{BY_PARTY, BY_POST, BY_SUBJECT, PROGRESS_REPORT};
use crate::addressee::{PARTY, POST};
use crate::recommendation::RECOMMENDATION;
use crate::register::Register;
use crate::subject;

/// What a list asks for: by name, within what narrows it most.
pub async fn listing(
    register: &Register,
    request: &ListProgressReportsRequest,
) -> Result<Listing<ProgressReport>> {
    let mut violations = Violations::default();
    if !request.subject.is_empty() {
        subject::check("subject", &request.subject, &mut violations);
    }
    violations.choices::<State>("states", &request.states);
    violations.name("author_party", &request.author_party, PARTY);
    violations.name("author_post", &request.author_post, POST);
    violations.name(
        "recommendation",
        &request.recommendation,
        RECOMMENDATION.pattern,
    );
    violations.done()?;
    let mut listing = Listing::children(&PROGRESS_REPORT, &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    let begin = |index| layout::index(PROGRESS_REPORT.kind, index);
    let of = |index, value: &str| Range::prefix(begin(index).str(value).into_bytes());
    let addressees = format!("{}/addressees/", request.recommendation);
    let narrowed = if !request.subject.is_empty() {
        Some(of(BY_SUBJECT, &request.subject))
    } else if !request.recommendation.is_empty() {
        // Names hold no zero byte, so the beginning of a name is the beginning of its spelling.
        let key = begin(BY_SUBJECT);
        Some(Range::prefix(
            [key.as_slice(), addressees.as_bytes()].concat(),
        ))
    } else if !request.author_post.is_empty() {
        Some(of(BY_POST, &request.author_post))
    } else if !request.author_party.is_empty() {
        Some(of(BY_PARTY, &request.author_party))
    } else {
        None
    };
    if let Some(range) = narrowed {
        let parent = request.parent.clone();
        listing.ranges = vec![range];
        listing = listing.only(move |r| is_under(&r.name, &parent));
    }
    let asked = request.clone();
    Ok(listing.only(move |r| {
        let is = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        is(&asked.author_party, &r.author_party)
            && is(&asked.author_post, &r.author_post)
            && (asked.recommendation.is_empty() || r.subject.starts_with(&addressees))
            && (asked.states.is_empty() || asked.states.contains(&r.state))
    }))
}
