//! What a list of addressees asks for.

use rapporteur_proto::recommendations::v1::{
    Addressee, Implementation, ListAddresseesRequest, Response,
};
use rapporteur_records::list::is_under;
use rapporteur_records::words::date;
use rapporteur_records::{Listing, Range, Records, Result, Violations, layout};
use rapporteur_store::key::prefix_end;

use super::{ADDRESSEE, BY_DUE, BY_PARTY, BY_PARTY_DUE, PARTY};
use crate::recommendation::RECOMMENDATION;
use crate::register::Register;

/// Index rows of a party's entries whose names begin so.
pub fn of_party(party: &str, name_prefix: &str) -> Range {
    let key = layout::index(ADDRESSEE.kind, BY_PARTY).str(party);
    // Names hold no zero byte, so the beginning of a name is the beginning of its spelling.
    Range::prefix([key.as_slice(), name_prefix.as_bytes()].concat())
}

/// What a list asks for: by name, or by the day of the duty when that is asked for.
pub async fn listing(
    records: &Records,
    register: &Register,
    request: &ListAddresseesRequest,
) -> Result<Listing<Addressee>> {
    let mut violations = Violations::default();
    violations.name("party", &request.party, PARTY);
    violations.choices::<Response>("responses", &request.responses);
    violations.choices::<Implementation>("implementations", &request.implementations);
    let due_by = violations.day("due_by", &request.due_by);
    violations.done()?;
    let mut listing = Listing::children(&ADDRESSEE, &request.parent)?;
    if request.as_of.is_none() {
        if RECOMMENDATION.pattern.matches(&request.parent) {
            records.get(&RECOMMENDATION, &request.parent, None).await?;
        } else {
            register.parent_exists(&request.parent).await?;
        }
    }
    let parent = request.parent.clone();
    let begin = |index| layout::index(ADDRESSEE.kind, index);
    if let Some(day) = due_by {
        let of = if request.party.is_empty() {
            begin(BY_DUE)
        } else {
            begin(BY_PARTY_DUE).str(&request.party)
        };
        let to = prefix_end(of.clone().i64(date::ordinal(day)).as_slice());
        listing.ranges = vec![Range {
            to,
            ..Range::prefix(of.into_bytes())
        }];
    } else if !request.party.is_empty() {
        listing.ranges = vec![of_party(&request.party, "")];
    }
    if due_by.is_some() || !request.party.is_empty() {
        listing = listing.only(move |a| is_under(&a.name, &parent));
    }
    let (responses, implementations) = (request.responses.clone(), request.implementations.clone());
    if !responses.is_empty() || !implementations.is_empty() {
        listing = listing.only(move |a| {
            (responses.is_empty() || responses.contains(&a.response))
                && (implementations.is_empty() || implementations.contains(&a.implementation))
        });
    }
    Ok(listing)
}
