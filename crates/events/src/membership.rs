//! Memberships: that a party belongs to a dialogue, from a day to a day.

use jiff::civil::Date;
use rapporteur_proto::events::v1::{
    CreateMembershipRequest, ListMembershipsRequest, Membership, MembershipKind,
    UpdateMembershipRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::{
    Call, Listing, Noun, Pattern, Records, Result, Stored, Violations, draft, layout, name,
};

use crate::dialogue::{DIALOGUE, parent_exists};
use crate::party::{self, PARTY};
use crate::reference::References;

const BY_PARTY: u8 = 1;

/// Memberships.
pub static MEMBERSHIP: Noun<Membership> = Noun {
    kind: 4,
    pattern: Pattern("dialogues/*/memberships/*"),
    field: "membership",
    output_only: &[],
    under: None,
    index: |m| {
        vec![
            layout::index(MEMBERSHIP.kind, BY_PARTY)
                .str(&m.party)
                .str(&m.name)
                .into_bytes(),
        ]
    },
    guards: |_| Vec::new(),
    complete: |membership| {
        date::complete(&mut membership.start);
        date::complete(&mut membership.end);
    },
    check,
};

fn check(membership: &Membership, violations: &mut Violations) {
    violations.required_name("membership.party", &membership.party, PARTY.pattern);
    violations.choice::<MembershipKind>("membership.kind", membership.kind, false);
    violations.period(
        ("membership.start", membership.start.as_ref()),
        ("membership.end", membership.end.as_ref()),
    );
    violations.plain("membership.group", &membership.group, SHORT);
    violations.provenance("membership.provenance", &membership.provenance);
    violations.external_ids("membership.external_ids", &membership.external_ids);
}

/// Records a new membership.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreateMembershipRequest,
) -> Result<Stored> {
    let begun = records.create(
        &MEMBERSHIP,
        call,
        &request.parent,
        &request.membership_id,
        request.membership,
    );
    let draft = draft!(begun.await?);
    refer(records, &draft.new).await?;
    draft.commit().await
}

/// Changes a membership.
pub async fn update(
    records: &Records,
    call: Call,
    request: UpdateMembershipRequest,
) -> Result<Stored> {
    let draft = draft!(
        records
            .update(
                &MEMBERSHIP,
                call,
                request.membership,
                request.update_mask.as_ref()
            )
            .await?
    );
    refer(records, &draft.new).await?;
    draft.commit().await
}

async fn refer(records: &Records, membership: &Membership) -> Result<()> {
    let mut references = References::default();
    references.one(&DIALOGUE, "parent", name::parent_of(&membership.name));
    references.one(&PARTY, "membership.party", &membership.party);
    references.provenance("membership.provenance", &membership.provenance);
    references.check(records).await
}

/// Whether a membership may be in force on a day. An unknown start or end is no bound, and a bound of
/// which only the month or year is known counts with all its days.
pub fn in_force(membership: &Membership, day: Date) -> bool {
    let begun = date::days(membership.start.as_ref()).is_none_or(|start| start.first <= day);
    let lasts = date::days(membership.end.as_ref()).is_none_or(|end| end.last >= day);
    begun && lasts
}

/// What a list asks for.
pub async fn listing(
    records: &Records,
    request: &ListMembershipsRequest,
) -> Result<Listing<Membership>> {
    let mut violations = Violations::default();
    violations.name("party", &request.party, PARTY.pattern);
    let day = violations.day("on", &request.on);
    violations.done()?;
    let mut listing = Listing::children(&MEMBERSHIP, &request.parent)?;
    parent_exists(records, &DIALOGUE, &request.parent, request.as_of).await?;
    if !request.party.is_empty() {
        let of_party = layout::index(MEMBERSHIP.kind, BY_PARTY).str(&request.party);
        listing.ranges = vec![party::under(of_party, &request.parent, &MEMBERSHIP)];
    }
    if let Some(day) = day {
        listing = listing.only(move |membership| in_force(membership, day));
    }
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::r#type::v1::CivilDate;

    use super::*;

    #[test]
    fn a_membership_is_in_force_on_the_days_that_it_may_mean() {
        let date = |v: &str| {
            (!v.is_empty()).then(|| CivilDate {
                value: v.into(),
                ..CivilDate::default()
            })
        };
        for (start, end, day, expected) in [
            ("", "", "2024-01-01", true),
            ("2006", "", "2006-01-01", true),
            ("2006", "", "2005-12-31", false),
            ("2006", "2008-06", "2008-06-30", true),
            ("2006", "2008-06", "2008-07-01", false),
            ("2006-07-10", "2006-07-10", "2006-07-10", true),
        ] {
            let membership = Membership {
                start: date(start),
                end: date(end),
                ..Membership::default()
            };
            assert_eq!(
                in_force(&membership, day.parse().unwrap()),
                expected,
                "{start}..{end} on {day}"
            );
        }
    }
}
