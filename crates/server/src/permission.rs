//! Whether a call may be made, by the policy table: the one place that turns its answer into an error.

use rapporteur_access::{Refusal, Rights, policy};
use rapporteur_records::Error;

/// Refuses a call that somebody with these rights may not make on the record `name`, which belongs to `parties`; for a
/// call that is about no record both are empty. `known`: the caller is not anonymous.
pub fn permitted(
    rpc: &str,
    rights: &Rights,
    known: bool,
    name: &str,
    parties: &[&str],
) -> Result<(), Error> {
    let rule = policy::rule(rpc);
    let rule = rule.ok_or_else(|| Error::PermissionDenied(format!("nobody may call {rpc}")))?;
    rule.check(rights, known, name, parties)
        .map_err(|refusal| match refusal {
            Refusal::Unknown(why) => Error::Unauthenticated(why),
            Refusal::Forbidden(why) => Error::PermissionDenied(why),
        })
}
