//! Grants: a role of somebody, in one dialogue or in all.

use rapporteur_access as access;
use rapporteur_proto::gateway::v1::{
    CreateGrantRequest, Grant, ListGrantsRequest, RevokeGrantRequest, Role,
};
use rapporteur_records::edit::illegal_move;
use rapporteur_records::{
    Call, Error, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft, layout,
    time,
};

use super::key::{future, past};
use super::{book, check_granted_caller};

/// By the caller.
const BY_CALLER: u8 = 1;
const DIALOGUE: Pattern = Pattern("dialogues/*");
const PARTY: Pattern = Pattern("parties/*");

/// Grants.
pub static GRANT: Noun<Grant> = Noun {
    kind: 2,
    pattern: Pattern("grants/*"),
    field: "grant",
    output_only: &["revoke_time"],
    under: None,
    guards: |_| Vec::new(),
    index: |grant| {
        let by_caller = layout::index(GRANT.kind, BY_CALLER).str(&grant.caller);
        vec![by_caller.str(&grant.name).into_bytes()]
    },
    complete: |_| {},
    check,
};

fn check(grant: &Grant, violations: &mut Violations) {
    if let Err(wrong) = check_granted_caller(&grant.caller) {
        violations.add("grant.caller", wrong);
    }
    violations.choice::<Role>("grant.role", grant.role, false);
    violations.name("grant.dialogue", &grant.dialogue, DIALOGUE);
    violations.name("grant.party", &grant.party, PARTY);
    let Some(role) = role(grant.role) else {
        return;
    };
    if !grant.party.is_empty() && !role.is_for_a_party() {
        let why = format!("is for contributors and focal points; a {role} acts for no party");
        violations.add("grant.party", why);
    }
    if !grant.dialogue.is_empty() && role == access::Role::Operator {
        let why = "an operator runs the whole system; leave it empty";
        violations.add("grant.dialogue", why);
    }
}

/// The role of a message; `None` when it is not stated or not known to this version.
pub fn role(role: i32) -> Option<access::Role> {
    use access::Role as R;
    Some(match Role::try_from(role).ok()? {
        Role::Unspecified => return None,
        Role::Reader => R::Reader,
        Role::Contributor => R::Contributor,
        Role::FocalPoint => R::FocalPoint,
        Role::Validator => R::Validator,
        Role::Officer => R::Officer,
        Role::Chair => R::Chair,
        Role::Assessor => R::Assessor,
        Role::Auditor => R::Auditor,
        Role::Operator => R::Operator,
    })
}

/// What a message grants, in the words of the policy.
pub fn meaning(grant: &Grant) -> Option<access::Grant> {
    let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    Some(access::Grant {
        role: role(grant.role)?,
        dialogue: some(&grant.dialogue),
        party: some(&grant.party),
    })
}

/// Grants somebody a role. `fits` says whether the caller can carry this one too.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreateGrantRequest,
    fits: impl FnOnce(&Grant) -> Result<()>,
) -> Result<Stored> {
    let asked = request.grant.map(|grant| Grant {
        caller: grant.caller,
        role: grant.role,
        dialogue: grant.dialogue,
        party: grant.party,
        expire_time: grant.expire_time,
        ..Grant::default()
    });
    let mut violations = Violations::default();
    let expire_time = asked.as_ref().and_then(|grant| grant.expire_time);
    future(
        &mut violations,
        "grant.expire_time",
        expire_time,
        records.now_us(),
    );
    let mut draft = draft!(records.create(&GRANT, call, "", "", asked).await?);
    violations.done()?;
    fits(&draft.new)?;
    draft.change.write(book::mark());
    draft.commit().await
}

/// Takes a grant back.
pub async fn revoke(records: &Records, call: Call, request: RevokeGrantRequest) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&GRANT, call, &request.name, &request.etag)
            .await?
    );
    if draft.new.revoke_time.is_some() {
        return Err(illegal_move(&request.name, "revoked", "revoke", &[]));
    }
    draft.new.revoke_time = Some(time::from_us(draft.change.now_us()));
    draft.change.write(book::mark());
    draft.commit().await
}

/// What a list asks for.
pub fn listing(request: &ListGrantsRequest, now_us: i64) -> Result<Listing<Grant>> {
    let mut listing = Listing::names(&GRANT, "");
    if !request.caller.is_empty() {
        let of_caller = layout::index(GRANT.kind, BY_CALLER).str(&request.caller);
        listing.ranges = vec![Range::prefix(of_caller.into_bytes())];
    }
    if !request.dialogue.is_empty() {
        let dialogue = request.dialogue.clone();
        if !DIALOGUE.matches(&dialogue) {
            return Err(Error::invalid("dialogue", DIALOGUE.expectation(&dialogue)));
        }
        listing = listing.only(move |grant| grant.dialogue == dialogue);
    }
    if request.show_ended {
        return Ok(listing);
    }
    Ok(listing.only(move |grant| !ended(grant, now_us)))
}

/// Whether a grant is revoked or past its time.
pub fn ended(grant: &Grant, now_us: i64) -> bool {
    grant.revoke_time.is_some() || past(grant.expire_time, now_us)
}
