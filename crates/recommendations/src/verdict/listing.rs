//! What a list of verdicts asks for.

use rapporteur_proto::recommendations::v1::{
    ListVerdictsRequest, Verdict, VerdictDecision, VerdictKind,
};
use rapporteur_records::list::is_under;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::{Listing, Range, Records, Result, Violations, layout};

use super::{BY_OBJECT, VERDICT};
use crate::recommendation::RECOMMENDATION;
use crate::register::Register;

/// What a list asks for: by name.
pub async fn listing(
    records: &Records,
    register: &Register,
    request: &ListVerdictsRequest,
) -> Result<Listing<Verdict>> {
    let mut violations = Violations::default();
    violations.choices::<VerdictKind>("kinds", &request.kinds);
    violations.choices::<VerdictDecision>("decisions", &request.decisions);
    violations.plain("object", &request.object, SHORT);
    violations.done()?;
    let mut listing = Listing::children(&VERDICT, &request.parent)?;
    if request.as_of.is_none() {
        if RECOMMENDATION.pattern.matches(&request.parent) {
            records.get(&RECOMMENDATION, &request.parent, None).await?;
        } else {
            register.parent_exists(&request.parent).await?;
        }
    }
    if !request.object.is_empty() {
        let key = layout::index(VERDICT.kind, BY_OBJECT).str(&request.object);
        let parent = request.parent.clone();
        listing.ranges = vec![Range::prefix(key.into_bytes())];
        listing = listing.only(move |v| is_under(&v.name, &parent));
    }
    let (kinds, decisions) = (request.kinds.clone(), request.decisions.clone());
    Ok(listing.only(move |v| {
        (kinds.is_empty() || kinds.contains(&v.kind))
            && (decisions.is_empty() || decisions.contains(&v.decision))
    }))
}
