//! Trees of records of one noun: parties in organisations, events in events, nodes in nodes.
//!
//! A record may be put anywhere but below itself. Whoever moves one walks up from the new place, and the
//! commit holds only if everything on the way is still as it was read. Of two moves that would make a
//! cycle together, the second therefore fails.

use rapporteur_proto::Record;
use rapporteur_records::{Draft, Error, Records, Result};

/// Most records above one that is moved: each is a check of the commit.
const DEEPEST: usize = 900;

/// Checks the place of a drafted record in its tree: `field` holds the name that `parent` reads.
pub async fn place<T: Record>(
    records: &Records,
    draft: &mut Draft<'_, T>,
    field: &str,
    parent: fn(&T) -> &str,
) -> Result<()> {
    let name = draft.new.header().name.to_owned();
    let mut above = parent(&draft.new).to_owned();
    if above.is_empty() {
        return Ok(());
    }
    if above == name {
        return Err(Error::invalid(
            field,
            format!("{name} would be above itself"),
        ));
    }
    let is_new = draft.old.is_none();
    if draft
        .old
        .as_ref()
        .is_some_and(|(old, _)| parent(old) == above)
    {
        return Ok(());
    }
    let mut walked = vec![name.clone()];
    loop {
        let (record, version) = records.referred(draft.noun, field, &above).await?;
        if is_new {
            // Nothing can be below a record that does not exist yet.
            return Ok(());
        }
        draft.change.check_record(draft.noun, &above, version);
        walked.push(std::mem::take(&mut above));
        above = parent(&record).to_owned();
        if above.is_empty() {
            return Ok(());
        }
        if above == name {
            return Err(Error::invalid(
                field,
                format!("makes a cycle: {} < {name}", walked.join(" < ")),
            ));
        }
        if walked.len() > DEEPEST {
            return Err(Error::invalid(
                field,
                format!("has more than {DEEPEST} records above it"),
            ));
        }
    }
}
