//! Keys: who calls with which, until when, and what is done with them.

use rapporteur_proto::Timestamp;
use rapporteur_proto::gateway::v1::{
    CreateKeyRequest, Key, ListKeysRequest, RevokeKeyRequest, RotateKeyRequest,
};
use rapporteur_records::edit::{Begun, illegal_move};
use rapporteur_records::name::id_of;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::{
    Call, Draft, Error, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft,
    layout, time,
};

use super::secret::{self, Secrets};
use super::{book, check_key_caller, usage};

/// By the caller.
const BY_CALLER: u8 = 1;
/// How long the old secret stays good when the caller does not say.
const OVERLAP: i64 = 24 * 3_600;
/// How long it may stay good at most.
const LONGEST_OVERLAP: i64 = 30 * OVERLAP;

/// Keys.
pub static KEY: Noun<Key> = Noun {
    kind: 1,
    pattern: Pattern("keys/*"),
    field: "key",
    output_only: &["revoke_time", "previous_until", "last_use_time"],
    under: None,
    guards: |_| Vec::new(),
    index: |key| {
        let by_caller = layout::index(KEY.kind, BY_CALLER).str(&key.caller);
        vec![by_caller.str(&key.name).into_bytes()]
    },
    complete: |_| {},
    check: |key, violations| {
        if let Err(wrong) = check_key_caller(&key.caller) {
            violations.add("key.caller", wrong);
        }
        violations.plain("key.note", &key.note, SHORT);
    },
};

/// What the maker of a key is given: what is known of it, and, once, the whole key. Never to be shown in a log.
#[allow(missing_debug_implementations, reason = "it holds a secret")]
pub struct Made {
    /// The record.
    pub key: Stored,
    /// The whole key; empty when nothing was made now, since the same request had made it before.
    pub secret: String,
}

/// Makes a key.
pub async fn create(records: &Records, call: Call, request: CreateKeyRequest) -> Result<Made> {
    let asked = request.key.map(|key| Key {
        caller: key.caller,
        note: key.note,
        expire_time: key.expire_time,
        ..Key::default()
    });
    let mut violations = Violations::default();
    let expire_time = asked.as_ref().and_then(|key| key.expire_time);
    future(
        &mut violations,
        "key.expire_time",
        expire_time,
        records.now_us(),
    );
    let id = secret::new_id()?;
    let mut draft = match records.create(&KEY, call, "", &id, asked).await? {
        Begun::Replayed(key) => return Ok(unshown(key)),
        Begun::Draft(draft) => *draft,
    };
    // After the look for a repeated request: what was good then may be past by now.
    violations.done()?;
    let secret = secret::new_key(&id)?;
    let secrets = Secrets::of(&secret::hash(secret.as_bytes()));
    draft.change.write(secrets.write(&id));
    commit(records, draft, secret).await
}

/// Gives a key a new secret. `may` says whether the caller may do that to a key of this caller.
pub async fn rotate(
    records: &Records,
    call: Call,
    request: RotateKeyRequest,
    may: impl FnOnce(Option<&Key>) -> Result<()>,
) -> Result<Made> {
    KEY.pattern.check("name", &request.name)?;
    may(records
        .find(&KEY, &request.name)
        .await?
        .map(|(key, _)| key)
        .as_ref())?;
    let overlap = overlap(request.overlap_seconds)?;
    let begun = records
        .act(&KEY, call, &request.name, &request.etag)
        .await?;
    let mut draft = match begun {
        Begun::Replayed(key) => return Ok(unshown(key)),
        Begun::Draft(draft) => *draft,
    };
    let now_us = draft.change.now_us();
    if let Some(state) = ended(&draft.new, now_us) {
        return Err(illegal_move(&request.name, state, "rotate", &[]));
    }
    let id = id_of(&request.name);
    let kept = records.store().get(&Secrets::row(id)).await?;
    let kept = kept.ok_or_else(|| Error::Internal(format!("{} has no secret", request.name)))?;
    draft.change.check(Secrets::row(id), kept.version);
    let until = now_us + overlap * 1_000_000;
    let secret = secret::new_key(id)?;
    let secrets =
        book::decoded::<Secrets>(&kept.value)?.rotated(&secret::hash(secret.as_bytes()), until);
    draft.new.previous_until = (overlap > 0).then(|| time::from_us(until));
    draft.change.write(secrets.write(id));
    // The last use is that of the present secret.
    draft.change.write(usage::forget(id));
    commit(records, draft, secret).await
}

/// For how many seconds the old secret stays good, when so many are asked for.
pub fn overlap(seconds: i32) -> Result<i64> {
    match i64::from(seconds) {
        0 => Ok(OVERLAP),
        ..0 => Ok(0),
        seconds @ 1..=LONGEST_OVERLAP => Ok(seconds),
        _ => {
            let most = format!("is over {LONGEST_OVERLAP}, which are 30 days");
            Err(Error::invalid("overlap_seconds", most))
        }
    }
}

/// Makes a key worthless.
pub async fn revoke(records: &Records, call: Call, request: RevokeKeyRequest) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&KEY, call, &request.name, &request.etag)
            .await?
    );
    if draft.new.revoke_time.is_some() {
        return Err(illegal_move(&request.name, "revoked", "revoke", &[]));
    }
    draft.new.revoke_time = Some(time::from_us(draft.change.now_us()));
    draft.new.previous_until = None;
    let row = Secrets::row(id_of(&request.name));
    draft.change.write(rapporteur_store::Write::delete(row));
    draft.change.write(book::mark());
    draft.commit().await
}

/// What a list asks for.
pub fn listing(request: &ListKeysRequest, now_us: i64) -> Listing<Key> {
    let mut listing = Listing::names(&KEY, "");
    if !request.caller.is_empty() {
        let of_caller = layout::index(KEY.kind, BY_CALLER).str(&request.caller);
        listing.ranges = vec![Range::prefix(of_caller.into_bytes())];
    }
    if request.show_ended {
        return listing;
    }
    listing.only(move |key| ended(key, now_us).is_none())
}

/// How a key has ended, if it has.
pub fn ended(key: &Key, now_us: i64) -> Option<&'static str> {
    if key.revoke_time.is_some() {
        Some("revoked")
    } else if past(key.expire_time, now_us) {
        Some("expired")
    } else {
        None
    }
}

/// Whether a moment is there and is over.
pub(super) fn past(moment: Option<Timestamp>, now_us: i64) -> bool {
    moment.is_some_and(|moment| time::to_us(moment).is_none_or(|us| us <= now_us))
}

/// Notes a moment that should be to come and is not.
pub(super) fn future(
    violations: &mut Violations,
    field: &str,
    moment: Option<Timestamp>,
    now_us: i64,
) {
    violations.require(!past(moment, now_us), field, "is not in the future");
}

fn unshown(key: Stored) -> Made {
    Made {
        key,
        secret: String::new(),
    }
}

/// Writes the key, and shows its secret only if that is the one that is kept now: of two equal requests at the
/// same moment one is done, and with `validate_only` none is.
async fn commit(records: &Records, mut draft: Draft<'_, Key>, secret: String) -> Result<Made> {
    let id = id_of(&draft.new.name).to_owned();
    draft.change.write(book::mark());
    let key = draft.commit().await?;
    let kept = records.store().get(&Secrets::row(&id)).await?;
    let hash = secret::hash(secret.as_bytes());
    let is_kept = match kept {
        Some(row) => book::decoded::<Secrets>(&row.value)?
            .which(&hash, records.now_us())
            .is_some(),
        None => false,
    };
    if is_kept {
        Ok(Made { key, secret })
    } else {
        Ok(unshown(key))
    }
}
